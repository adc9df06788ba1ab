"""How answers go out: with tags that are known before them, compressed, kept for ever, and as XML that can be read."""

from __future__ import annotations

import gzip
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from clustergraph.rdf.xml import not_xml
from clustergraph.release.artefacts import Made
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.small_release import write_release

CONTROL = """GRAPH graph:reference { organisation:odd a cg:Cluster ; skos:prefLabel "a\\u0001b" . }"""
ODD = "SELECT ?l { <https://w3id.org/clustergraph/id/organisation/odd> skos:prefLabel ?l }"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root, extra=CONTROL)
    with TestClient(create_app(root, Settings())) as client:
        yield client


def test_an_answer_that_xml_cannot_hold_is_an_error_as_xml_and_whole_in_other_formats(client):
    for path in (
        f"/sparql?format=xml&query={quote(ODD)}",
        f"/sparql?format=rdfxml&query={quote('CONSTRUCT WHERE { ?s skos:prefLabel ?l }')}",
        "/id/organisation/odd.rdf",
        f"/graph-store?format=rdfxml&graph={quote('https://w3id.org/clustergraph/graph/reference')}",
    ):
        answer = client.get(path, headers={"Accept": "application/json"})
        assert answer.status_code == 406
        assert answer.json()["detail"] == "the answer holds the character U+0001, which XML cannot hold"
    assert (
        client.get("/sparql", params={"query": ODD, "format": "json"}).json()["results"]["bindings"][0]["l"]["value"]
        == "a\x01b"
    )


@pytest.mark.parametrize("predicate", ["http://x/a/", "http://x/#1", "urn:1"])
def test_a_predicate_that_rdf_xml_cannot_hold_is_named(client, predicate):
    query = f"CONSTRUCT {{ <urn:a> <{predicate}> 1 }} {{}}"
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": "application/rdf+xml"})
    assert answer.status_code == 406
    assert f"<{predicate}> is used as a predicate" in answer.json()["detail"]
    assert "Turtle" in answer.json()["advice"]
    assert client.get("/sparql", params={"query": query, "format": "turtle"}).status_code == 200


def test_a_description_that_xml_cannot_hold_is_an_error_as_xml_alone(tmp_path):
    path = Made.of(write_release(tmp_path)).description("rdfxml")
    path.write_bytes(path.read_bytes().replace(b"</rdf:RDF>", b"<!-- \x01 --></rdf:RDF>"))
    with TestClient(create_app(tmp_path, Settings())) as client:
        assert client.get("/dataset?format=rdfxml").status_code == 406
        assert client.get("/dataset?format=turtle").status_code == 200


