"""Rows as a workbook (Office Open XML): numbers and dates typed, things linked, and no cell a formula.

It is made in memory, since a worker can open no file, and has the same bytes whenever it has the same content.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

from clustergraph.questions.answer import Cell, Rows

_DAY: Final = re.compile(r"(19|2\d)\d\d-\d\d-\d\d")
"""A day as Excel knows it: none before 1900."""
_CELL: Final = 32_767
"""How many characters a cell can hold."""
_LINK: Final = 2_079
"""How long a link can be."""
_LINKS: Final = 65_000
"""About how many links a sheet can have."""
_WIDEST: Final = 60
_SAMPLE: Final = 200
"""So many rows say how wide a column is."""
_EARLY: Final = datetime(1980, 1, 1)
_NAME: Final = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class AnswerSheet:
    """A sheet with the rows of a table under their headings."""

    name: str
    columns: Sequence[str]
    rows: Rows


def workbook(title: str, sheets: Sequence[AnswerSheet], about: Sequence[tuple[str, str]]) -> bytes:
    """Return a workbook with some sheets, and one that says in pairs what they are."""
    from xlsxwriter import Workbook  # slow to import

    target = BytesIO()
    book = Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": title[:255], "created": _EARLY, "author": "clustergraph"})
    for sheet in sheets:
        _fill(book, sheet)
    pairs = [[Cell(name), Cell(text, text)] for name, text in about]
    _fill(book, AnswerSheet("About", ("What", "Value"), pairs))
    book.close()
    return target.getvalue()


def _fill(book: Any, sheet: AnswerSheet) -> None:  # noqa: ANN401 - as in all of this module, xlsxwriter has no types
    page = book.add_worksheet(_NAME.sub(" ", sheet.name)[:31])
    bold = book.add_format({"bold": True, "valign": "top"})
    styles = {"day": book.add_format({"num_format": "yyyy-mm-dd"}), "link": book.get_default_url_format()}
    for place, column in enumerate(sheet.columns):
        page.write_string(0, place, column, bold)
        widths = (len(row[place].shown) for row in sheet.rows[:_SAMPLE])
        page.set_column(place, place, min(max([len(column) + 2, *widths]), _WIDEST) + 2)
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, len(sheet.rows), max(len(sheet.columns) - 1, 0))
    links = 0
    for number, row in enumerate(sheet.rows, 1):
        for place, cell in enumerate(row):
            links += _write(page, number, place, cell, styles, linked=links < _LINKS)


def _write(page: Any, row: int, place: int, cell: Cell, styles: dict[str, Any], *, linked: bool) -> bool:  # noqa: ANN401
    """Write a cell as what it is, and return whether it is a link."""
    value, text = cell.value, cell.shown[:_CELL]
    on_web = cell.iri is not None and cell.iri.startswith(("http://", "https://")) and len(cell.iri) <= _LINK
    if value is None:
        return False
    if isinstance(value, bool):
        page.write_boolean(row, place, value)
    elif isinstance(value, int | float) and abs(value) < 1e15:
        page.write_number(row, place, value)
    elif linked and on_web:
        page.write_url(row, place, cell.iri, styles["link"], text[:255] if len(text) > 255 else text)
        return True
    elif day := _day(text):
        page.write_datetime(row, place, day, styles["day"])
    else:
        page.write_string(row, place, text)
    return False


def _day(text: str) -> date | None:
    """Return the day that a text says, if it is one.

    >>> _day("2024-02-29"), _day("2024-02-30"), _day("2024")
    (datetime.date(2024, 2, 29), None, None)
    """
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
