"""The table that people fill in."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from clustergraph.errors import SourceError
from clustergraph.matching.compare import Body
from clustergraph.matching.decisions import COLUMNS, load, rows, save
from clustergraph.matching.matches import Match

FOUND = Match("https://a.example/a", "https://a.example/b", "candidate", 0.75, ("both are in FR",))
BODIES = {FOUND.one: Body(FOUND.one, ("=Alfa",), country="FR", places=("Lyon",), sources=("g",))}


def table(path: Path) -> Path:
    save(path, list(rows([FOUND], BODIES.get, lambda source: f"section {source}")))
    return path


@pytest.mark.parametrize("name", ["pairs.xlsx", "pairs.csv"])
def test_a_decision_that_is_filled_in_is_read(tmp_path: Path, name: str) -> None:
    path = table(tmp_path / name)
    assert load(path) == {}
    if name.endswith("xlsx"):
        book = load_workbook(path)
        book.active.cell(2, COLUMNS.index("decision") + 1).value = "Same "
        assert book.active.cell(2, COLUMNS.index("one") + 1).data_type == "s"
        book.save(path)
    else:
        text = path.read_text("utf-8-sig").replace(f"{FOUND.iri},,", f"{FOUND.iri},same,")
        path.write_text(text, "utf-8")
    assert load(path) == {FOUND.iri: "same"}


def test_what_is_no_decision_is_told_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(f"match,decision\n{FOUND.iri},perhaps\n", "utf-8")
    with pytest.raises(SourceError, match=r"row 2, column decision: “perhaps” is no decision; write same or different"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"name,place\na,b\n", b"\x00\x01"])
def test_another_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="there is no column match and no column decision"):
        load(path)
