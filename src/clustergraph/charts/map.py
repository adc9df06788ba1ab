"""A map: a disc for each place, or its outline, on land with borders; discs that would hide each other move apart."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from clustergraph.charts import land, outlines
from clustergraph.charts.certainty import firmest, known, words_of
from clustergraph.charts.chart import Chart, Drawn, spoken, ticks
from clustergraph.charts.frame import Frame, around, draw_land, spread
from clustergraph.charts.locations import Place
from clustergraph.charts.placement import place_name
from clustergraph.charts.svg import SIZE, Drawing, cut, width
from clustergraph.languages.messages import gettext, ngettext

MOST_PLACES: Final = 150

_BIGGEST: Final = 18.0
_EUROPE: Final = (34.0, 72.0, -25.0, 45.0)
"""South, north, west and east of what is drawn by itself where other places lie far away, in degrees."""
_LEAST: Final = math.radians(8.0)
_LEAST_ELSEWHERE: Final = math.radians(40.0)
"""The smallest extent of a map of Europe, and of the rest of the world."""
_FEW: Final = 6
"""Up to how many places are named in the summary."""
_CLOSE: Final = 50.0
"""Within this distance discs stand close."""
_LONG: Final = 170.0
"""From this width on a name is long."""
_PALE: Final = 18.0
"""The radius of what lies behind the discs."""


@dataclass(frozen=True)
class _Spot:
    name: str
    iri: str
    at: Place
    value: float
    said: str
    level: int | None = None
    kind: str = ""


@dataclass(frozen=True)
class _Legend:
    """What is the same for all places of a map."""

    sizes: Mapping[str, float]
    """The radius of each disc."""
    kinds: Sequence[str]
    """The kinds of place; those of the first are discs, moved apart, those of further ones lie pale behind them."""
    edges: Sequence[float]
    """Where the shades of regions begin and end, if these are shaded by their numbers."""
    about: str = ""
    """What the map is about, which has its name on it in any case."""


def spots(chart: Chart, drawing: Drawing) -> Drawn:
    """Draw a map.

    Where a view names no value, the discs are as large as the number of rows of their places. Where most places have
    an outline and all a number, the outlines are shaded by it.
    """
    found, notes = _spots(chart)
    if not found:
        return Drawn(notes=notes)
    most = max(abs(spot.value) for spot in found) or 1.0
    same = len({spot.value for spot in found}) == 1
    kinds = list(dict.fromkeys(chart.name("group", row) for row in chart.rows))
    shaded = "value" in chart.view.columns
    legend = replace(_legend_of(found, most, kinds, same=same, drawing=drawing, shaded=shaded), about=chart.about)
    europe = [spot for spot in found if _in_europe(spot.at)]
    elsewhere = [spot for spot in found if not _in_europe(spot.at)]
    top, unnamed = 0.0, 0
    for part, least, layer in ((europe, _LEAST, "europe"), (elsewhere, _LEAST_ELSEWHERE, "world")):
        if part:
            frame = around([spot.at for spot in part], least, drawing.width)
            with drawing.frame(top, frame.width, frame.height, layer):
                draw_land(frame, drawing, land.layer(layer))
                unnamed += _draw(frame, drawing, part, legend, chart.places)
            top += frame.height + 10
    what = chart.heading("value") or gettext("rows")
    if legend.edges:
        top = _shades(drawing, top, legend.edges, what)
    elif not same:
        top = _sizes(drawing, top, most, what)
    if len(legend.kinds) > 1:
        top = _kinds(drawing, top, legend.kinds)
    notes += _remarks(found, unnamed)
    return Drawn(top, _summary(found, same=same), notes, known(spot.level for spot in found))


def _legend_of(
    found: Sequence[_Spot], most: float, kinds: Sequence[str], *, same: bool, drawing: Drawing, shaded: bool
) -> _Legend:
    scale = min(1.0, max(0.6, drawing.width / 700))
    plain = {spot.iri: 7.0 * scale for spot in found}
    sized = {spot.iri: max(4.0, _BIGGEST * scale * math.sqrt(abs(spot.value) / most)) for spot in found}
    outlined = [spot for spot in found if spot.at.outline]
    edges = ticks(min(0.0, *(spot.value for spot in found)), most, outlines.SHADES) if shaded and not same else []
    if len(outlined) * 2 < len(found):
        edges = []
    return _Legend(plain if same else sized, kinds, edges)


def _remarks(found: Sequence[_Spot], unnamed: int) -> list[str]:
    notes = []
    if inside := sum(bool(spot.at.inside) for spot in found):
        notes.append(
            ngettext(
                "%(num)d drawn in the middle of its town, region or country.",
                "%(num)d drawn in the middle of their town, region or country.",
                inside,
                num=inside,
            )
        )
    if unnamed:
        notes.append(
            ngettext(
                "%(num)d name left out where there is no room; the table has all.",
                "%(num)d names left out where there is no room; the table has all.",
                unnamed,
                num=unnamed,
            )
        )
    return notes


def _summary(found: Sequence[_Spot], *, same: bool) -> str:
    """Return how many places there are, and which is the largest."""
    said = ngettext("%(num)d place", "%(num)d places", len(found), num=len(found))
    if len(found) <= _FEW:
        return gettext("On the map: %(names)s.", names=", ".join(spot.name for spot in found))
    if same:
        return gettext("%(places)s on a map.", places=said)
    most = found[0]
    return gettext(
        "%(places)s on a map; the largest is %(name)s: %(said)s.", places=said, name=most.name, said=most.said
    )


def _in_europe(at: Place) -> bool:
    south, north, west, east = _EUROPE
    return south <= at.latitude <= north and west <= at.longitude <= east


def _draw(frame: Frame, drawing: Drawing, found: Sequence[_Spot], legend: _Legend, places: Mapping[str, Place]) -> int:
    """Draw the places of one part of the world, and return for how many names there was no room."""
    first = [spot for spot in found if spot.kind == legend.kinds[0] and not (legend.edges and spot.at.outline)]
    _outlines(frame, drawing, found, legend)
    # The names of discs find room before those of what lies behind them.
    front = Drawing(drawing.width, drawing.link)
    named = _discs(frame, front, first, legend)
    for spot in found:
        if spot in first:
            continue
        if legend.edges and spot.at.outline:
            with drawing.thing(_tip(spot), spot.iri, "thing place"):
                named += _name(frame, drawing, *frame.place(spot.at), 0, spot)
        else:
            _pale(frame, drawing, spot)
    drawing.parts += front.parts
    with drawing.quietly():
        _countries(frame, drawing, places, {spot.iri for spot in found})
    return len(found if legend.edges else first) - named


def _discs(frame: Frame, drawing: Drawing, found: Sequence[_Spot], legend: _Legend) -> int:
    """Draw places as discs beside each other, and return how many have their names."""
    radii = [legend.sizes[spot.iri] for spot in found]
    homes = [frame.place(spot.at) for spot in found]
    moved = spread(frame, homes, radii) if found else []
    for (x, y), radius in zip(moved, radii, strict=True):
        frame.taken.add((x - radius * 0.7, y - radius * 0.7, x + radius * 0.7, y + radius * 0.7))
    for home, at in zip(homes, moved, strict=True):
        if math.dist(home, at) > 2:
            drawing.line(*home, *at, "leader")
    discs = list(zip(moved, radii, found, strict=True))
    # What the map is about has the first choice; among equals those that stand close, short names before long ones.
    near = {spot.iri: sum(math.dist(at, other) < _CLOSE for other in moved) for at, _, spot in discs}

    def order(disc: tuple[tuple[float, float], float, _Spot]) -> tuple[bool, float, bool, int]:
        spot = disc[2]
        return spot.iri != legend.about, -abs(spot.value), width(spot.name) > _LONG, -near[spot.iri]

    first = sorted(discs, key=order)
    names = {
        spot.iri: place_name(frame, *at, radius, spot.name, must=spot.iri == legend.about) for at, radius, spot in first
    }
    for (x, y), radius, spot in discs:
        with drawing.thing(_tip(spot), spot.iri, "thing place"):
            if placed := names[spot.iri]:
                placed.draw(drawing, x, y, "ink over")
            drawing.circle(x, y, radius, "spot", spot.level)
    return sum(map(bool, names.values()))


def _tip(spot: _Spot) -> str:
    return f"{spot.name}: {spot.said}" if spot.said else spot.name


def _outlines(frame: Frame, drawing: Drawing, found: Sequence[_Spot], legend: _Legend) -> None:
    """Draw the outlines of those that have one, the largest first, shaded by their numbers if these are to be seen."""
    drawn = [(spot, outlines.path(frame, outlines.rings(spot.at.outline))) for spot in found if spot.at.outline]
    for spot, path in sorted(drawn, key=lambda pair: -len(pair[1])):
        look = f"area{outlines.shade(spot.value, legend.edges)}" if legend.edges else "outline"
        with drawing.thing(_tip(spot), look="thing region"):
            drawing.path(path, look)


def _pale(frame: Frame, drawing: Drawing, spot: _Spot) -> None:
    """Draw what lies behind the discs as a pale one about its middle, unless its outline is drawn already."""
    with drawing.thing(_tip(spot), spot.iri, "thing place"):
        x, y = frame.place(spot.at)
        radius = 4.0 if spot.at.outline else min(_PALE, drawing.width / 36)
        if not spot.at.outline:
            drawing.circle(x, y, radius, "outline")
        _name(frame, drawing, x, y, radius, spot, small=True)


def _spots(chart: Chart) -> tuple[list[_Spot], list[str]]:
    sums: Counter[str] = Counter()
    names: dict[str, str] = {}
    levels: dict[str, list[int | None]] = defaultdict(list)
    kinds: dict[str, str] = {}
    lacking, numberless = set(), 0
    for row in chart.rows:
        (cell,) = chart.cells("place", row)
        value = chart.number("value", row) if "value" in chart.view.columns else 1.0
        if cell.iri is None or value is None:
            numberless += 1
        elif cell.iri not in chart.places:
            lacking.add(cell.shown)
        else:
            names[cell.iri] = cell.shown
            kinds[cell.iri] = chart.name("group", row)
            levels[cell.iri].append(chart.level(row))
            sums[cell.iri] += value  # type: ignore[assignment]  # a counter of numbers that need not be whole
    notes = [
        ngettext(
            "%(num)d row without a place or a number not drawn.",
            "%(num)d rows without a place or a number not drawn.",
            numberless,
            num=numberless,
        )
    ] * bool(numberless)
    if lacking:
        some = ", ".join(sorted(lacking)[:5])
        notes.append(
            ngettext(
                "%(num)d place without coordinates not drawn: %(some)s.",
                "%(num)d places without coordinates not drawn: %(some)s.",
                len(lacking),
                num=len(lacking),
                some=some,
            )
        )
    largest = sorted(sums, key=lambda iri: (-abs(sums[iri]), names[iri]))
    if len(largest) > MOST_PLACES:
        notes.append(gettext("%(drawn)d of %(all)d places drawn, the largest.", drawn=MOST_PLACES, all=len(largest)))
    what = chart.heading("value")
    found = []
    for iri in largest[:MOST_PLACES]:
        rows = int(sums[iri])
        counts = ngettext("%(num)d row", "%(num)d rows", rows, num=rows) if len(chart.rows) > len(sums) else ""
        said = [f"{spoken(sums[iri])} {what}" if what else counts, chart.places[iri].inside]
        level = firmest(levels[iri])
        said.append(words_of(level))
        told = ", ".join(filter(None, said))
        found.append(_Spot(names[iri], iri, chart.places[iri], float(sums[iri]), told, level, kinds[iri]))
    return found, notes


def _sizes(drawing: Drawing, top: float, most: float, what: str) -> float:
    """Draw under the map what the size of a disc says, and return where it ends."""
    x, middle = 4.0, top + _BIGGEST + 2
    with drawing.quietly():
        for value in sorted({1.0 if most >= 4 else most, most // 4 or most, most}):
            radius = max(4.0, _BIGGEST * math.sqrt(value / most))
            drawing.circle(x + radius, middle, radius, "ring")
            drawing.text(x + 2 * radius + 5, middle + SIZE * 0.35, spoken(value), "quiet")
            x += 2 * radius + width(spoken(value)) + 20
        drawing.text(x, middle + SIZE * 0.35, cut(what, 200), "quiet")
    return middle + _BIGGEST + 6


def _shades(drawing: Drawing, top: float, edges: Sequence[float], what: str) -> float:
    """Draw under the map which shade is which number, and return where it ends."""
    x, y = 0.0, top + 4
    with drawing.quietly():
        for low, high in pairwise(edges):
            words = f"{spoken(low)}–{spoken(high)}"
            drawing.rect(x, y, 22, 14, f"area{outlines.shade(low, edges)}")
            drawing.text(x + 28, y + 12, words, "quiet")
            x += 28 + width(words) + 14
        drawing.text(x, y + 12, cut(what, max(60.0, drawing.width - x)), "quiet")
    return y + 26


def _kinds(drawing: Drawing, top: float, kinds: Sequence[str]) -> float:
    """Draw under the map which mark is of which kind, and return where it ends."""
    x, y = 4.0, top + SIZE
    with drawing.quietly():
        for place, kind in enumerate(kinds):
            drawing.circle(x + 5, y - 5, 8 if place else 6, "outline" if place else "spot")
            drawing.text(x + 17, y, kind, "quiet")
            x += 17 + width(kind) + 20
    return y + 10


def _name(
    frame: Frame, drawing: Drawing, x: float, y: float, radius: float, spot: _Spot, *, small: bool = False
) -> bool:
    """Write the name beside a place where there is room; say whether there was."""
    placed = place_name(frame, x, y, radius, spot.name, size=12 if small else SIZE)
    if placed:
        placed.draw(drawing, x, y, "quiet over" if small else "ink over")
    return bool(placed)


def _countries(frame: Frame, drawing: Drawing, places: Mapping[str, Place], drawn: set[str]) -> None:
    for iri, place in places.items():
        x, y = frame.place(place)
        size = width(place.country) * 0.85
        box = (x - size / 2 - 3, y - 13, x + size / 2 + 3, y + 6)
        if place.country and iri not in drawn and frame.free(box):
            frame.taken.add(box)
            drawing.text(x, y, place.country, "quiet over", "middle", ' font-size="12" font-style="italic"')
