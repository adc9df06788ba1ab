"""The SPARQL 1.1 Protocol and Graph Store HTTP Protocol: what they say that a service must do.

Where each section of the SPARQL 1.1 Protocol is tested:

- 2.1.1 to 2.1.3, a query by GET, by form and directly: ``test_the_three_operations_answer_the_same``, and whatever
  else is asked in all `WAYS`; exactly one query: ``test_what_is_wrong_has_the_right_status``;
- 2.1.4, the dataset: ``test_the_dataset_of_the_request`` and ``…_goes_before_that_of_the_query``;
- 2.1.5 and 2.1.6, formats and success: ``test_the_form_of_the_answer_follows_that_of_the_query``,
  ``test_the_best_of_what_is_accepted_is_given_or_406``;
- 2.1.7, failure: ``test_what_is_no_query_is_400``, ``test_a_graph_that_is_not_there_is_refused``;
- 2.2.1 to 2.2.5, updates: ``tests/test_writes_http.py``, and here ``test_updates_without_a_token_are_refused``.

The Graph Store Protocol, section 5: reading at the end of this file, writing in ``tests/test_writes_http.py``.
"""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from pyoxigraph import NamedNode, QueryResultsFormat, RdfFormat, parse, parse_query_results
from starlette.testclient import TestClient

from clustergraph.formats import RDF_FORMATS
from clustergraph.settings import Settings
from clustergraph.terms import GRAPH, PREFIXES
from clustergraph.web.app import create_app
from clustergraph.web.responses import GRAPHS
from tests.small_release import write_release

S3, ANNEX = (f"{GRAPH}wiintech-2020/{name}" for name in ("s3", "annex-1"))
FIGURES = "SELECT ?f { ?f a cg:Figure } ORDER BY ?f"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
QUERY_TYPE, UPDATE_TYPE = "application/sparql-query", "application/sparql-update"
DIRECT, UPDATE = {"Content-Type": QUERY_TYPE}, {"Content-Type": UPDATE_TYPE}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root)
    with TestClient(create_app(root, Settings(query_bytes=5_000))) as client:
        yield client


def figures(response):
    assert response.status_code == 200, response.text
    bindings = response.json()["results"]["bindings"]
    return [row["f"]["value"].rsplit("-", 1)[1] for row in bindings]


def asked(client, way, query, *parameters):
    """Ask by one of the three operations of the protocol."""
    if way == "get":
        return client.get(f"/sparql?{urlencode([('query', query), *parameters])}")
    if way == "form":
        return client.post("/sparql", content=urlencode([("query", query), *parameters]), headers=FORM)
    return client.post(f"/sparql?{urlencode([*parameters])}", content=query, headers=DIRECT)


WAYS = pytest.mark.parametrize("way", ["get", "form", "direct"])


@WAYS
def test_the_three_operations_answer_the_same(client, way):
    assert figures(asked(client, way, FIGURES)) == ["1", "2"]


@WAYS
def test_the_dataset_of_the_request(client, way):
    assert figures(asked(client, way, FIGURES, ("default-graph-uri", S3))) == ["1"]
    both = asked(client, way, FIGURES, ("default-graph-uri", S3), ("default-graph-uri", ANNEX))
    assert figures(both) == ["1", "2"]
    inside = "SELECT ?f { GRAPH ?g { ?f a cg:Figure } } ORDER BY ?f"
    assert figures(asked(client, way, inside)) == ["1", "2"]
    assert figures(asked(client, way, inside, ("named-graph-uri", ANNEX))) == ["2"]
    assert figures(asked(client, way, inside, ("default-graph-uri", ANNEX))) == []
    assert figures(asked(client, way, FIGURES, ("named-graph-uri", ANNEX))) == []


@WAYS
def test_the_dataset_of_the_request_goes_before_that_of_the_query(client, way):
    query = f"SELECT ?f FROM <{S3}> {{ ?f a cg:Figure }}"
    assert figures(asked(client, way, query)) == ["1"]
    assert figures(asked(client, way, query, ("default-graph-uri", ANNEX))) == ["2"]


