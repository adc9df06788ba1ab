"""What tables say, gathered from several processes: each statement once, in the order of tables and rows."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from typing import IO, Final

import numpy as np

from clustergraph.errors import ClustergraphError
from clustergraph.imports.delimited import ONE_ENCODING, DelimitedTable
from clustergraph.imports.digests import DigestSet
from clustergraph.imports.encodings import encoding_advice
from clustergraph.imports.metadata import DescribedTable
from clustergraph.imports.rows import Row, Table
from clustergraph.imports.statements import NO_KEY, Heads, Problem, SaidByRows, TableReader
from clustergraph.imports.unread import Unread
from clustergraph.release.withdrawn import Withdrawn

Progress = Callable[[str], None]
_PART: Final = 1000
"""How many rows are read at a time."""
_AHEAD: Final = 2
"""How many parts wait for each process."""
_LISTED: Final = 100_000
"""How many numbers of rows that say nothing are kept."""
_SHOWN: Final = 20
"""How many problems are shown."""


class BadRowsError(ClustergraphError):
    """Rows cannot be taken, and nothing is imported."""

    def __init__(self, problems: Sequence[tuple[str, Problem]], advice: str = "") -> None:
        listed = "\n  ".join([f"{table}, {problem}" for table, problem in problems[:_SHOWN]])
        more = f"\n  and {len(problems) - _SHOWN} more up to there" if len(problems) > _SHOWN else ""
        super().__init__(
            f"there are rows that cannot be taken, and nothing is imported:\n  {listed}{more}",
            advice=advice
            or "mend them, or leave them out with --on-error skip, which lists them in a file of their own",
        )


@dataclass(frozen=True)
class Given:
    """A table that is to be imported, and what the profile says of it."""

    table: Table
    described: DescribedTable
    heads: Heads
    label: str
    """What its statements name it by."""


@dataclass
class Taken:
    """What has been taken of a table."""

    given: Given
    read: int = 0
    taken: int = 0
    silent: dict[str, list[int]] = field(default_factory=dict)
    """The numbers of rows that say nothing, by the reason that the profile gives, if any."""
    parts: dict[str, list[int]] = field(default_factory=dict)
    """The numbers of rows of which the profile leaves out a part, by what it is and why."""
    left_out: int = 0
    """How many rows say nothing, by the query of the profile."""
    statements: int = 0
    problems: list[Problem] = field(default_factory=list)
    """Of rows that have been refused; at most so many as are shown."""
    damaged: int = 0
    """How many cells have letters that a wrong encoding has spoilt."""
    spoilt: Problem | None = None
    """The first of these cells."""
    unread: Unread = field(default_factory=Unread)

    @property
    def refused(self) -> int:
        """How many rows have been refused."""
        return self.read - self.taken - self.left_out


@dataclass(frozen=True)
class Making:
    """What statements are made with."""

    graph: str
    base: str
    prefixes: Mapping[str, str]
    withdrawn: Withdrawn = field(default_factory=Withdrawn)
    """What is not to come back."""


_reader: TableReader
"""What a process of an import reads with."""


def _begin(given: tuple[DescribedTable, Heads, str], making: Making) -> None:
    global _reader
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted is the process that waits for this one
    _reader = TableReader(*given, making.graph, making.base, making.prefixes, making.withdrawn)


def _read(rows: Sequence[Row]) -> SaidByRows:
    return _reader.read(rows)


@dataclass
class Gathering:
    """Writes what tables say, each statement once."""

    making: Making
    out: IO[bytes]
    skip: bool
    """Whether rows that cannot be taken are left out."""
    processes: int
    progress: Progress
    refuse: Callable[[Given, Row, Sequence[Problem]], None]
    """Is told each row that is left out."""
    broken: Mapping[str, Mapping[int, Sequence[Problem]]] = field(default_factory=dict)
    """By the label of a table what is known to be wrong with its rows before they are read."""
    seen: DigestSet = field(default_factory=DigestSet)
    keys: dict[str, DigestSet] = field(default_factory=dict)
    """By the name of a table the keys of its rows."""

    def take(self, given: Given) -> Taken:
        """Write what a table says; `BadRowsError` if there are rows that cannot be taken, unless they are left out."""
        taken, told_of = Taken(given), 0
        for rows, said in self._said(given):
            broken = self.broken.get(given.label, {})
            problems = [*said.problems, *(each for row in rows for each in broken.get(row.number, ()))]
            problems += self._of_keys(given, rows, said, broken)
            taken.read += len(rows)
            if problems and not self.skip:
                told = [(given.label, problem) for problem in sorted(problems)]
                raise BadRowsError(told, _advice(given.table, problems))
            refused = {problem.row for problem in problems}
            self._write(given, said, refused, taken)
            taken.damaged += len(said.damaged)
            taken.spoilt = taken.spoilt or next(iter(said.damaged), None)
            for row in rows:
                if row.number in refused:
                    self.refuse(given, row, [each for each in problems if each.row == row.number])
            taken.problems += sorted(problems)[: _SHOWN - len(taken.problems)]
            if taken.read - told_of >= 10 * _PART:
                told_of = taken.read
                self.progress(f"reading {given.label}: {taken.read:,} rows, {len(self.seen):,} statements")
        return taken

    def _said(self, given: Given) -> Iterator[tuple[list[Row], SaidByRows]]:
        """Yield the parts of a table with what they say, in their order."""
        parts = _parts(given.table.rows(), _PART)
        first = next(parts, [])
        second = next(parts, None)
        specification = (given.described, given.heads, given.label)
        if second is None or self.processes < 2:
            making = self.making
            reader = TableReader(*specification, making.graph, making.base, making.prefixes, making.withdrawn)
            for part in _chained(first, second, parts):
                yield part, reader.read(part)
            return
        pool = ProcessPoolExecutor(self.processes, get_context("spawn"), _begin, (specification, self.making))
        try:
            yield from _ordered(pool, _chained(first, second, parts), self.processes * _AHEAD)
        except BrokenProcessPool as error:
            advice = "try again, with more memory or fewer processes (--processes 1)"
            raise ClustergraphError("a process of the import was ended by the system", advice=advice) from error
        finally:
            pool.shutdown(cancel_futures=True)

    def _of_keys(
        self, given: Given, rows: Sequence[Row], said: SaidByRows, broken: Collection[int]
    ) -> Iterator[Problem]:
        """Yield what is wrong with the keys of rows: a foreign one that is nowhere, an own one that stands twice."""
        good = np.array([number not in broken for number, _ in said.lines], bool)
        own, *foreign = said.keys
        told = _Keys(given, {row.number: row for row in rows}, said)
        for references, keys in zip(given.described.references, foreign, strict=True):
            if known := self.keys.get(references.table):
                lost = (keys != NO_KEY) & ~known.has(keys)
                good &= ~lost
                yield from told.problems(
                    lost.nonzero()[0], references.columns, f"{{}} is in no row of {references.table}"
                )
        if given.described.key:
            known, places = self.keys.setdefault(given.described.name, DigestSet()), good.nonzero()[0]
            twice = places[~known.add(own[places])]
            yield from told.problems(twice, given.described.key, "an earlier row has the same key, {}")

    def _write(self, given: Given, said: SaidByRows, refused: set[int], taken: Taken) -> None:
        """Write the new statements of the rows that are taken."""
        kept = np.array([number not in refused for number, lines in said.lines for _ in lines], bool)
        new = np.zeros(len(kept), bool)
        new[kept] = self.seen.add(said.digests[kept])
        fresh = iter(new.tolist())
        pieces: list[bytes] = []
        for number, lines in said.lines:
            own = [line for line in lines if next(fresh)]
            if number in refused:
                continue
            if not lines:
                taken.left_out += 1
                if taken.left_out <= _LISTED:
                    taken.silent.setdefault(said.left_out.get(number, ""), []).append(number)
                continue
            taken.taken += 1
            for part in said.parts.get(number, ()):
                taken.parts.setdefault(part, []).append(number)
            taken.unread.add(number, lines)
            if own:
                pieces += [f"# {given.label} {number}\n".encode(), *own]
        self.out.writelines(pieces)
        taken.statements += int(new.sum())


def _advice(table: Table, problems: Sequence[Problem]) -> str:
    """Return what to type, if what is wrong is the encoding of the file."""
    wrong = any(each.expected == ONE_ENCODING for each in problems)
    return encoding_advice(table) if wrong and isinstance(table, DelimitedTable) else ""


@dataclass(frozen=True)
class _Keys:
    """Says what is wrong with keys."""

    given: Given
    rows: Mapping[int, Row]
    said: SaidByRows

    def problems(self, places: Iterable[int], names: Sequence[str], message: str) -> Iterator[Problem]:
        """Yield what is wrong with the keys of rows, given by their places among those that can be taken."""
        places_of = {column.name: place for place, column in enumerate(self.given.heads.columns) if column}
        at = [places_of[name] for name in names if name in places_of]
        headings = [self.given.heads.headings[place] for place in at]
        for place in places:
            row = self.rows[self.said.lines[place][0]]
            values = [row.cells[each] for each in at]
            key = ", ".join(f"{heading} {value}" for heading, value in zip(headings, values, strict=True))
            yield Problem(row.number, " | ".join(headings), " | ".join(values), "", message.format(key))


def _parts(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while part := list(islice(rows, size)):
        yield part


def _chained(first: list[Row], second: list[Row] | None, rest: Iterable[list[Row]]) -> Iterator[list[Row]]:
    yield first
    if second is not None:
        yield second
        yield from rest


def _ordered(
    pool: ProcessPoolExecutor, parts: Iterable[list[Row]], ahead: int
) -> Iterator[tuple[list[Row], SaidByRows]]:
    """Yield parts and what they say in their order, while so many others are being read."""
    waiting: deque[tuple[list[Row], Future[SaidByRows]]] = deque()
    for part in parts:
        waiting.append((part, pool.submit(_read, part)))
        if len(waiting) > ahead:
            rows, said = waiting.popleft()
            yield rows, said.result()
    for rows, said in waiting:
        yield rows, said.result()
