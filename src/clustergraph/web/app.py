"""The service: its routes, on one screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from clustergraph import __version__
from clustergraph.config import Settings
from clustergraph.errors import ClustergraphError
from clustergraph.web import (
    conflicts,
    description,
    downloads,
    entities,
    explanation,
    graphstore,
    openapi,
    pages,
    questions,
    search,
    sparql,
    status,
    updates,
    validation,
)
from clustergraph.web.http import READ, Common
from clustergraph.web.service import Service
from clustergraph.web.watch import Watch

_METHODS = {
    "/sparql": (*READ, "POST"),
    "/validate": (*READ, "POST"),
    "/update": ("POST", "OPTIONS"),
    "/graph-store": (*READ, *updates.METHODS),
}
_STATIC = Path(__file__).parent / "static"


def create_app(
    root: Path, settings: Settings, writing: updates.Writing | None = None, project: Path | None = None
) -> FastAPI:
    """Return the service for a data root; it takes changes if there is what it needs for writing.

    Data that comes without shapes is checked by those of the project.

    Raises:
        ReleaseError: nothing has been published there.
    """
    service = Service(root, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.pool:
            await service.pool.warm(service.release.path)
            yield

    # The pages of the framework's own documentation load their scripts from another host.
    app = FastAPI(
        title="clustergraph", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.service = service
    app.state.writing = writing
    app.state.judges = validation.Judges(settings, project)
    app.router.redirect_slashes = False

    # The first is found soonest, and this one is asked for most.
    app.add_route("/sparql", sparql.endpoint, ["GET", "HEAD", "POST"])
    app.add_route("/", pages.home, ["GET", "HEAD"])
    app.add_route("/health", status.health, ["GET", "HEAD"])
    app.add_route("/ready", status.ready, ["GET", "HEAD"])
    app.add_route("/metrics", status.metrics, ["GET", "HEAD"])
    app.add_route("/dataset", description.dataset, ["GET", "HEAD"])
    app.add_route("/.well-known/void", description.dataset, ["GET", "HEAD"])
    app.add_route("/download", downloads.index, ["GET", "HEAD"])
    app.add_route("/download/{name}", downloads.file, ["GET", "HEAD"])
    app.add_route("/graph-store", graphstore.read, ["GET", "HEAD"])
    app.add_route("/graph-store", updates.change_graph, updates.METHODS)
    app.add_route("/graph/{path:path}", updates.change_here, updates.METHODS)
    app.add_route("/update", updates.endpoint, ["POST"])
    app.add_route("/validate", validation.endpoint, ["GET", "HEAD", "POST"])
    app.add_route("/openapi.json", openapi.openapi, ["GET", "HEAD"])
    app.add_route("/conflicts", conflicts.conflicts, ["GET", "HEAD"])
    app.add_route("/conflicts.{extension}", conflicts.conflicts, ["GET", "HEAD"])
    app.add_route("/explain", explanation.explain, ["GET", "HEAD"])
    app.add_route("/explain.{extension}", explanation.explain, ["GET", "HEAD"])
    app.add_route("/search", search.search, ["GET", "HEAD"])
    app.add_route("/search.{extension}", search.search, ["GET", "HEAD"])
    app.add_route("/questions", questions.index, ["GET", "HEAD"])
    app.add_route("/questions.{extension}", questions.index, ["GET", "HEAD"])
    app.add_route("/questions/{name}", questions.answer, ["GET", "HEAD"])
    app.add_route("/describe", entities.describe, ["GET", "HEAD"])
    for space in entities.SPACES:
        app.add_route(f"/{space}", entities.thing, ["GET", "HEAD"])
        app.add_route(f"/{space}/{{path:path}}", entities.thing, ["GET", "HEAD"])
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")

    for kind in (ClustergraphError, HTTPException, Exception):
        app.add_exception_handler(kind, pages.problem)
    app.add_middleware(Common, methods=_METHODS, max_bytes=settings.header_bytes)
    app.add_middleware(Watch, metrics=service.metrics, log_requests=bool(settings.log_requests))
    return app
