"""Which row of which table the statements of imports come from.

An import is N-Quads in which a comment with table and row stands before what a row says. Eight bytes of a digest stand
for a statement, and for a subject, so that millions of them are found without reading the file again.
"""

from __future__ import annotations

import gzip
import json
from array import array
from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import Quad

from clustergraph.terms import expand

Digests: TypeAlias = NDArray[np.uint64]
_EIGHT: Final = 8
_NAMES: Final = "tables.json"
_COLUMNS: Final = ("digests", "rows", "tables")
_FURTHER: Final = f" {expand('skos:altLabel')} "
_LABEL: Final = f" {expand('skos:prefLabel')} "


def digest(content: bytes) -> int:
    """Return 64 bits that stand for a content, the same in every process."""
    return int.from_bytes(blake2b(content, digest_size=_EIGHT).digest(), "big")


def digests(contents: Iterable[bytes]) -> Digests:
    """Return the digests of several contents."""
    joined = b"".join([blake2b(each, digest_size=_EIGHT).digest() for each in contents])
    return np.frombuffer(joined, ">u8").astype(np.uint64)


class TableRow(NamedTuple):
    """A row of a table.

    >>> str(TableRow("organization.csv", 17))
    'organization.csv, row 17'
    """

    table: str
    row: int

    def __str__(self) -> str:
        return f"{self.table}, row {self.row}"


@dataclass(frozen=True)
class Origins:
    """For digests of statements and subjects, in their order, the row, and the number of the table in a list."""

    digests: Digests
    rows: NDArray[np.uint32]
    tables: NDArray[np.uint16]
    names: tuple[str, ...]

    @classmethod
    def read(cls, paths: Iterable[Path], wanted: Set[bytes] | None = None) -> Origins:
        """Return what the comments in files of imports say, of all subjects or only of some, as N-Quads write them."""
        found, rows, tables, names = bytearray(), array("I"), array("H"), dict[str, int]()
        for path in paths:
            row = table = 0
            last = b""
            with gzip.open(path) as file:
                for line in file:
                    if line.startswith(b"#"):
                        name, _, number = line[2:-1].decode().rpartition(" ")
                        row, table = int(number), names.setdefault(name, len(names))
                        continue
                    subject = line[: line.index(b" ")]
                    if wanted is not None and subject not in wanted:
                        continue
                    for content in (line,) if subject == last else (line, subject):
                        found += blake2b(content, digest_size=_EIGHT).digest()
                        rows.append(row)
                        tables.append(table)
                    last = subject
        every = np.frombuffer(bytes(found), ">u8").astype(np.uint64)
        distinct, first = np.unique(every, return_index=True)
        return cls(distinct, np.array(rows, np.uint32)[first], np.array(tables, np.uint16)[first], tuple(names))

    def write(self, folder: Path) -> None:
        """Write them into a folder."""
        for name in _COLUMNS:
            np.save(folder / f"{name}.npy", getattr(self, name))
        (folder / _NAMES).write_text(json.dumps(self.names, ensure_ascii=False), "utf-8")

    @classmethod
    def open(cls, folder: Path) -> Origins:
        """Return those of a folder, which are read from disk when they are asked for."""
        found, rows, tables = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in _COLUMNS)
        return cls(found, rows, tables, tuple(json.loads((folder / _NAMES).read_text("utf-8"))))

    def of(self, quad: Quad) -> TableRow | None:
        """Return the first row that makes a statement in its graph, or None."""
        return self.find(f"{quad.subject} {quad.predicate} {quad.object} {quad.graph_name} .\n")

    def find(self, content: str) -> TableRow | None:
        """Return the first row that makes a statement, a line of N-Quads, or that says something of a subject.

        A build makes further names of labels (`clustergraph.pipeline.imported_names`), which are found as labels.
        """
        return self._find(content) or self._find(content.replace(_FURTHER, _LABEL, 1))

    def _find(self, content: str) -> TableRow | None:
        sought = np.uint64(digest(content.encode("utf-8", "surrogatepass")))
        place = int(np.searchsorted(self.digests, sought))
        if place == len(self.digests) or self.digests[place] != sought:
            return None
        return TableRow(self.names[self.tables[place]], int(self.rows[place]))


@dataclass(frozen=True)
class ImportedFile:
    """A file of an import."""

    path: Path
    wanted: Set[bytes] | None = None
    """The only subjects whose statements are looked for, if they are known."""

    @cached_property
    def name(self) -> str:
        """The name of the import."""
        return self.path.name.partition(".")[0]

    @cached_property
    def origins(self) -> Origins:
        """Where its statements come from."""
        return Origins.read([self.path], self.wanted)

    @cached_property
    def graph(self) -> str:
        """The graph of its statements, as N-Quads write it."""
        with gzip.open(self.path) as file:
            line = next((line for line in file if not line.startswith(b"#")), b"")
        return line.rsplit(b" ", 2)[-2].decode() if line else ""
