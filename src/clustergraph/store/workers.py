"""Queries in processes that can be killed: quick ones on one lane, slow ones on another.

Every query starts on the quick lane. One that is not done after a moment goes on at a lower priority on the slow
lane, and a fresh process takes its place; where the slow lane is full, it is stopped and starts again when there is
room. So a quick query never waits behind a slow one.

The pool is its own, and not that of `anyio.to_process`, because that one runs the main module of the parent again in
every worker, lets idle workers go after five minutes, and has no place for limits on memory and open files.
"""

from __future__ import annotations

import math
import signal
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import anyio

from clustergraph.config import Settings
from clustergraph.errors import LimitError
from clustergraph.store import OverLimitError, Request, ResultTooLargeError
from clustergraph.store.embedded import Task
from clustergraph.store.process import Reply, Worker, WorkerError
from clustergraph.store.syntax import explain

_ALARM_AFTER: Final = 5.0
"""A worker whose parent is gone ends itself so many seconds after the deadline."""
_LONG_KEPT: Final = 1000
"""How many queries the pool remembers as slow."""
_WARM_UP: Final = Request("ASK { ?s ?p ?o }", "json")


class BusyError(OverLimitError):
    """There are too many queries at this moment."""


class Pool:
    """The workers of one service, to be used as ``async with``."""

    def __init__(self, settings: Settings) -> None:
        """Keep the limits."""
        self._settings = settings
        # One more than the quick lane takes: it is at hand when a query turns out to be slow.
        self._ready = settings.workers + 1
        self._idle: deque[Worker] = deque()
        self._every: set[Worker] = set()
        self._starting = 0
        self._admitted = 0
        self._long: OrderedDict[int, None] = OrderedDict()
        self._last: Task | None = None

    async def __aenter__(self) -> Pool:
        """Open the two lanes."""
        self._quick = anyio.Semaphore(self._settings.workers)
        self._slow = anyio.Semaphore(self._settings.slow_workers)
        self._background = anyio.create_task_group()
        self._exit = AsyncExitStack()
        await self._exit.enter_async_context(self._background)
        return self

    async def __aexit__(self, *_: object) -> None:
        """End every worker."""
        self._background.cancel_scope.cancel()
        await self._exit.aclose()
        for worker in list(self._every):
            await self._end(worker)

    async def warm(self, release: Path) -> None:
        """Have workers ready that have opened a release."""
        self._last = self._task(release, _WARM_UP)
        async with anyio.create_task_group() as group:
            for _ in range(self._ready):
                group.start_soon(self._refill)

    async def answer(self, release: Path, request: Request) -> bytes:
        """Return the whole answer of a release.

        Raises:
            QueryError: the query is malformed.
            OverLimitError: it went over a limit.
            WorkerError: the release could not be read.
        """
        settings = self._settings
        if self._admitted >= settings.waiting:
            raise BusyError(
                f"{settings.waiting} queries are running or waiting",
                limit="waiting",
                value=settings.waiting,
                advice="try again in a moment",
            )
        task = self._task(release, request)
        self._last = self._task(release, _WARM_UP)
        self._admitted += 1
        try:
            return self._content(request, await self._reply(task))
        finally:
            self._admitted -= 1

    def _task(self, release: Path, request: Request) -> Task:
        return Task(
            release=str(release),
            request=request,
            seconds=self._settings.query_seconds + self._settings.quick_seconds + _ALARM_AFTER,
            memory_bytes=self._settings.worker_memory_mb << 20,
        )

    async def _reply(self, task: Task) -> Reply:
        quick_seconds, seconds = self._settings.quick_seconds, self._settings.query_seconds
        if hash(task) not in self._long:
            async with self._turn(self._quick):
                worker = await self._give(task)
                reply = await self._wait(worker, min(quick_seconds, seconds))
            if reply is not None:
                await self._give_back(worker)
                return reply
            self._remember(task)
            if self._slow.value:
                self._slow.acquire_nowait()
                try:
                    return await self._finish(worker, seconds - quick_seconds)
                finally:
                    self._slow.release()
            await self._drop(worker)
        async with self._turn(self._slow):
            begun = anyio.current_time()
            reply = await self._finish(await self._give(task), seconds)
            if anyio.current_time() - begun < quick_seconds:
                self._long.pop(hash(task), None)
            return reply

    @asynccontextmanager
    async def _turn(self, lane: anyio.Semaphore) -> AsyncIterator[None]:
        with anyio.move_on_after(self._settings.query_seconds) as patience:
            await lane.acquire()
        if patience.cancelled_caught:
            raise BusyError(
                f"the query waited {self._settings.query_seconds:g} seconds for its turn",
                limit="query_seconds",
                value=self._settings.query_seconds,
                advice="try again in a moment",
            )
        try:
            yield
        finally:
            lane.release()

    async def _give(self, task: Task) -> Worker:
        """Return a worker that has the task."""
        while True:
            worker = self._idle.pop() if self._idle else await self._start()
            try:
                await worker.send(task)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self._drop(worker)
            except BaseException:
                await self._drop(worker)
                raise
            else:
                return worker

    async def _wait(self, worker: Worker, seconds: float) -> Reply | None:
        """Return the reply if it is there in time."""
        try:
            with anyio.move_on_after(seconds):
                return await worker.reply()
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError):
            raise self._died(await self._drop(worker)) from None
        except BaseException:
            await self._drop(worker)
            raise
        return None

    async def _finish(self, worker: Worker, seconds: float) -> Reply:
        """Return the reply of a slow query; its worker, which may have grown, is not used again."""
        worker.step_back()
        reply = await self._wait(worker, max(0, seconds))
        await self._drop(worker)
        if reply is None:
            limit = self._settings.query_seconds
            raise OverLimitError(
                f"the query was stopped after {limit:g} seconds, and nothing of its answer is given",
                limit="query_seconds",
                value=limit,
                advice="add LIMIT, make patterns more specific, or start from fewer things",
            )
        return reply

    def _died(self, code: int) -> LimitError:
        limit = self._settings.worker_memory_mb
        if code in (-signal.SIGABRT, -signal.SIGKILL):
            return OverLimitError(
                f"the query needs more than {limit} MB of memory, and nothing of its answer is given",
                limit="worker_memory_mb",
                value=limit,
                advice="avoid ORDER BY, DISTINCT and GROUP BY over very many rows, or add a LIMIT inside",
            )
        return OverLimitError(
            "the query is too complex for the engine, which ended",
            limit="nesting",
            value=self._settings.nesting,
            advice="make it simpler: fewer alternatives, shorter expressions, less nesting",
        )

    def _content(self, request: Request, reply: Reply) -> bytes:
        match reply.outcome:
            case "answer":
                return reply.content
            case "query":
                raise explain(request.query, reply.message)
            case "result_bytes":
                raise ResultTooLargeError(request.max_bytes)
            case "memory":
                raise self._died(-signal.SIGABRT)
            case _:
                raise WorkerError(f"the release could not be read ({reply.message})", advice="try again")

    def _remember(self, task: Task) -> None:
        self._long[hash(task)] = None
        if len(self._long) > _LONG_KEPT:
            self._long.popitem(last=False)

    async def _start(self) -> Worker:
        """Return a new worker that has opened the release."""
        worker = await Worker.start()
        self._every.add(worker)
        if self._last is not None:
            await worker.send(self._last)
            await self._wait(worker, math.inf)
        return worker

    async def _refill(self) -> None:
        """Make one more worker ready, if too few are."""
        if self._last is None or len(self._idle) + self._starting >= self._ready:
            return
        self._starting += 1
        try:
            await self._give_back(await self._start())
        except LimitError:
            pass  # The next query meets the same trouble, and tells the one who asks.
        finally:
            self._starting -= 1

    async def _give_back(self, worker: Worker) -> None:
        if worker.alive and len(self._idle) < self._ready:
            self._idle.append(worker)
        else:
            await self._end(worker)

    async def _drop(self, worker: Worker) -> int:
        """End a worker and have another made ready in its place."""
        code = await self._end(worker)
        self._background.start_soon(self._refill)
        return code

    async def _end(self, worker: Worker) -> int:
        self._every.discard(worker)
        return await worker.stop()
