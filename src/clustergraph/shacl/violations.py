"""Violations: for each kind of constraint the rows that say what is wrong with focus nodes that do not conform."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import Literal, NamedNode

from clustergraph.shacl import paths
from clustergraph.shacl.conditions import Conditions
from clustergraph.shacl.data import Data
from clustergraph.shacl.facets import negate
from clustergraph.shacl.literals import write
from clustergraph.shacl.model import Constraint, Shape
from clustergraph.shacl.queries import Query, fill
from clustergraph.shacl.results import Result
from clustergraph.shacl.triples import InvalidShapesError, Node, show

_THIS: Final = re.compile(r"\?this\b")


class ValidationFailedError(InvalidShapesError):
    """A query of the shapes says that it failed."""


@dataclass(frozen=True)
class Source:
    """Where focus nodes come from."""

    pattern: str
    """A pattern that binds ``?this`` and the trail."""
    trail: tuple[str, ...] = ()
    """The variables for the nodes that led to ``?this``; what is reached in two ways is judged twice."""
    root: str = "?this"
    """The variable for the node that the results are about in the end."""
    given: tuple[tuple[str, Node], ...] = ()
    """Terms of variables in the pattern, for those that cannot be written into it: blank nodes."""

    def select(self, variables: str, pattern: str) -> str:
        """Return a query for focus nodes, and what a pattern finds with them."""
        return f"SELECT DISTINCT {' '.join(self.trail)} ?this {variables} {{ {self.pattern} {pattern} }}"

    def follow(self, path: paths.Path | None, old: str) -> Source:
        """Return where the values of a path come from.

        Args:
            path: the path; without one the values are the nodes themselves.
            old: a new variable for the nodes from which they were reached.
        """
        if path is None:
            return self
        return replace(
            self,
            pattern=f"{_THIS.sub(old, self.pattern)} {paths.pattern(path, old, '?this')}",
            trail=(*self.trail, old),
            given=tuple((old[1:] if name == "this" else name, node) for name, node in self.given),
        )


Rows = Iterator[tuple[Node, Result]]
"""Results, each with its root: the focus node if there is no other."""


class Violations:
    """Asks the data what is wrong."""

    def __init__(self, data: Data, conditions: Conditions) -> None:
        """Keep both."""
        self._data = data
        self._conditions = conditions

    def find(self, shape: Shape, constraint: Constraint, source: Source) -> Rows:
        """Yield what is wrong with focus nodes by one constraint.

        Raises:
            InvalidShapesError: the shapes cannot be used.
            LimitError: the deadline has passed.
        """
        query = constraint.query
        if query is not None and query.form == "SELECT":
            yield from self._by_query(shape, constraint, query, source)
            return
        variables, pattern = self._pattern(shape, constraint)
        blank = Result(shape.node, shape.node, constraint.component, shape.path, source=constraint.source)
        for row in self._data.rows(source.select(variables, pattern), dict(source.given)):
            path = paths.Step(row["path"]) if isinstance(row.get("path"), NamedNode) else shape.path  # type: ignore[arg-type]  # narrowed
            messages = filled(query, row, row.get("value")) if query else ()
            result = replace(blank, focus=row["this"], path=path, value=row.get("value"), messages=messages)
            yield row[source.root[1:]], result

    def _pattern(self, shape: Shape, constraint: Constraint) -> tuple[str, str]:
        """Return the variables that a query returns, and the pattern that finds what is wrong."""
        conditions, this, value = self._conditions, "?this", "?value"
        values = paths.pattern(shape.path, this, value) if shape.path else f"BIND({this} AS {value})"
        match constraint.kind:
            case "closed":
                return "?path ?value", conditions.others(constraint, this, "?path", value)
            case "equals":
                missing = conditions.is_not_other(constraint, this, value)
                extra = conditions.is_not_value(shape, this, value)
                there = f"{this} {write(constraint.value)} {value} ."
                return value, self._either(f"{values} FILTER({missing})", f"{there} FILTER({extra})")
            case "disjoint":
                return value, f"{values} FILTER({negate(conditions.is_not_other(constraint, this, value))})"
            case "lessThan" | "lessThanOrEquals":
                there = f"{this} {write(constraint.value)} ?other ."
                return "?value ?other", f"{values} {there} FILTER({conditions.not_less(constraint, value, '?other')})"
            case "uniqueLang":
                shared = conditions.shares_language(shape, this, value)
                return f"(LCASE(LANG({value})) AS ?language)", f"{values} FILTER({shared})"
        if conditions.is_of_value(constraint):
            return value, f"{values} FILTER({negate(conditions.test(constraint, shape, this, value))})"
        return "", f"FILTER({negate(conditions.holds(constraint, shape, this))})"

    def _either(self, one: str, other: str) -> str:
        return f"LATERAL {{ {{ {one} }} UNION {{ {other} }} }}"

    def _by_query(self, shape: Shape, constraint: Constraint, query: Query, source: Source) -> Rows:
        terms = self._conditions.bound(shape)
        names = [name for name in query.projection if name != "this"] or ["value", "path", "message"]
        shown = " ".join(f"?{name}" for name in dict.fromkeys(names))
        # A node that two patterns find is judged once, but every solution of the query counts.
        nodes = source.pattern if source.given else f"{{ {source.select('', '')} }}"
        text = f"SELECT {' '.join(source.trail)} ?this {shown} {{ {nodes} LATERAL {{ {query.text(terms)} }} }}"
        for row in self._data.rows_of_values(text, dict(source.given)):
            failure = row.get("failure")
            if isinstance(failure, Literal) and failure.value in ("true", "1"):
                raise ValidationFailedError(f"{query.title} says that it failed at {show(row['this'])}")
            path, value = row.get("path"), row.get("value", row["this"] if shape.path is None else None)
            result = Result(
                focus=row["this"],
                shape=shape.node,
                component=constraint.component,
                path=paths.Step(path) if isinstance(path, NamedNode) else shape.path,
                value=value,
                source=constraint.source,
                messages=filled(query, row, value),
            )
            yield row[source.root[1:]], result


def filled(query: Query, row: Mapping[str, Node], value: Node | None) -> tuple[Literal, ...]:
    """Return the messages of a query with the terms of a row in them."""
    message = row.get("message")
    if isinstance(message, Literal) and "message" in query.projection:
        return (message,)
    terms = {**query.parameters, **({"value": value} if value is not None else {}), **row}
    texts = {name: _inside(node) for name, node in terms.items()}
    return tuple(Literal(fill(text.value, texts), language=text.language) if text.language
                 else Literal(fill(text.value, texts)) for text in query.messages)  # fmt: skip


def _inside(node: Node) -> str:
    """Return a term as it stands in a message; an IRI is whole, so that whoever shows it can give its label."""
    if isinstance(node, NamedNode):
        return str(node)
    return node.value if isinstance(node, Literal) else show(node)
