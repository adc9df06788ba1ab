"""Outlines of regions, where the graph has them: read from Well-Known Text, drawn, and shaded by numbers."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from clustergraph.charts import land
from clustergraph.charts.frame import Frame
from clustergraph.charts.land import Points

SHADES: Final = 5

_RING: Final = re.compile(r"\(([^()]+)\)", re.ASCII)
_LATITUDE_FIRST: Final = re.compile(r"<[^>]*EPSG[^>]*4326>", re.ASCII)


def rings(text: str) -> list[Points]:
    """Return the rings of a polygon, or of several, in degrees east and north; what cannot be read is left out.

    >>> [ring.tolist() for ring in rings("POLYGON((9 45,10 45,10 46,9 45))")]
    [[[9.0, 45.0], [10.0, 45.0], [10.0, 46.0], [9.0, 45.0]]]
    """
    found = []
    for ring in _RING.findall(text):
        try:
            numbers = np.array(ring.replace(",", " ").split(), dtype=float)
        except ValueError:
            continue
        if len(numbers) >= 6 and len(numbers) % 2 == 0 and np.isfinite(numbers).all():
            points = numbers.reshape(-1, 2)
            found.append(points[:, ::-1] if _LATITUDE_FIRST.match(text) else points)
    return found


def path(frame: Frame, outline: Sequence[Points]) -> str:
    """Return an outline as the data of a path, cut at the edges of a frame, as fine as whole units of the drawing."""
    low, high = np.array([-4.0, -4.0]), np.array([frame.width + 4, frame.height + 4])
    cut = (land.clipped(frame.drawn(ring), low, high) for ring in outline)
    return "".join(land.path(ring, closed=True) for ring in cut if len(ring))


def shade(value: float, edges: Sequence[float]) -> int:
    """Return which shade a number has: the step in which it is, the last of `SHADES` for the largest.

    >>> [shade(value, [0, 2, 4]) for value in (0, 1, 2, 3, 4)]
    [0, 0, 2, 2, 4]
    """
    steps = len(edges) - 1
    place = min(int(np.searchsorted(edges, value, side="right")) - 1, steps)
    return round(max(0, place) * (SHADES - 1) / max(1, steps))
