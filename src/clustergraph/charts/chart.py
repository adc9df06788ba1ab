"""What an answer gives to draw: the columns of its view, and numbers and years on axes."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.questions.answer import Cell
from clustergraph.questions.question import View

_STEPS: Final = (1, 2, 5, 10)


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
    """The rows of an answer, and the columns of its view in them."""

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
