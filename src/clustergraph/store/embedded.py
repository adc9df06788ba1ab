"""A release on this machine, opened read-only, and the process that answers queries from it."""

from __future__ import annotations

import io
import json
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from pyoxigraph import BlankNode, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store, serialize

from clustergraph.errors import QueryError, ReleaseError
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS
from clustergraph.store import Request, ResultTooLargeError
from clustergraph.store.syntax import explain
from clustergraph.terms import PREFIXES

try:
    import resource
except ImportError:  # Windows has no such limits; there only the deadline holds.
    resource = None  # type: ignore[assignment]  # the module is optional

CURRENT: Final = "current"


@dataclass(frozen=True)
class Release:
    """What the manifest of a release says."""

    path: Path
    digest: str
    created: str
    version: str
    quads: int
    triples: int
    graphs: tuple[str, ...]
    classes: Mapping[str, int]

    @classmethod
    def read(cls, path: Path) -> Release:
        """Return the release in a directory.

        Raises:
            ReleaseError: there is none, or its manifest cannot be read.
        """
        try:
            manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
            return cls(
                path=path,
                digest=str(manifest["digest"]),
                created=str(manifest["created"]),
                version=str(manifest["version"]),
                quads=int(manifest["quads"]),
                triples=int(manifest["triples"]),
                graphs=tuple(manifest["graphs"]),
                classes=dict(manifest["classes"]),
            )
        except FileNotFoundError as error:
            raise ReleaseError(f"there is no release in {path}", advice="run: clustergraph build") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ReleaseError(
                f"the manifest of {path} cannot be read ({error!r})", advice="run: clustergraph build"
            ) from error

    @classmethod
    def current(cls, root: Path) -> Release:
        """Return the release that a data root says is current.

        Raises:
            ReleaseError: there is none.
        """
        return cls.read((root / CURRENT).resolve())


class Embedded:
    """A release that is queried in this process."""

    def __init__(self, path: Path) -> None:
        """Open the store of the release in a directory.

        Raises:
            ReleaseError: it cannot be opened.
        """
        try:
            self._store = Store.read_only(str(path / "store"))
        except OSError as error:
            raise ReleaseError(f"the store of {path} cannot be opened ({error})") from error

    def answer(self, request: Request) -> bytes:
        """Return the whole answer, serialised by the engine.

        Raises:
            QueryError: the query is malformed, or the format does not fit its form.
            ResultTooLargeError: the answer is larger than the request allows.
        """
        default = _nodes(request.default_graphs)
        try:
            results = self._store.query(
                request.query,
                prefixes=PREFIXES,
                default_graph=None if default is None else [*default],
                named_graphs=_nodes(request.named_graphs),
            )
        except SyntaxError as error:
            raise explain(request.query, str(error)) from error
        sink = _Sink(request.max_bytes)
        if isinstance(results, QueryTriples):
            _write_triples(results, request.format, sink)
            return sink.content if request.format not in _WITH_PREFIXES else used_prefixes(sink.content)
        _write_rows(results, request.format, sink)
        return sink.content


_WITH_PREFIXES: Final = ("turtle", "trig")


def _nodes(iris: tuple[str, ...] | None) -> list[NamedNode | BlankNode] | None:
    # The engine counts a triple once for each time its graph is given.
    return None if iris is None else [NamedNode(iri) for iri in dict.fromkeys(iris)]


def _write_triples(results: QueryTriples, format_: str, sink: IO[bytes]) -> None:
    if format_ not in RDF_FORMATS:
        raise QueryError(
            f"{format_} cannot hold the triples of a CONSTRUCT or DESCRIBE",
            advice=f"ask for one of: {', '.join(RDF_FORMATS)}",
        )
    prefixes = PREFIXES if format_ in _WITH_PREFIXES else None
    serialize(results, sink, RDF_FORMATS[format_].engine, prefixes=prefixes)


