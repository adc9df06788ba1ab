"""What the routes share: the release that is served, the workers, and a small cache of answers."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from clustergraph.config import Settings
from clustergraph.store import Request
from clustergraph.store.embedded import CURRENT, Release
from clustergraph.store.workers import Pool


@dataclass(frozen=True)
class Term:
    """A term of a JSON result."""

    type: str
    value: str
    language: str = ""
    datatype: str = ""

    @property
    def is_iri(self) -> bool:
        """Whether the term is an IRI."""
        return self.type == "uri"


Row = dict[str, Term]
"""A row of a result: the variables that are bound, without their question marks."""


class Cache:
    """Keeps the answers that were used last, up to so many bytes.

    >>> cache = Cache(10)
    >>> cache.put("a", b"12345678"); cache.put("b", b"1234")
    >>> cache.get("a"), cache.get("b")
    (None, b'1234')
    """

    def __init__(self, max_bytes: int) -> None:
        """Start empty."""
        self._max_bytes = max_bytes
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> bytes | None:
        """Return an answer if it is kept."""
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    def put(self, key: Hashable, answer: bytes) -> None:
        """Keep an answer, and let go of others if there is no room."""
        if len(answer) > self._max_bytes or key in self._answers:
            return
        self._answers[key] = answer
        self._bytes += len(answer)
        while self._bytes > self._max_bytes:
            _, dropped = self._answers.popitem(last=False)
            self._bytes -= len(dropped)


class Service:
    """One data root that is being served."""

    def __init__(self, root: Path, settings: Settings) -> None:
        """Read the current release.

        Raises:
            ReleaseError: there is none.
        """
        self.settings = settings
        self.pool = Pool(settings)
        self.cache = Cache(settings.cache_bytes)
        self._pointer = root / CURRENT
        self._root = root
        self._target = self._pointer.readlink() if self._pointer.is_symlink() else None
        self._release = Release.current(root)

    @property
    def release(self) -> Release:
        """The release that is current at this moment.

        Raises:
            ReleaseError: there is none any more.
        """
        target = self._pointer.readlink() if self._pointer.is_symlink() else None
        if target != self._target:
            self._release = Release.current(self._root)
            self._target = target
        return self._release

    def released(self, digest: str) -> Release | None:
        """Return the release with a digest if it is kept."""
        folder = self._root / "releases" / digest
        return Release.read(folder) if digest.isalnum() and folder.is_dir() else None

    async def answer(self, release: Release, request: Request, *, keep: bool = True) -> bytes:
        """Return the answer of a release, from the cache if it is there.

        Raises:
            QueryError: the query is malformed.
            OverLimitError: it went over a limit.
        """
        key = (release.digest, request)
        answer = self.cache.get(key)
        if answer is None:
            answer = await self.pool.answer(release.path, request)
            if keep:
                self.cache.put(key, answer)
        return answer

    async def rows(self, release: Release, query: str) -> list[Row]:
        """Return the rows of a SELECT query of our own.

        Raises:
            OverLimitError: it went over a limit.
        """
        request = Request(query, "json", max_bytes=self.settings.result_bytes)
        return read_rows(await self.answer(release, request))[1]


def read_rows(answer: bytes) -> tuple[list[str], list[Row]]:
    """Return variables and rows of a JSON result."""
    document = json.loads(answer)
    rows = [
        {
            variable: Term(term["type"], term["value"], term.get("xml:lang", ""), term.get("datatype", ""))
            for variable, term in binding.items()
            if isinstance(term["value"], str)
        }
        for binding in document["results"]["bindings"]
    ]
    return document["head"].get("vars", []), rows
