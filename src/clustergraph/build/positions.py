"""Where in the files of a graph a subject or a triple is written.

The engine parses the files but keeps no places; they are read again, only to find them, when one is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from clustergraph.build import cells, jsonld_places, rdfxml_places, turtle_places
from clustergraph.build.blanks import Blanks
from clustergraph.build.place import GraphName, Key, Node, Place, Term
from clustergraph.build.sources import content
from clustergraph.errors import SourceError, Where
from clustergraph.formats import of_file
from clustergraph.terms import VOCABULARIES

__all__ = ["FORMATS", "GraphName", "Index", "Node", "Place", "Term", "places"]

_TURTLE: Final = (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
_TYPE: Final = NamedNode(VOCABULARIES["rdf"] + "type")
FORMATS: Final = (*_TURTLE, RdfFormat.JSON_LD, RdfFormat.RDF_XML)
"""The formats whose places can be found."""


def places(text: str, format_: RdfFormat, base: str = "") -> Iterator[Place]:
    r"""Yield the place of every subject and triple of a well-formed text.

    The triples come in the order in which the engine gives them.

    >>> text = "@prefix e: <http://e.org/> .\ne:a e:p 1 ,\n    e:b ."
    >>> for place in places(text, RdfFormat.TURTLE):
    ...     print(place.line, place.column, place.subject, place.object)
    2 1 <http://e.org/a> None
    2 9 <http://e.org/a> "1"^^<http://www.w3.org/2001/XMLSchema#integer>
    3 5 <http://e.org/a> <http://e.org/b>

    Raises:
        ValueError: the format is not one of `FORMATS`.
        SourceError: the text is not well formed, or uses quoted triples.
    """
    if format_ in _TURTLE:
        return turtle_places.places(text, format_, base)
    if format_ == RdfFormat.JSON_LD:
        return jsonld_places.places(text, base)
    if format_ == RdfFormat.RDF_XML:
        return rdfxml_places.places(text, base)
    raise ValueError(f"places in {format_.name} cannot be found")


@dataclass
class Index:
    """Finds subjects and triples in files; the files are read when the first one is asked for.

    Blank nodes have the names that `clustergraph.build.sources.read` gives them.
    """

    paths: Iterable[Path]
    base: str = ""
    wanted: Set[Node] | None = None
    """The only subjects that will be asked for, if they are known."""

    def find(self, subject: Node, predicate: NamedNode | None = None, object_: Term | None = None) -> Where | None:
        """Return where a triple is written, or else the nearest thing to it that is, or None.

        Without a predicate it is any triple with the object. Nearest is the first triple with the predicate, then the
        subject, then where the subject is named as an object.
        """
        keys = ((subject, predicate, object_), (subject, predicate, None), (subject, None, None))
        found = next((self._places[key] for key in keys if key in self._places), None)
        return found or self._mentions.get(subject)

    def value(self, value: Literal, predicates: Set[NamedNode]) -> Where | None:
        """Return where a literal is first written as the value of one of some properties, or None."""
        for path in self.paths:
            for place in self._read(path, everything=True):
                if place.object == value and place.predicate in predicates:
                    return Where(path, place.line, place.column)
        return None

    @cached_property
    def _places(self) -> dict[Key, Where]:
        found: dict[Key, Where] = {}
        described: dict[Key, Where] = {}
        for path in self.paths:
            imported = cells.read(path)
            latest: tuple[Node, Where] | None = None
            for place in self._read(path):
                if self.wanted is not None and place.subject not in self.wanted:
                    continue
                key = (place.subject, place.predicate, place.object)
                where = imported.get(key) or Where(path, place.line, place.column)
                found.setdefault(key, where)
                found.setdefault((place.subject, place.predicate, None), where)
                found.setdefault((place.subject, None, place.object), where)
                if place.predicate is None:
                    latest = (place.subject, where)
                elif place.predicate == _TYPE and latest and latest[0] == place.subject:
                    # A subject is described where its class is given, and only mentioned elsewhere.
                    described.setdefault((place.subject, None, None), latest[1])
        return found | described

    @cached_property
    def _mentions(self) -> dict[Node, Where]:
        """Where nodes that nothing is said of are named as the object of a triple."""
        found: dict[Node, Where] = {}
        for path in self.paths:
            for place in self._read(path, everything=True):
                node = place.object
                if isinstance(node, NamedNode | BlankNode) and (self.wanted is None or node in self.wanted):
                    found.setdefault(node, Where(path, place.line, place.column))
        return found

    def _read(self, path: Path, *, everything: bool = False) -> Iterator[Place]:
        """Yield the places of a file, as far as they can be told."""
        format_ = of_file(path)
        if format_ is None or format_.engine not in FORMATS:
            return
        text = content(path)
        try:
            if (
                not everything
                and self.wanted is not None
                and not any(isinstance(node, BlankNode) for node in self.wanted)
            ):
                yield from self._wanted(text.decode(), format_.engine, self.wanted)
            else:
                yield from self._named(path, text, format_.engine)
        except (SourceError, UnicodeDecodeError):
            return

    def _wanted(self, text: str, format_: RdfFormat, wanted: Set[Node]) -> Iterator[Place]:
        """Yield the places of some named subjects."""
        found = turtle_places.places(text, format_, self.base, wanted) if format_ in _TURTLE else None
        for place in found or places(text, format_, self.base):
            if place.subject in wanted:
                yield place

    def _named(self, path: Path, text: bytes, format_: RdfFormat) -> Iterator[Place]:
        """Yield all places, with blank nodes named as in the data, or without them if they cannot be told for sure."""
        found = list(places(text.decode(), format_, self.base))
        blanks = Blanks(path)
        ours = [blanks.quad(place.quad()) for place in found if place.predicate]
        certain = not blanks or ours == _as_the_engine_reads(path, text, format_, self.base)
        for place in found:
            named = place._replace(subject=blanks.name(place.subject), object=blanks.name(place.object))
            if certain or (named.subject, named.object) == (place.subject, place.object):
                yield named


def _as_the_engine_reads(path: Path, text: bytes, format_: RdfFormat, base: str) -> list[Quad]:
    blanks = Blanks(path)
    return [blanks.quad(quad) for quad in parse(text, format=format_, base_iri=base or None)]
