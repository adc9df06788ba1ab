"""The endpoint over HTTP."""

from __future__ import annotations

import html
import io
import json
import re

import pytest
from starlette.testclient import TestClient

from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS, TABLE_FORMATS
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from clustergraph.web.responses import GRAPHS, RESULTS
from tests.small_release import point, write_release

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
CLUSTERS = "SELECT ?c { ?c a cg:Cluster } ORDER BY ?c"
GRAPH = "CONSTRUCT { ?c a cg:Cluster } WHERE { ?c a cg:Cluster }"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root, repeat=3000)
    settings = Settings(query_seconds=2.0, page_bytes=20_000, query_bytes=2_000)
    with TestClient(create_app(root, settings)) as client:
        yield client


@pytest.fixture
def sparql(client):
    """Ask with what a program sends by default."""

    def ask(query=None, headers=None, **parameters):
        if query is not None:
            parameters["query"] = query
        return client.get("/sparql", params=parameters, headers=headers or {})

    return ask


def test_a_prefix_may_be_called_service(sparql):
    query = "PREFIX service: <https://w3id.org/clustergraph/scheme/service/> ASK { ?s ?service service:training }"
    assert sparql(query, format="csv").status_code == 200
    refused = sparql("ASK { SeRvIcE# to elsewhere\n<http://127.0.0.1:1/> { ?s ?p ?o } }")
    assert (refused.status_code, "SERVICE is refused" in refused.text) == (403, True)


def test_the_address_of_the_endpoint_is_the_base_of_a_query_without_one(client, sparql):
    here = client.app.state.service.address
    answer = sparql("CONSTRUCT { <s> <p> 1 } WHERE {}", {"Accept": "application/n-triples"})
    assert answer.text.startswith(f"<{here}/s> <{here}/p> ")
    assert sparql("ASK { FILTER(<#x> = IRI('#x')) }", format="csv").text.strip() == "true"
    other = sparql("BASE <http://b.example/> SELECT (<s> AS ?s) {}", format="csv")
    assert other.text.split() == ["s", "http://b.example/s"]


@pytest.mark.parametrize("name", RESULT_FORMATS)
def test_every_format_of_tables(sparql, name):
    format_ = RESULT_FORMATS[name]
    by_name = sparql(CLUSTERS, format=name)
    by_header = sparql(CLUSTERS, {"Accept": format_.media_type})
    assert by_name.status_code == 200
    assert by_name.headers["content-type"] == RESULTS.content_type(name)
    assert by_name.content == by_header.content
    assert b"organisation/afil" in by_name.content
    assert sparql("ASK {}", format=name).status_code == 200


@pytest.mark.parametrize("name", TABLE_FORMATS)
def test_every_format_that_pyarrow_writes(sparql, name):
    pyarrow = pytest.importorskip("pyarrow.ipc", reason="pyarrow is not installed")
    by_name = sparql(CLUSTERS, format=name)
    assert by_name.headers["content-type"] == TABLE_FORMATS[name]
    assert by_name.content == sparql(CLUSTERS, {"Accept": TABLE_FORMATS[name]}).content
    if name == "arrow":
        table = pyarrow.open_stream(by_name.content).read_all()
    else:
        table = pytest.importorskip("pyarrow.parquet").read_table(io.BytesIO(by_name.content))
    rows = sparql(CLUSTERS, format="json").json()["results"]["bindings"]
    assert table.to_pylist() == [{key: value["value"] for key, value in row.items()} for row in rows]
    assert sparql(GRAPH, {"Accept": TABLE_FORMATS[name]}).status_code == 406


@pytest.mark.parametrize("name", RDF_FORMATS)
def test_every_format_of_graphs(sparql, name):
    format_ = RDF_FORMATS[name]
    response = sparql(GRAPH, {"Accept": format_.media_type})
    assert response.status_code == 200
    assert response.headers["content-type"] == GRAPHS.content_type(name)
    assert sparql(GRAPH, format=name).content == response.content
    assert b"afil" in response.content


def test_two_ways_to_post_equal_get(client, sparql):
    expected = sparql(CLUSTERS).json()
    assert client.post("/sparql", data={"query": CLUSTERS}).json() == expected
    direct = client.post(
        "/sparql", content=CLUSTERS, headers={"Content-Type": "application/sparql-query; charset=utf-8"}
    )
    assert direct.json() == expected
    csv = client.post("/sparql?format=csv", content=CLUSTERS, headers={"Content-Type": "application/sparql-query"})
    assert csv.headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/sparql-results+json"),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.6", "application/sparql-results+xml"),
        ("text/csv; charset=utf-8", "text/csv"),
        ("application/json", "application/sparql-results+json"),
        ("text/*", "text/csv"),
        ("text/csv;q=0, text/*", "text/tab-separated-values"),
        ("text/turtle, text/csv;q=0.1", "text/csv"),
    ],
)
def test_negotiation_follows_the_quality_values(sparql, accept, media_type):
    assert sparql(CLUSTERS, {"Accept": accept}).headers["content-type"].split(";")[0] == media_type


