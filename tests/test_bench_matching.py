"""How well organisations are matched on judged pairs of real rows: no floor is given up unnoticed."""

from __future__ import annotations

from functools import cache

import pytest
from bench.matching import SETS, found, outcome, pairs, population, wilson

from clustergraph.matching.matches import Match

RECALL = {"first": 0.97, "second": 0.93, "held out": 0.72}
"""What links and candidates together reach, less a little; of the pairs that it had never met it is below the aim."""


@cache
def matches() -> list[Match]:
    return found(population(pairs()))


@pytest.mark.parametrize("name", SETS)
def test_what_is_linked_without_asking_is_right_and_few_pairs_are_missed(name: str) -> None:
    states = outcome([row for row in pairs() if row["set"] == name], matches())
    linked = sum(count for (_, state), count in states.items() if state == "same")
    same = sum(count for (verdict, _), count in states.items() if verdict == "same")
    assert states["same", "same"] >= 0.98 * linked > 0, states
    assert states["same", "same"] + states["same", "candidate"] >= RECALL[name] * same > 0, states


def test_pairs_of_one_set_are_in_no_other() -> None:
    seen: dict[frozenset[tuple[str, str, str]], str] = {}
    for row in pairs():
        both = frozenset((row[f"{side} source"], row[f"{side} names"], row[f"{side} place"]) for side in "ab")
        assert seen.setdefault(both, row["set"]) == row["set"], row


def test_an_interval_after_wilson_holds_its_share_and_is_wider_for_fewer() -> None:
    share, low, high = wilson(56, 56)
    assert (share, round(low, 3), round(high, 3)) == (1.0, 0.936, 1.0)
    assert wilson(5, 10)[1] < wilson(50, 100)[1]