PATHS = [
    "/", "/sparql", "/sparql?query=ASK%20%7B%7D", "/sparql?query=ASK%20%7B%7D&format=html", "/graph-store?default",
    "/openapi.json", "/questions", "/questions.json", "/conflicts", "/conflicts.json", "/search.json?q=a", "/validate",
    "/id/organisation/afil", "/id/organisation/afil.ttl", "/describe?iri=http://data.europa.eu/nuts/code/FRK",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_what_a_client_has_is_not_made_again(client, path, monkeypatch):
    for takes in ("gzip", "identity"):
        headers = {"Accept-Encoding": takes, **({"Accept": "text/html"} if path == "/sparql" else {})}
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200
        with monkeypatch.context() as patch:
            for place in ("Service.fetch", "Service.run"):
                name = f"clustergraph.web.service.{place}"
                patch.setattr(name, lambda *_, **__: pytest.fail("it is made"), raising=False)
            patch.setattr("clustergraph.web.pages.page", lambda *_, **__: pytest.fail("it is made"))
            again = client.get(path, headers={**headers, "If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
        assert again.headers["x-clustergraph-release"] == "d1"


def test_any_tag_is_the_tag_of_what_there_is(client):
    assert client.get("/graph-store?default", headers={"If-None-Match": "*"}).status_code == 304
    assert client.get("/graph-store?graph=urn:nothing", headers={"If-None-Match": "*"}).status_code == 404


@pytest.mark.parametrize("path", ["/questions.json", "/conflicts", "/id/organisation/afil.ttl", "/graph-store?default"])
def test_an_address_that_names_its_release_may_be_kept_for_ever(client, path):
    mark = "&" if "?" in path else "?"
    named = client.get(f"{path}{mark}release=d1")
    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert named.headers["x-clustergraph-release"] == "d1"
    assert client.get(path).headers["cache-control"] == "no-cache"
    unknown = client.get(f"{path}{mark}release=nothing")
    assert (unknown.status_code, unknown.headers["cache-control"]) == (404, "no-store")


def test_a_control_character_in_a_page_is_shown_as_its_picture(client):
    page = client.get("/id/organisation/odd", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "a\u2401b" in page.text
    assert not_xml(page.content) == ""


@pytest.mark.parametrize(
    ("path", "detail", "advice"),
    [
        ("/questions/x?limit=0", "limit is '0'", "give a number from 1 to 10,000"),
        ("/questions/x?limit=many", "limit is 'many'", "give a number from 1 to 10,000"),
        ("/questions/x?offset=-1", "offset is '-1'", "give a number from 0 to 1,000,000,000"),
        ("/questions/x?evidence=maybe", "evidence is 'maybe'", "give true or false"),
        ("/search?q=%ff", "the address is not UTF-8", "encode it in UTF-8"),
    ],
)
def test_a_parameter_that_does_not_fit_is_told_in_our_words(client, path, detail, advice):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert (answer.json()["detail"], answer.json()["advice"]) == (detail, advice)


def test_openapi_is_true_of_every_route(client):
    document = client.get("/openapi.json").json()
    assert document["servers"] == [{"url": "http://127.0.0.1:8123"}]
    for path, methods in document["paths"].items():
        answer = client.options(path)
        assert {method.upper() for method in methods} <= set(answer.headers["allow"].split(", ")), path
        if "get" in methods:
            assert client.get(path, headers={"Accept": "*/*"}).status_code in (200, 400, 404, 503), path
        for operation in methods.values():
            assert "422" not in operation["responses"]
            assert all(each["in"] == "query" for each in operation.get("parameters", ()))
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(set(ids)) == len(ids)
    assert {"q", "format", "release"} == {each["name"] for each in document["paths"]["/search"]["get"]["parameters"]}


@pytest.mark.slow
def test_no_header_has_a_say_in_the_address_of_the_service(tmp_path):
    write_release(tmp_path)
    headers = {
        "Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher",
        "Forwarded": "host=evil.example;proto=gopher",
    }  # fmt: skip
    for setting, address in (("", "http://127.0.0.1:80"), ("https://c.example/", "https://c.example")):
        app = create_app(tmp_path, Settings(base_url=setting), address="http://127.0.0.1:80")
        with TestClient(app) as client:
            for path in ("/", "/sparql", "/openapi.json", "/download?format=json", "/dataset", "/validate"):
                answer = client.get(path, headers=headers)
                told = answer.text + str(answer.headers)
                assert "evil" not in told
                assert "gopher" not in told
                assert address in told or path not in ("/sparql", "/openapi.json")


@pytest.mark.parametrize("path", ["/", "/sparql", "/update", "/graph-store", "/graph/x", "/validate", "/static/a"])
def test_the_methods_of_an_address_are_the_same_however_one_learns_them(client, path):
    told = set(client.options(path).headers["allow"].split(", ")) - {"OPTIONS"}
    for method in {"GET", "PUT", "POST", "DELETE", "PATCH"} - told:
        answer = client.request(method, path)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == told


def test_head_is_get_without_a_body(client):
    for path in ("/", "/graph-store?default", "/sparql?query=ASK%20%7B%7D", "/static/style.css", "/nowhere"):
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        named = [{k: v for k, v in each.headers.items() if k != "x-request-id"} for each in (whole, head)]
        assert named[0] == named[1]


def test_a_small_answer_is_not_compressed_and_a_large_one_is(client):
    small = client.get("/sparql", params={"query": "ASK {}"})
    assert "content-encoding" not in small.headers
    with client.stream("GET", "/graph-store?default", headers={"Accept-Encoding": "gzip"}) as large:
        packed = b"".join(large.iter_raw())
    assert large.headers["content-encoding"] == "gzip"
    plain = client.get("/graph-store?default", headers={"Accept-Encoding": "identity"})
    assert gzip.decompress(packed) == plain.content
