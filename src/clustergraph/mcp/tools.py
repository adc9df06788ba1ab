"""The tools for language models, each a job on the graph of a release or a few, with what it gives."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, NotRequired, Protocol, TypeVar, cast

from pydantic import Field
from pyoxigraph import Literal, NamedNode
from typing_extensions import TypedDict

from clustergraph.engine.store import Request
from clustergraph.graph import Graph
from clustergraph.questions.answer import Cell, QuestionCall, Rows
from clustergraph.questions.conflict import KINDS, Conflict, ConflictCall, ConflictExcerpt
from clustergraph.questions.explanation import together
from clustergraph.questions.question import Question, asked
from clustergraph.questions.search import Name
from clustergraph.questions.successors import Given
from clustergraph.questions.thing import Part, Property, Thing
from clustergraph.questions.values import values_of
from clustergraph.release.manifest import Release
from clustergraph.settings import Settings
from clustergraph.sparql.guard import check
from clustergraph.terms import PREFIXES, compact

ROWS: Final = 50
"""How many rows an answer has, unless more are asked for."""
MOST_ROWS: Final = 500
LINES: Final = 20
"""How many statements of each direction are told of a thing."""
EVIDENCE_ROWS: Final = 5
"""How many rows of an answer come with evidence, where it is asked for."""
_VALUES: Final = 12
"""How many values of a parameter are told."""
_TURTLE_BYTES: Final = 50_000
_TYPE: Final = PREFIXES["rdf"] + "type"

_SCHEMA: Final = """SELECT ?term ?kind ?definition ?from ?to WHERE {
  VALUES (?type ?kind) { (owl:Class "class") (owl:ObjectProperty "link") (owl:DatatypeProperty "value") }
  ?term a ?type ; skos:definition ?definition FILTER STRSTARTS(STR(?term), STR(cg:))
  FILTER NOT EXISTS { ?term owl:deprecated true }
  OPTIONAL { ?term rdfs:domain ?from FILTER isIRI(?from) } OPTIONAL { ?term rdfs:range ?to FILTER isIRI(?to) }
} ORDER BY ?kind ?term"""

Result = TypeVar("Result")
Value = str | int | float | bool
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS, description="how many rows at the most")]
Offset = Annotated[int, Field(ge=0, description="how many rows to pass over")]
Shown = Value | None | dict[str, str]
"""A value, or of a thing its ``label`` and its ``iri``, with a prefix where there is one."""
Row = dict[str, Shown]


class ListedQuestion(TypedDict):
    """A question, as it is listed."""

    name: str
    question: str
    parameters: NotRequired[dict[str, str]]


class Questions(TypedDict):
    """The questions that fit."""

    questions: list[ListedQuestion]
    note: NotRequired[str]


class ParameterNote(TypedDict):
    """What there is to know of a parameter."""

    label: str
    type: str
    required: bool
    several: bool
    default: list[str]
    values: dict[str, int | None]


class QuestionNote(TypedDict):
    """What a question is for."""

    name: str
    question: str
    description: str
    parameters: dict[str, ParameterNote]
    columns: dict[str, str]
    note: NotRequired[str]


class RowEvidence(TypedDict):
    """The numbers of the steps that a row rests on, what nothing says, and how many other proofs there are."""

    because: list[int]
    absent: NotRequired[list[str]]
    others: NotRequired[int]


class RowsEvidence(TypedDict):
    """What the rows rest on, one by one: steps with their sections, or with what they follow from, by which rule."""

    rows: list[RowEvidence]
    steps: list[str]
    rules: list[str]


class QuestionAnswer(TypedDict):
    """Rows of the answer to a question."""

    question: str
    rows: list[Row]
    rows_in_all: int
    release: str
    note: NotRequired[str]
    notes: NotRequired[list[str]]
    why_empty: NotRequired[str]
    evidence: NotRequired[RowsEvidence]


Hit = TypedDict(
    "Hit",
    {"label": str, "class": str, "iri": str, "name": str, "score": float, "count": NotRequired[str],
     "questions": NotRequired[dict[str, str]]},
)  # fmt: skip
"""A thing, term or question that is found by a name of it; of a term how much there is, and what asks for it."""


class Hits(TypedDict):
    """What is found, the best first."""

    found: list[Hit]


class Said(TypedDict):
    """What is said with one property, and by whom."""

    property: str
    value: Shown
    said_by: list[str]


class ThingNote(TypedDict):
    """What is said of a thing, and with it of others."""

    iri: str
    label: str
    classes: list[str]
    says: list[Said]
    said_of_it: list[Said]
    note: NotRequired[str]
    more: NotRequired[str]


class Explanation(TypedDict):
    """Why a statement is in the graph."""

    because: list[str]


class ListedConflict(TypedDict):
    """A disagreement: what it is about, and each value with who says it."""

    kind: str
    severity: str
    about: str
    values: list[str]
    newest: NotRequired[str]
    notes: NotRequired[list[str]]


class ListedConflicts(TypedDict):
    """What disagrees."""

    conflicts: list[ListedConflict]
    in_all: int
    by_kind: dict[str, int]


class Schema(TypedDict):
    """The terms for SPARQL."""

    terms: list[str]
    prefixes: dict[str, str]


class QueryResult(TypedDict):
    """What a query gives: rows, a truth value, or a graph as Turtle."""

    columns: NotRequired[list[str]]
    rows: NotRequired[list[Row]]
    more: NotRequired[str]
    turtle: NotRequired[str]
    notes: NotRequired[list[str]]


class Serving(Protocol):
    """A release that is served, and how a job on its graph is done."""

    @property
    def release(self) -> Release:
        """The release."""
        ...

    async def do(self, job: Callable[..., Result], *given: Any) -> Result:  # noqa: ANN401 - what the job takes
        """Do a job on the graph of the release: a method of `Graph`, or a function that takes one."""
        ...


class Tools:
    """The tools: every method with a public name, each a job on the graph of a release or a few."""

    def __init__(self, serving: Callable[[], Serving], settings: Settings) -> None:
        self._serving = serving
        self._settings = settings

    async def list_questions(
        self, q: Annotated[str, Field(description="words that the question is about; all of them")] = ""
    ) -> Questions:
        """List the questions that can be asked: all of them by name, or those about some words with parameters."""
        words = q.casefold().split()
        known = (await self._do(Graph.catalogue)).values()
        found = [each for each in known if all(word in _about(each) for word in words)]
        listed: list[ListedQuestion] = [{"name": each.name, "question": each.title} for each in found]
        for entry, question in zip(listed, found, strict=True):
            if words:
                entry["parameters"] = {each.name: each.label for each in question.parameters.values()}
        if listed:
            return {"questions": listed}
        return {"questions": [], "note": f"no question is about {q!r}; leave q out for all, or use one word"}

    async def explain_question(self, name: str) -> QuestionNote:
        """Tell what a question is for, what its columns are, and some values of its parameters with their rows."""
        question, _, note = await self._asked(name, {})
        parameters: dict[str, ParameterNote] = {}
        offered = await self._do(values_of, question.name)
        for each in question.parameters.values():
            values = {offer.value: offer.rows for offer in offered.get(each.name, [])[:_VALUES]}
            parameters[each.name] = {
                "label": each.label, "type": each.type, "required": each.required, "several": each.many,
                "default": list(each.default), "values": values,
            }  # fmt: skip
        told: QuestionNote = {
            "name": question.name, "question": question.title, "description": question.description,
            "parameters": parameters, "columns": dict(question.columns),
        }  # fmt: skip
        return {**told, "note": note} if note else told

    async def ask_question(
        self,
        name: str,
        parameters: dict[str, Value | list[Value]] | None = None,
        limit: Limit = ROWS,
        offset: Offset = 0,
        evidence: bool = False,
    ) -> QuestionAnswer:
        """Ask a question by its name; a parameter takes a label, a spelling, a code or an IRI.

        Cells that are empty are left out; explain_question tells what the columns mean. With evidence, the first five
        rows come with the statements of documents that they rest on; offset gives others.
        """
        texts = {key: [str(each) for each in (value if isinstance(value, list) else [value])]
                 for key, value in (parameters or {}).items()}  # fmt: skip
        question, given, note = await self._asked(name, texts)
        most = min(limit, EVIDENCE_ROWS) if evidence else limit
        call = QuestionCall(question.name, given, "json", most, offset, evidence)
        found = await self._do(Graph.excerpt, call)
        told: QuestionAnswer = {
            "question": question.title,
            "rows": _rows(found.columns, found.rows),
            "rows_in_all": found.total,
            "release": self._serving().release.digest,
        }
        if note:
            told["note"] = note
        if found.notes:
            told["notes"] = list(found.notes)
        if not found.total:
            told["why_empty"] = await self._do(Graph.why, call)
        if evidence:
            told["evidence"] = cast("RowsEvidence", together(found.evidence or ()))
        return told

    async def search_names(self, q: str, limit: Limit = 10) -> Hits:
        """Find things by any of their names: spellings, acronyms, other languages, typing mistakes.

        Also terms of the model, by the words that documents print for them, with the questions that use them.
        """
        hits = await self._do(Graph.search, q, limit)
        return {"found": [_hit(each) for each in hits]}

    async def describe_thing(
        self,
        iri: Annotated[str, Field(description="its IRI, in full or with a prefix, or a name of it")],
        limit: Limit = LINES,
    ) -> ThingNote:
        """Tell all that is said of a thing, each with the sections that say so."""
        found, note = await self._do(Graph.named, iri)
        thing = await self._do(Graph.thing, found.iri)
        says = [each for group in thing.own if group.property != _TYPE for each in _said(thing, group)]
        said_of_it = [each for group in thing.incoming for each in _said(thing, group)]
        told: ThingNote = {
            "iri": compact(thing.iri), "label": thing.name(thing.iri),
            "classes": [thing.name(each) for each in thing.types],
            "says": says[:limit], "said_of_it": said_of_it[:limit],
        }  # fmt: skip
        if note:
            told["note"] = note
        if max(len(says), len(said_of_it)) > limit:
            told["more"] = f"{len(says)} and {len(said_of_it)} in all; a larger limit gives more"
        return told

    async def explain_statement(self, subject: str, predicate: str, object: str) -> Explanation:  # noqa: A002 - as in REST
        """Tell why a statement is in the graph, down to the documents; each part is a name, as in Turtle, or <IRI>."""
        return {"because": (await self._do(Graph.explained, subject, predicate, object))["text"]}

    async def list_conflicts(
        self,
        kind: Annotated[str, Field(description=f"one of {', '.join(KINDS)}")] = "",
        about: Annotated[str, Field(description="a name of a thing, or its IRI")] = "",
        document: Annotated[str, Field(description="the title of a document, or words in it")] = "",
        severity: Annotated[str, Field(description="from which on: info, warning or violation")] = "",
        limit: Limit = LINES,
        offset: Offset = 0,
    ) -> ListedConflicts:
        """List what disagrees in or between documents, gaps and what is unconfirmed, each with who says what."""
        given = {"kind": kind, "about": about, "document": document, "severity": severity}
        asked_for = {name: [value] for name, value in given.items() if value}
        wanted = await self._do(Graph.conflicts_wanted, asked_for)
        every = [each for rule in wanted.rules for each in await self._do(Graph.conflicts_of, rule)]
        call = ConflictCall("conflicts", asked_for, "json", limit, offset)
        found = ConflictExcerpt.of(wanted.of(every), call)
        listed = [_conflict(each) for each in found.conflicts]
        return {"conflicts": listed, "in_all": found.total, "by_kind": dict(found.counts)}

    async def show_schema(
        self, q: Annotated[str, Field(description="words that the terms are about; all of them")] = ""
    ) -> Schema:
        """Show the classes and properties for SPARQL: all of them, or those about some words with their definitions.

        Of a property it says what it joins. The prefixes need no declaration.
        """
        words = q.casefold().split()
        _, rows = await self._do(Graph.table, _SCHEMA)
        found = [row for row in rows if all(word in " ".join(cell.shown for cell in row).casefold() for word in words)]
        return {"terms": [_term(*row, defined=bool(words)) for row in found], "prefixes": dict(PREFIXES)}

    async def run_sparql(self, query: str, limit: Limit = ROWS) -> QueryResult:
        """Run a SPARQL query: SELECT and ASK give rows, CONSTRUCT and DESCRIBE Turtle. Read only.

        What in the query can match nothing here is named in the notes, with what may be meant.
        """
        checked = check(query, self._serving().release.graphs, replace(self._settings, allowed_hosts=""))
        told: QueryResult = {}
        if checked.gives_graph:
            told["turtle"] = (await self._do(Graph.answer, Request(query, "turtle", max_bytes=_TURTLE_BYTES))).decode()
        else:
            columns, rows = await self._do(Graph.table, query, limit + 1)
            told |= {"columns": list(columns), "rows": _rows(columns, rows[:limit])}
            if len(rows) > limit:
                told["more"] = f"there are more than {limit} rows; a larger limit gives more"
        if notes := await self._do(Graph.hints, query):
            told["notes"] = list(notes)
        return told

    async def _do(self, job: Callable[..., Result], *given: object) -> Result:
        return await self._serving().do(job, *given)

    async def _asked(self, name: str, texts: Given) -> tuple[Question, Given, str]:
        """Return a question and its parameters, and where an old name leads to it, a sentence that says so."""
        return asked(await self._do(Graph.catalogue), name, texts)


def _about(question: Question) -> str:
    """Return the text of a question in which words are sought."""
    parameters = " ".join(f"{each.name} {each.label}" for each in question.parameters.values())
    return f"{question.name} {question.title} {question.description} {' '.join(question.tags)} {parameters}".casefold()


def _rows(columns: Sequence[str], rows: Rows) -> list[Row]:
    """Return an object for each row, with what is not empty."""
    return [
        {column: _shown(cell) for column, cell in zip(columns, row, strict=True) if cell.value not in (None, "")}
        for row in rows
    ]


def _shown(cell: Cell) -> Shown:
    if not cell.iri:
        return cell.value
    return {"iri": compact(cell.iri), **({"label": cell.shown} if cell.shown != cell.iri else {})}


def _term(term: Cell, kind: Cell, definition: Cell, start: Cell, end: Cell, *, defined: bool) -> str:
    """Return a term in one line, such as ``cg:region (link: cg:Organisation → cg:Region)``."""
    joined = " → ".join(compact(each.iri) if each.iri else "anything" for each in (start, end))
    told = compact(term.iri or "") + ("" if kind.value == "class" else f" ({kind.shown}: {joined})")
    return f"{told}: {definition.shown}" if defined else told


def _hit(name: Name) -> Hit:
    hit: Hit = {"label": name.label, "class": name.class_, "iri": compact(name.iri), "name": name.name,
                "score": name.score}  # fmt: skip
    if name.counted:
        hit |= {"count": name.counted, "questions": dict(name.questions)}
    return hit


def _conflict(found: Conflict) -> ListedConflict:
    told: ListedConflict = {
        "kind": found.kind,
        "severity": found.severity.value,
        "about": found.subject,
        "values": [f"{side.words}: {side.said_by}" for side in found.sides],
    }
    if found.newest:
        doubt = "" if found.newest_certain else " (perhaps)"
        told["newest"] = " | ".join(side.words for side in found.newest) + doubt
    if notes := [*(text for side in found.sides for text in side.notes), *(each.text for each in found.notes)]:
        told["notes"] = notes
    return told


def _said(thing: Thing, group: Property) -> list[Said]:
    """Return what is said with one property of a thing, each with the sections that say so."""
    return [
        {"property": thing.name(group.property), "value": _value(thing, line.term),
         "said_by": [f"{each.title}: {each.name}" if each.document else each.name for each in line.sources]}
        for line in group.lines
    ]  # fmt: skip


def _value(thing: Thing, term: Part) -> Shown:
    if isinstance(term, NamedNode):
        details = {thing.name(name): _text(thing, value) for name, value in thing.details.get(term.value, ())}
        return {"label": thing.name(term.value), "iri": compact(term.value), **details}
    return _text(thing, term)


def _text(thing: Thing, term: Part) -> str:
    if isinstance(term, NamedNode):
        return thing.name(term.value)
    return term.value if isinstance(term, Literal) else str(term)
