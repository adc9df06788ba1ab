"""Where places are, by the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PLACES_QUERY: Final = """SELECT ?place ?latitude ?longitude ?country WHERE {
  ?place cg:latitude ?latitude ; cg:longitude ?longitude
  OPTIONAL { ?place a cg:Country ; skos:prefLabel ?name FILTER (LANG(?name) = "en") BIND (STR(?name) AS ?country) }
} ORDER BY ?place"""
"""Gives every place that has coordinates; a country with its name, for orientation on a map."""


@dataclass(frozen=True)
class Place:
    """A place on a map."""

    latitude: float
    """In degrees north."""
    longitude: float
    """In degrees east."""
    country: str = ""
    """The name, if the place is a country."""
