"""Who publishes the graph: what a catalogue says of it that the graph itself does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import yaml

from clustergraph.errors import SourceError, Where
from clustergraph.terms import BASE, ID

FOLDER: Final = Path("exports") / "dcat"
"""Where the files are below the folder of queries."""

Box: TypeAlias = tuple[float, float, float, float]
"""West, south, east and north, in degrees."""


@dataclass(frozen=True)
class Publisher:
    """The body that answers for the data."""

    iri: str = f"{ID}organisation/clustergraph"
    name: str = "clustergraph"
    homepage: str = BASE
    type: str = "NonProfitOrganisation"
    """A code of the ADMS publisher types."""


@dataclass(frozen=True)
class Contact:
    """Where questions go."""

    name: str = "clustergraph"
    page: str = BASE
    email: str | None = None


@dataclass(frozen=True)
class About:
    """Title and description of a source."""

    title: str
    description: str


@dataclass(frozen=True)
class Publication:
    """What the file says; every field has a value that works."""

    title: str = "clustergraph: European clusters and their cooperation"
    description: str = (
        "Clusters, regions, smart-specialisation priorities, partnerships, pilots, projects and funding schemes as "
        "linked data; each statement with the section of the document that makes it."
    )
    issued: date = date(2026, 11, 22)
    keywords: tuple[str, ...] = ("cluster", "smart specialisation", "interregional cooperation")
    publisher: Publisher = Publisher()
    contact: Contact = Contact()
    licence: str = "CC_BY_4_0"
    themes: tuple[str, ...] = ("ECON", "REGI", "TECH")
    frequency: str = "IRREG"
    language: str = "ENG"
    availability: str = "AVAILABLE"
    sources: Mapping[str, About] = field(default_factory=dict)
    places: Mapping[str, Box] = field(default_factory=dict)
    """Boxes around countries and regions, by code."""

    @classmethod
    def read(cls, queries: Path) -> Self:
        """Return what the files below a folder of queries say; without them, the defaults.

        Raises:
            SourceError: a file is there, and is not as it should be.
        """
        known = ", ".join(each.name for each in fields(cls))
        about = _loaded(queries / FOLDER / "publication.yaml", _fields, f"known fields: {known}")
        places = _loaded(queries / FOLDER / "places.yaml", _boxes, "give each code west, south, east and north")
        try:
            return cls(**about, places=places)
        except TypeError as error:
            raise SourceError(str(error), where=Where(queries / FOLDER / "publication.yaml")) from error


def _loaded(path: Path, read: Callable[[dict[str, Any]], dict[str, Any]], advice: str) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return read(yaml.safe_load(path.read_text("utf-8")) or {})
    except (OSError, ValueError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise SourceError(str(error), where=Where(path), advice=advice) from error


def _boxes(found: dict[str, Any]) -> dict[str, Any]:
    boxes = {}
    for code, (west, south, east, north) in found.items():
        boxes[str(code)] = (float(west), float(south), float(east), float(north))
    return boxes


def _fields(found: dict[str, Any]) -> dict[str, Any]:
    made = dict(found)
    for name, kind in (("publisher", Publisher), ("contact", Contact)):
        if name in made:
            made[name] = kind(**made[name])
    for name in ("keywords", "themes"):
        if name in made:
            made[name] = tuple(str(each) for each in made[name])
    if not isinstance(made.get("issued", date.min), date):
        raise TypeError(f"issued is {made['issued']!r}, and should be a day such as 2026-11-22")
    unknown = set(made) - {each.name for each in fields(Publication)}
    if unknown or "places" in made:
        raise ValueError(f"unknown field {', '.join(sorted(unknown)) or 'places'}")
    made["sources"] = {name: About(**about) for name, about in (made.get("sources") or {}).items()}
    return made
