"""What a worker process does: it takes tasks and gives answers, within limits that the operating system keeps."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from clustergraph.errors import QueryError, ReleaseError
from clustergraph.store import Request, ResultTooLargeError
from clustergraph.store.confinement import alarm, allow_files, files_allowed, limit_memory, memory_written
from clustergraph.store.embedded import Embedded
from clustergraph.store.seccomp import reading_only


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
    limited, before = False, memory_written()
    for line in tasks:
        task = Task.read(line)
        alarm(task.seconds)
        content = b""
        try:
            if graph is None or not limited or str(graph.path) != task.release:
                graph = _ready(task, graph)
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
        head = {**reply, "length": len(content), "spent": time.process_time(), "written": memory_written() - before}
        replies.write(json.dumps(head).encode() + b"\n" + content)
        replies.flush()
        alarm(0)


def _ready(task: Task, graph: Embedded | None) -> Embedded:
    """Return the release of a task, opened; after that the process is confined to what answering needs."""
    with files_allowed():
        if graph is None or str(graph.path) != task.release:
            graph = None  # the old one makes room for the new one
            graph = Embedded(Path(task.release))
        limit_memory(task.memory_bytes)
    if graph.opens_files_later and reading_only():
        allow_files()
    return graph
