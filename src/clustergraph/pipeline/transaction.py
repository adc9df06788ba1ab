"""One change of the published graph: applied in memory, inferred and validated as a build does, and made a new release.

Until the new release is made current nobody sees anything of it; a change that is not valid leaves no trace.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Store, Triple, parse

from clustergraph.engine.sandbox import opening_files
from clustergraph.errors import ClustergraphError, OverLimitError, QueryError, ReleaseError, SourceError
from clustergraph.formats import RDF_FORMATS
from clustergraph.pipeline.audit import audit
from clustergraph.pipeline.checks import Constraints
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions.rules import load
from clustergraph.rdf import scan
from clustergraph.release.artefacts import lines_of
from clustergraph.release.changes import Changes
from clustergraph.release.manifest import STORE, Record, Release
from clustergraph.release.releases import Releases
from clustergraph.release.write import Content, merge
from clustergraph.release.write import write as write_release
from clustergraph.settings import Settings
from clustergraph.shacl import reports
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.sparql.guard import check_update, with_dataset
from clustergraph.sparql.parser import explain
from clustergraph.terms import BASE, CATALOGUE, INFERRED, PREFIXES, is_vocabulary

UPDATE: Final = "update"
PUT: Final = "put"
POST: Final = "post"
DELETE: Final = "delete"
PATCH: Final = "patch"


@dataclass(frozen=True)
class Write:
    """A change that is asked for."""

    kind: str
    """`UPDATE`, or what the Graph Store Protocol does with one graph: `PUT`, `POST`, `DELETE` or `PATCH`."""
    content: bytes = field(default=b"", repr=False)
    """The update in SPARQL, or the statements for the graph."""
    format: str = ""
    """The name of the RDF format of the statements."""
    graph: str = ""
    """The IRI of the one graph."""
    default_graphs: tuple[str, ...] = ()
    """The graphs in which patterns of an update are matched; none for what the update says."""
    named_graphs: tuple[str, ...] = ()
    """The graphs that ``GRAPH`` may name in patterns of an update; none for what the update says."""
    base: str = BASE
    """What relative IRIs of an update are relative to if it does not say so itself."""
    onto: str | None = None
    """The digest of the release that must be current, if it matters."""


@dataclass(frozen=True)
class Outcome:
    """What a change came to."""

    kind: str
    """``written``, ``unchanged``, or why it was not made."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else there is to say, such as the digest of the new release, or a message and advice."""


class RefusedChangeError(ClustergraphError):
    """A change touches what only a build makes, or adds what a graph cannot hold."""


class NoGraphError(ClustergraphError):
    """A change is about a graph that is not there."""


class StoppedError(OverLimitError):
    """Nobody waits for the change any more."""


def change(write: Write, project: Path, releases: Path, settings: Settings) -> Outcome:
    """Make a change, if the graph is valid with it, and return what it came to.

    It is a job for `clustergraph.engine.pool.Pool.run`, about the folders of a project and of its releases.

    Raises:
        StoppedError: its time was over before the new release was current; nothing is changed then.
        ClustergraphError: it cannot be made; see `alter`.
    """
    started, source, there = time.monotonic(), Project(project), Releases(releases)
    with ExitStack() as stack:
        try:
            stack.enter_context(there.lock(settings.write_seconds))
        except ReleaseError:
            return Outcome("busy")
        parent = there.release()
        if write.onto is not None and write.onto != parent.digest:
            return Outcome("moved on", {"release": parent.digest})
        store, before = read(parent.path), there.record(parent.digest)
        changes = alter(store, write, settings)
        if not changes:
            return Outcome("unchanged", _facts(there, parent, changes, started))
        infer_again(store, source)
        content = Content.of(store, parent.path)
        violations, warnings = examine(source, store, parent.path, before, content.changes)
        if violations:
            return Outcome("invalid", json.loads(reports.write(violations, "json")))
        _go_on(started, settings)
        record = Record(before.fingerprint, warnings, source.checks_fingerprint())
        made = write_release(there, store, record, parent, content)
        _go_on(started, settings)
        there.activate(made.path)
        there.prune_writes(settings.kept_writes)
        return Outcome("written", _facts(there, made, changes, started))


def _go_on(started: float, settings: Settings) -> None:
    if time.monotonic() - started > settings.write_seconds:
        message, advice = "the change took too long and is not made", "send it in several parts"
        raise StoppedError(message, limit="write_seconds", value=settings.write_seconds, advice=advice)


def _facts(releases: Releases, release: Release, changes: Changes, started: float) -> dict[str, object]:
    return {
        "release": release.digest,
        "parent": releases.record(release.digest).parent,
        "added": len(changes.added),
        "removed": len(changes.removed),
        "inferred": release.inferred,
        "seconds": round(time.monotonic() - started, 3),
    }


def read(release: Path) -> Store:
    """Return the graph of a release, with the merged graph as its default graph."""
    store = Store()
    store.bulk_extend(parse(b"".join(lines_of(release)), format=RDF_FORMATS["nquads"].engine))
    merge(store)
    return store


def infer_again(store: Store, project: Project) -> None:
    """Replace what was inferred by what follows now; rules may deny as well as affirm, so nothing of it is kept."""
    store.remove_graph(INFERRED)
    store.clear_graph(DefaultGraph())
    merge(store)
    infer(store, project.rules)
    audit(store, load(project.audit))


