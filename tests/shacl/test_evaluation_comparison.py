"""Three engines find the same in random data by random shapes; and they would not if a rule of ours were wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from clustergraph.shacl import conditions
from clustergraph.shacl.conditions import Conditions
from clustergraph.shacl.data import Encoding, write
from clustergraph.shacl.shapes import Constraint
from tests.conftest import examples

from . import engines
from .generator import case


def as_pyshacl(case: engines.Case) -> bool:
    """Whether pySHACL finds the same; where it stops with an error there is nothing to compare."""
    try:
        return engines.comparable(engines.ours(case)) == engines.pyshacl(case)
    except engines.IncomparableError:
        return True


def as_rust(case: engines.Case) -> bool:
    """Whether `shacl` finds the same results, each as often."""
    case = engines.named(case)
    try:
        return engines.ours(case) == engines.rust(case)
    except engines.IncomparableError:
        return True


@pytest.mark.random
def test_pyshacl_finds_the_same() -> None:
    assert [number for number in range(examples(200)) if not as_pyshacl(case(number))] == []


@pytest.mark.random
def test_shacl_finds_the_same() -> None:
    assert [number for number in range(examples(600)) if not as_rust(case(number))] == []


@pytest.mark.slow
def test_all_find_the_same_in_many_cases() -> None:
    numbers = range(10_000, 10_600)
    assert [number for number in numbers if not (as_pyshacl(case(number)) and as_rust(case(number)))] == []


def as_or(own: Conditions, constraint: Constraint, *rest: Any) -> str:
    return own._logical(replace(constraint, kind="or"), *rest)


Plant = tuple[object, str, Callable[..., str]]
PLANTED: dict[str, Plant] = {
    "literals under our datatypes have no value to queries": (Encoding, "value", lambda _, variable: variable),
    "terms of queries are not those of the store": (Encoding, "term", lambda _, term: write(term)),
    "an ASK passes everything": (conditions._OF_VALUE, "ask", lambda *_: "true"),
    "xone is or": (
        conditions._OF_VALUE,
        "xone",
        as_or,
    ),
    "two values are not too many": (conditions._OF_NODE, "maxCount", lambda *_: "true"),
    "a query within a shape passes everything": (conditions._OF_NODE, "sparql", lambda *_: "true"),
}


@pytest.mark.slow
@pytest.mark.parametrize("rule", PLANTED)
def test_a_rule_that_is_wrong_is_found(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, wrong = PLANTED[rule]
    (monkeypatch.setitem if isinstance(owner, dict) else monkeypatch.setattr)(owner, name, wrong)
    assert not all(as_rust(case(number)) for number in range(2000))
