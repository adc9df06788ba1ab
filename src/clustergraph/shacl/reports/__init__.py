"""Findings for people, for programs and for the services that show what a check has found.

A new form is one module with one function `write`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.reports import github, junit, machine, sarif, text
from clustergraph.shacl.reports.common import Report, shown, summary

__all__ = ["FORMATS", "Report", "shown", "summary", "write"]

_WRITERS: Final[dict[str, Callable[[Report], str]]] = {
    "text": text.write,
    "json": machine.as_json,
    "turtle": machine.as_turtle,
    "junit": junit.write,
    "sarif": sarif.write,
    "github": github.write,
}
FORMATS: Final = tuple(_WRITERS)
"""The forms that a report can take."""


def write(
    findings: Sequence[Finding],
    format_: str = "text",
    *,
    colour: bool = False,
    blocking: Severity = Severity.VIOLATION,
    fix: Callable[[Finding], str] = lambda _: "",
) -> str:
    """Return findings in one of the `FORMATS`.

    Args:
        findings: what was found, in order.
        format_: the name of a form.
        colour: whether to use colours; for text only.
        blocking: from which severity on a finding counts as a failure.
        fix: gives the words for what would mend a finding, or nothing.

    Raises:
        ValueError: there is no such form.
    """
    if format_ not in _WRITERS:
        raise ValueError(f"no report as {format_!r}; known formats: {', '.join(FORMATS)}")
    return _WRITERS[format_](Report(findings, colour, blocking, fix))
