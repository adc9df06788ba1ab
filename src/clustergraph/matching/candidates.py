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
_EXACT: Final = "#!"
"""How keys begin that agree or do not, such as an acronym, a website or an identifier."""
_FEW: Final = 40
"""A key that agrees counts for itself if so many bodies have it, or fewer."""
_AGREED: Final = 0.3
"""What such a key adds to the likeness."""
_ELSEWHERE: Final = 0.5
"""What is left of the likeness of bodies in different countries."""
_SHORT: Final = 12
"""A name of more letters is no acronym."""
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
        text = f" {' '.join(words.words)} "
        found.update({text[at : at + 3]: 0.35 for at in range(len(text) - 2)})
    found.update({f"@{word}": 0.5 for place in body.places for word in words_of(place).words})
    found.update(dict.fromkeys(_agreeing(body), 1.0))
    return found


def _agreeing(body: Body) -> Iterator[str]:
    """Yield the keys that agree or do not: acronyms and what may be one, websites, identifiers."""
    for name in body.names:
        joined = "".join(words_of(name).words)
        if len(joined) <= _SHORT:
            yield f"#{joined}"
        spelt = fold(name).split()
        if len(spelt) > 1:
            yield f"#{''.join(word[0] for word in spelt)}"
    yield from (f"#{''.join(words_of(each).words)}" for each in body.acronyms)
    yield from (f"#{site(each)}" for each in body.websites)
    yield from (f"!{scheme} {number}" for scheme, number in body.identifiers)


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
            if key[0] in _EXACT:
                continue
            squares[places] += self._weights[key] ** 2
        norms: NDArray[np.float64] = np.sqrt(np.maximum(squares, 1e-9))
        return norms

    def like(self, body: Body, most: int = MOST) -> list[tuple[float, int]]:
        """Return the places of those that are most like a body, each with its likeness from 0 to 1, the best first."""
        keys = keys_of(body)
        used = self._rarest(keys)
        if not used:
            return []
        alike = {key: weight for key, weight in used.items() if key[0] not in _EXACT}
        scores = self._cosine(alike, keys)
        for key in used.keys() - alike.keys():
            if len(self._places[key]) <= _FEW:
                scores[self._places[key]] += _AGREED
        country = country_of(body.country)
        if country:
            scores[(self._countries != country) & (self._countries != "")] *= _ELSEWHERE
        best = np.argpartition(scores, -min(most, self._size))[-most:] if self._size > most else np.arange(self._size)
        found = [(float(scores[place]), int(place)) for place in best if scores[place] >= _LEAST]
        return sorted(found, reverse=True)

    def _cosine(self, used: dict[str, float], keys: dict[str, float]) -> NDArray[np.float64]:
        """Return how alike all bodies are to one with some keys, of which so many are used."""
        if not used:
            return np.zeros(self._size)
        unknown = math.log(1 + self._size)
        weights = (weight * self._rarity.get(key, unknown) for key, weight in keys.items() if key[0] not in _EXACT)
        places = np.concatenate([self._places[key] for key in used])
        shares = np.concatenate([self._weights[key] * (weight * self._rarity[key]) for key, weight in used.items()])
        sums = np.bincount(places, weights=shares, minlength=self._size)
        found: NDArray[np.float64] = sums / (self._norms * math.sqrt(sum(weight**2 for weight in weights)))
        return found

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