@pytest.mark.parametrize(
    ("parameters", "headers"),
    [
        ({"query": CLUSTERS}, {"Accept": "text/turtle"}),
        ({"query": GRAPH}, {"Accept": "text/csv"}),
        ({"query": CLUSTERS, "format": "turtle"}, {}),
        ({"query": CLUSTERS, "format": "sheet"}, {}),
    ],
)
def test_what_cannot_be_given_is_406_and_says_what_can(client, parameters, headers):
    response = client.get("/sparql", params=parameters, headers=headers)
    assert response.status_code == 406
    assert response.headers["content-type"] == "application/problem+json"
    assert "ask for one of" in response.json()["advice"]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("SELECT * { ?s ?p ?o", 400, "ends too early"),
        ("DELETE WHERE { ?s ?p ?o }", 403, "read-only"),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> {} }", 403, "SERVICE"),
        ("SELECT * FROM <http://a.example/x> {}", 400, "no graph <http://a.example/x>"),
        ("ASK " + "{" * 201 + "}" * 201, 400, "201 brackets".replace("201", "200")),
        ("ASK {} #" + "x" * 2000, 413, "2,000 are allowed"),
        ("", 400, "empty"),
    ],
)
def test_what_is_wrong_is_a_problem_document(sparql, query, status, words):
    response = sparql(query)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert words in problem["detail"]
    assert "Traceback" not in response.text


def test_a_syntax_error_shows_its_place(sparql):
    problem = sparql("ASK {\n  ?s skoss:x ?o }").json()
    assert (problem["line"], problem["column"]) == (2, 6)
    assert problem["excerpt"] == "  ?s skoss:x ?o }\n     ^"
    assert problem["advice"] == "did you mean skos:?"


def test_limits_are_named_and_nothing_partial_is_sent(sparql):
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?j && ?c != ?i) }"
    response = sparql(endless)
    assert response.status_code == 503
    assert response.json()["limit"] == {"name": "query_seconds", "value": 2.0}
    assert sparql(CLUSTERS).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"data": {"update": "CLEAR ALL"}}, 403),
        ({"content": "CLEAR ALL", "headers": {"Content-Type": "application/sparql-update"}}, 403),
        ({"content": "ASK {}", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"content": b"\xff", "headers": {"Content-Type": "application/sparql-query"}}, 400),
        ({"content": "#" * 20_000, "headers": {"Content-Type": "application/sparql-query"}}, 413),
        ({"content": "query=ASK{}&query=ASK{}", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400),
        ({"data": {}}, 415),
    ],
)
def test_bodies_that_cannot_be_answered(client, arguments, status):
    response = client.post("/sparql", **arguments)
    assert response.status_code == status
    assert response.json()["detail"]


def test_a_dataset_without_a_query_is_told_how_to_ask(sparql):
    response = sparql(**{"default-graph-uri": "https://w3id.org/clustergraph/graph/reference"})
    assert response.status_code == 400
    assert "parameter 'query'" in response.json()["advice"]


def test_graphs_of_the_protocol(client):
    section = "https://w3id.org/clustergraph/graph/wiintech-2020/s3"
    query = "SELECT (COUNT(*) AS ?n) { ?f a cg:Figure }"

    def count(**parameters):
        return client.get("/sparql", params={"query": query, "format": "csv", **parameters}).text.split()[1]

    assert count() == "2"
    assert count(**{"default-graph-uri": section}) == "1"
    assert count(**{"named-graph-uri": section}) == "0"
    unknown = client.get("/sparql", params={"query": query, "default-graph-uri": section + "3"})
    assert unknown.status_code == 400
    assert f"<{section}>" in unknown.json()["advice"]


def test_tags_let_a_client_keep_an_answer(sparql):
    first = sparql(CLUSTERS)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    assert first.headers["vary"] == "Accept, Accept-Encoding"
    assert first.headers["x-clustergraph-release"] == "d1"
    again = sparql(CLUSTERS, {"If-None-Match": f'"other", {tag.removeprefix("W/")}'})
    assert (again.status_code, again.content) == (304, b"")
    assert sparql(CLUSTERS, {"If-None-Match": tag}, format="csv").status_code == 200
    volatile = sparql("SELECT (NOW() AS ?now) {}")
    assert "etag" not in volatile.headers
    assert volatile.headers["cache-control"] == "no-store"


def test_methods_and_headers(client):
    head = client.head("/sparql", params={"query": CLUSTERS})
    assert (head.status_code, head.headers["etag"]) == (
        200,
        client.get("/sparql", params={"query": CLUSTERS}).headers["etag"],
    )
    options = client.options("/sparql")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert client.options("/").headers["allow"] == "GET, HEAD, OPTIONS"
    wrong = client.put("/sparql", content="x")
    assert wrong.status_code == 405
    assert wrong.json()["status"] == 405
    for response in (head, options, wrong, client.get("/nothing-here")):
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["content-security-policy"].startswith("default-src 'self'")
        assert response.headers["x-content-type-options"] == "nosniff"


