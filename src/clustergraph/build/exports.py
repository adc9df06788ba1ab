"""Every export of a release as a file in it, made once; the description of the release lists them."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import Store

from clustergraph import __version__, turtle
from clustergraph.build.describe import describe
from clustergraph.errors import ReleaseError
from clustergraph.export import downloads, profiles
from clustergraph.export.downloads import Download
from clustergraph.export.dump import FORMATS, Progress, dump, extension, lines_of
from clustergraph.export.files import Written, whole, whole_folder
from clustergraph.export.lines import opened
from clustergraph.export.publication import Publication
from clustergraph.export.sources import COMPUTED, Facts, split
from clustergraph.export.views import View
from clustergraph.graph import Graph
from clustergraph.store.embedded import Release

_WORDS: Final = {
    "nquads": "N-Quads, a statement on each line",
    "trig": "TriG, graph by graph",
    "turtle": "Turtle, all graphs merged",
    "jsonld": "JSON-LD, graph by graph",
}
_NAMED: Final = "Every statement with the named graph that it stands in."
_MERGED: Final = "Every triple once, without the sections that state it."
_PACKAGE: Final = "RDF, the table of the form as CSV and workbook, a report of the gaps, and a manifest."
_ECCP: Final = "https://www.clustercollaboration.eu/"
_OF_A_SOURCE: Final = ("nquads", "trig")
_OF_A_PROFILE: Final = ("turtle", "jsonld")


@dataclass(frozen=True)
class Exports:
    """What is needed to make the exports of releases."""

    queries: Path
    shapes: Path

    def prepare(self, release: Path, progress: Progress = lambda _: None) -> tuple[Download, ...]:
        """Make every export of a release and its description, unless they are there already.

        Raises:
            ReleaseError: the release cannot be read.
            SourceError: a profile is not as it should be.
        """
        made_by, found = downloads.read(release)
        if made_by == self.fingerprint():
            return found
        described = Release.read(release)
        for left in release.glob(f".{downloads.FOLDER}.*"):
            shutil.rmtree(left, ignore_errors=True)
        store = _opened(release)
        with (
            tempfile.TemporaryDirectory(prefix="clustergraph-") as scratch,
            whole_folder(release / downloads.FOLDER) as folder,
        ):
            progress("writing the dumps")
            facts = split(lines_of(release), Path(scratch))
            files = [
                *self._dumps(release, folder, progress),
                *self._sources(Path(scratch), folder, facts, progress),
                *self._profiles(store, folder, progress),
                *self._package(release, described, folder, progress),
            ]
            downloads.write(folder, self.fingerprint(), files)
            # Before the files have their names: who sees them shall find them described.
            self._describe(release, described, store, facts, tuple(files))
        return tuple(files)

    def fingerprint(self) -> str:
        """Return a digest of all that the exports depend on beside the release."""
        digest = hashlib.sha256(__version__.encode())
        folder = self.queries / "exports"
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        files += sorted((self.shapes / "profiles").glob("*.ttl"))
        files += sorted(
            path for name in ("export", "build") for path in (Path(__file__).parents[1] / name).glob("*.py")
        )
        for path in files:
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]

    def _dumps(self, release: Path, folder: Path, progress: Progress) -> Iterator[Download]:
        for format_ in FORMATS:
            path = folder / f"clustergraph{extension(format_, compress=True)}"
            written = dump(lines_of(release), format_, path, compress=True, progress=progress)
            title = f"The whole graph: {_WORDS[format_]}"
            merged = format_ == "turtle"
            yield _download(written, title, _MERGED if merged else _NAMED, format_)

    def _sources(self, scratch: Path, folder: Path, facts: dict[str, Facts], progress: Progress) -> Iterator[Download]:
        for source in facts:
            if source and source not in COMPUTED:
                for format_ in _OF_A_SOURCE:
                    path = folder / f"{source}{extension(format_, compress=True)}"
                    with opened(scratch / f"{source}.nq") as lines:
                        written = dump(lines, format_, path, compress=True, progress=progress)
                    title = f"{source}: {_WORDS[format_]}"
                    yield _download(
                        written,
                        title,
                        f"What the source {source} says, and nothing that is inferred.",
                        format_,
                        source=source,
                    )

    def _profiles(self, store: Store, folder: Path, progress: Progress) -> Iterator[Download]:
        for name in profiles.names(self.queries):
            progress(f"writing the view {name}")
            profile = profiles.load(name, self.queries, self.shapes)
            # The service asks these queries about single things.
            shutil.copytree(self.queries / "exports" / name, folder / "profiles" / name)
            view = View.of(profile, store)
            if found := view.violations():
                progress(f"skipping {name}: {len(found)} violations; `clustergraph export {name}` shows them")
                continue
            for format_ in _OF_A_PROFILE:
                path = folder / f"{name}{extension(format_, compress=True)}"
                written = profiles.write(profile, view.lines, format_, path, compress=True)
                yield _download(written, profile.title, profile.description, format_, conforms_to=profile.conforms_to)

    def _package(self, release: Path, described: Release, folder: Path, progress: Progress) -> Iterator[Download]:
        """Write the package for the ECCP, if there are clusters and nothing of it breaks its shapes."""
        recipe = self.queries / "exports" / "eccp"
        if not recipe.is_dir():
            return
        from clustergraph.export import eccp, package, packing  # slow to import

        progress("writing the package for the ECCP")
        origin = package.Origin(described.digest, described.created[:10])
        try:
            loaded = eccp.Recipe.load(recipe, self.shapes / "profiles" / "eccp.ttl")
            made = package.make(Graph.open(release), loaded, origin, progress)
            path = folder / "eccp.zip"
            packing.archive(made, path)
        except (eccp.NothingToExportError, packing.BrokenPackageError) as error:
            progress(f"skipping the package for the ECCP: {error.message}")
            return
        yield _download(Written.of(path), package.TITLE, _PACKAGE, "zip", conforms_to=_ECCP)

    def _describe(
        self, release: Path, described: Release, store: Store, facts: dict[str, Facts], files: tuple[Download, ...]
    ) -> None:
        description = describe(
            store,
            described.digest,
            described.version,
            created=described.created,
            facts=facts,
            downloads=files,
            publication=Publication.read(self.queries),
        )
        with whole(release / "description.ttl") as file:
            file.write(turtle.write(description).encode())


def _download(
    written: Written, title: str, description: str, format_: str, *, source: str = "", conforms_to: str = ""
) -> Download:
    return Download(
        name=written.path.name,
        title=title,
        description=description,
        format=format_,
        packed=written.path.suffix == ".gz",
        bytes=written.bytes,
        sha256=written.sha256,
        source=source,
        conforms_to=conforms_to,
    )


def _opened(release: Path) -> Store:
    try:
        return Store.read_only(str(release / "store"))
    except OSError as error:
        raise ReleaseError(f"the store of {release} cannot be opened ({error})") from error
