"""The SPARQL endpoint, and its page for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import Response

from clustergraph import store
from clustergraph.errors import ClustergraphError
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS
from clustergraph.store import ResultTooLargeError
from clustergraph.store.guard import Checked, check, check_graph
from clustergraph.terms import PREFIXES
from clustergraph.web.examples import EXAMPLES
from clustergraph.web.http import (
    Problem,
    RequestError,
    accepted,
    body,
    choose,
    prefers_html,
    respond,
    tag,
)
from clustergraph.web.pages import page, page_response
from clustergraph.web.service import Service, read_rows

ROWS_SHOWN: Final = 1000
"""How many rows the page shows; the downloads have all."""

_FORM: Final = "application/x-www-form-urlencoded"
_QUERY: Final = "application/sparql-query"
_UPDATE: Final = "application/sparql-update"


@dataclass(frozen=True)
class Asked:
    """What a client asks of the endpoint."""

    query: str | None
    format: str = ""
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, list[str]], query: str | None = None) -> Asked:
        """Return what parameters ask.

        Raises:
            RequestError: a parameter is there twice, or it is an update.
        """
        for name in ("query", "format"):
            if len(parameters.get(name, [])) > 1:
                raise RequestError(HTTPStatus.BAD_REQUEST, f"'{name}' is given more than once", "give it once")
        if "update" in parameters:
            raise _read_only()
        return cls(
            query=parameters.get("query", [None])[0] if query is None else query,
            format=parameters.get("format", [""])[0],
            default_graphs=tuple(parameters.get("default-graph-uri", [])),
            named_graphs=tuple(parameters.get("named-graph-uri", [])),
        )

    def request(self, format_: str, max_bytes: int) -> store.Request:
        """Return the request to the store; graphs of the protocol replace those of the query."""
        given = bool(self.default_graphs or self.named_graphs)
        return store.Request(
            self.query or "",
            format_,
            default_graphs=self.default_graphs if given else None,
            named_graphs=self.named_graphs if given else None,
            max_bytes=max_bytes,
        )


async def endpoint(request: Request) -> Response:
    """Answer a query by the SPARQL 1.1 Protocol."""
    service: Service = request.app.state.service
    asked = await _asked(request, service)
    html = asked.format == "html" or (not asked.format and prefers_html(request))
    if html:
        return await _page(request, service, asked)
    if asked.query is None:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            "there is no query",
            "give one as the parameter 'query', or open this address in a browser for a form",
        )
    return await _answer(request, service, asked, asked.query)


async def _asked(request: Request, service: Service) -> Asked:
    parameters = parse_qs(request.url.query, keep_blank_values=True)
    if request.method != "POST":
        return Asked.of(parameters)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == _UPDATE:
        raise _read_only()
    if media_type not in (_FORM, _QUERY):
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a query cannot be sent as {media_type or 'a body without Content-Type'}",
            f"send it as {_QUERY} or {_FORM}",
            Accept_Post=f"{_QUERY}, {_FORM}",
        )
    # In a form every byte may take three, and there is a name and a format beside the query.
    room = service.settings.query_bytes * (3 if media_type == _FORM else 1) + 10_000
    content = await body(request, room, service.settings.query_bytes)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the body is not UTF-8", "send UTF-8") from error
    if media_type == _QUERY:
        return Asked.of(parameters, text)
    return Asked.of({**parameters, **parse_qs(text, keep_blank_values=True)})


def _read_only() -> RequestError:
    return RequestError(
        HTTPStatus.FORBIDDEN,
        "this endpoint is read-only, so updates are refused",
        "change the files of the graph and build a new release",
    )


def _check(service: Service, asked: Asked, query: str) -> Checked:
    graphs = service.release.graphs
    for iri in (*asked.default_graphs, *asked.named_graphs):
        check_graph(iri, graphs)
    return check(query, graphs, service.settings)


def _format(request: Request, asked: Asked, checked: Checked) -> str:
    """Return the name of the format to answer in.

    Raises:
        RequestError: none fits.
    """
    formats = RDF_FORMATS if checked.gives_graph else RESULT_FORMATS
    types = {name: (each.media_type, *each.also) for name, each in formats.items()}
    if asked.format:
        wanted = asked.format.strip().lower()
        chosen = next((name for name in types if wanted == name or wanted in types[name]), None)
    else:
        chosen = choose(accepted(request), types)
    if chosen is None:
        raise RequestError(
            HTTPStatus.NOT_ACCEPTABLE,
            f"the answer of a query with {checked.form} cannot be given in the format that is asked for",
            f"ask for one of: {', '.join(f'{name} ({types[name][0]})' for name in types)}",
            Vary="Accept",
        )
    return chosen


async def _answer(request: Request, service: Service, asked: Asked, query: str) -> Response:
    checked = _check(service, asked, query)
    name = _format(request, asked, checked)
    release = service.release
    asking = asked.request(name, service.settings.result_bytes)
    etag = "" if checked.volatile else tag(release.digest, asking)
    headers = {"X-Clustergraph-Release": release.digest}
    content_type = (RDF_FORMATS if checked.gives_graph else RESULT_FORMATS)[name].content_type
    if etag and request.headers.get("if-none-match") and service.cache.get((release.digest, asking)) is None:
        # A tag that matches was made from this very query and release, so there is nothing to compute.
        response = respond(request, b"", content_type, etag, headers)
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            return response
    content = await service.answer(release, asking, keep=not checked.volatile)
    return respond(request, content, content_type, etag, headers)


async def _page(request: Request, service: Service, asked: Asked) -> Response:
    """Show the form, and under it the answer or what is wrong."""
    release = service.release
    shown: dict[str, object] = {}
    status = HTTPStatus.OK
    if asked.query is not None:
        try:
            checked = _check(service, asked, asked.query)
            shown["downloads"] = _downloads(asked, checked)
            shown |= await _shown(service, asked, checked)
        except ClustergraphError as error:
            problem = Problem.of(error)
            status, shown["problem"] = problem.status, problem
            if not isinstance(error, ResultTooLargeError):
                shown.pop("downloads", None)
    content = page(
        "sparql.html",
        release=release,
        query=asked.query if asked.query is not None else next(iter(EXAMPLES.values())),
        examples=EXAMPLES,
        prefixes=PREFIXES,
        **shown,
    )
    return page_response(request, content, release, status)


async def _shown(service: Service, asked: Asked, checked: Checked) -> dict[str, object]:
    """Return what the page shows of an answer."""
    name = "turtle" if checked.gives_graph else "json"
    asking = asked.request(name, service.settings.page_bytes)
    answer = await service.answer(service.release, asking, keep=not checked.volatile)
    if checked.gives_graph:
        return {"turtle": answer.decode()}
    if checked.form == "ASK":
        return {"yes": bool(json.loads(answer)["boolean"])}
    variables, rows = read_rows(answer)
    return {
        "variables": variables,
        "rows": rows[:ROWS_SHOWN],
        "row_count": len(rows),
        "rows_shown": ROWS_SHOWN,
    }


def _downloads(asked: Asked, checked: Checked) -> dict[str, str]:
    """Return the addresses of the same answer in every format that fits."""
    parameters = [("query", asked.query or "")]
    parameters += [("default-graph-uri", iri) for iri in asked.default_graphs]
    parameters += [("named-graph-uri", iri) for iri in asked.named_graphs]
    formats = RDF_FORMATS if checked.gives_graph else RESULT_FORMATS
    return {name: f"/sparql?{urlencode([*parameters, ('format', name)])}" for name in formats}
