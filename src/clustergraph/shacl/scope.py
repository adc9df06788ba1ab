"""What a change can affect: the nodes whose findings may differ after some triples were added or removed.

Whether a node conforms depends on the triples that its shapes read, and these lie at the end of paths from the node.
So the node is found by going the path back from a changed triple. The graph after the change is enough for that: where
a triple on such a path is itself removed, the path up to it is still there, and that triple is a changed one, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, NamedNode, Quad, Store, Triple

from clustergraph.shacl import paths
from clustergraph.shacl.data import Data
from clustergraph.shacl.literals import write
from clustergraph.shacl.model import Constraint, Shape, Shapes
from clustergraph.shacl.paths import Path, sequence
from clustergraph.shacl.queries import Query
from clustergraph.shacl.triples import Node, rdf, rdfs

_OTHER_PROPERTY = ("equals", "disjoint", "lessThan", "lessThanOrEquals")


@dataclass(frozen=True)
class Read:
    """A triple that matters to a node: at the end of a path there is a predicate, or any."""

    path: Path | None
    predicate: NamedNode | None
    inverse: bool = False


def affected(
    store: Store,
    shapes: Shapes | Iterable[Quad | Triple],
    added: Iterable[Quad | Triple],
    removed: Iterable[Quad | Triple],
) -> frozenset[Node] | None:
    """Return the nodes that a change can affect, or nothing if it can affect all.

    `validate` with these nodes as ``focus`` finds what a run over everything finds about them, and about no other node
    can a run over everything find anything else than before.

    Args:
        store: the data after the change, in its default graph.
        shapes: the shapes.
        added: what the change added.
        removed: what it removed.

    Raises:
        InvalidShapesError: the shapes are not well formed.
    """
    read = shapes if isinstance(shapes, Shapes) else Shapes(shapes)
    # Taken through a store, literals are as the data has them.
    changed = Store()
    changed.extend(Quad(triple.subject, triple.predicate, triple.object) for each in (added, removed) for triple in each)
    return Scope(Data(store), read).affected(list(changed))


class Scope:
    """Finds what triples can affect."""

    def __init__(self, data: Data, shapes: Shapes) -> None:
        """Keep the data after the change, and the shapes."""
        self._data = data
        self._shapes = shapes

    def affected(self, changed: Collection[Quad | Triple]) -> frozenset[Node] | None:
        """Return the nodes that changed triples can affect, or nothing if they can affect all."""
        if any(triple.predicate == rdfs("subClassOf") for triple in changed):
            return None
        found: set[Node] = set()
        for shape in self._shapes.targeted:
            for reached, way in self._reported(shape, None):
                for read in self.reads(reached):
                    if read is None:
                        if self._asks_for(reached, changed):
                            return None
                        continue
                    found.update(self._back(read, changed))
                found.update(self._arrived(shape, way, changed))
        return frozenset(found)

    def _reported(self, shape: Shape, way: Path | None) -> Iterator[tuple[Shape, Path | None]]:
        """Yield every shape that findings name, with the path that leads from the targets to its focus nodes."""
        if not shape.active:
            return
        yield shape, way
        for constraint in shape.constraints:
            if constraint.kind == "property":
                yield from self._reported(self._shapes.shape(constraint.value), sequence(way, shape.path))

    def reads(self, shape: Shape) -> Iterator[Read | None]:
        """Yield what a shape reads; nothing stands for whatever its queries read."""
        if not shape.active:
            return
        yield from _along(shape.path)
        for constraint in shape.constraints:
            yield from self._reads_of(constraint, shape)

    def _reads_of(self, constraint: Constraint, shape: Shape) -> Iterator[Read | None]:
        if constraint.query is not None:
            yield None
        elif constraint.kind == "class":
            yield Read(shape.path, rdf("type"))
        elif constraint.kind == "closed":
            yield Read(None, None)
        elif constraint.kind in _OTHER_PROPERTY and isinstance(constraint.value, NamedNode):
            yield Read(None, constraint.value)
        for node in constraint.shapes:
            for read in self.reads(self._shapes.shape(node)):
                yield read and Read(sequence(shape.path, read.path), read.predicate, read.inverse)

    def _asks_for(self, shape: Shape, changed: Collection[Quad | Triple]) -> bool:
        """Whether a query in a shape could notice the change: it names a predicate, or leaves one open."""
        queries = list(self._queries(shape))
        return any(query.may_read(triple.predicate.value) for query in queries for triple in changed)

    def _queries(self, shape: Shape) -> Iterator[Query]:
        for constraint in shape.constraints:
            if constraint.query is not None:
                yield constraint.query
            for node in constraint.shapes:
                yield from self._queries(self._shapes.shape(node))

    def _back(self, read: Read, changed: Collection[Quad | Triple]) -> Iterator[Node]:
        """Yield the nodes to which changed triples matter."""
        for triple in changed:
            if read.predicate is None or triple.predicate == read.predicate:
                end = triple.object if read.inverse else triple.subject
                if not isinstance(end, Triple):
                    yield from self._follow(end, paths.reverse(read.path) if read.path else None)

    def _arrived(self, shape: Shape, way: Path | None, changed: Collection[Quad | Triple]) -> Iterator[Node]:
        """Yield the focus nodes that are new: they became targets, or are reached in a new way."""
        for triple in changed:
            for target in shape.targets:
                new = self._targeted(target.kind, target.value, triple)
                if new is not None:
                    yield from self._follow(new, way)
            for _, step, after in paths.parts(way):
                end = triple.subject if step.inverse else triple.object
                if step.predicate == triple.predicate and not isinstance(end, Triple):
                    yield from self._follow(end, after)

    def _targeted(self, kind: str, value: Node, triple: Quad | Triple) -> Node | None:
        end = triple.object if kind == "targetObjectsOf" else triple.subject
        if isinstance(end, Triple):
            return None
        if kind == "targetClass":
            of_class = triple.predicate == rdf("type") and triple.object in self._data.classes(value)
            return end if of_class else None
        return end if kind != "targetNode" and triple.predicate == value else None

    def _follow(self, start: Node, path: Path | None) -> Iterator[Node]:
        """Yield the nodes to which a path leads."""
        yield from [start] if path is None or paths.can_be_empty(path) else []
        if path is None:
            return
        query = f"SELECT DISTINCT ?start ?end {{ {paths.pattern(path, '?start', '?end')} }}"
        if isinstance(start, BlankNode):
            rows = self._data.rows(query, {"start": start})
        else:
            rows = self._data.rows(query.replace("{", f"{{ VALUES ?start {{ {write(start)} }}", 1))
        # Where a path can be empty, a row may lack its end, which is the start.
        yield from (row["end"] for row in rows if "end" in row)


def _along(path: Path | None) -> Iterator[Read]:
    for before, step, _ in paths.parts(path):
        yield Read(before, step.predicate, step.inverse)
