"""Reading whole graphs by the SPARQL 1.1 Graph Store HTTP Protocol."""

from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from clustergraph.engine import store
from clustergraph.errors import QueryError
from clustergraph.formats import RDF_FORMATS
from clustergraph.release.manifest import Release
from clustergraph.sparql.guard import check_graph
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.protocol import in_address
from clustergraph.web.responses import GRAPHS, respond, tag
from clustergraph.web.service import Service, served

_DEFAULT: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_NAMED: Final = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <%s> { ?s ?p ?o } }"


async def read(request: Request) -> Response:
    """Give the default graph (``?default``) or a named one (``?graph=…``)."""
    iri = named_graph(request)
    return await content(request, iri, GRAPHS.choose(request, request.query_params.get("format", "")))


def named_graph(request: Request) -> str | None:
    """Return the IRI of the graph that a request is about, None for the default graph.

    Raises:
        RequestError: it names none, or more than one.
    """
    parameters = in_address(request)
    named, default = parameters.get("graph", []), parameters.get("default", [])
    if len(named) + len(default) != 1 or default not in ([], [""]):
        raise bad_request("the request does not name one graph", "give either ?default, or ?graph= with an IRI")
    return named[0] if named else None


async def content(request: Request, iri: str | None, name: str) -> Response:
    """Give exactly the triples of a graph, in the format with a name, if there is such a graph."""
    here = served(request)
    service, release = here.service, here.release
    links = {}
    if iri is not None:
        try:
            check_graph(iri, release.graphs)
        except QueryError as error:
            raise RequestError(HTTPStatus.NOT_FOUND, error.message, error.advice) from error
        links["Link"] = f'</describe?iri={quote(iri, safe="")}>; rel="describedby"'
    asking = _asking(service, iri, name)
    make, etag = partial(service.fetch, release, asking), tag(release.digest, service.fingerprint, asking)
    return await respond(request, make, GRAPHS.content_type(name), etag, links, release=release)


def _asking(service: Service, iri: str | None, name: str) -> store.Request:
    query = _DEFAULT if iri is None else _NAMED % iri
    return store.Request(query, name, max_bytes=service.settings.result_bytes)


def tags(service: Service, release: Release, iri: str) -> list[str]:
    """Return the entity tags that a named graph of a release has, in every format."""
    return [tag(release.digest, service.fingerprint, _asking(service, iri, name)) for name in RDF_FORMATS]
