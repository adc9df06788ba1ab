"""The route from source files to a published release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyoxigraph import DefaultGraph, Quad, Store

from clustergraph.build.checks import run_checks
from clustergraph.build.inference import infer
from clustergraph.build.locate import Locator
from clustergraph.build.release import Manifest, Releases, manifest, merge
from clustergraph.build.sources import Project, rdf_files, read, read_all
from clustergraph.errors import InvalidGraphError
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.validate import validate

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Draft:
    """A graph that is built and examined, not yet published."""

    store: Store
    inferred: int
    findings: list[Finding]

    @property
    def violations(self) -> list[Finding]:
        """The findings that block a release."""
        return [finding for finding in self.findings if finding.severity is Severity.VIOLATION]


def draft(project: Project, progress: Progress = lambda _: None) -> Draft:
    """Read, infer and examine the graph of a project.

    Raises:
        SourceError: a file cannot be read; nothing is built then.
    """
    project.check()
    store = Store()
    for path in project.graph_files():
        progress(f"reading {path.relative_to(project.root)}")
        store.bulk_extend(read(path))
    progress("inferring")
    merge(store)
    inferred = infer(store, project.rules, lambda rule: progress(f"inferring: {rule}"))
    progress("checking")
    locator = Locator(project.graph_files())
    findings = run_checks(store, project.checks, locator)
    progress("validating")
    merged = list(store.quads_for_pattern(None, None, None, DefaultGraph()))
    shapes = read_all(rdf_files(project.shapes))
    findings += validate(merged, shapes, label=labels(merged), locate=locator)
    return Draft(store, inferred, findings)


def publish(
    project: Project, releases: Releases, progress: Progress = lambda _: None
) -> tuple[Manifest, list[Finding]]:
    """Build the graph of a project, make it the current release, and return it with its warnings.

    Raises:
        SourceError: a file cannot be read.
        InvalidGraphError: the graph has violations; `findings` of the error holds them.
        ReleaseError: the release cannot be written.
    """
    with releases.lock():
        built = draft(project, progress)
        if built.violations:
            raise InvalidFindingsError(built.findings)
        progress("writing the release")
        written = releases.write(built.store, project.fingerprint(), built.inferred, len(built.findings))
        releases.activate(releases.root / "releases" / written.digest)
        return written, built.findings


def up_to_date(project: Project, releases: Releases) -> Manifest | None:
    """Return the current release if it was built from the files as they are now."""
    current = releases.current()
    if current is None:
        return None
    found = manifest(current)
    return found if found.fingerprint == project.fingerprint() else None
