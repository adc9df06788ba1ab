"""What several tests share: the graph of the project, built once in memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyoxigraph import Store

from clustergraph import questions
from clustergraph.build.exports import Exports
from clustergraph.build.inference import infer
from clustergraph.build.release import Releases, merge
from clustergraph.build.sources import Project, read_all
from clustergraph.graph import Graph

ROOT = Path(os.environ.get("CLUSTERGRAPH_TEST_PROJECT", Path(__file__).parent.parent))


@pytest.fixture(scope="session")
def project() -> Project:
    return Project(ROOT)


@pytest.fixture(scope="session")
def store(project: Project) -> Store:
    """The graph of the project with what follows from it; read only by agreement."""
    store = Store()
    store.extend(read_all(project.graph_files()))
    merge(store)
    infer(store, project.rules)
    return store


@pytest.fixture(scope="session")
def graph(project: Project, store: Store) -> Graph:
    return Graph(store, questions.load(project.queries))


@pytest.fixture(scope="session")
def exported(project: Project, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the project with all its exports; read only by agreement."""
    releases = Releases(tmp_path_factory.mktemp("exported"))
    made = releases.write(store, "", 0, 0)
    folder = releases.root / "releases" / made.digest
    Exports(project.queries, project.shapes).prepare(folder)
    releases.activate(folder)
    return folder
