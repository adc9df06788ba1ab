"""The description for data portals: no violation of the official shapes, everything that they recommend, real sizes."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pyshacl
import pytest
import rdflib
from rdflib import DCAT, DCTERMS, RDF, SH, SKOS, VOID, URIRef

from clustergraph.errors import SourceError
from clustergraph.graph import Graph
from clustergraph.rdf.lines import read
from clustergraph.rdf.reading import read_all
from clustergraph.release.artefacts import Made
from clustergraph.release.description import boxes
from clustergraph.shacl.validate import validate
from clustergraph.terms import BASE, NUTS
from tests.conftest import PUBLISHED, ROOT

OFFICIAL = PUBLISHED / "semic-dcat-ap-3.0.1"
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
DATASET = URIRef(f"{BASE}dataset")

official = pytest.mark.skipif(
    not OFFICIAL.is_dir(), reason="the official shapes are not beside the project (CLUSTERGRAPH_TEST_DATA)"
)


def file(exported: Path) -> Path:
    """Return the description in Turtle."""
    found = Made.of(exported).description("turtle")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def description(exported: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(file(exported))


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


@pytest.mark.slow
def test_our_own_shapes_find_nothing(exported: Path) -> None:
    assert validate(read(file(exported)), read_all([ROOT / "shapes" / "profiles" / "dcat-ap.ttl"])) == []


@pytest.mark.slow
def test_our_own_shapes_find_each_missing_property(exported: Path) -> None:
    """Without any one of them, the description breaks the profile."""
    shapes = rdflib.Graph().parse(ROOT / "shapes" / "profiles" / "dcat-ap.ttl")
    quads = list(read(file(exported)))
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


@pytest.mark.slow
def test_files_have_their_real_sizes_and_checksums(exported: Path, description: rdflib.Graph) -> None:
    made = Made.of(exported)
    told = {
        str(description.value(file, DCAT.downloadURL)).removeprefix(f"{BASE}download/"): file
        for file in description.subjects(RDF.type, DCAT.Distribution)
    }
    assert set(told) == {each.name for each in made.downloads} != set()
    for each in made.downloads:
        file, content = told[each.name], made.path(each).read_bytes()
        checksum = description.value(file, SPDX.checksum)
        assert int(description.value(file, DCAT.byteSize)) == len(content)
        assert str(description.value(checksum, SPDX.checksumValue)) == hashlib.sha256(content).hexdigest()


def test_there_is_a_dataset_for_the_whole_and_one_for_each_source(description: rdflib.Graph) -> None:
    catalogue = URIRef(f"{BASE}dataset#catalogue")
    names = {str(each).partition("#source-")[2] for each in description.objects(catalogue, DCAT.dataset)}
    assert {"", "4m4iof", "wiintech-2020", "ontology", "reference"} <= names
    for dataset in description.objects(catalogue, DCAT.dataset):
        assert list(description.objects(dataset, DCAT.distribution)), dataset


COUNTRY = "http://publications.europa.eu/resource/authority/country"
EUROPE = "http://publications.europa.eu/resource/authority/continent/EUROPE"


def test_a_dataset_is_about_the_countries_of_its_clusters_and_partners(description: rdflib.Graph) -> None:
    def places(name: str) -> set[str]:
        found = {str(place) for place in description.objects(URIRef(DATASET + name), DCTERMS.spatial)}
        assert EUROPE in found
        return {place.rpartition("/")[2] for place in found - {EUROPE}}

    assert places("#source-4m4iof") == {"BEL", "DEU", "ESP", "FRA", "ITA", "PRT", "ROU"}
    assert {"FRA", "SVN", "JPN"} <= places("#source-wiintech-2020")
    assert places("") == places("#source-4m4iof") | places("#source-wiintech-2020")
    assert not {"TUN", "CAN", "GBR"} & places(""), "what is only mentioned"


def test_a_dataset_is_about_the_time_of_its_documents(description: rdflib.Graph) -> None:
    def period(name: str) -> tuple[str, str]:
        found = description.value(URIRef(DATASET + name), DCTERMS.temporal)
        return str(description.value(found, DCAT.startDate)), str(description.value(found, DCAT.endDate))

    assert period("#source-4m4iof") == ("2017-03-28", "2017-03-31")
    assert period("") == (period("#source-wiintech-2020")[0], "2017-03-31")


def test_an_identifier_lasts_and_a_version_changes(exported: Path, description: rdflib.Graph) -> None:
    datasets = set(description.subjects(RDF.type, DCAT.Dataset))
    assert len(datasets) > 5
    for dataset in datasets:
        assert str(description.value(dataset, DCTERMS.identifier)) == str(dataset)
        assert str(description.value(dataset, URIRef(f"{DCAT}version"))) == exported.name


def test_each_model_is_a_dataset_of_its_own(description: rdflib.Graph) -> None:
    ontology = URIRef(f"{BASE}ontology")
    views = {each: str(each).partition("#view-")[2] for each in description.subjects(DCTERMS.source, DATASET)}
    assert set(views.values()) == {"eccp", "eurio", "org", "schema"}
    for dataset in description.subjects(RDF.type, DCAT.Dataset):
        (standard,) = description.objects(dataset, DCTERMS.conformsTo)
        assert (standard == ontology) == (dataset not in views)
        for file in description.objects(dataset, DCAT.distribution):
            assert list(description.objects(file, DCTERMS.conformsTo)) == [standard]
    assert URIRef("http://data.europa.eu/s66/v2.4#") in set(description.objects(None, DCTERMS.conformsTo))


@official
@pytest.mark.slow
def test_the_shapes_of_the_authority_lists_find_only_what_is_known(description: rdflib.Graph) -> None:
    """Two findings remain: the publisher is no body of the EU, and SEMIC writes https where SPDX has http."""
    described = rdflib.Graph() + description
    described.remove((None, SKOS.inScheme, URIRef(COUNTRY)))
    with (PUBLISHED / "lists" / "11-eu-authority-tables" / "country.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            described.add((URIRef(row["iri"]), SKOS.inScheme, URIRef(COUNTRY)))
    shapes = rdflib.Graph().parse(OFFICIAL / "html-shacl" / "mdr-vocabularies.shape.ttl")

    def found(data: rdflib.Graph) -> set[tuple[str, str]]:
        _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference=None)
        (whole,) = report.subjects(RDF.type, SH.ValidationReport)
        results = list(report.objects(whole, SH.result))
        return {(str(report.value(x, SH.resultSeverity)), str(report.value(x, SH.resultPath))) for x in results}

    known = {(str(SH.Violation), str(SPDX.algorithm)), (str(SH.Warning), str(DCTERMS.publisher))}
    assert found(described) == known
    described.add((DATASET, DCTERMS.spatial, URIRef("http://data.europa.eu/nuts/code/FRK")))
    assert found(described) == {*known, (str(SH.Warning), str(DCTERMS.spatial))}


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
    for part, query in {
        VOID.entities: "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c FILTER isIRI(?s) }",
        VOID.distinctSubjects: "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }",
        VOID.distinctObjects: "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }",
    }.items():
        assert int(description.value(DATASET, part)) == int(next(iter(graph.select(query)))["n"].value)


def test_void_names_links_vocabularies_and_examples(description: rdflib.Graph, graph: Graph) -> None:
    links = list(description.subjects(RDF.type, VOID.Linkset))
    spaces = {"http://data.europa.eu/nuts": NUTS, COUNTRY: f"{COUNTRY}/"}
    numbers = dict.fromkeys([*spaces, "https://www.clustercollaboration.eu/"], 0)
    for link in links:
        numbers[str(description.value(link, VOID.objectsTarget))] += int(description.value(link, VOID.triples))
    for target, space in spaces.items():
        into = f'STRSTARTS(STR(?o), "{space}") && !STRSTARTS(STR(?s), "{space}")'
        counted = graph.select(f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o FILTER (isIRI(?o) && {into}) }}")
        assert numbers[target] == int(next(iter(counted))["n"].value) > 0
    assert numbers["https://www.clustercollaboration.eu/"] > 0
    assert URIRef("http://www.w3.org/ns/org#") in set(description.objects(DATASET, VOID.vocabulary))
    assert len(list(description.objects(DATASET, VOID.exampleResource))) >= 5
    assert len(list(description.objects(DATASET, VOID.dataDump))) == 4


def test_the_description_has_no_blank_nodes_and_is_the_same_each_time(exported: Path, tmp_path: Path) -> None:
    text = file(exported).read_text()
    assert "_:" not in text
    assert "[]" not in text


@pytest.mark.parametrize("text", ["- a\n", "FRA: [1, 2, 3]\n", "FRA: [1, 2, 3, x]\n"])
def test_a_mistake_in_the_boxes_says_where_and_what(tmp_path: Path, text: str) -> None:
    path = tmp_path / "exports" / "dcat" / "places.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(SourceError, match=r"places\.yaml: .*; give each code west, south, east and north"):
        boxes(tmp_path)


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
