"""Answers as pictures: SVG that needs no script, reads well in light and dark, and can be saved as a file.

For scripts that make a picture move: the root has ``data-kind`` (bar, line, rivals, map, network, communities, matrix,
classes). A map has a
``svg.frame`` for each part of the world (``data-frame``), whose ``viewBox`` can be changed to zoom, with ``.sea``,
``.land``, ``.border`` and a ``.thing.place`` for each place. A network has a ``.thing.node`` for each thing, with
``data-node`` (a number), and before them a ``.tie`` for each pair, with ``data-one`` and ``data-other``, the numbers of
its ends. ``.thing`` is an ``a`` where the thing has a page. A mark has the class of its level of certainty
(`clustergraph.charts.certainty.LEVELS`).
"""

from dataclasses import replace
from typing import Final

from clustergraph.charts.bars import bars
from clustergraph.charts.certainty import LEVELS
from clustergraph.charts.chart import Chart, Drawn
from clustergraph.charts.locations import Locations, Place
from clustergraph.charts.map import spots
from clustergraph.charts.network import network
from clustergraph.charts.rivals import rivals
from clustergraph.charts.svg import SIZE, Drawing, Link, web, width, wrapped
from clustergraph.charts.timeline import timeline
from clustergraph.languages.messages import gettext
from clustergraph.questions.selection import Picture

__all__ = ["Chart", "Locations", "Picture", "Place", "draw", "picture", "pictures"]

WIDTH: Final = 760.0
"""The width of a picture, in its own units, unless it is asked for with another."""
PHONE: Final = 350.0
"""The width of a picture that is read on a phone without moving it sideways."""


def picture(chart: Chart, link: Link = web, room: float = WIDTH) -> Picture:
    """Return a picture of an answer for a page, which shows its summary and notes beside it.

    ``link`` gives the address of the page of an IRI, or in a picture that is kept as a file the IRI itself; ``room`` is
    its width.
    """
    drawing, drawn = _drawn(chart, link, room)
    if not drawing.parts:
        return Picture()
    svg = drawing.document(drawn.height + 8, drawn.kind or chart.view.kind, chart.title, drawn.words)
    return Picture(svg, drawn.summary, tuple(drawn.notes), table=drawn.table)


def pictures(chart: Chart, link: Link, room: float) -> Picture:
    """Return a picture as wide as said, with one for a phone if that is wider; see `picture`."""
    wide = picture(chart, link, room)
    if room <= PHONE:
        return wide
    narrow = picture(chart, link, PHONE)
    return replace(wide, narrow=narrow.svg, narrow_notes=narrow.notes)


def draw(chart: Chart, link: Link = web) -> str:
    """Return an SVG document of an answer that stands alone, or nothing where no row can be drawn; see `picture`.

    Its title stands above it, and what it shows and leaves out below it.
    """
    drawing, drawn = _drawn(chart, link, WIDTH)
    if not drawing.parts:
        return ""
    height = drawn.height
    for line in wrapped(drawn.words, WIDTH):
        height += SIZE * 1.4
        drawing.text(0, height, line, "quiet")
    return drawing.document(height + 8, drawn.kind or chart.view.kind, chart.title, drawn.words, top=SIZE * 2.5)


def _drawn(chart: Chart, link: Link, room: float) -> tuple[Drawing, Drawn]:
    drawing = Drawing(room, link)
    match chart.view.kind:
        case "table":
            drawn = Drawn()
        case "bar":
            drawn = bars(chart, drawing)
        case "rivals":
            drawn = rivals(chart, drawing)
        case "line":
            drawn = timeline(chart, drawing)
        case "map":
            drawn = spots(chart, drawing)
        case _:
            drawn = network(chart, drawing, grouped=chart.view.kind == "communities")
    return drawing, _with_legend(drawing, drawn)


def _with_legend(drawing: Drawing, drawn: Drawn) -> Drawn:
    """Draw under a picture which style of line or outline is which level of certainty, if it has any."""
    if not drawn.levels:
        return drawn
    x, y = 0.0, drawn.height + SIZE
    with drawing.thing(look="legend"):
        for level in sorted(drawn.levels):
            words = gettext(LEVELS[level].words)
            if x and x + 40 + width(words) > drawing.width:
                x, y = 0.0, y + SIZE * 1.6
            if drawn.shape == "line":
                drawing.path(f"M{x:.1f},{y - 5:.1f}h32", "edge", 2.5, level)
            else:
                drawing.rect(x + 10, y - 12, 16, 14, "mark", level)
            drawing.text(x + 40, y, words, "quiet")
            x += 40 + width(words) + 24
    return replace(drawn, height=y + SIZE * 0.6)
