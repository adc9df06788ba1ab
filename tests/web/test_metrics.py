"""What those who run the service see of it, and the signals that it follows."""

from __future__ import annotations

import logging
import re
import signal
import threading
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from starlette.testclient import TestClient

from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from clustergraph.web.metrics import OUTCOMES, outcome_of
from clustergraph.web.middleware import address
from clustergraph.web.server import JsonLines
from tests.live_server import PATIENCE, serve, until
from tests.small_release import point, write_release

SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?j && ?c != ?i) } # %s"


@pytest.fixture
def client(tmp_path):
    write_release(tmp_path, repeat=1000)
    settings = Settings(query_seconds=2, slow_query_seconds=1, result_bytes=10_000, waiting=4, log_queries=0)
    with TestClient(create_app(tmp_path, settings)) as client:
        yield client


def samples(client):
    """Return the samples of the metrics, having checked the text format."""
    response = client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found, typed = {}, set()
    for line in response.text.splitlines():
        if line.startswith("# TYPE "):
            typed.add(line.split()[2])
        elif not line.startswith("#"):
            name, labels, value = re.fullmatch(r"([a-z_]+)(\{.*\})? (\S+)", line).groups()
            assert re.sub("_(bucket|sum|count)$", "", name) in typed or name in typed
            found[name + (labels or "")] = float(value)
    assert response.text.endswith("\n")
    return found


def test_metrics_count_queries_by_what_they_came_to(client):
    def ask(query):
        return client.get("/sparql", params={"query": query, "format": "csv"}).status_code

    assert [ask("ASK {}"), ask("ASK {}"), ask("nonsense"), ask("CLEAR ALL")] == [200, 200, 400, 403]
    assert ask("SELECT * { ?s ?p ?o }") == 413
    assert ask(SLOW % "") == 503
    found = samples(client)
    outcomes = {name: found[f'clustergraph_queries_total{{outcome="{name}"}}'] for name in OUTCOMES}
    assert {name: count for name, count in outcomes.items() if count} == {
        "answered": 1, "cached": 1, "malformed": 1, "refused": 1, "result too large": 1, "deadline": 1,
    }  # fmt: skip
    assert found['clustergraph_workers_killed_total{reason="deadline"}'] == 1
    assert found["clustergraph_cache_hits_total"] == 1
    assert found['clustergraph_query_seconds_bucket{le="+Inf"}'] == found["clustergraph_query_seconds_count"] == 4
    assert found['clustergraph_query_seconds_bucket{le="0.25"}'] <= 3
    assert found['clustergraph_release_info{created="2026-11-22T09:00:00+00:00",digest="d1",version="0.1.0"}'] == 1
    assert found['clustergraph_http_requests_total{method="GET",status="200"}'] == 2
    client.request("BREW", "/")
    assert samples(client)['clustergraph_http_requests_total{method="other",status="405"}'] == 1


def test_an_error_that_nobody_foresaw_is_counted_as_failed():
    assert outcome_of(RuntimeError()) == "failed"


def test_ready_needs_a_release_and_a_worker(client, tmp_path, monkeypatch):
    assert client.get("/ready").json() == {"status": "ready", "release": "d1"}
    (tmp_path / "current").unlink()
    assert client.get("/ready").status_code == 503
    assert client.get("/health").status_code == 503
    point(tmp_path, "d1")
    assert client.get("/ready").status_code == 200


def fields(caplog, event):
    return [record.fields for record in caplog.records if record.getMessage() == event]


