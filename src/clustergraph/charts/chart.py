"""What an answer gives to draw: its rows by the parts of a view, and numbers and years on axes."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

from clustergraph.charts.certainty import level_of, words_of
from clustergraph.charts.locations import Locations, Place
from clustergraph.languages import notation
from clustergraph.languages.messages import gettext
from clustergraph.questions.answer import Answer, Cell, Rows
from clustergraph.questions.question import View
from clustergraph.questions.translation import heading

_STEPS: Final = (1, 2, 5, 10)
_BILLION: Final = 10**9
_UP, _DOWN, _ABOUT = "up", "down", "about"
_OPEN: Final = {
    "more-than": (_UP, ">"),
    "at-least": (_UP, "≥"),
    "about-at-least": (_UP, "≈ ≥"),
    "less-than": (_DOWN, "<"),
    "less-or-equal": (_DOWN, "≤"),
    "about-at-most": (_DOWN, "≈ ≤"),
    "about": (_ABOUT, "≈"),
}
"""To which side a number is open, by the last part of its bound, and the sign for that."""
_PLAIN: Final = {"value", "number", "shown", "total"}
"""Columns whose names say nothing of what is counted in them."""


@dataclass(frozen=True)
class Drawn:
    """What a picture has come to."""

    height: float = 0.0
    summary: str = ""
    """What the picture shows, in a sentence."""
    notes: list[str] = field(default_factory=list)
    """What it leaves out, and how it is to be read."""
    levels: frozenset[int] = frozenset()
    """The levels of certainty in it, for its legend."""
    shape: str = "area"
    """Whether these are styles of a ``line`` or of the outline of an ``area``."""
    kind: str = ""
    """What it is, if not what its view is called."""
    table: tuple[tuple[str, ...], ...] = ()
    """A matrix as a table: the names of its columns, then each row after its name."""

    @property
    def words(self) -> str:
        """What it shows and leaves out."""
        return " ".join([self.summary, *self.notes])


def ticks(least: float, most: float, about: int = 5) -> list[float]:
    """Return round numbers that enclose a range.

    >>> ticks(0, 97)
    [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    >>> ticks(3, 3)
    [2.0, 3.0, 4.0]
    """
    if least == most:
        least, most = least - 1, most + 1
        about = 2
    rough = (most - least) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in _STEPS if power * factor >= rough * 0.999)
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def linear(least: float, most: float, start: float, end: float) -> Callable[[float], float]:
    """Return what maps a range of numbers to a range of places."""
    return lambda number: start + (number - least) / ((most - least) or 1) * (end - start)


@dataclass(frozen=True)
class Chart:
    """The rows of an answer, and how they are drawn."""

    view: View
    columns: Sequence[str]
    rows: Rows
    title: str
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where the places of a map are, by their IRIs."""
    about: str = ""
    """The thing that the picture is about, if it is about one."""

    @classmethod
    def located(
        cls, view: View, columns: Sequence[str], rows: Rows, title: str, locations: Locations, about: str = ""
    ) -> Self:
        """Return what there is to draw of some rows, with where things are if that is to be drawn."""
        chart = cls(view, columns, rows, title, about=about)
        if view.kind != "map":
            return chart
        return replace(chart, places=locations.of({iri for row in rows if (iri := chart.iri("place", row))}))

    @classmethod
    def of(cls, answer: Answer, rows: Rows, locations: Locations) -> Self:
        """Return what there is to draw of some rows of an answer."""
        question = answer.question
        return cls.located(question.view, answer.columns, rows, question.title, locations)

    def cells(self, part: str, row: Sequence[Cell]) -> list[Cell]:
        """Return the cells of a row that make a part of the view."""
        return [row[self.columns.index(column)] for column in self.view.columns.get(part, ())]

    def name(self, part: str, row: Sequence[Cell]) -> str:
        """Return what the cells of a part show, side by side."""
        return ", ".join(self.names(part, row))

    def number(self, part: str, row: Sequence[Cell]) -> float | None:
        """Return the number of a part; none where there is none."""
        for cell in self.cells(part, row):
            if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
                return float(cell.value)
        return None

    def heading(self, part: str) -> str:
        """Return the names of the columns of a part, but for those that say nothing."""
        names = [name for name in self.view.columns.get(part, ()) if name not in _PLAIN]
        return ", ".join(map(heading, names))

    def names(self, part: str, row: Sequence[Cell]) -> list[str]:
        """Return what each cell of a part shows, but for empty ones."""
        return [cell.shown for cell in self.cells(part, row) if cell.shown]

    def cell(self, column: str, row: Sequence[Cell]) -> Cell | None:
        """Return the cell of a column, if the answer has it."""
        return row[self.columns.index(column)] if column in self.columns else None

    def iri(self, part: str, row: Sequence[Cell]) -> str | None:
        """Return the thing that the first cell of a part with one is of."""
        return next((cell.iri for cell in self.cells(part, row) if cell.iri), None)

    def level(self, row: Sequence[Cell]) -> int | None:
        """Return how certain a row is; see `clustergraph.charts.certainty.level_of`."""
        return level_of(self.columns, row)

    def told(self, words: str, row: Sequence[Cell]) -> str:
        """Return words of a row with who says it, and how certain it is, if it is not simply stated."""
        return "; ".join(filter(None, (words, self.name("source", row), words_of(self.level(row)))))

    def open_end(self, row: Sequence[Cell]) -> str:
        """Return to which side the number of a row is open: ``up``, ``down``, ``about``, or nothing."""
        return self._bound(row)[0]

    def short(self, part: str, row: Sequence[Cell]) -> str:
        """Return the number of a part with the sign of its bound."""
        return f"{self._bound(row)[1]} {spoken(self.number(part, row) or 0.0)}".strip()

    def _bound(self, row: Sequence[Cell]) -> tuple[str, str]:
        bound = self.cell("bound", row)
        return _OPEN.get((bound.iri or "").rpartition("/")[2], ("", "")) if bound else ("", "")

    def said(self, part: str, row: Sequence[Cell]) -> str:
        """Return the number of a part as it is said: with its bound, if it is not exact."""
        number, bound = spoken(self.number(part, row) or 0.0), self.cell("bound", row)
        return f"{bound.shown} {number}" if bound and self.open_end(row) else number


def year(date: str) -> float | None:
    """Return a date as a number of years.

    >>> year("2016"), year("2016-07"), year("soon")
    (2016.0, 2016.5, None)
    """
    match = re.match(r"(-?\d{4})(?:-(\d\d)(?:-(\d\d))?)?", date)
    if not match:
        return None
    return int(match[1]) + (int(match[2] or 1) - 1) / 12 + (int(match[3] or 1) - 1) / 372


def spoken(number: float) -> str:
    """Return a number as people read it.

    >>> spoken(1234567.0), spoken(0.25), spoken(-3.0), spoken(1.249e12)
    ('1,234,567', '0.25', '-3', '1,249 billion')
    """
    if abs(number) >= _BILLION:
        return gettext("%(number)s billion", number=_plain(float(f"{number / _BILLION:.4g}")))
    return _plain(number)


def _plain(number: float) -> str:
    return notation.number(number, ".0f" if number == int(number) or abs(number) >= 1000 else ".4g")


def left_out(counts: Mapping[str, tuple[int, int]]) -> list[str]:
    """Return a note where less is drawn than there is, by how much of how much is drawn of each panel.

    >>> left_out({"": (3, 5)}), left_out({"members": (5, 5)})
    (['3 of 5 drawn, the first by size.'], [])
    """
    less = {panel: (drawn, found) for panel, (drawn, found) in counts.items() if drawn < found}
    if len(less) > 1:
        most = max(drawn for drawn, _ in less.values())
        return [gettext("Of %(panels)d panels the first %(most)d by size are drawn.", panels=len(less), most=most)]
    for panel, (drawn, found) in less.items():
        told = {"drawn": drawn, "all": found, "panel": panel}
        if panel:
            return [gettext("%(drawn)d of %(all)d drawn of %(panel)s, the first by size.", **told)]
        return [gettext("%(drawn)d of %(all)d drawn, the first by size.", **told)]
    return []
