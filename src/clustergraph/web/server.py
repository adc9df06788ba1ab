"""The server: it listens, logs, and lets clients go that are too slow, too many or too long-winded."""

import asyncio
import gc
import json
import logging
import math
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from clustergraph.web.authorisation import Writing
from clustergraph.web.middleware import RAW_HEADERS, event
from clustergraph.web.problems import RequestError, bad_request

_SWITCH: Final = 0.0005
"""Seconds for which a thread may go on while another one waits to be run."""
_BYTES_PER_SECOND: Final = 10_000
"""A client that sends at least this much may go on sending."""
_LOOKS: Final = 4
"""How often it is seen in `send_seconds` whether a client is too slow."""
_LONGEST_ADDRESS: Final = 65_535
"""What httptools takes, whatever the limits are."""
_GRACE: Final = 0.5
"""Seconds in which a new connection cannot be closed for another: its request is on its way."""
_LINGER: Final = 2.0
"""Seconds for which the rest of a request is still taken that has its answer: who is cut off may not see why."""


def run(
    root: Path, settings: Settings, host: str, port: int, writing: Writing | None = None, project: Path | None = None
) -> None:
    """Serve a data root until SIGTERM or SIGINT; where there is SIGHUP, it looks for a new release.

    Raises:
        ReleaseError: nothing has been published there.
    """
    app = create_app(root, settings, writing, project, address=_address_of(host, port))
    _log_to_stderr()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="asyncio",
        http=_Connection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        # Whatever is under way at SIGTERM has at least this long.
        timeout_graceful_shutdown=int(2 * settings.query_seconds) + 5,
    )
    # A thread that reads a long query must not keep the loop waiting each time that the loop has asked the system for
    # something, and by default it may do so for ten times as long.
    sys.setswitchinterval(_SWITCH)
    # What is there by now stays, so the collector need not look through it again, which takes tenths of a second.
    gc.collect()
    gc.freeze()
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: app.state.service.reload())
    uvicorn.Server(config).run()


