"""The words for things: their labels in a store."""

from __future__ import annotations

from pyoxigraph import QuerySolutions, Store

from clustergraph.terms import PREFIXES


def labels(store: Store) -> dict[str, str]:
    """Return the label of everything in the default graph that has one, in English where there is a choice."""
    rows = store.query(
        'SELECT ?x ?label { ?x skos:prefLabel|rdfs:label ?label } ORDER BY (LANG(?label) = "en") DESC(?label)',
        prefixes=PREFIXES,
    )
    assert isinstance(rows, QuerySolutions)
    return {row["x"].value: row["label"].value for row in rows}
