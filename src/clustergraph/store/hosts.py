"""Other hosts: which of them may be asked, and how, so that none can take much of time or memory."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from clustergraph import __version__
from clustergraph.config import SettingError
from clustergraph.errors import ClustergraphError, LimitError, RefusedQueryError
from clustergraph.store import OverLimitError

_PORTS: Final = {"http": 80, "https": 443}
_SAFE: Final = "%/?:@!$&'()*+,;=~"
_MOST_REDIRECTS: Final = 5
_PIECE: Final = 1 << 16
_REDIRECTS: Final = (301, 302, 303, 307, 308)


class HostError(ClustergraphError):
    """Another host did not answer, or not as it should."""


@dataclass(frozen=True)
class Allowed:
    """The hosts that may be asked."""

    places: frozenset[tuple[str, int | None]]
    """Names in lower case, each with a port, or with None for the usual one of http and of https."""

    @classmethod
    def of(cls, text: str) -> Allowed:
        """Return the hosts of a list with commas.

        >>> Allowed.of("query.example.org, [::1]:8080").names
        '[::1]:8080, query.example.org'

        Raises:
            SettingError: an entry is no host.
        """
        return cls(frozenset(_place(entry.strip()) for entry in text.split(",") if entry.strip()))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.places)

    @property
    def names(self) -> str:
        """The hosts, as a person writes them."""
        bare = {(f"[{host}]" if ":" in host else host, port) for host, port in self.places}
        return ", ".join(sorted(host if port is None else f"{host}:{port}" for host, port in bare))

    def address(self, iri: str) -> SplitResult:
        """Return the parts of an address that may be asked.

        >>> Allowed.of("a.example").address("https://a.example/sparql").path
        '/sparql'

        Raises:
            RefusedQueryError: it is not on the list, or no address of HTTP.
        """
        try:
            parts = urlsplit(iri)
            if self._has(parts):
                return parts
        except ValueError:
            pass
        listed = f"it may ask {self.names}" if self else "it asks no other host"
        raise RefusedQueryError(
            f"<{iri}> is not on a host that this service may ask",
            advice=f"{listed}; ask there yourself, and bring in what you get with VALUES or INSERT DATA",
        )

    def _has(self, parts: SplitResult) -> bool:
        host, usual = parts.hostname or "", _PORTS.get(parts.scheme)
        if usual is None or "@" in parts.netloc:
            return False
        port = parts.port or usual
        return (host, port) in self.places or (port == usual and (host, None) in self.places)


def _place(entry: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{entry}")
        if parts.hostname and parts.netloc == entry and "@" not in entry:
            return parts.hostname.lower(), parts.port
    except ValueError:
        pass
    raise SettingError(f"{entry!r} is no host that can be allowed", advice="write host or host:port, commas between")


@dataclass(frozen=True)
class Reply:
    """What a host has sent."""

    address: str
    """Where it was in the end."""
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Asking:
    """Asks the hosts of a list, until a moment on the monotonic clock, for no more than so many bytes in all."""

    allowed: Allowed
    until: float
    seconds: float
    most_bytes: int

    def get(self, iri: str, accept: str) -> Reply:
        """Return what is at an address, wherever on the list it leads to.

        Raises:
            RefusedQueryError: it, or what it leads to, is not on the list.
            HostError: there is no answer, or not the right one.
            OverLimitError: it is too slow or too large.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            reply, onward = self._exchange("GET", iri, {"Accept": accept}, b"")
            if onward is None:
                return reply
            iri = onward
        raise HostError(f"<{iri}> leads from one address to the next")

    def post(self, iri: str, form: bytes, accept: str) -> Reply:
        """Return the answer to a form; an address that leads to another one is an error.

        Raises:
            RefusedQueryError: the host is not on the list.
            HostError: there is no answer, or not the right one.
            OverLimitError: it is too slow or too large.
        """
        headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        reply, onward = self._exchange("POST", iri, headers, form)
        if onward is not None:
            self.allowed.address(onward)
            raise HostError(f"<{iri}> leads elsewhere", advice=f"ask <{onward}>")
        return reply

    def _exchange(self, method: str, iri: str, headers: Mapping[str, str], body: bytes) -> tuple[Reply, str | None]:
        """Return the reply, and where it leads if it leads on."""
        parts = self.allowed.address(iri)
        target = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
        connection = self._connect(parts)
        sent = {"Accept-Encoding": "identity", "User-Agent": f"clustergraph/{__version__}", **headers}
        try:
            connection.request(method, target, body or None, sent)
            response = connection.getresponse()
            if response.status in _REDIRECTS and response.headers.get("Location"):
                return Reply(iri, "", b""), urljoin(iri, response.headers["Location"])
            if response.status != http.client.OK:
                raise HostError(f"<{iri}> answers with status {response.status}")
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise HostError(f"<{iri}> sends something compressed that was not asked for")
            return Reply(iri, response.headers.get_content_type(), self._read(connection, response, iri)), None
        except TimeoutError as error:
            raise self._late() from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise HostError(f"<{iri}> does not answer as a server does ({type(error).__name__})") from error
        finally:
            connection.close()

    def _connect(self, parts: SplitResult) -> http.client.HTTPConnection:
        host, left = parts.hostname or "", self._left()
        if parts.scheme == "https":
            return http.client.HTTPSConnection(host, parts.port, timeout=left, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, parts.port, timeout=left)

    def _read(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse, iri: str) -> bytes:
        content = bytearray()
        while True:
            left = self._left()
            if connection.sock is not None:  # else it has been handed on, and has the time from before
                connection.sock.settimeout(left)
            piece = response.read1(_PIECE)
            if not piece:
                break
            content += piece
            if len(content) > self.most_bytes:
                raise OverLimitError(
                    f"<{iri}> sends more than {self.most_bytes:,} bytes",
                    limit="fetch_bytes",
                    value=self.most_bytes,
                    advice="ask it for less: a narrower pattern or a sub-select with LIMIT inside SERVICE",
                )
        if response.length:
            raise HostError(f"<{iri}> ends its answer too early")
        return bytes(content)

    def _left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise self._late()
        return left

    def _late(self) -> LimitError:
        return OverLimitError(
            f"other hosts took longer than {self.seconds:g} seconds",
            limit="fetch_seconds",
            value=self.seconds,
            advice="ask them for less, or ask them yourself and bring in what they say with VALUES",
        )
