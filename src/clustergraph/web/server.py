"""The server: it takes connections, and lets go of clients that are too slow, too many or too long-winded."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final

import h11
import uvicorn

from clustergraph.config import Settings
from clustergraph.web import logs
from clustergraph.web.app import create_app
from clustergraph.web.express import Express
from clustergraph.web.http import HEADERS
from clustergraph.web.repeats import Repeats
from clustergraph.web.service import Service
from clustergraph.web.updates import Writing

_BYTES_PER_SECOND: Final = 10_000
"""A client that sends at least this much may go on sending."""
_GRACE: Final = 0.5
"""Seconds in which a new connection cannot be closed for another: its request is on its way."""
_SWITCH: Final = 0.0005
"""Seconds for which a thread may go on while another one waits to be run."""
_LINGER: Final = 2.0
"""Seconds for which the rest of a request is still taken that has its answer."""


def run(
    root: Path, settings: Settings, host: str, port: int, writing: Writing | None = None, project: Path | None = None
) -> None:
    """Serve a data root until SIGTERM or SIGINT; SIGHUP looks for a new release.

    Raises:
        ReleaseError: nothing has been published there.
    """
    app = create_app(root, settings, writing, project)
    logs.configure()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol(settings, Repeats(app.state.service)),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=settings.header_bytes,
        # Whatever is under way at SIGTERM has at least this long.
        timeout_graceful_shutdown=int(2 * settings.query_seconds) + 5,
    )
    # A thread that reads a long query must not keep the loop waiting each time that the loop has asked the system for
    # something, and by default it may do so for ten times as long.
    sys.setswitchinterval(_SWITCH)
    # What is there by now stays, so the collector need not look through it again, which takes tenths of a second.
    gc.collect()
    gc.freeze()
    with _hang_up_reloads(app.state.service):
        uvicorn.Server(config).run()


@contextmanager
def _hang_up_reloads(service: Service) -> Iterator[None]:
    """Look for a new release at SIGHUP."""
    if not hasattr(signal, "SIGHUP"):
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda *_: service.reload())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def protocol(settings: Settings, kept: Repeats | None = None) -> type[Patient]:
    """Return the protocol of a connection under some settings, and with some answers that can be sent again."""

    class Configured(Patient):
        limits = settings
        repeats = kept

    return Configured


class Patient(Express):
    """Speaks HTTP with one client, and waits for it only so long."""

    limits = Settings()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        """Begin to wait for a request; the connection that is idle longest makes room."""
        super().connection_made(transport)
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._begun: float | None = None
        self._received = 0
        self._refused = False
        self._rests_since = self.loop.time()
        self._begin()
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._end()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request."""
        if self._refused:
            return
        if self._begun is None:
            self._begin()
        self._received += len(data)
        super().data_received(data)
        self._settle()

    def _settle(self) -> None:
        """Stop waiting if the request is there as a whole."""
        if not self._refused and self.conn.their_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR):
            self._end()

    def on_whole_request(self) -> None:
        """Stop waiting for the rest of a request."""
        self._end()

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait a moment for the rest of this one."""
        self._rests_since = self.loop.time()
        unfinished = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        if unfinished and not self.transport.is_closing():
            self._end()
            self._timer = self.loop.call_later(_LINGER, self.transport.close)

    def _begin(self) -> None:
        self._begun, self._received = self.loop.time(), 0
        self._timer = self.loop.call_later(self.limits.send_seconds, self._look)

    def _end(self) -> None:
        self._begun = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """See whether the client sends fast enough."""
        if self._begun is None or self.transport.is_closing():
            return
        if self._answering and self.conn.their_state is not h11.SEND_BODY:
            self._end()  # What has come is of the next request, which has its turn later.
            return
        late = self.loop.time() - self._begun - self.limits.send_seconds
        if self.conn.their_state is h11.SEND_BODY and self._received > late * _BYTES_PER_SECOND + _BYTES_PER_SECOND:
            self._timer = self.loop.call_later(1.0, self._look)
            return
        self._end()
        if self._received == 0:
            self.transport.close()
            return
        self._refuse(
            HTTPStatus.REQUEST_TIMEOUT,
            f"the request was not there after {self.limits.send_seconds:g} seconds",
            "send it faster",
        )

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, or too long to be taken."""
        error = sys.exc_info()[1]
        if getattr(error, "error_status_hint", 0) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            limit = f"more than {self.limits.header_bytes:,} bytes of address and headers"
            if b"\n" in self.conn.trailing_data[0]:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"there are {limit}", "send fewer headers")
            else:
                self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG, f"there are {limit}", "send the query by POST")
            return
        self._refuse(HTTPStatus.BAD_REQUEST, "this is not a request in HTTP/1.1", msg)

    def _refuse(self, status: HTTPStatus, detail: str, advice: str) -> None:
        """Answer with a problem document, where an answer can still be given, and hang up."""
        members = {"title": status.phrase, "status": int(status), "detail": detail, "advice": advice}
        content = json.dumps(members).encode()
        headers = {
            **HEADERS,
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(content)),
            "Connection": "close",
            **({"Retry-After": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}),
        }
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            with suppress(h11.LocalProtocolError):
                events: list[h11.Response | h11.Data | h11.EndOfMessage] = [
                    h11.Response(status_code=status, headers=[*headers.items()], reason=status.phrase.encode()),
                    h11.Data(data=content),
                    h11.EndOfMessage(),
                ]
                for event in events:
                    self.transport.write(self.conn.send(event) or b"")
        # What is still on its way is taken and thrown away: a client that is cut off may not see why.
        self._refused = True
        self._end()
        with suppress(OSError):  # the client may have hung up
            self.transport.write_eof()
        self._timer = self.loop.call_later(_LINGER, self.transport.close)

    def pause_writing(self) -> None:
        """Wait only so long for a client that does not take its answer."""
        super().pause_writing()
        self._watch_writing(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Go on writing."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def _watch_writing(self, left: int) -> None:
        def look() -> None:
            now = self.transport.get_write_buffer_size()
            if now >= left:
                self.transport.abort()
            else:
                self._watch_writing(now)

        self._stalled = self.loop.call_later(self.limits.send_seconds, look)

    def _make_room(self) -> None:
        """Close the connection that has been without a request for longest, if there are too many."""
        if len(self.connections) <= self.limits.connections:
            return
        others = [c for c in self.connections if isinstance(c, Patient) and not c.transport.is_closing()]
        if len(others) <= self.limits.connections:
            return
        latest = self.loop.time() - _GRACE
        idle = [c for c in others if c.waiting_since is not None and c.waiting_since < latest]
        oldest = min(idle, key=lambda c: c.waiting_since or 0.0, default=None)
        logs.event(logging.WARNING, "too many connections", connections=len(self.connections))
        if oldest is not None:
            oldest.transport.abort()
        else:
            detail = f"{self.limits.connections} connections are open"
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, detail, "try again in a moment")

    @property
    def waiting_since(self) -> float | None:
        """Since when a request is expected, in the time of the loop; None while one is being answered."""
        if self._begun is not None:
            return self._begun
        return None if self._answering else self._rests_since

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]  # set late
