"""Real clients, as their users call them, over HTTP."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from urllib.parse import urlencode

import pandas
import pytest
from rdflib import Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore
from SPARQLWrapper import CSV, JSON, JSONLD, N3, POST, POSTDIRECTLY, RDFXML, TSV, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from clustergraph.terms import GRAPH, PREFIXES
from tests.live_server import serve
from tests.small_release import write_release

CLUSTERS = "SELECT ?c { ?c a cg:Cluster } ORDER BY ?c"
CLUSTER = URIRef(PREFIXES["cg"] + "Cluster")
NAMES = ["afil", "plastipolis"]


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root)
    with serve(root) as live:
        yield live


@pytest.fixture
def endpoint(live):
    return f"{live.url}/sparql"


def wrapper(endpoint, query, format_, method="GET", request_method=None):
    client = SPARQLWrapper(endpoint)
    client.setQuery(query)
    client.setReturnFormat(format_)
    client.setMethod(method)
    if request_method:
        client.setRequestMethod(request_method)
    return client


@pytest.mark.parametrize("way", [("GET", None), (POST, None), (POST, POSTDIRECTLY)])
def test_sparqlwrapper_asks_in_every_way(endpoint, way):
    found = wrapper(endpoint, CLUSTERS, JSON, *way).queryAndConvert()
    assert [row["c"]["value"].rsplit("/", 1)[1] for row in found["results"]["bindings"]] == NAMES


@pytest.mark.parametrize("format_", [XML, CSV, TSV])
def test_sparqlwrapper_reads_every_format_of_tables(endpoint, format_):
    found = wrapper(endpoint, CLUSTERS, format_).queryAndConvert()
    text = found.toxml() if format_ == XML else found.decode()
    assert all(name in text for name in NAMES)


@pytest.mark.parametrize("format_", [TURTLE, RDFXML, XML, N3, JSONLD])
def test_sparqlwrapper_reads_every_format_of_graphs(endpoint, format_):
    found = wrapper(endpoint, "CONSTRUCT WHERE { ?c a cg:Cluster }", format_).queryAndConvert()
    if isinstance(found, bytes):
        found = Graph().parse(data=found, format="turtle")
    assert len(found) == 2


def test_sparqlwrapper_tells_a_malformed_query(endpoint):
    with pytest.raises(QueryBadFormed, match="ends too early"):
        wrapper(endpoint, "SELECT * { ?s", JSON).query()


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("format_", ["xml", "json", "csv", "tsv"])
def test_the_store_of_rdflib_reads(endpoint, method, format_):
    graph = Graph(SPARQLStore(endpoint, method=method, returnFormat=format_))
    assert sorted(str(row[0]).rsplit("/", 1)[1] for row in graph.query(CLUSTERS)) == NAMES
    assert sorted(str(s).rsplit("/", 1)[1] for s in graph.subjects(predicate=None, object=CLUSTER)) == NAMES
    if format_ in ("xml", "json"):  # rdflib reads no truth value from the others
        assert bool(graph.query("ASK { ?c a cg:Cluster }"))
        assert not bool(graph.query("ASK { ?c a cg:Nothing }"))
    assert len(graph) > 10


def test_the_store_of_rdflib_reads_named_graphs(endpoint):
    store = SPARQLStore(endpoint, context_aware=True)
    section = Graph(store, identifier=URIRef(f"{GRAPH}wiintech-2020/s3"))
    assert len(section) == 4
    assert len(section.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }").graph) == 4
    assert section.identifier in set(store.contexts())


def test_the_update_store_of_rdflib_reads_and_is_told_that_it_cannot_write(endpoint):
    store = SPARQLUpdateStore(endpoint, endpoint, context_aware=False)
    graph = Graph(store)
    assert len(list(graph.triples((None, None, CLUSTER)))) == 2
    with pytest.raises(Exception, match=r"40[13]"):
        graph.update("INSERT DATA { <http://a.example/> a <http://a.example/Thing> }")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--get", "--data-urlencode", f"query={CLUSTERS}"],
        ["--data-urlencode", f"query={CLUSTERS}"],
        ["--header", "Content-Type: application/sparql-query", "--data-binary", CLUSTERS],
    ],
)
def test_curl(endpoint, arguments):
    command = ["curl", "--silent", "--fail", "--header", "Accept: text/csv", *arguments, endpoint]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [row["c"].rsplit("/", 1)[1] for row in csv.DictReader(io.StringIO(done.stdout))] == NAMES


def test_pandas_reads_a_link_to_csv(endpoint):
    frame = pandas.read_csv(f"{endpoint}?{urlencode({'query': CLUSTERS, 'format': 'csv'})}")
    assert [iri.rsplit("/", 1)[1] for iri in frame["c"]] == NAMES
