"""The organisations of a graph as they are compared: names, places, kinds, websites, identifiers, projects."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store

from clustergraph.matching.compare import Body
from clustergraph.matching.folding import words_of
from clustergraph.terms import ONTOLOGY, VOCABULARIES

_A: Final = NamedNode(VOCABULARIES["rdf"] + "type")
_SKOS: Final = VOCABULARIES["skos"]
_ACRONYM: Final = re.compile(r"\S{2,12}")
_MERGED: Final = DefaultGraph()
_NAMES: Final = (_SKOS + "prefLabel", _SKOS + "altLabel", ONTOLOGY + "fullName", ONTOLOGY + "spelling")


def bodies(store: Store, class_: str = ONTOLOGY + "Organisation") -> list[Body]:
    """Return the things of a class that have a name, by their IRIs in order."""
    found = _Reader(store).read(class_)
    return sorted(found, key=lambda body: body.iri)


def partners(known: Iterable[Body]) -> Callable[[Body], frozenset[str]]:
    """Return what gives the names of those who take part in the projects of a body, in the form that is compared."""
    taking_part: dict[str, set[Body]] = defaultdict(set)
    for body in known:
        for project in body.projects:
            taking_part[project].add(body)

    def names(body: Body) -> frozenset[str]:
        others = {other for project in body.projects for other in taking_part[project] if other.iri != body.iri}
        return frozenset(" ".join(words_of(other.names[0]).words) for other in others)

    return names


class _Reader:
    """Reads bodies from the merged graph of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._codes = dict(self._pairs(ONTOLOGY + "isoCode"))
        self._within = {**dict(self._pairs(ONTOLOGY + "within")), **dict(self._pairs(ONTOLOGY + "country"))}
        self._schemes = dict(self._pairs(ONTOLOGY + "identifierScheme"))
        self._notations = dict(self._pairs(_SKOS + "notation"))
        self._labels: dict[str, str] = {}

    def _pairs(self, property_: str) -> Iterator[tuple[str, str]]:
        for quad in self._store.quads_for_pattern(None, NamedNode(property_), None, _MERGED):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
                yield quad.subject.value, quad.object.value

    def read(self, class_: str) -> Iterator[Body]:
        """Yield the things of a class that have a name."""
        projects = self._projects()
        for quad in self._store.quads_for_pattern(None, _A, NamedNode(class_), _MERGED):
            if isinstance(quad.subject, NamedNode) and (body := self._body(quad.subject, projects)):
                yield body

    def _body(self, node: NamedNode, projects: Mapping[str, set[str]]) -> Body | None:
        said: dict[str, list[str]] = defaultdict(list)
        for quad in self._store.quads_for_pattern(node, None, None, _MERGED):
            if isinstance(quad.object, NamedNode | Literal):
                said[quad.predicate.value].append(quad.object.value)
        names = dict.fromkeys(name for property_ in _NAMES for name in sorted(said[property_]) if not name.isdigit())
        short = [name for name in names if len(names) > 1 and _ACRONYM.fullmatch(name)]
        if not names:
            return None
        places = said[ONTOLOGY + "place"]
        return Body(
            node.value,
            tuple(names),
            tuple(sorted({*said[ONTOLOGY + "acronym"], *short})),
            self._country([*said[ONTOLOGY + "country"], *places, *said[ONTOLOGY + "region"]]),
            tuple(name for place in sorted(places) for name in self._names(place)),
            frozenset(self._label(kind) for kind in said[ONTOLOGY + "kind"]),
            tuple(sorted(said[ONTOLOGY + "website"])),
            frozenset(self._identifiers(said[VOCABULARIES["adms"] + "identifier"])),
            self._sources(node),
            frozenset(projects.get(node.value, ())),
        )

    def _projects(self) -> dict[str, set[str]]:
        activities = dict(self._pairs(ONTOLOGY + "activity"))
        found: dict[str, set[str]] = defaultdict(set)
        for participation, body in self._pairs(ONTOLOGY + "participant"):
            if participation in activities:
                found[body].add(activities[participation])
        return found

    def _country(self, places: Iterable[str]) -> str:
        """Return the code of the first country that one of these is, or lies in."""
        for place in places:
            seen: set[str] = set()
            while place and place not in seen:
                if code := self._codes.get(place):
                    return code
                if place.startswith(VOCABULARIES["nuts"]):
                    return place.removeprefix(VOCABULARIES["nuts"])[:2]
                seen.add(place)
                place = self._within.get(place, "")
        return ""

    def _identifiers(self, nodes: Iterable[str]) -> Iterator[tuple[str, str]]:
        for node in nodes:
            if node in self._schemes and node in self._notations:
                yield self._label(self._schemes[node]), self._notations[node]

    def _names(self, iri: str) -> list[str]:
        label = NamedNode(_SKOS + "prefLabel")
        found = self._store.quads_for_pattern(NamedNode(iri), label, None, _MERGED)
        return sorted({quad.object.value for quad in found if isinstance(quad.object, Literal)})

    def _label(self, iri: str) -> str:
        if iri not in self._labels:
            self._labels[iri] = next(iter(self._names(iri)), iri)
        return self._labels[iri]

    def _sources(self, node: NamedNode) -> tuple[str, ...]:
        """Return the graphs that say something of a thing."""
        found = {quad.graph_name.value for quad in self._store.quads_for_pattern(node, None, None, None)
                 if isinstance(quad.graph_name, NamedNode)}  # fmt: skip
        return tuple(sorted(found))
