"""Changes of the graph over HTTP, for clients with a token: SPARQL Update, and the writing half of the graph store."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from werkzeug.http import parse_options_header

from clustergraph.errors import OverLimitError, SourceError
from clustergraph.pipeline.transaction import DELETE, PATCH, PUT, UPDATE, Outcome, Write
from clustergraph.pipeline.writes import Writer
from clustergraph.settings import VARIABLE_PREFIX, SettingError
from clustergraph.shacl.triples import InvalidShapesError
from clustergraph.sparql.guard import IRI
from clustergraph.terms import address, own
from clustergraph.web import protocol
from clustergraph.web.graphstore import named_graph, tags
from clustergraph.web.middleware import while_there
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.protocol import Asked
from clustergraph.web.responses import GRAPHS, Offers, plain_tag
from clustergraph.web.service import Service

METHODS: Final = ["PUT", "POST", "DELETE", "PATCH"]

_VARIABLE: Final = VARIABLE_PREFIX + "TOKEN"
_FILE_VARIABLE: Final = VARIABLE_PREFIX + "TOKEN_FILE"
_TOKEN: Final = re.compile(r"(?=.{16})[A-Za-z0-9._~+/-]+=*")
_BEARER: Final = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_REASONS: Final = 20
"""How many findings are in the text of a refusal; the problem document has all."""
_PATCHES: Final = Offers({"update": (protocol.UPDATE,)})
_IN_ADDRESS: Final = ("token", "access_token", "bearer", "authorization")
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


class Token:
    """A secret that is kept only as a digest."""

    def __init__(self, secret: str) -> None:
        """Take a secret that is long enough and can be sent in a header."""
        if not _TOKEN.fullmatch(secret):
            advice = "give it 16 or more letters, digits or ._~+/-, such as from: openssl rand -hex 32"
            raise SettingError("the token for changes cannot be used", advice=advice)
        self._digest = _digest(secret)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Token | None:
        """Return the token in ``CLUSTERGRAPH_TOKEN``, or in the file that ``CLUSTERGRAPH_TOKEN_FILE`` names, if any."""
        secret, path = environment.get(_VARIABLE, ""), environment.get(_FILE_VARIABLE, "")
        if secret and path:
            raise SettingError(f"{_VARIABLE} and {_FILE_VARIABLE} are both given", advice="leave one of them out")
        if not path:
            return cls(secret) if secret else None
        try:
            return cls(Path(path).read_text("ascii").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"the token in {path} cannot be read", advice="see " + _FILE_VARIABLE) from error

    def fits(self, authorization: str) -> bool:
        """Whether an ``Authorization`` header has this token; takes equally long wherever it differs.

        >>> Token("correct-horse-battery").fits("Bearer correct-horse-battery")
        True
        """
        given = _BEARER.fullmatch(authorization)
        return hmac.compare_digest(self._digest, _digest(given[1] if given else ""))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


@dataclass(frozen=True)
class Writing:
    """What a service needs to take changes."""

    token: Token
    writer: Writer


def room(request: Request) -> int | None:
    """Return how many bytes an update may have from this client; None if it may send none."""
    writing: Writing | None = request.app.state.writing
    if writing is None or not writing.token.fits(request.headers.get("authorization", "")):
        return None
    return int(request.app.state.service.settings.write_bytes)


async def endpoint(request: Request) -> Response:
    """Carry out an update that is sent to an address of its own."""
    authorised(request)
    settings = request.app.state.service.settings
    asked = await protocol.read(request, settings.query_bytes, settings.write_bytes)
    if asked.update is None:
        raise bad_request("there is no update", "send one as 'update' in a form, or as application/sparql-update")
    return await update(request, asked)


async def update(request: Request, asked: Asked) -> Response:
    """Carry out an update that was read from a request."""
    authorised(request)
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
    authorised(request)
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
    authorised(request)
    return await _change(request, own(request.url.path.lstrip("/")).value)


def authorised(request: Request) -> None:
    """Look whether this client may make changes.

    Raises:
        RequestError: nobody may, or the client has not shown the token.
    """
    writing: Writing | None = request.app.state.writing
    if writing is None:
        advice = "change the files of the graph and build a new release, or start the service with a token"
        raise RequestError(HTTPStatus.FORBIDDEN, "this service is read-only, so changes are refused", advice)
    advice = "send it as: Authorization: Bearer …"
    if any(name.lower() in _IN_ADDRESS for name in request.query_params):
        raise bad_request("a token is never sent in an address", advice)
    given = request.headers.getlist("authorization")
    if len(given) != 1 or not writing.token.fits(given[0]):
        refused = "the token is not the right one" if given else "changes need a token"
        challenge = 'Bearer realm="clustergraph"' + (', error="invalid_token"' if given else "")
        raise RequestError(HTTPStatus.UNAUTHORIZED, refused, advice, WWW_Authenticate=challenge)


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
    write = _onto(request, write)
    service: Service = request.app.state.service
    text = write.content.decode() if write.kind in (UPDATE, PATCH) else ""
    if service.fetches.asks(text):
        write = replace(write, content=(await service.filled(text, update=True)).encode())
    try:
        with while_there() as (_, number):
            outcome = await request.app.state.writing.writer.make(write, number)
    except (SourceError, InvalidShapesError) as error:  # It is in the project, which whoever may write has to mend.
        place = f"{error.where}: " if error.where else ""
        raise RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, place + error.message, error.advice) from error
    if outcome.kind not in ("written", "unchanged"):
        raise _refusal(outcome)
    headers = {"X-Clustergraph-Release": outcome.facts["release"], "Cache-Control": "no-store"}
    content = json.dumps({"outcome": outcome.kind, **outcome.facts}).encode()
    return Response(content, headers=headers, media_type="application/json")


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
