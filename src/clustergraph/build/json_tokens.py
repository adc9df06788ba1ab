"""JSON with the place of every value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from clustergraph.errors import SourceError

_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_SCALAR: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[^\s"{}\[\]:,]+')


@dataclass(frozen=True)
class Scalar:
    """A string, number, boolean or null, as it is written."""

    text: str
    start: int

    @property
    def string(self) -> str:
        """The string that it is, or its text."""
        if not self.text.startswith('"'):
            return self.text
        return str(json.loads(self.text)) if "\\" in self.text else self.text[1:-1]


@dataclass(frozen=True)
class Array:
    """An array."""

    items: tuple[Value, ...]
    start: int


@dataclass(frozen=True)
class Object:
    """An object; its keys may repeat."""

    members: tuple[tuple[Scalar, Value], ...]
    start: int


Value: TypeAlias = Scalar | Array | Object


def read(text: str) -> Value:
    """Return a JSON document.

    >>> read('{"a": [1, true]}').members[0][1].items[1]
    Scalar(text='true', start=10)

    Raises:
        SourceError: it is not well formed.
    """
    reader = _Reader(text)
    reader.move(0)
    value = reader.value()
    if reader.at != len(text):
        raise reader.error()
    return value


class _Reader:
    """Reads a text by descent; it stands before something that is not a blank."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self) -> SourceError:
        line = self.text.count("\n", 0, self.at) + 1
        return SourceError(f"cannot read line {line}, column {self.at - self.text.rfind(chr(10), 0, self.at)}")

    def move(self, end: int) -> None:
        """Go to the next thing after a place."""
        match = _BLANKS.match(self.text, end)
        self.at = match.end() if match else end

    def take(self, mark: str) -> bool:
        """Read a mark, if it is the next thing."""
        if not self.text.startswith(mark, self.at):
            return False
        self.move(self.at + 1)
        return True

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise self.error()

    def value(self) -> Value:
        start = self.at
        if self.take("["):
            return Array(tuple(self.items()), start)
        if self.take("{"):
            return Object(tuple(self.members()), start)
        return self.scalar()

    def items(self) -> list[Value]:
        found: list[Value] = []
        while not self.take("]"):
            if found:
                self.expect(",")
            found.append(self.value())
        return found

    def members(self) -> list[tuple[Scalar, Value]]:
        found: list[tuple[Scalar, Value]] = []
        while not self.take("}"):
            if found:
                self.expect(",")
            key = self.scalar()
            self.expect(":")
            found.append((key, self.value()))
        return found

    def scalar(self) -> Scalar:
        match = _SCALAR.match(self.text, self.at)
        if match is None:
            raise self.error()
        self.move(match.end())
        return Scalar(match.group(), match.start())
