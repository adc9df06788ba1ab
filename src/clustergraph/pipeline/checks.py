"""What a graph must satisfy: shapes and check queries, whose rows are failures; and what of it a change can affect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Store

from clustergraph.errors import SourceError, Where
from clustergraph.layers import Layers
from clustergraph.pipeline.impact import Rows
from clustergraph.pipeline.project import Project
from clustergraph.rdf.files import text_of
from clustergraph.rdf.labels import label, near
from clustergraph.rdf.places import Places
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.release.changes import Changes
from clustergraph.shacl.findings import Finding, Named, Severity, Term, in_order
from clustergraph.shacl.scope import affected
from clustergraph.shacl.shapes import Shapes
from clustergraph.shacl.triples import Node
from clustergraph.shacl.validate import validate
from clustergraph.sparql.parser import query_error
from clustergraph.terms import QUERY, compact, named_after

Progress = Callable[[str], None]
_SEVERITY: Final = re.compile(r"^# severity: *(\w+) *$", re.MULTILINE)
_ALONE: Final = re.compile(r"^# alone$", re.MULTILINE)
_OF_MODEL: Final = re.compile(r"^# of the model$", re.MULTILINE)
_WHOLE: Final = re.compile(r"^# whole$", re.MULTILINE)
_COLUMN: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Check:
    """A query whose rows are failures: the first column is what fails, a column ``value`` what is wrong about it.

    With a column ``property`` it is the statement with this property and value. A column ``severity`` says how grave a
    row is, where that is not the same for all. The message can name columns in braces, and with ``{near}`` what the
    last one may be meant for.
    """

    path: Path
    message: str
    severity: Severity
    query: str
    alone: bool = False
    """Whether nothing else is told of a statement that it finds."""
    of_model: bool = False
    """Whether it is for those who maintain the ontology and its lists, and not for projects that only use them."""
    whole: bool = False
    """Whether it compares things that nothing joins, such as all names, so that it needs the whole graph."""

    @classmethod
    def read(cls, path: Path) -> Check:
        """Return the check in a file; `SourceError` if it does not say what it finds, or names no known severity."""
        text = text_of(path)
        first = text.partition("\n")[0]
        if not first.startswith("# "):
            raise SourceError("the first line must be a comment that says what the check finds", where=Where(path, 1))
        severity = _SEVERITY.search(text)
        try:
            level = Severity(severity[1]) if severity else Severity.VIOLATION
        except ValueError as error:
            raise SourceError(f"no such severity: {severity and severity[1]}", where=Where(path)) from error
        marks = (_ALONE, _OF_MODEL, _WHOLE)
        return cls(path, first[2:].strip(), level, text, *(bool(mark.search(text)) for mark in marks))

    def findings(self, rows: Rows, store: Store, places: Places) -> Iterator[Finding]:
        """Yield what some rows of the check find; `SourceError` if it is not well formed, or not a SELECT query."""
        try:
            names, found = rows.select(store)
        except SyntaxError as error:
            raise query_error(self.path, self.query, error) from error
        except TypeError as error:
            raise SourceError(str(error), where=Where(self.path)) from error
        for row in found:
            said = {name: _named(term, store) for name, term in zip(names, row, strict=True) if term is not None}
            if "{near}" in self.message:
                words = " or ".join(map(compact, near(store, str(row[-1]).strip("<>"), 2)))
                said["near"] = Named(None, words and f" ({words}?)")
            yield self._finding(_named(row[0], store), said, places)

    def _finding(self, focus: Named, said: Mapping[str, Named], places: Places) -> Finding:
        value, path = said.get("value"), said.get("property")
        of_value = value.term if path and value else None
        of_path = path.term if path and isinstance(path.term, NamedNode) else None
        graver = said.get("severity")
        return Finding(
            severity=Severity(graver.label) if graver else self.severity,
            shape=Named(named_after(QUERY, f"checks/{self.path.stem}"), self.path.stem),
            message=_COLUMN.sub(lambda column: str(said.get(column[1], column[0])), self.message),
            focus=focus,
            path=path,
            value=value,
            where=places.find(focus.term, of_path, of_value) if isinstance(focus.term, NamedNode) else None,
        )


def load(folder: Layers | Path) -> list[Check]:
    """Return the checks of a folder; see `Check.read`."""
    return [Check.read(path) for path in Layers.of(folder).glob("*.rq")]


def placed(findings: Sequence[Finding], files: Iterable[Path]) -> list[Finding]:
    """Return findings, those without a place with that where some files say what they are about."""
    lost = {each.focus.term for each in findings if each.where is None}
    places = Places(files, wanted={term for term in lost if isinstance(term, NamedNode)})
    return [each if each.where else replace(each, where=_place(each, places)) for each in findings]


def _place(finding: Finding, places: Places) -> Where | None:
    focus, path, value = finding.statement
    if not isinstance(focus, NamedNode):
        return None
    return places.find(focus, path if isinstance(path, NamedNode) else None, value)


def _named(term: Term | None, store: Store) -> Named:
    return Named(term, label(store, term) if isinstance(term, NamedNode) else getattr(term, "value", str(term)))


@dataclass(frozen=True)
class Impact:
    """What is looked at: findings of shapes about some nodes, and some rows of checks."""

    focus: frozenset[Node] | None
    """The nodes; None for all."""
    rows: Mapping[Check, Rows]


@dataclass(frozen=True)
class Constraints:
    """The check queries and shapes of a project."""

    checks: tuple[Check, ...]
    shapes: Shapes

    @classmethod
    def of(cls, project: Project, shapes: Sequence[Path] = (), *, checked: bool = False) -> Constraints:
        """Return the constraints of a project, with its own shapes or those in other files and folders.

        They may be known to be well formed, and are not checked then; otherwise `InvalidShapesError` says so.
        """
        files = rdf_files(*shapes) if shapes else project.shape_files()
        checks = (check for check in load(project.checks) if project.whole or not check.of_model)
        return cls(tuple(checks), Shapes(read_all(files), checked=checked))

    def everything(self) -> Impact:
        """Return what a whole graph is examined for."""
        return Impact(None, {check: Rows(check.query) for check in self.checks})

    def impact(self, store: Store, changes: Changes) -> Impact | None:
        """Return what a change can affect, or None if that can be all, or has other names in every store.

        The store holds the graph after the change; to this belongs what follows.
        """
        focus = affected(store, self.shapes, changes.added, changes.removed)
        if focus is None or any(isinstance(node, BlankNode) for node in focus):
            return None
        changed = (*changes.added, *changes.removed)
        return Impact(focus, {check: Rows.of(check.query, changed) for check in self.checks})

    def findings(
        self,
        store: Store,
        impact: Impact | None = None,
        *,
        places: Places | None = None,
        engine: str = "sparql",
        progress: Progress = lambda _: None,
    ) -> list[Finding]:
        """Return what is wrong with a finished graph, whose default graph is the merged one; see `Check.findings`."""
        part, places = impact or self.everything(), places or Places([])
        progress("checking")
        found = [each for check, rows in part.rows.items() for each in check.findings(rows, store, places)]
        progress("validating against the shapes")
        words = partial(label, store)
        found += validate(store, self.shapes, engine=engine, label=words, locate=places.find, focus=part.focus)
        alone = {check.path.stem for check in self.checks if check.alone}
        told = {each.statement for each in found if each.shape.label in alone}
        return in_order(each for each in found if each.shape.label in alone or each.statement not in told)
