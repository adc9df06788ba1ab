"""The graph for language models: a server for the Model Context Protocol (https://modelcontextprotocol.io).

Named questions are answered in this process; a query of the model's own runs in a worker, under the limits of the
endpoint. Answers are kept small: rows are cut at a limit, and the answer says how many there are in all.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field
from pyoxigraph import NamedNode

from clustergraph import __version__
from clustergraph.ask import tables
from clustergraph.config import Settings
from clustergraph.errors import ClustergraphError
from clustergraph.graph import Graph
from clustergraph.questions import find
from clustergraph.store import Request
from clustergraph.store.embedded import Release
from clustergraph.store.guard import check
from clustergraph.store.workers import Pool
from clustergraph.terms import PREFIXES, compact

ROWS: Final = 50
"""How many rows an answer has, unless more are asked for."""
MOST_ROWS: Final = 500
EVIDENCE_ROWS: Final = 5
"""How many rows of an answer come with evidence, where it is asked for."""
_ANSWER_BYTES: Final = 200_000

_INSTRUCTIONS: Final = """A knowledge graph of European clusters, their regions, smart-specialisation priorities,
partnerships, pilots, projects and funding schemes, read from documents. Every statement has a status (stated,
unconfirmed, collective, ambiguous, derived ...) and the section of the document that makes it: give both with an
answer. Begin with list_questions; ask one with ask_question (labels do for IRIs); look names up with search_names.
Only where no question fits, read show_schema and write SPARQL for run_sparql."""

_SCHEMA: Final = """SELECT ?term ?kind ?definition ?from ?to WHERE {
  VALUES (?type ?kind) { (owl:Class "class") (owl:ObjectProperty "link") (owl:DatatypeProperty "value") }
  ?term a ?type ; skos:definition ?definition FILTER STRSTARTS(STR(?term), STR(cg:))
  OPTIONAL { ?term rdfs:domain ?from FILTER isIRI(?from) } OPTIONAL { ?term rdfs:range ?to FILTER isIRI(?to) }
} ORDER BY ?kind ?term"""

_ABOUT: Final = """SELECT ?direction ?property ?value ?section WHERE {{
  {{ GRAPH ?section {{ <{iri}> ?property ?value }} BIND ("of it" AS ?direction) }}
  UNION {{ GRAPH ?section {{ ?value ?property <{iri}> }} BIND ("points to it" AS ?direction) }}
}} ORDER BY ?direction ?property ?value LIMIT {limit}"""

Given = str | int | float | bool
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS, description="how many rows at the most")]


def create_server(release: Path, settings: Settings) -> MCPServer[None]:
    """Return a server for a release.

    Raises:
        ReleaseError: the release cannot be opened.
    """
    graph, described, pool = Graph.open(release), Release.read(release), Pool(settings)

    @asynccontextmanager
    async def lifespan(_: MCPServer[None]) -> AsyncIterator[None]:
        async with pool:
            yield

    server = MCPServer(
        "clustergraph", version=__version__, instructions=_INSTRUCTIONS, lifespan=lifespan, log_level="WARNING"
    )
    for tool in (*_question_tools(graph), *_name_tools(graph), _sparql_tool(pool, described, settings)):
        server.tool()(tool)
    return server


def _told(answer: Callable[[], object]) -> str:
    """Return an answer as JSON text; what is wrong is told to the model."""
    try:
        return json.dumps(answer(), ensure_ascii=False)
    except ClustergraphError as error:
        raise ToolError(str(error)) from error


def _question_tools(graph: Graph) -> tuple[Callable[..., Any], ...]:
    def list_questions(subject: str = "") -> str:
        """List the questions that can be asked, with their parameters; `subject` keeps those with that word."""
        return _told(
            lambda: [
                {"name": q.name, "question": q.title, "parameters": {p.name: p.label for p in q.parameters.values()}}
                for q in graph.questions.values()
                if subject.casefold() in f"{q.name} {q.title} {q.description} {' '.join(q.tags)}".casefold()
            ]
        )

    def explain_question(name: str) -> str:
        """Tell what a question is for, what its parameters can be and what its columns are."""

        def told() -> object:
            question = find(graph.questions, name)
            parameters = {
                p.name: {"label": p.label, "type": p.type, "required": p.required, "several": p.many,
                         "examples": list(dict.fromkeys(graph.choices(p)))[:12]}
                for p in question.parameters.values()
            }  # fmt: skip
            return {"question": question.title, "description": question.description,
                    "parameters": parameters, "columns": dict(question.columns)}  # fmt: skip

        return _told(told)

    def ask_question(
        name: str,
        parameters: dict[str, Given | list[Given]] | None = None,
        limit: Limit = ROWS,
        offset: Annotated[int, Field(ge=0, description="how many rows to pass over")] = 0,
        evidence: bool = False,
    ) -> str:
        """Ask a question by its name; a parameter takes a label, a spelling, a code or an IRI.

        With evidence, the first five rows come with the statements of documents that they rest on; offset gives others.
        """

        def told() -> object:
            answer = graph.ask(name, **(parameters or {}))
            rows = tables.objects(answer.columns, answer.rows[offset : offset + limit])
            told = {"question": answer.question.title, "columns": dict(answer.question.columns),
                    "rows": rows, "rows_in_all": len(answer), "release": graph.digest}  # fmt: skip
            if not answer.rows:
                told["why_empty"] = graph.why_empty(answer)
            if evidence:
                proved = range(offset, offset + min(len(rows), EVIDENCE_ROWS))
                told["evidence"] = [
                    {"statement": answer.statement(row),
                     "because": graph.because.text(graph.evidence(answer, row)).splitlines()}
                    for row in proved
                ]  # fmt: skip
            return told

        return _told(told)

    return list_questions, explain_question, ask_question


def _name_tools(graph: Graph) -> tuple[Callable[..., Any], ...]:
    def search_names(text: str, limit: Limit = 10) -> str:
        """Find things by any of their names: spellings, acronyms, other languages, typing mistakes."""
        return _told(
            lambda: [
                {"label": hit.label, "class": hit.class_, "iri": hit.iri, "name": hit.name, "score": hit.score}
                for hit in graph.search(text, limit)
            ]
        )

    def describe_thing(name: str, limit: Limit = ROWS) -> str:
        """Tell all that is said of a thing, by name or IRI, each with the section that says so."""

        def told() -> object:
            iri = _iri(graph, name)
            columns, rows = graph.table(_ABOUT.format(iri=iri, limit=limit))
            return {"iri": iri, "statements": tables.objects(columns, rows)}

        return _told(told)

    def explain_statement(subject: str, predicate: str, value: str) -> str:
        """Tell why a statement is in the graph, down to the documents; write each part as in Turtle, or as <IRI>."""
        return _told(lambda: graph.because.text([graph.explain(subject, predicate, value)]).splitlines())

    def show_schema() -> str:
        """Show the classes and properties for SPARQL, with definitions, and the prefixes that need no declaration."""

        def told() -> object:
            columns, rows = graph.table(_SCHEMA)
            terms = [[compact(cell.iri) if cell.iri else cell.shown for cell in row] for row in rows]
            return {"columns": columns, "terms": terms, "prefixes": PREFIXES}

        return _told(told)

    return search_names, describe_thing, explain_statement, show_schema


def _iri(graph: Graph, name: str) -> str:
    """Return the IRI of a thing that is named by IRI, prefixed name, or label.

    Raises:
        ToolError: nothing has that name.
    """
    prefix, colon, local = name.partition(":")
    iri = (
        name
        if name.startswith(("http://", "https://"))
        else PREFIXES[prefix] + local
        if colon and prefix in PREFIXES
        else ""
    )
    if iri:
        try:
            return NamedNode(iri).value
        except ValueError as error:
            raise ToolError(f"{iri!r} is not an IRI") from error
    hits = graph.search(name, 3)
    if not hits or hits[0].score < 85:
        near = ", ".join(hit.label for hit in hits)
        raise ToolError(f"nothing is called {name!r}" + (f"; did you mean one of: {near}?" if near else ""))
    return hits[0].iri


def _sparql_tool(pool: Pool, release: Release, settings: Settings) -> Callable[..., Any]:
    async def run_sparql(query: str) -> str:
        """Run a SPARQL query (SELECT or ASK give JSON, CONSTRUCT and DESCRIBE Turtle); use LIMIT. Read only."""
        try:
            checked = check(query, release.graphs, settings)
            format_ = "turtle" if checked.gives_graph else "json"
            answer = await pool.answer(release.path, Request(query, format_, max_bytes=_ANSWER_BYTES))
        except ClustergraphError as error:
            raise ToolError(f"{error}\n{getattr(error, 'excerpt', '')}".strip()) from error
        return answer.decode()

    return run_sparql
