"""What follows from the graph: OWL axioms and rule queries, run until nothing new comes out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, QueryBoolean, QuerySolutions, QueryTriples, Store, Triple

from clustergraph.errors import ClustergraphError, SourceError, Where
from clustergraph.layers import Layers
from clustergraph.questions.rules import Axiom, Rule, axioms, load
from clustergraph.sparql import tree
from clustergraph.sparql.exists import rewrite
from clustergraph.sparql.parser import query_error, query_of
from clustergraph.terms import INFERRED, expand

_ROUNDS: Final = 50
_TYPE: Final = expand("rdf:type")
_ANY: Final = "*"
"""What stands for every predicate."""


def infer(store: Store, rule_folder: Layers | Path, progress: Callable[[str], None] = lambda _: None) -> list[Triple]:
    """Add to a store what follows, in its default graph and in the graph of inferred statements, and return it.

    The default graph must hold the triples of all graphs; `SourceError` if a rule is not well formed.
    """
    found = _Inference(store)
    steps, rules = [_of_axiom(each) for each in axioms(store)], [_of_rule(each) for each in load(rule_folder)]
    for _ in range(_ROUNDS):
        before = len(found.new)
        while sum(found.run(step) for step in steps):
            pass
        for rule in rules:
            if found.due(rule):
                progress(rule.name)
                found.run(rule)
        if len(found.new) == before:
            return found.new
    raise RuntimeError(f"the rules did not come to an end after {_ROUNDS} rounds")


@dataclass(frozen=True)
class _Step:
    """A query that gives what follows."""

    name: str
    query: str
    reads: frozenset[str]
    """The predicates that it reads, and classes behind ``rdf:type``; see `_kinds`."""
    path: Path | None = None


def _of_axiom(axiom: Axiom) -> _Step:
    query = axiom.construct()
    return _Step(axiom.name, query, _reads(query))


def _of_rule(rule: Rule) -> _Step:
    return _Step(rule.path.stem, rewrite(rule.query), _reads(rule.query), rule.path)


@dataclass
class _Inference:
    """The state of an inference: what is new, and which step has seen what."""

    store: Store
    new: list[Triple] = field(default_factory=list)
    _time: int = 0
    """How many steps have run."""
    _changed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """For each kind of triple, when the last one came."""
    _seen: dict[_Step, int] = field(default_factory=dict)

    def due(self, step: _Step) -> bool:
        """Whether a step has not yet seen all that it reads."""
        seen = self._seen.get(step)
        return seen is None or any(self._changed[kind] > seen for kind in step.reads)

    def run(self, step: _Step) -> bool:
        """Run a step if it is due, and return whether something new came out."""
        if not self.due(step):
            return False
        self._seen[step] = self._time
        self._time += 1
        added = self._missing(constructed(self.store, step.query, step.path or Path(step.name)))
        for graph in (DefaultGraph(), INFERRED):
            self.store.extend(Quad(t.subject, t.predicate, t.object, graph) for t in added)
        self.new += added
        self._changed.update(dict.fromkeys(_kinds(added), self._time))
        return bool(added)

    def _missing(self, found: Iterable[Triple]) -> list[Triple]:
        return [t for t in dict.fromkeys(found) if Quad(t.subject, t.predicate, t.object) not in self.store]


def constructed(store: Store, query: str, path: Path) -> QueryTriples:
    """Return what the query of a rule gives; `SourceError`, which names the rule's file, if it is not well formed."""
    try:
        result = store.query(query)
    except SyntaxError as error:
        raise query_error(path, query, error) from error
    if isinstance(result, QueryBoolean | QuerySolutions):
        raise SourceError("a rule must be a CONSTRUCT query", where=Where(path))
    return result


def _kinds(triples: Collection[Triple]) -> set[str]:
    """Return what kinds of triples there are: their predicates, the classes of those that give one, and any."""
    kinds = {triple.predicate.value for triple in triples}
    kinds |= {f"a {triple.object}" for triple in triples if triple.predicate == _TYPE}
    return kinds | {_ANY} if kinds else kinds


@lru_cache(maxsize=1024)
def _reads(query: str) -> frozenset[str]:
    """Return the kinds of triples that a query reads."""
    try:
        selection = query_of(query).selection
    except ClustergraphError:
        return frozenset({_ANY})  # The engine says what is wrong with it.
    return frozenset(kind for triple in tree.every(tree.TriplePattern, selection.group) for kind in _read(triple))


def _read(triple: tree.TriplePattern) -> Iterable[str]:
    path, value = triple.path, triple.object
    if isinstance(path, tree.Leaf) and path.kind == "iri":
        of_class = path.value == _TYPE.value and value.kind == "iri"
        return (f"a {NamedNode(value.value)}",) if of_class else (path.value,)
    parts = [*tree.walk(path)]
    plain = all(
        part.kind == "iri" if isinstance(part, tree.Leaf) else getattr(part, "sign", "") != "!" for part in parts
    )
    return [part.value for part in parts if isinstance(part, tree.Leaf)] if plain else (_ANY,)
