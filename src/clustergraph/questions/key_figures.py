"""Key figures: the values that are given for one measure of a thing side by side, the newest first."""

from __future__ import annotations

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
        """Whether sources differ."""
        return any(each.differs for each in self.values)

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
