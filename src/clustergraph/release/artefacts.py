"""What follows from a release: files of their own, found by its digest and the fingerprint of what makes them.

``artefacts/<digest>/<kind>-<fingerprint>/`` is written under another name, and has this one when it is whole. The list
beside them says which of them belong together; readers see those and no others, and making never changes one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from pyoxigraph import DefaultGraph, Store

from clustergraph.errors import ReleaseError
from clustergraph.formats import RDF_FORMATS
from clustergraph.rdf.files import Written, locked, whole, whole_folder
from clustergraph.rdf.lines import Line, canonical
from clustergraph.release.manifest import STORE

FOLDER: Final = "artefacts"
DUMP: Final = "dump-1"
"""The artefact that holds the canonical lines; the digest of the release is theirs, so nothing else bears on them."""
DUMP_FILE: Final = "dump.nq"
PROFILES: Final = "profiles"
"""The artefact with the profiles, and in a folder for each its queries, which the service asks about single things."""
DESCRIPTION: Final = "description"
"""The artefact with the description, a file for each of the `RDF_FORMATS`."""
USES: Final = "uses.json"
"""The file beside the description that says how often properties and codes are used."""
HISTORY: Final = "history"
"""The artefact with what has changed against the release before; see `clustergraph.release.history`."""
ORIGINS: Final = "origins"
"""The artefact that tells from which row of which table statements of imports come; see `clustergraph.rdf.origins`."""
CONFLICTS: Final = "conflicts"
"""The artefact with the rows that the conflict rules find; see `clustergraph.questions.conflicts`."""
COLUMNS: Final = "columns"
"""The artefact with the statements as arrays; see `clustergraph.columns`."""
NAMES: Final = "names"
"""The artefact with all names, to be searched; see `clustergraph.questions.name_index`."""
_MEDIA_TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
    "graphml": "application/xml",  # GraphML has no registered type of its own
}
_LIST: Final = "made.json"
_DOWNLOADS: Final = "downloads.json"
_WAIT: Final = 600.0
"""How many seconds to wait for somebody else who makes artefacts."""


@dataclass(frozen=True)
class Download:
    """A file for download."""

    name: str
    """The name of the file, the same for every release."""
    title: str
    description: str
    format: str
    """The name of one of the `RDF_FORMATS`, ``zip``, or the format of a list."""
    packed: bool
    """Whether it is compressed with gzip."""
    bytes: int
    sha256: str
    source: str = ""
    """The source that it is the content of; empty for the whole graph."""
    conforms_to: str = ""
    """The IRI of the standard that it follows, where it is not our ontology."""
    folder: str = ""
    """The name of the artefact that it is in."""

    @classmethod
    def of(
        cls, written: Written, title: str, description: str, format_: str, *, source: str = "", conforms_to: str = ""
    ) -> Self:
        """Return what is told of a file that has been written."""
        name, packed = written.path.name, written.path.suffix == ".gz"
        return cls(name, title, description, format_, packed, written.bytes, written.sha256, source, conforms_to)

    @property
    def media_type(self) -> str:
        """The media type of the content, compression apart."""
        if self.format in RDF_FORMATS:
            return RDF_FORMATS[self.format].media_type
        return _MEDIA_TYPES.get(self.format, f"application/{self.format}")

    def dated(self, digest: str) -> str:
        """Return the name to save it under, which tells releases apart.

        >>> Download("eurio.ttl.gz", "", "", "turtle", True, 0, "").dated("c98ce04d")
        'clustergraph-c98ce04d-eurio.ttl.gz'
        """
        own = self.name.removeprefix("clustergraph")
        return f"clustergraph-{digest}{own if own.startswith('.') else f'-{self.name}'}"


@dataclass(frozen=True)
class Artefact:
    """Something that can be made of a release."""

    kind: str
    fingerprint: str
    """A digest of all that bears on it beside the release."""
    fill: Callable[[Path, Sequence[Download]], Iterable[Download]]
    """Fills a folder, told of the files for download that were made before, and says which it has made."""
    tells: bool = False
    """Whether it tells of those made before it, so that it is another one when they are others."""

    def folder(self, before: Iterable[str]) -> str:
        """Return the name of its folder, from those of the artefacts that are made before it."""
        digest = hashlib.sha256(self.fingerprint.encode())
        if self.tells:
            digest.update("".join(before).encode())
        return f"{self.kind}-{digest.hexdigest()[:12]}"


@dataclass(frozen=True)
class Made:
    """The artefacts of a release that are there, and belong together."""

    home: Path
    """The folder that holds them."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """The name of each one's folder, by its kind."""
    downloads: tuple[Download, ...] = ()

    @classmethod
    def of(cls, release: Path) -> Made:
        """Return what is made of the release in a directory; `ReleaseError` if the list of it is damaged."""
        home = home_of(release)
        path = home / _LIST
        try:
            told = json.loads(path.read_text("utf-8"))
            return cls(home, dict(told["folders"]), tuple(Download(**each) for each in told["downloads"]))
        except FileNotFoundError:
            return cls(home)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ReleaseError(f"{path} cannot be read ({error!r})", advice="run: clustergraph export all") from error

    def folder(self, kind: str) -> Path | None:
        """Return the folder of an artefact, if it is made."""
        return self.home / self.folders[kind] if kind in self.folders else None

    def description(self, format_: str) -> Path | None:
        """Return where the description is in a format, if it is made."""
        folder = self.folder(DESCRIPTION)
        return folder and folder / description_name(format_)

    def uses(self) -> Mapping[str, Mapping[str, int]]:
        """Return how often properties and codes are used, by IRI; nothing where the release is not described yet."""
        folder = self.folder(DESCRIPTION)
        try:
            found: dict[str, dict[str, int]] = json.loads((folder / USES).read_text("utf-8")) if folder else {}
        except (OSError, ValueError):
            found = {}
        return {name: found.get(name, {}) for name in ("properties", "codes")}

    def path(self, download: Download) -> Path:
        """Return where a file for download is."""
        return self.home / download.folder / download.name


