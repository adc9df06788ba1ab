"""Reading whole graphs by the SPARQL 1.1 Graph Store HTTP Protocol."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from clustergraph import store
from clustergraph.errors import QueryError
from clustergraph.formats import RDF_FORMATS
from clustergraph.store.embedded import Release
from clustergraph.store.guard import check_graph
from clustergraph.web.http import RequestError, accepted, choose, respond, tag
from clustergraph.web.protocol import bad_request, named_format, parse
from clustergraph.web.service import Service

_DEFAULT: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_NAMED: Final = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <%s> { ?s ?p ?o } }"


async def read(request: Request) -> Response:
    """Give the default graph (``?default``) or a named one (``?graph=…``)."""
    iri, wanted = named_graph(request)
    types = {name: (each.media_type, *each.also) for name, each in RDF_FORMATS.items()}
    name = named_format(wanted, graph=True) if wanted else choose(accepted(request), types)
    if name is None:
        raise RequestError(
            HTTPStatus.NOT_ACCEPTABLE,
            "a graph cannot be given in the format that is asked for",
            f"ask for one of: {', '.join(each.media_type for each in RDF_FORMATS.values())}",
        )
    return await content(request, iri, name)


def named_graph(request: Request) -> tuple[str | None, str]:
    """Return the IRI of the graph that a request is about, None for the default graph; and the wanted format.

    Raises:
        RequestError: it names none, or more than one.
    """
    parameters = parse(request.scope["query_string"].decode("latin-1"), "the address")
    named, default = parameters.get("graph", []), parameters.get("default", [])
    if len(named) + len(default) != 1 or default not in ([], [""]):
        raise bad_request("the request does not name one graph", "give either ?default, or ?graph= with an IRI")
    return (named[0] if named else None), parameters.get("format", [""])[-1]


async def content(request: Request, iri: str | None, name: str) -> Response:
    """Give exactly the triples of a graph, in the format with a name.

    Raises:
        RequestError: there is no such graph.
        OverLimitError: it is larger than an answer may be.
    """
    service: Service = request.app.state.service
    release = service.release
    links = {}
    if iri is not None:
        try:
            check_graph(iri, release.graphs)
        except QueryError as error:
            raise RequestError(HTTPStatus.NOT_FOUND, error.message, error.advice) from error
        links["Link"] = f'</describe?iri={quote(iri, safe="")}>; rel="describedby"'
    asking = _asking(service, iri, name)
    answer = await service.answer(release, asking)
    headers = {"X-Clustergraph-Release": release.digest, **links}
    return respond(request, answer, RDF_FORMATS[name].content_type, tag(release.digest, asking), headers)


def _asking(service: Service, iri: str | None, name: str) -> store.Request:
    query = _DEFAULT if iri is None else _NAMED % iri
    return store.Request(query, name, max_bytes=service.settings.result_bytes)


def tags(service: Service, release: Release, iri: str) -> list[str]:
    """Return the entity tags that a named graph of a release has, in every format."""
    return [tag(release.digest, _asking(service, iri, name)) for name in RDF_FORMATS]