@WAYS
def test_a_graph_that_is_not_there_is_refused(client, way):
    response = asked(client, way, FIGURES, ("default-graph-uri", "http://elsewhere.example/graph"))
    assert response.status_code == 400


@WAYS
@pytest.mark.parametrize(
    ("query", "media_type"),
    [
        ("ASK {}", "application/sparql-results+json"),
        ("SELECT * {}", "application/sparql-results+json"),
        ("CONSTRUCT WHERE { ?s a cg:Pilot }", "text/turtle"),
        ("DESCRIBE pilot:esm", "text/turtle"),
    ],
)
def test_the_form_of_the_answer_follows_that_of_the_query(client, way, query, media_type):
    response = asked(client, way, query)
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == media_type


@WAYS
@pytest.mark.parametrize("query", ["", "nonsense", "SELECT * { ?s ?p", "ASK {} ASK {}"])
def test_what_is_no_query_is_400(client, way, query):
    response = asked(client, way, query)
    assert response.status_code == 400
    assert response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        # a query must be there once
        ("GET", "/sparql?query=ASK{}&query=ASK{}", None, {}, 400),
        ("POST", "/sparql", "query=ASK{}&query=ASK{}", FORM, 400),
        ("POST", "/sparql?query=ASK{}", "query=ASK{}", FORM, 400),
        ("POST", "/sparql?query=ASK{}", "ASK {}", DIRECT, 400),
        ("GET", "/sparql?default-graph-uri=http://a.example/", None, {}, 400),
        ("POST", "/sparql", "format=csv", FORM, 400),
        ("POST", "/sparql", "", FORM, 400),
        ("POST", "/sparql", "", DIRECT, 400),
        # the media type must be one of the protocol's, and the text UTF-8
        ("POST", "/sparql", "ASK {}", {}, 415),
        ("POST", "/sparql", "ASK {}", {"Content-Type": "text/plain"}, 415),
        ("POST", "/sparql", "query=ASK{}", {"Content-Type": "application/json"}, 415),
        ("POST", "/sparql", "ASK {}".encode("utf-16"), {"Content-Type": f"{QUERY_TYPE}; charset=UTF-16"}, 415),
        ("POST", "/sparql", b"ASK { ?s ?p '\xff' }", DIRECT, 400),
        ("POST", "/sparql", b"query=ASK{?s?p'%ff'}", FORM, 400),
        ("GET", "/sparql?query=ASK%7B%7D%ff", None, {}, 400),
        ("GET", "/sparql?query=ASK%7B%7D%00", None, {}, 400),
        ("POST", "/sparql", b"ASK {}\0", DIRECT, 400),
        # methods
        ("PUT", "/sparql", "ASK {}", DIRECT, 405),
        ("DELETE", "/sparql?query=ASK{}", None, {}, 405),
        ("PATCH", "/sparql", "ASK {}", DIRECT, 405),
        # updates go by POST only, are one, and are not mixed with a query
        ("GET", "/sparql?update=CLEAR%20ALL", None, {}, 400),
        ("POST", "/sparql", "update=CLEAR%20ALL&update=CLEAR%20ALL", FORM, 400),
        ("POST", "/sparql", "update=CLEAR%20ALL&query=ASK{}", FORM, 400),
        ("POST", "/sparql", "update=CLEAR%20ALL&default-graph-uri=http://a.example/", FORM, 400),
        ("POST", "/sparql", "query=ASK{}&using-graph-uri=http://a.example/", FORM, 400),
        ("POST", "/sparql", "CLEAR ALL".encode("utf-16"), {"Content-Type": f"{UPDATE_TYPE}; charset=UTF-16"}, 415),
        ("POST", "/sparql", b"CLEAR \xff", UPDATE, 400),
        # what is too long or compressed
        ("POST", "/sparql", "#" * 6_000, DIRECT, 413),
        ("POST", "/sparql", "query=" + "%23" * 9_000, FORM, 413),
        ("POST", "/sparql", b"\x1f\x8b", {**DIRECT, "Content-Encoding": "gzip"}, 415),
        ("POST", "/sparql", "&".join(f"a{n}=" for n in range(2_000)), FORM, 400),
        # a format that there is not
        ("GET", "/sparql?query=ASK{}&format=png", None, {}, 406),
        ("GET", "/sparql?query=ASK{}&format=csv&format=json", None, {}, 400),
        ("GET", "/sparql?format=png", None, {}, 406),
    ],
)  # fmt: skip
def test_what_is_wrong_has_the_right_status(client, method, path, body, headers, status):
    response = client.request(method, path, content=body, headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.json()["detail"]


@pytest.mark.parametrize("arguments", [{"data": {"update": "CLEAR ALL"}}, {"content": "CLEAR ALL", "headers": UPDATE}])
def test_updates_without_a_token_are_refused(client, arguments):
    assert client.post("/sparql", **arguments).status_code in (401, 403)
    assert figures(asked(client, "get", FIGURES)) == ["1", "2"]


def test_a_wrong_method_says_which_are_right(client):
    assert set(client.put("/sparql").headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    options = client.options("/sparql", headers={"Origin": "http://a.example", "Access-Control-Request-Method": "POST"})
    assert options.status_code == 204
    assert options.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in options.headers
    assert "authorization" not in options.headers["access-control-allow-headers"].lower()
    assert not {"PUT", "DELETE", "PATCH"} & set(options.headers["access-control-allow-methods"].split(", "))


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/sparql-results+json"),
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/sparql-results+json;q=0.2, text/tab-separated-values;q=0.3", "text/tab-separated-values"),
        ("application/sparql-results+json;q=0, */*;q=0.1", "application/sparql-results+xml"),
        ("application/*", "application/sparql-results+json"),
        ("text/*;q=0.9, application/*;q=0.1", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv;header=present;q=0.5", "text/csv"),
        ("image/png, text/csv;q=0.001", "text/csv"),
        ("image/png", None),
        ("text/csv;q=0", None),
        ("*/*;q=0", None),
        ("nonsense", None),
    ],
)
def test_the_best_of_what_is_accepted_is_given_or_406(client, accept, media_type):
    # The client sends */* by itself if it is not told otherwise.
    request = client.build_request("GET", f"/sparql?query={quote(FIGURES)}", headers={"Accept": accept or ""})
    if accept is None:
        del request.headers["Accept"]
    response = client.send(request)
    if media_type is None:
        assert response.status_code == 406
        assert "ask for one of" in response.json()["advice"]
    else:
        assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, media_type)
        assert "Accept" in response.headers["vary"]


