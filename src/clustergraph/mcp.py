"""The graph for language models: a server for the Model Context Protocol (https://modelcontextprotocol.io).

Questions and queries are the same jobs as those of the service, done in workers under the same limits. Answers are kept
small: rows are cut at a limit, and the answer says how many there are in all.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Final, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field
from pyoxigraph import NamedNode

from clustergraph import __version__
from clustergraph.engine.pool import Pool
from clustergraph.engine.store import Request
from clustergraph.errors import ClustergraphError, QuestionError
from clustergraph.graph import Graph, opened, prepare
from clustergraph.questions.answer import QuestionCall, objects
from clustergraph.questions.parameters import iri_of
from clustergraph.questions.question import Question, asked
from clustergraph.questions.successors import Given
from clustergraph.release.manifest import Release
from clustergraph.settings import Settings
from clustergraph.sparql.guard import check
from clustergraph.terms import PREFIXES, compact

ROWS: Final = 50
"""How many rows an answer has, unless more are asked for."""
MOST_ROWS: Final = 500
EVIDENCE_ROWS: Final = 5
"""How many rows of an answer come with evidence, where it is asked for."""
_ANSWER_BYTES: Final = 200_000

_INSTRUCTIONS: Final = """A knowledge graph of European clusters, their regions, smart-specialisation priorities,
partnerships, pilots, projects and funding schemes, read from documents. Every statement has a certainty (stated,
unconfirmed, ambiguous), a scope, a phase, an origin, and the section of the document that makes it: give what is not
plain, and the section, with an answer. Begin with list_questions; ask one with ask_question (labels do for IRIs); look
names up with search_names. Only where no question fits, read show_schema and write SPARQL for run_sparql."""

_SCHEMA: Final = """SELECT ?term ?kind ?definition ?from ?to WHERE {
  VALUES (?type ?kind) { (owl:Class "class") (owl:ObjectProperty "link") (owl:DatatypeProperty "value") }
  ?term a ?type ; skos:definition ?definition FILTER STRSTARTS(STR(?term), STR(cg:))
  OPTIONAL { ?term rdfs:domain ?from FILTER isIRI(?from) } OPTIONAL { ?term rdfs:range ?to FILTER isIRI(?to) }
} ORDER BY ?kind ?term"""

_ABOUT: Final = """SELECT ?direction ?property ?value ?section WHERE {{
  {{ GRAPH ?section {{ <{iri}> ?property ?value }} BIND ("of it" AS ?direction) }}
  UNION {{ GRAPH ?section {{ ?value ?property <{iri}> }} BIND ("points to it" AS ?direction) }}
}} ORDER BY ?direction ?property ?value LIMIT {limit}"""

Result = TypeVar("Result")
Value = str | int | float | bool
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS, description="how many rows at the most")]


def create_server(release: Path, settings: Settings) -> MCPServer[Pool]:
    """Return a server for a release.

    Raises:
        ReleaseError: the release cannot be opened.
    """
    tools = _Tools(Release.read(release), settings)
    server = MCPServer(
        "clustergraph",
        version=__version__,
        instructions=_INSTRUCTIONS,
        lifespan=lambda _: tools._pool,
        log_level="WARNING",
    )
    for name in vars(_Tools):
        if not name.startswith("_"):
            server.tool()(_telling(getattr(tools, name)))
    return server


def _telling(tool: Callable[..., Awaitable[Result]]) -> Callable[..., Awaitable[Result]]:
    """Return a tool that tells the model what is wrong."""

    @wraps(tool)
    async def telling(*given: object, **named: object) -> Result:
        try:
            return await tool(*given, **named)
        except ClustergraphError as error:
            raise ToolError(f"{error}\n{getattr(error, 'excerpt', '')}".strip()) from error

    return telling


class _Tools:
    """The tools: every method with a public name, each a job on the graph of a release or a few."""

    def __init__(self, release: Release, settings: Settings) -> None:
        self._release = release
        self._settings = settings
        self._pool = Pool(settings, partial(opened, memory_quads=settings.memory_quads), [prepare])

    async def list_questions(self, subject: str = "") -> str:
        """List the questions that can be asked, with their parameters; `subject` keeps those with that word."""
        return _written([
            {"name": q.name, "question": q.title, "parameters": {p.name: p.label for p in q.parameters.values()}}
            for q in (await self._do(Graph.catalogue)).values()
            if subject.casefold() in f"{q.name} {q.title} {q.description} {' '.join(q.tags)}".casefold()
        ])  # fmt: skip

    async def explain_question(self, name: str) -> str:
        """Tell what a question is for, what its parameters can be and what its columns are."""
        question, _, note = await self._asked(name, {})
        parameters = {
            p.name: {"label": p.label, "type": p.type, "required": p.required, "several": p.many,
                     "examples": list(dict.fromkeys(await self._do(Graph.choices, p)))[:12]}
            for p in question.parameters.values()
        }  # fmt: skip
        return _written({"name": question.name, **note, "question": question.title, "description": question.description,
                         "parameters": parameters, "columns": dict(question.columns)})  # fmt: skip

    async def ask_question(
        self,
        name: str,
        parameters: dict[str, Value | list[Value]] | None = None,
        limit: Limit = ROWS,
        offset: Annotated[int, Field(ge=0, description="how many rows to pass over")] = 0,
        evidence: bool = False,
    ) -> str:
        """Ask a question by its name; a parameter takes a label, a spelling, a code or an IRI.

        With evidence, the first five rows come with the statements of documents that they rest on; offset gives others.
        """
        texts = {key: [str(each) for each in (value if isinstance(value, list) else [value])]
                 for key, value in (parameters or {}).items()}  # fmt: skip
        question, given, note = await self._asked(name, texts)
        call = QuestionCall(question.name, given, "json", limit, offset)
        found = await self._do(Graph.excerpt, call)
        told: dict[str, object] = {
            **note,
            "question": question.title,
            "columns": dict(question.columns),
            "rows": objects(found.columns, found.rows),
            "rows_in_all": found.total,
            "release": self._release.digest,
        }
        if not found.total:
            told["why_empty"] = await self._do(Graph.why, call)
        if evidence:
            proved = await self._do(Graph.excerpt, replace(call, limit=min(limit, EVIDENCE_ROWS), evidence=True))
            told["evidence"] = [{"statement": e["statement"], "because": e["text"]} for e in proved.evidence or ()]
        return _written(told)

    async def search_names(self, text: str, limit: Limit = 10) -> str:
        """Find things by any of their names: spellings, acronyms, other languages, typing mistakes."""
        return _written([
            {"label": hit.label, "class": hit.class_, "iri": hit.iri, "name": hit.name, "score": hit.score}
            for hit in await self._do(Graph.search, text, limit)
        ])  # fmt: skip

    async def describe_thing(self, name: str, limit: Limit = ROWS) -> str:
        """Tell all that is said of a thing, by name or IRI, each with the section that says so."""
        iri = await self._found(name)
        columns, rows = await self._do(Graph.table, _ABOUT.format(iri=iri, limit=limit))
        return _written({"iri": iri, "statements": objects(columns, rows)})

    async def explain_statement(self, subject: str, predicate: str, value: str) -> str:
        """Tell why a statement is in the graph, down to the documents; write each part as in Turtle, or as <IRI>."""
        return _written((await self._do(Graph.explained, subject, predicate, value))["text"])

    async def show_schema(self) -> str:
        """Show the classes and properties for SPARQL, with definitions, and the prefixes that need no declaration."""
        columns, rows = await self._do(Graph.table, _SCHEMA)
        terms = [[compact(cell.iri) if cell.iri else cell.shown for cell in row] for row in rows]
        return _written({"columns": columns, "terms": terms, "prefixes": PREFIXES})

    async def run_sparql(self, query: str) -> list[str]:
        """Run a SPARQL query (SELECT or ASK give JSON, CONSTRUCT and DESCRIBE Turtle); use LIMIT. Read only.

        Terms of the ontology that there are not are named behind the answer, with what may be meant.
        """
        checked = check(query, self._release.graphs, replace(self._settings, allowed_hosts=""))
        request = Request(query, "turtle" if checked.gives_graph else "json", max_bytes=_ANSWER_BYTES)
        answer = await self._do(Graph.answer, request)
        return [answer.decode(), *(f"Note: {hint}" for hint in await self._do(Graph.misspelt, query))]

    async def _do(self, job: Callable[..., Result], *given: object) -> Result:
        return await self._pool.run(self._release.path, job, *given)

    async def _asked(self, name: str, texts: Given) -> tuple[Question, Given, dict[str, str]]:
        """Return a question and its parameters, and where an old name leads to it, a member that says so."""
        question, given, note = asked(await self._do(Graph.catalogue), name, texts)
        return question, given, {"note": note} if note else {}

    async def _found(self, name: str) -> str:
        """Return the IRI that a name writes, in full or with a prefix, or else that of the thing that is called so."""
        if iri := iri_of(name):
            try:
                return NamedNode(iri).value
            except ValueError as error:
                raise QuestionError(f"{iri!r} is not an IRI") from error
        hits = await self._do(Graph.search, name, 3)
        if not hits or hits[0].score < 85:
            near = ", ".join(hit.label for hit in hits)
            advice = f"did you mean one of: {near}?" if near else ""
            raise QuestionError(f"nothing is called {name!r}", advice=advice)
        return hits[0].iri


def _written(document: object) -> str:
    return json.dumps(document, ensure_ascii=False)
