"""Parquet files as tables, read by pyarrow where it is installed."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any, Final

from clustergraph.imports.containers import TableError
from clustergraph.imports.rows import Canonical, CellError, Row, Table, shown
from clustergraph.imports.sheets import moment, number_text

_BATCH: Final = 2_000


@dataclass
class ParquetTable(Table):
    """A Parquet file; the names of its columns are row 1."""

    def records(self, width: int = 0) -> Iterator[Row]:  # noqa: ARG002 - nothing is mended here
        """Yield the names of the columns, then every row."""
        with self.file.seekable() as content:
            arrow = self._arrow()
            try:
                opened = arrow.ParquetFile(content)
                yield Row(1, list(opened.schema_arrow.names))
                number = 1
                for batch in opened.iter_batches(_BATCH):
                    for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                        number += 1
                        yield _row(number, values)
            except (ValueError, OSError) as error:
                raise TableError(f"it is damaged: {error}", where=self.where(), advice="fetch it anew") from error

    def _arrow(self) -> Any:  # noqa: ANN401 - a module that need not be there
        try:
            return importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            raise TableError(
                "reading Parquet needs pyarrow", where=self.where(), advice="run: pip install pyarrow"
            ) from error


def _row(number: int, values: tuple[Any, ...]) -> Row:
    try:
        return Row(number, [cell_text(value) for value in values])
    except ValueError as error:
        cells = [shown(str(value)) for value in values]
        return Row(number, cells, 0, CellError(f"a cell {error}", expected="texts, numbers, dates and truth values"))


def cell_text(value: object) -> str:
    """Return the text of a cell.

    >>> [cell_text(value) for value in (None, "AFIL", 2.50, True, Decimal("1.10"), date(2020, 1, 1))]
    ['', 'AFIL', '2.5', 'true', '1.1', '2020-01-01']

    Raises:
        ValueError: it is none of one value.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return Canonical(str(value).lower())
    if isinstance(value, int):
        return Canonical(value)
    if isinstance(value, float):
        return Canonical(number_text(repr(value))) if value == value else ""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return Canonical(text.rstrip("0").rstrip(".") if "." in text else text)
    if isinstance(value, date | time):
        return Canonical(moment(value))
    raise ValueError(f"holds a {type(value).__name__}")
