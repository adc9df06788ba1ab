"""Verdicts are counted and grouped, whatever part of them is shown; where nothing is imported there are none."""

from __future__ import annotations

from clustergraph.graph import Graph
from clustergraph.questions.question import find
from clustergraph.questions.verdicts import QUESTION, TableRows, Verdicts, kind_of, meant
from tests.audited import graph as audited
from tests.audited import origins


def test_a_part_has_the_counts_of_all() -> None:
    answer = Graph(audited()).ask(QUESTION)
    every, part = Verdicts.of(answer), Verdicts.of(answer, 2, 3)
    assert [kind for kind, _, _ in every.groups] == ["contradicted", "not-covered", "confirmed"]
    assert (part.counts, part.total, len(part.rows)) == (every.counts, len(answer), 3)
    assert part.rows == every.rows[2:5]
    assert {kind_of(row) for row in part.rows} == {"contradicted"}


def test_the_other_side_has_its_table_and_row() -> None:
    graph = Graph(audited())
    places = TableRows(graph.store, graph.sections, origins["horizon"])
    found = Verdicts.of(graph.ask(QUESTION, about="project:aurora"), places=places).rows
    told = {(row["claimed"].shown, row["place"].shown.rpartition(": ")[2]) for row in found}
    assert ("Gamma", "organization.csv, row 4") in told
    assert ("2021-06", "project.csv, row 2") in told
    assert ("Light", "project.csv, row 2") in told
    assert {
        row["place"].value for row in Verdicts.of(graph.ask(QUESTION, about="project:alps"), places=places).rows
    } == {""}


def test_a_name_means_the_project_of_the_document_and_that_of_the_data() -> None:
    graph = Graph(audited())
    given = meant(find(graph.questions, QUESTION), {"about": ["boreas"]}, graph)
    assert sorted(iri.rpartition("/")[2] for iri in given["about"]) == ["boreas", "cordis-101000002"]
    assert meant(find(graph.questions, QUESTION), {"about": ["Mu"]}, graph) == {"about": ["Mu"]}


def test_where_nothing_is_imported_nothing_is_compared(graph: Graph) -> None:
    assert Verdicts.of(graph.ask(QUESTION)) == Verdicts((), {}, 0)
