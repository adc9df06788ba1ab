"""What is made of every release for download, recipe by recipe; each has a fingerprint of all that bears on it."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, parse, serialize

from clustergraph.columns import file as columns_file
from clustergraph.columns.index import Columns
from clustergraph.engine.store import Embedded
from clustergraph.errors import XmlError
from clustergraph.export import lists, profiles
from clustergraph.export.dump import WORDS, Progress, dump, extension, split
from clustergraph.formats import RDF_FORMATS, answer_formats
from clustergraph.graph import Graph
from clustergraph.pipeline.project import Project, package_fingerprint
from clustergraph.questions import conflicts
from clustergraph.questions.conflict import rules_of
from clustergraph.questions.name_index import NameIndex
from clustergraph.rdf import turtle
from clustergraph.rdf.files import Written
from clustergraph.rdf.origins import Origins
from clustergraph.rdf.reading import is_packed
from clustergraph.release import artefacts
from clustergraph.release.artefacts import Artefact, Download, Made, lines_of, store_of
from clustergraph.release.description import PUBLICATION, Statistics, boxes, describe
from clustergraph.release.history import History
from clustergraph.release.manifest import Release
from clustergraph.terms import PREFIXES

_NAMED: Final = "Every statement with the named graph that it stands in."
_MERGED: Final = "Every triple once, without the sections that state it."
_PACKAGE: Final = "RDF, the table of the form as CSV and workbook, a report of the gaps, and a manifest."
_ECCP: Final = "https://www.clustercollaboration.eu/"


def prepare(
    release: Path,
    project: Project,
    progress: Progress = lambda _: None,
    *,
    files: bool = True,
    history: bool = True,
) -> Made:
    """Make every export of a release and its description, or that alone, but for those that are there already.

    Without ``history`` it is not compared with the one before it.

    Raises:
        ReleaseError: the release cannot be read.
        SourceError: a profile is not as it should be.
    """
    exports = _Exports(Release.read(release), project, progress)
    wanted = exports.all() if files else [exports.description()]
    compared = [exports.history()] if history else []
    return artefacts.make(release, [exports.columns(), *exports.of_imports(), exports.names(), *compared, *wanted])


@dataclass(frozen=True)
class _Exports:
    release: Release
    project: Project
    progress: Progress

    def all(self) -> list[Artefact]:
        """Return all recipes, in the order in which their files are listed; the description lists the files."""
        exports, shapes = self.project.queries / "exports", self.project.shapes / "profiles"
        dcat = (self.project.queries / PUBLICATION).roots
        eccp = [*exports.glob("eccp/**/*"), shapes.find("eccp.ttl")]
        others = [
            path
            for path in (*exports.rglob("*"), *shapes.glob("*.ttl"))
            if path not in eccp and not {*dcat} & {*path.parents}
        ]
        return [
            Artefact("dumps", package_fingerprint(), self._dumps),
            Artefact("lists", package_fingerprint() + " ".join(answer_formats()), self._lists),
            Artefact(artefacts.PROFILES, self._fingerprint(others), self._profiles),
            Artefact("package", self._fingerprint(eccp), self._package),
            self.description(),
        ]

    def of_imports(self) -> Iterator[Artefact]:
        """Yield, if there are imports, the recipes of where their statements come from, and of what disagrees."""
        if files := [path for path in self.project.graph_files() if is_packed(path)]:
            yield Artefact(artefacts.ORIGINS, self._fingerprint(files), partial(self._origins, files))
            yield Artefact(artefacts.CONFLICTS, package_fingerprint(), self._conflicts)

    def _origins(self, files: Sequence[Path], folder: Path, _: Sequence[Download]) -> Iterator[Download]:
        self.progress("writing which row each imported statement comes from")
        Origins.read(files).write(folder)
        return iter(())

    def _conflicts(self, folder: Path, _: Sequence[Download]) -> Iterator[Download]:
        self.progress("finding what disagrees")
        graph = self._engine()
        conflicts.write_rows(rules_of(graph), graph, folder)
        return iter(())

    def history(self) -> Artefact:
        """Return the recipe of what has changed: made once, since the release before may be gone the next time."""
        return Artefact(artefacts.HISTORY, "1", self._history)

    def _history(self, folder: Path, _: Sequence[Download]) -> Iterator[Download]:
        self.progress("comparing with the release before")
        History.write(folder, self.release)
        return iter(())

    def columns(self) -> Artefact:
        """Return the recipe of the columns."""
        return Artefact(artefacts.COLUMNS, columns_file.FORM, self._columns)

    def _columns(self, folder: Path, _: Sequence[Download]) -> Iterator[Download]:
        self.progress("writing the columns")
        columns_file.write(Columns.of(lines_of(self.release.path)), folder)
        return iter(())

    def _engine(self) -> Embedded:
        """Return the release with its columns, which are made first."""
        folder = artefacts.home_of(self.release.path) / self.columns().folder(())
        return Embedded(self.release.path, None, columns_file.open_(folder))

    def names(self) -> Artefact:
        """Return the recipe of the index of names."""
        return Artefact(artefacts.NAMES, package_fingerprint() + self.project.configuration.digest, self._names)

    def _names(self, folder: Path, _: Sequence[Download]) -> Iterator[Download]:
        self.progress("writing the index of names")
        graph = Graph(self._engine(), digest=self.release.digest)
        NameIndex.write(folder, graph.engine, graph.questions)
        return iter(())

    def description(self) -> Artefact:
        """Return the recipe of the description."""
        files = [*(self.project.queries / PUBLICATION).rglob("*")]
        known = self._fingerprint(files) + self.project.configuration.digest
        return Artefact(artefacts.DESCRIPTION, known, self._describe, tells=True)

    def _fingerprint(self, files: Sequence[Path]) -> str:
        found = [path for path in files if not path.is_dir()]
        return package_fingerprint() + self.project.digest(found)

    def _dumps(self, folder: Path, _: Sequence[Download]) -> Iterator[Download]:
        self.progress("writing the dumps")
        for format_, words in WORDS.items():
            path = folder / f"clustergraph{extension(format_, compress=True)}"
            written = dump(lines_of(self.release.path), format_, path, compress=True, progress=self.progress)
            yield Download.of(written, f"The whole graph: {words}", _MERGED if format_ == "turtle" else _NAMED, format_)
        with tempfile.TemporaryDirectory(prefix="clustergraph-") as scratch:
            for source in split(lines_of(self.release.path), Path(scratch)):
                yield from self._source(source, Path(scratch) / f"{source}.nq", folder)

    def _lists(self, folder: Path, _: Sequence[Download]) -> Iterator[Download]:
        if self.release.quads <= lists.MOST_STATEMENTS:
            self.progress("writing tables, places and ties")
            yield from lists.write_lists(Graph.open(self.release.path), folder)

    def _source(self, source: str, lines: Path, folder: Path) -> Iterator[Download]:
        for format_ in ("nquads", "trig"):
            path = folder / f"{source}{extension(format_, compress=True)}"
            with lines.open("rb") as file:
                written = dump(file, format_, path, compress=True, progress=self.progress)
            text = f"What the source {source} says, and nothing that is inferred."
            yield Download.of(written, f"{source}: {WORDS[format_]}", text, format_, source=source)

    def _profiles(self, folder: Path, _: Sequence[Download]) -> Iterator[Download]:
        queries, store = self.project.queries, store_of(self.release.path)
        for name in profiles.names(queries):
            self.progress(f"writing the profile {name}")
            profile = profiles.load(name, queries, self.project.shapes)
            shutil.copytree(queries.find(Path("exports") / name), folder / name)
            made = profiles.Rendering(profile, store)
            if found := made.violations():
                self.progress(f"skipping {name}: {len(found)} violations; `clustergraph export {name}` shows them")
                continue
            for format_ in ("turtle", "jsonld"):
                path = folder / f"{name}{extension(format_, compress=True)}"
                written = dump(made.lines, format_, path, compress=True, context=profile.context)
                yield Download.of(written, profile.title, profile.description, format_, conforms_to=profile.conforms_to)

    def _package(self, folder: Path, _: Sequence[Download]) -> Iterator[Download]:
        """Write the package for the ECCP, if there are clusters and nothing of it breaks its shapes."""
        if not self.project.eccp.is_dir():
            return
        from clustergraph.eccp import contents, package  # slow to import
        from clustergraph.eccp.recipe import NothingToExportError, PackageOrigin, Recipe

        self.progress("writing the package for the ECCP")
        origin = PackageOrigin(self.release.digest, self.release.created[:10])
        try:
            recipe = Recipe(self.project.eccp, self.project.shapes.find("profiles/eccp.ttl"))
            made = package.Package(Graph.open(self.release.path), recipe, origin, self.progress)
            path = folder / "eccp.zip"
            contents.archive(made, path)
        except (NothingToExportError, contents.BrokenPackageError, XmlError) as error:
            self.progress(f"skipping the package for the ECCP: {error.message}")
            return
        yield Download.of(Written.of(path), package.TITLE, _PACKAGE, "zip", conforms_to=_ECCP)

    def _describe(self, folder: Path, files: Sequence[Download]) -> Iterator[Download]:
        self.progress("describing the release")
        about = self.project.configuration.about | {"places": boxes(self.project.queries)}
        store = store_of(self.release.path)
        statistics = Statistics.of(store, self.release)
        (folder / artefacts.USES).write_text(json.dumps(statistics.uses, indent=1), "utf-8")
        text = turtle.write(describe(store, self.release, files, about, statistics)).encode()
        for name, format_ in RDF_FORMATS.items():
            path = folder / artefacts.description_name(name)
            if name == "turtle":
                path.write_bytes(text)
                continue
            used = ("void", "dcterms", "schema", "rdf") if name == "trig" else ()
            triples = (quad.triple for quad in parse(text, format=RdfFormat.TURTLE))
            serialize(triples, str(path), format_.engine, prefixes={prefix: PREFIXES[prefix] for prefix in used})
        return iter(())
