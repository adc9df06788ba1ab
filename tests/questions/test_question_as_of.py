"""What was known and valid on a day: labels, figures and membership."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from pyoxigraph import RdfFormat, Store, parse

from clustergraph.graph import Graph
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions import question as questions
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.release.write import merge
from clustergraph.terms import PREFIXES

STATED = "cg:certainty <https://w3id.org/clustergraph/scheme/certainty/stated>"
SCENE = f"""
GRAPH m:sections {{
  m:old a cg:Section ; cg:inDocument document:old ; cg:heading "Old" ; skos:prefLabel "Old"@en .
  m:new a cg:Section ; cg:inDocument document:new ; cg:heading "New" ; skos:prefLabel "New"@en .
  document:old a cg:Document ; cg:issued "2014-06-30"^^xsd:date .
  document:new a cg:Document ; cg:issued "2017"^^xsd:gYear .
  organisation:a a cg:Organisation ; skos:prefLabel "Aa"@en .
  organisation:b a cg:Organisation ; skos:prefLabel "Bb"@en .
  network:n a cg:Network ; skos:prefLabel "N"@en .
}}
GRAPH m:old {{
  participation:p a cg:Participation ; {STATED} ; cg:participant organisation:a ; cg:activity network:n ;
    cg:role role:member ; cg:start "2013"^^xsd:gYear ; cg:end "2016"^^xsd:gYear .
  award:x a cg:LabelAward ; {STATED} ; cg:holder organisation:a ; cg:label label:x ;
    cg:heldSince "2015-03"^^xsd:gYearMonth .
  award:z a cg:LabelAward ; {STATED} ; cg:holder organisation:b ; cg:label label:z ; cg:end "2016"^^xsd:gYear .
  award:y a cg:LabelAward ; {STATED} ; cg:holder organisation:a ; cg:label label:y ;
    cg:heldSince "2012"^^xsd:gYear ; cg:end "2016-02"^^xsd:gYearMonth .
}}
GRAPH m:new {{
  participation:r a cg:Participation ; {STATED} ; cg:participant organisation:b ; cg:activity partnership:4m4iof ;
    cg:role role:partner .
  participation:q a cg:Participation ; {STATED} ; cg:participant organisation:a ; cg:activity network:n ;
    cg:role role:founding-member .
}}
""".replace("role:", "participation-role:")


LATER = f"""
GRAPH m:old {{
  figure:early a cg:Figure ; {STATED} ; cg:subject organisation:a ; cg:measure measure:members ; cg:value 5 ;
    cg:unit unit:count ; cg:bound bound:exactly ; cg:asOf "2012"^^xsd:gYear .
  figure:plain a cg:Figure ; {STATED} ; cg:subject organisation:b ; cg:measure measure:members ; cg:value 7 ;
    cg:unit unit:count ; cg:bound bound:exactly .
  award:w a cg:LabelAward ; {STATED} ; cg:holder organisation:c ; cg:label label:w .
}}
GRAPH m:new {{
  figure:late a cg:Figure ; {STATED} ; cg:subject organisation:a ; cg:measure measure:members ; cg:value 9 ;
    cg:unit unit:count ; cg:bound bound:exactly ; cg:asOf "2015"^^xsd:gYear .
  dating:w a cg:Dating ; {STATED} ; cg:dated award:w ; cg:dateProperty cg:end ; cg:latest "2015"^^xsd:gYear .
}}
GRAPH m:sections {{ organisation:c a cg:Organisation ; skos:prefLabel "Cc"@en }}
"""
"""Figures with dates and without, and a label whose end only a later document tells."""


def built(project: Project, scene: str) -> Graph:
    """Return a graph of some statements, with what follows from them."""
    header = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items())
    store = Store()
    store.extend(read_all(rdf_files(*project.ontology.folders)))
    scene = scene.replace("network:n", "<https://w3id.org/clustergraph/id/network/n>")
    scene = re.sub(r"award:(\w)", r"<https://w3id.org/clustergraph/id/award/\1>", scene)
    store.extend(parse((header + scene).encode(), format=RdfFormat.TRIG))
    merge(store)
    infer(store, project.rules)
    return Graph(store, questions.load(project.queries))


@pytest.fixture(scope="module")
def roles(project: Project) -> Callable[..., int]:
    """Count the rows of a question on a day."""
    graph = built(project, SCENE)
    return lambda question, day, **given: len(graph.ask(question, **given, **({"as_of": day} if day else {})))


@pytest.mark.parametrize("question", ["participants", "ties", "named-members"])
@pytest.mark.parametrize(
    ("day", "rows"),
    [
        ("", 2),
        ("2012", 0),
        ("2014-06-29", 0),
        ("2014-06-30", 1),
        ("2014-06", 1),
        ("2014", 1),
        ("2016-05-01", 1),
        ("2016-12-31", 1),
        ("2017-01-01", 1),
        ("2021", 1),
    ],
)
def test_membership(roles: Callable[..., int], question: str, day: str, rows: int) -> None:
    """Known from the day of the document on, valid until the end of what the statement names as its end."""
    given = {"participants": {"activity": "N"}, "ties": {"by_section": "true"}}
    assert roles(question, day, **given.get(question, {})) == rows


@pytest.mark.parametrize(
    ("day", "rows"),
    [
        ("", 3),
        ("2014-06-29", 0),
        ("2014-12-31", 2),
        ("2015-02", 2),
        ("2015-03", 3),
        ("2015", 3),
        ("2016-02", 3),
        ("2016-02-29", 3),
        ("2016-03-01", 2),
        ("2018", 1),
    ],
)
@pytest.mark.parametrize("question", ["labels", "label-counts"])
def test_labels(roles: Callable[..., int], question: str, day: str, rows: int) -> None:
    """A label that has ended has ended: one held from 2012 to February 2016 does not count in March."""
    assert roles(question, day) == rows


@pytest.mark.parametrize(("day", "rows"), [("2014-12-31", 0), ("2018", 1)])
def test_who_had_only_a_label_that_ended_is_without(roles: Callable[..., int], day: str, rows: int) -> None:
    assert roles("labels", day, held="false") == rows


@pytest.mark.parametrize(
    ("question", "ended"), [("labels", 2), ("figures", 0), ("participants", 0), ("label-counts", 1), ("ties", 0)]
)
def test_the_documents_are_known_since_their_dates(graph: Graph, question: str, ended: int) -> None:
    sizes = [len(graph.ask(question, as_of=day)) for day in ("2010", "2016-01-01", "2021")]
    assert sizes[0] == 0
    assert sizes == sorted(sizes)
    assert sizes[2] == len(graph.ask(question)) - ended


@pytest.fixture(scope="module")
def two_dates(project: Project) -> Graph:
    return built(project, SCENE + LATER)


@pytest.mark.parametrize(
    ("valid_on", "known_by", "values"),
    [
        ("2011", "", []),
        ("2012", "", [5]),
        ("2014-06-29", "", [5]),
        ("2014-06-30", "", [5, 7]),
        ("2015", "", [5, 7, 9]),
        ("2015", "2016", [5, 7]),
        ("2015", "2017-01-01", [5, 7, 9]),
        ("", "2016", [5, 7]),
        ("2012", "2014-06-29", []),
    ],
)
def test_a_figure_holds_from_its_own_date_on_and_is_known_from_that_of_its_document(
    two_dates: Graph, valid_on: str, known_by: str, values: list[int]
) -> None:
    days = {"valid_on": valid_on, "known_by": known_by}
    found = two_dates.ask("figures", **{name: day for name, day in days.items() if day})
    assert sorted(row["value"] for row in found) == values


@pytest.mark.parametrize(
    ("valid_on", "known_by", "labels"),
    [
        ("2012", "", "y"),
        ("2013", "2014-06-29", ""),
        ("2013", "2014-06-30", "y"),
        ("2014-12-31", "", "wyz"),
        ("2015-03", "", "wxyz"),
        ("2016-03-01", "", "xz"),
        ("2017", "2018", "x"),
        ("2017", "2016", "wx"),
        ("", "2014", "wxyz"),
    ],
)
def test_a_label_that_ended_is_held_before_and_an_end_counts_from_when_it_is_known(
    two_dates: Graph, valid_on: str, known_by: str, labels: str
) -> None:
    days = {"valid_on": valid_on, "known_by": known_by}
    found = two_dates.ask("labels", **{name: day for name, day in days.items() if day})
    assert "".join(sorted(row["label"][-1] for row in found)) == labels


@pytest.mark.parametrize(
    ("valid_on", "known_by", "rows"),
    [("2012", "", 0), ("2013", "", 1), ("2016", "", 1), ("2017", "", 1), ("2017", "2016", 0), ("2013", "2014", 1)],
)
@pytest.mark.parametrize("question", ["participants", "ties", "named-members"])
def test_membership_holds_between_its_dates(
    two_dates: Graph, question: str, valid_on: str, known_by: str, rows: int
) -> None:
    given = {"activity": "N"} if question == "participants" else {}
    days = {"valid_on": valid_on, "known_by": known_by}
    found = two_dates.ask(question, **given, **{name: day for name, day in days.items() if day})
    assert len(found) == rows


@pytest.mark.parametrize("question", ["labels", "figures", "participants", "ties", "label-counts", "named-members"])
def test_as_of_is_both_dates_on_one_day(two_dates: Graph, question: str) -> None:
    for day in ("2012", "2014-06-30", "2015", "2016-03-01", "2017", "2030"):
        assert two_dates.ask(question, as_of=day).rows == two_dates.ask(question, valid_on=day, known_by=day).rows


def test_every_question_on_labels_figures_and_membership_takes_a_day(graph: Graph) -> None:
    days = {"as_of", "valid_on", "known_by"}
    taking = {name for name, question in graph.questions.items() if days <= question.parameters.keys()}
    assert {"labels", "label-counts", "figures", "figures-over-time", "participants",
            "named-members", "ties"} <= taking  # fmt: skip
