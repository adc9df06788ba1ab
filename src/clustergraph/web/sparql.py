"""The SPARQL endpoint, and its page for people."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from clustergraph.errors import ClustergraphError
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS
from clustergraph.store import ResultTooLargeError
from clustergraph.store.embedded import Release
from clustergraph.store.guard import Checked, check, check_graph
from clustergraph.terms import PREFIXES
from clustergraph.web import protocol, updates
from clustergraph.web.answers import labels_of
from clustergraph.web.catalogue import by_subject, catalogue
from clustergraph.web.delivery import deliver, not_modified, takes_gzip
from clustergraph.web.description import service_description
from clustergraph.web.examples import FORMS, example
from clustergraph.web.hints import hints
from clustergraph.web.http import Problem, RequestError, accepted_types, choose, prefers_html, tag
from clustergraph.web.pages import page, page_response
from clustergraph.web.protocol import Asked
from clustergraph.web.service import Row, Service, read_rows

ROWS_SHOWN: Final = 1000
"""How many rows the page shows; the downloads have all."""


async def endpoint(request: Request) -> Response:
    """Answer a query by the SPARQL 1.1 Protocol; without one, say what this endpoint is."""
    service: Service = request.app.state.service
    asked = await protocol.read(request, service.settings.query_bytes, updates.room(request))
    if asked.update is not None:
        return await updates.update(request, asked)
    if asked.format == "html" or (not asked.format and prefers_html(request)):
        return await _page(request, service, asked)
    if asked.query is not None:
        return await _answer(request, service, asked, asked.query)
    if asked.default_graphs or asked.named_graphs:
        raise protocol.bad_request("there is no query", "give one as the parameter 'query'")
    return await service_description(request, asked.format)


async def _check(service: Service, release: Release, asked: Asked, query: str) -> Checked:
    with service.metrics.refusal():
        for iri in (*asked.default_graphs, *asked.named_graphs):
            check_graph(iri, release.graphs)
        return await service.pool.aside(query, lambda: check(query, release.graphs, service.settings))


def _format(request: Request, asked: Asked, checked: Checked) -> str:
    """Return the name of the format to answer in.

    Raises:
        RequestError: none fits.
    """
    formats = RDF_FORMATS if checked.gives_graph else RESULT_FORMATS
    if asked.format:
        chosen = protocol.named_format(asked.format, graph=checked.gives_graph)
    else:
        chosen = _negotiated(request.headers.get("accept") or "*/*", graph=checked.gives_graph)
    if chosen is None:
        raise RequestError(
            HTTPStatus.NOT_ACCEPTABLE,
            f"the answer of a query with {checked.form} cannot be given in the format that is asked for",
            f"ask for one of: {', '.join(f'{name} ({each.media_type})' for name, each in formats.items())}",
            Vary="Accept",
        )
    return chosen


@lru_cache(maxsize=256)
def _negotiated(accept: str, *, graph: bool) -> str | None:
    """Return the name of the format that an Accept header likes best."""
    formats = RDF_FORMATS if graph else RESULT_FORMATS
    return choose(accepted_types(accept), {name: (each.media_type, *each.also) for name, each in formats.items()})


async def _answer(request: Request, service: Service, asked: Asked, query: str) -> Response:
    release = service.release
    checked = await _check(service, release, asked, query)
    name = _format(request, asked, checked)
    asking = asked.request(name, service.settings.result_bytes)
    etag = "" if checked.volatile else tag(release.digest, asking)
    headers = {"X-Clustergraph-Release": release.digest, **await _hint(service, release, query)}
    content_type = (RDF_FORMATS if checked.gives_graph else RESULT_FORMATS)[name].content_type
    # A tag that matches was made from this very query and release, so there is nothing to compute.
    unchanged = not_modified(request, etag, content_type, headers)
    if unchanged is not None:
        return unchanged
    if checked.elsewhere:
        asking = replace(asking, query=await service.filled(query))
    keep = not checked.volatile
    if takes_gzip(request):
        answer, gzipped = await service.fetch_gzipped(release, asking, keep=keep)
    else:
        answer, gzipped = await service.fetch(release, asking, keep=keep), False
    return deliver(request, answer, content_type, etag, headers, gzipped=gzipped)


async def _hint(service: Service, release: Release, query: str) -> dict[str, str]:
    """Return a header that says which terms of a query may be misspelt."""
    sentences = "; ".join(await hints(service, release, query))
    return {"X-Clustergraph-Hint": sentences.encode("ascii", "replace").decode()[:1000]} if sentences else {}


async def _page(request: Request, service: Service, asked: Asked) -> Response:
    """Show the form, and under it the answer or what is wrong."""
    release = service.release
    shown: dict[str, object] = {}
    status, headers = HTTPStatus.OK, {}
    if asked.query is not None:
        try:
            checked = await _check(service, release, asked, asked.query)
            shown["downloads"] = _downloads(asked, checked)
            shown["hints"] = await hints(service, release, asked.query)
            shown |= await _shown(service, release, asked, checked)
        except ClustergraphError as error:
            problem = Problem.of(error)
            status, headers, shown["problem"] = problem.status, dict(problem.headers), problem
            if not isinstance(error, ResultTooLargeError):
                shown.pop("downloads", None)
    chosen, questions = request.query_params.get("example", ""), await catalogue(service, release)
    content = page(
        "sparql.html",
        release=release,
        query=asked.query if asked.query is not None else example(chosen, questions),
        example=chosen,
        forms=FORMS,
        groups=by_subject(questions.values()),
        prefixes=PREFIXES,
        **shown,
    )
    return page_response(request, content, release, status, headers)


async def _shown(service: Service, release: Release, asked: Asked, checked: Checked) -> dict[str, object]:
    """Return what the page shows of an answer."""
    name = "turtle" if checked.gives_graph else "json"
    asking = asked.request(name, service.settings.page_bytes)
    if checked.elsewhere:
        asking = replace(asking, query=await service.filled(asking.query))
    answer = await service.answer(release, asking, keep=not checked.volatile)
    if checked.gives_graph:
        return {"turtle": answer.decode()}
    if checked.form == "ASK":
        return {"yes": bool(json.loads(answer)["boolean"])}
    variables, rows = read_rows(answer)
    return {
        "variables": variables,
        "rows": rows[:ROWS_SHOWN],
        "names": await _names(service, release, rows[:ROWS_SHOWN]),
        "row_count": len(rows),
        "rows_shown": ROWS_SHOWN,
    }


async def _names(service: Service, release: Release, rows: list[Row]) -> dict[str, str]:
    """Return the labels of the things in some rows; none if they cannot be had now."""
    try:
        return await labels_of(service, release, {term.value for row in rows for term in row.values() if term.is_iri})
    except ClustergraphError:
        return {}


def _downloads(asked: Asked, checked: Checked) -> dict[str, str]:
    """Return the addresses of the same answer in every format that fits."""
    parameters = [("query", asked.query or "")]
    parameters += [("default-graph-uri", iri) for iri in asked.default_graphs]
    parameters += [("named-graph-uri", iri) for iri in asked.named_graphs]
    formats = RDF_FORMATS if checked.gives_graph else RESULT_FORMATS
    return {name: f"/sparql?{urlencode([*parameters, ('format', name)])}" for name in formats}
