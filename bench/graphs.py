"""Graphs of any size with the structure of the real one: same classes, same properties, a named graph per section.

Regions stand in levels within countries, organisations in regions; participations are nodes with role and status,
figures are dated and have a unit and a bound, codes come from SKOS lists, and every statement of a document stands in
the graph of a section. A size and a seed always give the same graph.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, Store

from clustergraph.release.manifest import Record
from clustergraph.release.releases import Releases
from clustergraph.release.write import merge, write
from clustergraph.terms import GRAPH, ID, NUTS, ONTOLOGY, SCHEME, VOCABULARIES

QUADS_PER_ORGANISATION: Final = 70
"""How many quads there are for one organisation, with everything that comes with it."""
SECTION_SIZE: Final = 40
"""How many organisations one section speaks of."""

SCHEMES: Final = {
    "status": ("stated", "derived", "unconfirmed", "ambiguous"),
    "participation-role": ("coordinator", "partner", "leader", "member", "supporter", "observer"),
    "measure": ("members", "companies", "smes", "staff", "turnover", "projects", "events", "jobs", "investment"),
    "unit": ("count", "euro", "percent"),
    "bound": ("exactly", "more-than", "about"),
    "theme": tuple(f"theme-{n}" for n in range(60)),
    "field": tuple(f"field-{n}" for n in range(40)),
}
COUNTRIES: Final = 24
_WORDS: Final = (
    "advanced", "alpine", "applied", "blue", "circular", "clean", "digital", "electric", "food", "green", "health",
    "industrial", "light", "marine", "material", "mechanic", "micro", "mobile", "nano", "optic", "plastic", "robotic",
    "rural", "smart", "solar", "space", "steel", "textile", "urban", "wood",
)  # fmt: skip

_CLASSES: Final = (
    "Cluster", "Company", "Country", "DevelopmentAgency", "Document", "Figure", "Organisation", "Participation",
    "Partnership", "Pilot", "Priority", "Project", "Region", "ResearchOrganisation", "Section",
)  # fmt: skip
_PROPERTIES: Final = (
    "activity", "asOf", "bound", "country", "founded", "fundedUnder", "hasParticipant", "heading", "inDocument",
    "locatedIn", "measure", "nutsCode", "nutsLevel", "participant", "participatesIn", "region", "role", "sectionNumber",
    "setBy", "start", "statedIn", "status", "subject", "technologyField", "theme", "unit", "value", "website", "within",
)  # fmt: skip

_TYPE: Final = f"<{VOCABULARIES['rdf']}type>"
_LABEL: Final = f"<{VOCABULARIES['skos']}prefLabel>"
_ALIAS: Final = f"<{VOCABULARIES['skos']}altLabel>"
_XSD: Final = VOCABULARIES["xsd"]
_REFERENCE: Final = f"<{GRAPH}reference>"
_INFERRED: Final = f"<{GRAPH}inferred>"


@dataclass(frozen=True)
class Size:
    """How many things of each kind a graph has."""

    organisations: int

    @classmethod
    def of(cls, quads: int) -> Size:
        """Return the size of a graph with about so many quads in its named graphs."""
        return cls(max(40, round(quads / QUADS_PER_ORGANISATION)))

    @property
    def regions(self) -> int:
        """How many regions there are at the lowest level."""
        return max(COUNTRIES * 8, self.organisations // 12)

    @property
    def activities(self) -> int:
        """How many projects, pilots and partnerships there are."""
        return max(10, self.organisations * 3 // 5)

    @property
    def sections(self) -> int:
        """How many sections the documents have."""
        return max(4, self.organisations // SECTION_SIZE)


def term(name: str) -> str:
    """Return a term of the ontology as it is written in N-Quads."""
    return f"<{ONTOLOGY}{name}>"


def code(scheme: str, name: str) -> str:
    """Return a code of a list."""
    return f"<{SCHEME}{scheme}/{name}>"


def organisation(number: int) -> str:
    """Return an organisation."""
    return f"<{ID}organisation/o{number}>"


def activity(number: int) -> str:
    """Return an activity; of eight, five are projects, two pilots and one a partnership."""
    return f"<{ID}{_ACTIVITY_KINDS[number % 8]}/a{number}>"


_ACTIVITY_KINDS: Final = ("project", "pilot", "project", "partnership", "project", "pilot", "project", "project")


def country(number: int) -> str:
    """Return a country."""
    return f"<{VOCABULARIES['country']}C{number:02}>"


def region(number: int) -> str:
    """Return a region of the lowest level: its code says in which regions it is."""
    return f"<{NUTS}{_code(number)}>"


def _code(number: int) -> str:
    rest, third = divmod(number // COUNTRIES, 3)
    first, second = divmod(rest, 4)
    return f"{_country_code(number)}{_letters(first)}{second}{third}"


def _country_code(number: int) -> str:
    return "X" + chr(ord("A") + number % COUNTRIES)


def _letters(number: int) -> str:
    """Return capitals for a number: A to Y, and ZA, ZB … from 25 on."""
    return "Z" * (number // 25) + chr(ord("A") + number % 25)


def section(number: int) -> str:
    """Return the graph of a section."""
    return f"<{GRAPH}document-{number // 30}/s{number % 30}>"


def text(value: str, language: str = "en") -> str:
    """Return a string with a language."""
    return f'"{value}"@{language}'


def lines(quads: int, seed: int = 1) -> Iterator[str]:
    """Yield about so many quads as lines of N-Quads, without the line ends."""
    size, chance = Size.of(quads), random.Random(seed)
    yield from _terms()
    yield from _codes()
    yield from _regions(size)
    yield from _sections(size)
    yield from _activities(size, chance)
    for number in range(size.organisations):
        yield from _organisation(number, size, chance)


def _terms() -> Iterator[str]:
    """Yield that the terms of the ontology are terms."""
    graph, owl = f"<{GRAPH}ontology>", VOCABULARIES["owl"]
    for name in _CLASSES:
        yield f"{term(name)} {_TYPE} <{owl}Class> {graph} ."
        yield f"{term(name)} <{VOCABULARIES['rdfs']}label> {text(name.lower())} {graph} ."
    for name in _PROPERTIES:
        yield f"{term(name)} {_TYPE} <{owl}ObjectProperty> {graph} ."
        yield f"{term(name)} <{VOCABULARIES['rdfs']}label> {text(name.lower())} {graph} ."


def _codes() -> Iterator[str]:
    for scheme, names in SCHEMES.items():
        for name in names:
            node = code(scheme, name)
            yield f"{node} {_TYPE} <{VOCABULARIES['skos']}Concept> {_REFERENCE} ."
            yield f"{node} <{VOCABULARIES['skos']}inScheme> <{SCHEME}{scheme}> {_REFERENCE} ."
            yield f'{node} <{VOCABULARIES["skos"]}notation> "{name}" {_REFERENCE} .'
            yield f"{node} {_LABEL} {text(name.replace('-', ' '))} {_REFERENCE} ."


def _regions(size: Size) -> Iterator[str]:
    for number in range(COUNTRIES):
        yield f"{country(number)} {_TYPE} {term('Country')} {_REFERENCE} ."
        yield f"{country(number)} {_LABEL} {text(f'Country {number}')} {_REFERENCE} ."
    done: set[str] = set()
    for number in range(size.regions):
        whole, above = _code(number), country(number % COUNTRIES)
        for level, name in enumerate((whole[:-2], whole[:-1], whole), 1):
            node = f"<{NUTS}{name}>"
            if name not in done:
                done.add(name)
                yield f"{node} {_TYPE} {term('Region')} {_REFERENCE} ."
                yield f"{node} {_LABEL} {text(f'Region {name}')} {_REFERENCE} ."
                yield f'{node} {term("nutsCode")} "{name}" {_REFERENCE} .'
                yield f'{node} {term("nutsLevel")} "{level}"^^<{_XSD}integer> {_REFERENCE} .'
                yield f"{node} {term('within')} {above} {_REFERENCE} ."
            above = node


def _sections(size: Size) -> Iterator[str]:
    for number in range(size.sections):
        node, document = section(number), f"<{ID}document/document-{number // 30}>"
        yield f"{node} {_TYPE} {term('Section')} {_REFERENCE} ."
        yield f"{node} {term('inDocument')} {document} {_REFERENCE} ."
        yield f'{node} {term("sectionNumber")} "{number % 30 + 1}" {_REFERENCE} .'
        yield f'{node} {term("heading")} "Section {number}" {_REFERENCE} .'
        if number % 30 == 0:
            yield f"{document} {_TYPE} {term('Document')} {_REFERENCE} ."
            yield f"{document} {_LABEL} {text(f'Document {number // 30}')} {_REFERENCE} ."


def _activities(size: Size, chance: random.Random) -> Iterator[str]:
    for number in range(size.activities):
        node = activity(number)
        kind = _ACTIVITY_KINDS[number % 8].capitalize()
        where = section(chance.randrange(size.sections))
        yield f"{node} {_TYPE} {term(kind)} {_REFERENCE} ."
        yield f"{node} {_LABEL} {text(f'{_name(chance)} {kind.lower()} {number}')} {_REFERENCE} ."
        yield f"{node} {term('theme')} {code('theme', chance.choice(SCHEMES['theme']))} {where} ."
        yield f'{node} {term("start")} "{chance.randint(2008, 2026)}-01-01"^^<{_XSD}date> {where} .'
        yield f"{node} {term('fundedUnder')} <{ID}funding/scheme-{chance.randrange(40)}> {where} ."


def _organisation(number: int, size: Size, chance: random.Random) -> Iterator[str]:
    node = organisation(number)
    place = chance.randrange(size.regions)
    kind = ("Cluster", "Company", "ResearchOrganisation", "Company", "DevelopmentAgency")[number % 5]
    name = f"{_name(chance)} {kind.lower()} {number}"
    where = section(number // SECTION_SIZE % size.sections)
    yield f"{node} {_TYPE} {term(kind)} {_REFERENCE} ."
    yield f"{node} {_TYPE} {term('Organisation')} {_INFERRED} ."
    yield f"{node} {_LABEL} {text(name)} {_REFERENCE} ."
    yield f"{node} {_ALIAS} {text(name.upper())} {where} ."
    yield f"{node} {term('region')} {region(place)} {where} ."
    yield f"{node} {term('country')} {country(place % COUNTRIES)} {where} ."
    whole = _code(place)
    for above in (whole, whole[:-1], whole[:-2]):
        yield f"{node} {term('locatedIn')} <{NUTS}{above}> {_INFERRED} ."
    yield f'{node} {term("founded")} "{chance.randint(1950, 2024)}"^^<{_XSD}gYear> {where} .'
    yield f'{node} {term("website")} "https://o{number}.example/"^^<{_XSD}anyURI> {where} .'
    for field in chance.sample(SCHEMES["field"], 2):
        yield f"{node} {term('technologyField')} {code('field', field)} {where} ."
    yield from _participations(number, size, chance)
    yield from _figures(number, size, chance)
    if number % 2 == 0:
        priority = f"<{ID}priority/p{number}>"
        yield f"{priority} {_TYPE} {term('Priority')} {where} ."
        yield f"{priority} {term('setBy')} {region(place)} {where} ."
        yield f"{priority} {term('theme')} {code('theme', chance.choice(SCHEMES['theme']))} {where} ."
        yield f"{priority} {term('status')} {code('status', 'stated')} {where} ."


def _participations(number: int, size: Size, chance: random.Random) -> Iterator[str]:
    # A few activities have very many participants, as in life.
    for turn in range(3):
        joined = activity(min(int(size.activities * chance.random() ** 2), size.activities - 1))
        node = f"<{ID}participation/p{number}-{turn}>"
        where = section(chance.randrange(size.sections))
        yield f"{node} {_TYPE} {term('Participation')} {where} ."
        yield f"{node} {term('participant')} {organisation(number)} {where} ."
        yield f"{node} {term('activity')} {joined} {where} ."
        role = chance.choices(SCHEMES["participation-role"], (1, 8, 1, 4, 2, 1))[0]
        yield f"{node} {term('role')} {code('participation-role', role)} {where} ."
        status = chance.choices(SCHEMES["status"], (16, 2, 2, 1))[0]
        yield f"{node} {term('status')} {code('status', status)} {where} ."
        yield f"{node} {term('statedIn')} {where} {_INFERRED} ."
        yield f"{organisation(number)} {term('participatesIn')} {joined} {_INFERRED} ."
        yield f"{joined} {term('hasParticipant')} {organisation(number)} {_INFERRED} ."


def _figures(number: int, size: Size, chance: random.Random) -> Iterator[str]:
    # Two of three figures count the same thing, so that there are rival ones and newer ones.
    first, second = chance.sample(SCHEMES["measure"], 2)
    value = chance.randint(5, 2000)
    for turn, measure in enumerate((first, first, second)):
        node = f"<{ID}figure/f{number}-{turn}>"
        where = section(chance.randrange(size.sections))
        value = max(1, value + chance.randint(-4, 40) * (turn > 0))
        yield f"{node} {_TYPE} {term('Figure')} {where} ."
        yield f"{node} {term('subject')} {organisation(number)} {where} ."
        yield f"{node} {term('measure')} {code('measure', measure)} {where} ."
        yield f'{node} {term("value")} "{value}"^^<{_XSD}integer> {where} .'
        yield f"{node} {term('unit')} {code('unit', chance.choice(SCHEMES['unit']))} {where} ."
        yield f"{node} {term('bound')} {code('bound', chance.choice(SCHEMES['bound']))} {where} ."
        yield f'{node} {term("asOf")} "{chance.randint(2010, 2026)}"^^<{_XSD}gYear> {where} .'
        yield f"{node} {term('status')} {code('status', 'stated')} {where} ."
        yield f"{node} {term('statedIn')} {where} {_INFERRED} ."


def _name(chance: random.Random) -> str:
    return " ".join(chance.sample(_WORDS, 2)).title()


def write_release(root: Path, quads: int) -> Path:
    """Write a generated graph as a release below a data root, make it current, and return its directory."""
    root.mkdir(parents=True, exist_ok=True)
    plain = root / "generated.nq"
    with plain.open("w") as file:
        file.writelines(line + "\n" for line in lines(quads))
    store = Store()
    store.bulk_load(path=plain, format=RdfFormat.N_QUADS)
    plain.unlink()
    merge(store)
    releases = Releases(root)
    with releases.lock():
        made = write(releases, store, Record(f"bench-{quads}"))
        releases.activate(made.path)
    return made.path
