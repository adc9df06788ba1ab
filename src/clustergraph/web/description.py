"""What the endpoint says of itself (SPARQL 1.1 Service Description) and of its release (VoID and DCAT)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse, serialize
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.config import Settings
from clustergraph.errors import ReleaseError
from clustergraph.export import downloads
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS
from clustergraph.store.embedded import Release
from clustergraph.store.hosts import Allowed
from clustergraph.terms import BASE, PREFIXES, expand
from clustergraph.web.http import RequestError, accepted, choose, respond, tag
from clustergraph.web.protocol import named_format
from clustergraph.web.service import Service

LIMITS: Final = {
    "query_seconds": ("seconds", "A query is stopped when it has run so long, and refused when it has waited so long."),
    "worker_memory_mb": ("megabytes", "A query is stopped when it needs more memory."),
    "result_bytes": ("bytes", "An answer that is larger is refused as a whole."),
    "query_bytes": ("bytes of UTF-8", "A query that is longer is refused."),
    "nesting": ("open brackets", "A query that is nested more deeply is refused."),
    "slow_workers": ("queries", "So many slow queries run at a time; others wait."),
    "waiting": ("queries", "When so many run or wait, the service says that it is busy."),
    "header_bytes": ("bytes", "A request with a longer address or longer headers is refused; send the query by POST."),
    "send_seconds": ("seconds", "A client that takes longer to send its request is cut off."),
}
_LIMITS_OF_FETCHES: Final = {
    "fetch_seconds": ("seconds", "So long other hosts may take that a query asks with SERVICE."),
    "fetch_bytes": ("bytes", "An answer of another host that is larger is refused."),
    "fetches": ("queries", "So many queries may ask other hosts at a time; others wait."),
}
"""The limits that hold for a query: unit and meaning."""

_FORMATS: Final = "http://www.w3.org/ns/formats/"
_IRI_OF_RESULTS: Final = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
}


async def dataset(request: Request) -> Response:
    """Give the description of the release (VoID and DCAT)."""
    service: Service = request.app.state.service
    release = service.release
    name = _format(request, request.query_params.get("format", ""))
    # The files of a release can be made later, and the description lists them.
    key = (release.digest, "description", name, bool(downloads.read(release.path)[1]))
    content = service.cache.get(key)
    if content is None:
        content = _of_release(release, name)
        service.cache.put(key, content)
    headers = {"X-Clustergraph-Release": release.digest}
    return respond(request, content, RDF_FORMATS[name].content_type, tag(*key), headers)


async def service_description(request: Request, wanted: str = "") -> Response:
    """Give the description of the endpoint."""
    service: Service = request.app.state.service
    release = service.release
    name = _format(request, wanted)
    address = str(request.url.replace(query="", fragment=""))
    writable = getattr(request.app.state, "writing", None) is not None
    triples = [*_of_service(address, service.settings, release, writable=writable)]
    content = _write(triples, name)
    headers = {"X-Clustergraph-Release": release.digest, "Link": '</dataset>; rel="describedby"'}
    return respond(request, content, RDF_FORMATS[name].content_type, tag(content), headers)


def _format(request: Request, wanted: str) -> str:
    types = {name: (each.media_type, *each.also) for name, each in RDF_FORMATS.items()}
    name = named_format(wanted, graph=True) if wanted else choose(accepted(request), types)
    if name is None:
        raise RequestError(
            HTTPStatus.NOT_ACCEPTABLE,
            "the description cannot be given in the format that is asked for",
            f"ask for one of: {', '.join(each.media_type for each in RDF_FORMATS.values())}",
        )
    return name


def _of_release(release: Release, name: str) -> bytes:
    try:
        turtle = (release.path / "description.ttl").read_bytes()
    except OSError as error:
        raise ReleaseError("the release has no description", advice="run: clustergraph build") from error
    if name == "turtle":
        return turtle
    return _write((quad.triple for quad in parse(turtle, RdfFormat.TURTLE)), name)


def _write(triples: Iterable[Triple], name: str) -> bytes:
    output = io.BytesIO()
    prefixes = {each: PREFIXES[each] for each in ("sd", "void", "dcterms", "schema", "rdf")}
    serialize(triples, output, RDF_FORMATS[name].engine, prefixes=prefixes if name in ("turtle", "trig") else None)
    return output.getvalue()


def _of_service(address: str, settings: Settings, release: Release, *, writable: bool) -> Iterator[Triple]:
    """Yield the description of an endpoint at an address."""
    service, data = NamedNode(f"{address}#service"), NamedNode(f"{address}#dataset")
    yield _triple(service, "rdf:type", expand("sd:Service"))
    yield _triple(service, "sd:endpoint", NamedNode(address))
    yield _triple(service, "sd:supportedLanguage", expand("sd:SPARQL11Query"))
    if writable:
        yield _triple(service, "sd:supportedLanguage", expand("sd:SPARQL11Update"))
    yield _triple(service, "sd:feature", expand("sd:UnionDefaultGraph"))
    hosts = Allowed.of(settings.allowed_hosts).names
    others = f"SERVICE only to {hosts}" if hosts else "no SERVICE"
    if hosts:
        yield _triple(service, "sd:feature", expand("sd:BasicFederatedQuery"))
    for name in _IRI_OF_RESULTS.values():
        yield _triple(service, "sd:resultFormat", NamedNode(_FORMATS + name))
    for each in RDF_FORMATS.values():
        yield _triple(service, "sd:resultFormat", NamedNode(each.engine.iri))
    for each_result in RESULT_FORMATS.values():
        yield _triple(service, "dcterms:format", Literal(each_result.media_type))
    yield _triple(service, "sd:defaultDataset", data)
    yield _triple(
        service,
        "dcterms:description",
        Literal(
            f"{'Changes with a token' if writable else 'Reads'} only, {others}, and FROM only with the graphs that "
            "are listed here. A query that goes over a limit is answered with an error that names the limit, and never "
            "with a part of the answer. A triple that several graphs have counts once in the default graph.",
            language="en",
        ),
    )
    yield from _limits(address, service, settings)
    yield from _dataset(address, data, release)


def _limits(address: str, service: NamedNode, settings: Settings) -> Iterator[Triple]:
    fetching = _LIMITS_OF_FETCHES if settings.allowed_hosts else {}
    for name, (unit, meaning) in {**LIMITS, **fetching}.items():
        limit = NamedNode(f"{address}#limit-{name}")
        yield _triple(service, "schema:additionalProperty", limit)
        yield _triple(limit, "rdf:type", expand("schema:PropertyValue"))
        yield _triple(limit, "schema:propertyID", Literal(name))
        yield _triple(limit, "schema:value", Literal(getattr(settings, name)))
        yield _triple(limit, "schema:unitText", Literal(unit))
        yield _triple(limit, "schema:description", Literal(meaning, language="en"))


def _dataset(address: str, data: NamedNode, release: Release) -> Iterator[Triple]:
    default = NamedNode(f"{address}#default-graph")
    yield _triple(data, "rdf:type", expand("sd:Dataset"))
    yield _triple(data, "dcterms:identifier", Literal(release.digest))
    yield _triple(data, "void:triples", Literal(release.triples))
    yield _triple(data, "dcterms:isVersionOf", NamedNode(f"{BASE}dataset"))
    yield _triple(data, "sd:defaultGraph", default)
    yield _triple(default, "rdf:type", expand("sd:Graph"))
    yield _triple(default, "void:triples", Literal(release.triples))
    for number, iri in enumerate(release.graphs, 1):
        named = NamedNode(f"{address}#graph-{number}")
        yield _triple(data, "sd:namedGraph", named)
        yield _triple(named, "rdf:type", expand("sd:NamedGraph"))
        yield _triple(named, "sd:name", NamedNode(iri))


def _triple(subject: NamedNode, predicate: str, value: NamedNode | Literal) -> Triple:
    return Triple(subject, expand(predicate), value)
