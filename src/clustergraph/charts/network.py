"""A network: things on a circle, with a line for each pair; the more often a pair comes, the wider its line."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final

from clustergraph.charts.chart import Chart, counted, spoken
from clustergraph.charts.svg import COLOURS, SIZE, Drawing, width

MOST_THINGS: Final = 50
MOST_LEVEL: Final = 14
"""Up to how many things have their names level; the names of more stand like rays, to find room."""

_NAMES: Final = 230.0
"""Room for the names around the circle, in the units of the drawing."""
_WIDEST: Final = 8.0

Pair = tuple[str, str]


def network(chart: Chart, drawing: Drawing, *, grouped: bool = False) -> tuple[float, list[str]]:
    """Draw a network and return the height and what there is to say; grouped, communities have a colour each.

    Where a view names no value, a line is as wide as the number of rows of its pair.
    """
    pairs, names, iris, incomplete = _pairs(chart)
    notes = [f"{counted(incomplete, 'row')} without a second side not drawn."] * bool(incomplete)
    ties: Counter[str] = Counter()
    for pair in pairs:
        ties.update(set(pair))
    kept = {thing for thing, _ in sorted(ties.items(), key=lambda pair: (-pair[1], names[pair[0]]))[:MOST_THINGS]}
    if len(kept) < len(ties):
        notes.append(f"{len(kept)} of {counted(len(ties), 'thing')} drawn, those with most ties.")
    pairs = Counter({pair: value for pair, value in pairs.items() if kept.issuperset(pair)})
    if not pairs:
        return 0, notes
    groups = _communities(pairs, names) if grouped else {}
    order = sorted(_order(pairs, ties, names), key=lambda thing: groups.get(thing, 0))
    if grouped:
        notes.append(f"Communities by modularity: {len(set(groups.values()))}.")
    around = min(_NAMES, max(width(name) for name in (names[thing] for thing in order)) + 16)
    radius = min((drawing.width - 2 * around) / 2, max(120.0, len(order) * SIZE * 1.35 / (2 * math.pi) * 1.15))
    radius = max(radius, len(order) * SIZE * 1.1 / (2 * math.pi))
    level = len(order) <= MOST_LEVEL
    middle = drawing.width / 2, radius + (2 * SIZE if level else around)
    turns = {thing: 2 * math.pi * (place + 0.5) / len(order) - math.pi / 2 for place, thing in enumerate(order)}
    most = max(pairs.values()) or 1
    for (one, other), value in sorted(pairs.items(), key=lambda item: item[1]):
        said = f"{names[one]}, {names[other]}: {spoken(value)}"
        curve = _curve(middle, radius, turns[one], turns[other])
        drawing.path(curve, "edge", said, max(1.0, _WIDEST * value / most) if most > 1 else 1.5)
    for thing in order:
        spot = middle[0] + radius * math.cos(turns[thing]), middle[1] + radius * math.sin(turns[thing])
        drawing.circle(*spot, 4, f"dot c{groups[thing] % len(COLOURS)}" if grouped else "mark")
        room = drawing.width / 2 - abs(spot[0] - middle[0]) - 12 if level else around - 16
        _name(drawing, spot, turns[thing], names[thing], iris.get(thing), room, level=level)
    return 2 * middle[1], notes


def _pairs(chart: Chart) -> tuple[Counter[Pair], dict[str, str], dict[str, str], int]:
    """Return the pairs with their numbers, the names of things, their IRIs, and how many rows are no pair."""
    pairs: Counter[Pair] = Counter()
    names: dict[str, str] = {}
    iris: dict[str, str] = {}
    incomplete = 0
    for row in chart.rows:
        ends = []
        for part in ("one", "other"):
            cell = chart.cells(part, row)[0]
            key = cell.iri or cell.shown
            names[key] = cell.shown
            if cell.iri:
                iris[key] = cell.iri
            ends.append(key)
        value = chart.number("value", row) if "value" in chart.view.columns else 1.0
        one, other = sorted(ends)
        if not one or one == other or value is None:
            incomplete += 1
        elif "value" in chart.view.columns:
            pairs[one, other] = max(pairs[one, other], value)  # type: ignore[assignment]  # need not be whole
        else:
            pairs[one, other] += 1
    return pairs, names, iris, incomplete


def _communities(pairs: Mapping[Pair, float], names: Mapping[str, str]) -> dict[str, int]:
    """Return the community of each thing, by the modularity of the whole; the largest is the first."""
    from networkx import Graph  # type: ignore[import-untyped]
    from networkx.algorithms.community import greedy_modularity_communities  # type: ignore[import-untyped]

    graph = Graph()
    graph.add_nodes_from(sorted({thing for pair in pairs for thing in pair}, key=lambda thing: (names[thing], thing)))
    graph.add_weighted_edges_from((one, other, value) for (one, other), value in sorted(pairs.items()))
    found = greedy_modularity_communities(graph, weight="weight")
    return {thing: place for place, community in enumerate(found) for thing in community}


def _order(pairs: Mapping[Pair, float], ties: Mapping[str, int], names: Mapping[str, str]) -> list[str]:
    """Return the things in an order in which those with ties stand near each other."""
    near: dict[str, dict[str, float]] = defaultdict(dict)
    for (one, other), value in pairs.items():
        near[one][other] = near[other][one] = value
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


def _name(
    drawing: Drawing, spot: tuple[float, float], turn: float, name: str, iri: str | None, room: float, *, level: bool
) -> None:
    """Write a name beside its place, away from the middle."""
    x, y = spot
    left = math.cos(turn) < -1e-9
    angle = math.degrees(turn) + (180 if left else 0)
    place = "" if level else f' transform="rotate({angle:.1f} {x:.1f} {y:.1f})"'
    drawing.label(x + (-9 if left else 9), y + SIZE * 0.35, name, room, "end" if left else "start", iri, place)
