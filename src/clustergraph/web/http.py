"""What every answer over HTTP has: negotiation, headers, tags, and errors as problem documents (RFC 9457)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from clustergraph.errors import ClustergraphError, QueryError, RefusedQueryError, ReleaseError
from clustergraph.store import OverLimitError
from clustergraph.store.syntax import QuerySyntaxError

HTML: Final = "text/html"
READ: Final = ("GET", "HEAD", "OPTIONS")

HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, X-Clustergraph-Release",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers that every response has."""

_STATUS_OF_LIMIT: Final = {
    "query_bytes": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "result_bytes": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "nesting": HTTPStatus.BAD_REQUEST,
}


class RequestError(ClustergraphError):
    """A request that cannot be answered, with the status that says so."""

    def __init__(self, status: HTTPStatus, message: str, advice: str = "", **headers: str) -> None:
        """Keep the status, and headers (with ``_`` for ``-``)."""
        super().__init__(message, advice=advice)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


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
                return cls(error.status, error.message, error.advice, error.headers)
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
            case ReleaseError():
                return cls(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.advice)
            case HTTPException():
                detail, advice = _WORDS.get(error.status_code, (error.detail, ""))
                return cls(HTTPStatus(error.status_code), detail, advice, error.headers or {})
            case _:
                return cls(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here", "please report it")

    def document(self) -> bytes:
        """Return the problem document."""
        members = {"title": self.status.phrase, "status": int(self.status), "detail": self.detail}
        advice = {"advice": self.advice} if self.advice else {}
        return json.dumps({**members, **advice, **self.more}, ensure_ascii=False).encode()


_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    404: ("there is nothing at this address", "the home page / lists what is here"),
    405: ("this address does not take this method", "use GET"),
}


def accepted(request: Request) -> MIMEAccept:
    """Return the media types that a request accepts, without their parameters."""
    header = request.headers.get("accept") or "*/*"
    parsed = parse_accept_header(header, MIMEAccept)
    return MIMEAccept([(value.partition(";")[0].strip(), quality) for value, quality in parsed])


def choose(accept: MIMEAccept, offers: Mapping[str, Sequence[str]]) -> str | None:
    """Return the name of the offer that is liked best, the earlier one of two; None if none is accepted.

    >>> accept = MIMEAccept([("text/csv", 0.5), ("*/*", 0.1)])
    >>> choose(accept, {"json": ["application/json"], "csv": ["text/csv"]})
    'csv'
    """
    liking = {name: max(accept.quality(media_type) for media_type in types) for name, types in offers.items()}
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
    return given.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in given.split(",")]


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


async def body(request: Request, max_bytes: int, query_bytes: int) -> bytes:
    """Return the body of a request that carries a query.

    Raises:
        OverLimitError: it is too long; the rest is not read.
    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > max_bytes:
            raise OverLimitError(
                f"the request is longer than a query of {query_bytes:,} bytes can be",
                limit="query_bytes",
                value=query_bytes,
                advice="make the query shorter",
            )
    return bytes(content)


class Common:
    """Gives every response the common headers, and answers OPTIONS."""

    def __init__(self, app: ASGIApp, methods: Mapping[str, Sequence[str]]) -> None:
        """Keep the paths that take more methods than `READ`."""
        self._app = app
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] == "OPTIONS":
            methods = ", ".join(self._methods.get(scope["path"], READ))
            allow = {
                "Allow": methods,
                "Access-Control-Allow-Methods": methods,
                "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match",
                "Access-Control-Max-Age": "86400",
            }
            await Response(status_code=HTTPStatus.NO_CONTENT, headers=allow)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)
