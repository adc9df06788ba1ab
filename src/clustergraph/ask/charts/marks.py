"""From the rows of an answer to what is drawn: names, numbers, dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clustergraph.ask.tables import Cell
from clustergraph.views import View


@dataclass(frozen=True)
class Table:
    """Rows, and the columns of a view in them."""

    view: View
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def cells(self, part: str, row: Sequence[Cell]) -> list[Cell]:
        """Return the cells of a row that make a part of the view."""
        return [row[self.columns.index(column)] for column in self.view.columns.get(part, ())]

    def name(self, part: str, row: Sequence[Cell]) -> str:
        """Return what the cells of a part show, side by side."""
        return ", ".join(cell.shown for cell in self.cells(part, row) if cell.shown)

    def number(self, part: str, row: Sequence[Cell]) -> float | None:
        """Return the number of a part; none where there is none."""
        for cell in self.cells(part, row):
            if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
                return float(cell.value)
        return None

    def heading(self, part: str) -> str:
        """Return the names of the columns of a part."""
        return ", ".join(self.view.columns.get(part, ())).replace("_", " ")


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

    >>> spoken(1234567.0), spoken(0.25), spoken(-3.0)
    ('1,234,567', '0.25', '-3')
    """
    return f"{number:,.0f}" if number == int(number) else f"{number:,.4g}" if abs(number) < 1000 else f"{number:,.0f}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
