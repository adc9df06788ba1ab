"""What a project demands of its graph, by shapes and check queries, and what of that a change can bear on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import BlankNode, Quad, Store

from clustergraph.build import checks
from clustergraph.build.bearing import Rows
from clustergraph.build.checks import Check
from clustergraph.build.positions import Index
from clustergraph.build.sources import Project, rdf_files, read_all
from clustergraph.shacl.findings import Finding, Severity, in_order
from clustergraph.shacl.model import Shapes
from clustergraph.shacl.scope import affected
from clustergraph.shacl.triples import Node
from clustergraph.shacl.validate import validate
from clustergraph.store.labels import label

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Bearing:
    """What can be others than before a change: findings about some nodes, and some rows of checks."""

    focus: frozenset[Node] | None
    """The nodes; None for all."""
    rows: tuple[Rows, ...]
    """What is looked at of each check."""

    @property
    def named(self) -> bool:
        """Whether the nodes are few, and have the same names in every store that holds them."""
        return self.focus is not None and not any(isinstance(node, BlankNode) for node in self.focus)


@dataclass(frozen=True)
class Demands:
    """Check queries and shapes."""

    checks: tuple[Check, ...]
    shapes: Shapes

    @classmethod
    def of(cls, project: Project, shapes: Sequence[Path] = ()) -> Demands:
        """Return the demands of a project.

        Args:
            project: the project.
            shapes: files or folders of shapes to use instead of the project's own.

        Raises:
            SourceError: a check or a file of shapes cannot be read.
            InvalidShapesError: the shapes are not well formed.
        """
        files = rdf_files(*shapes) if shapes else project.shape_files()
        return cls(tuple(checks.load(project.checks)), Shapes(read_all(files)))

    @property
    def everything(self) -> Bearing:
        """What a whole graph is examined for."""
        return Bearing(None, tuple(Rows(check.query, None) for check in self.checks))

    def bearing(self, store: Store, added: Sequence[Quad], removed: Sequence[Quad]) -> Bearing:
        """Return what a change can bear on.

        Args:
            store: the graph after the change, with the merged graph as its default graph.
            added: what the change added to named graphs, with what follows from it.
            removed: what it removed from them.
        """
        rows = tuple(Rows.of(check.query, [*added, *removed]) for check in self.checks)
        return Bearing(affected(store, self.shapes, added, removed), rows)

    def of_warnings(self, bearing: Bearing) -> Bearing:
        """Return what a change bears on without the checks whose rows block."""
        rows = zip(self.checks, bearing.rows, strict=True)
        return replace(
            bearing,
            rows=tuple(
                replace(each, limited=()) if check.severity is Severity.VIOLATION else each for check, each in rows
            ),
        )

    def findings(
        self,
        store: Store,
        bearing: Bearing | None = None,
        *,
        index: Index | None = None,
        engine: str = "sparql",
        progress: Progress = lambda _: None,
    ) -> list[Finding]:
        """Return what is wrong with a finished graph.

        Args:
            store: the graph, with the merged graph as its default graph.
            bearing: what is looked at; everything if not given.
            index: finds the places in the files.
            engine: which of the `clustergraph.shacl.validate.ENGINES` validates.
            progress: is told what is going on.

        Raises:
            SourceError: a check is not well formed.
        """
        part, places = bearing or self.everything, index or Index([])
        progress("checking")
        looked_at = zip(self.checks, part.rows, strict=True)
        found = list(checks.run(store, looked_at, lambda node: label(store, node), places))
        progress("validating against the shapes")
        found += validate(
            store,
            self.shapes,
            engine=engine,
            label=lambda node: label(store, node),
            locate=places.find,
            focus=part.focus,
        )
        return in_order(found)
