"""A release on this machine: its manifest, and its store, opened read-only or held in memory."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pyoxigraph import QueryBoolean, QuerySolutions, QueryTriples, RdfFormat, Store, serialize

from clustergraph.errors import QueryError, ReleaseError
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS
from clustergraph.store import Request, ResultTooLargeError
from clustergraph.store.dataset import Dataset, Merger
from clustergraph.store.rewrite import rewrite
from clustergraph.store.syntax import explain
from clustergraph.terms import PREFIXES

CURRENT: Final = "current"
OPENED: Final = 16
"""How many files of a store the engine opens at once; it opens others when it needs them."""
SMALL: Final = 1 << 17
"""An answer of so many bytes is handed over as it is; a larger one in a file."""


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

    def __init__(self, path: Path, store: Store | None = None) -> None:
        """Open the store of the release in a directory, or take another one that holds the same.

        Raises:
            ReleaseError: it cannot be opened.
        """
        try:
            self._store = Store.read_only(str(path / "store")) if store is None else store
        except OSError as error:
            raise ReleaseError(f"the store of {path} cannot be opened ({error})") from error
        self.path = path
        self.opens_files_later = store is None and sum(1 for _ in (path / "store").glob("*.sst")) > OPENED
        """Whether the store is on disk, in more files than the engine opens at once."""
        self._merger = Merger(self._store)

    @classmethod
    def in_memory(cls, path: Path) -> Embedded:
        """Load the release in a directory: more memory, and queries over much of it are several times faster.

        Raises:
            ReleaseError: its dump is missing or does not hold what the manifest says.
        """
        release, store = Release.read(path), Store()
        try:
            store.bulk_load(path=path / "dump.nq", format=RdfFormat.N_QUADS)
        except (OSError, SyntaxError) as error:
            raise ReleaseError(f"the dump of {path} cannot be read ({error})") from error
        store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
        if len(store) != release.quads + release.triples:
            raise ReleaseError(f"the dump of {path} is not what its manifest says")
        return cls(path, store)

    def answer(self, request: Request) -> bytes:
        """Return the whole answer, serialised by the engine.

        Raises:
            QueryError: the query is malformed, or the format does not fit its form.
            ResultTooLargeError: the answer is larger than the request allows.
        """
        return self.write(request).content

    def write(self, request: Request, spool: IO[bytes] | None = None) -> Sink:
        """Return the whole answer, which is in the spool if there is one and the answer is large.

        Raises:
            QueryError: the query is malformed, or the format does not fit its form.
            ResultTooLargeError: the answer is larger than the request allows.
        """
        results = self._results(request)
        sink = Sink(request.max_bytes, spool)
        if isinstance(results, QueryTriples):
            _write_triples(results, request.format, sink)
        else:
            _write_rows(results, request.format, sink)
        return sink

    def _results(self, request: Request) -> QueryTriples | QuerySolutions | QueryBoolean:
        dataset = _dataset(request)
        store, default, named = (self._store, None, None) if dataset is None else self._merger.over(dataset)
        prefixes = {prefix: space for prefix, space in PREFIXES.items() if f"{prefix}:" in request.query}
        text = rewrite(request.query)
        while True:
            try:
                return store.query(text, prefixes=prefixes, default_graph=default, named_graphs=named)
            except SyntaxError as error:
                if text == request.query:
                    raise explain(request.query, str(error)) from error
                text = request.query  # An error is shown in the query as it was asked.
            except RuntimeError as error:
                if "custom function" not in str(error):
                    raise
                advice = "use the functions of SPARQL 1.1 and the casts to types of XSD"
                raise QueryError(str(error)[:300], advice=advice) from error


_WITH_PREFIXES: Final = ("turtle", "trig")


def _dataset(request: Request) -> Dataset | None:
    """Return the dataset of the request, which replaces that of the query; None for the whole store."""
    if request.default_graphs is None and request.named_graphs is None:
        return Dataset.of(request.query)
    return Dataset(request.default_graphs or (), request.named_graphs or ())


def _write_triples(results: QueryTriples, format_: str, sink: Sink) -> None:
    if format_ not in RDF_FORMATS:
        raise QueryError(
            f"{format_} cannot hold the triples of a CONSTRUCT or DESCRIBE",
            advice=f"ask for one of: {', '.join(RDF_FORMATS)}",
        )
    prefixes = PREFIXES if format_ in _WITH_PREFIXES else None
    serialize(results, sink, RDF_FORMATS[format_].engine, prefixes=prefixes)
    if prefixes and not sink.spooled:
        sink.content = used_prefixes(sink.content)


def _write_rows(results: QuerySolutions | QueryBoolean, format_: str, sink: Sink) -> None:
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


class Sink(io.BytesIO):
    """Takes an answer of no more than so many bytes; a large one goes to the spool."""

    def __init__(self, max_bytes: int, spool: IO[bytes] | None = None) -> None:
        """Start empty."""
        super().__init__()
        self._max_bytes = max_bytes
        self._spool = spool
        self._kept = bytearray()
        self.length = 0

    @property
    def spooled(self) -> bool:
        """Whether the answer is in the spool."""
        return self.length > len(self._kept)

    @property
    def content(self) -> bytes:
        """The answer, if it is not in the spool."""
        return bytes(self._kept)

    @content.setter
    def content(self, content: bytes) -> None:
        self._kept = bytearray(content)
        self.length = len(content)

    def write(self, chunk: bytes, /) -> int:  # type: ignore[override]  # the engine writes nothing but bytes
        """Take a piece.

        Raises:
            ResultTooLargeError: that is too much.
        """
        self.length += len(chunk)
        if self.length > self._max_bytes:
            raise ResultTooLargeError(self._max_bytes)
        if self._spool is None or self.length <= SMALL:
            self._kept += chunk
        else:
            if self._kept:
                self._spool.write(self._kept)
                self._kept.clear()
            self._spool.write(chunk)
        return len(chunk)
