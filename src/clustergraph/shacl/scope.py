"""What a change can affect: the nodes whose findings may differ after some triples were added or removed.

Whether a node conforms depends on the triples that its shapes read, and these lie at the end of paths from the node.
So the node is found by going the path back from a changed triple. The graph after the change is enough for that: where
a triple on such a path is itself removed, the path up to it is still there, and that triple is a changed one, too.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode, Quad, Store, Triple

from clustergraph.shacl import paths
from clustergraph.shacl.data import Data, write
from clustergraph.shacl.paths import Composed, Path, Step, sequence
from clustergraph.shacl.queries import ShapeQuery
from clustergraph.shacl.shapes import Constraint, Shape, Shapes
from clustergraph.shacl.triples import Node, rdf, rdfs
from clustergraph.sparql import tree as sparql
from clustergraph.sparql.exists import NEVER

_OTHER_PROPERTY = ("equals", "disjoint", "lessThan", "lessThanOrEquals")

_Changed = Mapping[NamedNode | None, list[Quad]]
"""Triples by their predicate; all of them under None."""


class _UnknownReachError(Exception):
    """It cannot be said from the text of a query what it reads."""


@dataclass(frozen=True)
class _Dependency:
    """A triple that matters to a node: at the end of a path there is a predicate, or any."""

    path: Path | None
    predicate: NamedNode | None = None
    inverse: bool = False
    end: str = ""
    """The IRI behind the predicate if it must be a certain one, as SPARQL writes it."""
    lost: bool = False
    """Whether the path is not known."""


def affected(
    data: Store | Iterable[Quad | Triple],
    shapes: Shapes | Iterable[Quad | Triple],
    added: Iterable[Quad | Triple],
    removed: Iterable[Quad | Triple],
) -> frozenset[Node] | None:
    """Return the nodes that a change, after which the data is as given, can affect, or nothing if it can affect all.

    `validate` with these nodes as ``focus`` finds what a run over everything finds about them, and about no other node
    can a run over everything find anything else than before. Shapes that are not well formed raise what they do there.
    """
    read, kept = shapes if isinstance(shapes, Shapes) else Shapes(shapes), Data(data)
    quads: Iterable[Quad] = [Quad(each.subject, each.predicate, each.object) for each in (*added, *removed)]
    if not kept.encoding.exact:
        values = Store()
        values.extend(quads)
        quads = values
    changed = defaultdict(list)
    for quad in quads:
        for predicate in (quad.predicate, None):
            changed[predicate].append(quad)
    return None if rdfs("subClassOf") in changed else _Scope(kept, read, dict(changed)).nodes()


class _Scope:
    """What changed triples affect."""

    def __init__(self, data: Data, shapes: Shapes, changed: _Changed) -> None:
        self._data = data
        self._shapes = shapes
        self._changed = changed

    def nodes(self) -> frozenset[Node] | None:
        found: set[Node] = set()
        try:
            for shape in self._shapes.targeted:
                for reached, way in self._reported(shape, None):
                    for read in self._reads(reached):
                        found.update(self._back(read))
                    found.update(self._arrived(shape, way))
        except _UnknownReachError:
            return None
        return frozenset(found)

    def _reported(self, shape: Shape, way: Path | None) -> Iterator[tuple[Shape, Path | None]]:
        """Yield every shape that findings name, with the path that leads from the targets to its focus nodes."""
        yield shape, way
        for constraint in shape.constraints:
            if constraint.kind == "property":
                yield from self._reported(self._shapes.shape(constraint.value), sequence(way, shape.path))

    def _reads(self, shape: Shape) -> Iterator[_Dependency]:
        yield from (_Dependency(before, step.predicate, step.inverse) for before, step, _ in paths.parts(shape.path))
        for constraint in shape.constraints:
            yield from self._reads_of(constraint, shape)

    def _reads_of(self, constraint: Constraint, shape: Shape) -> Iterator[_Dependency]:
        """Yield what a constraint reads beside the values of the path."""
        if constraint.query is not None:
            yield from _reads_of_query(constraint.query, shape)
        elif constraint.kind == "class":
            yield _Dependency(shape.path, rdf("type"))
        elif constraint.kind == "closed":
            yield _Dependency(None)
        elif constraint.kind in _OTHER_PROPERTY and isinstance(constraint.value, NamedNode):
            yield _Dependency(None, constraint.value)
        for node in constraint.shapes:
            for read in self._reads(self._shapes.shape(node)):
                yield replace(read, path=sequence(shape.path, read.path))

    def _back(self, read: _Dependency) -> Iterator[Node]:
        """Yield the nodes to which changed triples matter."""
        for triple in self._changed.get(read.predicate, ()):
            start, end = (triple.object, triple.subject) if read.inverse else (triple.subject, triple.object)
            if not (isinstance(start, Triple) or isinstance(end, Triple)) and read.end in ("", write(end)):
                if read.lost:
                    raise _UnknownReachError
                yield from self._follow(start, paths.reverse(read.path) if read.path else None)

    def _arrived(self, shape: Shape, way: Path | None) -> Iterator[Node]:
        """Yield the focus nodes that are new: they became targets, or are reached in a new way."""
        for kind, value in ((kind, value) for kind, values in shape.targets.items() for value in values):
            for new in self._targeted(kind, value):
                yield from self._follow(new, way)
        for _, step, after in paths.parts(way):
            for triple in self._changed.get(step.predicate, ()):
                yield from self._follow(triple.subject if step.inverse else triple.object, after)

    def _targeted(self, kind: str, value: Node) -> Iterator[Node | Triple]:
        """Yield the nodes that changed triples may have made targets."""
        if kind == "targetClass":
            classes = self._data.classes(value)
            yield from (each.subject for each in self._changed.get(rdf("type"), ()) if each.object in classes)
        elif kind != "targetNode" and isinstance(value, NamedNode):
            for triple in self._changed.get(value, ()):
                yield triple.object if kind == "targetObjectsOf" else triple.subject

    def _follow(self, start: Node | Triple, path: Path | None) -> Iterator[Node]:
        """Yield the nodes to which a path leads."""
        if isinstance(start, Triple):
            return
        if path is None or paths.can_be_empty(path):
            yield start
        if path is not None:
            query = f"SELECT DISTINCT ?start ?end {{ ?start ({paths.sparql(path)})|{NEVER} ?end }}"
            yield from (row["end"] for row in self._data.rows(query, {"start": start}))


@dataclass(frozen=True)
class _Pattern:
    """A triple pattern of a query; the focus node is ``?this`` in it."""

    group: tuple[int, ...]
    """Where it stands: the places of the groups around it, from the outermost."""
    subject: str
    path: Path | None
    """The predicate or path; nothing if any predicate will do."""
    object: str

    def both_ways(self) -> list[tuple[str, Path | None, str]]:
        """Return the pattern as it is, and seen from its object."""
        back = paths.reverse(self.path) if self.path else None
        return [(self.subject, self.path, self.object), (self.object, back, self.subject)]


def _reads_of_query(query: ShapeQuery, shape: Shape) -> Iterator[_Dependency]:
    """Yield what a query of a shape reads; raises `_UnknownReachError` for parts that this does not understand."""
    found = list(_Reader(query, shape).group(query.group, ()))
    if query.form == "ASK" and shape.path is not None:
        found.append(_Pattern((), "?this", shape.path, "?value"))
    for pattern in found:
        around = [each for each in found if each is not pattern and pattern.group[: len(each.group)] == each.group]
        ways = _ways(around)
        start, path, end = max(pattern.both_ways(), key=lambda each: each[0] in ways)
        read = _Dependency(ways.get(start), end=end if end.startswith("<") else "", lost=start not in ways)
        if path is None:
            yield replace(read, inverse=start != pattern.subject)
        for before, step, after in paths.parts(path):
            path, iri = sequence(read.path, before), "" if after else read.end
            yield replace(read, path=path, predicate=step.predicate, inverse=step.inverse, end=iri)


def _ways(patterns: list[_Pattern]) -> dict[str, Path | None]:
    """Return the variables that patterns, all of which must match, connect with the focus node, with the path there."""
    ways: dict[str, Path | None] = {"?this": None}
    reached = ["?this"]
    for here in reached:
        for start, path, end in (way for each in patterns for way in each.both_ways()):
            if start == here and path is not None and end.startswith("?") and end not in ways:
                ways[end] = sequence(ways[here], path)
                reached.append(end)
    return ways


@dataclass(frozen=True)
class _Reader:
    """Reads the groups of a query."""

    query: ShapeQuery
    shape: Shape

    def group(self, group: sparql.GroupPattern, above: tuple[int, ...]) -> Iterator[_Pattern]:
        """Yield the triple patterns of a group, which stands in others."""
        yield from self._parts(group, (*above, group.start))

    def _parts(self, group: sparql.GroupPattern, number: tuple[int, ...]) -> Iterator[_Pattern]:
        for part in group.parts:
            match part:
                case sparql.TriplePattern() if part.subject.value[:1] != ".":  # what brackets stand for is not followed
                    yield _Pattern(number, self._term(part.subject), self._path(part.path), self._term(part.object))
                case sparql.GroupPattern():  # It must match where that around it does.
                    yield from self._parts(part, number)
                case sparql.Clause(word="OPTIONAL"):
                    yield from self.group(part.group, number)
                case sparql.Union():
                    for each in part.groups:
                        yield from self.group(each, number)
                case sparql.Selection():
                    yield from self._select(part, number)
                case sparql.Filter() | sparql.Bind():
                    for exists in sparql.outermost(sparql.every(sparql.Exists, part)):
                        yield from self.group(exists.group, number)
                case _:
                    raise _UnknownReachError

    def _select(self, selection: sparql.Selection, above: tuple[int, ...]) -> Iterator[_Pattern]:
        """Yield what a SELECT inside reads; variables that it does not return are others than those outside."""
        if selection.group is None or any(sparql.every(sparql.Exists, selection.modifiers)):
            raise _UnknownReachError
        shown = {f"?{name}" for name in selection.shown}
        for found in self.group(selection.group, above):
            ends = (found.subject, found.object)
            subject, value = (f"{end}_{above[-1]}" if end[0] == "?" and end not in shown else end for end in ends)
            yield replace(found, subject=subject, object=value)

    def _term(self, leaf: sparql.Leaf) -> str:
        match leaf.kind:
            case "variable" if leaf.value in self.query.parameters:
                return write(self.query.parameters[leaf.value])
            case "variable" if leaf.value == "value" and self.shape.path is None:
                return "?this"
            case "blank":
                return f"?blank{leaf.value.replace('.', '_')}_"
            case "triple":
                raise _UnknownReachError
        return leaf.text

    def _path(self, node: sparql.Leaf | sparql.PathNode) -> Path | None:
        if isinstance(node, sparql.Leaf):
            if node.kind == "iri":
                return Step(NamedNode(node.value))
            return self.shape.path if node.value == "PATH" else None
        if node.sign == "!":
            raise _UnknownReachError
        steps = tuple(step for step in map(self._path, node.parts) if step is not None)
        return paths.reverse(steps[0]) if node.sign == "^" else Composed(node.sign, steps)
