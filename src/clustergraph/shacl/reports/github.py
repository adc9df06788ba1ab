"""Findings as annotations that GitHub Actions shows beside the lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.reports.common import Report, shape_name, shown, summary

_COMMANDS: Final = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_IN_MESSAGE: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY: Final = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}


def write(report: Report) -> str:
    """Return one workflow command for each finding, and the summary as a last line."""
    lines = [_command(finding, report.fix(finding)) for finding in report.findings]
    return "\n".join([*lines, summary(report.findings)]) + "\n"


def _command(finding: Finding, fix: str) -> str:
    where = finding.where
    properties = {"title": shape_name(finding)}
    if where:
        properties |= {"file": shown(where.path), "line": str(where.start), "col": str(where.column or 1)}
    said = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
    cell = f"{where.cell}: " if where and where.cell else ""
    message = cell + finding.reason() + (f"\nfix: {fix}" if fix else "")
    return f"::{_COMMANDS[finding.severity]} {said}::{_escaped(message, _IN_MESSAGE)}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
