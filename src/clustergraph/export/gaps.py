"""Gaps: what a form asks and the graph does not know, is out of date, or contradicts itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clustergraph.export.form import Answers, Column, Value


class Kind(StrEnum):
    """What is the matter with an answer, the worst first."""

    MISSING = "not known"
    CONTRADICTION = "contradiction"
    OUTDATED = "out of date"
    UNDATED = "no date"
    UNCERTAIN = "uncertain"
    UNLISTED = "not in the list"


@dataclass(frozen=True)
class Gap:
    """Something that is wrong with one answer of one thing."""

    thing: str
    column: str
    kind: Kind
    finding: str
    """What the graph knows."""
    advice: str
    """What to do."""
    sources: tuple[str, ...] = ()


def find(thing: str, columns: Iterable[Column], answers: Answers, day: date) -> Iterator[Gap]:
    """Yield the gaps of one thing in the order of the columns.

    Args:
        thing: its IRI.
        columns: the columns of the form.
        answers: what the graph answers to them.
        day: the day by which an answer is judged to be out of date.
    """
    for column in columns:
        values = answers.get(column.name, ())
        if not values:
            if column.needed:
                yield Gap(
                    thing,
                    column.name,
                    Kind.MISSING,
                    "no source gives it",
                    f"Find out: {column.asks[0].lower()}{column.asks[1:]}.",
                )
            continue
        if not column.many:
            yield from _contradiction(thing, column, values)
        yield from _uncertain(thing, column, values[0])
        if column.fresh is not None:
            yield from _dated(thing, column, values if column.many else values[:1], day)


def unlisted(thing: str, column: str, words: Iterable[str]) -> Iterator[Gap]:
    """Yield a gap for values that the official list does not cover."""
    for word in sorted(words):
        advice = "Match it to a value of the list, in the file with the mapping."
        yield Gap(thing, column, Kind.UNLISTED, f"the source says: {word}", advice)


def noted(thing: str, notes: Iterable[tuple[str, str]]) -> Iterator[Gap]:
    """Yield a gap for each contradiction that the editors of the graph noted: text and section."""
    for text, section in notes:
        advice = "Ask the cluster which is right."
        yield Gap(thing, "Notes of the editors", Kind.CONTRADICTION, text, advice, (section,) if section else ())


def _contradiction(thing: str, column: Column, values: Sequence[Value]) -> Iterator[Gap]:
    if len({(value.text, value.codes.get("how exact", "")) for value in values}) < 2:
        return
    said = "; ".join(f"{_exactly(value)} [{', '.join(value.sources)}]" for value in values)
    sources = tuple(sorted({source for value in values for source in value.sources}))
    advice = f"Ask the cluster which is right; the package gives {_exactly(values[0])}."
    yield Gap(thing, column.name, Kind.CONTRADICTION, said, advice, sources)


def _exactly(value: Value) -> str:
    bound = value.parts.get("how exact", "")
    words = [bound if value.codes.get("how exact", "exactly") != "exactly" else "", value.text, _since(value)]
    return " ".join(word for word in words if word)


def _since(value: Value) -> str:
    return f"({value.date})" if value.date else ""


def _uncertain(thing: str, column: Column, value: Value) -> Iterator[Gap]:
    if not value.certain:
        said = f"{_exactly(value)} is {value.parts.get('status', 'uncertain')}"
        yield Gap(thing, column.name, Kind.UNCERTAIN, said, "Ask the cluster to confirm it.", value.sources)


def _dated(thing: str, column: Column, values: Sequence[Value], day: date) -> Iterator[Gap]:
    assert column.fresh is not None
    for value in values:
        shown = " ".join(word for word in (value.text, value.parts.get("level", "")) if word)
        if not value.date:
            said = f"{shown}: no source says of when it is"
            yield Gap(thing, column.name, Kind.UNDATED, said, "Ask the cluster for the present state.", value.sources)
        elif age(value.date, day) > column.fresh:
            said = f"{shown} is of {value.date}, more than {column.fresh} years before {day.isoformat()}"
            yield Gap(thing, column.name, Kind.OUTDATED, said, "Ask the cluster for the present state.", value.sources)


def age(stated: str, day: date) -> float:
    """Return how many years lie between a year, month or day and a later day; a year ends with its last day.

    >>> age("2013", date(2016, 12, 31)), age("2013-12", date(2014, 12, 31))
    (3.0, 1.0)
    """
    year, month, number, *_ = (*map(int, re.findall(r"\d+", stated)[:3]), *(12, 31)[stated.count("-") :])
    return (day.year - year) + (day.month - month) / 12 + (day.day - number) / 365
