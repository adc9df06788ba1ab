"""The other processes from inside: a server that forks workers, and what a worker does with a job.

A fork takes some milliseconds, also of a process that holds a release of millions of statements, and costs no memory
but for what the worker writes. Orders come over a socket, with the files of a new worker beside them; when the socket
closes, everything ends.
"""

import faulthandler
import gc
import io
import os
import pickle
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, NoReturn

from clustergraph.engine import sandbox
from clustergraph.errors import ClustergraphError, OverLimitError
from clustergraph.languages.reader import reading

Opener = Callable[[Path, bool], Any]
"""Opens a release for the jobs that are done on it; if asked (True), in memory, and None if it is too large for that:
then each worker opens it itself, and the opener may have learnt of it what helps them.

Like a job it is a function of a module, and goes from one process to another by its name.
"""

SMALL: Final = 1 << 17
"""A result of so many bytes is handed over as it is; a larger one in a file."""
_LOOK_AGAIN: Final = 0.2
"""Seconds after which a server that opens a release looks again whether anybody still waits for it."""
_SHOWS_FILES: Final = Path("/proc/self/fd").exists()
"""Whether the service can look into such a file; elsewhere every result is handed over."""
FORK, RETIRE, LOOK = b"f", b"r", b"l"
"""Orders to a server: to fork a worker, which has three files, to end with its last, or to look which have ended; by
the first it says itself that it can."""
NUMBER: Final = struct.Struct("!i")
"""A process id, an exit code, or how long a message is."""


@dataclass(frozen=True)
class Limit:
    """How much a job may take of something, and what is said, with ``{value}``, of one that takes more."""

    name: str
    """The name of the setting."""
    value: float
    message: str
    advice: str

    def error(self, kind: type[OverLimitError] = OverLimitError) -> OverLimitError:
        """Return the error of a job that takes more.

        >>> str(Limit("query_seconds", 10.0, "stopped after {value:g} seconds", "ask for less").error())
        'stopped after 10 seconds; ask for less'
        """
        message = self.message.format(value=self.value)
        return kind(message, limit=self.name, value=self.value, advice=self.advice)


@dataclass(frozen=True)
class Limits:
    """How much a job may take."""

    seconds: Limit
    megabytes: Limit
    depth: Limit
    """For what ends the engine, as deep nesting does."""
    grace: float = 0.0
    """Seconds that a job has after its time to end by itself."""


class Job(NamedTuple):
    """Something for a worker to do."""

    work: bytes
    """The release (None if it is about none), a function of a module and its arguments, pickled."""
    limits: Limits
    number: str = ""
    """The number of the request that it is for."""


class StoredBytes:
    """A large answer, whole, in a file that has no name and goes away with this object."""

    def __init__(self, file: IO[bytes]) -> None:
        """Take over the file."""
        self._file = file
        self._length = file.seek(0, os.SEEK_END)
        self._one_at_a_time = threading.Lock()

    def __len__(self) -> int:
        """Return how many bytes the answer has."""
        return self._length

    def read(self, start: int = 0, most: int = -1) -> bytes:
        """Return so many bytes of the answer; all, if not said otherwise."""
        with self._one_at_a_time:
            self._file.seek(start)
            return self._file.read(most)


class Done(NamedTuple):
    """What a worker says of a job."""

    kind: str
    """``bytes`` as they are, an ``object`` or ``error`` that is pickled, ``memory`` for want of it, or a ``fault``."""
    content: bytes | StoredBytes
    file: int
    """Where the content is as it is sent, if it is large: an open file of the worker."""
    spent: float
    """How many seconds of a processor this process has had until now."""
    written: int
    """How many bytes of memory it has written to for the first time."""


