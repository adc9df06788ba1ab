"""A matrix: a mark where a row and a column meet; those that are tied to the same stand near each other."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.charts.chart import Chart, Drawn
from clustergraph.charts.svg import SIZE, Drawing, cut, width
from clustergraph.charts.ties import Ties, most_tied
from clustergraph.languages.messages import gettext

MOST_ROWS: Final = 40
MOST_COLUMNS: Final = 24

_CELL: Final = 26.0
_LEAST: Final = 18.0
"""The least height of a row, and width of a column, so that names do not touch."""
_NAMES: Final = 0.36
"""Room for the names of rows, as a share of the width."""
_SLANT: Final = math.radians(55)
_HEAD: Final = 180.0
"""How long the name of a column may be."""
_ROUNDS: Final = 12


@dataclass(frozen=True)
class _Grid:
    left: float
    top: float
    cell: float


def matrix(chart: Chart, drawing: Drawing, ties: Ties) -> Drawn:
    """Draw ties of two kinds of thing, the many as rows and the few as columns, or of all with all."""
    rows, columns = _sides(ties, max(2, int(drawing.width * (1 - _NAMES) / _LEAST - _HEAD * math.cos(_SLANT) / _LEAST)))
    notes = [*ties.notes, *ties.left_out(len({*rows, *columns}))]
    left = min(drawing.width * _NAMES, max(width(ties.names[each]) for each in rows)) + 12
    head = min(_HEAD, max(width(ties.names[each]) for each in columns))
    beside = head * math.cos(_SLANT)
    cell = max(_LEAST, min(_CELL, (drawing.width - left - beside) / len(columns)))
    grid = _Grid(left, head * math.sin(_SLANT) + SIZE, cell)
    _heads(drawing, ties, columns, grid, head)
    _rows(drawing, ties, rows, columns, grid)
    sizes = {tie.value for tie in ties.found.values()}
    if len(sizes) > 1:
        what = chart.heading("value") or gettext("rows")
        notes.append(gettext("The larger a mark, the more %(what)s.", what=what))
    return Drawn(
        grid.top + len(rows) * cell + SIZE,
        ties.summary,
        notes,
        ties.levels,
        kind="matrix",
        table=_table(ties, rows, columns),
    )


def _table(ties: Ties, rows: Sequence[str], columns: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return a matrix in words."""
    names = ties.names
    told = (tuple(_cell(ties, row, column) for column in columns) for row in rows)
    return (
        tuple(names[column] for column in columns),
        *((names[row], *cells) for row, cells in zip(rows, told, strict=True)),
    )


def _cell(ties: Ties, row: str, column: str) -> str:
    found = ties.tie(row, column)
    return (ties.weight(found[1]) or gettext("yes")) if found else ""


def _sides(ties: Ties, room: int) -> tuple[list[str], list[str]]:
    """Return rows and columns, those with most ties, in an order in which those tied to the same are near."""
    counts, most = ties.counts, min(MOST_COLUMNS, room)
    if ties.sides is None:
        kept = most_tied(counts, ties.names, most)
        order = _near(ties, kept, kept)
        return order, order
    many, few = ties.sides
    columns = most_tied({each: counts[each] for each in few}, ties.names, most)
    own = Counter(each for each in many for column in columns if ties.tie(each, column))
    rows = most_tied(own, ties.names, MOST_ROWS)
    columns = [column for column in columns if any(ties.tie(row, column) for row in rows)]
    for _ in range(_ROUNDS):
        rows = _sorted(ties, rows, columns)
        columns = _sorted(ties, columns, rows)
    return rows, columns


def _sorted(ties: Ties, things: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return things by where those stand, in the mean, that they are tied to."""
    mean = {}
    for thing in things:
        places = [place for place, other in enumerate(others) if ties.tie(thing, other)]
        mean[thing] = sum(places) / len(places) if places else math.inf
    return sorted(things, key=lambda thing: (mean[thing], ties.names[thing], thing))


def _near(ties: Ties, rest: Sequence[str], things: Sequence[str]) -> list[str]:
    """Return things in an order in which each follows the one whose ties are most like its own."""
    own = {thing: {other for other in things if ties.tie(thing, other)} for thing in things}
    left: list[str] = list(rest)
    order: list[str] = []
    while left:
        last = order[-1] if order else left[0]
        following = max(left, key=lambda thing: (len(own[last] & own[thing]), -left.index(thing)))
        order.append(following)
        left.remove(following)
    return order


def _heads(drawing: Drawing, ties: Ties, columns: Sequence[str], grid: _Grid, room: float) -> None:
    """Write the names of the columns, slanted."""
    degrees = -math.degrees(_SLANT)
    for place, thing in enumerate(columns):
        x, y = grid.left + (place + 0.5) * grid.cell + SIZE * 0.3, grid.top - 6
        with drawing.thing(ties.names[thing], ties.iris.get(thing), "thing name"):
            turned = f' transform="rotate({degrees:.0f} {x:.1f} {y:.1f})"'
            drawing.text(x, y, cut(ties.names[thing], room), more=turned)


def _rows(drawing: Drawing, ties: Ties, rows: Sequence[str], columns: Sequence[str], grid: _Grid) -> None:
    most = max(tie.value for tie in ties.found.values()) or 1.0
    bottom, right = grid.top + len(rows) * grid.cell, grid.left + len(columns) * grid.cell
    for place in range(len(columns) + 1):
        drawing.line(grid.left + place * grid.cell, grid.top, grid.left + place * grid.cell, bottom, "grid")
    drawing.line(grid.left, bottom, right, bottom, "grid")
    for place, row in enumerate(rows):
        y = grid.top + place * grid.cell
        drawing.line(grid.left, y, right, y, "grid")
        with drawing.thing(ties.names[row], ties.iris.get(row), "thing name"):
            name = cut(ties.names[row], grid.left - 12)
            drawing.text(grid.left - 8, y + grid.cell / 2 + SIZE * 0.35, name, "ink", "end")
        for at, column in enumerate(columns):
            _mark(drawing, ties, row, column, (grid.left + at * grid.cell, y, grid.cell), most)


def _mark(drawing: Drawing, ties: Ties, row: str, column: str, cell: tuple[float, float, float], most: float) -> None:
    """Draw a mark where two are tied, as large as their tie is strong."""
    x, y, size = cell
    if row == column:
        drawing.rect(x, y, size, size, "own")
        return
    if not (found := ties.tie(row, column)):
        return
    pair, tie = found
    side = (size - 6) * max(0.4, math.sqrt(abs(tie.value) / most))
    with drawing.thing(ties.told(pair, tie), look="tie"):
        drawing.rect(x + (size - side) / 2, y + (size - side) / 2, side, side, "mark", tie.level)
