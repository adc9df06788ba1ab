"""Search: things, terms and questions by their names, without accents, mistyped, by acronym, in any language.

Candidates are the names that share most trigrams with what is typed; rapidfuzz then says how alike they are. Names and
trigrams are tables of SQLite, so that an index of names in a file is searched without being read.
"""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
from rapidfuzz import fuzz

from clustergraph.languages import notation
from clustergraph.languages.messages import ngettext
from clustergraph.questions.names import plain

COUNTED: Final = ("property", "class", "code")
"""The kinds of terms of which it is told how much there is."""
_TABLES: Final = """
CREATE TABLE entry (
  place INTEGER PRIMARY KEY, plain TEXT, acronym TEXT, iri TEXT, name TEXT, label TEXT, class TEXT, kind TEXT
);
CREATE TABLE trigram (gram TEXT PRIMARY KEY, many INTEGER, places BLOB);
"""
"""Names, and for each trigram how many names have it, and which, as numbers of four bytes."""
_INDEXES: Final = "CREATE INDEX by_plain ON entry (plain); CREATE INDEX by_acronym ON entry (acronym);"
_PLACES: Final = np.dtype("<u4")
_CANDIDATES: Final = 150
_SAME: Final = 100.0
_INITIALS: Final = 95.0
_BEGINS: Final = 90.0
"""From how much on a name, or a word in it, is or begins with what is typed; less is only like it."""
_LIKE: Final = 0.89
"""What is only like the text is below what begins with it, however alike the two are."""
_LEAST_ALIKE: Final = 62.0 * _LIKE
_SHORT: Final = 3
"""Names of so few letters are in many a text: they are compared as a whole only."""
_PART: Final = 0.8
"""How much less a question is meant by the name of a parameter or column than by its title."""
_MOST_READ: Final = 40_000
"""How many names are looked at, those with the rarest trigrams first; a trigram that most names have says little."""


@dataclass(frozen=True)
class Name:
    """A name of a thing."""

    iri: str
    name: str
    label: str
    class_: str
    """The label of its finest class; of a code the name of its list; or else its kind."""
    score: float = 0.0
    """How well it fits what is searched for, from 0 to 100."""
    kind: str = "thing"
    """One of thing, class, property, code, question."""
    count: int | None = None
    """How many statements a property has, how many things a class, and how many have a code."""
    questions: Mapping[str, str] = field(default_factory=dict)
    """The questions that use a term: name and title."""

    @property
    def is_similar(self) -> bool:
        """Whether it is only like what is searched for: neither is it that, nor begins a word of it so.

        >>> Name("a", "ViaMéca", "ViaMéca", "cluster", 93.0).is_similar, Name("b", "Vi", "Vi", "", 70.0).is_similar
        (False, True)
        """
        return self.score < _BEGINS

    @property
    def counted(self) -> str:
        """What there is of a term, in words; nothing for what is none.

        >>> Name("a", "has region", "has region", "property", kind="property", count=102).counted
        '102 statements'
        """
        if self.count is None:
            return ""
        number = notation.number(self.count)
        match self.kind:
            case "property":
                return ngettext("%(number)s statement", "%(number)s statements", self.count, number=number)
            case "class":
                return ngettext("%(number)s thing", "%(number)s things", self.count, number=number)
            case _:
                return ngettext("%(number)s thing has it", "%(number)s things have it", self.count, number=number)


