"""What a client chooses of the answer to a question: its rows in an order, its columns, and what else can be chosen."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Protocol, Self

import numpy as np
from pyoxigraph import Literal, NamedNode, QuerySolutions

from clustergraph.engine.store import Request
from clustergraph.questions.answer import Answer, Cell, QuestionCall, Rows, Words, WrittenAnswer, cell, document
from clustergraph.questions.answer_table import AnswerTable, SelectedRows, shown_columns
from clustergraph.questions.facets import (
    MOST_OFFERED,
    Facet,
    FacetIndex,
    Masks,
    everything_but,
    facets_of,
    ordered,
)
from clustergraph.questions.names import Choices
from clustergraph.questions.parameters import Known, needs_choices, resolve
from clustergraph.questions.question import Parameter, Question, find
from clustergraph.questions.summary import summarised
from clustergraph.questions.translation import told
from clustergraph.questions.values import CountedValue
from clustergraph.release.licences import LicensedSource


@dataclass(frozen=True)
class Picture:
    """A picture of an answer; where nothing can be drawn, it has no SVG."""

    svg: str = ""
    summary: str = ""
    """What it shows, in a sentence that follows from the rows."""
    notes: tuple[str, ...] = ()
    """What it leaves out, and how it is to be read."""
    narrow: str = ""
    """The same for a phone, if this one is wider; it may leave out more."""
    narrow_notes: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    """A matrix as a table: the names of its columns, then each row after its name."""


Draw = Callable[[Answer, Rows], Picture]

MOST_DRAWN: Final = 1_000
"""The picture of a page is that of so many rows."""
_OF_VIEW: Final = ("svg", "png", "geojson", "graphml")
"""The formats that are made of the columns of the view, whichever are shown."""
_TEXT: Final = ""
"""The mask of the text that rows must contain stands under this name: no facet has it."""


class Selectable(Known, Protocol):
    """What holds the whole answers to questions, and tells and draws them."""

    digest: str

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions, by name."""

    def answer_table(self, question: Question, given: Mapping[str, list[str]]) -> AnswerTable:
        """Return the whole answer to a question."""

    def select(self, text: str) -> QuerySolutions:
        """Return the solutions of a SELECT query."""

    def label(self, iri: str) -> str:
        """Return the label of a thing."""

    def choices(self, parameter: Parameter) -> Choices:
        """Return what a parameter can be."""

    def sources_of(self, things: Collection[str]) -> tuple[LicensedSource, ...]:
        """Return the sources with a licence of their own that say something of some things."""

    def file(self, answer: Answer, format_: str, rows: Rows | None = None, *, iris: bool = False) -> bytes:
        """Return rows of an answer as a file."""

    def proofs(self, answer: Answer, rows: Iterable[int]) -> list[dict[str, Any]]:
        """Return what some rows of an answer rest on."""

    def why_empty(self, answer: Answer) -> str:
        """Say why an answer has no rows."""

    def answer(self, request: Request) -> bytes:
        """Return the answer to a query, serialised."""


