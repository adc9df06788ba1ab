"""Clusters, regions or projects beside each other, as a page with a form, as JSON and as CSV."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.errors import ClustergraphError
from clustergraph.questions.names import AmbiguousNameError
from clustergraph.questions.question import find
from clustergraph.questions.thing_comparison import ASPECTS, MOST, ThingComparison, compared, single
from clustergraph.questions.values import SUGGESTED
from clustergraph.terms import compact
from clustergraph.web.pages import as_json, problem_page, respond_as
from clustergraph.web.responses import HTML, Offers, format_of, in_thread
from clustergraph.web.service import ReleaseName, Served, served
from clustergraph.web.timelines import Day, timelines

OFFERS: Final = Offers({"html": HTML, "json": ("application/json",), "csv": ("text/csv",)})
"""The formats in which things are compared."""
_SHOWN: Final = 40
"""How many values of an aspect the page lists before the reader asks for the rest."""


async def compare(
    request: Request,
    thing: Annotated[
        list[str] | None, Query(description="names or IRIs of clusters, of regions, or of projects")
    ] = None,
    valid_on: Day = "",
    known_by: Day = "",
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(OFFERS)] = "",
) -> Response:
    """Show two to five clusters, regions or projects beside each other: in common, only here, complementary."""
    here = served(request)
    things = list(dict.fromkeys(filter(None, map(str.strip, thing or []))))
    dates = {"valid_on": valid_on.strip(), "known_by": known_by.strip()}

    async def show() -> bytes | Response:
        return await _show(here, things, dates)

    async def tell() -> bytes:
        found = await here.do(compared, things, dates)
        return await in_thread(lambda: as_json({**found.document(), "permanent": _address(found.things, dates, here)}))

    async def table() -> bytes:
        found = await here.do(compared, things, dates)
        return await in_thread(lambda: found.table().encode())

    return await respond_as(request, OFFERS, wanted, {"html": show, "json": tell, "csv": table})


async def _show(here: Served, things: list[str], dates: dict[str, str]) -> bytes | Response:
    """Show the form, and under it the things beside each other, or what is wrong."""
    found: ThingComparison | None = None
    problem: ClustergraphError | None = None
    try:
        if things:
            found = await (here.do(compared, things, dates) if things[1:] else here.do(single, things[0]))
    except ClustergraphError as error:
        problem = error
    asked = found.things if found else {each: compact(each) for each in things}
    return await problem_page(
        "compare.html",
        problem,
        here.release,
        found=found if things[1:] else None,
        dates=dates,
        asked=asked,
        without={each: _address([other for other in asked if other != each], dates) for each in asked},
        lines=await timelines(here, dates, lambda name, day: _address(asked, {**dates, name: day})),
        always=_address(asked, {}),
        twins={name: _address(asked, dates, extension=f".{name}") for name in OFFERS.types if name != "html"},
        permanent=_address(asked, dates, here),
        address=_address(asked, dates),
        offered=await _offered(here, found),
        meant=_meant(things, dates, problem),
        aspects=list(ASPECTS.values()),
        shown=_SHOWN,
        most=MOST,
    )


async def _offered(here: Served, found: ThingComparison | None) -> list[str]:
    """Return the names of what can be compared, too."""
    question = find(await here.questions(), "compare")
    parameter = question.parameters["thing"]
    choices = await here.choices(replace(parameter, of=found.kind if found else parameter.of))
    return sorted(choices.offered.values())[:SUGGESTED]


def _meant(things: list[str], dates: Mapping[str, str], problem: Exception | None) -> list[tuple[str, str]]:
    """Return for each thing that a name may mean the address that compares it, and the thing in words."""
    if not isinstance(problem, AmbiguousNameError):
        return []
    name, choices = problem.name, problem.choices
    return [(_address([c.short if t == name else t for t in things], dates), str(c)) for c in choices]


def _address(things: Iterable[str], dates: Mapping[str, str], here: Served | None = None, extension: str = "") -> str:
    """Return the address at which things are compared; one that stays, of a release that is given."""
    pairs = [("thing", each) for each in things] + [(name, day) for name, day in dates.items() if day]
    if here:
        pairs.append(("release", here.release.digest))
    return f"/compare{extension}" + (f"?{urlencode(pairs)}" if pairs else "")
