"""The picture of an answer, of the kind that its question asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from clustergraph.ask.charts.bar import bars
from clustergraph.ask.charts.line import lines
from clustergraph.ask.charts.map import spots
from clustergraph.ask.charts.marks import Table
from clustergraph.ask.charts.network import network
from clustergraph.ask.charts.places import Place
from clustergraph.ask.charts.svg import SIZE, Drawing, Link, width
from clustergraph.ask.tables import Rows
from clustergraph.views import View

WIDTH: Final = 760.0
"""The width of a picture, in its own units."""

_WORDS: Final = {"bar": "Bars", "line": "Lines over time", "map": "A map", "network": "A network"}


def draw(
    view: View,
    columns: Sequence[str],
    rows: Rows,
    title: str,
    places: Mapping[str, Place] | None = None,
    link: Link = lambda _: "",
) -> str:
    """Return an SVG document of an answer, or nothing where its view is the table or no row can be drawn.

    What is left out is said under the picture.

    Args:
        view: the kind, and the columns that make its parts.
        columns: the columns of the rows.
        rows: the rows.
        title: what the answer is about.
        places: where the places of a map are, by their IRIs.
        link: gives the address of the page of an IRI.
    """
    if view.kind == "table":
        return ""
    table, drawing = Table(view, columns, rows), Drawing(WIDTH, link)
    match view.kind:
        case "bar":
            height, notes = bars(table, drawing)
        case "line":
            height, notes = lines(table, drawing)
        case "map":
            height, notes = spots(table, drawing, places or {})
        case _:
            height, notes = network(table, drawing)
    if not drawing.parts:
        return ""
    for line in _lines(" ".join(notes)):
        height += SIZE * 1.4
        drawing.text(0, height, line, "quiet")
    said = f"{_WORDS[view.kind]} of {', '.join(map(table.heading, view.columns))}; the table gives the same in full."
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
