"""GROUP BY and the aggregates over columns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clustergraph.columns.dictionary import DECIMAL, INTEGER, UNBOUND, Ids, Terms
from clustergraph.columns.expressions import Judge, run
from clustergraph.columns.order import ranks
from clustergraph.columns.solutions import Solutions, Uncovered, codes
from clustergraph.sparql.tree import AGGREGATES, Bind, Expression, Leaf, Modifier, Query, Selection, every

_MOST: Final = 2**62


def is_grouped(selection: Selection) -> bool:
    """Whether a selection has groups of solutions."""
    words = {each.word for each in selection.modifiers if isinstance(each, Modifier)}
    return bool(words & {"GROUP BY", "HAVING"}) or bool(_calls(selection.projection))


def _calls(node: object) -> list[Expression]:
    return [each for each in every(Expression, node) if each.name in AGGREGATES]


def grouped(
    selection: Selection, rows: Solutions, terms: Terms, judge: Judge, query: Query
) -> tuple[Solutions, Selection]:
    """Return a row for each group, and the selection with a variable in the place of each aggregate.

    Its first modifier is HAVING then, if it has one.
    """
    names, rows = _keys(selection, rows, judge)
    number, first = rows.codes(names)
    many = len(first) if names else 1
    found = Solutions({name: rows.column(name)[first] for name in names}, len(first)) if names else Solutions.one()
    having = [each for each in selection.modifiers if isinstance(each, Modifier) and each.word == "HAVING"]
    order = [each for each in selection.modifiers if isinstance(each, Modifier) and each.word == "ORDER BY"]
    if _calls(tuple(order)):
        raise Uncovered("ORDER BY an aggregate")
    columns = dict[str, Ids]()
    instead = dict[int, Leaf]()
    for call in _calls((selection.projection, tuple(having))):
        name = f"_aggregate{call.start}"
        columns[name] = _Aggregation(rows, number, many, terms, judge, query.base).of(call)
        instead[call.start] = Leaf(call.start, call.end, "variable", name)
    selection = replace(
        selection,
        projection=tuple(_with(part, instead) for part in selection.projection),
        modifiers=tuple(_with(each, instead) for each in having),
    )
    return found.added(columns), selection


def _keys(selection: Selection, rows: Solutions, judge: Judge) -> tuple[list[str], Solutions]:
    names = list[str]()
    for each in selection.modifiers:
        for part in each.parts if isinstance(each, Modifier) and each.word == "GROUP BY" else ():
            match part:
                case Leaf(kind="variable"):
                    names.append(part.value)
                case Bind():
                    rows = rows.added({part.variable.value: judge.values(part.expression, rows)})
                    names.append(part.variable.value)
                case _:
                    raise Uncovered("GROUP BY an expression without a name")
    return names, rows


def _with(node: Any, instead: dict[int, Leaf]) -> Any:  # noqa: ANN401 - a node of the same kind
    """Return a node with variables in the place of aggregates."""
    if isinstance(node, tuple):
        return tuple(_with(each, instead) for each in node)
    if isinstance(node, Expression) and node.name in AGGREGATES:
        return instead[node.start]
    if isinstance(node, Expression):
        return replace(node, parts=_with(node.parts, instead))
    if isinstance(node, Bind):
        return replace(node, expression=_with(node.expression, instead))
    if isinstance(node, Modifier):
        return replace(node, parts=_with(node.parts, instead))
    return node


class _Aggregation:
    """Computes aggregates of one grouping."""

    def __init__(self, rows: Solutions, number: Ids, many: int, terms: Terms, judge: Judge, base: str) -> None:
        self._rows, self._number, self._many = rows, number, many
        self._terms, self._judge, self._base = terms, judge, base

    def of(self, call: Expression) -> Ids:
        """Return the value of an aggregate for each group."""
        if not call.parts:
            if call.distinct:
                raise Uncovered("COUNT(DISTINCT *)")
            return self._integers(np.bincount(self._number, minlength=self._many))
        if len(call.parts) > 1:
            raise Uncovered(call.name)
        values = self._judge.values(call.parts[0], self._rows)
        number, bound = self._number, values != UNBOUND
        if call.name == "COUNT":
            number, values = self._chosen(number[bound], values[bound], call.distinct)
            return self._integers(np.bincount(number, minlength=self._many))
        if not bound.all():
            raise Uncovered("an aggregate over what may have no value")
        number, values = self._chosen(number, values, call.distinct)
        match call.name:
            case "SUM":
                return self._texts(self._sums(number, values))
            case "AVG":
                return self._means(number, values)
            case "MIN" | "MAX":
                return self._ends(number, values, call.name)
        raise Uncovered(call.name)

    def _chosen(self, number: Ids, values: Ids, distinct: bool) -> tuple[Ids, Ids]:
        if not distinct:
            return number, values
        _, first = codes([number, values], len(number))
        return number[first], values[first]

    def _numbers(self, values: Ids) -> tuple[Ids, int]:
        """Return numbers as integers of so many places behind the point; -1 where all are integers."""
        different, place = np.unique(values, return_inverse=True)
        texts = self._terms.texts(different)
        kinds = {text.rpartition('"')[2] for text in texts}
        if not kinds <= {INTEGER, DECIMAL}:
            raise Uncovered("an aggregate over other values than integers and decimals")
        numbers = [Decimal(text[1 : text.rindex('"')]) for text in texts]
        places = max((-int(each.as_tuple().exponent) for each in numbers), default=0)
        scaled = [int(each.scaleb(places)) for each in numbers]
        if max(map(abs, scaled), default=0) > _MOST // max(len(values), 1):
            raise Uncovered("a sum that may be too large")
        return np.array(scaled, np.int64)[place], places if DECIMAL in kinds else -1

    def _sums(self, number: Ids, values: Ids) -> list[str]:
        numbers, places = self._numbers(values)
        if places >= 0 and len(np.unique(number)) < self._many:
            raise Uncovered("a sum of nothing among decimals")
        total = np.zeros(self._many, np.int64)
        np.add.at(total, number, numbers)
        if places < 0:
            return [f'"{each}"{INTEGER}' for each in total.tolist()]
        if places and INTEGER in {text[text.rindex('"') + 1 :] for text in self._terms.texts(np.unique(values))}:
            raise Uncovered("a sum of integers and decimals")
        return [f'"{_decimal(each, places)}"{DECIMAL}' for each in total.tolist()]

    def _means(self, number: Ids, values: Ids) -> Ids:
        many = np.bincount(number, minlength=self._many).tolist()
        pairs = " ".join(
            f"({n} {a} {b})" for n, (a, b) in enumerate(zip(self._sums(number, values), many, strict=True))
        )
        mean = "BIND(IF(?many = 0, 0, ?sum / ?many) AS ?mean)"
        found = run(f"SELECT ?n ?mean {{ VALUES (?n ?sum ?many) {{ {pairs} }} {mean} }}", self._base)
        result = np.full(self._many, UNBOUND, np.int64)
        for place, value in found:
            if value is None:
                raise Uncovered("a mean that is an error")
            result[int(place)] = self._terms.number(value)
        return result

    def _ends(self, number: Ids, values: Ids, name: str) -> Ids:
        """Return the smallest or largest value of each group."""
        rank = ranks(values, self._terms)
        if len(np.unique(rank)) < len(np.unique(values)):
            raise Uncovered("an extreme of different terms that are equal")
        order = np.lexsort((rank if name == "MIN" else -rank, number))
        groups, first = np.unique(number[order], return_index=True)
        result = np.full(self._many, UNBOUND, np.int64)
        result[groups] = values[order][first]
        return result

    def _integers(self, numbers: Ids | NDArray[np.intp]) -> Ids:
        different, place = np.unique(numbers, return_inverse=True)
        made = [self._terms.number(f'"{each}"{INTEGER}') for each in different.tolist()]
        return np.array(made, np.int64)[place]

    def _texts(self, texts: list[str]) -> Ids:
        return np.array([self._terms.number(text) for text in texts], np.int64)


def _decimal(number: int, places: int) -> str:
    """Return a number of so many places behind the point as the store writes it.

    >>> _decimal(1250, 2), _decimal(-5, 1), _decimal(0, 2)
    ('12.5', '-0.5', '0')
    """
    text = f"{Decimal(number).scaleb(-places):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
