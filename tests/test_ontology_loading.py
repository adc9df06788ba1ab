"""The ontology as others take it: imports that resolve, one loadable file at its IRI, alignments, redirects, shapes."""

from __future__ import annotations

import csv
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import owlready2
import pytest
import rdflib
import yaml
from pyoxigraph import NamedNode, Quad, RdfFormat, parse
from rdflib.namespace import OWL, RDF, RDFS, SKOS
from starlette.testclient import TestClient

from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.terms import BASE, ONTOLOGY, PREFIXES, SHAPE
from clustergraph.web.app import create_app
from clustergraph.web.things import SPACES
from tests.conftest import PUBLISHED, ROOT
from tests.small_project import make

FOLDER = ROOT / "ontology"
WHOLE = ONTOLOGY.rstrip("/")
CORE, EVIDENCE, LAYOUT = (f"{ONTOLOGY}module-{name}" for name in ("core", "evidence", "layout"))
VERSION = "0.2.0"
FILES = {path: list(parse(path.read_bytes(), format=RdfFormat.TURTLE)) for path in sorted(FOLDER.rglob("*.ttl"))}
OWL_KINDS = {
    "owl class": {OWL.Class, RDFS.Class},
    "owl object property": {OWL.ObjectProperty},
    "owl data property": {OWL.DatatypeProperty},
}


def named(quads: list[Quad], predicate: str, *values: object) -> set[str]:
    """Return the IRIs that have a property, or one of some values of it."""
    return {
        quad.subject.value
        for quad in quads
        if quad.predicate.value == str(predicate) and isinstance(quad.subject, NamedNode)
        if not values or quad.object.value in map(str, values)  # type: ignore[union-attr]  # no triple is quoted
    }


def header(path: Path) -> str:
    (iri,) = named(FILES[path], RDF.type, OWL.Ontology)
    return iri


def imports(path: Path) -> set[str]:
    return {quad.object.value for quad in FILES[path] if quad.predicate.value == str(OWL.imports)}  # type: ignore[union-attr]


