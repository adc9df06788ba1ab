"""A process that asks other hosts for one query or update: a task from standard input, its outcome to standard output.

It is the only one of the service that opens connections to elsewhere, and it sees no more of the graph than the query.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from pyoxigraph import Store

from clustergraph.errors import ClustergraphError, RefusedQueryError
from clustergraph.store import OverLimitError
from clustergraph.store.confinement import alarm, confine, files_allowed, limit_memory
from clustergraph.store.federation import Clauses
from clustergraph.store.hosts import Allowed, Asking, HostError
from clustergraph.terms import PREFIXES


@dataclass(frozen=True)
class Task:
    """A query or update, and what it may take."""

    text: str
    update: bool
    hosts: str
    """The list of hosts that may be asked."""
    seconds: float
    most_bytes: int
    memory_bytes: int

    def line(self) -> bytes:
        """Return the task as it is sent."""
        return json.dumps(asdict(self)).encode() + b"\n"


def serve() -> None:
    """Do one task."""
    task = Task(**json.loads(sys.stdin.buffer.readline()))
    confine()
    alarm(task.seconds + 1)
    limit_memory(task.memory_bytes)
    sys.stdout.write(json.dumps(outcome(task)))
    sys.stdout.flush()


def outcome(task: Task) -> dict[str, Any]:
    """Return the text with what the hosts say, or why there is none."""
    until = time.monotonic() + task.seconds
    try:
        clauses = Clauses.of(task.text)
        _check(clauses.blank(), update=task.update)
        asking = Asking(Allowed.of(task.hosts), until, task.seconds, task.most_bytes)
        with files_allowed():
            return {"kind": "filled", "text": clauses.filled(asking)}
    except SyntaxError as error:
        return {"kind": "syntax", "message": str(error)}
    except MemoryError:
        return {"kind": "memory"}
    except ClustergraphError as error:
        words = {"message": error.message, "advice": error.advice}
        match error:
            case OverLimitError():
                return {"kind": "limit", **words, "limit": error.limit, "value": error.value}
            case RefusedQueryError():
                return {"kind": "refused", **words}
            case HostError():
                return {"kind": "host", **words}
            case _:
                return {"kind": "query", **words}


def _check(blank: str, *, update: bool) -> None:
    """Have the engine read a text before anybody is asked; here it can open no connection.

    Raises:
        SyntaxError: it is malformed.
    """
    store = Store()
    # Whatever happens on an empty graph does not matter.
    with suppress(OSError, RuntimeError, ValueError):
        if update:
            store.update(blank, prefixes=PREFIXES)
        else:
            store.query(blank, prefixes=PREFIXES)
