"""The catalogue: a release carries its questions, as RDF that any client can read."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import NamedNode, Store

from clustergraph.graph import Graph
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.questions import rules
from clustergraph.questions.catalogue import catalogue
from clustergraph.questions.question import load
from clustergraph.rdf.reading import read_all, solutions
from clustergraph.release.releases import Releases
from clustergraph.terms import BASE, ONTOLOGY, PREFIXES
from tests.small_project import make


def test_a_release_answers_its_questions_without_the_files(tmp_path: Path) -> None:
    project, releases = Project(make(tmp_path / "project")), Releases(tmp_path / "releases")
    publish.publish(project, releases)
    files = load(project.queries)
    current = releases.current()
    assert current is not None
    graph = Graph.open(current)
    assert [question.query for question in graph.questions.values()] == [q.query for q in files.values()]
    assert [row["cluster"] for row in graph.ask("clusters", cluster="Viameca")] == ["ViaMéca"]


def test_the_catalogue_says_what_a_question_is_for(tmp_path: Path) -> None:
    project, releases = Project(make(tmp_path / "project")), Releases(tmp_path / "releases")
    publish.publish(project, releases)
    current = releases.current()
    assert current is not None
    rows = list(
        Graph.open(current).select("SELECT ?title ?tag { query:clusters rdfs:label ?title ; schema:keywords ?tag }")
    )
    assert [(row["title"].value, row["tag"].value) for row in rows] == [("Which clusters are there?", "clusters")]


def test_any_client_can_send_a_query_of_the_catalogue(project: Project) -> None:
    """Each executable names the prefixes and the endpoint, and runs by itself and with these prefixes."""
    store = Store()
    store.extend(catalogue(load(project.queries).values(), rules.load(project.rules)))
    store.extend(read_all([project.ontology.find("clustergraph.ttl")]))
    query = """SELECT ?text ?target ?ontology WHERE {
      GRAPH graph:catalogue { ?query sh:select|sh:construct ?text ; schema:target ?target ; sh:prefixes ?ontology } }"""
    rows = list(solutions(store, query))
    assert len(rows) == len(load(project.queries)) + len(rules.load(project.rules))
    declared = {
        row["prefix"].value: row["space"].value
        for row in solutions(
            store,
            f"""SELECT ?prefix ?space {{ GRAPH ?header {{
            <{ONTOLOGY[:-1]}> sh:declare [ sh:prefix ?prefix ; sh:namespace ?space ] }} }}""",
        )
    }
    ours = {prefix: space for prefix, space in PREFIXES.items() if prefix not in project.configuration.imprint.prefixes}
    assert declared == ours, "declare in the header of ontology/clustergraph.ttl what clustergraph.terms has"
    header = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in declared.items())
    for row in rows:
        assert (row["target"], row["ontology"]) == (NamedNode(BASE + "sparql"), NamedNode(ONTOLOGY[:-1]))
        Store().query(row["text"].value)
        Store().query(header + row["text"].value)
