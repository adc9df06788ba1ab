"""What the graph says of one thing, with names in place of IRIs and the section that says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from clustergraph.store.embedded import Release
from clustergraph.terms import GRAPH, ID, INFERRED, ONTOLOGY, VOCABULARIES, expand
from clustergraph.web.pages import section_name, short
from clustergraph.web.service import Row, Service, Term

SHOWN: Final = 500
"""How many statements of one direction a page shows."""

_RDF_TYPE: Final = VOCABULARIES["rdf"] + "type"
_LABELS: Final = (
    VOCABULARIES["skos"] + "prefLabel",
    VOCABULARIES["rdfs"] + "label",
    VOCABULARIES["dcterms"] + "title",
    ONTOLOGY + "heading",
)
"""Properties that name a thing, the best first."""
_NO_DETAIL: Final = (_RDF_TYPE, ONTOLOGY + "statedIn", ONTOLOGY + "derivedFrom")

_WORDS: Final = {
    expand(pname).value: words
    for pname, words in {
        "rdf:type": "is a",
        "rdfs:label": "label",
        "rdfs:comment": "comment",
        "rdfs:subClassOf": "is a kind of",
        "rdfs:subPropertyOf": "is a special case of",
        "rdfs:domain": "is said of",
        "rdfs:range": "has values that are",
        "rdfs:isDefinedBy": "is defined by",
        "skos:prefLabel": "name",
        "skos:altLabel": "also spelled",
        "skos:definition": "definition",
        "skos:example": "example",
        "skos:scopeNote": "scope note",
        "skos:editorialNote": "editorial note",
        "skos:notation": "code",
        "dcterms:title": "title",
        "dcterms:source": "source",
    }.items()
}
"""Words for properties of other vocabularies that the graph does not label itself."""

_STATEMENTS: Final = """
SELECT ?s ?p ?o ?g WHERE {
  {
    { SELECT ?p ?o WHERE { <IRI> ?p ?o } LIMIT %(limit)d }
    OPTIONAL { GRAPH ?g { <IRI> ?p ?o } }
  } UNION {
    { SELECT ?s ?p WHERE { ?s ?p <IRI> } LIMIT %(limit)d }
    OPTIONAL { GRAPH ?g { ?s ?p <IRI> } }
  }
}
"""
_CONTENT: Final = "SELECT ?s ?p ?o WHERE { GRAPH <%s> { ?s ?p ?o } } ORDER BY ?s ?p ?o LIMIT %d"
_NAMES: Final = "SELECT ?iri ?p ?label WHERE { VALUES ?iri { %s } VALUES ?p { %s } ?iri ?p ?label }"
_DETAILS: Final = "SELECT ?s ?p ?o WHERE { VALUES ?s { %s } ?s ?p ?o FILTER(?p NOT IN (%s)) }"
_SOURCES: Final = """
SELECT ?g ?name ?number ?heading ?table ?row ?document WHERE {
  VALUES ?g { %s }
  OPTIONAL { ?g skos:prefLabel ?name FILTER(lang(?name) IN ("en", "")) }
  OPTIONAL { ?g cg:inDocument ?document }
  OPTIONAL { ?g cg:heading ?heading }
  OPTIONAL { ?g cg:sectionNumber ?number }
  OPTIONAL { ?g cg:table ?table }
  OPTIONAL { ?g cg:row ?row }
}
"""


@dataclass(frozen=True)
class Source:
    """The named graph that a statement stands in."""

    iri: str
    name: str
    document: str = ""
    """The IRI of the document, if the graph is a section of one."""

    @property
    def inferred(self) -> bool:
        """Whether the statement was computed."""
        return self.iri == INFERRED.value


@dataclass
class Line:
    """A thing at the other end of a statement."""

    term: Term
    sources: list[Source] = field(default_factory=list)


@dataclass
class Group:
    """All statements of a thing with one property."""

    property: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class Thing:
    """Everything that a page shows."""

    iri: str
    own: list[Group] = field(default_factory=list)
    incoming: list[Group] = field(default_factory=list)
    content: list[tuple[str, list[Group]]] = field(default_factory=list)
    """Of a named graph: the subjects in it with their statements."""
    names: dict[str, str] = field(default_factory=dict)
    details: dict[str, list[tuple[str, Term]]] = field(default_factory=dict)
    """What is said of things that have no name."""
    cut: list[str] = field(default_factory=list)
    """Which parts are not shown in full."""

    @property
    def known(self) -> bool:
        """Whether the graph says anything about it."""
        return bool(self.own or self.incoming or self.content)

    @property
    def types(self) -> list[str]:
        """The IRIs of its classes: of ours, or if there are none, of others."""
        every = [line.term.value for group in self.own if group.property == _RDF_TYPE for line in group.lines]
        return [iri for iri in every if iri.startswith(ONTOLOGY)] or every

    def name(self, iri: str) -> str:
        """Return the label of a thing, or else its short IRI."""
        return self.names.get(iri) or _WORDS.get(iri) or short(iri)


async def load(service: Service, release: Release, iri: str) -> Thing:
    """Return what a release says about an IRI."""
    thing = Thing(iri)
    rows = await service.rows(release, _STATEMENTS.replace("<IRI>", f"<{iri}>") % {"limit": SHOWN + 1})
    graphs = {row["g"].value for row in rows if "g" in row}
    sources = await _sources(service, release, graphs)
    own = [row for row in rows if "o" in row]
    incoming = [row for row in rows if "s" in row]
    thing.own = _groups(own, "o", sources)
    thing.incoming = _groups(incoming, "s", sources)
    for part, groups in (("own", thing.own), ("incoming", thing.incoming)):
        if sum(len(group.lines) for group in groups) > SHOWN:
            groups[-1].lines.pop()
            thing.cut.append(part)
    content: list[Row] = []
    if iri.startswith(GRAPH):
        content = await service.rows(release, _CONTENT % (iri, SHOWN + 1))
        if len(content) > SHOWN:
            content.pop()
            thing.cut.append("content")
        thing.content = _by_subject(content)
    await _name(service, release, thing, [*rows, *content], sources.values())
    return thing


def _groups(rows: Iterable[Row], end: str, sources: dict[str, Source]) -> list[Group]:
    """Group rows by property; a statement that several graphs make is one line."""
    groups: dict[str, dict[Term, Line]] = defaultdict(dict)
    for row in rows:
        line = groups[row["p"].value].setdefault(row[end], Line(row[end]))
        if "g" in row:
            line.sources.append(sources[row["g"].value])
    ordered = sorted(groups, key=lambda iri: (iri != _RDF_TYPE, iri not in _LABELS, iri))
    return [Group(iri, sorted(groups[iri].values(), key=lambda line: line.term.value.casefold())) for iri in ordered]


def _by_subject(rows: list[Row]) -> list[tuple[str, list[Group]]]:
    subjects: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        subjects[row["s"].value].append(row)
    return [(subject, _groups(found, "o", {})) for subject, found in subjects.items()]


async def _sources(service: Service, release: Release, graphs: set[str]) -> dict[str, Source]:
    if not graphs:
        return {}
    found = {graph: Source(graph, short(graph)) for graph in graphs}
    for row in await service.rows(release, _SOURCES % _values(graphs)):
        graph = row["g"].value
        document = row["document"].value if "document" in row else ""
        found[graph] = Source(graph, section_name(row) or short(graph), document)
    return found


async def _name(service: Service, release: Release, thing: Thing, rows: list[Row], sources: Iterable[Source]) -> None:
    """Fill in the names of everything in sight, and the details of what has none."""
    wanted = {term.value for row in rows for term in row.values() if term.is_iri}
    wanted |= {thing.iri} | {source.document for source in sources if source.document}
    thing.names = await _names(service, release, wanted)
    nameless = {iri for iri in wanted if iri.startswith(ID) and iri not in thing.names and iri != thing.iri}
    if not nameless:
        return
    query = _DETAILS % (_values(nameless), ", ".join(f"<{iri}>" for iri in _NO_DETAIL))
    details: dict[str, list[tuple[str, Term]]] = defaultdict(list)
    more: set[str] = set()
    for row in await service.rows(release, query):
        if row["o"].value != thing.iri:
            details[row["s"].value].append((row["p"].value, row["o"]))
            more |= {row["p"].value} | ({row["o"].value} if row["o"].is_iri else set())
    thing.details = {iri: sorted(pairs, key=lambda pair: pair[0]) for iri, pairs in details.items()}
    thing.names |= await _names(service, release, more - set(thing.names))


async def _names(service: Service, release: Release, iris: set[str]) -> dict[str, str]:
    """Return the best label of each IRI that has one: English first, then no language, then any."""
    if not iris:
        return {}
    best: dict[str, tuple[tuple[int, int, str], str]] = {}
    for row in await service.rows(release, _NAMES % (_values(iris), _values(_LABELS, keep_order=True))):
        iri, label = row["iri"].value, row["label"]
        language = {"en": 0, "": 1}.get(label.language.partition("-")[0], 2)
        rank = (_LABELS.index(row["p"].value), language, label.value)
        if iri not in best or rank < best[iri][0]:
            best[iri] = (rank, label.value)
    return {iri: label for iri, (_, label) in best.items()}


def _values(iris: Iterable[str], *, keep_order: bool = False) -> str:
    # Sorted, so that the same page asks the same query and finds it in the cache.
    return " ".join(f"<{iri}>" for iri in (iris if keep_order else sorted(iris)))
