"""Findings for people: by file, each with its line quoted, and what would mend it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final, TextIO

import click

from clustergraph.errors import Where
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.reports.common import Report, shape_name, shown, summary

_COLOURS: Final = {Severity.VIOLATION: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_WIDTH: Final = 100
"""How many characters of a source line are shown."""


def wants_colour(stream: TextIO) -> bool:
    """Whether a report for a stream should have colours: it is a terminal, and ``NO_COLOR`` is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def write(report: Report) -> str:
    """Return findings by file, each with its line quoted and a pointer at the place in it."""
    blocks = []
    for path, group in groupby(report.findings, key=lambda finding: finding.where.path if finding.where else None):
        lines = _lines(path)
        blocks.append(click.style(shown(path) if path else "no place in the files", bold=True))
        blocks.extend(_block(finding, lines, report.fix(finding)) for finding in group)
    blocks.append(_summary(report) + "\n")
    text = "\n".join(blocks)
    return text if report.colour else click.unstyle(text)


def _summary(report: Report) -> str:
    files = {finding.where.path for finding in report.findings if finding.where}
    text = summary(report.findings)
    if files:
        text += f" in {len(files)} file{'s' * (len(files) > 1)}"
    return click.style(text, fg="green" if report.conforms else "red")


def _lines(path: Path | None) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace").split("\n") if path else []
    except OSError:
        return []


def _block(finding: Finding, lines: list[str], fix: str) -> str:
    where = finding.where
    place = _place(where) if where else ""
    severity = click.style(finding.severity.value, fg=_COLOURS[finding.severity])
    head = "  " + " ".join(part for part in (place, severity, finding.reason()) if part)
    tail = [f"    fix: {fix}"] if fix else []
    name = click.style(shape_name(finding), dim=True)
    return "\n".join([head, *_details(finding), *_quote(where, lines), *tail, f"    {name}", ""])


def _place(where: Where) -> str:
    return f"{where.cell}:" if where.cell else ":".join(str(part) for part in (where.line, where.column) if part)


def _details(finding: Finding) -> Iterator[str]:
    for detail in finding.details:
        if detail.message != finding.message:
            yield f"    because {detail.reason()}"


def _quote(where: Where | None, lines: list[str]) -> Iterator[str]:
    if where is None or where.line is None or where.line > len(lines):
        return
    line = lines[where.line - 1].rstrip("\r").replace("\t", " ")
    start = (where.column or 1) - 1
    # A long line is cut so that the place stays in sight.
    cut = max(0, start - _WIDTH // 2) if len(line) > _WIDTH else 0
    margin = f"    {where.line} | "
    yield margin + line[cut : cut + _WIDTH]
    if where.column:
        yield " " * (len(margin) - 2) + "| " + " " * (start - cut) + click.style("^", fg="green")
