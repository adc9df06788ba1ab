"""Outlines of regions are drawn where the graph has them, and shaded by numbers where most places have one."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from clustergraph.charts import Chart, Place, draw
from clustergraph.charts.locations import MOST_TEXT
from clustergraph.charts.outlines import rings
from clustergraph.graph import Graph
from clustergraph.questions.answer import Cell
from clustergraph.questions.question import View
from clustergraph.terms import expand
from tests.charts.pictures import looks, named, texts

GEO = "http://www.opengis.net/ont/geosparql#"
SHADED = View("map", {"place": ("who",), "value": ("n",)})


def square(west: float, south: float) -> str:
    corners = ((0, 0), (2, 0), (2, 2), (0, 2), (0, 0))
    return f"POLYGON(({','.join(f'{west + x} {south + y}' for x, y in corners)}))"


PLACES = {
    f"https://e.org/{name}": Place(south + 1, west + 1, outline=square(west, south))
    for name, west, south in (("a", 5, 45), ("b", 7, 45), ("c", 9, 45))
}


def drawn(view: View, rows: list[tuple[str, int]], places: dict[str, Place] = PLACES) -> ElementTree.Element:
    cells = [[named(name), Cell(number)] for name, number in rows]
    return ElementTree.fromstring(draw(Chart(view, ["who", "n"], cells, "How many?", places)))


def test_regions_are_shaded_by_their_numbers_and_a_legend_says_how() -> None:
    root = drawn(SHADED, [("a", 1), ("b", 50), ("c", 100)])
    regions = [path for path in looks(root, "path", "area") if path.get("d")]
    assert sorted(path.get("class", "") for path in regions) == ["area0", "area2", "area4"]
    assert not looks(root, "circle", "spot")
    assert {"a", "b", "c", "0–20", "80–100"} <= set(texts(root))


def test_without_numbers_an_outline_lies_under_its_disc() -> None:
    root = drawn(View("map", {"place": ("who",)}), [("a", 1), ("b", 1)])
    assert len(looks(root, "path", "outline")) == 2
    assert len(looks(root, "circle", "spot")) == 2


def test_where_most_have_no_outline_discs_say_how_many() -> None:
    bare = {iri: Place(at.latitude, at.longitude) for iri, at in PLACES.items()}
    root = drawn(SHADED, [("a", 1), ("b", 50), ("c", 100)], {**bare, "https://e.org/a": PLACES["https://e.org/a"]})
    assert len(looks(root, "circle", "spot")) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5),(5.1 5.1,5.2 5.1,5.2 5.2,5.1 5.1)))", 3),
        ("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POLYGON((0 0,1 0,1 1,0 0))", 1),
        ("POLYGON((0 0,1 0,nonsense,0 0))", 0),
        ("POLYGON((0 0,1 0))", 0),
        ("POLYGON((0 0,1 0,1 inf,0 0))", 0),
        ("POLYGON EMPTY", 0),
    ],
)
def test_what_cannot_be_read_of_an_outline_is_left_out(text: str, found: int) -> None:
    assert len(rings(text)) == found


def test_latitude_comes_first_where_the_reference_system_says_so() -> None:
    (ring,) = rings("<http://www.opengis.net/def/crs/EPSG/0/4326> POLYGON((45 9,46 9,46 10,45 9))")
    assert ring[0].tolist() == [9.0, 45.0]


def test_outlines_come_from_the_graph_and_none_that_is_too_large() -> None:
    store = Store()
    for name, outline in (("a", square(5, 45)), ("b", square(7, 45) + " " * MOST_TEXT)):
        thing, geometry = NamedNode(f"https://e.org/{name}"), NamedNode(f"https://e.org/geometry-{name}")
        for subject, predicate, value in (
            (thing, expand("cg:latitude"), Literal(46.0)),
            (thing, expand("cg:longitude"), Literal(6.0)),
            (thing, NamedNode(f"{GEO}hasGeometry"), geometry),
            (geometry, NamedNode(f"{GEO}asWKT"), Literal(outline, datatype=NamedNode(f"{GEO}wktLiteral"))),
        ):
            store.add(Quad(subject, predicate, value))
    places = Graph(store, {}, "", []).locations.of(["https://e.org/a", "https://e.org/b"])
    assert places["https://e.org/a"].outline == square(5, 45)
    assert places["https://e.org/b"].outline == ""
