"""The store of a release on this machine, opened read-only or held in memory."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    parse_query_results,
    serialize,
)

from clustergraph.columns.answering import answer, encoded_columns, plan
from clustergraph.columns.index import Columns
from clustergraph.columns.solutions import Uncovered
from clustergraph.engine import arrow
from clustergraph.engine.arrow import EncodedColumn, encoded
from clustergraph.errors import ClustergraphError, QueryError, ReleaseError, ResultTooLargeError
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS, TABLE_FORMATS, Engine, Format
from clustergraph.rdf import xml
from clustergraph.sparql.exists import rewrite
from clustergraph.sparql.filters import simplified
from clustergraph.sparql.parser import explain, query_of
from clustergraph.sparql.tree import Dataset, Query
from clustergraph.spreadsheet import guarded_csv
from clustergraph.terms import HOME, PREFIXES

T = TypeVar("T")
_Default = list[NamedNode | BlankNode | DefaultGraph]
_Named = list[NamedNode | BlankNode]
XML_FORMATS: Final = ("rdfxml", "xml")
"""The names of the formats that cannot hold every answer."""
_OF_GRAPHS: Final = f"ask for one of: {', '.join(RDF_FORMATS)}"
_WITH_PREFIXES: Final = ("turtle", "trig")
_LOG: Final = logging.getLogger(__name__)
_NOTHING: Final = Store()
_SMALL: Final = 1 << 17
"""From a graph of so many bytes the prefixes that nothing uses are taken out."""


@dataclass(frozen=True)
class Request:
    """A query, and how its answer is wanted."""

    query: str
    format: str
    """The name of one of the `clustergraph.formats` that fits the form of the query."""
    dataset: Dataset | None = None
    """The graphs that are asked; None for what the query or the release says."""
    max_bytes: int = 50_000_000
    """The largest answer to give, in bytes."""
    base: str | None = None
    """What relative IRIs are relative to, if no BASE says so: an endpoint has its address, a project its base."""


class Embedded:
    """A release that is queried in this process."""

    def __init__(self, path: Path, store: Store | None = None, columns: Columns | None = None) -> None:
        """Open the store of the release in a directory, or take another one that holds the same.

        Columns, which must hold the same too, answer what they know to answer; see `clustergraph.columns`.

        Raises:
            ReleaseError: it cannot be opened.
        """
        try:
            self.store = Store.read_only(str(path / "store")) if store is None else store
        except OSError as error:
            message = f"the store of {path} cannot be opened ({error})"
            raise ReleaseError(message, advice="run: clustergraph build") from error
        self.path = path
        self.columns = columns
        self._every: frozenset[str] | None = None
        self._merged: tuple[Dataset, Store] | None = None

    @classmethod
    def in_memory(cls, path: Path, dump: Path | None = None, columns: Columns | None = None) -> Embedded:
        """Load the release in a directory: more memory, and queries over much of it are several times faster.

        A dump, which holds its statements as N-Quads, is loaded sooner than its store.

        Raises:
            ReleaseError: it cannot be read, or the dump does not hold what the store does.
        """
        try:
            disk, store = Store.read_only(str(path / "store")), Store()
            if dump is None:
                store.bulk_extend(disk)
            else:
                store.bulk_load(path=dump, format=RdfFormat.N_QUADS)
                store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
        except (OSError, SyntaxError) as error:
            raise ReleaseError(f"{path} cannot be loaded ({error})") from error
        if len(store) != len(disk):
            raise ReleaseError(f"the dump of {path} is not what its store holds")
        return cls(path, store, columns)

    def answer(self, request: Request) -> bytes:
        """Return the whole answer, serialised by the engine.

        Raises:
            QueryError: the query is malformed, or the format does not fit its form.
            ResultTooLargeError: the answer is larger than the request allows.
            XmlError: it is wanted in XML, which cannot hold it.
            ReleaseError: the store could not be read.
        """
        sink, name = _Sink(request.max_bytes), request.format
        prefixes = PREFIXES if name in _WITH_PREFIXES else None
        try:
            if name in TABLE_FORMATS:
                sink.write(arrow.written(name, self._encoded(request)))
                return sink.getvalue()
            if name == "json" and (found := self._from_columns(request.query, request.dataset, request.base)):
                sink.write(found)
                return found
            results = self.query(request.query, request.dataset, request.base)
            if isinstance(results, QueryTriples):
                what = "the triples of a CONSTRUCT or DESCRIBE"
                serialize(results, sink, _fitting(name, RDF_FORMATS, what).engine, prefixes=prefixes)
            else:
                what = "the answer of a SELECT or ASK"
                results.serialize(sink, _fitting(name, RESULT_FORMATS, what).engine)
        except OSError as error:
            raise ReleaseError(f"the release could not be read ({error})", advice="try again") from error
        text = sink.getvalue()
        if name in XML_FORMATS:
            xml.check(text)
        if name == "csv":
            return guarded_csv(text)
        return used_prefixes(text) if prefixes and len(text) <= _SMALL else text

    def query(
        self, query: str, dataset: Dataset | None = None, base: str | None = None
    ) -> QueryTriples | QuerySolutions | QueryBoolean:
        """Return what a query gives; every query of every door is run here.

        The prefixes of `clustergraph.terms` need not be declared, a triple that several graphs of the dataset have
        counts once, and `clustergraph.sparql.filters` and `exists` have put the query in the way that the engine
        answers fastest.
        A dataset replaces the one that the query itself describes; a base does not.

        Raises:
            QueryError: the query is malformed, or calls a function that there is not.
        """
        if found := self._from_columns(query, dataset, base):
            return parse_query_results(found, format=QueryResultsFormat.JSON)
        base = HOME.base if base is None else base
        if dataset is None and "from" in query.lower():
            dataset = query_of(query, base).dataset
        store, default, named = self._over(dataset)
        prefixes = {prefix: space for prefix, space in PREFIXES.items() if f"{prefix}:" in query}
        text = rewrite(simplified(query))
        while True:
            try:
                return store.query(text, base_iri=base, prefixes=prefixes, default_graph=default, named_graphs=named)
            except SyntaxError as error:
                if text == query:
                    raise explain(query, str(error)) from error
                text = query  # An error is shown in the query as it was asked.
            except RuntimeError as error:
                if "custom function" not in str(error):
                    raise
                advice = "use the functions of SPARQL 1.1 and the casts to types of XSD"
                raise QueryError(str(error)[:300], advice=advice) from error

    def _encoded(self, request: Request) -> Mapping[str, EncodedColumn]:
        """Return the columns of the answer to a SELECT or ASK."""
        if found := self._by_columns(encoded_columns, request.query, request.dataset, request.base):
            return {name: EncodedColumn(*column) for name, column in found.items()}
        results = self.query(request.query, request.dataset, request.base)
        if isinstance(results, QueryTriples):
            raise QueryError(f"{request.format} cannot hold the triples of a CONSTRUCT or DESCRIBE", advice=_OF_GRAPHS)
        return encoded(results)

    def _from_columns(self, query: str, dataset: Dataset | None, base: str | None) -> bytes | None:
        """Return the answer of the columns, as JSON; None where the store is to answer."""
        return self._by_columns(answer, query, dataset, base)

    def _by_columns(
        self, make: Callable[[Columns, Query], T], query: str, dataset: Dataset | None, base: str | None
    ) -> T | None:
        """Return what is made of a query with the columns; None where the store is to answer."""
        if self.columns is None or dataset is not None:
            return None
        base = HOME.base if base is None else base
        text = simplified(query)
        try:
            found = make(self.columns, query_of(text, base))
            _NOTHING.query(text, base_iri=base, prefixes=PREFIXES)  # What is malformed only the engine knows.
        except (Uncovered, MemoryError, ClustergraphError, SyntaxError, RuntimeError):
            return None
        except Exception:  # noqa: BLE001 - the store answers, and the log has all of it
            _LOG.exception("the columns are switched off: a query was not answered from them")
            self.columns = None
            return None
        return found

    def plan(self, query: str) -> list[str]:
        """Return in words which side answers a query and why: columns, with each step that they take, or the store.

        Raises:
            QueryError: the query is malformed.
        """
        tree = query_of(simplified(query), HOME.base)
        reason = "the release has no columns, or they are switched off"
        if self.columns is not None:
            try:
                steps = plan(self.columns, tree)
            except (Uncovered, MemoryError) as refused:
                reason = f"the columns leave to it: {str(refused) or 'what takes too much memory'}"
            else:
                return ["answered from columns", *(f"{n}. {step}" for n, step in enumerate(steps, 1))]
        return [f"answered by the store: {reason}"]

    def _over(self, dataset: Dataset | None) -> tuple[Store, _Default | None, _Named | None]:
        """Return a store, and the default and named graphs of it that make up a dataset.

        A triple that several graphs have counts once, as it must in a default graph; the engine counts it once for
        each graph. So where a default graph has several, they are copied into one, in memory; the copy that was made
        last is kept for the next query.
        """
        if dataset is None:
            return self.store, None, None
        named: _Named = [NamedNode(iri) for iri in dict.fromkeys(dataset.named)]
        defaults = tuple(dict.fromkeys(dataset.default))
        if len(defaults) < 2:
            return self.store, [NamedNode(iri) for iri in defaults], named
        if self._every is None:
            self._every = frozenset(graph.value for graph in self.store.named_graphs())
        if self._every <= set(defaults):
            return self.store, [DefaultGraph()], named
        key = Dataset(tuple(sorted(defaults)), tuple(sorted(set(dataset.named))))
        if self._merged is None or self._merged[0] != key:
            self._merged = None  # the old copy makes room for the new one
            self._merged = (key, self._copy(key))
        return self._merged[1], [DefaultGraph()], named

    def _copy(self, dataset: Dataset) -> Store:
        copy = Store()
        for iri in dataset.default:
            found = self.store.quads_for_pattern(None, None, None, NamedNode(iri))
            copy.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in found)
        for iri in dataset.named:
            copy.add_graph(NamedNode(iri))
            copy.extend(self.store.quads_for_pattern(None, None, None, NamedNode(iri)))
        return copy


def _fitting(name: str, formats: dict[str, Format[Engine]], what: str) -> Format[Engine]:
    if name not in formats:
        raise QueryError(f"{name} cannot hold {what}", advice=f"ask for one of: {', '.join(formats)}")
    return formats[name]


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
    """Takes an answer of no more than so many bytes."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self._max_bytes = max_bytes

    def write(self, chunk: Any, /) -> int:  # noqa: ANN401 - as in the base class
        if self.tell() + len(chunk) > self._max_bytes:
            raise ResultTooLargeError(self._max_bytes)
        return super().write(chunk)
