"""A map: a disc for each place, on a net of degrees; countries stand behind by name, for orientation."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from clustergraph.charts.chart import Chart, counted, spoken
from clustergraph.charts.svg import SIZE, Drawing, cut, width

PLACES_QUERY: Final = """SELECT ?place ?latitude ?longitude ?country WHERE {
  ?place cg:latitude ?latitude ; cg:longitude ?longitude
  OPTIONAL { ?place a ?country FILTER (?country = cg:Country) }
} ORDER BY ?place"""
"""Gives every place that has coordinates, and whether it is a country, whose name is for orientation on a map."""
MOST_PLACES: Final = 150

_BIGGEST: Final = 18.0
_EUROPE: Final = (34.0, 72.0, -25.0, 45.0)
"""South, north, west and east of what is drawn by itself where other places lie far away, in degrees."""
_SPACES: Final = (1, 2, 5, 10, 15, 30)
_LEAST: Final = 8.0
_LEAST_ELSEWHERE: Final = 60.0
"""The smallest extent of a map of Europe, and of the rest of the world, in degrees."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Place:
    """A place on a map."""

    latitude: float
    """In degrees north."""
    longitude: float
    """In degrees east."""
    country: str = ""
    """The name, if the place is a country."""


@dataclass(frozen=True)
class _Spot:
    name: str
    iri: str
    at: Place
    value: float
    said: str


@dataclass
class _Frame:
    """The part of the world that is drawn: degrees of longitude are as wide as they are in its middle."""

    west: float
    east: float
    south: float
    north: float
    width: float
    top: float = 0.0
    """Where it begins in the drawing."""
    taken: list[Box] = field(default_factory=list)

    @property
    def height(self) -> float:
        """The height of the map, in the units of the drawing."""
        return (self.north - self.south) * self._unit / self._narrow

    @property
    def _narrow(self) -> float:
        return max(0.3, math.cos(math.radians((self.north + self.south) / 2)))

    @property
    def _unit(self) -> float:
        return self.width / (self.east - self.west)

    def place(self, at: Place) -> tuple[float, float]:
        """Return where a place is drawn."""
        x = (at.longitude - self.west) * self._unit
        return x, self.top + (self.north - at.latitude) * self._unit / self._narrow

    def free(self, box: Box) -> bool:
        """Whether nothing stands in a box yet, and it is inside the map."""
        inside = box[0] >= 0 and box[2] <= self.width and box[1] >= self.top and box[3] <= self.top + self.height
        return inside and not any(_meet(box, other) for other in self.taken)


def spots(chart: Chart, drawing: Drawing, places: Mapping[str, Place]) -> tuple[float, list[str]]:
    """Draw a map and return the height and what there is to say.

    Where a view names no value, the discs are as large as the number of rows of their places.
    """
    found, notes = _spots(chart, places)
    if not found:
        return 0, notes
    most = max(abs(spot.value) for spot in found) or 1.0
    same = len({spot.value for spot in found}) == 1
    sizes = {spot.iri: 7.0 if same else max(4.0, _BIGGEST * math.sqrt(abs(spot.value) / most)) for spot in found}
    europe = [spot for spot in found if _in_europe(spot.at)]
    elsewhere = [spot for spot in found if not _in_europe(spot.at)]
    top, unnamed = 0.0, 0
    for part, least in ((europe, _LEAST), (elsewhere, _LEAST_ELSEWHERE)):
        if part:
            frame = _frame(part, least, drawing.width, top)
            unnamed += _draw(frame, drawing, part, sizes, places)
            top += frame.height + 10
    if unnamed:
        notes.append(f"{counted(unnamed, 'name')} left out where there is no room; the table has all.")
    return top, notes


def _in_europe(at: Place) -> bool:
    south, north, west, east = _EUROPE
    return south <= at.latitude <= north and west <= at.longitude <= east


