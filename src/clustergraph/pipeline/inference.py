"""What follows from the graph: OWL axioms and rule queries, run until nothing new comes out."""

from collections.abc import Callable
from pathlib import Path

from pyoxigraph import DefaultGraph, Quad, QueryBoolean, QuerySolutions, Store

from clustergraph.errors import SourceError, Where
from clustergraph.questions.rules import Axiom, Rule, axioms, load
from clustergraph.sparql.exists import rewrite
from clustergraph.sparql.parser import query_error
from clustergraph.terms import INFERRED

_ROUNDS = 50


def infer(store: Store, rule_folder: Path, progress: Callable[[str], None] = lambda _: None) -> None:
    """Add to a store what follows, in its default graph and in the graph of inferred statements.

    The default graph must hold the triples of all graphs; `SourceError` if a rule is not well formed.
    """
    compiled, queries = axioms(store), load(rule_folder)
    for _ in range(_ROUNDS):
        before = len(store)
        _to_fixpoint(store, compiled)
        for rule in queries:
            progress(rule.path.stem)
            _apply(store, rule)
        if len(store) == before:
            return
    raise RuntimeError(f"the rules did not come to an end after {_ROUNDS} rounds")


def _to_fixpoint(store: Store, compiled: list[Axiom]) -> None:
    before = -1
    while len(store) != before:
        before = len(store)
        for axiom in compiled:
            store.update(axiom.update())


def _apply(store: Store, rule: Rule) -> None:
    try:
        result = store.query(rewrite(rule.query))
    except SyntaxError as error:
        raise query_error(rule.path, rule.query, error) from error
    if isinstance(result, QueryBoolean | QuerySolutions):
        raise SourceError("a rule must be a CONSTRUCT query", where=Where(rule.path))
    found = {Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in result}
    new = [quad for quad in found if quad not in store]
    store.extend(new)
    store.extend(Quad(quad.subject, quad.predicate, quad.object, INFERRED) for quad in new)
