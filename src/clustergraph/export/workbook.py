"""Spreadsheets that have the same bytes whenever they have the same content."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_LONGEST: Final = 60
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP archive can hold."""


@dataclass(frozen=True)
class Sheet:
    """A sheet: a row of headings and rows of texts."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: bool = False
    """Whether a text of digits is a number."""


def write(title: str, sheets: Sequence[Sheet]) -> bytes:
    """Return a workbook (Office Open XML) in which every cell is a text or a number, and none a formula."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.active)
    book.properties.title = title
    book.properties.creator = "clustergraph"
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        for number, row in enumerate([sheet.headings, *sheet.rows], 1):
            for column, text in enumerate(row, 1):
                cell = page.cell(number, column)
                _fill(cell, text, sheet.numbers)
                cell.alignment = Alignment(vertical="top", wrap_text=True)
                if number == 1:
                    cell.font = Font(bold=True)
        for column, heading in enumerate(sheet.headings, 1):
            longest = max([len(heading), *(len(row[column - 1]) for row in sheet.rows)])
            page.column_dimensions[get_column_letter(column)].width = min(longest, _LONGEST) + 2
        page.freeze_panes = "B2"
    buffer = io.BytesIO()
    book.save(buffer)
    return _timeless(buffer.getvalue())


def _fill(cell: Any, text: str, numbers: bool) -> None:  # noqa: ANN401 - openpyxl has no types
    # A text that starts with "=" would be taken for a formula.
    if numbers and re.fullmatch(r"0|[1-9]\d{0,14}", text):
        cell.value = int(text)
        return
    cell.value = text or None
    if text:
        cell.data_type = "s"


def _timeless(content: bytes) -> bytes:
    """Return an archive without the times at which it and its parts were written."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", part)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            new.writestr(entry, part)
    return buffer.getvalue()


def read(content: bytes) -> list[list[str]]:
    """Return the rows of the first sheet of a workbook, as texts.

    Raises:
        ValueError: it is not a workbook.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return [["" if value is None else str(value) for value in row] for row in book.worksheets[0].values]
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"not a workbook: {error}") from error
