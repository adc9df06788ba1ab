"""The card of a thing, as a page and as JSON: what people want to know first, then every statement, folded."""

from math import inf
from typing import Any, Final

from pyoxigraph import DefaultGraph, NamedNode

from clustergraph.charts.cards import with_pictures
from clustergraph.errors import OverLimitError
from clustergraph.graph import Graph
from clustergraph.questions.card import Card, Cards, cards_of
from clustergraph.questions.conflict import Conflict
from clustergraph.terms import address, expand
from clustergraph.web.conflicts import disagreements
from clustergraph.web.service import Served

_SHARE: Final = 0.5
"""Of the time for which a page may wait, so much goes by until no further part of a card is asked."""
_TYPE: Final = expand("rdf:type")


def card(graph: Graph, iri: str, seconds: float) -> Card:
    """Return the card of a thing, with its pictures; after some seconds nothing more is asked for it."""
    kinds = graph.store.quads_for_pattern(NamedNode(iri), _TYPE, None, DefaultGraph())
    classes = [quad.object.value for quad in kinds if isinstance(quad.object, NamedNode)]
    maker = Cards(graph.engine, graph.label, graph.sections, cards_of(graph.engine), graph.questions)
    return with_pictures(maker.about(iri, classes, seconds), graph.locations.of, address)


async def card_of(here: Served, iri: str) -> Card:
    """Return the card of a thing; of a large release only what does not keep a page waiting."""
    seconds = here.service.settings.page_seconds * _SHARE if here.large else inf
    try:
        return await here.soon(card, iri, seconds)
    except OverLimitError:
        if here.large:
            return Card(iri, "", "thing")
        raise


async def about(here: Served, iri: str) -> list[Conflict] | None:
    """Return what disagrees about a thing; None in a large release, where this is told by its own page alone."""
    return None if here.large else await disagreements(here, iri)


async def document(here: Served, iri: str) -> dict[str, Any]:
    """Return the card of a thing as JSON members."""
    found, conflicts = await card_of(here, iri), await about(here, iri)
    told = {} if conflicts is None else {"disagreements": [each.document() for each in conflicts]}
    return {**found.document(), **told}
