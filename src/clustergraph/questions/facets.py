"""Facets: parameters of a question whose values are offered with the number of rows that each leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions

from clustergraph.questions.parameters import needs_choices
from clustergraph.questions.question import Parameter, Question
from clustergraph.questions.values import CountedValue

if TYPE_CHECKING:
    from clustergraph.questions.answer_table import AnswerTable

Select = Callable[[str], QuerySolutions]
Masks = Mapping[str, NDArray[np.bool_]]

MOST_OFFERED: Final = 200
"""So many values of a facet are offered, those with the most rows; any other can be given by its name."""
_NAMED: Final = 1_000
"""The things of so many rows are named in the query of a facet; of more it is asked for all there are."""
_VARIABLE: Final = re.compile(r"\?(\w+)")


@dataclass(frozen=True)
class Facet:
    """What is offered of a facet."""

    parameter: Parameter
    values: tuple[CountedValue, ...]
    """Those that leave rows with the other choices as they are, and those that are chosen."""
    total: int
    """How many there are, if not all are offered."""
    chosen: Mapping[str, str]
    """The values that are chosen, by what they stand for, as they are given."""


@dataclass(frozen=True)
class FacetIndex:
    """Which values of a facet the rows of a table have: pairs of a row and a value."""

    terms: list[NamedNode | Literal]
    rows: NDArray[np.int64]
    values: NDArray[np.int64]

    @classmethod
    def of(cls, table: AnswerTable, question: Question, name: str, select: Select) -> FacetIndex:
        """Return the index of a facet, by its column or by what its pattern finds for the things of a column."""
        pattern = question.parameters[name].facet
        column = thing_of(question, pattern)
        if pattern == column:
            return cls._of_column(table, column)
        things = {term: code for code, term in enumerate(table.terms[column]) if isinstance(term, NamedNode)}
        block = f"VALUES ?{column} {{ {' '.join(map(str, things))} }}" if len(things) <= _NAMED else ""
        pairs = [
            (row[column], row[name]) for row in select(f"SELECT DISTINCT ?{column} ?{name} {{ {block} {pattern} }}")
        ]
        known: dict[NamedNode | Literal, int] = {}
        found = [(things[thing], known.setdefault(value, len(known))) for thing, value in pairs
                 if thing in things and isinstance(value, NamedNode | Literal)]  # fmt: skip
        return cls(list(known), *_joined(table.codes[column], np.array(found, np.int64).reshape(-1, 2)))

    @classmethod
    def _of_column(cls, table: AnswerTable, column: str) -> FacetIndex:
        terms, codes = table.terms[column], table.codes[column]
        kept = [code for code, term in enumerate(terms) if term is not None and not isinstance(term, BlankNode)]
        places = np.full(len(terms), -1, np.int64)
        places[kept] = np.arange(len(kept))
        rows = np.flatnonzero(places[codes] >= 0)
        found = [term for code in kept if isinstance(term := terms[code], NamedNode | Literal)]
        return cls(found, rows, places[codes[rows]])

    def mask(self, wanted: Collection[str], size: int) -> NDArray[np.bool_]:
        """Return which of so many rows have one of some values."""
        mask = np.zeros(size, np.bool_)
        values = [place for place, term in enumerate(self.terms) if term.value in wanted]
        mask[self.rows[np.isin(self.values, values)]] = True
        return mask

    def counts(self, mask: NDArray[np.bool_]) -> dict[str, int]:
        """Return in how many rows of a mask each value stands, if it does."""
        counted = np.bincount(self.values[mask[self.rows]], minlength=len(self.terms))
        return {term.value: int(number) for term, number in zip(self.terms, counted, strict=True) if number}


def _joined(codes: NDArray[np.int64], pairs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and values, from the things of the rows and pairs of a thing and a value.

    >>> _joined(np.array([0, 1, 0]), np.array([[0, 5], [1, 6]]))
    (array([0, 2, 1]), array([5, 5, 6]))
    """
    by_thing = np.argsort(codes, kind="stable")
    sorted_codes = codes[by_thing]
    first = np.searchsorted(sorted_codes, pairs[:, 0], "left")
    length = np.searchsorted(sorted_codes, pairs[:, 0], "right") - first
    ends = np.cumsum(length)
    within = np.arange(int(length.sum())) - np.repeat(ends - length, length)
    return by_thing[np.repeat(first, length) + within], np.repeat(pairs[:, 1], length)


def facets_of(question: Question) -> list[str]:
    """Return the names of the parameters that are facets."""
    return [name for name, parameter in question.parameters.items() if parameter.facet]


def thing_of(question: Question, pattern: str) -> str:
    """Return the column whose things a facet is about: the first that its pattern names, or it itself.

    Raises:
        ValueError: it names none.
    """
    for name in [pattern, *map(str, _VARIABLE.findall(pattern))]:
        if name in question.columns:
            return name
    raise ValueError(f"the facet {pattern!r} names no column of the question")


def everything_but(name: str, masks: Masks, size: int) -> NDArray[np.bool_]:
    """Return which rows all masks but that of one facet keep."""
    found = np.ones(size, np.bool_)
    for other, mask in masks.items():
        if other != name:
            found &= mask
    return found


def ordered(parameter: Parameter, counts: Mapping[str, int]) -> list[str]:
    """Return values in the order in which they are offered: things by the number of rows, others by themselves."""
    if needs_choices(parameter):
        return sorted(counts, key=lambda value: (-counts[value], value))
    return sorted(counts, key=lambda value: [(len(part), part) for part in re.split(r"\D+", value)])
