"""Search by name: a page, or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from clustergraph.web.answers import choose_format, not_acceptable
from clustergraph.web.apart import apart
from clustergraph.web.http import RequestError, respond, tag
from clustergraph.web.pages import page, page_response
from clustergraph.web.service import Service

if TYPE_CHECKING:
    from clustergraph.ask.search import Hit
    from clustergraph.graph import Graph

_HITS: Final = 20
_MOST_LETTERS: Final = 200


async def search(request: Request) -> Response:
    """Find things by any of their names."""
    service: Service = request.app.state.service
    release = service.release
    name = choose_format(request, request.path_params.get("extension", ""))
    if name not in ("html", "json"):
        raise not_acceptable()
    text = request.query_params.get("q", "").strip()
    if len(text) > _MOST_LETTERS:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the name is too long", f"give up to {_MOST_LETTERS} letters as 'q'")
    hits = await apart(service, release, _search, text) if text else []
    if name == "json":
        content = json.dumps([asdict(hit) for hit in hits], ensure_ascii=False, indent=1).encode()
        return respond(request, content, "application/json", tag(content), {"X-Clustergraph-Release": release.digest})
    return page_response(request, page("search.html", release=release, text=text, hits=hits), release)


def _search(graph: Graph, text: str) -> list[Hit]:
    return graph.search(text, _HITS)
