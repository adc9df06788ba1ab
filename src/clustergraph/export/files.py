"""Files that are there whole or not at all, and that have the same bytes whenever they have the same content."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_PIECE: Final = 1 << 18


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
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
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
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill; it takes its name only when all is in it, and replaces one that is there."""
    import shutil

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.mkdir()
    try:
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
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def flush(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
