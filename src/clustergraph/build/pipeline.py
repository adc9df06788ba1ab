"""The route from source files to a published release."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import DefaultGraph, Quad, Store

from clustergraph import questions, rules
from clustergraph.build.catalogue import catalogue
from clustergraph.build.changes import Changes
from clustergraph.build.demands import Demands
from clustergraph.build.exports import Exports
from clustergraph.build.inference import infer
from clustergraph.build.manifest import Manifest
from clustergraph.build.positions import Index
from clustergraph.build.release import Releases, merge
from clustergraph.build.sources import Project, read
from clustergraph.errors import InvalidGraphError, ReleaseError
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.scope import affected
from clustergraph.terms import BASE

Progress = Callable[[str], None]


class RejectedError(InvalidGraphError):
    """The graph has violations and is not published."""

    def __init__(self, findings: list[Finding]) -> None:
        """Keep what was found."""
        super().__init__("the graph has violations", advice="mend them and build again")
        self.findings = findings


class LostWritesError(ReleaseError):
    """The files do not have what was written to the current release, so it is not replaced."""

    def __init__(self, lost: Changes) -> None:
        """Keep what would be lost."""
        number = len(lost.removed) + len(lost.added)
        super().__init__(
            f"{number} changes that were written to the current release are not in the files and would be lost",
            advice="`clustergraph changes` shows them: take them into the files, or drop them with --force",
        )
        self.lost = lost


@dataclass(frozen=True)
class Draft:
    """A graph that is built and examined, not yet published."""

    store: Store
    inferred: int
    findings: list[Finding]

    @property
    def valid(self) -> bool:
        """Whether nothing blocks a release."""
        return all(finding.severity is not Severity.VIOLATION for finding in self.findings)


def draft(
    project: Project,
    progress: Progress = lambda _: None,
    shapes: Sequence[Path] = (),
    *,
    engine: str = "sparql",
    before: Store | None = None,
) -> Draft:
    """Read, infer and examine the graph of a project.

    Args:
        project: the project.
        progress: is told what is going on.
        shapes: files or folders of shapes to use instead of the project's own.
        engine: which of the `clustergraph.shacl.validate.ENGINES` validates.
        before: what the graph was; if given, shapes are only applied to what has changed and what that can affect.

    Raises:
        SourceError: a file cannot be read; nothing is built then.
    """
    store, inferred = assemble(project, progress)
    index = Index(project.graph_files(), BASE)
    return Draft(store, inferred, judge(project, store, index, progress, shapes, engine=engine, before=before))


def assemble(project: Project, progress: Progress = lambda _: None) -> tuple[Store, int]:
    """Read the graph of a project and infer what follows; return it, and how many statements were inferred.

    Raises:
        SourceError: a file cannot be read.
    """
    project.check()
    store = Store()
    for path in project.graph_files():
        progress(f"reading {path.relative_to(project.root)}")
        store.bulk_extend(read(path))
    store.extend(catalogue(questions.load(project.queries).values(), rules.load(project.rules)))
    merge(store)
    progress("inferring what follows")
    return store, infer(store, project.rules, lambda rule: progress(f"inferring {rule}"))


def judge(
    project: Project,
    store: Store,
    index: Index,
    progress: Progress = lambda _: None,
    shapes: Sequence[Path] = (),
    *,
    engine: str = "sparql",
    before: Store | None = None,
) -> list[Finding]:
    """Return what the checks and shapes of a project find in a finished graph; see `draft`.

    Raises:
        SourceError: a check or a file of shapes cannot be read.
    """
    demands, bearing = Demands.of(project, shapes), None
    if before is not None:
        old, new = set(_merged(before)), set(_merged(store))
        focus = affected(store, demands.shapes, new - old, old - new)
        bearing = replace(demands.everything, focus=focus)
    return demands.findings(store, bearing, index=index, engine=engine, progress=progress)


def publish(
    project: Project, releases: Releases, progress: Progress = lambda _: None, *, drop_writes: bool = False
) -> tuple[Manifest, list[Finding]]:
    """Build the graph of a project, make it the current release, and return it with its warnings.

    Raises:
        SourceError: a file cannot be read.
        RejectedError: the graph has violations.
        LostWritesError: the files lack what was written to the current release; ``drop_writes`` allows that.
        ReleaseError: the release cannot be written.
    """
    with releases.lock():
        written = Changes((), ()) if drop_writes else releases.written()
        fingerprint, demands = project.fingerprint(), project.demands()
        built = draft(project, progress)
        if not built.valid:
            raise RejectedError(built.findings)
        if lost := written.missing_in(built.store):
            raise LostWritesError(lost)
        progress("writing the release")
        release = releases.write(built.store, fingerprint, built.inferred, len(built.findings), demands=demands)
        folder = releases.root / "releases" / release.digest
        Exports(project.queries, project.shapes).prepare(folder, progress)
        releases.activate(folder)
        return release, built.findings


def _merged(store: Store) -> Iterator[Quad]:
    return store.quads_for_pattern(None, None, None, DefaultGraph())
