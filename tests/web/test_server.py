"""Answers over real connections: in the right order, the same again from the cache, and never an old one."""

from __future__ import annotations

import gzip
import json
import socket
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.live_server import PATIENCE, serve, until
from tests.small_release import point, write_release

COUNT = quote("SELECT (COUNT(*) AS ?n) { ?s a cg:Cluster }")
CLUSTERS = quote("SELECT ?s ?l { ?s a cg:Cluster ; skos:prefLabel ?l } ORDER BY ?s ?l")
MANY = quote("SELECT ?s ?o { ?s <http://many.example/p> ?o }")
ALL = quote(
    "PREFIX m: <http://many.example/> "
    "SELECT * { VALUES ?o { m:1 m:2 m:3 m:4 m:5 m:6 m:7 } ?a m:p ?o . ?b m:p ?o } ORDER BY ?o ?a ?b"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root, repeat=6000)
    return root


@pytest.fixture(scope="module")
def live(root):
    with serve(root, result_bytes=20_000_000) as live:
        yield live


def request(path, *headers):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *headers]).encode() + b"\r\n\r\n"


class Answers:
    """What comes back over one connection."""

    def __init__(self, connection):
        self.connection = connection
        self.data = b""

    def next(self, *, head_only=False):
        while b"\r\n\r\n" not in self.data:
            self.more()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = b""
        if not head_only and status.split()[1] != "304":
            if headers.get("transfer-encoding") == "chunked":
                body = self.chunks()
            else:
                body = self.take(int(headers["content-length"]))
        return int(status.split()[1]), headers, body

    def chunks(self):
        body = b""
        while True:
            while b"\r\n" not in self.data:
                self.more()
            line, _, self.data = self.data.partition(b"\r\n")
            piece = self.take(int(line, 16) + 2)
            if len(piece) == 2:
                return body
            body += piece[:-2]

    def take(self, size):
        while len(self.data) < size:
            self.more()
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def more(self):
        piece = self.connection.recv(1 << 16)
        assert piece, "the connection ended"
        self.data += piece


def ask(live, *requests):
    """Send requests over one connection, one after the other, and return what comes back."""
    with live.connect() as connection:
        answers, got = Answers(connection), []
        for each in requests:
            connection.sendall(each)
            got.append(answers.next(head_only=each.startswith(b"HEAD")))
        return got


def lasting(headers):
    return {name: value for name, value in headers.items() if name not in ("date", "x-request-id")}


@pytest.mark.parametrize(
    "path",
    [
        f"/sparql?query={CLUSTERS}&format=json",
        f"/sparql?query={CLUSTERS}",
        f"/sparql?query={MANY}&format=csv",
        "/sparql?query=nonsense",
        "/id/organisation/plastipolis",
        "/id/organisation/nobody%20there",
        "/health",
        "/static/style.css",
        "/",
        "/%C3%A9?x=%00",
    ],
)
def test_an_answer_from_the_cache_is_the_same(live, path):
    plain = request(path, "Accept: application/sparql-results+json, text/html;q=0.5")
    # What is asked with a credential is never answered from the cache of responses.
    anew = request(path, "Accept: application/sparql-results+json, text/html;q=0.5", "Authorization: Basic x")
    first, again, other = ask(live, plain, plain, anew)
    assert (first[0], lasting(first[1]), first[2]) == (again[0], lasting(again[1]), again[2])
    assert (first[0], lasting(first[1]), first[2]) == (other[0], lasting(other[1]), other[2])
    assert first[1]["x-request-id"] != again[1]["x-request-id"]


def test_an_answer_that_is_sent_again_is_counted(live):
    plain = request(f"/sparql?query={COUNT}&format=tsv")
    before = live.metric("cache_hits_total")
    ask(live, *[plain] * 5)
    assert live.metric("cache_hits_total") == before + 4
    numbered = request(f"/sparql?query={COUNT}&format=tsv", "X-Request-Id: mine-1", "User-Agent: another")
    assert ask(live, numbered)[0][1]["x-request-id"] == "mine-1"
    assert live.metric("cache_hits_total") == before + 5
    assert any(event.get("request") == "mine-1" and event["status"] == 200 for event in live.events())


def test_a_large_answer_is_logged_as_what_became_of_it(live):
    def statuses(number):
        return [each["status"] for each in live.events() if each["event"] == "request" and each["request"] == number]

    ask(live, request(f"/sparql?query={ALL}&format=csv", "X-Request-Id: taken"))
    twice = ALL.replace(quote("VALUES"), quote("VALUES ?n { 1 2 } VALUES"), 1)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that the system has no room for all of it
        connection.connect(("127.0.0.1", live.port))
        connection.sendall(request(f"/sparql?query={twice}&format=json", "X-Request-Id: left"))
        connection.recv(1000)
    assert until(lambda: statuses("taken") and statuses("left"))
    assert (statuses("taken"), statuses("left")) == ([200], [499])


def test_requests_in_one_piece_or_in_many_are_answered_in_order(live):
    one, two = request(f"/sparql?query={CLUSTERS}&format=csv"), request(f"/sparql?query={COUNT}&format=csv")
    with live.connect() as connection:
        answers = Answers(connection)
        connection.sendall(one + two + one)
        bodies = [answers.next()[2] for _ in range(3)]
        for at in range(0, len(two), 7):
            connection.sendall(two[at : at + 7])
        bodies.append(answers.next()[2])
        connection.sendall(one)
        connection.sendall(two)
        connection.sendall(one[:30])
        connection.sendall(one[30:])
        bodies += [answers.next()[2] for _ in range(3)]
    assert bodies[1] == bodies[3] == bodies[5] == b"n\r\n2\r\n"
    assert bodies[0] == bodies[2] == bodies[4] == bodies[6]
    assert b"plastipolis" in bodies[0]


