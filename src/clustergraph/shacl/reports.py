"""Findings as text for people, as JSON for programs, and as a SHACL validation report."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TextIO

import click
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from clustergraph.errors import Where
from clustergraph.shacl.findings import Finding, Named, Severity
from clustergraph.terms import VOCABULARIES, compact
from clustergraph.turtle import write as write_turtle

FORMATS: Final = ("text", "json", "turtle")
"""The forms that a report can take."""

_COLOURS: Final = {Severity.VIOLATION: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_WIDTH: Final = 100
"""How many characters of a source line are shown."""


def write(findings: Sequence[Finding], format_: str = "text", *, colour: bool = False) -> str:
    """Return findings in one of the `FORMATS`; colour is for text only.

    Raises:
        ValueError: there is no such format.
    """
    if format_ == "text":
        return text(findings, colour=colour)
    if format_ == "json":
        return as_json(findings)
    if format_ == "turtle":
        return turtle(findings)
    raise ValueError(f"no report as {format_!r}; known formats: {', '.join(FORMATS)}")


def wants_colour(stream: TextIO) -> bool:
    """Whether a report for a stream should have colours: it is a terminal, and ``NO_COLOR`` is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def text(findings: Sequence[Finding], *, colour: bool = False) -> str:
    """Return findings by file, each with its line quoted and a pointer at the place in it."""
    blocks = []
    for path, group in groupby(findings, key=lambda finding: finding.where.path if finding.where else None):
        lines = _lines(path)
        blocks.append(click.style(str(path or "no place in the files"), bold=True))
        blocks.extend(_block(finding, lines) for finding in group)
    blocks.append(summary(findings) + "\n")
    report = "\n".join(blocks)
    return report if colour else click.unstyle(report)


def summary(findings: Iterable[Finding]) -> str:
    """Return how many findings there are of each severity.

    >>> summary([])
    'no findings'
    """
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[level]} {level}{'s' * (counts[level] > 1)}" for level in Severity if counts[level]]
    return ", ".join(parts) or "no findings"


def _lines(path: Path | None) -> list[str]:
    try:
        return path.read_bytes().decode(errors="replace").split("\n") if path else []
    except OSError:
        return []


def _block(finding: Finding, lines: list[str]) -> str:
    where = finding.where
    place = ":".join(str(part) for part in (where.line, where.column) if part) if where else ""
    severity = click.style(finding.severity.value, fg=_COLOURS[finding.severity])
    shape = finding.shape.term
    name = compact(shape.value) if isinstance(shape, NamedNode) else finding.shape.label
    head = "  " + " ".join(part for part in (place, severity, finding.reason()) if part)
    return "\n".join([head, *_details(finding), *_quote(where, lines), f"    {click.style(name, dim=True)}", ""])


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


def as_json(findings: Sequence[Finding]) -> str:
    """Return findings as a JSON object: whether the data conforms, counts by severity, and every finding."""
    counts = Counter(finding.severity for finding in findings)
    report = {
        "conforms": not counts[Severity.VIOLATION],
        "counts": {level.value: counts[level] for level in Severity},
        "findings": [_record(finding) for finding in findings],
    }
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def _record(finding: Finding) -> dict[str, Any]:
    where = finding.where
    return {
        "severity": finding.severity.value,
        "reason": finding.reason(),
        "message": finding.message,
        "shape": _named(finding.shape),
        "focus": _named(finding.focus),
        "path": _named(finding.path),
        "value": _named(finding.value),
        "file": str(where.path) if where else None,
        "line": where.line if where else None,
        "column": where.column if where else None,
        "details": [_record(detail) for detail in finding.details],
    }


def _named(named: Named | None) -> dict[str, str | None] | None:
    if named is None:
        return None
    term = named.term.value if isinstance(named.term, NamedNode | BlankNode | Literal) else None
    return {"term": term, "label": named.label}


def turtle(findings: Sequence[Finding]) -> str:
    """Return findings as a SHACL validation report, with the place of each as its ``dcterms:source``."""
    report = BlankNode("report")
    conforms = not any(finding.severity is Severity.VIOLATION for finding in findings)
    quads = [
        Quad(report, _RDF_TYPE, _sh("ValidationReport")),
        Quad(report, _sh("conforms"), Literal(conforms)),
    ]
    for number, finding in enumerate(findings, 1):
        result = BlankNode(f"result{number}")
        quads.append(Quad(report, _sh("result"), result))
        quads.extend(_result(finding, result))
    return write_turtle(quads)


_RDF_TYPE: Final = NamedNode(VOCABULARIES["rdf"] + "type")
_SOURCE: Final = NamedNode(VOCABULARIES["dcterms"] + "source")


def _sh(name: str) -> NamedNode:
    return NamedNode(VOCABULARIES["sh"] + name)


def _result(finding: Finding, result: BlankNode) -> Iterator[Quad]:
    yield Quad(result, _RDF_TYPE, _sh("ValidationResult"))
    yield Quad(result, _sh("resultSeverity"), _sh(finding.severity.value.capitalize()))
    yield Quad(result, _sh("resultMessage"), Literal(finding.message, language="en"))
    named = {
        "sourceShape": finding.shape,
        "focusNode": finding.focus,
        "resultPath": finding.path,
        "value": finding.value,
    }
    for predicate, value in named.items():
        if value is not None and value.term is not None:
            yield Quad(result, _sh(predicate), value.term)
    if finding.where:
        yield Quad(result, _SOURCE, Literal(str(finding.where)))
