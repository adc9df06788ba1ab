"""Changes of the graph over HTTP, for clients with a token: SPARQL Update, and the writing half of the graph store."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from werkzeug.http import parse_options_header

from clustergraph.config import Settings
from clustergraph.formats import RDF_FORMATS, by_media_type
from clustergraph.store import writes
from clustergraph.store.updates import IRI
from clustergraph.store.writes import Outcome, Write, Writer, WriterError
from clustergraph.terms import BASE, GRAPH
from clustergraph.web import protocol
from clustergraph.web.graphstore import named_graph, tags
from clustergraph.web.http import RequestError
from clustergraph.web.protocol import Asked, bad_request
from clustergraph.web.service import Service
from clustergraph.web.token import Token

METHODS: Final = ["PUT", "POST", "DELETE", "PATCH"]

_REASONS: Final = 20
"""How many findings are in the text of a refusal; the problem document has all."""
_IN_ADDRESS: Final = ("token", "access_token", "bearer", "authorization")
_STATUS: Final = {
    "malformed": HTTPStatus.BAD_REQUEST,
    "forbidden": HTTPStatus.FORBIDDEN,
    "missing": HTTPStatus.NOT_FOUND,
    "moved on": HTTPStatus.PRECONDITION_FAILED,
    "refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "memory": HTTPStatus.SERVICE_UNAVAILABLE,
    "late": HTTPStatus.SERVICE_UNAVAILABLE,
    "failed": HTTPStatus.INTERNAL_SERVER_ERROR,
}
_STATUS_OF_LIMIT: Final = {"write_bytes": HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "nesting": HTTPStatus.BAD_REQUEST}
_WORDS: Final = {
    "busy": ("a build or another change is under way", "try again later"),
    "memory": ("the change needs more memory than it may take, and is not made", "send it in several parts"),
    "late": ("the change took too long and is not made", "send it in several parts"),
    "moved on": ("the graph has changed since the release that the change is meant for", "read it again"),
    "invalid": ("the graph would not be valid, so nothing is changed", "mend what the findings say and send it again"),
}


@dataclass(frozen=True)
class Writing:
    """What a service needs to take changes."""

    token: Token
    writer: Writer

    @classmethod
    def from_environment(cls, project: Path, releases: Path, settings: Settings) -> Writing | None:
        """Return what is needed if a token is configured.

        Raises:
            SettingError: the token cannot be used.
        """
        token = Token.from_environment()
        return cls(token, Writer(project, releases, settings)) if token else None


def room(request: Request) -> int | None:
    """Return how many bytes an update may have from this client; None if it may send none."""
    writing: Writing | None = request.app.state.writing
    header = request.headers.get("authorization", "")
    service: Service = request.app.state.service
    return service.settings.write_bytes if writing and writing.token.fits(header) else None


async def endpoint(request: Request) -> Response:
    """Carry out an update that is sent to an address of its own."""
    writing = authorised(request)
    service: Service = request.app.state.service
    asked = await protocol.read(request, service.settings.query_bytes, writing_bytes(request))
    if asked.update is None:
        raise bad_request("there is no update", "send one as 'update' in a form, or as application/sparql-update")
    return await _make(request, writing, _update(asked))


async def update(request: Request, asked: Asked) -> Response:
    """Carry out an update that was sent to the endpoint for queries."""
    return await _make(request, authorised(request), _update(asked))


async def change_graph(request: Request) -> Response:
    """Replace, extend, remove or patch one graph (``?graph=…``), or make a new one by POST without a name."""
    writing = authorised(request)
    if request.method == "POST" and not request.url.query:
        return await _change(request, writing, f"{GRAPH}written/{uuid.uuid4()}", fresh=True)
    iri, _ = named_graph(request)
    if iri is None:
        raise RequestError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "the default graph is the merge of all named graphs and cannot be changed",
            "name a graph with ?graph=",
        )
    if not IRI.fullmatch(iri):
        raise bad_request(f"{iri!r} is not an IRI", "give a whole one, such as https://w3id.org/clustergraph/graph/…")
    return await _change(request, writing, iri)


async def change_here(request: Request) -> Response:
    """Replace, extend, remove or patch the graph at this very address."""
    return await _change(request, authorised(request), BASE + request.url.path.lstrip("/"))


def authorised(request: Request) -> Writing:
    """Return what is needed to make changes, if this client may make them.

    Raises:
        RequestError: nobody may, or the client has not shown the token.
    """
    writing: Writing | None = request.app.state.writing
    if writing is None:
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            "this service is read-only, so changes are refused",
            "change the files of the graph and build a new release, or start the service with a token",
        )
    if any(name.lower() in _IN_ADDRESS for name in request.query_params):
        raise bad_request("a token is never sent in an address", "send it as: Authorization: Bearer …")
    given = request.headers.getlist("authorization")
    if len(given) != 1 or not writing.token.fits(given[0]):
        reason = ', error="invalid_token"' if given else ""
        raise RequestError(
            HTTPStatus.UNAUTHORIZED,
            "the token is not the right one" if given else "changes need a token",
            "send it as: Authorization: Bearer …",
            WWW_Authenticate=f'Bearer realm="clustergraph"{reason}',
        )
    return writing


def writing_bytes(request: Request) -> int:
    """Return how many bytes a change may have."""
    service: Service = request.app.state.service
    return service.settings.write_bytes


def _update(asked: Asked) -> Write:
    return Write(
        writes.UPDATE,
        (asked.update or "").encode(),
        default_graphs=asked.using_graphs,
        named_graphs=asked.using_named_graphs,
    )


async def _change(request: Request, writing: Writing, graph: str, *, fresh: bool = False) -> Response:
    kind, format_, content = request.method.lower(), "", b""
    if kind != writes.DELETE:
        format_ = _format(request)
        content = await _body(request)
    service: Service = request.app.state.service
    created = fresh or (kind == writes.PUT and graph not in service.release.graphs)
    headers = {"Location": graph.removeprefix(BASE.rstrip("/"))} if fresh else {}
    write = Write(kind, content, format=format_, graph=graph)
    return await _make(request, writing, write, HTTPStatus.CREATED if created else HTTPStatus.OK, headers)


def _format(request: Request) -> str:
    """Return the name of the format of a body."""
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if request.method == "PATCH":
        if media_type.lower() != protocol.UPDATE:
            raise RequestError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "a graph cannot be patched with that",
                f"send {protocol.UPDATE}",
                Accept_Patch=protocol.UPDATE,
            )
        return ""
    found = by_media_type(media_type, RDF_FORMATS)
    if found is None or options.get("charset", "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
        known = ", ".join(each.media_type for each in RDF_FORMATS.values())
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a graph cannot be sent as that", f"send one of, in UTF-8: {known}"
        )
    return found.name


async def _body(request: Request) -> bytes:
    limit = writing_bytes(request)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > limit:
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"more than {limit:,} bytes are sent, which is the limit write_bytes",
                "send the graph in several parts, the second and later ones by POST",
            )
    if request.method == "PATCH":
        protocol.decode(bytes(content), "the body")
    return bytes(content)


async def _make(
    request: Request,
    writing: Writing,
    write: Write,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    write = _onto(request, write)
    service: Service = request.app.state.service
    text = write.content.decode() if write.kind in (writes.UPDATE, writes.PATCH) else ""
    if service.fetches.asks(text):
        write = replace(write, content=(await service.filled(text, update=True)).encode())
    try:
        outcome = await writing.writer.make(write)
    except WriterError as error:
        raise RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, error.message, error.advice) from error
    if outcome.kind in ("written", "unchanged"):
        named = {"X-Clustergraph-Release": str(outcome.facts["release"]), "Cache-Control": "no-store"}
        content = json.dumps({"outcome": outcome.kind, **outcome.facts}).encode()
        return Response(content, status, {**named, **(headers or {})}, media_type="application/json")
    raise _refusal(outcome)


def _refusal(outcome: Outcome) -> RequestError:
    """Return the error that an outcome is."""
    facts = dict(outcome.facts)
    message, advice = _WORDS.get(outcome.kind, ("the change is not made", ""))
    message, advice = str(facts.pop("message", message)), str(facts.pop("advice", advice))
    status = _STATUS.get(outcome.kind, HTTPStatus.INTERNAL_SERVER_ERROR)
    if outcome.kind == "over limit":
        status = _STATUS_OF_LIMIT.get(facts["limit"]["name"], HTTPStatus.SERVICE_UNAVAILABLE)
    if outcome.kind == "invalid":
        reasons = [str(finding["reason"]) for finding in facts["findings"]]
        more = [f"and {len(reasons) - _REASONS} more"] if len(reasons) > _REASONS else []
        message = "\n".join([message, *reasons[:_REASONS], *more])
    error = RequestError(status, message, advice)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        error.headers["Retry-After"] = "5"
    error.more = facts
    return error


def _onto(request: Request, write: Write) -> Write:
    """Return a change that is made only if what the client has seen is still so, where the client asks for that.

    Raises:
        RequestError: it is no longer so.
    """
    wanted, unwanted = (request.headers.get(name, "").strip() for name in ("if-match", "if-none-match"))
    if not wanted and not unwanted:
        return write
    service: Service = request.app.state.service
    release = service.release
    exists = write.graph in release.graphs if write.graph else True
    known = {f'"{release.digest}"', *(tags(service, release, write.graph) if exists and write.graph else ())}
    given = {each.strip() for each in wanted.split(",")}
    if wanted and not (exists if wanted == "*" else known & given):
        raise _refusal(Outcome("moved on", {"release": release.digest}))
    if unwanted and exists and (unwanted == "*" or known & {each.strip() for each in unwanted.split(",")}):
        raise _refusal(Outcome("moved on", {"message": "there is such a graph", "advice": "leave out If-None-Match"}))
    return replace(write, onto=release.digest)
