"""A network: things on a circle, with a line for each pair; the more often a pair comes, the wider its line.

Where two kinds of thing meet, few meet many, or most are tied to most, it is a matrix instead.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from clustergraph.charts.chart import Chart, Drawn
from clustergraph.charts.matrix import matrix
from clustergraph.charts.svg import COLOURS, SIZE, Drawing, cut, width
from clustergraph.charts.ties import Pair, Tie, Ties, most_tied
from clustergraph.languages.messages import gettext

MOST_THINGS: Final = 50
MOST_LEVEL: Final = 14
"""Up to how many things have their names level; the names of more stand like rays, to find room."""

_NAMES: Final = 230.0
"""Room for the names around the circle, in the units of the drawing."""
_WIDE: Final = 700.0
"""The width from which on so many names have room to be level."""
_WIDEST: Final = 8.0


def network(chart: Chart, drawing: Drawing, *, grouped: bool = False) -> Drawn:
    """Draw who is tied to whom; grouped, as a network in which communities have a colour each.

    Where a view names no value, a tie is as strong as the number of rows of its pair.
    """
    ties = Ties.of(chart)
    if not ties.found:
        return Drawn(notes=ties.notes)
    if not grouped and (ties.sides or ties.dense):
        return matrix(chart, drawing, ties)
    counts = ties.counts
    kept = set(most_tied(counts, ties.names, min(MOST_THINGS, int(drawing.width / 15))))
    pairs = {pair: tie for pair, tie in ties.found.items() if kept.issuperset(pair)}
    groups = _communities({pair: tie.value for pair, tie in pairs.items()}, ties.names) if grouped else {}
    order = sorted(_order(pairs, counts, ties.names), key=lambda thing: groups.get(thing, 0))
    notes = [*ties.notes, *ties.left_out(len(order))]
    if grouped:
        notes.append(gettext("Communities by modularity: %(num)d.", num=len(set(groups.values()))))
    height = _circle(drawing, ties, pairs, order, groups)
    return Drawn(height, ties.summary, notes, ties.levels, "line")


def _circle(
    drawing: Drawing, ties: Ties, pairs: Mapping[Pair, Tie], order: list[str], groups: Mapping[str, int]
) -> float:
    around = min(_NAMES, drawing.width * 0.3, max(width(ties.names[thing]) for thing in order) + 16)
    radius = min((drawing.width - 2 * around) / 2, max(120.0, len(order) * SIZE * 1.35 / (2 * math.pi) * 1.15))
    radius = max(radius, len(order) * SIZE * 1.1 / (2 * math.pi))
    if level := len(order) <= MOST_LEVEL * min(1.0, drawing.width / _WIDE):
        radius = min(max(radius, len(order) * SIZE * 0.95), drawing.width / 2 - around)
    middle = drawing.width / 2, radius + (2 * SIZE if level else around)
    turns = {thing: 2 * math.pi * (place + 0.5) / len(order) - math.pi / 2 for place, thing in enumerate(order)}
    most = max(tie.value for tie in pairs.values()) or 1
    number = {thing: f"{place}" for place, thing in enumerate(order)}
    for pair, tie in sorted(pairs.items(), key=lambda item: item[1].value):
        curve = _curve(middle, radius, *(turns[thing] for thing in pair))
        wide = max(1.2, _WIDEST * tie.value / most) if most > 1 else 1.8
        with drawing.thing(ties.told(pair, tie), look="tie", one=number[pair[0]], other=number[pair[1]]):
            drawing.path(curve, "edge", wide, tie.level)
    for thing in order:
        spot = middle[0] + radius * math.cos(turns[thing]), middle[1] + radius * math.sin(turns[thing])
        room = drawing.width / 2 - abs(spot[0] - middle[0]) - 12 if level else around - 16
        with drawing.thing(ties.names[thing], ties.iris.get(thing), "thing node", node=number[thing]):
            drawing.circle(*spot, 5, f"dot c{groups[thing] % len(COLOURS)}" if groups else "mark")
            _name(drawing, spot, turns[thing], ties.names[thing], room, level=level)
    return 2 * middle[1]


def _communities(pairs: Mapping[Pair, float], names: Mapping[str, str]) -> dict[str, int]:
    """Return the community of each thing, by the modularity of the whole; the largest is the first."""
    from networkx import Graph  # type: ignore[import-untyped]
    from networkx.algorithms.community import greedy_modularity_communities  # type: ignore[import-untyped]

    graph = Graph()
    graph.add_nodes_from(sorted({thing for pair in pairs for thing in pair}, key=lambda thing: (names[thing], thing)))
    graph.add_weighted_edges_from((one, other, value) for (one, other), value in sorted(pairs.items()))
    found = greedy_modularity_communities(graph, weight="weight")
    return {thing: place for place, community in enumerate(found) for thing in community}


def _order(pairs: Mapping[Pair, Tie], ties: Mapping[str, int], names: Mapping[str, str]) -> list[str]:
    """Return the things in an order in which those with ties stand near each other."""
    near: dict[str, dict[str, float]] = defaultdict(dict)
    for (one, other), tie in pairs.items():
        near[one][other] = near[other][one] = tie.value
    rest = sorted(near, key=lambda thing: (-ties[thing], names[thing]))
    order: list[str] = []
    while rest:
        last = order[-1] if order else rest[0]
        following = min(rest, key=lambda thing: (-near[last].get(thing, 0), -_shared(near, last, thing), names[thing]))
        order.append(following)
        rest.remove(following)
    return order


def _shared(near: Mapping[str, Mapping[str, float]], one: str, other: str) -> int:
    return len(near[one].keys() & near[other].keys())


def _curve(middle: tuple[float, float], radius: float, one: float, other: float) -> str:
    """Return a curve between two places on the circle that bends towards its middle."""
    x, y = middle
    x1, y1 = x + radius * math.cos(one), y + radius * math.sin(one)
    x2, y2 = x + radius * math.cos(other), y + radius * math.sin(other)
    bend_x, bend_y = x + (x1 + x2 - 2 * x) * 0.2, y + (y1 + y2 - 2 * y) * 0.2
    return f"M{x1:.1f},{y1:.1f}Q{bend_x:.1f},{bend_y:.1f} {x2:.1f},{y2:.1f}"


def _name(drawing: Drawing, spot: tuple[float, float], turn: float, name: str, room: float, *, level: bool) -> None:
    """Write a name beside its place, away from the middle."""
    x, y = spot
    left = math.cos(turn) < -1e-9
    angle = math.degrees(turn) + (180 if left else 0)
    place = "" if level else f' transform="rotate({angle:.1f} {x:.1f} {y:.1f})"'
    words = cut(name, room)
    drawing.text(x + (-10 if left else 10), y + SIZE * 0.35, words, "ink", "end" if left else "start", place)
