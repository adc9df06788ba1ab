"""The index of names of a release says what the names in its graph say, and is read where it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from clustergraph.graph import Graph
from clustergraph.pipeline.project import Project
from clustergraph.questions import name_index
from clustergraph.questions.name_index import NameIndex
from clustergraph.questions.names import ListedChoices
from clustergraph.questions.parameters import needs_choices
from clustergraph.questions.question import Parameter, load
from clustergraph.release import artefacts
from clustergraph.release.artefacts import Made, home_of
from clustergraph.settings import Settings
from clustergraph.web.app import create_app


@pytest.fixture
def indexed(exported: Path) -> Graph:
    return Graph.open(exported)


@pytest.fixture
def read(exported: Path, tmp_path: Path) -> Graph:
    """The same graph without the index, so that all names are read."""
    release = tmp_path / "releases" / exported.name
    shutil.copytree(exported, release)
    assert Made.of(release).folder(artefacts.NAMES) is None
    return Graph.open(release)


@pytest.mark.parametrize(
    "typed", ["viamca", "Lombardia", "een", "Funding Scheme", "pilot partner", "FRK", "zzzqqq", "!"]
)
def test_a_search_finds_the_same_with_and_without_the_index(indexed: Graph, read: Graph, typed: str) -> None:
    assert indexed.search(typed, 20) == read.search(typed, 20)


def test_the_index_is_used_for_what_is_asked(indexed: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Graph, "query", lambda *_: pytest.fail("a query reads all names"))
    assert indexed._names.search("viamca")[0].label == "ViaMéca"


def test_every_name_means_the_same_with_and_without_the_index(
    project: Project, indexed: Graph, read: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(name_index, "SUGGESTED", -1)
    parameters = {
        (each.of, each.but): each
        for question in load(project.queries).values()
        for each in question.parameters.values()
        if needs_choices(each) and each.type == "iri" and each.of.startswith("cg:") and each.of != "cg:Section"
    }
    assert len(parameters) > 5
    for parameter in parameters.values():
        one, other = indexed.choices(parameter), read.choices(parameter)
        assert isinstance(other, ListedChoices)
        assert not isinstance(one, ListedChoices)
        assert len(one) == len(other)
        assert one.offered == other.offered
        for name in [*other.written, *(iri.rpartition("/")[2] for iri in other), "nothing is called so", ""]:
            assert one.meant(name) == other.meant(name), (parameter.of, name)


def test_a_mistyped_name_of_a_big_class_is_told_what_is_near(indexed: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_index, "SUGGESTED", 10)
    choices = indexed.choices(Parameter("cluster", "", "iri", "cg:Cluster"))
    assert not isinstance(choices, ListedChoices)
    assert choices.like("plastipols")[0] == "Plastipolis"
    assert "Plastipolis" not in indexed.choices(Parameter("place", "", "iri", "cg:Place")).like("plastipols")
    offered = list(choices.offered.values())
    assert [name.casefold() for name in offered] == sorted(name.casefold() for name in offered)


def test_the_same_graph_gives_the_same_file(indexed: Graph, exported: Path, tmp_path: Path) -> None:
    NameIndex.write(tmp_path, indexed.engine, indexed.questions)
    folder = Made.of(exported).folder(artefacts.NAMES)
    assert folder
    assert (tmp_path / "names.sqlite").read_bytes() == (folder / "names.sqlite").read_bytes()


@pytest.mark.parametrize("quads", [0, 1_000_000])
def test_a_worker_searches_the_index_of_its_release(small_built: Path, quads: int) -> None:
    release = (small_built / ".clustergraph" / "current").resolve()
    assert list(home_of(release).glob("names-*/names.sqlite"))
    with TestClient(create_app(small_built / ".clustergraph", Settings(memory_quads=quads))) as client:
        assert client.get("/search.json", params={"q": "viamca"}).json()[0]["label"] == "ViaMéca"
