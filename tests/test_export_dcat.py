"""The description for data portals: no violation of the official shapes, everything that they recommend, real sizes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyshacl
import pytest
import rdflib
from rdflib import DCAT, DCTERMS, RDF, SH, VOID, URIRef

from clustergraph.build.sources import read_all
from clustergraph.errors import SourceError
from clustergraph.export import downloads
from clustergraph.export.lines import read
from clustergraph.export.publication import Publication
from clustergraph.graph import Graph
from clustergraph.shacl.validate import validate
from clustergraph.terms import BASE

from .conftest import ROOT

OFFICIAL = ROOT.parent / "shared" / "data" / "semic-dcat-ap-3.0.1"
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
DATASET = URIRef(f"{BASE}dataset")

official = pytest.mark.skipif(
    not OFFICIAL.is_dir(), reason="the official shapes are not beside the project (../shared/data/semic-dcat-ap-3.0.1)"
)


@pytest.fixture(scope="session")
def description(exported: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(exported / "description.ttl")


def broken(data: rdflib.Graph, *names: str) -> list[tuple[str, ...]]:
    shapes = rdflib.Graph()
    for name in names:
        shapes.parse(OFFICIAL / name)
    # The two main files list shapes of properties that neither of them has; the engine takes no such lists.
    for node, shape in list(shapes.subject_objects(SH.property)):
        if (shape, SH.path, None) not in shapes:
            shapes.remove((node, SH.property, shape))
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference=None)
    return sorted(
        tuple(str(report.value(result, part)) for part in (SH.resultSeverity, SH.focusNode, SH.resultPath, SH.value))
        for result in report.subjects(RDF.type, SH.ValidationResult)
    )


@official
@pytest.mark.parametrize(
    "names",
    [
        ("dcat-ap-SHACL.ttl", "ranges.ttl"),
        ("html-shacl/shapes.ttl",),
        ("html-shacl/range.ttl",),
        ("html-shacl/shapes_recommended.ttl",),
    ],
    ids=["shapes and ranges", "mandatory", "ranges", "recommended"],
)
def test_the_official_shapes_find_nothing(description: rdflib.Graph, names: tuple[str, ...]) -> None:
    assert broken(description, *names) == []


@official
def test_the_official_shapes_find_what_is_wrong(description: rdflib.Graph) -> None:
    worse = rdflib.Graph() + description
    worse.remove((DATASET, DCTERMS.title, None))
    assert [row[1:3] for row in broken(worse, "dcat-ap-SHACL.ttl", "ranges.ttl")] == [
        (str(DATASET), str(DCTERMS.title))
    ]


def test_our_own_shapes_find_nothing(exported: Path) -> None:
    assert validate(read(exported / "description.ttl"), read_all([ROOT / "shapes" / "profiles" / "dcat-ap.ttl"])) == []


def test_our_own_shapes_find_each_missing_property(exported: Path) -> None:
    """Without any one of them, the description breaks the profile."""
    shapes = rdflib.Graph().parse(ROOT / "shapes" / "profiles" / "dcat-ap.ttl")
    quads = list(read(exported / "description.ttl"))
    demanded = {
        (shapes.value(node, SH.targetClass), shapes.value(shape, SH.path))
        for node, shape in shapes.subject_objects(SH.property)
        if shapes.value(shape, SH.minCount) is not None
    }
    for class_, path in sorted(demanded):
        things = {
            quad.subject for quad in quads if quad.predicate.value == str(RDF.type) and quad.object.value == str(class_)
        }
        assert things, class_
        one = min(things, key=str)
        left = [quad for quad in quads if not (quad.subject == one and quad.predicate.value == str(path))]
        assert len(left) < len(quads), (class_, path)
        found = validate(left, read_all([ROOT / "shapes" / "profiles" / "dcat-ap.ttl"]))
        assert any(finding.focus.term == one for finding in found), (class_, path)


def test_files_have_their_real_sizes_and_checksums(exported: Path, description: rdflib.Graph) -> None:
    _, files = downloads.read(exported)
    told = {
        str(description.value(file, DCAT.downloadURL)).removeprefix(f"{BASE}download/"): file
        for file in description.subjects(RDF.type, DCAT.Distribution)
    }
    assert set(told) == {each.name for each in files} != set()
    for name, file in told.items():
        content = (exported / downloads.FOLDER / name).read_bytes()
        checksum = description.value(file, SPDX.checksum)
        assert int(description.value(file, DCAT.byteSize)) == len(content)
        assert str(description.value(checksum, SPDX.checksumValue)) == hashlib.sha256(content).hexdigest()


def test_there_is_a_dataset_for_the_whole_and_one_for_each_source(description: rdflib.Graph) -> None:
    catalogue = URIRef(f"{BASE}dataset#catalogue")
    names = {str(each).partition("#source-")[2] for each in description.objects(catalogue, DCAT.dataset)}
    assert {"", "4m4iof", "wiintech-2020", "ontology", "reference"} <= names
    for dataset in description.objects(catalogue, DCAT.dataset):
        assert list(description.objects(dataset, DCAT.distribution)), dataset


def test_places_and_times_are_those_of_the_graph(description: rdflib.Graph, graph: Graph) -> None:
    places = {str(place) for place in description.objects(DATASET, DCTERMS.spatial)}
    known = {row["x"].value for row in graph.select("SELECT ?x { ?x a cg:Region ; cg:nutsCode ?c }")}
    assert known <= places
    period = description.value(URIRef(f"{BASE}dataset#source-wiintech-2020"), DCTERMS.temporal)
    assert str(description.value(period, DCAT.startDate)) == "1937"


def test_void_counts_what_is_there(description: rdflib.Graph, graph: Graph) -> None:
    def counted(term: str, what: URIRef, by: URIRef) -> int:
        (part,) = description.subjects(by, URIRef(term))
        return int(description.value(part, what))

    for row in graph.select("SELECT ?c (COUNT(?s) AS ?n) { ?s a ?c FILTER isIRI(?c) } GROUP BY ?c"):
        assert counted(row["c"].value, VOID.entities, VOID["class"]) == int(row["n"].value)
    for row in graph.select("SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p"):
        parts = list(description.subjects(VOID.property, URIRef(row["p"].value)))
        assert [int(description.value(part, VOID.triples)) for part in parts] == [int(row["n"].value)]
    assert int(description.value(DATASET, VOID.triples)) == int(
        next(iter(graph.select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")))["n"].value
    )


def test_void_names_links_vocabularies_and_examples(description: rdflib.Graph) -> None:
    links = list(description.subjects(RDF.type, VOID.Linkset))
    targets = {str(description.value(link, VOID.objectsTarget)) for link in links}
    assert "http://data.europa.eu/nuts" in targets
    assert all(int(description.value(link, VOID.triples)) > 0 for link in links)
    assert URIRef("http://www.w3.org/ns/org#") in set(description.objects(DATASET, VOID.vocabulary))
    assert len(list(description.objects(DATASET, VOID.exampleResource))) >= 5
    assert len(list(description.objects(DATASET, VOID.dataDump))) == 4


def test_the_description_has_no_blank_nodes_and_is_the_same_each_time(exported: Path, tmp_path: Path) -> None:
    text = (exported / "description.ttl").read_text()
    assert "_:" not in text
    assert "[]" not in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("titel: Mine\n", "unknown field titel"),
        ("issued: soon\n", "should be a day"),
        ("publisher: {nam: X}\n", "nam"),
        ("- a\n", "known fields"),
    ],
)
def test_a_mistake_in_the_publication_says_where_and_what(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "exports" / "dcat" / "publication.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(SourceError) as error:
        Publication.read(tmp_path)
    assert said in str(error.value)
    assert "publication.yaml" in str(error.value)


def test_a_publisher_can_put_their_own_name(tmp_path: Path) -> None:
    path = tmp_path / "exports" / "dcat" / "publication.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("title: Ours\npublisher: {iri: 'https://agency.example/', name: Agency}\nissued: 2027-01-31\n")
    found = Publication.read(tmp_path)
    assert (found.title, found.publisher.name, found.issued.year) == ("Ours", "Agency", 2027)


ASKED = {
    "dcat:Catalog": "dct:title dct:description dct:publisher dcat:dataset dcat:service dct:spatial foaf:homepage "
    "dct:language dct:license dct:modified dct:issued dcat:record dcat:themeTaxonomy",
    "dcat:CatalogRecord": "foaf:primaryTopic dct:modified dct:conformsTo dct:issued adms:status",
    "dcat:Dataset": "dct:title dct:description dcat:contactPoint dcat:distribution dcat:keyword dct:publisher "
    "dct:spatial dct:temporal dcat:theme",
    "dcat:Distribution": "dcat:accessURL dct:description dct:format dct:license dcatap:availability",
    "dcat:DataService": "dcat:endpointURL dct:title dcat:endpointDescription dcat:servesDataset dcat:contactPoint "
    "dcat:keyword dct:publisher dcat:theme",
    "foaf:Agent": "foaf:name dct:type",
    "vcard:Kind": "vcard:fn vcard:hasURL",
    "spdx:Checksum": "spdx:algorithm spdx:checksumValue",
    "dct:PeriodOfTime": "dcat:startDate dcat:endDate",
    "dct:LicenseDocument": "dct:type",
    "skos:Concept": "skos:prefLabel",
    "skos:ConceptScheme": "dct:title",
}
"""What DCAT-AP 3.0.1 calls mandatory or recommended, class by class; an e-mail address is left to the publisher."""


@pytest.mark.parametrize("kind", ASKED)
def test_whatever_dcat_ap_calls_mandatory_or_recommended_is_filled(description: rdflib.Graph, kind: str) -> None:
    spaces = {
        "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "adms": "http://www.w3.org/ns/adms#",
        "foaf": "http://xmlns.com/foaf/0.1/", "dcatap": "http://data.europa.eu/r5r/",
        "vcard": "http://www.w3.org/2006/vcard/ns#", "spdx": "http://spdx.org/rdf/terms#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
    }  # fmt: skip
    found = set(description.query(f"SELECT ?x {{ ?x a {kind} }}", initNs=spaces))
    assert found, f"there is no {kind}"
    for name in ASKED[kind].split():
        bare = description.query(f"SELECT ?x {{ ?x a {kind} FILTER NOT EXISTS {{ ?x {name} ?y }} }}", initNs=spaces)
        assert [str(row[0]) for row in bare] == [], name
