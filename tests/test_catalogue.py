"""The questions as a whole: what holds for all of them, whatever they ask."""

from __future__ import annotations

import re

import pytest

from clustergraph.graph import Graph
from clustergraph.questions.question import load
from clustergraph.terms import PREFIXES
from tests.conftest import ROOT

QUESTIONS = load(ROOT / "queries")
STILL = {
    "not-in",
    "organisations-by-projects",
    "partnerships",
    "project-data",
    "projects-per-year",
    "shared-projects",
    "work-packages",
}
"""The questions that still read a term that is deprecated; none is added."""


def test_no_question_reads_a_deprecated_term(graph: Graph) -> None:
    old = {row["term"].value for row in graph.select("SELECT ?term { ?term owl:deprecated true }")}

    def read(query: str) -> set[str]:
        return {
            PREFIXES[prefix] + name for prefix, name in re.findall(r"\b([\w-]+):([\w-]+)", query) if prefix in PREFIXES
        }

    assert {name for name, question in QUESTIONS.items() if read(question.query) & old} <= STILL


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("cooperations", "kind", "relationship-kind:cooperates-with"),
        ("figures", "part", "member-kind:businesses"),
        ("figures", "relative_to", "country:DEU"),
        ("labels", "label", "label:tecnio"),
        ("letter-mentions", "region", "nuts:ES51"),
        ("named-members", "member", "organisation:sesi-rs"),
        ("share-totals", "subject", "organisation:pool-net"),
    ],
)
def test_what_is_asked_for_is_all_that_is_answered(graph: Graph, name: str, parameter: str, value: str) -> None:
    assert len({row[parameter] for row in graph.ask(name, **{parameter: value})}) == 1
