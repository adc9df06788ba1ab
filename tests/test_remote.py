"""A graph over a service answers as the graph of its release does, asks no other host, and says what it cannot do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pyoxigraph import QueryBoolean, QueryTriples

from clustergraph import Graph
from clustergraph.errors import QueryError, QuestionError, RefusedQueryError, ReleaseError
from clustergraph.sparql.tokens import QuerySyntaxError
from clustergraph.terms import GRAPH, ID
from tests.live_server import serve

CLUSTERS = "SELECT ?cluster ?name { ?cluster a cg:Cluster ; skos:prefLabel ?name } ORDER BY ?cluster"


@pytest.fixture(scope="module")
def address(small_built: Path) -> Iterator[str]:
    with serve(small_built / ".clustergraph") as live:
        yield live.url


@pytest.fixture(scope="module")
def near(small_built: Path) -> Graph:
    return Graph.open(str(small_built / ".clustergraph" / "current"))


@pytest.fixture(scope="module")
def remote(address: str) -> Graph:
    return Graph.connect(f"{address}/")


def test_it_is_the_release_with_its_questions_and_answers(near: Graph, remote: Graph) -> None:
    assert remote.digest == near.digest
    assert remote.catalogue() == near.catalogue()
    for given in ({}, {"cluster": "Viameca"}, {"cluster": ["AFIL", "ViaMéca"]}):
        there, here = remote.ask("clusters", **given), near.ask("clusters", **given)
        assert list(there) == list(here)
        assert (there.columns, there.rows, there.query) == (here.columns, here.rows, here.query)
    assert list(there.to_pandas(iris=True)["cluster_iri"]) == [f"{ID}organisation/afil", f"{ID}organisation/viameca"]


def test_answers_of_many_pages_are_whole(near: Graph, remote: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clustergraph.remote.MOST_ROWS", 1)
    assert remote.ask("clusters").rows == near.ask("clusters").rows


def test_queries_of_every_form_are_answered(near: Graph, remote: Graph) -> None:
    assert remote.table(CLUSTERS) == near.table(CLUSTERS)
    assert [row["cluster"] for row in remote.select(CLUSTERS)] == [row["cluster"] for row in near.select(CLUSTERS)]
    asked = remote.query("ASK { ?s a cg:Cluster }")
    assert isinstance(asked, QueryBoolean)
    assert asked
    made = remote.query("CONSTRUCT WHERE { ?s a cg:Cluster }")
    assert isinstance(made, QueryTriples)
    assert len(list(made)) == 2


def test_things_are_found_and_told(near: Graph, remote: Graph) -> None:
    assert [hit.iri for hit in remote.search("Viamca", 1)] == [f"{ID}organisation/viameca"]
    for iri in (f"{ID}organisation/viameca", f"{GRAPH}4m4iof/summary"):
        assert remote.thing(iri) == near.thing(iri)
        assert remote.label(iri) == near.label(iri)
    assert not remote.thing(f"{ID}organisation/nobody").known


def test_evidence_comes_from_the_service(near: Graph, remote: Graph) -> None:
    assert remote.proofs(remote.ask("clusters"), [1]) == near.proofs(near.ask("clusters"), [1])
    statement = ("organisation:afil", "a", "cg:Cluster")
    assert remote.explained(*statement) == near.explained(*statement)


def test_errors_are_the_same_as_of_a_release(near: Graph, remote: Graph) -> None:
    def told(graph: Graph, query: str) -> tuple[object, ...]:
        with pytest.raises(QuerySyntaxError) as found:
            graph.query(query)
        return str(found.value), found.value.line, found.value.column, found.value.excerpt

    assert told(remote, "SELECT ?s {\n ?s ex:p ?o }") == told(near, "SELECT ?s {\n ?s ex:p ?o }")
    for given in ({"cluster": "Viamca"}, {"clust": "AFIL"}):
        messages = set()
        for graph in (near, remote):
            with pytest.raises(QuestionError) as error:
                graph.ask("clusters", **given)
            messages.add(str(error.value))
        assert len(messages) == 1
    with pytest.raises(RefusedQueryError, match="SERVICE"):
        remote.query("SELECT * { SERVICE <http://elsewhere.example/> { ?s ?p ?o } }")
    with pytest.raises(QueryError, match="the graph does not say"):
        remote.explained("organisation:afil", "a", "cg:Region")


def test_what_needs_the_store_says_so(remote: Graph) -> None:
    for wanted in (lambda: remote.evidence(remote.ask("clusters"), 0), remote.terms, lambda: remote.near("x:a")):
        with pytest.raises(ReleaseError, match=r"is a service, and its store is not here; use query, ask"):
            wanted()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ftp://a.example", "it begins with http:// or https://"),
        ("clusters", "it begins with http:// or https://"),
        ("http://127.0.0.1:1", "did not answer"),
    ],
)
def test_where_nothing_is_served_is_told(address: str, said: str) -> None:
    with pytest.raises(ReleaseError, match=said):
        Graph.connect(address)


def test_no_other_host_is_asked(address: str) -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{address}/ready")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(ReleaseError, match="leads to another host"):
            Graph.connect(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
