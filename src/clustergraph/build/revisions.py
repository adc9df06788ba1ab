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

from pyoxigraph import BlankNode, Quad, parse

from clustergraph.build.blanks import Blanks
from clustergraph.build.sources import read, syntax_error
from clustergraph.errors import ClustergraphError
from clustergraph.formats import of_file
from clustergraph.terms import BASE


class RevisionError(ClustergraphError):
    """Git cannot say what has changed."""


@dataclass(frozen=True)
class Difference:
    """What a graph has gained and lost; the names of graphs are left out."""

    added: frozenset[Quad]
    removed: frozenset[Quad]

    @classmethod
    def between(cls, old: Set[Quad], new: Set[Quad]) -> Difference:
        """Return the difference between what one file was and what it is.

        Blank nodes are the same in both only if everything that is said of all of them is.
        """
        same = old & new
        if {quad for quad in old if _is_blank(quad)} != {quad for quad in new if _is_blank(quad)}:
            same = {quad for quad in same if not _is_blank(quad)}
        # A blank node of the old file is none of the new one, even if it has got the same name.
        return cls(frozenset(new - same), frozenset(_renamed(quad) for quad in old - same))

    def __or__(self, other: Difference) -> Difference:
        """Return both differences together."""
        return Difference(self.added | other.added, self.removed | other.removed)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.added or self.removed)


@dataclass(frozen=True)
class Revision:
    """A revision of the repository that a folder is in."""

    root: Path
    name: str

    @classmethod
    def find(cls, name: str, folder: Path) -> Revision:
        """Return a revision by its name.

        Raises:
            RevisionError: the folder is in no repository, or there is no such revision in it.
        """
        root = _git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n")
        # The end of options keeps a name from being taken for one.
        commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return cls(Path(root), commit.decode().strip())

    def changed(self, paths: Sequence[Path]) -> list[Path]:
        """Return the RDF files at or below paths that differ from this revision, also new, ignored and deleted ones."""
        names = _git(self.root, "diff", "--name-only", "--no-renames", "-z", self.name, "--", *_absolute(paths))
        names += _git(self.root, "ls-files", "--others", "-z", "--", *_absolute(paths))
        found = (self.root / os.fsdecode(name) for name in names.split(b"\0") if name)
        return [path for path in found if of_file(path)]

    @contextmanager
    def files(self, folder: Path) -> Iterator[Path]:
        """Give a folder that is as another was at this revision; it is gone afterwards.

        Raises:
            RevisionError: git cannot say what it was.
        """
        with tempfile.TemporaryDirectory(prefix="clustergraph-") as copy:
            # In a folder of a repository, git archives that folder alone.
            archive = io.BytesIO(_git(folder, "archive", "--format=tar", self.name))
            with tarfile.open(fileobj=archive) as packed:
                packed.extractall(copy, filter="data")
            yield Path(copy)

    def content(self, path: Path) -> bytes | None:
        """Return what a file was, or None if it was not there."""
        name = path.resolve().relative_to(self.root.resolve()).as_posix()
        try:
            return _git(self.root, "show", f"{self.name}:{name}")
        except RevisionError:
            return None

    def difference(self, paths: Sequence[Path], files: Sequence[Path]) -> Difference:
        """Return what the triples at or below paths have gained and lost since this revision.

        Args:
            paths: files and folders of data.
            files: the files that there are now, as they are read.

        Raises:
            SourceError: a file cannot be read, as it was or as it is.
            RevisionError: git cannot say.
        """
        now = {file.resolve(): file for file in files}
        found = Difference(frozenset(), frozenset())
        for path in self.changed([*paths, *(file for file in files if file.is_symlink())]):
            file = now.get(path.resolve())
            new = {_triple(quad) for quad in read(file)} if file else set()
            found |= Difference.between(set(_old(file or path, self.content(path))), new)
        return found


def _old(path: Path, content: bytes | None) -> Iterator[Quad]:
    """Yield the triples of a file as it was, with blank nodes named as if it were that file."""
    format_ = of_file(path)
    if content is None or format_ is None:
        return
    blanks = Blanks(path)
    try:
        for quad in parse(content.removeprefix(BOM_UTF8), format=format_.engine, base_iri=BASE):
            yield _triple(blanks.quad(quad))
    except SyntaxError as error:
        raise syntax_error(path, error) from error


def _triple(quad: Quad) -> Quad:
    return Quad(quad.subject, quad.predicate, quad.object)


def _is_blank(quad: Quad) -> bool:
    return BlankNode in (type(quad.subject), type(quad.object))


def _renamed(quad: Quad) -> Quad:
    def name(term: object) -> object:
        return BlankNode(f"was{term.value}") if isinstance(term, BlankNode) else term

    return Quad(name(quad.subject), quad.predicate, name(quad.object))  # type: ignore[arg-type]  # each keeps its kind


def _absolute(paths: Sequence[Path]) -> list[str]:
    # Git does not look behind links.
    return [str(path.resolve()) for path in paths]


def _git(folder: Path, *words: str) -> bytes:
    """Run git and return what it says."""
    # Translations and settings of the user must not change what is read here.
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "-C", str(folder), "-c", "core.quotePath=false", *words]
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment)  # noqa: S603 - no shell, and only words of ours and paths
    except FileNotFoundError as error:
        raise RevisionError("git is not installed", advice="validate without --changed") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"git {words[0]} failed"]
        if words[0] == "rev-parse" and "--verify" in words:
            name = words[-1].removesuffix("^{commit}")
            raise RevisionError(f"there is no revision {name!r}", advice="name a commit, a branch or a tag")
        raise RevisionError(said[0].removeprefix("fatal: "), advice="validate without --changed")
    return done.stdout
