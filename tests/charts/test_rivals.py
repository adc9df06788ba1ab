"""Rival values are marks that a bracket joins, and numbers that are open to one side are drawn so."""

from __future__ import annotations

from clustergraph.graph import Graph
from clustergraph.questions.question import View
from tests.charts.pictures import code, drawn, looks, named, texts

VIEW = View("rivals", {"label": ("who",), "value": ("n",)})


def test_values_that_differ_are_joined_by_a_bracket_and_those_that_agree_are_not() -> None:
    root = drawn(VIEW, "who n bound", [
        [named("a"), 350, code("bound/more-than")], [named("a"), 400, code("bound/exactly")],
        [named("b"), 50, code("bound/exactly")], [named("b"), 50, code("bound/exactly")],
    ])  # fmt: skip
    (bracket,) = looks(root, "path", "bracket")
    first, last, _ = looks(root, "circle", "mark")
    assert bracket.get("d", "").startswith(f"M{first.get('cx')}")
    assert f"H{last.get('cx')}" in bracket.get("d", "")
    assert not looks(root, "path", "line")
    assert "> 350 / 400" in texts(root)


def test_more_than_is_open_upwards_at_most_downwards_and_exactly_not_at_all() -> None:
    def arrow(bound: str) -> list[str]:
        root = drawn(VIEW, "who n bound", [[named("a"), 40, code(f"bound/{bound}")]])
        return [path.get("d", "").split("h")[-1][:1] for path in looks(root, "path", "open")]

    assert arrow("more-than") == arrow("at-least") == ["9"]
    assert arrow("less-or-equal") == ["-"]
    assert len(arrow("about")) == 1
    assert arrow("exactly") == []


def test_an_older_value_is_hollow_and_the_note_says_so() -> None:
    root = drawn(VIEW, "who n newest", [[named("a"), 320, False], [named("a"), 400, True]])
    assert [mark.get("class") for mark in looks(root, "circle", "mark")] == ["mark old", "mark"]
    assert "hollow ones are older" in root.findtext("{http://www.w3.org/2000/svg}desc", "")


def test_the_members_of_plastipolis_are_three_marks_under_a_bracket(graph: Graph) -> None:
    answer = graph.ask("rival-figures", subject="Plastipolis", measure="members")
    svg = graph.chart(answer)
    assert "&gt; 320 / &gt; 350 / 400" in svg
    assert svg.count('class="bracket"') == 1
