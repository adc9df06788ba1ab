"""Files that are read as text, or written whole or not at all, with the same bytes for the same content; and locks."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]  # Windows has other locks

from clustergraph.errors import ClustergraphError, SourceError, Where

_PIECE: Final = 1 << 18
_FULL: Final = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_HELD: Final = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What the system says of a lock that another process holds."""
_AGAIN: Final = 0.02
"""Seconds between two attempts to get a lock."""


def text_of(path: Path) -> str:
    """Return the text of a file that people write, with line ends as here; see `decoded`."""
    return decoded(path.read_bytes(), path).replace("\r\n", "\n").replace("\r", "\n")


def decoded(content: bytes, path: Path, complaint: str = "this is not UTF-8") -> str:
    """Return the text that is in a file; raises `SourceError` with the complaint and the line that is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        where = Where(path, content.count(b"\n", 0, error.start) + 1)
        raise SourceError(complaint, where=where, advice="save it as UTF-8") from error


class UnwritableError(ClustergraphError):
    """A file or folder cannot be written."""


@dataclass(frozen=True)
class Written:
    """What is known of a file that has been written."""

    path: Path
    bytes: int
    sha256: str
    """In lower-case hexadecimal digits."""

    @classmethod
    def of(cls, path: Path) -> Written:
        """Return what is known of a file on disk."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        return cls(path, path.stat().st_size, digest.hexdigest())


@contextmanager
def whole(path: Path, *, compress: bool = False, private: bool = False) -> Iterator[IO[bytes]]:
    """Give a file to write to; it takes its name, on disk for good, only when all has been written.

    It replaces one that is there. A packed one has no name and no time, so its bytes depend on the content alone; a
    private one can be read by its owner alone. What cannot be written raises `UnwritableError`.
    """
    with _draft(path) as draft:
        draft.touch(0o600 if private else 0o666)
        with draft.open("wb") as file:
            if compress:
                packed = gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0, compresslevel=6)
                # Many small pieces would each be a call of the compressor.
                with packed, io.BufferedWriter(packed, _PIECE) as gathered:
                    yield gathered
            else:
                yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def write_pieces(path: Path, pieces: Iterable[bytes], *, compress: bool = False) -> Written:
    """Write a file piece by piece, and return what is known of it; see `whole`."""
    with whole(path, compress=compress) as file:
        file.writelines(pieces)
    return Written.of(path)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill, which takes its name when all is in it, and replaces one that is there; see `told`."""
    path = path.resolve()
    with _draft(path) as draft:
        draft.mkdir()
        yield draft
        for inside in draft.rglob("*"):
            flush(inside)
        if path.is_dir():
            old = draft.with_name(f"{draft.name}.old")
            path.rename(old)
            draft.rename(path)
            shutil.rmtree(old)
        else:
            draft.rename(path)
        flush(path.parent)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise `UnwritableError`, which names a file or folder, for what the system says inside."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        where = f" ({error.filename})" if error.filename else ""
        advice = "make room, also for temporary files (TMPDIR)" if error.errno in _FULL else "name another place"
        raise UnwritableError(f"{path} is not written: {error.strerror}{where}", advice=advice) from error


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """Give the name of a draft beside a path, and remove what has not taken its own name then."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with told(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield draft
        finally:
            if draft.is_dir():
                shutil.rmtree(draft, ignore_errors=True)
            else:
                draft.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders.
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, seconds: float, busy: ClustergraphError) -> Iterator[None]:
    """Hold a lock that is a file, for the process at most; raises the given error if it is held by another so long."""
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + seconds
    with path.open("w") as handle:
        while not _lock(handle.fileno()):
            if time.monotonic() >= deadline:
                raise busy
            time.sleep(_AGAIN)
        yield


def _lock(handle: int) -> bool:
    """Take a lock, and return whether no other process holds it."""
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError as error:
        if error.errno not in _HELD:
            raise
        return False
    return True
