"""What the routes share: the release that is served, the workers, and a small cache of answers."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clustergraph.config import Settings
from clustergraph.store import Request
from clustergraph.store.embedded import CURRENT, Release
from clustergraph.store.fetches import Fetches
from clustergraph.store.process import Spool
from clustergraph.store.workers import Pool
from clustergraph.web.caller import CALLER
from clustergraph.web.delivery import compress
from clustergraph.web.logs import event
from clustergraph.web.metrics import Metrics, Seen

_SHARE: Final = 4
"""An answer in a file is kept if the cache has room for so many of its size."""


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

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return self._bytes

    def takes(self, size: int) -> bool:
        """Whether an answer of so many bytes is not too large to be kept."""
        return size <= self._max_bytes

    def get(self, key: Hashable) -> bytes | None:
        """Return an answer if it is kept."""
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    def put(self, key: Hashable, answer: bytes) -> None:
        """Keep an answer, and let go of others if there is no room."""
        if not self.takes(len(answer)) or key in self._answers:
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
        self.fetches = Fetches(settings)
        self.cache = Cache(settings.cache_bytes)
        self.metrics = Metrics()
        self.terms: tuple[str, frozenset[str]] | None = None
        """The terms of the ontology of a release, and its digest."""
        self._pointer = str(root / CURRENT)
        self._root = root
        self._target = _target(self._pointer)
        self._release = Release.current(root)

    @property
    def release(self) -> Release:
        """The release that is current at this moment.

        Raises:
            ReleaseError: there is none any more.
        """
        target = _target(self._pointer)
        if target != self._target:
            self._release = Release.current(self._root)
            self._target = target
        return self._release

    def reload(self) -> None:
        """Look again which release is current, even if nothing seems to have changed."""
        self._target = None

    def released(self, digest: str) -> Release | None:
        """Return the release with a digest if it is kept."""
        folder = self._root / "releases" / digest
        return Release.read(folder) if digest.isalnum() and folder.is_dir() else None

    async def filled(self, text: str, *, update: bool = False) -> str:
        """Return a query or update with what other hosts say in it, as long as there is a client that waits for it.

        Raises:
            ClustergraphError: it is malformed, or one of the hosts may not be asked or does not answer as it should.
        """
        caller = CALLER.get()
        with self.metrics.refusal(), caller.while_there() if caller else nullcontext():
            return await self.fetches.fill(text, caller.address if caller else "", update=update)

    async def answer(self, release: Release, request: Request, *, keep: bool = True) -> bytes:
        """Return the answer of a release, from the cache if it is there.

        Raises:
            QueryError: the query is malformed.
            OverLimitError: it went over a limit.
        """
        answer = await self.fetch(release, request, keep=keep)
        return answer if isinstance(answer, bytes) else answer.read()

    async def fetch(self, release: Release, request: Request, *, keep: bool = True) -> bytes | Spool:
        """Return the answer of a release as `answer` does; a large one may be in a file."""
        key = (release.digest, request)
        kept = self.cache.get(key)
        if kept is not None:
            self.metrics.cached()
            return kept
        return self._keep(key, await self._ask(release, request), keep=keep)

    async def fetch_gzipped(
        self, release: Release, request: Request, *, keep: bool = True
    ) -> tuple[bytes | Spool, bool]:
        """Return the answer of a release, and whether it is compressed; a small one is not."""
        key = (release.digest, request, "gzip")
        kept = self.cache.get(key)
        if kept is not None:
            self.metrics.cached()
            return kept, True
        answer = await self.fetch(release, request, keep=keep)
        packed = await compress(answer)
        if packed is answer:
            return answer, False
        return self._keep(key, packed, keep=keep), True

    def _keep(self, key: Hashable, answer: bytes | Spool, *, keep: bool) -> bytes | Spool:
        """Keep an answer, if it is to be kept and not too large, and return it."""
        if isinstance(answer, Spool) and keep and self.cache.takes(_SHARE * len(answer)):
            answer = answer.read()
        if isinstance(answer, bytes) and keep:
            self.cache.put(key, answer)
        return answer

    async def _ask(self, release: Release, request: Request) -> bytes | Spool:
        """Have a worker answer, as long as there is a client that waits for it."""
        caller = CALLER.get()
        seen = Seen()
        try:
            with self.metrics.query(seen), caller.while_there() if caller else nullcontext():
                return await self.pool.fetch(release.path, request, caller.address if caller else "")
        finally:
            if seen.seconds > self.settings.slow_query_seconds:
                text = {"query": request.query} if self.settings.log_queries else {}
                digest = hashlib.sha256(request.query.encode("utf-8", "replace")).hexdigest()[:16]
                seconds = round(seen.seconds, 3)
                event(logging.WARNING, "slow query", seconds=seconds, outcome=seen.outcome, digest=digest, **text)

    async def rows(self, release: Release, query: str) -> list[Row]:
        """Return the rows of a SELECT query of our own.

        Raises:
            OverLimitError: it went over a limit.
        """
        request = Request(query, "json", max_bytes=self.settings.result_bytes)
        return read_rows(await self.answer(release, request))[1]


def _target(pointer: str) -> str | None:
    """Return where a symbolic link leads."""
    try:
        return os.readlink(pointer)  # noqa: PTH115 - this is done for every request, and pathlib takes ten times as long
    except OSError:
        return None


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
