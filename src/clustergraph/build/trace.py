"""What the engine reads at which place: it is given a text piece by piece, and asked for quads after each."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import IO, Generic, TypeVar, cast

from pyoxigraph import Quad, RdfFormat, parse

from clustergraph.build.lines import Lines
from clustergraph.build.place import Node, Place
from clustergraph.errors import SourceError

Mark = TypeVar("Mark")


def trace(pieces: Iterable[tuple[str, Mark]], format_: RdfFormat, base: str = "") -> Iterator[tuple[Mark, Quad]]:
    """Yield the quads of a text, each with the mark of the piece after which the engine knew it.

    >>> pieces = [("<e:a> <e:b> ", 1), ("<e:c>", 2), (" . <e:a> <e:b> <e:d> .", 3)]
    >>> [(mark, quad.object.value) for mark, quad in trace(pieces, RdfFormat.TURTLE)]
    [(2, 'e:c'), (3, 'e:d')]

    Raises:
        SyntaxError: the text is not well formed.
    """
    source = _Pieces(iter(pieces))
    # The engine needs nothing of a stream but that it can be read.
    for quad in parse(cast("IO[bytes]", source), format=format_, base_iri=base or None):
        yield source.mark, quad


def placed(text: str, quads: Iterable[tuple[Quad, int, int]]) -> Iterator[Place]:
    """Yield the place of each triple, and of each subject where it is first written.

    Args:
        text: where they are written.
        quads: each with the start of its subject and its own, counted in characters from 0.

    Raises:
        SourceError: the text is not well formed.
    """
    lines, told = Lines(text), set[Node]()
    try:
        for quad, of_subject, of_triple in quads:
            place = Place.of(quad, *lines.line_column(of_triple))
            if place.subject not in told:
                told.add(place.subject)
                line, column = lines.line_column(of_subject)
                yield place._replace(predicate=None, object=None, line=line, column=column)
            yield place
    except SyntaxError as error:
        raise SourceError(error.msg) from error


class _Pieces(io.RawIOBase, Generic[Mark]):
    """A stream that never gives more than one piece at a time."""

    mark: Mark
    """The mark of the last piece of which anything was read."""

    def __init__(self, pieces: Iterator[tuple[str, Mark]]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        while not self._left:
            following = next(self._pieces, None)
            if following is None:
                return b""
            text, self.mark = following
            self._left = text.encode()
        end = len(self._left) if size < 0 else size
        given, self._left = self._left[:end], self._left[end:]
        return given
