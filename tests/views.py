"""A few things in the terms of others, as the queries of a profile make them, and what is said of them there."""

from __future__ import annotations

from collections.abc import Mapping

from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store

from clustergraph.export import profiles
from tests.conftest import ROOT

STATED = "cg:certainty certainty:stated ; cg:scope scope:itself ; cg:phase phase:done ; cg:origin origin:said"
"""What marks a plain statement, of the thing itself, that is so already and that a source makes."""


def view(profile: str, turtle: str) -> Store:
    source, made = Store(), Store()
    source.load(turtle, RdfFormat.TURTLE)
    made.extend(profiles.load(profile, ROOT / "queries", ROOT / "shapes").quads(source))
    return made


def told(store: Store, select: str, spaces: Mapping[str, str]) -> list[tuple[str | None, ...]]:
    """The rows of a query in order, of an IRI the last part."""
    rows = store.query(f"SELECT {select}", prefixes=dict(spaces))
    assert isinstance(rows, QuerySolutions)
    return sorted((tuple(map(written, row)) for row in rows), key=str)


def written(term: NamedNode | Literal | None) -> str | None:
    return term.value.rpartition("/")[2] if isinstance(term, NamedNode) else None if term is None else term.value
