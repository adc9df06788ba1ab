"""The sentence that says what an answer is: of every question, in every language, also of one thing and of one row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from clustergraph.graph import Graph
from clustergraph.languages.reader import INTERFACE, reading
from clustergraph.questions import question
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.translation import told
from tests.conftest import ROOT

QUESTIONS = question.load(ROOT / "queries")
PLACE = re.compile(r"\{(\w+)(?::([\w,]+))?(?::(\w+))?(?:\|[^|{}]*\|[^|{}]*)?\}")


def summary(graph: Graph, name: str, **given: str) -> str:
    return graph.excerpt(QuestionCall(name, {key: [value] for key, value in given.items()}, view="table")).sentence


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_a_sentence_that_names_what_it_has(name: str) -> None:
    asked = QUESTIONS[name]
    facets = {each.name for each in asked.parameters.values() if each.facet}
    assert asked.answer
    places = PLACE.findall(asked.answer)
    assert {
        column for _, columns, value in places for column in (*columns.split(","), value) if column
    } <= asked.columns.keys() | facets
    for language in INTERFACE:
        with reading(language):
            said = told(asked).answer
        assert sorted(PLACE.findall(said)) == sorted(places), language
        assert not re.search(r"[{}\[\]]", PLACE.sub("", re.sub(r"\[([^\[\]]*)\]", r"\1", said))), language


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        (
            "clusters-fitting-priorities",
            {"region": "Lombardy"},
            "14 clusters work in a field that is a priority of Lombardy.",
        ),
        ("priorities", {"region": "Lombardy"}, "Lombardy names 16 priorities, most often ICT (2)."),
        ("facts", {"subject": "Plastipolis"}, "71 statements about Plastipolis."),
        ("calls", {"partnership": "WIINTECH 2020"}, "WIINTECH 2020 answers Cluster Go International."),
        ("coordinators", {}, "Plastipolis coordinates 1 project."),
        ("partners-by-place", {}, "Partners from 9 places, the most from Germany (12), Italy (11), Spain (9)."),
        ("where", {}, "28 places on the map: cluster (18), region (10)."),
        ("not-in", {"activity": "4M4IoF"}, "16 participants of one activity, 16 not in the other."),
    ],
)
def test_an_answer_is_told_as_a_person_would(graph: Graph, name: str, given: Mapping[str, str], said: str) -> None:
    assert summary(graph, name, **given) == said


def test_what_one_region_lacks_is_not_told_as_shared(graph: Graph) -> None:
    assert "times two regions share a priority; certain: " in summary(graph, "shared-priorities")
    assert "one region names a priority that another does not" in summary(graph, "shared-priorities", shared="false")


def test_one_row_is_told_in_the_words_of_its_question_or_else_by_its_values(graph: Graph) -> None:
    with reading("de"):
        assert summary(graph, "coordinators") == "Plastipolis koordiniert 1 Projekt."
        wordless = replace(graph.questions["coordinators"], evidence="")
        assert summary(Graph(graph.engine, {"coordinators": wordless}), "coordinators").startswith(
            "Eine Zeile: Plastipolis · "
        )
