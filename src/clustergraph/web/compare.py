"""Clusters, regions or projects beside each other, as a page with a form, as JSON and as CSV."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.errors import ClustergraphError
from clustergraph.formats import missing_for
from clustergraph.questions.question import find
from clustergraph.questions.thing_comparison import (
    ASPECTS,
    KINDS,
    MOST,
    ChosenThing,
    ThingComparison,
    chosen_things,
    compared,
)
from clustergraph.questions.values import SUGGESTED
from clustergraph.web.pages import as_json, problem_page, respond_as
from clustergraph.web.problems import RequestError
from clustergraph.web.questions import OFFERS as ANSWERS
from clustergraph.web.responses import HTML, Offers, format_of, in_thread
from clustergraph.web.service import ReleaseName, Served, served
from clustergraph.web.timelines import Day, timelines

OFFERS: Final = Offers(
    {"html": HTML, "json": ("application/json",), "csv": ("text/csv",), "xlsx": ANSWERS.types["xlsx"]}
)
"""The formats in which things are compared."""
_SHOWN: Final = 40
"""How many values of an aspect the page lists before the reader asks for the rest."""
_READ: Final = 2 * MOST
"""So many names are looked up for the page, even where these are too many to be compared."""


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

    async def book() -> bytes:
        if lacking := missing_for("xlsx"):
            refused = f"this service has not installed {lacking}, which that format needs"
            raise RequestError(HTTPStatus.NOT_ACCEPTABLE, refused, "ask for csv")
        found = await here.do(compared, things, dates)
        address = f"{here.service.address}{_address(found.things, dates, here)}"
        about = [
            ("Permanent link", address),
            ("Release", here.release.digest),
            *((k, d) for k, d in dates.items() if d),
        ]
        return await in_thread(partial(found.workbook, about))

    return await respond_as(request, OFFERS, wanted, {"html": show, "json": tell, "csv": table, "xlsx": book})


async def _show(here: Served, things: list[str], dates: dict[str, str]) -> bytes | Response:
    """Show the form, and under it the things beside each other, or what is wrong."""
    found: ThingComparison | None = None
    problem: ClustergraphError | None = None
    given = await here.do(chosen_things, things[:_READ])
    try:
        if things[1:] or (given and not given[0].iri):
            found = await here.do(compared, things, dates)
    except ClustergraphError as error:
        problem = error
    asked = found.things if found else {each.iri: each.label for each in given if each.iri}
    unknown = [each for each in given if not each.iri and not found]
    kept = [each.iri or each.given for each in given]
    return await problem_page(
        "compare.html",
        problem,
        here.release,
        found=found,
        dates=dates,
        asked=asked,
        unknown=unknown,
        meant=[_meant(each, kept, dates) for each in unknown],
        apart=_apart(given, dates) if problem and not unknown else [],
        without={each: _address([other for other in kept if other != each], dates) for each in asked},
        lines=await timelines(here, dates, lambda name, day: _address(asked, {**dates, name: day})),
        always=_address(asked, {}),
        twins={name: _address(asked, dates, extension=f".{name}") for name in OFFERS.types if name != "html"},
        permanent=_address(asked, dates, here),
        address=_address(asked, dates),
        offered=await _offered(here, given),
        kinds=_kinds(given),
        aspects=list(ASPECTS.values()),
        shown=_SHOWN,
        most=MOST,
    )


async def _offered(here: Served, given: list[ChosenThing]) -> list[str]:
    """Return the names of what can be compared, too."""
    question = find(await here.questions(), "compare")
    choices = await here.choices(replace(question.parameters["thing"], of=" ".join(_kinds(given))))
    return sorted(choices.offered.values())[:SUGGESTED]


def _kinds(given: list[ChosenThing]) -> list[str]:
    """Return the classes of what can be compared with some things."""
    return list(dict.fromkeys(each.kind for each in given if each.kind)) or list(KINDS)


def _meant(unknown: ChosenThing, kept: list[str], dates: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return for each thing that a name may mean the address that compares it with the others, and its name."""
    return [
        (_address([c.short if each == unknown.given else each for each in kept], dates), f"{c.label} ({c.kind})")
        for c in unknown.meant
    ]


def _apart(given: list[ChosenThing], dates: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Return for each kind of some things the address that compares those alone, and their names."""
    of = {kind: [each for each in given if each.kind == kind] for kind in _kinds(given)}
    return [(_address([one.iri for one in same], dates), [one.label for one in same]) for same in of.values()]


def _address(things: Iterable[str], dates: Mapping[str, str], here: Served | None = None, extension: str = "") -> str:
    """Return the address at which things are compared; one that stays, of a release that is given."""
    pairs = [("thing", each) for each in things] + [(name, day) for name, day in dates.items() if day]
    if here:
        pairs.append(("release", here.release.digest))
    return f"/compare{extension}" + (f"?{urlencode(pairs)}" if pairs else "")
