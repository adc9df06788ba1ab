"""What several tests share: the graph of the project, built once in memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyoxigraph import Store

from clustergraph import questions
from clustergraph.build.inference import infer
from clustergraph.build.release import merge
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
