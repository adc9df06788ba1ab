"""Things that wait on disk, so that it takes no memory how many there are."""

from __future__ import annotations

import base64
import json
import os
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Final, Generic, TypeVar

from clustergraph.export.lines import ordered

T = TypeVar("T")

_HEAD: Final = 8
"""Bytes that say how long what follows is."""
_RUN_BYTES: Final = 8_000_000


class Spool(Generic[T]):
    """Things in a file without a name, which can be read as often as needed; it is gone with the object.

    >>> spool = Spool([1, "two"])
    >>> spool.append(3.0)
    >>> len(spool), [*spool], [*spool]
    (3, [1, 'two', 3.0], [1, 'two', 3.0])
    """

    def __init__(self, items: Iterable[T] = ()) -> None:
        """Keep some things."""
        self._file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it lives as long as this does
        self._count = 0
        for item in items:
            self.append(item)

    def append(self, item: T) -> None:
        """Keep one thing more."""
        data = pickle.dumps(item)
        _write(self._file, len(data).to_bytes(_HEAD, "big") + data)
        self._count += 1

    def __len__(self) -> int:
        """Return how many things there are."""
        return self._count

    def __iter__(self) -> Iterator[T]:
        """Yield the things in the order in which they came; several readers do not disturb each other."""
        number, place = self._file.fileno(), 0
        for _ in range(self._count):
            size = int.from_bytes(os.pread(number, _HEAD, place), "big")
            yield pickle.loads(os.pread(number, size, place + _HEAD))  # noqa: S301 - nobody else has written it
            place += _HEAD + size

    @classmethod
    def in_order(cls, items: Iterable[tuple[str, T]]) -> Spool[T]:
        """Return things in the order of their keys, each once.

        >>> [*Spool.in_order([("b", 1), ("a", 2), ("b", 1)])]
        [2, 1]
        """
        lines = (json.dumps(key).encode() + b"\t" + base64.b64encode(pickle.dumps(item)) + b"\n" for key, item in items)
        made: Spool[T] = cls()
        last: list[T] = []
        for line in ordered(lines, _RUN_BYTES):
            item = pickle.loads(base64.b64decode(line.partition(b"\t")[2]))  # noqa: S301 - written above
            if [item] != last:
                made.append(item)
            last = [item]
        return made


def _write(file: IO[bytes], data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