@pytest.mark.parametrize(
    ("query", "name", "media_type"),
    [
        ("SELECT * {}", "xml", "application/sparql-results+xml"),
        ("SELECT * {}", "application/sparql-results+xml", "application/sparql-results+xml"),
        ("SELECT * {}", "srx", "application/sparql-results+xml"),
        ("DESCRIBE pilot:esm", "xml", "application/rdf+xml"),
        ("DESCRIBE pilot:esm", "rdf+xml", "application/rdf+xml"),
        ("DESCRIBE pilot:esm", "json-ld", "application/ld+json"),
        ("DESCRIBE pilot:esm", "ttl", "text/turtle"),
        ("DESCRIBE pilot:esm", "nt", "application/n-triples"),
    ],
)
def test_formats_have_the_names_that_clients_send(client, query, name, media_type):
    response = client.get("/sparql", params={"query": query, "format": name})
    assert response.headers["content-type"].split(";")[0] == media_type


@WAYS
@pytest.mark.parametrize("feature", [
    "SELECT ?x { VALUES ?x { 1 2 } FILTER(?x IN (1)) }",
    "SELECT (GROUP_CONCAT(?v; SEPARATOR=',') AS ?x) { ?f cg:value ?v }",
    "SELECT ?x { ?f cg:subject/skos:prefLabel ?x }",
    "SELECT ?x { { SELECT (MAX(?v) AS ?x) { ?f cg:value ?v } } }",
    "SELECT ?x { ?x a cg:Cluster MINUS { ?x cg:participatesIn ?p } }",
    "SELECT ?x { ?x a cg:Cluster FILTER NOT EXISTS { ?x cg:participatesIn ?p } }",
    "SELECT ?x { GRAPH ?g { ?x a cg:Figure } BIND(STR(?g) AS ?s) }",
    "SELECT (REPLACE('a', 'a', 'b') AS ?x) (SHA256('a') AS ?y) { OPTIONAL { ?a ?b ?c } } LIMIT 1",
    "SELECT ?x { ?x skos:broader* ?x } ORDER BY DESC(?x) LIMIT 1 OFFSET 0",
])  # fmt: skip
def test_features_of_the_query_language(client, way, feature):
    response = asked(client, way, feature)
    assert response.status_code == 200, response.text
    assert parse_query_results(response.content, QueryResultsFormat.JSON)


