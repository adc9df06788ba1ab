"""The wheel: what it carries, and that a project works with it away from any checkout."""

from __future__ import annotations

import socket
import subprocess
import sys
import sysconfig
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

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
    for folder in ("model/docs", "web/static", "web/templates", "release/templates"):
        assert any(name.startswith(f"clustergraph/{folder}/") for name in names), folder
    assert {"clustergraph/web/static/page.js", "clustergraph/web/static/licences.txt"} <= set(names)
    assert not [name for name in names if "4m4iof" in name or "wiintech" in name]


def test_a_project_begins_builds_answers_and_exports(python: Path, tmp_path: Path) -> None:
    within(python, tmp_path, "init", "my clusters", "--title", "Clusters of Näfels", "--publisher", "Agency", *SAID)
    folder = tmp_path / "my clusters"
    within(python, folder, "format", "--check")
    assert "no findings" in within(python, folder, "validate")
    within(python, folder, "build")
    assert "Alpine Plastics,Schweiz,48" in within(python, folder, "ask", "own-clusters", "--format", "csv")
    assert "Alpine Plastics" in within(
        python, folder, "ask", "who-works-on", "--field", "Kunststoffe", "--format", "csv"
    )
    assert "Schweiz" in within(python, folder, "query", ASKED, "--format", "csv")
    within(python, folder, "export", "all", "--out", "public")
    within(python, folder, "export", "dcat", "--out", "catalogue.ttl")
    described = (folder / "catalogue.ttl").read_text("utf-8")
    for said in (
        "Clusters of Näfels",
        "Agency",
        "CC0",
        "DEU",
        "dcterms:subject field:plastics",
        "office@agency",
    ):
        assert said in described, said
    assert "4m4iof" not in described
    (archive,) = (folder / "public").glob("*-eccp.zip")
    with zipfile.ZipFile(archive) as package:
        assert b"Alpine Plastics" in b"".join(map(package.read, package.namelist()))
    served(python, folder)


SAID = ["--licence", "CC0", "--language", "de", "--language", "en", "--field", "plastics"]
SAID += ["--contact", "office@agency.example"]
ASKED = "SELECT ?name { country:CHE skos:prefLabel ?name } ORDER BY ?name"


def served(python: Path, folder: Path) -> None:
    """The pages say whose graph it is, and its own things answer at their addresses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "clustergraph", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as service:
        try:
            home = fetched(f"http://127.0.0.1:{port}/")
            for said in ("<h1>Clusters of Näfels</h1>", "Agency", "/licence/CC0", "Kunststoffe"):
                assert said in home, said
            page = fetched(f"http://127.0.0.1:{port}/id/organisation/alpine-plastics")
            assert "<h1>" in page
            assert "Alpine Plastics" in page
            assert "/id/project/cold-moulds" in page
            assert "Horizon 2020" in fetched(f"http://127.0.0.1:{port}/id/funding/h2020")
        finally:
            service.terminate()


def fetched(address: str) -> str:
    for _ in range(300):
        with suppress(URLError):
            return urlopen(Request(address, headers={"Accept": "text/html"})).read().decode()
        time.sleep(0.2)
    raise AssertionError(address)
