"""Check queries: every row is a failure, and the first line of the file says of what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode, Store

from clustergraph.build.bearing import Rows
from clustergraph.build.positions import Index
from clustergraph.build.sources import query_error
from clustergraph.errors import SourceError, Where
from clustergraph.shacl.findings import Finding, Named, Severity, Term
from clustergraph.terms import PREFIXES

Label = Callable[[NamedNode], str]
_SEVERITY = re.compile(r"^# severity: *(\w+) *$", re.MULTILINE)


@dataclass(frozen=True)
class Check:
    """A query whose rows are failures: the first column is what fails, a column ``value`` what is wrong about it."""

    path: Path
    message: str
    severity: Severity
    query: str


def load(folder: Path) -> list[Check]:
    """Return the checks of a folder.

    Raises:
        SourceError: a check does not begin with a comment that says what it finds, or names no known severity.
    """
    return [_check(path) for path in sorted(folder.glob("*.rq"))]


def run(store: Store, checks: Iterable[tuple[Check, Rows]], label: Label, index: Index) -> Iterator[Finding]:
    """Yield what checks find in a store.

    Args:
        store: the graph.
        checks: the checks, each with its rows that are looked at.
        label: gives the words for an IRI.
        index: finds where things are written.

    Raises:
        SourceError: a check is not well formed, or not a SELECT query.
    """
    for check, rows in checks:
        try:
            names, found = rows.select(store)
        except SyntaxError as error:
            raise query_error(check.path, check.query, error) from error
        except TypeError as error:
            raise SourceError(str(error), where=Where(check.path)) from error
        for row in found:
            cells = dict(zip(names, row, strict=True))
            yield _finding(check, row[0], cells.get("value"), label, index)


def _check(path: Path) -> Check:
    text = path.read_text("utf-8")
    first = text.partition("\n")[0]
    if not first.startswith("# "):
        raise SourceError("the first line must be a comment that says what the check finds", where=Where(path, 1))
    severity = _SEVERITY.search(text)
    try:
        level = Severity(severity[1]) if severity else Severity.VIOLATION
    except ValueError as error:
        raise SourceError(f"no such severity: {severity and severity[1]}", where=Where(path)) from error
    return Check(path, first[2:].strip(), level, text)


def _finding(check: Check, focus: Term | None, value: Term | None, label: Label, index: Index) -> Finding:
    return Finding(
        severity=check.severity,
        shape=Named(NamedNode(PREFIXES["query"] + "checks/" + check.path.stem), check.path.stem),
        message=check.message,
        focus=_named(focus, label),
        value=_named(value, label) if value is not None else None,
        where=index.find(focus) if isinstance(focus, NamedNode) else None,
    )


def _named(term: Term | None, label: Label) -> Named:
    return Named(term, label(term) if isinstance(term, NamedNode) else getattr(term, "value", str(term)))
