"""Files of tables, opened and read row by row."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from clustergraph.imports.rows import Dialect, Row, Table
from clustergraph.imports.tables import TableError, open_tables
from tests.conftest import PUBLISHED


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


def workbook(folder: Path, rows: list[list[Any]], *merged: str) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(folder / "list.xlsx")
    return folder / "list.xlsx"


def only(path: Path, **dialect: Any) -> Table:
    (table,) = open_tables(path)
    return table.read_as(Dialect.from_csvw(dialect))


def told(table: Table) -> list[tuple[int, str]]:
    return [(row.number, row.fault.message) for row in table.rows() if row.fault]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_from_the_head(tmp_path: Path, separator: str) -> None:
    text = separator.join("abc") + "\n" + separator.join(["1", '"2,5;\t|"', "x"]) + "\n"
    table = only(csv_file(tmp_path, text))
    assert table.headings == ("a", "b", "c")
    assert [row.cells for row in table.rows()] == [["1", "2,5;\t|", "x"]]


def test_a_name_that_says_tabs_tells_them_where_commas_fit_as_well(tmp_path: Path) -> None:
    (tmp_path / "list.tsv").write_text("a,b,c\td\n1,2,3\t4\n")
    assert only(tmp_path / "list.tsv").headings == ("a,b,c", "d")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_the_mark_at_the_beginning_tells_the_encoding(tmp_path: Path, encoding: str) -> None:
    table = only(csv_file(tmp_path, "Name;Ort\nPôle;Łódź\n", encoding))
    assert (table.headings, [row.cells for row in table.rows()]) == (("Name", "Ort"), [["Pôle", "Łódź"]])


def test_a_row_has_the_number_that_a_spreadsheet_shows_and_its_line(tmp_path: Path) -> None:
    table = only(csv_file(tmp_path, 'a;b\n"1\n2";x\n\n;\n3;y\n'))
    assert [(row.number, row.line) for row in table.rows()] == [(2, 2), (5, 6)]


def test_wrong_quotes_are_read_where_there_is_one_way_to_read_them(tmp_path: Path) -> None:
    table = only(csv_file(tmp_path, '"id";"t";"u"\n"1";""Seals; for x"";"y"\n"2";"a";"b"\n'))
    assert list(table.rows()) == [
        Row(2, ["1", '"Seals; for x"', "y"], 2, mended=True),
        Row(3, ["2", "a", "b"], 3),
    ]


def test_wrong_quotes_are_a_fault_where_there_are_two_ways_and_the_next_row_is_read(tmp_path: Path) -> None:
    table = only(csv_file(tmp_path, '"id";"t";"u"\n"1";"a";""b";""c";"d"\n"2";"a";"b"\n'))
    assert told(table) == [(2, "the quotes are wrong (line 2): ';' expected after '\"'")]
    assert [row.cells for row in table.rows() if not row.fault] == [["2", "a", "b"]]


def test_a_quote_that_is_not_closed_costs_the_rows_it_swallows_and_no_other(tmp_path: Path) -> None:
    table = only(csv_file(tmp_path, 'id,t\n1,"open\n2,x\n3,"y" z\n4,"fine"\n'))
    assert [(row.number, row.cells) for row in table.rows() if not row.fault] == [(3, ["4", "fine"])]
    assert told(table) == [(2, "the quotes are wrong (lines 2 to 4): ',' expected after '\"'")]


def test_bytes_of_another_encoding_are_told_and_can_be_written_back(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("id;name\n1;Müller\n".encode() + "2;Köln\n".encode("latin-1"))
    table = only(path)
    assert told(table) == [(3, "K\\xf6ln is not in the encoding of the file (line 3)")]
    row = list(table.rows())[-1]
    assert (row.fault.column, row.fault.value) == ("name", "K\\xf6ln") if row.fault else False
    assert ";".join(row.cells).encode("utf-8", "surrogateescape") == b"2;K\xf6ln"
    assert [row.cells[1] for row in only(path, encoding="windows-1252").rows()] == ["MÃ¼ller", "Köln"]


def test_headings_in_two_rows_are_joined(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Name", "Contact", None], [None, "Town", "Web"], ["AFIL", "Milano", "x"]], "B1:C1")
    table = only(path, headerRowCount=2)
    assert table.headings == ("Name", "Contact / Town", "Contact / Web")
    assert [row.cells for row in table.rows()] == [["AFIL", "Milano", "x"]]


def test_cells_of_a_workbook_are_texts_as_xml_schema_writes_them(tmp_path: Path) -> None:
    values = ["05", 5, 2.50, 1.1, True, date(2014, 4, 24), datetime(2015, 1, 1, 1), None, "x"]
    path = workbook(tmp_path, [list("abcdefghi"), values])
    (row,) = only(path).rows()
    assert list(row.cells) == ["05", "5", "2.5", "1.1", "true", "2014-04-24", "2015-01-01T01:00:00", "", "x"]


def test_empty_cells_at_the_end_of_a_row_of_a_workbook_are_cells(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["a", "b", "c"], ["1", None, None], ["1", "2", "3"]])
    assert [list(row.cells) for row in only(path).rows() if not row.fault] == [["1", "", ""], ["1", "2", "3"]]


def test_a_number_that_is_shown_with_noughts_keeps_them(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["postcode"])
    sheet.append([1067])
    sheet["A2"].number_format = "00000"
    book.save(tmp_path / "list.xlsx")
    assert [row.cells for row in only(tmp_path / "list.xlsx").rows()] == [["01067"]]


def test_merged_cells_are_a_fault_unless_their_value_is_that_of_each(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["region", "name"], ["Bayern", "A"], [None, "B"], ["Hessen", "C"]], "A2:A3")
    assert told(only(path)) == [(2, "cells are merged here (column A)"), (3, "cells are merged here (column A)")]
    assert [list(row.cells) for row in only(path, mergedCells="repeat").rows()][:2] == [
        ["Bayern", "A"],
        ["Bayern", "B"],
    ]


def test_what_a_sheet_says_of_its_size_is_not_used(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["a", "b"], ["1", "2"]])
    changed = tmp_path / "changed.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1"'))
    assert [list(row.cells) for row in only(changed).rows()] == [["1", "2"]]


def test_every_sheet_that_holds_anything_is_a_table_and_says_whether_it_is_hidden(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Empty"
    for name in ("One", "Two"):
        book.create_sheet(name).append([name])
    book["Two"].sheet_state = "hidden"
    book.save(tmp_path / "book.xlsx")
    assert [(table.name, table.hidden) for table in open_tables(tmp_path / "book.xlsx")] == [
        ("One", False),
        ("Two", True),
    ]


def test_parquet_is_a_table(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = pa.table({"n": ["a", None], "d": [Decimal("1.50"), Decimal("2.00")], "day": [date(2020, 1, 1), None]})
    parquet.write_table(rows, tmp_path / "list.parquet")
    table = only(tmp_path / "list.parquet")
    assert table.headings == ("n", "d", "day")
    assert [(row.number, row.cells) for row in table.rows()] == [(2, ["a", "1.5", "2020-01-01"]), (3, ["", "2", ""])]


def test_a_zip_holds_the_tables_that_are_in_it(tmp_path: Path) -> None:
    book = workbook(tmp_path, [["a"], ["1"]]).read_bytes()
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("folder/one.csv", "a;b\n1;2\n")
        archive.writestr("two.xlsx", book)
        archive.writestr("__MACOSX/._one.csv", "x")
        archive.writestr("readme.pdf", "%PDF")
    (tmp_path / "all.zip").write_bytes(inside.getvalue())
    tables = open_tables(tmp_path / "all.zip")
    assert [table.name for table in tables] == ["one", "Sheet"]
    assert [list(row.cells) for table in tables for row in table.rows()] == [["1", "2"], ["1"]]


def test_a_file_that_grows_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "a;b\n1;2\n")
    rows = only(path).rows()
    next(rows)
    with path.open("a") as file:
        file.write("3;4\n")
    with pytest.raises(TableError, match="the file has changed while it was read"):
        list(rows)


TEXTS = st.text(st.sampled_from("a;,\"'\n\t éłΩ="), max_size=6)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=6))
def test_what_others_write_as_csv_is_read_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=";").writerows([("a", "b", "c"), *rows])
    with TemporaryDirectory() as folder:
        read = only(csv_file(Path(folder), written.getvalue()), delimiter=";").rows()
        assert [tuple(row.cells) for row in read] == [row for row in rows if any(row)]


@given(st.text(st.sampled_from('a;"\n'), max_size=30))
def test_a_row_is_never_read_with_cells_in_other_columns(line: str) -> None:
    """Whatever stands between two good rows, these are read, or what swallowed them is refused."""
    with TemporaryDirectory() as folder:
        rows = list(only(csv_file(Path(folder), f'"a";"b"\n{line}\n"x";"y"\n'), delimiter=";").rows())
    assert all(len(row.cells) == 2 for row in rows if not row.fault)
    assert any(row.cells == ["x", "y"] for row in rows) or any(row.fault for row in rows) or line.count('"') > 1


def test_a_table_is_read_in_little_memory_whatever_its_size(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "big.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.csv", "a;b;c\n" + "".join(f'{n};"one; {n}";x\n' for n in range(100_000)))
    table = only(tmp_path / "big.zip")
    tracemalloc.start()
    try:
        assert sum(1 for _ in table.rows()) == 100_000
        assert tracemalloc.get_traced_memory()[1] < 3 * 2**20
    finally:
        tracemalloc.stop()


published = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published tables are not here")


@published
def test_the_title_that_cordis_writes_with_wrong_quotes_is_read_and_no_row_is_lost() -> None:
    rows = list(only(PUBLISHED / "cordis-official-samples" / "h2020-csv-official" / "topics.csv").rows())
    assert (len(rows), [row for row in rows if row.fault]) == (35_389, [])
    assert [(row.number, row.cells[2]) for row in rows if row.mended] == [
        (5099, '"Seals for FTB#2 Wing with Additive Manufacturing Technologies"')
    ]


@published
def test_a_list_of_operations_holds_the_same_as_text_and_as_a_workbook() -> None:
    folder = PUBLISHED / "structural-funds-lists" / "at-2014-2020"
    text, sheet = (only(next(folder.glob(f"*.{ending}"))) for ending in ("csv", "xlsx"))
    assert text.headings == sheet.headings
    assert [row.cells[1] for row in text.rows()] == [row.cells[1] for row in sheet.rows()]
