"""Files that are there whole or not at all, and that have the same bytes whenever they have the same content."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from clustergraph.errors import ClustergraphError

_PIECE: Final = 1 << 18
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


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
def whole(path: Path, *, compress: bool = False) -> Iterator[IO[bytes]]:
    """Give a file to write to; it takes its name, on disk for good, only when all has been written.

    Args:
        path: where the file shall be; a file that is there is replaced, in one step.
        compress: pack it (gzip), without a name or a time, so that the bytes depend on nothing but the content.

    Raises:
        UnwritableError: there is no room for it, or it may not be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with told(path), _gone(draft):
        path.parent.mkdir(parents=True, exist_ok=True)
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


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill; it takes its name only when all is in it, and replaces one that is there.

    Raises:
        UnwritableError: there is no room for it, or it may not be written.
    """
    path = path.resolve()
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with told(path), _gone(draft):
        path.parent.mkdir(parents=True, exist_ok=True)
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
    """Say which file or folder it is that cannot be written.

    Raises:
        UnwritableError: what is done inside raises an error of the system.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        where = f" ({error.filename})" if error.filename else ""
        advice = "make room, also for temporary files (TMPDIR)" if error.errno in _FULL else "name another place"
        raise UnwritableError(f"{path} is not written: {error.strerror}{where}", advice=advice) from error


@contextmanager
def _gone(draft: Path) -> Iterator[None]:
    """Remove what has not taken its name."""
    try:
        yield
    finally:
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
