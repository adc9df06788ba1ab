"""How certain something is, is drawn in one way in all pictures, and a legend names it."""

from __future__ import annotations

import pytest

from clustergraph.charts.certainty import LEVELS
from clustergraph.questions.question import View
from tests.charts.pictures import code, drawn, looks, named, texts

ROWS = [
    ("certainty/stated", "stated"),
    ("certainty/unconfirmed", "unconfirmed"),
    ("certainty/ambiguous", "ambiguous"),
]
DASHES = {level.name: level.dash for level in LEVELS}
FILLS = {level.name: level.fill for level in LEVELS}


def test_levels_are_told_apart_by_their_strokes_and_by_how_strongly_they_are_filled() -> None:
    assert len(set(DASHES.values())) == len(LEVELS)
    assert sorted(set(FILLS.values()), reverse=True) == list(FILLS.values())
    assert not DASHES["stated"]


@pytest.mark.parametrize(("code_of", "level"), ROWS)
def test_ties_bars_and_rivals_have_the_stroke_of_their_level(code_of: str, level: str) -> None:
    pairs = [[named("a"), named("b"), code(code_of)], [named("b"), named("c"), code(code_of)]]
    tie = drawn(View("network", {"one": ("one",), "other": ("other",)}), "one other certainty", pairs)
    bar = drawn(View("bar", {"label": ("who",), "value": ("n",)}), "who n certainty", [[named("a"), 3, code(code_of)]])
    rival = drawn(
        View("rivals", {"label": ("who",), "value": ("n",)}), "who n certainty", [[named("a"), 3, code(code_of)]]
    )
    for root, kind, look in ((tie, "path", "edge"), (bar, "rect", "mark"), (rival, "circle", "mark")):
        mark = looks(root, kind, look)[0]
        assert level in mark.get("class", "").split()
        assert mark.get("stroke-dasharray", "") == DASHES[level]
        assert look == "edge" or float(mark.get("fill-opacity", "1")) == FILLS[level]
        assert texts(root).count(level) == 1


def test_what_is_computed_or_planned_is_not_drawn_as_stated() -> None:
    view = View("bar", {"label": ("who",), "value": ("n",)})
    rows = [
        [named("a"), 3, code("certainty/stated"), code("origin/computed"), code("phase/done")],
        [named("b"), 2, code("certainty/stated"), code("origin/said"), code("phase/planned")],
        [named("c"), 1, code("certainty/stated"), code("origin/said"), code("phase/done")],
    ]
    root = drawn(view, "who n certainty origin phase", rows)
    levels = [bar.get("class", "").split()[1] for bar in looks(root, "rect", "mark")][:3]
    assert levels == ["computed", "planned", "stated"]


def test_a_tie_that_is_said_twice_is_as_certain_as_where_it_is_said_best() -> None:
    view = View("network", {"one": ("one",), "other": ("other",)})
    rows = [[named("a"), named("b"), code("certainty/ambiguous")], [named("b"), named("a"), code("certainty/stated")]]
    (edge, swatch) = looks(drawn(view, "one other certainty", rows), "path", "edge")
    assert edge.get("class") == swatch.get("class") == "edge stated"


def test_an_answer_that_does_not_say_how_certain_it_is_has_no_legend() -> None:
    root = drawn(View("bar", {"label": ("who",), "value": ("n",)}), "who n", [[named("a"), 3]])
    assert not looks(root, "g", "legend")
