"""Rows as a table for a terminal, CSV, JSON or Markdown."""

from __future__ import annotations

import csv as csv_module
import io
import json as json_module
import sys
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clustergraph.graph import Cell

Rows = Sequence[Sequence[Cell]]


def text(columns: Sequence[str], rows: Rows) -> str:
    """Return a table for people, with the number of rows below it."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        numeric = bool(rows) and all(isinstance(row[columns.index(column)].value, int | float | None) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    buffer = io.StringIO()
    terminal = sys.stdout.isatty()
    console = Console(file=buffer, force_terminal=terminal, width=None if terminal else 200)
    console.print(table)
    count = f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + f"\n{count}\n"


def csv(columns: Sequence[str], rows: Rows) -> str:
    r"""Return CSV (RFC 4180); a column of things is followed by one with their IRIs.

    >>> csv(["who", "n"], [[Cell("AFIL", "https://example.org/afil"), Cell(3)]])
    'who,who_iri,n\r\nAFIL,https://example.org/afil,3\r\n'
    """
    things = {i for row in rows for i, cell in enumerate(row) if cell.iri}
    buffer = io.StringIO()
    writer = csv_module.writer(buffer)
    writer.writerow([name for i, c in enumerate(columns) for name in ([c, f"{c}_iri"] if i in things else [c])])
    for row in rows:
        writer.writerow(
            [v for i, c in enumerate(row) for v in ([_shown(c), c.iri or ""] if i in things else [_shown(c)])]
        )
    return buffer.getvalue()


def json(columns: Sequence[str], rows: Rows) -> str:
    """Return a JSON array with an object for each row; a thing is an object with its label and IRI."""

    def value(cell: Cell) -> object:
        return {"label": cell.value, "iri": cell.iri} if cell.iri else cell.value

    objects = [{column: value(cell) for column, cell in zip(columns, row, strict=True)} for row in rows]
    return json_module.dumps(objects, ensure_ascii=False, indent=1) + "\n"


def markdown(columns: Sequence[str], rows: Rows) -> str:
    """Return a Markdown table.

    >>> print(markdown(["a"], [[Cell("x|y")]]), end="")
    | a |
    | --- |
    | x\\|y |
    """
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(_shown(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _shown(cell: Cell) -> str:
    if cell.value is None:
        return ""
    if isinstance(cell.value, bool):
        return str(cell.value).lower()
    if isinstance(cell.value, float):
        return f"{cell.value:g}" if abs(cell.value) < 1e6 else f"{cell.value:.0f}"
    return str(cell.value)
