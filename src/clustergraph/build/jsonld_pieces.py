"""A JSON-LD text in pieces from which the engine gives triples as soon as it can.

It can if the keys of each object come in a certain order (context, types, identifier, the rest) and if every node has
an identifier. So the pieces are in that order, and those nodes that have no identifier are given one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from clustergraph.build.json_tokens import Array, Object, Scalar, Value, read
from clustergraph.build.jsonld_terms import Terms
from clustergraph.build.place import Node
from clustergraph.terms import VOCABULARIES

_FIRST: Final = NamedNode(VOCABULARIES["rdf"] + "first")
_TYPE: Final = NamedNode(VOCABULARIES["rdf"] + "type")
_ORDER: Final = {"@context": 0, "@type": 1, "@id": 2}
_NOT_NODES: Final = {"@context", "@json", "@nest", "@reverse", "@value"}
"""Keys whose values are not nodes."""
_PLAIN: Final = {"@value", "@list", "@set"}
"""An object with one of these keys is not a node."""
_UNNAMED: Final = "unnamed-node-"


@dataclass(eq=False)
class JsonNode:
    """An object that is a node, and which one it is, if that is known."""

    start: int
    """Where its identifier is written, or else where it begins."""
    outer: JsonNode | None
    at: At
    name: Node | None
    types: list[int]
    """Where its types are written, without those that the engine has given."""
    is_linked: bool = False
    """Whether the triple that leads to it is known, or it needs none."""

    def is_led_to_by(self, quad: Quad) -> bool:
        """Whether a triple is the one that leads to this node; if so, the node may become known by it."""
        if self.is_linked or isinstance(quad.object, Literal) or (self.at.in_list and quad.predicate != _FIRST):
            return False
        end = quad.subject if self.at.is_reverse else quad.object
        if not isinstance(end, NamedNode | BlankNode) or self.name not in (None, end):
            return False
        self.name, self.is_linked = end, True
        return True

    def about(self, quad: Quad) -> JsonNode | None:
        """Return which of this node and those around it is the subject of a triple."""
        around = [self]
        while around[-1].outer:
            around.append(around[-1].outer)
        known = next((node for node in around if node.name == quad.subject), None)
        unknown = next((node for node in around if node.name is None and node.is_linked), None)
        if known is None and unknown is not None and isinstance(quad.subject, NamedNode | BlankNode):
            unknown.name = quad.subject
        return known or unknown

    def type_place(self, quad: Quad) -> int | None:
        """Return where the type is written that a triple gives."""
        return self.types.pop(0) if quad.predicate == _TYPE and self.types else None


@dataclass(frozen=True)
class At:
    """How a value is reached."""

    key: str
    in_list: bool = False
    is_reverse: bool = False


@dataclass(eq=False, frozen=True)
class Piece:
    """How far a text is read: the innermost node, and where the last value is."""

    node: JsonNode | None
    value: int


def pieces(text: str) -> Iterator[tuple[str, Piece]]:
    """Yield the pieces of a document.

    Raises:
        SourceError: it is not well-formed JSON.
    """
    document = read(text)
    return _Writer(Terms.of(document)).value(document, At("@graph"))


@dataclass
class _Writer:
    """Writes values again."""

    terms: Terms
    node: JsonNode | None = None
    last: int = 0
    unnamed: int = 0
    ahead: str = ""
    """What belongs in front of the next piece."""

    def piece(self, text: str) -> tuple[str, Piece]:
        ahead, self.ahead = self.ahead, ""
        return ahead + text, Piece(self.node, self.last)

    def value(self, value: Value, at: At) -> Iterator[tuple[str, Piece]]:
        if isinstance(value, Scalar):
            self.last = value.start
            # A number ends where something else begins.
            yield self.piece(value.text + " ")
        elif isinstance(value, Array):
            self.ahead += "["
            for number, item in enumerate(value.items):
                self.ahead += "," if number else ""
                yield from self.value(item, at)
            yield self.piece("]")
        elif self.is_node(value, at):
            yield from self.described(value, at)
        else:
            yield from self.members(value, at)

    def is_node(self, value: Object, at: At) -> bool:
        keywords = {self.terms.keyword(name.string) for name, _ in value.members}
        is_shell = bool(keywords) and keywords <= {"@context", "@graph"} and at.key == "@graph"
        is_map = bool(self.terms.maps(at.key))
        return not (is_shell or is_map or keywords & _PLAIN or at.key in _NOT_NODES or at.key in self.terms.literals)

    def described(self, value: Object, at: At) -> Iterator[tuple[str, Piece]]:
        """Yield the pieces of a node."""
        known = {self.terms.keyword(name.string): inner for name, inner in value.members}
        outer, named, extra = self.node, known.get("@id"), ""
        name: Node | None = None
        if named is None:
            self.unnamed += 1
            name = BlankNode(f"{_UNNAMED}{self.unnamed}")
            extra = f'"@id":"{name}"'
        self.node = JsonNode(
            start=named.start if named else value.start,
            outer=outer,
            at=at,
            name=name,
            types=[item.start for item in _items(known.get("@type"))],
            is_linked=outer is None or at.key in ("@graph", "@included"),
        )
        yield from self.members(value, at, extra)
        self.node = outer

    def members(self, value: Object, at: At, extra: str = "") -> Iterator[tuple[str, Piece]]:
        """Yield the pieces of an object, with an extra member after the context and the types."""
        written = [(self.terms.keyword(key.string), key.text, inner) for key, inner in value.members]
        written.sort(key=lambda member: _ORDER.get(member[0], len(_ORDER)))
        separator = "{"
        for keyword, key, inner in written:
            if extra and keyword not in _ORDER:
                self.ahead += separator + extra
                separator, extra = ",", ""
            self.ahead += f"{separator}{key}:"
            if not isinstance(inner, Scalar):
                # What is before is known for certain only now, and does not belong to what is inside.
                yield self.piece("")
            yield from self.value(inner, self.below(at, keyword or Scalar(key, 0).string))
            separator = ","
        yield self.piece((separator + extra if extra or separator == "{" else "") + "}")

    def below(self, at: At, key: str) -> At:
        """Return how the value of a key is reached that is inside something reached in some way."""
        if at.key in ("@context", "@json") or at.key in self.terms.literals:
            return At("@json")
        if maps := self.terms.maps(at.key):
            # What a map by identifier or graph holds is named by the map.
            return At("@json") if maps & {"@id", "@graph"} else replace(at, key="")
        if key in ("@set", "@nest"):
            return replace(at, key=key)
        if key == "@list":
            return replace(at, key=key, in_list=True)
        in_list = "@list" in self.terms.containers.get(key, ())
        return At(key, in_list, is_reverse=at.key == "@reverse" or key in self.terms.reverse)


def _items(value: Value | None) -> tuple[Value, ...]:
    if value is None:
        return ()
    return value.items if isinstance(value, Array) else (value,)