def test_the_log_has_requests_with_their_number_and_no_queries(client, caplog):
    caplog.set_level(logging.INFO, "clustergraph.web")
    response = client.get("/sparql", params={"query": "ASK { 'secret' ?p ?o }"}, headers={"X-Request-Id": "abc-1"})
    assert response.headers["x-request-id"] == "abc-1"
    client.get("/sparql", params={"query": SLOW % "secret"}, headers={"X-Request-Id": "bad id\x7f"})
    first, second = fields(caplog, "request")
    assert (first["request"], first["method"], first["path"], first["status"]) == ("abc-1", "GET", "/sparql", 200)
    assert re.fullmatch("[0-9a-f]{16}", second["request"])
    slow = next(found for found in fields(caplog, "slow query") if found["request"] == second["request"])
    assert slow["outcome"] == "deadline"
    assert slow["seconds"] >= 2
    lines = [JsonLines().format(record) for record in caplog.records]
    assert not any("secret" in line for line in lines)
    assert all(line.startswith('{"time": "20') and "\n" not in line for line in lines)


def test_the_log_has_queries_if_asked(tmp_path, caplog):
    write_release(tmp_path, repeat=1000)
    with TestClient(create_app(tmp_path, Settings(query_seconds=0.3, slow_query_seconds=0.1, log_queries=1))) as client:
        client.get("/sparql", params={"query": SLOW % "shown"})
    assert "shown" in fields(caplog, "slow query")[0]["query"]


def test_what_was_not_foreseen_is_in_the_log_and_not_in_the_answer(client, caplog, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("secret")

    monkeypatch.setattr("clustergraph.web.sparql.check", broken)
    response = client.get("/sparql", params={"query": "ASK {}"})
    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.headers["content-security-policy"]
    number = response.headers["x-request-id"]
    (record,) = [record for record in caplog.records if record.getMessage() == "unforeseen"]
    assert record.fields["request"] == number
    assert "RuntimeError: secret" in JsonLines().format(record)


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_what_is_one_client(host, client):
    assert address(host) == client


@pytest.mark.slow
def test_sigterm_lets_what_is_under_way_finish_and_leaves_no_process(tmp_path):
    write_release(tmp_path, repeat=1000)
    with serve(tmp_path, query_seconds=2) as live:
        answers = []

        def ask():
            answers.append(httpx.get(f"{live.url}/sparql", params={"query": SLOW % "last"}, timeout=PATIENCE))

        asking = threading.Thread(target=ask)
        asking.start()
        assert until(lambda: live.metric("queries_inside") == 1)
        workers = live.workers()
        assert workers
        live.process.send_signal(signal.SIGTERM)
        asking.join()
        live.process.wait(PATIENCE)
    assert answers[0].json()["limit"]["name"] == "query_seconds", "it had its time, and its answer came through"
    assert until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


@pytest.mark.slow
def test_workers_do_not_outlive_a_service_that_is_killed(tmp_path):
    write_release(tmp_path)
    with serve(tmp_path) as live:
        workers = live.workers()
        live.process.kill()
        live.process.wait()
    assert until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


@pytest.mark.slow
def test_a_switch_of_releases_drops_no_request(tmp_path):
    write_release(tmp_path, "one")
    write_release(tmp_path, "two", "GRAPH graph:reference { organisation:new a cg:Cluster }")
    count = quote("SELECT (COUNT(*) AS ?n) { ?c a cg:Cluster }")
    with serve(tmp_path) as live:
        seen, stop = [], threading.Event()

        def ask():
            with httpx.Client(timeout=PATIENCE) as client:
                number = 0
                while not stop.is_set():
                    number += 1
                    seen.append(client.get(f"{live.url}/sparql?format=csv&query={count}%23{number}"))

        asking = [threading.Thread(target=ask) for _ in range(4)]
        for thread in asking:
            thread.start()
        for digest in ("one", "two") * 5:
            point(tmp_path, digest)
            live.process.send_signal(signal.SIGHUP)
            before = len(seen)
            assert until(lambda: any(of(response) == digest for response in seen[before:]))  # noqa: B023 - used at once
        stop.set()
        for thread in asking:
            thread.join()
        assert live.events()
    expected = {"one": "2", "two": "3"}
    assert [response.text for response in seen if response.status_code != 200] == []
    for response in seen:
        assert response.text.split()[1] == expected[of(response)]


def of(response):
    return response.headers.get("x-clustergraph-release")
