"""An empty answer says why it is empty."""

from __future__ import annotations

from clustergraph.graph import Graph


def test_the_parameter_without_a_match_is_named(graph: Graph) -> None:
    answer = graph.ask("participants", activity="ERICA", participant="Plastipolis")
    assert len(answer) == 0
    assert "nothing has" in graph.why_empty(answer)


def test_a_question_with_rows_left_out_one_parameter_says_which(graph: Graph) -> None:
    answer = graph.ask("partners-sharing-pilots", partner="Proplast")
    assert len(answer) == 0
    assert "nothing has partner 'Proplast'" in graph.why_empty(answer)
