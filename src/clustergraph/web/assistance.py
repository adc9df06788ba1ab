"""What the editor of queries asks for: a vocabulary to complete from, and what is wrong with a query being written."""

import json
import re
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from clustergraph.errors import ClustergraphError
from clustergraph.questions.assistance import completions, mistakes
from clustergraph.sparql.guard import check
from clustergraph.sparql.parser import query_of
from clustergraph.sparql.tokens import place
from clustergraph.terms import compact
from clustergraph.web import protocol
from clustergraph.web.pages import as_json
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.responses import PAGE_OR_JSON, address_tag, in_thread, respond
from clustergraph.web.service import served

_JSON: Final = PAGE_OR_JSON.content_type("json")
_AT: Final = re.compile(r"\(line (\d+), column (\d+)\)")


async def vocabulary(request: Request) -> Response:
    """Return what a query can be completed from: prefixes, classes, properties, rules and codes, with their names."""
    here = served(request)

    async def make() -> bytes:
        find = partial(here.do, completions, dict(here.release.classes))
        found = await here.kept(("vocabulary",), find)
        return await in_thread(partial(_compact, found))

    return await respond(request, make, _JSON, address_tag(request, here.release, "vocabulary"), release=here.release)


def _compact(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


async def mistakes_in(request: Request) -> Response:
    """Say what is wrong with a query, which is not run: an error with its place, and hints with theirs."""
    here = served(request)
    asked = await protocol.read(request, here.service.settings.query_bytes)
    if asked.query is None:
        raise bad_request("there is no query", "send one as 'query'")
    query = asked.query
    try:
        check(query, here.release.graphs, here.service.settings, here.service.endpoint)
        query_of(query, here.service.endpoint, here.service.settings.nesting)
        found: dict[str, Any] = {"hints": _placed(query, await here.do(mistakes, query))}
    except ClustergraphError as error:
        found = {"hints": [], "problem": _problem(error)}
    return Response(as_json(found), media_type=_JSON, headers={"Cache-Control": "no-store"})


def _problem(error: ClustergraphError) -> dict[str, Any]:
    found = RequestError.of(error)
    at = _AT.search(found.message)
    told = {"line": int(at[1]), "column": int(at[2])} if at else {}
    return {"message": found.message, "advice": found.advice, **told, **found.more}


def _placed(query: str, hints: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return hints, each with the place of the first term that it names, and of its end."""
    leaves = sorted(query_of(query).leaves, key=lambda leaf: leaf.start) if hints else []
    told = []
    for hint in hints:
        named = (leaf for leaf in leaves if {query[leaf.start : leaf.end], compact(leaf.value)} & set(hint.split(" ")))
        leaf = next(named, None)
        at = place(query, leaf.start) if leaf else (1, 1)
        told.append({"message": hint, "line": at[0], "column": at[1], "length": leaf.end - leaf.start if leaf else 0})
    return told
