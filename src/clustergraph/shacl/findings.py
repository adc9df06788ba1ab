"""What is wrong with a graph: results, as a validation report has them, and findings, as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from clustergraph.errors import Where
from clustergraph.shacl.paths import Path, Step
from clustergraph.shacl.triples import Node, Subject

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple


class Severity(StrEnum):
    """How bad a finding is; a violation blocks publication, the others are shown."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"

    def reaches(self, least: Severity) -> bool:
        """Whether this is as bad as another severity, or worse."""
        levels = list(Severity)
        return levels.index(self) <= levels.index(least)


@dataclass(frozen=True)
class Named:
    """A term and the words for it; a property path of several steps has words only."""

    term: Term | None
    label: str

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True)
class Result:
    """What a validation report says of one fault."""

    focus: Node
    shape: Subject
    component: Subject
    path: Path | None = None
    value: Node | None = None
    source: Node | None = None
    """The constraint, if it is a query."""
    messages: tuple[Literal, ...] = ()
    """What the constraint or the shape says itself, in all languages."""
    details: tuple[Result, ...] = ()
    step: Step | None = None
    """Where the path is one of several properties, that which leads to the value."""
    severity: NamedNode | None = None
    """The severity that the shape or its constraint has, if any."""

    @property
    def predicate(self) -> NamedNode | None:
        """The path, if it is one step forwards, or that one of several which leads to the value."""
        path = self.step or self.path
        return path.predicate if isinstance(path, Step) and not path.inverse else None


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; results that say the same to a person are one finding."""

    severity: Severity
    shape: Named
    message: str
    focus: Named
    path: Named | None = None
    value: Named | None = None
    where: Where | None = None
    """The nearest place in the source files."""
    details: tuple[Finding, ...] = ()
    """Why the value does not fit, where a shape asks it to conform to another."""
    results: tuple[Result, ...] = field(default=(), compare=False)
    """What it is to programs; nothing for what no shape found."""
    fix: str = field(default="", compare=False)
    """What would mend it, unless the message says so."""

    @property
    def statement(self) -> tuple[Term | None, ...]:
        """Subject, property and value, as far as it is about them."""
        return tuple(part.term if part else None for part in (self.focus, self.path, self.value))

    def reason(self) -> str:
        """Return the finding in plain words: what it is about, and what to do."""
        value = self.value if self.value != self.focus else None
        about = " ".join(str(part) for part in (self.path, value) if part)
        return f"{self.focus}, {about}: {self.message}" if about else f"{self.focus}: {self.message}"


def unrepeated(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings, of which those that say the same of the same statement are one, with all that led to them."""
    found: dict[tuple[object, ...], Finding] = {}
    for each in findings:
        key = (each.severity, each.message, each.focus, each.path, each.value, each.where)
        if (known := found.get(key)) is None:
            found[key] = each
            continue
        details = tuple(dict.fromkeys((*known.details, *each.details)))
        found[key] = replace(known, details=details, results=known.results + each.results, fix=known.fix or each.fix)
    return list(found.values())


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by file and line, those without a place last, the worse first at one place."""

    def key(finding: Finding) -> tuple[bool, tuple[str, int, int], int, str, str]:
        where = finding.where
        place = (str(where.path), where.start, where.column or 0) if where else ("", 0, 0)
        return where is None, place, list(Severity).index(finding.severity), finding.shape.label, finding.reason()

    return sorted(findings, key=key)
