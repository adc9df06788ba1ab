"""What is in a package: the profiles in every form, the gap reports and the SHACL report, each written as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from pyoxigraph import RdfFormat, Triple, parse, serialize

from clustergraph.export import form, gap_reports, shacl_reports, workbook
from clustergraph.export.eccp import Recipe
from clustergraph.export.names import Names
from clustergraph.export.package import TITLE, Package, codes_of
from clustergraph.export.writers import ntriples, turtle
from clustergraph.terms import PREFIXES

_PREFIXES: Final = {**PREFIXES, "adms": "http://www.w3.org/ns/adms#"}


def write(package: Package, folder: Path) -> None:
    """Write the files of a package, without the manifest, to a folder that is there."""
    recipe, report = package.recipe, package.report
    headings = form.headings(recipe.columns)
    pieces = {
        "profiles.nq": package.lines,
        "profiles.ttl": turtle(package.lines, Names(_PREFIXES)),
        "profiles.jsonld": _json(package),
        "profiles.csv": gap_reports.table(headings, package.rows),
        "gaps.md": gap_reports.markdown(report),
        "gaps.html": gap_reports.html(report),
        "gaps.csv": gap_reports.csv(report),
        "report.ttl": shacl_reports.turtle(package.findings, conforms=package.conforms),
        "report.txt": shacl_reports.text(package.findings),
    }
    for name, parts in pieces.items():
        with (folder / name).open("wb") as file:
            file.writelines(parts)
    with (folder / "profiles.rdf").open("wb") as file:
        _xml(package, file)
    sheets = [
        workbook.Sheet("Profiles", headings, package.rows, numbers=True),
        workbook.Sheet("Code lists", *_code_lists(package)),
        workbook.Sheet("Columns", *_columns(recipe)),
    ]
    workbook.write(folder / "profiles.xlsx", TITLE, sheets)


def _json(package: Package) -> Iterator[bytes]:
    context = package.recipe.context
    top = next(name for name, value in context.items() if value == "@graph")
    frame = json.dumps({"@context": context, top: []}, ensure_ascii=False, indent=1)
    yield frame.removesuffix("]\n}").encode()
    for number, branch in enumerate(package.branches):
        text = json.dumps(branch, ensure_ascii=False, indent=1).replace("\n", "\n  ")
        yield f"{',' if number else ''}\n  {text}".encode()
    yield b"\n ]\n}\n"


def _xml(package: Package, file: IO[bytes]) -> None:
    used = {name: space for name, space in _PREFIXES.items() if any(p.startswith(space) for p in package.predicates)}
    serialize(_triples(package), file, format=RdfFormat.RDF_XML, prefixes=used)


def _triples(package: Package) -> Iterator[Triple]:
    for line in ntriples(package.lines):
        for quad in parse(line, format=RdfFormat.N_TRIPLES):
            yield quad.triple


def _code_lists(package: Package) -> tuple[list[str], list[list[str]]]:
    table = package.codes.union(codes_of(package.lists))
    ordered = sorted(table, key=lambda row: (row[0], row[2].casefold(), row))
    return ["List", "Code", "Label", "IRI", "State of the list"], [list(row) for row in ordered]


def _columns(recipe: Recipe) -> tuple[list[str], list[list[str]]]:
    rows = [
        [
            heading,
            column.asks if heading == column.name else f"{column.name}, {heading.rpartition(': ')[2]}",
            "yes" if column.needed and heading == column.name else "",
            " | ".join([column.name, *column.parts]) if column.many else "",
        ]
        for column in recipe.columns
        for heading in column.headings
    ]
    return ["Column", "What it asks", "Needed", "Several, with a semicolon between; each has"], rows
