"""Short links: requests of the service by a hash, in a file beside the releases that several processes may write."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from base64 import b32encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from clustergraph.errors import ClustergraphError, OverLimitError

FILE: Final = "short-links.sqlite3"
"""The name of the file, beside the releases."""
MOST_BYTES: Final = 8_192
"""How long a request may be that is kept."""
_KEY: Final = 10
"""How many characters a key has, of five bits each."""
_WAIT: Final = 5.0
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS link (key TEXT PRIMARY KEY, address TEXT NOT NULL UNIQUE, made TEXT NOT NULL)"
)


class UnkeptLinkError(ClustergraphError):
    """A short link cannot be kept here."""


class ShortLinks:
    """The short links of one data root, of which there are so many at the most."""

    def __init__(self, root: Path, most: int) -> None:
        self._path = root / FILE
        self._most = most

    @property
    def on(self) -> bool:
        """Whether more can be kept, as far as the settings and the rights of the folder say."""
        return self._most > 0 and os.access(self._path if self._path.exists() else self._path.parent, os.W_OK)

    def address(self, key: str) -> str | None:
        """Return the address that a key stands for; None where there is none."""
        if not self._path.exists():
            return None
        with self._opened("ro") as links:
            return _one(links, "SELECT address FROM link WHERE key = ?", key)

    def key(self, address: str) -> str | None:
        """Return the key of an address that is kept already."""
        if not self._path.exists():
            return None
        with self._opened("ro") as links:
            return _one(links, "SELECT key FROM link WHERE address = ?", address)

    def keep(self, address: str) -> str:
        """Keep an address, and return its key, which follows from it.

        Raises:
            UnkeptLinkError: nothing can be written here.
            OverLimitError: there are as many as there may be.
        """
        with self._opened("rwc") as links:
            links.execute("BEGIN IMMEDIATE")
            links.execute(_TABLE)
            if found := _one(links, "SELECT key FROM link WHERE address = ?", address):
                return found
            if int(_one(links, "SELECT count(*) FROM link") or 0) >= self._most:
                message, advice = (
                    f"{self._most:,} short links are kept here, and no more can be",
                    "use the long address",
                )
                raise OverLimitError(message, limit="short_links", value=self._most, advice=advice)
            key = next(each for each in _keys(address) if not _one(links, "SELECT key FROM link WHERE key = ?", each))
            now = datetime.now(UTC).isoformat(timespec="seconds")
            links.execute("INSERT INTO link VALUES (?, ?, ?)", (key, address, now))
            links.commit()
            return key

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        """Give the links; what is not committed is not done."""
        try:
            address = f"{self._path.resolve().as_uri()}?mode={mode}"
            with closing(sqlite3.connect(address, timeout=_WAIT, isolation_level=None, uri=True)) as links:
                yield links
        except sqlite3.Error as error:
            message = f"short links cannot be {'kept' if mode == 'rwc' else 'read'} here at the moment"
            raise UnkeptLinkError(message, advice="use the long address") from error


def _one(links: sqlite3.Connection, query: str, *given: str) -> str | None:
    row = links.execute(query, given).fetchone()
    return str(row[0]) if row else None


def _keys(address: str) -> Iterator[str]:
    """Yield keys of an address, each longer than the one before; the first is nearly always free.

    >>> next(_keys("/questions/clusters"))
    'i3jtfomjx5'
    """
    whole = b32encode(hashlib.sha256(address.encode()).digest()).decode().lower().rstrip("=")
    yield from (whole[:length] for length in range(_KEY, len(whole) + 1))
