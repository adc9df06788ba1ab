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
from clustergraph.web import entities, openapi, pages, questions, sparql
from clustergraph.web.http import READ, Common
from clustergraph.web.service import Service

_STATIC = Path(__file__).parent / "static"


def create_app(root: Path, settings: Settings) -> FastAPI:
    """Return the service for a data root.

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
    app.router.redirect_slashes = False

    app.add_route("/", pages.home, ["GET", "HEAD"])
    app.add_route("/health", pages.health, ["GET", "HEAD"])
    app.add_route("/dataset", pages.dataset, ["GET", "HEAD"])
    app.add_route("/.well-known/void", pages.dataset, ["GET", "HEAD"])
    app.add_route("/sparql", sparql.endpoint, ["GET", "HEAD", "POST"])
    app.add_route("/openapi.json", openapi.openapi, ["GET", "HEAD"])
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
    app.add_middleware(Common, methods={"/sparql": (*READ, "POST")})
    return app
