"""Solutions in an order, and a part of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np

from clustergraph.columns.dictionary import DECIMAL, INTEGER, UNBOUND, Ids, Terms
from clustergraph.columns.expressions import MOST_JUDGED, run
from clustergraph.columns.solutions import Solutions, Uncovered
from clustergraph.sparql.tree import Bind, Expression, Leaf, Modifier, Operand

_XSD: Final = "^^<http://www.w3.org/2001/XMLSchema#"
_BY_TEXT: Final = {
    f"{_XSD}date>": re.compile(r"\d{4}-\d\d-\d\d"),
    f"{_XSD}gYear>": re.compile(r"\d{4}"),
    f"{_XSD}gYearMonth>": re.compile(r"\d{4}-\d\d"),
}
"""Dates in the forms that are ordered as text: years of four digits, no time zones."""
_ESCAPES: Final = (('\\"', '"'), ("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"))


def sorted_rows(rows: Solutions, keys: Sequence[tuple[Operand | Bind, bool]], terms: Terms) -> tuple[Solutions, bool]:
    """Return rows in the order of some keys, each of which may be descending, and whether there is no other order."""
    if not keys or rows.length < 2:
        return rows, rows.length < 2
    places = []
    for key, descending in keys:
        while isinstance(key, Expression) and not key.name and not key.signs:
            key = key.parts[0]
        if not isinstance(key, Leaf) or key.kind != "variable":
            raise Uncovered("ORDER BY an expression")
        rank = ranks(rows.column(key.value), terms)
        places.append(-rank if descending else rank)
    order = np.lexsort(places[::-1])
    same = np.ones(rows.length - 1, np.bool_)
    for rank in places:
        same &= rank[order][1:] == rank[order][:-1]
    return rows.take(order), not same.any()


def sliced(rows: Solutions, modifiers: Mapping[str, Modifier], exact: bool) -> Solutions:
    """Return the rows between OFFSET and LIMIT, if their order is certain."""
    numbers = {}
    for word in ("OFFSET", "LIMIT"):
        if word in modifiers:
            (leaf,) = modifiers[word].parts
            assert isinstance(leaf, Leaf)
            numbers[word] = int(leaf.value)
    start = numbers.get("OFFSET", 0)
    end = start + numbers.get("LIMIT", rows.length)
    if start == 0 and end >= rows.length:
        return rows
    if not exact:
        raise Uncovered("a part of rows whose order is not certain")
    return rows.take(np.arange(start, min(end, rows.length)))


def ranks(column: Ids, terms: Terms) -> Ids:
    """Return for each row where its term stands in the order of SPARQL, unbound first; equals are at one place."""
    different, place = np.unique(column, return_inverse=True)
    bound = different[different != UNBOUND]
    rank = np.arange(len(different)) if int(bound.max(initial=0)) < len(terms) else None
    if rank is None or not terms.is_iri(bound).all():
        rank = np.concatenate([[0] * (len(different) - len(bound)), 1 + _ranks(terms.texts(bound))])
    return rank[place]


def _ranks(texts: list[str]) -> Ids:
    """Return where terms stand in their order."""
    values = _values(texts)
    places = {value: place for place, value in enumerate(sorted({*values}))}
    return np.array([places[value] for value in values], np.int64)


def _values(texts: Sequence[str]) -> list[Any]:
    """Return what literals of one kind are ordered by."""
    if all(text[0] == "<" for text in texts):
        return [*texts]
    if all(text.endswith('"') for text in texts):
        return [plain(text) for text in texts]
    if all(text.endswith(INTEGER) for text in texts):
        return [int(text[1 : -len(INTEGER) - 1]) for text in texts]
    if all(text.endswith(DECIMAL) for text in texts):
        return [Decimal(text[1 : -len(DECIMAL) - 1]) for text in texts]
    for kind, form in _BY_TEXT.items():
        if all(text.endswith(kind) and form.fullmatch(text[1 : -len(kind) - 1]) for text in texts):
            return [*texts]
    return _asked(texts)


def _asked(texts: Sequence[str]) -> list[int]:
    """Return where the engine puts terms; those that it takes for equal are at the same place."""
    if any(text[0] == "_" for text in texts):
        raise Uncovered("an order of blank nodes")
    if len(texts) > MOST_JUDGED:
        raise Uncovered(f"{len(texts):,} values to be ordered")
    rows = " ".join(f"({number} {text})" for number, text in enumerate(texts))
    query = f"SELECT ?n ?t {{ VALUES (?n ?t) {{ {rows} }} }} ORDER BY ?t "
    up, down = ([int(number) for number, _ in run(query + last, "")] for last in ("?n", "DESC(?n)"))
    back = {number: place for place, number in enumerate(down)}
    rank, at = [0] * len(texts), 0
    for place, number in enumerate(up):
        at += place > 0 and back[up[place - 1]] < back[number]
        rank[number] = at
    return rank


def plain(text: str) -> str:
    r"""Return the value of a plain literal as N-Triples writes it.

    >>> plain(r'"a \"b\""')
    'a "b"'
    """
    value = text[1:-1]
    if "\\" not in value:
        return value
    parts = value.split("\\\\")
    for written, meant in _ESCAPES:
        parts = [part.replace(written, meant) for part in parts]
    if any("\\" in part for part in parts):
        raise Uncovered("an escaped letter")
    return "\\".join(parts)
