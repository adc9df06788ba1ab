"""Dumps of a whole graph, and reading one back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from clustergraph.errors import ClustergraphError
from clustergraph.export import writers
from clustergraph.export.files import Written, whole
from clustergraph.export.lines import Line, canonical, opened, read
from clustergraph.formats import RDF_FORMATS

FORMATS: Final = tuple(writers.WRITERS)
"""The names of the formats that a dump can have, the exact one first."""

_EVERY: Final = 100_000

Progress = Callable[[str], None]
Item = TypeVar("Item")


def dump(
    lines: Iterable[Line], format_: str, path: Path, *, compress: bool, progress: Progress = lambda _: None
) -> Written:
    """Write a dump: whole, or not at all.

    Args:
        lines: the statements, in order.
        format_: one of `FORMATS`; Turtle has the merged graph, the others every named graph.
        path: the file; one that is there is replaced.
        compress: pack it (gzip).
        progress: is told how many statements have been read.

    Raises:
        ClustergraphError: there is no such format, or a statement that it cannot hold.
    """
    if format_ not in writers.WRITERS:
        raise ClustergraphError(f"a dump cannot be {format_!r}", advice=f"choose from {', '.join(FORMATS)}")
    with whole(path, compress=compress) as file:
        for piece in writers.WRITERS[format_](counted(lines, progress, f"writing {path.name}")):
            file.write(piece)
    return Written.of(path)


def extension(format_: str, *, compress: bool) -> str:
    """Return how the name of a dump ends.

    >>> extension("trig", compress=True)
    '.trig.gz'
    """
    return f".{RDF_FORMATS[format_].extensions[0]}" + (".gz" if compress else "")


def lines_of(path: Path, progress: Progress = lambda _: None) -> Iterator[Line]:
    """Yield the canonical lines of a release directory or of an RDF file.

    A release has them already; a file is parsed, sorted, and its blank nodes relabelled.

    Raises:
        SourceError: the file is not RDF, or not well formed.
    """
    if path.is_dir():
        with opened(path / "dump.nq") as file:
            yield from counted(file, progress, f"reading {path.name}")
    else:
        yield from canonical(counted(read(path), progress, f"reading {path.name}"))


def digest(lines: Iterable[Line]) -> str:
    """Return the SHA-256 of lines, in hexadecimal digits; a release is named by the first of them."""
    found = hashlib.sha256()
    for line in lines:
        found.update(line)
    return found.hexdigest()


def counted(items: Iterable[Item], progress: Progress, doing: str) -> Iterator[Item]:
    """Yield items, and tell now and then how many there have been."""
    for number, item in enumerate(items, 1):
        yield item
        if number % _EVERY == 0:
            progress(f"{doing}: {number:,} statements")
