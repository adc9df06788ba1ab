"""The one object that holds a graph: open a release, query it, ask it named questions.

Whatever asks goes through here: command line, Python and MCP in their own process, the service in a worker. A job of
the service is a method of `Graph`, or another function that takes one first, whose result can be pickled.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import islice
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from pyoxigraph import DefaultGraph, Literal, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store

from clustergraph.charts import WIDTH, Chart, Locations, Picture, draw, picture, pictures
from clustergraph.charts.interchange import serialised
from clustergraph.charts.svg import Link, web
from clustergraph.columns import file
from clustergraph.engine.store import Embedded, Request
from clustergraph.errors import QueryError
from clustergraph.languages import reader
from clustergraph.questions import question as question_files
from clustergraph.questions import selection
from clustergraph.questions.answer import Answer, Cell, QuestionCall, Rows, WrittenAnswer, cell
from clustergraph.questions.answer_table import AnswerCache, AnswerTable
from clustergraph.questions.card import Card, CardPart, Cards, cards_of
from clustergraph.questions.catalogue import Catalogue
from clustergraph.questions.conflict import Conflict, ConflictRule, load_rules
from clustergraph.questions.conflict_selection import Wanted
from clustergraph.questions.conflicts import Conflicts
from clustergraph.questions.facets import Facet
from clustergraph.questions.lookup import Lookup
from clustergraph.questions.names import Choice, Choices, ListedChoices
from clustergraph.questions.parameters import iri_of, needs_choices, resolve, statement
from clustergraph.questions.question import Parameter, Question
from clustergraph.questions.sections import Section, documents, sections
from clustergraph.questions.selection import Excerpt
from clustergraph.questions.thing import Thing, Things
from clustergraph.questions.translation import told
from clustergraph.rdf.labels import best
from clustergraph.rdf.origins import Origins
from clustergraph.release.artefacts import COLUMNS, NAMES, ORIGINS, folder_of
from clustergraph.release.licences import LicensedSource, LicensedSources
from clustergraph.release.manifest import Release
from clustergraph.sparql.hints import Vocabulary, hints
from clustergraph.terms import address, compact, expand

if TYPE_CHECKING:
    from clustergraph.questions.evidence import Evidence, Proof
    from clustergraph.questions.explanation import Explainer
    from clustergraph.questions.name_index import NameIndex
    from clustergraph.questions.search import Index, Name
    from clustergraph.questions.usage import Usage


_TURTLE: Final = re.compile(r'[<>{}"\\^]')
"""What a name does not have, and a part of a statement in Turtle may."""
_MAP_OF_CARD, _PICTURE_OF_CARD = 340.0, 560.0
"""How wide the pictures of a card are, in their own units, which are about pixels on a wide screen."""
_NAMES_KEPT: Final = 100_000
"""So many labels are kept, which take some 20 MB."""


class Graph:
    """A graph in a store, with the questions that can be asked of it: its own, unless others are given.

    The default graph of the store is the merged graph; its named graphs are the sections of the documents.
    """

    def __init__(
        self,
        store: Store | Embedded,
        questions: Mapping[str, Question] | None = None,
        digest: str = "",
        conflict_rules: Mapping[str, ConflictRule] | None = None,
    ) -> None:
        self.engine = store if isinstance(store, Embedded) else Embedded(Path(), store)
        self.store = self.engine.store
        self.digest = digest
        self._given = questions
        self._given_rules = conflict_rules
        self._named = lru_cache(_NAMES_KEPT)(lambda _language, iri: best(self.store, NamedNode(iri)))
        self._answers = AnswerCache()

    @classmethod
    def open(cls, release: Path | str, queries: Path | str | None = None) -> Self:
        """Open the release in a directory; a folder of questions and conflict rules stands for those in the release.

        Raises:
            ReleaseError: the release cannot be opened.
            SourceError: a question file is not as it should be.
        """
        questions = question_files.load(Path(queries)) if queries else None
        rules = load_rules(Path(queries)) if queries else None
        return cls(
            Embedded(Path(release), columns=file.open_(folder_of(Path(release), COLUMNS))),
            questions,
            Release.read(Path(release)).digest,
            rules,
        )

    @staticmethod
    def connect(address: str) -> Graph:
        """Return the graph that a service serves at an address; each method asks it, and no other host.

        Raises:
            ReleaseError: nothing is served there, or later, what is asked needs the store of a release.
        """
        from clustergraph.remote import RemoteGraph

        return RemoteGraph(address)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """The questions that can be asked, by name."""
        return Catalogue(self.engine) if self._given is None else self._given

    def catalogue(self) -> dict[str, Question]:
        """Return all questions, read, as they are told to the reader."""
        return {name: told(question) for name, question in self.questions.items()}

    # Queries

    def query(self, text: str) -> QuerySolutions | QueryBoolean | QueryTriples:
        """Return what a SPARQL query gives; see `clustergraph.engine.store.Embedded.query`."""
        return self.engine.query(text)

    def answer(self, request: Request) -> bytes:
        """Return the answer to a query, serialised; see `clustergraph.engine.store.Embedded.answer`."""
        return self.engine.answer(request)

    def select(self, text: str) -> QuerySolutions:
        """Return the solutions of a SELECT query; see `query`."""
        result = self.query(text)
        if not isinstance(result, QuerySolutions):
            raise QueryError("a SELECT query is needed here")
        return result

    def table(self, text: str, limit: int | None = None) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
        """Return the columns and rows of a SELECT query, at most so many, or the one value of an ASK; see `query`."""
        result = self.query(text)
        if isinstance(result, QueryBoolean):
            return ("answer",), ((Cell(bool(result)),),)
        if isinstance(result, QueryTriples):
            raise QueryError("CONSTRUCT and DESCRIBE give a graph, not a table")
        columns = tuple(variable.value for variable in result.variables)
        rows = islice(result, limit)
        return columns, tuple(tuple(cell(row[column], self.label) for column in columns) for row in rows)

    def hints(self, text: str) -> tuple[str, ...]:
        """Return a sentence for each mistake that is seen in a query; see `clustergraph.sparql.hints`."""
        return hints(text, self.vocabulary, self.store)

    # Questions

    def ask(self, name: str, /, **parameters: Any) -> Answer:  # noqa: ANN401 - anything that has a text form
        """Return the answer to a named question; a parameter has a value or a list, and labels do for IRIs and codes.

        An old name leads to its successor, with a `FutureWarning` that says how to ask now; a `UserWarning` tells of a
        name that is taken for one thing and borne by others as well.

        Raises:
            AmbiguousNameError: several things bear a name equally well.
            QuestionError: the question or a parameter is not known, or a value does not fit.
        """
        texts = {key: [str(v) for v in (value if isinstance(value, list | tuple) else [value])]
                 for key, value in parameters.items()}  # fmt: skip
        question, given, note = question_files.asked(self.questions, name, texts)
        if note:
            warnings.warn(note, FutureWarning, stacklevel=2)
        answer = self.put(question, given)
        for note in answer.notes:
            warnings.warn(note, UserWarning, stacklevel=2)
        return answer

    def put(self, question: Question, given: Mapping[str, list[str]]) -> Answer:
        """Return the answer to a question with its notes; see `ask`."""
        bound, notes = resolve(question, given, self)
        query = question.bound(bound)
        solutions = self.select(query)
        columns = tuple(variable.value for variable in solutions.variables)
        terms = tuple({column: row[column] for column in columns} for row in solutions)
        things = {each.value for row in terms for each in row.values() if isinstance(each, NamedNode)}
        sources = self._licensed.of(things) if terms else ()
        return Answer(question, columns, terms, query, given, bound, self.label, tuple(notes), sources)

    def choices(self, parameter: Parameter) -> Choices:
        """Return what a parameter of a question can be."""
        return self._lookup.choices(parameter) if needs_choices(parameter) else ListedChoices()

    def is_of(self, thing: NamedNode, classes: Iterable[str]) -> bool:
        """Return whether a thing is of one of some classes, which are given as prefixed names."""
        kinds = self.store.quads_for_pattern(thing, expand("rdf:type"), None, DefaultGraph())
        return not set(map(expand, classes)).isdisjoint(quad.object for quad in kinds)

    def chart(self, answer: Answer, rows: Rows | None = None, link: Link = web) -> str:
        """Return an SVG document that shows an answer; nothing where its view is the table or nothing can be drawn.

        ``rows`` are those of its rows to show, if not all; ``link`` gives the address for an IRI, or nothing.
        """
        return draw(Chart.of(answer, answer.rows if rows is None else rows, self.locations), link)

    def why_empty(self, answer: Answer) -> str:
        """Say why an answer has no rows; see `clustergraph.questions.empty`."""
        from clustergraph.questions.empty import why

        return why(self, answer)

    def answer_table(self, question: Question, given: Mapping[str, list[str]]) -> AnswerTable:
        """Return the whole answer to a question, from which a client selects; some are kept."""
        return self._answers.of(question, given, lambda: self.select(question.bound(resolve(question, given, self)[0])))

    def sources_of(self, things: Collection[str]) -> tuple[LicensedSource, ...]:
        """Return the sources with a licence of their own that say something of some things."""
        return self._licensed.of(things)

    def why(self, call: QuestionCall) -> str:
        """Say why a client gets no rows of an answer; see `why_empty`."""
        return selection.why(self, call)

    def facets(self, call: QuestionCall) -> tuple[Facet, ...]:
        """Return what can be chosen of an answer, with the number of rows that each value leaves."""
        return selection.SelectedAnswer.of(self, call).facets

    def excerpt(self, call: QuestionCall, link: Link | None = None, room: float = WIDTH) -> Excerpt:
        """Return some rows of an answer with what is shown with them; a picture, if there is a ``link`` for IRIs.

        ``room`` is the width of the picture.
        """
        return selection.excerpt(
            self, call, lambda answer, rows: self.picture(answer, rows, link, room) if link else Picture()
        )

    def picture(self, answer: Answer, rows: Rows, link: Link, room: float) -> Picture:
        """Return the picture of some rows of an answer, with what it shows in words."""
        return pictures(Chart.of(answer, rows, self.locations), link, room)

    def written(self, call: QuestionCall, max_bytes: int = 50_000_000, why_empty: str = "") -> WrittenAnswer:
        """Return some rows of an answer in one of the `answer_formats`; json has ``why_empty``.

        Raises:
            QuestionError: a parameter is not known, or a value does not fit.
            ResultTooLargeError: the answer is larger than allowed.
        """
        return selection.written(self, call, max_bytes, why_empty)

    def file(self, answer: Answer, format_: str, rows: Rows | None = None, *, iris: bool = False) -> bytes:
        """Return an answer, or some rows of it, as a file: a table, places, a network or a picture, if it has one."""
        return serialised(format_, answer, answer.rows if rows is None else rows, self.locations, iris=iris)

    def conflicts(self, **wanted: str | Iterable[str]) -> list[Conflict]:
        """Return what disagrees: all, or by filters with one value or several; see `Conflicts.wanted`."""
        return self._conflicts.chosen(wanted)

    def conflicts_wanted(self, given: Mapping[str, Sequence[str]]) -> Wanted:
        """Return which disagreements are wanted; see `conflicts`."""
        return self._conflicts.wanted(given)

    def conflicts_of(self, rule: str) -> list[Conflict]:
        """Return what a rule finds."""
        return self._conflicts.of_rule(rule)

    # Evidence

    def evidence(self, answer: Answer, row: int) -> list[Proof]:
        """Return what a row of an answer rests on: stated triples with their sections, and the rules in between."""
        return list(self._evidence.of_row(answer.query, answer.terms[row]).proofs)

    def explain(self, subject: str, predicate: str, value: str) -> Proof:
        """Return why a triple is in the graph; each part is written as in Turtle, or all by IRIs, names and values.

        Raises:
            AmbiguousNameError: several things with a name have such a statement.
            QuestionError: nothing has a name.
            QueryError: a part is malformed, or the graph does not hold the triple.
        """
        try:
            wanted = statement(f"{subject} {predicate} {value}")
        except QueryError:
            parts = (subject, predicate, value)
            if _TURTLE.search("".join(parts)) or any(" " in iri_of(part) for part in parts):
                raise
            return self._evidence.of_fact(self._lookup.fact(subject, predicate, value))
        for held in self.store.quads_for_pattern(*wanted, DefaultGraph()):
            if isinstance(held.object, NamedNode | Literal):  # As the store has it: 01 is 1 there.
                return self._evidence.of_fact((wanted[0], wanted[1], held.object))
        raise QueryError(f"the graph does not say: {subject} {predicate} {value}")

    def proofs(self, answer: Answer, rows: Iterable[int]) -> list[dict[str, Any]]:
        """Return for some rows of an answer what they state and what they rest on, as JSON members and as text."""
        bases = ((row, self._evidence.of_row(answer.query, answer.terms[row])) for row in rows)
        return [{"statement": answer.statement(row), **self.explainer.document(basis)} for row, basis in bases]

    def explained(self, subject: str, predicate: str, value: str) -> dict[str, Any]:
        """Return what a triple says and why it is in the graph, as JSON members and as text; see `explain`."""
        return self.explainer.explained(self.explain(subject, predicate, value), self._evidence)

    # Things

    def label(self, iri: str) -> str:
        """Return the label of a thing, or else its IRI."""
        return self.name(iri) or iri

    def name(self, iri: str) -> str:
        """Return the label of a thing for its reader, or nothing."""
        return self._named(reader.chosen(), iri)

    def names(self, iris: Iterable[str]) -> dict[str, str]:
        """Return the labels of those things that have one."""
        return {iri: name for iri in iris if (name := self.name(iri))}

    def choice(self, iri: str) -> Choice:
        """Return a thing with its label and its kind."""
        return self._lookup.choice(iri)

    def called(self, name: str) -> list[Choice]:
        """Return the things that a name means best, of all things."""
        return self._lookup.called(name)

    def named(self, name: str) -> tuple[Choice, str]:
        """Return the thing that a name or IRI means, and a note if it is not plain that it does; see `Lookup.named`."""
        return self._lookup.named(name)

    def search(self, text: str, limit: int = 10, *, counted: bool = True) -> list[Name]:
        """Return the things, terms and questions whose names are most like a text, the best first."""
        names = map(self._lookup.told, self._names.search(text, limit))
        return [self._usage.told(name) if counted else name for name in names]

    def knows(self, iri: str) -> bool:
        """Return whether the graph says anything about an IRI, or has a graph of that name."""
        node, merged, found = NamedNode(iri), DefaultGraph(), self.store.quads_for_pattern
        places = found(node, None, None, merged), found(None, None, node, merged), found(None, None, None, node)
        return any(next(each, None) for each in places)

    def thing(self, iri: str) -> Thing:
        """Return what is said of a thing, with names and the sections that say so."""
        return Things(self.engine, self.name, self.sections, self.origins).about(iri)

    def card(self, iri: str, seconds: float = inf, dates: Mapping[str, str] | None = None) -> Card:
        """Return the card of a thing, with its pictures; after some seconds nothing more is asked for it."""
        found = Cards(self, cards_of(self.engine)).about(iri, seconds, dates)
        return replace(found, parts={name: self._drawn(part, iri) for name, part in found.parts.items()})

    def _drawn(self, part: CardPart, iri: str) -> CardPart:
        """Return a part of a card with its picture, if it has a view and rows."""
        if part.view.kind == "table" or not part.rows:
            return part
        columns = [names[0] for names in part.view.columns.values()]
        rows = [[row[column] for column in columns] for row in part.rows]
        chart = Chart.located(part.view, columns, rows, part.title, self.locations, iri)
        drawn = picture(chart, address, _MAP_OF_CARD if part.view.kind == "map" else _PICTURE_OF_CARD)
        return replace(part, picture=drawn.svg, summary=drawn.summary)

    def near(self, iri: str) -> list[tuple[str, str]]:
        """Return IRIs and names of things that an IRI may be meant for, by its likeness to theirs or to their names."""
        words = iri.rpartition("/")[2].replace("-", " ")
        found = Things(self.engine, self.name, self.sections).near(iri)
        return list(dict(found + [(each.iri, each.label) for each in self._names.search(words, 5)]).items())[:5]

    def documents(self) -> list[tuple[str, str, list[Section]]]:
        """Return documents with IRI, title and sections; see `clustergraph.questions.sections.documents`."""
        return documents(self.sections.values())

    def terms(self) -> frozenset[str]:
        """Return the classes, properties and codes of the graph that are not deprecated."""
        return self.vocabulary.current

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The classes, properties and codes."""
        return Vocabulary.of(self.store)

    @cached_property
    def explainer(self) -> Explainer:
        """Tells evidence in words."""
        from clustergraph.questions.explanation import Explainer

        words = lambda node: self.name(node.value) or compact(node.value)  # noqa: E731
        return Explainer(self.store, words, self.sections, self.origins)

    @cached_property
    def locations(self) -> Locations:
        """Where things are."""
        return Locations(self.select, self.name)

    @cached_property
    def sections(self) -> Mapping[str, Section]:
        """The sections of documents, by IRI."""
        return sections(self.engine)

    @cached_property
    def _licensed(self) -> LicensedSources:
        return LicensedSources(self.store)

    @cached_property
    def origins(self) -> Origins | None:
        """From which rows of tables statements come, if the release has imports."""
        folder = folder_of(self.engine.path, ORIGINS)
        return Origins.open(folder) if folder else None

    @cached_property
    def _conflicts(self) -> Conflicts:
        return Conflicts(self.engine, self.label, lambda: self.sections, self.search, self._given_rules)

    @cached_property
    def name_index(self) -> NameIndex | None:
        """The names of a release in a file, if it is made."""
        from clustergraph.questions.name_index import NameIndex

        folder = folder_of(self.engine.path, NAMES)
        return NameIndex.open(folder) if folder else None

    @cached_property
    def _names(self) -> Index:
        from clustergraph.questions.search import Index

        ready = self.name_index if self._given is None else None
        return ready.searched if ready else Index.of(self._usage.names())

    @cached_property
    def _lookup(self) -> Lookup:
        search = lambda text: self._names.search(text)  # noqa: E731
        return Lookup(self.engine, self.label, lambda: self.sections, search, self.name_index)

    @cached_property
    def _usage(self) -> Usage:
        from clustergraph.questions.usage import Usage

        return Usage(self.engine, self.questions)

    @cached_property
    def _evidence(self) -> Evidence:
        from clustergraph.questions.evidence import Evidence

        return Evidence(self.store)
