"""An empty answer says why it is empty."""

from __future__ import annotations

from clustergraph.graph import Graph
from clustergraph.questions.lineage import asked_alone


def test_the_parameter_without_a_match_is_named(graph: Graph) -> None:
    answer = graph.ask("participants", activity="ERICA", participant="Plastipolis")
    assert len(answer) == 0
    assert "nothing has" in graph.why_empty(answer)


def test_a_question_with_rows_left_out_one_parameter_says_which(graph: Graph) -> None:
    answer = graph.ask("partners-sharing-pilots", partner="Proplast")
    assert len(answer) == 0
    assert "nothing has partner 'Proplast'" in graph.why_empty(answer)


def test_a_pattern_without_a_match_is_found_in_an_ordered_sub_select_too() -> None:
    query = "SELECT ?x (GROUP_CONCAT(?n) AS ?names) { SELECT * { ?x a cg:Cluster ; <p:n> ?n } ORDER BY ?n } GROUP BY ?x"
    assert [pattern for _, pattern in asked_alone(query)][1] == "?x <p:n> ?n"
