"""An empty answer says why it is empty, and where else the thing asked for is known."""

from __future__ import annotations

from clustergraph.graph import Graph
from clustergraph.questions.empty import asked_alone
from clustergraph.questions.related_questions import askable


def test_the_parameter_without_a_match_is_named(graph: Graph) -> None:
    answer = graph.ask("participants", activity="ERICA", participant="Plastipolis")
    assert len(answer) == 0
    assert "no row has" in graph.why_empty(answer)


def test_a_question_with_rows_left_out_one_parameter_says_which(graph: Graph) -> None:
    answer = graph.ask("partners-sharing-pilots", partner="Proplast")
    assert len(answer) == 0
    assert "no row has partner 'Proplast'" in graph.why_empty(answer)


def test_a_pattern_without_a_match_is_found_in_an_ordered_sub_select_too() -> None:
    query = "SELECT ?x (GROUP_CONCAT(?n) AS ?names) { SELECT * { ?x a cg:Cluster ; <p:n> ?n } ORDER BY ?n } GROUP BY ?x"
    assert [pattern for _, pattern in asked_alone(query)][1] == "?x <p:n> ?n"


def test_what_a_question_does_not_know_another_does(graph: Graph) -> None:
    answer = graph.ask("participants", activity="ERICA", participant="Plastipolis")
    said, _, others = graph.why_empty(answer).partition("; ERICA is a project, and has rows in ")
    assert said == "no row has activity 'ERICA' with the other parameters as they are; without it there are rows"
    named = [graph.questions[name] for name in others.split(", ")]
    assert 0 < len(named) <= 3
    for question, parameter in askable(graph.questions.values(), {"cg:Project": False}):
        if question in named:
            assert len(graph.ask(question.name, **{parameter.name: "project:erica"}))


def test_a_code_is_not_told_as_a_thing(graph: Graph) -> None:
    answer = graph.ask("labels", label="tecnio", document="wiintech-2020")
    assert len(answer) == 0
    assert " is a " not in graph.why_empty(answer)


def test_what_a_parameter_is_without_being_given_is_told(graph: Graph) -> None:
    answer = graph.ask("table-totals", partnership="4M4IoF", measure="smes")
    assert len(answer) == 0
    assert graph.why_empty(answer).endswith("unless given, column is 'Size of the Network'")
    assert len(graph.ask("table-totals", partnership="4M4IoF", measure="smes", column="Number of SMEs")) == 1