@dataclass(frozen=True)
class Excerpt:
    """Some rows of an answer, with all that is shown with them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    """How many rows there are in all."""
    query: str
    """The query with its parameters bound."""
    picture: Picture = field(default_factory=Picture)
    evidence: list[dict[str, Any]] | None = None
    """What each row rests on, if that is asked for."""
    notes: tuple[str, ...] = ()
    """See `Answer.notes`."""
    sources: tuple[LicensedSource, ...] = ()
    """See `Answer.sources`."""
    whole: int = 0
    """How many rows there are without facets and text."""
    all_columns: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    """The columns in which no row has anything."""
    facets: tuple[Facet, ...] = ()
    """What can be chosen, with the rows that each value leaves."""
    sentence: str = ""
    """What the rows are."""
    chosen: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)
    """What is meant by the values that are given: by parameter, and by the value as it was given."""


@dataclass(frozen=True)
class SelectedAnswer:
    """What a client has chosen of an answer."""

    graph: Selectable
    call: QuestionCall
    answer: Answer
    """The rows that are chosen, with all columns."""
    table: AnswerTable
    masks: Masks
    """Which rows each choice keeps: by the name of a facet, or of the text under none."""
    columns: tuple[str, ...]
    """The columns that are shown."""

    @classmethod
    def of(cls, graph: Selectable, call: QuestionCall) -> Self:
        """Return what a client chooses of the answer to a question.

        Raises:
            QuestionError: a parameter or a column is not known, or a value does not fit.
        """
        question = told(find(graph.questions, call.question))
        bound, notes = resolve(question, call.given, graph)
        facets = facets_of(question)
        table = graph.answer_table(question, {name: each for name, each in call.given.items() if name not in facets})
        columns = shown_columns(call, table.columns)
        masks = {
            name: _index(graph, table, question, name).mask({term.value for term in bound[name]}, len(table))
            for name in facets
            if name in bound
        }
        if call.contains:
            masks[_TEXT] = table.containing(call.contains, columns, graph.label)
        kept = everything_but("none", masks, len(table))
        rows = SelectedRows(table, table.order(kept, call.sort, graph.label))
        sources = graph.sources_of(_things_of(rows)) if len(rows) else ()
        query = question.bound(bound)
        answer = Answer(question, table.columns, rows, query, call.given, bound, graph.label, tuple(notes), sources)
        return cls(graph, call, answer, table, masks, _usual(call, question, table, columns))

    @property
    def shown(self) -> Answer:
        """The answer with the columns that are shown."""
        return replace(self.answer, columns=self.columns)

    @cached_property
    def facets(self) -> tuple[Facet, ...]:
        """What can be chosen of each facet of which the whole answer has several values."""
        question = self.answer.question
        several = (name for name in facets_of(question) if len(self._index(name).terms) > 1)
        found = (self._facet(question.parameters[name]) for name in several)
        return tuple(each for each in found if each.values)

    def _index(self, name: str) -> FacetIndex:
        return _index(self.graph, self.table, self.answer.question, name)

    def _facet(self, parameter: Parameter) -> Facet:
        name, choices = parameter.name, self.graph.choices(parameter)
        counts = self._index(name).counts(everything_but(name, self.masks, len(self.table)))
        terms = (term.value for term in self.answer.bound.get(name, ()))
        chosen = dict(zip(terms, self.call.given.get(name, ()), strict=False))
        offered = ordered(parameter, {value: n for value, n in counts.items() if value in choices or not parameter.of})
        first = dict.fromkeys([*offered[:MOST_OFFERED], *chosen])
        values = [
            CountedValue(choices.offer(value) if value in choices else value, value, counts.get(value, 0))
            for value in first
        ]
        if needs_choices(parameter):
            values.sort(key=lambda each: (-(each.rows or 0), each.value.casefold()))
        return Facet(parameter, tuple(values), len(offered), chosen)

    @cached_property
    def sentence(self) -> str:
        """What the rows are."""
        question, rows = self.answer.question, self.rows.rows
        mask = np.zeros(len(self.table), np.bool_)
        mask[rows] = True
        counts = lambda name: self._index(name).counts(mask)  # noqa: E731
        return summarised(question, self.table, rows, self.graph.label, counts)

    @property
    def chosen(self) -> dict[str, dict[str, Cell]]:
        """What is meant by the values that are given, see `Excerpt`."""
        return {
            name: {
                value: _meant(value, term, self.graph.label)
                for value, term in zip(values, self.answer.bound.get(name, ()), strict=False)
            }
            for name, values in self.call.given.items()
        }

    @property
    def evidence(self) -> list[dict[str, Any]] | None:
        """What the rows rest on that the client gets, if it asks for that."""
        end = min(self.call.offset + self.call.limit, len(self.answer))
        return self.graph.proofs(self.answer, range(self.call.offset, end)) if self.call.evidence else None

    @property
    def rows(self) -> SelectedRows:
        """The rows that are chosen, in their order."""
        assert isinstance(self.answer.terms, SelectedRows)
        return self.answer.terms


def _usual(call: QuestionCall, question: Question, table: AnswerTable, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of a page for which none are chosen: without those that are hidden, or empty in all rows."""
    if call.columns or call.format != "html":
        return columns
    left_out = {*question.hidden, *(table.empty if len(table) else ())}
    return tuple(name for name in columns if name not in left_out) or columns


def _index(graph: Selectable, table: AnswerTable, question: Question, name: str) -> FacetIndex:
    if name not in table.facets:
        table.facets[name] = FacetIndex.of(table, question, name, graph.select)
    return table.facets[name]


def _meant(given: str, term: NamedNode | Literal, words: Words) -> Cell:
    found = cell(term, words)
    return found if found.iri or isinstance(found.value, bool) else Cell(given)


def _things_of(rows: SelectedRows) -> set[str]:
    """Return the IRIs of the things that stand in some rows."""
    return {term.value for name in rows.table.columns for term in rows.terms(name) if isinstance(term, NamedNode)}


def excerpt(graph: Selectable, call: QuestionCall, draw: Draw) -> Excerpt:
    """Return some rows of an answer with what is shown with them; see `clustergraph.graph.Graph.excerpt`."""
    part = SelectedAnswer.of(graph, call)
    answer, table = part.answer, part.table
    return Excerpt(
        part.columns,
        part.shown.part(call.offset, call.limit),
        len(answer),
        answer.query,
        draw(answer, answer.part(0, MOST_DRAWN)) if call.view != "table" else Picture(),
        part.evidence,
        answer.notes,
        answer.sources,
        len(table),
        table.columns,
        table.empty if len(table) else (),
        part.facets,
        part.sentence,
        part.chosen,
    )


def written(graph: Selectable, call: QuestionCall, max_bytes: int, why_empty: str = "") -> WrittenAnswer:
    """Return some rows of an answer in a format; see `clustergraph.graph.Graph.written`."""
    part = SelectedAnswer.of(graph, call)
    answer, rows = part.answer, part.shown.part(call.offset, call.limit)
    match call.format:
        case "xml":
            limits = "" if len(rows) == len(answer) else f"\nLIMIT {call.limit} OFFSET {call.offset}"
            content = graph.answer(Request(answer.query + limits, "xml", max_bytes=max_bytes))
        case "rq":
            content = answer.query.encode()
        case "json":
            said = part.sentence if rows else ""
            content = document(call, graph.digest, part.shown, rows, why_empty, part.evidence, said).encode()
        case _:
            of_view = call.format in _OF_VIEW
            shown, some = (answer, answer.part(call.offset, call.limit)) if of_view else (part.shown, rows)
            content = graph.file(shown, call.format, some, iris=call.iris)
            content = (BOM_UTF8 if call.excel and call.format == "csv" else b"") + content
    return WrittenAnswer(content, len(answer), answer.notes)


def why(graph: Selectable, call: QuestionCall) -> str:
    """Say why a client gets no rows of an answer; see `clustergraph.questions.empty`."""
    if call.contains and len(SelectedAnswer.of(graph, replace(call, contains="")).rows):
        return f"no row has {call.contains!r} in a column that is shown; without it there are rows"
    return graph.why_empty(SelectedAnswer.of(graph, call).answer)
