"""Which pairs are worth comparing: for each body those whose names share most of what is rare.

Every body has keys: the words of its names, their groups of three letters, its acronyms, websites and identifiers. A
key weighs the more the fewer bodies have it, and a pair as much as the keys that it shares (cosine of TF-IDF), counted
by numpy. Nothing depends on a single key, so a mistyped or foreign first word does no harm.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustergraph.matching.compare import Body
from clustergraph.matching.folding import country_of, fold, site, words_of

MOST: Final = 12
"""So many others are compared with a body."""
_READ: Final = 25_000
"""So many entries of keys are read for a body, those of the rarest keys first."""
_EXACT: Final = 6.0
"""How much more an acronym, a website or an identifier weighs than a word that is as rare."""
_ELSEWHERE: Final = 0.5
"""What is left of the likeness of bodies in different countries."""
_LEAST: Final = 0.12
"""Pairs that are less alike are not compared."""


def keys_of(body: Body) -> dict[str, float]:
    """Return the keys of a body, each with how much more it weighs than a word.

    >>> sorted(key for key in keys_of(Body("a", ("IRIS",), websites=("http://iris.eu",))) if len(key) > 3)
    ['#iris', '#iris.eu', '=iris']
    """
    found: dict[str, float] = {}
    country = country_of(body.country)
    for name in body.names:
        words = words_of(name)
        found.update({f"={word}": 1.0 for word in words.words})
        found.update({f"{country}={word}": 0.5 for word in words.words if country})
        joined = "".join(words.words)
        if len(joined) <= 12:
            found[f"#{joined}"] = 2.0
        if len(words.words) > 1:
            found[f"#{''.join(word[0] for word in fold(name).split())}"] = 1.0
        text = f" {' '.join(words.words)} "
        found.update({text[at : at + 3]: 0.35 for at in range(len(text) - 2)})
    found.update({f"@{word}": 0.5 for place in body.places for word in words_of(place).words})
    found.update({f"#{fold(each).replace(' ', '')}": 2.0 for each in body.acronyms})
    found.update({f"#{site(each)}": _EXACT for each in body.websites})
    found.update({f"!{scheme} {number}": _EXACT for scheme, number in body.identifiers})
    return found


class Candidates:
    """Finds for a body those it may be one with."""

    def __init__(self, bodies: Sequence[Body]) -> None:
        """Count the keys of all bodies."""
        self.bodies = bodies
        self._size = len(bodies)
        kept: dict[str, list[int]] = defaultdict(list)
        weights: dict[str, list[float]] = defaultdict(list)
        for place, body in enumerate(bodies):
            for key, weight in keys_of(body).items():
                kept[key].append(place)
                weights[key].append(weight)
        self._rarity = {key: math.log(1 + self._size / len(places)) for key, places in kept.items()}
        self._places = {key: np.array(places, dtype=np.int32) for key, places in kept.items()}
        self._weights = {key: np.array(each) * self._rarity[key] for key, each in weights.items()}
        self._norms = self._lengths()
        self._countries = np.array([country_of(body.country) for body in bodies])

    def _lengths(self) -> NDArray[np.float64]:
        squares = np.zeros(self._size)
        for key, places in self._places.items():
            squares[places] += self._weights[key] ** 2
        norms: NDArray[np.float64] = np.sqrt(np.maximum(squares, 1e-9))
        return norms

    def like(self, body: Body, most: int = MOST) -> list[tuple[float, int]]:
        """Return the places of those that are most like a body, each with its likeness from 0 to 1, the best first."""
        keys = keys_of(body)
        used = self._rarest(keys)
        if not used:
            return []
        places = np.concatenate([self._places[key] for key in used])
        shares = np.concatenate([self._weights[key] * (weight * self._rarity[key]) for key, weight in used.items()])
        own = math.sqrt(
            sum((weight * self._rarity.get(key, math.log(1 + self._size))) ** 2 for key, weight in keys.items())
        )
        scores = np.bincount(places, weights=shares, minlength=self._size) / (self._norms * own)
        country = country_of(body.country)
        if country:
            scores[(self._countries != country) & (self._countries != "")] *= _ELSEWHERE
        best = np.argpartition(scores, -min(most, self._size))[-most:] if self._size > most else np.arange(self._size)
        found = [(float(scores[place]), int(place)) for place in best if scores[place] >= _LEAST]
        return sorted(found, reverse=True)

    def _rarest(self, keys: dict[str, float]) -> dict[str, float]:
        """Return the rarest keys, as many as may be read."""
        used: dict[str, float] = {}
        read = 0
        for key in sorted(keys.keys() & self._places.keys(), key=lambda key: (len(self._places[key]), key)):
            read += len(self._places[key])
            if used and read > _READ:
                break
            used[key] = keys[key]
        return used

    def pairs(self, places: Sequence[int], most: int = MOST) -> Iterator[tuple[int, int]]:
        """Yield the pairs of these bodies with others that are worth comparing, each once for each of its sides."""
        for place in places:
            for _, other in self.like(self.bodies[place], most + 1):
                if other != place:
                    yield place, other
