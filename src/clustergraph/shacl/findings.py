"""Findings: what is wrong with a graph, at which node, in which file and line, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from clustergraph.errors import Exit, Where
from clustergraph.shacl.paths import Path

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple


class Severity(StrEnum):
    """How bad a finding is; a violation blocks publication, the others are shown."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"

    def reaches(self, least: Severity) -> bool:
        """Whether this is as bad as another severity, or worse.

        >>> Severity.WARNING.reaches(Severity.INFO), Severity.WARNING.reaches(Severity.VIOLATION)
        (True, False)
        """
        levels = list(Severity)
        return levels.index(self) <= levels.index(least)


@dataclass(frozen=True)
class Named:
    """A term and the words for it; a property path of several steps has words only."""

    term: Term | None
    label: str

    def __str__(self) -> str:
        """Return the words."""
        return self.label


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    severity: Severity
    shape: Named
    """The shape or check that is broken."""
    message: str
    """What to do."""
    focus: Named
    """The node that breaks it."""
    path: Named | None = None
    """The property of the node that is wrong, if it is one."""
    value: Named | None = None
    """The value that is wrong, if there is one."""
    where: Where | None = None
    """The nearest place in the source files."""
    details: tuple[Finding, ...] = ()
    """Why the value does not fit, where a shape asks it to conform to another."""
    component: NamedNode | BlankNode | None = field(default=None, compare=False)
    """The kind of constraint that is broken; findings that say the same are one, whatever kinds they are of."""
    steps: Path | None = field(default=None, compare=False)
    """The path itself, as its words cannot be read by programs."""

    def reason(self) -> str:
        """Return the finding in plain words.

        >>> shape, node = Named(None, "role"), Named(None, "Plastipolis in 4M4IoF")
        >>> Finding(Severity.VIOLATION, shape, "Give one role.", node, Named(None, "has role")).reason()
        'Plastipolis in 4M4IoF, has role: Give one role.'
        >>> boss = Named(None, "boss")
        >>> Finding(Severity.VIOLATION, shape, "Take a role from the list.", node, value=boss).reason()
        'Plastipolis in 4M4IoF, boss: Take a role from the list.'
        """
        value = self.value if self.value != self.focus else None
        about = " ".join(str(part) for part in (self.path, value) if part)
        return f"{self.focus}, {about}: {self.message}" if about else f"{self.focus}: {self.message}"

    def broken(self) -> set[str]:
        """Return the IRIs of the broken shape and of those in the details."""
        own = {self.shape.term.value} if isinstance(self.shape.term, NamedNode) else set()
        return own.union(*(detail.broken() for detail in self.details))


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by file and line, those without a place last, the worse first at one place."""
    severities = list(Severity)

    def key(finding: Finding) -> tuple[bool, str, int, int, int, str, str]:
        where = finding.where
        return (
            where is None,
            str(where.path) if where else "",
            where.start if where else 0,
            (where.column if where else None) or 0,
            severities.index(finding.severity),
            finding.shape.label,
            finding.reason(),
        )

    return sorted(findings, key=key)


def exit_code(findings: Iterable[Finding], blocking: Severity = Severity.VIOLATION) -> Exit:
    """Return the exit code that findings call for: those below a severity are shown, but do not count.

    >>> exit_code([]).name
    'FINE'
    """
    return Exit.FINDINGS if any(finding.severity.reaches(blocking) for finding in findings) else Exit.FINE
