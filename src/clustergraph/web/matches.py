"""Which things of different sources are the same, or may be: as a page and as JSON; people decide elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Final, cast

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.errors import OverLimitError
from clustergraph.matching import links
from clustergraph.matching.links import STATES
from clustergraph.matching.matches import State
from clustergraph.matching.shown import MatchExcerpt, excerpt
from clustergraph.sparql.guard import IRI
from clustergraph.web.authorisation import authorised
from clustergraph.web.pages import page_or_json, rendered
from clustergraph.web.problems import bad_request
from clustergraph.web.protocol import Asked, body, decode, parse
from clustergraph.web.questions import Offset
from clustergraph.web.responses import PAGE_OR_JSON, format_of
from clustergraph.web.service import ReleaseName, served
from clustergraph.web.updates import update

_MOST: Final = 50
_STATES: Final = {"enum": ["", *STATES]}


async def decide(request: Request) -> Response:
    """Take a decision on a pair, from a client that may write: its match, the decision, and the role if it is given."""
    await authorised(request)
    limit = request.app.state.service.settings.query_bytes
    too_long = OverLimitError(
        f"the form is longer than {limit:,} bytes", limit="query_bytes", value=limit, advice="send one decision"
    )
    form = parse(decode(await body(request, limit, too_long), "the body"), "the body")
    match, state, role = (form.get(name, [""])[-1] for name in ("match", "decision", "role"))
    if not IRI.fullmatch(match):
        raise bad_request("no match is named", "send the IRI of a match as 'match'")
    if state not in ("same", "different") or role == "rule":
        raise bad_request("there is no decision", "send same or different as 'decision', and a role other than rule")
    text = links.update(match, cast("State", state), role or "person", datetime.now(UTC).date().isoformat())
    return await update(request, Asked(update=text))


async def matches(
    request: Request,
    state: Annotated[str, Query(description="only of this state", json_schema_extra=_STATES)] = "",
    offset: Offset = 0,
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(PAGE_OR_JSON)] = "",
) -> Response:
    """Show pairs of things that are the same, may be, or are not, with both sides and the reasons."""
    here = served(request)

    async def found() -> MatchExcerpt:
        return await here.do(excerpt, state, offset, _MOST)

    async def tell() -> dict[str, object]:
        return asdict(await found())

    async def show() -> bytes:
        return await rendered(
            "matches.html", here.release, found=await found(), state=state, offset=offset, limit=_MOST, states=STATES
        )

    return await page_or_json(request, wanted, show, tell)
