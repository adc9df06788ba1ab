"""The graph answers the competency questions, each through named questions, with the answers read from the documents.

Every entry of ``tests/questions/competency/*.yaml`` holds the question, the expected answer, and how it is asked:

- ``ask`` and ``with``: the named question and its parameters;
- ``shape``: how its rows become the answer: ``list: column``, ``set: column`` (each value once), ``map: [key, value]``,
  ``lists: [key, value]`` (every value of a key), ``row: {answer key: column}`` (the only row), ``maps: [key, {answer
  key: column}]``, ``rows: [columns]``, ``count: true``, ``value: column`` (the one value that every row has), ``values:
  [columns]`` (of the only row), ``tuples: [key, [columns]]``, ``each: [key, [columns]]`` (what all rows of a key have);
- ``fields``: for an answer with several parts, an ask for each part;
- ``ordered: true``: the order matters.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from clustergraph.graph import Graph
from tests.conftest import PUBLISHED

HERE = Path(__file__).parent
pytestmark = pytest.mark.filterwarnings("ignore:.*is taken for:UserWarning")  # some names are borne by two
ENTRIES = [entry for path in sorted((HERE / "competency").glob("*.yaml")) for entry in yaml.safe_load(path.read_text())]
READ = PUBLISHED.parent / "questions.yaml"


def shaped(rows: list[dict[str, Any]], shape: dict[str, Any]) -> Any:
    ((kind, columns),) = shape.items()
    match kind:
        case "list":
            return [row[columns] for row in rows]
        case "set":
            return list(dict.fromkeys(row[columns] for row in rows))
        case "rows":
            return [[row[column] for column in columns] for row in rows]
        case "count":
            return len(rows)
        case "row":
            (row,) = rows
            return {key: row[column] for key, column in columns.items()}
        case "value":
            (value,) = {row[columns] for row in rows}
            return value
        case "values":
            (row,) = rows
            return [row[column] for column in columns]
    return keyed(rows, kind, *columns)


def keyed(rows: list[dict[str, Any]], kind: str, key: str, value: Any) -> Any:
    keys = dict.fromkeys(row[key] for row in rows)
    if kind == "lists":
        return {k: [row[value] for row in rows if row[key] == k and row[value] is not None] for k in keys}
    if kind == "each":
        rows = [dict(row) for row in {tuple((name, row[name]) for name in (key, *value)) for row in rows}]
    assert len(keys) == len(rows), "a key has several rows"
    match kind:
        case "map":
            return {row[key]: row[value] for row in rows}
        case "maps":
            return {row[key]: {name: row[column] for name, column in value.items()} for row in rows}
        case "tuples" | "each":
            return {row[key]: [row[name] for name in value] for row in rows}
    raise AssertionError(f"no such shape: {kind}")


def asked(graph: Graph, step: dict[str, Any]) -> Any:
    if "fields" in step:
        return {key: asked(graph, part) for key, part in step["fields"].items()}
    return shaped(list(graph.ask(step["ask"], **step.get("with", {}))), step["shape"])


def comparable(value: Any, ordered: bool) -> Any:
    """Numbers as numbers, keys as text, and lists without their order unless it matters."""
    if isinstance(value, dict):
        return {str(key): comparable(part, ordered) for key, part in value.items()}
    if isinstance(value, list):
        parts = [comparable(part, ordered) for part in value]
        return parts if ordered else sorted(parts, key=repr)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(float(value), 6)
    return value


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_answer(graph: Graph, entry: dict[str, Any]) -> None:
    ordered = entry.get("ordered", False)
    assert comparable(asked(graph, entry), ordered) == comparable(entry["answer"], ordered)


def test_no_entry_stands_twice() -> None:
    ids = [entry["id"] for entry in ENTRIES]
    assert len(ids) == len(set(ids))


@pytest.mark.skipif(not READ.exists(), reason="the answers as the readers wrote them are not on this machine")
def test_answers_are_those_of_the_readers() -> None:
    expected = {entry["id"]: entry["answer"] for entry in yaml.safe_load(READ.read_text())}
    ours = {entry["id"]: entry["answer"] for entry in ENTRIES}
    assert {key: comparable(ours.get(key), ordered=False) for key in expected} == {
        key: comparable(value, ordered=False) for key, value in expected.items()
    }
