"""The statements of large imports in a file, and how they are divided into chunks that hold what belongs together.

All statements of one subject are a block. Blocks that say something of one thing are a unit with that of the thing: a
project with its grants, figures and participations. A chunk is some thousand units. What they name but do not hold,
such as the organisations that take part, is looked up: so what rules can join is at hand, and memory stays flat.
"""

from __future__ import annotations

import gzip
import heapq
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import IO, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import RdfFormat, Store

from clustergraph.errors import SourceError, Where
from clustergraph.pipeline.imported_names import ImportedNames
from clustergraph.rdf.lines import Line, unique
from clustergraph.terms import expand

Progress: TypeAlias = Callable[[str], None]
Numbers: TypeAlias = NDArray[np.uint64]

UNIT_LINKS: Final = (
    "activity", "subject", "about", "addressOf", "dated", "holder", "organisation", "party", "planOf", "recipient",
    "setBy",
)  # fmt: skip
"""The properties by which a statement is one about something; the first that it has counts."""
CHUNK: Final = 100_000
"""How many statements a chunk has, about; what they name comes on top."""
_STEPS: Final = 4
"""What is said of what is said of a thing belongs to it, so many times twofold."""
_PIECE: Final = 16_000_000
"""How many bytes of a file are sorted at a time."""
_MENTION: Final = re.compile(rb"^<[^>]*> <[^>]*> (<[^>]*>) ", re.MULTILINE)
_GRAPH: Final = re.compile(rb" (<[^>]*>) \.$", re.MULTILINE)
_BLANK: Final = re.compile(rb"^_:|^<[^>]*> <[^>]*> _:", re.MULTILINE)
_OWNED: Final = re.compile(b" %b (<[^>]*>) " % str(expand("adms:identifier")).encode())
"""By which a thing has what is nothing without it."""
_LINKS: Final = [re.compile(b" %b (<[^>]*>) " % str(expand(f"cg:{name}")).encode()) for name in UNIT_LINKS]


@dataclass(frozen=True)
class Division:
    """Sorted statements in a file, and which of them stand together."""

    folder: Path
    """It holds the file, and the numbers that follow."""
    statements: int
    chunks: int

    @classmethod
    def of(cls, runs: Iterable[Path], folder: Path, names: ImportedNames, size: int = CHUNK) -> Division:
        """Merge sorted runs of lines into one file, and divide what is in it into chunks of about a size."""
        blocks = _Blocks.written(runs, folder / "said.nq", names)
        chunk = _chunks(blocks.subject, blocks.about, blocks.lines, size)
        for name, numbers in (("subject", blocks.subject), ("start", blocks.start), ("end", blocks.end)):
            np.save(folder / f"{name}.npy", numbers)
        np.save(folder / "chunk.npy", chunk)
        return cls(folder, int(blocks.lines.sum()), int(chunk.max(initial=-1)) + 1)

    @property
    def said(self) -> Path:
        """The file of the sorted statements."""
        return self.folder / "said.nq"

    def chunk(self, number: int) -> bytes:
        """Return the statements of a chunk."""
        return self._read(np.flatnonzero(self._chunk == number))

    def named(self, text: bytes, others: Mapping[bytes, bytes]) -> bytes:
        """Return what is stated of all that some statements name and do not describe, and of what that names.

        It is looked up here and among other blocks, by their subjects.
        """
        found: list[bytes] = []
        known = _subjects(text)
        while text:
            wanted = (set(_MENTION.findall(text)) | set(_GRAPH.findall(text))) - known
            known |= wanted
            text = b"".join([self._blocks(wanted), *(others[each] for each in wanted if each in others)])
            found.append(text)
        return b"".join(found)

    def described(self, subjects: Iterable[bytes]) -> bytes:
        """Return what is stated here of some subjects."""
        return self._blocks(set(subjects))

    def _blocks(self, subjects: set[bytes]) -> bytes:
        if not subjects:
            return b""
        keys = np.fromiter(map(_number, sorted(subjects)), np.uint64, len(subjects))
        order = self._order
        at = np.searchsorted(self._subject, keys, sorter=order)
        places = order[np.minimum(at, len(order) - 1)]
        return self._read(np.sort(places[self._subject[places] == keys]))

    def _read(self, places: NDArray[np.intp]) -> bytes:
        """Return blocks, those that follow each other in one go."""
        if not len(places):
            return b""
        start, end = self._start[places], self._end[places]
        new = np.flatnonzero(np.append(True, start[1:] != end[:-1]))
        pieces = []
        with self.said.open("rb") as file:
            for first, last in zip(new, np.append(new[1:], len(places)), strict=True):
                file.seek(int(start[first]))
                pieces.append(file.read(int(end[last - 1] - start[first])))
        return b"".join(pieces)

    @cached_property
    def _subject(self) -> Numbers:
        return np.load(self.folder / "subject.npy")  # type: ignore[no-any-return]

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        return np.argsort(self._subject, kind="stable")

    @cached_property
    def _start(self) -> Numbers:
        return np.load(self.folder / "start.npy")  # type: ignore[no-any-return]

    @cached_property
    def _end(self) -> Numbers:
        return np.load(self.folder / "end.npy")  # type: ignore[no-any-return]

    @cached_property
    def _chunk(self) -> NDArray[np.int64]:
        return np.load(self.folder / "chunk.npy")  # type: ignore[no-any-return]