def test_head_is_get_without_the_body(client):
    for path in (
        f"/sparql?query={quote(FIGURES)}",
        "/sparql",
        f"/graph-store?graph={quote(S3)}",
        "/graph-store?default",
    ):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        same = ("content-type", "content-length", "etag")
        assert [head.headers[name] for name in same] == [get.headers[name] for name in same]


LIMITS = {
    "query_seconds", "worker_memory_mb", "result_bytes", "query_bytes", "nesting", "slow_workers", "waiting",
    "header_bytes", "send_seconds",
}  # fmt: skip
"""What the endpoint describes of its limits, where it asks no other hosts."""


@pytest.mark.parametrize("name", RDF_FORMATS)
def test_the_endpoint_describes_itself(client, name):
    response = client.get("/sparql", headers={"Accept": RDF_FORMATS[name].media_type})
    assert response.status_code == 200
    assert response.headers["content-type"] == GRAPHS.content_type(name)
    triples = [quad.triple for quad in parse(response.content, format=RDF_FORMATS[name].engine)]
    sd, schema = PREFIXES["sd"], PREFIXES["schema"]

    def values(predicate, subject=None):
        return {t.object.value for t in triples if t.predicate.value == predicate and subject in (None, t.subject)}

    assert values(f"{sd}endpoint") == {"http://127.0.0.1:8123/sparql"}
    assert f"{sd}SPARQL11Query" in values(f"{sd}supportedLanguage")
    assert {S3, ANNEX} <= values(f"{sd}name")
    assert values(f"{schema}propertyID") == LIMITS
    limit = NamedNode("http://127.0.0.1:8123/sparql#limit-query_bytes")
    assert values(f"{schema}value", limit) == {"5000"}


def test_every_limit_that_an_error_can_name_is_described():
    assert {"query_seconds", "worker_memory_mb", "result_bytes", "query_bytes", "nesting", "waiting"} <= LIMITS
    assert set(vars(Settings())) >= LIMITS


def test_a_description_that_nothing_fits_is_406(client):
    assert client.get("/sparql", headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("name", RDF_FORMATS)
def test_a_graph_of_the_store_is_exactly_its_triples(client, name):
    format_ = RDF_FORMATS[name]
    indirect = client.get("/graph-store", params={"graph": S3}, headers={"Accept": format_.media_type})
    direct = client.get("/graph/wiintech-2020/s3", headers={"Accept": format_.media_type})
    assert indirect.headers["content-type"] == GRAPHS.content_type(name)
    assert indirect.content == direct.content
    triples = {quad.triple for quad in parse(indirect.content, format=format_.engine)}
    wanted = client.get(
        "/sparql", params={"query": f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{S3}> {{ ?s ?p ?o }} }}", "format": "nt"}
    )
    assert triples == {quad.triple for quad in parse(wanted.content, format=RdfFormat.N_TRIPLES)}
    assert len(triples) == 4


def test_the_default_graph_of_the_store(client):
    triples = list(parse(client.get("/graph-store?default&format=nt").content, format=RdfFormat.N_TRIPLES))
    count = client.get("/sparql", params={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "format": "csv"}).text
    assert len(triples) == len(set(triples)) == int(count.split()[1])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        (f"default&graph={quote(S3)}", 400),
        (f"graph={quote(S3)}&graph={quote(ANNEX)}", 400),
        ("default=yes", 400),
        ("graph=http://elsewhere.example/", 404),
        ("graph=%3E%7D%20x", 404),
        (f"graph={quote(S3)}&format=csv", 406),
    ],
)
def test_graphs_that_cannot_be_given(client, query, status):
    response = client.get(f"/graph-store?{query}")
    assert response.status_code == status
    assert response.json()["status"] == status


