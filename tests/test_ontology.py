"""The ontology: consistent and satisfiable under HermiT, documented, and every term in use."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import owlready2
import pytest
from pyoxigraph import DefaultGraph, Quad, QuerySolutions, RdfFormat, Store, serialize

from clustergraph.pipeline.project import Project
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.terms import LISTS, ONTOLOGY, PREFIXES
from tests.conftest import PUBLISHED, ROOT

ANNOTATIONS = {
    PREFIXES["skos"] + name
    for name in (
        "definition",
        "example",
        "scopeNote",
        "editorialNote",
        "prefLabel",
        "altLabel",
        "hiddenLabel",
        "notation",
        "broader",
        "related",
        "exactMatch",
        "closeMatch",
        "broadMatch",
        "narrowMatch",
        "relatedMatch",
        "hasTopConcept",
        "topConceptOf",
    )
}
"""What is said of terms and concepts, and in no axiom of ours; the reasoner is faster without."""
EMPTY = set(
    re.findall(
        r"\w+",
        """a an and are as at be by for from has have how in is it its links names of on one or says states than that
        the to was what where whether which who whom with""",
    )
)
"""Words that a definition does not say anything with."""


@pytest.fixture(scope="module")
def ontology() -> Store:
    """The ontology and its code lists in the default graph."""
    store = Store()
    store.extend(Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in read_all(rdf_files(ROOT / "ontology")))
    return store


def select(store: Store, query: str) -> list[str]:
    rows = store.query(query, prefixes=PREFIXES)
    assert isinstance(rows, QuerySolutions)
    return [row[0].value for row in rows]


def reasoned(triples: list[Quad], folder: Path, *, with_data: bool = False) -> owlready2.World:
    if shutil.which("java") is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Java, for HermiT")
        pytest.skip("HermiT needs Java, which is not on this machine")
    path = folder / "ontology.nt"
    lines = [q.triple for q in triples if q.predicate.value not in ANNOTATIONS and "imports" not in q.predicate.value]
    path.write_bytes(serialize(lines, format=RdfFormat.N_TRIPLES) or b"")
    world = owlready2.World()
    world.get_ontology(path.as_uri()).load()
    # Dates of the data are not in the OWL 2 datatype map; the ontology itself uses none.
    owlready2.sync_reasoner_hermit(world, debug=0, ignore_unsupported_datatypes=with_data)
    return world


@pytest.mark.slow
def test_hermit_finds_it_consistent_and_every_class_satisfiable(ontology: Store, tmp_path: Path) -> None:
    world = reasoned(list(ontology), tmp_path)
    assert list(world.inconsistent_classes()) == []


@pytest.mark.slow
def test_hermit_would_find_an_unsatisfiable_class(ontology: Store, tmp_path: Path) -> None:
    bad = Store()
    bad.extend(ontology)
    bad.update("INSERT DATA { cg:Odd a owl:Class ; rdfs:subClassOf cg:Organisation, cg:Place }", prefixes=PREFIXES)
    names = [c.name for c in reasoned(list(bad), tmp_path).inconsistent_classes()]
    assert "Odd" in names


@pytest.mark.slow
def test_the_data_is_consistent_with_the_ontology(project: Project, tmp_path: Path) -> None:
    countries = project.reference.find("countries.trig")
    said = list(read_all(path for path in project.graph_files() if path != countries))
    named = {quad.object for quad in said}
    said += [quad for quad in read_all([countries]) if quad.subject in named]  # With all it takes minutes.
    merged = {Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in said}
    reasoned(list(merged), tmp_path, with_data=True)


def test_every_term_is_used_by_the_data_or_a_question(store: Store, project: Project) -> None:
    queries = "\n".join(
        path.read_text() for path in [*project.root.glob("[iq]*/**/*.rq"), *project.root.glob("src/**/*.py")]
    )
    query = f"""SELECT ?t {{ ?t rdfs:isDefinedBy ?m ; a ?c
        FILTER (?c IN (owl:Class, owl:ObjectProperty, owl:DatatypeProperty) && STRSTARTS(STR(?t), '{ONTOLOGY}'))
        FILTER NOT EXISTS {{ ?t owl:deprecated true }} }}"""
    terms = select(store, query)
    used = set(select(store, "SELECT DISTINCT ?t { { ?s ?t ?o } UNION { ?s a ?t } }"))
    used |= {ONTOLOGY + name for name in re.findall(r"\bcg:([\w-]+)", queries)}
    unused = [t for t in terms if t not in used]
    assert unused == []


def test_external_terms_are_declared_once_with_their_home(ontology: Store) -> None:
    query = """SELECT ?p { ?s ?p ?o FILTER NOT EXISTS { ?p a ?type }
        FILTER NOT EXISTS { VALUES ?space { rdf: rdfs: owl: } FILTER STRSTARTS(STR(?p), STR(?space)) } }"""
    assert set(select(ontology, query)) <= {
        PREFIXES["skos"] + f"{n}Match" for n in ("broad", "close", "narrow", "related")
    }


def test_alignments_name_terms_that_exist(ontology: Store) -> None:
    data = PUBLISHED
    if not data.is_dir():
        pytest.skip("the published ontologies to align with are not on this machine")
    files = {"eurio": "eurio/EURIO.ttl", "frapo": "frapo/frapo.ttl", "dingo": "dingo/DINGO-OWL.ttl"}
    for prefix, name in files.items():
        theirs = {q.subject.value for q in read_all([data / name])}
        named = f"SELECT DISTINCT ?o {{ ?s ?p ?o FILTER (isIRI(?o) && STRSTARTS(STR(?o), '{PREFIXES[prefix]}')) }}"
        ours = select(ontology, named)
        assert ours
        assert set(ours) <= theirs, prefix


def test_no_equivalence_with_another_vocabulary(ontology: Store) -> None:
    assert not select(
        ontology,
        f"""SELECT ?s {{ ?s owl:equivalentClass|owl:equivalentProperty|owl:sameAs ?o
        FILTER (isIRI(?o) && !STRSTARTS(STR(?o), '{ONTOLOGY}')) }}""",
    )


def test_every_code_list_has_a_prefix() -> None:
    assert {path.stem for path in (ROOT / "ontology" / "schemes").glob("*.ttl")} == set(LISTS)


def test_a_link_is_labelled_by_a_phrase_that_reads_between_subject_and_object(ontology: Store) -> None:
    query = f"""SELECT ?label {{ ?t a owl:ObjectProperty ; rdfs:isDefinedBy ?m ; rdfs:label ?label
        FILTER STRSTARTS(STR(?t), '{ONTOLOGY}') FILTER NOT EXISTS {{ ?t owl:deprecated true }} }}"""
    labels = select(ontology, query)
    assert len(labels) > 60
    assert [label for label in labels if not re.match(r"(has|is|was|may|[a-z]+[^s]s)( |$)", label)] == []


def test_no_definition_says_only_the_label_again(ontology: Store) -> None:
    query = f"""SELECT ?t ?label ?definition {{ ?t rdfs:isDefinedBy ?m ; rdfs:label ?label ; skos:definition ?definition
        FILTER STRSTARTS(STR(?t), '{ONTOLOGY}') FILTER NOT EXISTS {{ ?t owl:deprecated true }} }}"""
    rows = ontology.query(query, prefixes=PREFIXES)
    assert isinstance(rows, QuerySolutions)
    said = {row[0].value: (content(row[1].value), content(row[2].value)) for row in rows}
    assert len(said) > 150
    assert [term for term, (label, words) in said.items() if label <= words and len(words - label) < 3] == []


def content(text: str) -> set[str]:
    """Return the words that carry the sense of a label or definition, without plural endings."""
    return {re.sub(r"(ies|s)$", "", word) for word in re.findall(r"[a-z0-9]+", text.lower()) if word not in EMPTY}