def sort(files: Iterable[Path], folder: Path, pool: Executor, progress: Progress = lambda _: None) -> list[Path]:
    """Write the statements of files of N-Quads as sorted, canonical lines into a folder, in runs.

    Raises:
        SourceError: a file cannot be read, or has blank nodes.
    """
    jobs: list[tuple[Path, Path, Future[int]]] = []
    for path in files:
        for piece in _pieces(path):
            run = folder / f"{len(jobs):05}.run"
            jobs.append((path, run, pool.submit(_sorted, piece, run)))
            _bounded([job for _, _, job in jobs])
    done = 0
    for path, _, job in jobs:
        try:
            done += job.result()
        except SyntaxError as error:
            raise SourceError(f"this is not what an import wrote: {error.msg}", where=Where(path)) from error
        progress(f"reading the imports: {done:,} statements")
    return [run for _, run, _ in jobs]


def _bounded(jobs: list[Future[int]]) -> None:
    """Wait until few jobs are open, so that their pieces do not fill the memory."""
    for job in jobs[:-4]:
        job.exception()


def _pieces(path: Path) -> Iterator[bytes]:
    rest = b""
    try:
        with gzip.open(path) as file:
            while read := file.read(_PIECE):
                cut = read.rfind(b"\n") + 1
                if cut:
                    yield rest + read[:cut]
                    rest = b""
                rest += read[cut:]
    except (OSError, EOFError) as error:
        raise SourceError(f"cannot be read to its end: {error}", where=Where(path)) from error
    if rest:
        yield rest


def _sorted(piece: bytes, run: Path) -> int:
    """Write the lines of a piece of N-Quads as the store keeps them, in order, and return how many there are."""
    if found := _BLANK.search(piece):
        raise SyntaxError(f"a blank node in {found[0].decode(errors='replace')[:100]!r}")
    store = Store()
    store.load(piece, RdfFormat.N_QUADS)
    text = store.dump(format=RdfFormat.N_QUADS)
    assert text is not None
    lines = sorted(text.splitlines(keepends=True))
    run.write_bytes(b"".join(lines))
    return len(lines)


def merged(runs: Iterable[Path], *more: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines of sorted files, and more that are sorted, in order and each once."""
    with ExitStack() as stack:
        files: list[IO[bytes]] = [stack.enter_context(run.open("rb")) for run in runs]
        yield from unique(heapq.merge(*files, *more))


@dataclass(frozen=True)
class _Blocks:
    """What is known of each block, in the order of the file."""

    subject: Numbers
    about: Numbers
    """What it says something of: the number of a subject, its own if of nothing else."""
    start: Numbers
    end: Numbers
    lines: Numbers

    @classmethod
    def written(cls, runs: Iterable[Path], path: Path, names: ImportedNames) -> _Blocks:
        found = [array("Q") for _ in range(5)]
        owned, owners = array("Q"), array("Q")
        place = 0
        with path.open("wb") as out:
            for subject, block in groupby(merged(runs), _subject):
                lines = names.settled(list(block))
                text = b"".join(lines)
                out.write(text)
                own = _number(subject)
                for column, number in zip(
                    found, (own, _about(text, own), place, place + len(text), len(lines)), strict=True
                ):
                    column.append(number)
                for each in _OWNED.findall(text):
                    owned.append(_number(each))
                    owners.append(own)
                place += len(text)
        blocks = cls(*map(_numbers, found))
        return replace(blocks, about=_owner(blocks.subject, blocks.about, _numbers(owned), _numbers(owners)))


def _numbers(column: array[int]) -> Numbers:
    return np.frombuffer(column, np.uint64) if column else np.zeros(0, np.uint64)


def _owner(subject: Numbers, about: Numbers, owned: Numbers, owners: Numbers) -> Numbers:
    """Return what each block says something of, where what a thing owns is said of that."""
    if not len(owned):
        return about
    order = np.argsort(owned, kind="stable")
    at = np.minimum(np.searchsorted(owned, subject, sorter=order), len(owned) - 1)
    is_owned = (owned[order[at]] == subject) & (about == subject)
    return np.where(is_owned, owners[order[at]], about)


def _chunks(subject: Numbers, about: Numbers, lines: Numbers, size: int) -> NDArray[np.int64]:
    """Return the chunk of each block; units stay whole, and stand in the order of the file."""
    if not len(subject):
        return np.zeros(0, np.int64)
    order = np.argsort(subject, kind="stable")
    at = np.minimum(np.searchsorted(subject, about, sorter=order), len(subject) - 1)
    there = subject[order[at]] == about
    _, first, group = np.unique(about, return_index=True, return_inverse=True)
    unit = np.where(there, order[at], first[group])
    for _ in range(_STEPS):
        unit = unit[unit]
    total = np.bincount(unit, weights=lines, minlength=len(unit))
    return (np.maximum(np.cumsum(total) - 1, 0) // size).astype(np.int64)[unit]


def _subject(line: bytes) -> bytes:
    return line[: line.index(b" ")]


def _subjects(text: bytes) -> set[bytes]:
    return set(map(_subject, text.splitlines()))


def _about(text: bytes, own: int) -> int:
    found = next((match for link in _LINKS if (match := link.search(text))), None)
    return _number(found[1]) if found else own


def _number(term: bytes) -> int:
    """Return 64 bits that stand for a term, the same in every process."""
    return int.from_bytes(blake2b(term, digest_size=8).digest(), "big")
