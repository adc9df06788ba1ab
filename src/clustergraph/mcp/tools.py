"""The tools for language models, each a job on the graph of a release or a few, with what it gives."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final, Protocol, TypeVar, cast

from pydantic import Field

from clustergraph.engine.store import Request
from clustergraph.graph import Graph
from clustergraph.mcp.results import (
    Explanation,
    Hits,
    ListedConflicts,
    ListedQuestion,
    ParameterNote,
    QueryResult,
    QuestionAnswer,
    QuestionNote,
    Questions,
    RowsEvidence,
    Schema,
    ThingNote,
    conflict_of,
    hit_of,
    rows_of,
    said_of,
    term_of,
)
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.catalogue import matching
from clustergraph.questions.conflict import KINDS
from clustergraph.questions.conflict_selection import ConflictCall, ConflictExcerpt
from clustergraph.questions.proof_text import combined
from clustergraph.questions.question import Question, asked
from clustergraph.questions.successors import Given
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
        found = matching((await self._do(Graph.catalogue)).values(), q)
        listed: list[ListedQuestion] = [{"name": each.name, "question": each.title} for each in found]
        for entry, question in zip(listed, found, strict=True):
            if q.strip():
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
            "rows": rows_of(found.columns, found.rows),
            "rows_in_all": found.total,
            "release": self._serving().release.digest,
        }
        if note:
            told["note"] = note
        if found.notes:
            told["notes"] = list(found.notes)
        if found.sources:
            told["sources"] = [each.words for each in found.sources]
        if not found.total:
            told["why_empty"] = await self._do(Graph.why, call)
        if evidence:
            told["evidence"] = cast("RowsEvidence", combined(found.evidence or ()))
        return told

    async def search_names(self, q: str, limit: Limit = 10) -> Hits:
        """Find things by any of their names: spellings, acronyms, other languages, typing mistakes.

        Also terms of the model, by the words that documents print for them, with the questions that use them.
        """
        hits = await self._do(Graph.search, q, limit)
        return {"found": [hit_of(each) for each in hits]}

    async def describe_thing(
        self,
        iri: Annotated[str, Field(description="its IRI, in full or with a prefix, or a name of it")],
        limit: Limit = LINES,
    ) -> ThingNote:
        """Tell all that is said of a thing, each with the sections that say so."""
        found, note = await self._do(Graph.named, iri)
        thing = await self._do(Graph.thing, found.iri)
        says = [each for group in thing.own if group.property != _TYPE for each in said_of(thing, group)]
        said_of_it = [each for group in thing.incoming for each in said_of(thing, group)]
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
        listed = [conflict_of(each) for each in found.conflicts]
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
        return {"terms": [term_of(*row, defined=bool(words)) for row in found], "prefixes": dict(PREFIXES)}

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
            told |= {"columns": list(columns), "rows": rows_of(columns, rows[:limit])}
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
