"""Files that hold tables, by themselves or in a ZIP: told apart by what they begin with, seen to stay the same."""

import hashlib
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, cast

from clustergraph.errors import SourceError, Where

UNPACKED_LIMIT: Final = 20 * 2**30
"""How many bytes all that is in a ZIP may have when it is unpacked."""
_LARGE: Final = 2**28
"""How many bytes a file in a ZIP may have however well it is packed."""
_PACKED: Final = 200
"""How many times larger than packed a larger one may be; tables are five to fifty times."""
_ZIP, _OLE, _PARQUET, _GZIP, _PDF = (b"PK\x03\x04", b"PK\x05\x06"), b"\xd0\xcf\x11\xe0", b"PAR1", b"\x1f\x8b", b"%PDF"
_JSON: Final = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*"')
# A ZIP that is packed or locked in a way that the library does not know is a NotImplementedError there.
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
_TABLES: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet", ".geojson")


class TableError(SourceError):
    """A file of tables cannot be read as a whole."""


@dataclass(frozen=True)
class TableFile:
    """A file that holds one table or several, perhaps in a ZIP, as it was when it was opened."""

    path: Path
    stamp: tuple[int, ...]
    """Its size, its time and its number on the disk."""
    member: str = ""
    """Its name in the ZIP."""

    @property
    def place(self) -> Path:
        """The path of the file, which goes on inside the ZIP."""
        return self.path / self.member if self.member else self.path

    @property
    def name(self) -> str:
        """The name without its ending."""
        return self.place.stem

    @contextmanager
    def reading(self) -> Iterator[BinaryIO]:
        """Open the file; what is damaged inside a ZIP is told as an error with its place."""
        try:
            if not self.member:
                with self.path.open("rb") as file:
                    yield file
                return
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as member:
                yield cast("BinaryIO", member)
        except _DAMAGE as error:
            raise TableError(f"it is damaged: {error}", where=Where(self.place), advice="fetch it anew") from error
        except OSError as error:
            raise TableError(f"it cannot be read: {error.strerror or error}", where=Where(self.place)) from error

    @contextmanager
    def seekable(self) -> Iterator[BinaryIO]:
        """Open the file so that it can be read from any place: from a ZIP, as a copy that is gone afterwards."""
        with self.reading() as file:
            if not self.member:
                yield file
                return
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(file, copy, 2**20)
                copy.seek(0)
                yield cast("BinaryIO", copy)

    def start(self, length: int) -> bytes:
        """Return the first bytes."""
        with self.reading() as file:
            return file.read(length)

    def verify(self) -> None:
        """See that the file is still the one that was opened.

        Raises:
            TableError: it has changed.
        """
        if stamp(self.path) != self.stamp:
            raise TableError(
                "the file has changed while it was read", where=Where(self.path), advice="wait until it is whole"
            )


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stamp(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is written: its size, its time and its number on the disk."""
    try:
        found = path.stat()
    except OSError as error:
        raise TableError(f"it cannot be read: {error.strerror}", where=Where(path)) from error
    return found.st_size, found.st_mtime_ns, found.st_ino


def table_files(path: Path) -> list[TableFile]:
    """Return the file, or those of a ZIP that may hold tables.

    Raises:
        TableError: there is no such file, or it is none that holds tables.
    """
    file = TableFile(path, stamp(path))
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - what a link leads to
        raise TableError("it is not a file", where=Where(path), advice="name the file with the table")
    if not file.stamp[0]:
        raise TableError("the file is empty", where=Where(path))
    if kind(file) != "zip":
        return [file]
    return [TableFile(path, file.stamp, name) for name in _members(path)]


def kind(file: TableFile) -> str:
    """Return what a file is by what it begins with: text, xlsx, parquet, json or zip.

    Raises:
        TableError: it is something that holds no tables, or not in a form that is read here.
    """
    start = file.start(512)
    if start.startswith(_ZIP):
        return _packed(file)
    if start.startswith(_PARQUET):
        return "parquet"
    if _JSON.match(start):
        return "json"
    for begins, what, advice in _REFUSED:
        if start.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(begins.lower()):
            raise TableError(f"it is {what}", where=Where(file.place), advice=advice)
    if file.place.suffix.lower() in (".xlsx", ".xlsm"):
        advice = "give the file that the name promises, or end the name of a text with .csv"
        raise TableError("this is no workbook", where=Where(file.place), advice=advice)
    return "text"


_REFUSED: Final = (
    (_OLE, "an old workbook (.xls) or one with a password", "save it as .xlsx without a password, or as CSV"),
    (_GZIP, "packed with gzip", "unpack it, or pack it as ZIP"),
    (_PDF, "a PDF", "ask its publisher for the table as CSV or XLSX"),
    (b"7z\xbc\xaf\x27\x1c", "packed with 7-Zip", "unpack it, or pack it as ZIP"),
    (b"Rar!", "packed with RAR", "unpack it, or pack it as ZIP"),
    (b"<!doctype html", "a web page and no table", "fetch the file itself"),
    (b"<html", "a web page and no table", "fetch the file itself"),
    (b"<?xml", "XML and no table", "save it as CSV or XLSX"),
)


def _packed(file: TableFile) -> str:
    with file.seekable() as content:
        if not zipfile.is_zipfile(content):
            raise TableError("the ZIP is damaged", where=Where(file.place), advice="fetch it anew")
        with zipfile.ZipFile(content) as archive:
            _check(archive, file.place)
            names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "mimetype" in names and "content.xml" in names:
        raise TableError("it is an OpenDocument file", where=Where(file.place), advice="save it as .xlsx or CSV")
    if "[Content_Types].xml" in names:
        raise TableError("it is an Office document without sheets that are read here", where=Where(file.place))
    return "zip"


def _check(archive: zipfile.ZipFile, place: Path) -> None:
    """See that a ZIP can be read without harm; nothing of it is ever written under the names in it."""
    entries = archive.infolist()
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        if ".." in parts or parts[:1] == ("/",) or (parts and parts[0].endswith(":")):
            raise TableError(f"the ZIP holds a path that climbs out of it: {entry.filename!r}", where=Where(place))
        if entry.flag_bits & 1:
            raise TableError(
                f"{entry.filename} is encrypted",
                where=Where(place),
                advice="unpack it with its password, and give that",
            )
        if entry.file_size > max(_LARGE, _PACKED * entry.compress_size):
            times = entry.file_size // max(entry.compress_size, 1)
            raise TableError(
                f"{entry.filename} would be {times:,} times as large when it is unpacked",
                where=Where(place),
                advice="if it is a table, unpack it, and give that",
            )
    if (size := sum(entry.file_size for entry in entries)) > UNPACKED_LIMIT:
        raise TableError(
            f"unpacked it would have {size / 2**30:,.0f} GiB, more than {UNPACKED_LIMIT // 2**30}",
            where=Where(place),
            advice="unpack what you want of it, and give that",
        )
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise TableError(f"the ZIP holds {twice!r} twice", where=Where(place))


def _members(path: Path) -> list[str]:
    """Return the names of the files in a ZIP that may hold tables."""
    with zipfile.ZipFile(path) as archive:
        names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    visible = [name for name in names if not any(part.startswith((".", "__")) for part in PurePosixPath(name).parts)]
    if inner := next((name for name in visible if name.lower().endswith(".zip")), None):
        raise TableError(
            f"the ZIP holds another, {inner}", where=Where(path), advice="unpack the outer one, and give that"
        )
    found = [name for name in visible if name.lower().endswith(_TABLES)]
    if not found:
        raise TableError(f"the ZIP holds no table (none of {', '.join(_TABLES)})", where=Where(path))
    return found
