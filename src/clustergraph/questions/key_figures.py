"""Key figures: the values that are given for one measure of a thing side by side, the newest first."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clustergraph.questions.answer import Cell
from clustergraph.terms import SCHEME, expand

if TYPE_CHECKING:
    from clustergraph.questions.card import CardRow

_KEY: Final = ("counted", "part", "relative_to", "period", "unit", "kind")
_UNSAID: Final = (f"{SCHEME}bound/exactly", f"{SCHEME}unit/count", f"{SCHEME}unit/rank", f"{SCHEME}certainty/stated",
                  f"{SCHEME}scope/itself", f"{SCHEME}phase/done")  # fmt: skip
"""What goes without saying."""
_QUALITIES: Final = ("certainty", "scope", "phase")
_TARGET: Final = expand("cg:Target").value


@dataclass(frozen=True)
class FigureValue:
    """One value that is given, with who gives it and how sure it is."""

    value: Cell
    bound: Cell
    unit: Cell
    date: str
    """The date of the figure, or else of its document."""
    dated: bool
    """Whether it is that of the figure."""
    newest: bool
    differs: bool
    """Whether another source gives another value for the same."""
    remarks: tuple[Cell, ...]
    """What it is counted as, where that is another measure, and how certain it is, where it is not."""
    sources: tuple[CardRow, ...]
    """The rows that give it."""

    @property
    def own_measure(self) -> str | None:
        """The measure that it is counted as."""
        return self.sources[0]["measure"].iri

    @property
    def around(self) -> tuple[str, str]:
        """What stands before and behind the value: its bound and its unit, unless they go without saying."""
        return said(self.bound) or "", said(self.unit) or ""

    def document(self) -> dict[str, Any]:
        """Return it as JSON members."""
        told = {
            "value": self.value.value,
            "bound": said(self.bound),
            "unit": said(self.unit),
            "date": self.date or None,
        }
        sections = [{"label": row["section"].shown, "iri": row["section"].iri} for row in self.sources]
        remarks = [each.shown for each in self.remarks]
        return {**told, "newest": self.newest, "differs": self.differs, "remarks": remarks, "said_in": sections}


@dataclass(frozen=True)
class KeyFigure:
    """What is counted or measured, with every value that is given for it."""

    measure: Cell
    details: tuple[Cell, ...]
    """The part, the whole and the period that it is about."""
    target: bool
    """Whether it is aimed at, and not what is."""
    values: tuple[FigureValue, ...]

    @property
    def differ(self) -> bool:
        """Whether sources differ on one time, so that no number fits what they say."""
        of_year = defaultdict(list)
        for each in self.values:
            of_year[each.date[:4], each.own_measure].append((each.value, each.bound))
        return any(each.differs for each in self.values) and not all(map(agree, of_year.values()))

    @property
    def changed(self) -> bool:
        """Whether sources of several years differ, and those of one year do not."""
        return not self.differ and any(each.differs for each in self.values) and len({*self._years}) > 1

    @property
    def _years(self) -> list[str]:
        return [each.date[:4] for each in self.values]

    def document(self) -> dict[str, Any]:
        """Return it as JSON members."""
        details = [each.shown for each in self.details]
        told = {"measure": {"label": self.measure.value, "iri": self.measure.iri}, "details": details}
        return {**told, "target": self.target, "values": [each.document() for each in self.values]}


def key_figures(rows: Iterable[CardRow]) -> list[KeyFigure]:
    """Return figures from rows, each with its values, in the order of the rows."""
    groups: dict[tuple[Cell, ...], list[CardRow]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in _KEY)].append(row)
    return [_figure(same) for same in groups.values()]


def _figure(rows: list[CardRow]) -> KeyFigure:
    first, values = rows[0], defaultdict(list)
    for row in rows:
        values[row["value"], row["bound"], row["unit"], row["measure"]].append(row)
    details = tuple(each for each in (first["part"], first["relative_to"], first["period"]) if each.shown)
    found = sorted(map(_value, values.values()), key=lambda each: (each.newest, each.date), reverse=True)
    return KeyFigure(first["counted"], details, first["kind"].iri == _TARGET, tuple(found))


def _value(rows: list[CardRow]) -> FigureValue:
    first = max(rows, key=_date)
    own = (first["measure"],) if first["measure"].iri != first["counted"].iri else ()
    remarks = (*own, *(first[name] for name in _QUALITIES if said(first[name])))
    newest, differs = (any(row[name].value is True for row in rows) for name in ("newest", "differs"))
    value, bound, unit = (first[name] for name in ("value", "bound", "unit"))
    own_date = bool(first["dated"].shown)
    return FigureValue(value, bound, unit, _date(first), own_date, newest, differs, remarks, tuple(rows))


def _date(row: CardRow) -> str:
    return row["dated"].shown or row["issued"].shown


def said(cell: Cell) -> str | None:
    """Return the words for a bound, a unit or a quality of a figure; nothing where it goes without saying."""
    return None if cell.iri in (*_UNSAID, None) else cell.shown


def agree(given: Iterable[tuple[Cell, Cell]]) -> bool:
    """Whether a number fits all of some values, each with its bound; what is no number fits nothing else.

    >>> bounds = [Cell(name, SCHEME + "bound/" + name) for name in ("exactly", "more-than", "about")]
    >>> agree([(Cell(400), bounds[0]), (Cell(350), bounds[1])]), agree([(Cell(40), bounds[0]), (Cell(40), bounds[1])])
    (True, False)
    >>> agree([(Cell(95), bounds[0]), (Cell(100), bounds[2])]), agree([(Cell("a"), bounds[0]), (Cell("b"), bounds[0])])
    (True, False)
    """
    values = list(dict.fromkeys(given))
    numbers = [each for each, _ in values if isinstance(each.value, int | float)]
    if len(values) < 2 or len(numbers) < len(values):
        return len(values) < 2
    ranges = [_range(float(value.value or 0), bound) for value, bound in values]
    return max(low for low, _ in ranges) <= min(high for _, high in ranges)


def _range(value: float, bound: Cell) -> tuple[float, float]:
    """Return the least and the greatest number that a value with a bound can mean."""
    tenth = abs(value) / 10
    match (bound.iri or "").removeprefix(f"{SCHEME}bound/"):
        case "more-than":
            return math.nextafter(value, math.inf), math.inf
        case "at-least":
            return value, math.inf
        case "less-or-equal":
            return -math.inf, value
        case "about":
            return value - tenth, value + tenth
        case "about-at-least":
            return value - tenth, math.inf
        case "about-at-most":
            return -math.inf, value + tenth
    return value, value
