"""The steps from version to version: each carries an example of what is old, and data that is new is left alone.

A step has a folder of its name in tests/migrations/ with ``old.trig`` and ``new.trig``: what data that the step is for
becomes when all steps are applied to it. What they say is invented, with ``migrated`` in the IRIs, in graphs of data.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Store
from rdflib.plugins.sparql.parser import parseUpdate

from clustergraph.pipeline.checks import Constraints
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.migration import Migration, MigrationStep, steps
from clustergraph.pipeline.project import Project
from clustergraph.rdf.places import Places
from clustergraph.rdf.reading import read_all, solutions
from clustergraph.release.write import merge
from clustergraph.shacl.findings import Severity
from tests.conftest import ROOT

FOLDER = Path(__file__).parent / "migrations"
STEPS = steps(Project(ROOT).migrations)
each_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)


def deprecated(store: Store) -> set[NamedNode]:
    found = solutions(store, "SELECT ?term { ?term owl:deprecated true }")
    return {row["term"] for row in found}


@each_step
def test_any_sparql_1_1_endpoint_runs_the_step_as_it_stands(step: MigrationStep) -> None:
    parseUpdate(step.update)
    Store().update(step.update)


@each_step
def test_the_terms_of_a_step_are_deprecated_and_have_others_in_their_place(step: MigrationStep, store: Store) -> None:
    assert step.terms.keys() <= deprecated(store)
    for old, new in step.terms.items():
        named = {row["new"] for row in solutions(store, f"SELECT ?new {{ {old} dcterms:isReplacedBy ?new }}")}
        assert named == set(new), old


def test_every_deprecated_term_is_carried_over_by_a_step(store: Store) -> None:
    assert deprecated(store) == {term for step in STEPS for term in step.terms}


@each_step
def test_a_step_carries_its_example_over(step: MigrationStep, project: Project, tmp_path: Path) -> None:
    example = FOLDER / step.name
    file = shutil.copy(example / "old.trig", tmp_path / "example.trig")
    migration = Migration(project, [file])
    assert step.path in [effect.step.path for effect in migration.run()]
    migration.write()
    assert file.read_text("utf-8") == (example / "new.trig").read_text("utf-8")
    assert migration.remains(written=True) == []


@pytest.mark.slow
def test_what_comes_out_is_valid(project: Project) -> None:
    files = sorted(FOLDER.rglob("new.trig"))
    store = Store()
    store.extend(read_all([*project.graph_files(), *files]))
    merge(store)
    infer(store, project.rules)
    findings = Constraints.of(project).findings(store, places=Places([*files, *project.graph_files()]))
    assert [f"{each.where} {each.reason()}" for each in findings if each.severity is Severity.VIOLATION] == []


def test_the_data_of_the_project_is_new(project: Project) -> None:
    migration = Migration(project, [project.data])
    assert [effect.step.name for effect in migration.run()] == []
    assert migration.remains(written=False) == []
