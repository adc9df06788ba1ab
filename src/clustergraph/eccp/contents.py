"""What is in a package, and how it is written: the profiles in every form, the reports and a manifest, whole or not."""

import json
import os
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, select_autoescape
from pyoxigraph import RdfFormat, Triple, parse, serialize

from clustergraph.eccp import form, workbook
from clustergraph.eccp.assessment import Kind, Verdict
from clustergraph.eccp.package import TITLE, Package
from clustergraph.eccp.workbook import Sheet
from clustergraph.errors import ClustergraphError
from clustergraph.rdf.files import UnwritableError, Written, whole_folder
from clustergraph.rdf.writers import merged, ntriples, turtle
from clustergraph.rdf.xml import checked
from clustergraph.shacl import reports
from clustergraph.shacl.findings import Severity
from clustergraph.spreadsheet import separated
from clustergraph.terms import PREFIXES, SCHEME

MANIFEST: Final = "manifest.json"
FORMAT: Final = "clustergraph-eccp/1"
"""What a manifest says the folder is."""
_LISTS: Final = "Code lists"
_MEDIA: Final = {
    ".ttl": "text/turtle",
    ".jsonld": "application/ld+json",
    ".rdf": "application/rdf+xml",
    ".nq": "application/n-quads",
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".md": "text/markdown",
    ".html": "text/html",
    ".txt": "text/plain",
}
_TEMPLATES: Final = Environment(
    loader=PackageLoader("clustergraph.export"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class BrokenPackageError(ClustergraphError):
    """A package breaks its profile and is not written."""


class OccupiedFolderError(ClustergraphError):
    """A folder holds something else than a package."""


def write(package: Package, folder: Path, *, force: bool = False) -> dict[str, Any]:
    """Write a package to a folder, in one step, and return its manifest; an older package in it is replaced.

    What breaks its profile is written only by force.

    Raises:
        BrokenPackageError: it breaks its profile.
        OccupiedFolderError: the folder holds something else.
        XmlError: a statement is one that RDF/XML cannot hold.
    """
    if package.violations and not force:
        found, advice = reports.summary(package.findings), "mend the data and build again, or write it with --force"
        raise BrokenPackageError(f"the package breaks its profile: {found}; nothing is written", advice=advice)
    check_folder(folder)
    with whole_folder(folder) as draft:
        write_files(package, draft)
        manifest = _manifest(package, [Written.of(path) for path in sorted(draft.iterdir())])
        (draft / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return manifest


def archive(package: Package, path: Path) -> None:
    """Write a package as a ZIP archive, for download; the same package gives the same bytes; see `write`."""
    with tempfile.TemporaryDirectory(prefix="clustergraph-") as scratch:
        folder = Path(scratch, "eccp")
        write(package, folder)
        with zipfile.ZipFile(path, "w") as packed:
            for each in sorted(folder.iterdir()):
                entry = workbook.entry(f"eccp/{each.name}")
                entry.file_size = each.stat().st_size  # from 2 GB on it needs the larger format
                with each.open("rb") as source, packed.open(entry, "w") as target:
                    shutil.copyfileobj(source, target)


def check_folder(folder: Path) -> None:
    """Raise `OccupiedFolderError` if a folder holds something else than a package, `UnwritableError` if none can be."""
    above = next(each for each in folder.resolve().parents if each.exists())
    if not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
        raise UnwritableError(f"{folder} cannot be made in {above}", advice="name another place")
    inside = (
        {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name} if folder.exists() else set()
    )
    try:
        ours = json.loads((folder / MANIFEST).read_text("utf-8"))
        replaceable = ours["format"] == FORMAT and inside <= {MANIFEST, *(entry["name"] for entry in ours["files"])}
    except (OSError, ValueError, KeyError, TypeError):
        replaceable = not inside
    if not replaceable:
        advice = "name a new folder, or empty this one"
        raise OccupiedFolderError(f"{folder} holds something else than a package", advice=advice)


def _manifest(package: Package, files: list[Written]) -> dict[str, Any]:
    assessments, origin = package.assessments, package.origin
    severities = Counter(finding.severity for finding in package.findings)
    kinds = Counter(gap.kind for assessment in assessments for gap in assessment.gaps)
    verdicts: dict[str, dict[str, int]] = {}
    for judgement in (judgement for assessment in assessments for judgement in assessment.judgements):
        verdicts.setdefault(judgement.rule.text, dict.fromkeys(map(str, Verdict), 0))[judgement.verdict] += 1
    return {
        "format": FORMAT,
        "title": TITLE,
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "release": origin.release,
        "asked": {"clusters": origin.clusters, "regions": origin.regions, "as_of": origin.as_of},
        "judged_as_of": origin.day,
        "documents": [asdict(each) for each in package.documents],
        "nothing_known_of": package.silent,
        "digest": next(file.sha256 for file in files if file.path.name == "profiles.nq"),
        "conforms": not package.violations,
        "findings": {severity: severities[severity] for severity in Severity},
        "counts": {
            "profiles": len(assessments),
            "triples": sum(1 for _ in merged(package.lines)),
            "gaps": {kind: kinds[kind] for kind in Kind},
            "admission": verdicts,
            "waived": sum(assessment.waived for assessment in assessments),
            "rules": Counter(
                "waived" if each.waived else str(each.verdict) for some in assessments for each in some.rules
            ),
        },
        "provisional_lists": package.provisional,
        "profiles": [
            {
                "iri": assessment.thing,
                "name": assessment.name,
                "admission": assessment.admission,
                "rules": {each.rule.text: each.verdict for each in assessment.rules},
                "waived": assessment.waived,
            }
            for assessment in assessments
        ],
        "files": [
            {"name": file.path.name, "media_type": _MEDIA[file.path.suffix], "bytes": file.bytes, "sha256": file.sha256}
            for file in files
        ],
    }


def write_files(package: Package, folder: Path) -> None:
    """Write the files of a package, without the manifest, to a folder that is there."""
    profiles: list[Sequence[str]] = [form.headings(package.recipe.columns), *package.rows]
    pieces = {
        "profiles.nq": package.lines,
        "profiles.ttl": turtle(package.lines, PREFIXES),
        "profiles.jsonld": _json(package),
        "gaps.md": _rendered("gaps.md", package),
        "gaps.html": _rendered("gaps.html", package),
        "report.ttl": [reports.write(package.findings, "turtle").encode()],
        "report.txt": [reports.write(package.findings, "text").encode()],
    }
    for name, parts in pieces.items():
        with (folder / name).open("wb") as file:
            file.writelines(parts)
    with (folder / "profiles.rdf").open("wb") as file:
        serialize(checked(_triples(package)), file, format=RdfFormat.RDF_XML, prefixes=PREFIXES)
    for name, rows in {"profiles.csv": profiles, "gaps.csv": _gaps(package)}.items():
        (folder / name).write_text(separated(rows), "utf-8", newline="")
    workbook.write(folder / "profiles.xlsx", TITLE, _sheets(package, profiles))


def _sheets(package: Package, profiles: Sequence[Sequence[str]]) -> dict[str, Sheet]:
    """Return the sheets of the workbook; the profiles are there to be filled in, and as they were exported."""
    asked, columns = _asked(package, profiles), _columns(package)
    codes = [("List", "Code", "Label", "IRI", "State of the list"), *package.codes]
    notes = {
        name: f"{asks}.\nOne on each line: {several}" if several else f"{asks}." for name, asks, _, several in columns
    }
    choices = {}
    for column in package.recipe.columns:
        lists = {column.name: column.list, **{f"{column.name}: {part}": name for part, name in column.lists.items()}}
        for heading, name in lists.items():
            space = PREFIXES.get(name, f"{SCHEME}{name}/")
            places = [number for number, row in enumerate(codes, 1) if row[3].startswith(space) and not row[4]]
            if name and places:
                choices[heading] = (f"'{_LISTS}'!$C${places[0]}:$C${places[-1]}", not column.many)
    return {
        form.PROFILES: Sheet(asked, numeric=True, hides=("IRI",), notes=notes, choices=choices),
        "How to fill in": Sheet(package.recipe.guide),
        _LISTS: Sheet(codes),
        "Columns": Sheet(columns),
        "Admission and gaps": Sheet(list(_gaps(package))),
        form.EXPORTED: Sheet(profiles, hidden=True),
    }


def _asked(package: Package, profiles: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the table without the columns that nobody is asked for, and each of many values on a line of its own."""
    many = {heading: column.many for column in package.recipe.columns for heading in column.asked}
    places = {place: many.get(heading, False) for place, heading in enumerate(profiles[0]) if heading in {"IRI", *many}}
    return [[form.on_lines(row[place]) if lines else row[place] for place, lines in places.items()] for row in profiles]


def _json(package: Package) -> Iterator[bytes]:
    context = package.recipe.context
    frame = json.dumps({"@context": context.document, context.keyword("@graph"): []}, ensure_ascii=False, indent=1)
    yield frame.removesuffix("]\n}").encode()
    yield from package.branches
    yield b"\n ]\n}\n"


def _triples(package: Package) -> Iterator[Triple]:
    for line in ntriples(package.lines):
        for quad in parse(line, format=RdfFormat.N_TRIPLES):
            yield quad.triple


def _rendered(template: str, package: Package) -> Iterator[bytes]:
    for piece in _TEMPLATES.get_template(template).stream(package=package, title=TITLE, kinds=[*Kind]):
        yield piece.encode()


def _plain(text: object) -> str:
    """Return a text that Markdown does not take for markup, for a cell of a table."""
    escaped = "".join(f"\\{character}" if character in r"\`*_[]<>|#" else character for character in str(text))
    return " ".join(escaped.split())


_TEMPLATES.filters["plain"] = _plain


def _gaps(package: Package) -> Iterable[list[str]]:
    """Yield the headings, and a row for each rule and each gap."""
    yield ["IRI", "name", "about", "column or rule", "finding", "what is known", "what to do", "sources"]
    for assessment in package.assessments:
        who = [assessment.thing, assessment.name]
        for judgement in assessment.judgements:
            said = "; ".join(evidence.said for evidence in judgement.evidence)
            sources = "; ".join(sorted({evidence.source for evidence in judgement.evidence if evidence.source}))
            yield [*who, "admission", judgement.rule.text, str(judgement), said, "", sources]
        for gap in assessment.gaps:
            yield [*who, "profile", gap.column, gap.kind, gap.finding, gap.advice, "; ".join(gap.sources)]


def _columns(package: Package) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("Column", "What it asks", "Needed", "Several, with a semicolon between; each has")]
    for column in package.recipe.columns:
        several = " | ".join([column.name, *column.parts]) if column.many else ""
        rows.append((column.name, column.asks, "yes" if column.needed else "", several))
        if not column.many:
            rows += [(f"{column.name}: {part}", f"{column.name}, {part}", "", "") for part in column.parts]
    return rows
