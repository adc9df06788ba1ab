"""The releases below a data root: which there are, which is current, and who may write."""

import os
import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from clustergraph.errors import ReleaseError
from clustergraph.rdf.files import flush, locked
from clustergraph.release.artefacts import FOLDER, lines_of
from clustergraph.release.changes import Changes
from clustergraph.release.manifest import ForeignReleaseError, Record, Release

CURRENT: Final = "current"
DRAFT: Final = ".draft-"
"""How the names of folders begin that are no releases yet, or not any more."""


def pointed(pointer: str) -> str | None:
    """Return where the pointer to the current release leads, or None if there is none; it takes microseconds."""
    try:
        if os.name != "nt":
            return os.readlink(pointer)  # noqa: PTH115 - asked for every request, and pathlib takes ten times as long
        return f"releases/{Path(pointer).read_text('utf-8')}"
    except OSError:
        return None


class Releases:
    """The releases below a data root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "releases"
        """The folder that holds them."""
        self.pointer = root / CURRENT
        """What leads to the current release: a symbolic link, or, on Windows, a file with the digest in it."""

    def current(self) -> Path | None:
        """Return the directory of the current release, or None if there is none."""
        target = pointed(str(self.pointer))
        path = (self.root / target).resolve() if target else None
        return path if path and path.is_dir() else None

    def release(self) -> Release:
        """Return the current release; `ReleaseError` if there is none, or none that this version reads."""
        current = self.current()
        if current is None:
            raise ReleaseError(f"there is no release in {self.root}", advice="run: clustergraph build")
        return Release.read(current)

    def of(self, fingerprint: str) -> Release | None:
        """Return the current release if it was built from files with this fingerprint, and is whole."""
        current = self.current()
        if current is None or self.record(current.name).fingerprint != fingerprint:
            return None
        found = self.read(current)
        return found if found and found.has_store else None

    def all(self) -> list[Release]:
        """Return all releases that this version reads, the newest first."""
        found = filter(None, map(self.read, self._folders()))
        return sorted(found, key=lambda each: each.created, reverse=True)

    def find(self, digest: str) -> Release:
        """Return the release whose digest starts with some digits; `ReleaseError` if not one fits and can be read."""
        fitting = [path for path in self._folders() if path.name.startswith(digest)]
        if len(fitting) != 1:
            problem = "no release" if not fitting else f"{len(fitting)} releases"
            raise ReleaseError(f"{problem} starting with {digest!r}", advice="`clustergraph releases` lists them")
        return Release.read(fitting[0])

    def previous(self) -> Release:
        """Return the newest release that is older than the current one; `ReleaseError` if one of them is not there."""
        current = self.release()
        releases = self.all()
        place = [each.digest for each in releases].index(current.digest)
        if place + 1 >= len(releases):
            raise ReleaseError("there is no older release to go back to", advice="name one by its digest")
        return releases[place + 1]

    def record(self, digest: str) -> Record:
        """Return how a release was last made."""
        return Record.read(self.root / "records" / f"{digest}.json")

    def note(self, digest: str, record: Record) -> None:
        """Keep how a release was made."""
        record.write(self.root / "records" / f"{digest}.json")

    def activate(self, release: Path) -> None:
        """Make a release current, in one atomic step."""
        draft = self.root / f".{CURRENT}-{os.getpid()}"
        draft.unlink(missing_ok=True)
        if os.name != "nt":
            draft.symlink_to(Path("releases") / release.name)
        else:
            draft.write_text(release.name, "utf-8")
        draft.replace(self.pointer)
        flush(self.root)

    def lock(self, seconds: float = 0.0) -> AbstractContextManager[None]:
        """Hold the right to write releases, after waiting at most so long; `ReleaseError` if another process has it."""
        busy = ReleaseError(f"another build is writing to {self.root}", advice="wait for it to end")
        return locked(self.root / "lock", seconds, busy)

    def written(self) -> Changes:
        """Return what the writes since the last build have changed, without what follows from it.

        `ReleaseError` says that the release of that build cannot be read, or that another version has taken the writes.
        """
        current = self.current()
        if current is None:
            return Changes()
        try:
            Release.read(current)
        except ForeignReleaseError as error:
            if error.writes:
                raise ReleaseError(
                    f"{error.message}, with {error.writes} changes written to it that a build would lose",
                    advice="see them with that version, or drop them: clustergraph build --force",
                ) from error
        except ReleaseError:
            pass  # what a damaged manifest says is not needed here
        base = self.record(current.name).base
        return Changes.between(lines_of(self.home / base), lines_of(current)).stated() if base else Changes()

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest releases, and return the digests of those removed; the caller holds the lock.

        The current release stays, and the one that the changes in it are counted from. Those that are not read are the
        oldest.
        """
        known = [each.digest for each in self.all()]
        return self._remove([*known, *(path.name for path in self._folders() if path.name not in known)][keep:])

    def unread(self) -> list[str]:
        """Return the digests of the releases that this version does not read."""
        return [path.name for path in self._folders() if self.read(path) is None]

    def drop(self, digests: Iterable[str]) -> None:
        """Remove releases, whatever needs them; the caller holds the lock, and none of them is current."""
        for digest in digests:
            # In one step it is no release any more, whatever happens after.
            (self.home / digest).rename(self.home / f"{DRAFT}{digest}")
        self.sweep()

    def prune_writes(self, keep: int) -> None:
        """Remove all but the newest releases made by writes, and keep those built from files; see `prune`."""
        written = [each.digest for each in self.all() if self.record(each.digest).parent]
        self._remove(written[keep + 1 :])

    def sweep(self) -> None:
        """Remove what was interrupted, and what belongs to releases that are gone; the caller holds the lock."""
        for draft in self.home.glob(f"{DRAFT}*"):
            shutil.rmtree(draft, ignore_errors=True)
        names = {path.name for path in self._folders()}
        for path in (self.root / FOLDER).glob("*/"):
            if path.is_dir() and path.name not in names:
                shutil.rmtree(path, ignore_errors=True)
        for path in (self.root / "records").glob("*.json"):
            if path.stem not in names:
                path.unlink()

    @staticmethod
    def read(path: Path) -> Release | None:
        """Return the release in a directory; None if there is none, or one of another version, or it is damaged."""
        try:
            return Release.read(path)
        except ReleaseError:
            return None

    def _folders(self) -> list[Path]:
        found = self.home.iterdir() if self.home.is_dir() else ()
        return sorted(path for path in found if path.is_dir() and not path.name.startswith("."))

    def _remove(self, unwanted: Iterable[str]) -> list[str]:
        """Remove releases that are not needed, and return their digests."""
        current = self.current()
        needed = {current.name, self.record(current.name).base} if current else set()
        old = [digest for digest in unwanted if digest not in needed]
        self.drop(old)
        return old
