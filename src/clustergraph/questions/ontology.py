"""The classes and properties of a graph as its ontology declares them, and what shapes demand of things, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from clustergraph.languages.messages import N_
from clustergraph.questions.term_reader import LabelledStore, TermReader
from clustergraph.shacl import paths
from clustergraph.shacl.triples import Node, Subject, Triples, sh
from clustergraph.shacl.wording import Wording
from clustergraph.terms import CATALOGUE, HOME, ONTOLOGY, compact, expand

_KINDS: Final = {
    expand("owl:Class"): "class",
    expand("owl:ObjectProperty"): "link",
    expand("owl:DatatypeProperty"): "value",
}
_TRAITS: Final = {
    expand("owl:TransitiveProperty"): N_("over any number of steps"),
    expand("owl:SymmetricProperty"): N_("always both ways"),
    expand("owl:FunctionalProperty"): N_("at most one"),
    expand("owl:InverseFunctionalProperty"): N_("tells things apart"),
    expand("owl:AsymmetricProperty"): N_("never both ways"),
    expand("owl:IrreflexiveProperty"): N_("never to itself"),
}
_ABOVE: Final = ("rdfs:subClassOf", "rdfs:subPropertyOf")
_MANY: Final = {
    (1, 1): N_("exactly one"),
    (1, None): N_("one or more"),
    (0, 1): N_("at most one"),
    (0, None): N_("any number"),
}


@dataclass(frozen=True)
class OntologyTerm:
    """A class or property."""

    iri: str
    kind: str
    """One of ``class``, ``link`` (to a thing) and ``value``."""
    labels: Mapping[str, str]
    """By language."""
    definitions: Mapping[str, str]
    label: str
    definition: str
    notes: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Other names."""
    module: str = ""
    """The IRI of the part of the ontology that defines it."""
    above: tuple[str, ...] = ()
    """The classes or properties that it is a special case of, also in other vocabularies."""
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    inverse: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    """Terms of other vocabularies that mean the like."""
    sources: tuple[str, ...] = ()
    replaced_by: tuple[str, ...] = ()
    deprecated: bool = False


@dataclass(frozen=True)
class Demand:
    """What a shape demands of all things of a class, or of all that have a property."""

    shape: str
    """Its IRI; nothing for one without."""
    of: str
    """The IRI of the class."""
    about: tuple[str, ...] = ()
    """The IRI of the property it is about, or of each of several; nothing if it is about the thing itself."""
    path: str = ""
    sentence: str = ""
    least: int = 0
    most: int | None = None
    values: tuple[str, ...] = ()
    """What it demands of each value, in words."""
    blocks: bool = True
    """Whether what breaks it is wrong; else it is a warning."""

    @property
    def many(self) -> str:
        """How many values there must be, in words.

        >>> [Demand("", "", least=least, most=most).many for least, most in ((1, 1), (0, None), (2, 5))]
        ['exactly one', 'any number', '2 to 5']
        """
        if (self.least, self.most) in _MANY:
            return _MANY[self.least, self.most]
        return f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"


@dataclass(frozen=True)
class PropertyUse:
    """A property as the things of a class have it."""

    iri: str
    label: str
    demands: tuple[Demand, ...] = ()

    @property
    def needed(self) -> str:
        """Whether it ``must`` be there, ``should`` be (else there is a warning), or ``may`` be."""
        asking = [each for each in self.demands if each.least and len(each.about) == 1]
        if any(each.blocks for each in asking):
            return "must"
        return "should" if asking else "may"

    @property
    def many(self) -> str:
        """How many values there can be, in words."""
        own = [each for each in self.demands if len(each.about) == 1]
        least = max((each.least for each in own), default=0)
        most = min((each.most for each in own if each.most is not None), default=None)
        return Demand("", "", least=least, most=most).many


