"""A project: its data, the packaged model and what it has beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustergraph.errors import Exit, SourceError
from clustergraph.layers import PACKAGED
from clustergraph.pipeline.project import Project
from clustergraph.questions import question
from tests.commands import run

ASKED = """#+ title: Which organisations have a name?
#+ tags: [clusters]
#+ columns:
#+   organisation: The organisation
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?organisation WHERE { ?organisation a cg:Organisation ; skos:prefLabel ?name } ORDER BY ?organisation
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with nothing but data."""
    (tmp_path / "clustergraph.toml").write_text("")
    (tmp_path / "data").mkdir()
    return tmp_path


def test_a_project_has_the_packaged_model_and_what_is_beside_its_data(root: Path) -> None:
    (root / "queries" / "rules").mkdir(parents=True)
    (root / "queries" / "clusters.rq").write_text(ASKED)
    (root / "queries" / "named.rq").write_text(ASKED)
    (root / "queries" / "rules" / "own.rq").write_text("CONSTRUCT {} WHERE {}")
    project = Project(root)
    questions = question.load(project.queries)
    assert questions["clusters"].title == questions["named"].title == "Which organisations have a name?"
    assert questions["regions"].title == question.load(PACKAGED / "queries")["regions"].title
    names = {path.stem for path in project.rules.glob("*.rq")}
    assert {"own", "shortcuts"} <= names


def test_questions_on_the_layout_of_the_example_are_left_out(root: Path) -> None:
    layout = {path.stem for path in (PACKAGED / "queries" / "layout").glob("*.rq")}
    assert layout
    assert not layout & question.load(Project(root).queries).keys()


def test_countries_and_programmes_are_there_without_any_data_of_its_own(root: Path) -> None:
    names = {project_file.name for project_file in Project(root).graph_files()}
    assert {"countries.trig", "programmes.trig", "core.ttl"} <= names


def test_a_project_whose_own_folders_are_the_model_has_no_other(root: Path) -> None:
    (root / "clustergraph.toml").write_text("[ontology]\npackaged = false\n")
    project = Project(root)
    assert project.graph_files() == []
    with pytest.raises(SourceError, match="no folder ontology, shapes, queries"):
        project.check()


def test_what_is_packaged_bears_on_the_fingerprint(root: Path) -> None:
    first = Project(root).fingerprint()
    (root / "clustergraph.toml").write_text("[ontology]\npackaged = false\n")
    assert Project(root).fingerprint() != first


def test_format_leaves_the_packaged_files_alone(root: Path) -> None:
    (root / "data" / "a.ttl").write_text("<http://a.example/a>   a <http://a.example/B> .")
    done = run(root, "format")
    assert (done.returncode, "a.ttl" in done.stderr, done.stderr.count("rewrote")) == (Exit.FINE, True, 1)
