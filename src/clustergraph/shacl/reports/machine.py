"""Findings for programs: as JSON, and as a SHACL validation report in Turtle."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from clustergraph.shacl.findings import Finding, Named, Severity
from clustergraph.shacl.paths import written
from clustergraph.shacl.reports.common import Report, place, shown
from clustergraph.terms import VOCABULARIES
from clustergraph.turtle import write as write_turtle

_RDF_TYPE: Final = NamedNode(VOCABULARIES["rdf"] + "type")
_SOURCE: Final = NamedNode(VOCABULARIES["dcterms"] + "source")


def as_json(report: Report) -> str:
    """Return findings as a JSON object: whether the data conforms, counts by severity, and every finding."""
    counts = Counter(finding.severity for finding in report.findings)
    found = {
        "conforms": report.conforms,
        "counts": {level.value: counts[level] for level in Severity},
        "findings": [_record(finding, report) for finding in report.findings],
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _record(finding: Finding, report: Report) -> dict[str, Any]:
    where = finding.where
    return {
        "severity": finding.severity.value,
        "reason": finding.reason(),
        "message": finding.message,
        "fix": report.fix(finding),
        "shape": _named(finding.shape),
        "focus": _named(finding.focus),
        "path": _named(finding.path),
        "value": _named(finding.value),
        "file": shown(where.path) if where else None,
        "line": where.line if where else None,
        "column": where.column if where else None,
        **({"cell": asdict(where.cell)} if where and where.cell else {}),
        "details": [_record(detail, report) for detail in finding.details],
    }


def _named(named: Named | None) -> dict[str, str | None] | None:
    if named is None:
        return None
    term = named.term.value if isinstance(named.term, NamedNode | BlankNode | Literal) else None
    return {"term": term, "label": named.label}


def as_turtle(report: Report) -> str:
    """Return findings as a SHACL validation report, with the place of each as its ``dcterms:source``.

    To SHACL nothing conforms that has any result, even one that does not count as a failure.
    """
    node = BlankNode("report")
    quads = [
        Quad(node, _RDF_TYPE, _sh("ValidationReport")),
        Quad(node, _sh("conforms"), Literal(not report.findings)),
    ]
    for number, finding in enumerate(report.findings, 1):
        result = BlankNode(f"result{number}")
        quads.append(Quad(node, _sh("result"), result))
        quads.extend(_result(finding, result))
    return write_turtle(quads)


def _sh(name: str) -> NamedNode:
    return NamedNode(VOCABULARIES["sh"] + name)


def _result(finding: Finding, result: BlankNode) -> Iterator[Quad]:
    yield Quad(result, _RDF_TYPE, _sh("ValidationResult"))
    yield Quad(result, _sh("resultSeverity"), _sh(finding.severity.value.capitalize()))
    yield Quad(result, _sh("resultMessage"), Literal(finding.message))
    named = {
        "sourceShape": finding.shape,
        "focusNode": finding.focus,
        "value": finding.value,
    }
    for predicate, value in named.items():
        if value is not None and value.term is not None:
            yield Quad(result, _sh(predicate), value.term)
    if finding.component is not None:
        yield Quad(result, _sh("sourceConstraintComponent"), finding.component)
    yield from _path(finding, result)
    for number, detail in enumerate(finding.details):
        inner = BlankNode(f"{result.value}d{number}")
        yield Quad(result, _sh("detail"), inner)
        yield from _result(detail, inner)
    if where := finding.where:
        yield Quad(result, _SOURCE, Literal(place(where)))


def _path(finding: Finding, result: BlankNode) -> Iterator[Quad]:
    if finding.steps is not None:
        node, triples = written(finding.steps, f"{result.value}p")
        yield Quad(result, _sh("resultPath"), node)
        yield from (Quad(*triple) for triple in triples)
    elif finding.path is not None and finding.path.term is not None:
        yield Quad(result, _sh("resultPath"), finding.path.term)
