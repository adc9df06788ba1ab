"""Bars, one for each row, the longest first; those of one name stand together, joined by a bracket if they differ."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from clustergraph.charts.certainty import known
from clustergraph.charts.chart import Chart, Drawn, left_out, spoken
from clustergraph.charts.svg import SIZE, Drawing, cut, fitted, width
from clustergraph.languages.messages import gettext, ngettext
from clustergraph.questions.answer import Cell

MOST_PANELS: Final = 6
MOST_BARS: Final = 30
FEW_BARS: Final = 8
"""How many bars a narrow picture has."""
MOST_ZEROS: Final = 3
"""How many bars of no length a panel has before they are left out."""
ARROW: Final = 12.0
"""Room for what says that a number is open to one side."""

_ROW: Final = 26.0
_THICK: Final = 16.0
_SENTENCE: Final = 500.0
"""How long a name in the summary may be."""
_YEAR: Final = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Amount:
    """A row as a number that is drawn."""

    parts: tuple[str, ...]
    """What makes its name."""
    iri: str | None
    value: float
    said: str
    """The number as it is written, with its bound."""
    short: str
    """The same with a sign for its bound."""
    told: str
    """The row in words."""
    level: int | None
    open: str
    """To which side it is open."""
    newest: bool = True

    @property
    def name(self) -> str:
        """What it is of."""
        return ", ".join(self.parts)


_Amounts = dict[tuple[str, str, bool], Amount]
"""The numbers of a panel by name, by what is said, and by whether that is the newest."""


def bars(chart: Chart, drawing: Drawing) -> Drawn:
    """Draw a bar for each row."""
    panels, notes = amounts(chart)
    most, in_order = most_bars(drawing, len(panels)), _in_order(chart)
    y, levels, counts = 8.0, set(), {}
    for name, found in panels.items():
        seen = _without_zeros(found, notes)
        kept = _chosen(seen, most, in_order=in_order)
        counts[name] = len(kept), len(seen)
        levels |= {each.level for each in kept}
        y = _bars(drawing, kept, caption(drawing, name or chart.heading("value"), y))
    notes += left_out(counts)
    return Drawn(y, _summary(panels), notes, known(levels))


def most_bars(drawing: Drawing, panels: int) -> int:
    """Return how many bars a panel has at the most."""
    return max(3, (FEW_BARS if drawing.narrow else MOST_BARS) // max(1, panels))


def amounts(chart: Chart) -> tuple[dict[str, list[Amount]], list[str]]:
    """Return the numbers to draw by the names of their panels, and what there is to say of what is left out."""
    panels: dict[str, _Amounts] = defaultdict(dict)
    without = 0
    for row in chart.rows:
        if (value := chart.number("value", row)) is not None:
            _add(panels[chart.name("panel", row)], _amount(chart, row, value))
        else:
            without += 1
    notes = [
        ngettext(
            "%(num)d row without a number not drawn.", "%(num)d rows without a number not drawn.", without, num=without
        )
    ]
    chosen = sorted(panels, key=lambda name: -len(panels[name]))[:MOST_PANELS]
    most = gettext("%(drawn)d of %(all)d panels drawn, those with most rows.", drawn=len(chosen), all=len(panels))
    return {name: list(panels[name].values()) for name in sorted(chosen)}, notes * bool(without) + [most] * (
        len(chosen) < len(panels)
    )


def _add(found: _Amounts, amount: Amount) -> None:
    """Add a number to those of a panel; one that is said once more is one with it, and the firmer counts."""
    key = amount.name, amount.said, amount.newest
    before = found.setdefault(key, amount)
    if amount.level is not None and (before.level is None or amount.level < before.level):
        found[key] = amount


def _amount(chart: Chart, row: Sequence[Cell], value: float) -> Amount:
    parts, said, newest = tuple(chart.names("label", row)), chart.said("value", row), chart.cell("newest", row)
    told = f"{', '.join(parts)}: {said}"
    short, told = chart.short("value", row), chart.told(told, row)
    current = newest is None or newest.value is not False
    level, side = chart.level(row), chart.open_end(row)
    return Amount(parts, chart.iri("label", row), value, said, short, told, level, side, current)


def _in_order(chart: Chart) -> bool:
    """Whether the rows keep their order, since they are in that of years."""
    columns = zip(*(chart.cells("label", row) for row in chart.rows), strict=True)
    said = ([cell.shown for cell in column if cell.shown] for column in columns)
    return any(column and all(map(_YEAR.fullmatch, column)) for column in said)


def _without_zeros(found: list[Amount], notes: list[str]) -> list[Amount]:
    """Return the bars without those of no length, if these are many; a note says how many."""
    zeros = sum(not each.value for each in found)
    if zeros <= MOST_ZEROS or zeros == len(found):
        return found
    notes.append(ngettext("%(num)d row with 0 not drawn.", "%(num)d rows with 0 not drawn.", zeros, num=zeros))
    return [each for each in found if each.value]


def _chosen(found: list[Amount], most: int, *, in_order: bool) -> list[Amount]:
    """Return the bars that are drawn; those of one name stay together."""
    places = sorted(range(len(found)), key=lambda place: -abs(found[place].value))[:most]
    kept = [found[place] for place in sorted(places)]
    if not in_order:
        longest: dict[str, float] = defaultdict(float)
        for each in kept:
            longest[each.name] = max(longest[each.name], each.value)
        first = {name: place for place, name in enumerate(sorted(longest, key=lambda name: -longest[name]))}
        kept.sort(key=lambda each: (first[each.name], -each.value))
    return kept


def caption(drawing: Drawing, words: str, y: float) -> float:
    """Write what the numbers below are, if there is anything to say, and return where they begin."""
    if not words:
        return y
    drawing.text(0, y + SIZE, words, "quiet", more=' font-weight="600"')
    return y + SIZE * 2


def _bars(drawing: Drawing, found: Sequence[Amount], y: float) -> float:
    if not found:
        return y
    # In a narrow picture names stand above their bars.
    left = 0.0 if drawing.narrow else min(drawing.width * 0.42, max(width(each.name) for each in found)) + 14
    room = max(width(each.said) + ARROW * bool(each.open) for each in found) + 12
    least, most = min(0.0, *(each.value for each in found)), max(0.0, *(each.value for each in found))
    start = left + (room if least < 0 else 0)
    unit = (drawing.width - room - start) / ((most - least) or 1)
    zero, top = start - least * unit, y
    for _, group in groupby(found, key=lambda each: each.name):
        top = _group(drawing, list(group), top, left, zero, unit)
    drawing.line(zero, y, zero, top, "axis")
    return top + _ROW / 2


def _group(drawing: Drawing, group: list[Amount], top: float, left: float, zero: float, unit: float) -> float:
    """Draw the bars of one name, and return where the next begin."""
    if left:
        name_at, room = (left - 14, top + len(group) * _ROW / 2 + SIZE * 0.35), left - 14
    else:
        name_at, room, top = (0.0, top + SIZE + 2), drawing.width, top + SIZE * 1.4
    for place, each in enumerate(group):
        with drawing.thing(each.told, each.iri):
            if not place:
                drawing.text(*name_at, fitted(each.parts, room), "ink", "end" if left else "start")
            _bar(drawing, each, top + place * _ROW, zero, unit)
    bottom = top + len(group) * _ROW
    if len({each.said for each in group}) > 1:
        bracket(drawing, (left or drawing.width) - 4, top + 5, bottom - 5, 5 if left else -5)
    return bottom


def _bar(drawing: Drawing, each: Amount, top: float, zero: float, unit: float) -> None:
    length, side = abs(each.value) * unit, -1 if each.value < 0 else 1
    end, middle = zero + side * length, top + _ROW / 2
    drawing.rect(min(zero, end), middle - _THICK / 2, length, _THICK, "mark", each.level)
    open_end(drawing, each.open, end, middle)
    beside = end + side * (6 + ARROW * bool(each.open))
    drawing.text(beside, middle + SIZE * 0.35, each.said, "quiet", "end" if side < 0 else "start")


def open_end(drawing: Drawing, side: str, x: float, y: float, *, upright: bool = False) -> None:
    """Draw at the end of a number to which side it is open: an arrow, or a wave for what is about so."""
    step = {"up": 1, "down": -1}.get(side)
    if side == "about":
        wave = "q3,-5 6,0 t6,0" if not upright else "q-5,-3 0,-6 t0,-6"
        drawing.path(f"M{x + (0 if upright else 3):.1f},{y - (3 if upright else 0):.1f}{wave}", "open", level=None)
    elif step and upright:
        drawing.path(f"M{x:.1f},{y - step * 5:.1f}v{-step * 11}m-4,{step * 4}l4,{-step * 4}l4,{step * 4}", "open")
    elif step:
        tail = x + (3 if step > 0 else 12)
        drawing.path(f"M{tail:.1f},{y:.1f}h{step * 9}m{-step * 4},-4l{step * 4},4l{-step * 4},4", "open")


def bracket(drawing: Drawing, x: float, top: float, bottom: float, depth: float) -> None:
    """Join what differs: an upright bracket that opens to the left, or with a depth under 0 to the right."""
    drawing.path(f"M{x - depth:.1f},{top:.1f}h{depth}V{bottom:.1f}h{-depth}", "bracket")


def _summary(panels: Mapping[str, Sequence[Amount]]) -> str:
    every = [each for found in panels.values() for each in found]
    if not every:
        return ""
    if len(panels) > 1:
        values = ngettext("%(num)d value", "%(num)d values", len(every), num=len(every))
        return gettext(
            "%(values)s in %(panels)d panels, each on a scale of its own.", values=values, panels=len(panels)
        )
    most, least = max(every, key=lambda each: each.value), min(every, key=lambda each: each.value)
    told = {"most": cut(most.name, _SENTENCE), "n": most.said, "all": len(every), "least": cut(least.name, _SENTENCE),
            "m": least.said}  # fmt: skip
    if len(every) == 1:
        return gettext("%(most)s: %(n)s.", **told)
    if most.value == least.value:
        return gettext("All %(all)d have %(value)s.", all=len(every), value=spoken(most.value))
    return gettext("Of %(all)d, %(most)s has most (%(n)s) and %(least)s least (%(m)s).", **told)
