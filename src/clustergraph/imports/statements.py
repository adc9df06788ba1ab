"""What some rows of a table say, or why they cannot be taken: the work of one process on a part of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from pyoxigraph import Literal

from clustergraph.errors import SourceError
from clustergraph.imports.cells import damage
from clustergraph.imports.construct import MOST_SOLUTIONS, TypedRow
from clustergraph.imports.headings import forms
from clustergraph.imports.metadata import DescribedColumn, DescribedTable
from clustergraph.imports.rows import CellError, Row
from clustergraph.rdf.lines import Line
from clustergraph.rdf.origins import Digests, digest, digests
from clustergraph.release.withdrawn import Withdrawn

NO_KEY: Final = 0
"""What stands for a key of which a part is missing."""


class Problem(NamedTuple):
    """Why a row is not taken: what is wrong with one of its cells."""

    row: int
    column: str
    """The heading of the cell; nothing where it is about the whole row."""
    value: str
    expected: str
    message: str

    def __str__(self) -> str:
        cell = f", column {self.column}" if self.column else ""
        expected = f"; expected: {self.expected}" if self.expected not in self.message else ""
        return f"row {self.row}{cell}: {self.message}{expected}"


class SaidByRows(NamedTuple):
    """What some rows say."""

    lines: list[tuple[int, list[Line]]]
    """For each row that can be taken its number and its statements."""
    digests: Digests
    """Those of all the lines in this order."""
    keys: list[Digests]
    """For each key of the table, own or foreign, that of each row."""
    problems: list[Problem]
    damaged: list[Problem]
    """Cells with letters that a wrong encoding has spoilt, of rows that are taken as they are."""
    left_out: Mapping[int, str]
    """Why the profile leaves rows out, by their numbers, where it says so."""
    parts: Mapping[int, set[str]]
    """What the profile leaves out of rows that it takes."""


@dataclass(frozen=True)
class Heads:
    """Which columns of a profile stand where in a table."""

    columns: tuple[DescribedColumn | None, ...]
    """For each place the column that it holds, if the profile knows one."""
    headings: tuple[str, ...]

    @classmethod
    def of(cls, table: DescribedTable, headings: Sequence[str]) -> Heads:
        """Match the headings of a table with the columns of a profile; `SourceError` if that is not possible."""
        known = table.headings
        found = tuple(next((known[f] for f in forms(h) if f in known), None) for h in headings)
        names = [column.name for column in found if column]
        if twice := next((name for name in names if names.count(name) > 1), None):
            both = " and ".join(repr(h) for h, c in zip(headings, found, strict=True) if c and c.name == twice)
            raise SourceError(f"the column {twice} is there twice: {both}", advice="rename or remove one of them")
        missing = [c for c in table.columns if c.required and c.name not in names]
        if missing:
            listed = ", ".join(f"{c.name} ({' or '.join(c.headings[:3])})" if c.headings else c.name for c in missing)
            raise SourceError(f"it has no column {listed}", advice=f"it has {', '.join(filter(None, headings))}")
        return cls(found, tuple(headings))

    @property
    def further(self) -> tuple[str, ...]:
        """The headings of columns that the profile does not know."""
        return tuple(h for h, column in zip(self.headings, self.columns, strict=True) if column is None and h)


class TableReader:
    """Reads the rows of one table with its query."""

    def __init__(
        self,
        table: DescribedTable,
        heads: Heads,
        label: str,
        graph: str,
        base: str,
        prefixes: Mapping[str, str],
        withdrawn: Withdrawn,
    ) -> None:
        self._withdrawn = withdrawn
        self._table, self._heads, self._graph = table, heads, graph
        self._construct = table.construct(base, prefixes)
        self._fixed = {"_table": [str(Literal(label))], "_graph": [f"<{graph}>"]}
        used = {*self._construct.columns, *table.key, *(name for each in table.references for name in each.columns)}
        self._cells = [
            (place, heads.headings[place], column.column())
            for place, column in enumerate(heads.columns)
            if column and (column.name in used or column.required or "datatype" in column.members)
        ]
        here = {column.name for column in heads.columns if column}
        absent = [column.column() for column in table.columns if column.name not in here]
        self._absent = [column for column in absent if column.default]
        self._rest = [place for place, column in enumerate(heads.columns) if column is None and heads.headings[place]]
        self._keys = [table.key, *(each.columns for each in table.references)]

    def read(self, rows: Sequence[Row]) -> SaidByRows:
        """Return what some rows say."""
        problems: list[Problem] = []
        typed = []
        for row in rows:
            found = len(problems)
            each = self._typed(row, problems)
            if len(problems) == found:
                typed.append(each)
        stated, left_out, parts = self._construct.statements(typed, self._graph)
        lines = [(n, self._withdrawn.left_lines(s) if self._withdrawn else s) for n, s in stated.items()]
        keys = [np.array([self._key(row, names) for row in typed], np.uint64) for names in self._keys]
        damaged = [problem for row in rows for problem in self._damaged(row)]
        return SaidByRows(
            lines, digests(line for _, said in lines for line in said), keys, problems, damaged, left_out, parts
        )

    def _damaged(self, row: Row) -> Iterator[Problem]:
        """Yield the cells of a row whose letters a wrong encoding has spoilt."""
        if row.fault or "".join(row.cells).isascii():
            return
        for heading, text in zip(self._heads.headings, row.cells, strict=True):
            if what := damage(text):
                yield Problem(row.number, heading, text, "", what)

    def _typed(self, row: Row, problems: list[Problem]) -> TypedRow:
        """Return a row with its cells read; what is wrong with them is added to the problems."""
        values: dict[str, Sequence[str]] = dict(self._fixed)
        if row.fault:
            fault = row.fault
            problems.append(Problem(row.number, fault.column, fault.value, fault.expected, fault.message))
            return TypedRow(row.number, values)
        for place, heading, cell in self._cells:
            text = row.cells[place]
            try:
                if found := cell.read(text):
                    values[cell.name] = [*map(str, found)]
            except CellError as error:
                problems.append(Problem(row.number, heading, text, error.expected, error.message))
        for cell in self._absent:
            values[cell.name] = [*map(str, cell.read(""))]
        if rest := [f"{self._heads.headings[at]}: {row.cells[at]}" for at in self._rest if row.cells[at]]:
            values["_rest"] = [str(Literal(each)) for each in rest]
        many = 1
        for name in self._construct.columns:
            many *= len(values.get(name, "x"))
        if many > MOST_SOLUTIONS:
            message = f"its cells with several values give {many:,} combinations"
            problems.append(Problem(row.number, "", "", f"at most {MOST_SOLUTIONS:,}", message))
        return TypedRow(row.number, values)

    @staticmethod
    def _key(row: TypedRow, names: Sequence[str]) -> int:
        parts = [row.values.get(name) for name in names]
        if not names or None in parts:
            return NO_KEY
        return digest("\0".join(" ".join(part) for part in parts if part).encode())
