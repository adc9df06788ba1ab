"""Traversal of property paths: where one leads from a node of the merged graph, and which triples are on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Store, Triple

from clustergraph.sparql.tree import Leaf, PathNode, every

Term: TypeAlias = NamedNode | BlankNode | Literal
Fact: TypeAlias = tuple[Term, NamedNode, Term]

_DEFAULT: Final = DefaultGraph()


@dataclass(frozen=True)
class Traversal:
    """Follows property paths in the default graph of a store."""

    store: Store

    def reach(self, start: Term, path: Leaf | PathNode, *, back: bool = False) -> Iterator[tuple[Term, list[Fact]]]:
        """Yield the nodes that a property path leads to, or comes from, each with the triples on the way."""
        if isinstance(path, Leaf):
            yield from self._step(start, NamedNode(path.value), back=back)
            return
        match path.sign:
            case "^":
                yield from self.reach(start, path.parts[0], back=not back)
            case "/":
                yield from self._along(start, path.parts[::-1] if back else path.parts, back=back)
            case "|":
                yield from chain.from_iterable(self.reach(start, part, back=back) for part in path.parts)
            case "!":
                yield from self._others(start, path, back=back)
            case _:
                yield from self._repeat(start, path, back=back)

    def _others(self, start: Term, path: PathNode, *, back: bool) -> Iterator[tuple[Term, list[Fact]]]:
        """Yield what other predicates lead to than those that a path denies, in the directions that it names."""
        forward = {part.value for part in path.parts if isinstance(part, Leaf)}
        inverse = {leaf.value for part in path.parts if isinstance(part, PathNode) for leaf in every(Leaf, part)}
        if forward or not inverse:
            yield from self._step(start, None, forward, back=back)
        if inverse:
            yield from self._step(start, None, inverse, back=not back)

    def _step(
        self, start: Term, predicate: NamedNode | None, denied: set[str] | None = None, *, back: bool
    ) -> Iterator[tuple[Term, list[Fact]]]:
        if isinstance(start, Literal) and not back:
            return
        subject = None if back or isinstance(start, Literal) else start
        for quad in self.store.quads_for_pattern(subject, predicate, start if back else None, _DEFAULT):
            one, other = quad.subject, quad.object
            if quad.predicate.value not in (denied or ()) and not (
                isinstance(one, Triple) or isinstance(other, Triple)
            ):
                yield one if back else other, [(one, quad.predicate, other)]

    def _along(
        self, start: Term, steps: tuple[PathNode | Leaf, ...], *, back: bool
    ) -> Iterator[tuple[Term, list[Fact]]]:
        if not steps:
            yield start, []
            return
        for node, facts in self.reach(start, steps[0], back=back):
            for end, rest in self._along(node, steps[1:], back=back):
                yield end, [*facts, *rest]

    def _repeat(self, start: Term, path: PathNode, *, back: bool) -> Iterator[tuple[Term, list[Fact]]]:
        if path.sign in ("?", "*"):
            yield start, []
        front: list[tuple[Term, list[Fact]]] = [(start, [])]
        seen: set[Term] = set()
        while front:
            following = []
            for node, facts in front:
                for end, more in self.reach(node, path.parts[0], back=back):
                    if end not in seen:
                        seen.add(end)
                        yield end, [*facts, *more]
                        following.append((end, [*facts, *more]))
            front = following if path.sign != "?" else []
