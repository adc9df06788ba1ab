"""The lineage of a solution of a query: the triples that its triple patterns are with the values of the solution."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, QuerySolutions, RdfFormat, Store, Triple, parse

from clustergraph.sparql.exists import rewrite
from clustergraph.sparql.parser import query_of
from clustergraph.sparql.tree import (
    Bind,
    Clause,
    Exists,
    Filter,
    GroupPattern,
    Leaf,
    Node,
    PathNode,
    Query,
    Selection,
    TriplePattern,
    Union,
    every,
    outermost,
    text_of,
    variables,
)
from clustergraph.terms import PREFIXES

Term: TypeAlias = NamedNode | BlankNode | Literal
Solution: TypeAlias = Mapping[str, Term]
Fact: TypeAlias = tuple[Term, NamedNode, Term]
Used: TypeAlias = frozenset[Fact]

_DEFAULT: Final = DefaultGraph()


def computed(*nodes: Node) -> set[str]:
    """Return the names of the variables that are given a value by an expression in parts of a query."""
    return {node.variable.value for node in every(Bind, nodes)}


def term(leaf: Leaf) -> Term | None:
    """Return a leaf as a term of the engine; None for a variable or a blank node of a pattern."""
    if leaf.kind == "iri":
        return NamedNode(leaf.value)
    return _literal(leaf.value) if leaf.kind == "literal" else None


@lru_cache(maxsize=512)
def _literal(text: str) -> Literal:
    value = next(parse(f"<x:x> <x:x> {text} .", format=RdfFormat.TURTLE)).object
    assert isinstance(value, Literal)
    return value


def asked_alone(query: str) -> Iterator[tuple[str, str]]:
    """Yield each triple pattern of the main group of a query, or of the one sub-select in it: an ASK, and its text.

    >>> list(asked_alone("SELECT * { ?s <p:a> 'x' ; <p:b>* ?o }"))[1]
    ('ASK { ?s <p:b>* ?o }', '?s <p:b>* ?o')
    """
    tree = query_of(query)
    group = tree.selection.group
    while group and (inner := next(group.of(Selection), None)):
        group = inner.group
    for triple in group.of(TriplePattern) if group else ():
        text = f"{triple.subject.text} {text_of(tree, triple.path)} {triple.object.text}"
        yield f"ASK {{ {text} }}", text


@dataclass
class Lineage:
    """Finds what solutions rest on, in the default graph of a store."""

    store: Store

    def solutions(self, group: str, given: Solution) -> list[dict[str, Term]]:
        """Return the solutions of the text of a group that agree with what is given."""
        # Where the engine has them first it looks for nothing else; behind the group it would compare all it has found.
        first = _values({name: value for name, value in given.items() if name in _matched(group)})
        query = rewrite(f"SELECT * WHERE {{ {first} {group}\n}}")
        found = self.store.query(f"{query} {_values(given)}", prefixes=PREFIXES)
        assert isinstance(found, QuerySolutions)
        names_found = [variable.value for variable in found.variables]
        return [{n: row[n] for n in names_found if row[n] is not None} for row in found]

    def of_query(self, tree: Query, query: Selection, row: Mapping[str, Term | None]) -> Used:
        """Return what a row of a SELECT query rests on; a row of an aggregate rests on all that went into it."""
        made = computed(*query.projection)
        given = {name: value for name, value in row.items() if value is not None and name not in made}
        missing = {name for name, value in row.items() if value is None}
        used: set[Fact] = set()
        assert query.group is not None
        for solution in self.solutions(text_of(tree, query.group), given):
            if not missing & solution.keys():
                used |= self.of_group(tree, query.group, solution) or frozenset()
        return frozenset(used)

    def of_group(self, tree: Query, group: GroupPattern, solution: Solution) -> Used | None:
        """Return what a solution of a group rests on, or None if the group does not have it."""
        bound = self._bound(tree, group, solution)
        if bound is None:
            return None
        needed = [self._needed(tree, part, bound) for part in group.parts]
        if None in needed:
            return None
        held = [used for used in needed if used is not None]
        for denied, part in _conditions(group):
            held.append(self._of_absent(tree, part, bound) if denied else self._of_exists(tree, part, bound))
        return frozenset().union(*held)

    def _needed(self, tree: Query, part: Node, bound: Solution) -> Used | None:
        """Return what a solution rests on in one part of a group, or None if the part does not have it."""
        match part:
            case TriplePattern():
                return self._instance(part, bound)
            case GroupPattern():
                return self.of_group(tree, part, bound)
            case Union():
                held = [self.of_group(tree, branch, bound) for branch in part.groups]
                return None if all(used is None for used in held) else frozenset().union(*filter(None, held))
            case Selection():
                return self._of_select(tree, part, bound)
            case Clause(word="GRAPH"):
                return self.of_group(tree, part.group, bound)
            case Clause(word="OPTIONAL"):
                return self.of_group(tree, part.group, bound) or frozenset()
        return frozenset()

    def _of_select(self, tree: Query, query: Selection, solution: Solution) -> Used:
        shown = {leaf.value for leaf in every(Leaf, query.projection)}
        given = {name: value for name, value in solution.items() if not shown or name in shown}
        return self.of_query(tree, query, given)

    def _of_exists(self, tree: Query, group: GroupPattern, solution: Solution) -> Used:
        # The filters in it see the variables from outside, which a block behind the group would not give them.
        made = computed(group)
        outside = _values({name: value for name, value in solution.items() if name not in made})
        for found in self.solutions(f"{outside} {text_of(tree, group)}", solution)[:1]:
            return self.of_group(tree, group, {**solution, **found}) or frozenset()
        return frozenset()

    def _of_absent(self, tree: Query, group: GroupPattern, solution: Solution) -> Used:
        """Return what keeps a group from having solutions: what its patterns match, and what denies each match."""
        patterns, conditions = list(group.of(TriplePattern)), list(_conditions(group))
        if not patterns or not conditions:
            return frozenset()
        used: set[Fact] = set()
        for found in self.solutions(_join(tree, patterns, solution), {}):
            match = {**solution, **found}
            used |= frozenset().union(*(self._instance(pattern, match) or () for pattern in patterns))
            for _, inner in conditions:
                used |= self._of_exists(tree, inner, match)
        return frozenset(used)

    def _bound(self, tree: Query, group: GroupPattern, solution: Solution) -> Solution | None:
        """Return the solution with values for the blank nodes that stand in the patterns of a group."""
        patterns = [each for each in group.of(TriplePattern) if "blank" in (each.subject.kind, each.object.kind)]
        if not patterns:
            return solution
        found = self.solutions(_join(tree, patterns, solution), {})
        return {**solution, **found[0]} if found else None

    def _instance(self, pattern: TriplePattern, solution: Solution) -> Used | None:
        start, end = _value(pattern.subject, solution), _value(pattern.object, solution)
        if start is None or end is None:
            return None
        path = pattern.path
        if isinstance(path, Leaf) and path.kind == "variable":
            predicate = solution.get(path.value)
            if not isinstance(predicate, NamedNode):
                return None
            path = Leaf(0, 0, "iri", predicate.value)
        return next((frozenset(facts) for node, facts in self.reach(start, path) if node == end), None)

    def reach(self, start: Term, path: Leaf | PathNode, *, back: bool = False) -> Iterator[tuple[Term, list[Fact]]]:
        """Yield the nodes that a property path leads to, or comes from, each with the triples on the way."""
        if isinstance(path, Leaf):
            yield from self._step(start, NamedNode(path.value), back=back)
            return
        match path.sign:
            case "^":
                yield from self.reach(start, path.parts[0], back=not back)
            case "/":
                yield from self._along(start, path.parts[::-1] if back else path.parts, back=back)
            case "|":
                yield from chain.from_iterable(self.reach(start, part, back=back) for part in path.parts)
            case "!":
                yield from self._others(start, path, back=back)
            case _:
                yield from self._repeat(start, path, back=back)

    def _others(self, start: Term, path: PathNode, *, back: bool) -> Iterator[tuple[Term, list[Fact]]]:
        """Yield what other predicates lead to than those that a path denies, in the directions that it names."""
        forward = {part.value for part in path.parts if isinstance(part, Leaf)}
        inverse = {leaf.value for part in path.parts if isinstance(part, PathNode) for leaf in every(Leaf, part)}
        if forward or not inverse:
            yield from self._step(start, None, forward, back=back)
        if inverse:
            yield from self._step(start, None, inverse, back=not back)

    def _step(
        self, start: Term, predicate: NamedNode | None, denied: set[str] | None = None, *, back: bool
    ) -> Iterator[tuple[Term, list[Fact]]]:
        if isinstance(start, Literal) and not back:
            return
        subject = None if back or isinstance(start, Literal) else start
        for quad in self.store.quads_for_pattern(subject, predicate, start if back else None, _DEFAULT):
            one, other = quad.subject, quad.object
            if quad.predicate.value not in (denied or ()) and not (
                isinstance(one, Triple) or isinstance(other, Triple)
            ):
                yield one if back else other, [(one, quad.predicate, other)]

    def _along(
        self, start: Term, steps: tuple[PathNode | Leaf, ...], *, back: bool
    ) -> Iterator[tuple[Term, list[Fact]]]:
        if not steps:
            yield start, []
            return
        for node, facts in self.reach(start, steps[0], back=back):
            for end, rest in self._along(node, steps[1:], back=back):
                yield end, [*facts, *rest]

    def _repeat(self, start: Term, path: PathNode, *, back: bool) -> Iterator[tuple[Term, list[Fact]]]:
        if path.sign in ("?", "*"):
            # A path of no length needs its node to be in the graph.
            yield start, next((facts for _, facts in self._step(start, None, back=back)), [])
        front: list[tuple[Term, list[Fact]]] = [(start, [])]
        seen: set[Term] = set()
        while front:
            following = []
            for node, facts in front:
                for end, more in self.reach(node, path.parts[0], back=back):
                    if end not in seen:
                        seen.add(end)
                        yield end, [*facts, *more]
                        following.append((end, [*facts, *more]))
            front = following if path.sign != "?" else []


def _conditions(group: GroupPattern) -> Iterator[tuple[bool, GroupPattern]]:
    """Yield the groups whose solutions a group asks for or denies, with whether it denies them."""
    for part in group.parts:
        if isinstance(part, Clause) and part.word == "MINUS":
            yield True, part.group
        elif isinstance(part, Filter | Bind):
            for exists in outermost(every(Exists, part)):
                yield exists.negated, exists.group


@lru_cache(maxsize=512)
def _matched(group: str) -> frozenset[str]:
    """Return the names of the variables that get their values from the triple patterns of a group, and from no BIND."""
    parts = query_of(f"SELECT * WHERE {{ {group}\n}}").selection.group
    assert parts is not None
    return variables(tuple(parts.of(TriplePattern))) - computed(*parts.parts)


def _values(given: Solution) -> str:
    """Return a block that binds variables, without blank nodes, which would be variables themselves."""
    known = {name: str(value) for name, value in given.items() if not isinstance(value, BlankNode)}
    names = " ".join(f"?{name}" for name in known)
    return f"VALUES ({names}) {{ ({' '.join(known.values())}) }}" if known else ""


def _name(leaf: Leaf) -> str:
    """Return the name of a variable, or one that stands for a blank node of a pattern."""
    return leaf.value if leaf.kind == "variable" else f"_blank{leaf.value.replace('.', '_')}"


def _value(leaf: Leaf, solution: Solution) -> Term | None:
    return solution.get(_name(leaf)) if leaf.kind in ("variable", "blank") else term(leaf)


def _join(tree: Query, patterns: list[TriplePattern], solution: Solution) -> str:
    """Return triple patterns with the values of a solution, and with variables for blank nodes."""

    def text(leaf: Leaf) -> str:
        value = None if leaf.kind == "blank" else _value(leaf, solution)
        return f"?{_name(leaf)}" if value is None else str(value)

    return " . ".join(f"{text(p.subject)} {text_of(tree, p.path)} {text(p.object)}" for p in patterns)
