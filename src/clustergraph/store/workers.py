"""Queries in processes that can be killed: quick ones on one lane, slow ones on another.

Every query starts on the quick lane. One that is not done after a moment goes on at a lower priority on the slow
lane, and a fresh process takes its place; where the slow lane is full, it is stopped and starts again when there is
room. So a quick query never waits behind a slow one. On both lanes the clients have their turns in rotation, and one
client alone cannot fill the slow lane (`clustergraph.store.turns`). ASK has a place of its own beside the quick lane,
since one match is enough for it: so the service says that it is there, however much is asked of it.

The pool is its own, and not that of `anyio.to_process`, because that one runs the main module of the parent again in
every worker, lets idle workers go after five minutes, and has no place for limits on memory and open files.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

import anyio

from clustergraph.config import Settings
from clustergraph.store import OverLimitError, Request, ResultTooLargeError
from clustergraph.store.crew import Crew, LostError, over_memory
from clustergraph.store.process import Reply, Spool, Worker, WorkerError
from clustergraph.store.syntax import explain
from clustergraph.store.turns import FullError, Room, Turns, Visit
from clustergraph.store.work import Task

Result = TypeVar("Result")

_ALARM_AFTER: Final = 5.0
"""A worker whose parent is gone ends itself so many seconds after the deadline."""
_SHORT: Final = 4_000
"""A query of so many characters is read in less than about ten milliseconds."""
_LINGER: Final = 3
"""A quick query may take so many times longer where it shares a processor with others."""
_LONG_KEPT: Final = 1000
"""How many queries the pool remembers as slow."""
_WARM_UP: Final = Request("ASK { ?s ?p ?o }", "json")


class BusyError(OverLimitError):
    """There are too many queries at this moment."""


class Pool:
    """The lanes of one service and the workers for them, to be used as ``async with``."""

    def __init__(self, settings: Settings) -> None:
        """Keep the limits."""
        self._settings = settings
        self._crew = Crew(settings)
        self.room = Room(settings.waiting)
        self._long: OrderedDict[int, None] = OrderedDict()
        self._release: Path | None = None

    async def __aenter__(self) -> Pool:
        """Open the two lanes."""
        settings = self._settings
        self._quick = Turns(settings.workers, newest_too=True)
        self._asks = Turns(1, newest_too=True)
        self._slow = Turns(settings.slow_workers, share=max(1, settings.slow_workers - 1))
        self._aside = anyio.CapacityLimiter(1)
        await self._crew.__aenter__()
        return self

    async def __aexit__(self, *found: object) -> None:
        """End every worker."""
        await self._crew.__aexit__(*found)

    @property
    def waiting(self) -> int:
        """How many queries wait for their turn."""
        return self._quick.waiting + self._asks.waiting + self._slow.waiting

    @property
    def size(self) -> int:
        """How many worker processes there are."""
        return self._crew.size

    @property
    def ended(self) -> Counter[str]:
        """How many workers were ended before their time, by reason."""
        return self._crew.ended

    async def warm(self, release: Path) -> None:
        """Have workers ready that have opened a release."""
        self._follow(release)
        await self._crew.fill()

    async def answer(self, release: Path, request: Request, client: str = "") -> bytes:
        """Return the whole answer of a release, as `fetch` does, in memory."""
        content = await self.fetch(release, request, client)
        return content if isinstance(content, bytes) else content.read()

    async def fetch(self, release: Path, request: Request, client: str = "") -> bytes | Spool:
        """Return the whole answer of a release; a large one is in a file.

        Args:
            release: the directory of the release.
            request: the query.
            client: who asks; turns are shared fairly between clients.

        Raises:
            QueryError: the query is malformed.
            OverLimitError: it went over a limit.
            WorkerError: the release could not be read.
        """
        task = self._task(release, request)
        self._follow(release)
        try:
            with self.room.enter(client) as visit:
                try:
                    reply = await self._reply(task, visit)
                except LostError:
                    reply = await self._reply(task, visit)  # by another process
                return await self._content(request, reply)
        except FullError:
            pass
        limit = self._settings.waiting
        raise BusyError(
            f"{limit} queries are running or waiting", limit="waiting", value=limit, advice="try again in a moment"
        )

    def _follow(self, release: Path) -> None:
        """Have new workers open a release, and have it loaded if there is room for it."""
        if release == self._release:
            return
        self._release = release
        self._crew.follow(release, self._task(release, _WARM_UP))

    def _task(self, release: Path, request: Request) -> Task:
        return Task(
            release=str(release),
            request=request,
            seconds=self._settings.query_seconds + self._settings.quick_seconds + _ALARM_AFTER,
            memory_bytes=self._settings.worker_memory_mb << 20,
        )

    async def _reply(self, task: Task, visit: Visit) -> Reply:
        quick_seconds, seconds = self._settings.quick_seconds, self._settings.query_seconds
        if hash(task) not in self._long:
            lane = self._asks if _is_ask(task.request.query) and not self._quick.free(visit.client) else self._quick
            async with self._turn(lane, visit):
                worker = await self._crew.give(task)
                begun = anyio.current_time()
                reply = await self._crew.wait(worker, min(quick_seconds, seconds))
                if reply is None and lane is self._quick:
                    reply = await self._linger(worker, min(quick_seconds, seconds - quick_seconds))
            if reply is not None:
                await self._crew.take_back(worker)
                return reply
            self._remember(task)
            if self._slow.take_at_once(visit.client):
                try:
                    return await self._finish(worker, seconds - (anyio.current_time() - begun))
                finally:
                    self._slow.give_back(visit.client)
            await self._crew.drop(worker, "stepped aside")
        async with self._turn(self._slow, visit):
            begun = anyio.current_time()
            reply = await self._finish(await self._crew.give(task), seconds)
            if anyio.current_time() - begun < quick_seconds:
                self._long.pop(hash(task), None)
            return reply

    async def _linger(self, worker: Worker, seconds: float) -> Reply | None:
        """Wait a little longer for a query that is late only because the machine is busy."""
        for _ in range(_LINGER):
            if seconds <= 0 or worker.spent() >= self._settings.quick_seconds:
                break
            reply = await self._crew.wait(worker, seconds)
            if reply is not None:
                return reply
        return None

    @asynccontextmanager
    async def _turn(self, lane: Turns, visit: Visit) -> AsyncIterator[None]:
        if not lane.take_at_once(visit.client):
            visit.waiting = True
            with anyio.move_on_after(self._settings.query_seconds) as patience:
                await lane.take(visit.client)
            if patience.cancelled_caught:
                raise BusyError(
                    f"the query waited {self._settings.query_seconds:g} seconds for its turn",
                    limit="query_seconds",
                    value=self._settings.query_seconds,
                    advice="try again in a moment",
                )
        visit.waiting = False
        try:
            yield
        finally:
            lane.give_back(visit.client)

    async def _finish(self, worker: Worker, seconds: float) -> Reply:
        """Return the reply of a slow query; its worker, which may have grown, is not used again."""
        worker.step_back()
        reply = await self._crew.wait(worker, max(0, seconds))
        self._crew.dismiss(worker, "deadline" if reply is None else "")
        if reply is None:
            limit = self._settings.query_seconds
            raise OverLimitError(
                f"the query was stopped after {limit:g} seconds, and nothing of its answer is given",
                limit="query_seconds",
                value=limit,
                advice="add LIMIT, make patterns more specific, or start from fewer things",
            )
        return reply

    async def aside(self, text: str | bytes, work: Callable[[], Result]) -> Result:
        """Return what some work on a text gives; on a long one it is done in a thread, one at a time.

        So a query that takes long to read keeps nobody waiting but others that do.
        """
        if len(text) <= _SHORT:
            return work()
        return await anyio.to_thread.run_sync(work, limiter=self._aside)

    async def _content(self, request: Request, reply: Reply) -> bytes | Spool:
        match reply.outcome:
            case "answer":
                return reply.content
            case "query":
                raise await self.aside(request.query, lambda: explain(request.query, reply.message))
            case "result_bytes":
                raise ResultTooLargeError(request.max_bytes)
            case "memory":
                raise over_memory(self._settings)
            case _:
                raise WorkerError(f"the release could not be read ({reply.message})", advice="try again")

    def _remember(self, task: Task) -> None:
        self._long[hash(task)] = None
        if len(self._long) > _LONG_KEPT:
            self._long.popitem(last=False)


def _is_ask(query: str) -> bool:
    """Whether a query looks like ASK; one that is not what it looks like has a moment less to run, and no more.

    >>> _is_ask("PREFIX ex: <http://example.org/> ask { ?s a ex:Thing }"), _is_ask("SELECT * { ?s ?p 'ASK' }")
    (True, False)
    """
    return "ASK" in query.partition("{")[0].upper().split()
