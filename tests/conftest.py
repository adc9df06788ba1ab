"""What several tests share: the graph of the project, built once in memory, and how random comparisons are run.

`HYPOTHESIS_PROFILE=night` gives each random comparison twenty times its examples, `quick` a fifth of them; but at
night, CI draws the same ones each time. No example has a deadline: a slow machine is no fault of ours.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from clustergraph import terms
from clustergraph.graph import Graph
from clustergraph.pipeline import exports, publish
from clustergraph.pipeline.configuration import Configuration
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions import card, conflict, question, rules
from clustergraph.questions.catalogue import catalogue
from clustergraph.rdf.reading import read_all
from clustergraph.release.artefacts import Made
from clustergraph.release.manifest import Record
from clustergraph.release.releases import Releases
from clustergraph.release.write import merge, write
from clustergraph.shacl.findings import Finding
from tests.small_project import make

ROOT = Path(os.environ.get("CLUSTERGRAPH_TEST_PROJECT", Path(__file__).parent.parent))
PUBLISHED = Path(os.environ.get("CLUSTERGRAPH_TEST_DATA", ROOT.parent / "shared" / "data"))
"""Ontologies and test suites that others have published; what needs them is skipped where they are not."""
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default")
Configuration.read(ROOT).imprint.declare()
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.register_profile("quick", settings.get_profile("ci" if os.environ.get("CI") else "default"), max_examples=20)
settings.register_profile("night", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile(PROFILE)


def broken(finding: Finding) -> set[str]:
    """Return the IRIs of the shape that a finding is about, and of those in its details."""
    own = {finding.shape.term.value} if isinstance(finding.shape.term, NamedNode) else set()
    return own.union(*map(broken, finding.details))


def examples(number: int) -> int:
    """Return how many examples a random comparison takes of so many that it usually takes."""
    return {"quick": number // 5, "night": number * 20}.get(PROFILE, number)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark random comparisons as such."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("random")


@pytest.fixture(autouse=True, scope="module")
def _declared() -> Iterator[None]:
    """What a project of a test calls its own is not known to the next ones."""
    before, home = dict(terms.PREFIXES), replace(terms.HOME)
    yield
    terms.PREFIXES.clear()
    terms.PREFIXES.update(before)
    terms.declare({}, home.base, home.languages)


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
    return Graph(store, question.load(project.queries), "", conflict.load_rules(project.queries))


@pytest.fixture(scope="session")
def catalogued(project: Project, store: Store) -> Store:
    """The graph of the project with its catalogue, as a release has it; read only by agreement."""
    whole = Store()
    whole.extend(store)
    questions, found_by = question.load(project.queries), conflict.load_rules(project.queries)
    cards = card.load_cards(project.queries).values()
    for quad in catalogue(questions.values(), rules.load(project.rules), found_by.values(), cards):
        whole.extend([quad, Quad(quad.subject, quad.predicate, quad.object, DefaultGraph())])
    return whole


@pytest.fixture(scope="session")
def releases(catalogued: Store, tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """The graph of the project with its questions as a release; checks and shapes are left to their own tests."""
    found = Releases(tmp_path_factory.mktemp("releases"))
    with found.lock():
        found.activate(write(found, catalogued, Record()).path)
    return found


def offered_file(release: Path, name: str) -> Path:
    """Return where a file is that a release offers for download."""
    made = Made.of(release)
    (path,) = (made.path(each) for each in made.downloads if each.name == name)
    return path


def offered(release: Path, name: str) -> bytes:
    """Return what is in a file that a release offers for download, unpacked."""
    path = offered_file(release, name)
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@pytest.fixture(scope="session")
def small_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with its release, to be copied."""
    root = make(tmp_path_factory.mktemp("small"))
    publish.publish(Project(root), Releases(root / ".clustergraph"))
    return root


@pytest.fixture(scope="session")
def exported(project: Project, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the project with all its exports; read only by agreement."""
    releases = Releases(tmp_path_factory.mktemp("exported"))
    with releases.lock():
        made = write(releases, store, Record())
    exports.prepare(made.path, project)
    releases.activate(made.path)
    return made.path
