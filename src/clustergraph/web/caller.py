"""Who asks: known to everything that is done for one request."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import anyio
from starlette.types import Message, Receive, Scope

from clustergraph.errors import LimitError

_LOOK_AFTER: Final = 0.05
"""Seconds of work after which it is worth knowing whether anybody still waits for it."""
_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,64}")


class GoneError(LimitError):
    """The client has closed the connection, so nobody waits for the answer."""


class Caller:
    """One request, seen from the side of the client."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        """Take the number of the request from a proxy in front, or make one."""
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        self.id = request_number(given)
        self.address = address(scope["client"][0] if scope.get("client") else "")
        self.gone = False
        self._receive = receive
        # The first message of a GET says that there is no body, and nobody else waits for it.
        self._whole = scope["method"] in ("GET", "HEAD")

    async def receive(self) -> Message:
        """Return the next message of the client."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.gone = True
        elif not message.get("more_body", False):
            self._whole = True
        return message

    @contextmanager
    def while_there(self) -> Iterator[None]:
        """Stop what is done inside if the client goes away.

        Raises:
            GoneError: it went away.
        """
        scope = anyio.CancelScope()
        watching: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        # Most answers are there sooner than a task would be.
        timer = loop.call_later(_LOOK_AFTER, lambda: watching.append(loop.create_task(self._watch(scope))))
        try:
            with scope:
                yield
        finally:
            timer.cancel()
            for task in watching:
                task.cancel()
        if scope.cancelled_caught:
            raise GoneError("the client has closed the connection")

    async def _watch(self, scope: anyio.CancelScope) -> None:
        while self._whole and not self.gone:
            await self.receive()
        if self.gone:
            scope.cancel()


CALLER: ContextVar[Caller | None] = ContextVar("CALLER", default=None)
"""The caller of the request at hand, if there is a request."""


def request_number(given: bytes) -> str:
    """Return the number that a proxy in front has given to a request if it can be used, else a new one."""
    return given.decode() if _ID.fullmatch(given) else os.urandom(8).hex()


def address(host: str) -> str:
    """Return what stands for one client: its address, or of an IPv6 address the network, which one client can fill.

    >>> address("192.0.2.1"), address("2001:db8:1:2:3:4:5:6")
    ('192.0.2.1', '2001:db8:1:2::/64')
    """
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return host
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
