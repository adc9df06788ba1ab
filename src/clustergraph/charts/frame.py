"""A part of the world that is drawn: how places come onto it, land and borders, and where there is room."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustergraph.charts import land
from clustergraph.charts.land import Points, Projection
from clustergraph.charts.locations import Place
from clustergraph.charts.svg import NARROW, Drawing

Box = tuple[float, float, float, float]

_FLATTEST, _HIGHEST = 0.5, 0.85
"""The height of a map as a share of its width; a narrow one is as high as it may be."""
_ROUNDS: Final = 60
_MAPS_KEPT: Final = 50
"""The land and borders of so many frames are kept: at most some 5 MB."""
_CELL: Final = 30.0
"""How wide and high a cell of the grid is."""
_GOLDEN: Final = math.radians(137.5)
"""The turn from one to the next on a spiral that is filled evenly."""


class Boxes:
    """Boxes, found by where they are: each is kept in every cell of a grid that it reaches into."""

    def __init__(self) -> None:
        """Begin with none."""
        self._cells: dict[tuple[int, int], list[Box]] = defaultdict(list)

    def add(self, *boxes: Box) -> None:
        """Take boxes in."""
        for box in boxes:
            for cell in _cells(box):
                self._cells[cell].append(box)

    def meeting(self, box: Box) -> Iterator[Box]:
        """Yield those that overlap with a box, some more than once."""
        return (other for cell in _cells(box) for other in self._cells.get(cell, ()) if meet(box, other))


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    west, north, east, south = (math.floor(edge / _CELL) for edge in box)
    return product(range(west, east + 1), range(north, south + 1))


@dataclass
class Frame:
    """A part of the world, with what already stands on it."""

    projection: Projection
    west: float
    """The least x of what is drawn, in the units of the projection."""
    north: float
    """The greatest y."""
    scale: float
    """Units of the drawing in one of the projection."""
    width: float
    height: float
    taken: Boxes = field(default_factory=Boxes)

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
        return inside and next(self.taken.meeting(box), None) is None


def around(found: Sequence[Place], least: float, room: float) -> Frame:
    """Return a frame around places, with a border, and not flatter or higher than reads well."""
    norths, easts = [at.latitude for at in found], [at.longitude for at in found]
    projection = Projection((max(norths) + min(norths)) / 2, (max(easts) + min(easts)) / 2)
    at = np.array([projection.point(at.latitude, at.longitude) for at in found])
    (west, south), (east, north) = at.min(axis=0), at.max(axis=0)
    flattest = _FLATTEST if room >= NARROW else _HIGHEST
    wide, high = max(least, (east - west) * 1.3), max(least * flattest, (north - south) * 1.25)
    wide = max(wide, high / _HIGHEST)
    high = max(high, wide * flattest)
    scale = room / wide
    corner = (east + west) / 2 - wide / 2, (north + south) / 2 + high / 2
    return Frame(projection, *corner, scale, room, high * scale)


def draw_land(frame: Frame, drawing: Drawing, layer: land.Layer) -> None:
    """Draw what is land, and the borders of countries."""
    seen = frame.projection, frame.west, frame.north, frame.scale, frame.width, frame.height
    rings, lines = _outlines(layer, *seen)
    drawing.rect(0, 0, frame.width, frame.height, "sea")
    drawing.path(rings, "land")
    drawing.path(lines, "border")


@lru_cache(_MAPS_KEPT)
def _outlines(
    layer: land.Layer, projection: Projection, west: float, north: float, scale: float, width: float, height: float
) -> tuple[str, str]:
    """Return the paths of the land and of the borders in a frame."""
    frame = Frame(projection, west, north, scale, width, height)
    low, high = np.zeros(2), np.array([width, height])
    rings = (land.clipped(ring, low - 4, high + 4) for ring in map(frame.drawn, layer.land) if _near(ring, low, high))
    lines = (part for line in map(frame.drawn, layer.borders) for part in _inside(line, low - 20, high + 20))
    return (
        "".join(land.path(ring, closed=True) for ring in rings if len(ring)),
        "".join(land.path(line, closed=False) for line in lines),
    )


def _near(line: Points, low: Points, high: Points) -> bool:
    return bool((line.max(0) >= low).all() and (line.min(0) <= high).all())


def _inside(line: Points, low: Points, high: Points) -> Iterable[Points]:
    """Return the pieces of a line whose points are in a box."""
    inside: NDArray[np.bool_] = np.all((line >= low) & (line <= high), axis=1)
    cuts = np.flatnonzero(np.diff(inside)) + 1
    return [piece for piece, kept in zip(np.split(line, cuts), inside[[0, *cuts]], strict=True) if kept]


def spread(frame: Frame, homes: Sequence[tuple[float, float]], radii: Sequence[float]) -> list[tuple[float, float]]:
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


def meet(one: Box, other: Box) -> bool:
    """Return whether two boxes overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
