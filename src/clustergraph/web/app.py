"""The service: its routes, on one screen."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clustergraph import __version__
from clustergraph.errors import ClustergraphError
from clustergraph.mcp.server import over_http, server_of
from clustergraph.release.artefacts import Made
from clustergraph.settings import Settings
from clustergraph.web import (
    assets,
    assistance,
    audit,
    authorisation,
    compare,
    conflicts,
    documentation,
    downloads,
    explanation,
    feeds,
    graphstore,
    home,
    matches,
    metrics,
    ontology,
    openapi,
    pages,
    questions,
    reconcile,
    short_links,
    sparql,
    suggestions,
    things,
    updates,
    validation,
)
from clustergraph.web.middleware import Gate, Replay, methods
from clustergraph.web.negotiation import Negotiation
from clustergraph.web.problems import RequestError, wrong_parameter
from clustergraph.web.responses import HTML_UTF8, PAGE_OR_JSON, Offers, prefers_html
from clustergraph.web.service import Service

_PROBLEMS: Final = Offers({"problem": ("application/problem+json", "application/json"), "text": ("text/plain",)})


def create_app(
    root: Path,
    settings: Settings,
    writing: authorisation.Writing | None = None,
    project: Path | None = None,
    *,
    address: str = "http://127.0.0.1:8123",
) -> FastAPI:
    """Return the service for a data root, where something must have been published.

    Args:
        root: where the releases are.
        settings: limits, and the address that pages and descriptions show.
        writing: what the service needs to take changes from those who have a token; without it there are none.
        project: whose shapes check data that comes without.
        address: where the service listens; shown where the settings have no other address.
    """
    service = Service(root, settings, address)
    models = over_http(server_of(service.served, settings))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.pool, models.router.lifespan_context(models):
            await service.pool.warm(service.release.path)
            if writing:
                writing.writer.start(service.pool)
                if app.state.access.taking_changes and not Made.of(service.release.path).downloads:
                    writing.writer.export()
            yield
            if writing:
                writing.writer.stop()

    # The pages of the framework's own documentation load their scripts from another host.
    app = FastAPI(
        title="clustergraph",
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        redirect_slashes=False,
        default_response_class=Response,
        responses={"4XX": {"description": "what is wrong", "content": {"application/problem+json": {}}}},
    )
    app.state.service = service
    app.state.writing = writing
    app.state.access = authorisation.Access(root, writing)
    app.state.shortening = short_links.Shortening(root, settings)
    app.state.validations = validation.Validations(service, project)

    # The first is found soonest, and this one is asked for most.
    app.add_route("/sparql", sparql.endpoint, ["GET", "POST"])
    app.add_route("/sparql/check", assistance.mistakes_in, ["GET", "POST"])
    app.add_route("/sparql/vocabulary", assistance.vocabulary, ["GET"])
    app.add_route("/graph-store", graphstore.read, ["GET"])
    app.add_route("/graph-store", updates.change_graph, updates.METHODS)
    app.add_route("/graph/{path:path}", updates.change_here, updates.METHODS)
    app.add_route("/update", updates.endpoint, ["POST"])
    app.add_route("/validate", validation.endpoint, ["GET", "POST"])
    app.add_route("/reconcile", reconcile.service, ["GET", "POST"])
    for path, endpoint in reconcile.ROUTES.items():
        app.add_route(f"/reconcile{path}", endpoint, ["GET"])
    app.add_route("/matches", matches.decide, ["POST"])
    app.add_route("/q", short_links.endpoint, ["GET", "POST"])
    app.add_route("/q/{key}", short_links.follow, ["GET"])
    app.add_route("/metrics", metrics.metrics, ["GET"])
    app.add_route("/static/{name}", assets.asset, ["GET"])
    app.add_route(documentation.ADDRESS, documentation.page, ["GET"])
    app.add_route(f"{documentation.ADDRESS}/{{name:path}}", documentation.page, ["GET"])
    app.add_route("/.well-known/void", downloads.dataset, ["GET"])
    app.add_route("/download/{name}", downloads.file, ["GET"])
    app.add_route("/ontology", ontology.index, ["GET"])
    app.add_route("/ontology/{path:path}", ontology.term, ["GET"])
    app.add_route("/scheme", ontology.lists, ["GET"])
    app.add_route("/scheme/{path:path}", ontology.concept, ["GET"])
    for space in things.SPACES:
        app.add_route(f"/{space}", things.thing, ["GET"])
        app.add_route(f"/{space}.{{extension}}", things.thing, ["GET"])
        app.add_route(f"/{space}/{{path:path}}", things.thing, ["GET"])
    _get(app, "/", home.start)
    _get(app, "/health", metrics.health)
    _get(app, "/ready", metrics.ready)
    _get(app, "/dataset", downloads.dataset, downloads.DATASET)
    _get(app, "/download", downloads.index, PAGE_OR_JSON)
    _get(app, "/openapi.json", openapi.openapi)
    _get(app, "/describe", things.describe, things.OFFERS)
    _get(app, "/search/suggest", suggestions.suggest)
    _get(app, "/questions/{name}", questions.answer, questions.OFFERS)
    _get(app, "/questions/{name}/choices", questions.choices)
    _get(app, "/conflicts", conflicts.conflicts, conflicts.OFFERS)
    _get(app, "/conflicts.{extension}", conflicts.conflicts)
    _get(app, "/compare", compare.compare, compare.OFFERS)
    _get(app, "/compare.{extension}", compare.compare)
    _get(app, "/audit", audit.audit, audit.OFFERS)
    _get(app, "/audit.{extension}", audit.audit)
    for name, endpoint in (
        ("questions", questions.index),
        ("explain", explanation.explain),
        ("search", things.search),
        ("matches", matches.matches),
    ):
        _get(app, f"/{name}", endpoint, PAGE_OR_JSON)
        _get(app, f"/{name}.{{extension}}", endpoint)
    for name, endpoint in (("releases", feeds.releases), ("changes", feeds.changes)):
        _get(app, f"/{name}", endpoint, feeds.OFFERS)
        _get(app, f"/{name}.{{extension}}", endpoint)
    app.router.routes.append(Route("/mcp", models, methods=["POST"]))

    for kind in (ClustergraphError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _problem)
    # The last one is the outermost.
    app.add_middleware(Replay, service=service)
    app.add_middleware(Negotiation, tell=_problem)
    app.add_middleware(Gate, service=service, tell=_problem)
    return app


def _get(app: FastAPI, path: str, endpoint: Callable[..., Awaitable[Response]], offers: Offers | None = None) -> None:
    """Add a route whose parameters are those of its function; OpenAPI has it as that says."""
    types = [types[0] for types in offers.types.values()] if offers else ["application/json"]
    told = {"description": "what is asked for", "content": {media_type: {} for media_type in types}}
    app.add_api_route(path, endpoint, responses={200: told}, include_in_schema="{extension}" not in path)


async def _problem(request: Request, error: Exception) -> Response:
    """Tell an error, as a page to a browser; where the method is wrong, all that are right."""
    if isinstance(error, RequestValidationError):
        error = wrong_parameter(request, error)
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(each for each in methods(request.scope) if each != "OPTIONS")
        detail = "this address does not take this method"
        error = RequestError(HTTPStatus.METHOD_NOT_ALLOWED, detail, f"use {allowed}", Allow=allowed)
    found = RequestError.of(error)
    if prefers_html(request):
        near = getattr(error, "near", [])
        asked = f"{request.url.path}?{request.url.query}"
        content = pages.page("problem.html", problem=found, near=near, release=None, asked=asked)
        return found.response(content, HTML_UTF8)
    if _PROBLEMS.accepted(request.headers.get("accept", "")) == "text":
        return found.response(found.text(), "text/plain; charset=utf-8")
    return found.response()
