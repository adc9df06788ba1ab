"""The process that makes one change of the published graph: a new release that is valid, or no trace.

It reads the current release, applies the change in memory, infers and validates as a build does, writes a new release
beside the old one and makes it current. Until that last step nobody sees anything of it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pyoxigraph import DefaultGraph, Store, parse

from clustergraph.build.alter import NoGraphError, RefusedChangeError, alter
from clustergraph.build.changes import Changes
from clustergraph.build.demands import Demands
from clustergraph.build.derive import dump
from clustergraph.build.inference import infer
from clustergraph.build.manifest import Manifest
from clustergraph.build.release import Content, Releases, merge
from clustergraph.build.sources import Project
from clustergraph.config import Settings
from clustergraph.errors import ClustergraphError, QueryError, RefusedQueryError, ReleaseError
from clustergraph.formats import RDF_FORMATS
from clustergraph.shacl import reports
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.store import OverLimitError
from clustergraph.store.syntax import QuerySyntaxError
from clustergraph.store.writes import Outcome, Task, Write
from clustergraph.terms import INFERRED

try:
    import resource
except ImportError:  # Windows has no such limits.
    resource = None  # type: ignore[assignment]  # the module is optional


class StoppedError(ClustergraphError):
    """Nobody waits for the change any more."""


def make(
    project: Project, releases: Releases, write: Write, settings: Settings, go_on: Callable[[], None] = lambda: None
) -> Outcome:
    """Make a change, if the graph is valid with it, and return what it came to.

    Args:
        project: where the shapes, checks and rules are.
        releases: where the graph is.
        write: the change.
        settings: the limits.
        go_on: is called before the new release is made current; what it raises is raised, and nothing is changed.

    Raises:
        ReleaseError: a release cannot be read or written.
        SourceError: a file of the project cannot be read.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        try:
            stack.enter_context(releases.lock(settings.write_seconds))
        except ReleaseError:
            return Outcome("busy")
        parent = releases.current()
        if parent is None:
            raise ReleaseError(f"there is no release in {releases.root}", advice="run `clustergraph build` first")
        if write.onto is not None and write.onto != parent.name:
            return Outcome("moved on", {"release": parent.name})
        store = read(parent)
        changes = alter(store, write, settings)
        if not changes:
            return Outcome("unchanged", _facts(Manifest.read(parent), 0, 0, started))
        inferred = infer_again(store, project)
        content = Content.of(store, parent)
        violations, warnings = examine(project, store, parent, content.changes)
        if violations:
            return Outcome("invalid", _report(violations))
        go_on()
        fingerprint = Manifest.read(parent).fingerprint
        written = releases.write(
            store, fingerprint, inferred, warnings, parent, demands=project.demands(), content=content
        )
        go_on()
        releases.activate(releases.root / "releases" / written.digest)
        releases.prune_writes(settings.kept_writes)
        return Outcome("written", _facts(written, len(changes.added), len(changes.removed), started))


def read(release: Path) -> Store:
    """Return the graph of a release, with the merged graph as its default graph."""
    store = Store()
    store.bulk_extend(parse(b"".join(dump(release)), format=RDF_FORMATS["nquads"].engine))
    merge(store)
    return store


def infer_again(store: Store, project: Project) -> int:
    """Replace what was inferred by what follows now; rules may deny as well as affirm, so nothing of it is kept."""
    store.remove_graph(INFERRED)
    store.clear_graph(DefaultGraph())
    merge(store)
    return infer(store, project.rules)


def examine(project: Project, store: Store, parent: Path, changes: Changes | None) -> tuple[list[Finding], int]:
    """Return the violations in a graph, and how many findings do not block; both as a look at all of it finds them.

    Where the parent is known to satisfy the same demands, only that is looked at which the changes can bear on.

    Args:
        project: where the shapes and checks are.
        store: the finished graph.
        parent: the release that was changed.
        changes: what differs from it; None if that is not known.
    """
    demands, known = Demands.of(project), Manifest.read(parent)
    bearing = None
    if changes is not None and known.demands == project.demands():
        # The parent satisfies them, so they were well formed.
        demands.shapes.checked = True
        bearing = demands.bearing(store, changes.added, changes.removed)
    if bearing is None or not bearing.named:
        return _split(demands.findings(store), 0)
    gone = 0
    if known.warnings:
        # Nothing of it was a violation before.
        gone = len(demands.findings(Store.read_only(str(parent / "store")), demands.of_warnings(bearing)))
    return _split(demands.findings(store, bearing), known.warnings - gone)


def _split(findings: list[Finding], others: int) -> tuple[list[Finding], int]:
    violations = [finding for finding in findings if finding.severity is Severity.VIOLATION]
    return violations, others + len(findings) - len(violations)


def _facts(release: Manifest, added: int, removed: int, started: float) -> dict[str, object]:
    seconds = round(time.monotonic() - started, 3)
    return {
        "release": release.digest, "parent": release.parent, "added": added, "removed": removed,
        "inferred": release.inferred, "seconds": seconds,
    }  # fmt: skip


def _report(findings: list[Finding]) -> dict[str, object]:
    report: dict[str, object] = json.loads(reports.write(findings, "json"))
    return report


def attempt(task: Task, go_on: Callable[[], None] = lambda: None) -> Outcome:
    """Make the change of a task and return what it came to, also where that is an error."""
    settings = Settings(**task.settings)  # type: ignore[arg-type]  # they were made from settings
    try:
        return make(Project(Path(task.project)), Releases(Path(task.releases)), task.write, settings, go_on)
    except QuerySyntaxError as error:
        place = {"line": error.line, "column": error.column, "excerpt": error.excerpt}
        return _error("malformed", error, **place)
    except OverLimitError as error:
        return _error("over limit", error, limit={"name": error.limit, "value": error.value})
    except MemoryError:
        return Outcome("memory")
    except ClustergraphError as error:
        kinds = {
            QueryError: "malformed", RefusedQueryError: "forbidden", RefusedChangeError: "refused",
            NoGraphError: "missing", StoppedError: "late",
        }  # fmt: skip
        return _error(kinds.get(type(error), "failed"), error)


def _error(kind: str, error: ClustergraphError, **more: object) -> Outcome:
    where = f"{error.where}: " if error.where else ""
    return Outcome(kind, {"message": f"{where}{error.message}", "advice": error.advice, **more})


def serve() -> None:
    """Be the process: a task from standard input, its outcome to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent, started = os.getppid(), time.monotonic()
    task = Task.read(sys.stdin.buffer.read())
    seconds = float(task.settings["write_seconds"])
    _limit(int(task.settings["write_memory_mb"]) << 20, 2 * seconds)

    def go_on() -> None:
        if time.monotonic() - started > seconds or os.getppid() != parent:
            raise StoppedError("nobody waits for the change any more")

    outcome = attempt(task, go_on)
    sys.stdout.buffer.write(outcome.send())
    sys.stdout.buffer.flush()


def _limit(memory_bytes: int, seconds: float) -> None:
    """Limit what the process may take, should nobody be left to end it."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, resource.getrlimit(resource.RLIMIT_DATA)[1]))
