"""Columns in one file that is mapped into memory, not read."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from clustergraph.columns.dictionary import Terms
from clustergraph.columns.index import Columns, Predicate

NAME: Final = "columns"
FORM: Final = "1"
"""Another one where the form of the file is another."""
_ALIGNED: Final = 64
_PARTS: Final = (("subjects", np.uint64), ("objects", np.uint64), ("quads", np.uint64), ("graphs", np.int32))


def write(columns: Columns, folder: Path) -> None:
    """Write columns into a folder."""
    arrays: list[NDArray[Any]] = [np.frombuffer(columns.terms.blob, np.uint8), columns.terms.ends]
    arrays += [getattr(of, part) for of in columns.predicates.values() for part, _ in _PARTS if _is_kept(of, part)]
    told = [
        [number, of.fan_out, of.fan_in, [len(getattr(of, part)) if _is_kept(of, part) else -1 for part, _ in _PARTS]]
        for number, of in columns.predicates.items()
    ]
    head = json.dumps({"form": FORM, "blob": arrays[0].size, "terms": arrays[1].size, "predicates": told}).encode()
    with (folder / NAME).open("wb") as file:
        _padded(file, len(head).to_bytes(8, "little") + head)
        for array in arrays:
            _padded(file, np.ascontiguousarray(array).tobytes())


def open_(folder: Path | None) -> Columns | None:
    """Return the columns in a folder; None without one, or where they are of another form."""
    if folder is None:
        return None
    with (folder / NAME).open("rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    length = int.from_bytes(mapped[:8], "little")
    head = json.loads(bytes(mapped[8 : 8 + length]))
    if head["form"] != FORM:
        return None
    parts = _Parts(mapped, 8 + length)
    blob = parts.next(head["blob"], np.uint8)
    terms = Terms(blob.data, parts.next(head["terms"], np.int64))
    return Columns(terms, dict(_predicates(head["predicates"], parts)))


def _predicates(told: list[Any], parts: _Parts) -> Iterator[tuple[int, Predicate]]:
    for number, fan_out, fan_in, lengths in told:
        found = {
            name: parts.next(length, kind)
            for (name, kind), length in zip(_PARTS, lengths, strict=True) if length >= 0
        }  # fmt: skip
        yield number, Predicate(**{"quads": found["subjects"], **found}, fan_out=fan_out, fan_in=fan_in)


def _is_kept(of: Predicate, part: str) -> bool:
    """Whether a part is more than another: where no statement has two graphs, quads are subjects."""
    return part != "quads" or of.quads is not of.subjects


class _Parts:
    """Takes one array after the other from a file."""

    def __init__(self, mapped: memoryview, start: int) -> None:
        self._mapped = mapped
        self._at = _aligned(start)

    def next(self, length: int, kind: Any) -> NDArray[Any]:  # noqa: ANN401 - numpy takes any kind
        found = np.frombuffer(self._mapped, kind, length, self._at)
        self._at = _aligned(self._at + found.nbytes)
        return found


def _aligned(place: int) -> int:
    return -(-place // _ALIGNED) * _ALIGNED


def _padded(file: IO[bytes], content: bytes | memoryview) -> None:
    file.write(content)
    file.write(bytes(_aligned(file.tell()) - file.tell()))
