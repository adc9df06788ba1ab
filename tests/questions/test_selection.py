"""What is chosen of an answer: as many rows as a facet says, the same as the query gives, and soon for many rows."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from clustergraph.graph import Graph
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.facets import MOST_OFFERED, facets_of
from clustergraph.questions.question import load, parse
from clustergraph.terms import expand
from tests.conftest import ROOT

FACETED = [name for name, question in load(ROOT / "queries").items() if facets_of(question)]
MANY = 12_000
ITEMS = """#+ title: Which items are there?
#+ parameters:
#+   group: {label: Only of this group, heading: Group, type: text, many: true, facet: "?item <x:group> ?group"}
#+ columns:
#+   item: The item
#+   number: Its number
SELECT ?item ?number {
  VALUES ?group { UNDEF }
  ?item <x:number> ?number
  FILTER (!BOUND(?group) || EXISTS { ?item <x:group> ?group })
} ORDER BY ?item ?number
"""


def test_the_lists_of_clusters_regions_projects_and_organisations_have_facets() -> None:
    assert {"clusters", "regions", "projects", "organisations"} <= set(FACETED)


@pytest.mark.parametrize("name", FACETED)
def test_a_value_of_a_facet_leaves_the_rows_that_the_query_gives(graph: Graph, name: str) -> None:
    facets = graph.facets(QuestionCall(name))
    assert facets
    for facet in facets:
        for value in {facet.values[0], facet.values[-1]}:
            call = QuestionCall(name, {facet.parameter.name: [value.value]}, "json", limit=10_000)
            rows = graph.excerpt(call).rows
            assert list(rows) == list(graph.put(graph.questions[name], call.given).rows)
            assert len(rows) == value.rows


@pytest.mark.parametrize("name", FACETED)
def test_counts_keep_the_choices_of_the_other_facets(graph: Graph, name: str) -> None:
    first, second, *_ = graph.facets(QuestionCall(name))
    given = {first.parameter.name: [first.values[0].value]}
    for facet in graph.facets(QuestionCall(name, given)):
        if facet.parameter == first.parameter:
            assert facet.values == first.values, "what else it could be is offered as before"
        elif facet.parameter == second.parameter:
            value = facet.values[0]
            both = {**given, second.parameter.name: [value.value]}
            assert len(graph.put(graph.questions[name], both)) == value.rows


def many() -> Graph:
    store, kinds = Store(), [Literal(f"group {n}") for n in range(2 * MOST_OFFERED)]
    for number in range(MANY):
        item = NamedNode(f"x:item{number}")
        store.add(Quad(item, NamedNode("x:number"), Literal(number)))
        store.add(Quad(item, NamedNode("x:group"), kinds[number % len(kinds)]))
        store.add(Quad(item, NamedNode("x:group"), kinds[0]))
        store.add(Quad(item, expand("skos:prefLabel"), Literal(f"Item {number}", language="en")))
    return Graph(store, {"items": parse(ROOT / "items.rq", ITEMS)})


def test_of_many_rows_a_part_is_looked_up_and_values_are_offered_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = many()
    first = graph.excerpt(QuestionCall("items", sort="-item"))
    assert (first.total, len(first.rows), first.rows[0][0].value) == (MANY, 100, f"Item {MANY - 1}")
    (facet,) = first.facets
    assert (len(facet.values), facet.total) == (MOST_OFFERED, 2 * MOST_OFFERED)
    asked: list[str] = []
    select = graph.select
    monkeypatch.setattr(graph, "select", lambda text: asked.append(text) or select(text))
    given = {"group": ["group 7"]}
    assert graph.excerpt(QuestionCall("items", given, sort="number")).total == MANY // (2 * MOST_OFFERED)
    assert graph.excerpt(QuestionCall("items", contains="item 77")).total == 111
    assert asked == [], "the whole answer and its facets are kept"


def test_a_value_that_is_chosen_is_offered_also_where_it_leaves_nothing(graph: Graph) -> None:
    facets = graph.facets(QuestionCall("clusters", {"country": ["Romania"], "size": ["500+"]}))
    chosen = {facet.parameter.name: [(each.value, each.rows) for each in facet.values if each.iri in facet.chosen]
              for facet in facets}  # fmt: skip
    assert (chosen["country"], chosen["size"]) == ([("Romania", 0)], [("500+", 0)])
