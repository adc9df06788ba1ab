"""Workers that are kept ready: started, handed out, taken back, and replaced where one has ended.

They come from a fork server that holds the current release in memory as soon as there is one; of a release that is too
large for that, it holds what was learnt of it. Until then they come from one that holds nothing, and read from disk.
"""

from __future__ import annotations

import asyncio
import io
import logging
import math
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Self

import anyio
from anyio.abc import TaskStatus

from clustergraph.engine import sandbox
from clustergraph.engine.worker import FORK, LOOK, NUMBER, RETIRE, Done, Job, Limits, Opener, StoredBytes
from clustergraph.errors import ClustergraphError, FaultError, LostError

_LOGGER: Final = logging.getLogger("clustergraph.engine")
_UNSHARED: Final = 64 << 20
_LINGER: Final = 3
"""A quick job may take so many times longer where it shares a processor with others."""
_MOST_LOGGED: Final = 20_000
"""So many bytes of what a process writes to its standard error at a time are in the log."""
_LOOK_AGAIN: Final = 1.0
"""Seconds after which it is looked again whether a worker has ended."""
_LAST_WORDS: Final = 5.0
"""A worker that says nothing more may take so many seconds to write down why, and to end."""
_KILL: Final = getattr(signal, "SIGKILL", 9)


@dataclass(eq=False)
class _Process:
    """A worker seen from here: it does one job at a time."""

    pid: int
    ended: asyncio.Future[int]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    errors: IO[bytes]
    server: _Server | None = None
    job: Job = field(init=False)
    _number: str = ""
    _length: int | None = None
    _spent: float = 0.0
    _written: int = 0

    @property
    def alive(self) -> bool:
        """Whether it runs, as far as is known."""
        return not (self.ended.done() or self.reader.at_eof())

    @property
    def shares(self) -> bool:
        """Whether it shares most of its memory with the others."""
        return self._written <= _UNSHARED

    def send(self, job: Job) -> None:
        self.job, self._number = job, job.number
        self.writer.write(pickle.dumps((job.work, int(job.limits.megabytes.value) << 20)))

    async def receive(self, seconds: float | None) -> Done | None:
        """Return what the job came to, if that is there in time; if not, a later call goes on where this one was.

        Raises:
            EOFError: the process has ended.
        """
        try:
            async with asyncio.timeout(seconds):
                if self._length is None:
                    (self._length,) = NUMBER.unpack(await self.reader.readexactly(NUMBER.size))
                message = await self.reader.readexactly(self._length)
            done: Done = pickle.loads(message)  # noqa: S301 - our own process has sent it
            if done.file:
                done = done._replace(content=StoredBytes(io.FileIO(f"/proc/{self.pid}/fd/{done.file}")))
        except TimeoutError:
            return None
        except (asyncio.IncompleteReadError, ConnectionError, FileNotFoundError):
            raise EOFError from None
        self._length = None
        self._spent, self._written = done.spent, done.written
        _log(self.errors, self._number)
        return done

    def spent(self) -> float:
        """Return how many seconds of a processor the job at hand has had; infinite where that cannot be known."""
        try:
            nanoseconds = int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return math.inf
        return nanoseconds / 1e9 - self._spent

    def step_back(self) -> None:
        """Let quick jobs go first on a busy machine."""
        with suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, self.pid, 10)

    async def stop(self) -> int:
        """End it, at once or if it does not end by itself after its last word; return how it ended."""
        with anyio.CancelScope(shield=True):
            await asyncio.wait([self.ended], timeout=0 if self.alive else _LAST_WORDS)
            while not self.ended.done():
                with suppress(OSError):
                    os.kill(self.pid, _KILL)
                if self.server is not None:
                    self.server.order(LOOK)  # The signal of its end is lost if it comes just before the server waits.
                await asyncio.wait([self.ended], timeout=_LOOK_AGAIN)
        self.writer.close()
        _log(self.errors, self._number)
        self.errors.close()
        return self.ended.result()


