"""The tables of formats: media types, file extensions, and the engine's reader or writer."""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
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


def _table(*formats: Format[Engine]) -> dict[str, Format[Engine]]:
    return {format_.name: format_ for format_ in formats}


PACKED: Final = ".nq.gz"
"""The extension of N-Quads that are compressed with gzip."""

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
    Format("json", "application/sparql-results+json", ("srj", "json"), QueryResultsFormat.JSON, ("application/json",)),
    Format("xml", "application/sparql-results+xml", ("srx", "xml"), QueryResultsFormat.XML, ("application/xml",)),
    Format("csv", "text/csv", ("csv",), QueryResultsFormat.CSV),
    Format("tsv", "text/tab-separated-values", ("tsv",), QueryResultsFormat.TSV),
)
"""Formats of SELECT and ASK results, the preferred one first."""

TABLE_FORMATS: Final = {"arrow": "application/vnd.apache.arrow.stream", "parquet": "application/vnd.apache.parquet"}
"""The media types of the formats of SELECT and ASK results that pyarrow writes."""


def table_formats() -> dict[str, str]:
    """Return those of `TABLE_FORMATS` that can be written here."""
    return TABLE_FORMATS if find_spec("pyarrow") else {}


@dataclass(frozen=True)
class AnswerFormat:
    """A format of the answer to a question; its name is the extension of its files."""

    name: str
    media_types: tuple[str, ...]
    """Its own first, then others that mean it."""
    title: str
    """What people call it."""
    of: str = "rows"
    """What an answer needs for it: rows; a picture, places or ties."""
    needs: tuple[str, ...] = ()
    """Modules that need not be there."""

    @property
    def binary(self) -> bool:
        """Whether it is no text."""
        return self.name in ("xlsx", "parquet", "png")


_ANSWER_FORMATS: Final = (
    AnswerFormat("json", ("application/json",), "JSON"),
    AnswerFormat("csv", ("text/csv",), "CSV"),
    AnswerFormat("xlsx", ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",), "Excel"),
    AnswerFormat("tsv", ("text/tab-separated-values",), "TSV"),
    AnswerFormat("xml", ("application/sparql-results+xml", "application/xml"), "XML"),
    AnswerFormat("md", ("text/markdown",), "Markdown"),
    AnswerFormat("parquet", ("application/vnd.apache.parquet",), "Parquet", needs=("pyarrow",)),
    AnswerFormat("geojson", ("application/geo+json",), "GeoJSON", "places"),
    AnswerFormat("graphml", ("application/graphml+xml",), "GraphML", "ties"),
    AnswerFormat("svg", ("image/svg+xml",), "SVG", "picture"),
    AnswerFormat("png", ("image/png",), "PNG", "picture", ("resvg_py", "fontpkg_noto_sans")),
    AnswerFormat("rq", ("application/sparql-query",), "SPARQL"),
)


@cache
def answer_formats() -> dict[str, AnswerFormat]:
    """Return the formats of answers that can be written here, the preferred one first."""
    return {each.name: each for each in _ANSWER_FORMATS if all(map(find_spec, each.needs))}


def missing_for(name: str) -> str:
    """Return what to install for a format of answers that cannot be written here; nothing where that is not why.

    >>> missing_for("csv"), missing_for("pdf")
    ('', '')
    """
    lacking = {each.name for each in _ANSWER_FORMATS} - answer_formats().keys()
    return f"'clustergraph[{name}]'" if name in lacking else ""


def of_file(path: Path) -> Format[RdfFormat] | None:
    """Return the RDF format of a file by its extension, or None; of packed files only N-Quads are known.

    >>> of_file(Path("data/a.trig")).name, of_file(Path("data/imports/a.nq.gz")).name, of_file(Path("a.ttl.gz"))
    ('trig', 'nquads', None)
    """
    name = path.name.lower()
    extension = "nq" if name.endswith(PACKED) else path.suffix.removeprefix(".").lower()
    return next((f for f in RDF_FORMATS.values() if extension in f.extensions), None)
