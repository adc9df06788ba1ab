"""Any file of tables, opened: CSV, TSV, XLSX, Parquet and GeoJSON, and ZIPs of these, read row by row.

How a row is addressed: see `clustergraph.imports.rows`.
"""

from collections.abc import Iterator
from pathlib import Path

from clustergraph.imports.columnar import ParquetTable
from clustergraph.imports.containers import TableError, TableFile, checksum, kind, table_files
from clustergraph.imports.delimited import DelimitedTable
from clustergraph.imports.geojson import GeoJsonTable
from clustergraph.imports.rows import Canonical, CellError, Dialect, Row, Table
from clustergraph.imports.sheets import sheets

__all__ = ["Canonical", "CellError", "Dialect", "Row", "Table", "TableError", "checksum", "open_tables"]


def open_tables(path: Path) -> list[Table]:
    """Return the tables of a file, hidden sheets too: each reads nothing before it is asked.

    Raises:
        TableError: it holds none, or cannot be read.
    """
    return [table for file in table_files(path) for table in _tables(file)]


def _tables(file: TableFile) -> Iterator[Table]:
    match kind(file):
        case "xlsx":
            yield from sheets(file)
        case "parquet":
            yield ParquetTable(file, file.name)
        case "json":
            yield GeoJsonTable(file, file.name)
        case "zip":
            raise TableError(f"it holds another ZIP, {file.member}", advice="unpack the outer one, and give that")
        case _:
            yield DelimitedTable(file, file.name)
