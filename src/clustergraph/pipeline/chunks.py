"""Large imports, chunk by chunk in processes of their own: what follows from them, and what is wrong with them.

A chunk is looked at in a store in memory together with what is common (ontology, code lists, reference data) and with
what its statements name. A rule or check that joins more than this, such as one that compares all names, says so by a
line ``# whole``, and is run over the finished graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, serialize

from clustergraph.pipeline.checks import Check, Constraints, Impact
from clustergraph.pipeline.division import Division, Progress
from clustergraph.pipeline.impact import Rows
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.rdf.lines import Line
from clustergraph.release.withdrawn import Withdrawn
from clustergraph.release.write import lines_as_they_are, merge
from clustergraph.shacl.findings import Finding
from clustergraph.terms import CATALOGUE, INFERRED, expand

_SOURCE, _TYPE = expand("cg:Source"), expand("rdf:type")
_SECTION = expand("cg:Section")
_SHOWN: Final = 100
"""How many findings of one kind a chunk tells of."""
_END: Final = f"{INFERRED} .\n".encode()


@dataclass(frozen=True)
class Common:
    """What the chunks are looked at with, in files."""

    folder: Path

    @classmethod
    def of(cls, base: Store, project: Project, folder: Path) -> Common:
        """Write what chunks need of a graph without what follows: the part that is common, and the blocks of the rest.

        Common are the statements outside of sources, and what follows from them alone.
        """
        sources = {
            quad.subject for kind in (_SOURCE, _SECTION) for quad in base.quads_for_pattern(None, _TYPE, kind, None)
        }
        common, rest = Store(), list[Quad]()
        for graph in base.named_graphs():
            quads = base.quads_for_pattern(None, None, None, graph)
            if graph in sources:
                rest += quads
            elif graph != CATALOGUE:
                common.extend(quads)
        merge(common)
        infer(common, project.rules)
        (folder / "common.nq").write_bytes(b"".join(lines_as_they_are(common)))
        (folder / "rest.nq").write_bytes(b"".join(lines(rest)))
        return cls(folder)

    @property
    def text(self) -> bytes:
        """The common statements."""
        return (self.folder / "common.nq").read_bytes()

    def blocks(self) -> dict[bytes, bytes]:
        """Return the other statements by their subjects."""
        found = (self.folder / "rest.nq").read_bytes().splitlines(keepends=True)
        return {subject: b"".join(block) for subject, block in groupby(found, lambda line: line[: line.index(b" ")])}


@dataclass(frozen=True)
class Work:
    """What is to be done with the chunks of a division."""

    project: Project
    division: Division
    common: Common
    checked: bool = True
    """Whether it is looked for what is wrong, too."""


@dataclass(frozen=True)
class ChunkResult:
    """What has come of a chunk."""

    statements: int
    inferred: int
    inferred_run: Path
    """The file with the lines that follow, sorted."""
    gone_run: Path | None
    """The file with the lines that are withdrawn, if there are any."""
    findings: tuple[Finding, ...]
    left_out: int
    """How many findings are not told because there are many of their kind."""


def begun(work: Work, pool: Executor) -> list[Future[ChunkResult]]:
    """Have the work done for all chunks."""
    return [pool.submit(do, work, number) for number in range(work.division.chunks)]


def collected(jobs: Sequence[Future[ChunkResult]], statements: int, progress: Progress) -> list[ChunkResult]:
    """Return what has come of all chunks, which have so many statements together."""
    done = list[ChunkResult]()
    for job in as_completed(jobs):
        done.append(job.result())
        said, new = sum(made.statements for made in done), sum(made.inferred for made in done)
        progress(f"inferring and checking: {said:,} of {statements:,} statements, {new:,} follow")
    return done


def do(work: Work, number: int) -> ChunkResult:
    """Infer what follows from a chunk, and check it."""
    text = work.division.chunk(number)
    blocks = _blocks(work.common)
    subjects = {line[: line.index(b" ")] for line in text.splitlines()}
    own = b"".join(blocks[each] for each in subjects if each in blocks)
    around = work.division.named(text + own, blocks)
    store = Store()
    for part in (work.common.text, text, own, around):
        store.bulk_load(part, RdfFormat.N_QUADS)
    gone = _leave_out(store, work.project.withdrawn())
    merge(store)
    new = infer(store, work.project.rules)
    inferred_run = _run(work, f"{number:05}.inferred", sorted(line[:-2] + _END for line in new))
    gone_run = _run(work, f"{number:05}.gone", lines(gone)) if gone else None
    found = _findings(work.project, store, subjects) if work.checked else []
    shown = _few(found)
    return ChunkResult(text.count(b"\n"), len(new), inferred_run, gone_run, tuple(shown), len(found) - len(shown))


def _run(work: Work, name: str, content: Iterable[Line]) -> Path:
    path = work.division.folder / name
    path.write_bytes(b"".join(content))
    return path


@lru_cache(1)
def _blocks(common: Common) -> Mapping[bytes, bytes]:
    return common.blocks()


@lru_cache(1)
def _constraints(project: Project) -> Constraints:
    return Constraints.of(project, checked=True)


def _leave_out(store: Store, withdrawn: Withdrawn) -> list[Quad]:
    gone = list(withdrawn.gone(store)) if withdrawn else []
    for quad in gone:
        store.remove(quad)
    return gone


def local(constraints: Constraints) -> Impact:
    """Return what a chunk is checked for."""
    return Impact(None, {check: Rows(check.query) for check in constraints.checks if not check.whole})


def whole(constraints: Constraints) -> Mapping[Check, Rows]:
    """Return the checks that are run over the finished graph."""
    return {check: Rows(check.query) for check in constraints.checks if check.whole}


def _findings(project: Project, store: Store, subjects: set[bytes]) -> list[Finding]:
    """Return what is wrong with what a chunk describes, or with what nothing describes."""
    constraints = _constraints(project)
    found = constraints.findings(store, local(constraints))
    return [finding for finding in found if is_own(finding.focus.term, store, subjects)]


def is_own(term: object, store: Store, subjects: set[bytes]) -> bool:
    """Whether a finding is about one of some subjects, or about what nothing describes."""
    if str(term).encode() in subjects:
        return True
    return not isinstance(term, NamedNode) or not any(store.quads_for_pattern(term, None, None, DefaultGraph()))


def _few(findings: Sequence[Finding]) -> list[Finding]:
    told, shown = Counter[str](), list[Finding]()
    for finding in findings:
        told[finding.shape.label] += 1
        if told[finding.shape.label] <= _SHOWN:
            shown.append(replace(finding, results=()))
    return shown


def lines(quads: Iterable[Quad]) -> list[Line]:
    """Return the lines of statements in order."""
    text = serialize(quads, format=RdfFormat.N_QUADS)
    assert text is not None
    return sorted(text.splitlines(keepends=True))
