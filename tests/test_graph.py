"""Every query and every question of a graph goes one way, whichever door asks."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store

from clustergraph import Graph
from clustergraph.engine import store as engine
from clustergraph.engine.store import Embedded, Request
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.conflict import read_rule
from clustergraph.questions.question import parse

DATA = """<x:a> <x:p> <x:b>, <x:c> ; <http://www.w3.org/2004/02/skos/core#prefLabel> "A"@en, "Ä"@de .
<x:b> <x:p> <x:c> ; <http://purl.org/dc/terms/title> "B" .
<x:c> <x:n> "seven"^^<http://www.w3.org/2001/XMLSchema#integer> ."""
LEADS = """#+ title: What does it lead to?
#+ parameters:
#+   end: {label: The end, type: text}
#+ columns:
#+   thing: The thing
#+   ends: All that it leads to
SELECT ?thing (GROUP_CONCAT(STR(?to); SEPARATOR=", ") AS ?ends) WHERE {
  SELECT * WHERE { VALUES ?end { UNDEF } ?thing <x:p> ?to FILTER (!BOUND(?end) || STR(?to) = ?end) } ORDER BY ?to
} GROUP BY ?thing ORDER BY ?thing ?ends
"""
RIVAL = """#+ title: Rival ends
#+ description: What it leads to.
#+ kind: figures
#+ severity: info
SELECT ?about ?what ?value { ?about ?what ?value FILTER (?what = <x:p>) } ORDER BY ?about ?value
"""


@pytest.fixture
def small() -> Graph:
    store = Store()
    store.load(DATA.encode(), format=RdfFormat.TURTLE)
    store.load(DATA.encode(), format=RdfFormat.TURTLE, to_graph=NamedNode("x:g"))
    rule = read_rule(Path("rival.rq"), RIVAL)
    return Graph(store, {"leads": parse(Path("leads.rq"), LEADS)}, "d1", {"rival": rule})


def test_a_query_is_put_in_its_faster_way_at_every_door(small: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(engine, "rewrite", lambda query: seen.append(query) or query)
    small.query("ASK {}")
    small.answer(Request("ASK { ?s ?p ?o }", "json"))
    small.table("ASK { ?s <x:p> ?o }")
    small.ask("leads")
    small.excerpt(QuestionCall("leads"))
    small.written(QuestionCall("leads", format="xml"))
    assert len(seen) == 6  # one each: what is kept of an answer is asked once, and its xml is written by the engine


def test_a_graph_over_the_store_of_an_engine_is_the_same(small: Graph) -> None:
    again = Graph(Embedded(Path(), small.store), small.questions)
    assert list(again.ask("leads")) == list(small.ask("leads")) == [
        {"thing": "A", "ends": "x:b, x:c"},
        {"thing": "B", "ends": "x:c"},
    ]  # fmt: skip


def test_things_are_called_by_one_rule(small: Graph) -> None:
    assert [small.label(f"x:{name}") for name in "abc"] == ["A", "B", "x:c"]
    assert small.names(["x:a", "x:c"]) == {"x:a": "A"}
    columns, rows = small.table("SELECT ?t ?n { ?t <x:n> ?n }")
    assert (columns, [cell.shown for cell in rows[0]]) == (("t", "n"), ["x:c", "seven"])


def test_what_a_job_gives_can_be_sent_to_another_process(small: Graph) -> None:
    for given in (
        small.excerpt(QuestionCall("leads", evidence=True)),
        small.written(QuestionCall("leads", format="json")),
        small.thing("x:a"),
        small.catalogue(),
        small.conflicts(),
        small.conflicts_wanted({"kind": ["figures"]}),
    ):
        assert pickle.loads(pickle.dumps(given)) == given


def test_a_thing_is_told_with_its_names(small: Graph) -> None:
    thing = small.thing("x:b")
    assert [(group.property, [str(line.term) for line in group.lines]) for group in thing.own] == [
        ("http://purl.org/dc/terms/title", ['"B"']),
        ("x:p", ["<x:c>"]),
    ]
    assert [line.term.value for group in thing.incoming for line in group.lines] == ["x:a"]
    assert thing.name("x:a") == "A"
    assert not small.thing("x:nothing").known


def test_rows_are_cut_and_an_empty_answer_says_why(small: Graph) -> None:
    part = small.excerpt(QuestionCall("leads", limit=1, offset=1))
    assert (part.total, [[cell.shown for cell in row] for row in part.rows]) == (2, [["B", "x:c"]])
    assert "no row has end 'x:z'" in small.why(QuestionCall("leads", {"end": ["x:z"]}))
