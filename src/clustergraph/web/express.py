"""Plain requests on a short way: most are a GET in one piece, and many are the same as one before.

A request that is exactly as plain as `_PLAIN` says is read here; everything else is left to h11, which knows all of
HTTP. An answer that has an entity tag and names its release depends on nothing but the request and the release: for
the same request it is sent again as it is, as long as the release is current.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import unquote

import h11
from starlette.types import ASGIApp, Message, Scope
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol

from clustergraph.web.caller import request_number
from clustergraph.web.repeats import Header, Kept, Key, Repeats

_PLAIN: Final = re.compile(
    rb"GET (/[\x21-\x7e]*) HTTP/1\.1\r\n((?:[A-Za-z0-9-]++:[\x20-\x7e]*+\r\n)++)\r\n",
)
"""No text matches it in two ways: where a header could, a request of 30 headers without its end takes minutes."""
_NOT_PLAIN: Final = frozenset({b"content-length", b"transfer-encoding", b"connection", b"expect", b"upgrade", b"te"})
_OF_ONE_REQUEST: Final = frozenset({b"authorization", b"cookie", b"cache-control", b"pragma", b"range"})
_WITHOUT_EFFECT: Final = frozenset(
    {b"user-agent", b"referer", b"x-request-id", b"x-forwarded-for", b"traceparent", b"dnt"}
)
"""Headers that differ from client to client and leave the answer as it is."""
_PIECE: Final = 1 << 18
_MOST_EARLY: Final = 1 << 16

_PROXIES: Final = ("127.0.0.1", "::1")


class Express(H11Protocol):
    """Speaks HTTP with one client."""

    repeats: Repeats | None = None
    """Where answers are kept, if anywhere."""
    _early = b""

    def on_whole_request(self) -> None:
        """Do what is to be done when a plain request is there as a whole."""

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        if isinstance(self.cycle, _Cycle) and not self.cycle.response_complete:
            # It comes before its turn, and waits.
            self._early += data
            if len(self._early) > _MOST_EARLY:
                self.flow.pause_reading()
        elif not self._take(data):
            super().data_received(data)

    def _take(self, data: bytes) -> bool:
        """Answer a plain request; return whether it is one."""
        if not self._quiet or len(data) > (self.config.h11_max_incomplete_event_size or _MOST_EARLY):
            return False
        plain = _PLAIN.fullmatch(data)
        if plain is None:
            return False
        headers = [(name.lower(), value.strip(b" ")) for name, _, value in _lines(plain[2])]
        names = [name for name, _ in headers]
        if names.count(b"host") != 1 or not _NOT_PLAIN.isdisjoint(names):
            return False
        self._unset_keepalive_if_required()
        self.on_whole_request()
        key: Key | None = None
        if self.repeats is not None and _OF_ONE_REQUEST.isdisjoint(names):
            key = (plain[1], *(pair for pair in headers if pair[0] not in _WITHOUT_EFFECT))
            kept = self.repeats.get(key)
            if kept is not None:
                self._repeat(self.repeats, plain[1], dict(headers), kept)
                return True
        cycle = self._new_cycle(key)
        self._run(cycle.run(self.app, self._scope(plain[1], headers)))
        return True

    def _new_cycle(self, key: Key | None) -> _Cycle:
        cycle = _Cycle(self.transport, self.flow, self.server_state.default_headers, self._done, key)
        self.cycle = cast("Any", cycle)  # It has what the base class looks at.
        return cycle

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = self.loop.create_task(work)
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    @property
    def _quiet(self) -> bool:
        """Whether nothing of an earlier request is left."""
        conn = self.conn
        return (
            (conn.our_state, conn.their_state) == (h11.IDLE, h11.IDLE)
            and not conn.trailing_data[0]
            and not self.flow.write_paused
        )

    def _repeat(self, repeats: Repeats, target: bytes, headers: Mapping[bytes, bytes], kept: Kept) -> None:
        number = request_number(headers.get(b"x-request-id", b""))
        head = _head(kept.head, self.server_state.default_headers, number.encode())
        client = self.client[0] if self.client else ""
        if client in _PROXIES and b"x-forwarded-for" in headers:
            client = headers[b"x-forwarded-for"].rpartition(b",")[2].strip().decode()
        repeats.note(client, number, unquote(target.partition(b"?")[0].decode()), len(kept.body))
        if len(kept.body) > _PIECE:
            self._run(self._new_cycle(None).repeat(head, kept.body))
        else:
            self.transport.write(head + kept.body)
            self.on_response_complete()

    def _scope(self, target: bytes, headers: list[Header]) -> Scope:
        path, _, query = target.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "method": "GET",
            "root_path": self.root_path,
            "path": self.root_path + unquote(path.decode()),
            "raw_path": self.root_path.encode() + path,
            "query_string": query,
            "headers": headers,
            "state": self.app_state.copy(),
        }

    def _done(self, request: Key | None, kept: Kept | None) -> None:
        """Go on with what came early."""
        if kept is not None and request is not None and self.repeats is not None:
            self.repeats.put(request, kept)
        self.on_response_complete()
        early, self._early = self._early, b""
        if early and not self.transport.is_closing():
            self.data_received(early)


def _lines(head: bytes) -> Iterable[tuple[bytes, bytes, bytes]]:
    return (line.partition(b":") for line in head.split(b"\r\n")[:-1])


class _Cycle:
    """One plain request and its answer."""

    def __init__(
        self,
        transport: asyncio.Transport,
        flow: FlowControl,
        default_headers: list[Header],
        done: Callable[[Key | None, Kept | None], None],
        request: Key | None,
    ) -> None:
        self._transport = transport
        self._flow = flow
        self._default_headers = default_headers
        self._done = done
        self._request = request
        self._read = False
        self._start: Message | None = None
        self._left: int | None = None
        self._chunked = False
        # What the base class looks at when it hangs up.
        self.disconnected = False
        self.response_complete = False
        self.keep_alive = True
        self.message_event = asyncio.Event()

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Have the application answer."""
        try:
            await app(scope, self.receive, self.send)
        except Exception:
            logging.getLogger("uvicorn.error").exception("an answer failed")
        finally:
            if not self.response_complete:
                self.response_complete = True
                if not self.disconnected:
                    self._transport.close()

    async def receive(self) -> Message:
        """Return that the request has no body, and then when the client has gone."""
        if not self._read:
            self._read = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while not (self.disconnected or self.response_complete):
            self.message_event.clear()
            await self.message_event.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Send a piece of the answer."""
        if self._flow.write_paused and not self.disconnected:
            await self._flow.drain()
        if self.disconnected or self.response_complete:
            return
        if message["type"] == "http.response.start":
            self._start = message
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        kept, rest = None, body
        if self._start is not None:
            start, self._start = self._start, None
            kept, rest = self._begin(start, body, more=more)
        elif self._chunked:
            rest = self._write_chunk(body)
        elif self._left is not None:
            self._left -= len(body)
        await self._write(rest)
        if more:
            return
        if self._chunked:
            self._transport.write(b"0\r\n\r\n")
        self.response_complete = True
        if self._left or not self.keep_alive:
            self._transport.close()  # The answer is shorter than it said, or the server ends.
        self.message_event.set()
        self._done(self._request, kept)

    async def repeat(self, head: bytes, body: bytes) -> None:
        """Send an answer that was sent before."""
        self._transport.write(head)
        await self._write(body)
        self.response_complete = True
        if not self.disconnected:
            self._done(None, None)

    def _begin(self, start: Message, body: bytes, *, more: bool) -> tuple[Kept | None, bytes]:
        """Send the head, and a small body; return what to keep, and what is still to be sent."""
        status, headers = start["status"], dict(start["headers"])
        number = headers.pop(b"x-request-id", b"")
        bodiless = status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if not bodiless and b"content-length" not in headers:
            self._chunked = more
            name, value = (b"transfer-encoding", b"chunked") if more else (b"content-length", b"%d" % len(body))
            headers[name] = value
        line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
        named = [pair for pair in start["headers"] if pair[0] != b"x-request-id"]
        named += [(name, headers[name]) for name in (b"transfer-encoding", b"content-length") if name in headers]
        head = line + b"".join(b"%b: %b\r\n" % pair for pair in dict.fromkeys(named))
        whole_head = _head(head, self._default_headers, number)
        if bodiless:
            self._transport.write(whole_head)
            return None, b""
        rest = body if len(body) > _PIECE else b""
        if self._chunked:
            self._transport.write(whole_head)
            rest = self._write_chunk(body)
        else:
            self._left = int(headers[b"content-length"]) - len(body)
            self._transport.write(whole_head if rest else whole_head + body)
        whole = status == HTTPStatus.OK and not more and b"etag" in headers
        release = headers.get(b"x-clustergraph-release", b"").decode()
        return (Kept(release, head, body) if whole and release else None), rest

    def _write_chunk(self, body: bytes) -> bytes:
        """Send a chunk, and return that there is nothing left of it."""
        if body:
            self._transport.writelines((b"%x\r\n" % len(body), body, b"\r\n"))
        return b""

    async def _write(self, body: bytes) -> None:
        """Send a body in pieces: the transport moves all that waits in it each time that it sends some."""
        whole = memoryview(body)
        for start in range(0, len(whole), _PIECE):
            if self._flow.write_paused:
                await self._flow.drain()
            if self.disconnected:
                return
            self._transport.write(whole[start : start + _PIECE])


def _head(head: bytes, default_headers: Iterable[Header], number: bytes) -> bytes:
    """Return the head of an answer with what belongs to this moment and this request."""
    rest = b"".join(b"%b: %b\r\n" % pair for pair in default_headers)
    return b"%b%bx-request-id: %b\r\n\r\n" % (head, rest, number)
