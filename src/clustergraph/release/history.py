"""What a release has changed in what is stated of each thing, against the one before it, in a file beside it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from clustergraph.errors import SourceError
from clustergraph.rdf.labels import NAMING
from clustergraph.release.artefacts import HISTORY, folder_of, home_of, lines_of
from clustergraph.release.changes import Change, changes
from clustergraph.release.manifest import Release
from clustergraph.release.releases import Releases
from clustergraph.terms import CATALOGUE, GRAPH, INFERRED, ONTOLOGY, SCHEME

_FILE: Final = "history.sqlite"
_COMPARED: Final = 5_000_000
"""Of releases with more statements nothing is compared."""
_COMPUTED: Final = {f"<{graph.value}>".encode() for graph in (INFERRED, CATALOGUE)}
_KEPT: Final = 300_000
"""Of more changes only the number is kept."""
_TABLES: Final = """
CREATE TABLE told (earlier TEXT, gone INTEGER, new INTEGER, kept INTEGER);
CREATE TABLE changed (thing TEXT, new INTEGER, line TEXT);
CREATE TABLE tied (thing TEXT, node TEXT);
"""
_ABOUT: Final = """
SELECT new, line FROM changed WHERE thing = :thing OR thing IN (SELECT node FROM tied WHERE thing = :thing)
GROUP BY new, line ORDER BY MIN(thing <> :thing), line, new LIMIT :limit
"""
_NAMES: Final = {f"<{name.value}>".encode() for name in NAMING}
_NO_THINGS: Final = tuple(f"<{space}".encode() for space in (SCHEME, GRAPH, ONTOLOGY))
_BATCH: Final = 10_000


@dataclass(frozen=True)
class StatedChange:
    """A statement that is new in a release, or gone from it."""

    new: bool
    subject: str
    predicate: str
    value: str
    """An IRI or a text."""
    is_thing: bool
    """Whether the value is an IRI."""
    graph: str


@dataclass(frozen=True)
class HistoryExtent:
    """How much a release has changed."""

    earlier: str
    """The digest of the release before it, or nothing."""
    gone: int
    new: int
    kept: bool
    """Whether what has changed is kept, and not only how much."""


@dataclass(frozen=True)
class History:
    """What has changed with a release."""

    path: Path

    @classmethod
    def of(cls, release: Path) -> History | None:
        """Return that of the release in a directory, if it is made."""
        folder = folder_of(release, HISTORY)
        return cls(folder / _FILE) if folder and (folder / _FILE).is_file() else None

    @staticmethod
    def write(folder: Path, release: Release) -> None:
        """Write into a folder what a release has changed against the newest of those before it, if there is one."""
        earlier = _earlier(release)
        compared = [] if earlier is None else [earlier.path, release.path]
        with closing(sqlite3.connect(folder / _FILE)) as database:
            database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES}")
            gone, new = _fill(database, compared)
            if kept := gone + new <= _KEPT:
                _tie(database, compared)
            else:
                database.execute("DELETE FROM changed")
            told = (earlier.digest if earlier else "", gone, new, kept)
            database.execute("INSERT INTO told VALUES (?, ?, ?, ?)", told)
            database.execute("CREATE INDEX changed_thing ON changed (thing)")
            database.execute("CREATE INDEX tied_thing ON tied (thing)")
            database.commit()

    @property
    def extent(self) -> HistoryExtent:
        """How much has changed, and since which release."""
        with closing(self._opened()) as database:
            earlier, gone, new, kept = database.execute("SELECT earlier, gone, new, kept FROM told").fetchone()
            return HistoryExtent(earlier, gone, new, bool(kept))

    def about(self, iri: str, limit: int) -> list[StatedChange]:
        """Return so many changes in what is stated of a thing, with it as a value, or of a node that says it of it."""
        with closing(self._opened()) as database:
            found = database.execute(_ABOUT, {"thing": f"<{iri}>", "limit": limit})
            return [_read(new, line) for new, line in found]

    def _opened(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def forget(releases: Releases) -> None:
    """Remove what is kept of changes, which may tell of what is withdrawn."""
    for release in releases.all():
        for folder in home_of(release.path).glob(f"{HISTORY}-*"):
            shutil.rmtree(folder)


def _earlier(release: Release) -> Release | None:
    """Return the newest release that is older than one, if both can be compared."""
    older = (each for each in Releases(release.path.parents[1]).all() if each.created < release.created)
    found = next(older, None)
    return found if found and max(found.quads, release.quads) <= _COMPARED else None


def _fill(database: sqlite3.Connection, compared: Sequence[Path]) -> tuple[int, int]:
    """Write the changes between two releases, and return how many statements are gone and new."""
    counts, rows = [0, 0], []
    for change in _stated(compared):
        counts[change.new] += 1
        if sum(counts) > _KEPT:
            continue
        rows += [(thing.decode(), change.new, change.statement.line().decode()) for thing in _things(change)]
        if len(rows) >= _BATCH:
            database.executemany("INSERT INTO changed VALUES (?, ?, ?)", rows)
            rows.clear()
    database.executemany("INSERT INTO changed VALUES (?, ?, ?)", rows)
    return counts[0], counts[1]


def _stated(compared: Sequence[Path]) -> Iterator[Change]:
    """Yield the changes that are not computed; none where there is nothing to compare, or no plain RDF."""
    try:
        found = changes(*map(lines_of, compared)) if compared else ()
        yield from (change for change in found if change.statement.graph not in _COMPUTED)
    except SourceError:
        return


def _tie(database: sqlite3.Connection, compared: Sequence[Path]) -> None:
    """Write to which things those nodes lead that have changed and have no name, such as figures."""
    changed = {thing.encode() for (thing,) in database.execute("SELECT DISTINCT thing FROM changed")}
    named, ties = set[bytes](), set[tuple[bytes, bytes]]()
    for line in chain.from_iterable(map(lines_of, compared) if changed else ()):
        subject, predicate, value = line.split(b" ", 2)
        if subject not in changed:
            continue
        if predicate in _NAMES:
            named.add(subject)
        elif value.startswith(b"<") and not value.startswith(_NO_THINGS):
            ties.add((value.partition(b" ")[0], subject))
    rows = ((thing.decode(), node.decode()) for thing, node in sorted(ties) if node not in named)
    database.executemany("INSERT INTO tied VALUES (?, ?)", rows)


def _things(change: Change) -> Iterable[bytes]:
    """Return the things that a change is about."""
    return {term for term in (change.statement.subject, change.statement.object) if term.startswith(b"<")}


def _read(new: int, line: str) -> StatedChange:
    (quad,) = parse(line, format=RdfFormat.N_QUADS)
    subject, value, graph = quad.subject, quad.object, quad.graph_name
    return StatedChange(
        bool(new),
        subject.value if isinstance(subject, NamedNode) else "",
        quad.predicate.value,
        value.value if isinstance(value, NamedNode | Literal) else "",
        isinstance(value, NamedNode),
        graph.value if isinstance(graph, NamedNode) else "",
    )
