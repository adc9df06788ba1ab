"""The description of a release in VoID and DCAT: what is in it, how much, and how to get it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from clustergraph.export.dcat import DATASET, Subject, catalogue, node
from clustergraph.export.downloads import Download
from clustergraph.export.publication import Publication
from clustergraph.export.sources import Facts
from clustergraph.terms import BASE, COUNTRY, GRAPH, ID, NUTS, PREFIXES, VOCABULARIES, compact, expand

_NO_VOCABULARY = ("nuts", "country")
_LINKED = {
    "nuts": (NUTS, "http://data.europa.eu/nuts", "NUTS regions"),
    "country": (COUNTRY, COUNTRY.rstrip("/"), "Countries of the EU authority list"),
    "eccp": ("", "https://www.clustercollaboration.eu/", "Profiles on the European Cluster Collaboration Platform"),
}
_EXAMPLES = ("Cluster", "Region", "Partnership", "Project", "Participation", "Figure", "FundingScheme", "Section")


def describe(
    store: Store,
    digest: str,
    version: str,
    *,
    created: str = "",
    facts: Mapping[str, Facts] | None = None,
    downloads: tuple[Download, ...] = (),
    publication: Publication | None = None,
) -> list[Quad]:
    """Return the description of the graph in a store, whose default graph is the merged one.

    Args:
        store: the finished graph.
        digest: the digest of its content, which names the release.
        version: the version of the project that built it.
        created: when it was built, ISO 8601.
        facts: what each source holds, and under the empty name the whole.
        downloads: the files that are offered.
        publication: who publishes it.
    """
    counted = facts or {"": Facts()}
    about = Subject(digest, version, created, counted, _names(store, counted), _documents(store, counted), downloads)
    quads = [*catalogue(about, publication or Publication()), *_statistics(store), *_access(store, downloads)]
    quads += _partitions(store, "class", "SELECT ?x (COUNT(?s) AS ?n) { ?s a ?x FILTER isIRI(?x) } GROUP BY ?x")
    quads += _partitions(store, "property", "SELECT ?x (COUNT(*) AS ?n) { ?s ?x ?o } GROUP BY ?x")
    quads += _subsets(store, counted)
    quads += _linksets(store)
    return quads


def _quad(subject: NamedNode, predicate: str, value: NamedNode | Literal) -> Quad:
    return Quad(subject, expand(predicate), value)


def _rows(store: Store, query: str) -> QuerySolutions:
    result = store.query(query, prefixes=PREFIXES)
    assert isinstance(result, QuerySolutions)
    return result


def _count(store: Store, query: str) -> Literal:
    count = next(iter(_rows(store, query)))["n"]
    assert isinstance(count, Literal)
    return count


def _names(store: Store, facts: Mapping[str, Facts]) -> dict[str, str]:
    """Return the English labels of the documents and places that are described."""
    places = " ".join(f"<{place}>" for place in sorted(facts[""].places))
    wanted = f"{{ ?x a cg:Document }} UNION {{ VALUES ?x {{ {places} }} }}"
    label = '?x skos:prefLabel ?label FILTER(lang(?label) IN ("en", ""))'
    query = f"SELECT ?x (MIN(STR(?label)) AS ?name) {{ {wanted} {label} }} GROUP BY ?x"
    return {row["x"].value: row["name"].value for row in _rows(store, query)}


def _documents(store: Store, facts: Mapping[str, Facts]) -> dict[str, str]:
    """Return the document that each source is the content of: that of the same name."""
    known = {row["x"].value for row in _rows(store, "SELECT ?x { ?x a cg:Document }")}
    return {source: f"{ID}document/{source}" for source in facts if f"{ID}document/{source}" in known}


def _statistics(store: Store) -> Iterator[Quad]:
    counts = {
        "void:triples": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "void:entities": "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c FILTER isIRI(?s) }",
        "void:classes": "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?s a ?c }",
        "void:properties": "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }",
        "void:distinctSubjects": "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }",
        "void:distinctObjects": "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }",
    }
    for predicate, query in counts.items():
        yield _quad(DATASET, predicate, _count(store, query))


def _access(store: Store, downloads: tuple[Download, ...]) -> Iterator[Quad]:
    yield _quad(DATASET, "void:sparqlEndpoint", NamedNode(f"{BASE}sparql"))
    yield _quad(DATASET, "void:uriSpace", Literal(BASE))
    for name in ("N-Quads", "N-Triples", "Turtle", "TriG", "RDF_XML", "JSON-LD"):
        yield _quad(DATASET, "void:feature", NamedNode(f"http://www.w3.org/ns/formats/{name}"))
    for each in downloads:
        if not each.source and not each.conforms_to:
            yield _quad(DATASET, "void:dataDump", NamedNode(f"{BASE}download/{each.name}"))
    for kind in _EXAMPLES:
        # The smallest one, so that the same graph always gives the same example.
        for row in _rows(store, f"SELECT (MIN(?s) AS ?x) {{ ?s a cg:{kind} FILTER isIRI(?s) }}"):
            if row["x"] is not None:
                yield _quad(DATASET, "void:exampleResource", row["x"])


def _partitions(store: Store, kind: str, query: str) -> Iterator[Quad]:
    vocabularies: set[str] = set()
    spaces = {space for prefix, space in VOCABULARIES.items() if prefix not in _NO_VOCABULARY} | {PREFIXES["cg"]}
    for row in sorted(_rows(store, query), key=lambda row: str(row["x"])):
        term = row["x"]
        part = node(f"{kind}-{_short(term.value)}")
        counted = "entities" if kind == "class" else "triples"
        yield _quad(DATASET, f"void:{kind}Partition", part)
        yield _quad(part, f"void:{kind}", term)
        yield _quad(part, f"void:{counted}", row["n"])
        vocabularies |= {space for space in spaces if term.value.startswith(space)}
    for space in sorted(vocabularies):
        yield _quad(DATASET, "void:vocabulary", NamedNode(space))


def _short(iri: str) -> str:
    """Return a fragment that stands for a term: its prefixed name, or else the start of a digest."""
    name = compact(iri)
    if name.startswith("<"):
        return hashlib.sha256(iri.encode()).hexdigest()[:12]
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name)


def _subsets(store: Store, facts: Mapping[str, Facts]) -> Iterator[Quad]:
    query = "SELECT ?x (COUNT(*) AS ?n) { GRAPH ?x { ?s ?p ?o } } GROUP BY ?x"
    for row in sorted(_rows(store, query), key=lambda row: str(row["x"])):
        graph = row["x"]
        if graph.value.startswith(GRAPH):
            source = graph.value[len(GRAPH) :].partition("/")[0]
            whole = node(f"source-{source}") if source in facts and graph.value != GRAPH + source else DATASET
            yield _quad(whole, "void:subset", graph)
            yield _quad(graph, "void:triples", row["n"])
            if whole != DATASET:
                yield _quad(DATASET, "void:subset", whole)


def _linksets(store: Store) -> Iterator[Quad]:
    """Yield how many triples lead to the things of others, by property."""
    for name, (space, target, title) in _LINKED.items():
        linking = f'?s ?p ?o FILTER(isIRI(?o) && STRSTARTS(STR(?o), "{space}") && !STRSTARTS(STR(?s), "{space}"))'
        pattern = linking if space else "?s ?p ?o FILTER(?p = cg:eccpProfile)"
        query = f"SELECT ?p (COUNT(*) AS ?n) {{ {pattern} }} GROUP BY ?p"
        rows = sorted(_rows(store, query), key=lambda row: str(row["p"]))
        if not rows:
            continue
        other = NamedNode(target)
        yield _quad(other, "rdf:type", expand("void:Dataset"))
        yield _quad(other, "dcterms:title", Literal(title, language="en"))
        for row in rows:
            links = node(f"links-{name}-{_short(row['p'].value)}")
            yield _quad(links, "rdf:type", expand("void:Linkset"))
            yield _quad(links, "void:subjectsTarget", DATASET)
            yield _quad(links, "void:objectsTarget", other)
            yield _quad(links, "void:linkPredicate", row["p"])
            yield _quad(links, "void:triples", row["n"])
            yield _quad(DATASET, "void:subset", links)
