"""How an import differs from the one before: statements added and removed, and of which classes things are."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from clustergraph.imports.digests import DigestSet
from clustergraph.rdf.lines import Line, Statement, batches
from clustergraph.rdf.origins import Digests, digests
from clustergraph.terms import VOCABULARIES, compact

_TYPE: Final = f" <{VOCABULARIES['rdf']}type> ".encode()
_BATCH: Final = 20_000


@dataclass(frozen=True)
class ImportDifference:
    """What a newer import has more and less."""

    added: int
    removed: int
    classes: dict[str, tuple[int, int]]
    """For each class how many things are new in it, and how many are no more."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


def compare(old: Path, new: Path, seen: DigestSet, progress: Callable[[str], None]) -> ImportDifference:
    """Compare the data of two imports, of which the newer has the statements that have been seen."""
    progress("comparing with the import before")
    known = seen.sorted()
    before = DigestSet()
    gone: Counter[str] = Counter()
    removed = 0
    for lines, found in _read(old):
        before.add(found)
        lost = ~seen.has(found)
        removed += int(lost.sum())
        gone.update(_classes(lines, lost))
    added = len(known) - (len(before) - removed)
    fresh: Counter[str] = Counter()
    if added:
        for lines, found in _read(new):
            fresh.update(_classes(lines, ~before.has(found)))
    return ImportDifference(added, removed, {name: (fresh[name], gone[name]) for name in sorted({*fresh, *gone})})


def _read(path: Path) -> Iterator[tuple[list[Line], Digests]]:
    """Yield the statements of a file with their digests."""
    with gzip.open(path) as file:
        for lines in batches((line for line in file if not line.startswith(b"#")), _BATCH):
            yield lines, digests(lines)


def _classes(lines: list[Line], chosen: np.typing.NDArray[np.bool_]) -> Iterator[str]:
    """Yield the classes of things that some of the lines give."""
    for place in np.flatnonzero(chosen):
        if _TYPE in lines[place]:
            yield compact(Statement.of(lines[place]).object.decode()[1:-1])