def examine(
    project: Project, store: Store, parent: Path, known: Record, changes: Changes | None
) -> tuple[list[Finding], int]:
    """Return the violations in a graph, and how many findings do not block; both as a look at all of it finds them.

    Where the parent, of which it is known how it was made, satisfies the same constraints, and what differs is known,
    only that is looked at which the changes can affect.
    """
    satisfied = changes is not None and known.checks == project.checks_fingerprint()
    # If the parent satisfies them, they were well formed.
    constraints, others = Constraints.of(project, checked=satisfied), 0
    impact = constraints.impact(store, changes) if changes is not None and satisfied else None
    if impact and known.warnings:
        before = Store.read_only(str(parent / STORE))
        # Nothing of it was a violation before.
        warnings = {
            check: rows.counted(before, store)
            for check, rows in impact.rows.items()
            if check.severity is not Severity.VIOLATION
        }
        others = known.warnings - len(constraints.findings(before, replace(impact, rows=warnings)))
        impact = replace(impact, rows={**impact.rows, **warnings})
    findings = constraints.findings(store, impact)
    violations = [finding for finding in findings if finding.severity is Severity.VIOLATION]
    return violations, others + len(findings) - len(violations)


def alter(store: Store, write: Write, settings: Settings) -> Changes:
    """Apply a change to a graph and return what differs.

    The default graph of the store must be the merged graph; patterns of an update see it, but only named graphs can be
    changed. After an error the store is of no use.

    Raises:
        RefusedQueryError: an update would call another host.
        OverLimitError: an update is too long or nested too deeply.
        QueryError: an update, or the statements for a graph, are malformed.
        NoGraphError: the one graph that the change is about is not there.
        RefusedChangeError: the change touches a graph that only a build makes, or adds what a graph cannot hold.
    """
    before = _lines(store)
    with opening_files(allowed=False):
        _apply(store, write, settings)
    changes = Changes.between(before, _lines(store))
    _check_graphs(changes)
    _check_nodes(changes)
    return changes


def _lines(store: Store) -> list[bytes]:
    text = store.dump(format=RDF_FORMATS["nquads"].engine)
    assert text is not None
    return text.splitlines(keepends=True)


def _apply(store: Store, write: Write, settings: Settings) -> None:
    if not write.graph:
        text = write.content.decode()
        check_update(text, settings)
        _update(store, text, with_dataset(text, write.default_graphs, write.named_graphs), write.base)
        return
    graph = NamedNode(write.graph)
    held = list(store.quads_for_pattern(None, None, None, graph))
    if write.kind in (DELETE, PATCH) and not held:
        raise NoGraphError(f"there is no graph <{write.graph}>", advice="make it with PUT")
    wanted: list[Quad] = []
    if write.kind == PATCH:
        wanted = _patched(held, write.content.decode(), graph, settings)
    elif write.kind != DELETE:
        wanted = list(_statements(write, graph))
    if write.kind != POST:
        store.remove_graph(graph)
    store.extend(wanted)


def _update(store: Store, text: str, sent: str, base: str) -> None:
    try:
        store.update(sent, base_iri=base, prefixes=PREFIXES)
    except SyntaxError as error:
        raise explain(text, str(error)) from error
    except (RuntimeError, OSError) as error:
        raise RefusedChangeError(f"the update cannot be carried out: {error}") from error


def _statements(write: Write, graph: NamedNode) -> Iterator[Quad]:
    """Yield the statements that are sent for a graph."""
    format_ = RDF_FORMATS[write.format]
    try:
        scan.check(write.content, format_.engine)
        for quad in parse(write.content, format=format_.engine, base_iri=write.graph, rename_blank_nodes=True):
            if quad.graph_name not in (DefaultGraph(), graph):
                raise QueryError(f"there is a statement of another graph, {quad.graph_name}", advice="send one graph")
            yield Quad(quad.subject, quad.predicate, quad.object, graph)
    except SyntaxError as error:
        raise QueryError(f"this is not {format_.name}: {error.msg}", advice="mend the syntax there") from error
    except SourceError as error:
        raise QueryError(f"this is not {format_.name}: {error.message}", advice=error.advice) from error


def _patched(held: list[Quad], text: str, graph: NamedNode, settings: Settings) -> list[Quad]:
    """Return the statements of one graph after an update that sees nothing else."""
    check_update(text, settings)
    alone = Store()
    alone.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in held)
    _update(alone, text, text, graph.value)
    if any(True for _ in alone.named_graphs()):
        raise RefusedChangeError("the patch names a graph", advice="send it to /update, or write it without GRAPH")
    return [Quad(quad.subject, quad.predicate, quad.object, graph) for quad in alone]


def _check_graphs(changes: Changes) -> None:
    touched = Counter(quad.graph_name for quad in (*changes.removed, *changes.added))
    for graph, number in touched.items():
        if not isinstance(graph, NamedNode):
            what = "the default graph, which is the merge of all named graphs and is computed"
            advice = "say which graph is meant: GRAPH <…> { … }, WITH <…>, or ?graph= with its IRI"
        elif graph in (INFERRED, CATALOGUE):
            what = f"<{graph.value}>, which is computed"
            advice = (
                "change the statements that these follow from; "
                "where GRAPH has a variable, add FILTER(?graph NOT IN (graph:inferred, graph:catalogue))"
            )
        elif is_vocabulary(graph):
            what = f"<{graph.value}>, which is a part of the ontology or a code list"
            advice = "change the files in ontology/ and build"
        else:
            continue
        statements = f"{number} statement{'s' if number > 1 else ''}"
        raise RefusedChangeError(f"the change touches {statements} in {what}", advice=advice)


def _check_nodes(changes: Changes) -> None:
    for quad in changes.added:
        if isinstance(quad.object, Triple):
            raise RefusedChangeError("a triple term is not used in this graph", advice="give the statement an IRI")
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            raise RefusedChangeError(
                f"a blank node is added in {quad.graph_name}",
                advice="give it an IRI, so that it can be cited and looked up",
            )
