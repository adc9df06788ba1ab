"""Work in processes that can be killed: quick jobs on one lane, slow ones on another.

A job is a function of a module. One that is about a release gets it opened: in memory, shared by all workers, if it is
small enough. Every such job starts on the quick lane. One that is not done after a moment goes on at a lower priority
on the slow lane, and a fresh process takes its place; where the slow lane is full, it is stopped and starts again when
there is room. So a quick job never waits behind a slow one. On both lanes the clients have their turns in rotation, and
one client alone cannot fill the slow lane (`clustergraph.engine.fairness`). What is light by its nature, as ASK is, has
a place of its own beside the quick lane: so the service says that it is there, however much is asked of it.

The pool is its own. With `pebble.ProcessPool` all workers share one pipe and its lock: where one is killed while it
sends a result, the lock stays taken and no other job ever ends (10 of 12 tries), and a small result waits behind a
large one. `anyio.to_process` has no place for limits of memory and open files.
"""

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
from cachetools import FIFOCache

from clustergraph.engine.fairness import Admission, Lane, Ticket
from clustergraph.engine.worker import Done, Job, Limit, Limits, Opener, StoredBytes
from clustergraph.engine.workers import Workers
from clustergraph.errors import FaultError, LostError
from clustergraph.languages.reader import chosen
from clustergraph.settings import Settings

Result = TypeVar("Result")

_LONG_KEPT: Final = 1000
"""How many jobs the pool remembers as slow."""


def of_query(settings: Settings) -> Limits:
    """Return the limits of a query."""
    return Limits(
        Limit(
            "query_seconds", settings.query_seconds,
            "the query was stopped after {value:g} seconds, and nothing of its answer is given",
            "add LIMIT, make patterns more specific, or start from fewer things",
        ),
        Limit(
            "worker_memory_mb", settings.worker_memory_mb,
            "the query needs more than {value} MB of memory, and nothing of its answer is given",
            "avoid ORDER BY, DISTINCT and GROUP BY over very many rows, or add a LIMIT inside",
        ),
        Limit(
            "nesting", settings.nesting,
            "the query is too complex for the engine, which ended",
            "make it simpler: fewer alternatives, shorter expressions, less nesting",
        ),
    )  # fmt: skip


class Pool(Workers):
    """The workers of one service and the lanes to them, to be used as ``async with``."""

    def __init__(self, settings: Settings, opener: Opener, prepare: Sequence[Callable[[], None]] = ()) -> None:
        """Keep the limits, what opens the releases that jobs are about, and what loads whatever else they need."""
        # One more than the quick lane and its place for light jobs take: it is at hand when a job turns out to be slow.
        super().__init__(opener, prepare, of_query(settings), settings.workers + 2)
        most, seconds = settings.waiting, settings.query_seconds
        again = "try again in a moment"
        late = Limit("query_seconds", seconds, "the query waited {value:g} seconds for its turn", again)
        self.admission = Admission(most, Limit("waiting", most, "{value} queries are running or waiting", again))
        self._quick = Lane(settings.workers, seconds, late, newest_too=True)
        self._light = Lane(1, seconds, late, newest_too=True)
        self._slow = Lane(settings.slow_workers, seconds, late, share=max(1, settings.slow_workers - 1))
        self._quick_seconds = settings.quick_seconds
        self._long: FIFOCache[bytes, None] = FIFOCache(_LONG_KEPT)

    @property
    def waiting(self) -> int:
        """How many jobs wait for their turn."""
        return self._quick.waiting + self._light.waiting + self._slow.waiting

    async def run(
        self,
        release: Path | None,
        job: Callable[..., Result],
        *arguments: Any,  # noqa: ANN401 - whatever the job takes
        client: str = "",
        number: str = "",
        light: bool = False,
        limits: Limits | None = None,
        whole: bool = True,
    ) -> Result:
        """Return what a job gives; if that need not be whole and is many bytes, they are `StoredBytes`.

        A job is a function of a module. It is given the opened release, if it is about one, and the arguments; one that
        is about none has at once a process of its own, which may open files. It is done for the reader at hand. The
        number is that of the request, for the log; a light job is one that needs little by its nature; the limits are
        those of a query if there are none.

        Raises:
            ClustergraphError: what the job raises.
            OverLimitError: it went over a limit, or there is too much to do.
            WorkerError: it could not be done; a `FaultError` if it ended in an error that nobody foresaw.
        """
        limits = limits or self._limits
        given = Job(pickle.dumps((release, chosen(), job, arguments)), limits, number)
        if release is None:
            worker = await self._new(plain=True)
            worker.send(given)
            done = await self._finish(worker, limits.seconds.value + limits.grace)
        else:
            self._follow(release)
            with self.admission.enter(client) as ticket:
                try:
                    done = await self._done(given, ticket, light=light)
                except LostError:
                    done = await self._done(given, ticket, light=light)  # by another process
        result: Result = _whole(_result(done, given)) if whole else _result(done, given)
        return result

    async def _done(self, job: Job, ticket: Ticket, *, light: bool) -> Done:
        seconds, worker, begun = job.limits.seconds.value, None, 0.0
        if job.work not in self._long:
            lane = self._light if light and not self._quick.free(ticket.client) else self._quick
            async with lane.turn(ticket):
                worker, begun = await self._give(job), anyio.current_time()
                done = await self._quickly(worker, min(self._quick_seconds, seconds))
            if done is not None:
                self._take_back(worker)
                return done
            self._long[job.work] = None
            if not self._slow.free(ticket.client):
                await self._drop(worker, "stepped aside")
                worker = None
        async with self._slow.turn(ticket):
            if worker is None:
                worker, begun = await self._give(job), anyio.current_time()
            worker.step_back()
            done = await self._finish(worker, max(0, begun + seconds - anyio.current_time()))
            if anyio.current_time() - begun < self._quick_seconds:
                self._long.pop(job.work, None)
            return done


def _result(done: Done, job: Job) -> Any:  # noqa: ANN401 - whatever the job gives
    match done.kind:
        case "bytes":
            return done.content
        case "object":
            return pickle.loads(_whole(done.content))  # noqa: S301 - our own process has sent it
        case "error":
            raise pickle.loads(_whole(done.content))  # noqa: S301 - our own process has sent it
        case "memory":
            raise job.limits.megabytes.error()
        case _:
            raise FaultError(job.number)


def _whole(found: Any) -> Any:  # noqa: ANN401 - whatever the job gives
    return found.read() if isinstance(found, StoredBytes) else found
