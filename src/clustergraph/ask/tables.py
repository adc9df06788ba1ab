"""Rows of an answer as CSV, Markdown or plain JSON, the same for every door."""

from __future__ import annotations

import csv as csv_module
import io
import json as json_module
from collections.abc import Sequence
from dataclasses import dataclass

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Cell:
    """One value of an answer: what to show, and the IRI where the value is a thing."""

    value: Value
    iri: str | None = None

    @property
    def shown(self) -> str:
        """The value as people read it.

        >>> Cell(12.50).shown, Cell(True).shown, Cell(1249000000000.0).shown, Cell(None).shown
        ('12.5', 'true', '1249000000000', '')
        """
        if self.value is None:
            return ""
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, float):
            return f"{self.value:g}" if abs(self.value) < 1e6 else f"{self.value:.0f}"
        return str(self.value)


Rows = Sequence[Sequence[Cell]]


def csv(columns: Sequence[str], rows: Rows, delimiter: str = ",") -> str:
    r"""Return CSV (RFC 4180); a column of things is followed by one with their IRIs.

    >>> csv(["who", "n"], [[Cell("AFIL", "https://example.org/afil"), Cell(3)]])
    'who,who_iri,n\r\nAFIL,https://example.org/afil,3\r\n'
    """
    things = {i for row in rows for i, cell in enumerate(row) if cell.iri}
    buffer = io.StringIO()
    writer = csv_module.writer(buffer, delimiter=delimiter)
    writer.writerow([name for i, c in enumerate(columns) for name in ([c, f"{c}_iri"] if i in things else [c])])
    for row in rows:
        writer.writerow([v for i, c in enumerate(row) for v in ([c.shown, c.iri or ""] if i in things else [c.shown])])
    return buffer.getvalue()


def objects(columns: Sequence[str], rows: Rows) -> list[dict[str, object]]:
    """Return an object for each row; a thing is an object with its label and IRI."""

    def value(cell: Cell) -> object:
        return {"label": cell.value, "iri": cell.iri} if cell.iri else cell.value

    return [{column: value(cell) for column, cell in zip(columns, row, strict=True)} for row in rows]


def json(columns: Sequence[str], rows: Rows) -> str:
    """Return the objects of the rows as a JSON array."""
    return json_module.dumps(objects(columns, rows), ensure_ascii=False, indent=1) + "\n"


def markdown(columns: Sequence[str], rows: Rows) -> str:
    """Return a Markdown table.

    >>> print(markdown(["a"], [[Cell("x|y")]]), end="")
    | a |
    | --- |
    | x\\|y |
    """
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(cell.shown.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