def test_writes_to_graphs_are_refused_without_a_token(client):
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        assert client.request(method, f"/graph-store?graph={quote(S3)}", content="").status_code in (401, 403, 405)


def test_misspelt_terms_are_named_and_the_answer_is_the_engines(client):
    response = client.get("/sparql", params={"query": "SELECT ?c { ?c a cg:Clutser }", "format": "csv"})
    assert response.text.split() == ["c"]
    assert "there is no cg:Clutser in this graph; did you mean cg:Cluster" in response.headers["x-clustergraph-hint"]
    fine = client.get("/sparql", params={"query": "SELECT ?c { ?c a cg:Cluster }", "format": "csv"})
    assert "x-clustergraph-hint" not in fine.headers
    page = client.get("/sparql", params={"query": "SELECT ?c { ?c a cg:Clutser }", "format": "html"})
    assert "did you mean cg:Cluster" in page.text


def test_a_text_that_nothing_has_gets_a_hint_and_one_that_something_has_gets_none(client):
    query = "SELECT ?c {{ ?c a cg:Cluster. ?c skos:prefLabel {} }}"
    for _ in range(2):
        wrong = client.get("/sparql", params={"query": query.format('"Plastipolis"'), "format": "csv"})
        assert wrong.headers["x-clustergraph-hint"] == 'no skos:prefLabel is "Plastipolis"; write "Plastipolis"@fr'
    right = client.get("/sparql", params={"query": query.format('"Plastipolis"@fr'), "format": "csv"})
    assert "x-clustergraph-hint" not in right.headers
    page = client.get("/sparql", params={"query": 'SELECT * { ?s cg:participatesIn "ESM" }', "format": "html"})
    assert "the values of cg:participatesIn are things, not texts; give the IRI of one" in page.text


def test_an_error_is_readable_text_for_who_asks_for_text(client):
    accept = {"Accept": "text/csv, text/plain;q=0.5"}
    text = client.get("/sparql", params={"query": "ASK { ?s skoss:x ?o }"}, headers=accept)
    assert (text.status_code, text.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert "ASK { ?s skoss:x ?o }\n         ^\ndid you mean skos:?" in text.text
    wrong = client.get("/graph-store", headers={"Accept": "text/plain"})
    assert wrong.text.splitlines()[0] == "400 Bad Request"
    assert "?default" in wrong.text


def test_problems_are_json_that_programs_read(client):
    response = client.get("/sparql", params={"query": "ASK {\n  ?s skoss:x ?o }"})
    members = json.loads(response.content)
    assert {"title", "status", "detail", "advice", "line", "column", "excerpt"} <= set(members)


@pytest.mark.parametrize("method", ["get", "post"])
def test_iris_are_relative_to_the_address_of_the_endpoint(client, method):
    query = "CONSTRUCT { <s> <#p> 1 } WHERE {}"
    given = {"params": {"query": query}} if method == "get" else {"data": {"query": query}}
    answer = client.request(method, "/sparql", headers={"Accept": "application/n-triples", "Host": "evil"}, **given)
    triple = f'<http://127.0.0.1:8123/s> <http://127.0.0.1:8123/sparql#p> "1"^^<{PREFIXES["xsd"]}integer> .\n'
    assert (answer.status_code, answer.text) == (200, triple)
    own = client.get("/sparql", params={"query": "BASE <http://b.example/> " + query, "format": "ntriples"})
    assert own.text.startswith("<http://b.example/s> <http://b.example/#p>")
    named = "PREFIX : <> SELECT (IRI('x') AS ?x) (:y AS ?y) (<z> AS ?z) { FILTER NOT EXISTS { <a> ?p ?o . ?o ?q <b> } }"
    row = client.get("/sparql", params={"query": named, "format": "csv"}).text.splitlines()[1]
    assert row == "http://127.0.0.1:8123/x,http://127.0.0.1:8123/sparqly,http://127.0.0.1:8123/z"
