"""What disagrees, as a page with a form and as a table."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Final

import anyio.to_thread
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.errors import ClustergraphError
from clustergraph.graph import Graph
from clustergraph.languages.messages import N_
from clustergraph.questions.answer import usual_limit
from clustergraph.questions.conflict import KINDS, NATURES, Conflict
from clustergraph.questions.conflict_selection import (
    ORDERS,
    PAGE,
    SEVERITIES,
    ConflictCall,
    ConflictExcerpt,
    Wanted,
    written_part,
)
from clustergraph.shacl.findings import Severity
from clustergraph.web.pages import problem_page, respond_page
from clustergraph.web.questions import OFFERS as ANSWERS
from clustergraph.web.questions import AnswerPart, Excel, Iris, Limit, Offset, given_parameters, respond_part
from clustergraph.web.responses import Offers, format_of, in_thread
from clustergraph.web.service import ReleaseName, Served, served

OFFERS: Final = Offers({name: ANSWERS.types[name] for name in ("html", "json", "csv", "tsv", "md")})
"""The formats in which conflicts are given."""
HEADINGS: Final = {
    "nature": N_("Can both be true?"),
    "kind": N_("Kind"),
    "about": N_("About"),
    "document": N_("Said by the document"),
    "severity": N_("From this severity on"),
}
"""What the filters are called on the page."""
_NATURES: Final = {"items": {"type": "string", "enum": list(NATURES)}}
_KINDS: Final = {"items": {"type": "string", "enum": list(KINDS)}}
_LEVELS: Final = {"enum": [level.value for level in Severity]}


async def conflicts(
    request: Request,
    nature: Annotated[list[str] | None, Query(json_schema_extra=_NATURES)] = None,  # noqa: ARG001 - see `given_parameters`
    kind: Annotated[list[str] | None, Query(json_schema_extra=_KINDS)] = None,  # noqa: ARG001
    about: Annotated[list[str] | None, Query(description="a name of a thing, or its IRI")] = None,  # noqa: ARG001
    document: Annotated[list[str] | None, Query(description="the title of a document, or words in it")] = None,  # noqa: ARG001
    severity: Annotated[str | None, Query(description="from which on", json_schema_extra=_LEVELS)] = None,  # noqa: ARG001
    sort: Annotated[str, Query(json_schema_extra={"enum": list(ORDERS)})] = "",
    limit: Limit = None,
    offset: Offset = 0,
    iris: Iris = False,
    excel: Excel = False,
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(OFFERS)] = "",
) -> Response:
    """Show what disagrees, one by one: rival values of one thing, who says each, and which is the newest."""
    here = served(request)
    chosen = OFFERS.choose(request, request.path_params.get("extension") or wanted)
    given, limit = given_parameters(request), limit or (PAGE if chosen == "html" else usual_limit(chosen))
    call = ConflictCall("conflicts", given, chosen, limit, offset, iris=iris, excel=excel, sort=sort)
    if chosen == "html":
        return await respond_page(request, here.release, partial(_show, here, call))

    async def write() -> AnswerPart:
        found = await _found(here, call)
        return AnswerPart(await in_thread(lambda: written_part(found, call)), len(found))

    return await respond_part(request, here, call, write)


async def _found(here: Served, call: ConflictCall) -> list[Conflict]:
    """Return what disagrees; what a rule finds is found once, so that no request waits for all of them again."""
    wanted = await here.do(Graph.conflicts_wanted, call.given)
    return wanted.of(await _of(here, wanted), call.sort)


async def disagreements(here: Served, iri: str) -> list[Conflict]:
    """Return what disagrees about a thing."""
    every = await _every(here)
    return replace(every, things=frozenset({iri})).of(await _of(here, every))


async def _every(here: Served) -> Wanted:
    return await here.kept("every conflict", partial(here.do, Graph.conflicts_wanted, {}))


async def _of(here: Served, wanted: Wanted) -> list[Conflict]:
    """Return all that the rules find."""
    return [each for rule in wanted.rules for each in await here.once(Graph.conflicts_of, rule)]


async def _show(here: Served, call: ConflictCall) -> bytes | Response:
    """Show the form, and under it what was found or what is wrong."""
    found, problem = ConflictExcerpt(), None
    try:
        wanted = await here.do(Graph.conflicts_wanted, call.given)
        every = await _of(here, await _every(here))
        found = await anyio.to_thread.run_sync(ConflictExcerpt.faceted, every, wanted, call)
    except ClustergraphError as error:
        problem = error
    return await problem_page(
        "conflicts.html",
        problem,
        here.release,
        asked=call,
        found=found,
        headings=HEADINGS,
        kinds=KINDS,
        natures=NATURES,
        severities=SEVERITIES,
        orders=ORDERS,
        permanent=call.address(release=here.release.digest),
    )
