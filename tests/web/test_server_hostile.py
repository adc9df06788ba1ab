"""What strangers send to a real server, and that it harms nobody else."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from urllib.parse import quote

import httpx
import pytest

from tests.live_server import PATIENCE, serve, until
from tests.small_release import write_release

pytestmark = pytest.mark.slow

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?j && ?c != ?i) } # %s"
POST = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root, repeat=3000)
    return root


@pytest.fixture(scope="module")
def live(root):
    with serve(root, query_seconds=3, waiting=8) as live:
        yield live


@pytest.fixture(scope="module")
def strict(root):
    """A service that has little patience with who sends slowly: on a busy machine, also with us."""
    with serve(root, send_seconds=1, query_seconds=3) as live:
        yield live


def get(live, query, **headers):
    return httpx.get(f"{live.url}/sparql", params={"query": query}, headers=headers, timeout=PATIENCE)


def is_well(live):
    return get(live, f"ASK {{}} # {time.monotonic()}").json()["boolean"] is True


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", 408),
        (POST + b"Content-Length: 100\r\n\r\nASK", 408),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nASK", 408),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: 1\r\n" * 200 + b"Connection: close\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"GET /%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400),
        (b"GET /%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: <script>\r\nConnection: close\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400),
        (POST + b"Content-Length: 99999999999\r\n\r\nASK", 413),
        (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nASK", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"#" * 0x8000 + b"\r\n", 408),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n" + 8 * (b"8000\r\n" + b"#" * 0x8000 + b"\r\n"), 413),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", 400),
    ],
)
@pytest.mark.slow
def test_what_is_not_a_decent_request_is_refused_and_cut_off(strict, sent, status):
    head, _, body = strict.talk(sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(body)["status"] == status
    assert b"ontent-security-policy" in head.lower()
    assert until(lambda: is_answered(strict))


def test_who_says_nothing_is_cut_off(strict):
    assert strict.talk(b"") == b""


@pytest.mark.slow
def test_a_compressed_bomb_is_not_unpacked(live):
    bomb = gzip.compress(b"#" * 10_000_000)
    headers = {"Content-Type": "application/sparql-query", "Content-Encoding": "gzip"}
    response = httpx.post(f"{live.url}/sparql", content=bomb, headers=headers, timeout=PATIENCE)
    assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")


def test_who_sends_a_byte_now_and_then_is_cut_off_too(strict):
    with strict.connect() as connection:
        connection.sendall(POST + b"Content-Length: 1000\r\n\r\n")
        connection.settimeout(0.1)
        answer = b""
        for _ in range(900):
            with suppress(TimeoutError):
                connection.sendall(b"#")
                answer = connection.recv(1 << 16)
            if answer:
                break
        assert answer.startswith(b"HTTP/1.1 408 "), "it is cut off before all is there"


@pytest.mark.slow
def test_who_does_not_take_the_answer_is_cut_off(strict):
    everything = quote("SELECT * { ?s ?p ?o . ?a ?b ?o } LIMIT 100000")
    with strict.connect() as connection:
        connection.sendall(f"GET /sparql?query={everything}&format=xml HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert until(lambda: not strict.holds(connection))
        pieces = 0
        try:
            while piece := connection.recv(1 << 16):
                pieces += len(piece)
        except ConnectionResetError:
            pass
        assert 0 < pieces < 10_000_000
    assert until(lambda: is_answered(strict))


@pytest.mark.slow
def test_idle_connections_make_room_for_new_ones(tmp_path):
    write_release(tmp_path, repeat=3000)
    with serve(tmp_path, connections=10, query_seconds=60) as live, ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(live.connect()).sendall(b"GET / HTTP/1.1\r\n")
        # Those that have just come are not closed for others.
        assert until(lambda: is_answered(live))
        assert any(event["event"] == "too many connections" for event in live.events())
        busy = itertools.count()

        def one_more_is_refused():
            path = f"/sparql?query={quote(ENDLESS % next(busy))}"
            stack.enter_context(live.connect()).sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            with suppress(ConnectionError):
                answer = live.talk(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return answer.startswith(b"HTTP/1.1 503 ") and b"retry-after: 1" in answer.lower()

        assert until(one_more_is_refused), "all connections are busy, and there is no room"


def is_answered(live):
    with suppress(httpx.TransportError):
        return get(live, f"ASK {{}} # {time.monotonic()}").status_code == 200
    return False


@pytest.mark.slow
def test_connections_that_rest_make_room_too(tmp_path):
    write_release(tmp_path)
    with serve(tmp_path, connections=5) as live, ExitStack() as stack:
        for _ in range(5):
            connection = stack.enter_context(live.connect())
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(12) == b"HTTP/1.1 200"
        assert until(lambda: is_answered(live)), "one that has rested for a moment is closed"


@pytest.mark.slow
def test_requests_that_come_early_wait_for_their_turn(live):
    slow = f"GET /sparql?query={quote(ENDLESS % 'early')} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    answers = live.talk(slow + b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert re.findall(rb"HTTP/1\.1 (\d+)", answers) == [b"503", b"200"]
    with live.connect() as connection:
        connection.sendall(slow)
        assert until(lambda: live.metric("queries_inside") == 1)
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        pieces = []
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    assert b"".join(pieces).count(b"HTTP/1.1 ") == 2


def test_who_hangs_up_frees_the_worker(live):
    assert until(lambda: live.metric("queries_inside") == 0)
    before = live.metric('queries_total{outcome="abandoned"}')
    connection = live.connect()
    connection.sendall(f"GET /sparql?query={quote(ENDLESS % 'gone')} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert until(lambda: live.metric("queries_inside") == 1)
    connection.close()
    assert until(lambda: live.metric("queries_inside") == 0)
    assert live.metric('queries_total{outcome="abandoned"}') == before + 1


@pytest.mark.slow
def test_a_flood_from_one_address_does_not_keep_another_waiting(live):
    with ThreadPoolExecutor(40) as threads:
        flood = [threads.submit(get, live, ENDLESS % n) for n in range(40)]
        assert until(lambda: live.metric("queries_inside") == 8)
        # The room is full, and yet there is place for somebody else, who gets an answer and not "busy".
        statuses = [get(live, f"ASK {{}} # {n}", **{"X-Forwarded-For": "192.0.2.7"}).status_code for n in range(20)]
        answers = [future.result() for future in flood]
    assert statuses == [200] * 20
    refused = [answer.json()["limit"]["name"] for answer in answers]
    assert set(refused) == {"waiting", "query_seconds"}
    assert all(
        int(answer.headers["retry-after"]) for answer, name in zip(answers, refused, strict=True) if name == "waiting"
    )
    assert is_well(live)


def test_a_worker_that_is_killed_is_replaced_and_costs_at_most_its_own_query(live):
    for _ in range(5):
        for process in live.workers():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        assert get(live, f"ASK {{}} # {time.monotonic()}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "ASK " + "{" * 3000 + "}" * 3000,
        "SELECT (" + "(" * 150 + "1" + ")" * 150 + " AS ?x) {}",
        "SELECT (" + "!" * 60_000 + "true AS ?x) {}",
        "SELECT * { ?s ?p ?o FILTER regex(?o, '" + "(a+)+" * 50 + "b') }",
        "SELECT (CONCAT(?a, ?a, ?a, ?a) AS ?b) { BIND('" + "x" * 60_000 + "' AS ?a) }",
        "SELECT * { " + "{} UNION " * 5_000 + "{} }",
        "SELECT ?x { ?x " + "/".join(["!a"] * 2_000) + " ?y } LIMIT 1",
        "SELECT * { VALUES ?a { " + "1 " * 10_000 + "} VALUES ?b { " + "1 " * 10_000 + "} FILTER(?a > ?b) }",
        "SELECT * { ?s ?p ?o ",
        "\ufeffASK {}",
        "ASK { ?s ?p '" + "\\" * 1001 + "' }",
        "PREFIX : <" + "a" * 50_000 + "> ASK {}",
    ],
)  # fmt: skip
def test_hostile_queries_end_with_an_answer_or_a_reason(live, query):
    response = httpx.post(f"{live.url}/sparql", data={"query": query}, timeout=PATIENCE)
    assert response.status_code in (200, 400, 403, 413, 503)
    if response.status_code != 200:
        assert response.json()["detail"]
        assert "Traceback" not in response.text
        assert "/src/" not in response.text
    assert is_well(live)


@pytest.mark.slow
def test_what_is_wrong_behind_a_good_request_is_told_in_its_turn(live):
    slow = f"GET /sparql?query={quote(ENDLESS % 'before')} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    for wrong, status in ((b"\x16\x03\r\n\r\n", b"400"), (POST + b"Content-Length: 9\r\n\r\nASK", b"408")):
        answers = live.talk(slow + wrong)
        assert re.findall(rb"HTTP/1\.1 (\d+)", answers) == [b"503", status]


def test_who_hangs_up_with_more_requests_under_way_frees_the_worker(live):
    assert until(lambda: live.metric("queries_inside") == 0)
    slow = f"GET /sparql?query={quote(ENDLESS % 'gone early')} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    connection = live.connect()
    connection.sendall(slow + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert until(lambda: live.metric("queries_inside") == 1)
    connection.close()
    assert until(lambda: live.metric("queries_inside") == 0)


@pytest.mark.parametrize("trailer", [b"X: 1\r\n" * 100_000, b"X: " + b"a" * 600_000])
def test_trailers_without_an_end_are_refused(live, trailer):
    answer = live.talk(POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nASK\r\n0\r\n" + trailer)
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_an_answer_before_the_end_of_its_request_does_not_hold_the_connection(live):
    with live.connect() as connection:
        connection.sendall(POST.replace(b"/sparql", b"/nowhere") + b"Content-Length: 100000000\r\n\r\n")
        answer = b""
        with suppress(ConnectionError):
            while piece := connection.recv(1 << 16):
                answer += piece
        assert answer.startswith(b"HTTP/1.1 404 "), "and the connection has ended"


def test_a_client_that_offers_another_protocol_is_answered_in_this_one(live):
    offer = b"Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    with live.connect() as connection:
        for _ in range(2):
            connection.sendall(b"GET /health HTTP/1.1\r\n" + offer)
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(1 << 16)
            assert answer.startswith(b"HTTP/1.1 200 ")
