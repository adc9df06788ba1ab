"""Where things are."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from pyoxigraph import NamedNode, QuerySolutions

_COUNTRIES: Final = """SELECT ?place ?latitude ?longitude WHERE {
  ?place a cg:Country ; cg:latitude ?latitude ; cg:longitude ?longitude
} ORDER BY ?place"""
"""Gives every country that has coordinates: their names are for orientation on a map."""
_PLACES: Final = """SELECT ?thing ?place ?latitude ?longitude WHERE {
  VALUES ?thing { {things} }
  { ?thing cg:latitude ?latitude ; cg:longitude ?longitude BIND (?thing AS ?place) }
  UNION { ?thing cg:locatedIn ?place . ?place cg:latitude ?latitude ; cg:longitude ?longitude }
  OPTIONAL { ?place cg:nutsLevel ?level }
  BIND (IF(?place = ?thing, 0, IF(EXISTS { ?place a cg:Country }, 9, COALESCE(8 - ?level, 1))) AS ?rank)
} ORDER BY ?thing ?rank ?place"""
"""Gives where things are: at their own coordinates, or else those of what they are in, the smallest first."""


MOST_TEXT: Final = 300_000
"""How many characters an outline has at the most; one that is larger is not drawn."""
_OUTLINES: Final = """SELECT ?thing ?outline WHERE {
  VALUES ?thing { {things} }
  ?thing geo:hasGeometry ?geometry . ?geometry geo:asWKT ?outline
  FILTER (CONTAINS(SUBSTR(STR(?outline), 1, 100), "POLYGON") && STRLEN(STR(?outline)) <= {most})
} ORDER BY ?thing DESC(?geometry)"""
"""Gives the outlines of things, those of the newest version first."""
_MOST_OUTLINES: Final = 3_000_000
"""How many characters all outlines of a map have together."""


@dataclass(frozen=True)
class Place:
    """A place on a map."""

    latitude: float
    """In degrees north."""
    longitude: float
    """In degrees east."""
    country: str = ""
    """The name, if the place is a country."""
    inside: str = ""
    """The name of what a thing is in, if only that has coordinates."""
    outline: str = ""
    """Its outline as Well-Known Text, if the graph has one."""


@dataclass(frozen=True)
class Locations:
    """Where the things of a graph are, as far as that is known."""

    select: Callable[[str], QuerySolutions]
    """Gives the solutions of a query."""
    name: Callable[[str], str]
    """Gives the name of a thing."""

    def of(self, things: Iterable[str]) -> dict[str, Place]:
        """Return where things are, by their IRIs, and all countries."""
        found = {country: replace(place, country=self.name(country)) for country, place in self._countries.items()}
        named = " ".join(str(NamedNode(iri)) for iri in sorted(things))
        for row in self.select(_PLACES.replace("{things}", named)) if named else ():
            thing, place = row["thing"].value, row["place"].value
            at = float(row["latitude"].value), float(row["longitude"].value)
            found.setdefault(thing, Place(*at, inside=self.name(place) if place != thing else ""))
        for thing, outline in self._outlines(named).items() if named else ():
            if thing in found:
                found[thing] = replace(found[thing], outline=outline)
        return found

    def _outlines(self, named: str) -> dict[str, str]:
        """Return the outlines of things, as many as are drawn quickly."""
        found: dict[str, str] = {}
        room = _MOST_OUTLINES
        for row in self.select(_OUTLINES.replace("{things}", named).replace("{most}", str(MOST_TEXT))):
            thing, outline = row["thing"].value, row["outline"].value
            if thing not in found and len(outline) <= room:
                found[thing] = outline
                room -= len(outline)
        return found

    @cached_property
    def _countries(self) -> Mapping[str, Place]:
        found = {}
        for row in self.select(_COUNTRIES):
            place, latitude, longitude = (row[name].value for name in ("place", "latitude", "longitude"))
            found[place] = Place(float(latitude), float(longitude))
        return found
