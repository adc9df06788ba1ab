"""What tests read in a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from clustergraph.charts import Chart, draw
from clustergraph.charts.svg import SIZE, width
from clustergraph.questions.answer import Cell, Value
from clustergraph.questions.question import View

SVG = "{http://www.w3.org/2000/svg}"
CODES = "https://w3id.org/clustergraph/scheme/"
Box = tuple[float, float, float, float]


def code(name: str) -> Cell:
    """The cell of a code such as ``certainty/stated``."""
    return Cell(name.rpartition("/")[2].replace("-", " "), CODES + name)


def named(name: str) -> Cell:
    """The cell of a thing."""
    return Cell(name, f"https://e.org/{name}")


def drawn(view: View, columns: str, rows: Sequence[Sequence[Cell | Value]]) -> ElementTree.Element:
    """The picture of some rows."""
    cells = [[each if isinstance(each, Cell) else Cell(each) for each in row] for row in rows]
    return ElementTree.fromstring(draw(Chart(view, columns.split(), cells, "What is it?")))


def looks(root: ElementTree.Element, kind: str, look: str) -> list[ElementTree.Element]:
    """The shapes of a kind whose class begins so."""
    return [node for node in root.iter(SVG + kind) if node.get("class", "").startswith(look)]


def texts(root: ElementTree.Element) -> list[str]:
    """What is written in a picture."""
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


def boxes(root: ElementTree.Element) -> Iterator[tuple[str, Box]]:
    """Where level texts stand: about from where to where."""
    for frame in root.iter(f"{SVG}svg"):
        inner = {
            node for nested in frame.iter(f"{SVG}svg") if nested is not frame for node in nested.iter(f"{SVG}text")
        }
        top = float(frame.get("y", "0"))
        for node in frame.iter(f"{SVG}text"):
            if node not in inner and "rotate" not in node.get("transform", ""):
                yield _box(node, top)


def _box(node: ElementTree.Element, top: float) -> tuple[str, Box]:
    words, size = "".join(node.itertext()), float(node.get("font-size", SIZE))
    long = width(words) * size / SIZE * 0.93
    x, y = float(node.get("x", "0")), float(node.get("y", "0")) + top
    x -= {"middle": long / 2, "end": long}.get(node.get("text-anchor", ""), 0.0)
    return words, (x, y - size * 0.72, x + long, y + size * 0.18)


def meet(one: Box, other: Box) -> bool:
    """Whether two boxes overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def points(node: ElementTree.Element) -> list[tuple[float, float]]:
    """The points of a path that are given by both coordinates."""
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", node.get("d", ""))]
