"""The worker processes and the nursery that forks them, seen from the service."""

from __future__ import annotations

import asyncio
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import anyio

from clustergraph.errors import ClustergraphError
from clustergraph.store.channel import Channel
from clustergraph.store.work import Task

_COMMAND: Final = (sys.executable, "-P", "-c", "from clustergraph.store.nursery import serve; serve()")


_PIECE: Final = 1 << 20
_UNSHARED: Final = 64 << 20
_COPIED: Final = 8_000_000
"""A file of so many bytes is sooner copied than its worker replaced, which has given it away."""


class WorkerError(ClustergraphError):
    """A worker could not answer for a reason that is not the query's."""


class Spool:
    """A large answer, whole, in a file that has no name and goes away with this object."""

    def __init__(self, file: IO[bytes], length: int) -> None:
        """Take over the file."""
        self._file = file
        self.length = length

    def __len__(self) -> int:
        """Return how many bytes the answer has."""
        return self.length

    def copy(self) -> Spool:
        """Return the same answer in another file."""
        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - the copy keeps it
        for start in range(0, self.length, _PIECE):
            file.write(self.read(start, min(_PIECE, self.length - start)))
        return Spool(file, self.length)

    def read(self, start: int = 0, most: int = -1) -> bytes:
        """Return so many bytes of the answer; all, if not said otherwise."""
        return os.pread(self._file.fileno(), self.length if most < 0 else most, start)


@dataclass(frozen=True)
class Reply:
    """What a worker sends back."""

    outcome: str
    message: str
    content: bytes | Spool


class Nursery:
    """A process that forks workers."""

    def __init__(self, control: socket.socket, process: subprocess.Popen[bytes] | None) -> None:
        """Take over the socket of the nursery, and its process if it is nobody else's child."""
        self._control = control
        self._process = process
        self._births: deque[asyncio.Future[int]] = deque()
        self._deaths: dict[int, asyncio.Future[int]] = {}
        self._loaded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest = b""
        self.alive = True
        control.setblocking(False)
        asyncio.get_running_loop().add_reader(control, self._hear)

    @classmethod
    async def start(cls) -> Nursery:
        """Start one that holds nothing."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.to_thread(_spawn, theirs)
        return cls(ours, process)

    async def load(self, release: Path) -> Nursery:
        """Return another one that holds a release in memory, when it has loaded it.

        Raises:
            WorkerError: it could not.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            await self._bear({"order": "load", "release": str(release)}, theirs)
        nursery = Nursery(ours, None)
        try:
            await nursery._loaded
        except BaseException:
            await nursery.stop()
            raise
        return nursery

    async def worker(self) -> Worker:
        """Return a new worker.

        Raises:
            WorkerError: there can be none.
        """
        ours, theirs = socket.socketpair()
        spool = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - the worker keeps it
        try:
            with theirs:
                child = await self._bear({"order": "worker"}, theirs, spool)
            loop = asyncio.get_running_loop()
            death = self._deaths.setdefault(child, loop.create_future())
            _, channel = await loop.create_connection(Channel, sock=ours)
        except BaseException:
            ours.close()
            spool.close()
            raise
        return Worker(self, child, death, channel, spool)

    def order(self, order: dict[str, object], *files: int) -> None:
        """Give an order; one that is dead hears nothing."""
        with suppress(OSError):
            socket.send_fds(self._control, [json.dumps(order).encode() + b"\n"], files)

    async def stop(self) -> None:
        """End it, and all that it has forked."""
        self._lost()
        if self._process is not None:
            process, self._process = self._process, None
            with anyio.CancelScope(shield=True):
                await asyncio.to_thread(process.wait)

    async def _bear(self, order: dict[str, object], *files: socket.socket | IO[bytes]) -> int:
        if not self.alive:
            raise WorkerError("the process that starts workers has ended", advice="try again")
        birth: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._births.append(birth)
        self.order(order, *(file.fileno() for file in files))
        # Shielded, since the next birth is told of after this one in any case.
        return await asyncio.shield(birth)

    def _hear(self) -> None:
        try:
            data = self._control.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._note(json.loads(line))
        if not data:
            self._lost()

    def _note(self, event: dict[str, object]) -> None:
        loop = asyncio.get_running_loop()
        match event["event"]:
            case "born":
                child = int(str(event["child"]))
                self._deaths[child] = loop.create_future()
                self._births.popleft().set_result(child)
            case "ended":
                death = self._deaths.pop(int(str(event["child"])), None)
                if death is not None and not death.done():
                    death.set_result(int(str(event["code"])))
            case "loaded" if not self._loaded.done():
                self._loaded.set_result(None)
            case "failed" if not self._loaded.done():
                self._loaded.set_exception(WorkerError(str(event["message"])))

    def _lost(self) -> None:
        """Note that it has ended, and its children with it."""
        if not self.alive:
            return
        self.alive = False
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        error = WorkerError("the process that starts workers has ended", advice="try again")
        for birth in self._births:
            if not birth.done():
                birth.set_exception(error)
                birth.exception()  # It may be that nobody waits any more.
        for death in self._deaths.values():
            if not death.done():
                death.set_result(0)
        if not self._loaded.done():
            self._loaded.set_exception(error)
            self._loaded.exception()


