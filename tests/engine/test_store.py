"""The dataset of a query: a triple that several graphs have counts once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store

from clustergraph.engine.store import Embedded, Request
from clustergraph.graph import Graph
from clustergraph.sparql.parser import query_of
from clustergraph.sparql.tree import Dataset
from tests.small_release import write_release

GRAPHS = [f"http://g.example/{n}" for n in range(4)]
SHARED = """
GRAPH w:s3 { organisation:afil cg:website "a" }
GRAPH w:annex-1 { organisation:afil cg:website "a" }
"""


@pytest.mark.parametrize(
    ("query", "default", "named"),
    [
        ("SELECT * { ?s ?p ?o }", None, None),
        ("SELECT * FROM <g:1>FROM<g:2> FROM NAMED <g:3> { }", ("g:1", "g:2"), ("g:3",)),
        ("SELECT * FROMNAMED<g:3>{ }", (), ("g:3",)),
        ("ASK FROM w:s3 { }", ("https://w3id.org/clustergraph/graph/wiintech-2020/s3",), ()),
        ("PREFIX x: <http://x.example/> ASK from x:y { }", ("http://x.example/y",), ()),
        ("BASE <http://b.example/c/> ASK FROM <d> { }", ("http://b.example/c/d",), ()),
        ("SELECT * { ?s ?p 'FROM <g:1>' } # FROM <g:2>", None, None),
        ("SELECT ?from { ?from ?p ?o }", None, None),
    ],
)
def test_the_dataset_that_a_query_describes(query, default, named):
    found = query_of(query).dataset
    assert found == (None if default is None else Dataset(default, named))


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return Embedded(write_release(tmp_path_factory.mktemp("root"), extra=SHARED))


def test_relative_iris_without_a_base_are_of_the_project(release):
    (row,) = release.query("SELECT (<x> AS ?x) {}")
    assert row["x"].value == "https://w3id.org/clustergraph/x"


def test_the_graph_in_python_counts_once_too(release):
    graph = Graph(Store.read_only(str(release.path / "store")), {})
    for clause in ("", "FROM w:s3 FROM w:annex-1"):
        assert [row["n"].value for row in graph.select(WEBSITES % clause)] == ["1"]


SECTIONS = tuple(f"https://w3id.org/clustergraph/graph/wiintech-2020/{name}" for name in ("s3", "annex-1"))
WEBSITES = "SELECT (COUNT(*) AS ?n) %s { ?s cg:website 'a' }"


@pytest.mark.parametrize(
    "request_",
    [
        Request(WEBSITES % "", "csv"),
        Request(WEBSITES % "FROM w:s3 FROM w:annex-1", "csv"),
        Request(WEBSITES % "FROM w:s3 FROM w:s3", "csv"),
        Request(WEBSITES % "", "csv", Dataset(SECTIONS, ())),
        Request(WEBSITES % "FROM graph:reference", "csv", Dataset(SECTIONS, ())),
    ],
)
def test_a_shared_triple_counts_once(release, request_):
    assert release.answer(request_) == b"n\r\n1\r\n"


def test_named_graphs_stay_apart_beside_a_merged_default_graph(release):
    query = "SELECT ?g (COUNT(*) AS ?n) FROM w:s3 FROM w:annex-1 FROM NAMED w:s3 { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    assert release.answer(Request(query, "csv")) == f"g,n\r\n{SECTIONS[0]},5\r\n".encode()


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(GRAPHS)), max_size=30),
    st.lists(st.sampled_from(GRAPHS), max_size=5),
    st.lists(st.sampled_from(GRAPHS), max_size=3),
)
def test_any_dataset_is_the_set_of_its_triples(content, default, named):
    quads = {Quad(BlankNode(f"b{s}"), NamedNode("p:p"), Literal(o), NamedNode(g)) for s, o, g in content}
    store = Store()
    store.extend([*quads, *(Quad(q.subject, q.predicate, q.object) for q in quads)])
    graph, dataset = Embedded(Path(), store), Dataset(tuple(default), tuple(named))
    for _ in range(2):
        rows = graph.query("SELECT * { ?s ?p ?o }", dataset)
        assert Counter((row["s"], row["o"]) for row in rows) == Counter(
            {(quad.subject, quad.object) for quad in quads if quad.graph_name.value in default}
        )
        inside = graph.query("SELECT * { GRAPH ?g { ?s ?p ?o } }", dataset)
        assert Counter((row["s"], row["o"], row["g"]) for row in inside) == Counter(
            (quad.subject, quad.object, quad.graph_name) for quad in quads if quad.graph_name.value in named
        )
