"""A map: a disc for each place on land with its borders; discs that would hide each other are moved apart."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustergraph.charts import land
from clustergraph.charts.certainty import LEVELS
from clustergraph.charts.chart import Chart, Drawn, spoken
from clustergraph.charts.land import Points, Projection
from clustergraph.charts.locations import Place
from clustergraph.charts.svg import SIZE, Drawing, cut, width
from clustergraph.languages.messages import gettext, ngettext

MOST_PLACES: Final = 150

_BIGGEST: Final = 18.0
_EUROPE: Final = (34.0, 72.0, -25.0, 45.0)
"""South, north, west and east of what is drawn by itself where other places lie far away, in degrees."""
_LEAST: Final = math.radians(8.0)
_LEAST_ELSEWHERE: Final = math.radians(40.0)
"""The smallest extent of a map of Europe, and of the rest of the world."""
_FLATTEST, _HIGHEST = 0.5, 0.85
"""The height of a map as a share of its width."""
_FEW: Final = 6
"""Up to how many places are named in the summary."""
_ROUNDS: Final = 60
_GOLDEN: Final = math.radians(137.5)
"""The turn from one to the next on a spiral that is filled evenly."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Spot:
    name: str
    iri: str
    at: Place
    value: float
    said: str
    level: int | None = None


@dataclass
class _Frame:
    """The part of the world that is drawn."""

    projection: Projection
    west: float
    """The least x of what is drawn, in the units of the projection."""
    north: float
    """The greatest y."""
    scale: float
    """Units of the drawing in one of the projection."""
    width: float
    height: float
    taken: list[Box] = field(default_factory=list)

    def place(self, at: Place) -> tuple[float, float]:
        """Return where a place is drawn."""
        x, y = self.projection.point(at.latitude, at.longitude)
        return (x - self.west) * self.scale, (self.north - y) * self.scale

    def drawn(self, degrees: Points) -> Points:
        """Return where points are drawn, in the frame."""
        return (self.projection.points(degrees) - (self.west, self.north)) * (self.scale, -self.scale)

    def free(self, box: Box) -> bool:
        """Whether nothing stands in a box yet, and it is inside the map."""
        inside = box[0] >= 0 and box[2] <= self.width and box[1] >= 0 and box[3] <= self.height
        return inside and not any(_meet(box, other) for other in self.taken)


def spots(chart: Chart, drawing: Drawing, places: Mapping[str, Place]) -> Drawn:
    """Draw a map.

    Where a view names no value, the discs are as large as the number of rows of their places.
    """
    found, notes = _spots(chart, places)
    if not found:
        return Drawn(notes=notes)
    most = max(abs(spot.value) for spot in found) or 1.0
    same = len({spot.value for spot in found}) == 1
    sizes = {spot.iri: 7.0 if same else max(4.0, _BIGGEST * math.sqrt(abs(spot.value) / most)) for spot in found}
    europe = [spot for spot in found if _in_europe(spot.at)]
    elsewhere = [spot for spot in found if not _in_europe(spot.at)]
    top, unnamed = 0.0, 0
    for part, least, layer in ((europe, _LEAST, "europe"), (elsewhere, _LEAST_ELSEWHERE, "world")):
        if part:
            frame = _frame(part, least, drawing.width)
            drawing.open(top, frame.width, frame.height, layer)
            _land(frame, drawing, land.layer(layer))
            unnamed += _draw(frame, drawing, part, sizes, places)
            drawing.close()
            top += frame.height + 10
    if not same:
        top = _legend(drawing, top, most, chart.heading("value") or gettext("rows"))
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
    levels = frozenset(spot.level for spot in found if spot.level is not None)
    return Drawn(top, _summary(found, same=same), notes, levels)


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


def _land(frame: _Frame, drawing: Drawing, layer: land.Layer) -> None:
    """Draw what is land, and the borders of countries."""
    low, high = np.zeros(2), np.array([frame.width, frame.height])
    rings = (land.clipped(ring, low - 4, high + 4) for ring in map(frame.drawn, layer.land) if _near(ring, low, high))
    lines = (part for line in map(frame.drawn, layer.borders) for part in _inside(line, low - 20, high + 20))
    drawing.rect(0, 0, frame.width, frame.height, "sea")
    drawing.path("".join(land.path(ring, closed=True) for ring in rings if len(ring)), "land")
    drawing.path("".join(land.path(line, closed=False) for line in lines), "border")


def _near(line: Points, low: Points, high: Points) -> bool:
    return bool((line.max(0) >= low).all() and (line.min(0) <= high).all())


def _inside(line: Points, low: Points, high: Points) -> Iterable[Points]:
    """Return the pieces of a line whose points are in a box."""
    inside: NDArray[np.bool_] = np.all((line >= low) & (line <= high), axis=1)
    cuts = np.flatnonzero(np.diff(inside)) + 1
    return [piece for piece, kept in zip(np.split(line, cuts), inside[[0, *cuts]], strict=True) if kept]


