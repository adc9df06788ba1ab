"""A drawing of the main classes of the ontology and of how they are tied."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from clustergraph.charts.svg import SIZE, Drawing, Link, cut, width, wrapped
from clustergraph.languages.messages import gettext
from clustergraph.questions.ontology import Ontology
from clustergraph.terms import expand

_PLACES: Final = {
    "cg:Country": (0, 0), "cg:Region": (1, 0), "cg:Priority": (2, 0), "cg:Strategy": (3, 0),
    "skos:Concept": (0, 1), "cg:Organisation": (1, 1), "cg:Participation": (2, 1), "cg:Activity": (3, 1),
    "cg:Figure": (0, 2), "cg:LabelAward": (1, 2), "cg:Network": (2, 2), "cg:Funding": (3, 2),
    "cg:FundingScheme": (4, 1), "cg:Statement": (1, 3), "cg:Source": (2, 3), "cg:Document": (3, 3),
}  # fmt: skip
"""In which column and row a class stands."""
_TIES: Final = (
    ("cg:Region", "cg:country", "cg:Country"), ("cg:Organisation", "cg:region", "cg:Region"),
    ("cg:Priority", "cg:setBy", "cg:Region"), ("cg:Priority", "cg:strategy", "cg:Strategy"),
    ("cg:Organisation", "cg:activeIn", "skos:Concept"), ("cg:Participation", "cg:participant", "cg:Organisation"),
    ("cg:Participation", "cg:activity", "cg:Activity"), ("cg:Activity", "cg:fundedUnder", "cg:FundingScheme"),
    ("cg:Figure", "cg:subject", "cg:Organisation"), ("cg:LabelAward", "cg:holder", "cg:Organisation"),
    ("cg:Organisation", "cg:participatesIn", "cg:Network"), ("cg:Funding", "cg:activity", "cg:Activity"),
    ("cg:Funding", "cg:scheme", "cg:FundingScheme"), ("cg:Statement", "cg:statedIn", "cg:Source"),
    ("cg:Source", "cg:inDocument", "cg:Document"),
)  # fmt: skip
"""The properties that tie them, each with the classes it joins."""
_FEWEST: Final = 4
"""An ontology with fewer of the classes is not drawn."""
_BOX: Final = (172.0, 82.0)
_GAP: Final = (128.0, 62.0)
_MARGIN: Final = 8.0
_KINDS: Final = 3
"""So many of the classes below one are named in its box."""
_ARROW: Final = 9.0


class _Box(NamedTuple):
    x: float
    y: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + _BOX[0] / 2, self.y + _BOX[1] / 2

    def edge(self, towards: tuple[float, float]) -> tuple[float, float]:
        """Return where a line from the centre towards a point leaves the box."""
        (x, y), (to_x, to_y) = self.centre, towards
        across = abs(to_x - x) / (_BOX[0] / 2)
        along = abs(to_y - y) / (_BOX[1] / 2)
        part = 1 / max(across, along, 1e-9)
        return x + (to_x - x) * part, y + (to_y - y) * part


def class_diagram(ontology: Ontology, counts: Mapping[str, int], link: Link) -> str:
    """Return an SVG document of the main classes, with how many things each has; nothing where there are too few."""
    boxes = {iri: _box(*place) for name, place in _PLACES.items() if _known(ontology, iri := expand(name).value)}
    if len(boxes) < _FEWEST:
        return ""
    drawing = Drawing(max(box.x for box in boxes.values()) + _BOX[0] + _MARGIN, link)
    ties = [tie for tie in _known_ties(ontology) if {tie[0], tie[2]} <= boxes.keys()]
    for source, property_, target in ties:
        _draw_tie(drawing, boxes[source], boxes[target], ontology.name(property_), property_)
    for iri, box in boxes.items():
        _draw_box(drawing, box, iri, ontology, counts)
    said = "; ".join(f"{ontology.name(one)} {ontology.name(how)} {ontology.name(other)}" for one, how, other in ties)
    height = max(box.y for box in boxes.values()) + _BOX[1] + _MARGIN
    return drawing.document(height, "classes", gettext("The main classes and how they are tied"), f"{said}.")


def _known(ontology: Ontology, iri: str) -> bool:
    return iri in ontology.terms or iri in ontology.names


def _known_ties(ontology: Ontology) -> Iterator[tuple[str, str, str]]:
    for tie in _TIES:
        source, property_, target = (expand(name).value for name in tie)
        if property_ in ontology.terms:
            yield source, property_, target


def _box(column: int, row: int) -> _Box:
    return _Box(_MARGIN + column * (_BOX[0] + _GAP[0]), _MARGIN + row * (_BOX[1] + _GAP[1]))


def _draw_box(drawing: Drawing, box: _Box, iri: str, ontology: Ontology, counts: Mapping[str, int]) -> None:
    name = ontology.name(iri)
    room, middle = _BOX[0] - 16, box.x + _BOX[0] / 2
    with drawing.thing(iri=iri):
        drawing.rect(box.x, box.y, *_BOX, "box")
        drawing.label(middle, box.y + 25, name[:1].upper() + name[1:], room, "middle", ' font-weight="600"')
    if number := counts.get(iri, 0):
        drawing.text(middle, box.y + 44, f"{number:,}", "quiet", "middle")
    below = sorted(ontology.below(iri), key=lambda each: -counts.get(each.iri, 0))[:_KINDS]
    if below:
        drawing.text(middle, box.y + 66, _fitting((each.label for each in below), room), "quiet", "middle", _SMALL)


_SMALL: Final = ' font-size="11"'


def _fitting(names: Iterable[str], room: float) -> str:
    """Return as many of some names as there is room for in small letters, at least the first."""
    shown = ""
    for name in names:
        longer = f"{shown}, {name}" if shown else name
        if width(longer) * 11 / SIZE > room:
            break
        shown = longer
    return shown


def _draw_tie(drawing: Drawing, source: _Box, target: _Box, words: str, iri: str) -> None:
    """Draw an arrow from box to box, with its name at the middle."""
    start, end = source.edge(target.centre), target.edge(source.centre)
    drawing.line(*start, *end, "axis")
    drawing.path(_head(start, end), "head")
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    level = abs(start[1] - end[1]) < 1
    wide = (_GAP[0] - 10 if level else 150) * SIZE / 12
    lines = [cut(line, wide * 1.3) for line in wrapped(words, wide)]
    top = y - 6 - (len(lines) - 1) * 15 if level else y + 4 - (len(lines) - 1) * 7.5
    for number, line in enumerate(lines):
        room = width(line) * 12 / SIZE
        if not level:
            drawing.rect(x - room / 2, top + number * 15 - 12, room, 16, "paper")
        with drawing.thing(iri=iri):
            drawing.text(x, top + number * 15, line, "ink", "middle", _TIED)


_TIED: Final = ' font-size="12"'


def _head(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return the path of the head of an arrow."""
    (x, y), length = end, max(((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5, 1e-9)
    along = ((end[0] - start[0]) / length * _ARROW, (end[1] - start[1]) / length * _ARROW)
    left = (x - along[0] - along[1] / 2.2, y - along[1] + along[0] / 2.2)
    right = (x - along[0] + along[1] / 2.2, y - along[1] - along[0] / 2.2)
    return f"M{x:.1f} {y:.1f}L{left[0]:.1f} {left[1]:.1f}L{right[0]:.1f} {right[1]:.1f}Z"
