"""Answers as Arrow and Parquet say what the other formats say, whichever side of a release gives them."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from clustergraph.engine.arrow import EncodedColumn, encoded, written
from clustergraph.engine.store import Embedded, Request
from clustergraph.errors import QueryError, ResultTooLargeError
from tests.columns.cases import case
from tests.columns.test_evaluate import columns_of, merged
from tests.conftest import examples

arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
XSD = "http://www.w3.org/2001/XMLSchema#"


def read(content: bytes, format_: str = "arrow") -> Any:
    if format_ == "parquet":
        return pytest.importorskip("pyarrow.parquet").read_table(io.BytesIO(content))
    return pytest.importorskip("pyarrow.ipc").open_stream(content).read_all()


def asked(query: str, format_: str = "arrow") -> Any:
    return read(Embedded(Path(), Store()).answer(Request(query, format_)), format_)


@pytest.mark.parametrize("format_", ["arrow", "parquet"])
def test_what_is_of_one_kind_is_typed(format_: str) -> None:
    table = asked(
        """SELECT * { VALUES (?n ?d ?x ?b ?day ?text ?words ?thing ?all ?none ?big ?bad) {
        (1 1.25 1e0 true "2024-02-29"^^xsd:date
         "a\\n\\"b" "é"@fr <x:y> 1 UNDEF 9223372036854775808 "2024-02-30"^^xsd:date)
        (UNDEF 10.5 2e0 false UNDEF "" "𝄞"@fr <x:z> "a" UNDEF 1 "2024-02-29"^^xsd:date) } }""",
        format_,
    )
    assert table.to_pydict() == {
        "n": [1, None], "d": [Decimal("1.25"), Decimal("10.50")], "x": [1.0, 2.0], "b": [True, False],
        "day": [date(2024, 2, 29), None], "text": ['a\n"b', ""], "words": ["é", "𝄞"], "thing": ["x:y", "x:z"],
        "all": ["1", "a"], "none": [None, None], "big": ["9223372036854775808", "1"],
        "bad": ["2024-02-30", "2024-02-29"],
    }  # fmt: skip
    holds = {field.name: field.metadata[b"holds"].decode() for field in table.schema}
    assert holds == {
        "n": f"{XSD}integer", "d": f"{XSD}decimal", "x": f"{XSD}double", "b": f"{XSD}boolean", "day": f"{XSD}date",
        "text": f"{XSD}string", "words": "@fr", "thing": "iri", "all": "mixed", "none": "", "big": f"{XSD}integer",
        "bad": f"{XSD}date",
    }  # fmt: skip


def test_an_ask_has_one_value_and_an_answer_may_have_no_row() -> None:
    assert asked("ASK {}").to_pydict() == {"boolean": [True]}
    assert asked("SELECT ?a ?b { ?a ?b 1 }").to_pydict() == {"a": [], "b": []}


def test_what_does_not_fit_is_refused() -> None:
    engine = Embedded(Path(), Store())
    with pytest.raises(QueryError, match="arrow cannot hold the triples"):
        engine.answer(Request("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "arrow"))
    with pytest.raises(ResultTooLargeError):
        engine.answer(Request("SELECT (1 AS ?x) {}", "parquet", max_bytes=100))


@settings(max_examples=examples(300), deadline=None)
@given(st.integers(0, 2**40))
def test_columns_and_store_give_the_same_table(number: int) -> None:
    one = case(number)
    if one.query.startswith("ASK"):
        return
    engines = Embedded(Path(), merged(one)), Embedded(Path(), merged(one), columns_of(one))
    tables = [read(each.answer(Request(one.query, "arrow"))).to_pylist() for each in engines]
    assert sorted(map(str, tables[0])) == sorted(map(str, tables[1]))
    answer = json.loads(engines[0].answer(Request(one.query, "json")))
    if not answer["head"]["vars"]:
        return  # A table without columns has no rows.
    said = answer["results"]["bindings"]
    assert len(said) == len(tables[0])
    for row, bindings in zip(tables[0], said, strict=True):
        assert {name: value for name, value in row.items() if value is not None}.keys() == bindings.keys()
        assert all(read_as(row[name], each["value"]) == row[name] for name, each in bindings.items())


def read_as(value: object, text: str) -> object:
    if isinstance(value, bool):
        return text == "true"
    return date.fromisoformat(text) if isinstance(value, date) else type(value)(text)  # type: ignore[call-arg]


def test_terms_are_coded_once() -> None:
    solutions = Store().query("SELECT * { VALUES (?a ?b) { (<x:a> UNDEF) (<x:b> 1) (<x:a> 1) } }")
    assert isinstance(solutions, QuerySolutions)
    found = encoded(solutions)
    assert found["a"].texts == [str(NamedNode("x:a")), str(NamedNode("x:b"))]
    assert (found["a"].rows.tolist(), found["b"].rows.tolist()) == ([0, 1, 0], [-1, 0, 0])
    assert found["b"].texts == [str(Literal(1))]
    table = read(written("arrow", {"a": EncodedColumn(["<x:a>"], np.array([0, -1]))}))
    assert table.to_pydict() == {"a": ["x:a", None]}
