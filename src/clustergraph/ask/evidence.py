"""Evidence: for a row of an answer, the statements of documents that it rests on, and the rules in between.

It is exact: the stated triples alone, with the ontology and the rules, give the row again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import rdflib
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from clustergraph.ask.patterns import Pattern, Select, select, template
from clustergraph.ask.witness import ALIAS, Fact, Solution, Term, Used, Witness, term
from clustergraph.axioms import axioms
from clustergraph.rules import RULES_QUERY
from clustergraph.terms import INFERRED, PREFIXES, QUERY, expand


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


Proof: TypeAlias = Stated | Derived


@dataclass(frozen=True)
class _Rule:
    """A rule or an axiom: the triples that it gives, and the query that gives them."""

    name: str
    summary: str
    head: tuple[Pattern, ...]
    body: Select
    prologue: str = ""

    @cached_property
    def listed(self) -> dict[str, set[str]]:
        """The predicates that VALUES lists for a variable of the head, where nothing else gives it a value."""
        text = self.body.group.text
        found = {}
        for name in {str(p) for _, p, _ in self.head if isinstance(p, rdflib.Variable)}:
            lists = re.compile(rf"VALUES\s+\?{name}\s*\{{([^{{}}]*)\}}", re.IGNORECASE)
            values = " ".join(lists.findall(text)).split()
            plain = not self.prologue and all(value.partition(":")[0] in PREFIXES for value in values)
            if plain and not re.search(rf"[?$]{name}\b", lists.sub("", text)):
                found[name] = {expand(value).value for value in values}
        return found

    def may_give(self, pattern: Pattern, fact: Fact) -> bool:
        """Return whether a pattern of the head can be a fact, as far as its predicate says that."""
        listed = self.listed.get(str(pattern[1]))
        return listed is None or fact[1].value in listed

    def mints(self, pattern: Pattern) -> str:
        """Return the variable that is the subject of a pattern of the head, if the body computes it; else nothing."""
        subject = pattern[0]
        computed = isinstance(subject, rdflib.Variable) and str(subject) in ALIAS.findall(self.body.group.text)
        return str(subject) if computed else ""


@dataclass
class Evidence:
    """Finds evidence in the store of a release."""

    store: Store
    _known: dict[Fact, Proof] = field(default_factory=dict)
    _minted: dict[tuple[str, str], Mapping[Term, list[Solution]]] = field(default_factory=dict)
    """By rule and variable, the solutions of its body by the subject that they make."""

    def of_row(self, query: str, row: Mapping[str, Term | None]) -> list[Proof]:
        """Return what a row of a SELECT query rests on, in the order of what it says."""
        parsed = select(query)
        used = self._witness.of_query(parsed, _prologue(query), row)
        return [self.of_fact(fact) for fact in sorted(used, key=str)]

    def of_fact(self, fact: Fact) -> Proof:
        """Return why a triple of the default graph is there.

        Raises:
            KeyError: the graph does not hold it, or no rule gives it.
        """
        proof = self._prove(fact, frozenset())
        if proof is None:
            raise KeyError(fact)
        return proof

    @cached_property
    def _witness(self) -> Witness:
        return Witness(self.store)

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
                for used in self._bodies(rule, self._solutions(rule, rule.mints(pattern), given)):
                    premises = tuple(self._prove(premise, above) for premise in sorted(used, key=str))
                    proved = tuple(premise for premise in premises if premise is not None)
                    if len(proved) == len(premises):
                        yield Derived(fact, rule.name, rule.summary, proved)

    def _solutions(self, rule: _Rule, minted: str, given: Solution) -> Sequence[Solution]:
        """Return the solutions of the body of a rule that agree with what is given.

        A subject that the body computes does not narrow the search of the engine. So all are sought once, and kept.
        """
        if not minted:
            return self._witness.solutions(rule.prologue, rule.body.group.text, given)
        if (rule.name, minted) not in self._minted:
            found: dict[Term, list[Solution]] = defaultdict(list)
            for solution in self._witness.solutions(rule.prologue, rule.body.group.text, {}):
                if minted in solution:
                    found[solution[minted]].append(solution)
            self._minted[rule.name, minted] = found
        return [
            {**solution, **given}
            for solution in self._minted[rule.name, minted].get(given[minted], ())
            if all(solution.get(name, value) == value for name, value in given.items())
        ]

    def _bodies(self, rule: _Rule, solutions: Sequence[Solution]) -> Iterator[Used]:
        for solution in solutions:
            used = self._witness.of_group(rule.body.group, rule.prologue, solution)
            if used is not None:
                yield used

    @cached_property
    def _rules(self) -> list[_Rule]:
        """The rules of the release, then the axioms of its ontology."""
        found = []
        for name, text in self._rule_files():
            summary = text.partition("\n")[0].removeprefix("#+ summary: ")
            found.append(_Rule(name, summary, tuple(template(text)), select(text), _prologue(text)))
        for axiom in axioms(self.store):
            text = f"CONSTRUCT {{ {axiom.triple} }} WHERE {{ {axiom.pattern} }}"
            found.append(
                _Rule(axiom.name, f"where {axiom.pattern}, {axiom.triple}", tuple(template(text)), select(text))
            )
        return found

    def _rule_files(self) -> list[tuple[str, str]]:
        """Return the name and the text of each rule.

        The solutions end here: errors that the parser keeps would else hold them, and another thread might free them.
        """
        rows = self.store.query(RULES_QUERY, prefixes=PREFIXES)
        assert isinstance(rows, QuerySolutions)
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


def _prologue(query: str) -> str:
    """Return the declarations of a query, without its comments."""
    lines = [line for line in query.splitlines() if line.strip()[:7].upper().startswith(("PREFIX", "BASE"))]
    return "\n".join(lines)


def _unified(pattern: Pattern, fact: Fact) -> Solution | None:
    """Return the values that make a pattern the fact, or None."""
    solution: dict[str, Term] = {}
    for part, value in zip(pattern, fact, strict=True):
        if isinstance(part, rdflib.Variable):
            if solution.setdefault(str(part), value) != value:
                return None
        elif term(part) != value:  # type: ignore[arg-type]  # templates have no property paths
            return None
    return solution
