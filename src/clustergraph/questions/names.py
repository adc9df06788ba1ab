"""Names as people type them, and the things that bear them."""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.errors import QuestionError
from clustergraph.terms import compact

_LETTERS: Final = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "œ": "oe", "đ": "d"})
PREFERRED, OTHER, END = range(3)
"""How well a name fits: as the preferred one, as another one, or as what counts where nothing is called so."""
NAMES_QUERY: Final = """SELECT ?thing ?name ?rank ?everywhere {{ {what}
  {{ ?thing skos:prefLabel|rdfs:label ?name BIND ({first} AS ?rank) }}
  UNION {{ ?thing skos:altLabel|skos:notation|cg:acronym|cg:nutsCode|cg:isoCode ?name BIND (1 AS ?rank) }}
  {more}
}} ORDER BY ?rank (LANG(?name) != "en") (LANG(?name) NOT IN ("", "und")) ?name ?thing"""
"""Gives the names of things with the rank of each, the best first.

It says ``what`` they are, the rank of the ``first`` names, and ``more`` names; one with ``?everywhere`` counts only
where anything may be meant.
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


def end_of(iri: str) -> str:
    """Return the last part of an IRI.

    >>> end_of("https://w3id.org/clustergraph/id/organisation/afil")
    'afil'
    """
    return re.split("[/#]", iri)[-1]


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


class Choices(ABC):
    """Things by every name of each; the end of an IRI is a name as well."""

    def meant(self, name: str) -> tuple[list[str], list[str]]:
        """Return the things that a name means best, and those of which it is another name.

        People leave out the verb of "has place". The end of an IRI counts where nothing is called so.
        """
        key = plain(name)
        borne = (self._bearers(key) or self._bearers(f"has {key}")) if key else {}
        best = min(borne.values(), default=PREFERRED)
        return [iri for iri, rank in borne.items() if rank == best], [
            iri for iri, rank in borne.items() if best < rank < END
        ]

    def offer(self, iri: str) -> str:
        """Return what to give for a thing: its first name, or where that means another as well, a short IRI."""
        name = self._name(iri)
        return name if self.meant(name)[0] == [iri] else compact(iri).strip("<>")

    @property
    def offered(self) -> dict[str, str]:
        """What to give for each thing, by its IRI."""
        return {iri: self.offer(iri) for iri in self}

    def like(self, name: str, limit: int = 3) -> list[str]:
        """Return one name of each of the things whose names are most like a name, or have it for their initials."""
        found: dict[str, str] = {}
        for near in [*self._abbreviated(plain(name)), *nearest(name, self._similar(name), 12)]:
            for iri in self.meant(near)[0]:
                found.setdefault(iri, near)
        # The same thing under three spellings is no choice, nor the same spelling for three things.
        return list(dict.fromkeys(found.values()))[:limit]

    @abstractmethod
    def _bearers(self, key: str) -> Mapping[str, int]:
        """Return the things that bear a name, in the form in which names are compared, with its rank for each."""

    @abstractmethod
    def _name(self, iri: str) -> str:
        """Return the first name of a thing."""

    @abstractmethod
    def _abbreviated(self, letters: str) -> Iterable[str]:
        """Return the names that have some letters for their initials."""

    @abstractmethod
    def _similar(self, name: str) -> Collection[str]:
        """Return the names among which those are that are most like a name."""

    @abstractmethod
    def __contains__(self, iri: str) -> bool:
        """Whether a thing is one of them."""

    @abstractmethod
    def __iter__(self) -> Iterator[str]:
        """Yield the IRIs."""

    @abstractmethod
    def __len__(self) -> int:
        """Return how many there are."""


class ListedChoices(Choices):
    """Things whose names have been read."""

    def __init__(self, rows: Iterable[tuple[str, str, int]] = ()) -> None:
        """Read IRI, name and rank of each name, the best first (`NAMES_QUERY`).

        >>> found = ListedChoices([("https://a.example/1", "AFIL", 1), ("https://a.example/2", "Afil", 1)])
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
            self._add(iri, end_of(iri), END)

    def _add(self, iri: str, name: str, rank: int) -> None:
        self._written.setdefault(name)
        self._borne.setdefault(plain(name), {}).setdefault(iri, rank)

    @property
    def written(self) -> Collection[str]:
        """All names, as they are written, the preferred ones first."""
        return self._written.keys()

    def _bearers(self, key: str) -> Mapping[str, int]:
        return self._borne.get(key, {})

    def _name(self, iri: str) -> str:
        return self._names[iri]

    def _abbreviated(self, letters: str) -> Iterable[str]:
        return (each for each in self._written if initials(each) == letters)

    def _similar(self, name: str) -> Collection[str]:  # noqa: ARG002 - any may be
        return self.written

    def __contains__(self, iri: str) -> bool:
        return iri in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
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