@dataclass(frozen=True)
class Ontology:
    """All classes and properties, by IRI, and what is demanded of them."""

    terms: Mapping[str, OntologyTerm]
    modules: Mapping[str, str]
    """The titles of the parts, by IRI."""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """What the parts are about, by IRI."""
    demands: tuple[Demand, ...] = ()
    of_property: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What is demanded of all that have a property or are its value, as sentences."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Labels of terms of other vocabularies."""

    def below(self, iri: str) -> list[OntologyTerm]:
        """Return the terms right below one."""
        return self._below.get(iri, [])

    @cached_property
    def _below(self) -> Mapping[str, list[OntologyTerm]]:
        found = defaultdict(list)
        for term in sorted(self.terms.values(), key=lambda each: each.label.casefold()):
            for each in term.above if not term.deprecated else ():
                found[each].append(term)
        return found

    def lineage(self, iri: str) -> list[str]:
        """Return a class and all above it that are of this ontology, the nearest first."""
        found = [iri]
        for each in found:
            above = self.terms[each].above if each in self.terms else ()
            found += [other for other in above if other in self.terms and other not in found]
        return found

    def roots(self, kind: str) -> list[OntologyTerm]:
        """Return the terms of a kind that stand below no other of this ontology, by label."""
        found = (each for each in self.current if each.kind == kind and not set(each.above) & set(self.terms))
        return sorted(found, key=lambda each: each.label.casefold())

    @property
    def current(self) -> Iterator[OntologyTerm]:
        """The terms that are not given up."""
        return (each for each in self.terms.values() if not each.deprecated)

    def demanded(self, iri: str) -> list[Demand]:
        """Return what is demanded of the things of a class, also by those above it; of one rule the nearest."""
        found: dict[tuple[str, str], Demand] = {}
        for each in self.lineage(iri):
            for demand in self._of_class.get(each, ()):
                found.setdefault((demand.path, demand.sentence), demand)
        return list(found.values())

    @cached_property
    def _of_class(self) -> Mapping[str, list[Demand]]:
        found = defaultdict(list)
        for demand in self.demands:
            found[demand.of].append(demand)
        return found

    def properties(self, iri: str) -> list[PropertyUse]:
        """Return the properties that things of a class can have: those declared for it, and those a demand names."""
        above, rules = set(self.lineage(iri)), defaultdict[str, list[Demand]](list)
        for demand in self.demanded(iri):
            for name in demand.about:
                rules[name].append(demand)
        declared = {each.iri for each in self.current if each.kind != "class" and above & set(each.domain)}
        found = (PropertyUse(name, self.name(name), tuple(rules[name])) for name in declared | {*rules})
        return sorted(found, key=lambda each: each.label.casefold())

    def leading(self, iri: str) -> list[OntologyTerm]:
        """Return the properties that lead to things of a class."""
        above = set(self.lineage(iri))
        found = (each for each in self.current if each.kind == "link" and above & set(each.range))
        return sorted(found, key=lambda each: each.label.casefold())

    def name(self, iri: str) -> str:
        """Return the label of a term, or else its short IRI."""
        term = self.terms.get(iri)
        return (term.label if term else self.names.get(iri)) or compact(iri).strip("<>")


def ontology_of(graph: LabelledStore) -> Ontology:
    """Return the ontology of a graph; a job for a worker."""
    reader = _OntologyReader(graph)
    terms = {term.iri: term for term in reader.terms()}
    modules = {term.module for term in terms.values() if term.module}
    others = {iri for term in terms.values() for iri in (*term.above, *term.range, *term.domain, *term.alike)}
    demands, of_property = reader.demanded()
    others |= {iri for demand in demands for iri in demand.about}
    return Ontology(
        terms,
        {iri: reader.label(iri) for iri in modules},
        {iri: " ".join(reader.texts(NamedNode(iri), "dcterms:description")) for iri in modules},
        tuple(demands),
        of_property,
        {iri: name for iri in others - terms.keys() if (name := graph.name(iri))},
    )


