"""The files that a release offers for download, and the list of them that lies beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from clustergraph.errors import ReleaseError
from clustergraph.formats import RDF_FORMATS

FOLDER: Final = "exports"
"""The folder of a release that holds them."""

LIST: Final = "downloads.json"


@dataclass(frozen=True)
class Download:
    """A file for download."""

    name: str
    """The name of the file, the same for every release."""
    title: str
    description: str
    format: str
    """The name of one of the `RDF_FORMATS`, or ``zip``."""
    packed: bool
    """Whether it is compressed with gzip."""
    bytes: int
    sha256: str
    source: str = ""
    """The source that it is the content of; empty for the whole graph."""
    conforms_to: str = ""
    """The IRI of the standard that it follows, where it is not our ontology."""

    @property
    def media_type(self) -> str:
        """The media type of the content, compression apart."""
        return RDF_FORMATS[self.format].media_type if self.format in RDF_FORMATS else f"application/{self.format}"

    def dated(self, digest: str) -> str:
        """Return the name to save it under, which tells releases apart.

        >>> Download("eurio.ttl.gz", "", "", "turtle", True, 0, "").dated("c98ce04d")
        'clustergraph-c98ce04d-eurio.ttl.gz'
        """
        own = self.name.removeprefix("clustergraph")
        return f"clustergraph-{digest}{own if own.startswith('.') else f'-{self.name}'}"


def write(folder: Path, made_by: str, downloads: Iterable[Download]) -> None:
    """Write the list of the files in a folder, and what made them."""
    listed = {"made_by": made_by, "downloads": [asdict(each) for each in downloads]}
    (folder / LIST).write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read(release: Path) -> tuple[str, tuple[Download, ...]]:
    """Return what made the files of a release, and the files; nothing and none if there are none yet.

    Raises:
        ReleaseError: the list is damaged.
    """
    path = release / FOLDER / LIST
    try:
        listed = json.loads(path.read_text("utf-8"))
        return str(listed["made_by"]), tuple(Download(**each) for each in listed["downloads"])
    except FileNotFoundError:
        return "", ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{path} cannot be read ({error!r})", advice="run: clustergraph export all") from error
