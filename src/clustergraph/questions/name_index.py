"""The names of a release in a file: what is searched, who bears which name, and which things are of a class.

It is an artefact of the release, written once, and read where it is without being read whole.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, Self

from pyoxigraph import NamedNode, QuerySolutions

from clustergraph.engine.store import Embedded
from clustergraph.questions.names import END, Choices, end_of, initials, plain
from clustergraph.questions.parameters import has_usual_names, whole_query
from clustergraph.questions.question import Parameter, Question
from clustergraph.questions.search import Index
from clustergraph.questions.usage import Usage
from clustergraph.questions.values import SUGGESTED
from clustergraph.terms import compact

_FILE: Final = "names.sqlite"
_TABLES: Final = """
CREATE TABLE thing (number INTEGER PRIMARY KEY, iri TEXT UNIQUE, name TEXT);
CREATE TABLE borne (
  place INTEGER PRIMARY KEY, plain TEXT, initials TEXT, thing INTEGER, name TEXT, rank INTEGER, everywhere INTEGER
);
CREATE TABLE type (class TEXT, thing INTEGER, PRIMARY KEY (class, thing)) WITHOUT ROWID;
"""
"""Things in the order of the alphabet, every name of each, the best first, and the classes of things."""
_INDEXES: Final = """
CREATE INDEX borne_plain ON borne (plain);
CREATE INDEX borne_initials ON borne (initials);
CREATE INDEX borne_thing ON borne (thing);
"""
_FOR_WRITING: Final = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;"
_COMPARED: Final = 150
"""With the names of how many things one is compared that nothing bears."""
_LOOKED_AT: Final = 5_000
"""Among how many that share trigrams with it these are looked for."""


class NameIndex:
    """Finds things by their names in a file."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Take the database that holds the names."""
        self._database = database
        self._many: dict[tuple[str, str], IndexedChoices | None] = {}

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the one in a folder.

        It is never changed, so nothing is locked, and no other file is opened; what is read has no place of its own in
        the file, so that a process can hand it to its forks.
        """
        address = f"{(folder / _FILE).resolve().as_uri()}?mode=ro&immutable=1"
        database = sqlite3.connect(address, uri=True, check_same_thread=False)
        database.execute("PRAGMA temp_store = MEMORY")
        database.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()  # It opens the file.
        return cls(database)

    @staticmethod
    def write(folder: Path, graph: Embedded, questions: Mapping[str, Question]) -> None:
        """Write the names in a graph, with those of the questions that can be asked of it, into a folder."""
        database = sqlite3.connect(folder / _FILE)
        database.executescript(_FOR_WRITING)
        usage = Usage(graph, questions)
        Index.write(database, usage.names())
        _write(database, graph, usage)
        database.commit()
        database.close()

    @cached_property
    def searched(self) -> Index:
        """All names, to be searched."""
        return Index(self._database)

    @cached_property
    def all(self) -> Choices:
        """All things."""
        return IndexedChoices(self._database, self.searched)

    def many(self, parameter: Parameter) -> Choices | None:
        """Return the things of the classes that a parameter takes, if they are more than are suggested."""
        key = parameter.of, parameter.but
        if key not in self._many:
            found = IndexedChoices(self._database, self.searched, parameter.of.split(), parameter.but)
            self._many[key] = found if has_usual_names(parameter) and len(found) > SUGGESTED else None
        return self._many[key]


class IndexedChoices(Choices):
    """Things whose names are read from an index when they are asked for, in the order of the alphabet."""

    def __init__(
        self, database: sqlite3.Connection, searched: Index, classes: Collection[str] = (), but: str = ""
    ) -> None:
        """Take the index, and if not all things are meant, the classes that they are of, and one that they are not."""
        self._database = database
        self._searched = searched
        self._given = (*classes, *([but] if but else []))
        of = "EXISTS (SELECT 1 FROM type WHERE thing = {thing} AND class IN (%s))"
        among = [of % ", ".join("?" * len(classes))] if classes else []
        among += ["NOT " + of % "?"] if but else []
        self._among = " AND ".join(["TRUE", *among])
        self._here = "NOT everywhere" if classes else "TRUE"

    def _things(self, what: str, more: str = "TRUE", *given: str) -> sqlite3.Cursor:
        """Return what is asked of the things."""
        condition = self._among.format(thing="thing.number")
        query = f"SELECT {what} FROM thing WHERE {more} AND {condition} ORDER BY number"  # noqa: S608 - our own words
        return self._database.execute(query, (*given, *self._given))

    def _names(self, column: str, text: str) -> sqlite3.Cursor:
        """Return IRI, name and rank of the names that have a text in a column."""
        condition = self._among.format(thing="borne.thing")
        query = f"""SELECT thing.iri, borne.name, rank FROM borne JOIN thing ON number = borne.thing
            WHERE borne.{column} = ? AND {self._here} AND {condition} ORDER BY place"""  # noqa: S608 - our own words
        return self._database.execute(query, (text, *self._given))

    def _bearers(self, key: str) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for iri, _, rank in self._names("plain", key):
            found.setdefault(iri, rank)
        return found

    def _name(self, iri: str) -> str:
        name: str = self._things("name", "iri = ?", iri).fetchone()[0]
        return name

    def _abbreviated(self, letters: str) -> Iterable[str]:
        return (name for _, name, _ in self._names("initials", letters)) if letters else ()

    def _similar(self, name: str) -> Collection[str]:
        near = dict.fromkeys(islice(self._searched.near(name), _LOOKED_AT))
        things = list(islice((iri for iri in near if iri in self), _COMPARED))
        marks = ", ".join("?" * len(things))
        query = f"""SELECT borne.name FROM borne JOIN thing ON number = borne.thing
            WHERE thing.iri IN ({marks}) AND rank < {END} AND {self._here} ORDER BY place"""  # noqa: S608 - our own words
        return [each for (each,) in self._database.execute(query, things)]

    def __contains__(self, iri: str) -> bool:
        return self._things("1", "iri = ?", iri).fetchone() is not None

    def __iter__(self) -> Iterator[str]:
        return (iri for (iri,) in self._things("iri"))

    @cached_property
    def _number(self) -> int:
        number: int = self._things("COUNT(*)").fetchone()[0]
        return number

    def __len__(self) -> int:
        return self._number


class _Borne(NamedTuple):
    iri: str
    name: str
    rank: int
    everywhere: bool
    """Whether it counts only where anything may be meant."""


def _write(database: sqlite3.Connection, graph: Embedded, usage: Usage) -> None:
    """Write who bears which name, and the classes of things."""
    names = list(_borne(graph))
    first: dict[str, str] = {}
    here = {each.iri for each in names if not each.everywhere}
    for each in names:
        first.setdefault(each.iri, each.name)
    ends = (_Borne(iri, end_of(iri), END, iri not in here) for iri in first)
    numbers = {iri: place for place, iri in enumerate(sorted(first, key=lambda iri: (first[iri].casefold(), iri)))}
    database.executescript(_TABLES)
    database.executemany("INSERT INTO thing VALUES (?, ?, ?)", ((at, iri, first[iri]) for iri, at in numbers.items()))
    types = sorted((compact(class_), numbers[iri]) for iri in here for class_ in usage.classes(iri))
    rows = (
        (plain(name), initials(name) if rank != END else "", numbers[iri], name, rank, everywhere)
        for iri, name, rank, everywhere in (*names, *ends)
    )
    database.executemany("INSERT INTO borne VALUES (NULL, ?, ?, ?, ?, ?, ?)", rows)
    database.executemany("INSERT INTO type VALUES (?, ?)", types)
    database.executescript(_INDEXES)


def _borne(graph: Embedded) -> Iterator[_Borne]:
    rows = graph.query(whole_query())
    assert isinstance(rows, QuerySolutions)
    for row in rows:
        if isinstance(thing := row["thing"], NamedNode):
            yield _Borne(thing.value, row["name"].value, int(row["rank"].value), row["everywhere"] is not None)
