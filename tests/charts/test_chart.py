"""Pictures of answers: every view draws what it is given, says what it leaves out, and stays plain SVG."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

from clustergraph.charts import PHONE, WIDTH, Chart, Place, draw, land, picture
from clustergraph.errors import SourceError
from clustergraph.graph import Graph
from clustergraph.questions.answer import Cell, Value
from clustergraph.questions.question import View, parse
from tests.charts.pictures import boxes, meet
from tests.conftest import ROOT

SVG = "{http://www.w3.org/2000/svg}"
PLACES = {
    "https://e.org/fr": Place(46.6, 2.5, "France"),
    "https://e.org/de": Place(51.1, 10.4, "Germany"),
    "https://e.org/br": Place(-10.8, -53.1, "Brazil"),
}
BAR = View("bar", {"label": ("who",), "value": ("n",)})
MAP = View("map", {"place": ("who",), "value": ("n",)})
NETWORK = View("network", {"one": ("who",), "other": ("n",)})


def chart(view: View, rows: Sequence[tuple[Value, Value]], title: str = "What is it?") -> str:
    made = [[Cell(a, f"https://e.org/{a}" if a else None), Cell(b)] for a, b in rows]
    return draw(Chart(view, ["who", "n"], made, title, PLACES))


def words(svg: str) -> list[str]:
    """The texts of a picture, and what is said of it, without the tips that show on pointing."""
    root = ElementTree.fromstring(svg)
    return ["".join(node.itertext()) for kind in ("text", "desc") for node in root.iter(f"{SVG}{kind}")]


def marks(svg: str, kind: str, look: str) -> list[ElementTree.Element]:
    return [node for node in ElementTree.fromstring(svg).iter(SVG + kind) if node.get("class", "").startswith(look)]


def test_a_bar_is_as_long_as_its_value() -> None:
    svg = chart(BAR, [("a", 10), ("b", 5), ("c", 0)])
    long, half, none = (float(bar.get("width", "")) for bar in marks(svg, "rect", "mark"))
    assert long == pytest.approx(2 * half, rel=0.01)
    assert none == 0
    assert {"a", "b", "c", "10", "5", "0"} <= set(words(svg))


def test_a_negative_bar_goes_the_other_way() -> None:
    svg = chart(BAR, [("up", 4.5), ("down", -2.5)])
    up, down = marks(svg, "rect", "mark")
    zero = float(marks(svg, "line", "axis")[0].get("x1", ""))
    assert float(up.get("x", "")) == zero
    assert float(down.get("x", "")) + float(down.get("width", "")) == pytest.approx(zero, abs=0.2)
    assert "-2.5" in words(svg)


def test_rows_without_a_number_are_counted_and_not_drawn() -> None:
    svg = chart(BAR, [("a", 1), ("b", None), ("c", "many"), ("d", True)])
    assert len(marks(svg, "rect", "mark")) == 1
    assert any("3 rows without a number" in text for text in words(svg))
    assert chart(BAR, [("a", None)]) == ""
    assert chart(BAR, []) == ""


def test_the_largest_bars_are_drawn_and_the_rest_is_told() -> None:
    svg = chart(BAR, [(f"n{i}", i) for i in range(100)])
    assert len(marks(svg, "rect", "mark")) == 30
    assert "99" in words(svg)
    assert any("30 of 100 drawn" in text for text in words(svg))


def test_values_of_several_kinds_stand_in_panels() -> None:
    view = View("bar", {"label": ("who",), "value": ("n",), "panel": ("unit",)})
    rows = [[Cell("a"), Cell(1_000_000), Cell("euro")], [Cell("b"), Cell(3), Cell("people")]]
    svg = draw(Chart(view, ["who", "n", "unit"], rows, "How much?"))
    first, second = marks(svg, "rect", "mark")
    assert {"euro", "people"} <= set(words(svg))
    assert float(first.get("width", "")) > 300
    assert float(second.get("width", "")) > 300


def test_a_long_name_is_cut_and_told_in_full() -> None:
    name = "Gesellschaft für Hebe- und Handhabungstechnik und vieles andere mehr"
    svg = chart(BAR, [(name, 1)])
    assert any(text.endswith("…") for text in words(svg))
    assert name in svg


@pytest.mark.slow
def test_whatever_a_name_holds_the_picture_is_well_formed() -> None:
    for name in ("<script>\"&'", "\x00\x0b\ufffe", "a" * 5000, "長野県", "…" * 50, "‮abc"):
        for view in (BAR, MAP, NETWORK):
            svg = chart(view, [(name, 3), ("fr", 2)], title=name)
            ElementTree.fromstring(svg)
            assert "<script" not in svg


def test_a_line_joins_the_values_of_a_name_in_the_order_of_time() -> None:
    view = View("line", {"label": ("who",), "date": ("when",), "value": ("n",)})
    rows = [
        [Cell("a"), Cell(date), Cell(n)] for date, n in (("2017-03", 9), ("2015", 4), ("soon", 5), ("2016-05-01", 7))
    ]
    svg = draw(Chart(view, ["who", "when", "n"], rows, "How did it go?"))
    (line,) = marks(svg, "path", "line")
    across = [float(x) for x in re.findall(r"([\d.]+),", line.get("d", ""))]
    assert across == sorted(across)
    assert len(across) == 3
    assert any("1 row without a date" in text for text in words(svg))
    assert {"2015", "2016", "2017"} <= set(words(svg))


def test_one_date_alone_is_a_dot() -> None:
    view = View("line", {"label": ("who",), "date": ("when",), "value": ("n",)})
    svg = draw(Chart(view, ["who", "when", "n"], [[Cell("a"), Cell("2015"), Cell(4)]], "How did it go?"))
    assert marks(svg, "path", "dot")


def test_places_are_where_they_are_and_as_large_as_their_value() -> None:
    svg = chart(MAP, [("fr", 9), ("de", 1)])
    france, germany = marks(svg, "circle", "spot")
    assert float(france.get("cx", "")) < float(germany.get("cx", ""))
    assert float(france.get("cy", "")) > float(germany.get("cy", ""))
    assert float(france.get("r", "")) > float(germany.get("r", ""))


def test_places_far_away_have_a_map_of_their_own() -> None:
    near = chart(MAP, [("fr", 9), ("de", 1)])
    far = chart(MAP, [("fr", 9), ("de", 1), ("br", 2)])
    assert [c.get("cx") for c in marks(far, "circle", "spot")][:2] == [
        c.get("cx") for c in marks(near, "circle", "spot")
    ]
    assert [len(marks(svg, "path", "land")) for svg in (near, far)] == [1, 2]


def test_things_at_one_place_are_drawn_beside_each_other_with_a_line_to_where_they_are() -> None:
    rows = [[Cell(name, f"https://e.org/{name}")] for name in "abcdef"]
    at = {f"https://e.org/{name}": Place(45.5, 9.2, inside="Milan") for name in "abcdef"}
    svg = draw(Chart(View("map", {"place": ("who",)}), ["who"], rows, "Where are they?", at))
    discs = [
        (float(c.get("cx", "")), float(c.get("cy", "")), float(c.get("r", ""))) for c in marks(svg, "circle", "spot")
    ]
    for (x, y, radius), (other_x, other_y, other_radius) in combinations(discs, 2):
        assert math.dist((x, y), (other_x, other_y)) > (radius + other_radius) * 0.9
    assert marks(svg, "line", "leader")
    assert all(f'href="https://e.org/{name}"' in svg for name in "abcdef")
    assert any("6 drawn in the middle of their town, region or country" in text for text in words(svg))


@pytest.mark.parametrize(("latitude", "longitude"), [(40.0, -8.0), (52.0, 10.0), (65.0, 25.0), (38.0, 34.0)])
def test_areas_on_a_map_are_those_on_earth(latitude: float, longitude: float) -> None:
    flat = land.Projection(50, 10).points
    degree = np.array(
        [(longitude, latitude), (longitude + 1, latitude), (longitude + 1, latitude + 1), (longitude, latitude + 1)]
    )
    x, y = flat(degree).T
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    earth = math.radians(1) * (math.sin(math.radians(latitude + 1)) - math.sin(math.radians(latitude)))
    assert area == pytest.approx(earth, rel=1e-3)


def test_towns_lie_on_land_and_seas_do_not() -> None:
    for name, inside in (((9.2, 45.5), True), ((2.3, 48.9), True), ((-8.6, 41.2), True), ((4.0, 56.0), False)):
        assert any(_around(ring, *name) for ring in land.layer("europe").land) is inside


def _around(ring: land.Points, east: float, north: float) -> bool:
    x, y = ring.T
    other_x, other_y = np.roll(x, 1), np.roll(y, 1)
    crossed = (y > north) != (other_y > north)
    with np.errstate(divide="ignore", invalid="ignore"):
        right = east < (other_x - x) * (north - y) / (other_y - y) + x
    return bool((crossed & right).sum() % 2)


def test_a_place_without_coordinates_is_named_below() -> None:
    svg = chart(MAP, [("fr", 9), ("atlantis", 1), (None, 1)])
    assert any("1 place without coordinates not drawn: atlantis" in text for text in words(svg))


def test_a_network_joins_pairs_once_in_either_order() -> None:
    pairs = (("a", "b"), ("b", "a"), ("b", "c"), ("c", "c"), ("d", ""))
    rows = [[Cell(name, f"https://e.org/{name}") if name else Cell(None) for name in pair] for pair in pairs]
    svg = draw(Chart(NETWORK, ["who", "n"], rows, "Who knows whom?"))
    wide, narrow = sorted((float(edge.get("stroke-width", "")) for edge in marks(svg, "path", "edge")), reverse=True)
    assert wide > narrow
    assert len(marks(svg, "circle", "mark")) == 3
    assert any("2 rows without a second side" in text for text in words(svg))


def test_the_things_with_most_ties_are_drawn() -> None:
    svg = chart(NETWORK, [(f"n{i}", f"m{i}") for i in range(80)] + [("hub", f"m{i}") for i in range(80)])
    assert "hub" in words(svg)
    assert len(marks(svg, "circle", "mark")) <= 50
    assert any("drawn, those with most ties" in text for text in words(svg))


def test_communities_of_a_network_have_a_colour_each() -> None:
    view = View("communities", {"one": ("who",), "other": ("n",)})
    two = [(one, other) for group in ("abc", "xyz") for one in group for other in group if one < other]
    rows = [[Cell(name, f"https://e.org/{name}") for name in pair] for pair in [*two, ("c", "x")]]
    svg = draw(Chart(view, ["who", "n"], rows, "Who works with whom?"))
    assert [len(marks(svg, "circle", f"dot c{place}")) for place in range(3)] == [3, 3, 0]
    assert any("Communities by modularity: 2." in text for text in words(svg))


def test_a_table_has_no_picture() -> None:
    assert chart(View(), [("a", 1)]) == ""


def test_every_question_draws_its_view(graph: Graph) -> None:
    kinds = set()
    for name, question in graph.questions.items():
        kinds.add(question.view.kind)
        if question.view.kind == "table" or any(p.required for p in question.parameters.values()):
            continue
        # A map needs the places that a question gives only when asked for them.
        answer = graph.ask(name, by_region=True) if "by_region" in question.parameters else graph.ask(name)
        svg = graph.chart(answer)
        if not len(answer):
            continue  # It is about imported data, of which there is none here.
        assert svg, name
        root = ElementTree.fromstring(svg)
        assert root.find(f"{SVG}title").text == question.title
        assert question.title.startswith(words(svg)[-2].rstrip("…"))  # before what is said of it
        assert root.find(f"{SVG}desc").text
        # The policy of the service allows neither.
        assert not any("style" in node.attrib or node.tag == f"{SVG}script" for node in root.iter())
    assert kinds == {"table", "bar", "line", "map", "network", "communities", "rivals"}


@pytest.mark.parametrize("room", [WIDTH, PHONE])
def test_no_two_names_in_a_picture_overlap(graph: Graph, room: float) -> None:
    for name, question in graph.questions.items():
        if question.view.kind == "table" or any(p.required for p in question.parameters.values()):
            continue
        answer = graph.ask(name)
        made = picture(Chart.of(answer, answer.part(0, 100), graph.locations), room=room)
        if not made.svg:
            continue
        stand = list(boxes(ElementTree.fromstring(made.svg)))
        overlaps = [(a, b) for (a, one), (b, other) in combinations(stand, 2) if meet(one, other)]
        assert not overlaps, name
        assert all(box[0] > -2 and box[2] < room + 5 for _, box in stand), name
        assert made.summary.endswith("."), name


def test_every_region_and_country_that_something_is_in_has_coordinates(graph: Graph) -> None:
    query = """SELECT DISTINCT ?place { ?thing cg:locatedIn ?place . ?place a ?kind
      FILTER (?kind IN (cg:Region, cg:Country))
      FILTER NOT EXISTS { ?place cg:latitude ?latitude ; cg:longitude ?longitude } }"""
    assert [row["place"].value for row in graph.select(query)] == []


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("#+ view: pie", "the views are"),
        ("#+ view: {kind: bar, label: who}", "lacks its part 'value'"),
        ("#+ view: {kind: bar, label: who, value: n, colour: n}", "has no part 'colour'"),
        ("#+ view: {kind: bar, label: who, value: m}", "a column 'm'"),
        ("#+ view: [bar]", "view"),
        ('#+ evidence: "{who} has {m}"', "a column 'm'"),
    ],
)
def test_a_head_that_is_wrong_says_what_there_is(head: str, said: str) -> None:
    text = f"#+ title: What?\n#+ columns:\n#+   who: Who\n#+   n: How many\n{head}\nSELECT ?who ?n {{}}"
    with pytest.raises(SourceError, match=re.escape(said)):
        parse(ROOT / "queries" / "what.rq", text)