@dataclass
class Worker:
    """Does one job after the other."""

    opener: Opener
    release: Path | None = None
    """The one that is open."""
    opened: object = None
    _limited: bool = False
    _reads_files: bool = False
    _file: IO[bytes] | None = None

    def run(self, jobs: int, results: int) -> None:
        """Do jobs that come from one file until there are no more, and write what they come to into another."""
        channel = io.BufferedRWPair(io.FileIO(jobs), io.FileIO(results, "w"))
        sandbox.allow_imports()
        before = sandbox.memory_written()
        while True:
            try:
                work, memory_bytes = pickle.load(channel)  # noqa: S301 - our own process has sent it
            except EOFError:
                return
            kind, content = self._outcome(work, memory_bytes)
            file = 0
            if len(content) > SMALL and _SHOWS_FILES:
                file, content = self._stored(content), b""
            sys.stderr.flush()
            done = Done(kind, content, file, time.process_time(), sandbox.memory_written() - before)
            message = pickle.dumps(done)
            channel.write(NUMBER.pack(len(message)) + message)
            channel.flush()

    def _stored(self, content: bytes) -> int:
        """Put a large content into a file that is there until the next large one; return its number."""
        with sandbox.opening_files(allowed=True):
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - the service looks into it
        self._file.write(content)
        self._file.flush()
        return self._file.fileno()

    def _outcome(self, work: bytes, memory_bytes: int) -> tuple[str, bytes]:
        try:
            try:
                result = self._result(work, memory_bytes)
            except ClustergraphError as error:
                return "error", pickle.dumps(error)
            return ("bytes", result) if isinstance(result, bytes) else ("object", pickle.dumps(result))
        except MemoryError:
            return "memory", b""
        except Exception:  # noqa: BLE001 - whoever asked is told, and the log has all of it
            with sandbox.opening_files(allowed=True):
                traceback.print_exc()
            return "fault", b""

    def _result(self, work: bytes, memory_bytes: int) -> object:
        sandbox.allow_files(allowed=True)  # Where a function is named for the first time, its module is read.
        release, language, function, arguments = pickle.loads(work)  # noqa: S301 - our own process has sent it
        if release is not None and release != self.release:
            self.opened = None  # the old one makes room for the new one
            self.opened, self.release = self.opener(release, False), release
            self._limited, self._reads_files = False, True
            sandbox.no_connections()  # A store on disk opens files when it needs them.
        if not self._limited:
            sandbox.limit_memory(memory_bytes)
            self._limited = True
        if release is None:
            with reading(language):
                return function(*arguments)
        if not self._reads_files:
            sandbox.allow_files(allowed=False)
        with reading(language):
            return function(self.opened, *arguments)


def work(given: bytes) -> None:
    """Be a worker where there is no fork: jobs come from standard input, and results go to standard output."""
    opener = pickle.loads(given)  # noqa: S301 - our own process has given it
    results = os.dup(1)
    os.dup2(2, 1)  # What is printed is no result.
    sandbox.confine(os.getppid())
    Worker(opener).run(0, results)


def serve(control: int, given: bytes) -> None:
    """Be a server that takes orders from a socket; it is given how a release is opened, which, and what is to load."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    opener, release, prepare = pickle.loads(given)  # noqa: S301 - our own process has given it
    for each in prepare:
        each()
    orders, done = socket.socket(fileno=control), threading.Event()
    watch = threading.Thread(target=_end_with, args=(orders, done))
    watch.start()
    try:
        opened = opener(release, True) if release is not None else None
    finally:
        done.set()
        watch.join()  # A fork has one thread.
    _Server(orders, Worker(opener, None if opened is None else release, opened)).run()


def _end_with(orders: socket.socket, done: threading.Event) -> None:
    """End this process if nobody can give orders any more before it is done with what it does."""
    while not done.wait(_LOOK_AGAIN):
        with suppress(BlockingIOError):
            if not orders.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                os._exit(0)


@dataclass
class _Server:
    """Forks workers, and tells of each which process it is and how it ended, until there is nobody to give orders."""

    control: socket.socket
    worker: Worker
    children: dict[int, int] = field(default_factory=dict)
    retired: bool = False

    def run(self) -> NoReturn:
        """Obey orders."""
        signal.signal(signal.SIGCHLD, self._reap)
        gc.freeze()
        with suppress(OSError):  # The service may have ended meanwhile.
            self.control.send(FORK)
        while True:
            order, files, _, _ = socket.recv_fds(self.control, 1, 3)
            if not order:
                break
            if order == FORK:
                self._fork(*files)
            self.retired |= order == RETIRE
            self._reap()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for child in self.children:
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    def _fork(self, channel: int, errors: int, status: int) -> None:
        server = os.getpid()
        child = os.fork()
        if child:
            os.close(channel)
            os.close(errors)
            _tell(status, child)
            self.children[child] = status
            return
        code = 1
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.control.close()
            os.dup2(errors, 2)
            for each in (errors, status, *self.children.values()):
                os.close(each)
            sandbox.confine(server)
            self.worker.run(channel, channel)
            code = 0
        except BaseException:  # noqa: BLE001 - nothing may go on from here as if it were the server
            traceback.print_exc()
        finally:
            os._exit(code)

    def _reap(self, *_: object) -> None:
        """Tell how workers ended; it may interrupt itself."""
        for child in list(self.children):
            with suppress(ChildProcessError):
                ended, code = os.waitpid(child, os.WNOHANG)
                if ended:
                    status = self.children.pop(child)
                    _tell(status, os.waitstatus_to_exitcode(code))
                    os.close(status)
        if self.retired and not self.children:
            os._exit(0)


def _tell(status: int, number: int) -> None:
    with suppress(OSError):
        os.write(status, NUMBER.pack(number))
