"""Rival values of one thing: marks on one scale, joined by a bracket, with the numbers beside them."""

from collections.abc import Sequence
from typing import Final

from clustergraph.charts.bars import MOST_BARS, Amount, amounts, caption, open_end
from clustergraph.charts.chart import Chart, Drawn, left_out, linear, spoken, ticks
from clustergraph.charts.svg import SIZE, Drawing, cut, fitted, width
from clustergraph.languages.messages import gettext

_ROW: Final = 38.0
_RADIUS: Final = 5.5
_NAMES, _NUMBERS = 0.3, 0.3
"""Room for the names at the left, and for the numbers at the right, as shares of the width."""


def rivals(chart: Chart, drawing: Drawing) -> Drawn:
    """Draw the values of each name on a line of their own; no line leads from one to the next."""
    panels, notes = amounts(chart)
    most = max(3, MOST_BARS // max(1, len(panels)))
    y, named, levels = 8.0, 0, set()
    for panel, found in panels.items():
        groups = _grouped(found)
        kept = groups[:most]
        named += len(groups)
        levels |= {each.level for group in kept for each in group}
        notes += left_out(len(kept), len(groups), panel)
        y = _panel(drawing, kept, caption(drawing, panel or chart.heading("value"), y))
    every = [each for found in panels.values() for each in found]
    if not all(each.newest for each in every):
        notes.append(gettext("Full marks are of the latest date, hollow ones are older."))
    told = {"all": len(every), "named": named}
    summary = gettext("%(all)d values for %(named)d numbers; a bracket joins those that differ.", **told)
    return Drawn(y, summary, notes, frozenset(level for level in levels if level is not None))


def _grouped(found: Sequence[Amount]) -> list[list[Amount]]:
    """Return the values of each name, the least first; those with most values come first."""
    groups: dict[str, list[Amount]] = {}
    for each in found:
        groups.setdefault(each.name, []).append(each)
    ordered = sorted(groups.values(), key=lambda group: -len({each.said for each in group}))
    return [sorted(group, key=lambda each: each.value) for group in ordered]


def _panel(drawing: Drawing, groups: Sequence[Sequence[Amount]], y: float) -> float:
    every = [each.value for group in groups for each in group]
    scale = ticks(min(0.0, *every), max(0.0, *every))
    left, right = drawing.width * _NAMES + 14, drawing.width * (1 - _NUMBERS) - 24
    across, bottom = linear(scale[0], scale[-1], left, right), y + len(groups) * _ROW
    with drawing.quietly():
        for number in scale:
            drawing.line(across(number), y, across(number), bottom, "grid")
            drawing.text(across(number), bottom + SIZE, spoken(number), "quiet", "middle", ' font-size="12"')
    for place, group in enumerate(groups):
        middle = y + place * _ROW + _ROW / 2 + 4
        drawing.text(left - 14, middle + SIZE * 0.35, fitted(group[0].parts, left - 14), "ink", "end")
        _marks(drawing, group, [across(each.value) for each in group], middle)
        _numbers(drawing, group, right + 24, middle)
    return bottom + SIZE * 2.5


def _marks(drawing: Drawing, group: Sequence[Amount], places: Sequence[float], y: float) -> None:
    if len({each.said for each in group}) > 1:
        above = y - _RADIUS - 3
        drawing.path(f"M{places[0]:.1f},{above:.1f}v-6H{places[-1]:.1f}v6", "bracket")
    for each, x in zip(group, places, strict=True):
        with drawing.thing(each.told, each.iri):
            drawing.circle(x, y, _RADIUS, "mark" if each.newest else "mark old", each.level)
            open_end(drawing, each.open, x + (_RADIUS if each.open != "down" else -_RADIUS - 15), y)


def _numbers(drawing: Drawing, group: Sequence[Amount], x: float, y: float) -> None:
    """Write the numbers of a name beside its marks, each once."""
    said = list(dict.fromkeys(each.said for each in group))
    words = " / ".join(said)
    room = drawing.width - x
    size = "" if width(words) <= room else ' font-size="11"'
    drawing.text(x, y + SIZE * 0.35, cut(words, room * (1.25 if size else 1)), "ink", more=size)
