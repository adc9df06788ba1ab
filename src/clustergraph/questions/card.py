"""The card of a thing: what people want to know of it first, by small queries that a release carries.

A query is one file in `queries/cards/`: a SELECT with a head of ``#+`` comment lines, as a question has. Its ``?thing``
is what the card is of; its head says of which kinds of card it makes a part, and how many of its rows are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolution, QuerySolutions, Triple

from clustergraph.engine.store import Embedded
from clustergraph.errors import SourceError, Where
from clustergraph.languages.messages import gettext
from clustergraph.layers import Layers
from clustergraph.questions.answer import Cell, QuestionCall, cell
from clustergraph.questions.key_figures import KeyFigure, key_figures
from clustergraph.questions.parameters import day_of
from clustergraph.questions.question import Question, View, head_of
from clustergraph.questions.sections import Section
from clustergraph.questions.term_reader import LabelledStore, TermReader
from clustergraph.rdf.files import text_of
from clustergraph.terms import CATALOGUE, ONTOLOGY, QUERY, expand, named_after

FOLDER: Final = "cards"
"""The folder of the queries below that of the questions, and the path to their IRIs."""
SPACE: Final = f"{QUERY}{FOLDER}/"
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "cluster": ("cg:Cluster",),
    "region": ("cg:Region", "cg:Country", "cg:Place"),
    "programme": ("cg:FundingScheme",),
    "activity": ("cg:Activity", "cg:Network", "cg:Initiative"),
    "organisation": ("cg:Organisation", "cg:Party", "org:Organization"),
    "document": ("foaf:Document", "cg:Document", "cg:Section"),
    "concept": ("skos:Concept",),
}
"""The kinds of card with the classes that each is for: the first that fits is taken."""
GENERAL: Final = "thing"
"""The kind of a card that is of none of these classes."""
_THING: Final = "VALUES ?thing { UNDEF }"
DATES: Final = ("valid_on", "known_by")
"""The days that a query can be asked for: what holds on the first, and what was known by the second."""
_NO_DAY: Final = "VALUES ?{} {{ UNDEF }}"
_QUERIES: Final = f"""SELECT ?query ?select WHERE {{
  GRAPH {CATALOGUE} {{ ?query a sh:SPARQLSelectExecutable ; sh:select ?select }}
  FILTER STRSTARTS(STR(?query), "{SPACE}") }} ORDER BY ?query"""

Term = NamedNode | BlankNode | Literal | Triple | None


@dataclass(frozen=True)
class CardQuery:
    """A query whose rows are a part of cards."""

    name: str
    title: str
    cards: tuple[str, ...]
    """The kinds of card that it makes a part of."""
    most: int
    """How many rows are shown."""
    query: str
    why: tuple[str, ...] = ()
    """Subject, predicate and object of the statement that a row tells: columns with their question mark, or names."""
    question: str = ""
    """The question that lists all."""
    parameters: tuple[str, ...] = ()
    """Its parameters that the thing can be: that counts whose class it is of."""
    view: View = field(default_factory=View)
    """How the rows are drawn, if they are."""
    last: bool = False
    """Whether it is asked after those that take less."""

    @property
    def iri(self) -> str:
        """Its IRI in the catalogue."""
        return named_after(SPACE, self.name).value

    def of(self, iri: str, days: Mapping[str, Literal] | None = None) -> str:
        """Return the query about one thing; where it asks for days, of what held on one or was known by one."""
        query = self.query.replace(_THING, f"VALUES ?thing {{ {NamedNode(iri)} }}")
        for name, day in (days or {}).items():
            query = query.replace(_NO_DAY.format(name), f"VALUES ?{name} {{ {day} }}")
        return query

    def proof(self, row: QuerySolution, iri: str) -> tuple[str, ...]:
        """Return the statement that a row tells, each part as in Turtle; nothing where a part of it has no value."""
        terms = [_part(each, row, iri) for each in self.why]
        return tuple(str(term) for term in terms) if terms and all(terms) else ()


def _part(name: str, row: QuerySolution, iri: str) -> Term:
    if name == "?thing":
        return NamedNode(iri)
    found: Term = row[name[1:]] if name.startswith("?") else expand(name)
    return found


def load_cards(folder: Layers | Path) -> dict[str, CardQuery]:
    """Return the queries by name that are beside the questions in a folder; there may be none.

    Raises:
        SourceError: a file is not as it should be.
    """
    return {path.stem: read_card(path, text_of(path)) for path in (Layers.of(folder) / FOLDER).glob("*.rq")}


@lru_cache(256)
def read_card(path: Path, text: str) -> CardQuery:
    """Return the query in the text of a file.

    Raises:
        SourceError: the head lacks a key or has too many or one that cannot be used, or the query has no ``?thing``.
    """
    head = head_of(path, text, {"title", "cards", "most"}, {"why", "all", "columns", "view", "last"})
    kinds, why, every = tuple(head["cards"]), tuple(str(head.get("why", "")).split()), head.get("all") or {}
    if unknown := [kind for kind in kinds if kind not in (*KINDS, GENERAL)]:
        raise _wrong(path, f"there is no kind of card {unknown[0]!r}", f"give some of: {', '.join((*KINDS, GENERAL))}")
    if len(why) not in (0, 3):
        raise _wrong(path, f"why is {' '.join(why)!r}", "give subject, predicate and object: ?thing cg:activeIn ?field")
    if _THING not in text:
        raise _wrong(path, "the query is of no thing", f"let it have the block {_THING}")
    try:
        view = View.read(head.get("view", "table"), list(head.get("columns") or {}))
        given = every.get("parameter", [])
        parameters = tuple(given if isinstance(given, list) else [str(given)])
        question = str(every.get("question", ""))
        return CardQuery(path.stem, str(head["title"]), kinds, int(head["most"]), text, why, question, parameters, view,
                         bool(head.get("last", False)))  # fmt: skip
    except (TypeError, ValueError, AttributeError) as error:
        raise _wrong(path, f"the head is not as it should be: {error}", "see queries/README.md") from error


def _wrong(path: Path, message: str, advice: str) -> SourceError:
    return SourceError(message, where=Where(path, 1), advice=advice)


def cards_of(graph: Embedded) -> dict[str, CardQuery]:
    """Return the queries that a release carries, by name."""
    rows = graph.query(_QUERIES)
    assert isinstance(rows, QuerySolutions)
    found = {row["query"].value.removeprefix(SPACE): row["select"].value for row in rows}
    return {name: read_card(Path(f"{name}.rq"), text) for name, text in found.items()}


def kind_of(classes: Iterable[str]) -> str:
    """Return the kind of the card of a thing of some classes, which are given by their IRIs.

    >>> kind_of([expand("cg:Organisation").value, expand("cg:Cluster").value]), kind_of([])
    ('cluster', 'thing')
    """
    found = set(classes)
    fitting = (kind for kind, names in KINDS.items() if not found.isdisjoint(expand(name).value for name in names))
    return next(fitting, GENERAL)


@dataclass(frozen=True)
class CardRow:
    """A row of a part: its cells by column, and the statement that it tells, each part as in Turtle."""

    cells: Mapping[str, Cell]
    why: tuple[str, ...] = ()

    def __getitem__(self, column: str) -> Cell:
        """Return the cell of a column; an empty one where there is none."""
        return self.cells.get(column, _EMPTY)

    def document(self) -> dict[str, Any]:
        """Return it as JSON members."""
        told = {name: named(each) for name, each in self.cells.items() if each.value is not None}
        return {**told, **({"why": list(self.why)} if self.why else {})}


_EMPTY: Final = Cell(None)


@dataclass(frozen=True)
class CardPart:
    """What one query gives: some rows, and how many more there are."""

    name: str
    title: str
    rows: tuple[CardRow, ...] = ()
    more: int = 0
    all: str = ""
    """The address of the question that lists all; nothing if there is none."""
    view: View = field(default_factory=View)
    picture: str = ""
    """The rows as SVG, where they are drawn."""
    summary: str = ""
    """What the picture shows."""
    late: bool = False
    """Whether it was not asked any more, since the others took long."""

    def __bool__(self) -> bool:
        """Whether there is something in it."""
        return bool(self.rows)

    def by(self, column: str) -> list[tuple[Cell, list[CardRow]]]:
        """Return the rows by what they have in a column, in their order."""
        found: dict[Cell, list[CardRow]] = {}
        for row in self.rows:
            found.setdefault(row[column], []).append(row)
        return list(found.items())

    def document(self) -> dict[str, Any]:
        """Return it as JSON members."""
        rows = [row.document() for row in self.rows]
        return {"title": self.title, "rows": rows, "more": self.more, "all": self.all or None}


@dataclass(frozen=True)
class Card:
    """What is told of a thing first."""

    iri: str
    name: str
    kind: str
    classes: tuple[str, ...] = ()
    """Its classes of which none contains another of them, by IRI."""
    parts: Mapping[str, CardPart] = field(default_factory=dict)
    figures: tuple[KeyFigure, ...] = ()
    sections: Mapping[str, Section] = field(default_factory=dict)
    """The sections that are named in it, by IRI."""

    @property
    def late(self) -> list[CardPart]:
        """The parts that were not asked any more."""
        return [part for part in self.parts.values() if part.late]

    def part(self, name: str) -> CardPart:
        """Return the part of a name, which is empty where the card has none."""
        return self.parts.get(name) or CardPart(name, "")

    def document(self) -> dict[str, Any]:
        """Return it as JSON members."""
        parts = {name: part.document() for name, part in self.parts.items() if part.rows and name != "figures"}
        told = {"iri": self.iri, "name": self.name, "kind": self.kind, "classes": list(self.classes)}
        return {**told, "figures": [each.document() for each in self.figures], **parts}


def named(value: Cell) -> object:
    """Return a cell as it stands in JSON: a thing with its label and IRI, or a value."""
    return {"label": value.value, "iri": value.iri} if value.iri else value.value


class CardSource(LabelledStore, Protocol):
    """What is needed of a graph."""

    engine: Embedded

    @property
    def sections(self) -> Mapping[str, Section]:
        """The sections of documents, by IRI."""
        ...

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions, by name."""
        ...

    def label(self, iri: str) -> str:
        """Return the label of a thing, or else its IRI."""
        ...


