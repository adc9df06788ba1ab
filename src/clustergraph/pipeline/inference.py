"""What follows from the graph: OWL axioms and rule queries, run until nothing new comes out.

They are run over columns (see `clustergraph.columns`) as far as these answer them, and in the store otherwise.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    parse,
)  # fmt: skip

from clustergraph.columns.dictionary import Ids, Terms
from clustergraph.columns.evaluate import Evaluator
from clustergraph.columns.index import Columns, Keys, keyed, pairs
from clustergraph.columns.solutions import Uncovered
from clustergraph.errors import ClustergraphError, SourceError, Where
from clustergraph.layers import Layers
from clustergraph.questions.rules import Axiom, Rule, axioms, load
from clustergraph.rdf.lines import Line
from clustergraph.sparql import tree
from clustergraph.sparql.exists import rewrite
from clustergraph.sparql.parser import query_error, query_of
from clustergraph.terms import INFERRED, expand

_LOG: Final = logging.getLogger(__name__)
_ROUNDS: Final = 50
_JUDGED: Final = 1_000_000
"""Of so many different rows a condition or value of a rule is judged."""
_TYPE: Final = expand("rdf:type")
_A: Final = str(_TYPE).encode()
_ANY: Final = "*"
"""What stands for every predicate."""
_NOTHING: Final = Store()


def infer(
    store: Store, rule_folder: Layers | Path, progress: Callable[[str], None] = lambda _: None, *, columns: bool = True
) -> list[Line]:
    """Add to a store what follows, in its default graph and in the graph of inferred statements.

    The default graph must hold the triples of all graphs. What follows is returned as lines of N-Triples. Without
    columns the store does all of it, and the same follows.

    Raises:
        SourceError: a rule is not well formed.
    """
    steps, rules = [_of_axiom(each) for each in axioms(store)], [_of_rule(each) for each in load(rule_folder)]
    found = _Inference(store, _columns(store) if columns else None)
    for _ in range(_ROUNDS):
        before = len(found.new)
        while sum(found.run(step) for step in steps):
            pass
        for rule in rules:
            if found.due(rule):
                progress(rule.name)
                found.run(rule)
        if len(found.new) == before:
            found.load()
            return found.new
    raise RuntimeError(f"the rules did not come to an end after {_ROUNDS} rounds")


def _columns(store: Store) -> Columns | None:
    try:
        return Columns.of_store(store)
    except Uncovered:
        return None


@dataclass(frozen=True)
class _Step:
    """A query that gives what follows."""

    name: str
    query: str
    reads: frozenset[str]
    """The predicates that it reads, and classes behind ``rdf:type``; see `_kinds`."""
    path: Path


def _of_axiom(axiom: Axiom) -> _Step:
    query = axiom.construct()
    return _Step(axiom.name, query, _reads(query), Path(axiom.name))


def _of_rule(rule: Rule) -> _Step:
    constructed(_NOTHING, rule.query, rule.path)
    return _Step(rule.path.stem, rewrite(rule.query), _reads(rule.query), rule.path)


@dataclass
class _Inference:
    """The state of an inference: what is new, and which step has seen what."""

    store: Store
    columns: Columns | None
    """The statements of the store, and all that is new."""
    new: list[Line] = field(default_factory=list)
    _loaded: int = 0
    """How many of these the store has."""
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
        before = len(self.new)
        if not self._run_in_columns(step):
            self._run_in_store(step)
        self._changed.update(dict.fromkeys(_kinds(self.new[before:]), self._time))
        return len(self.new) > before

    def load(self) -> None:
        """Add to the store what is new."""
        new = self.new[self._loaded :]
        blank = [line for line in new if b"_:" in line]  # A bulk load gives blank nodes other names.
        text = b"".join(line for line in new if b"_:" not in line)
        for graph in (DefaultGraph(), INFERRED):
            self.store.bulk_load(text, RdfFormat.N_TRIPLES, to_graph=graph)
            quads = parse(b"".join(blank), RdfFormat.N_TRIPLES)
            self.store.extend(Quad(each.subject, each.predicate, each.object, graph) for each in quads)
        self._loaded = len(self.new)

    def _run_in_columns(self, step: _Step) -> bool:
        """Run a step in the columns, and return whether they could."""
        if self.columns is None:
            return False
        try:
            evaluator = Evaluator(self.columns, query_of(step.query), _JUDGED)
            self._add(self.columns, evaluator.terms, evaluator.triples())
        except (Uncovered, MemoryError):
            return False
        except Exception:  # noqa: BLE001 - the store does it, and the log has all of it
            _LOG.exception("rules are left to the store: %s could not be run over columns", step.name)
            self.columns = None
            return False
        return True

    def _run_in_store(self, step: _Step) -> None:
        self.load()
        found = dict.fromkeys(constructed(self.store, step.query, step.path))
        missing = [t for t in found if Quad(t.subject, t.predicate, t.object) not in self.store]
        if self.columns is None:
            self.new += [b"%s .\n" % str(triple).encode() for triple in missing]
        else:
            terms = self.columns.terms.own()
            numbers = [[terms.number(str(term)) for term in triple] for triple in missing]
            self._add(self.columns, terms, keyed(*np.array(numbers, np.int64).reshape(-1, 3).T))

    def _add(self, columns: Columns, terms: Terms, statements: Mapping[int, Keys]) -> None:
        """Take what is new among statements, whose terms may be new too."""
        new = columns.lacking(statements)
        self.new += [line for number, found in new.items() for line in _lines(terms, number, found)]
        self.columns = columns.extended(terms, new, terms.number(str(INFERRED)))


def _lines(terms: Terms, predicate: int, statements: Keys) -> Iterator[Line]:
    """Yield lines of N-Triples."""
    name = terms.text(predicate)
    for subject, value in zip(*(_texts(terms, half) for half in pairs(statements)), strict=True):
        yield f"{subject} {name} {value} .\n".encode()


def _texts(terms: Terms, ids: Ids) -> list[str]:
    different, place = np.unique(ids, return_inverse=True)
    return np.array(terms.texts(different), np.object_)[place].tolist()  # type: ignore[no-any-return]


def constructed(store: Store, query: str, path: Path) -> QueryTriples:
    """Return what the query of a rule gives; `SourceError`, which names the rule's file, if it is not well formed."""
    try:
        result = store.query(query)
    except SyntaxError as error:
        raise query_error(path, query, error) from error
    if isinstance(result, QueryBoolean | QuerySolutions):
        raise SourceError("a rule must be a CONSTRUCT query", where=Where(path))
    return result


def _kinds(lines: Sequence[Line]) -> set[str]:
    """Return what kinds of triples there are: their predicates, the classes of those that give one, and any."""
    kinds, ends = set[str](), (line.split(b" ", 2)[1:] for line in lines)
    for predicate, value in {(predicate, rest if predicate == _A else b"") for predicate, rest in ends}:
        kinds.add(predicate[1:-1].decode())
        if value:
            kinds.add(f"a {value[:-3].decode()}")
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
