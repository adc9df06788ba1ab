"""How fast the endpoint is, beside `oxigraph serve` in memory and rdflib-endpoint, on a generated graph.

    python -m bench.endpoint --quads 100000

Servers run on the cores of --cores and take turns: every measure is repeated in rounds, each server once in each, and
what counts is the median of the ratios. All answers are compared first. Nothing but `pip install` leaves the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Final

from pyoxigraph import QueryResultsFormat, RdfFormat, Store

from bench.graphs import Size, write_release
from bench.load import Endpoint, Outcome, closed_loop
from bench.queries import LOOK_UPS, QUERIES, Query
from bench.servers import Running, ours, oxigraph, rdflib_endpoint, running
from clustergraph.release.artefacts import dump_of
from clustergraph.release.manifest import Release
from clustergraph.sparql.exists import rewrite

CLIENTS: Final = 16
_NUMBERS: Final = count(1_000_000)
_DIFFERENT: Final = 400
"""How many different queries of each kind are asked again and again where the cache is measured."""

TARGETS: Final = {
    "small, not cached": 0.3,
    "small, cached": 0.75,
    "look-ups only, not cached": 0.0,
    "look-ups only, cached": 0.0,
    "large, not cached": 0.95,
    "large, cached": 20.0,
    "light mix, not cached": 25.0,
    "light mix, cached": 25.0,
    "light mix, oxigraph": 0.0,
    "NOT EXISTS, two patterns": 50.0,
    "two patterns, in the engine": 50.0,
    "NOT EXISTS, three patterns": 0.0,
}


KNOWN: Final = {"newest figures (rdflib-endpoint)"}
"""Answers that are known to differ: rdflib does not compare two values of xsd:gYear."""


def main() -> int:
    """Run the benchmark and print what came out; the exit code says whether all answers were the same."""
    options = _options()
    cores = frozenset(map(int, options.cores.split(","))) if options.cores else frozenset()
    others = frozenset(os.sched_getaffinity(0)) - cores or frozenset(os.sched_getaffinity(0))
    root = options.folder / f"graph-{options.quads}"
    release = (root / "current").resolve() if (root / "current").exists() else write_release(root, options.quads)
    size = Size.of(options.quads)
    print(f"{Release.read(release).quads:,} statements, servers on cores {sorted(cores)}")
    print(f"and clients on cores {sorted(others)}; load of the machine before: {os.getloadavg()[0]:.1f}\n")
    with ExitStack() as stack:

        def start(server: object) -> Running:
            return stack.enter_context(running(server, cores))  # type: ignore[arg-type]  # a Server

        mine = start(ours(root, 7101, log_requests=int(options.log)))
        theirs = start(oxigraph(options.folder, release, 7102))
        small = None if options.no_rdflib else start(rdflib_endpoint(options.folder, release, 7103))
        servers = [mine, theirs, *([small] if small else [])]
        for server in servers:
            print(f"{server.endpoint.name:16} first answer after {server.seconds:5.1f} s, {server.memory():6.0f} MB")
        time.sleep(options.settle)  # The release is being loaded into memory.
        print(f"{'clustergraph':16} with the release in memory                {mine.memory():6.0f} MB\n")
        same = compare(servers, size)
        one_by_one(mine, theirs, size)
        bench = Rounds(options.rounds, options.seconds, others)
        reached = {
            "small, not cached": bench.ratio(mine, theirs, lambda: _different(size, "small", 20_000)),
            "small, cached": bench.ratio(mine, theirs, lambda: _same(size, "small")),
            "look-ups only, not cached": bench.ratio(mine, theirs, lambda: _different(size, "look-up", 20_000)),
            "look-ups only, cached": bench.ratio(mine, theirs, lambda: _same(size, "look-up")),
            "large, not cached": bench.ratio(mine, theirs, lambda: _different(size, "large", 300), clients=4),
            "large, cached": bench.ratio(mine, theirs, lambda: _same(size, "large"), clients=4),
            "NOT EXISTS, two patterns": not_exists(mine, theirs, size, "two", options.rounds),
            "two patterns, in the engine": in_engine(release, size, "two"),
            "NOT EXISTS, three patterns": not_exists(mine, theirs, size, "three", options.rounds),
        }
        if small is not None:
            reached["light mix, not cached"] = bench.ratio(mine, small, lambda: _different(size, "light", 20_000))
            reached["light mix, cached"] = bench.ratio(mine, small, lambda: _same(size, "light"))
            # What there is to be reached at most where every answer is computed.
            reached["light mix, oxigraph"] = bench.ratio(theirs, small, lambda: _different(size, "light", 20_000))
        print(f"\nmemory after all that: clustergraph {mine.memory():.0f} MB, oxigraph {theirs.memory():.0f} MB")
    report(reached)
    return 0 if same else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quads", type=int, default=100_000, help="statements of the graph (default 100000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured (default 3)")
    parser.add_argument("--seconds", type=float, default=4, help="how long each closed loop runs (default 4)")
    parser.add_argument("--cores", default="0,1", help="cores for the servers; clients take the others (default 0,1)")
    parser.add_argument(
        "--folder", type=Path, default=Path(".clustergraph/bench"), help="where graphs and servers are kept"
    )
    parser.add_argument("--no-rdflib", action="store_true", help="leave rdflib-endpoint out")
    parser.add_argument(
        "--log", action="store_true", help="let this service write its log of requests, as it does by default"
    )
    parser.add_argument("--settle", type=float, default=3, help="seconds to wait before measuring (default 3)")
    return parser.parse_args()


def compare(servers: Sequence[Running], size: Size) -> bool:
    """Compare the answers of all servers to every query; the Python engine is asked only the light ones."""
    different = []
    for query in QUERIES:
        for number in (1, 2, 3):
            asked = [server for server in servers if query.light or "rdflib" not in server.endpoint.name]
            answers = [_rows(server.endpoint, query.of(size, number)) for server in asked]
            different += [
                f"{query.name} ({server.endpoint.name})"
                for server, answer in zip(asked, answers, strict=True)
                if answer != answers[0]
            ]
    unforeseen = sorted(set(different) - KNOWN)
    print(f"same answers to {len(QUERIES)} queries, each about three things: {'no' if unforeseen else 'yes'}")
    for name in sorted(set(different)):
        print(f"  other answers: {name}{'' if name in unforeseen else ', as is known'}")
    return not unforeseen


def _rows(endpoint: Endpoint, text: str) -> object:
    connection = endpoint.connect()
    status, _, body = connection.ask(endpoint.request(text))
    connection.close()
    if status != 200:
        return f"{endpoint.name}: {status} {body[:200]!r}"
    answer = json.loads(body)
    if "boolean" in answer:
        return bool(answer["boolean"])
    return Counter(
        tuple(
            sorted((name, *(str(term.get(k, "")) for k in ("type", "value", "xml:lang"))) for name, term in row.items())
        )
        for row in answer["results"]["bindings"]
    )


def one_by_one(mine: Running, theirs: Running, size: Size) -> None:
    """Print how long each query takes when nothing else is asked."""
    print(f"\n{'milliseconds, one client, not cached':58}{'clustergraph':>13}{'oxigraph':>10}{'ratio':>8}")
    for query in QUERIES:
        times = [_milliseconds(server.endpoint, query, size, 5) for server in (mine, theirs)]
        print(f"  {query.kind:7}{query.name:49}{times[0]:13.2f}{times[1]:10.2f}{times[1] / times[0]:8.2f}")


def _milliseconds(endpoint: Endpoint, query: Query, size: Size, times: int) -> float:
    connection = endpoint.connect()
    taken = []
    for _ in range(times):
        request = endpoint.request(query.of(size, next(_NUMBERS)))
        begun = time.perf_counter()
        status, _, body = connection.ask(request)
        taken.append(1000 * (time.perf_counter() - begun))
        if status != 200:
            raise SystemExit(f"{endpoint.name}: {status} {body[:300]!r}")
    connection.close()
    return statistics.median(taken)


Asking = Callable[[], Callable[[Endpoint], list[bytes]]]


class Rounds:
    """Closed loops of clients, the servers in turn."""

    def __init__(self, rounds: int, seconds: float, cores: frozenset[int]) -> None:
        """Keep how often, how long, and where the clients run."""
        self._rounds = rounds
        self._seconds = seconds
        self._cores = cores

    def ratio(self, mine: Running, theirs: Running, asking: Asking, clients: int = CLIENTS) -> list[float]:
        """Return for each round how many answers a second one server gives for one of the other."""
        ratios = []
        for _ in range(self._rounds):
            outcomes = [self._loop(server, asking(), clients) for server in (mine, theirs)]
            ratios.append(outcomes[0].rate / outcomes[1].rate if outcomes[1].rate else float("inf"))
        return ratios

    def _loop(self, server: Running, asking: Callable[[Endpoint], list[bytes]], clients: int) -> Outcome:
        endpoint = server.endpoint
        outcome = closed_loop(endpoint.port, asking(endpoint), self._seconds, clients, self._cores)
        print(
            f"  {asking.__name__:26}{endpoint.name:16}{outcome.rate:9.1f}/s  p50 {outcome.percentile(0.5):8.2f} ms"
            f"  p99 {outcome.percentile(0.99):8.1f} ms" + (f"  {outcome.failed} failed" if outcome.failed else ""),
            flush=True,
        )
        return outcome


def _of_kind(kind: str) -> Iterable[Query]:
    if kind == "look-up":
        return [query for query in QUERIES if query.name in LOOK_UPS]
    return [query for query in QUERIES if query.kind == kind or (kind == "light" and query.light)]


def _different(size: Size, kind: str, most: int) -> Callable[[Endpoint], list[bytes]]:
    def ask(endpoint: Endpoint) -> list[bytes]:
        queries = list(_of_kind(kind))
        return [endpoint.request(queries[n % len(queries)].of(size, next(_NUMBERS))) for n in range(most)]

    ask.__name__ = f"{kind}, not cached"
    return ask


def _same(size: Size, kind: str) -> Callable[[Endpoint], list[bytes]]:
    def ask(endpoint: Endpoint) -> list[bytes]:
        queries = list(_of_kind(kind))
        most = len(queries) if kind == "large" else _DIFFERENT
        requests = [endpoint.request(queries[n % len(queries)].of(size, n)) for n in range(most)]
        connection = endpoint.connect()
        for request in requests:
            connection.ask(request)
        connection.close()
        return requests

    ask.__name__ = f"{kind}, cached"
    return ask


def not_exists(mine: Running, theirs: Running, size: Size, kind: str, rounds: int) -> list[float]:
    """Return for each query of a kind, and each round, how many times faster it is than by the engine as it comes."""
    ratios = []
    for _ in range(rounds):
        for query in _of_kind(kind):
            here, there = (_milliseconds(server.endpoint, query, size, 1) for server in (mine, theirs))
            print(f"  {query.name:48}{here:8.1f} ms  as the engine comes {there:10.1f} ms {there / here:8.1f}")
            ratios.append(there / here)
    return ratios


def in_engine(release: Path, size: Size, kind: str) -> list[float]:
    """Return for each query of a kind how many times less time the engine takes for it when it is rewritten."""
    ratios, store = [], Store()
    store.bulk_load(path=dump_of(release), format=RdfFormat.N_QUADS)
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    for query in _of_kind(kind):
        text = query.of(size, next(_NUMBERS))
        there, here = (_in_engine(store, each) for each in (text, rewrite(text)))
        print(
            f"  {query.name:48}{here:8.1f} ms  as the engine comes {there:10.1f} ms {there / here:8.1f}  in the engine"
        )
        ratios.append(there / here)
    return ratios


def _in_engine(store: Store, text: str) -> float:
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        store.query(text).serialize(format=QueryResultsFormat.JSON)
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)


def report(reached: Mapping[str, Sequence[float]]) -> None:
    """Print the ratios beside the targets."""
    print(f"\n{'':30}{'reached':>9}{'from':>9}{'to':>9}{'target':>9}")
    for name, ratios in reached.items():
        median, target = statistics.median(ratios), TARGETS[name]
        verdict = "" if median >= target else "  short"
        wanted = f"{target:9.2f}" if target else f"{'-':>9}"
        print(f"{name:30}{median:9.2f}{min(ratios):9.2f}{max(ratios):9.2f}{wanted}{verdict}")


if __name__ == "__main__":
    sys.exit(main())
