"""What a change can affect: the nodes whose findings may differ after some triples were added or removed.

Whether a node conforms depends on the triples that its shapes read, and these lie at the end of paths from the node.
So the node is found by going the path back from a changed triple. The graph after the change is enough for that: where
a triple on such a path is itself removed, the path up to it is still there, and that triple is a changed one, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import BlankNode, NamedNode, Quad, Store, Triple

from clustergraph.shacl import paths, reach
from clustergraph.shacl.data import Data
from clustergraph.shacl.literals import write
from clustergraph.shacl.model import Constraint, Shape, Shapes
from clustergraph.shacl.paths import Path, sequence
from clustergraph.shacl.queries import Query
from clustergraph.shacl.reach import UnknownReachError
from clustergraph.shacl.triples import Node, rdf, rdfs

_OTHER_PROPERTY = ("equals", "disjoint", "lessThan", "lessThanOrEquals")


@dataclass(frozen=True)
class Read:
    """A triple that matters to a node: at the end of a path there is a predicate, or any, or whatever a query reads."""

    path: Path | None
    predicate: NamedNode | None = None
    inverse: bool = False
    query: tuple[Query, Shape] | None = None


class Changed:
    """Triples that were added or removed, by their predicate."""

    def __init__(self, triples: Sequence[Quad | Triple]) -> None:
        """Sort the triples."""
        self._all = triples
        self._by_predicate: dict[NamedNode, list[Quad | Triple]] = defaultdict(list)
        for triple in triples:
            self._by_predicate[triple.predicate].append(triple)

    def of(self, predicate: NamedNode | None) -> Sequence[Quad | Triple]:
        """Return those with a predicate; all if none is given."""
        return self._all if predicate is None else self._by_predicate.get(predicate, ())


def affected(
    data: Store | Iterable[Quad | Triple],
    shapes: Shapes | Iterable[Quad | Triple],
    added: Iterable[Quad | Triple],
    removed: Iterable[Quad | Triple],
) -> frozenset[Node] | None:
    """Return the nodes that a change can affect, or nothing if it can affect all.

    `validate` with these nodes as ``focus`` finds what a run over everything finds about them, and about no other node
    can a run over everything find anything else than before.

    Args:
        data: the data after the change: quads, or a store with its default graph.
        shapes: the shapes.
        added: what the change added.
        removed: what it removed.

    Raises:
        InvalidShapesError: the shapes are not well formed.
    """
    read = shapes if isinstance(shapes, Shapes) else Shapes(shapes)
    return Scope(Data(data), read).affected([*added, *removed])


class Scope:
    """Finds what triples can affect."""

    def __init__(self, data: Data, shapes: Shapes) -> None:
        """Keep the data after the change, and the shapes."""
        self._data = data
        self._shapes = shapes

    def affected(self, changed: Iterable[Quad | Triple]) -> frozenset[Node] | None:
        """Return the nodes that changed triples can affect, or nothing if they can affect all."""
        triples = Changed(self._data.as_kept(changed))
        if triples.of(rdfs("subClassOf")):
            return None
        found: set[Node] = set()
        for shape in self._shapes.targeted:
            for reached, way in self._reported(shape, None):
                try:
                    for read in self.reads(reached):
                        found.update(self._back(read, triples))
                except UnknownReachError:
                    return None
                found.update(self._arrived(shape, way, triples))
        return frozenset(found)

    def _reported(self, shape: Shape, way: Path | None) -> Iterator[tuple[Shape, Path | None]]:
        """Yield every shape that findings name, with the path that leads from the targets to its focus nodes."""
        if not shape.active:
            return
        yield shape, way
        for constraint in shape.constraints:
            if constraint.kind == "property":
                yield from self._reported(self._shapes.shape(constraint.value), sequence(way, shape.path))

    def reads(self, shape: Shape) -> Iterator[Read]:
        """Yield what a shape reads."""
        if not shape.active:
            return
        yield from (Read(before, step.predicate, step.inverse) for before, step, _ in paths.parts(shape.path))
        for constraint in shape.constraints:
            yield from self._reads_of(constraint, shape)

    def _reads_of(self, constraint: Constraint, shape: Shape) -> Iterator[Read]:
        if constraint.query is not None:
            yield Read(None, query=(constraint.query, shape))
        elif constraint.kind == "class":
            yield Read(shape.path, rdf("type"))
        elif constraint.kind == "closed":
            yield Read(None)
        elif constraint.kind in _OTHER_PROPERTY and isinstance(constraint.value, NamedNode):
            yield Read(None, constraint.value)
        for node in constraint.shapes:
            for read in self.reads(self._shapes.shape(node)):
                yield replace(read, path=sequence(shape.path, read.path))

    def _back(self, read: Read, changed: Changed) -> Iterator[Node]:
        """Yield the nodes to which changed triples matter."""
        if read.query is not None:
            for node in self._of_query(*read.query, changed):
                yield from self._follow(node, paths.reverse(read.path) if read.path else None)
            return
        for triple in changed.of(read.predicate):
            end = triple.object if read.inverse else triple.subject
            if not isinstance(end, Triple):
                yield from self._follow(end, paths.reverse(read.path) if read.path else None)

    def _of_query(self, query: Query, shape: Shape, changed: Changed) -> Iterator[Node]:
        """Yield the focus nodes for which a query of a shape can have another answer.

        Raises:
            UnknownReachError: it cannot be said for which.
        """
        found = reach.patterns(query, shape)
        for pattern in found:
            for before, step, after in paths.parts(pattern.path) if pattern.path else [(None, None, None)]:
                for triple in changed.of(step.predicate if step else None):
                    ends = (triple.subject, triple.object)
                    start, end = reversed(ends) if step and step.inverse else ends
                    yield from self._of_pattern(found, pattern, (start, before), (end, after))

    def _of_pattern(
        self,
        found: list[reach.Pattern],
        pattern: reach.Pattern,
        start: tuple[Node | Triple, Path | None],
        end: tuple[Node | Triple, Path | None],
    ) -> Iterator[Node]:
        """Yield the focus nodes that a changed triple reaches through one pattern of a query."""
        (subject, before), (value, after) = start, end
        if isinstance(subject, Triple) or isinstance(value, Triple):
            return
        for term, node, path in ((pattern.subject, subject, before), (pattern.object, value, after)):
            if path is None and term.startswith("<") and term != write(node):
                return
        if pattern.subject.startswith("?"):
            variable, node, path = pattern.subject, subject, before
        elif pattern.object.startswith("?"):
            variable, node, path = pattern.object, value, paths.reverse(after) if after else None
        else:
            raise UnknownReachError
        links = [each.write(number) for number, each in enumerate(reach.chain(found, pattern, variable))]
        reached = list(self._follow(node, paths.reverse(path) if path else None))
        if not links:
            yield from reached
            return
        query = f"SELECT DISTINCT {variable} ?this {{ {' '.join(links)} }}"
        for each in reached:
            yield from (row["this"] for row in self._from(query, variable, each))

    def _from(self, query: str, variable: str, node: Node) -> Iterator[dict[str, Node]]:
        """Yield the solutions of a query for a term of one of its variables."""
        if isinstance(node, BlankNode):
            return self._data.rows(query, {variable[1:]: node})
        return self._data.rows(query.replace("{", f"{{ VALUES {variable} {{ {self._data.write(node)} }}", 1))

    def _arrived(self, shape: Shape, way: Path | None, changed: Changed) -> Iterator[Node]:
        """Yield the focus nodes that are new: they became targets, or are reached in a new way."""
        for target in shape.targets:
            for new in self._targeted(target.kind, target.value, changed):
                yield from self._follow(new, way)
        for _, step, after in paths.parts(way):
            for triple in changed.of(step.predicate):
                end = triple.subject if step.inverse else triple.object
                if not isinstance(end, Triple):
                    yield from self._follow(end, after)

    def _targeted(self, kind: str, value: Node, changed: Changed) -> Iterator[Node]:
        """Yield the nodes that changed triples may have made targets."""
        if kind == "targetNode" or not isinstance(value, NamedNode | BlankNode):
            return
        if kind == "targetClass":
            classes = self._data.classes(value)
            triples = [triple for triple in changed.of(rdf("type")) if triple.object in classes]
        else:
            triples = [*changed.of(value)] if isinstance(value, NamedNode) else []
        for triple in triples:
            end = triple.object if kind == "targetObjectsOf" else triple.subject
            if not isinstance(end, Triple):
                yield end

    def _follow(self, start: Node, path: Path | None) -> Iterator[Node]:
        """Yield the nodes to which a path leads."""
        if path is None or paths.can_be_empty(path):
            yield start
        if path is not None:
            query = f"SELECT DISTINCT ?start ?end {{ ?start {paths.sparql(path)} ?end }}"
            yield from (row["end"] for row in self._from(query, "?start", start))
