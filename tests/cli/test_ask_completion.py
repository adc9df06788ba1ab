"""Completion in bash, zsh and fish: questions, parameters and values."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete, get_completion_class

from clustergraph.cli.main import cli
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from tests.small_project import make


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(tmp_path_factory.mktemp("completion") / "project")
    publish.publish(Project(root), Releases(root / ".clustergraph"))
    return root


def completed(folder: Path, *words: str) -> list[str]:
    *before, typed = words
    shell = ShellComplete(cli, {}, "clustergraph", "_CLUSTERGRAPH_COMPLETE")
    return [item.value for item in shell.get_completions(["--project", str(folder), *before], typed)]


def test_names_of_questions(folder: Path) -> None:
    assert completed(folder, "ask", "") == ["clusters"]
    assert completed(folder, "questions", "clu") == ["clusters"]
    assert completed(folder, "ask", "x") == []


def test_parameters_and_options(folder: Path) -> None:
    assert "--cluster" in completed(folder, "ask", "clusters", "--")
    assert "--format" in completed(folder, "ask", "clusters", "--")
    assert completed(folder, "ask", "clusters", "--cl") == ["--cluster"]
    assert "svg" in completed(folder, "ask", "clusters", "--format", "")


def test_values_by_any_beginning_as_one_word(folder: Path) -> None:
    assert completed(folder, "ask", "clusters", "--cluster", "") == ["AFIL", "ViaMéca"]
    assert completed(folder, "ask", "clusters", "--cluster", "viamec") == ["ViaMéca"]
    assert completed(folder, "ask", "clusters", "--cluster", "AFIL", "--cl") == ["--cluster"]


def test_without_a_project_nothing_is_suggested_and_nothing_fails(tmp_path: Path) -> None:
    assert completed(tmp_path, "ask", "") == []
    assert completed(tmp_path, "ask", "clusters", "--cluster", "") == []


@pytest.mark.parametrize(
    ("shell", "typed", "given"),
    [
        ("bash", "4", "plain,ViaMéca"),
        ("zsh", "4", "plain\nViaMéca\nViaMéca"),
        ("fish", "Via", "plain,ViaMéca\tViaMéca"),
    ],
)
def test_every_shell_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch, shell: str, typed: str, given: str) -> None:
    monkeypatch.setenv("CLUSTERGRAPH_RELEASES", str(folder / ".clustergraph"))
    monkeypatch.chdir(folder)
    (folder / "data").mkdir(exist_ok=True)
    last = "" if shell == "fish" else " Via"
    monkeypatch.setenv("COMP_WORDS", f"clustergraph ask clusters --cluster{last}")
    monkeypatch.setenv("COMP_CWORD", typed)
    complete = get_completion_class(shell)
    assert complete is not None
    assert complete(cli, {}, "clustergraph", "_CLUSTERGRAPH_COMPLETE").complete() == given
