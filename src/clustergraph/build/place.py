"""A place: where in a text a subject or a triple is written."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from clustergraph.errors import SourceError

Node: TypeAlias = NamedNode | BlankNode
Term: TypeAlias = NamedNode | BlankNode | Literal
GraphName: TypeAlias = NamedNode | BlankNode | DefaultGraph
Key: TypeAlias = tuple[Node, NamedNode | None, Term | None]
"""A triple, or a subject if the other two are missing."""


class Place(NamedTuple):
    """A subject or a triple of a text, and where it is written; line and column count from 1.

    A place without predicate and object is where the subject stands; any other is the object's.
    """

    graph: GraphName
    subject: Node
    predicate: NamedNode | None
    object: Term | None
    line: int
    column: int

    @classmethod
    def of(cls, quad: Quad, line: int, column: int) -> Place:
        """Return the place of a triple.

        Raises:
            SourceError: it has a triple in it.
        """
        if isinstance(quad.subject, Triple) or isinstance(quad.object, Triple):
            raise SourceError("quoted triples are not used in this project")
        return cls(quad.graph_name, quad.subject, quad.predicate, quad.object, line, column)

    def quad(self) -> Quad:
        """Return the triple that is written here, in its graph.

        Raises:
            ValueError: it is the place of a subject.
        """
        if self.predicate is None or self.object is None:
            raise ValueError("this is the place of a subject")
        return Quad(self.subject, self.predicate, self.object, self.graph)