def _draw(
    frame: _Frame, drawing: Drawing, found: list[_Spot], sizes: Mapping[str, float], places: Mapping[str, Place]
) -> int:
    """Draw the places of one part of the world, and return for how many names there was no room."""
    homes = [frame.place(spot.at) for spot in found]
    moved = _apart(frame, homes, [sizes[spot.iri] for spot in found])
    for home, at in zip(homes, moved, strict=True):
        if math.dist(home, at) > 2:
            drawing.line(*home, *at, "leader")
    discs = [(x, y, sizes[spot.iri], spot) for (x, y), spot in zip(moved, found, strict=True)]
    frame.taken += [(x - r * 0.7, y - r * 0.7, x + r * 0.7, y + r * 0.7) for x, y, r, _ in discs]
    named = 0
    for x, y, radius, spot in discs:
        with drawing.thing(f"{spot.name}: {spot.said}" if spot.said else spot.name, spot.iri, "thing place"):
            drawing.circle(x, y, radius, "spot", spot.level)
            named += _name(frame, drawing, x, y, radius, spot)
    with drawing.quietly():
        _countries(frame, drawing, places, {spot.iri for spot in found})
    return len(discs) - named


def _apart(frame: _Frame, homes: Sequence[tuple[float, float]], radii: Sequence[float]) -> list[tuple[float, float]]:
    """Return where discs are drawn so that none hides another: those that overlap push each other away."""
    # Those at the same place begin on a spiral about it, so that they stay near.
    turn = np.array([homes[:place].count(home) for place, home in enumerate(homes)], dtype=float)
    spiral = np.column_stack((np.cos(turn * _GOLDEN), np.sin(turn * _GOLDEN)))
    at = np.array(homes) + spiral * (np.sqrt(turn) * np.array(radii) * 1.9)[:, None]
    room = np.add.outer(radii, radii)
    np.fill_diagonal(room, 0)
    for _ in range(_ROUNDS):
        away = at[:, None, :] - at[None, :, :]
        far = np.maximum(np.hypot(away[..., 0], away[..., 1]), 1e-9)
        push = np.maximum(room - far, 0) / far / 3
        if push.max() < 1e-2:
            break
        at = at + (away * push[..., None]).sum(axis=1)
    low, high = np.array([8, 8]), np.array([frame.width - 8, frame.height - 8])
    return [(x, y) for x, y in np.clip(at, low, high).tolist()]


def _spots(chart: Chart, places: Mapping[str, Place]) -> tuple[list[_Spot], list[str]]:
    sums: Counter[str] = Counter()
    names: dict[str, str] = {}
    levels: dict[str, list[int]] = defaultdict(list)
    lacking, numberless = set(), 0
    for row in chart.rows:
        (cell,) = chart.cells("place", row)
        value = chart.number("value", row) if "value" in chart.view.columns else 1.0
        if cell.iri is None or value is None:
            numberless += 1
        elif cell.iri not in places:
            lacking.add(cell.shown)
        else:
            names[cell.iri] = cell.shown
            if (level := chart.level(row)) is not None:
                levels[cell.iri].append(level)
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
        said = [f"{spoken(sums[iri])} {what}" if what else counts, places[iri].inside]
        level = min(levels[iri], default=None)
        said.append(gettext(LEVELS[level].words) if level else "")
        found.append(_Spot(names[iri], iri, places[iri], float(sums[iri]), ", ".join(filter(None, said)), level))
    return found, notes


def _frame(found: list[_Spot], least: float, room: float) -> _Frame:
    """Return a frame around places, with a border, and not flatter or higher than reads well."""
    norths, easts = [spot.at.latitude for spot in found], [spot.at.longitude for spot in found]
    projection = Projection((max(norths) + min(norths)) / 2, (max(easts) + min(easts)) / 2)
    at = np.array([projection.point(spot.at.latitude, spot.at.longitude) for spot in found])
    (west, south), (east, north) = at.min(axis=0), at.max(axis=0)
    wide, high = max(least, (east - west) * 1.3), max(least * _FLATTEST, (north - south) * 1.25)
    wide = max(wide, high / _HIGHEST)
    high = max(high, wide * _FLATTEST)
    scale = room / wide
    corner = (east + west) / 2 - wide / 2, (north + south) / 2 + high / 2
    return _Frame(projection, *corner, scale, room, high * scale)


def _legend(drawing: Drawing, top: float, most: float, what: str) -> float:
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


def _name(frame: _Frame, drawing: Drawing, x: float, y: float, radius: float, spot: _Spot) -> bool:
    """Write the name beside a disc where there is room; say whether there was."""
    words = cut(spot.name, 220)
    size = width(words)
    gap = radius + 3
    for left, base in (
        (x + gap, y + 5),
        (x - gap - size, y + 5),
        (x - size / 2, y - gap - 2),
        (x - size / 2, y + gap + 11),
        (x + gap * 0.7, y - gap * 0.7),
        (x + gap * 0.7, y + gap * 0.7 + 9),
        (x - gap * 0.7 - size, y - gap * 0.7),
        (x - gap * 0.7 - size, y + gap * 0.7 + 9),
    ):
        box = (left, base - SIZE * 0.8, left + size, base + SIZE * 0.25)
        if frame.free(box):
            frame.taken.append(box)
            drawing.text(left, base, words)
            return True
    return False


def _countries(frame: _Frame, drawing: Drawing, places: Mapping[str, Place], drawn: set[str]) -> None:
    for iri, place in places.items():
        x, y = frame.place(place)
        size = width(place.country) * 0.85
        box = (x - size / 2 - 3, y - 13, x + size / 2 + 3, y + 6)
        if place.country and iri not in drawn and frame.free(box):
            frame.taken.append(box)
            drawing.text(x, y, place.country, "quiet", "middle", ' font-size="12" font-style="italic"')


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
