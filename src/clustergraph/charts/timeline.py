"""Values over time, a colour and a shape for each name: what one source says is joined, what several say is not.

Values of one date that differ are joined by a bracket, so that nobody takes a contradiction for growth.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from clustergraph.charts.bars import MOST_PANELS, bracket, caption, open_end
from clustergraph.charts.chart import Chart, Drawn, left_out, linear, spoken, ticks, year
from clustergraph.charts.svg import COLOURS, SIZE, Drawing, fitted
from clustergraph.languages.messages import gettext, ngettext
from clustergraph.questions.answer import Cell

MOST_LINES: Final = len(COLOURS)
"""How many names a panel has; more could not be told apart."""

_HEIGHT: Final = 240.0
_NAMES: Final = 0.4
"""Room for the names at the right, as a share of the width."""
_RADIUS: Final = 5.0


@dataclass
class Moment:
    """What is said of one name for one date: one number, which several may say, or one of several."""

    year: float
    value: float
    said: str
    open: str
    iri: str | None
    told: list[str] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)


def timeline(chart: Chart, drawing: Drawing) -> Drawn:
    """Draw values over time in panels of one unit each."""
    panels: dict[str, dict[str, list[Moment]]] = defaultdict(lambda: defaultdict(list))
    without = 0
    for row in chart.rows:
        name, date = chart.name("label", row), year(chart.name("date", row))
        if date is None or chart.number("value", row) is None:
            without += 1
        else:
            _add(panels[chart.name("panel", row)][name], chart, row, date)
    notes = [
        ngettext(
            "%(num)d row without a date or a number not drawn.",
            "%(num)d rows without a date or a number not drawn.",
            without,
            num=without,
        )
    ] * bool(without)
    chosen = sorted(panels, key=lambda name: -len(panels[name]))[:MOST_PANELS]
    y = 8.0
    notes += left_out({panel: (min(MOST_LINES, len(panels[panel])), len(panels[panel])) for panel in chosen})
    for panel in sorted(chosen):
        found = panels[panel]
        kept = dict(sorted(found.items(), key=lambda pair: -len(pair[1]))[:MOST_LINES])
        y = _panel(drawing, kept, caption(drawing, panel or chart.heading("value"), y))
    return Drawn(y, _summary([panels[name] for name in chosen]), notes)


def _add(moments: list[Moment], chart: Chart, row: Sequence[Cell], date: float) -> None:
    """Add a row to what is said of a name; who says the same number of the same date is one with it."""
    value, said, source = chart.number("value", row) or 0.0, chart.said("value", row), chart.name("source", row)
    told = chart.told(f"{chart.name('label', row)}, {chart.name('date', row)}: {said}", row)
    for each in moments:
        if (each.year, each.said) == (date, said):
            each.told.append(source)
            each.sources.add(source)
            return
    moments.append(Moment(date, value, said, chart.open_end(row), chart.iri("label", row), [told], {source}))


def _panel(drawing: Drawing, found: Mapping[str, list[Moment]], y: float) -> float:
    every = [each for moments in found.values() for each in moments]
    if not every:
        return y
    first, last = min(each.year for each in every), max(each.year for each in every)
    scale = ticks(min(0.0, *(each.value for each in every)), max(0.0, *(each.value for each in every)))
    left, right = max(len(spoken(number)) for number in scale) * 9 + 14.0, drawing.width * (1 - _NAMES)
    if drawing.narrow:
        right = drawing.width - 8
    bottom, margin = y + _HEIGHT, max(0.3, (last - first) * 0.06)
    across = linear(first - margin, last + margin, left, right)
    up = linear(scale[0], scale[-1], bottom, y + SIZE)
    with drawing.quietly():
        for number in scale:
            drawing.line(left, up(number), right, up(number), "grid")
            drawing.text(left - 8, up(number) + SIZE * 0.35, spoken(number), "quiet", "end")
        for whole in _years(first, last):
            drawing.text(across(whole), bottom + SIZE * 1.6, f"{whole}", "quiet", "middle")
    ends = []
    for place, (name, moments) in enumerate(found.items()):
        points = [(across(each.year), up(each.value), each) for each in sorted(moments, key=lambda one: one.year)]
        _series(drawing, points, place)
        ends.append((points[-1][1], points[-1][0], name, place))
    if drawing.narrow:
        return _listed(drawing, sorted(ends), bottom + SIZE * 3.4)
    return max(bottom + SIZE * 1.6, _names(drawing, sorted(ends), right, y)) + SIZE * 1.2


def _series(drawing: Drawing, points: Sequence[tuple[float, float, Moment]], place: int) -> None:
    """Draw what is said of one name."""
    for source in sorted({source for *_, each in points for source in each.sources}):
        own = [(x, y) for x, y, each in points if source in each.sources]
        if len(own) > 1:
            drawing.path("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in own), f"line c{place}")
    for x, top, bottom in _rivals(points):
        bracket(drawing, x - _RADIUS - 8, top, bottom, -5)
    for x, y, each in points:
        with drawing.thing("; ".join(filter(None, each.told)), each.iri):
            drawing.path(shape(place, x, y, _RADIUS), f"dot c{place}")
            open_end(drawing, each.open, x, y, upright=True)


def _rivals(points: Sequence[tuple[float, float, Moment]]) -> Iterator[tuple[float, float, float]]:
    """Yield where values of one date differ, and from where to where."""
    at: dict[float, list[float]] = defaultdict(list)
    for x, y, _ in points:
        at[x].append(y)
    for x, heights in at.items():
        if len(heights) > 1:
            yield x, min(heights), max(heights)


def shape(place: int, x: float, y: float, radius: float) -> str:
    """Return the path of a mark: a disc, a square, a triangle or a diamond in turn."""
    if place % 4 == 0:
        return (
            f"M{x - radius:.1f},{y:.1f}a{radius},{radius} 0 1 0 {2 * radius},0a{radius},{radius} 0 1 0 {-2 * radius},0z"
        )
    corners, turn = ((4, math.pi / 4), (3, -math.pi / 2), (4, 0.0))[place % 4 - 1]
    turns = [turn + 2 * math.pi * corner / corners for corner in range(corners)]
    wide = radius * 1.25
    return "M" + "L".join(f"{x + wide * math.cos(at):.1f},{y + wide * math.sin(at):.1f}" for at in turns) + "z"


def _names(drawing: Drawing, ends: Sequence[tuple[float, float, str, int]], right: float, y: float) -> float:
    """Write the names beside the last of their marks, under each other, and return where they end."""
    below = y
    for at, x, name, place in ends:
        below = max(at + SIZE * 0.35, below + SIZE * 1.4)
        drawing.path(f"M{x + 8:.1f},{at:.1f}L{right + 8:.1f},{below - SIZE * 0.35:.1f}", "grid")
        drawing.path(shape(place, right + 15, below - SIZE * 0.35, 4), f"dot c{place}")
        with drawing.thing(name):
            drawing.text(right + 25, below, fitted(name.split(", "), drawing.width - right - 25))
    return below


def _listed(drawing: Drawing, ends: Sequence[tuple[float, float, str, int]], y: float) -> float:
    """Write the names under the panel, in the order of their last marks, and return where they end."""
    for _, _, name, place in ends:
        drawing.path(shape(place, 8, y - SIZE * 0.35, 4), f"dot c{place}")
        with drawing.thing(name):
            drawing.text(20, y, fitted(name.split(", "), drawing.width - 20))
        y += SIZE * 1.4
    return y


def _years(first: float, last: float) -> list[int]:
    """Return the whole years to write under an axis, eight at the most."""
    whole = range(int(first), int(last) + 1)
    return list(whole[:: max(1, -(-len(whole) // 8))])


def _summary(panels: Sequence[Mapping[str, Sequence[Moment]]]) -> str:
    every = [each for panel in panels for moments in panel.values() for each in moments]
    if not every:
        return ""
    named = sum(map(len, panels))
    rivals = sum(len(list(_rivals([(each.year, each.value, each) for each in moments])))
                 for panel in panels for moments in panel.values())  # fmt: skip
    series = ngettext("%(num)d number", "%(num)d numbers", named, num=named)
    first, last = int(min(each.year for each in every)), int(max(each.year for each in every))
    told = {"series": series, "first": first, "last": last}
    said = gettext("%(series)s from %(first)d to %(last)d.", **told)
    if first == last:
        said = gettext("%(series)s in %(first)d.", **told)
    if not rivals:
        return said
    differ = ngettext("For %(num)d date sources differ.", "For %(num)d dates sources differ.", rivals, num=rivals)
    return f"{said} {differ}"
