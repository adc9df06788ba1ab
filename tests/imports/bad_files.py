"""Files that are wrong in one way each, for a table with the columns id, name, amount, start, web and active."""

from __future__ import annotations

import gzip
import io
import re
import warnings
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from openpyxl import Workbook

HEAD: Final = "id;name;amount;start;web;active\n"
ROWS: Final = (
    "1;Erste;1.250,50;3.2.2014;https://one.example.org;Y\n",
    "2;Zweite;88,00;30.11.2015;www.two.example.org;N\n",
    "3;Dritte;;1.1.2016;;Y\n",
)
GOOD: Final = HEAD + "".join(ROWS)


class Kind(NamedTuple):
    """How a file is wrong."""

    name: str
    """The name of the file."""
    make: Callable[[Path], object]
    """Writes it."""
    says: str
    """A part of what is said of it."""


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode(encoding))


def raw(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def row(line: str, place: int = 1) -> Callable[[Path], object]:
    """Return what writes the good file with another line in place of one."""
    return text(HEAD + "".join(line if at == place else each for at, each in enumerate(ROWS)))


def archive(*members: tuple[str, bytes], change: Callable[[zipfile.ZipFile], object] = id) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as written:
            warnings.simplefilter("ignore")
            for name, content in members:
                written.writestr(name, content)
            change(written)

    return make


def declared(size: int) -> Callable[[zipfile.ZipFile], object]:
    """Return what says of the first member that it would unpack to that many bytes."""
    return lambda written: setattr(written.infolist()[0], "file_size", size)


def members(size: int, count: int) -> Callable[[zipfile.ZipFile], object]:
    """Return what says of that many members that each would unpack to so many bytes, and is packed to a tenth."""

    def change(written: zipfile.ZipFile) -> None:
        for entry in written.infolist()[:count]:
            entry.file_size, entry.compress_size = size, size // 10

    return change


def encrypted(path: Path) -> None:
    archive(("list.csv", GOOD.encode()))(path)
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    path.write_bytes(content)


def spoilt(path: Path) -> None:
    archive(("list.csv", GOOD.encode()))(path)
    path.write_bytes(path.read_bytes().replace(b"Zweite", b"Zwxxte"))


CELLS: Final = (
    ("id", "name", "amount", "start", "web", "active"),
    (1, "Erste", 1250.5, datetime(2014, 2, 3), "https://one.example.org", "Y"),
    (2, "Zweite", 88, datetime(2015, 11, 30), "www.two.example.org", "N"),
    (3, "Dritte", None, datetime(2016, 1, 1), None, "Y"),
)


def workbook(*changes: Callable[[Any], object]) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        book = Workbook()
        for cells in CELLS:
            book.active.append(cells)  # type: ignore[union-attr]
        for change in changes:
            change(book)
        book.save(path)

    return make


def cell(name: str, value: object) -> Callable[[Path], object]:
    return workbook(lambda book: setattr(book.active[name], "value", value))


def rewritten(make: Callable[[Path], object], change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Return what writes a workbook whose sheet is changed as text."""

    def changed(path: Path) -> None:
        make(path)
        old = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
        with zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, change(content) if name.startswith("xl/worksheets/") else content)

    return changed


def kept_value(sheet: bytes) -> bytes:
    """Return a sheet whose formula has the value that it had when the workbook was saved."""
    return re.sub(rb"(<f>.*?</f>)<v\s*/>|(<f>.*?</f>)<v></v>", rb"\1\2<v>99.5</v>", sheet)


def parquet(path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet as written

    written.write_table(pa.table({"id": [1], "name": ["Erste"], "tags": [["a", "b"]]}), path)


def hidden(book: Any) -> None:
    book.create_sheet("notes").append(["nothing"])
    book["notes"].sheet_state = "hidden"


def zipped(path: Path, make: Callable[[Path], object]) -> None:
    inner = path.with_suffix(".xlsx")
    make(inner)
    archive(("list.xlsx", inner.read_bytes()))(path)
    inner.unlink()


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


UNREADABLE: Final = {
    "an empty file": Kind("list.csv", raw(b""), "the file is empty"),
    "blank lines only": Kind("list.csv", raw(b"\n\n;;\n"), "there are no rows in it"),
    "a PDF": Kind("list.csv", raw(b"%PDF-1.7\n"), "it is a PDF"),
    "a web page": Kind("list.csv", raw(b"\n<!DOCTYPE html><html></html>"), "it is a web page and no table"),
    "XML": Kind("list.csv", raw(b"<?xml version='1.0'?><a/>"), "it is XML and no table"),
    "gzip": Kind("list.csv", raw(gzip.compress(GOOD.encode())), "packed with gzip"),
    "7-Zip": Kind("list.csv", raw(b"7z\xbc\xaf\x27\x1c\0\0"), "packed with 7-Zip"),
    "an old workbook": Kind("list.xlsx", raw(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 64), "an old workbook"),
    "an OpenDocument file": Kind(
        "list.xlsx", archive(("mimetype", b"x"), ("content.xml", b"<a/>")), "it is an OpenDocument file"
    ),
    "a text document": Kind("list.xlsx", archive(("[Content_Types].xml", b""), ("word/a.xml", b"")), "without sheets"),
    "a ZIP in a ZIP": Kind("list.zip", archive(("in.zip", b"PK\x03\x04")), "the ZIP holds another, in.zip"),
    "a ZIP in a ZIP by another name": Kind("list.zip", archive(("in.csv", b"PK\x03\x04x")), "the ZIP is damaged"),
    "a ZIP of 100 GB": Kind(
        "list.zip",
        archive(("a.csv", b"id"), ("b.csv", b"id"), change=members(50 * 2**30, 2)),
        "unpacked it would have 100 GiB",
    ),
    "a ZIP of nothing but noughts": Kind(
        "list.zip", archive(("list.csv", b"id"), change=declared(2**29)), "list.csv would be 268,435,456 times as large"
    ),
    "a path that climbs out": Kind("list.zip", archive(("../list.csv", GOOD.encode())), "a path that climbs out"),
    "a path from the root": Kind("list.zip", archive(("/list.csv", GOOD.encode())), "a path that climbs out"),
    "a path with a drive": Kind("list.zip", archive(("C:\\list.csv", GOOD.encode())), "a path that climbs out"),
    "an encrypted ZIP": Kind("list.zip", encrypted, "list.csv is encrypted"),
    "half a ZIP": Kind(
        "list.zip", lambda path: (archive(("list.csv", GOOD.encode()))(path), halved(path)), "the ZIP is damaged"
    ),
    "a ZIP with a changed byte": Kind("list.zip", spoilt, "it is damaged: Bad CRC-32"),
    "a ZIP without a table": Kind("list.zip", archive(("a.docx", b"x")), "the ZIP holds no table"),
    "a ZIP with a name twice": Kind(
        "list.zip", archive(("list.csv", GOOD.encode()), ("list.csv", b"id")), "the ZIP holds 'list.csv' twice"
    ),
    "a workbook with broken XML": Kind(
        "list.xlsx", rewritten(workbook(), lambda sheet: sheet[: len(sheet) // 2]), "the workbook is damaged"
    ),
    "a workbook without cells": Kind("list.xlsx", lambda path: Workbook().save(path), "none of its sheets holds"),
    "UTF-16 without a mark": Kind("list.csv", text(GOOD, "utf-16-le"), "it looks like UTF-16 without a mark"),
    "half a letter of UTF-16": Kind("list.csv", raw(GOOD.encode("utf-16") + b"\x3b"), "it is not in utf-16"),
    "two separators that fit": Kind("list.csv", text("id,name;web\n1,Erste;x\n"), "the separator is not clear"),
    "another separator": Kind("list.csv", text(GOOD.replace(";", "~")), "it has no column id"),
    "a missing column": Kind("list.csv", text("id;amount\n1;5\n"), "it has no column name"),
    "a column twice": Kind("list.csv", text("id;name;Name\n1;a;b\n"), "the column name is there twice"),
    "no headings": Kind("list.csv", text("".join(ROWS)), "it has no column id"),
    "a line without end": Kind("list.csv", raw(HEAD.encode() + b"1;" + b"x" * 2**24), "more than 16,777,216"),
    "Parquet without its end": Kind("list.parquet", raw(b"PAR1" + b"\0" * 64), "it is damaged"),
}
"""Files of which nothing can be taken."""


REFUSED: Final = {
    "too few cells": Kind("list.csv", row("2;Zweite\n"), "the row has 2 cells"),
    "too many cells": Kind("list.csv", row("2;Zweite;88,00;30.11.2015;;N;more\n"), "the row has 7 cells"),
    "Latin-1 among UTF-8": Kind(
        "list.csv",
        raw((HEAD + ROWS[0].replace("Erste", "Größte")).encode() + b"2;Zw\xf6lfte;;;;\n" + ROWS[2].encode()),
        r"row 3, column name: Zw\xf6lfte is not in the encoding of the file (line 3)",
    ),
    "a NUL byte": Kind("list.csv", row("2;Zw\0eite;;;;\n"), "row 3, column name: there is a NUL byte"),
    "a cell of 10 MB": Kind("list.csv", row(f"2;{'x' * 10**7};;;;\n"), "a cell has more than 1,000,000 characters"),
    "a quote that is not closed": Kind("list.csv", row('2;"Zweite;;;;\n', 2), "the quotes are wrong"),
    "quotes that can be read in two ways": Kind("list.csv", row('2;"a";"b"c";"d";"e";;\n'), "the quotes are wrong"),
    "a day that is none": Kind("list.csv", row("2;Zweite;;31.2.2014;;\n"), "'31.2.2014' is not a date as d.M.yyyy"),
    "a date in another fashion": Kind("list.csv", row("2;Zweite;;2014-02-03;;\n"), "'2014-02-03' is not a date"),
    "a date in a third fashion": Kind("list.csv", row("2;Zweite;;02/03/2014;;\n"), "'02/03/2014' is not a date"),
    "a decimal point": Kind("list.csv", row("2;Zweite;88.50;;;\n"), "'88.50' is not a number such as 1.234,5"),
    "thousands in the wrong place": Kind("list.csv", row("2;Zweite;1.25.000;;;\n"), "'1.25.000' is not a number"),
    "words beside a number": Kind("list.csv", row("2;Zweite;ca. 50;;;\n"), "'ca. 50' is not a number"),
    "a number that lost its digits": Kind("list.csv", row("2;Zweite;1,5E+07;;;\n"), "'1,5E+07' is not a number"),
    "another truth value": Kind("list.csv", row("2;Zweite;;;;Ja\n"), "'Ja' is not Y or N"),
    "an address of mail": Kind("list.csv", row("2;Zweite;;;a@example.org;\n"), "'a@example.org' is not an address"),
    "an address with a blank": Kind(
        "list.csv", row("2;Zweite;;;https://a b.org;\n"), "'https://a b.org' is not an address"
    ),
    "an empty cell that must not be": Kind("list.csv", row("2;;;;;\n"), "it is empty"),
    "a key twice": Kind("list.csv", row("1;Zweite;;;;\n"), "the same key"),
    "a second row of headings": Kind("list.csv", row("Nr.;Name;in Euro;Tag;Netz;aktiv\n"), "'in Euro' is not a number"),
    "a formula without a value": Kind("list.xlsx", cell("C3", "=C2*2"), "column amount: cell C3 is a formula without"),
    "an error in a cell": Kind("list.xlsx", cell("C3", "#REF!"), "cell C3 holds the error #REF!"),
    "merged cells": Kind("list.xlsx", workbook(lambda book: book.active.merge_cells("B3:C3")), "cells are merged"),
    "a date with a time of day": Kind("list.xlsx", cell("D3", datetime(2015, 11, 30, 23)), "is not a date as d.M.yyyy"),
    "a number for a date": Kind(
        "list.xlsx",
        workbook(
            lambda book: setattr(book.active["D3"], "number_format", "0"),
            lambda book: setattr(book.active["D3"], "value", 42338),
        ),
        "'42338' is not a date as d.M.yyyy",
    ),
    "lists in Parquet": Kind("list.parquet", parquet, "a cell holds a list"),
}
"""Files of which one row cannot be taken, the second but in Parquet."""

TAKEN: Final = {
    "nothing wrong": Kind("list.csv", text(GOOD), ""),
    "a mark at the beginning": Kind("list.csv", text(GOOD, "utf-8-sig"), ""),
    "UTF-16 with a mark": Kind("list.csv", text(GOOD, "utf-16"), ""),
    "line ends of Windows": Kind("list.csv", text(GOOD.replace("\n", "\r\n")), ""),
    "line ends of old": Kind("list.csv", text(GOOD.replace("\n", "\r")), ""),
    "a line that says the separator": Kind("list.csv", text("sep=;\n" + GOOD), ""),
    "tabs": Kind("list.tsv", text(GOOD.replace(";", "\t")), ""),
    "headings in capitals with blanks": Kind("list.csv", text(GOOD.replace("id;name", " ID ;Name")), ""),
    "columns that are not known": Kind(
        "list.csv", text(GOOD.replace("\n", ";x\n").replace("active;x", "active;more")), "does not know: more"
    ),
    "columns that are missing and may": Kind("list.csv", text("id;name\n1;a\n2;b\n3;c\n"), "are not there"),
    "empty cells behind the last column": Kind("list.csv", text(GOOD.replace("\n", ";;\n")), ""),
    "rows without anything": Kind("list.csv", text(GOOD + ";;;;;\n\n"), ""),
    "a line break in a cell": Kind("list.csv", row('2;"Zwei\nte";;;;\n'), ""),
    "quotes that are wrong and clear": Kind("list.csv", row('"2";""Zweite" eben"";"";"";"";""\n'), ""),
    "letters that were lost": Kind("list.csv", row("2;ZweitÃ© SociÃ©tÃ©;;;;\n"), "from a wrong encoding"),
    "a workbook": Kind("list.xlsx", workbook(), ""),
    "a sheet that declares one cell": Kind(
        "list.xlsx", rewritten(workbook(), lambda sheet: sheet.replace(b'ref="A1:F4"', b'ref="A1"')), ""
    ),
    "a formula with its value": Kind("list.xlsx", rewritten(cell("C3", "=C2*2"), kept_value), ""),
    "a hidden sheet": Kind("list.xlsx", workbook(hidden), "a hidden sheet"),
    "an empty sheet": Kind("list.xlsx", workbook(lambda book: book.create_sheet("Tabelle2")), ""),
    "a ZIP of a Mac": Kind("list.zip", archive(("list.csv", GOOD.encode()), ("__MACOSX/._list.csv", b"\0")), ""),
    "a workbook in a ZIP": Kind("list.zip", lambda path: zipped(path, workbook()), ""),
}
"""Files that are unusual, and can be taken with their three rows."""
