"""What documents say of projects, beside imported data: as a page with a form, and as a table."""

from functools import partial
from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.errors import ClustergraphError
from clustergraph.graph import Graph
from clustergraph.questions.answer import usual_limit
from clustergraph.questions.verdicts import KINDS, QUESTION, VerdictCall, Verdicts, paired_by, verdicts, written
from clustergraph.web.pages import problem_page, respond_page
from clustergraph.web.questions import OFFERS as ANSWERS
from clustergraph.web.questions import AnswerPart, Excel, Iris, Limit, Offset, given_parameters, respond_part
from clustergraph.web.responses import Offers, format_of
from clustergraph.web.service import ReleaseName, Served, served

OFFERS: Final = Offers({name: ANSWERS.types[name] for name in ("html", "json", "csv", "tsv", "md")})
"""The formats in which verdicts are given."""
_KINDS: Final = {"items": {"type": "string", "enum": list(KINDS)}}


async def audit(
    request: Request,
    verdict: Annotated[list[str] | None, Query(json_schema_extra=_KINDS)] = None,  # noqa: ARG001 - see `given_parameters`
    reason: Annotated[list[str] | None, Query(description="a code of the list verdict-reason")] = None,  # noqa: ARG001
    about: Annotated[str | None, Query(description="a name of a project, body or scheme, or its IRI")] = None,  # noqa: ARG001
    document: Annotated[list[str] | None, Query(description="the title of a document")] = None,  # noqa: ARG001
    limit: Limit = None,
    offset: Offset = 0,
    iris: Iris = False,
    excel: Excel = False,
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(OFFERS)] = "",
) -> Response:
    """Show which claims of documents about projects imported data confirm, contradict, or do not cover."""
    here = served(request)
    chosen = OFFERS.choose(request, request.path_params.get("extension") or wanted)
    given, limit = given_parameters(request), limit or usual_limit(chosen)
    call = VerdictCall(QUESTION, given, chosen, limit, offset, iris=iris, excel=excel)
    if chosen == "html":
        return await respond_page(request, here.release, partial(_show, here, call))

    async def write() -> AnswerPart:
        found = await here.do(written, call, here.service.settings.result_bytes)
        return AnswerPart(found.content, found.total, found.notes)

    return await respond_part(request, here, call, write)


async def _show(here: Served, call: VerdictCall) -> bytes | Response:
    """Show the form, and under it the verdicts or what is wrong."""
    found, problem = Verdicts(), None
    try:
        found = await here.do(verdicts, call)
    except ClustergraphError as error:
        problem = error
    documents = [title for _, title, sections in await here.once(Graph.documents) if sections]
    permanent = call.address(release=here.release.digest)
    return await problem_page(
        "audit.html",
        problem,
        here.release,
        asked=call,
        found=found,
        paired_by=paired_by,
        kinds=KINDS,
        documents=documents,
        permanent=permanent,
    )
