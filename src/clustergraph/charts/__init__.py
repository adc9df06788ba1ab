"""Answers as pictures: SVG that needs no script, reads well in light and dark, and can be saved as a file."""

from collections.abc import Mapping, Sequence
from typing import Final

from clustergraph.charts.chart import Chart
from clustergraph.charts.locations import Locations, Place
from clustergraph.charts.map import spots
from clustergraph.charts.network import network
from clustergraph.charts.panels import bars, lines
from clustergraph.charts.svg import SIZE, Drawing, Link, web, width
from clustergraph.questions.answer import Rows
from clustergraph.questions.question import View

__all__ = ["Locations", "Place", "draw"]

WIDTH: Final = 760.0
"""The width of a picture, in its own units."""

_WORDS: Final = {
    "bar": "Bars",
    "line": "Lines over time",
    "map": "A map",
    "network": "A network",
    "communities": "A network in its communities",
}


def draw(
    view: View,
    columns: Sequence[str],
    rows: Rows,
    title: str,
    places: Mapping[str, Place] | None = None,
    link: Link = web,
) -> str:
    """Return an SVG document of an answer, or nothing where its view is the table or no row can be drawn.

    What is left out is said under the picture. A map needs to know where places are, by their IRIs; ``link`` gives the
    address of the page of an IRI, or in a picture that is kept as a file the IRI itself.
    """
    if view.kind == "table":
        return ""
    chart, drawing = Chart(view, columns, rows), Drawing(WIDTH, link)
    match view.kind:
        case "bar":
            height, notes = bars(chart, drawing)
        case "line":
            height, notes = lines(chart, drawing)
        case "map":
            height, notes = spots(chart, drawing, places or {})
        case _:
            height, notes = network(chart, drawing, grouped=view.kind == "communities")
    if not drawing.parts:
        return ""
    for line in _lines(" ".join(notes)):
        height += SIZE * 1.4
        drawing.text(0, height, line, "quiet")
    what = ", ".join(chart.heading(part) for part in view.columns)
    said = f"{_WORDS[view.kind]} of {what}; the table gives the same in full."
    return drawing.document(height + 8, title, " ".join([said, *notes]))


def _lines(words: str) -> list[str]:
    """Break a text into lines that fit the picture."""
    found: list[str] = []
    for word in words.split():
        if found and width(f"{found[-1]} {word}") <= WIDTH:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found
