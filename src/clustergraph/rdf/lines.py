"""N-Quads as sorted lines: the one form that every dump, comparison and import goes through.

A graph of any size passes in flat memory: lines are sorted in runs, and the runs wait on disk to be merged. Only the
statements with blank nodes are held at once, since their labels depend on each other.
"""

from __future__ import annotations

import heapq
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Final, NamedTuple, TypeAlias, TypeVar

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, Store, parse, serialize

from clustergraph.errors import SourceError
from clustergraph.rdf import reading

T = TypeVar("T")
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
        """Return the terms of a line; raises `SourceError` if it is not a statement of plain RDF."""
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
    return unique(ordered(_labelled(quads), run_bytes))


def stored(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield quads as the store keeps them: numbers, truth values and times by value, and not as they were written."""
    for batch in batches(quads, _BATCH):
        passed = Store()
        passed.extend(batch)
        yield from passed


def ordered(lines: Iterable[Line], run_bytes: int = RUN_BYTES) -> Iterator[Line]:
    """Yield lines in the order of their bytes, in flat memory."""
    with ExitStack() as stack:
        runs: list[IO[bytes]] = []
        held: list[Line] = []
        size = 0
        for line in lines:
            held.append(line)
            size += len(line)
            if size >= run_bytes:
                run = stack.enter_context(tempfile.TemporaryFile())
                run.writelines(sorted(held))
                run.seek(0)
                runs.append(run)
                held, size = [], 0
        held.sort()
        yield from heapq.merge(*runs, held) if runs else held


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of so many items, but for the last one."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def unique(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield each of some ordered lines once."""
    return (line for line, _ in groupby(lines))


def quads_of(lines: Iterable[Line]) -> Iterator[Quad]:
    """Yield the quads that lines say."""
    for batch in batches(lines, _BATCH):
        yield from parse(b"".join(batch), format=RdfFormat.N_QUADS)


def read(path: Path) -> Iterator[Quad]:
    """Yield the quads of an RDF file, also a packed one (``.gz``), as they are; see `reading.quads`."""
    format_ = reading.rdf_format(path.with_suffix("") if reading.is_packed(path) else path).engine
    with reading.opened(path) as file:
        yield from reading.quads(path, file, format_)


def _labelled(quads: Iterable[Quad]) -> Iterator[Line]:
    aside = Dataset()
    yield from _lines(_without_blanks(quads, aside))
    aside.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    yield from _lines(aside)


def _without_blanks(quads: Iterable[Quad], aside: Dataset) -> Iterator[Quad]:
    """Yield the quads that have no blank nodes, and put the others aside."""
    for quad in quads:
        if any(isinstance(term, BlankNode) for term in (quad.subject, quad.object, quad.graph_name)):
            aside.add(quad)
        else:
            yield quad


def _lines(quads: Iterable[Quad]) -> Iterator[Line]:
    for batch in batches(quads, _BATCH):
        text = serialize(batch, format=RdfFormat.N_QUADS)
        assert text is not None
        yield from text.splitlines(keepends=True)
