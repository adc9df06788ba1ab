"""Where subjects and triples are written in RDF/XML: at the start of the element that says them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Quad, RdfFormat

from clustergraph.build.place import Place
from clustergraph.build.trace import placed, trace
from clustergraph.terms import VOCABULARIES

_RDF: Final = VOCABULARIES["rdf"]
_PIECE: Final = re.compile(
    r"""
      <!--.*?--> | <\?.*?\?> | <!\[CDATA\[.*?\]\]>
    | <!DOCTYPE (?: [^\[>"'] | "[^"]*" | '[^']*' )* (?: \[ .*? \] \s* )? >
    | < (?P<end>/)? (?P<name>[^\s/>!?]+) (?: [^>"'] | "[^"]*" | '[^']*' )*? (?P<empty>/)? >
    | [^<]+ | .
    """,
    re.VERBOSE | re.DOTALL,
)
_RESOURCE: Final = re.compile(r"""\bparseType\s*=\s*["']Resource["']""")


@dataclass(frozen=True)
class _Element:
    """An element, and the one that it is in."""

    name: str
    start: int
    parent: _Element | None
    is_node: bool
    """Whether it describes a node; the others name a property."""
    is_both: bool = False
    """Whether it is a property whose value is described right inside it."""


def places(text: str, base: str = "") -> Iterator[Place]:
    """Yield the place of every subject and triple of a well-formed text.

    Raises:
        SourceError: the text is not well formed.
    """
    return placed(text, _quads(text, base))


def _quads(text: str, base: str) -> Iterator[tuple[Quad, int, int]]:
    """Yield each quad with the start of its subject and its own."""
    for element, quad in trace(_pieces(text), RdfFormat.RDF_XML, base):
        of_subject, of_triple = _places_of(element, quad)
        yield quad, of_subject, of_triple


def _pieces(text: str) -> Iterator[tuple[str, _Element]]:
    """Yield the tags of a text and what is between them, each with the element that it belongs to."""
    element = _Element("", 0, None, is_node=False)
    for match in _PIECE.finditer(text):
        name = match["name"]
        if name is None and not match["end"]:
            yield match.group(), element
        elif match["end"]:
            yield match.group(), element
            element = element.parent or element
        else:
            inner = _inside(element, name, match)
            yield match.group(), inner
            element = element if match["empty"] else inner


def _inside(outer: _Element, name: str, match: re.Match[str]) -> _Element:
    local = name.rpartition(":")[2]
    is_top = outer.parent is None
    if is_top and local == "RDF":
        return _Element("", match.start(), outer, is_node=False)
    return _Element(
        local,
        match.start(),
        outer,
        is_node=not (outer.is_node or outer.is_both),
        is_both=_RESOURCE.search(match.group()) is not None,
    )


def _places_of(element: _Element, quad: Quad) -> tuple[int, int]:
    """Return where the subject of a quad starts, and where the triple does."""
    predicate = quad.predicate.value
    named = predicate.endswith(element.name) or (element.name == "li" and predicate.startswith(_RDF + "_"))
    if element.is_node or not named or element.parent is None:
        return element.start, element.start
    return element.parent.start, element.start
