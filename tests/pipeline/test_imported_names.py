"""Several imports of one profile in one project: a thing has one label, and each name stays with its source."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from clustergraph.pipeline.large import Build
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.publish import draft
from clustergraph.rdf.lines import canonical
from clustergraph.release.artefacts import DUMP, DUMP_FILE
from clustergraph.release.releases import Releases
from clustergraph.release.write import Draft, named
from tests.commands import run
from tests.imports.test_run_cordis import ALPINE, LEADER, ORGANIZATION, PROJECT, text

BEFORE = ALPINE | {
    "id": "600001",
    "acronym": "FOREST",
    "startDate": "2015-01-01",
    "endDate": "2017-12-31",
    "legalBasis": "H2020-EU.2.1.",
    "frameworkProgramme": "H2020",
    "topics": "INNOSUP-01-2015",
    "subCall": "H2020-INNOSUP-2015",
    "masterCall": "H2020-INNOSUP-2015",
}
MEMBER = LEADER | {
    "projectID": "600001",
    "name": "Holzcluster Tirol",
    "shortName": "HCT",
    "activityType": "PRC",
    "city": "Hall",
    "nutsCode": "UKN10",
    "country": "UK",
    "organizationURL": "http://holz.example.org",
    "vatNumber": "GB123456789",
}
HELPER = LEADER | {"role": "thirdParty", "order": "2", "name": "Woodwork network"}
NUTS = {
    "2016": "UK,UKN,NORTHERN IRELAND\nUK,UKN0,Northern Ireland\nUK,UKN10,Derry City and Strabane\nUK,UKN06,Belfast\n",
    "2021": "UK,UKN,Northern Ireland\nUK,UKN0,Northern Ireland\nUK,UKN06,Belfast\n",
}
HEAD = "CNTR_CODE,NUTS_ID,NAME_LATN\n"
NAMES = """SELECT ?import ?property ?name {
  GRAPH ?import { <https://w3id.org/clustergraph/id/organisation/pic-900000001> ?property ?name }
  FILTER (?property IN (skos:prefLabel, skos:altLabel) && STRLEN(STR(?name)) > 5)
}"""


def zipped(path: Path, **tables: str) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for table, content in tables.items():
            archive.writestr(f"{table}.csv", content)
    return str(path)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project with two programmes of CORDIS and two versions of NUTS, which differ wherever they can."""
    folder = tmp_path_factory.mktemp("together")
    assert run(folder, "init", "mine", "--base", "https://w3id.org/clustergraph/").returncode == 0
    old = zipped(folder / "old.zip", project=text(PROJECT, BEFORE), organization=text(ORGANIZATION, MEMBER))
    new = zipped(folder / "new.zip", project=text(PROJECT, ALPINE), organization=text(ORGANIZATION, LEADER, HELPER))
    imports = [
        ("cordis", new, "--name", "cordis-horizon", "--issued", "2025-01"),
        ("cordis", old, "--name", "cordis-h2020", "--issued", "2020-12-14"),
    ]
    for version, rows in NUTS.items():
        path = folder / f"NUTS_AT_{version}.csv"
        path.write_text(HEAD + rows, "utf-8")
        imports.append(("nuts", str(path), "--name", f"nuts-{version}", "--issued", version))
    for words in imports:
        done = run(folder / "mine", "import", *words)
        assert done.returncode == 0, done.stderr
    return folder / "mine"


@pytest.fixture(scope="module")
def built(root: Path) -> Path:
    """The same with its release."""
    done = run(root, "build")
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def answer(root: Path, query: str) -> list[list[str]]:
    done = run(root, "query", query, "--format", "csv")
    assert done.returncode == 0, done.stderr
    return sorted(line.split(",") for line in done.stdout.splitlines()[1:])


def test_the_newest_import_labels_a_thing_and_the_other_name_stays_with_its_source(built: Path) -> None:
    found = [[cell.rpartition("/")[2] for cell in row] for row in answer(built, NAMES)]
    assert found == [
        ["cordis-h2020", "core#altLabel", "Holzcluster Tirol"],
        ["cordis-horizon", "core#altLabel", "Woodwork network"],
        ["cordis-horizon", "core#prefLabel", "WOOD CLUSTER"],
    ]


def test_questions_see_one_name(built: Path) -> None:
    done = run(built, "ask", "coordinators", "--format", "csv")
    assert "WOOD CLUSTER" in done.stdout
    assert "Holzcluster" not in done.stdout


def test_a_further_name_is_explained_by_the_row_that_has_it(built: Path) -> None:
    done = run(built, "explain", "organisation:pic-900000001", "skos:altLabel", '"Holzcluster Tirol"@und')
    assert "organization.csv, row 2" in done.stdout, done.stdout + done.stderr


def test_a_code_belongs_to_each_version_that_has_it_with_the_name_that_it_has_there(built: Path) -> None:
    query = """SELECT ?version ?code ?name { GRAPH ?import {
      ?region cg:nutsVersion ?version ; cg:nutsCode ?code ; skos:prefLabel|skos:altLabel ?name } }"""
    assert answer(built, query) == [
        ["2016", "UKN", "NORTHERN IRELAND"],
        ["2016", "UKN0", "Northern Ireland"],
        ["2016", "UKN06", "Belfast"],
        ["2016", "UKN10", "Derry City and Strabane"],
        ["2021", "UKN", "Northern Ireland"],
        ["2021", "UKN0", "Northern Ireland"],
        ["2021", "UKN06", "Belfast"],
    ]
    labels = "SELECT ?name { <http://data.europa.eu/nuts/code/UKN> skos:prefLabel ?name FILTER (LANG(?name) = 'und') }"
    assert answer(built, labels) == [["Northern Ireland"]]


def test_a_region_of_two_versions_is_listed_once_with_the_newer_one(built: Path) -> None:
    done = run(built, "ask", "regions", "--format", "csv")
    found = [line for line in done.stdout.splitlines() if "UKN06" in line]
    assert len(found) == 1
    assert "2021" in found[0]


def test_large_imports_are_named_alike(root: Path, tmp_path: Path) -> None:
    (root / "data" / "own.trig").write_text(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n<https://w3id.org/clustergraph/graph/own> {\n"
        '    <https://w3id.org/clustergraph/id/organisation/pic-900000001> skos:prefLabel "Wood of Tyrol"@und .\n}\n',
        "utf-8",
    )
    project = Project(root)
    whole = list(canonical(named(draft(project)[0])))
    with Draft.begun(Releases(tmp_path)) as made:
        Build(project, sorted((root / "data" / "imports").glob("*.nq.gz")), lambda _: None, 100).fill(made)
        lines = (made.folder / DUMP / DUMP_FILE).read_bytes().splitlines(keepends=True)
    (root / "data" / "own.trig").unlink()
    assert lines == whole
    names = [
        line.rsplit(b"/", 1)[1][:-4]
        for line in lines
        if b"pic-900000001> <http://www.w3.org/2004/02/skos/core#altLabel> " in line
    ]
    assert sorted(names) == [b"cordis-h2020", b"cordis-h2020", *[b"cordis-horizon"] * 3]
    assert [
        line
        for line in lines
        if b'pic-900000001> <http://www.w3.org/2004/02/skos/core#prefLabel> "Wood of Tyrol"@und' in line
    ]
