"""What the service counts, in the text format of Prometheus."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from clustergraph.errors import QueryError, RefusedQueryError
from clustergraph.store import OverLimitError
from clustergraph.store.hosts import HostError
from clustergraph.store.workers import BusyError
from clustergraph.web.caller import GoneError

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the latency histogram, in seconds."""

ANSWERED: Final = "answered"
CACHED: Final = "cached"
OUTCOMES: Final = (
    ANSWERED, CACHED, "malformed", "refused", "deadline", "memory", "result too large", "query too large",
    "too complex", "busy", "abandoned", "other host", "failed",
)  # fmt: skip
"""Everything that a query can come to."""

_OF_LIMIT: Final = {
    "query_seconds": "deadline",
    "worker_memory_mb": "memory",
    "result_bytes": "result too large",
    "query_bytes": "query too large",
    "nesting": "too complex",
    "fetches in one query": "too complex",
    "fetch_seconds": "deadline",
    "fetch_bytes": "other host",
}
_KILLED: Final = ("deadline", "stepped aside", "memory", "crash", "abandoned", "died idle", "lost")


def outcome_of(error: BaseException) -> str:
    """Return what a query came to that ended in an error.

    >>> outcome_of(QueryError("the query is empty"))
    'malformed'
    """
    match error:
        case BusyError():
            return "busy"
        case OverLimitError():
            return _OF_LIMIT.get(error.limit, "failed")
        case QueryError():
            return "malformed"
        case RefusedQueryError():
            return "refused"
        case GoneError():
            return "abandoned"
        case HostError():
            return "other host"
        case _:
            return "failed"


@dataclass
class Seen:
    """One query that is being counted."""

    outcome: str = ANSWERED
    seconds: float = 0.0


class Metrics:
    """The counters of one service."""

    def __init__(self) -> None:
        """Start at nought."""
        self.requests: Counter[tuple[str, int]] = Counter()
        """Requests by method and status."""
        self.queries: Counter[str] = Counter()
        """Queries by what they came to."""
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    @contextmanager
    def query(self, seen: Seen) -> Iterator[None]:
        """Count a query, and how long it takes; an error is its outcome."""
        begun = time.perf_counter()
        try:
            yield
        except BaseException as error:
            seen.outcome = outcome_of(error)
            raise
        finally:
            seen.seconds = time.perf_counter() - begun
            self._count(seen.outcome, seen.seconds)

    def cached(self) -> None:
        """Count a query whose answer was there already."""
        self._count(CACHED, 0.0)

    def _count(self, outcome: str, seconds: float) -> None:
        self.queries[outcome] += 1
        self._seconds += seconds
        self._buckets[bisect_left(BUCKETS, seconds)] += 1

    @contextmanager
    def refusal(self) -> Iterator[None]:
        """Count a query only if it does not get past what is done here."""
        try:
            yield
        except Exception as error:
            self.queries[outcome_of(error)] += 1
            raise

    def text(self, gauges: Mapping[str, tuple[str, float]], killed: Counter[str], release: Mapping[str, str]) -> str:
        """Return everything in the text format of Prometheus.

        Args:
            gauges: what is so at this moment: name to meaning and value.
            killed: how many workers were ended before their time, by reason.
            release: what labels the release that is served.
        """
        queries = {f'outcome="{name}"': self.queries[name] for name in OUTCOMES}
        requests = {f'method="{method}",status="{status}"': n for (method, status), n in sorted(self.requests.items())}
        reasons = {f'reason="{name}"': killed[name] for name in _KILLED}
        labels = ",".join(f'{name}="{value}"' for name, value in release.items())
        lines = [
            *_family("queries_total", "counter", "Queries by what they came to.", queries),
            *self._histogram(),
            *_family("http_requests_total", "counter", "Requests by method and status.", requests),
            *_family("workers_killed_total", "counter", "Workers ended before their time, by reason.", reasons),
            *_family("release_info", "gauge", "The release that is served.", {labels: 1}),
        ]
        for name, (meaning, value) in gauges.items():
            lines += _family(name, "counter" if name.endswith("_total") else "gauge", meaning, {"": value})
        return "\n".join(lines) + "\n"

    def _histogram(self) -> Iterator[str]:
        name = "clustergraph_query_seconds"
        yield f"# HELP {name} How long queries took, in seconds, cached ones included."
        yield f"# TYPE {name} histogram"
        total = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), self._buckets, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self._seconds:.6f}"
        yield f"{name}_count {total}"


def _family(name: str, kind: str, meaning: str, samples: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP clustergraph_{name} {meaning}"
    yield f"# TYPE clustergraph_{name} {kind}"
    for labels, value in samples.items():
        yield f"clustergraph_{name}{{{labels}}} {value}" if labels else f"clustergraph_{name} {value}"
