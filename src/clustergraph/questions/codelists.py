"""Code lists and thesauri: their concepts as a tree, with labels in every language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode

from clustergraph.languages.messages import N_
from clustergraph.questions.term_reader import LabelledStore, TermReader
from clustergraph.terms import SCHEME, expand

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


def code_lists_of(graph: LabelledStore) -> list[CodeList]:
    """Return the lists of a graph that are of ours, without their concepts, by title; a job for a worker."""
    reader = _ConceptReader(graph)
    found = (quad.subject for quad in reader.quads(None, "rdf:type", _LIST))
    lists = [reader.head(node) for node in found if isinstance(node, NamedNode) and node.value.startswith(SCHEME)]
    return sorted(lists, key=lambda each: each.title.casefold())


def code_list_of(graph: LabelledStore, iri: str) -> CodeList | None:
    """Return a list with its concepts, or None if there is no such list; a job for a worker."""
    node, reader = NamedNode(iri), _ConceptReader(graph)
    members = sorted(reader.members(node), key=lambda each: each.label.casefold())
    return replace(reader.head(node), concepts={each.iri: each for each in members}) if members else None


class _ConceptReader(TermReader):
    """Reads lists and concepts from a store."""

    def head(self, node: NamedNode) -> CodeList:
        """Return a list without its concepts."""
        return CodeList(node.value, self.label(node.value), self.text(node, "dcterms:description"))

    def members(self, scheme: NamedNode) -> Iterator[Concept]:
        """Yield the concepts of a list."""
        for quad in self.quads(None, "skos:inScheme", scheme):
            if isinstance(quad.subject, NamedNode):
                yield self._concept(quad.subject)

    def _concept(self, node: NamedNode) -> Concept:
        also = defaultdict[str, list[str]](list)
        for each in self.literals(node, "skos:altLabel"):
            also[each.language or ""].append(each.value)
        return Concept(
            iri=node.value,
            label=self.label(node.value),
            notation=self.text(node, "skos:notation"),
            labels=self.by_language(node, "skos:prefLabel"),
            also={language: tuple(names) for language, names in also.items()},
            definition=self.text(node, "skos:definition"),
            notes=self.texts(node, "skos:scopeNote"),
            broader=self.iris(node, "skos:broader"),
            related=self.iris(node, "skos:related"),
            matches=tuple(self._matches(node)),
            replaced_by=self.iris(node, "dcterms:isReplacedBy"),
            deprecated=self.has(node, "owl:deprecated", Literal(value=True)),
        )

    def _matches(self, node: NamedNode) -> Iterator[tuple[str, str, str]]:
        for name, words in _MATCHES.items():
            for iri in self.iris(node, name):
                yield words, iri, self._name(iri)
