"""What differs between two graphs: statements that were removed, and statements that were added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, parse

from clustergraph.terms import CATALOGUE, INFERRED, compact

COMPUTED = (INFERRED, CATALOGUE)
"""The graphs that a build makes itself."""


@dataclass(frozen=True)
class Changes:
    """Statements in named graphs, each list sorted."""

    removed: tuple[Quad, ...]
    added: tuple[Quad, ...]

    @classmethod
    def between(cls, before: Iterable[bytes], after: Iterable[bytes]) -> Changes:
        r"""Return what differs between two sets of N-Quads lines.

        >>> changes = Changes.between([b"<s:> <p:> <o:> <g:> .\n"], [])
        >>> len(changes.removed), len(changes.added)
        (1, 0)
        """
        old, new = set(before), set(after)
        return cls(_quads(old - new), _quads(new - old))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.removed or self.added)

    @property
    def blank(self) -> bool:
        """Whether a blank node is among the subjects and objects."""
        quads = (*self.removed, *self.added)
        return any(isinstance(node, BlankNode) for quad in quads for node in (quad.subject, quad.object))

    def stated(self) -> Changes:
        """Return those that are not computed by a build."""
        return Changes(
            tuple(quad for quad in self.removed if quad.graph_name not in COMPUTED),
            tuple(quad for quad in self.added if quad.graph_name not in COMPUTED),
        )

    def missing_in(self, store: Store) -> Changes:
        """Return those that a graph does not have: what it still holds of the removed, and lacks of the added."""
        return Changes(
            tuple(quad for quad in self.removed if quad in store),
            tuple(quad for quad in self.added if quad not in store),
        )

    def text(self) -> str:
        """Return the changes graph by graph, as people read them; ``-`` is removed and ``+`` added."""
        marked = [(quad, "-") for quad in self.removed] + [(quad, "+") for quad in self.added]
        marked.sort(key=lambda pair: (_term(pair[0].graph_name), str(pair[0].subject), str(pair[0].predicate)))
        return "".join(_lines(marked))


def _quads(lines: set[bytes]) -> tuple[Quad, ...]:
    return tuple(parse(b"".join(sorted(lines)), format=RdfFormat.N_QUADS))


def _lines(marked: list[tuple[Quad, str]]) -> Iterator[str]:
    for graph, group in groupby(marked, key=lambda pair: pair[0].graph_name):
        yield f"{_term(graph)}\n"
        for quad, mark in group:
            yield f"  {mark} {_term(quad.subject)} {_term(quad.predicate)} {_term(quad.object)} .\n"


def _term(term: object) -> str:
    return compact(term.value) if isinstance(term, NamedNode) else str(term)
