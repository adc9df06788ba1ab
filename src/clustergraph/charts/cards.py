"""Pictures of cards: the parts of a card that have a view are drawn."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from clustergraph.charts import Place, picture
from clustergraph.charts.svg import Link
from clustergraph.questions.card import Card, CardPart

Locate = Callable[[Iterable[str]], Mapping[str, Place]]
"""Gives where things are, by their IRIs."""

_ROOM: Final = {"map": 340.0}
"""How wide pictures are, if not as usual; in their own units, which are about pixels on a wide screen."""
_USUAL: Final = 560.0


def with_pictures(card: Card, locate: Locate, link: Link) -> Card:
    """Return a card with a picture of each part that has a view; ``link`` gives the address for an IRI."""
    return replace(card, parts={name: _drawn(part, locate, link) for name, part in card.parts.items()})


def _drawn(part: CardPart, locate: Locate, link: Link) -> CardPart:
    if part.view.kind == "table" or not part.rows:
        return part
    columns = [names[0] for names in part.view.columns.values()]
    rows = [[row[column] for column in columns] for row in part.rows]
    things = {each.iri for row in rows for each in row if each.iri}
    places = locate(things) if part.view.kind == "map" else {}
    drawn = picture(part.view, columns, rows, part.title, places, link, _ROOM.get(part.view.kind, _USUAL))
    return replace(part, picture=drawn.svg, summary=drawn.summary)
