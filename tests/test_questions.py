"""The question files themselves: every head is complete, and every question runs as it stands."""

from __future__ import annotations

import pytest

from clustergraph import questions
from clustergraph.graph import Graph

from .conftest import ROOT

QUESTIONS = questions.load(ROOT / "queries")


@pytest.mark.parametrize("name", QUESTIONS)
def test_question_runs_and_describes_its_columns(graph: Graph, name: str) -> None:
    question = QUESTIONS[name]
    solutions = graph.select(question.query)
    assert {variable.value for variable in solutions.variables} == set(question.columns)
    assert question.title.endswith("?")
    assert question.tags