class _OntologyReader(TermReader):
    """Reads terms and shapes from a store."""

    def terms(self) -> Iterator[OntologyTerm]:
        """Yield the classes and properties of ours and of the project, in the order of their IRIs."""
        kinds = {
            quad.subject: kind
            for type_, kind in _KINDS.items()
            for quad in self.quads(None, "rdf:type", type_)
            if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith((ONTOLOGY, HOME.base))
        }
        for node in sorted(kinds, key=lambda each: each.value):
            yield self._term(node, kinds[node])

    def _term(self, node: NamedNode, kind: str) -> OntologyTerm:
        labels, definitions = self.by_language(node, "rdfs:label"), self.by_language(node, "skos:definition")
        traits = [words for type_, words in _TRAITS.items() if self.has(node, "rdf:type", type_)]
        return OntologyTerm(
            iri=node.value,
            kind=kind,
            labels=labels,
            definitions=definitions,
            label=self.label(node.value),
            definition=self.text(node, "skos:definition"),
            notes=self.texts(node, "skos:scopeNote"),
            examples=self.texts(node, "skos:example"),
            also=self.texts(node, "skos:altLabel"),
            module=next(iter(self.iris(node, "rdfs:isDefinedBy")), ""),
            above=tuple(iri for name in _ABOVE for iri in self.iris(node, name)),
            domain=self._classes(node, "rdfs:domain"),
            range=self._classes(node, "rdfs:range"),
            inverse=self._inverse(node),
            traits=tuple(traits),
            alike=self.iris(node, "rdfs:seeAlso"),
            sources=self.iris(node, "dcterms:source"),
            replaced_by=self.iris(node, "dcterms:isReplacedBy"),
            deprecated=self.has(node, "owl:deprecated", Literal(value=True)),
        )

    def _inverse(self, node: NamedNode) -> tuple[str, ...]:
        back = (quad.subject for quad in self.quads(None, "owl:inverseOf", node))
        return tuple(
            sorted({*self.iris(node, "owl:inverseOf"), *(one.value for one in back if isinstance(one, NamedNode))})
        )

    def _classes(self, node: NamedNode, name: str) -> tuple[str, ...]:
        """Return the classes that are named, also as members of a union."""
        found: set[str] = set()
        for quad in self.quads(node, name):
            if isinstance(quad.object, NamedNode):
                found.add(quad.object.value)
            elif isinstance(quad.object, BlankNode):
                for union in self.quads(quad.object, "owl:unionOf"):
                    found.update(self._members(union.object))
        return tuple(sorted(found))

    def _members(self, node: object) -> Iterator[str]:
        while isinstance(node, BlankNode):
            first = next(self.quads(node, "rdf:first")).object
            if isinstance(first, NamedNode):
                yield first.value
            node = next(self.quads(node, "rdf:rest")).object

    def demanded(self) -> tuple[list[Demand], dict[str, tuple[str, ...]]]:
        """Return the demands on the things of classes, and the sentences on properties."""
        shapes = Triples(self._store.quads_for_pattern(None, None, None, CATALOGUE))
        told = _Demands(shapes, Wording(shapes, lambda node: self.label(node.value)))
        return list(told.of_classes()), told.of_properties()


@dataclass
class _Demands:
    """Reads what shapes demand."""

    shapes: Triples
    words: Wording

    def of_classes(self) -> Iterator[Demand]:
        """Yield the demands of all shapes that are for classes."""
        for shape in sorted(self.shapes.subjects(sh("targetClass")), key=str):
            for class_ in self.shapes.objects(shape, sh("targetClass")):
                if isinstance(class_, NamedNode) and not self.shapes.true(shape, sh("deactivated")):
                    yield from self._of_shape(shape, class_.value)

    def _of_shape(self, shape: Subject, class_: str) -> Iterator[Demand]:
        if self.words.demands(shape):
            yield self._demand(shape, class_)
        for inner in self.shapes.objects(shape, sh("property")):
            if isinstance(inner, NamedNode | BlankNode) and not self.shapes.true(inner, sh("deactivated")):
                yield self._demand(inner, class_)

    def _demand(self, shape: Subject, class_: str) -> Demand:
        path = self.shapes.value(shape, sh("path"))
        severity = self.shapes.value(shape, sh("severity"))
        return Demand(
            shape=shape.value if isinstance(shape, NamedNode) else "",
            of=class_,
            about=self._about(path),
            path=self.words.path(shape),
            sentence=self._sentence(shape),
            least=self.words.count(shape, "minCount") or 0,
            most=self.words.count(shape, "maxCount"),
            values=tuple(self.words.demands(shape, counts=False)),
            blocks=severity in (None, sh("Violation")),
        )

    def _about(self, path: Node | None) -> tuple[str, ...]:
        """Return the properties that a path leads along, if it is one of them or any of several."""
        if path is None:
            return ()
        read = paths.read(self.shapes, path)
        steps = [read] if isinstance(read, paths.Step) else read.parts if read.sign == "|" else ()
        return tuple(each.predicate.value for each in steps if isinstance(each, paths.Step) and not each.inverse)

    def _sentence(self, shape: Subject) -> str:
        """Return what a shape says of itself; of a thing as a whole the message says it, and not the description."""
        about = ("description", "message") if self.words.path(shape) else ("message", "description")
        said = next((text for name in about for text in self.words.texts(shape, name)), "")
        return said or "; ".join(self.words.demands(shape))

    def of_properties(self) -> dict[str, tuple[str, ...]]:
        """Return sentences about all that have a property, or are values of it."""
        found: dict[str, list[str]] = defaultdict(list)
        for target in ("targetSubjectsOf", "targetObjectsOf"):
            for shape in sorted(self.shapes.subjects(sh(target)), key=str):
                inner = (each for each in self.shapes.objects(shape, sh("property")) if not isinstance(each, Literal))
                for property_ in _iris(self.shapes.objects(shape, sh(target))):
                    found[property_] += [self._sentence(each) for each in (shape, *inner)]
        return {property_: tuple(dict.fromkeys(filter(None, said))) for property_, said in found.items()}


def _iris(nodes: Iterable[Node]) -> Iterator[str]:
    return (node.value for node in nodes if isinstance(node, NamedNode))
