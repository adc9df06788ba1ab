"""Bars, one for each row, and lines over time, one for each name: values on one scale stand in one panel."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.charts.chart import Chart, counted, linear, spoken, ticks, year
from clustergraph.charts.svg import COLOURS, SIZE, Drawing, width
from clustergraph.questions.answer import Cell

MOST_PANELS: Final = 6
MOST_BARS: Final = 30
MOST_LINES: Final = len(COLOURS)
"""How many lines a panel has; more could not be told apart."""

_ROW: Final = 26.0
_THICK: Final = 16.0
_HEIGHT: Final = 220.0
_NAMES: Final = 320.0
"""Room for the names of lines at the right, in the units of the drawing."""


@dataclass(frozen=True)
class _Mark:
    """A row as a bar, or as a point of a line."""

    name: str
    iri: str | None
    value: float
    year: float
    said: str


def bars(chart: Chart, drawing: Drawing) -> tuple[float, list[str]]:
    """Draw bars and return the height and what there is to say."""
    panels, notes = _panels(chart, "a number", "rows")
    most = max(3, MOST_BARS // max(1, len(panels)))
    y = 8.0
    for name, marks in panels.items():
        kept = set(sorted(range(len(marks)), key=lambda place: -abs(marks[place].value))[:most])
        found = [mark for place, mark in enumerate(marks) if place in kept]
        notes += _left_out(len(found), len(marks), "row", name, "the largest")
        y = _bars(drawing, found, _title(drawing, name, y, _ROW))
    return y, notes


def lines(chart: Chart, drawing: Drawing) -> tuple[float, list[str]]:
    """Draw lines and return the height and what there is to say."""
    panels, notes = _panels(chart, "a date or a number", "values")
    y = 8.0
    for name, marks in panels.items():
        found: dict[str, list[_Mark]] = defaultdict(list)
        for mark in marks:
            found[mark.name].append(mark)
        kept = dict(sorted(found.items(), key=lambda pair: -len(pair[1]))[:MOST_LINES])
        notes += _left_out(len(kept), len(found), "line", name, "those with most values")
        y = _lines(drawing, kept, _title(drawing, name, y, SIZE * 2))
    return y, notes


def _panels(chart: Chart, needed: str, what: str) -> tuple[dict[str, list[_Mark]], list[str]]:
    """Return the panels to draw by name, and what there is to say of what is left out."""
    panels: dict[str, list[_Mark]] = defaultdict(list)
    for row in chart.rows:
        if mark := _mark(chart, row):
            panels[chart.name("panel", row)].append(mark)
    without = len(chart.rows) - sum(map(len, panels.values()))
    notes = [f"{counted(without, 'row')} without {needed} not drawn."] * bool(without)
    chosen = sorted(panels, key=lambda name: -len(panels[name]))[:MOST_PANELS]
    notes += _left_out(len(chosen), len(panels), "panel", "", f"those with most {what}")
    return {name: panels[name] for name in sorted(chosen)}, notes


def _mark(chart: Chart, row: Sequence[Cell]) -> _Mark | None:
    name, date, value = chart.name("label", row), chart.name("date", row), chart.number("value", row)
    when = year(date) if "date" in chart.view.columns else 0.0
    if value is None or when is None:
        return None
    iri = next((cell.iri for cell in chart.cells("label", row) if cell.iri), None)
    said = f"{name}, {date}" if date else name
    return _Mark(name, iri, value, when, f"{said}: {spoken(value)}")


def _left_out(drawn: int, found: int, noun: str, panel: str, which: str) -> list[str]:
    where = f" of {panel}" if panel else ""
    return [f"{drawn} of {counted(found, noun)}{where} drawn, {which}."] * (drawn < found)


def _title(drawing: Drawing, name: str, y: float, height: float) -> float:
    if not name:
        return y
    drawing.text(0, y + SIZE, name, "quiet", more=' font-weight="600"')
    return y + height


def _bars(drawing: Drawing, found: list[_Mark], y: float) -> float:
    left = min(drawing.width * 0.42, max(width(bar.name) for bar in found)) + 12
    room = max(width(spoken(bar.value)) for bar in found) + 12
    least, most = min(0.0, *(bar.value for bar in found)), max(0.0, *(bar.value for bar in found))
    start = left + (room if least < 0 else 0)
    unit = (drawing.width - room - start) / ((most - least) or 1)
    zero = start - least * unit
    for place, bar in enumerate(found):
        top = y + place * _ROW
        base = top + _ROW / 2 + SIZE * 0.35
        drawing.label(left - 12, base, bar.name, left - 12, "end", bar.iri)
        length = abs(bar.value) * unit
        end = zero - length if bar.value < 0 else zero + length
        drawing.rect(min(zero, end), top + (_ROW - _THICK) / 2, length, _THICK, "mark", bar.said)
        below = bar.value < 0
        drawing.text(end - 6 if below else end + 6, base, spoken(bar.value), "quiet", "end" if below else "start")
    bottom = y + len(found) * _ROW
    drawing.line(zero, y, zero, bottom, "axis")
    return bottom + _ROW / 2


def _lines(drawing: Drawing, found: dict[str, list[_Mark]], y: float) -> float:
    every = [mark for marks in found.values() for mark in marks]
    first, last = min(mark.year for mark in every), max(mark.year for mark in every)
    scale = ticks(min(0.0, *(mark.value for mark in every)), max(mark.value for mark in every))
    left = max(width(spoken(number)) for number in scale) + 10
    right, bottom = drawing.width - _NAMES, y + _HEIGHT
    across = linear(first - 0.25, last + 0.25, left, right)
    up = linear(scale[0], scale[-1], bottom, y + SIZE)
    for number in scale:
        drawing.line(left, up(number), right, up(number), "grid")
        drawing.text(left - 8, up(number) + SIZE * 0.35, spoken(number), "quiet", "end")
    for whole in _years(first, last):
        drawing.text(across(whole), bottom + SIZE * 1.4, f"{whole}", "quiet", "middle")
    ends = []
    for place, (name, marks) in enumerate(found.items()):
        points = sorted((across(mark.year), -up(mark.value), mark.said) for mark in marks)
        drawing.path("M" + "L".join(f"{x:.1f},{-height:.1f}" for x, height, _ in points), f"line c{place}")
        for x, height, said in points:
            drawing.circle(x, -height, 4, f"dot c{place}", said)
        ends.append((-points[-1][1], points[-1][0], name, place))
    below = y
    for at, x, name, place in sorted(ends):
        below = max(at + SIZE * 0.35, below + SIZE * 1.25)
        drawing.path(f"M{x + 5:.1f},{at:.1f}L{right + 8:.1f},{below - SIZE * 0.35:.1f}", "grid")
        drawing.circle(right + 14, below - SIZE * 0.35, 4, f"dot c{place}")
        drawing.label(right + 24, below, name, _NAMES - 26)
    return max(bottom, below) + SIZE * 2.5


def _years(first: float, last: float) -> list[int]:
    """Return the whole years to write under an axis, eight at the most."""
    whole = range(int(first), int(last) + 1)
    return list(whole[:: max(1, -(-len(whole) // 8))])
