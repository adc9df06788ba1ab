"""What spreadsheets make of the tables that leave the house: no formula."""

from __future__ import annotations

import csv
import io
import re

from hypothesis import given
from hypothesis import strategies as st

from clustergraph.spreadsheet import guarded, guarded_csv, separated, unguarded

FORMULA = re.compile(r"[=+\-@\t\r\n]")
NUMBER = re.compile(r"-[\d.]+([eE][+-]?\d+)?", re.ASCII)
TEXTS = st.text(st.sampled_from("=+-@\t\r\n'\",;1.eé "), max_size=6)
TABLES = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=5)


def read(text: str) -> list[tuple[str, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))]


@given(TEXTS)
def test_a_cell_is_no_formula_and_can_be_read_back(text: str) -> None:
    assert not FORMULA.match(guarded(text)) or NUMBER.fullmatch(guarded(text))
    assert unguarded(guarded(text)) == text


def test_numbers_stay_numbers_and_other_texts_as_they_are() -> None:
    for text in ("-3", "-3.5", "-1e-05", "3", "a-b", "'t Hooft", ""):
        assert guarded(text) == text
    for text in ("-3+1", "+49 711", "-INF", "@SUM(A1)", "\t=1"):
        assert guarded(text) == f"'{text}"


@given(TABLES)
def test_a_table_of_an_engine_is_guarded_and_else_the_same(rows: list[tuple[str, ...]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([("a", "b", "c"), *rows])
    guarded_rows = [tuple(map(guarded, row)) for row in rows]
    assert read(guarded_csv(written.getvalue().encode()).decode())[1:] == guarded_rows
    assert read(separated(rows)) == guarded_rows
