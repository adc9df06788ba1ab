"""How a package is written: with a manifest, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from clustergraph.errors import ClustergraphError
from clustergraph.export import contents, gaps, shacl_reports
from clustergraph.export.admission import Verdict
from clustergraph.export.files import UnwritableError, Written, whole_folder
from clustergraph.export.gap_reports import Card
from clustergraph.export.package import TITLE, Package
from clustergraph.shacl.findings import Severity

MANIFEST: Final = "manifest.json"
FORMAT: Final = "clustergraph-eccp/1"
"""What a manifest says the folder is."""

_LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP archive can hold."""
_LARGE: Final = 1 << 31
"""Bytes from which on an entry of an archive needs the larger format."""
_MEDIA: Final = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
    "nq": "application/n-quads",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown",
    "html": "text/html",
    "txt": "text/plain",
}


class BrokenPackageError(ClustergraphError):
    """A package breaks its profile and is not written."""

    def __init__(self, found: str) -> None:
        """Say how much is wrong."""
        super().__init__(
            f"the package breaks its profile: {found}; nothing is written",
            advice="mend the data and build again, or write it all the same with --force",
        )


class OccupiedFolderError(ClustergraphError):
    """A folder holds something else than a package."""


def write(package: Package, folder: Path, *, force: bool = False) -> dict[str, Any]:
    """Write a package to a folder, in one step, and return its manifest.

    Args:
        package: the package.
        folder: the folder to make; one that holds an older package is replaced.
        force: write it also if it breaks its profile.

    Raises:
        BrokenPackageError: it breaks its profile.
        OccupiedFolderError: the folder holds something else.
    """
    if not force:
        _check(package)
    check_folder(folder)
    with whole_folder(folder) as draft:
        return _fill(package, draft)


def archive(package: Package, path: Path) -> None:
    """Write a package as a ZIP archive, for download; the same package gives the same bytes.

    Raises:
        BrokenPackageError: it breaks its profile.
    """
    _check(package)
    with tempfile.TemporaryDirectory(prefix="clustergraph-") as scratch, zipfile.ZipFile(path, "w") as packed:
        _fill(package, Path(scratch))
        for each in sorted(Path(scratch).iterdir()):
            entry = zipfile.ZipInfo(f"eccp/{each.name}", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with each.open("rb") as source, packed.open(entry, "w", force_zip64=each.stat().st_size > _LARGE) as target:
                shutil.copyfileobj(source, target)


def _check(package: Package) -> None:
    if not package.conforms:
        raise BrokenPackageError(shacl_reports.tally(package.severities))


def _fill(package: Package, folder: Path) -> dict[str, Any]:
    """Write all files of a package to a folder, and return the manifest."""
    contents.write(package, folder)
    manifest = _manifest(package, [Written.of(path) for path in sorted(folder.iterdir())])
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    (folder / MANIFEST).write_text(text, "utf-8")
    return manifest


def check_folder(folder: Path) -> None:
    """Raise an error if a folder holds something else than a package, or cannot be made.

    Raises:
        OccupiedFolderError: it holds something else.
        UnwritableError: it cannot be made.
    """
    if not folder.exists():
        above = next(each for each in folder.resolve().parents if each.exists())
        if not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
            raise UnwritableError(f"{folder} cannot be made in {above}", advice="name another place")
        return
    manifest = folder / MANIFEST
    inside = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name}
    try:
        ours = json.loads(manifest.read_text("utf-8"))
        replaceable = ours["format"] == FORMAT and inside <= {MANIFEST, *(entry["name"] for entry in ours["files"])}
    except (OSError, ValueError, KeyError, TypeError):
        replaceable = not inside
    if not replaceable:
        advice = "name a new folder, or empty this one"
        raise OccupiedFolderError(f"{folder} holds something else than a package", advice=advice)


def _manifest(package: Package, files: Sequence[Written]) -> dict[str, Any]:
    counts = _Counts.of(package.report.cards)
    return {
        "format": FORMAT,
        "title": TITLE,
        "licence": _LICENCE,
        "release": package.origin.release,
        "asked": {
            "clusters": list(package.origin.clusters),
            "regions": list(package.origin.regions),
            "as_of": package.origin.as_of,
        },
        "judged_as_of": package.origin.day,
        "documents": [
            {
                "iri": each.iri,
                "name": each.name,
                "issued": each.issued,
                "left_out": each.later_than(package.origin.as_of),
            }
            for each in package.documents
        ],
        "nothing_known_of": package.silent,
        "digest": next(file.sha256 for file in files if file.path.name == "profiles.nq"),
        "conforms": package.conforms,
        "findings": {str(severity): package.severities[severity] for severity in Severity},
        "counts": {
            "profiles": package.profiles,
            "triples": package.triples,
            "gaps": {str(kind): counts.gaps[kind] for kind in gaps.Kind},
            "admission": {
                rule: {str(verdict): found[verdict] for verdict in Verdict} for rule, found in counts.rules.items()
            },
            "waived": counts.waived,
        },
        "provisional_lists": list(package.report.provisional),
        "profiles": counts.profiles,
        "files": [
            {
                "name": file.path.name,
                "media_type": _MEDIA[file.path.suffix.removeprefix(".")],
                "bytes": file.bytes,
                "sha256": file.sha256,
            }
            for file in files
        ],
    }


@dataclass
class _Counts:
    """What a manifest counts."""

    gaps: Counter[gaps.Kind] = field(default_factory=Counter)
    rules: dict[str, Counter[Verdict]] = field(default_factory=dict)
    waived: int = 0
    profiles: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, cards: Iterable[Card]) -> Self:
        made = cls()
        for card in cards:
            made.gaps.update(gap.kind for gap in card.gaps)
            for judgement in card.judgements:
                made.rules.setdefault(judgement.rule.text, Counter())[judgement.verdict] += 1
            made.waived += any(judgement.waived for judgement in card.judgements)
            made.profiles.append({"iri": card.thing, "name": card.name, "admission": card.admission})
        return made
