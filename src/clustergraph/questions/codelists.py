"""Code lists and thesauri: their concepts as a tree, with labels in every language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store

from clustergraph.languages.messages import N_
from clustergraph.languages.reader import Label
from clustergraph.questions.ontology import OntologySource
from clustergraph.rdf.labels import rank
from clustergraph.terms import SCHEME, compact, expand

_TYPE, _IN, _BROADER = expand("rdf:type"), expand("skos:inScheme"), expand("skos:broader")
_LIST: Final = expand("skos:ConceptScheme")
_MATCHES: Final = {
    "skos:exactMatch": N_("the same as"),
    "skos:closeMatch": N_("nearly the same as"),
    "skos:broadMatch": N_("narrower than"),
    "skos:narrowMatch": N_("wider than"),
    "skos:relatedMatch": N_("related to"),
}


@dataclass(frozen=True)
class Concept:
    """A code: what it is called, what it means, and where it stands."""

    iri: str
    label: str
    notation: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The preferred one by language, the languages of the project first."""
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other names by language."""
    definition: str = ""
    notes: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    matches: tuple[tuple[str, str, str], ...] = ()
    """How it compares with concepts of other lists: in words, the IRI and the label of the other."""
    replaced_by: tuple[str, ...] = ()
    deprecated: bool = False


@dataclass(frozen=True)
class CodeList:
    """A list of codes, flat or as a tree."""

    iri: str
    title: str
    description: str = ""
    concepts: Mapping[str, Concept] = field(default_factory=dict)
    """By IRI, in the order of their labels."""

    @property
    def name(self) -> str:
        """The last part of its IRI."""
        return self.iri.rpartition("/")[2]

    @property
    def current(self) -> list[Concept]:
        """The concepts that are not given up."""
        return [each for each in self.concepts.values() if not each.deprecated]

    @cached_property
    def tops(self) -> list[Concept]:
        """The concepts that have no broader one in the list."""
        return [each for each in self.current if not set(each.broader) & set(self.concepts)]

    @property
    def nested(self) -> bool:
        """Whether it is a tree."""
        return len(self.tops) < len(self.current)

    @cached_property
    def _narrower(self) -> Mapping[str, list[Concept]]:
        found = defaultdict(list)
        for concept in self.current:
            for each in concept.broader:
                found[each].append(concept)
        return found

    def narrower(self, iri: str) -> list[Concept]:
        """Return the concepts right below one."""
        return self._narrower.get(iri, [])

    def within(self, iri: str) -> int:
        """Return how many concepts stand below one, at any depth."""
        found = [iri]
        for each in found:
            found += [one.iri for one in self.narrower(each) if one.iri not in found]
        return len(found) - 1

    def trail(self, iri: str) -> list[Concept]:
        """Return the concepts above one, the top first; of several ways the first."""
        found: list[Concept] = []
        concept = self.concepts.get(iri)
        while concept and (above := next((each for each in concept.broader if each in self.concepts), None)):
            concept = self.concepts[above]
            if concept in found:
                break
            found.insert(0, concept)
        return found


def code_lists_of(graph: OntologySource) -> list[CodeList]:
    """Return the lists of a graph that are of ours, without their concepts, by title; a job for a worker."""
    every = graph.store.quads_for_pattern(None, _TYPE, _LIST, DefaultGraph())
    found = [quad.subject for quad in every if isinstance(quad.subject, NamedNode)]
    lists = [_head(graph, node) for node in found if node.value.startswith(SCHEME)]
    return sorted(lists, key=lambda each: each.title.casefold())


def code_list_of(graph: OntologySource, iri: str) -> CodeList | None:
    """Return a list with its concepts, or None if there is no such list; a job for a worker."""
    node, reader = NamedNode(iri), _ConceptReader(graph)
    members = sorted(reader.members(node), key=lambda each: each.label.casefold())
    if not members:
        return None
    head = _head(graph, node)
    return CodeList(iri, head.title, head.description, {each.iri: each for each in members})


def _head(graph: OntologySource, node: NamedNode) -> CodeList:
    described = _texts(graph.store, node, "dcterms:description")
    title = graph.name(node.value) or compact(node.value)
    return CodeList(node.value, title, _label(described[0]) if described else "")


def _label(text: Literal) -> Label:
    return Label(text.value, text.language)


def _texts(store: Store, node: NamedNode, name: str) -> list[Literal]:
    """Return the texts that are values of a property, the best language first."""
    found = (quad.object for quad in store.quads_for_pattern(node, expand(name), None, DefaultGraph()))
    return sorted((each for each in found if isinstance(each, Literal)), key=rank)


class _ConceptReader:
    """Reads concepts from a store."""

    def __init__(self, graph: OntologySource) -> None:
        self._store, self._name = graph.store, graph.name

    def members(self, scheme: NamedNode) -> Iterator[Concept]:
        """Yield the concepts of a list."""
        for quad in self._store.quads_for_pattern(None, _IN, scheme, DefaultGraph()):
            if isinstance(quad.subject, NamedNode):
                yield self._concept(quad.subject)

    def _concept(self, node: NamedNode) -> Concept:
        also = defaultdict[str, list[str]](list)
        for each in self._texts(node, "skos:altLabel"):
            also[each.language or ""].append(each.value)
        return Concept(
            iri=node.value,
            label=self._name(node.value) or compact(node.value),
            notation=self._first(node, "skos:notation"),
            labels={each.language or "": each.value for each in self._texts(node, "skos:prefLabel")},
            also={language: tuple(names) for language, names in also.items()},
            definition=self._first(node, "skos:definition"),
            notes=tuple(map(_label, self._texts(node, "skos:scopeNote"))),
            broader=self._iris(node, "skos:broader"),
            related=self._iris(node, "skos:related"),
            matches=tuple(self._matches(node)),
            replaced_by=self._iris(node, "dcterms:isReplacedBy"),
            deprecated=self._first(node, "owl:deprecated") == "true",
        )

    def _matches(self, node: NamedNode) -> Iterator[tuple[str, str, str]]:
        for name, words in _MATCHES.items():
            for iri in self._iris(node, name):
                yield words, iri, self._name(iri)

    def _texts(self, node: NamedNode, name: str) -> list[Literal]:
        return _texts(self._store, node, name)

    def _first(self, node: NamedNode, name: str) -> str:
        return next((_label(each) for each in self._texts(node, name)), "")

    def _iris(self, node: NamedNode, name: str) -> tuple[str, ...]:
        found = (quad.object for quad in self._store.quads_for_pattern(node, expand(name), None, DefaultGraph()))
        return tuple(sorted(each.value for each in found if isinstance(each, NamedNode)))
