"""Core, evidence and layout: each is usable without the next, and only the two documents' data has a layout."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store, parse
from rdflib.namespace import OWL, RDF, RDFS
from starlette.testclient import TestClient

from clustergraph.pipeline import publish
from clustergraph.pipeline.checks import Constraints
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions.question import load
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.release.releases import Releases
from clustergraph.release.write import merge
from clustergraph.settings import Settings
from clustergraph.shacl.findings import Severity
from clustergraph.terms import BASE, ONTOLOGY, PREFIXES
from clustergraph.web.app import create_app
from tests import small_project
from tests.conftest import ROOT
from tests.test_ontology import reasoned
from tests.test_ontology_loading import CORE, EVIDENCE, FILES, LAYOUT, closure, header, named

pytestmark = pytest.mark.slow

FOREIGN = Path(__file__).parent / "parts"
SAMPLES = {CORE: ["core.trig"], EVIDENCE: ["core.trig", "evidence.trig"]}
"""A cluster that no document of ours names: in terms of the core, and with the document that it was read from."""
SHAPES = {CORE: {"audit.ttl", "evidence.ttl", "layout.ttl"}, EVIDENCE: {"layout.ttl"}}
"""The files of shapes that a part can do without."""


def terms(part: str) -> set[str]:
    """Return the terms that a part defines, without those of the parts that it imports."""
    below = {CORE: set(), EVIDENCE: closure(CORE), LAYOUT: closure(EVIDENCE)}[part]
    files = [path for path in FILES if header(path) in closure(part) - below]
    return {term for path in files for term in named(FILES[path], RDFS.isDefinedBy) if term.startswith(ONTOLOGY)}


def make(root: Path, part: str) -> Project:
    """Make a project of a part of the ontology, the shapes that it needs, and the sample."""
    for path in FILES:
        if header(path) in closure(part):
            copy(path, root)
    for path in (ROOT / "shapes").glob("*.ttl"):
        if path.name not in SHAPES[part]:
            copy(path, root)
    for name in ("rules", "checks"):
        shutil.copytree(ROOT / "queries" / name, root / "queries" / name)
    shutil.copytree(FOREIGN, root / "data", ignore=lambda _, names: set(names) - set(SAMPLES[part]))
    return Project(root)


def copy(path: Path, root: Path) -> None:
    target = root / path.relative_to(ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def finished(project: Project, *, change: str = "") -> Store:
    """Return all that a project says and what follows, after a change."""
    store = Store()
    store.extend(read_all(project.graph_files()))
    if change:
        store.update(change, prefixes=PREFIXES)
    merge(store)
    infer(store, project.rules)
    return store


@pytest.fixture(scope="module", params=[CORE, EVIDENCE], ids=["core", "evidence"])
def part(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Project]:
    return request.param, make(tmp_path_factory.mktemp("part"), request.param)


def test_a_foreign_cluster_is_valid_with_the_shapes_and_checks_of_a_part_alone(part: tuple[str, Project]) -> None:
    findings = Constraints.of(part[1]).findings(finished(part[1]))
    assert [f.reason() for f in findings if f.severity is Severity.VIOLATION] == []


def test_the_shapes_of_a_part_find_what_is_wrong_with_it(part: tuple[str, Project]) -> None:
    slips = {
        CORE: "figure:polar-plastics-members cg:certainty certainty:stated",
        EVIDENCE: "?section cg:inDocument document:northern-report",
    }
    wrong = f"DELETE {{ GRAPH ?g {{ {slips[part[0]]} }} }} WHERE {{ GRAPH ?g {{ {slips[part[0]]} }} }}"
    findings = Constraints.of(part[1]).findings(finished(part[1], change=wrong))
    assert [f for f in findings if f.severity is Severity.VIOLATION]


def test_what_follows_needs_no_document(part: tuple[str, Project]) -> None:
    store = finished(part[1])
    ask = """ASK { GRAPH <https://w3id.org/clustergraph/graph/inferred> {
        organisation:polar-plastics a cg:Cluster ; cg:activeIn field:plastics ; cg:locatedIn country:NOR ;
            cg:coordinates project:cold-moulds ; cg:holdsLabel ?label .
        region:finnmark cg:activeIn field:polymers . project:cold-moulds cg:fundedUnder funding:northern-fund } }"""
    assert store.query(ask, prefixes=PREFIXES)


@pytest.mark.slow
def test_a_part_is_consistent_with_a_foreign_cluster(part: tuple[str, Project], tmp_path: Path) -> None:
    merged = finished(part[1]).quads_for_pattern(None, None, None, DefaultGraph())
    world = reasoned(list(merged), tmp_path, with_data=True)
    assert list(world.inconsistent_classes()) == []


def test_no_term_is_in_two_parts() -> None:
    core, evidence, layout = (terms(part) for part in (CORE, EVIDENCE, LAYOUT))
    assert {ONTOLOGY + name for name in ("Cluster", "Statement", "activeIn", "statedIn")} <= core
    assert {ONTOLOGY + name for name in ("Document", "Section", "printed", "spelling")} <= evidence
    assert {ONTOLOGY + name for name in ("column", "DomainCoverage", "commonBackground")} <= layout


@cache
def local(part: str) -> re.Pattern[str]:
    return re.compile(rf"\bcg:({'|'.join(iri.removeprefix(ONTOLOGY) for iri in sorted(terms(part)))})(?![\w-])")


def test_only_the_data_of_the_two_documents_has_a_layout() -> None:
    layout = terms(LAYOUT)
    for path in rdf_files(ROOT / "data"):
        if path.parent.name not in ("4m4iof", "wiintech-2020"):
            used = {node.value for quad in read_all([path]) for node in quad.triple if isinstance(node, NamedNode)}
            assert not used & layout, path.name


def test_only_their_own_shapes_name_terms_of_evidence_and_layout() -> None:
    """In the queries of the core's shapes a note of the evidence can silence a finding."""
    for path in (ROOT / "shapes").glob("*.ttl"):
        text = path.read_text("utf-8")
        if path.name != "layout.ttl":
            assert not local(LAYOUT).findall(text), path.name
        if path.name not in SHAPES[CORE]:
            nodes = set(chain.from_iterable(quad.triple for quad in parse(text, format=RdfFormat.TURTLE)))
            assert [term for term in terms(EVIDENCE) if NamedNode(term) in nodes] == [], path.name


