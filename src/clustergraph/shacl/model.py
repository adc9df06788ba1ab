"""Shapes, targets and constraints, read from a shapes graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Triple

from clustergraph.shacl import paths
from clustergraph.shacl.queries import Query, read_component_query, read_constraint_query
from clustergraph.shacl.triples import InvalidShapesError, Node, Subject, Triples, blaming, rdf, rdfs, sh, show
from clustergraph.terms import VOCABULARIES

_TARGETS: Final = ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf")
_ONE_VALUE: Final = (
    "class", "datatype", "nodeKind", "minExclusive", "minInclusive", "maxExclusive", "maxInclusive", "minLength",
    "maxLength", "pattern", "equals", "disjoint", "lessThan", "lessThanOrEquals", "minCount", "maxCount", "hasValue",
    "not", "node", "property",
)  # fmt: skip
"""Parameters of which every value is a constraint of its own."""
_LISTS: Final = ("languageIn", "in", "and", "or", "xone")
"""Parameters of which every value is a list, and a constraint of its own."""
_FLAGS: Final = ("uniqueLang", "closed")
"""Parameters that are a constraint if they are true."""
_PARAMETERS: Final = (*_ONE_VALUE, *_LISTS, *_FLAGS, "qualifiedValueShape", "sparql")
_COUNTS: Final = ("qualifiedMinCount", "qualifiedMaxCount")
_WITH_SHAPES: Final = frozenset({"not", "node", "property", "and", "or", "xone", *_COUNTS})
_REFUSED: Final = {
    "js": "sh:js would run a script",
    "target": "targets that are queries (sh:target) are not part of SHACL Core",
    "expression": "sh:expression is not part of SHACL Core",
}
_MAX_DEPTH: Final = 50
"""So deep may shapes stand inside shapes."""
_CLASSES: Final = (rdfs("Class"), NamedNode(VOCABULARIES["owl"] + "Class"))


@dataclass(frozen=True)
class Target:
    """What a shape is for."""

    kind: str
    """A property of SHACL, such as ``targetClass``."""
    value: Node


@dataclass(frozen=True)
class Constraint:
    """One thing that a shape demands."""

    kind: str
    """The name of its parameter in SHACL, or ``component`` for one that shapes define themselves."""
    component: Subject
    """What a report calls it."""
    value: Node
    """The value of the parameter."""
    items: tuple[Node, ...] = ()
    """The members of a list, or what else belongs to the parameter."""
    query: Query | None = None
    source: Node | None = None
    """What a report names as the source, for a constraint that is a query."""

    @property
    def shapes(self) -> tuple[Node, ...]:
        """The shapes that it rests on."""
        if self.kind not in _WITH_SHAPES:
            return ()
        return self.items or (self.value,)


@dataclass(frozen=True)
class Shape:
    """A shape: with a path it is about the values of a property, without it about the node itself."""

    node: Subject
    path: paths.Path | None
    constraints: tuple[Constraint, ...]
    targets: tuple[Target, ...]
    active: bool


class Shapes:
    """All shapes of a graph."""

    def __init__(self, quads: Iterable[Quad | Triple]) -> None:
        """Read the triples; shapes are made when they are asked for."""
        self.triples = Triples(quads)
        self.checked = False
        """Whether they are known to be well formed."""
        self._known: dict[Node, Shape] = {}
        self._components = list(self._read_components())

    def shape(self, node: Node) -> Shape:
        """Return the shape that a node stands for.

        Raises:
            InvalidShapesError: it is not well formed, or refers to itself.
        """
        if node not in self._known:
            with blaming(node):
                self._known[node] = self._read(node)
        return self._known[node]

    @cached_property
    def targeted(self) -> list[Shape]:
        """The shapes that have targets, and are not switched off.

        Raises:
            InvalidShapesError: a shape is not well formed, or refers to itself.
        """
        found: dict[Subject, None] = {}
        for name in _TARGETS:
            found.update(dict.fromkeys(self.triples.subjects(sh(name))))
        for class_ in _CLASSES:
            found.update(dict.fromkeys(node for node in self.triples.instances(class_) if self._is_shape(node)))
        for name, reason in _REFUSED.items():
            for node in self.triples.subjects(sh(name)):
                if name != "target" or self._is_shape(node):
                    raise InvalidShapesError(f"{show(node)} cannot be used: {reason}", about=node)
        shapes = [self.shape(node) for node in sorted(found, key=str)]
        heights: dict[Node, int] = {}
        for shape in self._known.copy().values():
            self._height(shape, (), heights)
        return [shape for shape in shapes if shape.active]

    @property
    def ask_shapes(self) -> bool:
        """Whether a query of a shape looks into the shapes."""
        return any(c.query and c.query.asks_shapes for shape in self._known.values() for c in shape.constraints)

    def references(self) -> set[Node]:
        """Return every shape that another one names."""
        named = {v for name in ("node", "property", "not", "qualifiedValueShape") for _, v in self._pairs(name)}
        for name in ("and", "or", "xone"):
            for _, value in self._pairs(name):
                named.update(self.triples.items(value))
        return named

    def _pairs(self, name: str) -> Iterator[tuple[Subject, Node]]:
        for subject in self.triples.subjects(sh(name)):
            for value in self.triples.objects(subject, sh(name)):
                yield subject, value

    def _is_shape(self, node: Subject) -> bool:
        said = {predicate.value for predicate in self.triples.predicates(node)}
        types = self.triples.objects(node, rdf("type"))
        return (
            sh("NodeShape") in types
            or sh("PropertyShape") in types
            or any(sh(name).value in said for name in (*_TARGETS, *_PARAMETERS, "path"))
        )

    def _height(self, shape: Shape, above: tuple[Node, ...], heights: dict[Node, int]) -> int:
        """Return how many shapes stand inside a shape, one in the other; refuse rings and heaps."""
        if shape.node in above:
            ring = " → ".join(show(node) for node in (*above[above.index(shape.node) :], shape.node))
            advice = "break the ring; shapes cannot recur"
            raise InvalidShapesError(f"a shape refers to itself: {ring}", advice=advice, about=shape.node)
        if shape.node not in heights:
            inner = (self.shape(node) for constraint in shape.constraints for node in constraint.shapes)
            here = (*above, shape.node)
            height = 1 + max((self._height(each, here, heights) for each in inner), default=0)
            if max(height, len(here)) > _MAX_DEPTH:
                raise InvalidShapesError(f"{show(shape.node)} refers to shapes in shapes, more than {_MAX_DEPTH} deep")
            heights[shape.node] = height
        return heights[shape.node]

    def _read(self, node: Node) -> Shape:
        if isinstance(node, Literal):
            raise InvalidShapesError(f"{show(node)} is used as a shape")
        path = self.triples.value(node, sh("path"))
        return Shape(
            node=node,
            path=paths.read(self.triples, path) if path is not None else None,
            constraints=tuple(self._constraints(node, path is not None)),
            targets=tuple(self._targets(node)),
            active=not self.triples.true(node, sh("deactivated")),
        )

    def _targets(self, node: Subject) -> Iterator[Target]:
        for name in _TARGETS:
            for value in self.triples.objects(node, sh(name)):
                yield Target(name, value)
        if isinstance(node, NamedNode) and any(node in self.triples.instances(class_) for class_ in _CLASSES):
            yield Target("targetClass", node)

    def _constraints(self, node: Subject, is_property: bool) -> Iterator[Constraint]:
        for name in self.triples.predicates(node):
            kind = name.value.removeprefix(VOCABULARIES["sh"])
            if kind == name.value or kind not in _PARAMETERS:
                continue
            for value in self.triples.objects(node, name):
                yield from self._constraint(node, kind, value)
        for component in self._components:
            yield from component.constraints(self.triples, node, is_property)

    def _constraint(self, node: Subject, kind: str, value: Node) -> Iterator[Constraint]:
        component = sh(kind[0].upper() + kind[1:] + "ConstraintComponent")
        if kind in _LISTS:
            yield Constraint(kind, component, value, tuple(self.triples.items(value)))
        elif kind in _FLAGS:
            if value == Literal(value=True):
                yield Constraint(kind, component, value, tuple(self._allowed(node)) if kind == "closed" else ())
        elif kind == "pattern":
            yield Constraint(kind, component, value, tuple(self.triples.objects(node, sh("flags"))))
        elif kind == "qualifiedValueShape":
            yield from self._qualified(node, value)
        elif kind == "sparql":
            if not self.triples.true(value, sh("deactivated")):
                query = read_constraint_query(self.triples, value)
                yield Constraint(kind, sh("SPARQLConstraintComponent"), value, query=query, source=value)
        else:
            yield Constraint(kind, component, value)

    def _allowed(self, node: Subject) -> Iterator[Node]:
        for inner in self.triples.objects(node, sh("property")):
            yield from (path for path in self.triples.objects(inner, sh("path")) if isinstance(path, NamedNode))
        for ignored in self.triples.objects(node, sh("ignoredProperties")):
            yield from self.triples.items(ignored)

    def _qualified(self, node: Subject, value: Node) -> Iterator[Constraint]:
        siblings: list[Node] = []
        if self.triples.true(node, sh("qualifiedValueShapesDisjoint")):
            for parent in self.triples.subjects(sh("property"), node):
                for sibling in self.triples.objects(parent, sh("property")):
                    siblings.extend(self.triples.objects(sibling, sh("qualifiedValueShape")))
        others = tuple(dict.fromkeys(each for each in siblings if each != value))
        for name in _COUNTS:
            component = sh(name[0].upper() + name[1:] + "ConstraintComponent")
            for count in self.triples.objects(node, sh(name)):
                yield Constraint(name, component, count, (value, *others))

    def _read_components(self) -> Iterator[Component]:
        for node in self.triples.instances(sh("ConstraintComponent")):
            parameters = {}
            for parameter in self.triples.objects(node, sh("parameter")):
                path = self.triples.value(parameter, sh("path"))
                if not isinstance(path, NamedNode):
                    raise InvalidShapesError(f"a parameter of {show(node)} has no sh:path that is an IRI")
                parameters[path] = self.triples.true(parameter, sh("optional"))
            if parameters and not all(parameters.values()):
                yield Component(node, parameters)


@dataclass(frozen=True)
class Component:
    """A kind of constraint that shapes define themselves, with a query."""

    node: Subject
    parameters: dict[NamedNode, bool]
    """Each parameter, and whether it can be left out."""

    def constraints(self, triples: Triples, shape: Subject, is_property: bool) -> Iterator[Constraint]:
        """Yield the constraints of this kind that a shape has.

        Raises:
            InvalidShapesError: the query is not well formed, or a parameter has too many values.
        """
        given = {parameter: triples.objects(shape, parameter) for parameter in self.parameters}
        if not all(given[parameter] or optional for parameter, optional in self.parameters.items()):
            return
        validators = triples.objects(self.node, sh("propertyValidator" if is_property else "nodeValidator"))
        validators = validators or triples.objects(self.node, sh("validator"))
        if not validators:
            return
        if len(given) > 1 and any(len(values) > 1 for values in given.values()):
            raise InvalidShapesError(f"{show(shape)} gives two values to a parameter of {show(self.node)}")
        first, *_ = given
        for value in given[first] if len(given) == 1 else [given[first][0] if given[first] else self.node]:
            values = {
                parameter: (value if parameter == first else found[0]) for parameter, found in given.items() if found
            }
            query = read_component_query(triples, validators[0], values)
            yield Constraint("component", self.node, value, query=query, source=validators[0])
