"""Land and borders, and how they come onto a flat map."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.float64]
"""Points, one a row: degrees east and north, or x to the right and y upwards."""

_FILE: Final = Path(__file__).parent / "land.json"
LAYERS: Final = ("europe", "world")


@dataclass(frozen=True)
class Projection:
    """Lambert's azimuthal equal-area projection of a sphere of radius 1 about a point.

    As in J. P. Snyder, Map Projections: A Working Manual (1987), equations 24-2, 22-4 and 22-5.

    >>> x, y = Projection(52, 10).point(52, 10)
    >>> round(x, 6), round(y, 6)
    (0.0, 0.0)
    """

    latitude: float
    """In degrees north."""
    longitude: float
    """In degrees east."""

    def points(self, degrees: Points) -> Points:
        """Return where points come to lie."""
        east, north = np.radians(degrees[:, 0] - self.longitude), np.radians(degrees[:, 1])
        middle = np.radians(self.latitude)
        depth = np.sin(middle) * np.sin(north) + np.cos(middle) * np.cos(north) * np.cos(east)
        # Opposite the middle a point becomes a circle.
        scale = np.sqrt(2 / np.maximum(1 + depth, 1e-6))
        x = scale * np.cos(north) * np.sin(east)
        y = scale * (np.cos(middle) * np.sin(north) - np.sin(middle) * np.cos(north) * np.cos(east))
        return np.column_stack((x, y))

    def point(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return where a point comes to lie."""
        [[x, y]] = self.points(np.array([[longitude, latitude]])).tolist()
        return x, y


@dataclass(frozen=True, eq=False)
class Layer:
    """Land as rings, and borders between countries as lines."""

    land: Sequence[Points]
    borders: Sequence[Points]


@cache
def layer(name: str) -> Layer:
    """Return the land of ``europe`` (25 to 75 degrees north, 35 west to 65 east) in detail, or of the ``world``.

    Natural Earth (public domain), scales 1:50 million and 1:110 million, simplified; ``web/land.mjs`` writes the file.
    """
    found = json.loads(_FILE.read_bytes())[name]
    lines = {part: [np.array(line).reshape(-1, 2) / 100 for line in found[part]] for part in ("land", "borders")}
    return Layer(lines["land"], lines["borders"])


def clipped(ring: Points, low: Points, high: Points) -> Points:
    """Return the part of a ring inside a box, by its least and greatest x and y (Sutherland and Hodgman 1974).

    >>> square = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]])
    >>> clipped(square, np.array([1.0, 1.0]), np.array([2.0, 2.0])).tolist()
    [[1.0, 2.0], [1.0, 1.0], [2.0, 1.0], [2.0, 2.0]]
    """
    for axis, edge, sign in ((0, low[0], 1), (0, high[0], -1), (1, low[1], 1), (1, high[1], -1)):
        inside = (ring[:, axis] - edge) * sign >= 0
        if not inside.any():
            return ring[:0]
        if not inside.all():
            ring = _cut(ring, inside, axis, edge)
    return ring


def _cut(ring: Points, inside: NDArray[np.bool_], axis: int, edge: float) -> Points:
    """Return the points of a ring on the inner side of an edge, and before each where the ring crosses the edge."""
    before, was = np.roll(ring, 1, axis=0), np.roll(inside, 1)
    crossing = was != inside
    one, other = before[crossing], ring[crossing]
    found = np.stack((ring, ring), axis=1)
    along = edge - one[:, axis], other[:, axis] - one[:, axis]
    found[crossing, 0] = one + (other - one) * along[0][:, None] / along[1][:, None]
    kept: Points = found[np.column_stack((crossing, inside))]
    return kept


def path(points: Points, closed: bool) -> str:
    """Return points, y downwards, as the data of an SVG path in whole units; nothing where they fall together."""
    whole = np.rint(points).astype(int)
    steps = np.diff(whole, axis=0)
    steps = steps[steps.any(axis=1)]
    if len(steps) < (2 if closed else 1):
        return ""
    return f"M{whole[0][0]} {whole[0][1]}l{' '.join(f'{x} {y}' for x, y in steps.tolist())}{'z' if closed else ''}"
