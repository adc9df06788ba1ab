"""JSON-LD as a tree: a root with what belongs to it inside, under the names that a context gives.

A reader who knows no RDF sees plain objects with names and values; a reader who does gets the same triples back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.errors import ClustergraphError
from clustergraph.terms import PREFIXES

_XSD: Final = PREFIXES["xsd"]
_NATIVE: Final[dict[str, Callable[[str], int | bool]]] = {
    _XSD + "integer": int,
    _XSD + "boolean": lambda text: text == "true",
}
_TYPE: Final = PREFIXES["rdf"] + "type"
_NAME: Final = PREFIXES["skos"] + "prefLabel"


@dataclass(frozen=True)
class _Key:
    """What a name in the context stands for."""

    name: str
    predicate: str
    reverse: bool = False
    type: str = ""
    language: str = ""


class UnnamedTermError(ClustergraphError):
    """A predicate of the graph has no name in the context."""


@dataclass
class Tree:
    """A graph that is read from a root downwards."""

    keys: tuple[_Key, ...]
    aliases: Mapping[str, str]
    outward: dict[str, dict[str, list[NamedNode | Literal]]] = field(default_factory=dict)
    inward: dict[str, dict[str, list[NamedNode | Literal]]] = field(default_factory=dict)

    @classmethod
    def of(cls, quads: Iterable[Quad], context: Mapping[str, Any]) -> Tree:
        """Return the tree of a graph, with the names of a context.

        Raises:
            UnnamedTermError: the graph has a predicate that the context does not name.
        """
        keys = tuple(_keys(context))
        aliases = {str(value): name for name, value in context.items() if str(value).startswith("@")}
        tree = cls(keys, aliases)
        outward: dict[str, dict[str, list[NamedNode | Literal]]] = defaultdict(lambda: defaultdict(list))
        inward: dict[str, dict[str, list[NamedNode | Literal]]] = defaultdict(lambda: defaultdict(list))
        for quad in sorted(set(quads), key=str):
            subject, value = iri(quad.subject), quad.object
            assert isinstance(value, NamedNode | Literal), "a package has no blank nodes"
            outward[subject][quad.predicate.value].append(value)
            if isinstance(value, NamedNode):
                inward[value.value][quad.predicate.value].append(NamedNode(subject))
        named = {key.predicate for key in keys} | {_TYPE}
        if unnamed := {predicate for links in outward.values() for predicate in links} - named:
            advice = "name it in context.jsonld, beside the queries"
            raise UnnamedTermError(f"the context has no name for {', '.join(sorted(unnamed))}", advice=advice)
        tree.outward, tree.inward = dict(outward), dict(inward)
        return tree

    def branch(self, root: str) -> dict[str, Any]:
        """Return the object of a root, with what belongs to it inside; what has been told has its name only."""
        return self._branch(root, {})

    def _branch(self, node: str, told: dict[str, None]) -> dict[str, Any]:
        found: dict[str, Any] = {self.aliases["@id"]: node}
        short = node in told
        told[node] = None
        types = () if short else self.outward.get(node, {}).get(_TYPE, ())
        if types:
            found[self.aliases["@type"]] = _one_or_many([self._name(type_.value) for type_ in types])
        for key, values in self._links(node):
            if not short or key.predicate == _NAME:
                found[key.name] = _one_or_many([self._value(value, key, told) for value in values])
        return found

    def _links(self, node: str) -> Iterator[tuple[_Key, list[NamedNode | Literal]]]:
        """Yield what a node is linked with, in the order of the names in the context."""
        outward, inward = self.outward.get(node, {}), self.inward.get(node, {})
        places = sorted(
            [self._places[predicate, False] for predicate in outward if (predicate, False) in self._places]
            + [self._places[predicate, True] for predicate in inward if (predicate, True) in self._places]
        )
        for place in places:
            key = self.keys[place]
            yield key, (inward if key.reverse else outward)[key.predicate]

    @cached_property
    def _places(self) -> dict[tuple[str, bool], int]:
        return {(key.predicate, key.reverse): place for place, key in enumerate(self.keys)}

    def _value(self, value: NamedNode | Literal, key: _Key, told: dict[str, None]) -> object:
        if isinstance(value, NamedNode):
            if key.reverse or value.value in self.outward:
                return self._branch(value.value, told)
            return value.value if key.type else {self.aliases["@id"]: value.value}
        datatype = value.datatype.value
        if value.language:
            return value.value if value.language == key.language else _expanded(value)
        if datatype == key.type or (datatype == _XSD + "string" and not key.type and not key.language):
            return value.value
        return _NATIVE[datatype](value.value) if datatype in _NATIVE and not key.type else _expanded(value)

    def _name(self, iri: str) -> str:
        return next((key.name for key in self.keys if key.predicate == iri), iri)


def iri(node: object) -> str:
    """Return the IRI that a node is.

    Raises:
        TypeError: it is none; a package has no blank nodes.
    """
    if not isinstance(node, NamedNode):
        raise TypeError(f"{node} is not an IRI")
    return node.value


def _expanded(literal: Literal) -> dict[str, str]:
    if literal.language:
        return {"@value": literal.value, "@language": literal.language}
    if literal.datatype.value == _XSD + "string":
        return {"@value": literal.value}
    return {"@value": literal.value, "@type": literal.datatype.value}


def _one_or_many(values: list[Any]) -> object:
    return values[0] if len(values) == 1 else values


def _keys(context: Mapping[str, Any]) -> Iterator[_Key]:
    prefixes = {name: value for name, value in context.items() if isinstance(value, str) and value.endswith(("/", "#"))}

    def full(name: str) -> str:
        prefix, colon, local = name.partition(":")
        return prefixes[prefix] + local if colon and prefix in prefixes else name

    for name, value in context.items():
        if name in prefixes or (isinstance(value, str) and value.startswith("@")) or name.startswith("@"):
            continue
        if isinstance(value, str):
            yield _Key(name, full(value))
        elif "@reverse" in value:
            yield _Key(name, full(value["@reverse"]), reverse=True)
        else:
            yield _Key(name, full(value["@id"]), type=full(value.get("@type", "")), language=value.get("@language", ""))
