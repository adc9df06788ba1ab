"""What the graph says of one thing, with names in place of IRIs and the section that says so."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Triple

from clustergraph.engine.store import Embedded
from clustergraph.languages.messages import N_, gettext
from clustergraph.questions.notes import Note, notes_on
from clustergraph.questions.sections import Section, row_of
from clustergraph.rdf.labels import near
from clustergraph.rdf.origins import Origins
from clustergraph.terms import ONTOLOGY, VOCABULARIES, compact, expand

SHOWN: Final = 500
"""How many statements of one direction are given."""
_ALIKE: Final = 50
"""How many things are given that have one property with the thing."""

Part = NamedNode | BlankNode | Literal | Triple
Words = Callable[[str], str]
"""Gives the name of a thing, or nothing."""

_RDF_TYPE: Final = VOCABULARIES["rdf"] + "type"
_NAMING: Final = ("skos:prefLabel", "rdfs:label", "dcterms:title", "cg:heading")
_FIRST: Final = frozenset(expand(name).value for name in _NAMING)
_NO_DETAIL: Final = (_RDF_TYPE, ONTOLOGY + "statedIn", ONTOLOGY + "derivedFrom")
_CONTENT: Final = "SELECT ?s ?p ?o WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }} ORDER BY ?s ?p STR(?o) LIMIT {limit}"
"""By their texts: years, numbers and IRIs beside each other have no order of their own that is total."""
_WORDS: Final = {
    expand(pname).value: words
    for pname, words in {
        "rdf:type": N_("is a"),
        "rdfs:label": N_("is labelled"),
        "rdfs:comment": N_("comment"),
        "rdfs:subClassOf": N_("is a kind of"),
        "rdfs:subPropertyOf": N_("is a special case of"),
        "rdfs:domain": N_("is said of"),
        "rdfs:range": N_("has values that are"),
        "rdfs:isDefinedBy": N_("is defined by"),
        "skos:prefLabel": N_("name"),
        "skos:altLabel": N_("also spelled"),
        "skos:definition": N_("definition"),
        "skos:example": N_("example"),
        "skos:scopeNote": N_("scope note"),
        "skos:editorialNote": N_("editorial note"),
        "skos:notation": N_("code"),
        "dcterms:title": N_("title"),
        "dcterms:source": N_("source"),
        "dcterms:isReplacedBy": N_("is replaced by"),
        "owl:deprecated": N_("deprecated"),
    }.items()
}
"""Words for properties of other vocabularies that the graph does not label itself."""


@dataclass
class Line:
    """A thing at the other end of a statement, and who makes it."""

    term: Part
    sources: list[Section] = field(default_factory=list)


@dataclass
class Property:
    """All statements of a thing with one property."""

    property: str
    lines: list[Line] = field(default_factory=list)
    more: bool = False
    """Whether there are more than are given."""


@dataclass
class Thing:
    """What there is to say of an IRI."""

    iri: str
    own: list[Property] = field(default_factory=list)
    incoming: list[Property] = field(default_factory=list)
    content: list[tuple[str, list[Property]]] = field(default_factory=list)
    """If the thing is a named graph: its statements by subject."""
    names: dict[str, str] = field(default_factory=dict)
    """Labels of things, by IRI."""
    details: dict[str, list[tuple[str, Part]]] = field(default_factory=dict)
    """Statements of things without a name, as property and value."""
    cut: list[str] = field(default_factory=list)
    """The parts that were cut at `SHOWN` statements."""
    notes: list[Note] = field(default_factory=list)
    """The notes of the editors on the thing, on statements about it, or on the section that it is."""

    @property
    def known(self) -> bool:
        """Whether the graph says anything of it."""
        return bool(self.own or self.incoming or self.content)

    @property
    def types(self) -> list[str]:
        """The classes that the graph states: those of the ontology, or if there are none, of others."""
        every = [line.term.value for group in self.own if group.property == _RDF_TYPE for line in group.lines
                 if isinstance(line.term, NamedNode)]  # fmt: skip
        return [iri for iri in every if iri.startswith(ONTOLOGY)] or every

    def name(self, iri: str) -> str:
        """Return the label of a thing, or else its short IRI."""
        return self.names.get(iri) or gettext(_WORDS.get(iri, "")) or compact(iri).strip("<>")


class Things:
    """Reads things from the store of a release."""

    def __init__(
        self, graph: Embedded, words: Words, sections: Mapping[str, Section], origins: Origins | None = None
    ) -> None:
        """Take the store, what names things, the sections of the documents, and which rows statements come from."""
        self._origins = origins
        self._graph = graph
        self._words = words
        self._sections = sections

    def about(self, iri: str) -> Thing:
        """Return what the graph says about an IRI."""
        thing, node, store = Thing(iri), NamedNode(iri), self._graph.store
        own = list(islice(store.quads_for_pattern(node, None, None, DefaultGraph()), SHOWN + 1))
        incoming = list(islice(store.quads_for_pattern(None, None, node, DefaultGraph()), SHOWN + 1))
        content = self._content(iri)
        for part, quads in (("own", own), ("incoming", incoming), ("content", content)):
            if len(quads) > SHOWN:
                quads.pop()
                thing.cut.append(part)
        thing.own = _grouped((quad.predicate.value, quad.object, self._sources(quad)) for quad in own)
        own_pairs = {(quad.predicate, quad.object) for quad in own}
        # A tie that holds both ways is told once.
        incoming = [quad for quad in incoming if (quad.predicate, quad.subject) not in own_pairs]
        thing.incoming = _grouped((quad.predicate.value, quad.subject, self._sources(quad)) for quad in incoming)
        for group in thing.incoming:
            group.lines, group.more = group.lines[:_ALIKE], len(group.lines) > _ALIKE
        kept = {(group.property, line.term) for group in thing.incoming for line in group.lines}
        incoming = [quad for quad in incoming if (quad.predicate.value, quad.subject) in kept]
        thing.content = _by_subject(content)
        thing.notes = notes_on(self._graph, iri)
        self._name(thing, [*own, *incoming, *content])
        return thing

    def near(self, iri: str) -> list[tuple[str, str]]:
        """Return IRIs and names of things in the same place whose IRI is most like an IRI."""
        return [(each, self._words(each)) for each in near(self._graph.store, iri, 5)]

    def _content(self, iri: str) -> list[Quad]:
        rows = self._graph.query(_CONTENT.format(graph=NamedNode(iri), limit=SHOWN + 1))
        assert isinstance(rows, QuerySolutions)
        return [Quad(row["s"], row["p"], row["o"]) for row in rows]

    def _sources(self, quad: Quad) -> list[Section]:
        """Return the graphs that state a triple, each as a section; one that is none has a name only."""
        every = self._graph.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        graphs = sorted(each.graph_name.value for each in every if isinstance(each.graph_name, NamedNode))
        return [self._source(quad, graph) for graph in graphs]

    def _source(self, quad: Quad, graph: str) -> Section:
        section = self._sections.get(graph) or Section(graph, "", {"name": self._words(graph)})
        return section.at(row_of(self._origins, quad, graph))

    def _name(self, thing: Thing, quads: Iterable[Quad]) -> None:
        """Fill in the names of everything in sight, and the details of what has none."""
        terms = {term for quad in quads for term in quad.triple}
        wanted = {term.value for term in terms if isinstance(term, NamedNode)} | {thing.iri}
        lines = [line for group in (*thing.own, *thing.incoming) for line in group.lines]
        wanted |= {source.document for line in lines for source in line.sources if source.document}
        for iri in sorted(wanted):
            if name := self._words(iri):
                thing.names[iri] = name
            elif iri != thing.iri:
                self._detail(thing, iri)

    def _detail(self, thing: Thing, iri: str) -> None:
        quads = list(self._graph.store.quads_for_pattern(NamedNode(iri), None, None, DefaultGraph()))
        pairs = [(q.predicate.value, q.object) for q in quads if q.predicate.value not in _NO_DETAIL]
        pairs = [(name, value) for name, value in pairs if value != NamedNode(thing.iri)]
        if quads:
            thing.details[iri] = sorted(pairs, key=lambda pair: (pair[0], str(pair[1])))
        for each in (*(name for name, _ in pairs), *(v.value for _, v in pairs if isinstance(v, NamedNode))):
            if name := self._words(each):
                thing.names[each] = name


def _grouped(statements: Iterable[tuple[str, Part, list[Section]]]) -> list[Property]:
    """Group statements by property, those that name a thing after its classes and before the others."""
    groups: dict[str, list[Line]] = defaultdict(list)
    for name, term, sources in statements:
        groups[name].append(Line(term, sources))
    ordered = sorted(groups, key=lambda iri: (iri != _RDF_TYPE, iri not in _FIRST, iri))
    return [Property(iri, sorted(groups[iri], key=lambda line: _text(line.term))) for iri in ordered]


def _by_subject(quads: Iterable[Quad]) -> list[tuple[str, list[Property]]]:
    subjects: dict[str, list[Quad]] = defaultdict(list)
    for quad in quads:
        subjects[_text(quad.subject, fold=False)].append(quad)
    return [(s, _grouped((q.predicate.value, q.object, []) for q in found)) for s, found in subjects.items()]


def _text(term: Part, *, fold: bool = True) -> str:
    text = str(term) if isinstance(term, Triple) else term.value
    return text.casefold() if fold else text
