"""Queries and updates that ask other hosts, seen from the service: each has a process of its own for that."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any, Final

import anyio

from clustergraph.config import Settings
from clustergraph.errors import ClustergraphError, QueryError, RefusedQueryError
from clustergraph.store import OverLimitError
from clustergraph.store.fetcher import Task
from clustergraph.store.hosts import Allowed, HostError
from clustergraph.store.syntax import explain
from clustergraph.store.turns import FullError, Room, Turns

_COMMAND: Final = (sys.executable, "-P", "-c", "from clustergraph.store.fetcher import serve; serve()")
_ASKS: Final = re.compile("SERVICE|LOAD", re.IGNORECASE)
_GRACE: Final = 2.0
"""Seconds that a process may take to start and to end by itself."""


class Fetches:
    """So many processes at a time, in which the clients have their turns in rotation."""

    def __init__(self, settings: Settings) -> None:
        """Keep the limits.

        Raises:
            SettingError: the list of hosts is malformed.
        """
        self.allowed = Allowed.of(settings.allowed_hosts)
        self._settings = settings
        self._turns = Turns(settings.fetches, share=max(1, settings.fetches - 1))
        self._room = Room(settings.waiting)

    def asks(self, update: str) -> bool:
        """Whether an update may have something to ask other hosts; no more than a quick look."""
        return bool(self.allowed) and _ASKS.search(update) is not None

    async def fill(self, text: str, client: str = "", *, update: bool = False) -> str:
        """Return a query or an update with what other hosts say in place of what would ask them.

        Raises:
            QueryError: it is malformed.
            RefusedQueryError: it asks a host that is not on the list, or one that leads to another.
            HostError: a host does not answer as it should.
            OverLimitError: a host is too slow or sends too much, or too many others are waiting.
        """
        try:
            with self._room.enter(client) as visit:
                with anyio.fail_after(self._settings.fetch_seconds):
                    await self._turns.take(client)
                visit.waiting = False
                try:
                    return await self._run(text, update=update)
                finally:
                    self._turns.give_back(client)
        except (FullError, TimeoutError):
            pass
        raise OverLimitError(
            f"{self._settings.fetches} queries are asking other hosts, and others wait",
            limit="fetches",
            value=self._settings.fetches,
            advice="try again in a moment",
        )

    async def _run(self, text: str, *, update: bool) -> str:
        settings = self._settings
        task = Task(
            text=text,
            update=update,
            hosts=settings.allowed_hosts,
            seconds=settings.fetch_seconds,
            most_bytes=settings.fetch_bytes,
            memory_bytes=settings.worker_memory_mb << 20,
        )
        said = b""
        with anyio.move_on_after(settings.fetch_seconds + _GRACE) as deadline:
            # A cancelled run ends its process.
            done = await anyio.run_process(_COMMAND, input=task.line(), stderr=subprocess.DEVNULL, check=False)
            said = done.stdout
        # A process that had to end says nothing.
        found = {"kind": "late"} if deadline.cancelled_caught else json.loads(said or b'{"kind": "memory"}')
        if found["kind"] != "filled":
            raise self._error(text, found)
        return str(found["text"])

    def _error(self, text: str, found: dict[str, Any]) -> ClustergraphError:
        settings, words = self._settings, (found.get("message", ""), found.get("advice", ""))
        match found["kind"]:
            case "syntax":
                return explain(text, words[0])
            case "limit":
                return OverLimitError(words[0], limit=found["limit"], value=found["value"], advice=words[1])
            case "refused":
                return RefusedQueryError(words[0], advice=words[1])
            case "host":
                return HostError(words[0], advice=words[1])
            case "query":
                return QueryError(words[0], advice=words[1])
            case "memory":
                name, limit = "worker_memory_mb", float(settings.worker_memory_mb)
            case _:
                name, limit = "fetch_seconds", settings.fetch_seconds
        return OverLimitError(
            f"what other hosts say takes more than {limit:g} ({name})", limit=name, value=limit, advice="ask for less"
        )
