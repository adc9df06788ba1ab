"""What disagrees, as a page with a form and as a table."""

from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.errors import ClustergraphError
from clustergraph.graph import Graph
from clustergraph.questions.answer import usual_limit
from clustergraph.questions.conflict import KINDS, Conflict, ConflictCall, ConflictExcerpt, Wanted, written_part
from clustergraph.shacl.findings import Severity
from clustergraph.web.pages import problem_page, respond_page
from clustergraph.web.questions import OFFERS as ANSWERS
from clustergraph.web.questions import AnswerPart, Excel, Iris, Limit, Offset, given_parameters, respond_part
from clustergraph.web.responses import Offers, format_of, in_thread
from clustergraph.web.service import ReleaseName, Served, served

OFFERS: Final = Offers({name: ANSWERS.types[name] for name in ("html", "json", "csv", "tsv", "md")})
"""The formats in which conflicts are given."""
_KINDS: Final = {"items": {"type": "string", "enum": list(KINDS)}}
_LEVELS: Final = {"enum": [level.value for level in Severity]}


async def conflicts(
    request: Request,
    kind: Annotated[list[str] | None, Query(json_schema_extra=_KINDS)] = None,  # noqa: ARG001 - see `given_parameters`
    about: Annotated[list[str] | None, Query(description="a name of a thing, or its IRI")] = None,  # noqa: ARG001
    document: Annotated[list[str] | None, Query(description="the title of a document, or words in it")] = None,  # noqa: ARG001
    severity: Annotated[str | None, Query(description="from which on", json_schema_extra=_LEVELS)] = None,  # noqa: ARG001
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
    given, limit = given_parameters(request), limit or usual_limit(chosen)
    call = ConflictCall("conflicts", given, chosen, limit, offset, iris=iris, excel=excel)
    if chosen == "html":
        return await respond_page(request, here.release, partial(_show, here, call))

    async def write() -> AnswerPart:
        found = await _found(here, call)
        return AnswerPart(await in_thread(lambda: written_part(found, call)), len(found))

    return await respond_part(request, here, call, write)


async def _found(here: Served, call: ConflictCall) -> list[Conflict]:
    """Return what disagrees; what a rule finds is found once, so that no request waits for all of them again."""
    return await _of(here, await here.do(Graph.conflicts_wanted, call.given))


async def disagreements(here: Served, iri: str) -> list[Conflict]:
    """Return what disagrees about a thing."""
    every = await here.kept("every conflict", partial(here.do, Graph.conflicts_wanted, {}))
    return await _of(here, replace(every, things=frozenset({iri})))


async def _of(here: Served, wanted: Wanted) -> list[Conflict]:
    found = [await here.once(Graph.conflicts_of, rule) for rule in wanted.rules]
    return wanted.of(chain.from_iterable(found))


async def _show(here: Served, call: ConflictCall) -> bytes | Response:
    """Show the form, and under it what was found or what is wrong."""
    found, problem = ConflictExcerpt(), None
    try:
        found = ConflictExcerpt.of(await _found(here, call), call)
    except ClustergraphError as error:
        problem = error
    documents = [title for _, title, sections in await here.once(Graph.documents) if sections]
    return await problem_page(
        "conflicts.html",
        problem,
        here.release,
        asked=call,
        found=found,
        kinds=KINDS,
        severities=[level.value for level in Severity],
        documents=documents,
        permanent=call.address(release=here.release.digest),
    )
