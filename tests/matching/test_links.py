"""What people decide outlives what the program finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import Store

from clustergraph.matching.links import (
    contradictions,
    decide,
    graph_of_links,
    load,
    matches_of,
    merged,
    save,
    statements,
    update,
)
from clustergraph.matching.matches import Match

A, B, C = (f"https://w3id.org/clustergraph/id/organisation/{name}" for name in "abc")
FOUND = Match(A, B, "candidate", 0.75, ("both are in FR",), ("Paris is not Lyon",))


def test_links_are_written_in_one_form_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "links.trig"
    decided = decide([FOUND], {FOUND.iri: "same"}, "cluster manager", "2026-12-01")
    save(path, decided)
    text = path.read_text("utf-8")
    assert load(path) == decided
    save(path, load(path))
    assert path.read_text("utf-8") == text
    assert "sameAs" not in text


def test_a_decision_stays_whatever_is_found_later_and_what_a_rule_said_does_not() -> None:
    [decided] = decide([FOUND], {FOUND.iri: "different"}, "person", "2026-12-01")
    by_rule = Match(A, C, "same", 0.999)
    again = Match(A, B, "same", 0.999, ("the names are the same",))
    [kept] = merged([decided, by_rule], [again])
    assert (kept.state, kept.decided_by, kept.decided, kept.score) == ("different", "person", "2026-12-01", 0.999)
    assert merged([decided], []) == [decided]


@pytest.mark.parametrize("third", [Match(B, C, "different", 0.2), Match(C, B, "different", 0.2)])
def test_links_that_contradict_each_other_are_told(third: Match) -> None:
    assert contradictions([Match(A, B, "same", 1), Match(A, C, "same", 1), third]) == [(A, *third.pair)]


def test_a_decision_over_http_changes_the_state_and_nothing_else() -> None:
    store = Store()
    store.extend(statements(FOUND))
    for state, day in (("same", "2026-12-01"), ("different", "2026-12-02")):
        store.update(update(FOUND.iri, state, 'an "editor"', day))
        [found] = matches_of(store.quads_for_pattern(None, None, None, graph_of_links()))
        assert found == replace(FOUND, state=state, decided_by='an "editor"', decided=day)