class _Server:
    """A process that forks workers, which share what it has in memory, seen from here."""

    def __init__(self) -> None:
        self.alive = False
        self._control, self._orders = socket.socketpair()
        self._control.setblocking(False)

    async def run(self, given: bytes, *, task_status: TaskStatus[None]) -> None:
        """Start it, and wait until it has ended; if that is cancelled, end it and its workers."""
        with tempfile.TemporaryFile(buffering=0) as errors:
            with self._orders as orders:
                number = orders.fileno()
                none = subprocess.DEVNULL  # What the service reads and writes is not for its workers.
                pipes = {"stdin": none, "stdout": none, "stderr": errors}
                process = await _python("serve", number, given, **pipes, pass_fds=[number])
            try:
                self.alive = await asyncio.get_running_loop().sock_recv(self._control, 1) == FORK
                task_status.started()
                await process.wait()
            finally:
                self.alive = False
                self._control.close()
                with anyio.CancelScope(shield=True):
                    await process.wait()
                _log(errors)

    async def fork(self) -> _Process:
        """Return a new worker.

        Raises:
            LostError: this process has ended.
        """
        channel, status = socket.socketpair(), socket.socketpair()
        with ExitStack() as undo:
            for end in (channel[0], status[0]):
                undo.enter_context(end).setblocking(False)
            errors = undo.enter_context(tempfile.TemporaryFile(buffering=0))
            with channel[1], status[1], suppress(OSError):  # A server that has ended hears nothing.
                files = [channel[1].fileno(), errors.fileno(), status[1].fileno()]
                socket.send_fds(self._control, [FORK], files)
            pid = await _number(status[0])
            if not pid:
                self.alive = False
                raise LostError
            streams = await asyncio.open_connection(sock=channel[0])
            undo.pop_all()
        ended = asyncio.ensure_future(_number(status[0]))
        ended.add_done_callback(lambda _: status[0].close())
        return _Process(pid, ended, *streams, errors, self)

    def order(self, order: bytes) -> None:
        """Give an order; a server that has ended hears nothing."""
        with suppress(OSError):
            self._control.send(order)


async def _number(status: socket.socket) -> int:
    """Return the next number that a server tells; 0 if it has ended."""
    told = await asyncio.get_running_loop().sock_recv(status, NUMBER.size)
    return int(NUMBER.unpack(told)[0]) if told else 0


async def _spawned(opener: Opener) -> _Process:
    """Return a worker that is a Python of its own, as systems without fork need it."""
    errors = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it is read as long as the worker runs
    pipe = subprocess.PIPE
    process = await _python("work", pickle.dumps(opener), stdin=pipe, stdout=pipe, stderr=errors)
    assert process.stdin is not None
    assert process.stdout is not None
    return _Process(process.pid, asyncio.ensure_future(process.wait()), process.stdout, process.stdin, errors)


async def _python(function: str, *given: object, **files: Any) -> asyncio.subprocess.Process:  # noqa: ANN401
    """Start a Python that finds the same modules and calls a function of `clustergraph.engine.worker`."""
    # Each thread of the engine would have its own arena of memory, and keep it.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "2", "PYTHONPATH": os.pathsep.join(sys.path)}
    program = f"from clustergraph.engine.worker import {function}; {function}{given}"
    return await asyncio.create_subprocess_exec(sys.executable, "-P", "-c", program, env=environment, **files)


def _log(errors: IO[bytes], number: str = "") -> None:
    """Log what a process has written to its standard error, with the number of the request that it works for."""
    if errors.seek(0, os.SEEK_END):
        errors.seek(0)
        text = errors.read(_MOST_LOGGED).decode("utf-8", "backslashreplace").strip()
        errors.seek(0)
        errors.truncate()
        fields = {"text": text, **({"request": number} if number else {})}
        _LOGGER.error("standard error of a worker", extra={"fields": fields})


