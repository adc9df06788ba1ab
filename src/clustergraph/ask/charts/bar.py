"""Bars, one for each row, with names of any length and values of either sign."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from clustergraph.ask.charts.marks import Table, counted, spoken
from clustergraph.ask.charts.svg import SIZE, Drawing, width

MOST_BARS: Final = 30
MOST_PANELS: Final = 6

_ROW: Final = 26.0
_THICK: Final = 16.0


@dataclass(frozen=True)
class _Bar:
    name: str
    iri: str | None
    value: float


def bars(table: Table, drawing: Drawing) -> tuple[float, list[str]]:
    """Draw bars and return the height and what there is to say; values on one scale stand in one panel."""
    panels: dict[str, list[_Bar]] = defaultdict(list)
    for row in table.rows:
        value = table.number("value", row)
        if value is not None:
            iri = next((cell.iri for cell in table.cells("label", row) if cell.iri), None)
            panels[table.name("panel", row)].append(_Bar(table.name("label", row), iri, value))
    drawn = sum(map(len, panels.values()))
    notes = [f"{counted(len(table.rows) - drawn, 'row')} without a number not drawn."] * (drawn < len(table.rows))
    chosen = dict(sorted(panels.items(), key=lambda pair: -len(pair[1]))[:MOST_PANELS])
    if len(chosen) < len(panels):
        notes.append(f"{len(chosen)} of {counted(len(panels), 'panel')} drawn, those with most rows.")
    most = max(3, MOST_BARS // max(1, len(chosen)))
    y = 8.0
    for name in sorted(chosen):
        found = _largest(chosen[name], most)
        if len(found) < len(chosen[name]):
            where = f" of {name}" if name else ""
            notes.append(f"{len(found)} of {counted(len(chosen[name]), 'row')}{where} drawn, the largest.")
        y = _panel(drawing, name, found, y)
    return y, notes


def _largest(found: list[_Bar], most: int) -> list[_Bar]:
    """Return the bars with the largest values, in the order in which they came."""
    kept = set(sorted(range(len(found)), key=lambda place: -abs(found[place].value))[:most])
    return [bar for place, bar in enumerate(found) if place in kept]


def _panel(drawing: Drawing, name: str, found: list[_Bar], y: float) -> float:
    if name:
        drawing.text(0, y + SIZE, name, "quiet", more=' font-weight="600"')
        y += _ROW
    left = min(drawing.width * 0.42, max(width(bar.name) for bar in found)) + 12
    room = max(width(spoken(bar.value)) for bar in found) + 12
    least, most = min(0.0, *(bar.value for bar in found)), max(0.0, *(bar.value for bar in found))
    start = left + (room if least < 0 else 0)
    unit = (drawing.width - room - start) / ((most - least) or 1)
    zero = start - least * unit
    for place, bar in enumerate(found):
        top = y + place * _ROW
        base = top + _ROW / 2 + SIZE * 0.35
        said = spoken(bar.value)
        drawing.label(left - 12, base, bar.name, left - 12, "end", bar.iri)
        length = abs(bar.value) * unit
        end = zero - length if bar.value < 0 else zero + length
        drawing.rect(min(zero, end), top + (_ROW - _THICK) / 2, length, _THICK, "mark", f"{bar.name}: {said}")
        drawing.text(end - 6 if bar.value < 0 else end + 6, base, said, "quiet", "end" if bar.value < 0 else "start")
    bottom = y + len(found) * _ROW
    drawing.line(zero, y, zero, bottom, "axis")
    return bottom + _ROW / 2
