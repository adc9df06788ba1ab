"""A process that forks workers, which share what it has in memory.

A fork takes some milliseconds, also of a process that holds a release of millions of statements, and costs no memory
but for what the worker writes. The first nursery holds nothing; from it is forked, for each release that is to be held
in memory, another one that loads the release and then forks workers in turn.

Orders come as lines of JSON over a socket, the open files that belong to them beside them; when it closes, everything
ends.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from clustergraph.errors import ReleaseError
from clustergraph.store.confinement import confine
from clustergraph.store.embedded import Embedded
from clustergraph.store.work import work

_MOST_FILES: Final = 64
_SET_PARENT_DEATH_SIGNAL: Final = 1


def serve() -> None:
    """Be the first nursery; standard input is its socket."""
    control = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Nursery(control).run()


class Nursery:
    """Obeys orders until there is nobody to give them."""

    def __init__(self, control: socket.socket, graph: Embedded | None = None) -> None:
        """Take the socket, and the graph that workers are to share."""
        self._control = control
        self._graph = graph
        self._files: deque[int] = deque()
        self._children: set[int] = set()
        self._rest = b""

    def run(self) -> NoReturn:
        """Obey orders."""
        awake, wake = os.pipe()
        for end in (awake, wake):
            os.set_blocking(end, False)
        self._pipe = (awake, wake)
        # A handler has to be there for the system to tell of a child that has ended.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        gc.freeze()
        there = True
        while there:
            ready, _, _ = select.select([self._control.fileno(), awake], [], [])
            if awake in ready:
                os.read(awake, 4096)
                self._bury()
            if self._control.fileno() in ready:
                there = self._listen()
        for child in self._children:
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    def _listen(self) -> bool:
        """Obey what has come; return whether there can be more."""
        data, files, _, _ = socket.recv_fds(self._control, 1 << 16, _MOST_FILES)
        self._files += files
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        return bool(data)

    def _obey(self, order: dict[str, object]) -> None:
        match order["order"]:
            case "worker":
                channel, spool = self._files.popleft(), self._files.popleft()
                self._fork(lambda: self._be_worker(channel, spool), channel, spool)
            case "load":
                control, path = self._files.popleft(), Path(str(order["release"]))
                self._fork(lambda: _be_nursery(control, path), control)
            case "kill":
                self._signal(order, lambda child: os.kill(child, signal.SIGKILL))
            case "step back":
                self._signal(order, lambda child: os.setpriority(os.PRIO_PROCESS, child, 10))

    def _signal(self, order: dict[str, object], act: Callable[[int], None]) -> None:
        # Only a child that has not been buried, so that its number is not another process's by now.
        child = int(str(order["child"]))
        if child in self._children:
            with suppress(ProcessLookupError, PermissionError):
                act(child)

    def _fork(self, be: Callable[[], None], *files: int) -> None:
        mother = os.getpid()
        child = os.fork()
        if not child:
            code = 1
            try:
                self._leave_home(mother, files)
                be()
                code = 0
            finally:
                os._exit(code)
        self._children.add(child)
        for file in files:
            os.close(file)
        self._tell(event="born", child=child)

    def _leave_home(self, mother: int, files: tuple[int, ...]) -> None:
        """Let go, in the child, of what belongs to the parent."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _die_with(mother)
        self._control.close()
        for file in (*self._pipe, *(file for file in self._files if file not in files)):
            os.close(file)
        self._children.clear()

    def _be_worker(self, channel: int, spool: int) -> None:
        confine()
        with (
            socket.socket(fileno=channel) as connection,
            connection.makefile("rb") as tasks,
            connection.makefile("wb") as replies,
            os.fdopen(spool, "wb", buffering=1 << 18) as file,
        ):
            work(tasks, replies, file, self._graph)

    def _bury(self) -> None:
        """Tell of the children that have ended."""
        for child in list(self._children):
            with suppress(ChildProcessError):
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    self._children.discard(child)
                    self._tell(event="ended", child=child, code=os.waitstatus_to_exitcode(status))

    def _tell(self, **event: object) -> None:
        with suppress(OSError):
            self._control.sendall(json.dumps(event).encode() + b"\n")


def _be_nursery(control: int, path: Path) -> None:
    connection = socket.socket(fileno=control)
    try:
        graph = Embedded.in_memory(path)
    except (ReleaseError, MemoryError) as error:
        connection.sendall(json.dumps({"event": "failed", "message": str(error)}).encode() + b"\n")
        return
    connection.sendall(b'{"event": "loaded"}\n')
    Nursery(connection, graph).run()


def _die_with(parent: int) -> None:
    """End this process when its parent ends, whatever ends it."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
            if os.getppid() != parent:  # It ended before that.
                os._exit(0)