def test_many_headers_without_an_end_keep_nobody_waiting(live):
    head = request("/health", *["X: a"] * 60)
    with live.connect() as connection, live.connect() as other:
        connection.settimeout(PATIENCE)
        other.settimeout(PATIENCE)
        connection.sendall(head.removesuffix(b"\r\n"))
        other.sendall(request("/health"))
        assert Answers(other).next()[0] == 200
        connection.sendall(b"\r\n")
        assert Answers(connection).next()[0] == 200


@pytest.mark.slow
def test_what_is_not_a_request_is_refused_as_before(live):
    for lines in (["Host: x", "Host: y"], [], ["Host: x", "Content-Length: 1, 2"], ["Host: x", "Bad Header: 1"]):
        sent = ("\r\n".join(["GET / HTTP/1.1", *lines]) + "\r\n\r\n").encode()
        assert live.talk(sent).startswith(b"HTTP/1.1 400 "), lines


def test_what_belongs_to_one_client_is_not_sent_to_another(live):
    path = f"/sparql?query={quote('ASK { ?s a cg:Pilot }')}&format=json"
    before = live.metric("cache_hits_total")
    for secret in ("Authorization: Bearer x", "Cookie: a=b"):
        ask(live, request(path, secret), request(path, secret))
    # The answers are those of the cache behind, which knows nothing of requests.
    assert live.metric("cache_hits_total") == before + 3
    origin = ask(live, request(path, "Origin: https://a.example"), request(path, "Accept-Encoding: gzip"))
    assert [status for status, _, _ in origin] == [200, 200]


@pytest.mark.slow
def test_a_new_release_has_new_answers(tmp_path):
    write_release(tmp_path, "d1")
    write_release(tmp_path, "d2", extra="GRAPH graph:reference { organisation:new a cg:Cluster . }")
    point(tmp_path, "d1")
    plain = request(f"/sparql?query={COUNT}&format=csv")
    with serve(tmp_path) as live, live.connect() as connection:
        answers = Answers(connection)

        def count():
            connection.sendall(plain)
            status, headers, body = answers.next()
            return status, headers["x-clustergraph-release"], body.split()[1]

        assert [count(), count()] == [(200, "d1", b"2")] * 2
        point(tmp_path, "d2")
        assert [count(), count()] == [(200, "d2", b"3")] * 2
        point(tmp_path, "d1")
        assert count() == (200, "d1", b"2")


def test_answers_are_compressed_for_those_who_take_that(live):
    path = f"/sparql?query={MANY}&format=json"
    plain, packed, again, refused, starred = ask(
        live,
        request(path),
        request(path, "Accept-Encoding: br, gzip"),
        request(path, "Accept-Encoding: br, gzip"),
        request(path, "Accept-Encoding: gzip;q=0, *"),
        request(path, "Accept-Encoding: *"),
    )
    assert packed[1]["content-encoding"] == "gzip"
    assert len(packed[2]) < len(plain[2]) / 5
    assert gzip.decompress(packed[2]) == plain[2] == refused[2]
    assert packed[2] == again[2] == starred[2]
    assert "content-encoding" not in refused[1]
    assert plain[1]["etag"] == refused[1]["etag"] != packed[1]["etag"] == again[1]["etag"]
    assert plain[1]["vary"] == packed[1]["vary"] == "Accept, Accept-Encoding"
    # Not worth it.
    assert "content-encoding" not in ask(live, request(f"/sparql?query={COUNT}", "Accept-Encoding: gzip"))[0][1]


def test_a_client_that_has_the_answer_is_told_so(live):
    path = f"/sparql?query={MANY}&format=json"
    plain, packed = ask(live, request(path), request(path, "Accept-Encoding: gzip"))
    tags = plain[1]["etag"], packed[1]["etag"]
    for gzipped, tag in enumerate(tags):
        takes = ["Accept-Encoding: gzip"] * gzipped
        fresh = ask(live, request(path, f'If-None-Match: "other", {tag}', *takes), request(path, *takes))
        assert [(status, headers["etag"]) for status, headers, _ in fresh] == [(304, tag), (200, tag)]
        stale = ask(live, request(path, f"If-None-Match: {tags[1 - gzipped]}", *takes))
        assert stale[0][0] == 200


def test_a_large_answer_goes_out_of_its_file_whole(live):
    path = f"/sparql?query={ALL}&format=json"
    first, packed, head = ask(
        live,
        request(path),
        request(path, "Accept-Encoding: gzip"),
        request(path).replace(b"GET", b"HEAD", 1),
    )
    assert len(first[2]) == int(first[1]["content-length"]) > 4_000_000
    assert len(json.loads(first[2])["results"]["bindings"]) > 20_000
    assert gzip.decompress(packed[2]) == first[2]
    assert (head[0], head[1]["content-length"]) == (200, first[1]["content-length"])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory as Linux shows it")
@pytest.mark.slow
def test_large_answers_leave_no_memory_behind(live):
    def resident():
        lines = Path(f"/proc/{live.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    def take(number):
        another = ALL + quote(f" # {number}")
        with urllib.request.urlopen(f"{live.url}/sparql?query={another}&format=json") as response:
            return sum(len(piece) for piece in iter(lambda: response.read(1 << 18), b""))

    sizes = {take(number) for number in range(4)}
    before = resident()
    sizes |= {take(number) for number in range(4, 20)}
    assert len(sizes) == 1
    assert resident() - before < 4 * min(sizes) / 1024
