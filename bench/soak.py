"""A soak: 32 clients send good, slow, broken and hostile requests at the same time, for ten minutes.

    python bench/soak.py [--minutes 10] [--releases .clustergraph]

Starts the service on the current release. It passes if every good request was answered, and rightly; if everything else
got an error and not an answer; if the memory of all its processes is flat; and if none of them is left at the end.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

GOOD = (
    "SELECT ?c ?name { ?c a cg:Cluster ; skos:prefLabel ?name } ORDER BY ?c ?name",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT ?class (COUNT(?x) AS ?n) { ?x a ?class } GROUP BY ?class ORDER BY ?class",
    "SELECT DISTINCT ?g { GRAPH ?g { ?f a cg:Figure } } ORDER BY ?g",
    "SELECT ?a ?b { ?a cg:sharesPilotWith ?b } ORDER BY ?a ?b LIMIT 50",
    "SELECT ?c { ?c a cg:Cluster FILTER NOT EXISTS { ?c cg:region ?r } } ORDER BY ?c",
    "ASK { ?s a cg:Cluster }",
)
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?j && ?c != ?i) }"
GREEDY = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?i"
BROKEN = (
    ("GET", "/sparql?query=SELECT", {}, b"", 400),
    ("GET", "/sparql?query=ASK%7B%3Fs%20skoss%3Ax%20%3Fo%7D", {}, b"", 400),
    ("GET", "/sparql?query=ASK%7B%7D&format=png", {}, b"", 406),
    ("GET", "/sparql?query=ASK%7B%7D%ff", {}, b"", 400),
    ("GET", "/sparql?query=ASK%7B%7D%00", {}, b"", 400),
    ("GET", "/id/organisation/nobody", {"Accept": "text/turtle"}, b"", 404),
    ("GET", "/nothing", {}, b"", 404),
    ("PUT", "/sparql", {}, b"x", 405),
    ("POST", "/sparql", {"Content-Type": "text/plain"}, b"ASK {}", 415),
    ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, b"\xff", 400),
    ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, b"#" * 200_000, 413),
    ("POST", "/sparql", {"Content-Type": "application/sparql-query", "Content-Encoding": "gzip"}, b"\x1f\x8b", 415),
    ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, b"ASK " + b"{" * 5000, 400),
    (
        "POST",
        "/sparql",
        {"Content-Type": "application/sparql-query"},
        b"SELECT (" + b"!" * 60_000 + b"1 AS ?x) {}",
        400,
    ),
    ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, b"SELECT * { SERVICE <http://[::1]/> {} }", 403),
    ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, b"SELECT * FROM <http://a.example/> {}", 400),
)
SETTINGS = {"QUERY_SECONDS": "5", "SEND_SECONDS": "5", "LOG_REQUESTS": "0"}


@dataclass
class Tally:
    """What has been seen, by all clients."""

    sent: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, kind: str, begun: float, failure: str = "") -> None:
        """Count a request, and keep what is wrong with its answer."""
        with self.lock:
            self.sent[kind] += 1
            self.seconds[kind].append(time.perf_counter() - begun)
            if failure:
                self.failures.append(f"{kind}: {failure}")


class Client:
    """One of the clients, with an address of its own."""

    def __init__(self, port: int, number: int, address: str) -> None:
        self.port, self.random, self.headers = port, random.Random(number), {"X-Forwarded-For": address}
        self.connection: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, bytes]:
        """Send a request, on the connection that is open if it still is."""
        for fresh in (False, True):
            if fresh or self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                self.connection.request(method, path, body=body or None, headers={**self.headers, **(headers or {})})
                response = self.connection.getresponse()
                return response.status, response.read()
            except (http.client.RemoteDisconnected, ConnectionError):
                # An idle connection may be closed at any time; on a new one it is a failure.
                self.connection.close()
                if fresh:
                    raise
        raise AssertionError

    def select(self, query: str) -> tuple[int, bytes]:
        """Ask for a table."""
        return self.ask("GET", f"/sparql?format=csv&query={quote(query)}")


def good(client: Client, tally: Tally, expected: dict[str, bytes]) -> None:
    """Ask something that must be answered, and rightly."""
    query = client.random.choice(GOOD)
    # Half of them are new to the service, the others may come from its cache.
    asked = query if client.random.random() < 0.5 else f"{query} # {client.random.random()}"
    begun = time.perf_counter()
    status, content = client.select(asked)
    right = status == 200 and content == expected[query]
    tally.count("good", begun, "" if right else f"{status} {content[:200]!r} for {query}")


def trivial(client: Client, tally: Tally, _: dict[str, bytes]) -> None:
    """Ask something that must be answered at once."""
    begun = time.perf_counter()
    status, content = client.select(f"ASK {{}} # {client.random.random()}")
    tally.count("trivial", begun, "" if (status, content) == (200, b"true") else f"{status} {content[:200]!r}")
    time.sleep(0.02)


def slow(client: Client, tally: Tally, _: dict[str, bytes]) -> None:
    """Ask something that must be stopped by a limit, which the answer names."""
    query = client.random.choice((ENDLESS, ENDLESS, GREEDY))
    begun = time.perf_counter()
    status, content = client.select(f"{query} # {client.random.random()}")
    limit = json.loads(content).get("limit", {}).get("name") if status == 503 else None
    tally.count("slow", begun, "" if limit else f"{status} {content[:200]!r}")


def broken(client: Client, tally: Tally, _: dict[str, bytes]) -> None:
    """Send something that must be refused with the right status."""
    method, path, headers, body, status = client.random.choice(BROKEN)
    begun = time.perf_counter()
    found, content = client.ask(method, path, headers, body)
    tally.count("broken", begun, "" if found == status else f"{found} instead of {status} {content[:200]!r} {path}")
    time.sleep(0.01)


def hostile(client: Client, tally: Tally, _: dict[str, bytes]) -> None:
    """Do something that nobody should do."""
    begun = time.perf_counter()
    attack = client.random.choice((hang_up, trickle, silence, garbage, flood, headers, deaf))
    with suppress(OSError):
        attack(client)
    tally.count("hostile", begun)


def _connect(client: Client) -> socket.socket:
    return socket.create_connection(("127.0.0.1", client.port), timeout=30)


def hang_up(client: Client) -> None:
    """Ask, and do not wait for the answer."""
    with _connect(client) as connection:
        path = f"/sparql?query={quote(ENDLESS)}%23{client.random.random()}"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.9.9.9\r\n\r\n".encode())
        time.sleep(client.random.random())


def trickle(client: Client) -> None:
    """Send a body byte by byte."""
    with _connect(client) as connection:
        connection.sendall(b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n")
        connection.sendall(b"Content-Length: 9999\r\n\r\n")
        for _ in range(200):
            connection.sendall(b"#")
            time.sleep(0.05)


def silence(client: Client) -> None:
    """Begin a request and say no more."""
    with _connect(client) as connection:
        connection.sendall(b"GET / HT")
        connection.recv(1)


def garbage(client: Client) -> None:
    """Send what is not HTTP."""
    with _connect(client) as connection:
        connection.sendall(client.random.randbytes(2000) + b"\r\n\r\n")
        connection.recv(1 << 16)


def flood(client: Client) -> None:
    """Send an address without an end."""
    with _connect(client) as connection:
        connection.sendall(b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n\r\n")
        connection.recv(1 << 16)


def headers(client: Client) -> None:
    """Send headers without an end."""
    with _connect(client) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * client.random.choice((30, 3_000, 30_000)))
        connection.recv(1 << 16)


def deaf(client: Client) -> None:
    """Ask for much and do not take it."""
    with _connect(client) as connection:
        connection.sendall(f"GET /sparql?query={quote('SELECT * { ?s ?p ?o }')} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        time.sleep(client.random.random() * 8)


ROLES: tuple[tuple[Callable[[Client, Tally, dict[str, bytes]], None], int], ...] = (
    (good, 14),
    (trivial, 2),
    (slow, 6),
    (broken, 4),
    (hostile, 6),
)


def family(process: int) -> list[int]:
    """Return a process and all below it."""
    children = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children[int(status.read_text().rsplit(")", 1)[1].split()[1])].append(int(status.parent.name))
    found = [process]
    for each in found:
        found += children[each]
    return found


def megabytes(processes: list[int]) -> float:
    """Return the memory of processes, each with its part of what they share."""
    total = 0
    for process in processes:
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def run(port: int, process: subprocess.Popen[bytes], minutes: float) -> tuple[Tally, list[float], set[int]]:
    """Send everything for so long; return what was seen, the memory over time, and every process that there was."""
    first = Client(port, 0, "10.0.0.0")
    expected = {query: first.select(query)[1] for query in GOOD}
    tally, end = Tally(), time.monotonic() + minutes * 60

    def work(role: Callable[[Client, Tally, dict[str, bytes]], None], number: int) -> None:
        # The slow ones come from one address: they must not stand in the way of the others.
        client = Client(port, number, "10.0.1.1" if role is slow else f"10.0.0.{number}")
        while time.monotonic() < end:
            try:
                role(client, tally, expected)
            except Exception as error:  # noqa: BLE001 - whatever happens to a client is a finding
                tally.count(role.__name__, time.perf_counter(), repr(error))

    numbers = itertools.count(1)
    threads = [threading.Thread(target=work, args=(role, next(numbers))) for role, many in ROLES for _ in range(many)]
    for thread in threads:
        thread.start()
    memory, seen = [], set()
    while time.monotonic() < end:
        processes = family(process.pid)
        seen |= {*processes}
        memory.append(megabytes(processes))
        time.sleep(1)
    for thread in threads:
        thread.join()
    return tally, memory, seen


def main() -> int:
    """Run the soak and print what it has found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--releases", type=Path, default=Path(__file__).parent.parent / ".clustergraph")
    options = parser.parse_args()
    sys.setswitchinterval(0.0005)  # The clients are threads, and wait for one another no longer than they must.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, **{f"CLUSTERGRAPH_{name}": value for name, value in SETTINGS.items()}}
    command = [sys.executable, "-m", "clustergraph", "--releases", str(options.releases), "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    log: list[bytes] = []
    reading = threading.Thread(target=lambda: log.extend(process.stderr or ()))
    reading.start()
    try:
        wait_until_ready(port)
        tally, memory, seen = run(port, process, options.minutes)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        reading.join()
    time.sleep(1)
    orphans = [each for each in seen if Path(f"/proc/{each}/cmdline").exists() and b"clustergraph" in cmdline(each)]
    events = b'"event": "slow query"', b'"event": "Invalid HTTP', b'"event": "too many', b'"status": 503', b"serving on"
    unforeseen = [line for line in log if not any(each in line for each in events)]
    return report(tally, memory, orphans, unforeseen)


def cmdline(process: int) -> bytes:
    """Return the command of a process, nothing if it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""


def wait_until_ready(port: int) -> None:
    """Wait until the service answers."""
    for _ in range(200):
        with suppress(OSError):
            if Client(port, 0, "10.0.0.0").ask("GET", "/ready")[0] == 200:
                return
        time.sleep(0.1)
    raise SystemExit("the service does not start")


def report(tally: Tally, memory: list[float], orphans: list[int], unforeseen: list[bytes]) -> int:
    """Print the findings, and return how many kinds of trouble there were."""
    print(f"{'':10} {'requests':>9} {'median ms':>10} {'p99 ms':>9} {'max ms':>9}")
    for kind, count in tally.sent.items():
        times = sorted(1000 * seconds for seconds in tally.seconds[kind])
        print(
            f"{kind:10} {count:9,} {statistics.median(times):10.1f}"
            f" {times[int(len(times) * 0.99)]:9.1f} {times[-1]:9.1f}"
        )
    quarter = max(1, len(memory) // 4)
    early, late = statistics.mean(memory[quarter : 2 * quarter]), statistics.mean(memory[-quarter:])
    print(f"memory: second quarter {early:.0f} MB, last quarter {late:.0f} MB, most {max(memory):.0f} MB")
    print(f"failures: {len(tally.failures)}, orphans: {len(orphans)}, unforeseen: {len(unforeseen)}")
    for failure in [*tally.failures[:10], *(line.decode() for line in unforeseen[:30])]:
        print("  ", failure[:3000])
    trouble = [bool(tally.failures), bool(orphans), bool(unforeseen), late > 1.2 * early + 10]
    print("passed" if not any(trouble) else "FAILED")
    return int(any(trouble))


if __name__ == "__main__":
    sys.exit(main())
