"""Evidence: for a row of an answer, the statements of documents that it rests on, and the rules in between.

It is exact: the stated triples alone, with the ontology and the rules, give the row again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Final, TypeAlias, TypeGuard

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from clustergraph.languages.reader import reading
from clustergraph.questions.lineage import Absence, Ground, Lineage, Solution, Used, computed, term
from clustergraph.questions.rules import RULES_QUERY, Axiom, axioms
from clustergraph.questions.traversal import Fact, Term
from clustergraph.rdf.labels import label
from clustergraph.rdf.reading import solutions
from clustergraph.sparql.parser import query_of
from clustergraph.sparql.tree import GroupPattern, Leaf, PathNode, Query, TriplePattern, Values, text_of, walk
from clustergraph.terms import INFERRED, QUERY, expand, is_vocabulary

PLAIN: Final = {
    expand("cg:scope"): expand("scope:itself"),
    expand("cg:phase"): expand("phase:done"),
    expand("cg:origin"): expand("origin:said"),
}
"""What holds of a statement where nothing else is written of it."""


@dataclass(frozen=True)
class Stated:
    """A triple that graphs state."""

    fact: Fact
    graphs: tuple[NamedNode, ...]


@dataclass(frozen=True)
class Derived:
    """A triple that follows from others by a rule or an axiom."""

    fact: Fact
    rule: str
    """The name of the rule, or of the OWL 2 RL rule."""
    summary: str
    premises: tuple[Proof, ...]
    excused: tuple[tuple[Used, Used], ...] = ()
    """See `clustergraph.questions.lineage.Ground`."""
    axiom: Axiom | None = None
    """What of an ontology it follows from, if not from a rule."""


Proof: TypeAlias = Stated | Derived


@dataclass(frozen=True)
class Basis:
    """What a row of an answer rests on."""

    proofs: tuple[Proof, ...]
    """In the order of what they say."""
    absent: tuple[Absence, ...] = ()
    """What nothing says."""
    others: int = 0
    """How many other proofs there are."""
    parts: tuple[tuple[Solution, tuple[Proof, ...]], ...] = ()
    """For a number or a text that sums others up, the values that went into it, each with its proofs."""


@dataclass(frozen=True)
class _Rule:
    """A rule or an axiom: its name, and the query that gives its triples."""

    name: str
    summary: str
    tree: Query
    axiom: Axiom | None = None

    @classmethod
    def of(cls, name: str, summary: str, construct: str, axiom: Axiom | None = None) -> _Rule:
        return cls(name, summary, query_of(construct), axiom)

    @cached_property
    def head(self) -> tuple[TriplePattern, ...]:
        """The triples that it gives."""
        template = self.tree.selection.template
        return tuple(template.of(TriplePattern)) if template else ()

    @cached_property
    def body(self) -> GroupPattern:
        """What it looks for."""
        assert self.tree.selection.group is not None
        return self.tree.selection.group

    @cached_property
    def text(self) -> str:
        """The text of the body, with whole IRIs."""
        return text_of(self.tree, self.body)

    @cached_property
    def listed(self) -> dict[str, set[str]]:
        """The predicates that VALUES lists for a variable of the head, where nothing else gives it a value."""
        nodes = list(walk(self.body))
        found = {}
        for name in {triple.path.value for triple in self.head if _is_variable(triple.path)}:
            uses = [node for node in nodes if isinstance(node, Leaf) and (node.kind, node.value) == ("variable", name)]
            tables = [node for node in nodes if isinstance(node, Values)]
            columns = [(table, i) for table in tables for i, use in enumerate(table.variables) if use in uses]
            if columns and len(uses) == len(columns):
                values = [row[i] for table, i in columns for row in table.rows]
                found[name] = {value.value for value in values if value}
        return found

    def may_give(self, pattern: TriplePattern, fact: Fact) -> bool:
        """Return whether a pattern of the head can be a fact, as far as its predicate says that."""
        listed = self.listed.get(pattern.path.value) if _is_variable(pattern.path) else None
        return listed is None or fact[1].value in listed

    def mints(self, pattern: TriplePattern) -> str:
        """Return the variable that is the subject of a pattern of the head, if the body computes it; else nothing."""
        subject = pattern.subject
        return subject.value if subject.kind == "variable" and subject.value in self.computed else ""

    @cached_property
    def computed(self) -> set[str]:
        """The variables that the body computes."""
        return computed(self.body)


def _is_variable(path: Leaf | PathNode) -> TypeGuard[Leaf]:
    return isinstance(path, Leaf) and path.kind == "variable"


@dataclass
class Evidence:
    """Finds evidence in the store of a release."""

    store: Store
    _known: dict[Fact, Proof] = field(default_factory=dict)
    _minted: dict[tuple[str, str], Mapping[Term, list[Solution]]] = field(default_factory=dict)
    """By rule and variable, the solutions of its body by the subject that they make."""

    def of_row(self, query: str, row: Mapping[str, Term | None]) -> Basis:
        """Return what a row of a SELECT query rests on."""
        tree = query_of(query)
        ground = self._lineage.of_row(tree, row) or Ground()
        proofs = self._with_marks(self._with_excuses(self._proofs(ground.facts), ground.excused))
        parts = tuple((values, self._proofs(used)) for values, used in ground.parts)
        return Basis(proofs, ground.absent, ground.others, parts)

    def _proofs(self, used: Used) -> tuple[Proof, ...]:
        return tuple(self.of_fact(fact) for fact in sorted(used, key=str))

    def _with_excuses(self, proofs: tuple[Proof, ...], excused: Sequence[tuple[Used, Used]]) -> tuple[Proof, ...]:
        """Return proofs with those of what keeps a denied pattern from matching what they rest on."""
        found = list(facts(proofs))
        waiting = {*excused, *(each for proof in found if isinstance(proof, Derived) for each in proof.excused)}
        bottom = {proof.fact for proof in found if isinstance(proof, Stated)}
        known = {proof.fact for proof in proofs}
        missing = {fact for matched, used in waiting if self._rests_on(matched, bottom) for fact in used} - known
        return self._with_excuses((*proofs, *self._proofs(frozenset(missing))), excused) if missing else proofs

    def _with_marks(self, proofs: tuple[Proof, ...]) -> tuple[Proof, ...]:
        """Return proofs with what is not plain of each statement: without it the rules would take it as plain."""
        bottom = {proof.fact for proof in facts(proofs) if isinstance(proof, Stated)}
        marks = {
            fact
            for subject in {fact[0] for fact in bottom if isinstance(fact[0], NamedNode)}
            for predicate, plain in PLAIN.items()
            for quad in self.store.quads_for_pattern(subject, predicate, None, DefaultGraph())
            if isinstance(quad.object, NamedNode) and quad.object != plain
            if self._graphs(fact := (subject, predicate, quad.object))
        }
        return (*proofs, *self._proofs(frozenset(marks - bottom)))

    def _rests_on(self, matched: Used, bottom: set[Fact]) -> bool:
        """Return whether facts follow from stated ones and what the ontology says."""
        proofs = (self._prove(fact, frozenset()) for fact in sorted(matched, key=lambda fact: not self._graphs(fact)))
        leaves = (leaf for proof in proofs if proof for leaf in facts([proof]) if isinstance(leaf, Stated))
        return all(leaf.fact in bottom or any(map(is_vocabulary, leaf.graphs)) for leaf in leaves)

    def of_fact(self, fact: Fact) -> Proof:
        """Return why a triple of the default graph is there.

        Raises:
            KeyError: the graph does not hold it, or no rule gives it.
        """
        proof = self._prove(fact, frozenset())
        if proof is None:
            raise KeyError(fact)
        return proof

    def others(self, proof: Proof) -> int:
        """Return how many other proofs there are of the same, up to a hundred."""
        found = islice(self._derivations(proof.fact, frozenset({proof.fact})), 100)
        premises = {frozenset(each.fact for each in derived.premises) for derived in found}
        return len(premises) - isinstance(proof, Derived)

    @cached_property
    def _lineage(self) -> Lineage:
        return Lineage(self.store)

    def _prove(self, fact: Fact, above: frozenset[Fact]) -> Proof | None:
        if fact in self._known:
            return self._known[fact]
        if fact in above:
            return None
        graphs = self._graphs(fact)
        proof = Stated(fact, graphs) if graphs else next(self._derivations(fact, above | {fact}), None)
        if proof is not None:
            self._known[fact] = proof
        return proof

    def _graphs(self, fact: Fact) -> tuple[NamedNode, ...]:
        subject, predicate, value = fact
        if isinstance(subject, Literal):
            return ()
        quads = self.store.quads_for_pattern(subject, predicate, value, None)
        names = {q.graph_name for q in quads if isinstance(q.graph_name, NamedNode) and q.graph_name != INFERRED}
        return tuple(sorted(names, key=lambda name: name.value))

    def _derivations(self, fact: Fact, above: frozenset[Fact]) -> Iterator[Derived]:
        for rule in self._rules:
            for pattern in rule.head:
                given = _unified(pattern, fact) if rule.may_give(pattern, fact) else None
                if given is None:
                    continue
                for solution in self._solutions(rule, rule.mints(pattern), given):
                    ground = self._lineage.needed(rule.tree, rule.body, solution, given)
                    premises = self._premises(ground.facts, above) if ground else None
                    if ground and premises is not None:
                        yield Derived(fact, rule.name, rule.summary, premises, ground.excused, rule.axiom)

    def _premises(self, used: Used, above: frozenset[Fact]) -> tuple[Proof, ...] | None:
        """Return proofs of facts that do not rest on others; None if there is none of one of them."""
        proofs = []
        for premise in sorted(used, key=str):
            proof = self._prove(premise, above)
            if proof is None:
                return None
            proofs.append(proof)
        return tuple(proofs)

    def _solutions(self, rule: _Rule, minted: str, given: Solution) -> Sequence[Solution]:
        """Return the solutions of the body of a rule that agree with what is given.

        A subject that the body computes does not narrow the search of the engine. So all are sought once, and kept.
        """
        if not minted:
            return self._lineage.solutions(rule.text, given)
        if (rule.name, minted) not in self._minted:
            found: dict[Term, list[Solution]] = defaultdict(list)
            for solution in self._lineage.solutions(rule.text, {}):
                if minted in solution:
                    found[solution[minted]].append(solution)
            self._minted[rule.name, minted] = found
        return [
            {**solution, **given}
            for solution in self._minted[rule.name, minted].get(given[minted], ())
            if all(solution.get(name, value) == value for name, value in given.items())
        ]

    @cached_property
    def _rules(self) -> list[_Rule]:
        """The rules of the release, then the axioms of its ontology."""
        found = []
        for name, text in self._rule_files():
            summary = text.partition("\n")[0].removeprefix("#+ summary: ")
            found.append(_Rule.of(name, summary, text))
        with reading(None):  # They are kept for readers of any language.
            for axiom in axioms(self.store):
                text = f"CONSTRUCT {{ {axiom.triple} }} WHERE {{ {axiom.pattern} }}"
                words = axiom.words(lambda node: label(self.store, node))
                found.append(_Rule.of(axiom.name, words, text, axiom))
        return found

    def _rule_files(self) -> list[tuple[str, str]]:
        """Return the name and the text of each rule.

        The solutions end here: errors that the parser keeps would else hold them, and another thread might free them.
        """
        rows = solutions(self.store, RULES_QUERY)
        return [(row["rule"].value.removeprefix(QUERY), row["construct"].value) for row in rows]


def facts(proofs: Sequence[Proof]) -> Iterator[Proof]:
    """Yield proofs and all that they rest on, each once, the conclusions before what they rest on."""
    seen: set[Fact] = set()
    waiting = list(proofs)
    while waiting:
        proof = waiting.pop(0)
        if proof.fact not in seen:
            seen.add(proof.fact)
            yield proof
            waiting += proof.premises if isinstance(proof, Derived) else ()


def stated(proofs: Sequence[Proof]) -> set[Quad]:
    """Return the quads at the bottom of proofs: all that documents, editors and the ontology say in them."""
    return {
        Quad(*proof.fact, graph)  # type: ignore[arg-type]  # a literal is never a subject
        for proof in facts(proofs)
        if isinstance(proof, Stated)
        for graph in proof.graphs
    }


def _unified(pattern: TriplePattern, fact: Fact) -> Solution | None:
    """Return the values that make a pattern the fact, or None."""
    solution: dict[str, Term] = {}
    for leaf, value in zip((pattern.subject, pattern.path, pattern.object), fact, strict=True):
        assert isinstance(leaf, Leaf)  # templates have no property paths
        if leaf.kind == "variable":
            if solution.setdefault(leaf.value, value) != value:
                return None
        elif term(leaf) != value:
            return None
    return solution
