"""Releases of other versions are refused at every door, in words that say what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from clustergraph.errors import Exit, ReleaseError
from clustergraph.graph import Graph
from clustergraph.mcp.server import create_server
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.transaction import UPDATE, Write, change
from clustergraph.release.manifest import ForeignReleaseError, Release
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests import commands

OLD = {
    "digest": "x", "created": "2026-11-22T09:00:00+00:00", "version": "0.1.0", "fingerprint": "f", "quads": 1,
    "triples": 1, "inferred": 0, "warnings": 0, "graphs": [], "classes": {}, "parent": "", "base": "", "writes": 0,
    "demands": "",
}  # fmt: skip
"""A manifest as the version before wrote it."""


@pytest.fixture
def fresh(small_built: Path, tmp_path: Path) -> tuple[Project, Releases]:
    """A project with its release."""
    root = shutil.copytree(small_built, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Project(root), Releases(root / ".clustergraph")


@pytest.fixture
def place(fresh: tuple[Project, Releases]) -> tuple[Project, Releases]:
    """A project whose current release is one of the version before."""
    age(fresh[1].release().path)
    return fresh


def age(path: Path, **more: object) -> None:
    (path / "manifest.json").write_text(json.dumps({**OLD, "digest": path.name, **more}))


def run(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    return commands.run(project.root, "--project", str(project.root), *words)


@pytest.mark.parametrize(
    "words",
    [
        ("query", "ASK {}"),
        ("ask", "clusters"),
        ("export", "dump", "--out", "-"),
        ("export", "all"),
        ("diff", "current", "current"),
        ("diff",),
        ("changes",),
        ("releases",),
        ("releases", "--format", "json"),
        ("serve", "--port", "0"),
        ("mcp",),
        ("rollback", "CURRENT"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_says_what_to_do(place: tuple[Project, Releases], words: tuple[str, ...]) -> None:
    current = place[1].current()
    assert current is not None
    done = run(place[0], *(current.name if word == "CURRENT" else word for word in words))
    assert done.returncode == Exit.CANNOT_RUN, done.stderr
    assert "another version" in done.stderr
    assert "clustergraph build" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_other_doors_do_too(place: tuple[Project, Releases]) -> None:
    current = place[1].current()
    assert current is not None
    for door in (Graph.open, Release.read, lambda path: create_server(path, Settings())):
        with pytest.raises(ForeignReleaseError, match="run: clustergraph build"):
            door(current)
    with pytest.raises(ForeignReleaseError):
        create_app(place[1].root, Settings())


def test_a_service_answers_503_when_such_a_release_becomes_current(fresh: tuple[Project, Releases]) -> None:
    _, releases = fresh
    built = releases.release()
    old = releases.home / "0123456789abcdef"
    old.mkdir()
    age(old)
    with TestClient(create_app(releases.root, Settings())) as client:
        assert client.get("/sparql?query=ASK{}").status_code == 200
        releases.activate(old)
        refused = client.get("/sparql?query=ASK{}", headers={"Accept": "application/json"})
        assert refused.status_code == 503
        assert "clustergraph build" in refused.text
        releases.activate(built.path)
        assert client.get("/sparql?query=ASK{}").status_code == 200


def test_a_build_puts_a_new_one_in_its_place(place: tuple[Project, Releases]) -> None:
    assert run(place[0], "build").returncode == Exit.FINE
    assert place[1].release().quads > 1
    assert run(place[0], "query", "ASK {}").returncode == Exit.FINE


def test_a_build_does_not_lose_what_was_written_to_it(place: tuple[Project, Releases]) -> None:
    current = place[1].current()
    assert current is not None
    age(current, writes=3, parent="p", base="b")
    refused = run(place[0], "build")
    assert refused.returncode == Exit.CANNOT_RUN
    assert "3 changes" in refused.stderr
    assert "--force" in refused.stderr
    assert run(place[0], "build", "--force").returncode == Exit.FINE


def test_lists_leave_them_out_and_pruning_removes_them(place: tuple[Project, Releases]) -> None:
    old = place[1].home / "0123456789abcdef"
    old.mkdir()
    age(old)
    assert run(place[0], "build").returncode == Exit.FINE
    assert [each.digest for each in place[1].all()] == [place[1].release().digest]
    assert "1 release removed" in run(place[0], "releases", "--prune", "1").stderr
    assert not old.exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 2}', '{"format": 3}', '"x"'])
def test_a_damaged_manifest_is_no_release(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ReleaseError) as error:
        Release.read(tmp_path)
    assert error.value.advice == "run: clustergraph build"
    assert "Error" not in str(error.value)


def test_a_build_puts_a_new_one_in_the_place_of_a_damaged_one(fresh: tuple[Project, Releases]) -> None:
    project, releases = fresh
    built = releases.release()
    (built.path / "manifest.json").write_text("{")
    refused = run(project, "query", "ASK {}")
    assert refused.returncode == Exit.CANNOT_RUN
    assert "run: clustergraph build" in refused.stderr
    assert run(project, "build").returncode == Exit.FINE
    assert releases.release().digest == built.digest
    assert run(project, "query", "ASK {}").returncode == Exit.FINE


def test_what_was_written_to_a_damaged_release_is_not_lost(fresh: tuple[Project, Releases]) -> None:
    project, releases = fresh
    built = releases.release()
    text = 'INSERT DATA { GRAPH m:summary { organisation:x a cg:Cluster ; skos:prefLabel "X"@en } }'
    settings = Settings(write_seconds=60)
    assert change(Write(UPDATE, text.encode()), project.root, releases.root, settings).kind == "written"
    for damaged in (built.path, releases.release().path):
        (damaged / "manifest.json").write_text("{")
    with pytest.raises(publish.LostWritesError):
        publish.publish(project, releases)
    assert publish.publish(project, releases, drop_writes=True)[0] == releases.release()


def test_a_release_without_its_store_is_not_served_and_is_built_again(fresh: tuple[Project, Releases]) -> None:
    project, releases = fresh
    built = releases.release()
    shutil.rmtree(built.path / "store")
    for words in (("query", "ASK {}"), ("serve", "--port", "0")):
        done = run(project, *words)
        assert done.returncode == Exit.CANNOT_RUN
        assert f"the store of {built.path} cannot be opened" in done.stderr
    assert run(project, "build").returncode == Exit.FINE
    assert run(project, "query", "ASK {}").returncode == Exit.FINE
