"""What a process may do no more, and how much it may take, as far as the operating system knows how to see to it."""

import builtins
import ctypes
import errno
import os
import platform
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from clustergraph.errors import ClustergraphError, LimitError

try:
    import resource
except ImportError:  # Windows has no such limits; there only the deadline holds.
    resource = None  # type: ignore[assignment]  # the module is optional

_FILES: Final = 4096
"""More open files than the store of a release needs."""
_LESS: Final = 5
"""How much less urgent such a process is than the one that hands out the work, which never has much to do."""
_STATUS: Final = Path("/proc/self/status")


def missing() -> list[str]:
    """Return what this system does not know how to see to, in words."""
    found = {
        "limits of memory": _STATUS.exists(),
        "processes that can open no file": resource is not None,
        "processes that can read files and open no connection": _filter() is not None,
    }
    return [name for name, known in found.items() if not known]


def confine(parent: int) -> None:
    """Take from the process what no worker has need of: a core dump, the first place, an end by Ctrl-C.

    It ends when its parent ends, whatever ends that (Linux); elsewhere it ends when it has nothing to do.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_LESS)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # It ended before that.
            os._exit(0)


def allow_files(*, allowed: bool) -> None:
    """Allow files and connections to be opened, or forbid it."""
    if resource is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        enough = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough if allowed else 0, hard))


@contextmanager
def opening_files(*, allowed: bool) -> Iterator[None]:
    """Allow files and connections to be opened inside, or forbid it; after that it is as it was before."""
    if resource is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_files(allowed=allowed)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def allow_imports() -> None:
    """Let modules be read whenever they are imported, also where no file can be opened."""
    ordinary = builtins.__import__

    def importing(*arguments: Any, **named: Any) -> ModuleType:  # noqa: ANN401 - handed on as they are
        with opening_files(allowed=True):
            return ordinary(*arguments, **named)

    builtins.__import__ = importing


def limit_memory(extra_bytes: int) -> None:
    """Limit the memory that the process may write to, counted from what it has now (Linux).

    The limit is on data and not on address space, since the engine reserves far more addresses than it uses.
    """
    if not _STATUS.exists():
        return
    status = _STATUS.read_bytes().splitlines()
    now = next(int(line.split()[1]) << 10 for line in status if line.startswith(b"VmData"))
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


_END_WITH_PARENT, _NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 1, 38, 22, 2
_OF_MACHINES: Final = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
"""Of a kind of machine its number, and the numbers of its system calls socket and io_uring_setup."""
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _filter() -> bytes | None:
    """Return a filter of system calls: each step is what to do, how far to go if it is so and if not, and a number."""
    numbers = _OF_MACHINES.get(platform.machine()) if sys.platform == "linux" else None
    if numbers is None:
        return None
    machine, socket, ring = numbers
    steps = [
        (_LOAD, 0, 0, 4),  # the machine that the call is for
        (_EQUAL, 0, 4, machine),  # another one: refused
        (_LOAD, 0, 0, 0),  # the number of the call
        (_AT_LEAST, 2, 0, 0x40000000),  # one of the x32 interface, which numbers calls anew: refused
        (_EQUAL, 1, 0, socket),
        (_EQUAL, 0, 1, ring),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


def no_connections() -> bool:
    """Let this process open no connection for good; return whether the system knows how to keep to that.

    This is for a store on disk that is too large for all of its files to be open at once.
    """
    steps = _filter()
    if steps is None:
        return False
    prctl, program = ctypes.CDLL(None).prctl, _Program(len(steps) // 8, steps)
    if prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


@contextmanager
def bounded(seconds: float | None, megabytes: int | None) -> Iterator[None]:
    """Do what is inside in a process that has so much time and memory (Linux); the one before exits as that one does.

    Raises:
        LimitError: it went over a limit, and was ended.
    """
    if seconds is None and megabytes is None:
        yield
        return
    if not hasattr(os, "fork"):
        raise ClustergraphError("this system cannot limit a command", advice="leave out --seconds and --memory")
    large = LimitError(
        f"it needs more memory than {'there is' if megabytes is None else f'{megabytes} MB'}",
        advice="raise --memory, or check less at once",
    )
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_REAL, seconds or 0)  # It ends the process also inside the engine.
        if megabytes is not None:
            # What the allocator of the engine writes past Python when it gives up is told in our words.
            sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            limit_memory(megabytes << 20)
        try:
            yield
        except MemoryError as error:
            raise large from error
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The process gets the same signal, and ends by itself.
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        sys.exit(code)
    if code == -signal.SIGALRM:
        raise LimitError(f"it was stopped after {seconds:g} seconds", advice="raise --seconds, or check less at once")
    if megabytes is not None and code == -signal.SIGABRT:
        raise large
    raise LimitError(f"it was ended from outside by signal {-code}", advice="run it again")