class Cards:
    """Makes cards of the things of a graph."""

    def __init__(self, graph: CardSource, queries: Mapping[str, CardQuery]) -> None:
        """Take the graph and the queries."""
        self._graph, self._queries = graph, queries
        self._terms = TermReader(graph)

    def about(self, iri: str, seconds: float = inf, dates: Mapping[str, str] | None = None) -> Card:
        """Return the card of a thing, of all times or for days; after some seconds nothing more is asked for it.

        Raises:
            QuestionError: what is given for a day is none.
        """
        days = {name: day_of(name, text) for name, text in (dates or {}).items() if text}
        known = frozenset(self._terms.iris(NamedNode(iri), "rdf:type"))
        kind = kind_of(known)
        asked = sorted((each for each in self._queries.values() if kind in each.cards), key=lambda each: each.last)
        until = monotonic() + seconds
        parts = {each.name: self._part(each, iri, known, days, late=monotonic() > until) for each in asked}
        figures = key_figures(parts["figures"].rows) if "figures" in parts else ()
        things = {each.iri for part in parts.values() for row in part.rows for each in row.cells.values() if each.iri}
        named_in = {each: self._graph.sections[each] for each in things if each in self._graph.sections}
        return Card(iri, self._graph.label(iri), kind, self._narrowest(known), parts, tuple(figures), named_in)

    def _narrowest(self, classes: Set[str]) -> tuple[str, ...]:
        """Return the narrowest classes, of ours if there are any."""
        ours = {each for each in classes if each.startswith(ONTOLOGY)} or classes
        return tuple(sorted(self._terms.narrowest(ours)))

    def _part(
        self, query: CardQuery, iri: str, classes: Set[str], days: Mapping[str, Literal], *, late: bool = False
    ) -> CardPart:
        if late:
            return CardPart(query.name, gettext(query.title), all=self._all(query, iri, classes), late=True)
        solutions = self._graph.engine.query(query.of(iri, days))
        assert isinstance(solutions, QuerySolutions)
        columns = [variable.value for variable in solutions.variables]
        rows = tuple(self._row(query, columns, row, iri) for row in islice(solutions, query.most))
        more = sum(1 for _ in solutions)
        return CardPart(query.name, gettext(query.title), rows, more, self._all(query, iri, classes), query.view)

    def _all(self, query: CardQuery, iri: str, classes: Set[str]) -> str:
        """Return the address of the question that lists all; nothing if none is for things of these classes."""
        if question := self._graph.questions.get(query.question):
            for name in query.parameters:
                of = question.parameters[name].of.split() if name in question.parameters else []
                if not classes.isdisjoint(expand(each).value for each in of):
                    return QuestionCall(question.name, {name: [iri]}).address()
        return ""

    def _row(self, query: CardQuery, columns: Iterable[str], row: QuerySolution, iri: str) -> CardRow:
        cells = {column: self._cell(row[column]) for column in columns}
        return CardRow(cells, query.proof(row, iri))

    def _cell(self, term: Term) -> Cell:
        if isinstance(term, NamedNode) and (section := self._graph.sections.get(term.value)):
            return Cell(section.name, term.value)
        return cell(term, self._graph.label)
