"""How a package is written: with a manifest, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from clustergraph.errors import ClustergraphError
from clustergraph.export import gaps
from clustergraph.export.admission import Verdict
from clustergraph.export.contents import files
from clustergraph.export.files import whole_folder
from clustergraph.export.package import TITLE, Package
from clustergraph.shacl import reports
from clustergraph.shacl.findings import Finding, Severity

MANIFEST: Final = "manifest.json"
FORMAT: Final = "clustergraph-eccp/1"
"""What a manifest says the folder is."""

_LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP archive can hold."""
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

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Keep what is wrong."""
        super().__init__(
            f"the package breaks its profile: {reports.summary(findings)}; nothing is written",
            advice="mend the data and build again, or write it all the same with --force",
        )
        self.findings = list(findings)


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
    if package.violations and not force:
        raise BrokenPackageError(package.violations)
    check_folder(folder)
    manifest, content = _packed(package)
    with whole_folder(folder) as draft:
        for name, data in content.items():
            (draft / name).write_bytes(data)
    return manifest


def archive(package: Package) -> bytes:
    """Return a package as a ZIP archive, for download; the same package gives the same bytes.

    Raises:
        BrokenPackageError: it breaks its profile.
    """
    if package.violations:
        raise BrokenPackageError(package.violations)
    buffer = io.BytesIO()
    _, content = _packed(package)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in sorted(content.items()):
            entry = zipfile.ZipInfo(f"eccp/{name}", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, data)
    return buffer.getvalue()


def _packed(package: Package) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the manifest of a package, and all its files by name."""
    content = files(package)
    manifest = _manifest(package, content)
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    return manifest, {**content, MANIFEST: text.encode()}


def check_folder(folder: Path) -> None:
    """Raise `OccupiedFolderError` if a folder holds something else than a package."""
    if not folder.exists():
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


def _manifest(package: Package, content: Mapping[str, bytes]) -> dict[str, Any]:
    profiles, report = package.profiles, package.report
    judgements = [judgement for card in report.cards for judgement in card.judgements]
    verdicts = {
        text: {
            str(verdict): sum(j.rule.text == text and j.verdict is verdict for j in judgements) for verdict in Verdict
        }
        for text in dict.fromkeys(judgement.rule.text for judgement in judgements)
    }
    found = Counter(str(gap.kind) for card in report.cards for gap in card.gaps)
    severities = Counter(str(finding.severity) for finding in package.findings)
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
        "digest": hashlib.sha256(content["profiles.nq"]).hexdigest(),
        "conforms": not package.violations,
        "findings": {str(severity): severities[str(severity)] for severity in Severity},
        "counts": {
            "profiles": len(profiles.things),
            "triples": len(profiles.quads()),
            "gaps": {str(kind): found[str(kind)] for kind in gaps.Kind},
            "admission": verdicts,
            "waived": sum(any(judgement.waived for judgement in card.judgements) for card in report.cards),
        },
        "provisional_lists": list(report.provisional),
        "profiles": [{"iri": card.thing, "name": card.name, "admission": card.admission} for card in report.cards],
        "files": [
            {
                "name": name,
                "media_type": _MEDIA[name.rpartition(".")[2]],
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            for name, data in sorted(content.items())
        ],
    }
