"""A cheap look at a text of RDF before it is read: how deeply it is nested, and where its first comment is.

The engine's memory and time grow with the square of the depth of JSON-LD and RDF/XML, and some thousands of levels of
JSON-LD or of triple terms end its process. So no text reaches it, or a reader of ours, that is nested too deeply.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from pyoxigraph import RdfFormat

from clustergraph.errors import SourceError, Where

LEVELS: Final = 1_000
"""How deeply brackets, objects, elements or triple terms may be nested in a text of RDF."""

_PIECE: Final = 1 << 18
_LONGEST_MARK: Final = 3
_TURTLE: Final = re.compile(
    rb'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    rb"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    rb'|"(?!"")[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"'
    rb"|'(?!'')[^'\\\r\n]*(?:\\.[^'\\\r\n]*)*'"
    rb"|<[^\x00-\x20<>\"{}|^`]*>"
    rb"|\\."
    rb"|[\[({\])}]|<<|>>"
    rb"""|\"""|'''|["'#<]""",
    re.DOTALL,
)
_STRING: Final = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_STRINGS: Final = rb'(?:[^\[{}\]"]*' + _STRING + rb'){0,20}[^\[{}\]"]*'
_JSON: Final = re.compile(
    # What has no bracket in it is passed over in one step.
    rb"\{" + _STRINGS + rb"\}|\[" + _STRINGS + rb"\]|" + _STRING + _STRINGS + rb'|[\[{}\]]|"',
    re.DOTALL,
)
_ENDS: Final = {
    **{mark: re.compile(rb"\\.|" + mark, re.DOTALL) for mark in (b'"""', b"'''", b'"', b"'")},
    b"#": re.compile(rb"[\r\n]"),
    b"<": re.compile(rb"(?=[\x00-\x20<>\"{}|^`])"),
}
"""What ends something whose beginning has been read; it may go on for many pieces."""
_LEVEL: Final = {
    **dict.fromkeys((b"[", b"(", b"{", b"<<"), 1),
    **dict.fromkeys((b"]", b")", b"}", b">>"), -1),
}


def check(content: bytes, format_: RdfFormat, path: Path | None = None) -> None:
    """Raise `SourceError` if a text is nested more than `LEVELS` deep, or is meant to be RDF/XML and no XML."""
    if format_ == RdfFormat.RDF_XML or sum(map(content.count, (b"[", b"(", b"{", b"<<"))) > LEVELS:
        scanner = _scanner(format_, path)
        for start in range(0, len(content) + 1, _PIECE):
            scanner.feed(content[start : start + _PIECE], last=start + _PIECE > len(content))


def checked(file: io.BufferedIOBase, format_: RdfFormat, path: Path | None = None) -> IO[bytes]:
    """Return a file that gives what another does, and raises `SourceError` where `check` does, before that is read."""
    return io.BufferedReader(_Checked(file, _scanner(format_, path)), _PIECE)  # type: ignore[type-var]  # is readable


def first_comment(text: str) -> int | None:
    """Return the line of the first comment in a well-formed text of Turtle or TriG, counted from 1, or None."""
    content = text.encode()
    marks = (match.start() for match in _TURTLE.finditer(content) if match.group() == b"#")
    found = next(marks, None) if "#" in text else None
    return None if found is None else content.count(b"\n", 0, found) + 1


class _Checked(io.RawIOBase):
    def __init__(self, file: io.BufferedIOBase, scanner: _Brackets | _Elements) -> None:
        super().__init__()
        self._file, self._scanner, self._ended = file, scanner, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]  # what `io.BufferedReader` gives
        piece = self._file.read(len(buffer))
        if not self._ended:
            self._ended = not piece
            self._scanner.feed(piece, last=self._ended)
        buffer[: len(piece)] = piece
        return len(piece)


def _scanner(format_: RdfFormat, path: Path | None) -> _Brackets | _Elements:
    if format_ == RdfFormat.RDF_XML:
        return _Elements(path)
    return _Brackets(_JSON if format_ == RdfFormat.JSON_LD else _TURTLE, path)


class _Brackets:
    """Counts brackets, but not those in strings, IRIs and comments."""

    def __init__(self, marks: re.Pattern[bytes], path: Path | None) -> None:
        self._marks, self._path = marks, path
        self._level, self._line, self._column = 0, 1, 1
        self._inside = b""
        """The mark that began what has not ended."""
        self._left = b""
        """What may be the beginning of a mark."""

    def feed(self, piece: bytes, *, last: bool) -> None:
        text = self._left + piece
        at, end = 0, len(text) if last else len(text) - _LONGEST_MARK
        while at < end:
            at = self._leave(text, at, end) if self._inside else self._enter(text, at, end)
        self._pass(text, at)
        self._left = text[at:]

    def _enter(self, text: bytes, at: int, end: int) -> int:
        """Look at what is in no string, and return where one begins, or where to go on."""
        for match in self._marks.finditer(text, at):
            if match.start() >= end:
                break
            at, mark = match.end(), match.group()
            if mark in _ENDS:
                self._inside = mark
                return at
            reached = self._level + _LEVEL.get(mark, mark.startswith((b"{", b"[")))
            if reached > LEVELS:
                self._pass(text, match.start())
                raise _error(self._path, self._line, self._column)
            if mark in _LEVEL:
                self._level = max(reached, 0)
        return max(at, end)

    def _leave(self, text: bytes, at: int, end: int) -> int:
        """Return where that ends which has begun, or where to go on."""
        for match in _ENDS[self._inside].finditer(text, at):
            if match.start() >= end:
                break
            at = match.end()
            if not match.group().startswith(b"\\"):
                self._inside = b""
                return at
        return max(at, end)

    def _pass(self, text: bytes, end: int) -> None:
        """Count the lines up to a place."""
        lines = text.count(b"\n", 0, end)
        self._line += lines
        start = text.rfind(b"\n", 0, end) + 1
        self._column = (1 if lines else self._column) + len(text[start:end].decode(errors="ignore"))


class _Elements:
    """Counts elements; to the engine a text of RDF/XML that is cut off is whole, so it is also seen to be XML."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._level = path, 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def feed(self, piece: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise _error(self._path, error.lineno, error.offset + 1, expat.ErrorString(error.code)) from error

    def _start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._level += 1
        if self._level > LEVELS:
            raise _error(self._path, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _end(self, _name: str) -> None:
        self._level -= 1


def _error(path: Path | None, line: int, column: int, malformed: str = "") -> SourceError:
    message = malformed or f"nested more than {LEVELS:,} levels deep"
    advice = "mend the syntax there" if malformed else "give what is inside a name of its own"
    if path is None:
        return SourceError(f"{message} at line {line}, column {column}", advice=advice)
    return SourceError(message, where=Where(path, line, column), advice=advice)
