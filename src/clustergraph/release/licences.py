"""Under which licences the sources of a graph are given, and how they are to be named: this goes with all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Final, Self

from pyoxigraph import NamedNode, Store

from clustergraph.rdf.reading import solutions

_MOST: Final = 10_000
"""So many things are looked up in a source at the most."""
_LICENSED: Final = """SELECT ?source ?licence (MIN(?title) AS ?name) (MIN(?words) AS ?attribution) {
  ?source cg:inDocument ?document . ?document dcterms:license ?licence
  OPTIONAL { ?document skos:prefLabel|dcterms:title ?title }
  OPTIONAL { ?document cg:attribution ?words }
  FILTER REGEX(STR(?licence), "^https?://")
} GROUP BY ?source ?licence ORDER BY ?source ?licence"""


@dataclass(frozen=True)
class LicensedSource:
    """A source, which is a named graph, with its licence."""

    graph: str
    title: str
    licence: str
    """The IRI of the licence."""
    attribution: str = ""
    """The words by which its publisher wants to be named."""

    @property
    def words(self) -> str:
        """All of it in words.

        >>> LicensedSource("", "CORDIS", "https://a.example/by", "© European Union").words
        'CORDIS, © European Union, https://a.example/by'
        """
        return ", ".join(filter(None, (self.title, self.attribution, self.licence)))

    @classmethod
    def of(cls, told: Mapping[str, str]) -> Self:
        """Return one from its members."""
        return cls(**told)

    def document(self) -> dict[str, str]:
        """Return it as JSON members."""
        return {name: value for name, value in asdict(self).items() if value}


def licensed(store: Store) -> tuple[LicensedSource, ...]:
    """Return the sources of a graph whose documents have a licence of their own."""
    return tuple(
        LicensedSource(
            row["source"].value,
            row["name"].value if row["name"] else row["source"].value.rpartition("/")[2],
            row["licence"].value,
            row["attribution"].value if row["attribution"] else "",
        )
        for row in solutions(store, _LICENSED)
        if row["source"]
    )


class LicensedSources:
    """The licensed sources of a graph, and which of them say something of some things."""

    def __init__(self, store: Store) -> None:
        self._store, self._sources = store, licensed(store)

    def of(self, iris: Collection[str]) -> tuple[LicensedSource, ...]:
        """Return the sources that say something of one of some things; of numbers alone any can be the source."""
        if not self._sources or not iris:
            return self._sources
        return tuple(each for each in self._sources if self._says(NamedNode(each.graph), islice(iris, _MOST)))

    def _says(self, graph: NamedNode, iris: Iterable[str]) -> bool:
        quads = (self._store.quads_for_pattern(NamedNode(iri), None, None, graph) for iri in iris)
        return any(map(any, quads))
