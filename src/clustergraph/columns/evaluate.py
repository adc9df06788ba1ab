"""Queries over columns: the groups of a tree as joins of rows.

What it does not know for certain to answer as the store does it refuses with `Uncovered`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from pyoxigraph import RdfFormat, Store

from clustergraph.columns.dictionary import UNBOUND, Ids, Mask
from clustergraph.columns.expressions import MOST_JUDGED, Judge
from clustergraph.columns.grouping import grouped, is_grouped
from clustergraph.columns.index import Columns, Keys, keyed
from clustergraph.columns.joins import NOTHING, Matcher, PatternTerm, StatementPattern, is_fresh
from clustergraph.columns.order import sliced, sorted_rows
from clustergraph.columns.solutions import Solutions, Uncovered, stacked
from clustergraph.columns.variables import begun, is_plain, seen_in_group, starts_with_triples
from clustergraph.sparql.tree import (
    Bind,
    Clause,
    Exists,
    Filter,
    GroupPattern,
    Leaf,
    Modifier,
    Operand,
    PathNode,
    Query,
    Selection,
    TriplePattern,
    Union,
    Values,
    every,
    variables,
)

_Joined: TypeAlias = TriplePattern | Values | Union | GroupPattern | Selection | Clause
_Choice: TypeAlias = tuple[tuple[int, float], Solutions | StatementPattern | None]
_FEW: Final = 1000
"""So many rows are joined with patterns before groups are."""
_LOOKED_UP: Final = 100
_SIMPLE: Final = 3
"""A query of so few patterns does not lead far."""


@dataclass(frozen=True)
class _Scope:
    """Where a group stands."""

    graph: PatternTerm | None = None
    """The graph that it is about; None for all together."""
    given: bool = False
    """Whether the rows outside are what it starts with, as in EXISTS: its conditions know them."""


class Evaluator:
    """Answers one query."""

    def __init__(self, columns: Columns, query: Query, judged: int = MOST_JUDGED) -> None:
        """Take the columns and the tree of a query that describes no dataset of its own.

        Of so many different rows a condition or value is judged; of more the store does it.
        """
        self.terms = columns.terms.own()
        self._columns = Columns(self.terms, columns.predicates)
        self._query = query
        paths = {leaf.value for path in every(PathNode, query.selection) for leaf in every(Leaf, path)}
        constant = {iri: self.terms.find(f"<{iri}>") for iri in paths}
        self._matcher = Matcher(self._columns, constant)
        self._judge = Judge(query, self.terms, self._exists, judged)
        self.steps: list[str] = []
        """What was joined and chosen, in its order, with the number of rows after it; what is inside is set in."""
        self._depth = -1

    def solutions(self) -> Solutions:
        """Return the solutions of the query; of an ASK only whether there are any."""
        if self._query.dataset is not None:
            raise Uncovered("a dataset of its own")
        return self._selection(self._query.selection, _Scope())

    def triples(self) -> dict[int, Keys]:
        """Return what a CONSTRUCT gives: for each predicate its subjects and objects in order, each triple once."""
        template, rows = self._query.selection.template, self.solutions()
        if template is None:
            raise Uncovered("a CONSTRUCT without a template")
        places = list[tuple[Ids, Ids, Ids]]()
        for part in template.parts:
            if not isinstance(part, TriplePattern) or not isinstance(part.path, Leaf):
                raise Uncovered("a template of more than triples")
            subject, predicate, object_ = (self._place(leaf, rows) for leaf in (part.subject, part.path, part.object))
            fits = (subject >= 0) & (object_ >= 0) & self.terms.is_iri(predicate) & ~self.terms.is_literal(subject)
            places.append((subject[fits], predicate[fits], object_[fits]))
        return keyed(*map(np.concatenate, zip(*places, strict=True))) if places else {}

    def _place(self, leaf: Leaf, rows: Solutions) -> Ids:
        """Return what stands in a place of a template in each row."""
        if leaf.kind in ("blank", "triple"):
            raise Uncovered("a template that makes nodes")
        if leaf.kind == "variable":
            return rows.column(leaf.value)
        return np.full(rows.length, self._number(leaf), np.int64)

    @property
    def is_lookup(self) -> bool:
        """Whether a query begins with so little that the store finds it sooner, and looks at it one by one."""
        group = self._query.selection.group
        if group is None or is_grouped(self._query.selection):
            return False
        try:
            patterns = [each for part in group.of(TriplePattern) for each in self._flat(part, _Scope(), [])]
        except Uncovered:
            return False
        many = sum(1 for _ in every(TriplePattern, self._query.selection))
        about = [each for each in patterns if isinstance(each, StatementPattern) and _is_about(each, many)]
        costs = [self._matcher.cost(each, Solutions.one())[1] for each in about]
        given = [1 for part in group.of(Values) if _is_thing(part, group)]
        return min([*costs, *given], default=_FEW) <= _LOOKED_UP

    # Selections

    def _selection(self, selection: Selection, scope: _Scope) -> Solutions:
        group = selection.group
        if group is None or any(isinstance(each, Values) for each in selection.modifiers):
            raise Uncovered("no group, or VALUES behind it")
        rows = self._group(group, Solutions.one(), scope)
        modifiers = {each.word: each for each in selection.modifiers if not isinstance(each, Values)}
        if is_grouped(selection):
            rows, selection = grouped(selection, rows, self.terms, self._judge, self._query)
            for having in selection.modifiers:
                for condition in having.parts if isinstance(having, Modifier) else ():
                    assert not isinstance(condition, Bind)
                    rows = rows.take(self._judge.holds(condition, rows))
        for part in selection.projection:
            if isinstance(part, Bind):
                rows = rows.added({part.variable.value: self._judge.values(part.expression, rows)})
        order = modifiers.get("ORDER BY")
        keys = [] if order is None else [*zip(order.parts, order.descending, strict=True)]
        rows, exact = sorted_rows(rows, keys, self.terms)
        if selection.reduction == "REDUCED":
            raise Uncovered("REDUCED")
        if selection.form == "SELECT":
            shown = selection.shown or tuple(sorted(seen_in_group(group)))  # the order that the engine has
            rows = Solutions({name: rows.column(name) for name in shown}, rows.length)
            if selection.reduction:
                rows = rows.distinct()
        return sliced(rows, modifiers, exact)

    # Groups

    def _group(self, group: GroupPattern, rows: Solutions, scope: _Scope) -> Solutions:
        """Return the rows that a group gives, joined with others by what it binds at its beginning."""
        self._depth += 1
        rows = self._group_inside(group, rows, scope)
        self._depth -= 1
        return rows

    def _group_inside(self, group: GroupPattern, rows: Solutions, scope: _Scope) -> Solutions:
        conditions = [part.expression for part in group.parts if isinstance(part, Filter)]
        seen = {*seen_in_group(group)} | (set(rows.columns) if scope.given else set())
        seen |= {scope.graph.name} if scope.graph is not None and scope.graph.name else set()
        waiting: list[_Joined] = []
        outside = not scope.given and group is not self._query.selection.group
        if not scope.given and rows.columns:
            rows = rows.only(begun(group) & rows.certain).distinct()
        for condition in conditions if outside else ():
            if self._reaches_out(condition, seen):
                raise Uncovered("a condition on a variable that is outside of its group")
        for part in group.parts:
            match part:
                case Filter():
                    continue
                case Clause(word="OPTIONAL" | "MINUS" | "LATERAL" | "SERVICE") | Bind():
                    rows, conditions = self._all(rows, waiting, conditions, seen, scope)
                    waiting = []
                    rows = self._next(rows, part, scope)
                case _:
                    waiting.append(part)
        rows, conditions = self._all(rows, waiting, conditions, seen, scope)
        for condition in conditions:
            rows = self._told(self._text(condition), rows.take(self._judge.holds(condition, rows)))
        return rows

    # What is told of it

    def _told(self, what: str, rows: Solutions) -> Solutions:
        self.steps.append(f"{'  ' * self._depth}{what}: {rows.length:,} row{'s' * (rows.length != 1)}")
        return rows

    def _text(self, condition: Operand) -> str:
        return f"FILTER {' '.join(self._query.text[condition.start : condition.end].split())}"

    def _reaches_out(self, condition: Operand, seen: set[str]) -> bool:
        """Whether a condition names what only stands outside of its group; stores differ in what they make of it."""
        strange = variables(condition) - seen
        return bool(strange) and any(
            leaf.value in strange and not condition.start <= leaf.start < condition.end
            for leaf in every(Leaf, self._query.selection)
            if leaf.kind == "variable"
        )

    def _next(self, rows: Solutions, part: Clause | Bind, scope: _Scope) -> Solutions:
        if isinstance(part, Bind):
            if part.variable.value in rows.columns:
                raise Uncovered("BIND of a variable that stands outside")
            return rows.added({part.variable.value: self._judge.values(part.expression, rows)})
        if part.word == "OPTIONAL":
            return self._told("OPTIONAL", self._optional(rows, part.group, scope))
        if part.word == "MINUS" and not scope.given:
            return self._told("MINUS", self._minus(rows, part.group, scope))
        raise Uncovered(part.word)

    def _all(
        self, rows: Solutions, waiting: Sequence[_Joined], conditions: list[Operand], seen: set[str], scope: _Scope
    ) -> tuple[Solutions, list[Operand]]:
        """Join rows with parts that may be joined in any order, and keep those of which conditions are true."""
        parts = [each for part in waiting for each in self._flat(part, scope, conditions)]
        patterns = [part for part in parts if isinstance(part, StatementPattern)]
        groups = [part for part in parts if not isinstance(part, StatementPattern | Values | Selection)]
        tables = [self._table(part, scope) for part in parts if isinstance(part, Values | Selection)]
        while patterns or groups or tables:
            rows, conditions = self._kept(rows, conditions, seen)
            choices: list[_Choice] = [(_cost(table, rows), table) for table in tables]
            choices += [(self._matcher.cost(pattern, rows), pattern) for pattern in patterns]
            cost, best = min(choices, key=lambda choice: choice[0], default=((1, 0.0), None))
            if groups and (cost[0] or cost[1] > max(_FEW, 4 * rows.length)):
                rows = self._told("a group of its own", self._joined(rows, groups.pop(0), scope))
            elif isinstance(best, StatementPattern):
                patterns.remove(best)
                found = [self._matcher.join(some, best) for _, some in rows.split(best.names)]
                rows = self._told(best.words(self.terms), found[0] if len(found) == 1 else stacked(found))
                needed = {name for pattern in patterns for name in pattern.names}
                rows = rows.only(name for name in rows.columns if not is_fresh(name) or name in needed)
            elif best is not None:
                tables = [table for table in tables if table is not best]
                rows = self._told(f"VALUES or SELECT of {best.length:,} rows", rows.joined(best))
        return self._kept(rows, conditions, seen)

    def _flat(
        self, part: _Joined, scope: _Scope, conditions: list[Operand]
    ) -> Iterator[StatementPattern | Values | Selection | Union | GroupPattern | Clause]:
        """Yield what is to be joined: the patterns of a group that has nothing else, whose conditions are taken out."""
        match part:
            case TriplePattern():
                yield from self._matcher.rewritten(self._pattern(part, scope))
            case Clause(word="GRAPH", name=Leaf() as name, group=group) if scope.graph is None and is_plain(group):
                inner = replace(scope, graph=self._term(name))
                for each in group.of(TriplePattern):
                    yield from self._matcher.rewritten(self._pattern(each, inner))
                conditions += [each.expression for each in group.of(Filter)]
            case _:
                yield part

    def _table(self, part: Values | Selection, scope: _Scope) -> Solutions:
        if isinstance(part, Values):
            return self._values(part)
        if scope.given:
            raise Uncovered("a selection in EXISTS")
        return self._selection(part, scope)

    def _kept(self, rows: Solutions, conditions: list[Operand], seen: set[str]) -> tuple[Solutions, list[Operand]]:
        """Return the rows of which those conditions are true that can be judged yet, and the other conditions."""
        open_: list[Operand] = []
        for condition in conditions:
            if variables(condition) & seen <= rows.certain:
                rows = self._told(self._text(condition), rows.take(self._judge.holds(condition, rows)))
            else:
                open_.append(condition)
        return rows, open_

    def _joined(self, rows: Solutions, part: Union | GroupPattern | Clause, scope: _Scope) -> Solutions:
        match part:
            case Union(groups=groups):
                return stacked([self._joined(rows, group, scope) for group in groups])
            case GroupPattern():
                found = self._group(part, rows, scope)
                return found if scope.given else rows.joined(found)
            case Clause(word="GRAPH", name=Leaf() as name, group=group):
                if scope.graph is not None:
                    raise Uncovered("GRAPH in GRAPH")
                if not starts_with_triples(group):
                    raise Uncovered("GRAPH around what may say nothing of a graph")
                return self._joined(rows, group, replace(scope, graph=self._term(name)))
        raise Uncovered(getattr(part, "word", "a part"))

    def _optional(self, rows: Solutions, group: GroupPattern, scope: _Scope) -> Solutions:
        seen = {*seen_in_group(group)}
        outside = [part for part in group.of(Filter) if variables(part.expression) - seen]
        inside = replace(group, parts=tuple(part for part in group.parts if part not in outside))
        numbered = rows.added({"#row": np.arange(rows.length)})
        if scope.given:
            found = self._group(inside, numbered, scope)
        else:
            found = numbered.joined(self._group(inside, rows, scope))
        for condition in outside:
            found = found.take(self._judge.holds(condition.expression, found))
        alone = np.ones(rows.length, np.bool_)
        alone[found.columns["#row"]] = False
        return stacked([found.only(name for name in found.columns if name != "#row"), rows.take(alone)])

    def _minus(self, rows: Solutions, group: GroupPattern, scope: _Scope) -> Solutions:
        if scope.graph is not None and scope.graph.name:
            raise Uncovered("MINUS in GRAPH with a variable")
        shared = [name for name in rows.columns if name in {*seen_in_group(group)}]
        if not shared:
            return rows
        return rows.without(self._group(group, rows, scope))

    def _exists(self, exists: Exists, rows: Solutions) -> Mask:
        """Return for which rows a group gives something."""
        graph = self._graph_of(exists)
        inside = variables(exists.group) | ({graph.name} if graph is not None else set())
        shared = [name for name in rows.columns if name in inside]
        number, first = rows.codes(shared)
        asked = rows.only(shared).take(first).added({"#asked": np.arange(len(first))})
        there = np.zeros(len(first), np.bool_)
        for _, some in asked.split(shared):
            found = self._group(exists.group, some, _Scope(graph, given=True))
            there[found.columns["#asked"]] = True
        return there[number]

    def _graph_of(self, exists: Exists) -> PatternTerm | None:
        """Return the graph that an EXISTS is about, which the GRAPH around it says."""
        around = [
            clause for clause in every(Clause, self._query.selection)
            if clause.word == "GRAPH" and clause.start < exists.start < clause.end
        ]  # fmt: skip
        if not around:
            return None
        name = around[-1].name
        assert name is not None
        return self._term(name)

    # What groups are made of

    def _values(self, table: Values) -> Solutions:
        names = [leaf.value for leaf in table.variables]
        parts: dict[tuple[bool, ...], list[tuple[Leaf | None, ...]]] = {}
        for row in table.rows:
            parts.setdefault(tuple(leaf is None for leaf in row), []).append(row)
        found = [] if parts else [Solutions.none(names)]
        for open_, some in parts.items():
            columns = {
                name: np.array([self._number(row[place]) for row in some], np.int64)
                for place, name in enumerate(names) if not open_[place]
            }  # fmt: skip
            found.append(Solutions(columns, len(some)))
        return found[0] if len(found) == 1 else stacked(found)

    def _number(self, leaf: Leaf | None) -> int:
        assert leaf is not None
        return self.terms.number(_stored(leaf))

    def _pattern(self, part: TriplePattern, scope: _Scope) -> StatementPattern:
        path = self._term(part.path) if isinstance(part.path, Leaf) else part.path
        graph = scope.graph
        made = StatementPattern(self._term(part.subject), path, self._term(part.object), graph)
        if graph is not None and graph.name and graph.name in {made.subject.name, made.object.name}:
            raise Uncovered("a graph that is subject or object of its pattern")
        if isinstance(path, PatternTerm) and path.name and path.name in {made.subject.name, made.object.name}:
            raise Uncovered("a predicate that is subject or object of its pattern")
        return made

    def _term(self, leaf: Leaf) -> PatternTerm:
        match leaf.kind:
            case "variable":
                return PatternTerm(leaf.value)
            case "blank":
                return PatternTerm(f"_:{leaf.value}")
            case "triple":
                raise Uncovered("a triple as a term")
        number = self.terms.find(_stored(leaf))
        return PatternTerm(number=self.terms.number(NOTHING) if number == UNBOUND else number)


def _stored(leaf: Leaf) -> str:
    """Return what N-Triples writes for a constant after the store has taken it."""
    return leaf.text if leaf.kind == "iri" else _literal(leaf.value)


@lru_cache(maxsize=1024)
def _literal(text: str) -> str:
    store = Store()
    try:
        store.load(f"<a:a> <a:a> {text} .".encode(), RdfFormat.TURTLE)
    except SyntaxError as error:
        raise Uncovered("a constant that Turtle does not write so") from error
    return str(next(iter(store)).object)


def _cost(table: Solutions, rows: Solutions) -> tuple[int, float]:
    """Return how costly it is about to join rows with a table, as `Matcher.cost` does."""
    shared = [name for name in rows.columns if name in table.columns]
    if not shared:
        return int(rows.length > 1 and bool(rows.columns)), float(rows.length * table.length)
    _, first = table.codes(shared)
    return 0, rows.length * table.length / max(len(first), 1)


def _is_thing(table: Values, group: GroupPattern) -> bool:
    """Whether VALUES give one thing that a triple pattern beside them says something of."""
    if len(table.rows) != 1 or not all(leaf is not None and leaf.kind == "iri" for leaf in table.rows[0]):
        return False
    names = {leaf.value for leaf in table.variables}
    return any(each.subject.kind == "variable" and each.subject.value in names for each in group.of(TriplePattern))


def _is_about(pattern: StatementPattern, patterns: int) -> bool:
    """Whether a pattern is about one thing; what only has an object, such as a class, may lead anywhere."""
    if not isinstance(pattern.path, PatternTerm):
        return False
    return not pattern.subject.name or (not pattern.object.name and patterns <= _SIMPLE)
