"""Lines over time: a point for each dated value, joined for each name."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from clustergraph.ask.charts.marks import Table, counted, spoken, year
from clustergraph.ask.charts.scale import linear, ticks
from clustergraph.ask.charts.svg import COLOURS, SIZE, Drawing, width

MOST_LINES: Final = len(COLOURS)
"""How many lines a panel has; more could not be told apart."""
MOST_PANELS: Final = 6

_HEIGHT: Final = 220.0
_NAMES: Final = 320.0
"""Room for names at the right, in the units of the drawing."""

Points = list[tuple[float, float, str]]
"""The year, the value, and what the point shows."""


def lines(table: Table, drawing: Drawing) -> tuple[float, list[str]]:
    """Draw lines and return the height and what there is to say; values on one scale stand in one panel."""
    panels: dict[str, dict[str, Points]] = defaultdict(lambda: defaultdict(list))
    drawn = 0
    for row in table.rows:
        date, value = table.name("date", row), table.number("value", row)
        when = year(date)
        if when is not None and value is not None:
            name = table.name("label", row)
            panels[table.name("panel", row)][name].append((when, value, f"{name}, {date}: {spoken(value)}"))
            drawn += 1
    notes = [f"{counted(len(table.rows) - drawn, 'row')} without a date or a number not drawn."]
    notes *= drawn < len(table.rows)
    chosen = dict(sorted(panels.items(), key=lambda pair: -_points(pair[1]))[:MOST_PANELS])
    if len(chosen) < len(panels):
        notes.append(f"{len(chosen)} of {counted(len(panels), 'panel')} drawn, those with most values.")
    y = 8.0
    for name in sorted(chosen):
        found = chosen[name]
        kept = dict(sorted(found.items(), key=lambda pair: -len(pair[1]))[:MOST_LINES])
        if len(kept) < len(found):
            where = f" of {name}" if name else ""
            notes.append(f"{len(kept)} of {counted(len(found), 'line')}{where} drawn, those with most values.")
        y = _panel(drawing, name, kept, y)
    return y, notes


def _points(panel: dict[str, Points]) -> int:
    return sum(map(len, panel.values()))


def _panel(drawing: Drawing, name: str, found: dict[str, Points], y: float) -> float:
    if name:
        drawing.text(0, y + SIZE, name, "quiet", more=' font-weight="600"')
        y += SIZE * 2
    values = [value for points in found.values() for _, value, _ in points]
    years = [when for points in found.values() for when, _, _ in points]
    marks = ticks(min(0.0, *values), max(values))
    left = max(width(spoken(mark)) for mark in marks) + 10
    right, bottom = drawing.width - _NAMES, y + _HEIGHT
    across = linear(min(years) - 0.25, max(years) + 0.25, left, right)
    up = linear(marks[0], marks[-1], bottom, y + SIZE)
    for mark in marks:
        drawing.line(left, up(mark), right, up(mark), "grid")
        drawing.text(left - 8, up(mark) + SIZE * 0.35, spoken(mark), "quiet", "end")
    for mark in _years(min(years), max(years)):
        drawing.text(across(mark), bottom + SIZE * 1.4, f"{mark}", "quiet", "middle")
    ends = []
    for place, (label, points) in enumerate(found.items()):
        points.sort()
        spots = [(across(when), up(value), said) for when, value, said in points]
        drawing.path("M" + "L".join(f"{x:.1f},{at:.1f}" for x, at, _ in spots), f"line c{place}")
        for x, at, said in spots:
            drawing.circle(x, at, 4, f"dot c{place}", said)
        ends.append((spots[-1][1], spots[-1][0], label, place))
    below = y
    for at, x, label, place in sorted(ends):
        below = max(at + SIZE * 0.35, below + SIZE * 1.25)
        drawing.path(f"M{x + 5:.1f},{at:.1f}L{right + 8:.1f},{below - SIZE * 0.35:.1f}", "grid")
        drawing.circle(right + 14, below - SIZE * 0.35, 4, f"dot c{place}")
        drawing.label(right + 24, below, label, _NAMES - 26)
    return max(bottom, below) + SIZE * 2.5


def _years(first: float, last: float) -> list[int]:
    """Return the whole years to write under an axis, eight at the most."""
    whole = range(int(first), int(last) + 1)
    return list(whole[:: max(1, -(-len(whole) // 8))])
