"""The triples of a shapes graph, found by subject and predicate, as they are written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from clustergraph.errors import ClustergraphError, Where
from clustergraph.terms import VOCABULARIES, compact

Subject: TypeAlias = NamedNode | BlankNode
Node: TypeAlias = NamedNode | BlankNode | Literal

Locate: TypeAlias = Callable[[Subject, NamedNode | None, Node | None], Where | None]
"""Finds where a triple, or what is nearest to it, is written."""
About: TypeAlias = tuple[Subject, NamedNode | None, Node | None]
"""A triple, or as much of it as is known."""


class InvalidShapesError(ClustergraphError):
    """The shapes themselves are not well formed, so nothing can be validated with them."""

    def __init__(
        self,
        message: str,
        *,
        advice: str = "mend the shapes; nothing can be validated with them",
        where: Where | None = None,
        about: Node | None = None,
        faults: Mapping[str, About] | None = None,
    ) -> None:
        super().__init__(f"{message}: {'; '.join(faults)}" if faults else message, where=where, advice=advice)
        self.about = about
        self._said = message
        self._faults = faults or {}

    def placed(self, locate: Locate) -> InvalidShapesError:
        """Return the same error with its place in a file, or with the places of all faults if there are several."""
        places = {text: locate(*about) for text, about in self._faults.items()}
        if len(places) > 1:
            texts = [f"{place}: {text}" if place else text for text, place in places.items()]
            return InvalidShapesError(f"{self._said}: {'; '.join(texts)}", advice=self.advice)
        where = next(iter(places.values()), None)
        if isinstance(self.about, NamedNode | BlankNode):
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


def _term(vocabulary: str, name: str) -> NamedNode:
    return NamedNode(VOCABULARIES[vocabulary] + name)


sh: Final = partial(_term, "sh")
rdf: Final = partial(_term, "rdf")
rdfs: Final = partial(_term, "rdfs")


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
        self._found: dict[tuple[Node | None, NamedNode | None, Node | None], dict[Any, None]] = defaultdict(dict)
        for quad in quads:
            subject, predicate, value = quad.subject, quad.predicate, quad.object
            if isinstance(subject, Triple) or isinstance(value, Triple):
                raise InvalidShapesError("a triple of the shapes is about another triple")
            self._found[None, None, None][Triple(subject, predicate, value)] = None
            self._found[subject, predicate, None][value] = None
            self._found[subject, None, None][predicate] = None
            self._found[None, predicate, value][subject] = None
            self._found[None, predicate, None][subject] = None

    def __contains__(self, node: Node) -> bool:
        """Whether anything is said of a node."""
        return (node, None, None) in self._found

    def __iter__(self) -> Iterator[Triple]:
        return iter(self._found.get((None, None, None), ()))

    def objects(self, subject: Node, predicate: NamedNode) -> list[Node]:
        """Return the values of a property."""
        return list(self._found.get((subject, predicate, None), ()))

    def value(self, subject: Node, predicate: NamedNode) -> Node | None:
        """Return the value of a property, or the first of several."""
        return next(iter(self.objects(subject, predicate)), None)

    def true(self, subject: Node, predicate: NamedNode) -> bool:
        """Whether the value of a property is true."""
        return self.value(subject, predicate) == Literal(value=True)

    def subjects(self, predicate: NamedNode, value: Node | None = None) -> list[Subject]:
        """Return what has a property, with a certain value or with any."""
        return list(self._found.get((None, predicate, value), ()))

    def predicates(self, subject: Subject) -> list[NamedNode]:
        """Return the properties of a subject."""
        return list(self._found.get((subject, None, None), ()))

    def items(self, node: Node) -> list[Node]:
        """Return the members of a list; raises `InvalidShapesError` if it is not well formed."""
        found, seen = [], set()
        while node != rdf("nil"):
            first, rest = self.objects(node, rdf("first")), self.objects(node, rdf("rest"))
            if len(first) != 1 or len(rest) != 1 or node in seen:
                raise InvalidShapesError(f"{show(node)} is used as a list, and is not a well-formed one")
            seen.add(node)
            found.append(first[0])
            node = rest[0]
        return found

    def instances(self, class_: NamedNode) -> list[Subject]:
        """Return the instances of a class and of its subclasses at any distance."""
        below: list[Node] = [class_]
        for each in below:
            below.extend(node for node in self.subjects(rdfs("subClassOf"), each) if node not in below)
        return list(dict.fromkeys(node for each in below for node in self.subjects(rdf("type"), each)))
