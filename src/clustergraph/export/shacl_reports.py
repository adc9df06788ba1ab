"""The SHACL report of a package, of any length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pyoxigraph import Literal

from clustergraph.export.names import Names
from clustergraph.export.writers import shortened
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.reports.common import shape_name
from clustergraph.terms import PREFIXES


def turtle(findings: Iterable[Finding], *, conforms: bool) -> Iterator[bytes]:
    """Yield findings as a SHACL validation report in Turtle."""
    names = Names(PREFIXES)
    yield f"{names.header()}\n[]\n    a sh:ValidationReport ;\n    sh:conforms {str(conforms).lower()}".encode()
    for finding in findings:
        lines = "".join(f"        {name} {value} ;\n" for name, value in _result(finding, names))
        yield f" ;\n    sh:result [\n        a sh:ValidationResult ;\n{lines}    ]".encode()
    yield b" .\n"


def _result(finding: Finding, names: Names) -> Iterator[tuple[str, str]]:
    yield "sh:resultSeverity", f"sh:{finding.severity.value.capitalize()}"
    yield "sh:resultMessage", str(Literal(finding.message, language="en"))
    named = {
        "sourceShape": finding.shape,
        "focusNode": finding.focus,
        "resultPath": finding.path,
        "value": finding.value,
    }
    for name, value in named.items():
        if value is not None and value.term is not None:
            yield f"sh:{name}", shortened(str(value.term), names)


def text(findings: Iterable[Finding]) -> Iterator[bytes]:
    """Yield findings for people, and how many there are of each severity."""
    counted: Counter[Severity] = Counter()
    for finding in findings:
        counted[finding.severity] += 1
        yield (block(finding) + "\n").encode()
    yield (tally(counted) + "\n").encode()


def block(finding: Finding) -> str:
    """Return a finding in a few lines."""
    because = [f"    because {each.reason()}\n" for each in finding.details if each.message != finding.message]
    return f"{finding.severity.value} {finding.reason()}\n{''.join(because)}    {shape_name(finding)}\n"


def tally(counted: Counter[Severity]) -> str:
    """Return how many findings there are of each severity.

    >>> tally(Counter({Severity.INFO: 2, Severity.VIOLATION: 1}))
    '1 violation, 2 infos'
    """
    parts = [f"{counted[level]:,} {level}{'s' * (counted[level] > 1)}" for level in Severity if counted[level]]
    return ", ".join(parts) or "no findings"
