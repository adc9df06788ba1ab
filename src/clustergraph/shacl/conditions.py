"""Conditions: what a shape demands, as an expression of SPARQL that is true or false and never an error.

The engine evaluates triple patterns inside EXISTS one after the other without using what it has already bound, so
every EXISTS holds one pattern only, and what else must hold stands in an EXISTS inside it.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store

from clustergraph.shacl import paths
from clustergraph.shacl.data import SHAPES_GRAPH, Data, write
from clustergraph.shacl.shapes import Constraint, Shape, Shapes
from clustergraph.shacl.triples import InvalidShapesError, rdf, rdfs, show
from clustergraph.terms import VOCABULARIES

_SIGNS: Final = {"minExclusive": ">", "minInclusive": ">=", "maxExclusive": "<", "maxInclusive": "<="}
_KINDS: Final = {"IRI": "ISIRI", "BlankNode": "ISBLANK", "Literal": "ISLITERAL"}
_LESS: Final = {"lessThan": "<", "lessThanOrEquals": "<="}
VALUE, OTHER = "?value", "?other"
"""The variables in which a pattern finds what is wrong: a value, and what it does not go with."""
_TYPE: Final = str(rdf("type"))
_SUBCLASS: Final = str(rdfs("subClassOf"))
_LISTED_CLASSES: Final = 40
"""More subclasses than this are looked up in the graph and not written into the query."""
_MAX_LENGTH: Final = 400_000
"""A condition may have so many characters."""


def both(tests: Iterable[str]) -> str:
    """Return whether all tests hold.

    >>> both(["true", "?a", "?b", "?a"])
    '(?a && ?b)'
    """
    found = list(dict.fromkeys(test for test in tests if test != "true"))
    return found[0] if len(found) == 1 else f"({' && '.join(found)})" if found else "true"


def either(tests: Iterable[str]) -> str:
    """Return whether one test or more hold.

    >>> either([])
    'false'
    """
    found = list(dict.fromkeys(test for test in tests if test != "false"))
    return found[0] if len(found) == 1 else f"({' || '.join(found)})" if found else "false"


def negate(test: str) -> str:
    """Return whether a test does not hold."""
    return {"true": "false", "false": "true"}.get(test) or f"!({test})"


def _sure(test: str) -> str:
    """Return a test that is false where it would be an error."""
    return f"COALESCE({test}, false)"


def _number(constraint: Constraint) -> int:
    try:
        return int(constraint.value.value)
    except ValueError:
        raise InvalidShapesError(f"{show(constraint.value)} is not a whole number") from None


class Conditions:
    """Turns shapes into expressions.

    A value is written for a variable; the names of inner variables are new every time.
    """

    def __init__(self, shapes: Shapes, data: Data) -> None:
        self._shapes = shapes
        self._data = data
        self._numbers = count()

    def new(self) -> str:
        """Return a variable that is used nowhere else."""
        return f"?_{next(self._numbers)}"

    def conforms(self, shape: Shape, node: str, leave_out: Iterable[Constraint] = ()) -> str:
        """Return whether a node conforms; raises `InvalidShapesError` if shapes refer to each other too often."""
        constraints = [each for each in shape.constraints if each not in leave_out]
        of_value = [each for each in constraints if each.kind in _OF_VALUE]
        tests = [self._holds(each, shape, node) for each in constraints if each not in of_value]
        if of_value:
            pattern, value = self._some(shape, node)
            right = both(_OF_VALUE[each.kind](self, each, shape, node, value) for each in of_value)
            tests.append(f"NOT EXISTS {{ {pattern} FILTER({negate(right)}) }}" if pattern else right)
        condition = both(tests)
        if len(condition) > _MAX_LENGTH:
            raise InvalidShapesError(
                f"{show(shape.node)} refers to other shapes too often", advice="use fewer levels of shapes"
            )
        return condition

    def wrong(self, constraint: Constraint, shape: Shape, node: str) -> tuple[str, str]:
        """Return the pattern that finds what is wrong with a node by a constraint, and what is to be shown of it."""
        if constraint.kind in _OF_VALUE:
            test = _OF_VALUE[constraint.kind](self, constraint, shape, node, VALUE)
            return VALUE, f"{_values(shape, node, VALUE)} FILTER({negate(test)})"
        if constraint.kind in _OF_PAIR:
            shown, pattern = _OF_PAIR[constraint.kind]
            return shown, pattern(self, constraint, shape, node, VALUE, OTHER)
        return "", f"FILTER({negate(self._holds(constraint, shape, node))})"

    def _holds(self, constraint: Constraint, shape: Shape, node: str) -> str:
        """Return whether a node has what a constraint demands of all of its values together."""
        if constraint.kind in _OF_PAIR:
            _, pattern = _OF_PAIR[constraint.kind]
            return f"NOT EXISTS {{ {pattern(self, constraint, shape, node, self.new(), self.new())} }}"
        return _OF_NODE[constraint.kind](self, constraint, shape, node)

    def _some(self, shape: Shape, node: str) -> tuple[str, str]:
        """Return a pattern for the values that a shape judges, and the variable; the node itself needs no pattern."""
        if shape.path is None:
            return "", node
        value = self.new()
        return paths.pattern(shape.path, node, value, inner=True), value

    # Of each value

    def _class(self, constraint: Constraint, _: Shape, __: str, value: str) -> str:
        classes = self._data.classes(constraint.value)
        if len(classes) == 1:
            return f"EXISTS {{ {value} {_TYPE} {write(classes[0])} }}"
        type_ = self.new()
        named = f"{type_} IN ({', '.join(map(write, classes))})"
        if len(classes) > _LISTED_CLASSES or any(isinstance(each, BlankNode) for each in classes):
            named = f"EXISTS {{ {type_} {_SUBCLASS}* {write(constraint.value)} }}"
        return f"EXISTS {{ {value} {_TYPE} {type_} FILTER({named}) }}"

    def _datatype(self, constraint: Constraint, _: Shape, __: str, value: str) -> str:
        if constraint.value == rdf("langString"):
            return _sure(f'LANG({value}) != ""')
        if not isinstance(constraint.value, NamedNode):
            return "false"
        return _sure(self._data.encoding.has_datatype(value, constraint.value))

    def _node_kind(self, constraint: Constraint, _: Shape, __: str, value: str) -> str:
        names = constraint.value.value.removeprefix(VOCABULARIES["sh"]).split("Or")
        return either(f"{_KINDS[name]}({value})" for name in names if name in _KINDS)

    def _length(self, constraint: Constraint, _: Shape, __: str, value: str) -> str:
        sign = ">=" if constraint.kind == "minLength" else "<="
        return _sure(f"!ISBLANK({value}) && STRLEN(STR({value})) {sign} {_number(constraint)}")

    def _matches(self, constraint: Constraint, shape: Shape, _: str, value: str) -> str:
        flags = "".join(flag.value for flag in constraint.items)
        written = f"{write(Literal(constraint.value.value))}, {write(Literal(flags))}"
        tried = Store().query(f'SELECT (REGEX("", {written}) AS ?ok) {{}}')
        if isinstance(tried, QuerySolutions) and any(row["ok"] is None for row in tried):
            raise InvalidShapesError(
                f"the pattern of {show(shape.node)} cannot be used: {constraint.value.value}",
                advice="mend the shapes: write it without look-around and references back",
                about=shape.node,
            )
        return _sure(f"!ISBLANK({value}) && REGEX(STR({value}), {written})")

    def _language_in(self, constraint: Constraint, _: Shape, __: str, value: str) -> str:
        tags = (write(Literal(tag.value)) for tag in constraint.items)
        return _sure(f'LANG({value}) != "" && {either(f"LANGMATCHES(LANG({value}), {tag})" for tag in tags)}')

    def _range(self, constraint: Constraint, _: Shape, __: str, value: str) -> str:
        return _sure(f"{self._data.encoding.value(value)} {_SIGNS[constraint.kind]} {write(constraint.value)}")

    def _in(self, constraint: Constraint, _: Shape, __: str, value: str) -> str:
        iris = ", ".join(write(item) for item in constraint.items if isinstance(item, NamedNode))
        literals = " ".join(self._data.encoding.term(item) for item in constraint.items if isinstance(item, Literal))
        item = self.new()
        listed = f"ISLITERAL({value}) && EXISTS {{ VALUES {item} {{ {literals} }} FILTER(SAMETERM({value}, {item})) }}"
        named = f"ISIRI({value}) && {value} IN ({iris})"
        return either([listed] * bool(literals) + [named] * bool(iris))

    def _disjoint(self, constraint: Constraint, _: Shape, node: str, value: str) -> str:
        return f"NOT EXISTS {{ {node} {write(constraint.value)} {value} }}"

    def _logical(self, constraint: Constraint, _: Shape, __: str, value: str) -> str:
        tests = [self.conforms(self._shapes.shape(node), value) for node in constraint.shapes]
        match constraint.kind:
            case "not":
                return negate(tests[0])
            case "or":
                return either(tests)
            case "xone":
                return f"({' + '.join(f'IF({each}, 1, 0)' for each in tests) or '0'} = 1)"
        return both(tests)

    def _ask(self, constraint: Constraint, shape: Shape, node: str, value: str) -> str:
        return f"EXISTS {self._query(constraint, shape, {'this': node[1:], 'value': value[1:]})}"

    # Of a value and another

    def _equals(self, constraint: Constraint, shape: Shape, node: str, value: str, _: str) -> str:
        there = f"{node} {write(constraint.value)} {value}"
        missing = f"{_values(shape, node, value)} FILTER NOT EXISTS {{ {there} }}"
        return f"LATERAL {{ {{ {missing} }} UNION {{ {there} FILTER({negate(self._is_value(shape, node, value))}) }} }}"

    def _less_than(self, constraint: Constraint, shape: Shape, node: str, value: str, other: str) -> str:
        ends = map(self._data.encoding.value, (value, other))
        less = _sure(f" {_LESS[constraint.kind]} ".join(ends))
        there = f"{node} {write(constraint.value)} {other} FILTER({negate(less)})"
        return f"{_values(shape, node, value)} LATERAL {{ {there} }}"

    def _unique_lang(self, _: Constraint, shape: Shape, node: str, value: str, other: str) -> str:
        same = _sure(f"!SAMETERM({value}, {other}) && LCASE(LANG({value})) = LCASE(LANG({other}))")
        shared = f"EXISTS {{ {_values(shape, node, other)} FILTER({same}) }}"
        return f'{_values(shape, node, value)} FILTER(LANG({value}) != "" && {shared})'

    def _closed(self, constraint: Constraint, _: Shape, node: str, value: str, predicate: str) -> str:
        allowed = ", ".join(write(item) for item in constraint.items)
        return f"{node} {predicate} {value} ." + (f" FILTER({predicate} NOT IN ({allowed}))" if allowed else "")

    # Of all values of a node

    def _count(self, constraint: Constraint, shape: Shape, node: str) -> str:
        pattern, value = self._some(shape, node)
        limit, at_least = _number(constraint), constraint.kind in ("minCount", "qualifiedMinCount")
        if constraint.items:
            first, *siblings = (self.conforms(self._shapes.shape(each), value) for each in constraint.items)
            pattern += f" FILTER({both([first, *map(negate, siblings)])})"
        if limit <= 0:
            return "true" if at_least else f"NOT EXISTS {{ {pattern} }}"
        if limit == 1 and at_least:
            return f"EXISTS {{ {pattern} }}"
        if limit == 1 and not constraint.items:
            again, other = self._some(shape, node)
            second = f"EXISTS {{ {again} FILTER(!SAMETERM({value}, {other})) }}"
            return f"NOT EXISTS {{ {pattern} FILTER({second}) }}"
        having = f"HAVING(COUNT(DISTINCT {value}) {'>=' if at_least else '>'} {limit})"
        counted = f"EXISTS {{ SELECT {node} {{ {pattern} }} GROUP BY {node} {having} }}"
        return counted if at_least else negate(counted)

    def _has_value(self, constraint: Constraint, shape: Shape, node: str) -> str:
        return self._is_value(shape, node, self._data.encoding.term(constraint.value))

    def _is_value(self, shape: Shape, node: str, wanted: str) -> str:
        if isinstance(shape.path, paths.Step):
            return f"EXISTS {{ {paths.pattern(shape.path, node, wanted)} }}"
        pattern, value = self._some(shape, node)
        same = f"SAMETERM({value}, {wanted})"
        return f"EXISTS {{ {pattern} FILTER({same}) }}" if pattern else same

    def _select(self, constraint: Constraint, shape: Shape, node: str) -> str:
        return f"NOT EXISTS {self._query(constraint, shape, {'this': node[1:]})}"

    def _query(self, constraint: Constraint, shape: Shape, names: Mapping[str, str]) -> str:
        assert constraint.query is not None
        return constraint.query.inner(bound(shape), self._data.encoding, names, f"_{next(self._numbers)}")


def bound(shape: Shape) -> dict[str, str]:
    """Return the terms that a query of a shape finds in its variables."""
    terms = {"currentShape": write(shape.node), "shapesGraph": write(SHAPES_GRAPH)}
    return terms | ({"PATH": f"({paths.sparql(shape.path)})"} if shape.path else {})


def _values(shape: Shape, node: str, value: str) -> str:
    """Return a pattern that binds a variable to the values that a shape judges."""
    return paths.pattern(shape.path, node, value, inner=True) if shape.path else f"BIND({node} AS {value})"


_OF_VALUE: Final[dict[str, Callable[[Conditions, Constraint, Shape, str, str], str]]] = {
    "class": Conditions._class,
    "datatype": Conditions._datatype,
    "nodeKind": Conditions._node_kind,
    "minLength": Conditions._length,
    "maxLength": Conditions._length,
    "pattern": Conditions._matches,
    "languageIn": Conditions._language_in,
    "in": Conditions._in,
    "disjoint": Conditions._disjoint,
    "ask": Conditions._ask,
    **dict.fromkeys(("node", "property", "not", "and", "or", "xone"), Conditions._logical),
    **dict.fromkeys(_SIGNS, Conditions._range),
}
"""Whether a value is as demanded: every value is judged by itself."""
_OF_PAIR: Final[dict[str, tuple[str, Callable[[Conditions, Constraint, Shape, str, str, str], str]]]] = {
    "equals": (VALUE, Conditions._equals),
    "uniqueLang": (f"(LCASE(LANG({VALUE})) AS ?language)", Conditions._unique_lang),
    "closed": (f"{VALUE} ({OTHER} AS ?path)", Conditions._closed),
    **dict.fromkeys(_LESS, (f"{VALUE} {OTHER}", Conditions._less_than)),
}
"""What is to be shown of a value that is wrong, and the pattern that finds it together with another term."""
_OF_NODE: Final[dict[str, Callable[[Conditions, Constraint, Shape, str], str]]] = {
    "hasValue": Conditions._has_value,
    "sparql": Conditions._select,
    **dict.fromkeys(("minCount", "maxCount", "qualifiedMinCount", "qualifiedMaxCount"), Conditions._count),
}
"""Whether a node has what is demanded of all of its values together."""
