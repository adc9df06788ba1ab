"""Limits of time and memory for a command: it works in a process of its own, which is ended where it goes over one."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from clustergraph.errors import ClustergraphError, LimitError
from clustergraph.store.confinement import limit_memory

_AGAIN: Final = 0.02
"""Seconds between two looks at the process."""


@contextmanager
def bounded(seconds: float | None, megabytes: int | None) -> Iterator[None]:
    """Do what is inside in a process that has so much time and memory; the one before exits as that one does.

    Args:
        seconds: how long it may take; None for as long as it likes.
        megabytes: how much memory it may take beside what it has now; on Linux only.

    Raises:
        LimitError: it went over a limit, and was ended.
    """
    if seconds is None and megabytes is None:
        yield
        return
    if not hasattr(os, "fork"):
        raise ClustergraphError("this system cannot limit a command", advice="leave out --seconds and --memory")
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        if megabytes is not None:
            _silence_engine()
            limit_memory(megabytes << 20)
        try:
            yield
        except MemoryError as error:
            raise _too_large(megabytes) from error
        return
    status = _wait(child, seconds)
    if not os.WIFSIGNALED(status):
        sys.exit(os.WEXITSTATUS(status))
    if megabytes is not None and os.WTERMSIG(status) == signal.SIGABRT:
        raise _too_large(megabytes)
    raise LimitError(f"it was ended from outside by signal {os.WTERMSIG(status)}", advice="run it again")


def _silence_engine() -> None:
    """Leave standard error to this program; the engine writes its own remarks there when memory is short."""
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _too_large(megabytes: int | None) -> LimitError:
    least = "there is" if megabytes is None else f"{megabytes} MB"
    return LimitError(f"it needs more memory than {least}", advice="raise --memory, or check less at once")


def _wait(child: int, seconds: float | None) -> int:
    """Return how a process ended, and end it when its time is over."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while True:
        try:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status
            if deadline is not None and time.monotonic() > deadline:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                raise LimitError(
                    f"it was stopped after {seconds:g} seconds", advice="raise --seconds, or check less at once"
                )
            time.sleep(_AGAIN)
        except KeyboardInterrupt:
            # It has got the same signal, and ends by itself.
            continue
