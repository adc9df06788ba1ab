"""Time as two lines of links: what holds on a day, and what was known by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from fastapi import Query

from clustergraph.errors import OverLimitError
from clustergraph.languages.messages import N_
from clustergraph.questions.calendar import known_days, true_years
from clustergraph.web.service import Served

TWO_DATES: Final = {"valid_on": N_("Valid on"), "known_by": N_("Known by")}
"""What the two dates are called, by the name of their parameter."""
Day = Annotated[str, Query(description="a day, a month or a year, such as 2016")]
Addressed = Callable[[str, str], str]
"""Gives the address of the same with a parameter set to a day."""


@dataclass(frozen=True)
class Stop:
    """A day on a line of time."""

    day: str
    address: str
    title: str = ""
    chosen: bool = False


@dataclass(frozen=True)
class Timeline:
    """The days among which a reader chooses for a parameter."""

    parameter: str
    label: str
    stops: Sequence[Stop]


async def timelines(here: Served, given: Mapping[str, str], address: Addressed) -> list[Timeline]:
    """Return the two lines of time: the years in which something begins, and the dates of the documents."""
    days = {
        "valid_on": [(year, "") for year in await here.kept(true_years, partial(_years, here))],
        "known_by": await here.once(known_days),
    }
    return [
        Timeline(name, TWO_DATES[name], [
            Stop(day, address(name, day), title, day == given.get(name)) for day, title in of
        ])
        for name, of in days.items() if of
    ]  # fmt: skip


async def _years(here: Served) -> list[str]:
    """Return the years of a graph; none of a large one where that takes long."""
    try:
        return await here.soon(true_years)
    except OverLimitError:
        if here.large:
            return []  # and it is not tried again
        raise
