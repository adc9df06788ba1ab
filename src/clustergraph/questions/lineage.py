"""The lineage of a solution of a query: the triples that its triple patterns are with the values of the solution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, QuerySolutions, RdfFormat, Store, parse

from clustergraph.questions.aggregates import contributing, distinct, is_aggregate, joins
from clustergraph.questions.traversal import Fact, Term, Traversal
from clustergraph.sparql.exists import rewrite
from clustergraph.sparql.parser import query_of
from clustergraph.sparql.tree import (
    Bind,
    Clause,
    Element,
    Exists,
    Expression,
    Filter,
    GroupPattern,
    Leaf,
    Modifier,
    Node,
    PathNode,
    Query,
    Selection,
    TriplePattern,
    Union,
    Values,
    every,
    outermost,
    text_of,
    variables,
    written,
)
from clustergraph.terms import PREFIXES

Solution: TypeAlias = Mapping[str, Term]
Used: TypeAlias = frozenset[Fact]
Absence: TypeAlias = tuple[tuple[Term | str, Term | str, Term | str], ...]
"""Patterns that nothing matches together; a variable by its name, a path by the last predicate in it."""

_DEFAULT: Final = DefaultGraph()
_TRIMMED: Final = 80
"""What rests on more facts is not looked at fact by fact: so many are those that a sum adds up."""
_KEPT: Final = 2000
"""So much is kept of what sub-selects rest on; then it is sought anew."""


def computed(*nodes: object) -> set[str]:
    """Return the names of the variables that are given a value by an expression in parts of a query."""
    return {node.variable.value for node in every(Bind, nodes)}


def _given_values(node: object) -> frozenset[str]:
    """Return the names of the variables that parts of a query give values by their patterns, BIND and VALUES."""
    tables = (table.variables for table in every(Values, node))
    return variables((*every(TriplePattern, node), *tables)) | computed(node)


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


@dataclass(frozen=True)
class Ground:
    """What a row or a solution rests on."""

    facts: Used = frozenset()
    spare: tuple[Used, ...] = ()
    """Facts that it may do without, those of one part of the query at a time."""
    excused: tuple[tuple[Used, Used], ...] = ()
    """Matches of a pattern that is denied, each with what keeps it from counting."""
    absent: tuple[Absence, ...] = ()
    others: int = 0
    """How many other solutions give the same row."""
    parts: tuple[tuple[Solution, Used], ...] = ()
    """For a row of an aggregate, the solutions that went into it, each with what it rests on."""

    def __or__(self, other: Ground) -> Ground:
        """Return what two parts of one group rest on."""
        return Ground(
            self.facts | other.facts,
            self.spare + other.spare,
            self.excused + other.excused,
            tuple(dict.fromkeys(self.absent + other.absent)),
        )

    @property
    def optional(self) -> Ground:
        """The same as something that may not be needed."""
        return replace(self, facts=frozenset(), spare=(*self.spare, self.facts))


@dataclass
class Lineage:
    """Finds what solutions rest on, in the default graph of a store."""

    store: Store
    _inner: dict[tuple[str, int, frozenset[tuple[str, Term]]], Ground | None] = field(default_factory=dict)
    """What solutions of sub-selects rest on, by query, place and values."""
    _needed: set[tuple[str, Used]] = field(default_factory=set)
    """Facts that a solution of a group has needed; another solution of it is taken to need them, too."""

    @cached_property
    def _traversal(self) -> Traversal:
        return Traversal(self.store)

    def solutions(self, group: str, given: Solution) -> list[dict[str, Term]]:
        """Return the solutions of the text of a group that agree with what is given, however the store was loaded."""
        # Where the engine has them first it looks for nothing else; behind the group it would compare all it has found.
        matched = _matched(group)
        first = _values({name: value for name, value in given.items() if name in matched})
        # What a solution leaves open would agree with any value.
        held = " && ".join(f"BOUND(?{name})" for name in given if name not in matched)
        closed = f"FILTER ({held})" if held else ""
        inner = f"{{ {group}\n}}" if _is_selection(group) else group
        query = rewrite(f"SELECT * WHERE {{ {first} {inner}\n{closed} }}")
        found = self.store.query(f"{query} {_values(given)}", prefixes=PREFIXES)
        assert isinstance(found, QuerySolutions)
        names_found = [variable.value for variable in found.variables]
        return sorted(({n: row[n] for n in names_found if row[n] is not None} for row in found), key=str)

    def of_row(self, tree: Query, row: Mapping[str, Term | None]) -> Ground | None:
        """Return what a row of a query rests on, and nothing without which the query has it as well."""
        ground = self.of_query(tree, tree.selection, row)
        if ground is None or len(ground.facts) > _TRIMMED:
            return ground
        facts, also = ground.facts, frozenset(chain.from_iterable(chain.from_iterable(ground.excused)))
        subjects = {subject: frozenset(f for f in facts if f[0] == subject) for subject, _, _ in facts}
        single = (frozenset((fact,)) for fact in facts)
        for less in sorted(chain(subjects.values(), single), key=lambda less: (-len(less), str(sorted(less, key=str)))):
            if less <= facts and self._gives(tree, facts - less | also, row):
                facts -= less
        parts = tuple((values, used & facts) for values, used in ground.parts)
        return replace(ground, facts=facts, parts=parts)

    def _gives(self, tree: Query, facts: Used, row: Mapping[str, Term | None]) -> bool:
        """Return whether a query has a row by some facts alone; the order of what is joined does not matter."""
        joined = {bind.variable.value for bind in every(Bind, tree.selection) if joins(bind)}
        found = self._of(facts).query(rewrite(tree.text), prefixes=PREFIXES)
        assert isinstance(found, QuerySolutions)

        def told(name: str, value: Term | None) -> object:
            return sorted(value.value) if value is not None and name in joined else value

        wanted = {name: told(name, value) for name, value in row.items()}
        return any({name: told(name, each[name]) for name in row} == wanted for each in found)

    def of_query(self, tree: Query, query: Selection, row: Mapping[str, Term | None]) -> Ground | None:
        """Return what a row of a SELECT query rests on: one of its solutions, or those that an aggregate needs."""
        made = computed(*query.projection)
        given = {name: value for name, value in row.items() if value is not None and name not in made}
        missing = {name for name, value in row.items() if value is None}
        assert query.group is not None
        if is_aggregate(query):
            found = [each for each in self.solutions(text_of(tree, query.group), given) if not missing & each.keys()]
            return self._of_aggregate(tree, query, row, found)
        shown = "".join(f" BIND {text_of(tree, bind)}" for bind in query.projection if isinstance(bind, Bind))
        told = {name: value for name, value in row.items() if value is not None}
        text = text_of(tree, query.group)
        rows = self.solutions(f"{{ {text} }} {shown}" if shown and _is_selection(text) else text + shown, told)
        found = [{n: v for n, v in each.items() if n not in made} for each in rows if not missing & each.keys()]
        held = (ground for each in found if (ground := self.needed(tree, query.group, each, given)) is not None)
        ground = next(held, None)
        return ground and replace(ground, others=max(0, len(distinct(found)) - 1))

    def _of_aggregate(
        self, tree: Query, query: Selection, row: Mapping[str, Term | None], found: Sequence[Solution]
    ) -> Ground | None:
        """Return what a row rests on that sums solutions up: on no more of them than its aggregates need."""
        few = contributing(tree, query, found, row)
        ground = self._summed(tree, query, few)
        if len(few) < len(found) and not self._follows(tree, query, ground, row):
            ground = self._summed(tree, query, found)
        grouped = any(modifier.word == "GROUP BY" for modifier in query.modifiers if isinstance(modifier, Modifier))
        return ground if found or not grouped else None

    def _summed(self, tree: Query, query: Selection, found: Sequence[Solution]) -> Ground:
        """Return what all of some solutions rest on, and each of them as a part."""
        total, parts = Ground(), []
        names = variables((query.projection, query.modifiers))
        assert query.group is not None
        for each in found:
            wanted = {name: value for name, value in each.items() if name in names}
            if ground := self.needed(tree, query.group, each, wanted):
                total |= ground
                parts.append((wanted, ground.facts))
        return replace(total, parts=tuple(parts))

    def _follows(self, tree: Query, query: Selection, ground: Ground, row: Mapping[str, Term | None]) -> bool:
        """Return whether a query has a row by what it is to rest on; the order of what is joined does not matter."""
        joined = {bind.variable.value for bind in every(Bind, query.projection) if joins(bind)}
        given = {name: value for name, value in row.items() if value is not None and name not in joined}
        there = ground.facts.union(*chain.from_iterable(ground.excused))
        return bool(Lineage(self._of(there)).solutions(f"{{ {text_of(tree, query)} }}", given))

    def needed(self, tree: Query, group: GroupPattern, solution: Solution, wanted: Solution) -> Ground | None:
        """Return what a solution of a group rests on without the parts of the group that do not bear on some values."""
        ground = self.of_group(tree, group, solution)
        return ground and self._reduced(ground, text_of(tree, group), wanted)

    def _reduced(self, ground: Ground, group: str, wanted: Solution) -> Ground:
        """Return the ground with those of its spare facts without which a group has no solution with some values."""
        kept = sorted({facts - ground.facts for facts in ground.spare} - {frozenset()}, key=lambda f: (-len(f), str(f)))
        there = ground.facts.union(*chain.from_iterable(ground.excused))
        for facts in kept.copy():
            rest = [each for each in kept if each != facts]
            if (group, facts) in self._needed:
                continue
            if Lineage(self._of(there.union(*rest))).solutions(group, wanted):
                kept = rest
            else:
                self._needed.add((group, facts))
        return replace(ground, facts=ground.facts.union(*kept), spare=())

    def _of(self, facts: Used) -> Store:
        """Return a store with some facts only, and the graphs that hold them."""
        store = Store()
        for subject, predicate, value in facts:
            if not isinstance(subject, Literal):
                store.extend(self.store.quads_for_pattern(subject, predicate, value, None))
        return store

    def of_group(self, tree: Query, group: GroupPattern, solution: Solution) -> Ground | None:
        """Return what a solution of a group rests on, or None if the group does not have it."""
        bound = self._bound(tree, group, solution)
        if bound is None:
            return None
        total = Ground()
        for part in group.parts:
            ground = (
                self._of_union(tree, group, part, bound) if isinstance(part, Union) else self._part(tree, part, bound)
            )
            if ground is None:
                return None
            total |= ground
        for denied, part in _conditions(group):
            if not denied:
                total |= self._of_exists(tree, part, bound)
            elif self._bears(tree, group, part, bound):
                total |= self._of_absent(tree, part, bound)
        return total

    def _bears(self, tree: Query, group: GroupPattern, denied: GroupPattern, bound: Solution) -> bool:
        """Return whether a solution would be filtered out if a group that is denied had solutions."""
        holder = _holder(group, denied)
        if not isinstance(holder, Filter) or isinstance(holder.expression, Exists):
            return True
        node = next(exists for exists in every(Exists, holder) if exists.group is denied)
        nodes: list[Node] = sorted([node, *tree.leaves], key=lambda each: (each.start, -each.end))
        text = written(tree.text, nodes, lambda n: n.text if isinstance(n, Leaf) else "false", holder.start, holder.end)
        return not self.solutions(f"{_values(bound)} {text}", {})

    def _part(self, tree: Query, part: Node, bound: Solution) -> Ground | None:
        """Return what a solution rests on in one part of a group, or None if the part does not have it."""
        match part:
            case TriplePattern():
                used = self._instance(part, bound)
                return None if used is None else Ground(used)
            case GroupPattern():
                return self.of_group(tree, part, bound)
            case Selection():
                return self._of_select(tree, part, bound)
            case Clause(word="GRAPH"):
                return self.of_group(tree, part.group, bound)
            case Clause(word="OPTIONAL"):
                return self._of_optional(tree, part.group, bound)
        return Ground()

    def _of_optional(self, tree: Query, group: GroupPattern, bound: Solution) -> Ground:
        """Return what an optional group has its solution by; that it has none may be what a column tells."""
        if ground := self.of_group(tree, group, bound):
            return ground.optional
        tests = variables(tuple(bind.expression for bind in _binds(tree.text)[0] if _asks_bound(bind)))
        return Ground(absent=(_filled(group, bound),)) if (tests - bound.keys()) & variables(group) else Ground()

    def _of_union(self, tree: Query, group: GroupPattern, union: Union, bound: Solution) -> Ground | None:
        """Return what a solution rests on in the first branch of a union of a group that has it."""
        held = [(branch, self.of_group(tree, branch, bound)) for branch in union.groups]
        held = [(branch, ground) for branch, ground in held if ground is not None]
        only_here = _given_values(union) - _given_values(tuple(part for part in group.parts if part != union))
        for branch, ground in held[:-1]:
            names = _given_values(branch) | only_here
            if self.solutions(text_of(tree, branch), {name: bound[name] for name in bound.keys() & names}):
                return ground
        return held[-1][1] if held else None

    def _of_select(self, tree: Query, query: Selection, solution: Solution) -> Ground | None:
        shown = {leaf.value for leaf in every(Leaf, query.projection)}
        given = {name: value for name, value in solution.items() if not shown or name in shown}
        key = (tree.text, query.start, frozenset(given.items()))
        if key not in self._inner:
            if len(self._inner) >= _KEPT:
                self._inner.clear()
                self._needed.clear()
            ground = self.of_query(tree, query, given)
            self._inner[key] = ground and replace(ground, parts=(), others=0)
        return self._inner[key]

    def _of_exists(self, tree: Query, group: GroupPattern, solution: Solution) -> Ground:
        """Return what a group has a solution by, which its filter may not need."""
        # The filters in it see the variables from outside, which a block behind the group would not give them.
        made = computed(group)
        outside = _values({name: value for name, value in solution.items() if name not in made})
        for found in self.solutions(f"{outside} {text_of(tree, group)}", solution)[:1]:
            ground = self.of_group(tree, group, {**solution, **found})
            return ground.optional if ground else Ground()
        return Ground()

    def _of_absent(self, tree: Query, group: GroupPattern, solution: Solution) -> Ground:
        """Return what keeps a group from having solutions: what its patterns match, and what denies each match."""
        hidden = any(bind.start <= group.start < bind.end for bind in _binds(tree.text)[1])
        absent = Ground(absent=() if hidden else (_filled(group, solution),))
        patterns = list(group.of(TriplePattern))
        conditions = [inner for denied, inner in _conditions(group) if denied]
        if not patterns or not conditions:
            return absent
        excused = []
        for found in self.solutions(_join(tree, patterns, solution), {}):
            match = {**solution, **found}
            used: Used = frozenset().union(*(self._instance(pattern, match) or () for pattern in patterns))
            for inner in conditions:
                ground = self._of_exists(tree, inner, match)
                excused.append((used, ground.facts.union(*ground.spare)))
        return replace(absent, excused=tuple(each for each in excused if each[1]))

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
        return next((frozenset(facts) for node, facts in self._traversal.reach(start, path) if node == end), None)


def _filled(group: GroupPattern, solution: Solution) -> Absence:
    """Return the patterns of a group, those of a group in it if it has none itself, with the values of a solution."""
    patterns = list(group.of(TriplePattern)) or list(every(TriplePattern, group))

    def of(leaf: Leaf) -> Term | str:
        value = _value(leaf, solution)
        return _name(leaf) if value is None else value

    return tuple((of(each.subject), of(_last(each.path)), of(each.object)) for each in patterns)


def _last(path: Leaf | PathNode) -> Leaf:
    """Return the predicate of a path that leads to its end in one step."""
    while isinstance(path, PathNode):
        once = [part for part in path.parts if not (isinstance(part, PathNode) and part.sign in "*?")]
        path = (once or path.parts)[-1]
    return path


def _holder(group: GroupPattern, inner: GroupPattern) -> Element | None:
    """Return the part of a group that another group is in."""
    return next((part for part in group.parts if part.start <= inner.start < part.end), None)


def _asks_bound(bind: Bind) -> bool:
    return isinstance(bind.expression, Expression) and bind.expression.name == "BOUND"


@lru_cache(maxsize=256)
def _binds(query: str) -> tuple[tuple[Bind, ...], tuple[Bind, ...]]:
    """Return the BINDs of a query, those that it shows and the others."""
    selection = query_of(query).selection
    shown: list[Bind] = []
    hidden: list[Bind] = []
    for bind in every(Bind, selection):
        (shown if bind.variable.value in selection.shown else hidden).append(bind)
    return tuple(shown), tuple(hidden)


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


@lru_cache(maxsize=512)
def _is_selection(group: str) -> bool:
    """Return whether the text of a group is a sub-select, behind which nothing can stand."""
    parts = query_of(f"SELECT * WHERE {{ {group}\n}}").selection.group
    return bool(parts and parts.parts and isinstance(parts.parts[0], Selection))


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
