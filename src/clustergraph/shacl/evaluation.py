"""The engine: shapes as queries over a store.

A shape is judged in two steps. One query finds the nodes that do not conform, which in a sound graph is all there is
to do; then one query for each constraint says of these nodes what is wrong with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from clustergraph.shacl import paths
from clustergraph.shacl.conditions import Conditions, bound, negate
from clustergraph.shacl.data import Data, write
from clustergraph.shacl.findings import Result
from clustergraph.shacl.shapes import Constraint, Shape, Shapes
from clustergraph.shacl.triples import InvalidShapesError, Node, rdf, rdfs, show

_FOCUS: Final = "?_focus"
"""The variable for the nodes that shapes are for; queries of shapes call them something else."""
_TYPE: Final = str(rdf("type"))
_SUBCLASS: Final = str(rdfs("subClassOf"))
_LISTED: Final = 2000
"""So many nodes are written into a query; more are found by their targets again."""

_Found = Iterator[tuple[Node, Result]]
"""Results, each with its root: the focus node if there is no other."""


@dataclass(frozen=True)
class _FocusNodes:
    """Where focus nodes come from."""

    pattern: str
    """A pattern that binds the focus nodes and the trail."""
    variable: str = _FOCUS
    trail: tuple[str, ...] = ()
    """The variables for the nodes that led to them; what is reached in two ways is judged twice."""
    root: str = _FOCUS
    """The variable for the node that the results are about in the end."""
    given: tuple[tuple[str, Node], ...] = ()
    """Terms of variables in the pattern, for those that cannot be written into it: blank nodes."""
    bound: bool = False
    """Whether the pattern binds the nodes itself, as a list or as the end of a path that may be empty."""

    @property
    def variables(self) -> tuple[str, ...]:
        return (*self.trail, self.variable)

    def select(self, variables: str = "", pattern: str = "") -> str:
        """Return a query for focus nodes, and what a pattern finds with them."""
        return f"SELECT DISTINCT {' '.join(self.variables)} {variables} {{ {self.pattern} {pattern} }}"

    def among(self, listed: str) -> str:
        """Return a query for those that are listed, so that the engine begins with these."""
        if self.bound:
            pattern = f"{self.pattern} {listed}"  # what binds a variable itself can only be limited afterwards
        elif self.trail:
            pattern = f"{listed} {self.pattern}"
        else:
            pattern = f"{listed} LATERAL {{ {self.pattern} }}"
        return replace(self, pattern=pattern).select()

    def follow(self, path: paths.Path | None, new: str) -> _FocusNodes:
        """Return where the values of a path, for which there is a new variable, come from."""
        if path is None:
            return self
        return replace(
            self,
            pattern=f"{self.pattern} {paths.pattern(path, self.variable, new)}",
            variable=new,
            trail=self.variables,
            bound=self.bound or paths.can_be_empty(path),
        )


class Engine:
    """Shapes and data together."""

    def __init__(self, data: Data, shapes: Shapes, progress: Callable[[str], None] = lambda _: None) -> None:
        """Prepare; raises `InvalidShapesError` for a shape that is not well formed or refers to itself."""
        self._data = data
        self._shapes = shapes
        self._progress = progress
        self._targeted = shapes.targeted
        self._conditions = Conditions(shapes, data)
        if shapes.ask_shapes:
            data.show_shapes(shapes.triples)

    def run(self, focus: Collection[Node] | None = None) -> Iterator[Result]:
        """Yield what is wrong with the data or only with some nodes; raises `InvalidShapesError`."""
        for number, shape in enumerate(self._targeted, 1):
            self._progress(f"shape {number} of {len(self._targeted)}: {show(shape.node)}")
            nodes = self._targets(shape)
            if focus is None and ("VALUES" in nodes.pattern or "UNION" in nodes.pattern):
                # Inside a SELECT, for the engine would repeat a long condition in each branch of a bare UNION, and for
                # each class that a node has.
                nodes = _FocusNodes(f"{{ {nodes.select()} }}")
            yield from (result for _, result in self._judge(shape, nodes, focus))

    def _targets(self, shape: Shape) -> _FocusNodes:
        patterns = [pattern for kind, values in shape.targets.items() for pattern in self._targets_of(kind, values)]
        pattern = patterns[0] if len(patterns) == 1 else " UNION ".join(f"{{ {each} }}" for each in patterns)
        return _FocusNodes(pattern, bound="targetNode" in shape.targets)

    def _targets_of(self, kind: str, values: list[Node]) -> Iterator[str]:
        other = self._conditions.new()
        match kind:
            case "targetNode":
                yield self._table([_FOCUS], ([value] for value in values))
            case "targetClass":
                classes = list(dict.fromkeys(each for value in values for each in self._data.classes(value)))
                if any(isinstance(each, BlankNode) for each in classes):
                    yield from (f"{_FOCUS} {_TYPE}/{_SUBCLASS}* {write(value)} ." for value in values)
                elif len(classes) == 1:
                    yield f"{_FOCUS} {_TYPE} {write(classes[0])} ."
                else:
                    yield f"VALUES {other} {{ {' '.join(map(write, classes))} }} {_FOCUS} {_TYPE} {other} ."
            case "targetSubjectsOf":
                yield from (f"{_FOCUS} {write(value)} {other} ." for value in values)
            case _:
                yield from (f"{other} {write(value)} {_FOCUS} ." for value in values)

    def _judge(self, shape: Shape, nodes: _FocusNodes, focus: Collection[Node] | None = None) -> _Found:
        # Values of properties may be in the focus, where nodes that have them are not.
        inner = [each for each in shape.constraints if focus is not None and each.kind == "property"]
        # Queries of shapes are slower as a condition than as a query.
        later = [each for each in shape.constraints if each not in inner and self._is_query(each)]
        sooner = [each for each in shape.constraints if each not in inner and each not in later]
        for part in self._parts(nodes, focus):
            wrong = self._failing(shape, part, [*later, *inner]) if len(sooner) > 1 else part
            for constraint in sooner if wrong else ():
                yield from self._violations(shape, constraint, wrong or part)
            for constraint in later:
                yield from self._violations(shape, constraint, part)
        for constraint in inner:
            values = nodes.follow(shape.path, self._conditions.new())
            yield from self._judge(self._shapes.shape(constraint.value), values, focus)

    def _is_query(self, constraint: Constraint) -> bool:
        if constraint.kind == "property":
            return any(map(self._is_query, self._shapes.shape(constraint.value).constraints))
        return constraint.kind == "sparql"

    def _parts(self, nodes: _FocusNodes, focus: Collection[Node] | None) -> Iterator[_FocusNodes]:
        """Yield the nodes, limited to some nodes."""
        if focus is None:
            yield nodes
            return
        named = [[node] for node in focus if not isinstance(node, BlankNode)]
        for start in range(0, len(named), _LISTED):
            rows = self._data.rows(nodes.among(self._table([nodes.variable], named[start : start + _LISTED])))
            if found := [[row[variable[1:]] for variable in nodes.variables] for row in rows]:
                yield replace(nodes, pattern=self._table(nodes.variables, found))
        for node in focus:
            if isinstance(node, BlankNode):
                yield replace(nodes, given=(*nodes.given, (nodes.variable[1:], node)))

    def _failing(self, shape: Shape, nodes: _FocusNodes, leave_out: list[Constraint]) -> _FocusNodes | None:
        """Return where the nodes come from that do not conform, or nothing if there are none."""
        wrong = negate(self._conditions.conforms(shape, nodes.variable, leave_out))
        found = []
        for row in self._data.rows(nodes.select("", f"FILTER({wrong})"), dict(nodes.given)):
            found.append([row[variable[1:]] for variable in nodes.variables])
            if len(found) > _LISTED or any(isinstance(node, BlankNode) for node in found[-1]):
                return nodes
        return replace(nodes, pattern=self._table(nodes.variables, found), given=()) if found else None

    def _table(self, variables: Sequence[str], rows: Iterable[Sequence[Node]]) -> str:
        """Return a pattern that lists the terms of variables."""
        listed = " ".join(f"({' '.join(map(self._data.encoding.term, row))})" for row in rows)
        return f"VALUES ({' '.join(variables)}) {{ {listed} }}"

    def _violations(self, shape: Shape, constraint: Constraint, nodes: _FocusNodes) -> _Found:
        """Yield what is wrong with focus nodes by one constraint."""
        if constraint.kind == "property":
            values = nodes.follow(shape.path, self._conditions.new())
            yield from self._judge(self._shapes.shape(constraint.value), values)
        else:
            find = {"node": self._explained, "sparql": self._by_query}.get(constraint.kind, self._by_condition)
            yield from find(shape, constraint, nodes)

    def _explained(self, shape: Shape, constraint: Constraint, nodes: _FocusNodes) -> _Found:
        """Yield values that do not conform to another shape, with the reasons."""
        found = list(self._by_condition(shape, constraint, nodes))
        if not found:
            return
        values = nodes.follow(shape.path, self._conditions.new())
        if not values.given:
            one = replace(values, trail=())
            values = replace(one, pattern=f"{{ {one.select()} }}")
        reasons = defaultdict(list)
        for value, reason in self._judge(self._shapes.shape(constraint.value), replace(values, root=values.variable)):
            reasons[value].append(reason)
        for top, result in found:
            yield top, replace(result, details=tuple(reasons[result.value]) if result.value is not None else ())

    def _by_condition(self, shape: Shape, constraint: Constraint, nodes: _FocusNodes) -> _Found:
        shown, pattern = self._conditions.wrong(constraint, shape, nodes.variable)
        for row in self._data.rows(nodes.select(shown, pattern), dict(nodes.given)):
            result = _result(shape, constraint, row, row[nodes.variable[1:]], row.get("value"))
            yield row[nodes.root[1:]], replace(result, step=self._step(result))

    def _step(self, result: Result) -> paths.Step | None:
        """Return that property which leads to the value, where the path is one of several."""
        focus, path, value = result.focus, result.path, result.value
        if not isinstance(path, paths.Composed) or path.sign != "|" or isinstance(focus, Literal) or value is None:
            return None
        known = partial(self._data.store.quads_for_pattern, focus, object=self._data.encoding.stored(value))
        return next((s for s in path.parts if isinstance(s, paths.Step) and any(known(s.predicate))), None)

    def _by_query(self, shape: Shape, constraint: Constraint, nodes: _FocusNodes) -> _Found:
        query = constraint.query
        assert query is not None
        names = [name for name in query.tree.selection.shown if name != "this"] or ["value", "path", "message"]
        shown = " ".join(f"?{name}" for name in dict.fromkeys(names))
        # A node that two patterns find is judged once, but every solution of the query counts.
        these = nodes.pattern if nodes.given else f"{{ {nodes.select()} }}"
        this = f"BIND({nodes.variable} AS ?this)"
        found = query.text(bound(shape), self._data.encoding)
        text = f"SELECT {' '.join(nodes.variables)} ?this {shown} {{ {these} {this} LATERAL {{ {found} }} }}"
        for row in self._data.rows(text, dict(nodes.given)):
            failure = row.get("failure")
            if isinstance(failure, Literal) and failure.value in ("true", "1"):
                raise InvalidShapesError(f"{query.title} says that it failed at {show(row['this'])}")
            value = row.get("value", row["this"] if shape.path is None else None)
            yield row[nodes.root[1:]], _result(shape, constraint, row, row["this"], value)


def _result(shape: Shape, constraint: Constraint, row: Mapping[str, Node], focus: Node, value: Node | None) -> Result:
    path = row.get("path")
    return Result(
        focus,
        shape.node,
        constraint.component,
        paths.Step(path) if isinstance(path, NamedNode) else shape.path,
        value,
        constraint.source,
        messages=constraint.query.said(row, value) if constraint.query else (),
    )
