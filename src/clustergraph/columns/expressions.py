"""Conditions and values over rows: the engine judges each different row of what they read once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import QuerySolutions, Store

from clustergraph.columns.dictionary import UNBOUND, Ids, Terms
from clustergraph.columns.solutions import Solutions, Uncovered
from clustergraph.sparql.tree import Exists, Expression, Leaf, Operand, Query, every, outermost, written
from clustergraph.terms import PREFIXES

Truth: TypeAlias = NDArray[np.int8]
"""For each row 1 if a condition is true, 0 if it is false, -1 if it is an error."""
Asked: TypeAlias = Callable[[Exists, Solutions], NDArray[np.bool_]]
_VOLATILE: Final = frozenset({"BNODE", "RAND", "STRUUID", "UUID", "NOW"})
MOST_JUDGED: Final = 5_000
"""More different rows than this are judged sooner by the store, which has them at hand."""
_BOOLEAN: Final = "^^<http://www.w3.org/2001/XMLSchema#boolean>"
_EMPTY: Final = Store()


class Judge:
    """Judges the expressions of a query."""

    def __init__(self, query: Query, terms: Terms, asked: Asked, most: int = MOST_JUDGED) -> None:
        """Take the query, the terms, what says whether an EXISTS holds of rows, and how many rows may be judged."""
        self._query = query
        self._terms = terms
        self._asked = asked
        self._most = most

    def holds(self, condition: Operand, rows: Solutions) -> NDArray[np.bool_]:
        """Return of which rows a condition is true."""
        return self._truth(condition, rows) == 1  # type: ignore[no-any-return]

    def _truth(self, node: Operand, rows: Solutions) -> Truth:
        match node:
            case Exists():
                return np.asarray(self._asked(node, rows) != node.negated, np.int8)
            case Expression(name="", signs=(), parts=(inner,)):
                return self._truth(inner, rows)
            case Expression(name="!", parts=(inner,)):
                truth = self._truth(inner, rows)
                return np.where(truth < 0, truth, 1 - truth).astype(np.int8)
            case Expression(name="BOUND", parts=(Leaf(kind="variable") as leaf,)):
                return (rows.column(leaf.value) >= 0).astype(np.int8)
            case Expression(name="", signs=signs, parts=parts) if "||" in signs:
                return self._combined(signs, parts, "||", rows)
            case Expression(name="", signs=signs, parts=parts) if "&&" in signs:
                return self._combined(signs, parts, "&&", rows)
            case Expression(name="", signs=("=" | "!=" as sign,), parts=(Leaf() as left, Leaf() as right)):
                equal = self._equal(left, right, rows)
                if equal is not None:
                    return equal if sign == "=" else (1 - equal).astype(np.int8)
        return self._judged(node, rows)

    def _combined(self, signs: Sequence[str], parts: Sequence[Operand], sign: str, rows: Solutions) -> Truth:
        """Return what is made of conditions between which a sign stands: true or false wins, and else an error."""
        wins, found, begin = int(sign == "||"), list[Truth](), 0
        for end in [*(n + 1 for n, each in enumerate(signs) if each == sign), len(parts)]:
            inner, between = parts[begin:end], signs[begin : end - 1]
            whole = (
                inner[0]
                if len(inner) == 1
                else Expression(inner[0].start, inner[-1].end, "", tuple(inner), tuple(between))
            )
            found.append(self._truth(whole, rows))
            begin = end
        every_one = np.stack(found)
        won, unsure = (every_one == wins).any(axis=0), (every_one < 0).any(axis=0)
        return np.where(won, wins, np.where(unsure, -1, 1 - wins)).astype(np.int8)

    def _equal(self, left: Leaf, right: Leaf, rows: Solutions) -> Truth | None:
        """Return where two terms are equal, if all of one of them are IRIs and both have values."""
        first, second = self._side(left, rows), self._side(right, rows)
        if first is None or second is None or (first < 0).any() or (second < 0).any():
            return None
        if not (self._terms.is_iri(first).all() or self._terms.is_iri(second).all()):
            return None
        return np.asarray(first == second, np.int8)

    def _side(self, leaf: Leaf, rows: Solutions) -> Ids | None:
        if leaf.kind == "variable":
            return rows.column(leaf.value)
        return np.full(rows.length, self._terms.number(leaf.text), np.int64) if leaf.kind == "iri" else None

    # What the engine judges

    def _judged(self, node: Operand, rows: Solutions) -> Truth:
        truth = self._evaluated(node, rows, "IF({}, true, false)")
        yes, no = (self._terms.number(f'"{word}"{_BOOLEAN}') for word in ("true", "false"))
        return np.where(truth == yes, 1, np.where(truth == no, 0, -1)).astype(np.int8)

    def values(self, node: Operand, rows: Solutions) -> Ids:
        """Return what an expression gives for each row; an error leaves it unbound."""
        if isinstance(node, Leaf):
            side = self._side(node, rows) if node.kind in ("variable", "iri") else None
            if side is not None:
                return side
        return self._evaluated(node, rows, "{}")

    def _evaluated(self, node: Operand, rows: Solutions, frame: str) -> Ids:
        text, rows, names = self._text(node, rows)
        names = [name for name in names if name in rows.columns]
        number, first = rows.codes(names)
        if len(first) > self._most:
            raise Uncovered(f"{len(first):,} values to be judged")
        asked, found = rows.take(first), list[Ids]()
        for begin in range(0, len(first), MOST_JUDGED):
            some = asked.take(np.arange(begin, min(begin + MOST_JUDGED, len(first))))
            found.append(self._asked_of(frame.format(text), names, some))
        return np.concatenate(found)[number] if found else np.zeros(0, np.int64)

    def _text(self, node: Operand, rows: Solutions) -> tuple[str, Solutions, list[str]]:
        """Return what an expression says, with a variable for each EXISTS in it, and the rows with those variables."""
        if any(each.name in _VOLATILE for each in every(Expression, node)):
            raise Uncovered("a function gives another value every time")
        if any(leaf.kind in ("blank", "triple") for leaf in every(Leaf, node)):
            raise Uncovered("a term that only the store knows")
        instead = dict[int, str]()
        found = [*outermost(every(Exists, node))]
        for each in found:
            name = f"_exists{each.start}"
            truth = self._asked(each, rows) != each.negated
            yes, no = (self._terms.number(f'"{word}"{_BOOLEAN}') for word in ("true", "false"))
            rows = rows.added({name: np.where(truth, yes, no)})
            instead[each.start] = f"?{name}"
        inside = {leaf.start for each in found for leaf in every(Leaf, each)}
        leaves = {leaf.start: leaf for leaf in every(Leaf, node) if leaf.start not in inside}
        nodes = sorted([*found, *leaves.values()], key=lambda each: each.start)
        text = written(
            self._query.text, nodes, lambda each: each.text if isinstance(each, Leaf) else instead[each.start],
            node.start, node.end,
        )  # fmt: skip
        outside = {leaf.value for leaf in leaves.values() if leaf.kind == "variable"}
        return text, rows, sorted(outside | {name[1:] for name in instead.values()})

    def _asked_of(self, text: str, names: Sequence[str], asked: Solutions) -> Ids:
        """Return what the engine makes of an expression in each of some rows."""
        columns = [asked.columns[name] for name in names]
        for column in columns:
            if self._terms.is_blank(column).any():
                raise Uncovered("a blank node in an expression")
        written_ = [["UNDEF" if n < 0 else self._terms.text(n) for n in column.tolist()] for column in columns]
        rows = " ".join(f"({' '.join(row)})" for row in zip(map(str, range(asked.length)), *written_, strict=True))
        variables_ = " ".join(f"?{name}" for name in names)
        query = f"SELECT ?_row ?_value {{ VALUES (?_row {variables_}) {{ {rows} }} BIND({text} AS ?_value) }}"
        result = np.full(asked.length, UNBOUND, np.int64)
        for number, value in run(query, self._query.base):
            if value is not None:
                result[int(number)] = self._terms.number(value)
        return result


def run(query: str, base: str) -> list[tuple[str, str | None]]:
    """Return the rows of a query of two variables over nothing: a number, and a term as N-Triples writes it."""
    try:
        solutions = _EMPTY.query(query, base_iri=base or None, prefixes=PREFIXES)
        assert isinstance(solutions, QuerySolutions)
        return [(row[0].value, None if row[1] is None else str(row[1])) for row in solutions]
    except (SyntaxError, RuntimeError, ValueError) as error:
        raise Uncovered(f"the engine does not take an expression alone: {error}") from error
