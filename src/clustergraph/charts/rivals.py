"""Rival values of one thing: marks on one scale, joined by a bracket, with the numbers beside them."""

from collections.abc import Mapping, Sequence
from typing import Final

from clustergraph.charts.bars import Amount, amounts, caption, most_bars, open_end
from clustergraph.charts.certainty import known
from clustergraph.charts.chart import Chart, Drawn, left_out, linear, spoken, ticks
from clustergraph.charts.svg import SIZE, Drawing, cut, fitted, width
from clustergraph.languages.messages import gettext

_ROW: Final = 38.0
_FEW: Final = 5
"""How many names a narrow picture has."""
_RADIUS: Final = 5.5
_NAMES, _NUMBERS = 0.3, 0.3
"""Room for the names at the left, and for the numbers at the right, as shares of the width."""

Group = Sequence[Amount]
"""The values of one name."""


def rivals(chart: Chart, drawing: Drawing) -> Drawn:
    """Draw the values of each name on a line of their own; no line leads from one to the next."""
    panels, notes = amounts(chart)
    every = [each for found in panels.values() for each in found]
    if not every:
        return Drawn(notes=notes)
    named = {panel: _grouped(found) for panel, found in panels.items()}
    if drawing.narrow:
        y, shown = _few(drawing, named, notes)
    else:
        y, shown = _all(chart, drawing, named, notes)
    if not all(each.newest for each in every):
        notes.append(gettext("Full marks are of the latest date, hollow ones are older."))
    told = {"all": len(every), "named": sum(map(len, named.values()))}
    summary = gettext("%(all)d values for %(named)d numbers; a bracket joins those that differ.", **told)
    return Drawn(y, summary, notes, known(each.level for group in shown for each in group))


def _grouped(found: Sequence[Amount]) -> list[Group]:
    """Return the values of each name, the least first; those with most values come first."""
    groups: dict[str, list[Amount]] = {}
    for each in found:
        groups.setdefault(each.name, []).append(each)
    ordered = sorted(groups.values(), key=_rivals, reverse=True)
    return [sorted(group, key=lambda each: each.value) for group in ordered]


def _rivals(group: Group) -> int:
    return len({each.said for each in group})


def _all(
    chart: Chart, drawing: Drawing, named: Mapping[str, list[Group]], notes: list[str]
) -> tuple[float, list[Group]]:
    """Draw a panel for each scale, and return the height and what is drawn."""
    y, shown, most = 8.0, [], most_bars(drawing, len(named))
    notes += left_out({panel: (min(most, len(groups)), len(groups)) for panel, groups in named.items()})
    for panel, groups in named.items():
        shown += groups[:most]
        y = _panel(drawing, groups[:most], caption(drawing, panel or chart.heading("value"), y))
    return y, shown


def _few(drawing: Drawing, named: Mapping[str, list[Group]], notes: list[str]) -> tuple[float, list[Group]]:
    """Draw those with most rivals, each on a scale of its own from 0, and return the height and what is drawn."""
    found = [(panel, group) for panel, groups in named.items() for group in groups]
    kept = sorted(found, key=lambda pair: -_rivals(pair[1]))[:_FEW]
    notes += left_out({"": (len(kept), len(found))})
    y = 4.0
    for panel, group in kept:
        numbers = _numbers(group)
        name = fitted([*group[0].parts, panel], drawing.width - width(numbers) - 12)
        drawing.text(0, y + SIZE, name, "ink")
        drawing.text(drawing.width, y + SIZE, numbers, "ink", "end", ' font-weight="600"')
        values = [each.value for each in group]
        across = linear(min(0.0, *values), max(0.0, *values), 8, drawing.width - 24)
        drawing.line(across(0), y + 45, drawing.width, y + 45, "axis")
        _marks(drawing, group, [across(value) for value in values], y + 45)
        y += 64
    return y, [group for _, group in kept]


def _panel(drawing: Drawing, groups: Sequence[Group], y: float) -> float:
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
        name = fitted(group[0].parts, left - 14)
        drawing.text(left - 14, middle + SIZE * 0.35, name, "ink", "end")
        _marks(drawing, group, [across(each.value) for each in group], middle)
        drawing.text(right + 24, middle + SIZE * 0.35, cut(_numbers(group), drawing.width - right - 24))
    return bottom + SIZE * 2.5


def _marks(drawing: Drawing, group: Group, places: Sequence[float], y: float) -> None:
    if _rivals(group) > 1:
        above = y - _RADIUS - 3
        drawing.path(f"M{places[0]:.1f},{above:.1f}v-6H{places[-1]:.1f}v6", "bracket")
    for each, x in zip(group, places, strict=True):
        with drawing.thing(each.told, each.iri):
            drawing.circle(x, y, _RADIUS, "mark" if each.newest else "mark old", each.level)
            open_end(drawing, each.open, x + (_RADIUS if each.open != "down" else -_RADIUS - 15), y)


def _numbers(group: Group) -> str:
    """Return the numbers of a name, each once."""
    return " / ".join(dict.fromkeys(each.short for each in group))