def test_the_page_has_a_form_and_escapes_every_value(client):
    form = client.get("/sparql", headers=BROWSER)
    assert form.headers["content-type"] == "text/html; charset=utf-8"
    assert '<label for="query">' in form.text
    shown = client.get("/sparql", params={"query": "SELECT * { organisation:afil ?p ?o }"}, headers=BROWSER)
    assert shown.status_code == 200
    assert "AFIL &lt;b&gt;&amp;&#34;quoted&#34;&lt;/b&gt;" in shown.text
    assert "<b>" not in shown.text
    assert 'href="javascript' not in shown.text
    assert 'href="/ontology/Cluster"' in shown.text
    assert 'href="/describe?iri=http%3A%2F%2Fdata.europa.eu%2Fnuts%2Fcode%2FITC4"' in shown.text
    hostile = client.get("/sparql", params={"query": "</textarea><script>"}, headers=BROWSER)
    assert hostile.status_code == 400
    assert "<script>" not in hostile.text


def test_the_page_shows_graphs_truth_values_and_problems(client):
    def text(query):
        response = client.get("/sparql", params={"query": query, "format": "html"})
        return response.status_code, response.text

    assert "cg:Cluster" in text(GRAPH)[1]
    assert '<p class="verdict">Yes</p>' in text("ASK { ?s a cg:Cluster }")[1]
    assert '<p class="verdict">No</p>' in text("ASK { ?s a cg:Nothing }")[1]
    status, page = text("SELECT * { ?s skoss:x ?o }")
    assert status == 400
    assert "did you mean skos:?" in page
    status, page = text("SELECT * { ?s ?p ?o }")
    assert status == 413
    assert "format=csv" in page, "an answer that is too large for a page can still be taken away"


@pytest.mark.slow
def test_the_service_moves_to_a_new_release_and_back(tmp_path):
    write_release(tmp_path, "one")
    with TestClient(create_app(tmp_path, Settings())) as client:
        query = {"query": "SELECT ?c { ?c a cg:Cluster } ORDER BY ?c", "format": "csv"}
        first = client.get("/sparql", params=query)
        assert len(first.text.split()) == 3
        write_release(tmp_path, "two", "GRAPH graph:reference { organisation:new a cg:Cluster }")
        second = client.get("/sparql", params=query, headers={"If-None-Match": first.headers["etag"]})
        assert (second.status_code, second.headers["x-clustergraph-release"]) == (200, "two")
        assert len(second.text.split()) == 4
        point(tmp_path, "one")
        assert client.get("/sparql", params=query).text == first.text
        assert json.loads(client.get("/health").text)["release"] == "one"
        (tmp_path / "current").unlink()
        gone = client.get("/sparql", params=query)
        assert gone.status_code == 503
        assert "clustergraph build" in gone.json()["advice"]


def test_a_function_that_the_engine_does_not_have_is_named(sparql):
    response = sparql("SELECT (<http://functions.example/f>(1) AS ?x) {}")
    assert response.status_code == 400
    assert "http://functions.example/f" in response.json()["detail"]
    assert "limit" not in response.json()


def test_a_wrong_method_is_told_the_right_ones(client):
    assert client.get("/update").json()["advice"] == "use POST"


def test_a_string_that_is_not_closed_is_shown(sparql):
    problem = sparql('ASK {\n ?s ?p "open }').json()
    assert (problem["line"], problem["column"]) == (2, 8)
    assert problem["excerpt"] == ' ?s ?p "open }\n       ^'


PLACES = "SELECT ?thing ?in (2 AS ?n) { ?thing cg:region ?in }"


def test_an_answer_offers_the_views_that_its_columns_allow(sparql):
    page = sparql(PLACES, BROWSER).text
    for view in ("bar", "map", "network", "raw"):
        assert f"&view={view}#result" in html.unescape(page), view
    assert "view=line" not in page
    assert "view=" not in sparql("ASK {}", BROWSER).text


def test_numbers_stand_at_the_right_of_their_column(sparql):
    page = sparql(PLACES, BROWSER).text
    assert re.findall(r'<th scope="col" role="columnheader"([^>]*)>', page) == ["", "", ' class="number"']
    assert re.search(r'data-label="n" class="number"><span>', page)


@pytest.mark.parametrize(
    ("view", "holds"),
    [("bar", "<svg"), ("raw", '{"head":'), ("table", "<table"), ("pie", "<table"), ("map", "can be shown so")],
)
def test_an_answer_is_shown_as_its_address_says(sparql, view, holds):
    page = html.unescape(sparql(PLACES, BROWSER, view=view).text)
    assert holds in page.partition('id="result"')[2]


def test_the_picture_of_an_answer_is_a_file_too(sparql):
    drawn = sparql(PLACES, format="svg", view="network")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert drawn.text.startswith("<svg")
    assert "etag" in drawn.headers
    for query, view in ((PLACES, "pie"), (PLACES, "map"), ("ASK {}", "bar"), (GRAPH, "network")):
        refused = sparql(query, format="svg", view=view)
        assert refused.status_code == 400, query
        assert "cannot be drawn" in refused.json()["detail"]
