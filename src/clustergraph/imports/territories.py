"""Countries and NUTS regions by the names that tables give them."""

import csv
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Final

from clustergraph.questions.names import plain

_HERE: Final = Path(__file__).parent
_BEFORE: Final = re.compile(
    r"^(region|regione|region of|region de|provincia( de)?|province|departement|comunidad autonoma( de)?"
    r"|bundesland|land|wojewodztwo|woj|distrito de|voivodeship|state of)(?= )|(?<= )(region|voivodeship|province)$"
)
"""What stands before or behind the name of a region and is no part of it."""
_CODE: Final = re.compile(r"(?:.*\()?\s*([A-Z]{2}[0-9A-Z]{1,3})\)?\s*")


def country(name: str) -> str | None:
    """Return the code of three letters of a European country that has a name or a code, or None.

    >>> country("Hiszpania"), country("es"), country("UK"), country("Atlantis")
    ('ESP', 'ESP', 'GBR', None)
    """
    return _countries().get(plain(name))


def letters(code: str) -> str | None:
    """Return the ISO code of two letters of a country, by its code of three.

    >>> letters("GRC")
    'GR'
    """
    return _letters().get(code)


def region(name: str, within: str = "") -> str | None:
    """Return the NUTS code that is a name or stands behind one, or that of the one region with the name in a country.

    The country is known by its code of two letters. Where a region and one in it have a name, it is that of level 2, or
    else that of the larger.

    >>> region("PL21"), region("Cataluña (ES51)"), region("województwo małopolskie", "PL"), region("Berlin", "DE")
    ('PL21', 'ES51', 'PL21', 'DE30')
    >>> region("Centro"), region("Nowhere", "FR")
    (None, None)
    """
    if (found := _CODE.fullmatch(name.strip())) and found[1] in _codes():
        return found[1]
    regions = _regions().get(within.upper(), {})
    whole = plain(re.sub(r"\(.*?\)", " ", name))
    return regions.get(whole) or regions.get(_BEFORE.sub("", whole).strip())


def name(code: str) -> str | None:
    """Return the name of a NUTS region of level 1 or 2 in the languages of its country and Latin letters, or None.

    >>> name("PL21"), name("ES5"), name("XX")
    ('Małopolskie', 'Este', None)
    """
    return _names().get(code)


def point(code: str) -> tuple[str, str] | None:
    """Return latitude and longitude of a point near the middle of a NUTS region of level 1 or 2, or None.

    >>> point("ES51"), point("ES511")
    (('41.8', '1.5'), None)
    """
    return _points().get(code)


def _rows(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _countries() -> dict[str, str]:
    return {plain(row["name"]): row["code"] for row in _rows("countries.csv")}


@cache
def _letters() -> dict[str, str]:
    return {row["code"]: row["country"] for row in _rows("countries.csv")}


@cache
def _regions() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in _rows("regions.csv"):
        found[row["country"]][plain(row["name"])] = row["code"]
    return found


@cache
def _names() -> dict[str, str]:
    return {row["code"]: row["name"] for row in _rows("nuts-2021.csv")}


@cache
def _points() -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["latitude"], row["longitude"]) for row in _rows("nuts-2021.csv")}


@cache
def _codes() -> frozenset[str]:
    found = {row["code"] for row in _rows("regions.csv")}
    return frozenset(code[:length] for code in found for length in range(3, len(code) + 1))
