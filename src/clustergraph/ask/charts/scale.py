"""Axes with round numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

_STEPS: Final = (1, 2, 5, 10)


def ticks(least: float, most: float, about: int = 5) -> list[float]:
    """Return round numbers that enclose a range.

    >>> ticks(0, 97)
    [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    >>> ticks(3, 3)
    [2.0, 3.0, 4.0]
    """
    if least == most:
        least, most = least - 1, most + 1
        about = 2
    rough = (most - least) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in _STEPS if power * factor >= rough * 0.999)
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def linear(least: float, most: float, start: float, end: float) -> Callable[[float], float]:
    """Return what maps a range of numbers to a range of places."""
    return lambda number: start + (number - least) / ((most - least) or 1) * (end - start)
