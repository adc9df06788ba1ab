from __future__ import annotations

from pathlib import Path

import pytest

from clustergraph.graph import Graph
from clustergraph.release.releases import Releases
from tests.commands import run
from tests.imports.sample import ROWS, profile, table


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a profile of its own, whose imports are published."""
    home = tmp_path_factory.mktemp("north")
    (home / "clustergraph.toml").touch()
    (home / "data").mkdir()
    profile(home / "imports" / "north")
    table(home / "clusters.csv", ROWS)
    table(home / "projects.csv", [["Number", "Cluster"], ["1", "a"]])
    done = run(home, "import", "north", "clusters.csv", "projects.csv")
    assert done.returncode == 0, done.stderr
    assert "clusters.csv: 2 rows, 2 taken" in done.stderr
    built = run(home, "build")
    assert built.returncode == 0, built.stderr + built.stdout
    return home


def test_profiles_are_listed_those_of_the_project_and_those_that_are_packaged(home: Path) -> None:
    listed = run(home, "import").stdout
    assert listed.split()[0] == "north"
    assert {"clusters", "operations", "eccp"} <= {line.split()[0] for line in listed.splitlines()}
    assert "error" not in listed


def test_a_profile_that_is_not_there_is_told_with_what_is_meant(home: Path) -> None:
    done = run(home, "import", "nort", "clusters.csv")
    assert done.returncode == 2
    assert "there is no profile 'nort'; did you mean north?" in done.stderr


def test_every_statement_is_explained_by_its_table_and_row(home: Path) -> None:
    assert (
        "[clusters.csv, row 2]" in run(home, "explain", "organisation:north-a", "skos:prefLabel", '"Alpha"@und').stdout
    )
    said = run(home, "explain", "organisation:north-a", "cg:participatesIn", "project:north-1").stdout
    assert "[projects.csv, row 2]" in said


def test_the_page_of_a_thing_names_table_and_row(home: Path) -> None:
    release = Releases(home / ".clustergraph").current()
    assert release is not None
    graph = Graph.open(release)
    thing = graph.thing("https://w3id.org/clustergraph/id/organisation/north-b")
    places = {source.name for group in thing.own for line in group.lines for source in line.sources}
    assert "clusters.csv, row 3" in places


def test_what_validation_finds_in_imported_data_is_told_with_table_and_row(home: Path, tmp_path: Path) -> None:
    (tmp_path / "clustergraph.toml").touch()
    (tmp_path / "data").mkdir()
    query = 'CONSTRUCT { ?c a cg:Organisation } WHERE { BIND(IRI(CONCAT("id/organisation/north-", ?id)) AS ?c) }'
    profile(tmp_path / "imports" / "north", clusters=query)
    table(tmp_path / "clusters.csv", ROWS)
    assert run(tmp_path, "import", "north", "clusters.csv").returncode == 0
    done = run(tmp_path, "validate")
    assert done.returncode == 1
    assert "clusters.csv\n  row 2: violation" in done.stdout + done.stderr


def test_nothing_is_written_where_only_the_difference_is_asked_for(home: Path) -> None:
    before = (home / "data" / "imports" / "north.nq.gz").read_bytes()
    table(home / "newer.csv", [*ROWS, ["c", "Gamma", "", ""]])
    done = run(home, "import", "north", "newer.csv", "--dry-run")
    assert "cg:Organisation: 1 new, 0 gone" in done.stderr
    assert "nothing is written" in done.stderr
    assert (home / "data" / "imports" / "north.nq.gz").read_bytes() == before


def test_an_import_of_the_same_files_says_that_nothing_has_changed(home: Path) -> None:
    assert "nothing has changed" in run(home, "import", "north", "clusters.csv", "projects.csv").stderr


def test_bad_cells_are_shown_and_nothing_is_imported(home: Path) -> None:
    table(home / "bad.csv", [*ROWS, ["c", "Gamma", "many", ""]])
    done = run(home, "import", "north", "bad.csv", "--name", "bad")
    assert done.returncode == 2
    assert "bad.csv, row 4, column Members: 'many' is not a whole number" in done.stderr
    assert not (home / "data" / "imports" / "bad.nq.gz").exists()