def description_name(format_: str) -> str:
    """Return the name of the file of the description in a format."""
    return f"description.{RDF_FORMATS[format_].extensions[0]}"


def home_of(release: Path) -> Path:
    """Return the folder of the artefacts of the release in a directory."""
    release = release.resolve()
    return release.parents[1] / FOLDER / release.name


def folder_of(release: Path, kind: str) -> Path | None:
    """Return the folder of an artefact of the release in a directory; a graph in memory has none."""
    return Made.of(release).folder(kind) if release.name else None


def made_at(release: Path) -> tuple[str, int]:
    """Return what stands for a release, of a directory without links, and all that is made of it; in microseconds."""
    root, _, digest = str(release).rpartition(f"{os.sep}releases{os.sep}")
    try:
        return digest, os.stat(f"{root}{os.sep}{FOLDER}{os.sep}{digest}{os.sep}{_LIST}").st_mtime_ns  # noqa: PTH116 - pathlib takes ten times as long
    except OSError:
        return digest, 0


def dump_of(release: Path) -> Path | None:
    """Return the canonical N-Quads of a release, if that file is there."""
    path = home_of(release) / DUMP / DUMP_FILE
    return path if path.is_file() else None


def store_of(release: Path) -> Store:
    """Return the store of a release, to be read only; `ReleaseError` if it cannot be opened."""
    try:
        return Store.read_only(str(release / STORE))
    except OSError as error:
        raise ReleaseError(f"the store of {release} cannot be opened ({error})") from error


def lines_of(release: Path) -> Iterator[Line]:
    """Yield the canonical lines of a release: from its dump, or else from its store."""
    if dump := dump_of(release):
        with dump.open("rb") as file:
            yield from file
    else:
        yield from canonical(quad for quad in store_of(release) if not isinstance(quad.graph_name, DefaultGraph))


def make(release: Path, wanted: Sequence[Artefact]) -> Made:
    """Make some artefacts of a release, but for those that are there, and list them.

    Two who do so at a time do it one after the other; `ReleaseError` if somebody else is at it for too long.
    """
    home = home_of(release)
    busy = ReleaseError(f"another process is making the files of {release}", advice="wait for it to end")
    with locked(home.parent / "lock", _WAIT, busy):
        made = before = Made(home)
        with suppress(ReleaseError):  # a list that is damaged is written anew
            before = Made.of(release)
        for each in wanted:
            name = each.folder(made.folders.values())
            found = _listed(home / name)
            if found is None:
                with whole_folder(home / name) as folder:
                    found = list(each.fill(folder, made.downloads))
                    (folder / _DOWNLOADS).write_bytes(_json([asdict(file) for file in found]))
            found = [replace(file, folder=name) for file in found]
            made = replace(made, folders={**made.folders, each.kind: name}, downloads=(*made.downloads, *found))
        if made != before:
            with whole(home / _LIST) as file:
                file.write(_json({"folders": made.folders, "downloads": [asdict(each) for each in made.downloads]}))
        # Those before stay until next time: somebody may be reading them.
        kept = {DUMP, *made.folders.values(), *before.folders.values()}
        for path in home.iterdir():
            if path.is_dir() and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
    return made


def _listed(folder: Path) -> list[Download] | None:
    """Return the files for download in the folder of an artefact; None if it is not there, or does not say them."""
    try:
        return [Download(**file) for file in json.loads((folder / _DOWNLOADS).read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        return None


def _json(content: object) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"
