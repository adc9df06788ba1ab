"""What is done for every request: it has a number, is counted, and is written to the log."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clustergraph.web.caller import CALLER, Caller
from clustergraph.web.http import HEADERS
from clustergraph.web.logs import LOGGER
from clustergraph.web.metrics import Metrics
from clustergraph.web.pages import problem

_HUNG_UP: Final = 499
"""What proxies write for a client that did not wait; it is never sent."""


class Watch:
    """Numbers, counts and logs requests, and answers for what nobody foresaw."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, log_requests: bool) -> None:
        """Keep where to count."""
        self._app = app
        self._metrics = metrics
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = Caller(scope, receive)
        token = CALLER.set(caller)
        begun = time.perf_counter()
        status, length = 0, 0

        async def send_numbered(message: Message) -> None:
            nonlocal status, length
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", caller.id.encode())]
            else:
                length += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, caller.receive, send_numbered)
        except ClientDisconnect:
            caller.gone = True
        except Exception as error:
            LOGGER.exception("unforeseen", extra={"fields": {"request": caller.id, "path": scope["path"]}})
            if status:
                raise
            response = await problem(Request(scope), error)
            for name, value in HEADERS.items():
                MutableHeaders(raw=response.raw_headers).setdefault(name, value)
            await response(scope, receive, send_numbered)
        finally:
            CALLER.reset(token)
            status = _HUNG_UP if caller.gone else status
            self._metrics.requests[_method(scope), status] += 1
            if self._log_requests or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                self._log(scope, caller, status, length, time.perf_counter() - begun)

    def _log(self, scope: Scope, caller: Caller, status: int, length: int, seconds: float) -> None:
        if LOGGER.isEnabledFor(logging.INFO):
            fields = {
                "request": caller.id,
                "client": caller.address,
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "bytes": length,
                "seconds": round(seconds, 6),
            }
            LOGGER.info("request", extra={"fields": fields})


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _method(scope: Scope) -> str:
    """Return the method, and one word for all that are none, so that strangers do not fill the table."""
    return str(scope["method"]) if scope["method"] in _METHODS else "other"
