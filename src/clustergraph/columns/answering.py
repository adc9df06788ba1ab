"""Answers from columns, as JSON, where columns are sure to give what the store would, and sooner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustergraph.columns.dictionary import UNBOUND, Ids, Terms
from clustergraph.columns.evaluate import Evaluator
from clustergraph.columns.index import Columns
from clustergraph.columns.solutions import Solutions, Uncovered
from clustergraph.sparql.tree import Query

FORMS: Final = ("SELECT", "ASK")


def answer(columns: Columns, query: Query) -> bytes:
    """Return the answer to a SELECT or ASK as SPARQL results in JSON; `Uncovered` says why the store is to answer."""
    evaluator = _evaluator(columns, query)
    try:
        rows = evaluator.solutions()
        if query.selection.form == "ASK":
            return b'{"head":{},"boolean":%s}' % (b"true" if rows.length else b"false")
        return "".join(_json(rows, evaluator.terms)).encode()
    except MemoryError as error:
        raise Uncovered("too much memory") from error


def encoded_columns(columns: Columns, query: Query) -> dict[str, tuple[list[str], Ids]]:
    """Return the columns of the answer to a SELECT: its different terms, and which of them stands in each row.

    Raises:
        Uncovered: the store is to answer.
    """
    if query.selection.form == "ASK":
        raise Uncovered("ASK")
    evaluator = _evaluator(columns, query)
    rows, found = evaluator.solutions(), dict[str, tuple[list[str], Ids]]()
    for name, column in rows.columns.items():
        different, place = np.unique(column, return_inverse=True)
        unbound = int(different[:1].tolist() == [UNBOUND])
        found[name] = evaluator.terms.texts(different[unbound:]), place - unbound
    return found


def plan(columns: Columns, query: Query) -> list[str]:
    """Return in words how columns answer a query: the steps in their order, each with the rows that are left."""
    evaluator = _evaluator(columns, query)
    rows = evaluator.solutions()
    return [*evaluator.steps, f"the answer: {rows.length:,} row{'s' * (rows.length != 1)}"]


def _evaluator(columns: Columns, query: Query) -> Evaluator:
    """Return what evaluates a query that is no look-up."""
    if query.selection.form not in FORMS:
        raise Uncovered(query.selection.form)
    evaluator = Evaluator(columns, query)
    if evaluator.is_lookup:
        raise Uncovered("a look-up")
    return evaluator


def _json(rows: Solutions, terms: Terms) -> Iterator[str]:
    yield f'{{"head":{{"vars":{json.dumps([*rows.columns], separators=(",", ":"))}}},"results":{{"bindings":['
    columns = {json.dumps(name): _fragments(column, terms) for name, column in rows.columns.items()}
    unbound = any((column == UNBOUND).any() for column in rows.columns.values())
    if unbound or not columns:
        lines = (
            ",".join(f"{name}:{value}" for name, value in zip(columns, row, strict=True) if value)
            for row in (zip(*columns.values(), strict=True) if columns else [()] * rows.length)
        )
        yield ",".join(f"{{{line}}}" for line in lines)
    else:
        frame = "{" + ",".join(f"{name.replace('%', '%%')}:%s" for name in columns) + "}"
        yield ",".join(map(frame.__mod__, zip(*columns.values(), strict=True)))
    yield "]}}"


def _fragments(column: NDArray[np.int64], terms: Terms) -> list[str]:
    """Return what JSON has for each term of a column; nothing where it is unbound."""
    different, place = np.unique(column, return_inverse=True)
    found = np.array([_fragment(terms.text(n)) if n != UNBOUND else "" for n in different.tolist()], np.object_)
    return found[place].tolist()  # type: ignore[no-any-return]


def _fragment(text: str) -> str:
    r"""Return what JSON has for a term.

    >>> _fragment('"a\\n"@en')
    '{"type":"literal","value":"a\\n","xml:lang":"en"}'
    """
    if text[0] == "<":
        return f'{{"type":"uri","value":"{text[1:-1]}"}}'
    if text[0] == "_":
        return f'{{"type":"bnode","value":"{text[2:]}"}}'
    end = text.rindex('"')
    value, kind = text[1:end], text[end + 1 :]
    if "\\U" in value:
        raise Uncovered("an escaped letter")
    more = f',"xml:lang":"{kind[1:]}"' if kind[:1] == "@" else f',"datatype":"{kind[3:-1]}"' if kind else ""
    return f'{{"type":"literal","value":"{value}"{more}}}'
