"""A few things of a class, statements with a property, or things that have a code, to show what is meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from clustergraph.questions.ontology import OntologySource
from clustergraph.terms import ONTOLOGY, SCHEME, compact, expand

_LOOKED_AT: Final = 400
"""So many statements are looked at for the best ones, however many there are."""
_SHOWN: Final = 6
_TYPE: Final = expand("rdf:type")


@dataclass(frozen=True)
class Sample:
    """A thing, and in a statement its property and value, each with IRI and label."""

    iri: str
    label: str
    property: str = ""
    property_label: str = ""
    value: str = ""
    """The IRI of the value, if it is a thing."""
    value_label: str = ""


def samples_of(graph: OntologySource, iri: str, kind: str) -> list[Sample]:
    """Return samples for a term: of a ``class`` things, of a ``code`` things that have it, else statements; a job."""
    node = NamedNode(iri)
    if kind == "class":
        return _best(_sample(graph, quad, alone=True) for quad in _some(graph, None, _TYPE, node))
    if kind == "code":
        return _best(_sample(graph, quad) for quad in _some(graph, None, None, node) if _is_use(quad))
    return _best(_sample(graph, quad) for quad in _some(graph, None, node, None))


def _some(
    graph: OntologySource, subject: NamedNode | None, predicate: NamedNode | None, value: NamedNode | None
) -> list[Quad]:
    found = graph.store.quads_for_pattern(subject, predicate, value, DefaultGraph())
    return [quad for quad in islice(found, _LOOKED_AT) if isinstance(quad.subject, NamedNode)]


def _is_use(quad: Quad) -> bool:
    """Whether a statement says of a thing that it has a code, and not how codes go together."""
    subject = quad.subject.value if isinstance(quad.subject, NamedNode) else ""
    return not subject.startswith(SCHEME) and quad.predicate.value.startswith(ONTOLOGY)


def _best(found: Iterable[Sample]) -> list[Sample]:
    """Return a few that have names, in the order of these; of one thing only one."""
    things: dict[str, Sample] = {}
    for each in sorted(found, key=lambda each: (not each.label, each.label.casefold(), each.iri, each.property)):
        things.setdefault(each.iri, each)
    return list(things.values())[:_SHOWN]


def _sample(graph: OntologySource, quad: Quad, *, alone: bool = False) -> Sample:
    iri = quad.subject.value if isinstance(quad.subject, NamedNode) else ""
    if alone:
        return Sample(iri, graph.name(iri))
    property_, value = quad.predicate.value, quad.object
    shown = value.value if isinstance(value, NamedNode | Literal) else ""
    is_thing = isinstance(value, NamedNode)
    label = (graph.name(shown) or compact(shown).strip("<>")) if is_thing else shown
    words = graph.name(property_) or compact(property_)
    return Sample(iri, graph.name(iri), property_, words, shown if is_thing else "", label)
