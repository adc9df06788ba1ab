"""Answers that are sent again as they are."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from clustergraph.web.caller import address
from clustergraph.web.logs import LOGGER
from clustergraph.web.service import Service

_BESIDE: Final = 600
"""About how many bytes an answer takes in memory beside itself."""

Header = tuple[bytes, bytes]
Key = tuple[bytes | Header, ...]
"""What an answer depends on: the target of the request, and those of its headers that have an effect."""


@dataclass(frozen=True)
class Kept:
    """An answer as it was sent, without the headers that belong to one request."""

    release: str
    head: bytes
    body: bytes


class Repeats:
    """Answers by what they depend on, up to so many bytes; those that were used last."""

    def __init__(self, service: Service) -> None:
        """Start empty."""
        self._service = service
        self._most = service.settings.cache_bytes
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._bytes = 0

    def get(self, request: Key) -> Kept | None:
        """Return the answer to exactly this request, if the current release gave it."""
        kept = self._kept.get(request)
        if kept is None:
            return None
        if kept.release != self._service.release.digest:
            self._forget(request)
            return None
        self._kept.move_to_end(request)
        return kept

    def put(self, request: Key, kept: Kept) -> None:
        """Keep an answer, and let go of others if there is no room."""
        size = _size(request, kept)
        if size > self._most // 4 or request in self._kept:
            return
        self._kept[request] = kept
        self._bytes += size
        while self._bytes > self._most:
            self._forget(next(iter(self._kept)))

    def note(self, client: str, number: str, path: str, length: int) -> None:
        """Count and log an answer that was sent again."""
        self._service.metrics.requests["GET", 200] += 1
        if path == "/sparql":
            self._service.metrics.cached()
        if self._service.settings.log_requests and LOGGER.isEnabledFor(logging.INFO):
            fields = {
                "request": number,
                "client": address(client),
                "method": "GET",
                "path": path,
                "status": 200,
                "bytes": length,
                "seconds": 0.0,
            }
            LOGGER.info("request", extra={"fields": fields})

    def _forget(self, request: Key) -> None:
        self._bytes -= _size(request, self._kept.pop(request))


def _size(request: Key, kept: Kept) -> int:
    named = sum(len(part) if isinstance(part, bytes) else len(part[0]) + len(part[1]) for part in request)
    return named + len(kept.head) + len(kept.body) + _BESIDE
