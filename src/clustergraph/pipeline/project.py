"""A project: the folders that a graph is built from, and what identifies their content."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

import clustergraph
from clustergraph.errors import SourceError
from clustergraph.rdf.reading import rdf_files
from clustergraph.release.withdrawn import FILE, Withdrawn

_DIGITS: Final = 32
_DOORS: Final = ("web", "cli", "mcp.py")
"""What shows a release, and does not bear on it."""


class Project:
    """The folders of a project that a graph is built from."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ontology = root / "ontology"
        """The ontology and its code lists."""
        self.migrations = self.ontology / "migrations"
        """For each version of the ontology a folder of updates, which carry data to it from the one before."""
        self.shapes = root / "shapes"
        self.data = root / "data"
        self.queries = root / "queries"
        """The named questions, and queries for other purposes below."""
        self.rules = self.queries / "rules"
        self.checks = self.queries / "checks"
        """Check queries, whose rows are failures."""

    def check(self) -> None:
        """Raise `SourceError` if the folders that a build needs are not there."""
        needed = (self.ontology, self.shapes, self.data, self.queries)
        missing = [folder.name for folder in needed if not folder.is_dir()]
        if missing:
            raise SourceError(
                f"{self.root} is not a clustergraph project: it has no folder {', '.join(missing)}",
                advice="run the command in the project's folder, or name it with --project",
            )

    def graph_files(self) -> list[Path]:
        """Return the RDF files that become the graph, in a stable order."""
        return rdf_files(self.ontology) + rdf_files(self.data)

    def shape_files(self) -> list[Path]:
        """Return the files of shapes that the graph must satisfy; those of exports are not among them."""
        return [path for path in rdf_files(self.shapes) if self.shapes / "profiles" not in path.parents]

    def withdrawn(self) -> Withdrawn:
        """Return what has been withdrawn from the project, and is not to come back."""
        return Withdrawn.read(self.data)

    def fingerprint(self) -> str:
        """Return a digest of all that a build depends on: names and contents of the files, and the program itself."""
        files = [*self.graph_files(), *rdf_files(self.shapes), *self.queries.rglob("*.rq")]
        files += [*self.queries.glob("*.yaml"), self.data / FILE]
        files += [path for path in (self.queries / "exports").rglob("*") if path.is_file()]
        return fingerprint(self.root, files) + package_fingerprint()

    def checks_fingerprint(self) -> str:
        """Return a digest of the shapes and checks that the graph must satisfy, and of the program."""
        return fingerprint(self.root, [*self.shape_files(), *self.checks.glob("*.rq")]) + package_fingerprint()


def fingerprint(root: Path, files: Iterable[Path]) -> str:
    """Return a digest of names below a folder and contents of files; one that is not there counts as such."""
    digest = hashlib.sha256()
    for name, path in sorted({path.relative_to(root).as_posix(): path for path in files}.items()):
        content = hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b""
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:_DIGITS]


@lru_cache(1)
def package_fingerprint() -> str:
    """Return a digest of the program: of all its modules and templates that can bear on a release or its exports."""
    root = Path(clustergraph.__file__).parent
    files = [path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return fingerprint(root, [path for path in files if path.relative_to(root).parts[0] not in _DOORS])
