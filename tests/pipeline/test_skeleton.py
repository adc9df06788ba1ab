"""What a new project and a new document begin with."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from clustergraph.errors import Exit, SourceError
from clustergraph.pipeline.configuration import Configuration
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.skeleton import Beginning, DocumentSkeleton
from clustergraph.questions import question
from clustergraph.rdf.reading import read_all
from clustergraph.terms import expand
from tests.commands import run

BASE = "https://clusters.example.org/"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun") / "my clusters"
    assert run(folder.parent, "init", folder.name).returncode == Exit.FINE
    return folder


def test_a_project_begins_with_all_that_it_needs(begun: Path) -> None:
    found = {path.relative_to(begun).as_posix() for path in begun.rglob("*") if path.is_file()}
    assert found >= {
        "clustergraph.toml",
        "README.md",
        ".gitignore",
        ".gitlab-ci.yml",
        ".github/workflows/graph.yml",
        ".pre-commit-config.yaml",
        "data/example.trig",
        "shapes/own.ttl",
        "queries/own-clusters.rq",
    }
    assert not [path for path in begun.rglob("*") if path.is_file() and "[[" in path.read_text("utf-8")]
    told = tomllib.loads((begun / "clustergraph.toml").read_text("utf-8"))
    assert (told["title"], told["base"]) == ("My clusters", "https://my-clusters.example.org/")
    assert told["ontology"] == {"version": "0.2.0"}
    assert "own-clusters" in question.load(Project(begun).queries)


def test_its_files_are_in_canonical_form(begun: Path) -> None:
    assert run(begun, "format", "--check").returncode == Exit.FINE


@pytest.mark.parametrize("words", [[], ["data"]])
def test_nothing_is_found_in_it_not_even_a_remark(begun: Path, words: list[str]) -> None:
    done = run(begun, "validate", *words, "--severity", "info")
    assert (done.returncode, done.stdout) == (Exit.FINE, "no findings\n"), done.stdout


def test_what_is_said_of_it_is_in_its_file(tmp_path: Path) -> None:
    words = ["--title", 'Clusters "of" Näfels\\', "--base", BASE, "--publisher", "Agency", "--licence", "CC0"]
    words += ["--contact", "office@agency.example", "--language", "de", "--language", "en", "--field", "plastics"]
    assert run(tmp_path, "init", "a/b", *words).returncode == Exit.FINE
    found = Configuration.read(tmp_path / "a/b", {})
    assert (found["title"], found.base, found["publisher.name"]) == ('Clusters "of" Näfels\\', BASE, "Agency")
    assert (found["languages"], found["scope"], found["contact.email"]) == (
        ("de", "en"),
        ("plastics",),
        "office@agency.example",
    )
    assert found.licence.endswith("/licence/CC0")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--base", "clusters.example.org"], "--base is 'clusters.example.org'; give it an address"),
        (["--language", "english"], "--language is"),
        (["--contact", "me"], "--contact is 'me'; give it an address such as office@"),
        (["--licence", "CC BY"], "--licence is 'CC BY'"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(tmp_path: Path, words: list[str], said: str) -> None:
    done = run(tmp_path, "init", "new", *words)
    assert (done.returncode, said in done.stderr, (tmp_path / "new").exists()) == (Exit.CANNOT_RUN, True, False)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name, said in (("full", "holds something already"), ("file", "is a file"), (".", "holds something already")):
        done = run(tmp_path, "init", name)
        assert (done.returncode, said in done.stderr) == (Exit.CANNOT_RUN, True)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]


def test_a_repository_without_files_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert run(tmp_path, "init", ".").returncode == Exit.FINE


def test_a_version_of_the_ontology_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    Beginning("Clusters", BASE).write(tmp_path / "p")
    file = tmp_path / "p" / "clustergraph.toml"
    for version, said in (("0.1.0", "run `clustergraph migrate`"), ("9.0.0", "install a newer clustergraph")):
        file.write_text(file.read_text("utf-8").replace('version = "0.2.0"', f'version = "{version}"'), "utf-8")
        done = run(file.parent, "build")
        assert (done.returncode, said in done.stderr) == (Exit.CANNOT_RUN, True)
        assert "clustergraph.toml:22: the data is written for version" in done.stderr
        file.write_text(file.read_text("utf-8").replace(f'version = "{version}"', 'version = "0.2.0"'), "utf-8")
    file.write_text(file.read_text("utf-8").replace('version = "0.2.0"', 'version = "0.1.0"'), "utf-8")
    assert run(file.parent, "migrate").returncode == Exit.FINE
    assert 'version = "0.2.0" #' in file.read_text("utf-8")


def test_the_skeleton_of_a_document_has_its_sections_one_in_another(begun: Path) -> None:
    words = ["--title", "Annual report 2026", "--issued", "2026-11"]
    words += [part for each in ("1 Members", "1.1 New members", "A Annex") for part in ("--section", each)]
    done = run(begun, "add", "source", "annual-report", *words)
    assert (done.returncode, done.stderr.count("wrote")) == (Exit.FINE, 3)
    folder = begun / "data" / "annual-report"
    quads = {(quad.subject.value, quad.predicate, quad.object) for quad in read_all([*folder.glob("*.trig")])}
    space = "https://my-clusters.example.org/graph/annual-report/"
    parents = {(subject, value.value) for subject, name, value in quads if name == expand("cg:withinSection")}
    assert parents == {(f"{space}1-1", f"{space}1")}
    assert {value.value for _, name, value in quads if name == expand("cg:sectionNumber")} == {"1", "1.1", "A"}
    assert run(begun, "format", "--check").returncode == Exit.FINE
    again = run(begun, "add", "source", "annual-report")
    assert (again.returncode, "is there already" in again.stderr) == (Exit.CANNOT_RUN, True)


@pytest.mark.parametrize(
    ("name", "issued", "section", "said"),
    [
        ("Annual Report", "", "1 A", "no name of small letters.*such as annual-report"),
        ("../out", "", "1 A", "no name of small letters"),
        ("report", "soon", "1 A", "'soon' is no date"),
        ("report", "2026-13", "1 A", "'2026-13' is no date"),
        ("report", "", "Members", "'Members' is no section; give its number"),
    ],
)
def test_a_document_that_cannot_be_is_refused(tmp_path: Path, name: str, issued: str, section: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        DocumentSkeleton(name, "Report", BASE, issued, "en", [section]).write(tmp_path)
    assert not [*tmp_path.iterdir()]
