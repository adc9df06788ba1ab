"""Releases: immutable directories with a finished graph, and the pointer to the current one.

A release is written under a temporary name, flushed to disk, renamed to the digest of its content, and only then made
current by one atomic rename of a symbolic link. A crash at any moment leaves the last release current.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    RdfFormat,
    Store,
    serialize,
)

from clustergraph import turtle
from clustergraph.build.changes import Changes
from clustergraph.build.derive import derive, dump, lines_as_they_are
from clustergraph.build.describe import describe
from clustergraph.build.manifest import Manifest
from clustergraph.errors import ReleaseError
from clustergraph.export.files import flush

_DIGITS = 16
_AGAIN = 0.02
"""Seconds between two attempts to get the lock."""


class Content(NamedTuple):
    """The canonical lines of a graph, and how they differ from those of its parent if it can be derived."""

    lines: list[bytes]
    changes: Changes | None

    @classmethod
    def of(cls, store: Store, parent: Path | None = None) -> Content:
        """Return the content of a store, whose parent is a release that it is a small change of."""
        if parent is not None:
            # As long as no statement with a blank node differs, the names in the dump of the parent are canonical here,
            # too.
            lines = lines_as_they_are(store)
            changes = Changes.between(dump(parent), lines)
            if not changes.blank:
                return cls(lines, changes)
        return cls(canonical_lines(store), None)


@dataclass(frozen=True)
class Releases:
    """The releases below a data root."""

    root: Path

    @property
    def current_link(self) -> Path:
        """The symbolic link to the current release."""
        return self.root / "current"

    def current(self) -> Path | None:
        """Return the directory of the current release, or None if there is none."""
        return self.current_link.resolve() if self.current_link.is_dir() else None

    def of(self, fingerprint: str) -> Manifest | None:
        """Return the current release if it was built from files with this fingerprint."""
        current = self.current()
        if current is None:
            return None
        found = Manifest.read(current)
        return found if found.fingerprint == fingerprint else None

    def all(self) -> list[Manifest]:
        """Return the manifests of all releases, the newest first."""
        found = [Manifest.read(path.parent) for path in (self.root / "releases").glob("*/manifest.json")]
        return sorted(found, key=lambda m: m.created, reverse=True)

    def find(self, digest: str) -> Path:
        """Return the directory of the release whose digest starts with some digits.

        Raises:
            ReleaseError: no release, or more than one, fits.
        """
        fitting = [m.digest for m in self.all() if m.digest.startswith(digest)]
        if len(fitting) != 1:
            problem = "no release" if not fitting else f"{len(fitting)} releases"
            raise ReleaseError(f"{problem} starting with {digest!r}", advice="`clustergraph releases` lists them")
        return self.root / "releases" / fitting[0]

    def previous(self) -> Manifest:
        """Return the newest release that is older than the current one.

        Raises:
            ReleaseError: there is none.
        """
        current = self.current()
        releases = self.all()
        names = [m.digest for m in releases]
        place = names.index(current.name) if current and current.name in names else len(names)
        if place + 1 >= len(releases):
            raise ReleaseError("there is no older release to go back to", advice="name one by its digest")
        return releases[place + 1]

    def activate(self, release: Path) -> None:
        """Make a release current, in one atomic step."""
        link = self.root / f".current-{os.getpid()}"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("releases") / release.name)
        link.replace(self.current_link)
        flush(self.root)

    @contextmanager
    def lock(self, seconds: float = 0.0) -> Iterator[None]:
        """Hold the right to write releases, after waiting for it at most so many seconds.

        Raises:
            ReleaseError: another process holds it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + seconds
        with (self.root / "lock").open("w") as handle:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() >= deadline:
                        problem = f"another build is writing to {self.root}"
                        raise ReleaseError(problem, advice="wait for it to end") from error
                    time.sleep(_AGAIN)
            yield

    def write(
        self,
        store: Store,
        fingerprint: str,
        inferred: int,
        warnings: int,
        parent: Path | None = None,
        *,
        demands: str = "",
        content: Content | None = None,
    ) -> Manifest:
        """Write the graph of a store as a release and return its manifest; it is not made current.

        The default graph of the store must be the merged graph of its named graphs.

        Args:
            store: the finished graph.
            fingerprint: the digest of the files it was built from.
            inferred: how many of its triples are inferred.
            warnings: how many findings that do not block were reported.
            parent: the directory of the release that this one is a small change of, if it is one.
            demands: the digest of the shapes and checks that it satisfies.
            content: its lines, if they are known.

        Raises:
            ReleaseError: the release cannot be written.
        """
        lines, changes = content or Content.of(store, parent)
        digest = hashlib.sha256(b"".join(lines)).hexdigest()[:_DIGITS]
        self.sweep()
        final = self.root / "releases" / digest
        if final.is_dir():
            # It may have been renamed by a process that was killed before the name was on the disk.
            flush(final.parent)
            return Manifest.read(final).noting(final, fingerprint=fingerprint, warnings=warnings, demands=demands)
        final.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=final.parent))
        draft.chmod(0o755)
        try:
            summary = Manifest.of(store, digest, fingerprint, inferred, warnings, len(lines))
            summary = replace(summary, demands=demands)
            if parent is not None:
                before = Manifest.read(parent)
                summary = replace(
                    summary, parent=before.digest, base=before.base or before.digest, writes=before.writes + 1
                )
            _fill(draft, store, lines, summary, changes, parent)
            draft.rename(final)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        flush(final.parent)
        return summary

    def written(self) -> Changes:
        """Return what the writes since the last build have changed, without what follows from it.

        Raises:
            ReleaseError: the release of that build is not there any more.
        """
        current = self.current()
        found = Manifest.read(current) if current else None
        if current is None or found is None or not found.base:
            return Changes((), ())
        return Changes.between(dump(self.find(found.base)), dump(current)).stated()

    def prune_writes(self, keep: int) -> None:
        """Remove all but the newest releases made by writes, and keep those built from files; see `prune`."""
        written = [each for each in self.all() if each.parent]
        self._remove(written[keep + 1 :])

    def prune(self, keep: int) -> list[Manifest]:
        """Remove all but the newest releases, and return those that were removed; the caller holds the lock.

        The current release stays, and the one that the changes in it are counted from.
        """
        return self._remove(self.all()[keep:])

    def _remove(self, unwanted: Iterable[Manifest]) -> list[Manifest]:
        """Remove releases that are not needed, and return them."""
        current = self.current()
        here = Manifest.read(current) if current else None
        needed = {here.digest, here.base} if here else set()
        old = [each for each in unwanted if each.digest not in needed]
        for each in old:
            folder = self.root / "releases" / each.digest
            # In one step it is no release any more, whatever happens after.
            folder.rename(folder.with_name(f".draft-{each.digest}"))
        self.sweep()
        return old

    def sweep(self) -> None:
        """Remove what an interrupted build has left; the caller holds the lock."""
        for draft in (self.root / "releases").glob(".draft-*"):
            shutil.rmtree(draft, ignore_errors=True)


def canonical_lines(store: Store) -> list[bytes]:
    """Return the quads of the named graphs as sorted N-Quads lines with canonical blank nodes."""
    dataset = Dataset(q for q in store if not isinstance(q.graph_name, DefaultGraph))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    text = serialize(dataset, format=RdfFormat.N_QUADS)
    assert text is not None
    return sorted(text.splitlines(keepends=True))


def merge(store: Store) -> None:
    """Copy the triples of all named graphs to the default graph, each once."""
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")


def _fill(
    draft: Path, store: Store, lines: list[bytes], summary: Manifest, changes: Changes | None, parent: Path | None
) -> None:
    (draft / "dump.nq").write_bytes(b"".join(lines))
    if changes is None or parent is None or not derive(draft / "store", store, changes, parent):
        target = Store(str(draft / "store"))
        target.bulk_extend(store)
        target.flush()
        target.optimize()
        del target
    description = turtle.write(describe(store, summary.digest, summary.version))
    (draft / "description.ttl").write_text(description, "utf-8")
    summary.write(draft)
    for path in [draft, *draft.rglob("*")]:
        flush(path)
