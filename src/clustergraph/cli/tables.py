"""Rows as a table for a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clustergraph.ask.tables import Rows

_WIDTH_ELSEWHERE = 200
"""How wide a table is that does not go to a terminal, in characters."""


def text(columns: Sequence[str], rows: Rows) -> str:
    """Return a table for people, with the number of rows below it."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[place].value, int | float | None) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell.shown) for cell in row))
    buffer = io.StringIO()
    terminal = sys.stdout.isatty()
    Console(file=buffer, force_terminal=terminal, width=None if terminal else _WIDTH_ELSEWHERE).print(table)
    count = f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + f"\n{count}\n"
