"""What a store says of a term: its texts, the best language first, and what it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Protocol

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store

from clustergraph.languages.reader import Label
from clustergraph.rdf.labels import rank
from clustergraph.terms import compact, expand


class LabelledStore(Protocol):
    """A graph in a store, with labels for what is in it."""

    store: Store

    def name(self, iri: str) -> str:
        """Return the label of a thing, or nothing."""
        ...


class TermReader:
    """Reads terms from a store; properties are given by their prefixed names."""

    def __init__(self, graph: LabelledStore) -> None:
        """Take the graph."""
        self._store, self._name = graph.store, graph.name

    def label(self, iri: str) -> str:
        """Return the label of a term, or else its short IRI."""
        return self._name(iri) or compact(iri)

    def quads(
        self, subject: NamedNode | BlankNode | None, name: str, value: NamedNode | Literal | None = None
    ) -> Iterator[Quad]:
        """Return the statements with a property."""
        return self._store.quads_for_pattern(subject, expand(name), value, DefaultGraph())

    def has(self, node: NamedNode, name: str, value: NamedNode | Literal) -> bool:
        """Whether a term has a value of a property."""
        return next(self.quads(node, name, value), None) is not None

    def literals(self, node: NamedNode, name: str) -> list[Literal]:
        """Return the literals that are values of a property, the best language first."""
        return sorted((quad.object for quad in self.quads(node, name) if isinstance(quad.object, Literal)), key=rank)

    def texts(self, node: NamedNode, name: str) -> tuple[str, ...]:
        """Return the same as texts that know their language."""
        return tuple(Label(each.value, each.language) for each in self.literals(node, name))

    def text(self, node: NamedNode, name: str) -> str:
        """Return the best of these, or nothing."""
        return next(iter(self.texts(node, name)), "")

    def by_language(self, node: NamedNode, name: str) -> dict[str, str]:
        """Return one of these for each language, the best language first."""
        return {each.language or "": each.value for each in self.literals(node, name)}

    def narrowest(self, classes: Set[str]) -> set[str]:
        """Return classes without those that contain another of them."""
        return set(classes).difference(*map(self._wider, classes))

    def _wider(self, class_: str) -> set[str]:
        found: set[str] = set()
        ahead = {class_}
        while ahead:
            wider = {*self.iris(NamedNode(ahead.pop()), "rdfs:subClassOf")} - found - {class_}
            found |= wider
            ahead |= wider
        return found

    def iris(self, node: NamedNode, name: str) -> tuple[str, ...]:
        """Return the IRIs that are values of a property, in their order."""
        return tuple(sorted(quad.object.value for quad in self.quads(node, name) if isinstance(quad.object, NamedNode)))
