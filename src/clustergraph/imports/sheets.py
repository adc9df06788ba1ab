"""Sheets of a workbook (XLSX) as tables, read row by row.

Numbers, dates and truth values are given as XML Schema writes them; of a formula, the value that was kept with it.
What a sheet says of its size is not used.
"""

import re
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError, iterparse

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import get_column_letter, range_boundaries
from openpyxl.utils.datetime import from_excel

from clustergraph.errors import Where
from clustergraph.imports.containers import TableError, TableFile
from clustergraph.imports.rows import CELL_LIMIT, Canonical, CellError, Row, Table, shown

_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_MERGED: Final = re.compile(rb'mergeCell\s[^>]*?ref="([A-Z]+\d+:[A-Z]+\d+)"')
_DAMAGE: Final = (ParseError, KeyError, ValueError, TypeError, IndexError)
_COLUMNS: Final = 16_384
_PART_LIMIT: Final = 2**28
"""How many bytes the parts of a workbook that are held in memory (its texts, its styles) may have."""
_ROW_TAG, _CELL_TAG = _MAIN + "row", _MAIN + "c"
_VALUE_TAG, _FORMULA_TAG, _INLINE_TAG, _TEXT_TAG = _MAIN + "v", _MAIN + "f", _MAIN + "is", _MAIN + "t"


@dataclass
class SheetTable(Table):
    """A sheet."""

    part: str = ""
    """The file inside the workbook that holds it."""

    @property
    def sheet(self) -> str:
        """The name of the sheet."""
        return self.name

    def records(self, width: int = 0) -> Iterator[Row]:
        """Yield every row that the sheet holds, as long as it is written."""
        with self.file.seekable() as file:
            try:
                book = _Workbook(file)
                merged = book.merged(self.part)
                repeat = self.dialect.repeat_merged
                for row in book.rows(self.part):
                    yield _filled_up(merged.applied(row, repeat=repeat, width=width) if merged.coming else row, width)
            except _DAMAGE as error:
                raise _damaged(self.file, error) from error


def sheets(file: TableFile) -> list[SheetTable]:
    """Return the sheets of a workbook that hold anything."""
    with file.seekable() as content:
        try:
            book = _Workbook(content)
            filled = [each for each in book.sheets() if book.has_cells(each[1])]
        except _DAMAGE as error:
            raise _damaged(file, error) from error
    if not filled:
        raise TableError("none of its sheets holds anything", where=Where(file.place))
    return [SheetTable(file, name, hidden=state != "visible", part=part) for name, part, state in filled]


def _damaged(file: TableFile, error: Exception) -> TableError:
    what = " ".join(str(error).split()) or type(error).__name__
    return TableError(f"the workbook is damaged: {what}", where=Where(file.place), advice="open it and save it anew")


def _filled_up(row: Row, width: int) -> Row:
    """Return a row with the empty cells at its end, which workbooks leave out."""
    missing = width - len(row.cells)
    return row._replace(cells=[*row.cells, *[""] * missing]) if missing > 0 and row.cells else row


class _Workbook:
    """A workbook that is open: its texts and styles are held, its sheets are read from the file."""

    def __init__(self, file: BinaryIO) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = ExcelReader(file, read_only=True, data_only=True)
            _check(reader.archive)
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
        self._reader, self.archive, self.texts = reader, reader.archive, reader.shared_strings
        book = reader.wb
        self.dates, self.spans, self.epoch = book._date_formats, book._timedelta_formats, book.epoch
        codes = {place: _code(book, style.numFmtId) for place, style in enumerate(book._cell_styles)}
        self.digits = {place: len(code) for place, code in codes.items() if len(code) > 1 and set(code) == {"0"}}
        """The styles that show a number with that many digits, as post codes are."""

    def sheets(self) -> Iterator[tuple[str, str, str]]:
        """Yield the name, the part and the state of each sheet."""
        for sheet, relation in self._reader.parser.find_sheets():
            if relation.target in self._reader.valid_files and "chartsheet" not in relation.Type:
                yield sheet.name, relation.target, sheet.state

    def has_cells(self, part: str) -> bool:
        """Whether a sheet holds anything."""
        with self.archive.open(part) as content:
            for _, element in iterparse(content):  # noqa: S314 - expat keeps entities small
                if element.tag in (_VALUE_TAG, _INLINE_TAG, _FORMULA_TAG):
                    return True
        return False

    def merged(self, part: str) -> "_Merged":
        """Return the merged cells of a sheet, which stand in it after its rows."""
        found: set[str] = set()
        tail = b""
        with self.archive.open(part) as content:
            while block := content.read(2**20):
                tail = tail[-200:] + block
                found |= {each[1].decode() for each in _MERGED.finditer(tail)}
        return _Merged(sorted(found))

    def rows(self, part: str) -> Iterator[Row]:
        """Yield the rows of a sheet; rows without cells may be missing in it."""
        number = 0
        with self.archive.open(part) as content:
            for _, element in iterparse(content):  # noqa: S314 - expat keeps entities small
                if element.tag == _ROW_TAG:
                    number = int(float(element.get("r") or number + 1))
                    yield self._row(number, element)
                    element.clear()

    def _row(self, number: int, element: Element) -> Row:
        cells: list[str] = []
        fault = None
        for each in element.iterfind(_CELL_TAG):
            reference = each.get("r")
            column = _column(reference.rstrip("0123456789")) if reference else len(cells)
            if column < len(cells) or column >= _COLUMNS:
                fault = CellError(f"cell {reference} is out of place", expected="cells in order")
                continue
            cells.extend([""] * (column - len(cells)))
            try:
                cells.append(self._text(each))
            except (ValueError, OverflowError, IndexError) as error:
                cells.append(each.findtext(_VALUE_TAG) or "")
                what = f"cell {reference or column + 1} {error}"
                fault = CellError(what, value=shown(cells[-1]), expected="a value", place=column + 1)
        return Row(number, cells, 0, fault)

    def _text(self, cell: Element) -> str:
        """Return the text of a cell.

        Raises:
            ValueError: it has none that can be used.
        """
        kind, value = cell.get("t", "n"), cell.findtext(_VALUE_TAG) or ""
        if kind == "inlineStr":
            return _limited("".join(part.text or "" for part in cell.iter(_TEXT_TAG)))
        if kind == "str":
            return _limited(value)
        if value:
            return self._value(kind, value, int(cell.get("s", 0)))
        if cell.find(_FORMULA_TAG) is not None:
            raise ValueError("is a formula without a value; open the workbook, let it calculate, and save it")
        return ""

    def _value(self, kind: str, value: str, style: int) -> str:
        match kind:
            case "s":
                return _limited(self.texts[int(value)])
            case "b":
                return Canonical("true" if value.strip() == "1" else "false")
            case "e":
                raise ValueError(f"holds the error {value}")
            case "d":
                return Canonical(value)
            case _:
                return self._number(value, style)

    def _number(self, value: str, style: int) -> str:
        if style in self.dates:
            return Canonical(moment(from_excel(float(value), self.epoch, timedelta=style in self.spans)))
        return Canonical(number_text(value).zfill(self.digits.get(style, 0)))


