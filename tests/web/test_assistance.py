"""What the editor of queries asks for, as a program asks for it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.small_release import write_release

DIRECT = {"Content-Type": "application/sparql-query"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root)
    with TestClient(create_app(root, Settings(query_bytes=2000))) as client:
        yield client


def checked(client, query):
    answer = client.post("/sparql/check", content=query, headers=DIRECT)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_query_that_can_be_run_has_no_mistake(client):
    assert checked(client, "SELECT ?c { ?c a cg:Cluster }") == {"hints": []}
    assert client.get("/sparql/check", params={"query": "ASK {}"}).json() == {"hints": []}


@pytest.mark.parametrize(
    ("query", "line", "column", "words"),
    [
        ("SELECT * {\n ?s a  }", 2, 8, "'}' is not expected here"),
        ("SELECT * {\n ?s cgg:n 1 }", 2, 5, "the prefix 'cgg:' is not declared"),
        ("SELECT ?s\n{ ?s ?p ?o } GROUP BY ?o", 2, 25, "unbound"),
        ("SELECT * {\n SERVICE <http://127.0.0.1:1/> {} }", 2, 2, "SERVICE is refused"),
    ],
)
def test_a_mistake_is_told_with_its_place(client, query, line, column, words):
    problem = checked(client, query)["problem"]
    assert words in problem["message"]
    assert (problem["line"], problem["column"]) == (line, column)


def test_what_can_match_nothing_is_told_with_its_place(client):
    (hint,) = checked(client, "SELECT * {\n  ?s a cg:Clutser }")["hints"]
    assert "did you mean cg:Cluster" in hint["message"]
    assert (hint["line"], hint["column"], hint["length"]) == (2, 8, 10)


def test_what_is_checked_is_not_run_and_has_the_limits_of_a_query(client):
    assert checked(client, "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?g") == {"hints": []}
    assert client.post("/sparql/check", content="ASK {}" + " " * 5000, headers=DIRECT).status_code == 413
    assert client.get("/sparql/check").status_code == 400
    assert "read-only" in checked(client, "INSERT DATA { <a:b> <a:c> 1 }")["problem"]["message"]


def test_the_vocabulary_is_that_of_the_release(client):
    answer = client.get("/sparql/vocabulary")
    told = answer.json()
    classes = {each["name"]: each for each in told["classes"]}
    assert classes["cg:Cluster"]["count"] > 0
    assert {each["name"] for each in told["properties"]} >= {"cg:participatesIn", "cg:value"}
    assert told["prefixes"]["cg"].endswith("/ontology/")
    again = client.get("/sparql/vocabulary", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