def test_a_question_about_the_layout_says_so() -> None:
    unmarked = [
        name
        for name, question in load(ROOT / "queries").items()
        if local(LAYOUT).search(question.query) and "layout" not in question.tags
    ]
    assert unmarked == [], "add the tag layout"


# What is served


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("served")
    small_project.make(folder / "project")
    shutil.rmtree(folder / "project" / "ontology")
    shutil.copytree(ROOT / "ontology", folder / "project" / "ontology")
    releases = Releases(folder / "releases")
    publish.publish(Project(folder / "project"), releases)
    with TestClient(create_app(releases.root, Settings(query_seconds=600))) as client:
        yield client


@pytest.mark.parametrize("media_type", ["text/turtle", "application/rdf+xml", "application/ld+json"])
@pytest.mark.parametrize("iri", [CORE, EVIDENCE, LAYOUT], ids=["core", "evidence", "layout"])
def test_the_iri_of_a_part_gives_it_in_one_file(client: TestClient, iri: str, media_type: str) -> None:
    response = client.get(f"/{iri.removeprefix(BASE)}", headers={"Accept": media_type})
    assert response.headers["content-type"].startswith(media_type)
    graph = rdflib.Graph().parse(data=response.content, format=media_type)
    assert list(graph.subjects(RDF.type, OWL.Ontology)) == [rdflib.URIRef(iri)]
    assert not list(graph.triples((None, OWL.imports, None)))
    expected = {term for path in FILES if header(path) in closure(iri) for term in named(FILES[path], RDFS.isDefinedBy)}
    assert set(map(str, graph.subjects(RDFS.isDefinedBy))) == expected
