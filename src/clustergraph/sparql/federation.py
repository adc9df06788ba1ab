"""Other hosts: which may be asked by queries and updates, how, and what they say in the place of what asks them.

The processes that answer have no network. So ``SERVICE <iri> { P }`` becomes a ``VALUES`` with the rows that the other
endpoint gives for ``SELECT * { P }``, which is what the service clause means; and ``LOAD <iri> INTO GRAPH <g>`` becomes
an ``INSERT DATA`` with the triples that are there. No host can take much of time or memory.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

from pyoxigraph import BlankNode, QueryResultsFormat, QuerySolutions, RdfFormat, Triple, parse
from pyoxigraph import parse_query_results as parse_results

from clustergraph import __version__
from clustergraph.errors import ClustergraphError, OverLimitError, RefusedQueryError
from clustergraph.settings import SettingError
from clustergraph.sparql.parser import tree_of
from clustergraph.sparql.tokens import refused
from clustergraph.sparql.tree import Clause, Node, Operation, Query, Update, outermost, services, text_of, written

MOST: Final = 8
"""How many other addresses one query or update may ask."""
_PORTS: Final = {"http": 80, "https": 443}
_SAFE: Final = "%/?:@!$&'()*+,;=~"
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_PIECE: Final = 1 << 16
_RESULTS: Final = "application/sparql-results+json, application/sparql-results+xml;q=0.9"
_GRAPHS: Final = "text/turtle, application/n-triples, application/rdf+xml, application/ld+json"


class HostError(ClustergraphError):
    """Another host did not answer, or not as it should."""


@dataclass(frozen=True)
class Allowed:
    """The hosts that may be asked."""

    places: frozenset[tuple[str, int | None]]
    """Names in lower case, each with a port, or with None for the usual one."""

    @classmethod
    def of(cls, text: str) -> Allowed:
        """Return the hosts of a list with commas; `SettingError` if an entry is none.

        >>> Allowed.of("query.example.org, [::1]:8080").names
        '[::1]:8080, query.example.org'
        """
        return cls(frozenset(_place(entry.strip()) for entry in text.split(",") if entry.strip()))

    def __bool__(self) -> bool:
        return bool(self.places)

    @property
    def names(self) -> str:
        """The hosts, as a person writes them."""
        bare = {(f"[{host}]" if ":" in host else host, port) for host, port in self.places}
        return ", ".join(sorted(host if port is None else f"{host}:{port}" for host, port in bare))

    def address(self, iri: str) -> SplitResult:
        """Return the parts of an address; `RefusedQueryError` if it is not on the list, or no address of HTTP."""
        try:
            parts = urlsplit(iri)
            usual, port = _PORTS.get(parts.scheme), parts.port
        except ValueError:
            usual = None
        if usual and "@" not in parts.netloc:
            host = parts.hostname or ""
            if (host, port or usual) in self.places or (port in (None, usual) and (host, None) in self.places):
                return parts
        listed = f"it may ask {self.names}" if self else "it asks no other host"
        raise RefusedQueryError(
            f"<{iri}> is not on a host that this service may ask",
            advice=f"{listed}; ask there yourself, and bring in what you get with VALUES or INSERT DATA",
        )


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
    """Asks the hosts of a list, until a moment on the monotonic clock, for no more than so many bytes each."""

    allowed: Allowed
    until: float
    seconds: float
    most_bytes: int

    def fetch(self, iri: str, accept: str, form: bytes = b"") -> Reply:
        """Return what is at an address, wherever on the list it leads to, or its own answer to a form."""
        headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": f"clustergraph/{__version__}"}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        for _ in range(_MOST_REDIRECTS + 1):
            found = self._exchange(iri, headers, form)
            if isinstance(found, Reply):
                return found
            self.allowed.address(found)
            if form:
                raise HostError(f"<{iri}> leads elsewhere", advice=f"ask <{found}>")
            iri = found
        raise HostError(f"<{iri}> leads from one address to the next")

    def _exchange(self, iri: str, headers: Mapping[str, str], form: bytes) -> Reply | str:
        """Return the reply, or the address that it leads to."""
        parts, left = self.allowed.address(iri), self._left()
        target = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection: http.client.HTTPConnection = kind(parts.hostname or "", parts.port, timeout=left)
        try:
            connection.request("POST" if form else "GET", target, form or None, headers)
            response = connection.getresponse()
            if response.status in _REDIRECTS and response.headers.get("Location"):
                return urljoin(iri, str(response.headers["Location"]))
            if response.status != http.client.OK:
                raise HostError(f"<{iri}> answers with status {response.status}")
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise HostError(f"<{iri}> sends something compressed that was not asked for")
            return Reply(iri, response.headers.get_content_type(), self._read(connection, response, iri))
        except TimeoutError as error:
            raise self._late() from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise HostError(f"<{iri}> does not answer as a server does ({type(error).__name__})") from error
        finally:
            connection.close()

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

    def _late(self) -> OverLimitError:
        return OverLimitError(
            f"other hosts took longer than {self.seconds:g} seconds",
            limit="fetch_seconds",
            value=self.seconds,
            advice="ask them for less, or ask them yourself and bring in what they say with VALUES",
        )


@dataclass(frozen=True)
class Call(Node):
    """A part of a query or update that asks another host."""

    iri: str
    silent: bool
    pattern: str = ""
    """The group of a SERVICE without its braces, with whole IRIs."""
    graph: str = ""
    """Where LOAD loads into, as it is written."""

    def blank(self, whole: str) -> str:
        """Return what is as long as the text of the call and asks nobody."""
        if self.graph:
            return f"CREATE SILENT GRAPH {self.graph}".rjust(len(whole))
        return whole[whole.index("{") :].rjust(len(whole))

    def answer(self, asking: Asking) -> str:
        """Return what the host says, as SPARQL."""
        try:
            if self.graph:
                reply = asking.fetch(self.iri, _GRAPHS)
                return f"INSERT DATA {{ GRAPH {self.graph} {{\n{_triples(reply)}}} }}"
            form = urlencode({"query": f"SELECT * WHERE {{{self.pattern}}}"})
            return _values(asking.fetch(self.iri, _RESULTS, form.encode()))
        except (HostError, OverLimitError) as error:
            if not self.silent or getattr(error, "limit", "") == "fetch_bytes":
                raise
            if self.graph:
                return "INSERT DATA {}"
            # One row that binds nothing, and the variables of the pattern are known all the same.
            return f"{{ OPTIONAL {{ {{{self.pattern}}} FILTER(false) }} }}"


@dataclass(frozen=True)
class Calls:
    """What a query or update asks of other hosts."""

    text: str
    found: tuple[Call, ...]

    @classmethod
    def of(cls, text: str) -> Calls:
        """Return the calls of a text, which are refused if they are not plain, or too many; none is inside another."""
        tree = tree_of(text)
        found = [_service(tree, clause) for clause in outermost(services(tree))]
        found += [_load(text, each) for each in getattr(tree, "operations", ()) if each.word == "LOAD"]
        if len(found) > MOST:
            raise OverLimitError(
                f"{len(found)} other addresses are asked, and {MOST} are allowed",
                limit="fetches in one query",
                value=MOST,
                advice="ask fewer, or one after the other",
            )
        return cls(text, tuple(sorted(found, key=lambda call: call.start)))

    def blank(self) -> str:
        """Return a text of the same length and grammar that asks nobody, to see whether it is well formed."""
        return written(self.text, self.found, lambda call: call.blank(self.text[call.start : call.end]))

    def filled(self, asking: Asking) -> str:
        """Return the text with what the hosts say; hosts of calls that are silent may fail."""
        for call in self.found:
            asking.allowed.address(call.iri)
        return written(self.text, self.found, lambda call: call.answer(asking))


def _service(tree: Query | Update, clause: Clause) -> Call:
    if clause.name is None or clause.name.kind != "iri":
        raise refused(tree.text, clause.start, "SERVICE is refused", "name one address, not a variable")
    if tree.text[clause.start + len("SERVICE")].isalpha():
        raise refused(tree.text, clause.start, "SERVICE is refused", "put a space behind SERVICE")
    return Call(clause.start, clause.end, clause.name.value, clause.silent, text_of(tree, clause.group))


def _load(text: str, operation: Operation) -> Call:
    if len(operation.names) != 2:
        raise refused(text, operation.start, "LOAD is refused", "say which graph it is for: LOAD <…> INTO GRAPH <…>")
    address, graph = operation.names
    return Call(operation.start, operation.end, address.value, operation.silent, graph=text[graph.start : graph.end])


def _values(reply: Reply) -> str:
    """Return the rows of a result as a group of SPARQL."""
    format_ = QueryResultsFormat.from_media_type(reply.media_type)
    if format_ is None:
        raise HostError(f"<{reply.address}> answers with {reply.media_type}, which is no table")
    try:
        solutions = parse_results(reply.content, format_)
        if not isinstance(solutions, QuerySolutions):
            raise HostError(f"<{reply.address}> answers with yes or no, and not with a table")
        names = [variable.value for variable in solutions.variables]
        rows = [" ".join(_term(term, reply) for term in row) for row in solutions]
    except (SyntaxError, ValueError) as error:
        raise HostError(f"<{reply.address}> sends a table that cannot be read ({error})") from error
    lines = "".join(f"({row})\n" for row in rows)
    return f"{{ VALUES ({' '.join(f'?{name}' for name in names)}) {{\n{lines}}} }}"


def _term(term: object, reply: Reply) -> str:
    if isinstance(term, BlankNode | Triple):
        message = f"<{reply.address}> sends a blank node or a triple, which has no name here"
        raise HostError(message, advice="ask for other variables")
    return "UNDEF" if term is None else str(term)


def _triples(reply: Reply) -> str:
    """Return the triples of a file, one in a line."""
    format_ = RdfFormat.from_media_type(reply.media_type)
    if format_ is None or (format_.supports_datasets and format_ != RdfFormat.JSON_LD):
        raise HostError(f"<{reply.address}> sends {reply.media_type}, which is no graph")
    try:
        quads = parse(reply.content, format=format_, base_iri=reply.address, rename_blank_nodes=True)
        return "".join(f"{quad.triple} .\n" for quad in quads)
    except (SyntaxError, ValueError) as error:
        raise HostError(f"<{reply.address}> sends a graph that cannot be read ({error})") from error
