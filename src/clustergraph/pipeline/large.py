"""From files to a release, in flat memory, where imports are too large for the whole graph to be held at once.

The release is the one that the other way would give: what follows, what is wrong, and the digest are the same.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import IO, Final, TypeAlias

from pyoxigraph import RdfFormat, Store

from clustergraph.pipeline import chunks
from clustergraph.pipeline.audit import audit
from clustergraph.pipeline.checks import Constraints, placed
from clustergraph.pipeline.chunks import ChunkResult, Common, Work
from clustergraph.pipeline.division import CHUNK, Division, merged, sort
from clustergraph.pipeline.imported_names import ImportedNames
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.stated import stated
from clustergraph.questions import rules
from clustergraph.rdf.lines import Line, canonical
from clustergraph.rdf.places import Places
from clustergraph.release.write import Draft, merge, named
from clustergraph.shacl.findings import Finding, in_order
from clustergraph.terms import INFERRED

Progress: TypeAlias = Callable[[str], None]
LARGE: Final = 2_000_000
"""From so many bytes, compressed, imports are not held in memory; that is a quarter of a million statements."""
_PROCESSES: Final = 2
_INFERRED: Final = str(INFERRED).encode()


def large(project: Project) -> list[Path]:
    """Return the files of imports that are too large to be held in memory with the rest."""
    files = sorted((project.data / "imports").glob("*.nq.gz"))
    return files if sum(path.stat().st_size for path in files) >= LARGE else []


def timed(progress: Progress) -> Progress:
    """Return what tells of progress, and how many seconds have passed."""
    start = monotonic()
    return lambda text: progress(f"{text} ({monotonic() - start:.0f} s)")


@dataclass(frozen=True)
class Build:
    """A build of a graph with large imports."""

    project: Project
    imports: Sequence[Path]
    progress: Progress
    size: int = CHUNK

    def fill(self, draft: Draft) -> list[Finding]:
        """Fill the draft of a release, and return what is wrong with it."""
        with tempfile.TemporaryDirectory(prefix="large-", dir=draft.folder) as name, _pool() as pool:
            return self._fill(draft, Path(name), pool)

    def _fill(self, draft: Draft, folder: Path, pool: Executor) -> list[Finding]:
        base = stated(self.project, [path for path in self.project.graph_files() if path not in self.imports])
        division = self._divided(folder, pool, ImportedNames.of(base))
        self.progress(f"dividing {division.statements:,} statements into {division.chunks} chunks")
        work = Work(self.project, division, Common.of(base, self.project, folder))
        jobs = chunks.begun(work, pool)
        findings = self._base(base, division)
        done = chunks.collected(jobs, division.statements, self.progress)
        store = self._loaded(draft, folder, self._lines(base, division, done))
        findings += self._whole(store)
        self._taken(draft, folder, store)
        return self._told(findings, done)

    def _divided(self, folder: Path, pool: Executor, names: ImportedNames) -> Division:
        runs = sort(self.imports, folder, pool, self.progress)
        division = Division.of(runs, folder, names, self.size)
        for run in runs:
            run.unlink()
        return division

    def _base(self, base: Store, division: Division) -> list[Finding]:
        """Infer what follows from the rest of the graph, with what it names of the imports, and check it."""
        self.progress("inferring and checking what is not imported")
        text = b"".join(chunks.lines(named(base)))
        own = {line[: line.index(b" ")] for line in text.splitlines()}
        base.load(division.described(own) + division.named(text, {}), RdfFormat.N_QUADS)
        self.project.withdrawn().leave_out(base)
        merge(base)
        infer(base, self.project.rules)
        constraints = Constraints.of(self.project)
        places = Places([path for path in self.project.graph_files() if path not in self.imports], None)
        found = constraints.findings(base, chunks.local(constraints), places=places)
        return [each for each in found if chunks.is_own(each.focus.term, base, own)]

    def _lines(self, base: Store, division: Division, done: Iterable[ChunkResult]) -> Iterator[Line]:
        """Yield all statements in order: what follows only where nothing states it, and nothing that is withdrawn."""
        runs = [made.inferred_run for made in done]
        gone = merged([made.gone_run for made in done if made.gone_run])
        every = heapq.merge(merged([division.said, *runs]), canonical(named(base)))
        return _once(_without(every, gone))

    def _loaded(self, draft: Draft, folder: Path, lines: Iterable[Line]) -> Store:
        """Write the lines into a file, and load them into the store at the same time."""
        self.progress("merging and loading")
        with (folder / "all.nq").open("wb") as file:
            return draft.load_lines(
                _written(lines, file), lambda loaded: self.progress(f"loading the store: {loaded:,} statements")
            )

    def _whole(self, store: Store) -> list[Finding]:
        """Return what is wrong with the graph as a whole."""
        self.progress("checking the whole")
        constraints = Constraints.of(self.project, checked=True)
        places = Places([path for path in self.project.graph_files() if path not in self.imports], None)
        found = chunks.whole(constraints).items()
        return [each for check, rows in found for each in check.findings(rows, store, places)]

    def _taken(self, draft: Draft, folder: Path, store: Store) -> None:
        """Audit the graph, and write the dump that the release is named by."""
        told = rules.load(self.project.audit)
        new = audit(store, told, lambda rule: self.progress(f"auditing {rule}"))
        store.flush()
        self.progress("writing the dump")
        with (folder / "all.nq").open("rb") as file:
            draft.take(heapq.merge(file, chunks.lines(new)))

    def _told(self, findings: Iterable[Finding], done: Iterable[ChunkResult]) -> list[Finding]:
        found = dict.fromkeys([*findings, *(each for made in done for each in made.findings)])
        if left := sum(made.left_out for made in done):
            self.progress(f"{left:,} more findings of the same kinds are not told")
        return in_order(placed([*found], self.imports))


@contextmanager
def _pool() -> Iterator[Executor]:
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _without(lines: Iterable[Line], gone: Iterator[Line]) -> Iterator[Line]:
    """Yield ordered lines but for others, which are in order too."""
    next_gone = next(gone, b"")
    for line in lines:
        while next_gone and next_gone < line:
            next_gone = next(gone, b"")
        if line != next_gone:
            yield line


def _written(lines: Iterable[Line], file: IO[bytes]) -> Iterator[Line]:
    """Yield lines that are written into a file."""
    for line in lines:
        file.write(line)
        yield line


def _once(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield each of some ordered lines once, and those of what follows only where nothing states it."""
    for _, same in groupby(lines, lambda line: line[: line.rindex(b" <")]):
        stated_in = dict.fromkeys(same)
        if len(stated_in) > 1:
            stated_in = {line: None for line in stated_in if line.rsplit(b" ", 2)[1] != _INFERRED} or stated_in
        yield from stated_in
