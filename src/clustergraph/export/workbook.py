"""Spreadsheets that have the same bytes whenever they have the same content."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

_LONGEST: Final = 60
_CELL: Final = 32_767
"""How many characters a cell can hold."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP archive can hold."""
_NUMBER: Final = re.compile(r"0|[1-9]\d{0,14}")
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Sheet:
    """A sheet: a row of headings and rows of texts."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[str]]
    """They are read twice."""
    numbers: bool = False
    """Whether a text of digits is a number."""


def write(path: Path, title: str, sheets: Iterable[Sheet]) -> None:
    """Write a workbook (Office Open XML) in which every cell is a text or a number, and none a formula.

    A row is written before the next one is read, so that there can be any number.
    """
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    book.properties.title = title
    book.properties.creator = "clustergraph"
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        for column, width in enumerate(_widths(sheet), 1):
            page.column_dimensions[get_column_letter(column)].width = width
        page.freeze_panes = "B2"
        page.append(_cells(page, sheet.headings, bold=True))
        for row in sheet.rows:
            page.append(_cells(page, row, numbers=sheet.numbers))
    with tempfile.TemporaryFile() as file, path.open("wb") as target:
        book.save(file)
        _timeless(file, target)


def _widths(sheet: Sheet) -> list[int]:
    longest = [len(heading) for heading in sheet.headings]
    for row in sheet.rows:
        longest = [max(pair) for pair in zip(longest, map(len, row), strict=True)]
    return [min(each, _LONGEST) + 2 for each in longest]


def _cells(page: object, row: Iterable[str], *, bold: bool = False, numbers: bool = False) -> Iterator[Any]:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    for text in row:
        cell = WriteOnlyCell(page)
        _fill(cell, text, numbers)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        if bold:
            cell.font = Font(bold=True)
        yield cell


def _fill(cell: Any, text: str, numbers: bool) -> None:  # noqa: ANN401 - openpyxl has no types
    # A text that starts with "=" would be taken for a formula.
    if numbers and _NUMBER.fullmatch(text):
        cell.value = int(text)
        return
    cell.value = _NOT_XML.sub("\ufffd", text)[:_CELL] or None
    if text:
        cell.data_type = "s"


def _timeless(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy an archive without the times at which it and its parts were written."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with old.open(name) as part, new.open(entry, "w") as copy:
                if name == "docProps/core.xml":
                    copy.write(re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", part.read()))
                else:
                    shutil.copyfileobj(part, copy)


def read(content: bytes) -> tuple[str, list[list[str]]]:
    """Return the name of the first sheet of a workbook, and its rows, as texts.

    Raises:
        ValueError: it is not a workbook.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return sheet.title, [["" if value is None else str(value) for value in row] for row in sheet.values]
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"not a workbook: {error}") from error
