"""Findings as SARIF 2.1.0, which code scanning shows and keeps."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final
from urllib.parse import quote

from pyoxigraph import NamedNode

from clustergraph import __version__
from clustergraph.errors import Where
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.reports.common import Report, shape_name, shown

_LEVELS: Final = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def write(report: Report) -> str:
    """Return a log with one run: a rule for each shape that is broken, a result for each finding."""
    rules: dict[str, dict[str, Any]] = {}
    for finding in report.findings:
        rules.setdefault(_rule_id(finding), _rule(finding))
    order = {rule: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "clustergraph", "version": __version__, "rules": [*rules.values()]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, report.fix(finding), order) for finding in report.findings],
    }
    return json.dumps({"version": "2.1.0", "$schema": _SCHEMA, "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def _rule_id(finding: Finding) -> str:
    return shape_name(finding).strip("<>")


def _rule(finding: Finding) -> dict[str, Any]:
    shape = finding.shape.term
    about = f" ({shape.value})" if isinstance(shape, NamedNode) else ""
    return {
        "id": _rule_id(finding),
        "shortDescription": {"text": finding.shape.label},
        "fullDescription": {"text": f"{finding.message}{about}"},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
    }


def _result(finding: Finding, fix: str, order: dict[str, int]) -> dict[str, Any]:
    rule = _rule_id(finding)
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": order[rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": _cell(finding.where) + finding.reason() + (f"\nfix: {fix}" if fix else "")},
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
    }
    if where := finding.where:
        region = {"startLine": where.start, "startColumn": where.column or 1}
        artifact = {"uri": quote(shown(where.path))}
        location: dict[str, Any] = {"physicalLocation": {"artifactLocation": artifact, "region": region}}
        if where.cell:
            location["logicalLocations"] = [{"fullyQualifiedName": str(where.cell)}]
        result["locations"] = [location]
    return result


def _cell(where: Where | None) -> str:
    return f"{where.cell}: " if where and where.cell else ""


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same when lines move."""
    parts = (finding.shape, finding.focus, finding.path, finding.value)
    # A blank node has another name wherever it is written.
    named = [str(part.term) if part and isinstance(part.term, NamedNode) else str(part) for part in parts]
    return hashlib.sha256("\0".join([*named, finding.message]).encode()).hexdigest()[:32]
