"""What the query of a profile can call beside the functions of SPARQL; each takes texts and gives a term or nothing."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from pyoxigraph import Literal, NamedNode

from clustergraph.imports import territories
from clustergraph.imports.dates import date_reading
from clustergraph.imports.persons import person
from clustergraph.layers import PACKAGED
from clustergraph.questions.names import plain
from clustergraph.rdf.reading import read
from clustergraph.terms import BASE, SCHEME, expand, slug

FUNCTION: Final = f"{BASE}function/"
_COUNTRY: Final = expand("country:").value
_NUTS: Final = expand("nuts:").value
_PREFERRED: Final = expand("skos:prefLabel")
_OTHER: Final = expand("skos:altLabel")
_MONTHS: Final = 12
_, _DATE = date_reading(
    "date", ["yyyy-MM-dd", "d.M.yyyy", "d. M. yyyy", "d/M/yyyy", "d-M-yyyy", "yyyy-MM", "MM/yyyy", "MM.yyyy", "yyyy"]
)
_SEPARATORS: Final = re.compile(r"[;|•]")


def _slug(text: Literal) -> Literal | None:
    """Return the slug of a text; nothing where none of its letters has a form in ASCII."""
    return _text(slug(text.value))


def _part(text: Literal, number: Literal) -> Literal | None:
    """Return one of the parts of a cell, the first being 1.

    Parts stand between semicolons, bars or bullets, or else between commas, or strokes with spaces.
    """
    parts = _SEPARATORS.split(text.value)
    if len(parts) == 1:
        parts = re.split(r", ?| / ", text.value)
    found = [part for part in (part.strip(" .,\t-–") for part in parts) if part]
    place = int(number.value) - 1
    return _text(found[place]) if place < len(found) else None


def _date(text: Literal) -> Literal | None:
    """Return the day, month or year that a text is, if it can be read in one way; with strokes, the day comes first."""
    found = re.sub(r"\.0$|[T ]00:00(:00)?$", "", text.value.strip())
    swapped = re.fullmatch(r"(\d\d?)/(\d\d?)/\d{4}", found)
    if swapped and int(swapped[1]) <= _MONTHS and swapped[1].zfill(2) != swapped[2].zfill(2):
        return None
    try:
        return _DATE(found)
    except ValueError:
        return None


def _person(name: Literal) -> Literal | None:
    """Return by what a name is told as that of a natural person."""
    sign = person(name.value)
    return Literal(sign.value) if sign else None


def _country(name: Literal) -> NamedNode | None:
    """Return a country by its name in any of the eight languages or its code."""
    code = territories.country(name.value)
    return NamedNode(_COUNTRY + code) if code else None


def _letters(country: NamedNode) -> Literal | None:
    """Return the ISO code of two letters of a country."""
    return _text(territories.letters(country.value.removeprefix(_COUNTRY)) or "")


def _region(name: Literal, letters: Literal) -> NamedNode | None:
    """Return the one NUTS region that a name means in a country, or that has a code."""
    code = territories.region(name.value, letters.value)
    return NamedNode(_NUTS + code) if code else None


def _name(region: NamedNode) -> Literal | None:
    """Return the name of a NUTS region in the languages of its country."""
    name = territories.name(region.value.removeprefix(_NUTS))
    return Literal(name, language="und") if name else None


def _latitude(region: NamedNode) -> Literal | None:
    """Return the latitude of a point near the middle of a NUTS region."""
    return _degrees(region, 0)


def _longitude(region: NamedNode) -> Literal | None:
    """Return the longitude of a point near the middle of a NUTS region."""
    return _degrees(region, 1)


def _degrees(region: NamedNode, place: int) -> Literal | None:
    found = territories.point(region.value.removeprefix(_NUTS))
    return Literal(found[place], datatype=expand("xsd:decimal")) if found else None


def _code(label: Literal, scheme: NamedNode) -> NamedNode | None:
    """Return the one code of a packaged list that has a label in any language: a preferred one, or else another one."""
    names = _labels(scheme.value)
    found = next((names[key] for rank in (_PREFERRED, _OTHER) if (key := (rank, plain(label.value))) in names), None)
    return found[0] if found and len(found) == 1 else None


@cache
def _labels(scheme: str) -> dict[tuple[NamedNode, str], list[NamedNode]]:
    """Return the codes of a list by the rank and the words of their labels."""
    found: dict[tuple[NamedNode, str], list[NamedNode]] = defaultdict(list)
    path = PACKAGED / "ontology" / "schemes" / f"{scheme.removeprefix(SCHEME)}.ttl"
    for quad in read(path) if path.is_file() else ():
        ours = isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(f"{scheme}/")
        if ours and quad.predicate in (_PREFERRED, _OTHER) and isinstance(quad.object, Literal):
            codes = found[quad.predicate, plain(quad.object.value)]
            codes += [quad.subject] if quad.subject not in codes else []  # type: ignore[list-item]
    return found


def _text(found: str) -> Literal | None:
    return Literal(found) if found else None


_NAMED: Final[Mapping[str, Callable[..., Literal | NamedNode | None]]] = {
    "slug": _slug,
    "part": _part,
    "date": _date,
    "person": _person,
    "country": _country,
    "letters": _letters,
    "region": _region,
    "name": _name,
    "latitude": _latitude,
    "longitude": _longitude,
    "code": _code,
}
FUNCTIONS: Final = {NamedNode(FUNCTION + name): function for name, function in _NAMED.items()}
