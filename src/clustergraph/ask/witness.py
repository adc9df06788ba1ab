"""Which triples a solution of a query rests on: its triple patterns with the values of the solution."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

import rdflib
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, QuerySolutions, Store, Triple
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, SequencePath

from clustergraph.ask.patterns import Group, Pattern, Select
from clustergraph.terms import PREFIXES

Term: TypeAlias = NamedNode | BlankNode | Literal
Solution: TypeAlias = Mapping[str, Term]
Fact: TypeAlias = tuple[Term, NamedNode, Term]
Used: TypeAlias = frozenset[Fact]

ALIAS: Final = re.compile(r"\bAS\s+\?(\w+)", re.IGNORECASE)
"""A variable that a query computes."""
_NAMED: Final = re.compile(r"[?$](\w+)")
_DEFAULT: Final = DefaultGraph()


def term(node: rdflib.term.Node) -> Term | None:
    """Return a node of rdflib as a term of the engine; None for a variable or a blank node of a pattern."""
    match node:
        case rdflib.URIRef():
            return NamedNode(str(node))
        case rdflib.Literal():
            if node.language:
                return Literal(str(node), language=node.language)
            return Literal(str(node), datatype=NamedNode(str(node.datatype))) if node.datatype else Literal(str(node))
        case _:
            return None


@dataclass
class Witness:
    """Finds what solutions rest on, in the default graph of a store."""

    store: Store

    def solutions(self, prologue: str, group: str, given: Solution) -> list[dict[str, Term]]:
        """Return the solutions of the text of a group that agree with what is given."""
        found = self.store.query(f"{prologue} SELECT * WHERE {{ {group}\n}} {_values(given)}", prefixes=PREFIXES)
        assert isinstance(found, QuerySolutions)
        names_found = [variable.value for variable in found.variables]
        return [{n: row[n] for n in names_found if row[n] is not None} for row in found]

    def of_query(self, query: Select, prologue: str, row: Mapping[str, Term | None]) -> Used:
        """Return what a row of a SELECT query rests on; a row of an aggregate rests on all that went into it."""
        computed = set(ALIAS.findall(query.gives))
        given = {name: value for name, value in row.items() if value is not None and name not in computed}
        missing = {name for name, value in row.items() if value is None}
        used: set[Fact] = set()
        for solution in self.solutions(prologue, query.group.text, given):
            if not missing & solution.keys():
                used |= self.of_group(query.group, prologue, solution) or frozenset()
        return frozenset(used)

    def of_group(self, group: Group, prologue: str, solution: Solution) -> Used | None:
        """Return what a solution of a group rests on, or None if the group does not have it."""
        bound = self._bound(group, solution)
        if bound is None:
            return None
        parts = [
            *(self._instance(pattern, bound) for pattern in group.patterns),
            *(self.of_group(part, prologue, bound) for part in group.nested),
            *(self.of_group(part, prologue, bound) for _, part in group.graphs),
            *(self._of_union(branches, prologue, bound) for branches in group.unions),
        ]
        held = [part for part in parts if part is not None]
        if len(held) < len(parts):
            return None
        held += [self._of_select(query, prologue, bound) for query in group.selects]
        held += [self.of_group(part, prologue, bound) or frozenset() for part in group.optional]
        held += [self._of_exists(part, prologue, bound) for part in group.exists]
        held += [self._of_absent(part, bound) for part in group.absent]
        return frozenset().union(*held)

    def _of_union(self, branches: list[Group], prologue: str, solution: Solution) -> Used | None:
        held = [used for used in (self.of_group(branch, prologue, solution) for branch in branches) if used is not None]
        return frozenset().union(*held) if held else None

    def _of_select(self, query: Select, prologue: str, solution: Solution) -> Used:
        given: dict[str, Term | None] = dict(solution)
        if "*" not in query.gives.replace("(*)", ""):
            projected = set(_NAMED.findall(query.gives))
            given = {name: value for name, value in solution.items() if name in projected}
        return self.of_query(query, prologue, given)

    def _of_exists(self, group: Group, prologue: str, solution: Solution) -> Used:
        # The filters in it see the variables from outside, which a block behind the group would not give them.
        computed = set(ALIAS.findall(group.text))
        outside = _values({name: value for name, value in solution.items() if name not in computed})
        for found in self.solutions(prologue, f"{outside} {group.text}", solution)[:1]:
            return self.of_group(group, prologue, {**solution, **found}) or frozenset()
        return frozenset()

    def _of_absent(self, group: Group, solution: Solution) -> Used:
        """Return what keeps a group from having solutions: what its patterns match, and what denies each match."""
        if not group.patterns or not (group.exists or group.absent):
            return frozenset()
        text = " . ".join(f"{_text(s, solution)} {p.n3()} {_text(o, solution)}" for s, p, o in group.patterns)
        used: set[Fact] = set()
        for found in self.solutions("", text, {}):
            match = {**solution, **found}
            used |= frozenset().union(*(self._instance(pattern, match) or () for pattern in group.patterns))
            for inner in (*group.exists, *group.absent):
                used |= self._of_exists(inner, "", match)
        return frozenset(used)

    def _bound(self, group: Group, solution: Solution) -> Solution | None:
        """Return the solution with values for the blank nodes that stand in the patterns of a group."""
        blanks = {n for s, _, o in group.patterns for n in (s, o) if isinstance(n, rdflib.BNode)}
        if not blanks:
            return solution
        text = " . ".join(
            f"{_text(s, solution)} {p.n3()} {_text(o, solution)}"
            for s, p, o in group.patterns
            if s in blanks or o in blanks
        )
        for found in self.solutions("", text, {})[:1]:
            return {**solution, **found}
        return None

    def _instance(self, pattern: Pattern, solution: Solution) -> Used | None:
        subject, path, value = pattern
        start, end = _value(subject, solution), _value(value, solution)
        if start is None or end is None:
            return None
        if isinstance(path, rdflib.Variable):
            predicate = solution.get(str(path))
            if not isinstance(predicate, NamedNode):
                return None
            path = rdflib.URIRef(predicate.value)
        return next((frozenset(facts) for node, facts in self.reach(start, path) if node == end), None)

    def reach(self, start: Term, path: object) -> Iterator[tuple[Term, list[Fact]]]:
        """Yield the nodes that a property path leads to, each with the triples on the way."""
        match path:
            case InvPath():
                yield from self._back(start, path.arg)
            case SequencePath():
                yield from self._along(start, list(path.args))
            case AlternativePath():
                yield from chain.from_iterable(self.reach(start, arg) for arg in path.args)
            case MulPath():
                yield from self._repeat(start, path)
            case NegatedPath():
                denied = {str(arg) for arg in path.args}
                yield from self._step(start, None, denied)
            case _:
                yield from self._step(start, NamedNode(str(path)), set())

    def _step(self, start: Term, predicate: NamedNode | None, denied: set[str]) -> Iterator[tuple[Term, list[Fact]]]:
        if isinstance(start, Literal):
            return
        for quad in self.store.quads_for_pattern(start, predicate, None, _DEFAULT):
            if quad.predicate.value not in denied and not isinstance(quad.object, Triple):
                yield quad.object, [(start, quad.predicate, quad.object)]

    def _back(self, start: Term, path: object) -> Iterator[tuple[Term, list[Fact]]]:
        if isinstance(path, rdflib.URIRef):
            for quad in self.store.quads_for_pattern(None, NamedNode(str(path)), start, _DEFAULT):
                if not isinstance(quad.subject, Triple):
                    yield quad.subject, [(quad.subject, quad.predicate, start)]
            return
        match path:
            case InvPath():
                yield from self.reach(start, path.arg)
            case SequencePath():
                yield from self._along(start, [InvPath(arg) for arg in reversed(path.args)])
            case AlternativePath():
                yield from chain.from_iterable(self._back(start, arg) for arg in path.args)
            case MulPath():
                yield from self._repeat(start, MulPath(InvPath(path.path), path.mod))

    def _along(self, start: Term, steps: list[object]) -> Iterator[tuple[Term, list[Fact]]]:
        if not steps:
            yield start, []
            return
        for node, facts in self.reach(start, steps[0]):
            for end, rest in self._along(node, steps[1:]):
                yield end, [*facts, *rest]

    def _repeat(self, start: Term, path: MulPath) -> Iterator[tuple[Term, list[Fact]]]:
        if path.mod in ("?", "*"):
            # A path of no length needs its node to be in the graph.
            yield start, next((facts for _, facts in self._step(start, None, set())), [])
        front: list[tuple[Term, list[Fact]]] = [(start, [])]
        seen: set[Term] = set()
        while front:
            following = []
            for node, facts in front:
                for end, more in self.reach(node, path.path):
                    if end not in seen:
                        seen.add(end)
                        yield end, [*facts, *more]
                        following.append((end, [*facts, *more]))
            front = following if path.mod != "?" else []


def _values(given: Solution) -> str:
    """Return a block that binds variables, without blank nodes, which would be variables themselves."""
    known = {name: str(value) for name, value in given.items() if not isinstance(value, BlankNode)}
    names = " ".join(f"?{name}" for name in known)
    return f"VALUES ({names}) {{ ({' '.join(known.values())}) }}" if known else ""


def _value(node: rdflib.term.Node, solution: Solution) -> Term | None:
    if isinstance(node, rdflib.Variable | rdflib.BNode):
        return solution.get(str(node))
    return term(node)


def _text(node: rdflib.term.Node, solution: Solution) -> str:
    if isinstance(node, rdflib.BNode):
        return f"?{node}"
    value = _value(node, solution)
    return str(value) if value is not None else node.n3()
