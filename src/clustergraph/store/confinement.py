"""What a process may do no more, as far as the operating system knows how to keep it from it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

try:
    import resource
except ImportError:  # Windows has no such limits; there only the deadline holds.
    resource = None  # type: ignore[assignment]  # the module is optional

_FILES: Final = 4096
"""More open files than the store of a release needs."""
_LESS: Final = 5
"""How much less urgent such a process is than the one that hands out the work, which never has much to do."""


def confine() -> None:
    """Take from the process what it has no need of: open files, connections, a core dump, the first place."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_LESS)
    no_core()
    with files_allowed():
        pass


def no_core() -> None:
    """Leave no core dump behind."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def alarm(seconds: float) -> None:
    """End the process after so many seconds, also inside the engine; 0 calls it off."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def files_allowed() -> Iterator[None]:
    """Allow files to be opened only inside; after that the process can open no file and no connection."""
    allow_files()
    try:
        yield
    finally:
        if resource is not None:
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))


@contextmanager
def no_files() -> Iterator[None]:
    """Let no file and no connection be opened inside."""
    if resource is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def allow_files() -> None:
    """Allow files to be opened."""
    if resource is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        enough = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


def limit_memory(extra_bytes: int) -> None:
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


def memory_written() -> int:
    """Return how many bytes of memory the process has written to for the first time, to the page.

    In a fork these are pages that are no longer shared: the engine counts in its own memory who uses what, so that
    reading writes too.
    """
    if resource is None:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt * resource.getpagesize()
