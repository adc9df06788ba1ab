"""A release that is loaded knows what most pages ask, and jobs import nothing that a worker has not got."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clustergraph import Graph, preparation
from clustergraph.languages.reader import reading
from clustergraph.preparation import warm
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.facets import facets_of

_JOBS = """
import sys
from clustergraph.matching import shown
from clustergraph.pipeline import material
from clustergraph.preparation import prepare
prepare(), material.prepare(), shown.prepare()
before = set(sys.modules)
from clustergraph.matching.reconcile import reconciled
from clustergraph.questions.codelists import code_lists_of
from clustergraph.questions.ontology import ontology_of
from clustergraph.questions.thing_comparison import compared
from clustergraph.questions.verdicts import verdicts
print(*sorted(each for each in set(sys.modules) - before if each.startswith("clustergraph")))
print(*sorted(each for each in sys.modules if each.startswith(("fastapi", "clustergraph.web"))))
"""


@pytest.fixture(scope="module")
def warmed(catalogued) -> Graph:
    graph = Graph(catalogued, digest="d1")
    warm(graph)
    return graph


def test_lists_are_answered_from_what_a_loaded_release_knows_in_any_language(warmed: Graph, monkeypatch) -> None:
    expected = Graph(warmed.store).excerpt(QuestionCall("clusters"))

    def refuse(query: str) -> None:
        raise AssertionError(query)

    lists = [question for question in warmed.questions.values() if facets_of(question)]
    monkeypatch.setattr(warmed, "select", refuse)
    with reading("fr"):
        assert all(len(warmed.answer_table(question, {})) for question in lists)
    assert warmed.excerpt(QuestionCall("clusters")).rows == expected.rows


def test_nothing_is_asked_when_the_time_is_over(catalogued) -> None:
    graph = Graph(catalogued)
    warm(graph, seconds=-1)
    assert graph._answers._kept.currsize == 0


def test_who_reads_a_large_release_from_disk_has_what_another_process_has_cached_of_it(releases, monkeypatch) -> None:
    release = releases.release().path
    monkeypatch.setattr(preparation, "_CACHED", {})
    assert preparation.opened(release, True, memory_quads=0) is None
    graph = preparation.opened(release, False, memory_quads=0)
    assert graph is not None
    assert {name for name, _ in graph._answers.tables} == {
        name for name, question in graph.questions.items() if facets_of(question)
    }
    monkeypatch.setattr(graph.engine, "query", None)
    assert len(graph.answer_table(graph.questions["clusters"], {})) > 1


def test_sorting_in_one_language_leaves_the_order_of_another_as_it_is(warmed: Graph) -> None:
    def first(language: str) -> list[object]:
        with reading(language):
            return [row[0].shown for row in warmed.excerpt(QuestionCall("regions", sort="region")).rows]

    english, french = first("en"), first("fr")
    assert english != french
    assert first("en") == english


def test_jobs_are_functions_of_modules_that_workers_have_and_need_nothing_of_the_web() -> None:
    found = subprocess.run([sys.executable, "-c", _JOBS], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
