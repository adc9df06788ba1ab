"""Tables as text: CSV, TSV and whatever else stands between the cells.

A row that is not written as CSV should be is read where there is exactly one way to read it, and else has a fault: its
cells never move into other columns. Bytes that are no text in the encoding stay in the cells as Python's surrogates, so
that a row that is refused can be written as it was (`errors="surrogateescape"`).
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

from clustergraph.imports.containers import TableError
from clustergraph.imports.rows import CELL_LIMIT, CellError, Row, Table, shown

HEAD: Final = 65_536
"""How much of a file is looked at to find out how it is written."""
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LINE_LIMIT: Final = 2**24
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_NOT_TEXT: Final = re.compile(r"[\udc80-\udcff]")
ONE_ENCODING: Final = "one encoding in the whole file: UTF-8, or that of --encoding"
"""What is expected of a cell whose bytes are no text."""
_MOST_PIECES: Final = 500
"""How many pieces a row with wrong quotes may have to be looked at."""
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""What some spreadsheet programs write above the headings."""

csv.field_size_limit(CELL_LIMIT)


@dataclass
class DelimitedTable(Table):
    """A table as text."""

    def records(self, width: int = 0) -> Iterator[Row]:
        """Yield every row of the file; one with wrong quotes is read if it has one reading of that width."""
        with self.file.reading() as file:
            try:
                text = io.TextIOWrapper(file, self.encoding, errors="surrogateescape", newline="")
                yield from _Records(self, text, width)
            except UnicodeError as error:
                raise TableError(
                    f"it is not in {self.encoding}: {error}",
                    where=self.where(),
                    advice="say its encoding: --encoding NAME",
                ) from error

    @cached_property
    def _start(self) -> bytes:
        return self.file.start(HEAD)

    @cached_property
    def encoding(self) -> str:
        """The encoding: as its dialect or the mark at its beginning says, else UTF-8."""
        marked = next((name for mark, name in _MARKS if self._start.startswith(mark)), "")
        said = self.dialect.encoding
        if said:
            try:
                plain = codecs.lookup(said).name
            except LookupError as error:
                advice = "write one such as --encoding windows-1250, iso-8859-2 or utf-16"
                raise TableError(f"there is no encoding {said!r}", where=self.where(), advice=advice) from error
            return marked if marked and plain.startswith("utf") else said
        even, odd = self._start[::2].count(0), self._start[1::2].count(0)
        if not marked and max(even, odd) > len(self._start) / 5:
            which = "utf-16-be" if even > odd else "utf-16-le"
            raise TableError(
                "it looks like UTF-16 without a mark", where=self.where(), advice=f"say it: --encoding {which}"
            )
        return marked or "utf-8"

    @cached_property
    def head(self) -> str:
        """The whole lines at the beginning of the file."""
        text = codecs.getincrementaldecoder(self.encoding)("surrogateescape").decode(self._start)
        whole = len(self._start) < HEAD or "\n" not in text
        return text if whole else text[: text.rindex("\n") + 1]

    @cached_property
    def delimiter(self) -> str:
        """What stands between cells: as its dialect says, or as the head shows.

        Raises:
            TableError: two fit equally well.
        """
        if self.dialect.delimiter:
            return self.dialect.delimiter
        if line := _SEPARATOR_LINE.match(self.head):
            return line[1]
        found = sorted(((*_fit(self.head, each), each) for each in DELIMITERS), reverse=True)
        (best, width, delimiter), (second, other_width, other), *_ = found
        if best and best == second and self.file.place.suffix.lower() == ".tsv":
            return "\t"
        if best and best == second:
            raise TableError(
                f"the separator is not clear: with a {DELIMITERS[delimiter]} it has {width} columns, with a "
                f"{DELIMITERS[other]} {other_width}",
                where=self.where(),
                advice='say it as "delimiter" in the dialect of a profile, or draft one with --sketch and --delimiter',
            )
        return delimiter if best else ","

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Return the rows of lines, in the dialect of the table; it raises an error where quotes are wrong."""
        quote = self.dialect.quote
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            skipinitialspace=self.dialect.skip_initial_space,
            strict=True,
        )


def _fit(head: str, delimiter: str) -> tuple[float, int]:
    """Return the share of rows that have the commonest number of cells, and that number; nothing if that is one.

    >>> _fit("a;b,c;d\\n1;2,3;4\\n", ";")
    (1.0, 3)
    """
    rows = [len(row) for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter) if row]
    ((width, count),) = Counter(rows).most_common(1) or [(1, 0)]
    return (count / len(rows), width) if width > 1 else (0.0, 1)


class _Records:
    """The rows of a text, each with the number of the line that it begins at."""

    def __init__(self, table: DelimitedTable, text: io.TextIOWrapper, width: int) -> None:
        self.table = table
        self.width = width
        self.quoted = False
        """Whether all rows begin with a quote and end with one."""
        self.line = 0
        self.pending: list[str] = []
        """The lines that are read of the present row."""
        self.put_back: list[str] = []
        self._read: Callable[[], str] = partial(text.readline, _LINE_LIMIT)

    def _lines(self) -> Iterator[str]:
        comment, pending = self.table.dialect.comment, self.pending
        while line := (self.put_back.pop() if self.put_back else self._read()):
            self.line += 1
            if comment and not pending and line.startswith(comment):
                continue
            if len(line) >= _LINE_LIMIT:
                raise TableError(f"line {self.line} has more than {_LINE_LIMIT:,} characters", where=self.table.where())
            pending.append(line)
            yield line

    def __iter__(self) -> Iterator[Row]:
        lines = self._lines()
        reader = self.table.reader(lines)
        pending, width, number, start = self.pending, self.width, 0, 1
        while True:
            fault = None
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells, fault = [], error
            number, start = number + 1, self.line - len(pending) + 1
            if number == 1 and self._first():
                pending.clear()
                continue
            if fault or (width and len(cells) != width and cells):
                yield self._mended(number, start, cells, fault)
            else:
                text = "".join(cells)
                wrong = self._not_text(cells, start) if "\0" in text or not text.isascii() else None
                yield Row(number, cells, start, wrong)
            pending.clear()

    def _first(self) -> bool:
        """See how the first row is written; return whether it only says what the separator is."""
        line = self.pending[0].rstrip("\r\n") if self.pending else ""
        quote = self.table.dialect.quote
        self.quoted = bool(quote) and len(line) > 1 and line.startswith(quote) and line.endswith(quote)
        return len(self.pending) == 1 and bool(_SEPARATOR_LINE.fullmatch(line))

    @staticmethod
    def _not_text(cells: Sequence[str], line: int) -> CellError | None:
        """Return what is wrong with a cell that is no text."""
        for place, cell in enumerate(cells, 1):
            if "\0" in cell:
                what = f"there is a NUL byte in {shown(cell)} (line {line})"
                return CellError(what, value=shown(cell), expected="text", place=place)
            if _NOT_TEXT.search(cell):
                return CellError(
                    f"{shown(cell)} is not in the encoding of the file (line {line})",
                    value=shown(cell),
                    expected=ONE_ENCODING,
                    place=place,
                )
        return None

    def _mended(self, number: int, start: int, cells: Sequence[str], error: csv.Error | None) -> Row:
        """Return a row with wrong quotes or a wrong number of cells: mended if that is sure, else with its fault."""
        if error and self.quoted:
            self._rest()
        text = "".join(self.pending).rstrip("\r\n")
        quote = self.table.dialect.quote
        sure = sure_cells(text, self.table.delimiter, quote, self.width) if quote and quote in text else None
        if sure:
            wrong = self._not_text(sure, start)
            return Row(number, sure, start, wrong, mended=True)
        if not error:
            return Row(number, cells, start)
        lines = f"lines {start} to {self.line}" if self.line > start else f"line {start}"
        return Row(number, text.split(self.table.delimiter), start, _fault(error, lines, text))

    def _rest(self) -> None:
        """Read on to the next line that begins as all rows do."""
        while line := self._read():
            if line.startswith(self.table.dialect.quote):
                self.put_back.append(line)
                return
            self.line += 1
            self.pending.append(line)


def _fault(error: csv.Error, lines: str, text: str) -> CellError:
    if "limit" in str(error):
        what = f"a cell has more than {CELL_LIMIT:,} characters ({lines}); perhaps a quote is not closed"
        return CellError(what, value=shown(text), expected=f"cells of at most {CELL_LIMIT:,} characters")
    what = f"the quotes are wrong ({lines}): {error}"
    return CellError(what, value=shown(text), expected="a quote inside a cell in quotes written twice")


def sure_cells(text: str, delimiter: str, quote: str, width: int) -> list[str] | None:
    r"""Return the cells of a row with wrong quotes if exactly one way to part it gives that many cells.

    A cell is either without any quote, or begins with one and ends with one, whatever is between.

    >>> sure_cells('"821040";""Seals for FTB#2 Wing""', ";", '"', 2)
    ['821040', '"Seals for FTB#2 Wing"']
    >>> sure_cells('"1";""Seals; tight"";"2"', ";", '"', 3)
    ['1', '"Seals; tight"', '2']
    >>> sure_cells('"1";"a";""b";""c"";"d"', ";", '"', 4)
    """
    pieces = text.split(delimiter)
    if not 0 <= len(pieces) - width <= _MOST_PIECES or len(pieces) > 2 * _MOST_PIECES:
        return None
    cells = []
    for start, end in _only_parting(pieces, quote, width) or []:
        cell = _unquoted(delimiter.join(pieces[start:end]), quote)
        if cell is None:
            return None
        cells.append(cell)
    return cells or None


def _only_parting(pieces: Sequence[str], quote: str, width: int) -> list[tuple[int, int]] | None:
    """Return where each cell begins and ends, in pieces between delimiters, if there is one way only."""
    count = len(pieces)
    opens = [piece.startswith(quote) for piece in pieces]
    closes = [piece.endswith(quote) for piece in pieces]
    bare = [quote not in piece for piece in pieces]

    def is_cell(start: int, end: int) -> bool:
        if end - start == 1 and (bare[start] or len(pieces[start]) < 2):
            return bare[start]
        return opens[start] and closes[end - 1]

    # For each number of cells, from the end: in how many ways the pieces from a place on make that many.
    spare = count - width
    ways = [[0] * (count + 1) for _ in range(width + 1)]
    ways[0][count] = 1
    for cells in range(1, width + 1):
        for start in range(max(0, width - cells), count):
            ends = range(start + 1, min(count, start + 1 + spare) + 1)
            ways[cells][start] = sum(
                ways[cells - 1][end] for end in ends if ways[cells - 1][end] and is_cell(start, end)
            )
    if ways[width][0] != 1:
        return None
    places, start = [], 0
    for cells in range(width, 0, -1):
        end = next(end for end in range(start + 1, count + 1) if ways[cells - 1][end] and is_cell(start, end))
        places.append((start, end))
        start = end
    return places


def _unquoted(piece: str, quote: str) -> str | None:
    """Return the text of a cell; None if it has single quotes inside, and double ones or line breaks beside them."""
    if not piece.startswith(quote):
        return piece
    inner = piece[1:-1]
    single, double = inner.replace(quote * 2, ""), quote * 2 in inner
    if quote not in single:
        return inner.replace(quote * 2, quote)
    return None if double or "\n" in inner or "\r" in inner else inner
