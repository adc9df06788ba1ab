"""Worker processes that are kept ready: started, handed out, taken back, and replaced where one has ended."""

from __future__ import annotations

import math
import signal
from collections import Counter, deque
from contextlib import AsyncExitStack
from pathlib import Path

import anyio

from clustergraph.config import Settings
from clustergraph.errors import LimitError
from clustergraph.store import OverLimitError
from clustergraph.store.nurseries import Nurseries
from clustergraph.store.process import Reply, Worker, WorkerError
from clustergraph.store.work import Task


class LostError(WorkerError):
    """A worker was ended from outside: with its release, by hand, or by a system that has no more memory."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the process that worked on the query was ended by the system", advice="try again")


class Crew:
    """The workers of one service, to be used as ``async with``."""

    def __init__(self, settings: Settings) -> None:
        """Keep the limits."""
        self._settings = settings
        # One more than the quick lane and ASK take: it is at hand when a query turns out to be slow.
        self._ready = settings.workers + 2
        self._idle: deque[Worker] = deque()
        self._every: set[Worker] = set()
        self._starting = 0
        self.ended: Counter[str] = Counter()
        """How many workers were ended before their time, by reason."""
        self._first: Task | None = None

    async def __aenter__(self) -> Crew:
        """Begin without a worker."""
        self._nurseries = Nurseries(self._settings.memory_quads)
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
        await self._nurseries.stop()

    @property
    def size(self) -> int:
        """How many worker processes there are."""
        return len(self._every)

    def follow(self, release: Path, first: Task) -> None:
        """Have new workers begin with a task, and a release loaded if there is room for it."""
        self._first = first
        self._background.start_soon(self._load, release)

    async def fill(self) -> None:
        """Have as many workers ready as there should be."""
        async with anyio.create_task_group() as group:
            for _ in range(self._ready):
                group.start_soon(self._refill)

    async def give(self, task: Task) -> Worker:
        """Return a worker that has the task."""
        while True:
            worker = self._idle.pop() if self._idle else await self._start()
            try:
                await worker.send(task)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self.drop(worker, "died idle")
            except BaseException:
                await self.drop(worker, "abandoned")
                raise
            else:
                return worker

    async def wait(self, worker: Worker, seconds: float) -> Reply | None:
        """Return the reply of a worker if it is there in time.

        Raises:
            LostError: it was ended from outside.
            OverLimitError: it went over a limit that ended it.
        """
        try:
            return await worker.reply(seconds)
        except anyio.EndOfStream:
            code = await self.drop(worker)
            if code in (0, -signal.SIGKILL):
                self.ended["lost"] += 1
                raise LostError from None
            error = over_memory(self._settings) if code == -signal.SIGABRT else _too_complex(self._settings)
            self.ended["memory" if error.limit == "worker_memory_mb" else "crash"] += 1
            raise error from None
        except BaseException:
            await self.drop(worker, "abandoned")
            raise

    async def take_back(self, worker: Worker) -> None:
        """Keep a worker for the next task, if it can do one and is needed."""
        if not worker.alive or worker.used_up or not self._nurseries.welcome(worker):
            self.dismiss(worker)
        elif len(self._idle) < self._ready:
            self._idle.append(worker)
        else:
            await self._end(worker)

    def dismiss(self, worker: Worker, reason: str = "") -> None:
        """Drop a worker, and do not wait for its end."""
        self._background.start_soon(self.drop, worker, reason)

    async def drop(self, worker: Worker, reason: str = "") -> int:
        """End a worker and have another made ready in its place; count it if there is a reason."""
        if reason:
            self.ended[reason] += 1
        code = await self._end(worker)
        self._background.start_soon(self._refill)
        return code

    async def _load(self, release: Path) -> None:
        await self._nurseries.load(release)
        for worker in [worker for worker in self._idle if not self._nurseries.welcome(worker)]:
            self._idle.remove(worker)
            self.dismiss(worker)

    async def _start(self) -> Worker:
        """Return a new worker that has opened the release."""
        worker = await self._nurseries.worker()
        self._every.add(worker)
        if self._first is not None:
            await worker.send(self._first)
            await self.wait(worker, math.inf)
        return worker

    async def _refill(self) -> None:
        """Make one more worker ready, if too few are."""
        if self._first is None or len(self._idle) + self._starting >= self._ready:
            return
        self._starting += 1
        try:
            await self.take_back(await self._start())
        except (LimitError, WorkerError):
            pass  # The next query meets the same trouble, and tells the one who asks.
        finally:
            self._starting -= 1

    async def _end(self, worker: Worker) -> int:
        self._every.discard(worker)
        code = await worker.stop()
        await self._nurseries.tidy(self._every)
        return code


def over_memory(settings: Settings) -> OverLimitError:
    """Return the error of a query that needs too much memory."""
    limit = settings.worker_memory_mb
    return OverLimitError(
        f"the query needs more than {limit} MB of memory, and nothing of its answer is given",
        limit="worker_memory_mb",
        value=limit,
        advice="avoid ORDER BY, DISTINCT and GROUP BY over very many rows, or add a LIMIT inside",
    )


def _too_complex(settings: Settings) -> OverLimitError:
    return OverLimitError(
        "the query is too complex for the engine, which ended",
        limit="nesting",
        value=settings.nesting,
        advice="make it simpler: fewer alternatives, shorter expressions, less nesting",
    )
