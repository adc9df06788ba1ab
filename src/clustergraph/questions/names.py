"""Names as people type them, and the things that bear them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.errors import QuestionError
from clustergraph.terms import compact

_LETTERS: Final = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "œ": "oe", "đ": "d"})
_PREFERRED, _OTHER, _END = range(3)
"""How well a name fits: as the preferred one, as another one, or as what counts where nothing is called so."""
NAMES_QUERY: Final = """SELECT ?thing ?name ?rank {{ {what}
  {{ ?thing skos:prefLabel|rdfs:label ?name BIND ({first} AS ?rank) }}
  UNION {{ ?thing skos:altLabel|skos:notation|cg:acronym|cg:nutsCode|cg:isoCode ?name BIND (1 AS ?rank) }}
  {more}
}} ORDER BY ?rank (LANG(?name) != "en") (LANG(?name) NOT IN ("", "und")) ?name ?thing"""
"""Gives the names of things with the rank of each, the best first.

It says ``what`` they are, the rank of the ``first`` names, and ``more`` names.
"""


KIND_QUERY: Final = """SELECT ?kind {{
  {{ {node} skos:inScheme ?kind BIND (0 AS ?rank) }}
  UNION {{ {node} a ?kind BIND (1 AS ?rank)
    FILTER NOT EXISTS {{ {node} a ?finer . ?finer rdfs:subClassOf+ ?kind FILTER (?finer != ?kind) }} }}
}} ORDER BY ?rank ?kind"""
"""Gives what kind of thing a ``node`` is: the list of a code, or its finest class."""


def plain(name: str) -> str:
    """Return a name in the form in which names are compared.

    >>> plain("Clúster Digital – BCN"), plain("Małopolska"), plain("長野県")
    ('cluster digital bcn', 'malopolska', '長野県')
    """
    bare = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    return re.sub(r"[\W_]+", " ", "".join(c for c in bare if not unicodedata.combining(c)).casefold()).strip()


def initials(name: str) -> str:
    """Return the first letters of the words of a name.

    >>> initials("Baden-Württemberg")
    'bw'
    """
    return "".join(word[0] for word in plain(name).split())


@dataclass(frozen=True)
class Choice:
    """A thing that a name may mean."""

    iri: str
    label: str
    kind: str
    """The label of its class, or of the list that it is a code of."""

    def __str__(self) -> str:
        return f"{self.label} ({self.kind}, {compact(self.iri)})" if self.kind else f"{self.label} ({self.short})"

    @property
    def short(self) -> str:
        """Its IRI as it can be given."""
        return compact(self.iri).strip("<>")


class AmbiguousNameError(QuestionError):
    """Several things bear a name, and it is not said which one is meant."""

    def __init__(self, name: str, choices: Sequence[Choice], parameter: str = "") -> None:
        """Keep the things, and the parameter that the name was given for."""
        place = f"{parameter}: " if parameter else ""
        listed = ", ".join(map(str, choices))
        super().__init__(
            f"{place}{name!r} is a name of {len(choices)} things: {listed}",
            advice=f"say which is meant: {' or '.join(each.short for each in choices)}",
        )
        self.name = name
        self.choices = tuple(choices)
        self.parameter = parameter


class Choices:
    """Things by every name of each."""

    def __init__(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """Read IRI, name and rank of each name, the best first (`NAMES_QUERY`); the end of an IRI is a name as well.

        >>> found = Choices([("https://a.example/1", "AFIL", 1), ("https://a.example/2", "Afil", 1)])
        >>> found.meant("afil")
        (['https://a.example/1', 'https://a.example/2'], [])
        """
        self._names: dict[str, str] = {}
        self._written: dict[str, None] = {}
        self._borne: dict[str, dict[str, int]] = {}
        for iri, name, rank in rows:
            self._names.setdefault(iri, name)
            self._add(iri, name, rank)
        for iri in self._names:
            self._add(iri, re.split("[/#]", iri)[-1], _END)

    def _add(self, iri: str, name: str, rank: int) -> None:
        self._written.setdefault(name)
        self._borne.setdefault(plain(name), {}).setdefault(iri, rank)

    def meant(self, name: str) -> tuple[list[str], list[str]]:
        """Return the things that a name means best, and those of which it is another name.

        People leave out the verb of "has place". The end of an IRI counts where nothing is called so.
        """
        key = plain(name)
        borne = (self._borne.get(key) or self._borne.get(f"has {key}") or {}) if key else {}
        best = min(borne.values(), default=_PREFERRED)
        return [iri for iri, rank in borne.items() if rank == best], [
            iri for iri, rank in borne.items() if best < rank < _END
        ]

    @property
    def written(self) -> Iterable[str]:
        """All names, as they are written, the preferred ones first."""
        return self._written.keys()

    @property
    def offered(self) -> dict[str, str]:
        """What to give for each thing, by its IRI: the first name, or where that means another as well, a short IRI."""
        return {
            iri: name if self.meant(name)[0] == [iri] else compact(iri).strip("<>") for iri, name in self._names.items()
        }

    def like(self, name: str, limit: int = 3) -> list[str]:
        """Return one name of each of the things whose names are most like a name, or have it for their initials."""
        short = [each for each in self._written if initials(each) == plain(name)]
        found: dict[str, str] = {}
        for near in [*short, *nearest(name, self._written, 12)]:
            for iri in self.meant(near)[0]:
                found.setdefault(iri, near)
        # The same thing under three spellings is no choice, nor the same spelling for three things.
        return list(dict.fromkeys(found.values()))[:limit]

    def __contains__(self, iri: str) -> bool:
        """Whether a thing is one of them."""
        return iri in self._names

    def __iter__(self) -> Iterator[str]:
        """Yield the IRIs."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._names)


def nearest(name: str, names: Iterable[str], limit: int = 3) -> list[str]:
    """Return the names that are most like a name, the most like it first.

    >>> nearest("plastipols", ["Plastival", "Plastipolis", "AFIL"], 1)
    ['Plastipolis']
    """
    from rapidfuzz import fuzz, process

    found = process.extract(name, list(names), scorer=fuzz.WRatio, processor=plain, limit=limit, score_cutoff=60)
    return [match[0] for match in found]


def with_article(noun: str) -> str:
    """Return a noun with its article.

    >>> with_article("event"), with_article("partnership")
    ('an event', 'a partnership')
    """
    return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}"
