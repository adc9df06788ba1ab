"""A project of somebody else: its things have IRIs of their own, and codes of its own stand in our lists."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from clustergraph import Answer
from clustergraph.eccp.intake import read
from clustergraph.eccp.recipe import Recipe
from clustergraph.graph import Graph
from clustergraph.pipeline import exports, publish
from clustergraph.pipeline.checks import Constraints
from clustergraph.pipeline.project import Project
from clustergraph.release.artefacts import Made
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.shacl.findings import Severity
from clustergraph.terms import ID
from clustergraph.web.app import create_app
from tests.conftest import ROOT
from tests.test_ontology_loading import CORE
from tests.test_parts import FOREIGN, finished, make

OWN = "https://clusters.example.org/"
CODES = f"""@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix my: <{OWN}code/> .
@prefix participation-role: <https://w3id.org/clustergraph/scheme/participation-role/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

my:patron
    a skos:Concept ;
    skos:prefLabel "patron"@en ;
    cg:roleIn cg:Organisation ;
    cg:roleOf cg:Organisation ;
    skos:broader participation-role:member ;
    skos:definition "Has a seat on the board."@en ;
    skos:inScheme <https://w3id.org/clustergraph/scheme/participation-role> ;
    skos:notation "patron" .
"""
BOARD = """
<https://clusters.example.org/graph/register/clusters> {
    participation:seat-of-ice a cg:Participation ; cg:certainty certainty:stated ;
        cg:participant organisation:ice ; cg:activity organisation:polar-plastics ; cg:role my:patron .
}
<https://clusters.example.org/graph/register/things> { organisation:ice a cg:Organisation ; skos:prefLabel "Ice"@en }
"""
CLUSTER, PROJECT = (f"{OWN}id/{name}" for name in ("organisation/polar-plastics", "project/cold-moulds"))


def project(root: Path) -> Project:
    """Make a project of the core, with the sample of another cluster under IRIs of its own."""
    made = make(root, CORE)
    ignored = shutil.ignore_patterns("rules", "checks")
    shutil.copytree(ROOT / "queries", root / "queries", ignore=ignored, dirs_exist_ok=True)
    shutil.copytree(ROOT / "shapes" / "profiles", root / "shapes" / "profiles")
    (root / "ontology" / "schemes" / "mine.ttl").write_text(CODES, "utf-8")
    text = (FOREIGN / "core.trig").read_text("utf-8") + BOARD
    text = text.replace(ID, f"{OWN}id/").replace("https://w3id.org/clustergraph/graph/", f"{OWN}graph/")
    (root / "data" / "core.trig").write_text(f"@prefix my: <{OWN}code/> .\n{text}", "utf-8")
    return made


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    folder = tmp_path_factory.mktemp("own")
    found = Releases(folder / "releases")
    publish.publish(project(folder / "project"), found)
    exports.prepare(found.release().path, Project(folder / "project"))
    return found


@pytest.fixture(scope="module")
def own(releases: Releases) -> Graph:
    return Graph.open(releases.release().path)


@pytest.fixture(scope="module")
def client(releases: Releases) -> Iterator[TestClient]:
    with TestClient(create_app(releases.root, Settings(query_seconds=600))) as client:
        yield client


def found(root: Path, *, change: str = "", codes: str = CODES, severity: Severity = Severity.VIOLATION) -> list[str]:
    """Return what is found of a severity in the project after a change of its data, or with other codes."""
    made = project(root)
    (root / "ontology" / "schemes" / "mine.ttl").write_text(codes, "utf-8")
    findings = Constraints.of(made).findings(finished(made, change=change))
    return [finding.reason() for finding in findings if finding.severity is severity]


def test_it_is_valid(tmp_path: Path) -> None:
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('    skos:prefLabel "patron"@en ;\n', "no preferred label"),
        ('    skos:definition "Has a seat on the board."@en ;\n', "Give a skos:definition"),
        ("    skos:inScheme <https://w3id.org/clustergraph/scheme/participation-role> ;\n", "skos:inScheme"),
    ],
)
def test_an_own_code_has_label_definition_and_list(tmp_path: Path, line: str, expected: str) -> None:
    assert line in CODES
    assert [reason for reason in found(tmp_path, codes=CODES.replace(line, "")) if expected in reason]


def test_a_misspelt_code_of_ours_is_not_taken_for_one_of_its_own(tmp_path: Path) -> None:
    said = "GRAPH ?graph { ?figure cg:unit ?unit }"
    wrong = f"DELETE {{ {said} }} INSERT {{ {said.replace('?unit', 'unit:cuont')} }} WHERE {{ {said} }}"
    (reason,) = found(tmp_path, change=wrong)
    assert "unit:cuont is named but nowhere described; correct the name (unit:count?)" in reason


def test_a_note_silences_what_a_source_says_against_all_likelihood(tmp_path: Path) -> None:
    said = "GRAPH ?graph { ?figure cg:value 48 }"
    change = f"DELETE {{ {said} }} INSERT {{ {said.replace('48', '2013')} }} WHERE {{ {said} }}"
    noted = change.replace("2013", "2013 ; skos:editorialNote 'The register counts so many.'@en")
    told = [found(tmp_path / str(n), change=each, severity=Severity.WARNING) for n, each in enumerate((change, noted))]
    assert ["looks like a year" in " ".join(reasons) for reasons in told] == [True, False]


def test_an_iri_of_ours_keeps_its_form(tmp_path: Path) -> None:
    wrong = "INSERT DATA { GRAPH <x:g> { <id/club/x> a cg:Organisation ; skos:prefLabel 'X'@en } }".replace(
        "<id", f"<{ID[:-1]}"
    )
    assert [reason for reason in found(tmp_path, change=wrong) if "/id/organisation/slug" in reason]


def iris(answer: Answer, column: str) -> list[str | None]:
    return [row[answer.columns.index(column)].iri for row in answer.rows]


def test_questions_find_its_things_and_take_them_as_values(own: Graph) -> None:
    assert iris(own.ask("clusters"), "cluster") == [CLUSTER]
    for value in (CLUSTER, "Polar Plastics", "polar-plastics"):
        assert iris(own.ask("participants", participant=value), "activity") == [PROJECT]
    assert iris(own.ask("participants", role="patron"), "participant") == [f"{OWN}id/organisation/ice"]
    assert own.search("polar plastic")[0].iri == CLUSTER


def test_its_things_have_pages_and_data(client: TestClient) -> None:
    page = client.get("/describe", params={"iri": CLUSTER})
    assert (page.status_code, "Polar Plastics" in page.text) == (200, True)
    assert f'href="/describe?{urlencode({"iri": PROJECT})}"' in page.text
    assert f'href="{CLUSTER}"' in page.text, "the page leads to the thing at home"
    told = client.get("/describe", params={"iri": CLUSTER, "format": "turtle"})
    assert f"<{CLUSTER}>" in told.text
    for path in ("/questions/clusters", "/search?q=Polar"):
        assert f'href="/describe?{urlencode({"iri": CLUSTER})}"' in client.get(path).text
    near = client.get("/describe", params={"iri": CLUSTER[:-1]})
    assert (near.status_code, "Polar Plastics" in near.text) == (404, True)


def test_it_is_exported(releases: Releases) -> None:
    made = Made.of(releases.release().path)
    names = {download.name: download for download in made.downloads}
    assert {"eurio.ttl.gz", "org.ttl.gz", "schema.ttl.gz", "clustergraph.nq.gz", "eccp.zip"} <= names.keys()


def test_its_package_for_the_cluster_platform_comes_back_unchanged(
    releases: Releases, own: Graph, tmp_path: Path
) -> None:
    made = Made.of(releases.release().path)
    (package,) = [each for each in made.downloads if each.name == "eccp.zip"]
    with ZipFile(made.home / package.folder / package.name) as archive:
        archive.extractall(tmp_path)
    recipe = Recipe(ROOT / "queries" / "exports" / "eccp", ROOT / "shapes" / "profiles" / "eccp.ttl")
    (table,) = tmp_path.rglob("profiles.xlsx")
    assert (read(table, own, recipe).profiles, read(table, own, recipe).said) == (1, {})
