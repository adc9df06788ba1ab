"""Spreadsheets that have the same bytes whenever they have the same content."""

import io
import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from clustergraph.rdf.xml import for_xml

_LONGEST: Final = 60
_CELL: Final = 32_767
"""How many characters a cell can hold."""
_SPARE: Final = 200  # rows that can be added, with choices
_NUMBER: Final = re.compile(r"0|[1-9]\d{0,14}")


class Sheet(NamedTuple):
    """A sheet of a workbook: its rows, the headings first, and what there is for some headings."""

    rows: Sequence[Sequence[str]]
    numeric: bool = False
    """Whether a text of digits is a number."""
    hidden: bool = False
    hides: Sequence[str] = ()
    notes: Mapping[str, str] = {}
    choices: Mapping[str, tuple[str, bool]] = {}
    """The cells that hold what can be chosen, and whether nothing else can."""


def write(path: Path, title: str, sheets: Mapping[str, Sheet]) -> None:
    """Write a workbook (Office Open XML) in which every cell is a text or a number, and none a formula."""
    book = Workbook(write_only=True)
    book.properties.title = title
    book.properties.creator = "clustergraph"
    for name, sheet in sheets.items():
        page = book.create_sheet(name)
        page.sheet_state = "hidden" if sheet.hidden else "visible"
        _set_up(page, sheet)
        page.append(_cell(page, text, note=sheet.notes.get(text, ""), bold=True) for text in sheet.rows[0])
        for row in sheet.rows[1:]:
            page.append(_cell(page, text, numbers=sheet.numeric) for text in row)
    with tempfile.TemporaryFile() as file, path.open("wb") as target:
        book.save(file)
        _timeless(file, target)


def _set_up(page: Any, sheet: Sheet) -> None:  # noqa: ANN401 - openpyxl has no types
    """Say what a sheet has beside its cells."""
    first, last = sheet.rows[0], len(sheet.rows)
    for number, column in enumerate(zip(*sheet.rows, strict=True), 1):
        letter, lines = get_column_letter(number), (line for text in column for line in text.split("\n"))
        page.column_dimensions[letter].width = min(max(map(len, lines)), _LONGEST) + 2
        page.column_dimensions[letter].hidden = column[0] in sheet.hides
        if column[0] in sheet.choices:
            cells, alone = sheet.choices[column[0]]
            rule = DataValidation("list", formula1=cells, allow_blank=True, showErrorMessage=alone)
            rule.add(f"{letter}2:{letter}{last + _SPARE}")
            page.data_validations.append(rule)
    page.freeze_panes = "C2" if sheet.hides else "B2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(first))}{last}"


def _cell(page: object, text: str, *, note: str = "", bold: bool = False, numbers: bool = False) -> Any:  # noqa: ANN401 - openpyxl has no types
    cell = WriteOnlyCell(page)
    cell.number_format = "@"  # what is typed in stays as it is, and becomes no date
    if numbers and _NUMBER.fullmatch(text):
        cell.value, cell.number_format = int(text), "0"
    else:
        cell.value = for_xml(text)[:_CELL] or None
        if text:
            cell.data_type = "s"  # and not a formula, where it starts with "="
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if bold:
        cell.font = Font(bold=True)
    if note:
        cell.comment = Comment(note, "clustergraph", height=120, width=320)
    return cell


def _timeless(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy an archive without the times at which it and its parts were written."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", content)
            new.writestr(entry(name), content)


def entry(name: str) -> zipfile.ZipInfo:
    """Return an entry of a ZIP archive that does not tell when it was written."""
    made = zipfile.ZipInfo(name)  # of 1980, the earliest time that it can hold
    made.compress_type = zipfile.ZIP_DEFLATED
    made.external_attr = 0o644 << 16
    return made


def read(content: bytes) -> dict[str, list[list[str]]]:
    """Return the rows of the sheets of a workbook, as texts.

    Raises:
        ValueError: it is not a workbook.
    """
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return {sheet.title: [[_text(value) for value in row] for row in sheet.values] for sheet in book.worksheets}
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"not a workbook: {error}") from error


def _text(value: object) -> str:
    """Return what a cell holds as it was typed in, whatever the spreadsheet made of it."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).replace("\r\n", "\n")
