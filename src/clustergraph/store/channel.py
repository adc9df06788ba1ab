"""The socket to a worker process."""

from __future__ import annotations

import asyncio
import json
import math

import anyio


class Channel(asyncio.Protocol):
    """The socket of a worker: a line of JSON, and as many bytes as it says, make a reply."""

    def __init__(self) -> None:
        """Start without data."""
        self._data = bytearray()
        self._head: dict[str, object] | None = None
        self._waiting: asyncio.Future[None] | None = None
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take a piece of a reply."""
        self._data += data
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - there is nothing to do about it
        """Note that the process has ended."""
        self.closed = True
        self._wake()

    def send(self, line: bytes) -> None:
        """Send a line.

        Raises:
            anyio.BrokenResourceError: the process has ended.
        """
        if self.closed or self._transport.is_closing():
            raise anyio.BrokenResourceError
        self._transport.write(line)

    async def receive(self, seconds: float) -> tuple[dict[str, object], bytes] | None:
        """Return the line and the bytes of a reply if they are there in time; if not, a later call goes on from here.

        Raises:
            anyio.EndOfStream: the process has ended.
        """
        loop, late = asyncio.get_running_loop(), False

        def give_up() -> None:
            nonlocal late
            late = True
            self._wake()

        timer = loop.call_later(seconds, give_up) if seconds != math.inf else None
        try:
            while (found := self._take()) is None and not late:
                if self.closed:
                    raise anyio.EndOfStream
                self._waiting = loop.create_future()
                await self._waiting
        finally:
            if timer is not None:
                timer.cancel()
        return found

    def close(self) -> None:
        """End the connection."""
        self._transport.abort()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _take(self) -> tuple[dict[str, object], bytes] | None:
        """Return a reply if it is there as a whole."""
        if self._head is None:
            line, found, rest = self._data.partition(b"\n")
            if not found:
                return None
            self._head, self._data = json.loads(line), rest
        length = int(str(self._head["length"]))
        if len(self._data) < length:
            return None
        head, self._head = self._head, None
        content = bytes(self._data[:length])
        del self._data[:length]
        return head, content
