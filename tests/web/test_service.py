"""Jobs of the service: what goes wrong in a process is told with the number of the request, and ends at its limits."""

from __future__ import annotations

import logging

import pytest
from starlette.testclient import TestClient

from clustergraph.graph import Graph
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page
from tests.engine import jobs
from tests.small_release import write_release


@pytest.fixture
def client(tmp_path, caplog):
    write_release(tmp_path)
    caplog.set_level(logging.ERROR, "clustergraph.engine")
    with TestClient(create_app(tmp_path, Settings(query_seconds=0.5)), raise_server_exceptions=False) as client:
        yield client


def test_an_error_that_nobody_foresaw_is_ours_and_both_answer_and_log_have_its_number(client, monkeypatch, caplog):
    monkeypatch.setattr(Graph, "answer", jobs.wrong)
    headers = {"X-Request-Id": "number-1", "Accept": "application/json"}
    answer = client.get("/sparql", params={"query": "SELECT * { ?s ?p ?o }"}, headers=headers)
    assert answer.status_code == 500
    assert answer.json()["request"] == answer.headers["x-request-id"] == "number-1"
    assert "complex" not in answer.text
    (said,) = [record.fields for record in caplog.records if record.name == "clustergraph.engine"]
    assert said["request"] == "number-1"
    assert "KeyError" in said["text"]


@pytest.mark.parametrize(
    ("method", "address"),
    [("search", "/search.json?q=plastipolis"), ("explained", "/explain.json?subject=a:b&predicate=a:c&object=a:d")],
)
def test_search_and_evidence_end_at_their_limits(client, monkeypatch, method, address):
    monkeypatch.setattr(Graph, method, jobs.endless)
    answer = client.get(address)
    assert answer.status_code == 503
    assert answer.json()["limit"] == {"name": "query_seconds", "value": 0.5}
    assert "not done in 0.5 seconds" in answer.json()["detail"]
    assert client.get("/health").status_code == 200


def test_a_page_that_takes_too_long_says_so_and_leads_to_other_ways(client, monkeypatch):
    monkeypatch.setattr(Graph, "search", jobs.endless)
    page = client.get("/search?q=a%26b", headers={"Accept": "text/html", "Accept-Language": "de"})
    assert page.status_code == 503
    check_page(page.text)
    assert "<h1>Das dauert länger, als eine Seite dauern darf</h1>" in page.text
    assert "not done in 0.5 seconds" in page.text
    for address in ("/search?q=a%26b", "/search", "/questions", "/download"):
        assert f'<a href="{address}">' in page.text
    unknown = client.get("/nothing", headers={"Accept": "text/html"})
    assert "Other ways" not in unknown.text
