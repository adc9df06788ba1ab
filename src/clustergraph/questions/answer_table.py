"""All rows of an answer, held by column, and those of them that a client chooses: by facets and words, in an order."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, overload

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions

from clustergraph.errors import QuestionError
from clustergraph.languages.reader import chosen
from clustergraph.questions.answer import Cell, QuestionCall, Words, cell
from clustergraph.questions.facets import FacetIndex
from clustergraph.questions.names import nearest, plain
from clustergraph.questions.question import Question

Term = NamedNode | BlankNode | Literal
Mask = NDArray[np.bool_]
"""For each row of a table whether it is selected."""
Order = NDArray[np.int64]
"""The numbers of rows, in an order."""

MOST_CELLS: Final = 1_000_000
"""Tables of so many cells together are kept: some 40 MB."""
_LANGUAGES_KEPT: Final = 3
"""The texts of a column are kept as readers of so many languages see them."""
_DIGITS: Final = re.compile(r"([0-9]+)")


class AnswerTable:
    """The whole answer to a question: each column holds each of its terms once, and for each row which it is."""

    def __init__(self, solutions: QuerySolutions) -> None:
        """Read the rows of an answer."""
        self.columns = tuple(variable.value for variable in solutions.variables)
        known: list[dict[Term | None, int]] = [{} for _ in self.columns]
        codes = [array("q") for _ in self.columns]
        for row in solutions:
            for terms, column, term in zip(known, codes, row, strict=True):
                column.append(terms.setdefault(term, len(terms)))
        self.terms = {name: list(terms) for name, terms in zip(self.columns, known, strict=True)}
        self.codes = {name: np.array(column, np.int64) for name, column in zip(self.columns, codes, strict=True)}
        self.facets: dict[str, FacetIndex] = {}
        """What its rows have of each facet, as far as that has been asked for."""
        most = _LANGUAGES_KEPT * max(1, len(self.columns))
        self._texts: LRUCache[tuple[str | None, str], list[str]] = LRUCache(most)
        self._ranks: LRUCache[tuple[str | None, str], Order] = LRUCache(most)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes[self.columns[0]]) if self.columns else 0

    @property
    def cells(self) -> int:
        """How many cells it has, in which its size is measured."""
        return max(1, len(self) * len(self.columns))

    @property
    def empty(self) -> tuple[str, ...]:
        """The columns in which no row has anything."""
        return tuple(name for name in self.columns if not any(self.terms[name]))

    def containing(self, text: str, columns: Sequence[str], words: Words) -> Mask:
        """Return which rows have a text in one of some columns, whatever its case and accents."""
        wanted, found = plain(text), np.zeros(len(self), np.bool_)
        for name in columns:
            has = np.array([wanted in each for each in self._plain(name, words)], np.bool_)
            if len(has):
                found |= has[self.codes[name]]
        return found

    def order(self, mask: Mask, sort: str, words: Words) -> Order:
        """Return the rows of a mask, by the values of a column; a minus before it has the greatest first.

        Rows without a value are last, and those with the same value stay as they are.
        """
        rows = np.flatnonzero(mask)
        if not sort:
            return rows
        name = sort.removeprefix("-")
        ranks = self._ranked(name, words)[self.codes[name][rows]]
        keys = np.where(ranks >= 0, -ranks if sort != name else ranks, len(self) + 1)
        return rows[np.argsort(keys, kind="stable")]

    def _plain(self, name: str, words: Words) -> list[str]:
        found = self._texts.get(key := (chosen(), name))
        if found is None:
            found = self._texts[key] = [plain(cell(term, words).shown) for term in self.terms[name]]
        return found

    def _ranked(self, name: str, words: Words) -> Order:
        """Return for each term of a column its place among them; -1 for none."""
        found = self._ranks.get(key := (chosen(), name))
        if found is None:
            keys = [sort_key(cell(term, words)) for term in self.terms[name]]
            places = {key: place for place, key in enumerate(sorted(set(filter(None, keys))))}
            found = self._ranks[key] = np.array([places[key] if key else -1 for key in keys], np.int64)
        return found


class AnswerCache:
    """The tables that are kept, by question and what is given: those asked for last, for readers of any language."""

    def __init__(self) -> None:
        """Keep none."""
        self._kept: LRUCache[tuple[str, str], AnswerTable] = LRUCache(MOST_CELLS, getsizeof=lambda each: each.cells)

    def of(
        self, question: Question, given: Mapping[str, list[str]], solve: Callable[[], QuerySolutions]
    ) -> AnswerTable:
        """Return a table; it is read from solutions if it is not kept."""
        key = (question.name, json.dumps(given, sort_keys=True))
        found = self._kept.get(key)
        if found is None:
            found = AnswerTable(solve())
            self.keep({key: found})
        return found

    @property
    def tables(self) -> dict[tuple[str, str], AnswerTable]:
        """The tables that are kept."""
        return dict(self._kept)

    def keep(self, tables: Mapping[tuple[str, str], AnswerTable]) -> None:
        """Keep tables, but for those that are too large."""
        for key, table in tables.items():
            if table.cells <= MOST_CELLS:
                self._kept[key] = table


SortKey = tuple[int, float, tuple[tuple[str, int, str], ...]]


def sort_key(value: Cell) -> SortKey | None:
    """Return by what a cell is sorted: numbers by their size, also those within a text; None for an empty one.

    >>> cells = [Cell(each) for each in ("Annex 10", "annex 9", 7, "État")]
    >>> [cell.value for cell in sorted(cells, key=sort_key)]
    [7, 'annex 9', 'Annex 10', 'État']
    """
    if value.value is None:
        return None
    if isinstance(value.value, int | float):
        return 0, float(value.value), ()
    parts = _DIGITS.split(plain(value.value))
    numbers = [each.lstrip("0") for each in parts[1::2]] + [""]
    return 1, 0.0, tuple((text, len(number), number) for text, number in zip(parts[::2], numbers, strict=True))


class SelectedRows(Sequence[Mapping[str, Term | None]]):
    """Some rows of a table in an order; the terms of a row are looked up when it is asked for."""

    def __init__(self, table: AnswerTable, rows: Order) -> None:
        """Keep which rows they are."""
        self.table, self.rows = table, rows

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Mapping[str, Term | None]: ...
    @overload
    def __getitem__(self, place: slice) -> SelectedRows: ...
    def __getitem__(self, place: int | slice) -> Mapping[str, Term | None] | SelectedRows:
        """Return the terms of a row by column, or some of the rows."""
        if isinstance(place, slice):
            return SelectedRows(self.table, self.rows[place])
        row, table = self.rows[place], self.table
        return {name: table.terms[name][table.codes[name][row]] for name in table.columns}

    def __iter__(self) -> Iterator[Mapping[str, Term | None]]:
        """Yield the terms of each row."""
        return (self[place] for place in range(len(self)))

    def terms(self, column: str) -> Iterator[Term | None]:
        """Yield the terms of a column that stand in these rows, each once."""
        return (self.table.terms[column][code] for code in np.unique(self.table.codes[column][self.rows]))


def shown_columns(call: QuestionCall, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that a client wants, in their own order: all, if it names none.

    Raises:
        QuestionError: one of them, or the one by which the rows are sorted, is not a column of the answer.
    """
    for name in (*call.columns, *filter(None, [call.sort.removeprefix("-")])):
        if name not in columns:
            near = nearest(name, columns, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            advice = f"{hint}its columns: {', '.join(columns)}"
            raise QuestionError(f"{call.question} has no column {name!r}", advice=advice)
    return tuple(name for name in columns if name in call.columns) if call.columns else tuple(columns)
