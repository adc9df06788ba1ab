"""Pictures of any answer: which kinds of picture its columns allow, and one of them."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from clustergraph.charts import Chart, Locations, Picture, picture
from clustergraph.charts.chart import year
from clustergraph.questions.answer import Cell, Rows
from clustergraph.questions.question import View
from clustergraph.terms import address

_SHARE: Final = 0.8
"""Columns are of a kind if so many of their values are."""


class WithLocations(Protocol):
    """What is needed of a graph."""

    @property
    def locations(self) -> Locations:
        """Where things are."""
        ...


def views(columns: Sequence[str], rows: Rows) -> dict[str, View]:
    """Return the views that the columns of an answer allow, by their kinds: with the first columns that fit.

    >>> rows = [(Cell("Lombardy", "https://e.example/l"), Cell(3)), (Cell("Saxony", "https://e.example/s"), Cell(5))]
    >>> {kind: dict(view.columns) for kind, view in views(["region", "clusters"], rows).items()}
    {'bar': {'label': ('region',), 'value': ('clusters',)}, 'map': {'place': ('region',), 'value': ('clusters',)}}
    """
    things, numbers, dates = (_columns(columns, rows, test) for test in (_is_thing, _is_number, _is_date))
    words = [column for column in columns if column not in (*numbers, *dates)]
    found = {}
    if words and numbers:
        found["bar"] = View("bar", {"label": (words[0],), "value": (numbers[0],)})
    if words and numbers and dates:
        found["line"] = View("line", {"label": (words[0],), "date": (dates[0],), "value": (numbers[0],)})
    value: Mapping[str, tuple[str, ...]] = {"value": (numbers[0],)} if numbers else {}
    if things:
        found["map"] = View("map", {"place": (things[0],), **value})
    if things[1:]:
        found["network"] = View("network", {"one": (things[0],), "other": (things[1],), **value})
    return found


def picture_of(graph: WithLocations, view: View, columns: Sequence[str], rows: Rows, title: str) -> Picture:
    """Return a picture of the rows of an answer; without SVG where nothing can be drawn."""
    return picture(Chart.located(view, columns, rows, title, graph.locations), address)


def _columns(columns: Sequence[str], rows: Rows, test: "_Test") -> list[str]:
    found = []
    for place, column in enumerate(columns):
        values = [row[place] for row in rows if row[place].value is not None]
        if values and sum(map(test, values)) >= _SHARE * len(values):
            found.append(column)
    return found


class _Test(Protocol):
    def __call__(self, cell: Cell, /) -> bool: ...


def _is_thing(cell: Cell) -> bool:
    return cell.iri is not None


def _is_number(cell: Cell) -> bool:
    return isinstance(cell.value, int | float) and not isinstance(cell.value, bool)


def _is_date(cell: Cell) -> bool:
    return cell.iri is None and isinstance(cell.value, str) and year(cell.value) is not None
