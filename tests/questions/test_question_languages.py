"""The language that a name is tagged with changes no answer: what has no English name is called by another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyoxigraph import Literal, Quad, RdfFormat, Store

from clustergraph.errors import QuestionError
from clustergraph.graph import Graph
from clustergraph.rdf.labels import labels
from clustergraph.terms import ID, PREFIXES, expand

LABEL = expand("skos:prefLabel")
THINGS = (ID, PREFIXES["nuts"], PREFIXES["country"])
NAMED = """@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix dcterms: <http://purl.org/dc/terms/> .
cg:Cluster rdfs:label "cluster"@en . cg:Section rdfs:label "section"@en .
<x:polo> a cg:Cluster ; skos:prefLabel "Polo della gomma"@it .
<x:alpin> a cg:Cluster ; skos:prefLabel "Réseau Alpin"@fr, "Alpines Netz"@de, "ZENIT"@und ; skos:altLabel "Zenith" .
<x:both> a cg:Cluster ; skos:prefLabel "Zed cluster"@en, "A-Cluster"@de, "B"@und .
<x:paper> skos:prefLabel "Papier"@fr, "Paper"@en .
<x:s> a cg:Section ; cg:inDocument <x:paper> ; cg:heading "One" ; skos:prefLabel "Un"@fr, "Uno"@it ."""


@pytest.fixture(scope="module")
def named() -> Graph:
    store = Store()
    store.load(NAMED.encode(), format=RdfFormat.TURTLE)
    return Graph(store, {})


def retagged(store: Store) -> Iterator[Quad]:
    """Yield the statements of a graph in which no thing has an English name."""
    for quad in store:
        name = quad.object
        if quad.predicate == LABEL and name.language == "en" and quad.subject.value.startswith(THINGS):
            yield Quad(quad.subject, LABEL, Literal(name.value, language="und"), quad.graph_name)
        else:
            yield quad


@pytest.fixture(scope="module")
def without_english(graph: Graph) -> Graph:
    store = Store()
    store.bulk_extend(retagged(graph.store))
    return Graph(store, graph.questions)


def test_a_thing_is_called_by_its_english_name_else_by_one_in_no_language_else_by_the_first(named: Graph) -> None:
    expected = {"x:polo": "Polo della gomma", "x:alpin": "ZENIT", "x:both": "Zed cluster"}
    assert {iri: named.label(iri) for iri in expected} == expected
    assert labels(named.store).items() >= expected.items()


def test_a_thing_without_an_english_name_is_found(named: Graph) -> None:
    for text, label in (
        ("gomma", "Polo della gomma"),
        ("reseau", "ZENIT"),
        ("zenith", "ZENIT"),
        ("A-Cluster", "Zed cluster"),
    ):
        assert named.search(text)[0].label == label


def test_a_section_has_one_name_and_its_document_one_title(named: Graph) -> None:
    assert [(title, [each.name for each in own]) for _, title, own in named.documents()] == [("Paper", ["Un"])]


def test_no_answer_depends_on_the_tags_of_names(graph: Graph, without_english: Graph) -> None:
    for name in graph.questions:
        try:
            expected = list(graph.ask(name))
        except QuestionError:  # it needs a parameter
            continue
        assert sorted(map(repr, without_english.ask(name))) == sorted(map(repr, expected)), name


def test_the_map_knows_countries_that_have_no_english_name(graph: Graph, without_english: Graph) -> None:
    assert without_english.locations.of(()) == graph.locations.of(())
    assert any(place.country for place in graph.locations.of(()).values())
