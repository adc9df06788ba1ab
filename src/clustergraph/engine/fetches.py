"""Queries and updates that ask other hosts: each has a process of its own for that.

It is the only one of the service that opens connections to elsewhere, and it sees no more of the graph than the query.
"""

import re
import time
from contextlib import suppress
from typing import Final

from pyoxigraph import Store

from clustergraph.engine.fairness import Admission, Lane
from clustergraph.engine.pool import Pool
from clustergraph.engine.sandbox import opening_files
from clustergraph.engine.worker import Limit, Limits
from clustergraph.settings import Settings
from clustergraph.sparql.federation import Allowed, Asking, Calls
from clustergraph.sparql.parser import explain
from clustergraph.terms import BASE, PREFIXES

_ASKS: Final = re.compile("SERVICE|LOAD", re.IGNORECASE)
_GRACE: Final = 2.0
"""Seconds that a process may take to start and to end by itself."""


class Fetches:
    """So many processes at a time, in which the clients have their turns in rotation."""

    def __init__(self, settings: Settings, pool: Pool) -> None:
        """Keep the limits, and where processes come from.

        Raises:
            SettingError: the list of hosts is malformed.
        """
        self.allowed = Allowed.of(settings.allowed_hosts)
        self._settings = settings
        self._pool = pool
        words, advice = "what other hosts say takes more than {value:g}", "ask for less"
        self._limits = Limits(
            Limit("fetch_seconds", settings.fetch_seconds, f"{words} (fetch_seconds)", advice),
            Limit("worker_memory_mb", settings.worker_memory_mb, f"{words} (worker_memory_mb)", advice),
            Limit("nesting", settings.nesting, "the query is too complex for the engine, which ended", advice),
            _GRACE,
        )
        busy = Limit("fetches", settings.fetches, "{value} queries are asking other hosts, and others wait",
                     "try again in a moment")  # fmt: skip
        share = max(1, settings.fetches - 1)
        self._admission = Admission(settings.waiting, busy)
        self._lane = Lane(settings.fetches, settings.fetch_seconds, busy, share=share)

    def asks(self, update: str) -> bool:
        """Whether an update may have something to ask other hosts; no more than a quick look."""
        return bool(self.allowed) and _ASKS.search(update) is not None

    async def fill(self, text: str, client: str = "", number: str = "", *, update: bool = False) -> str:
        """Return a query or an update with what other hosts say in place of what would ask them.

        Raises:
            ClustergraphError: what `filled` raises.
            OverLimitError: it took too long, or too many others are waiting.
        """
        settings = self._settings
        given = (text, update, settings.allowed_hosts, settings.fetch_seconds, settings.fetch_bytes)
        with self._admission.enter(client) as ticket:
            async with self._lane.turn(ticket):
                return await self._pool.run(None, filled, *given, limits=self._limits, number=number)


def filled(text: str, update: bool, hosts: str, seconds: float, most_bytes: int) -> str:
    """Return a query or an update with what other hosts say; a job for `clustergraph.engine.pool.Pool.run`.

    The hosts, which have to be on a list, may take so many seconds together, and send so many bytes each.

    Raises:
        QueryError: it is malformed.
        RefusedQueryError: it asks a host that is not on the list, or one that leads to another.
        HostError: a host does not answer as it should.
        OverLimitError: a host is too slow or sends too much.
    """
    until = time.monotonic() + seconds
    calls = Calls.of(text)
    _check(text, calls.blank(), update=update)
    return calls.filled(Asking(Allowed.of(hosts), until, seconds, most_bytes))


def _check(text: str, blank: str, *, update: bool) -> None:
    """Have the engine read a text before anybody is asked; here it can open no connection."""
    run = Store().update if update else Store().query
    try:
        # Whatever happens on an empty graph does not matter.
        with opening_files(allowed=False), suppress(OSError, RuntimeError, ValueError):
            run(blank, base_iri=BASE, prefixes=PREFIXES)
    except SyntaxError as error:
        raise explain(text, str(error)) from error
