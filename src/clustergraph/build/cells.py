"""Which cells of a table statements were imported from: kept in a file beside the data, and never in it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pyoxigraph import Quad, RdfFormat, Triple, parse

from clustergraph.build.place import Key
from clustergraph.errors import Cell, SourceError, Where

_ENDING: Final = ".cells.csv"
_HEADINGS: Final = ("table", "sheet", "row", "column", "line", "statement")


def text(data: Path, cells: Mapping[Quad, Where]) -> str:
    """Return the file that belongs beside a file of data.

    Args:
        data: the file of data.
        cells: where each of its statements comes from.
    """
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(_HEADINGS)
    for quad, where in cells.items():
        if where.cell:
            table = Path(os.path.relpath(where.path.resolve(), data.resolve().parent)).as_posix()
            statement = f"{Triple(quad.subject, quad.predicate, quad.object)} ."
            cell = where.cell
            rows.writerow([table, cell.sheet, cell.row, cell.column, where.line or "", statement])
    return written.getvalue()


def beside(data: Path) -> Path:
    """Return the path of the file that belongs beside a file of data."""
    return data.with_name(data.name + _ENDING)


def read(data: Path) -> dict[Key, Where]:
    """Return the cells that triples and subjects of a file come from, if there is a file beside it that says so.

    Raises:
        SourceError: that file cannot be read.
    """
    path, found = beside(data), dict[Key, Where]()
    if not path.is_file():
        return found
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
        triples = parse("\n".join(row["statement"] for row in rows), format=RdfFormat.N_TRIPLES)
        for row, quad in zip(rows, triples, strict=True):
            cell = Cell(int(row["row"]), row["column"], row["sheet"])
            where = Where(data.parent / row["table"], int(row["line"]) if row["line"] else None, cell=cell)
            found.setdefault((quad.subject, quad.predicate, quad.object), where)
            found.setdefault((quad.subject, None, None), where)
    except (OSError, ValueError, KeyError, SyntaxError, csv.Error) as error:
        raise SourceError(
            "this does not say which cells", where=Where(path), advice="import the table again"
        ) from error
    return found
