"""The route from source files to a published release."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import DefaultGraph, Store

from clustergraph import questions
from clustergraph.build import checks
from clustergraph.build.catalogue import catalogue
from clustergraph.build.inference import infer
from clustergraph.build.positions import Index
from clustergraph.build.release import Manifest, Releases, merge
from clustergraph.build.sources import Project, rdf_files, read, read_all
from clustergraph.errors import InvalidGraphError
from clustergraph.shacl.findings import Finding, Severity, in_order
from clustergraph.shacl.validate import validate
from clustergraph.store.labels import labels
from clustergraph.terms import BASE, compact

Progress = Callable[[str], None]


class RejectedError(InvalidGraphError):
    """The graph has violations and is not published."""

    def __init__(self, findings: list[Finding]) -> None:
        """Keep what was found."""
        super().__init__("the graph has violations", advice="mend them and build again")
        self.findings = findings


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


def draft(project: Project, progress: Progress = lambda _: None, shapes: Sequence[Path] = ()) -> Draft:
    """Read, infer and examine the graph of a project.

    Args:
        project: the project.
        progress: is told what is going on.
        shapes: files or folders of shapes to use instead of the project's own.

    Raises:
        SourceError: a file cannot be read; nothing is built then.
    """
    project.check()
    files = project.graph_files()
    store = Store()
    for path in files:
        progress(f"reading {path.relative_to(project.root)}")
        store.bulk_extend(read(path))
    store.extend(catalogue(questions.load(project.queries).values()))
    merge(store)
    progress("inferring what follows")
    inferred = infer(store, project.rules, lambda rule: progress(f"inferring {rule}"))
    index, words = Index(files, BASE), labels(store)
    progress("checking")
    findings = list(checks.run(store, checks.load(project.checks), words, index))
    progress("validating against the shapes")
    findings += _validate(store, rdf_files(*(shapes or [project.shapes])), words, index)
    return Draft(store, inferred, in_order(findings))


def examine(data: Sequence[Path], shapes: Sequence[Path], progress: Progress = lambda _: None) -> list[Finding]:
    """Validate any RDF files against any shapes, without inference or checks.

    Raises:
        SourceError: a file cannot be read.
    """
    files = rdf_files(*data)
    progress("reading")
    store = Store()
    store.extend(read_all(files))
    merge(store)
    progress("validating")
    return in_order(_validate(store, rdf_files(*shapes), labels(store), Index(files, BASE)))


def publish(
    project: Project, releases: Releases, progress: Progress = lambda _: None
) -> tuple[Manifest, list[Finding]]:
    """Build the graph of a project, make it the current release, and return it with its warnings.

    Raises:
        SourceError: a file cannot be read.
        RejectedError: the graph has violations.
        ReleaseError: the release cannot be written.
    """
    with releases.lock():
        fingerprint = project.fingerprint()
        built = draft(project, progress)
        if not built.valid:
            raise RejectedError(built.findings)
        progress("writing the release")
        written = releases.write(built.store, fingerprint, built.inferred, len(built.findings))
        releases.activate(releases.root / "releases" / written.digest)
        return written, built.findings


def _validate(store: Store, shapes: list[Path], words: dict[str, str], index: Index) -> list[Finding]:
    merged = store.quads_for_pattern(None, None, None, DefaultGraph())
    return validate(
        merged,
        read_all(shapes),
        label=lambda node: words.get(node.value) or compact(node.value),
        locate=index.find,
    )
