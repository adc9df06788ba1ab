"""What the forms of a report share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import NamedNode

from clustergraph.errors import Where
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.terms import compact


@dataclass(frozen=True)
class Report:
    """Findings, and how they are to be shown."""

    findings: Sequence[Finding]
    colour: bool = False
    blocking: Severity = Severity.VIOLATION
    fix: Callable[[Finding], str] = lambda _: ""

    def blocks(self, finding: Finding) -> bool:
        """Whether a finding counts as a failure."""
        return finding.severity.reaches(self.blocking)

    @property
    def conforms(self) -> bool:
        """Whether no finding counts as a failure."""
        return not any(self.blocks(finding) for finding in self.findings)


def shown(path: Path) -> str:
    """Return a path as seen from the current folder, if it is below it.

    >>> shown(Path.cwd() / "data" / "a.ttl")
    'data/a.ttl'
    """
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def place(where: Where) -> str:
    """Return a place in words, its path as `shown`."""
    return str(replace(where, path=Path(shown(where.path))))


def shape_name(finding: Finding) -> str:
    """Return the short name of the shape that a finding breaks."""
    shape = finding.shape.term
    return compact(shape.value) if isinstance(shape, NamedNode) else finding.shape.label


def summary(findings: Iterable[Finding]) -> str:
    """Return how many findings there are of each severity.

    >>> summary([])
    'no findings'
    """
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[level]} {level}{'s' * (counts[level] > 1)}" for level in Severity if counts[level]]
    return ", ".join(parts) or "no findings"
