"""The engine: shapes as queries over a store.

A shape is judged in two steps. One query finds the nodes that do not conform, which in a sound graph is all there is
to do; then one query for each constraint says of these nodes what is wrong with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from pyoxigraph import BlankNode

from clustergraph.shacl.conditions import Conditions
from clustergraph.shacl.data import Data
from clustergraph.shacl.facets import negate
from clustergraph.shacl.literals import keep, write
from clustergraph.shacl.model import Constraint, Shape, Shapes
from clustergraph.shacl.results import Result
from clustergraph.shacl.triples import Node, rdf, rdfs, show
from clustergraph.shacl.violations import Rows, Source, Violations

Progress = Callable[[str], None]

_TYPE: Final = f"<{rdf('type').value}>"
_SUBCLASS: Final = f"<{rdfs('subClassOf').value}>"
_LISTED: Final = 2000
"""So many nodes are written into a query; more are found by their targets again."""


class Engine:
    """Shapes and data together."""

    def __init__(self, data: Data, shapes: Shapes, progress: Progress = lambda _: None) -> None:
        """Prepare to judge the data.

        Raises:
            InvalidShapesError: a shape is not well formed, or refers to itself.
        """
        self._data = data
        self._shapes = shapes
        self._progress = progress
        self.targeted = shapes.targeted
        kept = data.kept or (data.exact and any(keep(triple.object) is not triple.object for triple in shapes.triples))
        self._conditions = Conditions(shapes, data.classes, exact=data.exact, kept=kept)
        self._violations = Violations(data, self._conditions)
        if shapes.ask_shapes:
            data.show_shapes(list(shapes.triples))

    def run(self, focus: Collection[Node] | None = None) -> Iterator[Result]:
        """Yield what is wrong with the data, or only with some nodes.

        Raises:
            InvalidShapesError: the shapes cannot be used.
            LimitError: the deadline has passed.
        """
        for number, shape in enumerate(self.targeted, 1):
            self._progress(f"shape {number} of {len(self.targeted)}: {show(shape.node)}")
            pattern = self.target(shape)
            if focus is None and len(shape.targets) > 1:
                # Inside a SELECT, for the engine would repeat a long condition in each branch of a bare UNION.
                pattern = f"{{ SELECT DISTINCT ?this {{ {pattern} }} }}"
            yield from (result for _, result in self._judge(shape, Source(pattern), focus))

    def target(self, shape: Shape) -> str:
        """Return a pattern for the focus nodes of a shape."""
        kinds = defaultdict(list)
        for target in shape.targets:
            kinds[target.kind].append(target.value)
        patterns = [pattern for kind, values in kinds.items() for pattern in self._targets(kind, values)]
        return patterns[0] if len(patterns) == 1 else " UNION ".join(f"{{ {each} }}" for each in patterns)

    def _targets(self, kind: str, values: list[Node]) -> Iterator[str]:
        other = self._conditions.new()
        match kind:
            case "targetNode":
                yield self._listed(values)
            case "targetClass":
                classes = list(dict.fromkeys(each for value in values for each in self._data.classes(value)))
                if any(isinstance(each, BlankNode) for each in classes):
                    yield from (f"?this {_TYPE}/{_SUBCLASS}* {write(value)} ." for value in values)
                elif len(classes) == 1:
                    yield f"?this {_TYPE} {write(classes[0])} ."
                else:
                    yield f"VALUES {other} {{ {' '.join(map(write, classes))} }} ?this {_TYPE} {other} ."
            case "targetSubjectsOf":
                yield from (f"?this {write(value)} {other} ." for value in values)
            case _:
                yield from (f"{other} {write(value)} ?this ." for value in values)

    def _judge(self, shape: Shape, source: Source, focus: Collection[Node] | None = None) -> Rows:
        if not shape.active:
            return
        # Queries of shapes are slower as a condition than as a query, and properties may be about nodes in the focus.
        later = [each for each in shape.constraints if self._is_query(each) or (focus and each.kind == "property")]
        sooner = [each for each in shape.constraints if each not in later]
        for part in self._parts(source, focus):
            wrong = self._failing(shape, part, later) if len(sooner) > 1 else part
            for constraint in sooner:
                if wrong:
                    yield from self._violations_of(shape, constraint, wrong)
            for constraint in later:
                if not focus or constraint.kind != "property":
                    yield from self._violations_of(shape, constraint, part)
        for constraint in later:
            if focus and constraint.kind == "property":
                values = source.follow(shape.path, self._conditions.new())
                yield from self._judge(self._shapes.shape(constraint.value), values, focus)

    def _is_query(self, constraint: Constraint) -> bool:
        if constraint.kind == "property":
            return any(self._is_query(each) for each in self._shapes.shape(constraint.value).constraints)
        return constraint.query is not None and constraint.query.form == "SELECT"

    def _parts(self, source: Source, focus: Collection[Node] | None) -> Iterator[Source]:
        """Yield the source, limited to some nodes."""
        if focus is None:
            yield source
            return
        named = [node for node in focus if not isinstance(node, BlankNode)]
        for start in range(0, len(named), _LISTED):
            listed = self._listed(named[start : start + _LISTED])
            rows = self._data.rows(replace(source, pattern=self._among(source, listed)).select("", ""))
            if found := [[row[variable[1:]] for variable in (*source.trail, "?this")] for row in rows]:
                yield self._table(source, found)
        for node in focus:
            if isinstance(node, BlankNode):
                yield replace(source, given=(*source.given, ("this", node)))

    def _among(self, source: Source, listed: str) -> str:
        """Return the pattern of a source limited to nodes that are listed, so that the engine begins with these."""
        if "LATERAL" in source.pattern:
            # A path that may be empty binds its end itself, which can only be limited afterwards.
            return f"{source.pattern} {listed}"
        if source.trail or "VALUES ?this" in source.pattern:
            return f"{listed} {source.pattern}"
        return f"{listed} LATERAL {{ {source.pattern} }}"

    def _listed(self, nodes: Collection[Node]) -> str:
        return f"VALUES ?this {{ {' '.join(map(self._conditions.term, nodes))} }}"

    def _failing(self, shape: Shape, source: Source, leave_out: list[Constraint]) -> Source | None:
        """Return where the nodes come from that do not conform, or nothing if there are none."""
        wrong = negate(self._conditions.conforms(shape, "?this", leave_out))
        names = [variable[1:] for variable in (*source.trail, "?this")]
        found = []
        for row in self._data.rows(source.select("", f"FILTER({wrong})"), dict(source.given)):
            found.append([row[name] for name in names])
            if len(found) > _LISTED or any(isinstance(node, BlankNode) for node in found[-1]):
                return source
        return self._table(source, found) if found else None

    def _table(self, source: Source, rows: Iterable[Sequence[Node]]) -> Source:
        """Return a source of known nodes, each with the nodes that led to it."""
        listed = " ".join(f"({' '.join(map(self._conditions.term, row))})" for row in rows)
        return replace(source, pattern=f"VALUES ({' '.join(source.trail)} ?this) {{ {listed} }}", given=())

    def _violations_of(self, shape: Shape, constraint: Constraint, source: Source) -> Rows:
        if constraint.kind == "property":
            values = source.follow(shape.path, self._conditions.new())
            yield from self._judge(self._shapes.shape(constraint.value), values)
        elif constraint.kind == "node":
            yield from self._explained(shape, constraint, source)
        else:
            yield from self._violations.find(shape, constraint, source)

    def _explained(self, shape: Shape, constraint: Constraint, source: Source) -> Rows:
        """Yield values that do not conform to another shape, with the reasons."""
        found = list(self._violations.find(shape, constraint, source))
        if not found:
            return
        values = dict.fromkeys(result.value for _, result in found if result.value is not None)
        root = self._conditions.new()
        if len(values) > _LISTED or any(isinstance(value, BlankNode) for value in values):
            # All values are asked for again, for those that are wrong cannot be written down.
            reached = source.follow(shape.path, self._conditions.new())
            where = reached.pattern if reached.given else f"{{ SELECT DISTINCT ?this {{ {reached.pattern} }} }}"
            trail = (root, *(f"?{name}" for name, _ in reached.given if name != "this"))
            again = Source(f"{where} BIND(?this AS {root})", trail, root, reached.given)
        else:
            again = self._table(Source("", (root,), root), ((value, value) for value in values))
        reasons = defaultdict(list)
        for value, reason in self._judge(self._shapes.shape(constraint.value), again):
            reasons[value].append(reason)
        for top, result in found:
            details = tuple(reasons[result.value]) if result.value is not None else ()
            yield top, replace(result, details=details)