def _check(archive: zipfile.ZipFile) -> None:
    """See that what is held of a workbook is not too large."""
    for entry in archive.infolist():
        if entry.file_size > _PART_LIMIT and entry.filename.endswith(".xml") and "worksheets/" not in entry.filename:
            raise TableError(
                f"its part {entry.filename} has {entry.file_size:,} bytes, more than {_PART_LIMIT:,}",
                advice="save it as CSV, which is read at any size",
            )


def _code(book: Any, number: int) -> str:  # noqa: ANN401
    """Return the format of numbers that a style names by number, if the workbook made it."""
    formats = book._number_formats
    return str(formats[number - 164]) if 164 <= number < 164 + len(formats) else ""


@lru_cache(_COLUMNS)
def _column(letters: str) -> int:
    """Return the place of a column, from nought.

    >>> _column("AB")
    27
    """
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _limited(text: str) -> str:
    if len(text) > CELL_LIMIT:
        raise ValueError(f"has more than {CELL_LIMIT:,} characters")
    return text


def number_text(value: str) -> str:
    """Return a number as its workbook means it, without the noise of binary fractions, and never with an exponent.

    >>> [number_text(value) for value in ("1.1000000000000001", "5.0", "1E-3", "123456789012", "2.5E+20")]
    ['1.1', '5', '0.001', '123456789012', '250000000000000000000']
    """
    if value.isdecimal():
        return value
    text = format(Decimal(repr(float(value))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(value: object) -> str:
    """Return a date, a time or both as XML Schema writes it; a date where the time is midnight.

    >>> moment(datetime(2014, 4, 24)), moment(datetime(2015, 1, 1, 1))
    ('2014-04-24', '2015-01-01T01:00:00')
    """
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.replace(microsecond=0).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return number_text(str(value.total_seconds() / 86_400))
    raise ValueError("is no date")


class _Merged:
    """The merged cells of a sheet, met row by row."""

    def __init__(self, ranges: Iterable[str]) -> None:
        self.coming: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        """The first and last column, from nought, and the last row of those that begin at a row."""
        for each in ranges:
            left, top, right, bottom = range_boundaries(each)
            self.coming[top].append((left - 1, right - 1, bottom))
        self.present: list[tuple[int, int, int, str]] = []

    def applied(self, row: Row, *, repeat: bool, width: int) -> Row:
        """Return a row with the value of merged cells in each of them, or, if it is one of data, with a fault."""
        self.present = [each for each in self.present if each[2] >= row.number]
        for left, right, bottom in self.coming.get(row.number, ()):
            self.present.append((left, right, bottom, row.cells[left] if left < len(row.cells) else ""))
        cells, fault = list(row.cells), row.fault
        for left, right, _, value in self.present:
            if not value or (width and left >= width):
                continue
            if width and not repeat:
                fault = fault or _unclear(left, right, value)
            cells.extend([""] * (right + 1 - len(cells)))
            cells[left : right + 1] = [value] * (right + 1 - left)
        return row._replace(cells=cells, fault=fault)


def _unclear(left: int, right: int, value: str) -> CellError:
    columns = " to ".join(dict.fromkeys((get_column_letter(left + 1), get_column_letter(right + 1))))
    return CellError(
        f"cells are merged here (column {columns})",
        value=shown(value),
        expected="one value a cell; part them, or say that their value is that of each (mergedCells: repeat)",
    )
