"""The words for things: their labels in a store."""

from __future__ import annotations

from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, QuerySolutions, Store

from clustergraph.terms import PREFIXES, compact, expand

_NAMES: Final = (expand("skos:prefLabel"), expand("rdfs:label"))


def labels(store: Store) -> dict[str, str]:
    """Return the label of everything in the default graph that has one, in English where there is a choice."""
    rows = store.query(
        'SELECT ?x ?label { ?x skos:prefLabel|rdfs:label ?label } ORDER BY (LANG(?label) = "en") DESC(?label)',
        prefixes=PREFIXES,
    )
    assert isinstance(rows, QuerySolutions)
    return {row["x"].value: row["label"].value for row in rows}


def label(store: Store, node: NamedNode) -> str:
    """Return the label of one thing in the default graph, chosen as in `labels`, or else its short name."""
    found = (quad.object for name in _NAMES for quad in store.quads_for_pattern(node, name, None, DefaultGraph()))
    best = min(((each.language != "en", each.value) for each in found if isinstance(each, Literal)), default=None)
    return best[1] if best else compact(node.value)