class Workers:
    """The workers of one service, to be used as ``async with``."""

    def __init__(self, opener: Opener, prepare: Sequence[Callable[[], None]], limits: Limits, ready: int) -> None:
        """Start with none; there are to be so many ready, and opening a release has limits."""
        self.ended: Counter[str] = Counter()
        """How many workers were ended before their time, by reason."""
        self._opener = opener
        self._prepare = tuple(prepare)
        self._limits = limits
        self._ready = ready
        self._idle: deque[_Process] = deque()
        self.every: set[_Process] = set()
        self._starting = 0
        self._release: Path | None = None
        self._plain: _Server | None = None
        self._loaded: _Server | None = None

    async def __aenter__(self) -> Self:
        """Begin without a worker."""
        self._one_at_a_time = anyio.Lock()
        self._background = await anyio.create_task_group().__aenter__()
        if missing := sandbox.missing():
            _LOGGER.warning("this system does not know all limits", extra={"fields": {"missing": missing}})
        return self

    async def __aexit__(self, *_: object) -> None:
        """End every worker."""
        self._background.cancel_scope.cancel()
        await self._background.__aexit__(None, None, None)
        for worker in list(self.every):
            await worker.stop()

    async def warm(self, release: Path) -> None:
        """Have as many workers ready as there should be, which have opened a release."""
        self._follow(release)
        await asyncio.gather(*(self._refill() for _ in range(self._ready)))

    def _follow(self, release: Path) -> None:
        """Have new workers begin by opening a release, and have it loaded if there is room for it."""
        if release != self._release:
            self._release = release
            if hasattr(os, "fork"):
                self._background.start_soon(self._load, release)

    async def _load(self, release: Path) -> None:
        """Have a release loaded. If it cannot be, or another one is current meanwhile, workers read from disk."""
        try:
            loaded = await self._start(release)
        except OSError as error:
            _LOGGER.warning("a release is read from disk", extra={"fields": {"reason": str(error)}})
            return
        if not loaded.alive or release != self._release:
            loaded.order(RETIRE)
            return
        if self._loaded is not None:
            self._loaded.order(RETIRE)
        self._loaded = loaded
        for _ in range(len(self._idle)):
            self._take_back(self._idle.popleft())

    async def _start(self, release: Path | None) -> _Server:
        server = _Server()
        await self._background.start(server.run, pickle.dumps((self._opener, release, self._prepare)))
        return server

    @property
    def _best(self) -> _Server | None:
        """Where workers come from now."""
        return self._loaded if self._loaded is not None and self._loaded.alive else self._plain

    async def _give(self, job: Job) -> _Process:
        """Return a worker that has opened the release and has a job."""
        while True:
            worker = self._idle.pop() if self._idle else await self._opened()
            if worker.alive:
                worker.send(job)
                return worker
            await self._drop(worker, "died idle")

    async def _new(self, *, plain: bool = False) -> _Process:
        """Return a new worker; one that holds nothing, if that is wanted."""
        if not hasattr(os, "fork"):
            worker = await _spawned(self._opener)
        else:
            server = self._plain if plain else self._best
            if server is None or not server.alive:
                async with self._one_at_a_time:
                    if self._plain is None or not self._plain.alive:
                        self._plain = await self._start(None)
                    server = self._plain
            worker = await server.fork()
        self.every.add(worker)
        return worker

    async def _opened(self) -> _Process:
        """Return a new worker that has opened the release."""
        worker = await self._new()
        worker.send(Job(pickle.dumps((self._release, None, id, ())), self._limits))  # which gives nothing of interest
        await self._wait(worker, None)
        return worker

    async def _wait(self, worker: _Process, seconds: float | None) -> Done | None:
        """Return what a job came to if that is there in time; raise the error of one whose worker has ended."""
        try:
            return await worker.receive(seconds)
        except EOFError:
            raise self._end_of(worker.job, await self._drop(worker)) from None
        except BaseException:
            await self._drop(worker, "abandoned")
            raise

    async def _quickly(self, worker: _Process, seconds: float) -> Done | None:
        """Return what a job came to if it needs no more than that of a processor; on a busy machine it may be late."""
        for _ in range(1 + _LINGER):
            done = await self._wait(worker, seconds)
            if done is not None or worker.spent() >= seconds:
                break
        return done

    def _end_of(self, job: Job, code: int) -> ClustergraphError:
        """Return the error of a job whose worker has ended with a code."""
        ends: dict[int, tuple[str, ClustergraphError]] = {
            0: ("lost", LostError()),
            -_KILL: ("lost", LostError()),
            -signal.SIGABRT: ("memory", job.limits.megabytes.error()),
        }
        fault = code > 0 and os.name == "posix"
        reason, error = ends.get(code, ("crash", FaultError(job.number) if fault else job.limits.depth.error()))
        self.ended[reason] += 1
        return error

    async def _finish(self, worker: _Process, seconds: float) -> Done:
        """Return what a job came to at last; its worker, which may have grown, is not used again."""
        done = await self._wait(worker, seconds)
        self._background.start_soon(self._drop, worker, "" if done else "deadline")
        if done is None:
            raise worker.job.limits.seconds.error()
        return done

    def _take_back(self, worker: _Process) -> None:
        """Keep a worker for the next job, if it can do one and is needed."""
        fit = worker.alive and worker.shares and worker.server is self._best
        if fit and len(self._idle) < self._ready:
            self._idle.append(worker)
        else:
            self._background.start_soon(self._drop, worker)

    async def _drop(self, worker: _Process, reason: str = "") -> int:
        """End a worker and have another made ready in its place; count it if there is a reason."""
        if reason:
            self.ended[reason] += 1
        self.every.discard(worker)
        if not self._background.cancel_scope.cancel_called:
            self._background.start_soon(self._refill)
        return await worker.stop()

    async def _refill(self) -> None:
        """Make one more worker ready, if too few are."""
        if self._release is None or len(self._idle) + self._starting >= self._ready:
            return
        self._starting += 1
        # The next job meets the same trouble, and tells the one who asks.
        with suppress(ClustergraphError, OSError):
            self._take_back(await self._opened())
        self._starting -= 1