def closure(iri: str) -> set[str]:
    """Return an ontology and all that it imports, and what that imports."""
    files = {header(path): path for path in FILES}
    seen, waiting = set(), [iri]
    while waiting:
        if (each := waiting.pop()) not in seen:
            seen.add(each)
            waiting += imports(files[each])
    return seen


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_imports_those_that_declare_what_it_uses_and_the_whole_the_three_ontologies(path: Path) -> None:
    kinds = [f"{OWL}{kind}" for kind in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")]
    homes = {term: header(file) for file, quads in FILES.items() for term in named(quads, RDF.type, *kinds)}
    terms = {t.value for quad in FILES[path] for t in quad.triple if isinstance(t, NamedNode)}
    needed = {homes[term] for term in terms if term in homes} - {header(path)}
    if header(path) == WHOLE:
        assert imports(path) == {CORE, EVIDENCE, LAYOUT, ONTOLOGY + "module-alignments"}
    elif header(path) in {CORE, EVIDENCE, LAYOUT}:
        assert needed <= closure(header(path))
    else:
        assert imports(path) == needed


def test_each_file_is_part_of_one_of_the_three_ontologies_or_aligns_them() -> None:
    core, evidence, layout = (closure(iri) for iri in (CORE, EVIDENCE, LAYOUT))
    assert core < evidence < layout
    assert layout | {WHOLE, ONTOLOGY + "module-alignments"} == set(map(header, FILES)), (
        "import a new file in core.ttl, evidence.ttl or layout.ttl"
    )
    assert not {EVIDENCE, LAYOUT, BASE + "scheme/theme", BASE + "scheme/effra-domain"} & core
    assert not {LAYOUT, BASE + "scheme/effra-domain"} & evidence


@pytest.mark.slow
def test_all_files_have_the_version_of_the_whole() -> None:
    found = {}
    for path, quads in FILES.items():
        values = {q.predicate.value: q.object.value for q in quads if q.subject == NamedNode(header(path))}  # type: ignore[union-attr]
        found[path.stem] = (values[str(OWL.versionInfo)], values[str(OWL.versionIRI)].rpartition("/")[2])
    assert set(found.values()) == {(VERSION, VERSION)}, found


def test_every_import_resolves_in_the_catalogue() -> None:
    entries = (
        ET.parse(FOLDER / "catalog-v001.xml").getroot().findall("{urn:oasis:names:tc:entity:xmlns:xml:catalog}uri")
    )
    assert {entry.get("name"): entry.get("uri") for entry in entries} == {
        header(path): str(path.relative_to(FOLDER)) for path in FILES
    }


def test_loaded_from_its_folder_the_whole_has_everything(tmp_path: Path) -> None:
    """With nothing but the catalogue, as Protégé does it."""
    root = ET.parse(FOLDER / "catalog-v001.xml").getroot()
    places = {entry.get("name"): FOLDER / str(entry.get("uri")) for entry in root}
    seen, waiting, graph = set(), [WHOLE], rdflib.Graph()
    while waiting:
        if (iri := waiting.pop()) not in seen:
            seen.add(iri)
            graph.parse(places[iri])
            waiting += map(str, graph.objects(rdflib.URIRef(iri), OWL.imports))
    assert len(graph) == len({quad for quads in FILES.values() for quad in quads})


# What is served


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("ontology")
    project, releases = make(folder / "project"), Releases(folder / "releases")
    for name in ("ontology", "shapes"):
        shutil.rmtree(project / name)
        shutil.copytree(ROOT / name, project / name)
    publish.publish(Project(project), releases)
    with TestClient(create_app(releases.root, Settings(query_seconds=600))) as client:
        yield client


def classes(graph: rdflib.Graph) -> set[str]:
    return {str(each) for each in graph.subjects(RDF.type, OWL.Class) if isinstance(each, rdflib.URIRef)}


@pytest.mark.parametrize(
    "media_type",
    [
        "text/turtle",
        *(pytest.param(other, marks=pytest.mark.slow) for other in ("application/rdf+xml", "application/ld+json")),
    ],
)
def test_its_iri_gives_the_whole_ontology_in_one_file(client: TestClient, media_type: str) -> None:
    response = client.get("/ontology", headers={"Accept": media_type})
    assert response.headers["content-type"].startswith(media_type)
    graph = rdflib.Graph().parse(data=response.content, format=media_type)
    quads = [quad for each in FILES.values() for quad in each]
    assert classes(graph) == named(quads, RDF.type, OWL.Class)
    assert len(classes(graph)) > 40
    for kind in (OWL.ObjectProperty, OWL.DatatypeProperty, SKOS.ConceptScheme, SKOS.Concept):
        assert {str(each) for each in graph.subjects(RDF.type, kind)} == named(quads, RDF.type, kind)
    assert list(graph.subjects(RDF.type, OWL.Ontology)) == [rdflib.URIRef(WHOLE)]
    assert not list(graph.triples((None, OWL.imports, None)))
    parts = {str(OWL.imports), str(OWL.versionIRI)}
    left_out = [q for q in quads if q.predicate.value in parts or q.object == NamedNode(str(OWL.Ontology))]
    assert len(graph) == len(set(quads)) - len(left_out) + 2


@pytest.mark.slow
def test_other_addresses_of_the_ontology_give_the_same(client: TestClient) -> None:
    turtle = {"Accept": "text/turtle"}
    texts = [client.get(address).content for address in ("/ontology.ttl", f"/ontology/{VERSION}.ttl")]
    plain = ("/ontology", "/ontology/", f"/ontology/{VERSION}")
    texts += [client.get(address, headers=turtle).content for address in plain]
    first, *others = (rdflib.Graph().parse(data=text, format="turtle") for text in texts)
    assert (rdflib.URIRef(WHOLE), OWL.versionIRI, rdflib.URIRef(ONTOLOGY + VERSION)) in first
    for other in others:
        assert (len(other), classes(other)) == (len(first), classes(first))
    for suffix, media_type in (("rdf", "application/rdf+xml"), ("jsonld", "application/ld+json")):
        assert client.get(f"/ontology.{suffix}").headers["content-type"] == media_type
    assert client.get("/ontology/0.0.9.ttl").status_code == 404
    assert "<html" in client.get("/ontology", headers={"Accept": "text/html"}).text


def test_a_module_and_a_code_list_come_with_what_they_import(client: TestClient) -> None:
    for address, part in (("ontology/module-funding", "FundingScheme"), ("scheme/status", "")):
        graph = rdflib.Graph().parse(data=client.get(f"/{address}.ttl").content, format="turtle")
        assert list(graph.subjects(RDF.type, OWL.Ontology)) == [rdflib.URIRef(BASE + address)]
        assert str(SKOS.Concept) in classes(graph)
        assert not part or ONTOLOGY + part in classes(graph)
    assert len(list(graph.subjects(SKOS.inScheme, rdflib.URIRef(BASE + "scheme/status")))) > 3


def test_owlready_loads_what_is_served(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "ontology.rdf"
    path.write_bytes(client.get("/ontology.rdf").content)
    loaded = owlready2.World().get_ontology(path.as_uri()).load()
    quads = [quad for each in FILES.values() for quad in each]
    assert len(list(loaded.world.classes())) == len(named(quads, RDF.type, OWL.Class))


def test_every_shape_answers_at_its_iri(client: TestClient) -> None:
    shapes = {
        quad.subject.value
        for path in (ROOT / "shapes").rglob("*.ttl")
        for quad in parse(path.read_bytes(), format=RdfFormat.TURTLE)
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(SHAPE)
    }
    assert len(shapes) > 100
    known = rdflib.Graph().parse(data=client.get("/graph/catalogue.ttl").content, format="turtle")
    assert shapes <= set(map(str, known.subjects()))
    for shape in sorted(shapes)[::40]:
        text = client.get(f"/{shape.removeprefix(BASE)}.ttl").text
        assert any(word in text for word in ("a sh:NodeShape", "a sh:PropertyShape", "a sh:PropertyGroup", "sh:group"))
    assert client.get("/shape/NoSuchShape.ttl").status_code == 404


# Alignments


def table() -> tuple[dict[str, object], list[dict[str, str]]]:
    lines = (FOLDER / "alignments.sssom.tsv").read_text("utf-8").splitlines()
    metadata = yaml.safe_load("\n".join(line[1:] for line in lines if line.startswith("#")))
    return metadata, list(csv.DictReader(StringIO("\n".join(x for x in lines if x[0] != "#")), delimiter="\t"))


def expanded(curie: str) -> str:
    prefix, _, local = curie.partition(":")
    spaces = table()[0]["curie_map"]
    assert isinstance(spaces, dict)
    return str(spaces[prefix]) + local


def test_the_table_of_alignments_is_sssom() -> None:
    metadata, rows = table()
    assert {"mapping_set_id", "license", "mapping_set_version", "curie_map"} <= metadata.keys()
    assert metadata["mapping_set_id"] == ONTOLOGY + "module-alignments"
    for row in rows:
        assert row["mapping_justification"] == "semapv:ManualMappingCuration"
        for column in ("subject_id", "predicate_id", "object_id"):
            assert expanded(row[column])
    keys = [(row["subject_id"], row["object_id"]) for row in rows]
    assert keys == sorted(set(keys))
    used = {row[c].partition(":")[0] for row in rows for c in row if c.endswith("_id")} | {"semapv"}
    assert metadata["curie_map"].keys() == used  # type: ignore[attr-defined]
    assert {k: v for k, v in metadata["curie_map"].items() if k != "semapv"}.items() <= PREFIXES.items()  # type: ignore[attr-defined]


def test_the_ontology_says_what_the_table_says() -> None:
    """Axioms about others, in any file; a match as a pointer, since SKOS makes concepts of what is matched."""
    axioms = {f"{RDFS}subClassOf", f"{RDFS}subPropertyOf"}
    said = {
        (quad.subject.value, quad.predicate.value, quad.object.value)  # type: ignore[union-attr]
        for quads in FILES.values()
        for quad in quads
        if quad.predicate.value in {*axioms, f"{RDFS}seeAlso"}
        and isinstance(quad.subject, NamedNode)
        and isinstance(quad.object, NamedNode)
        and quad.subject.value.startswith(ONTOLOGY)
        and not quad.object.value.startswith(ONTOLOGY)
    }
    assert said == {
        (
            expanded(row["subject_id"]),
            f"{RDFS}seeAlso" if row["predicate_id"].startswith("skos:") else expanded(row["predicate_id"]),
            expanded(row["object_id"]),
        )
        for row in table()[1]
    }


def test_no_term_is_made_a_concept() -> None:
    matches = {f"{SKOS}{kind}Match" for kind in ("close", "exact", "broad", "narrow", "related")}
    terms = {term for quads in FILES.values() for term in named(quads, RDFS.isDefinedBy)}
    for quads in FILES.values():
        for quad in quads:
            if quad.predicate.value in matches:
                assert quad.subject.value not in terms or "/scheme/" in quad.subject.value  # type: ignore[union-attr]


def test_subjects_are_of_the_kind_that_the_table_says_and_objects_too() -> None:
    published = rdflib.Graph()
    for name in (
        "eurio/EURIO.ttl",
        "frapo/frapo.ttl",
        "dingo/DINGO-OWL.ttl",
        "semic-core-vocabularies/cpov-2.1.2-voc.ttl",
    ):
        if (PUBLISHED / name).is_file():
            published.parse(PUBLISHED / name)
    ours = [quad for quads in FILES.values() for quad in quads]
    for row in table()[1]:
        kinds = OWL_KINDS[row["subject_type"]]
        assert expanded(row["subject_id"]) in named(ours, RDF.type, *kinds), row
        declared = set(published.objects(rdflib.URIRef(expanded(row["object_id"])), RDF.type))
        assert not declared or declared & kinds, f"{row['subject_id']} and {row['object_id']} are of two kinds"


# Redirects


def test_the_redirects_lead_every_iri_to_the_service() -> None:
    text = (ROOT / "w3id" / "clustergraph" / ".htaccess").read_text("utf-8")
    rules = re.findall(r"^RewriteRule (\S+) (\S+) \[(.*)\]$", text, re.MULTILINE)
    (service,) = [flags.partition("SERVICE:")[2] for _, target, flags in rules if target == "-"]

    def lead(path: str) -> str:
        for pattern, target, flags in rules:
            if target != "-" and (found := re.search(pattern, path)):
                assert "R=30" in flags
                filled = re.sub(r"\$(\d)", lambda match: found[int(match[1])] or "", target)
                return filled.replace("%{ENV:SERVICE}", service)
        return ""

    paths = ["", "sparql", "questions/clusters.rq", *SPACES, *(f"{space}/x/y" for space in SPACES)]
    for path in (*paths, "ontology.ttl", f"ontology/{VERSION}", ".well-known/void"):
        assert lead(path) == f"{service}/{path}"
    assert lead("nosuch/place") == ""
