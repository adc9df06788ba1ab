"""Over time, what one source says is joined, what several say is not, and rivals of one date get a bracket."""

from __future__ import annotations

from clustergraph.graph import Graph
from clustergraph.questions.question import View
from tests.charts.pictures import ElementTree, code, drawn, looks, named, points

VIEW = View("line", {"label": ("who",), "date": ("date",), "value": ("n",), "source": ("source",)})


def test_a_line_joins_what_one_source_says_and_nothing_else() -> None:
    rows = [
        [named("a"), "2015", 320, "old report"],
        [named("a"), "2016", 330, "register"],
        [named("a"), "2017", 350, "new report"],
        [named("a"), "2017", 400, "register"],
    ]
    root = drawn(VIEW, "who date n source", rows)
    (line,) = looks(root, "path", "line")
    (_, register) = points(line)
    (bracket,) = looks(root, "path", "bracket")
    assert points(bracket)[0][1] == register[1]
    assert float(bracket.get("d", "").split("V")[1].split("h")[0]) > register[1]


def test_sources_that_agree_are_one_mark_without_a_bracket() -> None:
    rows = [
        [named("a"), "2017", 91, "one report"],
        [named("a"), "2017", 91, "another"],
        [named("a"), "2015", 73, "old"],
    ]
    root = drawn(VIEW, "who date n source", rows)
    assert not looks(root, "path", "bracket")
    tips = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "a, 2017: 91; one report; another" in tips


def test_more_than_points_upwards_and_at_most_downwards() -> None:
    def direction(bound: str) -> str:
        root = drawn(VIEW, "who date n source bound", [[named("a"), "2017", 91, "x", code(f"bound/{bound}")]])
        (arrow,) = looks(root, "path", "open")
        return arrow.get("d", "").split("v")[1][:1]

    assert direction("more-than") == "-"
    assert direction("less-or-equal") == "1"


def test_no_contradiction_in_the_graph_is_drawn_as_growth(graph: Graph) -> None:
    root = ElementTree.fromstring(graph.chart(graph.ask("figures-over-time", subject="Plastipolis")))
    assert looks(root, "path", "bracket")
    for line in looks(root, "path", "line"):
        across = [x for x, _ in points(line)]
        assert len(set(across)) == len(across)
