"""The sentence that says what an answer is, before its picture and its table: by a rule, or as its question has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from clustergraph.languages.messages import gettext, ngettext
from clustergraph.languages.notation import number
from clustergraph.languages.reader import ENGLISH, interface
from clustergraph.questions.answer import Words, cell
from clustergraph.questions.answer_table import AnswerTable, Order
from clustergraph.questions.question import Question

_PLACE: Final = re.compile(r"\{(rows|different|first)(?::(\w+))?\}")
_PART: Final = re.compile(r"\[([^\]]*)\]")
_FIRST: Final = 3
_NOTHING: Final = ("", "0", "1")
"""What leaves out a part of a sentence: that there is one value only is seen, and needs no plural."""
_COMMON: Final = 0.95
"""What more than this part of the rows have says nothing of them."""


Counts = Callable[[str], Mapping[str, int]]
"""Gives of a facet how many of the rows each of its values has, by what it stands for."""


def summarised(question: Question, table: AnswerTable, rows: Order, words: Words, facet: Counts) -> str:
    """Return what some rows of an answer are, in a sentence in the language of the reader."""
    if len(rows) < 2:
        return _one(question, table, rows, words)
    if question.answer:
        return _filled(question, table, rows, words, facet)
    return _largest(question, table, rows, words) or _frequent(question, table, rows, words) or _number(len(rows))


def _one(question: Question, table: AnswerTable, rows: Order, words: Words) -> str:
    """Return what the one row states, if its question has words for that."""
    if not (len(rows) and question.evidence) or interface() != ENGLISH:
        return _number(len(rows))
    row = {name: cell(table.terms[name][table.codes[name][rows[0]]], words) for name in table.columns}
    return f"{question.statement({name: each.shown for name, each in row.items()})}."


def _number(rows: int) -> str:
    return ngettext("One row.", "%(rows)s rows.", rows, rows=number(rows))


def _filled(question: Question, table: AnswerTable, rows: Order, words: Words, facet: Counts) -> str:
    """Return the sentence of a question; a part in brackets is left out where there is nothing to say."""

    def counts(name: str) -> Mapping[str, int]:
        if name in question.parameters and question.parameters[name].facet:
            return _named(facet(name), words)
        return _counted(table, name, rows, words)

    def value(match: re.Match[str]) -> str:
        if match[1] == "rows":
            return number(len(rows))
        return number(len(counts(match[2]))) if match[1] == "different" else _first(counts(match[2]))

    def part(match: re.Match[str]) -> str:
        empty = any(value(each) in _NOTHING for each in _PLACE.finditer(match[1]))
        return "" if empty else match[1]

    return _PLACE.sub(value, _PART.sub(part, question.answer))


def _counted(table: AnswerTable, column: str, rows: Order, words: Words) -> dict[str, int]:
    codes, counts = np.unique(table.codes[column][rows], return_counts=True)
    found = ((table.terms[column][code], count) for code, count in zip(codes, counts, strict=True))
    return {cell(term, words).shown: int(count) for term, count in found if term is not None}


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


def _largest(question: Question, table: AnswerTable, rows: Order, words: Words) -> str:
    """Return the largest number of a view of bars, and of what it is, if it is one alone."""
    labels, values = (question.view.columns.get(part, ()) for part in ("label", "value"))
    if question.view.kind != "bar" or "panel" in question.view.columns:
        return ""
    column = table.codes[values[0]][rows]
    numbers = [cell(term, words).value for term in table.terms[values[0]]]
    found = sorted(((value, row) for code, row in zip(column, rows, strict=True)
                    if isinstance(value := numbers[code], int | float)), reverse=True)[:2]  # fmt: skip
    if len(found) < 2 or found[0][0] == found[1][0]:
        return ""
    name = ", ".join(cell(table.terms[label][table.codes[label][found[0][1]]], words).shown for label in labels)
    told = {
        "rows": number(len(rows)),
        "column": question.heading(values[0]),
        "value": name,
        "number": number(found[0][0]),
    }
    return gettext("%(rows)s rows; the largest number of “%(column)s” is %(number)s: %(value)s.", **told)


def _frequent(question: Question, table: AnswerTable, rows: Order, words: Words) -> str:
    """Return the value that stands most often in the first column where that says something."""
    for name in (each for each in table.columns if each not in question.hidden):
        codes = table.codes[name][rows]
        if len(np.unique(codes)) * 2 > len(rows):
            continue
        most = _most(_counted(table, name, rows, words))
        if most and most[1] < _COMMON * len(rows):
            told = {
                "rows": number(len(rows)),
                "column": question.heading(name),
                "value": most[0],
                "number": number(most[1]),
            }
            return gettext("%(rows)s rows; most often “%(column)s” is %(value)s (%(number)s).", **told)
    return ""
