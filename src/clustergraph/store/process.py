"""One worker process, seen from the service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream

from clustergraph.errors import ClustergraphError
from clustergraph.store.embedded import Task

_COMMAND: Final = (sys.executable, "-P", "-c", "from clustergraph.store.embedded import serve; serve()")


class WorkerError(ClustergraphError):
    """A worker could not answer for a reason that is not the query's."""


@dataclass(frozen=True)
class Reply:
    """What a worker sends back."""

    outcome: str
    message: str
    content: bytes


class Worker:
    """A process that answers one task at a time."""

    def __init__(self, process: Process, stdin: ByteSendStream, stdout: ByteReceiveStream) -> None:
        """Take over a process with its two ends."""
        self._process = process
        self._stdin = stdin
        self._replies = BufferedByteReceiveStream(stdout)
        self._head: dict[str, object] | None = None

    @classmethod
    async def start(cls) -> Worker:
        """Start a process."""
        process = await anyio.open_process(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Memory that is freed goes back to the system sooner with fewer arenas.
            env={**os.environ, "MALLOC_ARENA_MAX": "2"},
        )
        if process.stdin is None or process.stdout is None:
            raise WorkerError("a worker process has no input or output")
        return cls(process, process.stdin, process.stdout)

    @property
    def alive(self) -> bool:
        """Whether the process runs, as far as is known."""
        return self._process.returncode is None

    async def send(self, task: Task) -> None:
        """Hand over a task."""
        await self._stdin.send(task.line())

    async def reply(self) -> Reply:
        """Return the whole reply; a call that was cancelled can be made again and goes on where it was."""
        if self._head is None:
            self._head = json.loads(await self._replies.receive_until(b"\n", 1 << 20))
        content = await self._replies.receive_exactly(int(str(self._head["length"])))
        head, self._head = self._head, None
        return Reply(str(head["outcome"]), str(head.get("message", "")), content)

    def step_back(self) -> None:
        """Let quick queries go first on a busy machine."""
        with suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, 10)

    async def stop(self) -> int:
        """End the process at once, and return how it ended."""
        with anyio.CancelScope(shield=True):
            with suppress(ProcessLookupError):
                self._process.kill()
            code = await self._process.wait()
            await self._process.aclose()
        return code
