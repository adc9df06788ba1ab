"""The wheel: what it carries, and that a project works with it away from any checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from clustergraph.layers import MODEL
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel, and what it needs from here."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    python = folder / "bin" / "python"
    install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([python, "-m", "pip", *install], check=True, capture_output=True)
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def within(python: Path, folder: Path, *words: str) -> str:
    environment = {"PATH": "/usr/bin:/bin"}
    command = [python, "-m", "clustergraph", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_carries_the_model_and_the_pages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for folder in MODEL:
        assert any(name.startswith(f"clustergraph/model/{folder}/") for name in names), folder
    for folder in ("web/static", "web/templates", "release/templates"):
        assert any(name.startswith(f"clustergraph/{folder}/") for name in names), folder
    assert not [name for name in names if "4m4iof" in name or "wiintech" in name]


def test_a_project_of_data_alone_is_built_and_asked(python: Path, tmp_path: Path) -> None:
    (tmp_path / "clustergraph.toml").write_text("")
    (tmp_path / "data").mkdir()
    within(python, tmp_path, "build")
    assert "Norway" in within(python, tmp_path, "search", "Norwegen")
