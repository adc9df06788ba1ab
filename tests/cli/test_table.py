"""What a terminal shows can be read, however wide it is."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from clustergraph.cli.table import table
from clustergraph.graph import Graph
from clustergraph.questions.answer import Cell
from clustergraph.questions.question import load
from tests.commands import run
from tests.conftest import ROOT

ROWS = [[Cell("AFIL"), Cell(147), Cell(None)], [Cell("Clúster Digital"), Cell(40), Cell("“IoT” " * 20)]]


@pytest.mark.parametrize(
    "name",
    [name for name, each in load(ROOT / "queries").items() if not any(p.required for p in each.parameters.values())],
)
def test_every_answer_can_be_read_in_80_columns(graph: Graph, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = graph.ask(name)
    printed = table(answer.columns, answer.rows)
    assert max(cell_len(line) for line in printed.splitlines()) <= 80
    words = {word for row in answer.rows for cell in row for word in cell.shown.split() if cell_len(word) < 50}
    assert words <= set(printed.split()), "no word is broken"
    assert f"{len(answer)} row" in printed.splitlines()[-1]


@pytest.mark.parametrize("width", [30, 60, 200])
def test_nothing_is_lost_at_any_width(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    printed = table(["cluster", "members", "fields"], ROWS)
    assert max(map(len, printed.splitlines()[:-1])) <= width
    assert re.findall(r"AFIL|Clúster|Digital|\b147|\b40\b", printed) == ["AFIL", "147", "Clúster", "Digital", "40"]
    assert printed.count("“IoT”") == 20


def test_a_table_that_does_not_fit_is_shown_as_lists_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [[Cell("AFIL"), Cell(147), Cell(None)], [Cell("bwcon"), Cell(600), Cell("smart manufacturing")]]
    monkeypatch.setenv("COLUMNS", "30")
    assert (
        table(["cluster", "members", "fields"], cells)
        == """cluster  AFIL
members  147

cluster  bwcon
members  600
fields   smart manufacturing

2 rows as lists, without empty cells; the table would be 34 columns wide
"""
    )
    monkeypatch.setenv("COLUMNS", "34")
    assert table(["cluster", "members", "fields"], cells).splitlines()[2:] == [
        "AFIL         147",
        "bwcon        600  smart",
        "                  manufacturing",
        "2 rows",
    ]


def test_questions_are_listed_by_subject_and_searched() -> None:
    listed = run(ROOT, "questions").stdout
    assert listed.startswith("Clusters\n  Which clusters are there? (clusters)\n")
    assert listed.endswith(f"{len(load(ROOT / 'queries'))} questions\n")
    found = run(ROOT, "questions", "--search", "Pilot partner").stdout
    assert "(partners-sharing-pilots)" in found
    assert "(clusters)" not in found
    assert run(ROOT, "questions", "--search", "zzz").stdout == "0 questions\n"


@pytest.mark.parametrize("words", [[], ["clusters"], ["facts"]])
def test_what_is_said_of_questions_fits_the_terminal(words: list[str]) -> None:
    printed = run(ROOT, "questions", *words, environment={"COLUMNS": "60"}).stdout
    assert max(map(len, printed.splitlines())) <= 60
