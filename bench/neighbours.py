"""How long `ASK {}` takes beside clients that fetch large documents of the same service without a pause.

    python -m bench.neighbours                         the release in .clustergraph, this program
    python -m bench.neighbours --before ../old/src     and the same with another version of the program

Four clients fetch one address: first as clients do, so that the service may send the same answer again, then with a
header that asks for it anew, and then with the tag of the answer, so that there is nothing to send. Beside them one
asks `ASK {}`, each time another one by its comment, twenty times a second. Aim: 99 in 100 under 100 ms on two cores.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final
from urllib.parse import quote

CLIENTS: Final = 4
AIM: Final = 0.1
PAUSE: Final = 0.05
_LEAST: Final = 10
"""How many queries there are at least."""
ADDRESSES: Final = {
    "nobody": "",
    "OpenAPI": "/openapi.json",
    "questions (JSON)": "/questions?format=json",
    "conflicts (page)": "/conflicts?format=html",
    "conflicts (JSON)": "/conflicts?format=json",
    "a large thing (page)": "/id/document/wiintech-2020.html",
    "a large thing (RDF)": "/id/document/wiintech-2020.ttl",
    "a question with evidence": "/questions/partners-by-place?format=json&evidence=true&limit=50",
    "a graph": "/graph-store?default",
}


@contextmanager
def serving(root: Path, source: Path) -> Iterator[int]:
    """Run the service from a folder of sources; yield its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(source), "CLUSTERGRAPH_LOG_REQUESTS": "0"}
    command = [sys.executable, "-m", "clustergraph", "--releases", str(root), "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                if _fetch(port, "/ready")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _fetch(port: int, address: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers.get("ETag", "")


def keep_fetching(port: int, address: str, headers: dict[str, str], end: Event) -> None:
    """Fetch an address without a pause."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not end.is_set():
        connection.request("GET", address, headers={"Accept-Encoding": "gzip", **headers})
        response = connection.getresponse()
        response.read()
        if response.status not in (200, 304):
            sys.exit(f"{address}: {response.status}")


def ask(port: int, seconds: float) -> list[float]:
    """Return how long queries took, in seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken, number, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end or number < _LEAST:
        number += 1
        begun = time.perf_counter()
        connection.request("GET", f"/sparql?query={quote(f'ASK {{}} # {number} {begun}')}")
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            sys.exit(f"ASK: {response.status}")
        taken.append(time.perf_counter() - begun)
        time.sleep(PAUSE)
    return taken


def beside(port: int, address: str, headers: dict[str, str], seconds: float) -> tuple[float, float]:
    """Return the median and the 99th of a hundred of `ASK {}` beside clients that fetch an address, in seconds."""
    end = multiprocessing.Event()
    given = (port, address, headers, end)
    clients = [multiprocessing.Process(target=keep_fetching, args=given) for _ in range(CLIENTS if address else 0)]
    for client in clients:
        client.start()
    time.sleep(0.5)
    taken = ask(port, seconds)
    end.set()
    for client in clients:
        client.join()
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


def measure(root: Path, source: Path, seconds: float, names: list[str]) -> dict[tuple[str, str], tuple[float, float]]:
    """Return median and 99th of a hundred beside every address, in each of the three ways."""
    found = {}
    with serving(root, source) as port:
        for name in names:
            address = ADDRESSES[name]
            status, etag = _fetch(port, address) if address else (200, "")
            if status != 200:
                print(f"{name}: {status}, left out", file=sys.stderr)
                continue
            ways = {"as it is": {}, "anew": {"Cache-Control": "no-cache"}, "unchanged": {"If-None-Match": etag}}
            for way, headers in ways.items() if address else [("", {})]:
                found[name, way] = beside(port, address, headers, seconds)
    return found


def main() -> int:
    """Measure and print; return 1 if the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = Path(__file__).parents[1]
    parser.add_argument("--releases", type=Path, default=here / ".clustergraph", help="the data root to serve")
    parser.add_argument("--before", type=Path, help="the src/ of another version of the program")
    parser.add_argument("--before-releases", type=Path, help="its data root, where it needs another one")
    parser.add_argument("--only", nargs="+", default=[*ADDRESSES], choices=ADDRESSES, help="beside these alone")
    parser.add_argument("--seconds", type=float, default=6.0, help="how long beside each address")
    options = parser.parse_args()
    before, root = {}, options.before_releases or options.releases
    if options.before:
        before = measure(root, options.before, options.seconds, options.only)
    after = measure(options.releases, here / "src", options.seconds, options.only)
    print(f"{'ASK {} beside':28}{'':12}{'p50':>9}{'p99':>9}" + (f"{'before':>9}{'':>9}" if before else ""))
    for (name, way), figures in after.items():
        columns = (*figures, *before.get((name, way), ()))
        print(f"{name:28}{way:12}" + "".join(f"{1000 * each:7.1f}ms" for each in columns))
    return int(any(figures[1] > AIM for figures in after.values()))


if __name__ == "__main__":
    sys.exit(main())
