"""The triples of a shapes graph, found by subject and predicate, as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from clustergraph.errors import ClustergraphError, Where
from clustergraph.terms import VOCABULARIES, compact

Subject: TypeAlias = NamedNode | BlankNode
Node: TypeAlias = NamedNode | BlankNode | Literal


Locate: TypeAlias = Callable[[Subject, NamedNode | None, Node | None], Where | None]
"""Finds where a triple, or what is nearest to it, is written."""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong with shapes, and the triple, or as much of it as is known, that is."""

    text: str
    about: tuple[Subject, NamedNode | None, Node | None] = field(compare=False)


class InvalidShapesError(ClustergraphError):
    """The shapes themselves are not well formed, so nothing can be validated with them."""

    def __init__(
        self,
        message: str,
        *,
        advice: str = "mend the shapes; nothing can be validated with them",
        where: Where | None = None,
        about: Node | None = None,
        faults: Sequence[Fault] = (),
    ) -> None:
        """Keep what is wrong, with which node or in which places, and what to do."""
        texts = "; ".join(fault.text for fault in faults)
        super().__init__(f"{message}: {texts}" if texts else message, where=where, advice=advice)
        self.about = about
        self._said = message
        self._faults = faults

    def placed(self, locate: Locate) -> InvalidShapesError:
        """Return the same error with its place in a file, or with the places of all faults if there are several."""
        if len(self._faults) > 1:
            placed = [
                replace(fault, text=f"{locate(*fault.about) or ''}: {fault.text}".removeprefix(": "))
                for fault in self._faults
            ]
            return InvalidShapesError(self._said, advice=self.advice, faults=placed)
        where = None
        if self._faults:
            where = locate(*self._faults[0].about)
        elif isinstance(self.about, NamedNode | BlankNode):
            where = locate(self.about, None, None)
        return InvalidShapesError(self.message, advice=self.advice, where=where)


@contextmanager
def blaming(node: Node) -> Iterator[None]:
    """Note the node in whose description shapes turn out to be wrong, unless a nearer one is known."""
    try:
        yield
    except InvalidShapesError as error:
        error.about = error.about or node
        raise


def sh(name: str) -> NamedNode:
    """Return a term of SHACL."""
    return NamedNode(VOCABULARIES["sh"] + name)


def rdf(name: str) -> NamedNode:
    """Return a term of RDF."""
    return NamedNode(VOCABULARIES["rdf"] + name)


def rdfs(name: str) -> NamedNode:
    """Return a term of RDF Schema."""
    return NamedNode(VOCABULARIES["rdfs"] + name)


_NIL: Final = rdf("nil")


def show(node: Node) -> str:
    """Return a node as a person reads it."""
    if isinstance(node, NamedNode):
        return compact(node.value)
    return f"“{node.value}”" if isinstance(node, Literal) else "a node without a name"


def in_english(texts: Iterable[Node]) -> list[str]:
    """Return texts in English, or without a language, if there are any; else in any language.

    >>> in_english([Literal("One name.", language="en"), Literal("Un nom.", language="fr")])
    ['One name.']
    """
    found = [text for text in texts if isinstance(text, Literal)]
    return [text.value for text in found if (text.language or "en").startswith("en")] or [text.value for text in found]


class Triples:
    """Triples in memory; graph names are ignored."""

    def __init__(self, quads: Iterable[Quad | Triple]) -> None:
        """Index the triples."""
        self._objects: dict[Subject, dict[NamedNode, dict[Node, None]]] = {}
        self._subjects: dict[NamedNode, dict[Node, dict[Subject, None]]] = {}
        for quad in quads:
            subject, value = quad.subject, quad.object
            if isinstance(subject, Triple) or isinstance(value, Triple):
                raise InvalidShapesError("a triple of the shapes is about another triple")
            self._objects.setdefault(subject, {}).setdefault(quad.predicate, {})[value] = None
            self._subjects.setdefault(quad.predicate, {}).setdefault(value, {})[subject] = None

    def __contains__(self, node: Node) -> bool:
        """Whether anything is said of a node."""
        return node in self._objects

    def __iter__(self) -> Iterator[Triple]:
        """Yield every triple."""
        for subject, predicates in self._objects.items():
            for predicate, values in predicates.items():
                for value in values:
                    yield Triple(subject, predicate, value)

    def objects(self, subject: Node, predicate: NamedNode) -> list[Node]:
        """Return the values of a property."""
        if isinstance(subject, Literal):
            return []
        return list(self._objects.get(subject, {}).get(predicate, ()))

    def value(self, subject: Node, predicate: NamedNode) -> Node | None:
        """Return the value of a property, or the first of several."""
        return next(iter(self.objects(subject, predicate)), None)

    def true(self, subject: Node, predicate: NamedNode) -> bool:
        """Whether the value of a property is true."""
        return self.value(subject, predicate) == Literal(value=True)

    def subjects(self, predicate: NamedNode, value: Node | None = None) -> list[Subject]:
        """Return what has a property, with a certain value or with any."""
        values = self._subjects.get(predicate, {})
        if value is not None:
            return list(values.get(value, ()))
        return list(dict.fromkeys(subject for subjects in values.values() for subject in subjects))

    def predicates(self, subject: Subject) -> list[NamedNode]:
        """Return the properties of a subject."""
        return list(self._objects.get(subject, ()))

    def items(self, node: Node) -> list[Node]:
        """Return the members of a list.

        Raises:
            InvalidShapesError: the list is not well formed.
        """
        found, seen = [], set()
        while node != _NIL:
            first, rest = self.objects(node, rdf("first")), self.objects(node, rdf("rest"))
            if len(first) != 1 or len(rest) != 1 or node in seen:
                raise InvalidShapesError(f"{show(node)} is used as a list, and is not a well-formed one")
            seen.add(node)
            found.append(first[0])
            node = rest[0]
        return found

    def instances(self, class_: NamedNode) -> list[Subject]:
        """Return the instances of a class and of its subclasses."""
        below = self.below(class_)
        return list(dict.fromkeys(node for each in below for node in self.subjects(rdf("type"), each)))

    def below(self, class_: Node) -> list[Node]:
        """Return a class and its subclasses at any distance."""
        found = [class_]
        for each in found:
            found.extend(node for node in self.subjects(rdfs("subClassOf"), each) if node not in found)
        return found
