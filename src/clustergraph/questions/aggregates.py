"""Aggregates of a query: which of its solutions a row of one needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from clustergraph.questions.traversal import Term
from clustergraph.sparql.tree import Bind, Expression, Leaf, Modifier, Query, Selection, every, variables
from clustergraph.terms import GRAPH

_Found: TypeAlias = Mapping[str, Term]

_AGGREGATES: Final = frozenset(("COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"))


def is_aggregate(query: Selection) -> bool:
    """Return whether the rows of a query sum solutions up."""
    words = {modifier.word for modifier in query.modifiers if isinstance(modifier, Modifier)}
    return "GROUP BY" in words or any(each.name in _AGGREGATES for each in every(Expression, query.projection))


def joins(bind: Bind) -> bool:
    """Return whether an expression joins texts of several solutions."""
    return any(each.name == "GROUP_CONCAT" for each in every(Expression, bind))


def contributing(
    tree: Query, query: Selection, found: Sequence[_Found], row: Mapping[str, Term | None]
) -> Sequence[_Found]:
    """Return solutions that are likely to be enough for the aggregates of a row: all, unless a value counts once."""
    extremes = {
        (bind.expression.name, bind.expression.parts[0].value): row.get(bind.variable.value)
        for bind in query.projection
        if isinstance(bind, Bind) and isinstance(bind.expression, Expression)
        if bind.expression.name in ("MIN", "MAX", "SAMPLE") and isinstance(bind.expression.parts[0], Leaf)
    }
    wanted: list[tuple[frozenset[str], Term | None]] = []
    for each in every(Expression, query.projection):
        if each.name not in _AGGREGATES:
            continue
        names = variables(each)
        leaf = each.parts[0] if each.parts else each
        if isinstance(leaf, Leaf) and (each.name, leaf.value) in extremes:
            wanted.append((names, extremes[each.name, leaf.value]))
        elif "DISTINCT" in tree.text[each.start : leaf.start].upper() or each.name in ("MIN", "MAX", "SAMPLE"):
            wanted.append((names, None))
        else:
            return found
    havings = (m for m in query.modifiers if isinstance(m, Modifier) and m.word == "HAVING")
    wanted += [
        (variables(each), None) for having in havings for each in every(Expression, having) if each.name in _AGGREGATES
    ]
    return _covering(found, wanted)


def _covering(found: Sequence[_Found], wanted: Sequence[tuple[frozenset[str], Term | None]]) -> list[_Found]:
    """Return solutions with all values that some sets of variables take; of one variable the value that is given."""
    seen: set[tuple[int, frozenset[tuple[str, Term]]]] = set()
    chosen = []
    for each in found:
        new = set()
        for place, (names, extreme) in enumerate(wanted):
            values = frozenset((name, each[name]) for name in names if name in each)
            if values and (extreme is None or {value for _, value in values} == {extreme}):
                new.add((place, values))
        if not new <= seen or not wanted:
            chosen.append(each)
            seen |= new
        if not wanted:
            break
    return chosen


def distinct(found: Sequence[_Found]) -> set[frozenset[tuple[str, Term]]]:
    """Return solutions without the sections, which say one thing in several places."""
    sections = {name for each in found for name, value in each.items() if value.value.startswith(GRAPH)}
    return {frozenset((name, value) for name, value in each.items() if name not in sections) for each in found}
