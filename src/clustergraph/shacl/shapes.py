"""Shapes, targets and constraints, read from a shapes graph."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Triple

from clustergraph.shacl import paths, queries
from clustergraph.shacl.queries import ShapeQuery
from clustergraph.shacl.triples import InvalidShapesError, Node, Subject, Triples, blaming, rdf, rdfs, sh, show
from clustergraph.sparql.tree import variables
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
_COUNTS: Final = ("qualifiedMinCount", "qualifiedMaxCount")
"""Parameters that are a constraint together with each ``sh:qualifiedValueShape``."""
_PARAMETERS: Final = (*_ONE_VALUE, *_LISTS, *_FLAGS, *_COUNTS, "sparql")
_WITH_SHAPES: Final = frozenset({"not", "node", "property", "and", "or", "xone", *_COUNTS})
_REFUSED: Final = {
    "js": "sh:js would run a script",
    "target": "targets that are queries (sh:target) are not part of SHACL Core",
    "expression": "sh:expression is not part of SHACL Core",
}
_MAX_DEPTH: Final = 50
"""So deep may shapes stand inside shapes."""
CLASSES: Final = (rdfs("Class"), NamedNode(VOCABULARIES["owl"] + "Class"))


@dataclass(frozen=True)
class Constraint:
    """One thing that a shape demands."""

    kind: str
    """The name of its parameter in SHACL; ``sparql`` or ``ask`` for one that is a query."""
    component: Subject
    """What a report calls it."""
    value: Node
    """The value of the parameter."""
    items: tuple[Node, ...] = ()
    """The members of a list, or what else belongs to the parameter."""
    query: ShapeQuery | None = None
    source: Node | None = None
    """What a report names as the source, for a constraint that is a query."""

    @property
    def shapes(self) -> tuple[Node, ...]:
        """The shapes that it rests on."""
        return (self.items or (self.value,)) if self.kind in _WITH_SHAPES else ()


@dataclass(frozen=True)
class Shape:
    """A shape: with a path it is about the values of a property, without it about the node itself."""

    node: Subject
    path: paths.Path | None
    constraints: tuple[Constraint, ...]
    targets: Mapping[str, list[Node]]
    """What it is for, by the property of SHACL, such as ``targetClass``."""


class Shapes:
    """All shapes of a graph."""

    def __init__(self, quads: Iterable[Quad | Triple], *, checked: bool = False) -> None:
        """Read the triples; with ``checked`` they are used whatever the shapes for shapes say of them."""
        self.triples = Triples(quads)
        self.checked = checked
        self._known: dict[Node, Shape] = {}
        self._components = self._read_components()

    def shape(self, node: Node) -> Shape:
        """Return the shape of a node; raises `InvalidShapesError` if it is not well formed or refers to itself."""
        if node not in self._known:
            with blaming(node):
                self._known[node] = self._read(node)
        return self._known[node]

    @cached_property
    def targeted(self) -> list[Shape]:
        """The shapes that have targets, and demand something; raises what `shape` does."""
        found: dict[Subject, None] = {}
        for name in _TARGETS:
            found.update(dict.fromkeys(self.triples.subjects(sh(name))))
        for class_ in CLASSES:
            found.update(dict.fromkeys(node for node in self.triples.instances(class_) if self._is_shape(node)))
        for name, reason in _REFUSED.items():
            for node in self.triples.subjects(sh(name)):
                if name != "target" or self._is_shape(node):
                    raise InvalidShapesError(f"{show(node)} cannot be used: {reason}", about=node)
        shapes = [self.shape(node) for node in sorted(found, key=str)]
        heights: dict[Node, int] = {}
        for shape in self._known.copy().values():
            self._height(shape, (), heights)
        return [shape for shape in shapes if shape.constraints]

    @property
    def ask_shapes(self) -> bool:
        """Whether a query of a shape looks into the shapes."""
        read = (each.query for shape in self._known.values() for each in shape.constraints if each.query)
        return any("shapesGraph" in variables(query.tree.selection) for query in read)

    def references(self) -> set[Node]:
        """Return every shape that another one names."""
        named: set[Node] = set()
        for name in ("node", "property", "not", "qualifiedValueShape", "and", "or", "xone"):
            for subject in self.triples.subjects(sh(name)):
                for value in self.triples.objects(subject, sh(name)):
                    named.update(self.triples.items(value) if name in _LISTS else [value])
        return named

    def _is_shape(self, node: Subject) -> bool:
        if not {sh("NodeShape"), sh("PropertyShape")}.isdisjoint(self.triples.objects(node, rdf("type"))):
            return True
        return any(self.triples.objects(node, sh(name)) for name in (*_TARGETS, *_PARAMETERS, "path"))

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
        path, off = self.triples.value(node, sh("path")), self.triples.true(node, sh("deactivated"))
        return Shape(
            node=node,
            path=paths.read(self.triples, path) if path is not None else None,
            constraints=() if off else tuple(self._constraints(node)),
            targets=self._targets(node),
        )

    def _targets(self, node: Subject) -> dict[str, list[Node]]:
        found = {name: self.triples.objects(node, sh(name)) for name in _TARGETS}
        if isinstance(node, NamedNode) and any(node in self.triples.instances(class_) for class_ in CLASSES):
            found["targetClass"].append(node)
        return {name: values for name, values in found.items() if values}

    def _constraints(self, node: Subject) -> Iterator[Constraint]:
        for name in self.triples.predicates(node):
            kind = name.value.removeprefix(VOCABULARIES["sh"])
            if kind == name.value or kind not in _PARAMETERS:
                continue
            for value in self.triples.objects(node, name):
                yield from self._constraint(node, kind, value)
        for component in self._components:
            yield from self._defined(component, node)

    def _constraint(self, node: Subject, kind: str, value: Node) -> Iterator[Constraint]:
        component = sh(kind[0].upper() + kind[1:] + "ConstraintComponent")
        if kind in _LISTS:
            yield Constraint(kind, component, value, tuple(self.triples.items(value)))
        elif kind in _FLAGS:
            if value == Literal(value=True):
                yield Constraint(kind, component, value, tuple(self._allowed(node)) if kind == "closed" else ())
        elif kind == "pattern":
            yield Constraint(kind, component, value, tuple(self.triples.objects(node, sh("flags"))))
        elif kind in _COUNTS:
            for each in self.triples.objects(node, sh("qualifiedValueShape")):
                yield Constraint(kind, component, value, (each, *self._siblings(node, each)))
        elif kind == "sparql":
            if not self.triples.true(value, sh("deactivated")):
                query = queries.read(self.triples, value, ("select",))
                yield Constraint(kind, sh("SPARQLConstraintComponent"), value, query=query, source=value)
        else:
            yield Constraint(kind, component, value)

    def _allowed(self, node: Subject) -> Iterator[Node]:
        for inner in self.triples.objects(node, sh("property")):
            yield from (path for path in self.triples.objects(inner, sh("path")) if isinstance(path, NamedNode))
        for ignored in self.triples.objects(node, sh("ignoredProperties")):
            yield from self.triples.items(ignored)

    def _siblings(self, node: Subject, value: Node) -> list[Node]:
        """Return the shapes to which what conforms to a qualified one must not conform."""
        found: dict[Node, None] = {}
        if self.triples.true(node, sh("qualifiedValueShapesDisjoint")):
            for parent in self.triples.subjects(sh("property"), node):
                for sibling in self.triples.objects(parent, sh("property")):
                    found.update(dict.fromkeys(self.triples.objects(sibling, sh("qualifiedValueShape"))))
        return [each for each in found if each != value]

    def _read_components(self) -> dict[Subject, dict[NamedNode, bool]]:
        """Return the kinds of constraints that shapes define themselves, with parameters, and which can be left out."""
        found = {}
        for node in self.triples.instances(sh("ConstraintComponent")):
            parameters = {}
            for parameter in self.triples.objects(node, sh("parameter")):
                path = self.triples.value(parameter, sh("path"))
                if not isinstance(path, NamedNode):
                    raise InvalidShapesError(f"a parameter of {show(node)} has no sh:path that is an IRI")
                parameters[path] = self.triples.true(parameter, sh("optional"))
            if not all(parameters.values()):
                found[node] = parameters
        return found

    def _defined(self, component: Subject, node: Subject) -> Iterator[Constraint]:
        """Yield the constraints that a shape has of a kind that shapes define themselves, with a query."""
        given = {parameter: self.triples.objects(node, parameter) for parameter in self._components[component]}
        own = "propertyValidator" if self.triples.objects(node, sh("path")) else "nodeValidator"
        validators = self.triples.objects(component, sh(own)) or self.triples.objects(component, sh("validator"))
        if not validators or not all(given[name] or optional for name, optional in self._components[component].items()):
            return
        if len(given) > 1 and any(len(values) > 1 for values in given.values()):
            raise InvalidShapesError(f"{show(node)} gives two values to a parameter of {show(component)}")
        # Only one that is the only one can have several values.
        alike = [{name: value} for name, found in given.items() for value in found]
        for values in alike if len(given) == 1 else [{name: found[0] for name, found in given.items() if found}]:
            query = queries.read(self.triples, validators[0], ("ask", "select"), values)
            value = values.get(next(iter(given)), component)
            kind = "ask" if query.form == "ASK" else "sparql"
            yield Constraint(kind, component, value, query=query, source=validators[0])
