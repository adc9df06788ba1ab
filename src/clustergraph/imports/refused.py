"""Rows that were not taken, in a file that can be mended and imported alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Final

from clustergraph.imports.rows import Row, Table
from clustergraph.imports.statements import Problem
from clustergraph.spreadsheet import guarded, unguarded

ENDING: Final = ".refused.csv"
REASONS: Final = ("row", "column", "value", "expected")
"""The headings that stand behind those of the table."""


def is_refused(path: Path) -> bool:
    """Whether a file is one of rows that were not taken."""
    return path.name.endswith(ENDING)


class RefusedRows:
    """Writes the files of the rows that an import does not take, one for each table, into a folder."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder, self._stem = folder, stem
        self._files: dict[str, IO[bytes]] = {}
        self._stack = ExitStack()

    def add(self, table: str, headings: Sequence[str], row: Row, problems: Sequence[Problem]) -> None:
        """Write a row, and what is wrong with it."""
        if table not in self._files:
            path = self._folder / f"{self._stem}.{table}{ENDING}"
            self._files[table] = self._stack.enter_context(path.open("wb"))
            self._write(table, [*headings, *REASONS])
        columns, values, expected = (
            " | ".join(dict.fromkeys(texts))
            for texts in zip(*((p.column, p.value, p.expected or p.message) for p in problems), strict=True)
        )
        self._write(table, [*row.cells, str(row.number), columns, values, expected])

    def _write(self, table: str, cells: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line).writerow([guarded(cell) for cell in cells])
        self._files[table].write(line.getvalue().encode("utf-8", "surrogateescape"))

    def close(self) -> list[Path]:
        """End the files, and return them."""
        self._stack.close()
        return [Path(file.name) for file in self._files.values()]


@dataclass
class MendedTable(Table):
    """The table that the rows of such a file were in: without the reasons, and the marks against formulas."""

    refused: Table = field(kw_only=True)

    def records(self, width: int = 0) -> Iterator[Row]:  # noqa: ARG002 - its quotes are ours
        """Yield the headings, and the rows as they are mended."""
        return map(_mended, chain([Row(1, self.refused.headings)], self.refused.rows()))


def _mended(row: Row) -> Row:
    return row._replace(cells=[unguarded(cell) for cell in row.cells[: -len(REASONS)]])
