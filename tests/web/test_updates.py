"""Changes over HTTP: who may make them, by which methods, and what comes back."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from clustergraph.errors import OverLimitError
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.transaction import StoppedError
from clustergraph.pipeline.writes import Writer
from clustergraph.release.releases import Releases
from clustergraph.settings import SettingError, Settings
from clustergraph.terms import GRAPH, PREFIXES
from clustergraph.web.app import create_app
from clustergraph.web.authorisation import Token, Writing
from tests.served import SECRET, Served
from tests.small_project import make

AUTH = {"Authorization": f"Bearer {SECRET}"}
SUMMARY = GRAPH + "4m4iof/summary"
OTHER = GRAPH + "4m4iof/other"
AT_OTHER = f"/graph-store?graph={quote(OTHER)}"
TURTLE = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in ("cg", "organisation", "skos"))
DIRECT = {"Content-Type": "application/sparql-update"}


def insert(name: str, label: str = "X") -> str:
    return f'INSERT DATA {{ GRAPH m:summary {{ organisation:{name} a cg:Cluster ; skos:prefLabel "{label}"@en }} }}'


def turtle(name: str) -> str:
    return f'{TURTLE}organisation:{name} a cg:Cluster ; skos:prefLabel "{name}"@en .'


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    return Releases(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(make(tmp_path_factory.mktemp("project")))


@pytest.fixture(scope="module")
def client(project, releases):
    publish.publish(project, releases)
    settings = Settings(write_seconds=60, write_bytes=20_000, query_bytes=2_000)
    writing = Writing(Token(SECRET), Writer(project.root, releases.root, settings))
    with TestClient(create_app(releases.root, settings, writing)) as client:
        yield client


def knows(client, name):
    answer = client.get("/sparql", params={"query": f"ASK {{ GRAPH ?g {{ organisation:{name} ?p ?o }} }}"})
    return answer.json()["boolean"]


@pytest.mark.parametrize("address", ["/update", "/sparql"])
def test_an_update_by_form_and_directly(client, address):
    name = f"by{address[1:]}"
    form = client.post(address, data={"update": insert(f"{name}1")}, headers=AUTH)
    direct = client.post(address, content=insert(f"{name}2"), headers={**AUTH, **DIRECT})
    for answer in (form, direct):
        assert answer.status_code == 200
        assert answer.json()["outcome"] == "written"
        assert answer.json()["added"] == 2
        assert answer.headers["cache-control"] == "no-store"
    assert direct.json()["parent"] == form.json()["release"]
    assert direct.headers["x-clustergraph-release"] == direct.json()["release"]
    assert client.get("/sparql?query=ASK{}").headers["x-clustergraph-release"] == direct.json()["release"]
    assert knows(client, f"{name}1")
    assert knows(client, f"{name}2")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, ""),
        ({"Authorization": "Bearer wrong-wrong-wrong-wrong"}, "invalid_token"),
        ({"Authorization": f"Bearer {SECRET}x"}, "invalid_token"),
        ({"Authorization": f"Bearer {SECRET[:-1]}"}, "invalid_token"),
        ({"Authorization": f"Basic {SECRET}"}, "invalid_token"),
        ({"Authorization": SECRET}, "invalid_token"),
        ({"Authorization": "Bearer "}, "invalid_token"),
        ({"Authorization": "Bearer \xe9\xff"}, "invalid_token"),
        ({"Cookie": f"Authorization=Bearer {SECRET}"}, ""),
    ],
)
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", "/update"),
        ("POST", "/sparql"),
        ("PUT", AT_OTHER),
        ("POST", AT_OTHER),
        ("PATCH", AT_OTHER),
        ("DELETE", AT_OTHER),
        ("PUT", "/graph/4m4iof/other"),
        ("DELETE", "/graph/4m4iof/summary"),
    ],
)
def test_only_who_has_the_token_may_change_anything(client, releases, method, address, headers, reason):
    before = releases.current()
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    content = insert("nobody") if address in ("/update", "/sparql") else turtle("nobody")
    answer = client.request(method, address, content=content, headers={**encoded, **DIRECT})
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer ")
    assert ("invalid_token" in challenge) == bool(reason)
    assert SECRET not in answer.text
    assert releases.current() == before


@pytest.mark.parametrize("name", ["token", "access_token", "Authorization"])
def test_a_token_in_an_address_is_refused(client, name):
    answer = client.post(f"/update?{name}={SECRET}", data={"update": insert("nobody")}, headers=AUTH)
    assert answer.status_code == 400
    assert "never" in answer.json()["detail"]
    assert SECRET not in answer.text


def test_two_authorizations_are_refused(client):
    headers = [("Authorization", AUTH["Authorization"]), ("Authorization", "Bearer other-other-other")]
    assert client.post("/update", data={"update": insert("nobody")}, headers=headers).status_code == 401


def test_pages_of_other_sites_cannot_send_a_token(client):
    answer = client.options("/update", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
    assert answer.headers["allow"] == "OPTIONS, POST"
    assert "authorization" not in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


def test_a_service_without_a_token_is_read_only(client, releases):
    with TestClient(create_app(releases.root, Settings())) as reader:
        for method, address in (("POST", "/update"), ("POST", "/sparql"), ("PUT", AT_OTHER), ("DELETE", AT_OTHER)):
            answer = reader.request(method, address, content=insert("nobody"), headers={**AUTH, **DIRECT})
            assert answer.status_code == 403
            assert "read-only" in answer.json()["detail"]


@pytest.mark.parametrize(("path", "own"), [("/update", "sparql-update"), ("/sparql", "sparql-query")])
def test_a_form_in_parts_is_told_as_what_to_send_it(client, path, own):
    answer = client.post(path, headers=AUTH, files={"update": ("a.ru", "CLEAR ALL")})
    assert answer.status_code == 415
    assert answer.json()["advice"] == f"send it as application/{own} or application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"data": {"update": ["CLEAR SILENT GRAPH <u:a>", "CLEAR SILENT GRAPH <u:b>"]}}, 400),
        ({"data": {"update": "CLEAR GRAPH <u:a>", "query": "ASK {}"}}, 400),
        ({"data": {"query": "ASK {}"}}, 400),
        ({"data": {}}, 415),
        ({"content": "nonsense", "headers": DIRECT}, 400),
        ({"content": b"\xff\xfe", "headers": DIRECT}, 400),
        ({"content": insert("a"), "headers": {"Content-Type": "text/plain"}}, 415),
        ({"content": "#" * 30_000, "headers": DIRECT}, 413),
        ({"data": {"update": "#" * 30_000}}, 413),
        ({"content": "LOAD <http://127.0.0.1:1/>", "headers": DIRECT}, 403),
        ({"content": "CLEAR ALL", "headers": DIRECT}, 422),
        ({"content": insert("a"), "headers": {**DIRECT, "If-Match": '"0"'}}, 412),
        ({"content": insert("a"), "headers": DIRECT, "params": {"using-graph-uri": "no iri"}}, 400),
        ({"content": insert("a"), "headers": DIRECT, "params": {"default-graph-uri": "u:a"}}, 400),
    ],
)
def test_what_is_wrong_with_an_update_has_its_status(client, releases, arguments, status):
    before = releases.current()
    headers = {**AUTH, **arguments.get("headers", {})}
    answer = client.post("/update", **{**arguments, "headers": headers})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert releases.current() == before


def test_an_update_cannot_be_sent_by_get(client):
    assert client.get("/update", params={"update": insert("a")}, headers=AUTH).status_code == 405
    assert client.get("/sparql", params={"update": insert("a")}, headers=AUTH).status_code == 400


def test_a_violation_gives_the_report(client, releases):
    before = releases.current()
    text = "INSERT DATA { GRAPH m:summary { organisation:bad a cg:Cluster } }"
    answer = client.post("/update", data={"update": text}, headers=AUTH)
    assert answer.status_code == 422
    (finding,) = answer.json()["findings"]
    assert finding["message"] == "Give it one label."
    assert finding["focus"]["term"] == PREFIXES["organisation"] + "bad"
    assert "Give it one label." in answer.json()["detail"]
    plain = client.post("/update", data={"update": text}, headers={**AUTH, "Accept": "text/plain"})
    assert plain.headers["content-type"].startswith("text/plain")
    assert "Give it one label." in plain.text
    assert releases.current() == before


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("cg:a cg:b\n", "/shapes/organisation.ttl:2:1: Unexpected end"),
        ("cg:S a sh:NodeShape ; sh:targetClass cg:Cluster ; sh:path 5 .\n", "the shapes are not well formed: "),
    ],
)
def test_what_is_wrong_with_the_project_is_told_to_who_writes(client, project, broken, told):
    shapes = project.root / "shapes" / "organisation.ttl"
    sound = shapes.read_text("utf-8")
    shapes.write_text("".join(f"@prefix {name}: <{PREFIXES[name]}> . " for name in ("cg", "sh")) + broken, "utf-8")
    try:
        answer = client.post("/update", data={"update": insert("unlucky")}, headers=AUTH)
    finally:
        shapes.write_text(sound, "utf-8")
    assert answer.status_code == 500
    assert told in answer.json()["detail"]


def test_the_dataset_of_the_protocol(client):
    pattern = 'INSERT { GRAPH m:summary { ?o skos:altLabel "seen" } } WHERE { ?o a cg:Cluster }'
    for parameters in ({"using-graph-uri": "u:none"}, {"using-named-graph-uri": SUMMARY}):
        assert client.post("/update", data={"update": pattern, **parameters}, headers=AUTH).json()["added"] == 0
    for arguments in ({"data": {"update": pattern, "using-graph-uri": SUMMARY}},
                      {"content": pattern.replace("seen", "again"), "params": {"using-graph-uri": SUMMARY},
                       "headers": DIRECT}):  # fmt: skip
        answer = client.post("/update", **{**arguments, "headers": {**AUTH, **arguments.get("headers", {})}})
        assert answer.json()["added"] > 0


def test_the_graph_store_writes(client):
    headers = {**AUTH, "Content-Type": "text/turtle; charset=utf-8"}
    made = client.put(AT_OTHER, content=turtle("gs1"), headers=headers)
    assert (made.status_code, made.json()["added"]) == (201, 2)
    read = client.get(AT_OTHER, headers={"Accept": "application/n-triples"})
    assert read.text.count("\n") == 2
    assert client.put(AT_OTHER, content=turtle("gs2"), headers=headers).status_code == 200
    assert not knows(client, "gs1")
    assert client.post(AT_OTHER, content=turtle("gs3"), headers=headers).status_code == 200
    assert knows(client, "gs2")
    assert knows(client, "gs3")
    patch = "DELETE WHERE { organisation:gs2 ?p ?o }"
    assert client.patch(AT_OTHER, content=patch, headers={**AUTH, **DIRECT}).json()["removed"] == 2
    assert not knows(client, "gs2")
    assert client.delete(AT_OTHER, headers=AUTH).status_code == 200
    assert client.get(AT_OTHER).status_code == 404
    assert client.delete(AT_OTHER, headers=AUTH).status_code == 404


def test_iris_of_an_update_are_relative_to_the_address_it_is_sent_to(client):
    update = 'INSERT DATA { GRAPH m:summary { <rel> a cg:Cluster ; skos:prefLabel "R"@en } }'
    assert client.post("/sparql", data={"update": update}, headers=AUTH).status_code == 200
    assert client.get("/sparql", params={"query": "ASK { <http://127.0.0.1:8123/rel> a cg:Cluster }"}).json()["boolean"]
    assert client.get("/sparql", params={"query": "ASK { <rel> a cg:Cluster }"}).json()["boolean"]


@pytest.mark.parametrize("sent", [b"update=%ff", b"update=\xff", b"update=CLEAR%20ALL&using-graph-uri=%e9"])
@pytest.mark.parametrize("address", ["/update", "/sparql"])
def test_a_form_that_is_not_utf8_is_refused(client, address, sent):
    headers = {**AUTH, "Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(address, content=sent, headers=headers)
    assert (answer.status_code, "UTF-8" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    ("media_type", "text"),
    [
        ("text/turtle", "<a> <b> " + "[ <b> " * 100_000 + "1" + "]" * 100_000 + " ."),
        ("application/ld+json", '{"http://b.example/":' * 100_000 + "1" + "}" * 100_000),
        (
            "application/rdf+xml",
            '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:b="http://b.example/">'
            + "<b:a><b:b>" * 20_000 + "</b:b></b:a>" * 20_000 + "</r:RDF>",
        ),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_a_graph_that_is_nested_deeply_is_refused(releases, project, client, method, media_type, text):
    settings = Settings(write_memory_mb=1024, write_seconds=60)
    writing = Writing(Token(SECRET), Writer(project.root, releases.root, settings))
    with TestClient(create_app(releases.root, settings, writing)) as other:
        answer = other.request(method, AT_OTHER, content=text, headers={**AUTH, "Content-Type": media_type})
    assert answer.status_code == 400
    assert "nested" in answer.json()["detail"]


def test_a_graph_is_written_at_its_own_address(client):
    address = "/graph/4m4iof/here"
    headers = {**AUTH, "Content-Type": "application/n-triples"}
    line = f'<{PREFIXES["organisation"]}here> <{PREFIXES["skos"]}altLabel> "here" .\n'
    assert client.put(address, content=line, headers=headers).status_code == 201
    assert client.get(f"/graph-store?graph={GRAPH}4m4iof/here").status_code == 200
    assert client.delete(address, headers=AUTH).status_code == 200


def test_a_graph_without_a_name_gets_one(client):
    made = client.post("/graph-store", content=turtle("unnamed"), headers={**AUTH, "Content-Type": "text/turtle"})
    assert made.status_code == 201
    assert made.headers["location"].startswith("/graph/written/")
    assert client.delete(made.headers["location"], headers=AUTH).status_code == 200


@pytest.mark.parametrize(
    ("method", "address", "headers", "content", "status"),
    [
        ("PUT", "/graph-store?default", {"Content-Type": "text/turtle"}, "", 422),
        ("PUT", "/graph-store", {"Content-Type": "text/turtle"}, "", 400),
        ("DELETE", "/graph-store?default", {}, "", 422),
        ("DELETE", f"/graph-store?graph={GRAPH}inferred", {}, "", 422),
        ("PUT", AT_OTHER, {"Content-Type": "text/csv"}, "a,b", 415),
        ("PUT", AT_OTHER, {}, turtle("a"), 415),
        ("PUT", AT_OTHER, {"Content-Type": "text/turtle; charset=latin-1"}, turtle("a"), 415),
        ("PATCH", AT_OTHER, {"Content-Type": "text/turtle"}, turtle("a"), 415),
        ("PUT", AT_OTHER, {"Content-Type": "text/turtle"}, "nonsense", 400),
        ("PUT", AT_OTHER, {"Content-Type": "text/turtle"}, "#" * 30_000, 413),
        ("PUT", AT_OTHER, {"Content-Type": "text/turtle"}, f"{TURTLE}organisation:z a cg:Cluster .", 422),
        ("PUT", "/graph-store?graph=no%20iri", {"Content-Type": "text/turtle"}, turtle("a"), 400),
        ("PUT", "/graph-store?graph=relative", {"Content-Type": "text/turtle"}, turtle("a"), 400),
        ("PUT", "/graph-store?graph=u:x", {"Content-Type": "text/turtle", "If-Match": "*"}, turtle("a"), 412),
    ],
)
def test_what_is_wrong_with_a_graph_has_its_status(client, releases, method, address, headers, content, status):
    before = releases.current()
    answer = client.request(method, address, content=content, headers={**AUTH, **headers})
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert releases.current() == before


def test_a_change_of_what_was_read_is_refused_if_it_has_changed_meanwhile(client):
    headers = {**AUTH, "Content-Type": "text/turtle"}
    address = f"/graph-store?graph={GRAPH}4m4iof/etag"
    client.put(address, content=turtle("etag1"), headers=headers)
    seen = client.get(address, headers={"Accept": "text/turtle"}).headers["etag"]
    assert client.put(address, content=turtle("etag2"), headers={**headers, "If-None-Match": "*"}).status_code == 412
    assert client.put(address, content=turtle("etag2"), headers={**headers, "If-Match": seen}).status_code == 200
    refused = client.put(address, content=turtle("etag3"), headers={**headers, "If-Match": seen})
    assert refused.status_code == 412
    assert not knows(client, "etag3")
    assert client.delete(address, headers={**AUTH, "If-Match": "*"}).status_code == 200


@pytest.mark.slow
def test_changes_of_many_clients_at_once_are_all_made(client):
    names = [f"many{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: client.post("/update", data={"update": insert(n)}, headers=AUTH), names))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.json()["release"] for answer in answers}) == 8
    assert all(knows(client, name) for name in names)


def test_readers_do_not_wait_for_a_writer(client, releases):
    answers = []
    with releases.lock():
        asking = {"data": {"update": insert("patient")}, "headers": AUTH}
        writing = threading.Thread(target=lambda: answers.append(client.post("/update", **asking)))
        writing.start()
        assert [knows(client, name) for name in ("afil", "patient")] == [True, False]
        assert writing.is_alive()
    writing.join()
    assert answers[0].status_code == 200
    assert knows(client, "patient")


@pytest.mark.parametrize("secret", ["", "short", "has a space in it ok", "ünïcödé-ünïcödé-ünïcödé"])
def test_a_weak_token_is_refused_at_the_start(secret):
    with pytest.raises(SettingError):
        Token(secret)


def test_a_token_comes_from_the_environment_or_a_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n")
    for environment in ({"CLUSTERGRAPH_TOKEN": SECRET}, {"CLUSTERGRAPH_TOKEN_FILE": str(path)}):
        token = Token.from_environment(environment)
        assert token is not None
        assert token.fits(SECRET)
        assert SECRET not in str(vars(token))
    for environment in (
        {"CLUSTERGRAPH_TOKEN": SECRET, "CLUSTERGRAPH_TOKEN_FILE": str(path)},
        {"CLUSTERGRAPH_TOKEN_FILE": str(tmp_path / "none")},
    ):
        with pytest.raises(SettingError):
            Token.from_environment(environment)


@pytest.mark.parametrize("error", [OverLimitError, StoppedError])
def test_a_write_that_ran_over_its_time_says_when_to_try_again(client, monkeypatch, error):
    async def late(*_):
        raise error("too late", limit="write_seconds", value=60.0)

    monkeypatch.setattr(Writer, "make", late)
    answer = client.post("/update", content=insert("late"), headers={**AUTH, **DIRECT})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["limit"] == {"name": "write_seconds", "value": 60.0}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with Served.start(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.mark.slow
def test_rdflib_writes_and_reads_what_it_has_written(served):
    from rdflib import Literal, URIRef
    from rdflib.namespace import RDF, SKOS
    from rdflib.plugins.stores.sparqlstore import SPARQLUpdateStore

    store = SPARQLUpdateStore(
        f"{served.url}/sparql", f"{served.url}/update", headers=AUTH, autocommit=False, context_aware=True
    )
    from rdflib import Graph

    graph = Graph(store, identifier=URIRef(SUMMARY))
    node = URIRef(PREFIXES["organisation"] + "rdflib")
    graph.add((node, RDF.type, URIRef(PREFIXES["cg"] + "Cluster")))
    graph.add((node, SKOS.prefLabel, Literal("rdflib", lang="en")))
    store.commit()
    assert (node, SKOS.prefLabel, Literal("rdflib", lang="en")) in graph
    graph.remove((node, None, None))
    store.commit()
    assert (node, None, None) not in graph


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_writes_as_the_documentation_says(served, tmp_path):
    page = (Path(__file__).parents[2] / "docs/writes.md").read_text()
    (tmp_path / "note.ttl").write_text(turtle("curl"))
    blocks = [block for block in page.split("```sh\n")[1:] if "curl " in block]
    assert len(blocks) >= 3
    for block in blocks:
        command = block.partition("```")[0].replace("http://127.0.0.1:8123", served.url).replace("curl ", "curl -sSf ")
        environment = {"TOKEN": SECRET, "PATH": "/usr/bin:/bin:/usr/local/bin"}
        done = subprocess.run(
            ["sh", "-e", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["outcome"] == "written"
