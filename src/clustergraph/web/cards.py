"""The card of a thing, as a page and as JSON: what people want to know first, then every statement, folded."""

from collections.abc import Mapping
from math import inf
from typing import Any, Final

from clustergraph.errors import OverLimitError
from clustergraph.graph import Graph
from clustergraph.questions.card import Card
from clustergraph.questions.conflict import Conflict
from clustergraph.questions.section_statements import section_statements
from clustergraph.web.conflicts import disagreements
from clustergraph.web.service import Served

_SHARE: Final = 0.5
"""Of the time for which a page may wait, so much goes by until no further part of a card is asked."""
Dates = Mapping[str, str]
"""The days for which a card is asked, by the names of the parameters ``valid_on`` and ``known_by``."""


async def card_of(here: Served, iri: str, dates: Dates) -> Card:
    """Return the card of a thing; of a large release only what does not keep a page waiting."""
    seconds = here.service.settings.page_seconds * _SHARE if here.large else inf
    try:
        return await here.soon(Graph.card, iri, seconds, dates)
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
