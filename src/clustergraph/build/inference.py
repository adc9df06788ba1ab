"""What follows from the graph: OWL axioms and rule queries, run until nothing new comes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pyoxigraph import DefaultGraph, Quad, QueryBoolean, QuerySolutions, Store

from clustergraph.axioms import Axiom, axioms
from clustergraph.build.sources import query_error
from clustergraph.errors import SourceError, Where
from clustergraph.rules import Rule, load
from clustergraph.store.rewrite import rewrite
from clustergraph.terms import INFERRED, PREFIXES

_ROUNDS = 50


def infer(store: Store, rule_folder: Path, progress: Callable[[str], None] = lambda _: None) -> int:
    """Add to a store what follows, in its default graph and in the graph of inferred statements.

    The default graph must hold the triples of all graphs. Returns how many triples were added.

    Raises:
        SourceError: a rule is not well formed.
    """
    compiled, queries = axioms(store), load(rule_folder)
    count = 0
    for _ in range(_ROUNDS):
        added = _to_fixpoint(store, compiled)
        for rule in queries:
            progress(rule.name)
            added += _apply(store, rule)
        count += added
        if not added:
            return count
    raise RuntimeError(f"the rules did not come to an end after {_ROUNDS} rounds")


def _to_fixpoint(store: Store, compiled: list[Axiom]) -> int:
    before = start = len(store)
    while True:
        for axiom in compiled:
            store.update(axiom.update())
        if len(store) == before:
            return (before - start) // 2
        before = len(store)


def _apply(store: Store, rule: Rule) -> int:
    try:
        result = store.query(rewrite(rule.query), prefixes=PREFIXES)
    except SyntaxError as error:
        raise query_error(rule.path, rule.query, error) from error
    if isinstance(result, QueryBoolean | QuerySolutions):
        raise SourceError("a rule must be a CONSTRUCT query", where=Where(rule.path))
    found = {Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in result}
    new = [quad for quad in found if quad not in store]
    store.extend(new)
    store.extend(Quad(quad.subject, quad.predicate, quad.object, INFERRED) for quad in new)
    return len(new)
