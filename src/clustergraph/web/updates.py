"""Changes of the graph over HTTP, for clients with a token: SPARQL Update, and the writing half of the graph store."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from werkzeug.http import parse_options_header

from clustergraph.errors import OverLimitError, SourceError
from clustergraph.pipeline.transaction import DELETE, PATCH, PUT, UPDATE, Outcome, Write
from clustergraph.shacl.triples import InvalidShapesError
from clustergraph.sparql.guard import IRI
from clustergraph.terms import address, own
from clustergraph.web import protocol
from clustergraph.web.authorisation import authorised
from clustergraph.web.graphstore import named_graph, tags
from clustergraph.web.middleware import event, while_there
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.protocol import Asked
from clustergraph.web.responses import GRAPHS, Offers, plain_tag
from clustergraph.web.service import Service

METHODS: Final = ["PUT", "POST", "DELETE", "PATCH"]

_REASONS: Final = 20
"""How many findings are in the text of a refusal; the problem document has all."""
_PATCHES: Final = Offers({"update": (protocol.UPDATE,)})
_REFUSALS: Final = {
    "busy": (HTTPStatus.SERVICE_UNAVAILABLE, "a build or another change is under way", "try again later"),
    "moved on": (
        HTTPStatus.PRECONDITION_FAILED,
        "the graph has changed since the release that the change is meant for",
        "read it again",
    ),
    "invalid": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "the graph would not be valid, so nothing is changed",
        "mend what the findings say and send it again",
    ),
}


async def endpoint(request: Request) -> Response:
    """Carry out an update that is sent to an address of its own."""
    await authorised(request)
    settings = request.app.state.service.settings
    asked = await protocol.read(request, settings.query_bytes, settings.write_bytes)
    if asked.update is None:
        raise bad_request("there is no update", "send one as 'update' in a form, or as application/sparql-update")
    return await update(request, asked)


async def update(request: Request, asked: Asked) -> Response:
    """Carry out an update that was read from a request."""
    await authorised(request)
    write = Write(
        UPDATE,
        (asked.update or "").encode(),
        base=request.app.state.service.address + request.url.path,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
    )
    return await _make(request, write)


async def change_graph(request: Request) -> Response:
    """Replace, extend, remove or patch one graph (``?graph=…``), or make a new one by POST without a name."""
    await authorised(request)
    if request.method == "POST" and not request.url.query:
        return await _change(request, own(f"graph/written/{uuid.uuid4()}").value, fresh=True)
    iri = named_graph(request)
    if iri is None:
        refused = "the default graph is the merge of all named graphs and cannot be changed"
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, refused, "name a graph with ?graph=")
    if not IRI.fullmatch(iri):
        raise bad_request(f"{iri!r} is not an IRI", "give a whole one, such as https://w3id.org/clustergraph/graph/…")
    return await _change(request, iri)


async def change_here(request: Request) -> Response:
    """Replace, extend, remove or patch the graph at this very address."""
    await authorised(request)
    return await _change(request, own(request.url.path.lstrip("/")).value)


async def _change(request: Request, graph: str, *, fresh: bool = False) -> Response:
    """Make a change of one graph; a fresh one has an IRI that nobody knows yet."""
    service: Service = request.app.state.service
    kind, format_, content = request.method.lower(), "", b""
    if kind != DELETE:
        format_, limit = _format(request), service.settings.write_bytes
        message = f"more than {limit:,} bytes are sent, which is the limit write_bytes"
        advice = "send the graph in several parts, the second and later ones by POST"
        too_long = OverLimitError(message, limit="write_bytes", value=limit, advice=advice)
        content = await protocol.body(request, limit, too_long)
        if kind == PATCH:
            protocol.decode(content, "the body")
    created = fresh or (kind == PUT and graph not in service.release.graphs)
    response = await _make(request, Write(kind, content, format=format_, graph=graph))
    if created:
        response.status_code = HTTPStatus.CREATED
    if fresh:
        response.headers["Location"] = address(graph)
    return response


def _format(request: Request) -> str:
    """Return the name of the format of a body."""
    media_type, options = parse_options_header(request.headers.get("content-type"))
    how, offers = ("patched with", _PATCHES) if request.method == "PATCH" else ("sent as", GRAPHS)
    name = offers.named(media_type)
    if name and protocol.in_utf8(options):
        return name
    advice = f"send one of, in UTF-8: {', '.join(types[0] for types in offers.types.values())}"
    refused = f"a graph cannot be {how} that"
    raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, refused, advice, Accept_Patch=protocol.UPDATE)


async def _make(request: Request, write: Write) -> Response:
    """Make a change, and write to the log by whose token, and what it came to."""
    told: dict[str, object] = {"outcome": "refused"}
    try:
        outcome = await _made(request, _onto(request, write))
        told = {"outcome": outcome.kind, "release": outcome.facts.get("release", "")}
    finally:
        graph = {"graph": write.graph} if write.graph else {}
        event(logging.INFO, "write", token=request.state.token, kind=write.kind, **graph, **told)
    if outcome.kind not in ("written", "unchanged"):
        raise _refusal(outcome)
    headers = {"X-Clustergraph-Release": outcome.facts["release"], "Cache-Control": "no-store"}
    content = json.dumps({"outcome": outcome.kind, **outcome.facts}).encode()
    return Response(content, headers=headers, media_type="application/json")


async def _made(request: Request, write: Write) -> Outcome:
    service: Service = request.app.state.service
    text = write.content.decode() if write.kind in (UPDATE, PATCH) else ""
    if service.fetches.asks(text):
        write = replace(write, content=(await service.filled(text, update=True)).encode())
    try:
        with while_there() as (_, number):
            outcome: Outcome = await request.app.state.writing.writer.make(write, number)
            return outcome
    except (SourceError, InvalidShapesError) as error:  # It is in the project, which whoever may write has to mend.
        place = f"{error.where}: " if error.where else ""
        raise RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, place + error.message, error.advice) from error


def _refusal(outcome: Outcome) -> RequestError:
    """Return the error that an outcome is."""
    status, message, advice = _REFUSALS[outcome.kind]
    reasons = [finding["reason"] for finding in outcome.facts.get("findings", [])]
    if len(reasons) > _REASONS:
        reasons[_REASONS:] = [f"and {len(reasons) - _REASONS} more"]
    later = {"Retry_After": "5"} if outcome.kind == "busy" else {}
    return RequestError(status, "\n".join([message, *reasons]), advice, outcome.facts, **later)


def _onto(request: Request, write: Write) -> Write:
    """Return a change that is made only if what the client has seen is still so, where the client asks for that."""
    wanted, unwanted = (request.headers.get(name, "").strip() for name in ("if-match", "if-none-match"))
    if not wanted and not unwanted:
        return write
    service: Service = request.app.state.service
    release = service.release
    exists = not write.graph or write.graph in release.graphs
    known = {f'"{release.digest}"', *(tags(service, release, write.graph) if exists and write.graph else ())}

    def fits(given: str) -> bool:
        return exists if given == "*" else any(plain_tag(each) in known for each in given.split(","))

    if wanted and not fits(wanted):
        raise _refusal(Outcome("moved on", {"release": release.digest}))
    if unwanted and exists and fits(unwanted):
        raise RequestError(HTTPStatus.PRECONDITION_FAILED, "there is such a graph", "leave out If-None-Match")
    return replace(write, onto=release.digest)
