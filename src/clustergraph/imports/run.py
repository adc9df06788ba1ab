"""An import from files of tables to the data of a project: everything or nothing."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Final

from clustergraph.errors import SourceError
from clustergraph.imports.assignment import assign
from clustergraph.imports.commit import commit, lock, recover
from clustergraph.imports.comparison import ImportDifference, compare
from clustergraph.imports.conformance import Conformance
from clustergraph.imports.gathering import BadRowsError, Gathering, Given, Making, Progress, Taken
from clustergraph.imports.profile import ImportProfile
from clustergraph.imports.record import ImportOrigin, SaidBefore, record, retrieved_before
from clustergraph.imports.refused import ENDING, RefusedRows, first_import, is_refused
from clustergraph.imports.rows import Row
from clustergraph.imports.statements import Problem
from clustergraph.imports.tables import checksum
from clustergraph.questions.parameters import dated
from clustergraph.rdf import turtle
from clustergraph.rdf.files import told
from clustergraph.release.withdrawn import Withdrawn
from clustergraph.terms import BASE, PREFIXES

DATA: Final = ".nq.gz"
RECORD: Final = ".trig"
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PIECE: Final = 1 << 18
_DAY: Final = len("2024-05-31")


@dataclass(frozen=True)
class Order:
    """What is to be imported, and how."""

    profile: ImportProfile
    files: tuple[Path, ...]
    home: Path
    """The folder of imports in the data of a project."""
    name: str = ""
    """What the import is called; if it is not given, as its profile."""
    issued: str = ""
    """When the publisher issued the tables: a year, month or day."""
    retrieved: str = ""
    """When they were fetched: a day; if it is not given, when the files were written."""
    skip: bool = False
    """Whether rows that cannot be taken are left out."""
    dry: bool = False
    """Whether nothing is to be written."""
    processes: int = 1
    base: str = BASE
    prefixes: Mapping[str, str] = field(default_factory=lambda: PREFIXES)

    @property
    def called(self) -> str:
        """The name of the import: of one of mended rows that of the import they were refused by, and ``-mended``."""
        if self.name:
            return self.name
        if all(map(is_refused, self.files)):
            return f"{first_import(self.files[0])}-mended"
        return self.profile.name


@dataclass(frozen=True)
class Imported:
    """What has come of an import."""

    target: Path
    taken: tuple[Taken, ...]
    statements: int
    comparison: ImportDifference | None
    """How it differs from what was there; None if there was nothing."""
    refused: tuple[Path, ...]
    """The files of rows that have been left out."""
    remarks: tuple[str, ...]
    """What the shapes of the profile find worth a look."""
    written: bool
    """Whether anything has changed."""


def said_before(home: Path, files: Sequence[Path]) -> SaidBefore:
    """Return what was said with the import that some rows were refused by, if the files hold such rows."""
    mended = all(map(is_refused, files))
    return SaidBefore.recorded(home / f"{first_import(files[0])}{RECORD}") if mended else SaidBefore()


def run(order: Order, progress: Progress = lambda _: None, note: Progress = lambda _: None) -> Imported:
    """Import tables: write what they say, the record and the rows that were left out into the folder of imports.

    Raises:
        SourceError: a file, the profile or an option is not as it should be.
        BadRowsError: there are rows that cannot be taken, and they are not to be left out.
    """
    _check(order)
    progress("checking the profile")
    order.profile.check()
    given = assign(order.profile, order.files, note)
    with told(order.home), _folder(order.home, order.called) as folder:
        return _Import(order, given, folder, progress).run()


def _check(order: Order) -> None:
    if not _NAME.fullmatch(order.called):
        advice = "write small letters, digits and hyphens: --name cordis-2024"
        raise SourceError(f"{order.called!r} cannot be the name of an import", advice=advice)
    if order.issued and not dated(order.issued):
        raise SourceError(f"{order.issued!r} is not a date", advice="write 2024, 2024-05 or 2024-05-31")
    if order.retrieved and not (len(order.retrieved) == _DAY and dated(order.retrieved)):
        raise SourceError(f"{order.retrieved!r} is not a day", advice="write 2024-05-31")
    if len(set(order.files)) < len(order.files):
        raise SourceError("a file is given twice", advice="name each once")


@contextmanager
def _folder(home: Path, name: str) -> Iterator[Path]:
    """Give a folder for drafts beside the data; what a killed import of that name has left is finished or removed."""
    home.mkdir(parents=True, exist_ok=True)
    with lock(home, name):
        recover(home, name)
        for old in home.glob(f".{name}.*"):
            shutil.rmtree(old, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=home))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Import:
    order: Order
    given: Sequence[Given]
    folder: Path
    progress: Progress
    broken: dict[str, dict[int, list[Problem]]] = field(default_factory=dict)
    """By the label of a table, the rows from which something comes that breaks the shapes of the profile."""
    remarks: list[str] = field(default_factory=list)

    def run(self) -> Imported:
        name, home = self.order.called, self.order.home
        data, target = self.folder / f"{name}{DATA}", home / f"{name}{DATA}"
        while True:
            rows = RefusedRows(self.folder, name)
            with _packed(data) as out:
                gathering = self._gathering(out, rows)
                taken = tuple(map(gathering.take, self.given))
            refused = rows.close()
            if self._conforms(data, len(gathering.seen)):
                break
        _some(taken)
        self._record(taken)
        comparison = compare(target, data, gathering.seen, self.progress) if target.is_file() else None
        written = not self.order.dry and self._publish(refused)
        places = tuple(home / path.name for path in refused)
        return Imported(target, taken, len(gathering.seen), comparison, places, tuple(self.remarks), written)

    def _conforms(self, data: Path, statements: int) -> bool:
        """Whether what comes out conforms to the shapes of the profile; if rows are left out, these are some more."""
        shapes = self.order.profile.shape_quads()
        if not shapes:
            return True
        self.progress("validating against the shapes of the profile")
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            found = Conformance(data, statements, Path(scratch), shapes)
        problems = [*found.problems(self.given, self._making)]
        self.remarks = found.remarks()
        if problems and not (self.order.skip and all(label for label, _ in problems)):
            raise BadRowsError(problems)
        for label, problem in problems:
            self.broken.setdefault(label, {}).setdefault(problem.row, []).append(problem)
        return not problems

    def _gathering(self, out: IO[bytes], rows: RefusedRows) -> Gathering:
        order = self.order

        def refuse(given: Given, row: Row, problems: Sequence[Problem]) -> None:
            rows.add(given.described.name, given.table, row, problems)

        return Gathering(self._making, out, order.skip, order.processes, self.progress, refuse, self.broken)

    @cached_property
    def _making(self) -> Making:
        order = self.order
        return Making(self._origin.graph, order.base, order.prefixes, Withdrawn.read(order.home.parent))

    @property
    def _origin(self) -> ImportOrigin:
        return ImportOrigin(self.order.called, self.order.base, self.order.issued, self.order.retrieved)

    def _record(self, taken: Sequence[Taken]) -> None:
        """Write the record; who imports the same files again need not say again when they were retrieved."""
        order = self.order
        checksums = {path: checksum(path) for path in order.files}
        before = retrieved_before(order.home / f"{order.called}{RECORD}", checksums.values())
        origin = ImportOrigin(
            order.called, order.base, order.issued, order.retrieved or before or _written(order.files)
        )
        quads = record(origin, order.profile, taken, checksums)
        (self.folder / f"{order.called}{RECORD}").write_text(turtle.write(quads), "utf-8")

    def _publish(self, refused: Sequence[Path]) -> bool:
        """Give the drafts their names, all of them, and return whether anything is other than it was."""
        name, home = self.order.called, self.order.home
        drafts = [self.folder / f"{name}{DATA}", self.folder / f"{name}{RECORD}", *refused]
        targets = [home / path.name for path in drafts]
        old = [path for path in home.glob(f"{name}.*{ENDING}") if path not in targets]
        if not old and all(map(_same, drafts, targets)):
            return False
        with _undisturbed():
            commit(self.folder, home, name, drafts, old)
        return True


def _some(taken: Sequence[Taken]) -> None:
    """See that of some row of all tables something is taken, unless no table has any."""
    problems = [(each.given.label, problem) for each in taken for problem in each.problems]
    if problems and not any(each.taken for each in taken):
        raise BadRowsError(problems, "no row can be taken; mend them, or see whether another profile fits")


@contextmanager
def _packed(path: Path) -> Iterator[IO[bytes]]:
    """Give a packed file to write to, whose bytes depend on its content alone."""
    with path.open("wb") as file:
        packed = gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0, compresslevel=6)
        with packed, io.BufferedWriter(packed, _PIECE) as out:
            yield out


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let an interrupt of the keyboard wait."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # another thread than the first gets no signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.stat().st_size == other.stat().st_size and checksum(one) == checksum(other)


def _written(files: Sequence[Path]) -> str:
    """Return the day on which the newest of some files was written."""
    return datetime.fromtimestamp(max(path.stat().st_mtime for path in files), UTC).date().isoformat()
