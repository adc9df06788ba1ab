"""What is done for every request: it is numbered and logged, refused if its head is wrong, or answered as before."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clustergraph.errors import LimitError, ReleaseError
from clustergraph.languages.reader import chosen
from clustergraph.release.artefacts import made_at
from clustergraph.web.problems import RequestError, bad_request

if TYPE_CHECKING:
    from clustergraph.web.service import Service

LOGGER: Final = logging.getLogger("clustergraph.web")

_LOOK_AFTER: Final = 0.05
"""Seconds of work after which it is worth knowing whether anybody still waits for it."""
_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_HEADERS: Final = {
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
RAW_HEADERS: Final = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
"""Headers that every response has."""
_HUNG_UP: Final = 499
"""What proxies write for a client that did not wait; it is never sent."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OPEN: Final = ("GET", "HEAD", "POST", "OPTIONS")
"""Methods that a page of another site may use: it may ask, but not change anything."""
_MOST_HEADERS: Final = 100
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~-]{0,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
_NOT_ASCII: Final = re.compile(rb"%[89A-Fa-f]")
_OF_ONE_REQUEST: Final = (
    b"authorization", b"cache-control", b"pragma", b"range", b"content-length", b"transfer-encoding", b"if-",
)  # fmt: skip
"""What the names of headers begin with that say more than the address."""


class GoneError(LimitError):
    """The client has closed the connection, so nobody waits for the answer."""


class _Caller:
    """One request, seen from the side of the client."""

    def __init__(self, scope: Scope, receive: Receive, home: str = "", report: str = "") -> None:
        """Take the number of the request from a proxy, or make one; and where the service and its reports are."""
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        self.id = given.decode() if _ID.fullmatch(given) else os.urandom(8).hex()
        self.address = address(scope["client"][0] if scope.get("client") else "")
        self.page = f"{home}{_target(scope)}"
        self.report = report
        self.gone = self.answered = False
        self._receive = receive
        # The first message of a GET says that there is no body, and nobody else waits for it.
        self._whole = scope["method"] in ("GET", "HEAD")

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.gone = not self.answered
        elif not message.get("more_body", False):
            self._whole = True
        return message

    async def watch(self, scope: anyio.CancelScope) -> None:
        while self._whole and not self.gone:
            await self.receive()
        if self.gone:
            scope.cancel()


def _target(scope: Scope) -> str:
    """Return path and query of a request."""
    path, query = scope.get("raw_path") or b"", scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


CALLER: ContextVar[_Caller] = ContextVar("CALLER")
"""The caller of the request at hand."""


@contextmanager
def while_there() -> Iterator[tuple[str, str]]:
    """Stop what is done inside if the client goes away (GoneError); give its address, and the number of its request."""
    caller = CALLER.get()
    scope = anyio.CancelScope()
    watching: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    # Most answers are there sooner than a task would be.
    timer = loop.call_later(_LOOK_AFTER, lambda: watching.append(loop.create_task(caller.watch(scope))))
    try:
        with scope:
            yield caller.address, caller.id
    finally:
        timer.cancel()
        for task in watching:
            task.cancel()
    if scope.cancelled_caught:
        raise GoneError("the client has closed the connection")


def event(level: int, name: str, **fields: object) -> None:
    """Write an event to the log, with the number of the request that it belongs to."""
    if LOGGER.isEnabledFor(level):
        caller = CALLER.get(None)
        number = {"request": caller.id} if caller else {}
        LOGGER.log(level, name, extra={"fields": number | fields})


def address(host: str) -> str:
    """Return what stands for one client: its address, or of an IPv6 address the network, which one client can fill.

    >>> address("192.0.2.1"), address("2001:db8:1:2:3:4:5:6")
    ('192.0.2.1', '2001:db8:1:2::/64')
    """
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return host


class Gate:
    """Numbers, counts and logs requests, refuses those whose head is wrong, and answers for what nobody foresaw."""

    def __init__(
        self, app: ASGIApp, service: Service, tell: Callable[[Request, Exception], Awaitable[Response]]
    ) -> None:
        self._app = app
        self._metrics = service.metrics
        self._settings = service.settings
        self._home = service.address
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = _Caller(scope, receive, self._home, self._settings.report)
        token = CALLER.set(caller)
        begun = time.perf_counter()
        status, length = 0, 0

        async def send_numbered(message: Message) -> None:
            nonlocal status, length
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name for name, _ in message["headers"]}
                common = [pair for pair in RAW_HEADERS if pair[0] not in given]
                message["headers"] = [*message["headers"], *common, (b"x-request-id", caller.id.encode())]
            else:
                length += len(message.get("body", b"")) if scope["method"] != "HEAD" else 0
                caller.answered = not message.get("more_body", False)
            await send(message)

        try:
            await self._answer(scope, caller.receive, send_numbered)
        except ClientDisconnect:
            caller.gone = True
        except Exception as error:
            LOGGER.exception("unforeseen", extra={"fields": {"request": caller.id, "path": scope["path"]}})
            if status:
                raise
            response = await self._tell(Request(scope), error)
            await response(scope, receive, send_numbered)
        finally:
            CALLER.reset(token)
            status = _HUNG_UP if caller.gone else status
            # One word for all methods that are none, so that strangers do not fill the table.
            self._metrics.answered(scope["method"] if scope["method"] in _METHODS else "other", status)
            written = self._settings.log_requests or status >= HTTPStatus.INTERNAL_SERVER_ERROR
            if written and LOGGER.isEnabledFor(logging.INFO):
                fields = {
                    "request": caller.id,
                    "client": caller.address,
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "bytes": length,
                    "seconds": round(time.perf_counter() - begun, 6),
                }
                LOGGER.info("request", extra={"fields": fields})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the server leaves out the body of an answer to HEAD."""
        wrong = _wrong(scope, self._settings.header_bytes)
        if wrong is not None:
            await wrong.response()(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await _options(scope)(scope, receive, send)
        elif scope["method"] == "HEAD":
            # Only GET has ranges.
            headers = [pair for pair in scope["headers"] if pair[0] != b"range"]
            await self._app({**scope, "method": "GET", "headers": headers}, receive, send)
        else:
            await self._app(scope, receive, send)


def methods(scope: Scope) -> list[str]:
    """Return the methods that an address takes: those of every route that it fits, and OPTIONS."""
    routes = (route for route in scope["app"].routes if isinstance(route, Route))
    fitting = [route.methods or set() for route in routes if route.matches(scope)[0] != Match.NONE]
    found = set().union(*fitting) or {"GET"}
    return sorted(found | ({"HEAD", "OPTIONS"} if "GET" in found else {"OPTIONS"}))


def _options(scope: Scope) -> Response:
    allowed = methods(scope)
    headers = {
        "Allow": ", ".join(allowed),
        "Access-Control-Allow-Methods": ", ".join(each for each in allowed if each in _OPEN),
        "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match, Mcp-Protocol-Version, Mcp-Session-Id",
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def _wrong(scope: Scope, max_bytes: int) -> RequestError | None:
    """Return what is wrong with the head of a request that no route should see, or None."""
    headers = scope["headers"]
    if len(scope["path"]) + len(scope["query_string"]) > max_bytes:
        detail = f"the address is longer than {max_bytes:,} bytes"
        return RequestError(HTTPStatus.REQUEST_URI_TOO_LONG, detail, "send the query by POST")
    if len(headers) > _MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > max_bytes:
        detail = f"there are more than {_MOST_HEADERS} headers, or {max_bytes:,} bytes of them"
        return RequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail, "send fewer")
    if any(name == b"content-encoding" and value.lower() not in (b"", b"identity") for name, value in headers):
        # A small body could become a huge one, and a query is short enough as it is.
        status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        return RequestError(status, "the body is compressed", "send it as it is", Accept_Encoding="identity")
    hosts = [value for name, value in headers if name == b"host"]
    none_needed = scope["http_version"] == "1.0" and not hosts
    if not none_needed and (len(hosts) != 1 or not _HOST.fullmatch(hosts[0])):
        return bad_request("the Host header is not one host", "send the host that you ask")
    address = scope["raw_path"] + b"?" + scope["query_string"]
    try:
        address.decode("ascii")
        if _NOT_ASCII.search(address):
            unquote_to_bytes(address).decode()
    except UnicodeDecodeError:
        return bad_request("the address is not UTF-8", "encode it in UTF-8")
    if "\0" in scope["path"]:
        return bad_request("the address holds a NUL", "use an address from the home page /")
    return None


class Replay:
    """Sends an answer again as it is, for the same request, as long as the release is current that gave it.

    An answer that has an entity tag and names its release depends on nothing but the release, what is made of it, the
    address, and what is negotiated: from a cookie follows nothing but the language.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        key = self._key(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if key is None:
            await self._app(scope, receive, send)
            return
        kept = self._service.responses.get(key)
        if kept is not None:
            if scope["path"] == "/sparql":
                self._service.metrics.cached()
            for message in kept:
                await send({**message})
            return
        room = self._service.responses.maxsize // 4
        sent: list[Message] = []
        size = 0

        async def send_noting(message: Message) -> None:
            nonlocal size
            size += len(message.get("body", b""))
            if size <= room and (sent or _may_be_kept(message, key[0])):
                sent.append({**message})
            await send(message)

        await self._app(scope, receive, send_noting)
        if size <= room and len(sent) > 1 and not sent[-1].get("more_body", False):
            self._service.responses[key] = tuple(sent)

    def _key(self, scope: Scope) -> tuple[object, ...] | None:
        """Return what an answer depends on, or None if that is more than is known here."""
        negotiated = []
        for name, value in scope["headers"]:
            if name.startswith(_OF_ONE_REQUEST):
                return None
            if name in (b"accept", b"accept-encoding"):
                negotiated.append((name, value))
        try:
            release = self._service.release
        except ReleaseError:
            return None
        made = made_at(release.path)
        return (release.digest, made, scope.get("raw_path"), scope["query_string"], chosen(), *negotiated)


def _may_be_kept(start: Message, release: object) -> bool:
    headers = dict(start.get("headers", ()))
    given = headers.get(b"x-clustergraph-release", b"").decode()
    return start.get("status") == HTTPStatus.OK and b"etag" in headers and given == release
