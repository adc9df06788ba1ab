"""The vocabulary that queries are completed from, of the whole model."""

from __future__ import annotations

import pytest

from clustergraph.errors import QueryError
from clustergraph.graph import Graph
from clustergraph.pipeline.stated import stated
from clustergraph.questions.assistance import completions, mistakes
from clustergraph.release.write import merge


@pytest.fixture(scope="module")
def told(project):
    whole = stated(project, project.graph_files())
    merge(whole)
    return completions(Graph(whole), {})


def test_a_class_has_the_properties_that_its_shape_knows(told):
    observation = told["shapes"]["cg:Observation"]
    assert observation["cg:measure"] is True
    assert any(not needed for needed in observation.values())


def test_a_property_has_its_list_of_codes_its_domain_and_its_range(told):
    properties = {each["name"]: each for each in told["properties"]}
    assert properties["cg:measure"]["list"] == "measure"
    assert "cg:Organisation" in properties["cg:acronym"]["domain"]
    assert properties["cg:strategy"]["range"] == ["cg:Strategy"]
    assert "cg:connectsWith" not in properties, "deprecated ones are not suggested"


def test_codes_are_in_their_lists(told):
    codes = {each["name"]: each for each in told["codes"]}
    assert codes["certainty:stated"] == {"name": "certainty:stated", "label": "stated", "list": "certainty"}


def test_mistakes_are_found_without_running(graph):
    assert mistakes(graph, "SELECT * { ?s a cg:Cluster }") == ()
    with pytest.raises(QueryError):
        mistakes(graph, "SELECT ?s { ?s ?p ?o } GROUP BY ?o")
