"""One table of formats: media types, file extensions, and the engine's reader or writer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from pyoxigraph import QueryResultsFormat, RdfFormat

Engine = TypeVar("Engine", RdfFormat, QueryResultsFormat)


@dataclass(frozen=True)
class Format(Generic[Engine]):
    """A format of RDF or of query results."""

    name: str
    """The name for ``--format`` and ``format=``."""
    media_type: str
    extensions: tuple[str, ...]
    engine: Engine
    also: tuple[str, ...] = ()
    """Further media types that mean this format, accepted but never sent."""

    @property
    def content_type(self) -> str:
        """The ``Content-Type`` to send.

        >>> RESULT_FORMATS["csv"].content_type
        'text/csv; charset=utf-8'
        """
        textual = self.media_type.startswith("text/")
        return f"{self.media_type}; charset=utf-8" if textual else self.media_type

    def accepts(self, media_type: str) -> bool:
        """Whether the media type means this format."""
        return media_type in (self.media_type, *self.also)


def _table(*formats: Format[Engine]) -> dict[str, Format[Engine]]:
    return {format_.name: format_ for format_ in formats}


RDF_FORMATS: Final = _table(
    Format("turtle", "text/turtle", ("ttl",), RdfFormat.TURTLE, ("application/x-turtle",)),
    Format("ntriples", "application/n-triples", ("nt",), RdfFormat.N_TRIPLES, ("text/plain",)),
    Format("rdfxml", "application/rdf+xml", ("rdf", "owl"), RdfFormat.RDF_XML, ("application/xml",)),
    Format("jsonld", "application/ld+json", ("jsonld",), RdfFormat.JSON_LD, ("application/json",)),
    Format("trig", "application/trig", ("trig",), RdfFormat.TRIG, ("application/x-trig",)),
    Format("nquads", "application/n-quads", ("nq",), RdfFormat.N_QUADS, ("text/x-nquads",)),
)
"""Formats of graphs, the preferred one first."""

RESULT_FORMATS: Final = _table(
    Format(
        "json",
        "application/sparql-results+json",
        ("srj", "json"),
        QueryResultsFormat.JSON,
        ("application/json",),
    ),
    Format("xml", "application/sparql-results+xml", ("srx", "xml"), QueryResultsFormat.XML, ("application/xml",)),
    Format("csv", "text/csv", ("csv",), QueryResultsFormat.CSV),
    Format("tsv", "text/tab-separated-values", ("tsv",), QueryResultsFormat.TSV),
)
"""Formats of SELECT and ASK results, the preferred one first."""


def of_file(path: Path) -> Format[RdfFormat] | None:
    """Return the RDF format of a file by its extension, or None.

    >>> of_file(Path("data/a.trig")).name
    'trig'
    """
    extension = path.suffix.removeprefix(".").lower()
    return next((f for f in RDF_FORMATS.values() if extension in f.extensions), None)


def by_media_type(media_type: str, formats: dict[str, Format[Engine]]) -> Format[Engine] | None:
    """Return the format that a media type means, or None.

    >>> by_media_type("application/json", RESULT_FORMATS).name
    'json'
    """
    bare = media_type.split(";", 1)[0].strip().lower()
    return next((f for f in formats.values() if f.accepts(bare)), None)
