"""Conditions: what a shape demands, as an expression of SPARQL that is true or false and never an error.

The engine evaluates triple patterns inside EXISTS one after the other without using what it has already bound, so
every EXISTS holds one pattern only, and what else must hold stands in an EXISTS inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from clustergraph.shacl import facets, literals, paths
from clustergraph.shacl.data import SHAPES_GRAPH
from clustergraph.shacl.facets import both, either, negate, number, sure
from clustergraph.shacl.literals import write
from clustergraph.shacl.model import Constraint, Shape, Shapes
from clustergraph.shacl.triples import InvalidShapesError, Node, rdf, rdfs, show

_SIGNS: Final = {"minExclusive": ">", "minInclusive": ">=", "maxExclusive": "<", "maxInclusive": "<="}
_LESS: Final = {"lessThan": "<", "lessThanOrEquals": "<="}
_TYPE: Final = f"<{rdf('type').value}>"
_SUBCLASS: Final = f"<{rdfs('subClassOf').value}>"
EMPTY: Final = '""'
_LISTED_CLASSES: Final = 40
"""More subclasses than this are looked up in the graph and not written into the query."""
_MAX_LENGTH: Final = 400_000
"""A condition may have so many characters."""

Classes = Callable[[Node], Sequence[Node]]
"""Gives a class and its subclasses in the data."""


class Conditions:
    """Turns shapes into expressions.

    A value is written for a variable; the names of inner variables are new every time.
    """

    def __init__(self, shapes: Shapes, classes: Classes, *, exact: bool, kept: bool) -> None:
        """Keep what expressions depend on.

        Args:
            shapes: the shapes.
            classes: the classes of the data.
            exact: whether the store holds literals as they are written.
            kept: whether some of them are there under another datatype.
        """
        self._shapes = shapes
        self._classes = classes
        self._exact = exact
        self._kept = kept
        self._numbers = count()

    def new(self) -> str:
        """Return a variable that is used nowhere else."""
        return f"?_{next(self._numbers)}"

    def conforms(self, shape: Shape, node: str, leave_out: Iterable[Constraint] = ()) -> str:
        """Return whether a node conforms to a shape.

        Raises:
            InvalidShapesError: the shapes refer to each other too often.
        """
        constraints = [each for each in shape.constraints if each not in leave_out] if shape.active else []
        of_value = [each for each in constraints if self.is_of_value(each)]
        tests = [self.holds(each, shape, node) for each in constraints if each not in of_value]
        if of_value:
            pattern, value = self.some(shape, node)
            right = both(self.test(each, shape, node, value) for each in of_value)
            tests.append(f"NOT EXISTS {{ {pattern} FILTER({negate(right)}) }}" if pattern else right)
        condition = both(tests)
        if len(condition) > _MAX_LENGTH:
            raise InvalidShapesError(
                f"{show(shape.node)} refers to other shapes too often", advice="use fewer levels of shapes"
            )
        return condition

    def is_of_value(self, constraint: Constraint) -> bool:
        """Whether every value is judged by itself, and not what a node has altogether."""
        if constraint.kind == "component":
            return constraint.query is not None and constraint.query.form == "ASK"
        return constraint.kind in _OF_VALUE

    def some(self, shape: Shape, node: str) -> tuple[str, str]:
        """Return a pattern for the values that a shape judges, and the variable; the node itself needs no pattern."""
        if shape.path is None:
            return "", node
        value = self.new()
        return paths.pattern(shape.path, node, value, inner=True), value

    def test(self, constraint: Constraint, shape: Shape, node: str, value: str) -> str:
        """Return whether a value of a node is as a constraint demands."""
        if constraint.kind == "component":
            return self._ask(constraint, shape, node, value)
        return _OF_VALUE[constraint.kind](self, constraint, shape, value)

    def holds(self, constraint: Constraint, shape: Shape, node: str) -> str:
        """Return whether a node has what a constraint demands of all of its values together."""
        return _OF_NODE[constraint.kind](self, constraint, shape, node)

    def term(self, node: Node) -> str:
        """Return a term of the shapes as the store has it."""
        kept = literals.keep(node) if self._exact else node
        return write(node if not isinstance(kept, Literal) else kept)

    def value_of(self, variable: str) -> str:
        """Return the expression for the value of a literal."""
        return literals.value(variable, self._kept)

    def _counted(self, node: str, pattern: str, value: str, having: str) -> str:
        """Return whether the number of values that a pattern finds for a node is as demanded."""
        select = f"SELECT {node} {{ {pattern} }} GROUP BY {node} HAVING(COUNT(DISTINCT {value}) {having})"
        return f"EXISTS {{ {select} }}"

    # Of each value

    def _class(self, constraint: Constraint, _: Shape, value: str) -> str:
        classes = self._classes(constraint.value)
        if len(classes) == 1:
            return f"EXISTS {{ {value} {_TYPE} {write(classes[0])} }}"
        type_ = self.new()
        named = f"{type_} IN ({', '.join(map(write, classes))})"
        if len(classes) > _LISTED_CLASSES or any(isinstance(each, BlankNode) for each in classes):
            named = f"EXISTS {{ {type_} {_SUBCLASS}* {write(constraint.value)} }}"
        return f"EXISTS {{ {value} {_TYPE} {type_} FILTER({named}) }}"

    def _datatype(self, constraint: Constraint, _: Shape, value: str) -> str:
        if constraint.value == rdf("langString"):
            return sure(f'LANG({value}) != ""')
        if not isinstance(constraint.value, NamedNode):
            return "false"
        return sure(literals.has_datatype(value, constraint.value, self._exact))

    def _range(self, constraint: Constraint, _: Shape, value: str) -> str:
        return sure(f"{self.value_of(value)} {_SIGNS[constraint.kind]} {write(constraint.value)}")

    def _in(self, constraint: Constraint, _: Shape, value: str) -> str:
        iris = ", ".join(write(item) for item in constraint.items if isinstance(item, NamedNode))
        literals = " ".join(self.term(item) for item in constraint.items if isinstance(item, Literal))
        item = self.new()
        listed = f"ISLITERAL({value}) && EXISTS {{ VALUES {item} {{ {literals} }} FILTER(SAMETERM({value}, {item})) }}"
        named = f"ISIRI({value}) && {value} IN ({iris})"
        return either([listed] * bool(literals) + [named] * bool(iris))

    def _node(self, constraint: Constraint, _: Shape, value: str) -> str:
        return self.conforms(self._shapes.shape(constraint.value), value)

    def _not(self, constraint: Constraint, _: Shape, value: str) -> str:
        return negate(self.conforms(self._shapes.shape(constraint.value), value))

    def _and(self, constraint: Constraint, _: Shape, value: str) -> str:
        return both(self._each(constraint, value))

    def _or(self, constraint: Constraint, _: Shape, value: str) -> str:
        return either(self._each(constraint, value))

    def _xone(self, constraint: Constraint, _: Shape, value: str) -> str:
        return f"({' + '.join(f'IF({each}, 1, 0)' for each in self._each(constraint, value)) or '0'} = 1)"

    def _each(self, constraint: Constraint, value: str) -> list[str]:
        return [self.conforms(self._shapes.shape(item), value) for item in constraint.items]

    def _ask(self, constraint: Constraint, shape: Shape, node: str, value: str) -> str:
        if constraint.query is None:
            raise InvalidShapesError(f"{show(shape.node)} has a component without a query")
        names = {"this": node[1:], "value": value[1:]}
        return f"EXISTS {constraint.query.inner(self.bound(shape), names, f'_{next(self._numbers)}')}"

    # Of all values of a node

    def _min_count(self, constraint: Constraint, shape: Shape, node: str) -> str:
        least = number(constraint)
        if least <= 1:
            return f"EXISTS {{ {self.some(shape, node)[0]} }}" if least == 1 else "true"
        return self._counted(node, *self.some(shape, node), f">= {least}")

    def _max_count(self, constraint: Constraint, shape: Shape, node: str) -> str:
        most = number(constraint)
        if most == 0:
            return f"NOT EXISTS {{ {self.some(shape, node)[0]} }}"
        if most == 1:
            (pattern, one), (again, other) = self.some(shape, node), self.some(shape, node)
            second = f"EXISTS {{ {again} FILTER(!SAMETERM({one}, {other})) }}"
            return f"NOT EXISTS {{ {pattern} FILTER({second}) }}"
        return negate(self._counted(node, *self.some(shape, node), f"> {most}"))

    def _qualified(self, constraint: Constraint, shape: Shape, node: str) -> str:
        pattern, value = self.some(shape, node)
        tests = [self.conforms(self._shapes.shape(item), value) for item in constraint.items]
        counted = f"{pattern} FILTER({both(tests[:1] + [negate(sibling) for sibling in tests[1:]])})"
        limit = number(constraint)
        if constraint.kind == "qualifiedMaxCount":
            return negate(self._counted(node, counted, value, f"> {limit}"))
        return self._counted(node, counted, value, f">= {limit}") if limit else "true"

    def _unique_lang(self, _: Constraint, shape: Shape, node: str) -> str:
        pattern, value = self.some(shape, node)
        return f"NOT EXISTS {{ {pattern} FILTER({self.shares_language(shape, node, value)}) }}"

    def shares_language(self, shape: Shape, node: str, value: str) -> str:
        """Return whether another value of a node has the language of this one."""
        pattern, other = self.some(shape, node)
        same = sure(f"!SAMETERM({value}, {other}) && LCASE(LANG({value})) = LCASE(LANG({other}))")
        return f"{sure(f'LANG({value}) != {EMPTY}')} && EXISTS {{ {pattern} FILTER({same}) }}"

    def _has_value(self, constraint: Constraint, shape: Shape, node: str) -> str:
        wanted = self.term(constraint.value)
        if isinstance(shape.path, paths.Step):
            return f"EXISTS {{ {paths.pattern(shape.path, node, wanted)} }}"
        return self._is_value(shape, node, wanted)

    def _is_value(self, shape: Shape, node: str, wanted: str) -> str:
        pattern, value = self.some(shape, node)
        same = f"SAMETERM({value}, {wanted})"
        return f"EXISTS {{ {pattern} FILTER({same}) }}" if pattern else same

    def _equals(self, constraint: Constraint, shape: Shape, node: str) -> str:
        pattern, value = self.some(shape, node)
        missing, other = self.is_not_other(constraint, node, value), self.new()
        test = f"NOT EXISTS {{ {pattern} FILTER({missing}) }}" if pattern else negate(missing)
        there = f"{node} {write(constraint.value)} {other}"
        return both([test, f"NOT EXISTS {{ {there} FILTER({self.is_not_value(shape, node, other)}) }}"])

    def is_not_value(self, shape: Shape, node: str, other: str) -> str:
        """Return whether a term is no value that the shape judges."""
        return negate(self._is_value(shape, node, other))

    def is_not_other(self, constraint: Constraint, node: str, value: str) -> str:
        """Return whether a value is no value of the other property."""
        return f"NOT EXISTS {{ {node} {write(constraint.value)} {value} }}"

    def _disjoint(self, constraint: Constraint, shape: Shape, node: str) -> str:
        pattern, value = self.some(shape, node)
        right = self.is_not_other(constraint, node, value)
        return f"NOT EXISTS {{ {pattern} FILTER({negate(right)}) }}" if pattern else right

    def _less_than(self, constraint: Constraint, shape: Shape, node: str) -> str:
        (pattern, value), other = self.some(shape, node), self.new()
        wrong = f"{node} {write(constraint.value)} {other} FILTER({self.not_less(constraint, value, other)})"
        return f"NOT EXISTS {{ {pattern} FILTER(EXISTS {{ {wrong} }}) }}"

    def not_less(self, constraint: Constraint, value: str, other: str) -> str:
        """Return whether a value does not come before another."""
        return negate(sure(f"{self.value_of(value)} {_LESS[constraint.kind]} {self.value_of(other)}"))

    def _closed(self, constraint: Constraint, _: Shape, node: str) -> str:
        return f"NOT EXISTS {{ {self.others(constraint, node, self.new(), self.new())} }}"

    def others(self, constraint: Constraint, node: str, predicate: str, value: str) -> str:
        """Return a pattern for the properties that a closed shape does not allow."""
        allowed = ", ".join(write(item) for item in constraint.items)
        return f"{node} {predicate} {value} ." + (f" FILTER({predicate} NOT IN ({allowed}))" if allowed else "")

    def _select(self, constraint: Constraint, shape: Shape, node: str) -> str:
        if constraint.query is None:
            raise InvalidShapesError(f"{show(shape.node)} has a component without a query")
        group = constraint.query.inner(self.bound(shape), {"this": node[1:]}, f"_{next(self._numbers)}")
        return f"NOT EXISTS {group}"

    def bound(self, shape: Shape) -> dict[str, str]:
        """Return the terms that a query of a shape finds in its variables."""
        terms = {"currentShape": write(shape.node), "shapesGraph": write(SHAPES_GRAPH)}
        return terms | ({"PATH": f"({paths.sparql(shape.path)})"} if shape.path else {})


Test = Callable[[Conditions, Constraint, Shape, str], str]

_OF_VALUE: Final[dict[str, Test]] = {
    "class": Conditions._class,
    "datatype": Conditions._datatype,
    "nodeKind": lambda _, constraint, __, value: facets.node_kind(constraint, value),
    "minLength": lambda _, constraint, __, value: facets.length(constraint, value),
    "maxLength": lambda _, constraint, __, value: facets.length(constraint, value),
    "pattern": lambda _, constraint, shape, value: facets.pattern(constraint, shape, value),
    "languageIn": lambda _, constraint, __, value: facets.language_in(constraint, value),
    "in": Conditions._in,
    "node": Conditions._node,
    "property": Conditions._node,
    "not": Conditions._not,
    "and": Conditions._and,
    "or": Conditions._or,
    "xone": Conditions._xone,
    **dict.fromkeys(_SIGNS, Conditions._range),
}
_OF_NODE: Final[dict[str, Test]] = {
    "minCount": Conditions._min_count,
    "maxCount": Conditions._max_count,
    "qualifiedMinCount": Conditions._qualified,
    "qualifiedMaxCount": Conditions._qualified,
    "uniqueLang": Conditions._unique_lang,
    "hasValue": Conditions._has_value,
    "equals": Conditions._equals,
    "disjoint": Conditions._disjoint,
    "closed": Conditions._closed,
    "sparql": Conditions._select,
    "component": Conditions._select,
    **dict.fromkeys(_LESS, Conditions._less_than),
}
