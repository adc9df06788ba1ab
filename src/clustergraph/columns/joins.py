"""Triple patterns and property paths over columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np

from clustergraph.columns.dictionary import UNBOUND, Ids, Terms
from clustergraph.columns.index import Columns, Predicate, pairs
from clustergraph.columns.solutions import Solutions, Uncovered, bounded, stacked
from clustergraph.sparql.tree import Leaf, PathNode
from clustergraph.terms import compact

_FEW: Final = 10_000
"""For so many rows it is looked up how many come of a pattern."""
NOTHING: Final = "<urn:x-clustergraph:nothing>"
"""Stands in a pattern for a term that the graph does not have."""
_CLOSED: Final = ("*", "+", "?")


@dataclass(frozen=True)
class PatternTerm:
    """A place of a pattern: a variable, or the number of a constant."""

    name: str = ""
    number: int = UNBOUND

    def bound(self, rows: Solutions) -> Ids | None:
        """Return what stands here in each row, or None where that is open."""
        if not self.name:
            return np.full(rows.length, self.number, np.int64)
        return rows.columns.get(self.name)

    def words(self, terms: Terms) -> str:
        """Return what stands here, as people write it in a query."""
        if self.name:
            return f"?{self.name.removeprefix('_:').removeprefix('.')}"
        text = NOTHING if self.number == UNBOUND else terms.text(self.number)
        if text == NOTHING:
            return "(what is not there)"
        return compact(text[1:-1]) if text.startswith("<") else text


@dataclass(frozen=True)
class StatementPattern:
    """A triple pattern, in a graph or in all together."""

    subject: PatternTerm
    path: PatternTerm | PathNode
    object: PatternTerm
    graph: PatternTerm | None

    @property
    def names(self) -> set[str]:
        """The variables that it binds."""
        places = (self.subject, self.object, self.graph, self.path)
        return {place.name for place in places if isinstance(place, PatternTerm) and place.name}

    def words(self, terms: Terms) -> str:
        """Return the pattern as people write it in a query."""
        places = self.subject, self.path, self.object
        words = [each.words(terms) if isinstance(each, PatternTerm) else "a path to" for each in places]
        return " ".join(words) + ("" if self.graph is None else f" in {self.graph.words(terms)}")


class Matcher:
    """Joins rows with patterns over columns."""

    def __init__(self, columns: Columns, constant: dict[str, int]) -> None:
        """Take the columns, and the numbers of the IRIs in paths."""
        self._columns = columns
        self._constant = constant
        self._fresh = 0

    def fresh(self) -> PatternTerm:
        """Return a variable that no query has."""
        self._fresh += 1
        return PatternTerm(f".{self._fresh}")

    def rewritten(self, pattern: StatementPattern) -> Iterator[StatementPattern]:
        """Yield the patterns that a pattern with a sequence of predicates stands for."""
        path = pattern.path
        if not isinstance(path, PathNode):
            yield pattern
        elif path.sign == "^":
            yield from self.rewritten(
                StatementPattern(pattern.object, self._part(path.parts[0]), pattern.subject, pattern.graph)
            )
        elif path.sign == "/":
            at = pattern.subject
            for number, part in enumerate(path.parts):
                to = pattern.object if number == len(path.parts) - 1 else self.fresh()
                yield from self.rewritten(StatementPattern(at, self._part(part), to, pattern.graph))
                at = to
        else:
            yield pattern

    def _part(self, part: Leaf | PathNode) -> PatternTerm | PathNode:
        return part if isinstance(part, PathNode) else PatternTerm(number=self._constant[part.value])

    def cost(self, pattern: StatementPattern, rows: Solutions) -> tuple[int, float]:
        """Return how costly it is about to join rows with a pattern: whether nothing joins them, and how many come."""
        ends = [end.bound(rows) is not None for end in (pattern.subject, pattern.object)]
        apart = not pattern.names & set(rows.columns) and bool(rows.columns) and rows.length > 1
        if isinstance(pattern.path, PathNode):
            return apart + 2 * (not any(ends)), 10.0 * rows.length if any(ends) else float(len(self._columns)) * 10
        of = self._predicate(pattern.path)
        if all(ends):
            return 0, 0.5 * rows.length
        if of is None:
            many = 20 if any(ends) else len(self._columns)
            return int(apart), rows.length * float(many if pattern.path.name else 0)
        if not any(ends):
            return int(apart), float(rows.length * len(of))
        end = pattern.subject if ends[0] else pattern.object
        wanted = Solutions.one() if not end.name else rows if rows.length <= _FEW else None
        if wanted is None:
            return 0, rows.length * (of.fan_out if ends[0] else of.fan_in)
        given = end.bound(wanted)
        assert given is not None
        many = of.count_of_first(given[_known(given, self._columns)], reverse=not ends[0])
        return int(apart), float(many * (rows.length if wanted is not rows else 1))

    def _predicate(self, path: PatternTerm | PathNode) -> Predicate | None:
        known = isinstance(path, PatternTerm) and not path.name
        return self._columns.predicates.get(path.number) if known and isinstance(path, PatternTerm) else None

    def join(self, rows: Solutions, pattern: StatementPattern) -> Solutions:
        """Return rows with all that a pattern gives to each."""
        if isinstance(pattern.path, PathNode):
            return self._path(rows, pattern)
        if not pattern.path.name:
            return self._one(rows, pattern, pattern.path.number)
        return self._any(rows, pattern, pattern.path.name)

    def _any(self, rows: Solutions, pattern: StatementPattern, name: str) -> Solutions:
        """Join with a pattern whose predicate is a variable."""
        given = rows.columns.get(name)
        numbers = [*self._columns.predicates]
        if given is not None:
            numbers = [number for number in np.unique(given).tolist() if number in self._columns.predicates]
        elif pattern.subject.bound(rows) is None and pattern.object.bound(rows) is None and rows.length > 1:
            raise Uncovered("a pattern of three variables is joined with nothing")
        parts = []
        for number in numbers:
            some = rows if given is None else rows.take(given == number)
            found = self._one(some.added({name: np.full(some.length, number, np.int64)}), pattern, number)
            parts.append(found)
        return stacked(parts) if parts else Solutions.none({*rows.columns} | pattern.names)

    def _one(self, rows: Solutions, pattern: StatementPattern, number: int) -> Solutions:
        of = self._columns.predicates.get(number)
        if of is None or not rows.length:
            return Solutions.none({*rows.columns} | pattern.names)
        found = self._ends(rows, pattern, of)
        return found if pattern.graph is None else self._graphs(found, pattern, of, pattern.graph)

    def _ends(self, rows: Solutions, pattern: StatementPattern, of: Predicate) -> Solutions:
        subject, object_ = pattern.subject.bound(rows), pattern.object.bound(rows)
        if subject is not None and object_ is not None:
            known = _known(subject, self._columns) & _known(object_, self._columns)
            found = rows.take(known)
            return found.take(of.has(subject[known], object_[known]))
        if subject is None and object_ is None:
            return self._open(rows, pattern, of)
        end = pattern.object if object_ is None else pattern.subject
        wanted = subject if object_ is None else object_
        assert wanted is not None
        known = _known(wanted, self._columns)
        rows, wanted = rows.take(known), wanted[known]
        bounded(of.count_of_first(wanted, reverse=subject is None))
        place, other = of.of_first(wanted, reverse=subject is None)
        return rows.take(place).added({end.name: other})

    def _open(self, rows: Solutions, pattern: StatementPattern, of: Predicate) -> Solutions:
        subject, object_ = pairs(of.subjects)
        if pattern.subject.name == pattern.object.name:
            same = subject == object_
            subject, object_ = subject[same], object_[same]
        found = Solutions({pattern.subject.name: subject, pattern.object.name: object_}, len(subject))
        return found if not rows.columns and rows.length == 1 else rows.joined(found)

    def _graphs(self, rows: Solutions, pattern: StatementPattern, of: Predicate, graph: PatternTerm) -> Solutions:
        """Join with the graphs that say what a pattern has found."""
        subject, object_ = pattern.subject.bound(rows), pattern.object.bound(rows)
        assert subject is not None
        assert object_ is not None
        place, found = of.in_graphs(subject, object_)
        rows = rows.take(place)
        wanted = graph.bound(rows)
        return rows.added({graph.name: found}) if wanted is None else rows.take(found == wanted)

    # Paths

    def _path(self, rows: Solutions, pattern: StatementPattern) -> Solutions:
        path = pattern.path
        assert isinstance(path, PathNode)
        if path.sign == "|":
            return self._either(rows, pattern, path)
        if path.sign not in _CLOSED:
            raise Uncovered("a path that denies predicates")
        if pattern.graph is not None:
            raise Uncovered("a path of any length in a graph")
        return self._closed(rows, pattern, path)

    def _either(self, rows: Solutions, pattern: StatementPattern, path: PathNode) -> Solutions:
        """Join with what one path or another gives; the engine takes what both give once."""
        numbered = rows.added({"#from": np.arange(rows.length)})
        parts = [
            StatementPattern(pattern.subject, self._part(part), pattern.object, pattern.graph) for part in path.parts
        ]
        found = stacked([self._all(numbered, part) for part in parts])
        found = found.take(np.sort(found.codes(["#from", *sorted(pattern.names)])[1]))
        return found.only(name for name in found.columns if name != "#from")

    def _all(self, rows: Solutions, pattern: StatementPattern) -> Solutions:
        found = reduce(self.join, self.rewritten(pattern), rows)
        return found.only(name for name in found.columns if not is_fresh(name) or name in rows.columns)

    def _closed(self, rows: Solutions, pattern: StatementPattern, path: PathNode) -> Solutions:
        start, end = pattern.subject.bound(rows), pattern.object.bound(rows)
        if start is None and end is None:
            raise Uncovered("a path of any length with both ends open")
        reverse = start is None
        given = end if reverse else start
        assert given is not None
        if int(given.max(initial=0)) >= len(self._columns.terms):
            raise Uncovered("a path from a term that the graph does not have")
        reached = self._reached(np.unique(given), path, reverse)
        near, far = (pattern.object, pattern.subject) if reverse else (pattern.subject, pattern.object)
        if near.name:
            reached = Solutions({near.name: reached.columns["start"], ".far": reached.columns["end"]}, reached.length)
            found = rows.joined(reached)
        else:
            single = Solutions({".far": reached.columns["end"]}, reached.length)
            found = rows.joined(single)
        reached_end = found.columns[".far"]
        found = found.only(name for name in found.columns if name != ".far")
        wanted = far.bound(found)
        return found.added({far.name: reached_end}) if wanted is None else found.take(reached_end == wanted)

    def _reached(self, starts: Ids, path: PathNode, reverse: bool) -> Solutions:
        """Return what is reached from some terms by a path, each with each once."""
        step = self._part(path.parts[0])
        here = Solutions({"start": starts, "end": starts}, len(starts))
        reached = here if path.sign in "*?" else Solutions.none(here.columns)
        while here.length:
            ends = (PatternTerm(".next"), PatternTerm("end")) if reverse else (PatternTerm("end"), PatternTerm(".next"))
            moved = self._all(here, StatementPattern(ends[0], step, ends[1], None))
            there = Solutions({"start": moved.columns["start"], "end": moved.columns[".next"]}, moved.length).distinct()
            if there.length and reached.length:
                there = there.take(~there.in_other(reached, ("start", "end")))
            reached = stacked([reached, there])
            if path.sign == "?":
                break
            here = there
        return reached


def is_fresh(name: str) -> bool:
    """Whether a variable is none of the query; see `Matcher.fresh`."""
    return name[0] == "." and name[1:].isdigit()


def _known(ids: Ids, columns: Columns) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (ids >= 0) & (ids < len(columns.terms))
