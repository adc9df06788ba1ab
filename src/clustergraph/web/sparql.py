"""The SPARQL endpoint, its page for people, and what it says of itself."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import anyio
from pyoxigraph import (
    NamedNode,
    QueryResultsFormat,
    QuerySolution,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
    serialize,
)
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.charts import Picture
from clustergraph.charts.views import picture_of, views
from clustergraph.engine import store
from clustergraph.errors import ClustergraphError, ResultTooLargeError
from clustergraph.formats import RDF_FORMATS
from clustergraph.graph import Graph
from clustergraph.questions.answer import Cell, cell
from clustergraph.questions.catalogue import by_subject
from clustergraph.questions.question import Question
from clustergraph.release.manifest import Release
from clustergraph.sparql.federation import Allowed
from clustergraph.sparql.guard import Checked, check, check_graph
from clustergraph.terms import BASE, PREFIXES, compact
from clustergraph.web import authorisation, protocol, responses, updates
from clustergraph.web.pages import page, problem_page, respond_page
from clustergraph.web.problems import bad_request
from clustergraph.web.protocol import Asked
from clustergraph.web.responses import GRAPHS, RESULTS, Content, address_tag, respond, tag
from clustergraph.web.service import Served, Service, served
from clustergraph.web.snippets import of_query

_SHORT: Final = 4_000
"""A query of so many characters is read in less than about ten milliseconds."""
_RAW: Final = 50_000
"""So many characters of an answer are shown as they are."""
ROWS_SHOWN: Final = 1000
"""How many rows the page shows; the downloads have all."""
_PREFIXES: Final = {each: PREFIXES[each] for each in ("sd", "void", "dcterms", "schema", "rdf")}
"""Those of a description of the endpoint."""


def _form(name: str) -> tuple[str, str]:
    title, _, query = (Path(__file__).parent / "forms" / f"{name}.rq").read_text("utf-8").partition("\n")
    return title.removeprefix("# "), query.rstrip("\n")


_FORMS: Final = {name: _form(name) for name in ("section", "thing", "doubt", "classes")}
"""Examples of the forms of a query, by name: a title, and the query."""


async def endpoint(request: Request) -> Response:
    """Answer a query by the SPARQL 1.1 Protocol; without one, say what this endpoint is."""
    service: Service = request.app.state.service
    asked = await protocol.read(request, service.settings.query_bytes, authorisation.room(request))
    if asked.update is not None:
        return await updates.update(request, asked)
    if asked.format == "html" or (not asked.format and responses.prefers_html(request)):
        return await _page(request, service, asked)
    if asked.query is not None:
        answer = _picture if asked.format == "svg" else _answer
        return await answer(request, service, asked, asked.query)
    if asked.default_graphs or asked.named_graphs:
        raise bad_request("there is no query", "give one as the parameter 'query'")
    return await _description(request, asked.format)


async def _check(service: Service, release: Release, asked: Asked, query: str) -> Checked:
    with service.metrics.refusal():
        for iri in (*asked.default_graphs, *asked.named_graphs):
            check_graph(iri, release.graphs)
        arguments = (query, release.graphs, service.settings, service.endpoint)
        if len(query) <= _SHORT:
            return check(*arguments)
        # So a query that takes long to read keeps nobody waiting but others that do.
        return await anyio.to_thread.run_sync(check, *arguments, limiter=service.reading)


async def _fetch(here: Served, asking: store.Request, checked: Checked) -> Content:
    if checked.elsewhere:
        asking = replace(asking, query=await here.service.filled(asking.query))
    return await here.service.fetch(here.release, asking, keep=not checked.volatile)


async def _answer(request: Request, service: Service, asked: Asked, query: str) -> Response:
    here = served(request)
    checked = await _check(service, here.release, asked, query)
    offers = GRAPHS if checked.gives_graph else RESULTS
    refused = f"the answer of a query with {checked.form} cannot be given in the format that is asked for"
    name = offers.choose(request, asked.format, refused)
    asking = asked.request(name, service.settings.result_bytes, service.endpoint)
    etag = "" if checked.volatile else tag(here.release.digest, service.fingerprint, asking)
    hint = responses.hint_header("; ".join(await here.hints(query)))
    make, content_type = partial(_fetch, here, asking, checked), offers.content_type(name)
    return await respond(request, make, content_type, etag, hint, release=here.release)


async def _picture(request: Request, service: Service, asked: Asked, query: str) -> Response:
    """Give the picture that the page shows of an answer."""
    here = served(request)
    checked = await _check(service, here.release, asked, query)
    view = request.query_params.get("view", "")

    async def make() -> bytes:
        shown = await _shown(here, asked, checked, view)
        drawn, kinds = shown.get("drawn"), shown.get("views")
        if not isinstance(drawn, Picture) or not drawn.svg:
            drawable = [each for each in kinds if each not in ("table", "raw")] if isinstance(kinds, list) else []
            advice = (
                f"give as 'view' one of: {', '.join(drawable)}"
                if drawable
                else "ask for a table with things or numbers"
            )
            raise bad_request(f"this answer cannot be drawn as {view[:20]!r}", advice)
        return drawn.svg.encode()

    etag = "" if checked.volatile else address_tag(request, here.release, "svg")
    return await respond(request, make, "image/svg+xml", etag, release=here.release)


def _example(name: str, questions: Mapping[str, Question]) -> str:
    """Return the text of an example by its name, or of the last form if there is none of that name."""
    if name in questions:
        head, body = f"# {questions[name].title}", questions[name].query.splitlines()
        return "\n".join([head, *(line for line in body if not line.startswith("#+"))])
    return _FORMS.get(name, _FORMS["classes"])[1]


async def _page(request: Request, service: Service, asked: Asked) -> Response:
    """Show the form, and under it the answer or what is wrong."""
    here, wrong, checked = served(request), None, None
    try:
        if asked.query is not None:
            checked = await _check(service, here.release, asked, asked.query)
    except ClustergraphError as error:
        wrong = error

    async def make() -> bytes | Response:
        chosen, questions = request.query_params.get("example", ""), await here.questions()
        names: dict[str, object] = {
            "query": asked.query if asked.query is not None else _example(chosen, questions),
            "example": chosen,
            "forms": _FORMS,
            "groups": by_subject(questions.values()),
            "prefixes": PREFIXES,
            "limits": service.settings,
            "view": request.query_params.get("view", ""),
        }
        problem = wrong
        if checked is not None:
            names |= {"downloads": _downloads(asked, checked), "hints": await here.hints(asked.query or "")}
            names["same_request"] = of_query(service.address, asked.query or "", graph=checked.gives_graph)
            try:
                names |= await _shown(here, asked, checked, str(names["view"]))
            except ClustergraphError as error:
                problem = error
                if not isinstance(error, ResultTooLargeError):
                    del names["downloads"]
        return await problem_page("sparql.html", problem, here.release, **names)

    if request.method == "GET" and not (checked and checked.volatile):
        return await respond_page(request, here.release, make)
    return await respond(request, make, responses.HTML_UTF8, release=here.release)


async def _shown(here: Served, asked: Asked, checked: Checked, view: str) -> dict[str, object]:
    """Return what the page shows of an answer."""
    name, service = "turtle" if checked.gives_graph else "json", here.service
    found = await _fetch(here, asked.request(name, service.settings.page_bytes, service.endpoint), checked)
    answer = found if isinstance(found, bytes) else found.read()
    if checked.gives_graph:
        return {"turtle": answer.decode()}
    if checked.form == "ASK":
        return {"yes": bool(json.loads(answer)["boolean"])}
    solutions = parse_query_results(answer, format=QueryResultsFormat.JSON)
    assert isinstance(solutions, QuerySolutions)
    variables, rows = [variable.value for variable in solutions.variables], list(solutions)
    return {
        "variables": variables,
        "rows": rows[:ROWS_SHOWN],
        "row_count": len(rows),
        "rows_shown": ROWS_SHOWN,
        **await _views(here, variables, rows[:ROWS_SHOWN], view),
        "raw": answer.decode()[:_RAW],
    }


async def _views(here: Served, columns: list[str], rows: list[QuerySolution], view: str) -> dict[str, object]:
    """Return the names of things, the ways in which rows can be shown, and a picture, if one of them is asked for."""
    iris = {term.value for row in rows for term in row if isinstance(term, NamedNode)}
    names = await here.do(Graph.names, sorted(iris)) if iris else {}
    cells = [[cell(row[column], lambda iri: names.get(iri) or compact(iri)) for column in columns] for row in rows]
    possible = views(columns, cells)
    drawn = await here.do(picture_of, possible[view], columns, cells, ", ".join(columns)) if view in possible else None
    numbers = {name for place, name in enumerate(columns) if _all_numbers(row[place] for row in cells)}
    return {"names": names, "numbers": numbers, "views": ["table", *possible, "raw"], "drawn": drawn}


def _all_numbers(column: Iterable[Cell]) -> bool:
    """Return whether a column has numbers, and nothing else."""
    values = [each.value for each in column if each.value is not None]
    return bool(values) and all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)


def _downloads(asked: Asked, checked: Checked) -> dict[str, str]:
    """Return the addresses of the same answer in every format that fits."""
    parameters = [("query", asked.query or "")]
    parameters += [("default-graph-uri", iri) for iri in asked.default_graphs]
    parameters += [("named-graph-uri", iri) for iri in asked.named_graphs]
    formats = GRAPHS if checked.gives_graph else RESULTS
    return {name: f"/sparql?{urlencode([*parameters, ('format', name)])}" for name in formats.types}


async def _description(request: Request, wanted: str) -> Response:
    """Say what the endpoint is (SPARQL 1.1 Service Description)."""
    here, writable = served(request), request.app.state.access.taking_changes
    name = GRAPHS.choose(request, wanted)
    make = partial(responses.in_thread, partial(_described, here, name, writable=writable))
    etag, links = address_tag(request, here.release, name, writable), {"Link": '</dataset>; rel="describedby"'}
    return await respond(request, make, GRAPHS.content_type(name), etag, links, release=here.release)


def _described(here: Served, name: str, *, writable: bool) -> bytes:
    """Return the description of the endpoint in a format; what it says is in a template."""
    text = page(
        "service.ttl",
        here=here.service,
        release=here.release,
        writable=writable,
        hosts=Allowed.of(here.service.settings.allowed_hosts).names,
        dataset=f"{BASE}dataset",
        prefixes=_PREFIXES,
    )
    triples = (quad.triple for quad in parse(text, format=RdfFormat.TURTLE))
    prefixes = _PREFIXES if name in ("turtle", "trig") else None
    written = serialize(triples, format=RDF_FORMATS[name].engine, prefixes=prefixes)
    assert written is not None
    return written