def _address_of(host: str, port: int) -> str:
    """Return the address at which a client on this machine finds the service.

    >>> _address_of("0.0.0.0", 8123), _address_of("::1", 80)
    ('http://localhost:8123', 'http://[::1]')
    """
    named = "localhost" if host in ("", "0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 - compared
    return f"http://{named}" + ("" if port == 80 else f":{port}")


class JsonLines(logging.Formatter):
    """Writes a record as a line of JSON: time, level, event, and what else the record has."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    # asyncio warns of every write to a client that has hung up.
    for name, least in (("clustergraph", logging.INFO), ("uvicorn", logging.WARNING), ("asyncio", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(least)
        logger.propagate = False


class _Connection(HttpToolsProtocol):
    """Speaks HTTP with one client, and waits for it only so long.

    What is expected next of the client is in `_expected`: nothing, the head of a request, or its body. That, or that it
    takes more of an answer, is waited for since `_since`.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        """Begin to wait for a request; the connection that is idle longest makes room."""
        super().connection_made(transport)
        self._limits: Settings = cast("Any", self.config.app).state.service.settings
        self.url = b""
        self._expected = ""
        self._received = self._unheard = self._left = 0
        self._answered: RequestResponseCycle | None = None
        self._refusal: bytes | None = None
        self._since = self.loop.time()
        self._timer = self.loop.call_later(self._limits.send_seconds / _LOOKS, self._look)
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting, and tell whoever works on an answer that nobody is there any more."""
        self._timer.cancel()
        if self._answered is not None:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request; a head that is too long is refused before its end."""
        if self._refusal is not None:
            return
        self._received += len(data)
        self._unheard += len(data)
        super().data_received(data)
        most = self._limits.header_bytes
        if self._expected and self._unheard > most and self._refusal is None:
            detail = f"there are more than {most:,} bytes of address and headers"
            if len(self.url) > most // 2:
                self._refuse(RequestError(HTTPStatus.REQUEST_URI_TOO_LONG, detail, "send the query by POST"))
            else:
                self._refuse(RequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail, "send fewer headers"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expected = "head"
        self._wait_anew()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._expected, self._unheard = "body", 0
        self.headers = []  # Trailers have no meaning here, and are no headers.

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._unheard = 0

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._expected, self._unheard = "", 0

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 - as in the base class
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait a moment for the rest of this one."""
        self._wait_anew()
        super().on_response_complete()
        if self.transport.is_closing() or self._under_way:
            return
        if self._refusal is not None:
            self._send_refusal()
        elif self._expected == "body":
            self._hang_up_soon()

    def pause_writing(self) -> None:
        """Wait only so long for a client that does not take its answer."""
        super().pause_writing()
        self._left = self.transport.get_write_buffer_size()
        self._wait_anew()

    @property
    def _under_way(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]  # set late

    @property
    def _idle_since(self) -> float:
        """Since when a request is expected; for ever from now while one is being answered."""
        return math.inf if self._under_way and not self._expected else self._since

    def _wait_anew(self) -> None:
        self._since, self._received = self.loop.time(), 0

    def _look(self) -> None:
        """See whether the client sends, or takes what is sent, fast enough."""
        patience = self._limits.send_seconds
        self._timer = self.loop.call_later(patience / _LOOKS, self._look)
        late = self.loop.time() - self._since >= patience
        if self.flow.write_paused:
            left = self.transport.get_write_buffer_size()
            if left < self._left:
                self._left = left
                self._wait_anew()
            elif late:
                self.transport.abort()
        elif self.flow.read_paused or (self._expected == "body" and self._received >= _BYTES_PER_SECOND * patience):
            self._wait_anew()
        elif late and self._expected and self._refusal is None:
            detail = f"the request was not there after {patience:g} seconds"
            self._refuse(RequestError(HTTPStatus.REQUEST_TIMEOUT, detail, "send it faster"))
        elif late and not self._under_way:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, or an address that the parser finds too long."""
        if len(self.url) >= _LONGEST_ADDRESS:
            detail = f"the address is longer than {_LONGEST_ADDRESS:,} bytes"
            self._refuse(RequestError(HTTPStatus.REQUEST_URI_TOO_LONG, detail, "send the query by POST"))
        else:
            self._refuse(bad_request("this is not a request in HTTP/1.1", msg))

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: a client may offer to speak something else, and is answered in HTTP/1.1."""

    def _refuse(self, error: RequestError) -> None:
        """Answer with a problem document in its turn, where an answer can still be given, and hang up."""
        response = error.response()
        fields = [*response.raw_headers, *RAW_HEADERS, (b"connection", b"close")]
        head = b"".join(b"%s: %s\r\n" % field for field in fields)
        self._refusal = STATUS_LINE[error.status] + head + b"\r\n" + bytes(response.body)
        if self._under_way and self._expected != "body":
            return
        if self._under_way and self.pipeline:
            # It is this very request that is refused, and nobody works on it yet.
            self.pipeline.popleft()
            self.cycle = self.pipeline[0][0] if self.pipeline else cast("RequestResponseCycle", self._answered)
            return
        if self._under_way:
            started, self.cycle.disconnected = self.cycle.response_started, True
            self.cycle.message_event.set()
            self._refusal = b"" if started else self._refusal
        self._send_refusal()

    def _send_refusal(self) -> None:
        self.transport.write(self._refusal or b"")
        with suppress(OSError):  # the client may have hung up
            self.transport.write_eof()
        self._hang_up_soon()

    def _hang_up_soon(self) -> None:
        self._unset_keepalive_if_required()
        self._expected = ""
        self.loop.call_later(_LINGER, self.transport.close)

    def _make_room(self) -> None:
        """Close the connection that has been without a request for longest, if there are too many."""
        most = self._limits.connections
        if len(self.connections) <= most:
            return
        others = [each for each in cast("set[_Connection]", self.connections) if not each.transport.is_closing()]
        if len(others) <= most:
            return
        event(logging.WARNING, "too many connections", connections=len(self.connections))
        oldest = min(others, key=lambda each: each._idle_since)
        if oldest._idle_since < self.loop.time() - _GRACE:
            oldest.transport.abort()
        else:
            busy, again = f"{most} connections are open", "try again in a moment"
            self._refuse(RequestError(HTTPStatus.SERVICE_UNAVAILABLE, busy, again, Retry_After="1"))
