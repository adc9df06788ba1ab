"""What disagrees, on one page or as JSON."""

from __future__ import annotations

import json
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from clustergraph.ask import tables
from clustergraph.ask.conflicts import FINDERS
from clustergraph.web.answers import Asked, choose_format, not_acceptable, table_of
from clustergraph.web.catalogue import catalogue
from clustergraph.web.http import respond, tag
from clustergraph.web.pages import page, page_response
from clustergraph.web.service import Service

_SHOWN: Final = 15
"""How many rows of each kind the page shows."""
_MOST: Final = 10_000


async def conflicts(request: Request) -> Response:
    """Show what disagrees: rival figures and dates, claims, lists, gaps, spellings, statements that are not firm."""
    service: Service = request.app.state.service
    release = service.release
    questions = await catalogue(service, release)
    name = choose_format(request, request.path_params.get("extension", ""))
    if name not in ("html", "json"):
        raise not_acceptable()
    limit = _SHOWN if name == "html" else _MOST
    found = []
    for finder in FINDERS:
        if finder.question in questions:
            given = {key: [value] for key, value in finder.parameters.items()}
            asked = Asked(questions[finder.question], given, "html", limit, 0)
            found.append((finder, asked, await table_of(service, release, asked)))
    if name == "json":
        document = [
            {"kind": f.title, "question": f.question, "parameters": dict(f.parameters), "total": t.total,
             "rows": tables.objects(t.columns, t.rows)}
            for f, _, t in found
        ]  # fmt: skip
        content = json.dumps(document, ensure_ascii=False, indent=1).encode()
        return respond(request, content, "application/json", tag(content), {"X-Clustergraph-Release": release.digest})
    content = page("conflicts.html", release=release, found=found)
    return page_response(request, content, release)
