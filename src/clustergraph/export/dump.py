"""Dumps of a whole graph, and reading one back."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import IO, Final, TypeVar

from clustergraph.formats import RDF_FORMATS
from clustergraph.rdf import writers
from clustergraph.rdf.files import Written, write_pieces
from clustergraph.rdf.jsonld import PLAIN, JsonLdContext
from clustergraph.rdf.lines import Line, Statement, canonical, read
from clustergraph.release.artefacts import lines_of as release_lines
from clustergraph.release.description import COMPUTED, source_of

WORDS: Final = {
    "nquads": "N-Quads, a statement on each line",
    "trig": "TriG, graph by graph",
    "turtle": "Turtle, all graphs merged",
    "jsonld": "JSON-LD, graph by graph",
}
FORMATS: Final = tuple(WORDS)
"""The names of the formats that a dump can have, the exact one first."""

_EVERY: Final = 100_000

Progress = Callable[[str], None]
Item = TypeVar("Item")


def dump(
    lines: Iterable[Line],
    format_: str,
    path: Path,
    *,
    compress: bool = False,
    context: JsonLdContext = PLAIN,
    progress: Progress = lambda _: None,
) -> Written:
    """Write ordered lines in a format to a file, whole or not at all; raises `SourceError` if one does not fit."""
    pieces = writers.write(counted(lines, progress, f"writing {path.name}"), format_, context)
    return write_pieces(path, pieces, compress=compress)


def extension(format_: str, *, compress: bool) -> str:
    """Return how the name of a dump ends, such as ``.trig.gz``."""
    return f".{RDF_FORMATS[format_].extensions[0]}" + (".gz" if compress else "")


def lines_of(path: Path, progress: Progress = lambda _: None) -> Iterator[Line]:
    """Yield the canonical lines of a release directory or of an RDF file.

    A release has them already; a file is read, sorted, and its blank nodes relabelled.
    """
    if path.is_dir():
        yield from counted(release_lines(path), progress, f"reading {path.name}")
    else:
        yield from canonical(counted(read(path), progress, f"reading {path.name}"))


def split(lines: Iterable[Line], folder: Path) -> list[str]:
    """Write the lines of each source to ``<source>.nq`` in a folder, in their order, and return the sources."""
    files: dict[str, IO[bytes]] = {}
    known = cache(source_of)
    with ExitStack() as stack:
        for line in lines:
            source = known(Statement.of(line).graph[1:-1].decode())
            if source is None or source in COMPUTED:
                continue
            if source not in files:
                files[source] = stack.enter_context((folder / f"{source}.nq").open("wb"))
            files[source].write(line)
    return sorted(files)


def counted(items: Iterable[Item], progress: Progress, doing: str) -> Iterator[Item]:
    """Yield items, and tell now and then how many there have been."""
    for number, item in enumerate(items, 1):
        yield item
        if number % _EVERY == 0:
            progress(f"{doing}: {number:,} statements")
