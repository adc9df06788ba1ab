"""What a worker process does: it takes tasks and gives answers, within limits that the operating system keeps."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from clustergraph.errors import QueryError, ReleaseError
from clustergraph.store import Request, ResultTooLargeError
from clustergraph.store.embedded import Embedded

try:
    import resource
except ImportError:  # Windows has no such limits; there only the deadline holds.
    resource = None  # type: ignore[assignment]  # the module is optional


@dataclass(frozen=True)
class Task:
    """A request to a worker process: one line of JSON."""

    release: str
    """The path of the release."""
    request: Request
    seconds: float
    """After this long the process ends itself, should nobody else have ended it."""
    memory_bytes: int
    """How much memory the process may take beyond what it holds when the store is open."""

    def line(self) -> bytes:
        """Return the task as it is sent."""
        return json.dumps({**vars(self), "request": vars(self.request)}).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Task:
        """Return the task that a line holds."""
        fields = json.loads(line)
        request = fields.pop("request")
        for name in ("default_graphs", "named_graphs"):
            request[name] = None if request[name] is None else tuple(request[name])
        return cls(request=Request(**request), **fields)


def work(tasks: IO[bytes], replies: IO[bytes], spool: IO[bytes] | None = None, graph: Embedded | None = None) -> None:
    """Answer tasks until there are no more.

    A reply is a line of JSON, and the bytes that it announces; those of a large answer are in the spool.

    Args:
        tasks: lines of JSON.
        replies: where to write.
        spool: an empty file for one large answer.
        graph: a release that is open already.
    """
    limited, before = False, _written()
    for line in tasks:
        task = Task.read(line)
        _alarm(task.seconds)
        content = b""
        try:
            if graph is None or not limited or str(graph.path) != task.release:
                with _files_allowed():
                    if graph is None or str(graph.path) != task.release:
                        graph = None
                        graph = Embedded(Path(task.release))
                    _limit_memory(task.memory_bytes)
                    limited = True
            if spool is not None and spool.tell():
                spool.seek(0)
                spool.truncate()
            sink = graph.write(task.request, spool)
            content = sink.content
            reply: dict[str, object] = {"outcome": "answer", "spooled": sink.length if sink.spooled else 0}
        except ResultTooLargeError:
            reply = {"outcome": "result_bytes"}
        except MemoryError:
            reply = {"outcome": "memory"}
        except QueryError as error:
            # The engine's own words: whoever asked has the query, and can explain them again.
            reply = {"outcome": "query", "message": str(error.__cause__ or error)}
        except (ReleaseError, OSError, ValueError) as error:
            reply = {"outcome": "failure", "message": str(error)}
        if spool is not None:
            spool.flush()
        head = {**reply, "length": len(content), "spent": time.process_time(), "written": _written() - before}
        replies.write(json.dumps(head).encode() + b"\n" + content)
        replies.flush()
        _alarm(0)


def _written() -> int:
    """Return how many bytes of memory the process has written to for the first time, to the page.

    In a fork these are pages that are no longer shared: the engine counts in its own memory who uses what, so that
    reading writes too.
    """
    if resource is None:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt * resource.getpagesize()


_FILES: Final = 4096
"""More open files than the store of a release needs."""


def _alarm(seconds: float) -> None:
    """End the process after so many seconds, also inside the engine; 0 calls it off."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def _files_allowed() -> Iterator[None]:
    """Allow files to be opened only inside; after that the process can open no file and no connection."""
    if resource is None:
        yield
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))


def _limit_memory(extra_bytes: int) -> None:
    """Limit the memory that the process may write to, counted from what it has now.

    The limit is on data and not on address space, since the engine reserves far more addresses than it uses.
    """
    try:
        status = Path("/proc/self/status").read_bytes()
    except OSError:  # not Linux; there only the deadline holds
        return
    now = next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith(b"VmData"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (now + extra_bytes, hard))


def confine() -> None:
    """Take from the process what it has no need of: open files, connections, a core dump."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with _files_allowed():
            pass
