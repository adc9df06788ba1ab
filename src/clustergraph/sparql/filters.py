"""Conditions on parameters of a query, decided before it runs, with exactly the same answer.

A question has conditions such as ``VALUES ?place { UNDEF } … FILTER (!BOUND(?place) || EXISTS { ?who <p> ?place })``.
The engine looks at them once for every row. Whether ``?place`` is bound is plain from the text: where it is not, the
condition falls away; where it is, its triple pattern is one of the group, and the engine can begin with it.
Beside ``VALUES ?place { UNDEF }`` nothing is left of ``FILTER (!BOUND(?place) || C)``; beside ``{ <x> }``::

    FILTER (!BOUND(?place) || C)                            becomes    FILTER (C)
    FILTER (!BOUND(?place) || EXISTS { ?who <p> ?place })   becomes    { ?who <p> ?place }
    FILTER (!BOUND(?place) || ?where = ?place)              becomes    VALUES (?where ?place) { (<x> <x>) }

The last two hold where triple patterns of the group that stand before any OPTIONAL, MINUS and the like bind the other
variables: then the pattern has one match or none for each row. A path can have more, so its matches are made distinct.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Final, TypeAlias

from clustergraph.errors import ClustergraphError
from clustergraph.sparql.parser import query_of
from clustergraph.sparql.tree import (
    Bind,
    Clause,
    Exists,
    Expression,
    Filter,
    GroupPattern,
    Leaf,
    Operand,
    PathNode,
    Query,
    TriplePattern,
    Values,
    every,
    services,
    variables,
)

_MAY_APPLY: Final = re.compile(r"VALUES\s+\?\w+\s*\{", re.IGNORECASE)
Edit: TypeAlias = tuple[int, int, str]
"""Where a part of the text begins and ends, and what stands there instead."""


@lru_cache(maxsize=512)
def simplified(query: str) -> str:
    """Return a query with the same answer, with the conditions decided that hang on whether a parameter is given.

    >>> simplified("ASK { VALUES ?c { UNDEF } ?a <p> ?b FILTER (!BOUND(?c) || EXISTS { ?a <q> ?c }) }")
    'ASK { VALUES ?c { UNDEF } ?a <p> ?b  }'
    >>> simplified("ASK { VALUES ?c { <x> } ?a <p> ?b FILTER (!BOUND(?c) || EXISTS { ?a <q> ?c }) }")
    'ASK { { ?a <q> ?c } VALUES ?c { <x> } ?a <p> ?b  }'
    """
    if not _MAY_APPLY.search(query):
        return query
    try:
        tree = query_of(query)
    except ClustergraphError:
        return query  # The engine explains it better.
    if services(tree):
        return query
    return _edited(query, sorted(edit for group in _groups(tree) for edit in group.edits()))


def _edited(text: str, edits: list[Edit]) -> str:
    """Return a text with edits made, which are in order; of one within another only the outer."""
    pieces, done = [], 0
    for start, end, instead in edits:
        if start >= done:
            pieces += [text[done:start], instead]
            done = end
    return "".join([*pieces, text[done:]])


def _groups(tree: Query) -> Iterator[_Group]:
    """Yield the groups in which what stands in them alone binds variables: none in EXISTS, which is given more."""
    inside = [(each.start, each.end) for each in every(Exists, tree.selection)]
    joined = {each.group for each in every(Clause, tree.selection) if each.word in ("OPTIONAL", "LATERAL")}
    for group in every(GroupPattern, tree.selection):
        if not any(start < group.start < end for start, end in inside):
            yield _Group(tree.text, group, group not in joined)


@dataclass(frozen=True)
class _Group:
    """A group of a query."""

    text: str
    group: GroupPattern
    closed: bool
    """Whether its filters see nothing but what it binds."""

    def edits(self) -> Iterator[Edit]:
        """Yield what can be written otherwise."""
        tables = [each for each in self.group.of(Values) if len(each.variables) == 1]
        for each in self.group.of(Filter):
            yield from self._condition(each, tables)

    def _condition(self, filter_: Filter, tables: list[Values]) -> Iterator[Edit]:
        condition = _conditional(filter_.expression)
        mine = [each for each in tables if condition and each.variables[0].value == condition.name]
        if condition is None or len(mine) != 1:
            return
        if all(row[0] for row in mine[0].rows):
            yield from self._given(filter_, condition, mine[0])
        elif mine[0].rows == ((None,),) and self.closed and not self._binds(condition.name, mine[0]):
            yield filter_.start, filter_.end, ""

    def _binds(self, name: str, but: Values) -> bool:
        """Whether another part of the group may bind a variable."""
        parts = (part.variable if isinstance(part, Bind) else part for part in self.group.parts)
        return any(name in variables(part) for part in parts if part != but and not isinstance(part, Filter))

    def _given(self, filter_: Filter, condition: _Condition, table: Values) -> Iterator[Edit]:
        """Yield what a condition becomes on a parameter that has a value in every row."""
        instead = self._pattern(condition, table)
        if instead:
            yield self.group.start + 1, self.group.start + 1, f" {instead}"
            yield filter_.start, filter_.end, ""
        else:
            yield condition.start, condition.rest[0].start, ""

    def _pattern(self, condition: _Condition, table: Values) -> str:
        """Return what a condition is as a pattern of the group, or nothing."""
        bound = self._bound()
        if condition.name not in bound:
            return ""
        match condition.rest, condition.signs:
            case (Exists(negated=False, group=group),), () if _is_simple(group) and variables(group) <= bound:
                return self._joined(group, table)
            case (Leaf(kind="variable") as one, Leaf(kind="variable") as other), ("=",):
                return _equal({one.value, other.value} - {condition.name}, table, bound)
        return ""

    def _joined(self, group: GroupPattern, table: Values) -> str:
        (triple,) = group.of(TriplePattern)
        pattern = self.text[group.start : group.end]
        if isinstance(triple.path, Leaf):
            return pattern
        shown = " ".join(f"?{name}" for name in sorted(variables(group)))
        given = self.text[table.start : table.end]
        return f"{{ SELECT DISTINCT {shown} {{ {given} {self.text[triple.start : triple.end]} }} }}"

    def _bound(self) -> frozenset[str]:
        """Return what is bound in all rows by patterns that stand before what may leave rows or values out."""
        first = takewhile(lambda part: not isinstance(part, Clause) or part.word == "GRAPH", self.group.parts)
        found = [part for part in first if isinstance(part, TriplePattern | Values)]
        tables = [each for each in found if isinstance(each, Values)]
        loose = {leaf.value for each in tables if not all(map(all, each.rows)) for leaf in each.variables}
        triples = variables(tuple(each for each in found if isinstance(each, TriplePattern)))
        return triples | (variables(tuple(each.variables for each in tables)) - loose)


@dataclass(frozen=True)
class _Condition:
    """``!BOUND(?name) || rest``."""

    start: int
    name: str
    rest: tuple[Operand, ...]
    signs: tuple[str, ...]
    """The operators between the parts of the rest."""


def _conditional(expression: Operand) -> _Condition | None:
    """Return the condition that an expression in brackets is, if it is one on whether a variable is bound."""
    match expression:
        case Expression(name="", parts=(Expression(name="", parts=(first, *rest), signs=("||", *signs)),), signs=()):
            match first:
                case Expression(name="!", parts=(Expression(name="BOUND", parts=(Leaf(kind="variable") as leaf,)),)):
                    return _Condition(first.start, leaf.value, tuple(rest), tuple(signs))
    return None


def _is_simple(group: GroupPattern) -> bool:
    """Whether a group is one triple pattern, of whose path it is plain that a look-up of it is small."""
    match group.parts:
        case (TriplePattern(subject=subject, path=path, object=object_),):
            named = all(leaf.kind in ("iri", "variable", "literal") for leaf in (subject, object_))
            return named and (isinstance(path, Leaf) or _is_choice(path))
    return False


def _is_choice(path: PathNode) -> bool:
    """Whether a path is a choice between predicates."""
    return path.sign == "|" and all(isinstance(part, Leaf) for part in path.parts)


def _equal(others: set[str], table: Values, bound: frozenset[str]) -> str:
    """Return the table that gives another variable the values of a parameter, which are IRIs, or nothing."""
    values = [row[0] for row in table.rows if row[0] and row[0].kind == "iri"]
    if len(others) != 1 or not others <= bound or len(values) < len(table.rows):
        return ""
    (other,) = others
    rows = " ".join(f"({value.text} {value.text})" for value in values)
    return f"VALUES (?{other} ?{table.variables[0].value}) {{ {rows} }}"
