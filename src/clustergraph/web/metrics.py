"""What those who run the service see of it: whether it is well, and what it counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clustergraph.engine import store
from clustergraph.errors import BusyError, ClustergraphError, OverLimitError, QueryError, RefusedQueryError
from clustergraph.graph import Graph
from clustergraph.sparql.federation import HostError
from clustergraph.web.middleware import GoneError

if TYPE_CHECKING:
    from clustergraph.web.service import Service

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the latency histogram, in seconds."""
ANSWERED: Final = "answered"
_CACHED: Final = "cached"
OUTCOMES: Final = (
    ANSWERED, _CACHED, "malformed", "refused", "deadline", "memory", "result too large", "query too large",
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
_OF_KIND: Final[Mapping[type[Exception], str]] = {
    BusyError: "busy",
    QueryError: "malformed",
    RefusedQueryError: "refused",
    GoneError: "abandoned",
    HostError: "other host",
}
_KILLED: Final = ("deadline", "stepped aside", "memory", "crash", "abandoned", "died idle", "lost")
"""Why a worker is ended before its time."""
_FRESH: Final = {"Cache-Control": "no-store"}
_PROBE: Final = store.Request("ASK {}", "csv")

disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter began is not worth a second sample of each


def outcome_of(error: BaseException) -> str:
    """Return what a query came to that ended in an error."""
    if isinstance(error, OverLimitError) and not isinstance(error, BusyError):
        return _OF_LIMIT.get(error.limit, "failed")
    return next((outcome for kind, outcome in _OF_KIND.items() if isinstance(error, kind)), "failed")


class Metrics(Collector):
    """The counters of one service, and what is so with it at this moment."""

    def __init__(self, service: Service) -> None:
        """Start at nought."""
        self._service = service
        self.registry = registry = CollectorRegistry()
        labels, words = ["method", "status"], "Requests by method and status."
        self._requests = Counter("clustergraph_http_requests", words, labels, registry=registry)
        self._queries = Counter("clustergraph_queries", "Queries by what they came to.", ["outcome"], registry=registry)
        words = "How long queries took, in seconds, cached ones included."
        self._seconds = Histogram("clustergraph_query_seconds", words, buckets=_BUCKETS, registry=registry)
        self._hits = Counter("clustergraph_cache_hits", "Answers that came from a cache.", registry=registry)
        registry.register(self)
        for outcome in OUTCOMES:
            self._queries.labels(outcome)

    def answered(self, method: str, status: int) -> None:
        """Count a request."""
        self._requests.labels(method, status).inc()

    def query(self, outcome: str, seconds: float) -> None:
        """Count a query, and how long it took."""
        self._queries.labels(outcome).inc()
        self._seconds.observe(seconds)

    def cached(self) -> None:
        """Count a query whose answer was there already."""
        self.query(_CACHED, 0.0)
        self._hits.inc()

    @contextmanager
    def refusal(self) -> Iterator[None]:
        """Count a query only if it does not get past what is done here."""
        try:
            yield
        except Exception as error:
            self._queries.labels(outcome_of(error)).inc()
            raise

    def collect(self) -> Iterator[Metric]:
        """Yield what is so at this moment."""
        service = self._service
        release = service.release
        words = "Workers ended before their time, by reason."
        ended = CounterMetricFamily("clustergraph_workers_killed", words, labels=["reason"])
        for reason in _KILLED:
            ended.add_metric([reason], service.pool.ended[reason])
        yield ended
        named = {"digest": release.digest, "version": release.version, "created": release.created}
        info = GaugeMetricFamily("clustergraph_release_info", "The release that is served.", labels=[*named])
        info.add_metric([*named.values()], 1)
        yield info
        for name, meaning, value in (
            ("cache_bytes", "How much the cache of results holds.", service.cache.currsize),
            ("response_cache_bytes", "How much the cache of whole responses holds.", service.responses.currsize),
            ("queries_inside", "Queries that run or wait.", len(service.pool.admission)),
            ("queries_waiting", "Queries that wait for their turn.", service.pool.waiting),
            ("workers", "Worker processes.", len(service.pool.every)),
            ("release_quads", "Statements of the release.", release.quads),
        ):
            yield GaugeMetricFamily(f"clustergraph_{name}", meaning, value)


async def metrics(request: Request) -> Response:
    """Give the counters in the text format of Prometheus."""
    content = generate_latest(request.app.state.service.metrics.registry)
    return Response(content, media_type="text/plain; version=0.0.4; charset=utf-8", headers=_FRESH)


async def health(request: Request) -> Response:
    """Say that the service is alive, and from which release it answers."""
    release = request.app.state.service.release
    return JSONResponse({"status": "ok", "release": release.digest, "quads": release.quads}, headers=_FRESH)


async def ready(request: Request) -> Response:
    """Say whether a release is open and a worker answers from it."""
    service: Service = request.app.state.service
    try:
        release = service.release
        await service.pool.run(release.path, Graph.answer, _PROBE, client="/ready", light=True)
    except ClustergraphError as error:
        problem = {"status": "not ready", "detail": error.message}
        return JSONResponse(problem, HTTPStatus.SERVICE_UNAVAILABLE, {**_FRESH, "Retry-After": "1"})
    return JSONResponse({"status": "ready", "release": release.digest}, headers=_FRESH)
