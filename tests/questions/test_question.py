"""The question files themselves: every head is complete, and every question runs as it stands."""

from __future__ import annotations

import re
import sys
import tomllib

import pytest
from pyoxigraph import Literal, NamedNode

from clustergraph.graph import Graph
from clustergraph.questions import question as questions
from clustergraph.questions.answer import Answer
from clustergraph.questions.catalogue import by_subject
from clustergraph.terms import PREFIXES
from tests.conftest import ROOT

QUESTIONS = questions.load(ROOT / "queries")


@pytest.mark.parametrize("name", QUESTIONS)
def test_question_runs_and_describes_its_columns(graph: Graph, name: str) -> None:
    question = QUESTIONS[name]
    solutions = graph.select(question.query)
    assert {variable.value for variable in solutions.variables} == set(question.columns)
    assert question.title.endswith("?")
    assert question.tags


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_order_of_rows_leaves_nothing_open(graph: Graph, name: str) -> None:
    """Pages and doors would otherwise give rows that are equal in what is ordered in any order."""
    order = re.search(r"ORDER BY([^{}]*)$", QUESTIONS[name].query)
    assert order
    assert set(QUESTIONS[name].columns) <= set(re.findall(r"\?(\w+)", order[1]))
    assert "SAMPLE" not in QUESTIONS[name].query
    first, *others = ([tuple(row) for row in graph.select(QUESTIONS[name].query)] for _ in range(3))
    assert all(other == first for other in others)


@pytest.mark.parametrize("name", ["certainty", "scope", "phase", "origin"])
def test_what_is_asked_of_every_statement_has_one_label(name: str) -> None:
    asked = [question.parameters[name] for question in QUESTIONS.values() if name in question.parameters]
    assert asked
    assert {(each.label, each.type, each.of) for each in asked} == {(asked[0].label, "code", name)}


def test_the_first_question_is_which_clusters_there_are_and_those_on_layout_are_last() -> None:
    apart = {path.stem for path in (ROOT / "queries" / questions.LAYOUT).glob("*.rq")}
    assert next(iter(QUESTIONS)) == questions.FIRST
    assert set(list(QUESTIONS)[-len(apart) :]) == apart
    assert apart == {name for name, question in QUESTIONS.items() if question.tags[0] == questions.ON_LAYOUT}
    groups = by_subject(QUESTIONS.values())
    assert groups[0][1][0].name == questions.FIRST
    assert {question.name for question in groups[-1][1]} == apart


def test_an_answer_is_a_data_frame(graph: Graph) -> None:
    answer = graph.ask("partners-by-place")
    rows = list(answer)
    assert rows
    assert answer.to_pandas().to_dict("records") == rows
    assert answer.to_polars().to_dicts() == rows
    for mixed in map(graph.ask, ("facts", "plan-elements", "ties")):
        assert len(mixed.to_polars()) == len(mixed.to_pandas()) == len(mixed)
    empty = graph.ask("partners-by-place", activity="4M4IoF", place="Japan")
    assert list(empty.to_polars().columns) == list(empty.to_pandas().columns) == list(answer.columns)


def test_data_frames_keep_iris_on_request(graph: Graph) -> None:
    answer = graph.ask("clusters")
    iris = [row[0].iri for row in answer.rows]
    for frame in (answer.to_pandas(iris=True), answer.to_polars(iris=True)):
        assert list(frame["cluster_iri"]) == iris
        assert list(frame.columns)[:2] == ["cluster", "cluster_iri"]
        assert "members_iri" not in frame.columns
    assert "cluster_iri" not in answer.to_pandas().columns


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_without_the_library_it_is_said_how_to_get_it(graph: Graph, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf"pip install {name}"):
        getattr(graph.ask("clusters"), f"to_{name}")()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert extras[name][0].startswith(name)


def test_an_answer_is_a_line_and_in_a_notebook_a_table(graph: Graph) -> None:
    answer = graph.ask("clusters")
    assert repr(answer).startswith(f"<Answer to clusters: {len(answer)} rows of cluster, ")
    assert "\n" not in repr(answer)
    page = answer._repr_html_()
    assert page.count("<tr>") == len(answer) + 1
    assert f'<a href="{answer.rows[0][0].iri}">{answer.rows[0][0].shown}</a>' in page
    sharp = Answer(answer.question, ("a",), ({"a": Literal("<b>&")}, {"a": NamedNode("javascript:x")}) * 60)
    page = sharp._repr_html_()
    assert "<td>&lt;b&gt;&amp;</td><" in page
    assert "<td>javascript:x</td>" in page
    assert "(120 rows; the first 100 are shown)" in page


def test_no_question_reads_a_deprecated_term(graph: Graph) -> None:
    old = {row["term"].value for row in graph.select("SELECT ?term { ?term owl:deprecated true }")}

    def read(query: str) -> set[str]:
        return {
            PREFIXES[prefix] + name for prefix, name in re.findall(r"\b([\w-]+):([\w-]+)", query) if prefix in PREFIXES
        }

    assert [name for name, question in QUESTIONS.items() if read(question.query) & old] == []


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
