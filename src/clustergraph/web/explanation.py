"""Why a statement is in the graph: a page, or JSON."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response

from clustergraph.errors import ClustergraphError
from clustergraph.web.answers import choose_format, not_acceptable
from clustergraph.web.apart import apart
from clustergraph.web.http import Problem, RequestError, respond, tag
from clustergraph.web.pages import page, page_response
from clustergraph.web.service import Service

if TYPE_CHECKING:
    from clustergraph.graph import Graph

_PARTS: Final = ("subject", "predicate", "object")


async def explain(request: Request) -> Response:
    """Say who makes a statement, or from what it follows, down to the documents."""
    service: Service = request.app.state.service
    release = service.release
    name = choose_format(request, request.path_params.get("extension", ""))
    if name not in ("html", "json"):
        raise not_acceptable()
    given = {part: request.query_params.get(part, "").strip() for part in _PARTS}
    if name == "json":
        if missing := [part for part in _PARTS if not given[part]]:
            advice = "give subject, predicate and object as in Turtle, such as organisation:afil"
            raise RequestError(HTTPStatus.BAD_REQUEST, f"there is no {missing[0]}", advice)
        content = json.dumps(await apart(service, release, _explain, *given.values()), ensure_ascii=False, indent=1)
        headers = {"X-Clustergraph-Release": release.digest}
        return respond(request, content.encode(), "application/json", tag(content.encode()), headers)
    status, shown = HTTPStatus.OK, dict[str, object]()
    if all(given.values()):
        try:
            shown["found"] = await apart(service, release, _explain, *given.values())
        except ClustergraphError as error:
            shown["problem"] = problem = Problem.of(error)
            status = problem.status
    return page_response(request, page("explanation.html", release=release, given=given, **shown), release, status)


def _explain(graph: Graph, *parts: str) -> dict[str, Any]:
    proofs = [graph.explain(*parts)]
    return {**graph.because.document(proofs), "text": graph.because.text(proofs).splitlines()}