def _draw(
    frame: _Frame, drawing: Drawing, found: list[_Spot], sizes: Mapping[str, float], places: Mapping[str, Place]
) -> int:
    """Draw one part of the world, and return for how many names there was no room."""
    _net(frame, drawing)
    discs = [(*frame.place(spot.at), sizes[spot.iri], spot) for spot in found]
    for x, y, radius, spot in discs:
        frame.taken.append((x - radius * 0.7, y - radius * 0.7, x + radius * 0.7, y + radius * 0.7))
        drawing.circle(x, y, radius, "spot", f"{spot.name}: {spot.said}" if spot.said else spot.name)
    unnamed = sum(not _name(frame, drawing, *disc) for disc in discs)
    _countries(frame, drawing, places, {spot.iri for spot in found})
    return unnamed


def _spots(chart: Chart, places: Mapping[str, Place]) -> tuple[list[_Spot], list[str]]:
    sums: Counter[str] = Counter()
    names: dict[str, str] = {}
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
            sums[cell.iri] += value  # type: ignore[assignment]  # a counter of numbers that need not be whole
    notes = [f"{counted(numberless, 'row')} without a place or a number not drawn."] * bool(numberless)
    if lacking:
        some = ", ".join(sorted(lacking)[:5])
        notes.append(f"{counted(len(lacking), 'place')} without coordinates not drawn: {some}.")
    largest = sorted(sums, key=lambda iri: (-abs(sums[iri]), names[iri]))
    if len(largest) > MOST_PLACES:
        notes.append(f"{MOST_PLACES} of {counted(len(largest), 'place')} drawn, the largest.")
    what = chart.heading("value")
    found = []
    for iri in largest[:MOST_PLACES]:
        said = (
            f"{spoken(sums[iri])} {what}" if what else counted(sums[iri], "row") if len(chart.rows) > len(sums) else ""
        )
        found.append(_Spot(names[iri], iri, places[iri], float(sums[iri]), said))
    return found, notes


def _frame(found: list[_Spot], least: float, room: float, top: float) -> _Frame:
    """Return a frame around places, with a border, and not flatter or higher than reads well."""
    norths, easts = [spot.at.latitude for spot in found], [spot.at.longitude for spot in found]
    middle_north, middle_east = (max(norths) + min(norths)) / 2, (max(easts) + min(easts)) / 2
    narrow = max(0.3, math.cos(math.radians(middle_north)))
    high = max(least, (max(norths) - min(norths)) * 1.25)
    wide = max(least / narrow, (max(easts) - min(easts)) * 1.35)
    wide, high = max(wide, high / narrow * 1.1), max(high, wide * narrow * 0.45)
    west, south = middle_east - wide / 2, middle_north - high / 2
    return _Frame(west, west + wide, south, south + high, room, top)


def _net(frame: _Frame, drawing: Drawing) -> None:
    bottom = frame.top + frame.height
    step = next((each for each in _SPACES if (frame.east - frame.west) / each <= 8), _SPACES[-1])
    for degree in range(math.ceil(frame.west / step) * step, math.floor(frame.east) + 1, step):
        x, _ = frame.place(Place(0, degree))
        drawing.line(x, frame.top, x, bottom, "grid")
        if x < frame.width - 40:
            drawing.text(x + 3, bottom - 4, _degrees(degree, "E", "W"), "quiet", more=' font-size="11"')
    for degree in range(math.ceil(frame.south / step) * step, math.floor(frame.north) + 1, step):
        _, y = frame.place(Place(degree, 0))
        drawing.line(0, y, frame.width, y, "grid")
        if frame.top + 14 < y < bottom - 20:
            drawing.text(3, y - 3, _degrees(degree, "N", "S"), "quiet", more=' font-size="11"')


def _degrees(number: int, above: str, below: str) -> str:
    return f"{abs(number)}°" + ("" if number == 0 else above if number > 0 else below)


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
            drawing.label(left, base, spot.name, 220, iri=spot.iri)
            return True
    return False


def _countries(frame: _Frame, drawing: Drawing, places: Mapping[str, Place], drawn: set[str]) -> None:
    for iri, place in places.items():
        x, y = frame.place(place)
        size = width(place.country) * 0.85
        box = (x - size / 2, y - 10, x + size / 2, y + 3)
        if place.country and iri not in drawn and frame.free(box):
            frame.taken.append(box)
            drawing.text(x, y, place.country, "quiet", "middle", ' font-size="12" font-style="italic"')


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
