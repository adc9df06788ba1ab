"""What every answer over HTTP has: negotiation, headers, tags, and errors as problem documents (RFC 9457)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from clustergraph.errors import ClustergraphError, QueryError, RefusedQueryError, ReleaseError
from clustergraph.store import OverLimitError
from clustergraph.store.hosts import HostError
from clustergraph.store.process import WorkerError
from clustergraph.store.syntax import QuerySyntaxError

HTML: Final = "text/html"
READ: Final = ("GET", "HEAD", "OPTIONS")

HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After, X-Clustergraph-Hint, X-Clustergraph-Release, "
    "X-Request-Id",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers that every response has."""
_RAW_HEADERS: Final = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

_STATUS_OF_LIMIT: Final = {
    "query_bytes": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "result_bytes": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "nesting": HTTPStatus.BAD_REQUEST,
    "fetches in one query": HTTPStatus.BAD_REQUEST,
}


class RequestError(ClustergraphError):
    """A request that cannot be answered, with the status that says so."""

    def __init__(self, status: HTTPStatus, message: str, advice: str = "", **headers: str) -> None:
        """Keep the status, and headers (with ``_`` for ``-``)."""
        super().__init__(message, advice=advice)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.more: Mapping[str, object] = {}
        """Further members of the problem document."""


@dataclass(frozen=True)
class Problem:
    """An error as the client sees it."""

    status: HTTPStatus
    detail: str
    advice: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)
    """Further members of the problem document."""

    @classmethod
    def of(cls, error: Exception) -> Problem:
        """Return the problem that an error is; what is not expected is told without its details."""
        match error:
            case RequestError():
                return cls(error.status, error.message, error.advice, error.headers, error.more)
            case OverLimitError():
                status = _STATUS_OF_LIMIT.get(error.limit, HTTPStatus.SERVICE_UNAVAILABLE)
                limit = {"name": error.limit, "value": error.value}
                retry = {"Retry-After": "1"} if error.limit == "waiting" else {}
                return cls(status, error.message, error.advice, retry, {"limit": limit})
            case QuerySyntaxError():
                more = {"line": error.line, "column": error.column, "excerpt": error.excerpt}
                return cls(HTTPStatus.BAD_REQUEST, error.message, error.advice, more=more)
            case QueryError():
                return cls(HTTPStatus.BAD_REQUEST, error.message, error.advice)
            case RefusedQueryError():
                return cls(HTTPStatus.FORBIDDEN, error.message, error.advice)
            case HostError():
                return cls(HTTPStatus.BAD_GATEWAY, error.message, error.advice)
            case ReleaseError() | WorkerError():
                return cls(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.advice)
            case HTTPException():
                detail, advice = _WORDS.get(error.status_code, (error.detail, ""))
                if error.headers and "Allow" in error.headers:
                    advice = f"use {error.headers['Allow']}"
                return cls(HTTPStatus(error.status_code), detail, advice, error.headers or {})
            case _:
                return cls(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here", "please report it")

    def document(self) -> bytes:
        """Return the problem document."""
        members = {"title": self.status.phrase, "status": int(self.status), "detail": self.detail}
        advice = {"advice": self.advice} if self.advice else {}
        return json.dumps({**members, **advice, **self.more}, ensure_ascii=False).encode("utf-8", "replace")

    def text(self) -> bytes:
        """Return the problem as a person reads it in a terminal."""
        excerpt = self.more.get("excerpt")
        first = f"{int(self.status)} {self.status.phrase}"
        lines = [first, self.detail, str(excerpt) if excerpt else "", self.advice]
        return ("\n".join(filter(None, lines)) + "\n").encode("utf-8", "replace")


_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    404: ("there is nothing at this address", "the home page / lists what is here"),
    405: ("this address does not take this method", ""),
}


def accepted(request: Request) -> MIMEAccept:
    """Return the media types that a request accepts, without their parameters."""
    return accepted_types(request.headers.get("accept") or "*/*")


@lru_cache(maxsize=256)
def accepted_types(header: str) -> MIMEAccept:
    """Return the media types that an Accept header names, without their parameters."""
    parsed = parse_accept_header(header, MIMEAccept)
    return MIMEAccept([(value.partition(";")[0].strip(), quality) for value, quality in parsed])


