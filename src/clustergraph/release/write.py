"""The one writer of releases: store and manifest, whole and on disk before they have a name, and never changed after.

A crash at any moment leaves nothing but a folder that no reader looks at, and that the next writer removes.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple, Self

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from clustergraph.errors import ReleaseError
from clustergraph.rdf.files import flush
from clustergraph.rdf.lines import Line, batches, canonical, unique
from clustergraph.release.artefacts import DUMP, DUMP_FILE, home_of, lines_of
from clustergraph.release.changes import Changes
from clustergraph.release.manifest import STORE, Counts, Record, Release
from clustergraph.release.releases import DRAFT, Releases

_DIGITS: Final = 16
"""How many digits of the SHA-256 of its lines name a release."""
_PIECE: Final = 200_000
"""How many statements are loaded into a store at a time; the engine takes a kilobyte of memory for each."""
_OPENED: Final = 16
"""How many files of a store the engine opens at once; it opens others when it needs them, which no worker may do."""


class Content(NamedTuple):
    """The canonical lines of a graph, and how they differ from those of its parent if it can be derived."""

    lines: Iterable[Line]
    changes: Changes | None

    @classmethod
    def of(cls, store: Store, parent: Path) -> Content:
        """Return the content of a store that is a small change of a parent."""
        # As long as no statement with a blank node differs, the names in the parent are canonical here, too.
        lines = lines_as_they_are(store)
        changes = Changes.between(lines_of(parent), lines)
        return cls(canonical(named(store)), None) if changes.blank else cls(lines, changes)


def write(
    releases: Releases, store: Store, record: Record, parent: Release | None = None, content: Content | None = None
) -> Release:
    """Write the graph of a store as a release, and return it; it is not made current. The caller holds the lock.

    The default graph of the store is the merged graph of its named graphs. Where the release is a small change of a
    parent, the content says how it differs, and the record counts on from there.
    """
    lines, changes = content or Content(canonical(named(store)), None)
    with Draft.begun(releases) as draft:
        draft.take(lines)
        if parent is not None:
            before = releases.record(parent.digest)
            base = before.base or parent.digest
            if draft.digest != base:  # which is a built release, and stays one
                record = replace(record, parent=parent.digest, base=base, writes=before.writes + 1)
        if not draft.known():
            draft.copy(store, changes, parent)
        return draft.name(record)


@dataclass
class Draft:
    """A release that is being written."""

    releases: Releases
    folder: Path
    digest: str = ""
    counts: Counts = field(default_factory=Counts)
    store: Store | None = None
    """The store that it is described from."""

    @classmethod
    @contextmanager
    def begun(cls, releases: Releases) -> Iterator[Self]:
        """Give a draft to fill; without a name of its own at the end, it is removed."""
        releases.sweep()
        releases.home.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=DRAFT, dir=releases.home))
        try:
            for name in ("release", DUMP):
                (folder / name).mkdir()
            yield cls(releases, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def final(self) -> Path:
        """Where it will be."""
        return self.releases.home / self.digest

    def take(self, lines: Iterable[Line]) -> None:
        """Write the canonical lines, which are what it is named by."""
        digest = hashlib.sha256()
        with (self.folder / DUMP / DUMP_FILE).open("wb") as file:
            for line in self.counts.counted(lines):
                digest.update(line)
                file.write(line)
        self.digest = digest.hexdigest()[:_DIGITS]

    def known(self) -> bool:
        """Whether there is a whole release with this content, of a form that this version reads."""
        found = self.releases.read(self.final)
        return found is not None and found.has_store

    def copy(self, store: Store, changes: Changes | None, parent: Release | None) -> None:
        """Write the store: from one that holds the same, or as a small change of that of its parent; see `derive`."""
        self.store, target = store, self.folder / "release" / STORE
        if not (changes and parent and derive(target, store, changes, parent.path)):
            made = Store(str(target))
            made.bulk_extend(store)
            made.flush()
            made.optimize()
            del made  # while it is open the engine may still write files

    def load(self) -> Store:
        """Write the store from the lines, in flat memory, and return it."""
        with (self.folder / DUMP / DUMP_FILE).open("rb") as lines:
            return self.load_lines(lines)

    def load_lines(self, lines: Iterable[Line], loaded: Callable[[int], None] = lambda _: None) -> Store:
        """Write the store from sorted lines, in flat memory, and return it; tell how many are in it."""
        done = 0
        self.store = store = Store(str(self.folder / "release" / STORE))
        jobs: list[Future[None]] = []
        with ThreadPoolExecutor(2) as pool:
            for piece in batches(lines, _PIECE):
                # What is loaded gets new labels for its blank nodes, each time other ones.
                blank = [line for line in piece if b"_:" in line]
                plain = [line for line in piece if b"_:" not in line] if blank else piece
                triples = (line[: line.rindex(b" <")] + b" .\n" for line in plain)
                parts = ((plain, RdfFormat.N_QUADS), (unique(triples), RdfFormat.N_TRIPLES))
                texts = [(b"".join(part), format_) for part, format_ in parts]
                _finished(jobs)  # This piece was made while the one before it was loaded.
                jobs = [pool.submit(store.bulk_load, text, format_) for text, format_ in texts]
                quads = list(parse(b"".join(blank), format=RdfFormat.N_QUADS))
                store.extend([*quads, *(Quad(quad.subject, quad.predicate, quad.object) for quad in quads)])
                done += len(piece)
                loaded(done)
            _finished(jobs)
        store.flush()
        store.optimize()
        return store

    def name(self, record: Record) -> Release:
        """Give it its name, with all that is in it on disk; one that is there already stays as it is."""
        found, folder = None, self.folder / "release"
        if self.store is not None:
            found = Release.of(self.final, self.store, self.digest, self.counts)
            found.write(folder)
            self.store = None
        for path in (self.folder, *self.folder.rglob("*")):
            flush(path)
        dump = home_of(self.final) / DUMP
        if not dump.is_dir():
            dump.parent.mkdir(parents=True, exist_ok=True)
            (self.folder / DUMP).rename(dump)
            flush(dump.parent)
        if found is not None:
            if self.final.is_dir():  # of another version, or damaged
                self.final.rename(self.folder / "foreign")
            folder.rename(self.final)
        # It may have been renamed by a process that was killed before the name was on the disk.
        flush(self.releases.home)
        self.releases.note(self.digest, record)
        return found or Release.read(self.final)


def _finished(jobs: Iterable[Future[None]]) -> None:
    for job in jobs:
        job.result()


def derive(target: Path, store: Store, changes: Changes, parent: Path) -> bool:
    """Make a store on disk from that of a parent, by hard links and what differs; return whether that was possible.

    What differs has no blank nodes: a change of those could rename others. `ReleaseError` says that the store of the
    parent does not hold what its lines say.
    """
    Store.read_only(str(parent / STORE)).backup(str(target))
    made = Store(str(target))
    for quad in changes.removed:
        made.remove(quad)
        bare = Quad(quad.subject, quad.predicate, quad.object)
        if bare not in store:
            made.remove(bare)
    made.extend(changes.added)
    made.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in changes.added)
    made.flush()
    made.optimize()
    whole = len(made) == len(store)
    del made  # while it is open the engine may still write files, also while they are being removed
    if not whole:
        raise ReleaseError(f"the store of {parent} is not what its dump says", advice="build again with --force")
    if len([*target.glob("*.sst")]) > _OPENED:
        shutil.rmtree(target)
        return False
    return True


def lines_as_they_are(store: Store) -> list[bytes]:
    """Return the quads of the named graphs as sorted N-Quads lines, with the blank nodes that the store has."""
    lines: list[bytes] = []
    for graph in store.named_graphs():
        assert isinstance(graph, NamedNode)
        text = store.dump(format=RdfFormat.N_TRIPLES, from_graph=graph)
        assert text is not None
        end = f"<{graph.value}> .\n".encode()
        lines += [line[:-2] + end for line in text.splitlines(keepends=True)]
    return sorted(lines)


def named(store: Store) -> Iterator[Quad]:
    """Yield the statements of the named graphs."""
    for graph in store.named_graphs():
        yield from store.quads_for_pattern(None, None, None, graph)


def merge(store: Store) -> None:
    """Copy the triples of all named graphs to the default graph, each once."""
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
