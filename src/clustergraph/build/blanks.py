"""Blank nodes keep one name for as long as a file stays as it is, so that they can be found in it again."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from pyoxigraph import BlankNode, Quad

Term = TypeVar("Term")


class Blanks:
    """Names the blank nodes of one file in the order in which they are met.

    >>> blanks = Blanks(Path("a.ttl"))
    >>> first, second = blanks.name(BlankNode("x")), blanks.name(BlankNode("y"))
    >>> first == Blanks(Path("a.ttl")).name(BlankNode("z")), first == second
    (True, False)
    """

    def __init__(self, path: Path) -> None:
        """Keep the names apart from those of other files."""
        self._prefix = "f" + blake2b(str(path).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest() + "n"
        self._names: dict[BlankNode, BlankNode] = {}

    def name(self, term: Term) -> Term | BlankNode:
        """Return a term, or the name of a blank node."""
        if not isinstance(term, BlankNode):
            return term
        if term not in self._names:
            self._names[term] = BlankNode(f"{self._prefix}{len(self._names)}")
        return self._names[term]

    def quad(self, quad: Quad) -> Quad:
        """Return a quad with the names of its blank nodes, which are met in the order subject, object, graph."""
        if BlankNode not in (type(quad.subject), type(quad.object), type(quad.graph_name)):
            return quad
        terms = self.name(quad.subject), quad.predicate, self.name(quad.object), self.name(quad.graph_name)
        return Quad(*terms)

    def __len__(self) -> int:
        """Return how many have been met."""
        return len(self._names)