def choose(accept: MIMEAccept, offers: Mapping[str, Sequence[str]]) -> str | None:
    """Return the name of the offer that is liked best, the earlier one of two; None if none is accepted.

    Of the media types of an offer the first is its own. The others count where they are named, and not by a wildcard.

    >>> accept = MIMEAccept([("text/csv", 0.5), ("*/*", 0.1)])
    >>> choose(accept, {"json": ["application/json"], "csv": ["text/csv"]})
    'csv'
    """
    named = {media_type.lower(): quality for media_type, quality in accept}

    def like(own: str, *others: str) -> float:
        if named.get(own) == 0:
            return 0.0
        return max(float(accept.quality(own)), *(named.get(other, 0.0) for other in others), 0.0)

    liking = {name: like(*types) for name, types in offers.items()}
    best = max(liking, key=lambda name: liking[name], default=None)
    return best if best is not None and liking[best] > 0 else None


def prefers_html(request: Request) -> bool:
    """Whether a person with a browser asks: HTML is named, and nothing else is liked better."""
    accept = accepted(request)
    named = [quality for value, quality in accept if value in (HTML, "application/xhtml+xml")]
    return bool(named) and max(named) >= max(quality for _, quality in accept)


def tag(*parts: object) -> str:
    """Return a strong entity tag that stands for some parts.

    >>> tag("a", 1) == tag("a", 1) != tag("a1")
    True
    """
    digest = hashlib.sha256("\x00".join(map(repr, parts)).encode("utf-8", "surrogatepass")).hexdigest()
    return f'"{digest[:32]}"'


def unchanged(request: Request, etag: str) -> bool:
    """Whether the client already has the representation with a tag."""
    given = request.headers.get("if-none-match", "")
    held = [one.strip().removeprefix("W/") for one in given.split(",")]
    return given.strip() == "*" or etag.removeprefix("W/") in held


def respond(
    request: Request, content: bytes, content_type: str, etag: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer, or that it has not changed; without a tag it is not to be kept."""
    if not etag:
        return Response(content, media_type=content_type, headers={"Cache-Control": "no-store", **(headers or {})})
    fresh = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept", **(headers or {})}
    if unchanged(request, etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=fresh)
    return Response(content, media_type=content_type, headers=fresh)


def refusal(scope: Scope, max_bytes: int) -> RequestError | None:
    """Return what is wrong with the head of a request that no route should see, or None."""
    headers = scope["headers"]
    if len(scope["path"]) + len(scope["query_string"]) > max_bytes:
        detail = f"the address is longer than {max_bytes:,} bytes"
        return RequestError(HTTPStatus.REQUEST_URI_TOO_LONG, detail, "send the query by POST")
    if sum(len(name) + len(value) for name, value in headers) > max_bytes:
        detail = f"the headers are longer than {max_bytes:,} bytes"
        return RequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail, "send fewer")
    if len(headers) > _HEADERS:
        return RequestError(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"there are more than {_HEADERS} headers", "send fewer"
        )
    for name, value in headers:
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            # A small body could become a huge one, and a query is short enough as it is.
            return RequestError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "the body is compressed",
                "send it as it is",
                Accept_Encoding="identity",
            )
    path = unquote_to_bytes(scope.get("raw_path") or scope["path"])
    if b"\0" in path or not _is_utf8(path):
        return RequestError(
            HTTPStatus.BAD_REQUEST, "the address is not UTF-8 or holds a NUL", "use an address from the home page /"
        )
    host = next((value for name, value in headers if name == b"host"), b"")
    if not _HOST.fullmatch(host):
        return RequestError(HTTPStatus.BAD_REQUEST, "the Host header is not a host", "send the host that you ask")
    return None


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


_HEADERS: Final = 100
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~-]{0,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


def problem_document(found: Problem) -> Response:
    """Return a problem as RFC 9457 has it."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept", **found.headers}
    return Response(found.document(), found.status, headers, media_type="application/problem+json")


class Common:
    """Gives every response the common headers, and answers OPTIONS."""

    def __init__(self, app: ASGIApp, methods: Mapping[str, Sequence[str]], max_bytes: int) -> None:
        """Keep the paths that take more methods than `READ`, and how long addresses and headers may be."""
        self._app = app
        self._max_bytes = max_bytes
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in _RAW_HEADERS if pair[0] not in given)]
            await send(message)

        wrong = refusal(scope, self._max_bytes)
        if wrong is not None:
            await problem_document(Problem.of(wrong))(scope, receive, send_with_headers)
            return
        if scope["method"] == "OPTIONS":
            methods = ", ".join(self._methods.get(scope["path"], READ))
            # A page of another site may ask, but not change anything.
            allow = {
                "Allow": methods,
                "Access-Control-Allow-Methods": ", ".join(m for m in methods.split(", ") if m in (*READ, "POST")),
                "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match",
                "Access-Control-Max-Age": "86400",
            }
            await Response(status_code=HTTPStatus.NO_CONTENT, headers=allow)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)