def _spawn(control: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own command
        _COMMAND,
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Memory that is freed goes back to the system sooner with fewer arenas.
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},
    )


class Worker:
    """A process that answers one task at a time."""

    def __init__(
        self, nursery: Nursery, child: int, death: asyncio.Future[int], channel: Channel, spool: IO[bytes]
    ) -> None:
        """Take over a process."""
        self.nursery = nursery
        self.child = child
        self._death = death
        self._channel = channel
        self._spool: IO[bytes] | None = spool
        self._spent_before = 0.0
        self._written = 0

    @property
    def alive(self) -> bool:
        """Whether the process runs, as far as is known."""
        return not self._death.done() and not self._channel.closed

    @property
    def used_up(self) -> bool:
        """Whether it has given away its spool, or no longer shares much of its memory with the others."""
        return self._spool is None or self._written > _UNSHARED

    async def send(self, task: Task) -> None:
        """Hand over a task.

        Raises:
            anyio.BrokenResourceError: the process has ended.
        """
        self._channel.send(task.line())

    async def reply(self, seconds: float) -> Reply | None:
        """Return the whole reply if it is there in time; if not, a later call goes on where this one was.

        Raises:
            anyio.EndOfStream: the process has ended.
        """
        found = await self._channel.receive(seconds)
        if found is None:
            return None
        head, content = found
        self._spent_before = float(str(head["spent"]))
        self._written = int(str(head["written"]))
        spooled = int(str(head.get("spooled", 0)))
        if spooled and self._spool is not None:
            spool = Spool(self._spool, spooled)
            if spooled <= _COPIED:
                return Reply(str(head["outcome"]), "", spool.copy())
            self._spool = None
            return Reply(str(head["outcome"]), "", spool)
        return Reply(str(head["outcome"]), str(head.get("message", "")), content)

    def spent(self) -> float:
        """Return how many seconds of a processor the task at hand has had; infinite where that cannot be known."""
        try:
            nanoseconds = int(Path(f"/proc/{self.child}/schedstat").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return math.inf
        return nanoseconds / 1e9 - self._spent_before

    def step_back(self) -> None:
        """Let quick queries go first on a busy machine."""
        self.nursery.order({"order": "step back", "child": self.child})

    async def stop(self) -> int:
        """End the process at once, and return how it ended."""
        with anyio.CancelScope(shield=True):
            if not self._death.done():
                self.nursery.order({"order": "kill", "child": self.child})
            code = await asyncio.shield(self._death)
            self._channel.close()
            if self._spool is not None:
                self._spool.close()
        return code
