"""The graph to be judged, in a store that queries can be put to."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Store, Triple, Variable

from clustergraph.errors import LimitError
from clustergraph.shacl import literals
from clustergraph.shacl.literals import BROKEN, KEPT, write
from clustergraph.shacl.triples import InvalidShapesError, Node, rdfs

_SUBCLASS: Final = f"<{rdfs('subClassOf').value}>"


class Data:
    """The default graph of a store."""

    def __init__(self, data: Store | Iterable[Quad | Triple], deadline: float | None = None) -> None:
        """Take a store as it is, or load quads into a new one, whatever their graphs are.

        A store has changed numbers and dates to their values when it was loaded; quads are kept as they are written.

        Args:
            data: a store or quads.
            deadline: a moment of `time.monotonic` after which no query is begun.
        """
        self.exact = not isinstance(data, Store)
        self.kept = False
        self.store = data if isinstance(data, Store) else Store()
        self._deadline = deadline
        self._below: dict[Node, Sequence[Node]] = {}
        self._shapes: Sequence[Triple] = ()
        self._with_values: Store | None = None
        if not isinstance(data, Store):
            self.store.bulk_extend(self._read(data))

    def _read(self, data: Iterable[Quad | Triple]) -> Iterator[Quad]:
        keep = literals.keep
        for quad in data:
            term = quad.object
            if isinstance(term, Literal):
                kept = keep(term)
                self.kept = self.kept or kept is not term
                yield Quad(quad.subject, quad.predicate, kept)
            else:
                yield Quad(quad.subject, quad.predicate, term)

    def as_kept(self, triples: Iterable[Quad | Triple]) -> list[Quad]:
        """Return triples with literals as results have them: as they are written, or as a store gives them back."""
        quads = [Quad(each.subject, each.predicate, each.object) for each in triples]
        if self.exact:
            return quads
        store = Store()
        store.extend(quads)
        return list(store)

    def write(self, node: Node) -> str:
        """Return a term as SPARQL writes it for this data."""
        return write(literals.keep(node) if self.exact else node)

    def show_shapes(self, shapes: Sequence[Triple]) -> None:
        """Let the queries of shapes look into the shapes, as a graph of its own."""
        self._shapes = shapes

    def classes(self, class_: Node) -> Sequence[Node]:
        """Return a class and its subclasses in the data."""
        if class_ not in self._below:
            query = f"SELECT DISTINCT ?c {{ ?c {_SUBCLASS}* {write(class_)} }}"
            found = [] if isinstance(class_, BlankNode) else [row["c"] for row in self.rows(query)]
            self._below[class_] = [class_, *sorted((node for node in found if node != class_), key=str)]
        return self._below[class_]

    def rows(self, query: str, given: Mapping[str, Node] | None = None) -> Iterator[dict[str, Node]]:
        """Yield the solutions of a query, with terms as they are written.

        Args:
            query: a SELECT.
            given: terms of variables that it returns.

        Raises:
            LimitError: the deadline has passed.
            InvalidShapesError: the query is malformed.
        """
        return self._rows(self.store, query, given or {})

    def rows_of_values(self, query: str, given: Mapping[str, Node] | None = None) -> Iterator[dict[str, Node]]:
        """Yield the solutions of a query that a shape has; it finds literals as values, and the shapes as a graph.

        Raises:
            LimitError: the deadline has passed.
            InvalidShapesError: the query is malformed.
        """
        if self._with_values is None:
            self._with_values = self._copy() if self.kept or self._shapes else self.store
        return self._rows(self._with_values, query.replace(KEPT, "").replace(BROKEN, ""), given or {})

    def _copy(self) -> Store:
        store = Store()
        for quad in self.store.quads_for_pattern(None, None, None, DefaultGraph()):
            store.add(Quad(quad.subject, quad.predicate, literals.original(quad.object)))
        store.bulk_extend(Quad(t.subject, t.predicate, t.object, SHAPES_GRAPH) for t in self._shapes)
        return store

    def _rows(self, store: Store, query: str, given: Mapping[str, Node]) -> Iterator[dict[str, Node]]:
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise LimitError("the validation was stopped at its deadline", advice="give it more time, or less data")
        terms: dict[Variable, NamedNode | BlankNode | Literal | Triple] = {
            Variable(name): literals.keep(node) if self.exact else node for name, node in given.items()
        }
        try:
            solutions = store.query(query, substitutions=terms)
        except SyntaxError as error:
            raise InvalidShapesError(f"the shapes make a query that cannot be run: {error}") from error
        if not isinstance(solutions, QuerySolutions):
            raise TypeError("a query of the engine is a SELECT")
        names = [variable.value for variable in solutions.variables]
        for solution in solutions:
            yield {
                name: literals.original(term)
                for name, term in zip(names, solution, strict=True)
                if term is not None and not isinstance(term, Triple)
            }


SHAPES_GRAPH: Final = NamedNode("urn:x-clustergraph:shapes")
"""The graph in which queries of shapes find the shapes."""
