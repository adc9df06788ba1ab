"""The days on which something of a graph begins or becomes known, among which a reader chooses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from pyoxigraph import QuerySolutions

from clustergraph.questions.sections import Section

_YEARS: Final = (
    """SELECT DISTINCT ?year { ?said cg:trueFrom ?day BIND (SUBSTR(STR(?day), 1, 4) AS ?year) } ORDER BY ?year"""
)


class Dated(Protocol):
    """What can be queried, and knows sections."""

    @property
    def sections(self) -> Mapping[str, Section]:
        """The sections of documents, by IRI."""
        ...

    def select(self, text: str) -> QuerySolutions:
        """Return the solutions of a query."""
        ...


def true_years(graph: Dated) -> list[str]:
    """Return the years in which something begins to hold, the first first."""
    return [row["year"].value for row in graph.select(_YEARS)]


def known_days(graph: Dated) -> list[tuple[str, str]]:
    """Return the date and the title of each document that has a date, the oldest first."""
    return sorted(dict.fromkeys(_issued(graph.sections)))


def _issued(sections: Mapping[str, Section]) -> Iterator[tuple[str, str]]:
    return ((each.parts["issued"], each.title) for each in sections.values() if "issued" in each.parts)
