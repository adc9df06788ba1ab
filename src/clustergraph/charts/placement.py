"""Where the names on a map stand: beside their places, inside the map, and none over another."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.charts.frame import Box, Frame, meet
from clustergraph.charts.svg import SIZE, Drawing, cut, width, wrapped

_WIDEST: Final = 170.0
"""A name that is wider stands in two lines."""
_LINE: Final = 1.15
"""The height of a line, in sizes of its text."""
_RINGS: Final = (0.0, 10.0, 20.0, 32.0, 46.0)
"""How far from its place a name is tried; from the second on a line leads to it."""
_LAST: Final = (64.0, 90.0)
"""And further for a name that must stand there."""
_EDGE: Final = 3.0
"""How far names keep from the edges of the map and from each other."""
_DIRECTIONS: Final = (
    (1, 0), (-1, 0), (0, -1), (0, 1), (0.7, -0.7), (0.7, 0.7), (-0.7, -0.7), (-0.7, 0.7),
    (0.92, -0.38), (0.92, 0.38), (0.38, -0.92), (0.38, 0.92),
    (-0.92, -0.38), (-0.92, 0.38), (-0.38, -0.92), (-0.38, 0.92),
)  # fmt: skip
"""In which directions from its place: beside, over and under it first."""


@dataclass(frozen=True)
class PlacedName:
    """A name with its place on a map."""

    lines: tuple[str, ...]
    box: Box
    size: float
    leader: tuple[float, float] | None = None
    """Where the line ends that leads to it, if it stands off."""

    def draw(self, drawing: Drawing, x: float, y: float, look: str) -> None:
        """Write it, for the place at x and y."""
        if self.leader:
            drawing.line(x, y, *self.leader, "leader")
        more = f' font-size="{self.size:.0f}"' if self.size != SIZE else ""
        for number, line in enumerate(self.lines):
            base = self.box[1] + self.size * (0.8 + number * _LINE)
            drawing.text(self.box[0], base, line, look, more=more)


def place_name(
    frame: Frame, x: float, y: float, radius: float, name: str, *, size: float = SIZE, must: bool = False
) -> PlacedName | None:
    """Find room for a name beside a disc, and take it; one that must be there covers what is no name, if need be.

    Only names of the usual size stand off their places.
    """
    lines = _lines(name)
    for far in (*(_RINGS if size == SIZE else _RINGS[:1]), *(_LAST if must else ())):
        for box, end in _boxes((x, y), radius, _extent(lines, size), far):
            if not frame.free(_wider(box)):
                continue
            way = _way((x, y), end) if far else []
            if _clear(frame, way, (x, y)):
                frame.taken.add(*way)
                return _taken(frame, PlacedName(lines, box, size, end if far else None))
    if not must:
        return None
    wide, high = _extent(lines, size)
    left = min(max(x - wide / 2, _EDGE), max(frame.width - wide - _EDGE, _EDGE))
    top = min(max(y - radius - 3 - high, _EDGE), frame.height - high - _EDGE)
    return _taken(frame, PlacedName(lines, (left, top, left + wide, top + high), size))


def _taken(frame: Frame, placed: PlacedName) -> PlacedName:
    frame.taken.add(placed.box)
    return placed


def _lines(name: str) -> tuple[str, ...]:
    """Return a name in up to two lines; what is longer is cut.

    >>> _lines("AFIL"), _lines("Lombardy Regional Technology Clusters (CTL)")
    (('AFIL',), ('Lombardy Regional', 'Technology Clusters…'))
    """
    if width(name) <= _WIDEST:
        return (name,)
    first, *rest = wrapped(name, _WIDEST)
    return tuple(filter(None, (cut(first, _WIDEST), cut(" ".join(rest), _WIDEST))))


def _extent(lines: Sequence[str], size: float) -> tuple[float, float]:
    wide = max(map(width, lines)) * size / SIZE
    return wide, size * (1.05 + (len(lines) - 1) * _LINE)


def _boxes(
    at: tuple[float, float], radius: float, extent: tuple[float, float], far: float
) -> Iterator[tuple[Box, tuple[float, float]]]:
    """Yield boxes about a place, each with the point of it that is next to the place."""
    (x, y), (wide, high), gap = at, extent, radius + 3 + far
    if not radius and not far:
        yield (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2), at
    for across, down in _DIRECTIONS:
        to_x, to_y = x + across * gap, y + down * gap
        left = to_x - (0 if across > 0 else wide if across < 0 else wide / 2)
        top = to_y - (0 if down > 0 else high if down < 0 else high / 2)
        yield (left, top, left + wide, top + high), (to_x, to_y)


def _way(start: tuple[float, float], end: tuple[float, float]) -> list[Box]:
    """Return boxes along a line."""
    steps = max(int(math.dist(start, end) / 4), 1)
    points = ((start[0] + (end[0] - start[0]) * n / steps, start[1] + (end[1] - start[1]) * n / steps)
              for n in range(steps + 1))  # fmt: skip
    return [(x - 1.5, y - 1.5, x + 1.5, y + 1.5) for x, y in points]


def _clear(frame: Frame, way: Sequence[Box], start: tuple[float, float]) -> bool:
    """Whether a line crosses nothing but the disc that it begins at."""
    begin = (start[0], start[1], start[0] + 0.1, start[1] + 0.1)
    return all(meet(box, begin) for step in way for box in frame.taken.meeting(step))


def _wider(box: Box) -> Box:
    return box[0] - _EDGE, box[1] - 1, box[2] + _EDGE, box[3] + 1
