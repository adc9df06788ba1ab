"""A filter of system calls (Linux): the process can open no connection, and no file for writing."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import Final, NamedTuple


class _Calls(NamedTuple):
    """The numbers of system calls on one kind of machine."""

    machine: int
    refused: tuple[int, ...]
    """Those that make a connection, a file or a name of one, or do anything in another way: socket, connect, bind,
    io_uring_setup, openat2, truncate, mknodat, mkdirat, unlinkat, linkat, symlinkat, renameat, renameat2, execve,
    execveat, ptrace; and where they are still there creat, mknod, mkdir, rmdir, unlink, link, symlink, rename."""
    opens: tuple[tuple[int, int], ...]
    """Those that open a file, and which of their arguments says what for."""


_OF_MACHINES: Final = {
    "x86_64": _Calls(
        0xC000003E,
        (41, 42, 49, 425, 437, 76, 259, 258, 263, 265, 266, 264, 316, 59, 322, 101, 85, 133, 83, 84, 87, 86, 88, 82),
        ((257, 2), (2, 1)),
    ),
    "aarch64": _Calls(
        0xC00000B7, (198, 203, 200, 425, 437, 45, 33, 34, 35, 37, 36, 38, 276, 221, 281, 117), ((56, 2),)
    ),
}
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EACCES
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16
_OTHER_NUMBERS: Final = 0x40000000
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def reading_only() -> bool:
    """Let this process, from now on and for good, only read files; return whether the system knows how to keep to that.

    What is open stays open.
    """
    calls = _OF_MACHINES.get(platform.machine()) if sys.platform == "linux" else None
    if calls is None:
        return False
    steps = _steps(calls)
    program = _Program(len(steps), b"".join(struct.pack("<HBBI", *step) for step in steps))
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return False
    if prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


def _steps(calls: _Calls) -> list[tuple[int, int, int, int]]:
    """Return the filter: each step is what to do, how far to go if it is so, how far if not, and a number."""
    refuse, allow = (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)
    steps = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, calls.machine),
        refuse,
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _OTHER_NUMBERS),
        refuse,
    ]
    for number in calls.refused:
        steps += [(_EQUAL, 0, 1, number), refuse]
    for number, argument in calls.opens:
        steps += [
            (_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _FIRST_ARGUMENT + 8 * argument),
            (_ANY_BIT, 0, 1, _WRITING),
            refuse,
            allow,
        ]
    return [*steps, allow]
