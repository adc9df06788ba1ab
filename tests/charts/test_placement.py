"""Names on a map: none over another, none cut by an edge, and that of what the map is about in any case."""

from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustergraph.charts import draw
from clustergraph.charts.chart import Chart
from clustergraph.charts.frame import Frame, meet
from clustergraph.charts.land import Projection
from clustergraph.charts.locations import Place
from clustergraph.charts.placement import PlacedName, place_name
from clustergraph.questions.answer import Cell
from clustergraph.questions.question import View

SVG = "{http://www.w3.org/2000/svg}"
PLACES = st.tuples(st.floats(8, 332), st.floats(8, 280), st.sampled_from(["AFIL", "Plastipolis", "A cluster " * 4]))


def frame() -> Frame:
    return Frame(Projection(46, 5), 0, 0, 1, 340, 288)


@given(st.lists(PLACES, min_size=1, max_size=30))
def test_no_name_stands_over_another_or_over_an_edge(places: list[tuple[float, float, str]]) -> None:
    map_ = frame()
    found = [each for x, y, name in places if (each := place_name(map_, x, y, 5, name))]
    for one, other in combinations(found, 2):
        assert not meet(one.box, other.box)
    for each in found:
        assert each.box[0] >= 0 <= each.box[1]
        assert each.box[2] <= map_.width
        assert each.box[3] <= map_.height


@pytest.mark.parametrize("at", [(8, 8), (332, 280), (170, 140)])
def test_what_must_have_its_name_has_it_where_all_is_taken(at: tuple[float, float]) -> None:
    map_ = frame()
    map_.taken.add((0, 0, map_.width, map_.height))
    assert place_name(map_, *at, 5, "Plastipolis") is None
    placed = place_name(map_, *at, 5, "Plastipolis", must=True)
    assert isinstance(placed, PlacedName)
    assert 0 <= placed.box[0] < placed.box[2] <= map_.width


@pytest.mark.parametrize("about", "afkt")
def test_the_thing_of_a_map_has_its_name_in_a_crowd(about: str) -> None:
    names = {each: f"The cluster of {each}" for each in "abcdefghijklmnopqrst"}
    rows = [[Cell(name, f"https://e.org/{each}")] for each, name in names.items()]
    at = {f"https://e.org/{each}": Place(45.5, 9.2, inside="Milan") for each in names}
    view = View("map", {"place": ("who",)})
    svg = draw(Chart(view, ["who"], rows, "Where?", at, f"https://e.org/{about}"))
    assert names[about] in {"".join(node.itertext()) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")}
