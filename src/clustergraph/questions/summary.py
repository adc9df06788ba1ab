"""The sentence that says what an answer is, before its picture and its table: by a rule, or as its question has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from heapq import nlargest
from typing import Final

import numpy as np
from pyoxigraph import NamedNode

from clustergraph.languages.messages import gettext, ngettext
from clustergraph.languages.notation import number, quantity, yes_or_no
from clustergraph.languages.reader import Label, language_of
from clustergraph.questions.answer import Cell, Words, cell
from clustergraph.questions.answer_table import AnswerTable, Order
from clustergraph.questions.question import Question

_PLACE: Final = re.compile(
    r"\{(rows|different|first|largest|by|some|true|false)(?::(\w+(?:,\w+)*))?(?::(\w+))?(?:\|([^|{}]*)\|([^|{}]*))?\}"
)
_PART: Final = re.compile(r"\[([^\]]*)\]")
_FIRST: Final = 3
_KINDS: Final = 4
"""So many values are told with the rows that they have, where all are meant."""
_COMMON: Final = 0.95
"""What more than this part of the rows have says nothing of them."""
_MORE: Final = " …"
_LOOKED_AT: Final = 100
"""Among so many rows with the greatest numbers those of different things are looked for."""


Counts = Callable[[str], Mapping[str, int]]
"""Gives of a facet how many of the rows each of its values has, by what it stands for."""


def summarised(question: Question, table: AnswerTable, rows: Order, words: Words, facet: Counts) -> str:
    """Return what some rows of an answer are, in a sentence in the language of the reader."""
    if len(rows) < 2:
        return _one(question, table, rows, words)
    if question.answer:
        return _Summary(question, table, rows, words, facet).filled()
    return _greatest(question, table, rows, words) or _frequent(question, table, rows, words) or _number(len(rows))


def _one(question: Question, table: AnswerTable, rows: Order, words: Words) -> str:
    """Return what the one row states: in the words that its question has for it, or else its first values."""
    if not len(rows):
        return _number(0)
    row = {name: _said(table, name, rows[0], words) for name in table.columns}
    if question.evidence:
        said = question.statement(row)
        return Label(f"{said[:1].upper()}{said[1:]}.", language_of(said))
    shown = [row[name] for name in table.columns if row[name] and name not in question.hidden]
    return gettext("One row: %(values)s.", values=" · ".join(shown[:_KINDS]))


def _number(rows: int) -> str:
    return ngettext("One row.", "%(rows)s rows.", rows, rows=number(rows))


def _said(table: AnswerTable, column: str, row: int, words: Words) -> str:
    found = cell(table.terms[column][table.codes[column][row]], words)
    return yes_or_no(found.value) if isinstance(found.value, bool) else found.shown


class _Summary:
    """Fills in the sentence that a question has for several rows."""

    def __init__(self, question: Question, table: AnswerTable, rows: Order, words: Words, facet: Counts) -> None:
        self.question, self.table, self.rows, self.words, self.facet = question, table, rows, words, facet

    def filled(self) -> str:
        """Return the sentence; a part in brackets is left out where there is nothing to say."""
        said = _PLACE.sub(self._value, _PART.sub(self._part, self.question.answer)).lstrip(",;: ")
        return f"{said[:1].upper()}{said[1:]}"

    def _part(self, match: re.Match[str]) -> str:
        """Return what is in brackets; that there is one value only is seen, and need not be told again."""
        for place in _PLACE.finditer(match[1]):
            one = place[1] in ("different", "some") and place[4] is None and self._many("different", place[2]) == 1
            if one or self._bare(place) in ("", "0"):
                return ""
        return match[1]

    def _value(self, match: re.Match[str]) -> str:
        found = self._bare(match)
        if match[4] is None:
            return found
        values = list(self._counts(match[2]))
        return f"{values[0]} {match[4]}".rstrip() if len(values) == 1 else f"{found} {match[5]}"

    def _bare(self, match: re.Match[str]) -> str:
        what, column = match[1], match[2]
        match what:
            case "rows" | "different" | "true" | "false":
                return number(self._many(what, column))
            case "largest":
                return _named_numbers(_greatest_first(self.table, self.rows, column.split(","), match[3], self.words))
            case "by":
                return _named_numbers(
                    sorted(self._counts(column).items(), key=lambda each: (-each[1], each[0])), _KINDS
                )
            case "some":
                found = list(self._counts(column))
                return ", ".join(found[:_FIRST]) + _MORE * (len(found) > _FIRST)
            case _:
                return _first(self._counts(column))

    def _many(self, what: str, column: str) -> int:
        if what == "rows":
            return len(self.rows)
        if what == "different":
            return len(self._counts(column))
        return _counted(self.table, column, self.rows, self.words).get(yes_or_no(what == "true"), 0)

    def _counts(self, name: str) -> Mapping[str, int]:
        if name in self.question.parameters and self.question.parameters[name].facet:
            return _named(self.facet(name), self.words)
        return _counted(self.table, name, self.rows, self.words)


def _counted(table: AnswerTable, column: str, rows: Order, words: Words) -> dict[str, int]:
    """Return how many rows have each value of a column, in the order in which they come."""
    _, first, counts = np.unique(table.codes[column][rows], return_index=True, return_counts=True)
    found = sorted(zip(first.tolist(), counts.tolist(), strict=True))
    named = ((_said(table, column, rows[place], words), count) for place, count in found)
    return {name: count for name, count in named if name}


def _named(counts: Mapping[str, int], words: Words) -> dict[str, int]:
    found = ((words(value) if ":" in value else value, count) for value, count in counts.items())
    return dict(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _first(counts: Mapping[str, int]) -> str:
    """Return the values that most rows have, each with its number of rows, of those that several have.

    >>> _first({"Spain": 5, "Italy": 2, "Malta": 1})
    'Spain (5), Italy (2)'
    """
    several = sorted((-count, value) for value, count in counts.items() if count > 1 and len(counts) > 1)[:_FIRST]
    return ", ".join(f"{value} ({number(-count)})" for count, value in several)


def _most(counts: Mapping[str, int]) -> tuple[str, int] | None:
    """Return the value that more rows have than any other, and how many they are.

    >>> _most({"Spain": 5, "Italy": 2}), _most({"Spain": 2, "Italy": 2})
    (('Spain', 5), None)
    """
    first, second = [*sorted(counts.items(), key=lambda pair: -pair[1]), ("", 0), ("", 0)][:2]
    return first if first[1] > max(second[1], 1) else None


def _named_numbers(found: Sequence[tuple[str, int | float]], most: int = _FIRST) -> str:
    """Return names with their numbers, and whether there are more.

    >>> _named_numbers([("Spain", 5), ("Italy", 2)])
    'Spain (5), Italy (2)'
    """
    told = ", ".join(f"{name} ({_amount(value)})" for name, value in found[:most])
    return told + _MORE * (most == _KINDS and len(found) > most)


def _amount(value: float) -> str:
    """Return a number as it is read; one with decimals as in the table."""
    return number(value) if isinstance(value, int) else quantity(Cell(value).shown)


def _greatest_first(
    table: AnswerTable, rows: Order, labels: Sequence[str], values: str, words: Words
) -> list[tuple[str, int | float]]:
    """Return the labels that have a number, the greatest first, each once."""
    numbers = [cell(term, words).value for term in table.terms[values]]
    column = table.codes[values][rows]
    found = [(value, -place) for place, code in enumerate(column)
             if isinstance(value := numbers[code], int | float) and value]  # fmt: skip
    told: dict[str, int | float] = {}
    for value, place in nlargest(_LOOKED_AT, found):
        name = " – ".join(filter(None, (_said(table, label, rows[-place], words) for label in labels)))
        told.setdefault(name, value)
    return list(told.items())[:_FIRST]


def _greatest(question: Question, table: AnswerTable, rows: Order, words: Words) -> str:
    """Return the largest number of a view of bars, and of what it is, if it is one alone."""
    labels, values = (question.view.columns.get(part, ()) for part in ("label", "value"))
    if question.view.kind != "bar" or "panel" in question.view.columns:
        return ""
    found = _greatest_first(table, rows, labels, values[0], words)
    if len(found) < 2 or found[0][1] == found[1][1]:
        return ""
    told = {
        "rows": number(len(rows)),
        "column": question.heading(values[0]),
        "value": found[0][0],
        "number": _amount(found[0][1]),
    }
    return gettext("%(rows)s rows; the largest number of “%(column)s” is %(number)s: %(value)s.", **told)


def _frequent(question: Question, table: AnswerTable, rows: Order, words: Words) -> str:
    """Return the thing that stands in most rows, of the first column where that says something."""
    for name in (each for each in table.columns if each not in question.hidden):
        if not any(isinstance(term, NamedNode) for term in table.terms[name]):
            continue
        if len(np.unique(table.codes[name][rows])) * 2 > len(rows):
            continue
        most = _most(_counted(table, name, rows, words))
        if most and most[1] < _COMMON * len(rows):
            told = {"rows": number(len(rows)), "value": most[0], "number": number(most[1])}
            return gettext("%(rows)s rows; %(value)s stands in %(number)s of them.", **told)
    return ""