class Index:
    """Finds things by their names."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Take the database that the names are written in."""
        self._database = database

    @classmethod
    def of(cls, names: Iterable[Name]) -> Self:
        """Return an index of some names, in memory."""
        return cls.write(sqlite3.connect(":memory:", check_same_thread=False), names)

    @classmethod
    def write(cls, database: sqlite3.Connection, names: Iterable[Name]) -> Self:
        """Write names into a database, and return their index."""
        grams: dict[str, array[int]] = defaultdict(lambda: array("I"))
        database.executescript(_TABLES)
        database.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _entries(names, grams))
        places = ((gram, len(each), np.array(each, _PLACES).tobytes()) for gram, each in sorted(grams.items()))
        database.executemany("INSERT INTO trigram VALUES (?, ?, ?)", places)
        database.executescript(_INDEXES)
        return cls(database)

    def search(self, text: str, limit: int = 10) -> list[Name]:
        """Return the names that are most like a text, the best of each thing, and the best first.

        What bears the name comes before what begins with the text, or has a word that does, and this before what is
        only like it. Of what begins with it, things come before terms, and terms before questions. Whatever bears just
        that name is among them, even if that is more than the limit.

        >>> names = [Name("a", "ViaMéca", "ViaMéca", "cluster"), Name("b", "Minalogic", "Minalogic", "cluster")]
        >>> index = Index.of(names)
        >>> [hit.label for hit in index.search("viameka")]
        ['ViaMéca']
        """
        wanted = plain(text)
        best: dict[str, Name] = {}
        for name, entry in self._candidates(wanted) if wanted else ():
            score = _score(wanted, name)
            if entry.kind == "question" and entry.name != entry.label:
                score *= _PART
            if score >= _LEAST_ALIKE and (entry.iri not in best or best[entry.iri].score < score):
                best[entry.iri] = replace(entry, score=round(score, 1))
        found = sorted(best.values(), key=_place)
        return found[: max(limit, sum(hit.score == _SAME for hit in found))]

    def near(self, text: str) -> Iterator[str]:
        """Yield the things whose names share trigrams with a text, those that share most first."""
        for place in self._sharing(plain(text)):
            yield from self._database.execute("SELECT iri FROM entry WHERE place = ?", (place,)).fetchone()

    def _candidates(self, wanted: str) -> Iterator[tuple[str, Name]]:
        """Yield the names that a text may mean, in the form in which names are compared and as they are."""
        same = "SELECT place FROM entry WHERE plain = :wanted OR acronym = :wanted ORDER BY place"
        exact = [place for (place,) in self._database.execute(same, {"wanted": wanted})]
        places = list(dict.fromkeys([*exact, *self._sharing(wanted)[:_CANDIDATES]]))
        listed = ", ".join(map(str, places))
        rows = self._database.execute(
            f"SELECT place, plain, iri, name, label, class, kind FROM entry WHERE place IN ({listed})"  # noqa: S608 - numbers
        )
        found = {
            place: (name, Name(iri, written, label, class_, kind=kind))
            for place, name, iri, written, label, class_, kind in rows
        }
        return (found[place] for place in places)

    def _sharing(self, wanted: str) -> list[int]:
        """Return the places of the entries that share trigrams with a text, those that share most first."""
        grams = sorted(_trigrams(wanted))
        marks = ", ".join("?" * len(grams))
        sizes = dict(self._database.execute(f"SELECT gram, many FROM trigram WHERE gram IN ({marks})", grams))  # noqa: S608 - marks
        read: list[bytes] = []
        total = 0
        for gram in sorted(sizes, key=lambda gram: (sizes[gram], gram)):
            if read and total + sizes[gram] > _MOST_READ:
                break
            read += self._database.execute("SELECT places FROM trigram WHERE gram = ?", (gram,)).fetchone()
            total += sizes[gram]
        every = np.frombuffer(b"".join(read), _PLACES)
        places, first, shared = np.unique(every, return_index=True, return_counts=True)
        found: list[int] = places[np.lexsort((first, -shared))].tolist()
        return found


def _entries(names: Iterable[Name], grams: Mapping[str, "array[int]"]) -> Iterator[tuple[int | str, ...]]:
    """Yield the rows of names, and note where each trigram is."""
    for place, entry in enumerate(names):
        text = plain(entry.name)
        for gram in _trigrams(text):
            grams[gram].append(place)
        yield place, text, _acronym(text), entry.iri, entry.name, entry.label, entry.class_, entry.kind


def _place(hit: Name) -> tuple[bool, int, float, int, int, str]:
    """Return where a name stands among those that are found."""
    kind = {"thing": 0, "question": 2}.get(hit.kind, 1)
    first = kind if _BEGINS <= hit.score < _INITIALS else -1 if hit.score >= _INITIALS else 3
    return hit.is_similar, first, -hit.score, kind, len(hit.label), hit.label


def _score(wanted: str, name: str) -> float:
    if name == wanted:
        return _SAME
    if _acronym(name) == wanted:
        return _INITIALS
    if name.startswith(wanted) or f" {wanted}" in name:
        return _BEGINS + 4.9 * len(wanted) / len(name)
    whole = max(fuzz.ratio(wanted, name), 0.9 * fuzz.token_sort_ratio(wanted, name))
    return _LIKE * (whole if len(name) <= _SHORT else max(whole, 0.85 * fuzz.WRatio(wanted, name)))


def _acronym(text: str) -> str:
    words = text.split()
    return "".join(word[0] for word in words) if len(words) > 1 else text


def _trigrams(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[place : place + 3] for place in range(len(padded) - 2)}
