"""Rows of a table as they stand in its file, whatever the kind of file.

How a row is addressed: by its `number`, which counts what a spreadsheet program would show as rows, from 1 and with the
headings, so the first row below one row of headings is 2; blank rows count. In a text file a row has the number of the
`line` that it begins at, too, which differs where a cell holds line breaks.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import islice
from typing import Any, Final, NamedTuple, Self

from clustergraph.errors import SheetCell, SourceError, Where
from clustergraph.imports.ambiguity import settled
from clustergraph.imports.containers import TableError, TableFile

CELL_LIMIT: Final = 1_000_000
"""How many characters a cell may have."""
_SHOWN: Final = 80


class CellError(SourceError):
    """A cell, or a row, is not what its table should have."""

    def __init__(self, message: str, *, value: str = "", expected: str = "", column: str = "", place: int = 0) -> None:
        super().__init__(message, advice=f"expected: {expected}" if expected else "")
        self.value = value
        self.expected = expected
        self.column = column
        self.place = place
        """The place of the column, from 1, where its heading is not known yet."""


class Canonical(str):
    """The text of a cell that its file says to be a number, a date or a truth value: as XML Schema writes it."""

    __slots__ = ()


class Row(NamedTuple):
    """A row: the texts of its cells, as many as there are headings unless it has a fault."""

    number: int
    cells: Sequence[str]
    line: int = 0
    """Where it begins, in a text file."""
    fault: CellError | None = None
    """Why it cannot be taken."""
    mended: bool = False
    """Whether its quotes were written wrongly and can be read for sure."""


@dataclass(frozen=True)
class Dialect:
    """How a table is written (the dialect of CSVW); what is empty is found out from the head of the file."""

    encoding: str = ""
    delimiter: str = ""
    quote: str = '"'
    header_rows: int = 1
    skip_rows: int = 0
    """How many rows stand above the headings; blank ones need not be counted where this is nought."""
    comment: str = ""
    """What a line begins with that is none of the table."""
    skip_initial_space: bool = False
    repeat_merged: bool = False
    """Whether the value of merged cells is that of each of them; else their rows have a fault."""

    @classmethod
    def from_csvw(cls, described: Mapping[str, Any]) -> Self:
        """Return the dialect that CSVW metadata describes; `mergedCells` is ours.

        >>> Dialect.from_csvw({"delimiter": ";", "headerRowCount": 2}).header_rows
        2
        """
        described = settled(described)
        if unknown := sorted(set(described) - set(_CSVW) - _OTHERS):
            raise SourceError(f"a dialect has no {unknown[0]!r}", advice=f"it has {', '.join(sorted(_CSVW))}")
        known = {_CSVW[key]: value for key, value in described.items() if key in _CSVW}
        if known.pop("header", True) is False:
            known["header_rows"] = 0
        known["quote"] = known.get("quote", '"') or ""
        known["repeat_merged"] = known.get("repeat_merged") == "repeat"
        for each in fields(cls):
            if each.name in known and type(known[each.name]) is not type(each.default):
                raise SourceError(f"{known[each.name]!r} is no value of a dialect for {each.name!r}")
        return cls(**known)


_CSVW: Final = {
    "encoding": "encoding",
    "delimiter": "delimiter",
    "quoteChar": "quote",
    "header": "header",
    "headerRowCount": "header_rows",
    "skipRows": "skip_rows",
    "commentPrefix": "comment",
    "skipInitialSpace": "skip_initial_space",
    "mergedCells": "repeat_merged",
}
_OTHERS: Final = {"@type", "@id", "doubleQuote", "lineTerminators", "skipBlankRows", "trim"}
"""What CSVW has, too, and what holds for every table here."""


@dataclass
class Table(ABC):
    """A table of a file: its name, its headings, its rows; each reading begins anew and holds one row at a time."""

    file: TableFile
    name: str
    """The name of the file without its ending, or of the sheet."""
    dialect: Dialect = field(default_factory=Dialect)
    hidden: bool = False
    """Whether it is a sheet that its workbook hides."""

    def read_as(self, dialect: Dialect) -> Self:
        """Return the same table, read in another dialect."""
        return replace(self, dialect=dialect)

    @abstractmethod
    def records(self, width: int = 0) -> Iterator[Row]:
        """Yield every row from the first of the file, of whatever length; the width helps with wrong quotes."""

    @cached_property
    def _head(self) -> tuple[tuple[str, ...], int]:
        """The headings, and the number of the last row that is above the data."""
        skipped, count = self.dialect.skip_rows, self.dialect.header_rows
        below = (row for row in self.records() if row.number > skipped and any(row.cells))
        rows = list(islice(below, max(count, 1)))
        if not rows:
            raise TableError("there are no rows in it", where=self.where())
        if faulty := next((row for row in rows if row.fault), None):
            raise TableError(f"the headings cannot be read: {faulty.fault}", where=self.where(faulty))
        if not count:
            return tuple(map(str, range(1, len(rows[0].cells) + 1))), rows[0].number - 1
        return joined([row.cells for row in rows]), rows[-1].number

    @property
    def headings(self) -> tuple[str, ...]:
        """What stands above the columns; those of several rows are joined by ` / `; numbers if there is none."""
        return self._head[0]

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the headings that are not blank, and see that the file is still the same at the end."""
        headings, last = self._head
        width = len(headings)
        for row in self.records(width):
            if row.number <= last:
                continue
            number, cells, line, fault, mended = row
            if fault is None and len(cells) != width:
                cells, fault = fitted(cells, width)
            if fault is not None and 0 < fault.place <= width:
                fault.column = headings[fault.place - 1]
            if fault is not None or any(cells):
                yield Row(number, cells, line, fault, mended)
        self.file.verify()

    def where(self, row: Row | None = None, column: str = "") -> Where:
        """Return the place of the table, of a row or of a cell."""
        if row is None:
            return Where(self.file.place)
        return Where(self.file.place, line=row.line or None, cell=SheetCell(row.number, column, self.sheet))

    @property
    def sheet(self) -> str:
        """The name of the sheet, if it is one."""
        return ""


def fitted(cells: Sequence[str], width: int) -> tuple[Sequence[str], CellError | None]:
    """Return a row without empty cells that no heading is for, or what is wrong with its length."""
    if len(cells) > width and not any(cells[width:]):
        return cells[:width], None
    if not any(cells):
        return cells, None
    text = shown(" | ".join(cells))
    return cells, CellError(f"the row has {len(cells)} cells", value=text, expected=f"{width} cells, one a heading")


def joined(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return one heading for each column from the rows of headings; empty columns at the end are left out.

    >>> joined([("Name", "Contact", "", ""), ("", "Town", "Web", "")])
    ('Name', 'Contact / Town', 'Web')
    """
    width = max((place + 1 for row in rows for place, text in enumerate(row) if text.strip()), default=0)
    columns = [[" ".join(row[place].split()) for row in rows if place < len(row)] for place in range(width)]
    return tuple(" / ".join(dict.fromkeys(filter(None, column))) for column in columns)


def shown(text: str) -> str:
    """Return the text of a cell as it can be shown: short, and bytes that are no text as escapes."""
    short = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return short.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", "\\x00")
