"""The one object that holds a graph: open a release, query it, ask it named questions."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from clustergraph import questions as question_files
from clustergraph.ask.because import Because, Source, sources
from clustergraph.ask.charts import PLACES_QUERY, Place, draw
from clustergraph.ask.empty import Bound, attempts
from clustergraph.ask.evidence import Evidence, Proof
from clustergraph.ask.misspelt import TERMS_QUERY, may_misspell, unknown
from clustergraph.ask.patterns import asked_alone
from clustergraph.ask.resolve import choices_query, needs_choices, read_choices, resolve
from clustergraph.ask.search import NAMES_QUERY, Hit, Index, Name
from clustergraph.ask.tables import Cell, Value
from clustergraph.ask.witness import Term
from clustergraph.errors import QueryError, ReleaseError
from clustergraph.questions import CATALOGUE_QUERY, Parameter, Question
from clustergraph.store.dataset import Dataset, Merger
from clustergraph.store.labels import labels
from clustergraph.store.syntax import explain
from clustergraph.terms import PREFIXES, QUERY, compact

_INTEGERS = {PREFIXES["xsd"] + name for name in ("integer", "int", "long", "nonNegativeInteger")}
_NUMBERS = {PREFIXES["xsd"] + name for name in ("decimal", "double", "float")}


@dataclass(frozen=True)
class Answer:
    """The answer to a question."""

    question: Question
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    query: str = ""
    """The query with its parameters bound."""
    terms: tuple[Mapping[str, Term | None], ...] = ()
    """The RDF terms of each row."""
    given: Mapping[str, list[str]] = field(default_factory=dict)
    """The parameters as they were given."""
    bound: Bound = field(default_factory=dict)
    """The terms that they mean."""

    def statement(self, row: int) -> str:
        """Return what a row states, in words."""
        shown = {column: cell.shown for column, cell in zip(self.columns, self.rows[row], strict=True)}
        return self.question.statement(shown)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """Yield each row as a dictionary from column to what is shown."""
        for row in self.rows:
            yield {column: cell.value for column, cell in zip(self.columns, row, strict=True)}

    def to_pandas(self) -> Any:  # noqa: ANN401 - a pandas.DataFrame, where pandas is installed
        """Return the rows as a pandas DataFrame.

        Raises:
            ImportError: pandas is not installed.
        """
        return importlib.import_module("pandas").DataFrame(list(self), columns=list(self.columns))

    def to_polars(self) -> Any:  # noqa: ANN401 - a polars.DataFrame, where polars is installed
        """Return the rows as a polars DataFrame; a column with values of several types holds texts.

        Raises:
            ImportError: polars is not installed.
        """
        cells = {column: [row[place] for row in self.rows] for place, column in enumerate(self.columns)}
        return importlib.import_module("polars").DataFrame({c: _of_one_type(values) for c, values in cells.items()})


@dataclass(frozen=True)
class Graph:
    """A graph in a store, with the questions that can be asked of it.

    The default graph of the store is the merged graph; its named graphs are the sections of the documents.
    """

    store: Store
    questions: Mapping[str, Question]
    digest: str = ""
    """The digest of the release, if the graph is one."""

    @classmethod
    def open(cls, release: Path, queries: Path | None = None) -> Self:
        """Open a release for reading.

        Args:
            release: its directory.
            queries: a folder of question files to use instead of the questions in the release.

        Raises:
            ReleaseError: the release cannot be opened.
            SourceError: a question file is not as it should be.
        """
        try:
            store = Store.read_only(str(release / "store"))
        except OSError as error:
            raise ReleaseError(f"{release} cannot be opened: {error}", advice="run `clustergraph build`") from error
        return cls(store, question_files.load(queries) if queries else _catalogue(store), release.resolve().name)

    def query(self, text: str) -> QuerySolutions | QueryBoolean | QueryTriples:
        """Return what a SPARQL query gives; the prefixes of `clustergraph.terms` need not be declared.

        A triple that several graphs of FROM have counts once, as in the endpoint.

        Raises:
            QueryError: the query is malformed.
        """
        dataset = Dataset.of(text)
        store, default, named = (self.store, None, None) if dataset is None else self._merger.over(dataset)
        try:
            return store.query(text, prefixes=PREFIXES, default_graph=default, named_graphs=named)
        except SyntaxError as error:
            raise explain(text, str(error)) from error

    def select(self, text: str) -> QuerySolutions:
        """Return the solutions of a SELECT query; see `query`."""
        result = self.query(text)
        if not isinstance(result, QuerySolutions):
            raise QueryError("a SELECT query is needed here")
        return result

    def misspelt(self, text: str) -> tuple[str, ...]:
        """Return a sentence for each term of our ontology in a query that the graph does not have."""
        return unknown(text, self._terms) if may_misspell(text) else ()

    def table(self, text: str) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
        """Return the columns and rows of a SELECT query, or the one value of an ASK; see `query`."""
        result = self.query(text)
        if isinstance(result, QueryBoolean):
            return ("answer",), ((Cell(bool(result)),),)
        if isinstance(result, QueryTriples):
            raise QueryError("CONSTRUCT and DESCRIBE give a graph, not a table")
        columns = tuple(variable.value for variable in result.variables)
        return columns, tuple(tuple(self._cell(row[column]) for column in columns) for row in result)

    def ask(self, name: str, /, **parameters: Any) -> Answer:  # noqa: ANN401 - anything that has a text form
        """Return the answer to a named question.

        Args:
            name: the name of the question, that of its file.
            parameters: a value, or a list of values, for each parameter; labels do for IRIs and codes.

        Raises:
            QuestionError: the question or a parameter is not known, or a value does not fit.
        """
        question = question_files.find(self.questions, name)
        given = {key: [str(v) for v in (value if isinstance(value, list | tuple) else [value])]
                 for key, value in parameters.items()}  # fmt: skip
        choices = {name: self.choices(question.parameters[name]) for name in given if name in question.parameters}
        bound = resolve(question, given, choices)
        query = question.bound(bound)
        solutions = self.select(query)
        columns = tuple(variable.value for variable in solutions.variables)
        terms = tuple({column: row[column] for column in columns} for row in solutions)
        rows = tuple(tuple(self._cell(row[column]) for column in columns) for row in terms)
        return Answer(question, columns, rows, query, terms, given, bound)

    def chart(self, answer: Answer) -> str:
        """Return an SVG document that shows an answer; nothing where its view is the table or nothing can be drawn."""
        return draw(answer.question.view, answer.columns, answer.rows, answer.question.title, self._places)

    def why_empty(self, answer: Answer) -> str:
        """Say why an answer has no rows: which parameter, or which pattern of the query, has no match."""
        for attempt in attempts(answer.question, answer.given, answer.bound):
            if next(self.select(attempt.query), None) is not None:
                return attempt.because
        for query, pattern in asked_alone(answer.query):
            if not self.query(query):
                return f"nothing in the graph matches {pattern}"
        return "each part of the question has matches, and none of them together"

    def evidence(self, answer: Answer, row: int) -> list[Proof]:
        """Return what a row of an answer rests on: stated triples with their sections, and the rules in between.

        Args:
            answer: what `ask` gave.
            row: the number of the row, from 0.
        """
        return self._evidence.of_row(answer.query, answer.terms[row])

    def explain(self, subject: str, predicate: str, value: str) -> Proof:
        """Return why a triple is in the graph; each part is written as in Turtle.

        Raises:
            QueryError: a part is malformed, or the graph does not hold the triple.
        """
        wanted = _triple(f"{subject} {predicate} {value}")
        for held in self.store.quads_for_pattern(*wanted, DefaultGraph()):
            if isinstance(held.object, NamedNode | Literal):  # As the store has it: 01 is 1 there.
                return self._evidence.of_fact((wanted[0], wanted[1], held.object))
        raise QueryError(f"the graph does not say: {subject} {predicate} {value}")

    @property
    def because(self) -> Because:
        """Tells evidence in words."""
        return Because(lambda node: self._labels.get(node.value) or compact(node.value), self._sections)

    def search(self, text: str, limit: int = 10) -> list[Hit]:
        """Return the things whose names are most like a text, the best first."""
        return self._names.search(text, limit)

    def choices(self, parameter: Parameter) -> Mapping[str, str]:
        """Return what a parameter of a question can be: the IRI of each choice by every name of it."""
        if not needs_choices(parameter):
            return {}
        rows = self.select(choices_query(parameter))
        return read_choices((row["thing"].value, row["name"].value) for row in rows)

    def label(self, iri: str) -> str:
        """Return the label of a thing, or else its IRI."""
        return self._labels.get(iri, iri)

    def _cell(self, term: NamedNode | BlankNode | Literal | Triple | None) -> Cell:
        match term:
            case None:
                return Cell(None)
            case NamedNode():
                return Cell(self._labels.get(term.value, term.value), term.value)
            case Literal():
                return Cell(_python(term))
            case _:
                return Cell(str(term))

    @cached_property
    def _terms(self) -> frozenset[str]:
        return frozenset(row["term"].value for row in self.select(TERMS_QUERY))

    @cached_property
    def _merger(self) -> Merger:
        return Merger(self.store)

    @cached_property
    def _names(self) -> Index:
        rows = self.select(NAMES_QUERY)
        return Index(Name(*(row[column].value for column in ("thing", "name", "label", "class"))) for row in rows)

    @cached_property
    def _evidence(self) -> Evidence:
        return Evidence(self.store)

    @cached_property
    def _places(self) -> Mapping[str, Place]:
        return {
            row["place"].value: Place(
                float(row["latitude"].value),
                float(row["longitude"].value),
                row["country"].value if row["country"] else "",
            )
            for row in self.select(PLACES_QUERY)
        }

    @cached_property
    def _sections(self) -> Mapping[str, Source]:
        return sources(self.store)

    @cached_property
    def _labels(self) -> Mapping[str, str]:
        return labels(self.store)


def _catalogue(store: Store) -> dict[str, Question]:
    rows = store.query(CATALOGUE_QUERY, prefixes=PREFIXES)
    assert isinstance(rows, QuerySolutions)
    found = {row["question"].value.removeprefix(QUERY): row["select"].value for row in rows}
    return {name: question_files.parse(Path(f"{name}.rq"), text) for name, text in found.items()}


def _of_one_type(cells: Sequence[Cell]) -> list[Value]:
    """Return the values of a column, numbers as they are or all with a fraction, and mixed ones as they are shown.

    >>> _of_one_type([Cell(1), Cell(2.5)]), _of_one_type([Cell(1997), Cell("Cluj"), Cell(None)])
    ([1.0, 2.5], ['1997', 'Cluj', None])
    """
    types = {type(cell.value) for cell in cells if cell.value is not None}
    if types == {int, float}:
        return [cell.value if cell.value is None else float(cell.value) for cell in cells]
    if len(types) > 1:
        return [None if cell.value is None else cell.shown for cell in cells]
    return [cell.value for cell in cells]


def _triple(text: str) -> tuple[NamedNode, NamedNode, NamedNode | Literal]:
    """Return the one triple that is written in Turtle.

    Raises:
        QueryError: it is anything else.
    """
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    try:
        (quad,) = parse(f"{prefixes}{text} .", format=RdfFormat.TURTLE)
    except (SyntaxError, ValueError) as error:
        raise QueryError(
            f"this is not one statement: {text}", advice="write it as: organisation:afil cg:sharesPilotWith <IRI>"
        ) from error
    if not (isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal)):
        raise QueryError(f"this is about a node without a name: {text}", advice="write an IRI")
    return quad.subject, quad.predicate, quad.object


def _python(literal: Literal) -> Value:
    datatype = literal.datatype.value
    if datatype in _INTEGERS:
        return int(literal.value)
    if datatype in _NUMBERS:
        return float(literal.value)
    if datatype == PREFIXES["xsd"] + "boolean":
        return literal.value in ("true", "1")
    return literal.value
