"""A project: the folders that a graph is built from, and what identifies their content."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import clustergraph
from clustergraph.errors import SourceError
from clustergraph.layers import MODEL, PACKAGED, Layers
from clustergraph.pipeline.configuration import Configuration
from clustergraph.rdf.reading import rdf_files, read
from clustergraph.release.withdrawn import FILE, Withdrawn
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.terms import expand

_DIGITS: Final = 32
_DOORS: Final = ("web", "cli", "mcp.py")
"""What shows a release, and does not bear on it."""


class Project:
    """A folder with data, and the model that its graph is built with: the packaged one and what is beside the data."""

    def __init__(self, root: Path, configuration: Configuration | None = None) -> None:
        """Take a folder, with what is set for it; its prefixes are known from then on."""
        self.root = root
        self.data = root / "data"
        self.configuration = configuration or Configuration.read(root)
        self.configuration.imprint.declare()
        self.whole = not (self.configuration.given and self.configuration["ontology.packaged"])
        """Whether its own folders are the whole model; so they are where no file says that this is a project."""
        roots = (root,) if self.whole else (PACKAGED, root)
        self.ontology, self.shapes, self.queries, self.imports, self.reference = map(Layers(roots).__truediv__, MODEL)

    @property
    def migrations(self) -> Layers:
        """For each version of the ontology a folder of updates, which carry data to it from the one before."""
        return self.ontology / "migrations"

    @property
    def rules(self) -> Layers:
        """Queries for what follows."""
        return self.queries / "rules"

    @property
    def audit(self) -> Layers:
        """The rules that compare documents with imported data."""
        return self.queries / "audit"

    @property
    def checks(self) -> Layers:
        """Check queries, whose rows are failures."""
        return self.queries / "checks"

    @property
    def eccp(self) -> Path:
        """The folder of what makes cluster profiles."""
        return self.queries.find("exports/eccp")

    @property
    def own(self) -> list[Path]:
        """The folders of RDF files that are the project's own."""
        layers = (self.ontology, self.shapes, self.reference)
        return [folder for folder in (*(each.own for each in layers), self.data) if folder.is_dir()]

    def check(self) -> None:
        """Raise `SourceError` if the folders that a build needs are not there."""
        folders = (self.ontology, self.shapes, self.queries, Layers.of(self.data))
        if missing := [folder.own.name for folder in folders if not folder.is_dir()]:
            raise SourceError(
                f"{self.root} is not a clustergraph project: it has no folder {', '.join(missing)}",
                advice="run the command in the project's folder, name it with --project, or `clustergraph init` one",
            )
        self._check_version()

    def _check_version(self) -> None:
        """Raise `SourceError` if the data is written for another version of the ontology than the packaged one."""
        pinned, has = self.configuration["ontology.version"], ontology_version() if not self.whole else ""
        if self.whole or not pinned or pinned == has:
            return
        older = [*map(int, pinned.split("."))] < [*map(int, has.split("."))]
        advice = (
            f'run `clustergraph migrate`, which carries the data over and sets version = "{has}"'
            if older
            else "install a newer clustergraph, which has it"
        )
        message = f"the data is written for version {pinned} of the ontology, and this clustergraph has {has}"
        raise SourceError(message, where=self.configuration.where("ontology.version"), advice=advice)

    def graph_files(self) -> list[Path]:
        """Return the RDF files that become the graph, in a stable order."""
        data = (self.data,) if self.data.is_dir() else ()
        return rdf_files(*self.ontology.folders) + rdf_files(*self.reference.folders) + rdf_files(*data)

    def shape_files(self) -> list[Path]:
        """Return the files of shapes that the graph must satisfy; those of exports are not among them."""
        profiles = {*(self.shapes / "profiles").roots}
        return [path for path in rdf_files(*self.shapes.folders) if not profiles & {*path.parents}]

    def minds(self, finding: Finding) -> bool:
        """Whether a finding is for this project: a warning about a packaged file is for those who maintain that."""
        packaged = not self.whole and finding.where is not None and finding.where.path.is_relative_to(PACKAGED)
        return not packaged or finding.severity is Severity.VIOLATION

    def name(self, path: Path) -> str:
        """Return the name of a file below the project, or below the packaged model."""
        for root in (self.root, PACKAGED):
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return path.as_posix()

    def digest(self, files: Iterable[Path]) -> str:
        """Return a digest of the names and contents of files of the project and of its model."""
        return fingerprint({self.name(path): path for path in files})

    def withdrawn(self) -> Withdrawn:
        """Return what has been withdrawn from the project, and is not to come back."""
        return Withdrawn.read(self.data)

    def fingerprint(self) -> str:
        """Return a digest of all that a build depends on: names and contents of the files, and the program itself."""
        files = [*self.graph_files(), *rdf_files(*self.shapes.folders), *self.queries.rglob("*.rq")]
        files += [*self.queries.glob("*.yaml"), self.data / FILE]
        files += [path for path in (self.queries / "exports").rglob("*") if path.is_file()]
        return self.digest(files) + self.configuration.digest + package_fingerprint()

    def checks_fingerprint(self) -> str:
        """Return a digest of the shapes and checks that the graph must satisfy, and of the program."""
        return self.digest([*self.shape_files(), *self.checks.glob("*.rq")]) + package_fingerprint()


@cache
def ontology_version() -> str:
    """Return the version of the packaged ontology."""
    version = expand("owl:versionInfo")
    file = PACKAGED / "ontology" / "clustergraph.ttl"
    return next(quad.object.value for quad in read(file) if quad.predicate == version)  # type: ignore[union-attr]


def fingerprint(files: Mapping[str, Path]) -> str:
    """Return a digest of names and contents of files; one that is not there counts as such."""
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        content = hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b""
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:_DIGITS]


@lru_cache(1)
def package_fingerprint() -> str:
    """Return a digest of the program: of all its modules and templates that can bear on a release or its exports."""
    root = Path(clustergraph.__file__).parent
    files = [path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    names = {path.relative_to(root).as_posix(): path for path in files}
    return fingerprint({name: path for name, path in names.items() if name.split("/")[0] not in _DOORS})
