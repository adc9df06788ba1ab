"""Whether the service is well, for those who run it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clustergraph import store
from clustergraph.errors import ClustergraphError
from clustergraph.web.service import Service

_FRESH: Final = {"Cache-Control": "no-store"}
_PROBE: Final = store.Request("ASK {}", "csv")


async def health(request: Request) -> Response:
    """Say that the service is alive, and from which release it answers."""
    release = request.app.state.service.release
    return JSONResponse({"status": "ok", "release": release.digest, "quads": release.quads}, headers=_FRESH)


async def ready(request: Request) -> Response:
    """Say whether a release is open and a worker answers from it."""
    service: Service = request.app.state.service
    try:
        release = service.release
        await service.pool.answer(release.path, _PROBE, client="/ready")
    except ClustergraphError as error:
        problem = {"status": "not ready", "detail": error.message}
        return JSONResponse(problem, HTTPStatus.SERVICE_UNAVAILABLE, {**_FRESH, "Retry-After": "1"})
    return JSONResponse({"status": "ready", "release": release.digest}, headers=_FRESH)


async def metrics(request: Request) -> Response:
    """Give the counters in the text format of Prometheus."""
    service: Service = request.app.state.service
    release = service.release
    gauges = {
        "cache_hits_total": ("Answers that came from the cache.", service.metrics.queries["cached"]),
        "cache_bytes": ("How much the cache holds.", service.cache.size),
        "queries_inside": ("Queries that run or wait.", len(service.pool.room)),
        "queries_waiting": ("Queries that wait for their turn.", service.pool.waiting),
        "workers": ("Worker processes.", service.pool.size),
        "release_quads": ("Statements of the release.", release.quads),
    }
    named = {"digest": release.digest, "version": release.version, "created": release.created}
    text = service.metrics.text(gauges, service.pool.ended, named)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8", headers=_FRESH)
