"""A change applied to the statements of a graph in memory, and what it may not touch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Store, Triple, parse

from clustergraph.build.changes import Changes
from clustergraph.config import Settings
from clustergraph.errors import ClustergraphError, QueryError
from clustergraph.formats import RDF_FORMATS
from clustergraph.store import updates, writes
from clustergraph.store.confinement import no_files
from clustergraph.store.syntax import explain
from clustergraph.store.writes import Write
from clustergraph.terms import CATALOGUE, GRAPH, INFERRED, PREFIXES

_VOCABULARY: Final = (GRAPH + "ontology/", GRAPH + "schemes/")


class RefusedChangeError(ClustergraphError):
    """A change touches what only a build makes, or adds what a graph cannot hold."""


class NoGraphError(ClustergraphError):
    """A change is about a graph that is not there."""


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
    with no_files():
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
    graph = NamedNode(write.graph) if write.graph else None
    if graph is None:
        text = write.content.decode()
        updates.check(text, settings)
        _update(store, text, updates.with_dataset(text, write.default_graphs, write.named_graphs))
        return
    held = list(store.quads_for_pattern(None, None, None, graph))
    if write.kind in (writes.DELETE, writes.PATCH) and not held:
        raise NoGraphError(f"there is no graph <{write.graph}>", advice="make it with PUT")
    if write.kind == writes.PATCH:
        wanted = _patched(held, write.content.decode(), graph, settings)
    else:
        wanted = list(_statements(write, graph))
    if write.kind != writes.POST:
        for quad in held:
            store.remove(quad)
    store.extend(wanted)


def _update(store: Store, text: str, sent: str) -> None:
    try:
        store.update(sent, prefixes=PREFIXES)
    except SyntaxError as error:
        raise explain(text, str(error)) from error
    except (RuntimeError, OSError) as error:
        raise RefusedChangeError(f"the update cannot be carried out: {error}") from error


def _statements(write: Write, graph: NamedNode) -> Iterator[Quad]:
    """Yield the statements that are sent for a graph."""
    if write.kind == writes.DELETE:
        return
    format_ = RDF_FORMATS[write.format]
    try:
        for quad in parse(write.content, format=format_.engine, base_iri=write.graph, rename_blank_nodes=True):
            if quad.graph_name not in (DefaultGraph(), graph):
                raise QueryError(f"there is a statement of another graph, {quad.graph_name}", advice="send one graph")
            yield Quad(quad.subject, quad.predicate, quad.object, graph)
    except SyntaxError as error:
        raise QueryError(f"this is not {format_.name}: {error.msg}", advice="mend the syntax there") from error


def _patched(held: list[Quad], text: str, graph: NamedNode, settings: Settings) -> list[Quad]:
    """Return the statements of one graph after an update that sees nothing else."""
    updates.check(text, settings)
    alone = Store()
    alone.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in held)
    _update(alone, text, text)
    if any(True for _ in alone.named_graphs()):
        raise RefusedChangeError("the patch names a graph", advice="send it to /update, or write it without GRAPH")
    return [Quad(quad.subject, quad.predicate, quad.object, graph) for quad in alone]


def _check_graphs(changes: Changes) -> None:
    touched = Counter(quad.graph_name for quad in (*changes.removed, *changes.added))
    for graph, number in touched.items():
        what = f"the change touches {number} statement{'s' if number > 1 else ''} in"
        if not isinstance(graph, NamedNode):
            raise RefusedChangeError(
                f"{what} the default graph, which is the merge of all named graphs and is computed",
                advice="say which graph is meant: GRAPH <…> { … }, WITH <…>, or ?graph= with its IRI",
            )
        if graph in (INFERRED, CATALOGUE):
            raise RefusedChangeError(
                f"{what} <{graph.value}>, which is computed",
                advice="change the statements that these follow from; "
                "where GRAPH has a variable, add FILTER(?graph NOT IN (graph:inferred, graph:catalogue))",
            )
        if graph.value.startswith(_VOCABULARY):
            raise RefusedChangeError(
                f"{what} <{graph.value}>, which is a part of the ontology or a code list",
                advice="change the files in ontology/ and build",
            )


def _check_nodes(changes: Changes) -> None:
    for quad in changes.added:
        if isinstance(quad.object, Triple):
            raise RefusedChangeError("a triple term is not used in this graph", advice="give the statement an IRI")
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            raise RefusedChangeError(
                f"a blank node is added in {quad.graph_name}",
                advice="give it an IRI, so that it can be cited and looked up",
            )