def _write_rows(results: QuerySolutions | QueryBoolean, format_: str, sink: IO[bytes]) -> None:
    if format_ not in RESULT_FORMATS:
        raise QueryError(
            f"{format_} cannot hold the answer of a SELECT or ASK",
            advice=f"ask for one of: {', '.join(RESULT_FORMATS)}",
        )
    results.serialize(sink, RESULT_FORMATS[format_].engine)


def used_prefixes(text: bytes) -> bytes:
    r"""Return a Turtle or TriG text without the leading prefix lines that nothing uses.

    >>> used_prefixes(b"@prefix a: <x:a> .\n@prefix b: <x:b> .\na:s a:p 1 .\n")
    b'@prefix a: <x:a> .\na:s a:p 1 .\n'
    """
    lines = []
    while text.startswith(b"@prefix "):
        line, _, text = text.partition(b"\n")
        if re.search(rb"(?<!\w)" + re.escape(line.split(b" ", 2)[1]), text):
            lines.append(line + b"\n")
    return b"".join([*lines, text])


class _Sink(io.BytesIO):
    """Takes no more than so many bytes."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self._max_bytes = max_bytes

    def write(self, chunk: bytes, /) -> int:  # type: ignore[override]  # the engine writes nothing but bytes
        if self.tell() + len(chunk) > self._max_bytes:
            raise ResultTooLargeError(self._max_bytes)
        return super().write(chunk)

    @property
    def content(self) -> bytes:
        return self.getvalue()


@dataclass(frozen=True)
class Task:
    """A request to a worker process: one line of JSON."""

    release: str
    """The path of the release."""
    request: Request
    seconds: float
    """After this long the process ends itself, should nobody else have ended it."""
    memory_bytes: int
    """How much memory the process may take beyond what it holds when the store is open."""

    def line(self) -> bytes:
        """Return the task as it is sent."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Task:
        """Return the task that a line holds."""
        fields = json.loads(line)
        request = fields.pop("request")
        for name in ("default_graphs", "named_graphs"):
            request[name] = None if request[name] is None else tuple(request[name])
        return cls(request=Request(**request), **fields)


def work(tasks: IO[bytes], replies: IO[bytes]) -> None:
    """Answer tasks until there are no more; a reply is a line of JSON, and the bytes that it announces."""
    opened: tuple[str, Embedded] | None = None
    for line in tasks:
        task = Task.read(line)
        _alarm(task.seconds)
        content = b""
        try:
            if opened is None or opened[0] != task.release:
                opened = None
                with _files_allowed():
                    opened = (task.release, Embedded(Path(task.release)))
                    _limit_memory(task.memory_bytes)
            content = opened[1].answer(task.request)
            reply = {"outcome": "answer"}
        except ResultTooLargeError:
            reply = {"outcome": "result_bytes"}
        except MemoryError:
            reply = {"outcome": "memory"}
        except QueryError as error:
            # The engine's own words: whoever asked has the query, and can explain them again.
            reply = {"outcome": "query", "message": str(error.__cause__ or error)}
        except (ReleaseError, OSError, ValueError) as error:
            reply = {"outcome": "failure", "message": str(error)}
        replies.write(json.dumps({**reply, "length": len(content)}).encode() + b"\n")
        replies.write(content)
        replies.flush()
        _alarm(0)


_FILES: Final = 4096
"""More open files than the store of a release needs."""


def _alarm(seconds: float) -> None:
    """End the process after so many seconds, also inside the engine; 0 calls it off."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def _files_allowed() -> Iterator[None]:
    """Allow files to be opened only inside; after that the process can open no file and no connection."""
    if resource is None:
        yield
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))


def _limit_memory(extra_bytes: int) -> None:
    """Limit the memory that the process may write to, counted from what it has now.

    The limit is on data and not on address space, since the engine reserves far more addresses than it uses.
    """
    try:
        status = Path("/proc/self/status").read_bytes()
    except OSError:  # not Linux; there only the deadline holds
        return
    now = next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith(b"VmData"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (now + extra_bytes, hard))


def serve() -> None:
    """Be a worker process: tasks from standard input, replies to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work(sys.stdin.buffer, sys.stdout.buffer)
