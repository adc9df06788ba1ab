"""What files have changed since a revision of git, and which triples they have gained and lost."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tempfile
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pyoxigraph import BlankNode, Quad

from clustergraph.errors import ClustergraphError
from clustergraph.formats import of_file
from clustergraph.rdf.reading import parsed, read, unpacked
from clustergraph.release.changes import Changes

Term = TypeVar("Term")


class RevisionError(ClustergraphError):
    """Git cannot say what has changed."""


@dataclass(frozen=True)
class Revision:
    """A revision of the repository that a folder is in."""

    root: Path
    name: str

    @classmethod
    def find(cls, name: str, folder: Path) -> Revision:
        """Return a revision by its name; `RevisionError` if there is none in the repository of the folder."""
        root = _git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n")
        # The end of options keeps a name from being taken for one.
        commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return cls(Path(root), commit.decode().strip())

    def changed(self, paths: Sequence[Path]) -> list[Path]:
        """Return the RDF files at or below paths that differ from this revision, also new, ignored and deleted ones."""
        real = [str(path.resolve()) for path in paths]  # git does not look behind links
        names = _git(self.root, "diff", "--name-only", "--no-renames", "-z", self.name, "--", *real)
        names += _git(self.root, "ls-files", "--others", "-z", "--", *real)
        found = (self.root / os.fsdecode(name) for name in names.split(b"\0") if name)
        return [path for path in found if of_file(path)]

    @contextmanager
    def files(self, folder: Path) -> Iterator[Path]:
        """Give a folder that is as another was at this revision; it is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="clustergraph-") as copy:
            # In a folder of a repository, git archives that folder alone.
            archive = io.BytesIO(_git(folder, "archive", "--format=tar", self.name))
            with tarfile.open(fileobj=archive) as packed:
                # Pythons before 3.11.4 have no filters, and no such attribute.
                packed.extraction_filter = getattr(tarfile, "data_filter", None)
                packed.extractall(copy)  # noqa: S202 - git made it
            yield Path(copy)

    def difference(self, paths: Sequence[Path], files: Sequence[Path]) -> Changes:
        """Return what the triples at or below paths have gained and lost since this revision.

        The files are those that there are now, as they are read; `SourceError` if one cannot be read as it was or is.
        """
        now = {file.resolve(): file for file in files}
        removed, added = set[Quad](), set[Quad]()
        for path in self.changed([*paths, *(file for file in files if file.is_symlink())]):
            file = now.get(path.resolve())
            new = set(map(_triple, read(file))) if file else set()
            found = difference(set(map(_triple, self._old(path, file or path))), new)
            removed |= set(found.removed)
            added |= set(found.added)
        return Changes(tuple(removed), tuple(added))

    def _old(self, path: Path, named: Path) -> Iterator[Quad]:
        """Yield the quads of a file as it was, if it was there, with blank nodes named as if it were another."""
        name = path.resolve().relative_to(self.root.resolve()).as_posix()
        try:
            content = _git(self.root, "show", f"{self.name}:{name}")
        except RevisionError:
            return
        if format_ := of_file(named):
            yield from parsed(named, unpacked(named, content).removeprefix(BOM_UTF8), format_.engine)


def difference(old: Set[Quad], new: Set[Quad]) -> Changes:
    """Return what differs between the triples that a file had and those that it has.

    Blank nodes are the same in both only if everything that is said of all of them is.
    """
    same = old & new
    if set(filter(_is_blank, old)) != set(filter(_is_blank, new)):
        same = {quad for quad in same if not _is_blank(quad)}
    # A blank node of the old file is none of the new one, even if it has got the same name.
    gone = (Quad(_renamed(quad.subject), quad.predicate, _renamed(quad.object)) for quad in old - same)
    return Changes(tuple(gone), tuple(new - same))


def _triple(quad: Quad) -> Quad:
    return Quad(quad.subject, quad.predicate, quad.object)


def _is_blank(quad: Quad) -> bool:
    return BlankNode in (type(quad.subject), type(quad.object))


def _renamed(term: Term) -> Term | BlankNode:
    return BlankNode(f"was{term.value}") if isinstance(term, BlankNode) else term


def _git(folder: Path, *words: str) -> bytes:
    # Translations and settings of the user must not change what is read here.
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "-C", str(folder), "-c", "core.quotePath=false", *words]
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment)  # noqa: S603 - no shell, and only words of ours and paths
    except FileNotFoundError as error:
        raise RevisionError("git is not installed", advice="validate without --changed") from error
    if not done.returncode:
        return done.stdout
    if "--verify" in words:
        name = words[-1].removesuffix("^{commit}")
        raise RevisionError(f"there is no revision {name!r}", advice="name a commit, a branch or a tag")
    said = done.stderr.decode(errors="replace").strip().splitlines() or [f"git {words[0]} failed"]
    raise RevisionError(said[0].removeprefix("fatal: "), advice="validate without --changed")
