"""Mistakes in queries get a hint that is true of the graph, and what is no mistake gets none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Store

from clustergraph.graph import Graph
from clustergraph.questions import rules
from clustergraph.questions.catalogue import catalogue
from clustergraph.questions.parameters import resolve
from clustergraph.questions.question import asked, load
from clustergraph.sparql import hints
from clustergraph.terms import PREFIXES, compact

if TYPE_CHECKING:
    from clustergraph.pipeline.project import Project

ROOT = Path(__file__).parents[2]
OLD = {"queries/checks/same-statement.rq", "queries/rules/status.rq"}
"""These are about deprecated terms."""
FILES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for folder in ("queries", "tests/cordis")
    for path in sorted((ROOT / folder).rglob("*.rq"))
}
PRINTED = {
    f"{path.name} {number}": text
    for path in sorted((ROOT / "docs").glob("*.md"))
    for number, text in enumerate(re.findall(r"```sparql\n(.*?)```", path.read_text("utf-8"), re.DOTALL))
}
STATED = 'the values of cg:certainty are things, not texts; for "stated" write certainty:stated'


@pytest.fixture(scope="module")
def graph(project: Project, store: Store) -> Graph:
    """The graph with the catalogue, as a release has it."""
    whole, questions = Store(), load(project.queries)
    whole.extend([*store, *catalogue(questions.values(), rules.load(project.rules))])
    return Graph(whole, questions)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("?s a cg:Clutser", "there is no cg:Clutser in this graph; did you mean cg:Cluster?"),
        (
            "?s cg:certainty certainty:state",
            "there is no certainty:state in this graph; did you mean certainty:stated?",
        ),
        ("organisation:afill ?p ?o", "there is no organisation:afill in this graph; did you mean organisation:afil?"),
        ("?s cg:region region:lombardy", "there is no region:lombardy in this graph; did you mean nuts:ITC4?"),
        ("?s skos:preflabel ?o", "there is no skos:preflabel in this graph; did you mean skos:prefLabel?"),
        ("?s cg:prefLabel ?o", "there is no cg:prefLabel in this graph; did you mean skos:prefLabel?"),
        ("?s a skos:Cluster", "there is no skos:Cluster in this graph; did you mean cg:Cluster?"),
        ("?s rdf:label ?o", "there is no rdf:label in this graph; did you mean rdfs:label or cg:label?"),
        ("?s cg:phase cg:planned", "there is no cg:planned in this graph; did you mean phase:planned?"),
        ("<https://w3id.org/clustergraph/ontology/Qx7> ?p ?o", "there is no cg:Qx7 in this graph"),
        ("?s cg:connectsWith ?o", "cg:connectsWith is deprecated; use cg:Relationship"),
        ('?s cg:certainty "stated"', STATED),
        ('?s cg:certainty ?c FILTER ("stated" = ?c || false)', STATED),
        ('?s cg:certainty ?c FILTER (?c NOT IN ("stated"))', STATED),
        ('?s cg:certainty ?c VALUES ?c { "stated" }', STATED),
        ('?s a "Cluster"', 'the values of rdf:type are things, not texts; for "Cluster" write cg:Cluster'),
        ('?s cg:certainty "?"', "the values of cg:certainty are things, not texts; give the IRI of one"),
        ('?s skos:prefLabel "Lombardy"', 'no skos:prefLabel is "Lombardy"; write "Lombardy"@en'),
        ('?s skos:prefLabel "Lombardy"@xx', 'no skos:prefLabel is "Lombardy"@xx; write "Lombardy"@en'),
        ('?s cg:region/(rdfs:label|skos:prefLabel) "Lombardy"', 'no skos:prefLabel is "Lombardy"; write "Lombardy"@en'),
        ('?s skos:prefLabel ?l FILTER (?l = "Lombardy")', 'no skos:prefLabel is "Lombardy"; write "Lombardy"@en'),
        ('?s cg:founded "1993"', 'no cg:founded is "1993"; write "1993"^^xsd:gYear'),
        ('?s cg:population "2327755"', 'no cg:population is "2327755"; write "2327755"^^xsd:integer'),
    ],
)
def test_a_mistake_in_a_pattern_gets_a_hint(graph: Graph, pattern: str, expected: str) -> None:
    [hint] = graph.hints(f"SELECT * {{ {pattern} }}")
    assert hint.startswith(expected)


def test_an_old_property_with_a_text_gets_both_hints(graph: Graph) -> None:
    old = "cg:status is deprecated; use cg:certainty, cg:origin, cg:phase, cg:scope"
    assert graph.hints('SELECT * { ?s cg:status "stated" }') == (old, STATED)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (GROUP_CONCAT(?c) AS ?cs) { ?c a cg:Cluster }",
        "SELECT (GROUP_CONCAT(DISTINCT (?c); SEPARATOR=', ') AS ?cs) { ?s cg:region ?c }",
        "SELECT (GROUP_CONCAT(?c) AS ?cs) { GRAPH ?c { ?s a ?o } }",
        'SELECT * { ?c a cg:Cluster FILTER CONTAINS(?c, "afil") }',
    ],
)
def test_a_function_of_texts_that_gets_an_iri_has_a_hint(graph: Graph, query: str) -> None:
    [hint] = graph.hints(query)
    assert hint.endswith("takes texts, and ?c is an IRI: write STR(?c) in it, or take its label")


def test_what_group_concat_gives_is_as_the_hint_says(graph: Graph) -> None:
    [wrong] = graph.select("SELECT (GROUP_CONCAT(?c) AS ?cs) { ?c a cg:Cluster }")
    [right] = graph.select("SELECT (GROUP_CONCAT(STR(?c)) AS ?cs) { ?c a cg:Cluster }")
    assert wrong["cs"] is None
    assert "organisation/afil" in right["cs"].value


@pytest.mark.parametrize(
    "query",
    [
        "ASK { ?s a cg:Region. }",
        "ASK { ?s a cg:Region.?s cg:acronym ?n }",
        "PREFIX x: <https://w3id.org/clustergraph/ontology/> ASK { ?s a x:Region }",
        'ASK { ?s skos:prefLabel "Lombardy"@en }',
        'ASK { { ?s skos:prefLabel "Lombardy" } UNION { ?s skos:prefLabel "Lombardy"@en } }',
        'ASK { ?s skos:prefLabel ?l FILTER (STR(?l) = "Lombardy" && LANG(?l) = "en") }',
        'ASK { ?s skos:prefLabel ?l BIND (STR(?l) AS ?t) FILTER (?t = "Lombardy") }',
        'ASK { ?s skos:prefLabel "Nowhere at all" }',
        "SELECT (GROUP_CONCAT(?n) AS ?ns) { ?c skos:prefLabel ?n }",
        "SELECT (GROUP_CONCAT(STR(?c)) AS ?ns) { ?c a cg:Cluster }",
        "SELECT (GROUP_CONCAT(?v) AS ?ns) { { ?s cg:region ?v } UNION { ?s cg:acronym ?v } }",
        'CONSTRUCT { ?s cg:mine "stated" } WHERE { ?s a cg:Cluster }',
        "ASK { SERVICE <https://e.org/> { ?s a cg:Clutser ; cg:certainty 'stated' } }",
        "ASK { ?s a cg:Cluster FILTER STRSTARTS(STR(?s), STR(organisation:)) }",
        "ASK { ?s a cg:Cluster ; owl:sameAs ?o ; skos:member ?m ; foaf:nick ?n FILTER (DATATYPE(?n) = xsd:double) }",
        "ASK { ?s ?p <mine> ; <https://e.org/Clutser> ?o }",
        '# cg:Clutser\nASK { ?s cg:spelling "cg:Clutser" }',
        "ASK { ?s a cg:Clutser",
    ],
)
def test_what_is_no_mistake_of_a_name_or_value_gets_no_hint(graph: Graph, query: str) -> None:
    assert graph.hints(query) == ()


@pytest.mark.parametrize("name", sorted(FILES.keys() - OLD))
def test_no_query_of_the_project_gets_a_hint(graph: Graph, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "_LONGEST", len(FILES[name]))
    assert graph.hints(FILES[name]) == ()


@pytest.mark.parametrize("name", PRINTED)
def test_no_query_of_the_documentation_gets_a_hint(graph: Graph, name: str) -> None:
    assert graph.hints(PRINTED[name]) == ()


def test_no_competency_question_gets_a_hint(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "_LONGEST", 100_000)
    for path in sorted((ROOT / "tests" / "questions" / "competency").glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text("utf-8")):
            if isinstance(entry.get("ask"), str):
                assert graph.hints(bound(graph, entry["ask"], entry.get("with", {}))) == (), entry["id"]


def bound(graph: Graph, name: str, values: dict[str, object]) -> str:
    texts = {key: [str(v) for v in (value if isinstance(value, list) else [value])] for key, value in values.items()}
    question, texts, _ = asked(graph.questions, name, texts)
    return question.bound(resolve(question, texts, graph)[0])


@given(data=st.data())
def test_whatever_term_lacks_a_letter_is_named_and_what_is_suggested_is_there(
    graph: Graph, data: st.DataObject
) -> None:
    term = compact(
        data.draw(st.sampled_from(sorted(each for each in graph.terms() if "clustergraph/ontology/" in each)))
    )
    place = data.draw(st.integers(len("cg:"), len(term) - 1))
    wrong = term[:place] + term[place + 1 :]
    if wrong == "cg:" or graph.query(f"ASK {{ {{ {wrong} ?p ?o }} UNION {{ ?s ?p {wrong} }} }}"):
        return
    [hint] = graph.hints(f"ASK {{ ?s ?p {wrong} }}")
    assert hint.startswith(f"there is no {wrong} in this graph")
    for name in re.findall(r"[a-z-]+:[\w-]+", hint.partition(";")[2]):
        prefix, _, local = name.partition(":")
        assert graph.query(f"ASK {{ <{PREFIXES[prefix]}{local}> ?p ?o }}")
