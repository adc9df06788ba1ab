"""The dataset that a query is about: the graphs that it, or its request, merges and names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Store

from clustergraph.store.syntax import Token, tokenise
from clustergraph.terms import PREFIXES

Graphs = list[NamedNode | BlankNode | DefaultGraph]


@dataclass(frozen=True)
class Dataset:
    """Graphs to merge as the default graph, and graphs that ``GRAPH`` may name, by IRI."""

    default: tuple[str, ...]
    named: tuple[str, ...]

    @classmethod
    def of(cls, query: str, tokens: Sequence[Token] | None = None) -> Dataset | None:
        """Return the dataset that a query describes with FROM and FROM NAMED; None if it leaves that to the store.

        >>> Dataset.of("SELECT * FROM <g:a> FROM NAMED <g:b> { }")
        Dataset(default=('g:a',), named=('g:b',))

        Raises:
            QuerySyntaxError: a string is not closed, or an IRI could be read in two ways.
        """
        if "from" not in query.lower():
            return None
        found = list(_clauses(list(tokenise(query)) if tokens is None else tokens))
        if not found:
            return None
        return cls(
            tuple(iri for named, iri in found if not named),
            tuple(iri for named, iri in found if named),
        )


def _clauses(tokens: Sequence[Token]) -> Iterator[tuple[bool, str]]:
    """Yield for each FROM clause whether it is FROM NAMED, and the IRI."""
    base, prefixes = "", dict(PREFIXES)
    for number, token in enumerate(tokens):
        following = [*tokens[number + 1 : number + 3], *[_END] * 2]
        if token.keyword == "BASE":
            base = urljoin(base, following[0].text[1:-1])
        elif token.keyword == "PREFIX":
            prefixes[following[0].text.removesuffix(":")] = urljoin(base, following[1].text[1:-1])
        elif token.keyword.startswith("FROM"):
            named = token.keyword == "FROMNAMED" or following[0].keyword == "NAMED"
            name = following[1] if following[0].keyword == "NAMED" else following[0]
            prefix, _, local = name.text.partition(":")
            if name.kind == "iri":
                yield named, urljoin(base, name.text[1:-1])
            elif name.kind == "name" and prefix in prefixes:
                yield named, prefixes[prefix] + local


_END: Final = Token("end", "", 0)


class Merger:
    """Makes stores in which a triple that several graphs have counts once, as it must in a default graph.

    The engine counts it once for each graph. So where a default graph has several, they are copied into one, in
    memory; the copy that was made last is kept for the next query.
    """

    def __init__(self, store: Store) -> None:
        """Take a store whose own default graph is the merge of all its graphs."""
        self._store = store
        self._every: frozenset[str] | None = None
        self._made: tuple[Dataset, Store] | None = None

    def over(self, dataset: Dataset) -> tuple[Store, Graphs, list[NamedNode | BlankNode]]:
        """Return a store and the default and named graphs of it that make up a dataset."""
        named: list[NamedNode | BlankNode] = [NamedNode(iri) for iri in dict.fromkeys(dataset.named)]
        defaults = tuple(dict.fromkeys(dataset.default))
        if len(defaults) < 2:
            return self._store, [NamedNode(iri) for iri in defaults], named
        if self._every is None:
            self._every = frozenset(graph.value for graph in self._store.named_graphs())
        if self._every <= set(defaults):
            return self._store, [DefaultGraph()], named
        key = Dataset(tuple(sorted(defaults)), tuple(sorted(set(dataset.named))))
        if self._made is None or self._made[0] != key:
            self._made = None  # the old copy makes room for the new one
            self._made = (key, self._copy(key))
        return self._made[1], [DefaultGraph()], named

    def _copy(self, dataset: Dataset) -> Store:
        copy = Store()
        for iri in dataset.default:
            found = self._store.quads_for_pattern(None, None, None, NamedNode(iri))
            copy.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in found)
        for iri in dataset.named:
            copy.add_graph(NamedNode(iri))
            copy.extend(self._store.quads_for_pattern(None, None, None, NamedNode(iri)))
        return copy
