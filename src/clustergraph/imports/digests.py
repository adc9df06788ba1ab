"""Which statements and keys there have been, in eight bytes for each: 64 bits of a digest stand for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clustergraph.rdf.origins import Digests


class DigestSet:
    """A set of digests that grows: sorted runs, each at least twice as long as the next, so few are looked through."""

    def __init__(self) -> None:
        self._runs: list[Digests] = []

    def has(self, asked: Digests) -> NDArray[np.bool_]:
        """Return which of some digests are there."""
        found = np.zeros(len(asked), bool)
        for run in self._runs:
            place = np.searchsorted(run, asked)
            found |= run[np.minimum(place, len(run) - 1)] == asked
        return found

    def add(self, asked: Digests) -> NDArray[np.bool_]:
        """Add digests, and return which of them are new; of those that stand there twice, the first."""
        new = np.zeros(len(asked), bool)
        new[np.unique(asked, return_index=True)[1]] = True
        new &= ~self.has(asked)
        if new.any():
            self._runs.append(np.sort(asked[new]))
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate([self._runs[-1], last]), kind="stable")
        return new

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def sorted(self) -> Digests:
        """Return all of them in order."""
        return np.sort(np.concatenate(self._runs)) if self._runs else np.zeros(0, np.uint64)
