"""A few things of a class, statements with a property, or things that have a code, to show what is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from clustergraph.questions.term_reader import LabelledStore, TermReader
from clustergraph.terms import ONTOLOGY, SCHEME, compact, expand

_LOOKED_AT: Final = 400
"""So many statements are looked at for the best ones, however many there are."""
_SHOWN: Final = 6
_TYPE: Final = expand("rdf:type")
_TELLING: Final = tuple(map(expand, ("cg:measure", "cg:role", "cg:label", "cg:theme", "cg:activity")))
"""The properties that say what a node without a name is about."""


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


def samples_of(graph: LabelledStore, iri: str, kind: str) -> list[Sample]:
    """Return samples for a term: of a ``class`` things, of a ``code`` things that have it, else statements; a job."""
    node = NamedNode(iri)
    if kind == "class":
        return _best(_sample(graph, quad, alone=True) for quad in _some(graph, None, _TYPE, node))
    if kind == "code":
        return _best(_sample(graph, quad) for quad in _some(graph, None, None, node) if _is_use(quad))
    return _best(_sample(graph, quad) for quad in _some(graph, None, node, None))


def words_for(graph: LabelledStore, iris: Sequence[str]) -> dict[str, str]:
    """Return words for things: their names, or for a node without one its class and what it is about; a job."""
    return {iri: words for iri in iris if (words := graph.name(iri) or _described(graph, NamedNode(iri)))}


def _described(graph: LabelledStore, node: NamedNode) -> str:
    """Return what kind of thing a node is, such as "figure: members"; nothing where that is not known."""
    values = {quad.predicate: quad.object for quad in graph.store.quads_for_pattern(node, None, None, DefaultGraph())}
    kinds = graph.store.quads_for_pattern(node, _TYPE, None, DefaultGraph())
    ours = {
        quad.object.value
        for quad in kinds
        if isinstance(quad.object, NamedNode) and quad.object.value.startswith(ONTOLOGY)
    }
    kind = next(map(graph.name, sorted(TermReader(graph).narrowest(ours))), "")
    about = [graph.name(value.value) for name in _TELLING if isinstance(value := values.get(name), NamedNode)]
    return f"{kind}: {', '.join(about)}" if kind and any(about) else kind


def _some(
    graph: LabelledStore, subject: NamedNode | None, predicate: NamedNode | None, value: NamedNode | None
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


def _sample(graph: LabelledStore, quad: Quad, *, alone: bool = False) -> Sample:
    iri = quad.subject.value if isinstance(quad.subject, NamedNode) else ""
    if alone:
        return Sample(iri, graph.name(iri))
    property_, value = quad.predicate.value, quad.object
    shown = value.value if isinstance(value, NamedNode | Literal) else ""
    is_thing = isinstance(value, NamedNode)
    label = (graph.name(shown) or compact(shown).strip("<>")) if is_thing else shown
    words = graph.name(property_) or compact(property_)
    return Sample(iri, graph.name(iri), property_, words, shown if is_thing else "", label)
