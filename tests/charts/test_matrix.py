"""Where two kinds of thing meet, or most are tied to most, a matrix is drawn."""

from __future__ import annotations

from itertools import combinations, pairwise

from clustergraph.charts import Chart
from clustergraph.charts import picture as charted
from clustergraph.questions.answer import Cell
from clustergraph.questions.question import View
from tests.charts.pictures import ElementTree, drawn, looks, named, texts

VIEW = View("network", {"one": ("one",), "other": ("other",)})


def picture(pairs: list[tuple[str, str]]) -> ElementTree.Element:
    return drawn(VIEW, "one other", [[named(one), named(other)] for one, other in pairs])


def test_two_kinds_of_thing_are_rows_and_columns() -> None:
    root = picture([("a", "x"), ("a", "y"), ("b", "x"), ("c", "y"), ("d", "y")])
    assert len(looks(root, "rect", "mark")) == 5
    assert not looks(root, "path", "edge")
    assert {"a", "b", "c", "d", "x", "y"} <= set(texts(root))


def test_all_with_all_is_a_square_in_which_each_pair_is_twice() -> None:
    root = picture(list(combinations("abcde", 2)))
    assert len(looks(root, "rect", "mark")) == 20
    assert len(looks(root, "rect", "own")) == 5


def test_few_ties_of_one_kind_are_a_network() -> None:
    root = picture([("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "g")])
    assert len(looks(root, "path", "edge")) == 6
    assert len(looks(root, "a", "thing node")) == 7


def test_names_of_rows_and_columns_lead_to_the_things() -> None:
    root = picture([("a", "x"), ("a", "y"), ("b", "x"), ("c", "y")])
    assert {link.get("href") for link in looks(root, "a", "thing name")} == {
        f"https://e.org/{name}" for name in "abcxy"
    }


def test_a_stronger_tie_is_a_larger_mark_which_a_note_says() -> None:
    root = picture([("a", "x"), ("a", "x"), ("a", "x"), ("b", "y"), ("c", "y")])
    sizes = {float(mark.get("width", "")) for mark in looks(root, "rect", "mark")}
    assert len(sizes) == 2
    assert any("the larger a mark" in text.lower() for text in texts(root))


def test_names_of_columns_do_not_touch_however_many_there_are() -> None:
    root = picture([(f"body number {i}", f"field number {j}") for i in range(60) for j in range(40) if (i + j) % 3])
    across = sorted(
        {float(mark.get("x", "")) + float(mark.get("width", "")) / 2 for mark in looks(root, "rect", "mark")}
    )
    assert min(after - before for before, after in pairwise(across)) >= 17
    assert any("drawn, those with most ties" in text for text in texts(root))


def test_who_does_not_see_it_has_it_as_a_table_and_hears_it_as_one() -> None:
    pairs = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"), ("c", "y")]
    rows = [[named(one), named(other)] for one, other in pairs]
    told = charted(Chart(VIEW, ["one", "other"], rows, "T"))
    assert told.table[0] == ("x", "y")
    assert sorted(told.table[1:]) == [("a", "2", "yes"), ("b", "yes", ""), ("c", "", "yes")]
    root = picture(pairs)
    assert root.get("role") == "graphics-document document"
    own, words = (root.get("aria-labelledby") or "").split()
    assert [each.get("id") for each in root if each.get("id")] == [own, words]
    assert {each.get("aria-hidden") for each in looks(root, "g", "tie")} == {"true"}
    plain = drawn(VIEW, "one other", [[Cell(one), Cell(other)] for one, other in pairs])
    assert plain.get("role") == "img", "nothing in it leads anywhere"
