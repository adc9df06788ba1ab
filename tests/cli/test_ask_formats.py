"""`clustergraph ask --format … -o FILE`: answers as files that other programs take."""

from __future__ import annotations

import json
from pathlib import Path

from openpyxl import load_workbook

from clustergraph import Graph
from tests.commands import run


def test_an_answer_is_written_to_a_file(small_built: Path, tmp_path: Path) -> None:
    target = tmp_path / "clusters.xlsx"
    assert run(small_built, "ask", "clusters", "--format", "xlsx", "-o", str(target)).returncode == 0
    sheet = load_workbook(target)["Answer"]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["AFIL", "ViaMéca"]
    graph = Graph.open(small_built / ".clustergraph" / "current")
    assert graph.file(graph.ask("clusters"), "xlsx") == target.read_bytes()
    text = tmp_path / "clusters.json"
    assert run(small_built, "ask", "clusters", "--format", "json", "--output", str(text)).stdout == ""
    assert [row["cluster"]["label"] for row in json.loads(text.read_text("utf-8"))] == ["AFIL", "ViaMéca"]
    assert run(small_built, "ask", "clusters", "--format", "rq").stdout.rstrip() == graph.ask("clusters").query.rstrip()


def test_what_an_answer_has_not_is_said(small_built: Path, tmp_path: Path) -> None:
    for format_, says in (("geojson", "has a place"), ("graphml", "no two columns"), ("png", "no picture")):
        done = run(small_built, "ask", "clusters", "--format", format_, "-o", str(tmp_path / "none"))
        assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "none").exists()
