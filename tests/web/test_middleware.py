"""What is done for every request: the same answer again from the cache, within one budget, counted and numbered."""

from __future__ import annotations

import logging
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.small_release import point, write_release

BUDGET = 200_000


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root, "d1", repeat=400)
    write_release(root, "d2")
    point(root, "d1")
    return root


@pytest.fixture
def client(root):
    """A service that has answered nothing yet."""
    with TestClient(create_app(root, Settings(cache_bytes=BUDGET))) as client:
        yield client
    point(root, "d1")


@pytest.fixture(scope="module")
def shared(root):
    """A service for tests of what has not been asked by others."""
    with TestClient(create_app(root, Settings(cache_bytes=BUDGET))) as client:
        yield client


def metric(client, name):
    line = next(line for line in client.get("/metrics").text.splitlines() if line.startswith(f"clustergraph_{name} "))
    return float(line.split()[1])


def test_both_caches_keep_to_one_budget(client):
    for number in range(60):
        query = quote(f"SELECT * {{ ?s ?p ?o }} LIMIT {20 + number}")
        client.get(f"/sparql?query={query}&format=json")
        assert metric(client, "cache_bytes") + metric(client, "response_cache_bytes") <= BUDGET
    assert metric(client, "cache_bytes") > BUDGET / 4
    assert metric(client, "response_cache_bytes") > BUDGET / 4


def test_what_is_larger_than_a_fair_share_is_not_kept(client):
    client.get("/graph-store?default&format=ntriples", headers={"Accept-Encoding": "identity"})
    before = metric(client, "response_cache_bytes")
    whole = client.get("/graph-store?default&format=nquads", headers={"Accept-Encoding": "identity"})
    assert len(whole.content) > BUDGET / 8
    assert metric(client, "response_cache_bytes") == before


@pytest.mark.parametrize(
    "path", ["/questions.json", "/id/organisation/afil", "/", "/openapi.json", "/sparql?query=ASK{}"]
)
def test_an_answer_is_sent_again_as_it_was_and_logged_with_a_number_of_its_own(shared, path, caplog):
    caplog.set_level(logging.INFO, "clustergraph.web")
    first = shared.get(path, headers={"X-Request-Id": "first"})
    again = shared.get(path, headers={"X-Request-Id": "again", "User-Agent": "another"})
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert (first.headers.pop("x-request-id"), again.headers.pop("x-request-id")) == ("first", "again")
    assert first.headers == again.headers
    logged = [record.fields for record in caplog.records if record.getMessage() == "request"]
    assert [each["request"] for each in logged] == ["first", "again"]
    assert logged[0]["bytes"] == logged[1]["bytes"] > 0


def test_an_answer_is_sent_again_only_while_its_release_is_current(client, root):
    def digest():
        return client.get("/questions.json").headers["x-clustergraph-release"]

    assert [digest(), digest()] == ["d1", "d1"]
    point(root, "d2")
    assert [digest(), digest()] == ["d2", "d2"]
    assert client.get("/questions.json?release=d1").headers["x-clustergraph-release"] == "d1"


def test_what_is_negotiated_is_not_mixed_up(shared):
    path = "/id/organisation/afil"
    for _ in range(2):
        types = [
            shared.get(path, headers={"Accept": each}).headers["content-type"] for each in ("text/html", "text/turtle")
        ]
        assert types == ["text/html; charset=utf-8", "text/turtle; charset=utf-8"]


@pytest.mark.parametrize(
    "headers",
    [{"Cache-Control": "no-cache"}, {"Authorization": "Basic x"}, {"If-None-Match": '"x"'}],
)
def test_who_asks_for_more_than_the_address_is_answered_anew(shared, headers):
    path = f"/sparql?query={quote(f'ASK {{}} # {headers}')}"
    before = metric(shared, "response_cache_bytes")
    for _ in range(2):
        shared.get(path, headers=headers)
    assert metric(shared, "response_cache_bytes") == before
    shared.get(path)
    assert metric(shared, "response_cache_bytes") > before


def test_an_error_is_never_sent_again(shared):
    before = metric(shared, "response_cache_bytes")
    for path in ("/nowhere", "/sparql?query=nonsense", "/questions/nothing", "/questions.json?release=nothing"):
        assert shared.get(path).status_code >= 400
    assert metric(shared, "response_cache_bytes") == before
