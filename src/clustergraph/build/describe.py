"""The description of a release in VoID and DCAT: what is in it, how much, and how to get it."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from clustergraph.terms import BASE, GRAPH, PREFIXES, RELEASE, expand

_DATASET = NamedNode(BASE + "dataset")
_ENDPOINT = NamedNode(BASE + "sparql")


def describe(store: Store, digest: str, version: str) -> list[Quad]:
    """Return the description of the graph in a store, whose default graph is the merged one.

    Args:
        store: the finished graph.
        digest: the digest of its content, which names the release.
        version: the version of the project that built it.
    """
    subject = _DATASET
    quads = [
        _quad(subject, "rdf:type", expand("dcat:Dataset")),
        _quad(subject, "rdf:type", expand("void:Dataset")),
        _quad(
            subject,
            "dcterms:title",
            Literal("clustergraph: European clusters and their cooperation", language="en"),
        ),
        _quad(
            subject,
            "dcterms:description",
            Literal(
                "Clusters, regions, smart-specialisation priorities, partnerships, pilots, projects and "
                "funding schemes, each statement with the section of the document that makes it.",
                language="en",
            ),
        ),
        _quad(subject, "dcterms:license", NamedNode("https://creativecommons.org/licenses/by/4.0/")),
        _quad(subject, "dcterms:identifier", Literal(digest)),
        _quad(subject, "dcat:version", Literal(version)),
        _quad(subject, "dcterms:hasVersion", NamedNode(RELEASE + digest)),
        _quad(subject, "void:sparqlEndpoint", _ENDPOINT),
        _quad(subject, "void:uriSpace", Literal(BASE)),
        _quad(subject, "void:triples", _count(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")),
    ]
    quads += _partitions(store, "class", "SELECT ?x (COUNT(?s) AS ?n) { ?s a ?x FILTER isIRI(?x) } GROUP BY ?x")
    quads += _partitions(store, "property", "SELECT ?x (COUNT(*) AS ?n) { ?s ?x ?o } GROUP BY ?x")
    quads += _subsets(store)
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


def _partitions(store: Store, kind: str, query: str) -> Iterator[Quad]:
    for row in sorted(_rows(store, query), key=lambda row: str(row["x"])):
        term = row["x"]
        part = NamedNode(f"{BASE}dataset/{kind}/{term.value.removeprefix('http://').removeprefix('https://')}")
        counted = "entities" if kind == "class" else "triples"
        yield _quad(_DATASET, f"void:{kind}Partition", part)
        yield _quad(part, f"void:{kind}", term)
        yield _quad(part, f"void:{counted}", row["n"])


def _subsets(store: Store) -> Iterator[Quad]:
    query = "SELECT ?x (COUNT(*) AS ?n) { GRAPH ?x { ?s ?p ?o } } GROUP BY ?x"
    for row in sorted(_rows(store, query), key=lambda row: str(row["x"])):
        graph = row["x"]
        if graph.value.startswith(GRAPH):
            yield _quad(_DATASET, "void:subset", graph)
            yield _quad(graph, "void:triples", row["n"])
