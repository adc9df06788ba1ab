"""Which statements and keys there have been, in eight bytes for each: 64 bits of a digest stand for it."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Digests: TypeAlias = NDArray[np.uint64]
_EIGHT: Final = 8


def digest(content: bytes) -> int:
    """Return 64 bits that stand for a content, the same in every process."""
    return int.from_bytes(blake2b(content, digest_size=_EIGHT).digest(), "big")


def digests(contents: Iterable[bytes]) -> Digests:
    """Return the digests of several contents."""
    joined = b"".join([blake2b(each, digest_size=_EIGHT).digest() for each in contents])
    return np.frombuffer(joined, ">u8").astype(np.uint64)


class Seen:
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
