"""Queries and updates that ask other hosts: only those of a list, and only for so long and so much."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from pyoxigraph import Quad, QueryResultsFormat, RdfFormat, Store, parse
from starlette.testclient import TestClient

from clustergraph.engine.fetches import filled
from clustergraph.errors import OverLimitError, RefusedQueryError
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.writes import Writer
from clustergraph.release.releases import Releases
from clustergraph.settings import SettingError, Settings
from clustergraph.sparql.federation import Allowed, Asking, Calls, HostError
from clustergraph.sparql.tokens import QuerySyntaxError
from clustergraph.terms import PREFIXES
from clustergraph.web.app import create_app
from clustergraph.web.authorisation import Token, Writing
from tests.served import SECRET
from tests.small_project import make

DATA = "<urn:x:a> <urn:x:name> 'A' . <urn:x:b> <urn:x:name> 'B\"\\n}'@en . <urn:x:c> <urn:x:knows> [] ."
TURTLE = (
    "@prefix cg: <https://w3id.org/clustergraph/ontology/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> . "
    '<https://w3id.org/clustergraph/id/organisation/loaded> a cg:Cluster ; skos:prefLabel "Loaded"@en .'
)
AUTH = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/sparql-update"}


class Handler(BaseHTTPRequestHandler):
    """Another endpoint, and some addresses that misbehave."""

    store: Store
    elsewhere = ""

    def log_message(self, *_):
        pass

    def send(self, content, media_type, status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        direct = self.headers["Content-Type"] == "application/sparql-query"
        query = sent if direct else parse_qs(sent)["query"][0]
        match urlsplit(self.path).path:
            case "/sparql":
                self.server.asked.append(query)
                results = self.store.query(query)
                self.send(results.serialize(format=QueryResultsFormat.JSON), "application/sparql-results+json")
            case "/text":
                self.send(b"hello", "text/plain")
            case "/lies":
                self.send(b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":', "application/sparql-results+json")
            case _:
                self.do_GET()

    def do_GET(self):
        match urlsplit(self.path).path:
            case "/data":
                self.send(TURTLE.encode(), "text/turtle")
            case "/bad":
                self.send(b"<a> <b>", "text/turtle")
            case "/onward":
                self.send(b"", "text/plain", 302, Location="/data")
            case "/away":
                self.send(b"", "text/plain", 302, Location=f"{self.elsewhere}/data")
            case "/circle":
                self.send(b"", "text/plain", 302, Location="/circle")
            case "/large":
                self.send(b"#" * 500_000, "text/turtle")
            case "/endless":
                self.send_response(200)
                self.send_header("Content-Type", "text/turtle")
                self.end_headers()
                while not self.server.over.is_set():
                    try:
                        self.wfile.write(b"#")
                    except OSError:
                        return
                    time.sleep(0.02)
            case _:
                self.send(b"no", "text/plain", 404)


@contextmanager
def running(elsewhere=""):
    store = Store()
    store.extend(Quad(q.subject, q.predicate, q.object) for q in parse(DATA, format=RdfFormat.TURTLE))
    handler = type("Configured", (Handler,), {"store": store, "elsewhere": elsewhere})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.asked, server.over = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


def at(server):
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def hosts():
    """Return a host that is on the list, and one that is not."""
    with running() as unlisted, running(at(unlisted)) as listed:
        yield listed, unlisted


def asking(server, seconds=20.0, most_bytes=10_000):
    allowed = Allowed.of(f"127.0.0.1:{server.server_port}")
    return Asking(allowed, time.monotonic() + seconds, seconds, most_bytes)


@pytest.mark.parametrize(
    ("listed", "iri"),
    [
        ("a.example", "http://a.example/x"),
        ("a.example", "https://A.example:443/x?y"),
        ("a.example:8080", "http://a.example:8080/"),
        ("b.example, [::1]:81", "http://[::1]:81/"),
    ],
)
def test_a_host_on_the_list_may_be_asked(listed, iri):
    assert Allowed.of(listed).address(iri)


@pytest.mark.parametrize(
    ("listed", "iri"),
    [
        ("", "http://a.example/"),
        ("a.example", "http://b.example/"),
        ("a.example", "http://a.example:8080/"),
        ("a.example", "https://a.example:80/"),
        ("a.example:8080", "http://a.example/"),
        ("a.example", "http://a.example.b.example/"),
        ("a.example", "http://b.a.example/"),
        ("a.example", "http://a.example@b.example/"),
        ("a.example", "http://b@a.example/"),
        ("a.example", "http://a.example:x/"),
        ("a.example", "http://a.example:99999/"),
        ("a.example", "ftp://a.example/"),
        ("a.example", "file:///etc/hostname"),
        ("a.example", "urn:a.example"),
        ("a.example", "//a.example/"),
        ("a.example", ""),
    ],
)
def test_any_other_is_refused(listed, iri):
    with pytest.raises(RefusedQueryError, match="may ask"):
        Allowed.of(listed).address(iri)


@pytest.mark.parametrize("listed", ["http://a.example", "a.example/x", "a@b", "a:x", "a b,:80", "[::1"])
def test_a_list_that_is_none_is_an_error_at_the_start(listed):
    with pytest.raises(SettingError):
        Allowed.of(listed)


def test_a_redirect_is_followed_on_the_list_only(hosts):
    listed, _ = hosts
    assert asking(listed).fetch(f"{at(listed)}/onward", "*/*").content == TURTLE.encode()
    with pytest.raises(RefusedQueryError, match="may ask"):
        asking(listed).fetch(f"{at(listed)}/away", "*/*")
    with pytest.raises(RefusedQueryError, match="may ask"):
        asking(listed).fetch(f"{at(listed)}/away", "*/*", b"query=x")
    with pytest.raises(HostError, match="leads from"):
        asking(listed).fetch(f"{at(listed)}/circle", "*/*")


def test_what_is_too_large_or_too_slow_is_cut_off(hosts):
    listed, _ = hosts
    with pytest.raises(OverLimitError, match="10,000 bytes"):
        asking(listed).fetch(f"{at(listed)}/large", "*/*")
    with pytest.raises(OverLimitError, match=r"0\.3 seconds"):
        asking(listed, seconds=0.3).fetch(f"{at(listed)}/endless", "*/*")


QUERIES = [
    "SELECT * { SERVICE <%s/sparql> { ?s <urn:x:name> ?n } }",
    "SELECT ?s { VALUES ?s { <urn:x:b> } SERVICE <%s/sparql> { ?s <urn:x:name> ?n } }",
    "PREFIX x: <urn:x:> SELECT ?n { SERVICE <%s/sparql> { x:a x:name ?n } }",
    "BASE <urn:x:> PREFIX h: <%s/> SELECT * { SERVICE h:sparql { ?s <urn:x:name> ?n FILTER(?n = 'A') } }",
    "SELECT * { SERVICE <%s/sparql> { ?s <urn:x:nothing> ?n } }",
    "ASK { SERVICE <%s/sparql> { <urn:x:a> <urn:x:name> 'A' } }",
    "ASK { FILTER EXISTS { SERVICE <%s/sparql> { ?s <urn:x:name> 'Z' } } }",
    "SELECT ?n { { SERVICE <%s/sparql> { ?s <urn:x:name> ?n # }\n } } UNION { BIND('}' AS ?n) } }",
    "SELECT * { OPTIONAL { SERVICE <%s/sparql> { SELECT (COUNT(*) AS ?c) { ?s ?p ?o } } } }",
    "SELECT * { SERVICE <%s/sparql> { { ?s <urn:x:name> ?n } UNION { ?s <urn:x:knows> ?_ FILTER(!BOUND(?_)) } } }",
]


@pytest.mark.parametrize("query", QUERIES)
def test_the_answer_is_that_of_an_engine_that_asks_by_itself(hosts, query):
    listed, _ = hosts
    text = query % at(listed)
    filled = Calls.of(text).filled(asking(listed))
    assert "SERVICE" not in filled
    ours, theirs = json.loads(table(filled)), by_itself(text)
    assert ours.get("boolean") == theirs.get("boolean")
    assert sorted(ours["head"].get("vars", [])) == sorted(theirs["head"].get("vars", []))
    assert rows(ours) == rows(theirs)


def table(query):
    return Store().query(query).serialize(format=QueryResultsFormat.JSON)


BY_ITSELF = """
import sys
from pyoxigraph import QueryResultsFormat, Store
results = Store().query(sys.stdin.read())
sys.stdout.buffer.write(results.serialize(format=QueryResultsFormat.JSON))
"""


def by_itself(query):
    """Return what the engine says that asks the other host by itself; it lets no thread of its process answer."""
    done = subprocess.run([sys.executable, "-c", BY_ITSELF], input=query.encode(), capture_output=True, check=True)
    return json.loads(done.stdout)


def rows(answer):
    return sorted(repr(sorted(row.items())) for row in answer.get("results", {}).get("bindings", []))


@pytest.mark.parametrize("path", ["text", "lies", "nothing"])
def test_a_host_that_answers_wrongly_is_an_error_unless_silent(hosts, path):
    listed, _ = hosts
    text = f"SELECT * {{ SERVICE SILENT <{at(listed)}/{path}> {{ ?s <urn:x:name> ?n }} }}"
    with pytest.raises(HostError):
        Calls.of(text.replace(" SILENT", "")).filled(asking(listed))
    results = Store().query(Calls.of(text).filled(asking(listed)))
    assert sorted(variable.value for variable in results.variables) == ["n", "s"]
    assert [[row["s"], row["n"]] for row in results] == [[None, None]]


def test_blank_nodes_of_another_host_have_no_name_here(hosts):
    listed, _ = hosts
    with pytest.raises(HostError, match="blank node"):
        Calls.of(f"SELECT * {{ SERVICE <{at(listed)}/sparql> {{ ?s <urn:x:knows> ?o }} }}").filled(asking(listed))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE ?g { ?s ?p ?o } }",
        "SELECT * { SERVICE SILENT ?g { ?s ?p ?o } }",
        "SELECT * { SERVICE <http://a.example/> }",
        "LOAD <http://a.example/>",
        "LOAD <http://a.example/> INTO GRAPH ?g",
    ],
)
def test_a_clause_that_is_not_plain_is_refused(text):
    with pytest.raises((RefusedQueryError, QuerySyntaxError)):
        Calls.of(text)


def test_the_pattern_is_sent_with_whole_iris():
    [clause] = Calls.of('ASK { SERVICE <http://a.example/> { ?s a cg:Cluster ; ?p "5"^^xsd:byte } }').found
    byte = "http://www.w3.org/2001/XMLSchema#byte"
    assert clause.pattern == f' ?s a <https://w3id.org/clustergraph/ontology/Cluster> ; ?p "5"^^<{byte}> '


def test_no_more_than_so_many_hosts_are_asked():
    with pytest.raises(OverLimitError):
        Calls.of("ASK {" + "SERVICE <http://a.example/> { ?s ?p ?o }" * 9 + "}")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE SILENT <http://a.example/> { ?s ?p ?o } ?x ?y ?z }",
        "ASK { SERVICE <http://a.example/> { SERVICE <http://b.example/> { ?s ?p ?o } } }",
        "ASK { ?s ?p ?g SERVICE <http://a.example/> { SERVICE ?g { ?s ?p ?o } } }",
        "LOAD SILENT <http://a.example/> INTO GRAPH <g:a> ; INSERT DATA { <s:a> <p:a> 1 }",
    ],
)
def test_what_is_checked_first_is_as_long_and_asks_nobody_itself(text):
    blank = Calls.of(text).blank()
    assert len(blank) == len(text)
    assert "LOAD" not in blank
    assert blank.count("SERVICE") == max(0, text.count("SERVICE") - 1)


def test_a_query_is_read_before_anybody_is_asked(hosts):
    listed, _ = hosts
    asked = len(listed.asked)
    text = f"SELECT * {{ SERVICE <{at(listed)}/sparql> {{ ?s ?p ?o }} ?a ?b }}"
    with pytest.raises(QuerySyntaxError):
        filled(text, False, f"127.0.0.1:{listed.server_port}", 20, 10_000)
    assert len(listed.asked) == asked


@pytest.fixture(scope="module")
def client(tmp_path_factory, hosts):
    project, releases = Project(make(tmp_path_factory.mktemp("project"))), Releases(tmp_path_factory.mktemp("releases"))
    publish.publish(project, releases)
    settings = Settings(
        allowed_hosts=f"127.0.0.1:{hosts[0].server_port}", fetch_bytes=10_000, fetch_seconds=20, write_seconds=60
    )
    writing = Writing(Token(SECRET), Writer(project.root, releases.root, settings))
    with TestClient(create_app(releases.root, settings, writing)) as client:
        yield client


def ask(client, query, **headers):
    return client.get(
        "/sparql", params={"query": query}, headers={"Accept": "text/csv, application/problem+json", **headers}
    )


def test_a_listed_host_is_asked_over_http(client, hosts):
    listed, _ = hosts
    query = f"SELECT ?n {{ SERVICE <{at(listed)}/sparql> {{ ?s <urn:x:name> ?n }} FILTER(LANG(?n) = '') }}"
    answer = ask(client, query)
    assert (answer.status_code, answer.text) == (200, "n\r\nA\r\n")
    assert "etag" not in answer.headers
    page = client.get("/sparql", params={"query": query}, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert ">A<" in page.text


def test_an_unlisted_host_is_not(client, hosts):
    listed, unlisted = hosts
    answer = ask(client, f"SELECT * {{ SERVICE <{at(unlisted)}/sparql> {{ ?s ?p ?o }} }}")
    assert answer.status_code == 403
    assert f"127.0.0.1:{listed.server_port}" in answer.json()["advice"]
    assert ask(client, f"SELECT * {{ SERVICESILENT<{at(listed)}/sparql> {{ ?s ?p ?o }} }}").status_code == 403
    assert ask(client, "SELECT * { ?g ?p ?o SERVICE ?g { ?s ?p ?o } }").status_code == 403
    assert ask(client, f"SELECT * FROM <{at(listed)}/data> {{ ?s ?p ?o }}").status_code == 400
    assert not unlisted.asked


@pytest.mark.parametrize(
    ("path", "status"), [("nothing", 502), ("text", 502), ("away", 403), ("large", 503), ("onward", 502)]
)
def test_what_goes_wrong_elsewhere_is_said(client, hosts, path, status):
    answer = ask(client, f"SELECT * {{ SERVICE <{at(hosts[0])}/{path}> {{ ?s ?p ?o }} }}")
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_syntax_error_is_shown_in_the_query_as_it_was_asked(client, hosts):
    answer = ask(client, f"SELECT * {{\n SERVICE <{at(hosts[0])}/sparql> {{ ?s ?p ?o }}\n ?a ?b }}")
    assert answer.status_code == 400
    assert (answer.json()["line"], answer.json()["column"]) == (3, 8)


def test_the_description_says_who_may_be_asked(client, hosts):
    text = client.get("/sparql", headers={"Accept": "text/turtle"}).text
    assert f"SERVICE only to 127.0.0.1:{hosts[0].server_port}" in text
    assert "BasicFederatedQuery" in text
    assert '"fetch_bytes"' in text


def test_load_takes_a_graph_from_a_listed_host(client, hosts):
    listed, unlisted = hosts
    summary = f"<{PREFIXES['m']}summary>"
    load = f"LOAD <{at(listed)}/%s> INTO GRAPH {summary}"
    loaded = "ASK { organisation:loaded a cg:Cluster }"
    for text, status in (
        (load % "bad", 502),
        (load % "text", 502),
        (load % "large", 503),
        (load % "away", 403),
        (load.replace(at(listed), at(unlisted)) % "data", 403),
        (f"LOAD <{at(listed)}/data>", 403),
        ("LOAD <file:///etc/hostname> INTO GRAPH <g:a>", 403),
    ):
        answer = client.post("/update", content=text, headers=AUTH)
        assert answer.status_code == status, (text, answer.text)
    assert client.post("/update", content=load % "data").status_code in (401, 415)
    assert ask(client, loaded).text.strip() == "false"
    silent = client.post("/update", content=load.replace("LOAD", "LOAD SILENT") % "bad", headers=AUTH)
    assert silent.json()["outcome"] == "unchanged"
    answer = client.post("/update", content=load % "onward", headers=AUTH)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "written")
    assert ask(client, loaded).text.strip() == "true"
