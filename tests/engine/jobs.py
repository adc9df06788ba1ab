"""Jobs for the tests of the pool."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path

from clustergraph.engine.pool import Pool
from clustergraph.errors import QueryError, SourceError, Where
from clustergraph.preparation import opened, prepare
from clustergraph.settings import Settings


def pool_of(**settings):
    """Return a pool whose jobs get a graph."""
    given = Settings(**settings)
    return Pool(given, partial(opened, memory_quads=given.memory_quads, columns=given.columns), [prepare])


def hear_no_ends():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])


def pid(_):
    return os.getpid()


def standard_files(_):
    return [str(Path(f"/proc/self/fd/{number}").readlink()) for number in (0, 1)]


def held(graph):
    """Return the path of the store; nothing of one in memory."""
    return str(graph.engine.path)


def told(_, text):
    sys.stderr.write(text + "\n")
    return text


def told_by_the_engine(_, text):
    """Write as code outside of Python does."""
    os.write(2, text.encode())
    return text


def wrong(_, text):
    raise KeyError(text)


def refused(_, path):
    raise SourceError("it cannot be read", where=Where(path, 3, 4), advice="mend it")


def unpicklable(_):
    return lambda: None


class OddError(QueryError):
    """Cannot go from one process to another."""

    def __init__(self):
        super().__init__("odd")
        self.what = lambda: None


def odd(_):
    raise OddError


def greedy(_, size):
    return len(bytearray(size))


def endless(*_):
    while True:
        time.sleep(0.01)


def digest_when(graph, marker):
    """Return the digest of the release as soon as there is a file."""
    while not marker.exists():
        time.sleep(0.01)
    return graph.digest


def imports(_):
    import colorsys  # nothing has imported it before

    return colorsys.__name__


def ended_by(_, number, marker=None):
    """End this process by a signal; with a marker, only the first time."""
    if marker is None or not marker.exists():
        if marker is not None:
            marker.touch()
        os.kill(os.getpid(), number)
        time.sleep(60)
    return "done"


def crashed(_):
    sys.stderr.write("just before\n")
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    ctypes.string_at(0)


def left(_):
    """End this process as Python does where nobody catches an error."""
    sys.stderr.write("Traceback: left\n")
    sys.stderr.flush()
    os._exit(1)


def much(_, size):
    return b"x" * size


def opens(_, path):
    return path.read_text()


def alone(text):
    """Be a job that is about no release."""
    sys.stderr.write(f"about {text}\n")
    return text.upper()


def alone_endless():
    endless(None)


def alone_greedy(size):
    return greedy(None, size)


def connects(_):
    socket.create_connection(("127.0.0.1", 9))
