"""The card of a thing, as a page and as JSON: what people want to know first, then every statement, folded."""

from collections.abc import Mapping
from dataclasses import replace
from math import inf
from typing import Any, Final

from clustergraph.charts import Chart, Locations, picture
from clustergraph.errors import OverLimitError
from clustergraph.graph import Graph
from clustergraph.questions.card import Card, CardPart, Cards, cards_of
from clustergraph.questions.conflict import Conflict
from clustergraph.questions.section_statements import section_statements
from clustergraph.terms import address
from clustergraph.web.conflicts import disagreements
from clustergraph.web.service import Served

_SHARE: Final = 0.5
"""Of the time for which a page may wait, so much goes by until no further part of a card is asked."""
_WIDTHS: Final = {"map": 340.0}
"""How wide pictures are, if not as usual; in their own units, which are about pixels on a wide screen."""
_USUAL: Final = 560.0
Dates = Mapping[str, str]
"""The days for which a card is asked, by the names of the parameters ``valid_on`` and ``known_by``."""


def card(graph: Graph, iri: str, seconds: float, dates: Dates) -> Card:
    """Return the card of a thing, with its pictures; after some seconds nothing more is asked for it."""
    found = Cards(graph, cards_of(graph.engine)).about(iri, seconds, dates)
    return replace(found, parts={name: _drawn(part, graph.locations, iri) for name, part in found.parts.items()})


def _drawn(part: CardPart, locations: Locations, iri: str) -> CardPart:
    """Return a part of a card with its picture, if it has a view and rows."""
    if part.view.kind == "table" or not part.rows:
        return part
    columns = [names[0] for names in part.view.columns.values()]
    rows = [[row[column] for column in columns] for row in part.rows]
    chart = Chart.located(part.view, columns, rows, part.title, locations, iri)
    drawn = picture(chart, address, _WIDTHS.get(part.view.kind, _USUAL))
    return replace(part, picture=drawn.svg, summary=drawn.summary)


async def card_of(here: Served, iri: str, dates: Dates) -> Card:
    """Return the card of a thing; of a large release only what does not keep a page waiting."""
    seconds = here.service.settings.page_seconds * _SHARE if here.large else inf
    try:
        return await here.soon(card, iri, seconds, dates)
    except OverLimitError:
        if here.large:
            return Card(iri, "", "thing")
        raise


async def about(here: Served, iri: str) -> list[Conflict] | None:
    """Return what disagrees about a thing; None in a large release, where this is told by its own page alone."""
    return None if here.large else await disagreements(here, iri)


async def document(here: Served, iri: str, dates: Dates) -> dict[str, Any]:
    """Return the card of a thing as JSON members."""
    found, conflicts = await card_of(here, iri, dates), await about(here, iri)
    told = {} if conflicts is None else {"disagreements": [each.document() for each in conflicts]}
    if says := await here.do(section_statements, iri):
        told["says"] = [each.document() for each in says]
    return {**found.document(), **told}
