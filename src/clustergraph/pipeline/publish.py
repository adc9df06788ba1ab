"""The routes to a published release: from source files, and from a dump, in flat memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pyoxigraph import DefaultGraph, Store

from clustergraph.errors import ClustergraphError, ReleaseError, SourceError, Where
from clustergraph.export.dump import counted
from clustergraph.pipeline import exports
from clustergraph.pipeline.audit import audit
from clustergraph.pipeline.checks import Constraints
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.large import Build, large, timed
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.stated import stated
from clustergraph.questions import rules
from clustergraph.rdf import lines
from clustergraph.rdf.files import told
from clustergraph.rdf.places import Places
from clustergraph.release.changes import Changes
from clustergraph.release.manifest import Record, Release
from clustergraph.release.releases import Releases
from clustergraph.release.withdrawn import Withdrawn
from clustergraph.release.write import Draft, merge, write
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.scope import affected

Progress = Callable[[str], None]


class RejectedError(ClustergraphError):
    """The graph has violations and is not published."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("the graph has violations", advice="mend them and build again")
        self.findings = findings


class LostWritesError(ReleaseError):
    """The files do not have what was written to the current release, so it is not replaced."""

    def __init__(self, lost: Changes) -> None:
        super().__init__(
            f"{len(lost)} changes that were written to the current release are not in the files and would be lost",
            advice="`clustergraph changes` shows them: take them into the files, or drop them with --force",
        )
        self.lost = lost


def draft(
    project: Project,
    progress: Progress = lambda _: None,
    shapes: Sequence[Path] = (),
    *,
    engine: str = "sparql",
    before: Store | None = None,
) -> tuple[Store, list[Finding]]:
    """Read, infer and check the graph of a project, and return it with what is wrong with it.

    Files or folders of shapes take the place of the project's own. If it is given what the graph was before, shapes are
    only applied to what has changed and what that can affect.
    """
    store, impact = assemble(project, progress), None
    constraints = Constraints.of(project, shapes)
    if before is not None:
        old, new = (set(each.quads_for_pattern(None, None, None, DefaultGraph())) for each in (before, store))
        impact = replace(constraints.everything(), focus=affected(store, constraints.shapes, new - old, old - new))
    places = Places(project.graph_files(), None)
    findings = constraints.findings(store, impact, places=places, engine=engine, progress=progress)
    return store, [finding for finding in findings if project.minds(finding)]


def assemble(project: Project, progress: Progress = lambda _: None) -> Store:
    """Read the graph of a project and infer what follows; `SourceError` if a file cannot be read."""
    store = stated(project, project.graph_files(), progress)
    project.withdrawn().leave_out(store)
    merge(store)
    progress("inferring what follows")
    infer(store, project.rules, lambda rule: progress(f"inferring {rule}"))
    audit(store, rules.load(project.audit), lambda rule: progress(f"auditing {rule}"))
    return store


def publish(
    project: Project, releases: Releases, progress: Progress = lambda _: None, *, drop_writes: bool = False
) -> tuple[Release, list[Finding]]:
    """Build the graph of a project, make it the current release, and return it with its warnings.

    Raises:
        SourceError: a file cannot be read.
        RejectedError: the graph has violations.
        LostWritesError: the files lack what was written to the current release; ``drop_writes`` allows that.
        ReleaseError: the release cannot be written.
    """
    with releases.lock():
        written = Changes() if drop_writes else releases.written()
        fingerprint, checks = project.fingerprint(), project.checks_fingerprint()
        if imports := large(project):
            return _publish_large(Build(project, imports, timed(progress)), releases, written, fingerprint)
        store, findings = draft(project, progress)
        _refuse(findings)
        if withdrawn := project.withdrawn():
            withdrawn.write(releases.root)
        if lost := written.missing_in(store):
            raise LostWritesError(lost)
        progress("writing the release")
        record = Record(warnings=len(findings), checks=checks)
        release = write(releases, store, record)
        exports.prepare(release.path, project, progress)
        # Not before all is made of it: who finds this need not build again.
        releases.note(release.digest, replace(record, fingerprint=fingerprint))
        releases.activate(release.path)
        return release, findings


def _publish_large(
    build: Build, releases: Releases, written: Changes, fingerprint: str
) -> tuple[Release, list[Finding]]:
    """Publish a graph with large imports; its files for download are left to ``clustergraph export all``."""
    if written:
        raise LostWritesError(written)
    with Draft.begun(releases) as made:
        findings = [each for each in build.fill(made) if build.project.minds(each)]
        _refuse(findings)
        if withdrawn := build.project.withdrawn():
            withdrawn.write(releases.root)
        record = Record(warnings=len(findings), checks=build.project.checks_fingerprint())
        release = made.name(record)
    exports.prepare(release.path, build.project, build.progress, files=False)
    releases.note(release.digest, replace(record, fingerprint=fingerprint))
    releases.activate(release.path)
    build.progress(f"{release.quads:,} statements; the files for download are made by: clustergraph export all")
    return release, findings


def restore(
    path: Path,
    project: Project,
    releases: Releases,
    progress: Progress = lambda _: None,
    *,
    validate: bool = True,
    files: bool = True,
    force: bool = False,
) -> tuple[Release, list[Finding]]:
    """Make a release of a dump, make it current, and return it with what was found in it.

    The same statements give the same digest. Without ``validate`` nothing is found, without ``files`` those for
    download are left to ``clustergraph export all``; ``force`` publishes it whatever is found, and loses writes.

    Raises:
        SourceError: the file is not well formed or empty, or has statements outside named graphs.
        RejectedError: the graph has violations.
        LostWritesError: the current release was written to.
        ReleaseError: the release cannot be written.
    """
    with releases.lock(), told(releases.root):
        if not force and (written := releases.written()):
            raise LostWritesError(written)
        with Draft.begun(releases) as made:
            read_quads = counted(lines.read(path), progress, f"reading {path.name}")
            made.take(_in_graphs(lines.canonical(lines.stored(read_quads)), path, project.withdrawn()))
            if not made.counts.quads:
                raise SourceError("it holds no statements", where=Where(path), advice="name the file of a dump")
            findings: list[Finding] = []
            if not made.known():
                progress("loading")
                store = made.load()
                findings = Constraints.of(project).findings(store, progress=progress) if validate else []
                del store  # nobody else keeps it open
            if not force:
                _refuse(findings)
            release = made.name(Record(f"import of {made.digest}", len(findings)))
        exports.prepare(release.path, project, progress, files=files)
        releases.activate(release.path)
        return release, findings


def _refuse(findings: list[Finding]) -> None:
    if any(finding.severity is Severity.VIOLATION for finding in findings):
        raise RejectedError(findings)


def _in_graphs(dumped: Iterable[lines.Line], path: Path, withdrawn: Withdrawn) -> Iterator[lines.Line]:
    """Yield lines, each of which must be a statement in a named graph, and not of what is withdrawn."""
    gone = [each.iri.encode() for each in withdrawn.listed]
    for line in dumped:
        if not lines.Statement.of(line).graph:
            raise SourceError(
                f"a statement stands in no named graph: {line.decode().strip()[:200]}",
                where=Where(path),
                advice="import N-Quads, TriG or JSON-LD: a Turtle dump has lost the sections",
            )
        if gone and any(iri in line for iri in gone) and withdrawn.names(*lines.quads_of([line])):
            raise SourceError(
                f"it has what was withdrawn: {line.decode().strip()[:200]}",
                where=Where(path),
                advice="import a dump that was made after the withdrawal",
            )
        yield line
