"""Folders in layers: what is packaged, and what a project has beside it."""

from __future__ import annotations

from pathlib import Path

from clustergraph.layers import PACKAGED, Layers
from tests.conftest import ROOT


def written(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(root.name)
    return root


def test_a_layer_adds_files_and_replaces_those_of_the_same_name(tmp_path: Path) -> None:
    first = written(tmp_path / "first", "a.rq", "b.rq", "rules/c.rq")
    second = written(tmp_path / "second", "b.rq", "d.rq", "rules/e.rq")
    layers = Layers((first, second))
    assert layers.glob("*.rq") == [first / "a.rq", second / "b.rq", second / "d.rq"]
    assert (layers / "rules").glob("*.rq") == [first / "rules/c.rq", second / "rules/e.rq"]
    assert [layers.find(name) for name in ("a.rq", "b.rq")] == [first / "a.rq", second / "b.rq"]
    assert layers.find("none.rq") == second / "none.rq"


def test_a_layer_that_is_not_there_adds_nothing(tmp_path: Path) -> None:
    layers = Layers((written(tmp_path / "first", "a.rq"), tmp_path / "none"))
    assert (layers.folders, layers.is_dir(), layers.own) == ([tmp_path / "first"], True, tmp_path / "none")
    assert not Layers.of(tmp_path / "none").is_dir()


def test_in_a_checkout_the_packaged_model_is_at_its_top() -> None:
    assert PACKAGED.samefile(ROOT)
