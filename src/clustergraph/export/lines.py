"""N-Quads as sorted lines: the one form that every dump, comparison and import goes through.

A graph of any size passes in flat memory: lines are sorted in runs, and the runs wait on disk to be merged. Only the
statements with blank nodes are held at once, since their labels depend on each other.
"""

from __future__ import annotations

import heapq
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final, NamedTuple, TypeAlias

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, Store, parse, serialize

from clustergraph.errors import SourceError, Where
from clustergraph.formats import RDF_FORMATS, of_file

Line: TypeAlias = bytes
"""One statement as a line of N-Quads, with its line feed."""

RUN_BYTES: Final = 32_000_000
"""How many bytes of lines are sorted in memory at a time; Python needs about twice as much for them."""

_BATCH: Final = 10_000
_STATEMENT: Final = re.compile(
    rb"(<[^>]*>|_:\S+) (<[^>]*>) "
    rb'(<[^>]*>|_:\S+|"(?:[^"\\]|\\.)*"(?:@[A-Za-z0-9-]+|\^\^<[^>]*>)?)'
    rb"(?: (<[^>]*>|_:\S+))? \.\n"
)


class Statement(NamedTuple):
    """The terms of a line, each as N-Quads writes it; the graph is empty for the default graph."""

    subject: bytes
    predicate: bytes
    object: bytes
    graph: bytes

    @classmethod
    def of(cls, line: Line) -> Statement:
        r"""Return the terms of a line.

        >>> Statement.of(b'<a:s> <a:p> "x y"@en <a:g> .\n').object
        b'"x y"@en'

        Raises:
            SourceError: the line is not a statement of plain RDF.
        """
        found = _STATEMENT.fullmatch(line)
        if found is None:
            shown = line.decode(errors="replace").strip()
            raise SourceError(f"not a statement that can be exported: {shown[:200]}")
        subject, predicate, object_, graph = found.groups(b"")
        return cls(subject, predicate, object_, graph)

    def line(self) -> Line:
        """Return the line again."""
        return b" ".join(term for term in self if term) + b" .\n"


def canonical(quads: Iterable[Quad], run_bytes: int = RUN_BYTES) -> Iterator[Line]:
    r"""Yield the distinct lines of quads in order, with canonical labels (RDFC-1.0) for blank nodes.

    >>> quads = parse(b"_:y <a:p> _:x . <a:s> <a:p> <a:o> . <a:s> <a:p> <a:o> .", format=RdfFormat.TURTLE)
    >>> list(canonical(quads))
    [b'<a:s> <a:p> <a:o> .\n', b'_:c14n1 <a:p> _:c14n0 .\n']
    """
    labelled = Dataset()
    named = _lines(_without_blanks(quads, labelled))
    return unique(ordered(chain(named, _relabelled(labelled)), run_bytes))


def stored(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield quads as the store keeps them: numbers, truth values and times by value, and not as they were written.

    >>> quads = parse(b'<a:s> <a:p> "01"^^<http://www.w3.org/2001/XMLSchema#int> .', format=RdfFormat.N_QUADS)
    >>> [str(quad.object) for quad in stored(quads)]
    ['"1"^^<http://www.w3.org/2001/XMLSchema#integer>']
    """
    source = iter(quads)
    while batch := list(islice(source, _BATCH)):
        passed = Store()
        passed.extend(batch)
        yield from passed


def ordered(lines: Iterable[Line], run_bytes: int = RUN_BYTES) -> Iterator[Line]:
    r"""Yield lines in the order of their bytes, in flat memory.

    >>> list(ordered([b"b\n", b"c\n", b"a\n", b"a\n"], run_bytes=4))
    [b'a\n', b'a\n', b'b\n', b'c\n']
    """
    with ExitStack() as stack:
        runs: list[IO[bytes]] = []
        held: list[Line] = []
        size = 0
        for line in lines:
            held.append(line)
            size += len(line)
            if size >= run_bytes:
                runs.append(stack.enter_context(_run(held)))
                held, size = [], 0
        held.sort()
        yield from heapq.merge(*runs, held) if runs else held


def unique(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield each of some ordered lines once."""
    last = b""
    for line in lines:
        if line != last:
            yield line
            last = line


def read(path: Path) -> Iterator[Quad]:
    """Yield the quads of an RDF file, also a compressed one (``.gz``), with its own labels of blank nodes.

    Raises:
        SourceError: it is not RDF, or not well formed; it says at which line and column.
    """
    named = path.with_suffix("") if path.suffix == ".gz" else path
    format_ = of_file(named)
    if format_ is None:
        advice = f"use a file that ends in one of: {', '.join(_EXTENSIONS)}; each also with .gz"
        raise SourceError(f"{path} is not RDF", advice=advice)
    with opened(path) as file:
        try:
            yield from parse(file, format=format_.engine)
        except SyntaxError as error:
            message = re.sub(r"^Parser error (at|between) line .*?: ", "", error.msg)
            where = Where(path, error.lineno, error.offset)
            raise SourceError(message, where=where, advice="mend the syntax there") from error
        except (EOFError, OSError) as error:
            raise SourceError(f"cannot be read to its end: {error}", where=Where(path)) from error


def opened(path: Path) -> IO[bytes]:
    """Open a file for reading, unpacked if its name ends in ``.gz``."""
    if path.suffix != ".gz":
        return path.open("rb")
    import gzip  # only where it is needed

    return io.BufferedReader(gzip.open(path, "rb"), 1 << 20)


_EXTENSIONS: Final = tuple(f".{extension}" for each in RDF_FORMATS.values() for extension in each.extensions)


def _without_blanks(quads: Iterable[Quad], aside: Dataset) -> Iterator[Quad]:
    """Yield the quads that have no blank nodes, and put the others aside."""
    for quad in quads:
        if any(isinstance(term, BlankNode) for term in (quad.subject, quad.object, quad.graph_name)):
            aside.add(quad)
        else:
            yield quad


def _lines(quads: Iterable[Quad]) -> Iterator[Line]:
    source = iter(quads)
    while batch := list(islice(source, _BATCH)):
        text = serialize(batch, format=RdfFormat.N_QUADS)
        assert text is not None
        yield from text.splitlines(keepends=True)


def _relabelled(dataset: Dataset) -> Iterator[Line]:
    # Read when the quads before are through, and the dataset is complete.
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    yield from _lines(dataset)


def _run(lines: list[Line]) -> IO[bytes]:
    lines.sort()
    run = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the stack of the caller
    run.writelines(lines)
    run.seek(0)
    return run
