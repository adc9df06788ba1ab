"""Verdicts are counted and grouped, whatever part of them is shown; where nothing is imported there are none."""

from __future__ import annotations

from clustergraph.graph import Graph
from clustergraph.questions.question import find
from clustergraph.questions.verdicts import QUESTION, Verdicts, kind_of, meant
from tests.audited import graph as audited


def test_a_part_has_the_counts_of_all() -> None:
    answer = Graph(audited()).ask(QUESTION)
    every, part = Verdicts.of(answer), Verdicts.of(answer, 2, 3)
    assert [kind for kind, _, _ in every.groups] == ["contradicted", "not-covered", "confirmed"]
    assert (part.counts, part.total, len(part.rows)) == (every.counts, len(answer), 3)
    assert part.rows == every.rows[2:5]
    assert {kind_of(row) for row in part.rows} == {"contradicted"}


def test_a_name_means_the_project_of_the_document_and_that_of_the_data() -> None:
    graph = Graph(audited())
    given = meant(find(graph.questions, QUESTION), {"about": ["boreas"]}, graph)
    assert sorted(iri.rpartition("/")[2] for iri in given["about"]) == ["boreas", "cordis-101000002"]
    assert meant(find(graph.questions, QUESTION), {"about": ["Mu"]}, graph) == {"about": ["Mu"]}


def test_where_nothing_is_imported_nothing_is_compared(graph: Graph) -> None:
    assert Verdicts.of(graph.ask(QUESTION)) == Verdicts((), {}, 0)
