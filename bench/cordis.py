"""Tables in the layout of the downloads of CORDIS, of any size, as uneven as Horizon 2020."""

from __future__ import annotations

import csv
from bisect import bisect
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

PROJECTS: Final = 31_451
"""How many projects Horizon 2020 had at the end of 2020."""
_SIZES: Final = ((0.62, 1, 1), (0.7, 2, 3), (0.8, 4, 8), (0.9, 9, 14), (0.98, 15, 26), (0.999, 27, 56), (1.0, 57, 186))
"""Up to which share of the projects they have how many participants, from and to."""
_BODIES: Final = 1.14
"""How many bodies there are for each project."""
_SKEW: Final = 3.2
"""How unevenly they take part: most once, the largest in one project of twenty."""
_COUNTRIES: Final = ("DE", "UK", "ES", "IT", "FR", "NL", "BE", "EL", "CH", "SE", "AT", "DK")
_PARTS: Final = ("MSCA", "ERC", "LEIT", "SC1", "SC3", "SC4", "FET", "SEWP")
_KINDS: Final = ("HES", "REC", "PRC", "PUB", "OTH")
_WORDS: Final = (
    "UNIVERSITY",
    "INSTITUTE",
    "CENTRE",
    "LABORATORY",
    "COLLEGE",
    "AGENCY",
    "FOUNDATION",
    "WORKS",
    "SYSTEMS",
)
_PROJECT: Final = ("id", "acronym", "title", "startDate", "endDate", "totalCost", "ecMaxContribution", "legalBasis",
                   "frameworkProgramme", "rcn")  # fmt: skip
_TAKING_PART: Final = ("projectID", "organisationID", "name", "activityType", "city", "country", "rcn", "order", "role",
                       "ecContribution")  # fmt: skip


def write(folder: Path, projects: int, seed: int = 2020) -> list[Path]:
    """Write project.csv and organization.csv with so many projects into a folder, the same ones for the same seed."""
    random = Random(seed)
    sizes = [_size(random) for _ in range(projects)]
    rows = (_project(number, random) for number in range(projects))
    return [
        _table(folder / "project.csv", _PROJECT, rows),
        _table(folder / "organization.csv", _TAKING_PART, _taking_part(sizes, random)),
    ]


def _table(path: Path, head: tuple[str, ...], rows: Iterator[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
    return path


def _size(random: Random) -> int:
    _, least, most = _SIZES[bisect([share for share, _, _ in _SIZES], random.random())]
    return random.randint(least, most)


def _project(number: int, random: Random) -> list[str]:
    name, year = str(600_000 + number), 2014 + random.randrange(7)
    cost = random.randrange(150_000, 8_000_000)
    dates = [f"{year}-{random.randint(1, 12):02}-01", f"{year + 3}-12-31"]
    title = f"Project {number} on {random.choice(_WORDS).lower()} {random.randrange(500)}"
    return [name, f"P{number}", title, *dates, str(cost), f"{cost * 0.8:.2f}", random.choice(_PARTS), "H2020", name]


def _taking_part(sizes: list[int], random: Random) -> Iterator[list[str]]:
    bodies = int(len(sizes) * _BODIES)
    for number, size in enumerate(sizes):
        project = str(600_000 + number)
        found = dict.fromkeys(int(bodies * random.random() ** _SKEW) for _ in range(size))
        for order, body in enumerate(found, 1):
            name = f"{_WORDS[body % 9]} OF {_WORDS[body // 9 % 9]} {body // 81 % 250 if body % 7 else body}"
            role = "participant" if order > 1 else "coordinator"
            place = [f"TOWN {body % 3000}", _COUNTRIES[body % 3000 % 12]]
            given = str(random.randrange(20_000, 900_000))
            yield [project, str(900_000_000 + body), name, _KINDS[body % 5], *place, project, str(order), role, given]
