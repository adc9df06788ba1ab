"""Rows that were not taken, in a file that can be mended and imported alone."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final

from clustergraph.imports.delimited import DelimitedTable
from clustergraph.imports.rows import Row, Table
from clustergraph.imports.statements import Problem
from clustergraph.spreadsheet import guarded, unguarded

ENDING: Final = ".refused.csv"
REASONS: Final = ("row", "column", "value", "expected")
"""The headings that stand behind those of the table."""
_REASONS: Final = re.compile(r'row"?(.)"?column"?\1"?value"?\1"?expected"?\s*$')


def is_refused(path: Path) -> bool:
    """Whether a file is one of rows that were not taken."""
    return path.name.endswith(ENDING)


def first_import(path: Path) -> str:
    """Return the name of the import that did not take the rows of a file."""
    return path.name.removesuffix(ENDING).partition(".")[0]


class RefusedRows:
    """Writes the files of the rows that an import does not take, one for each table, into a folder."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder, self._stem = folder, stem
        self._files: dict[str, IO[bytes]] = {}
        self._forms: dict[str, dict[str, Any]] = {}
        self._stack = ExitStack()

    def add(self, name: str, table: Table, row: Row, problems: Sequence[Problem]) -> None:
        """Write a row of a table of the profile, in the form of its file, and what is wrong with it."""
        if name not in self._files:
            path = self._folder / f"{self._stem}.{name}{ENDING}"
            self._files[name] = self._stack.enter_context(path.open("wb"))
            self._forms[name] = _form(table)
            if isinstance(table, DelimitedTable) and table.encoding == "utf-8-sig":
                self._files[name].write(codecs.BOM_UTF8)
            self._write(name, [*table.headings, *REASONS])
        columns, values, expected = (
            " | ".join(dict.fromkeys(texts))
            for texts in zip(*((p.column, p.value, p.expected or p.message) for p in problems), strict=True)
        )
        self._write(name, [*row.cells, str(row.number), columns, values, expected])

    def _write(self, name: str, cells: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line, **self._forms[name]).writerow([guarded(cell) for cell in cells])
        self._files[name].write(line.getvalue().encode("utf-8", "surrogateescape"))

    def close(self) -> list[Path]:
        """End the files, and return them."""
        self._stack.close()
        return [Path(file.name) for file in self._files.values()]


def _form(table: Table) -> dict[str, Any]:
    """Return how the text of a table is written: its delimiter, and whether all its cells stand in quotes."""
    if not isinstance(table, DelimitedTable):
        return {}
    first = table.head.partition("\n")[0].strip()
    quoted = len(first) > 1 and first.startswith('"') and first.endswith('"')
    return {"delimiter": table.delimiter, "quoting": csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL}


def delimiter_of(head: str) -> str:
    r"""Return what stands between the cells of a file of refused rows, by the reasons at the end of its headings.

    >>> delimiter_of("name;members;row;column;value;expected\n"), delimiter_of("name\n")
    (';', '')
    """
    found = _REASONS.search(head.partition("\n")[0])
    return found[1] if found else ""


@dataclass
class MendedTable(Table):
    """The table that the rows of such a file were in: without the reasons, and the marks against formulas."""

    refused: Table = field(kw_only=True)

    def records(self, width: int = 0) -> Iterator[Row]:  # noqa: ARG002 - its quotes are ours
        """Yield the headings, and the rows as they are mended."""
        return map(_mended, chain([Row(1, self.refused.headings)], self.refused.rows()))


def _mended(row: Row) -> Row:
    return row._replace(cells=[unguarded(cell) for cell in row.cells[: -len(REASONS)]])
