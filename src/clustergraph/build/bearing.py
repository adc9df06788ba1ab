"""What a change can bear on: the nodes whose findings may differ after it, and the rows of check queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, Store, Triple

from clustergraph.build.check_patterns import Pattern, Patterns, UnknownPatternsError
from clustergraph.store.rewrite import rewrite
from clustergraph.terms import PREFIXES

Row = tuple[NamedNode | BlankNode | Literal | Triple | None, ...]
_MANY: Final = 2000
"""For more terms than this a check is run over everything."""


@dataclass(frozen=True)
class Rows:
    """The rows of a check that a change can bear on; a row is a failure."""

    query: str
    limited: tuple[str, ...] | None
    """The check for some terms of one variable, for one variable after the other; None if it must run as it is."""

    @classmethod
    def of(cls, query: str, changed: Sequence[Quad]) -> Rows:
        """Return the rows of a check that can be others than before.

        A solution that was none before has a changed statement at one of its triple patterns, positive or negative. So
        for each pattern that a changed statement fits, the check is run for the terms that one variable then has.
        """
        try:
            patterns = Patterns.of(query)
            chosen = _chosen(patterns, changed)
        except UnknownPatternsError:
            return cls(query, None)
        if any(len(terms) > _MANY for terms in chosen.values()):
            return cls(query, None)
        return cls(query, tuple(patterns.given(name, " ".join(terms)) for name, terms in chosen.items()))

    def select(self, store: Store) -> tuple[list[str], list[Row]]:
        """Return the names of the columns, and the rows.

        Raises:
            SyntaxError: the check is not well formed.
            TypeError: it is not a SELECT query.
        """
        names: list[str] = []
        rows: dict[Row, None] = {}
        for query in [self.query] if self.limited is None else self.limited:
            solutions = store.query(rewrite(query), prefixes=PREFIXES)
            if not isinstance(solutions, QuerySolutions):
                raise TypeError("a check must be a SELECT query")
            names = [variable.value for variable in solutions.variables]
            for solution in solutions:
                rows.setdefault(tuple(solution))
        return names, list(rows)


def _chosen(patterns: Patterns, changed: Iterable[Quad]) -> Mapping[str, dict[str, None]]:
    """Return variables that cover all patterns which changed statements fit, with the terms that they have there.

    Raises:
        UnknownPatternsError: there are none, or a term has no name.
    """
    chosen: dict[str, dict[str, None]] = {}
    for pattern in patterns.found:
        for quad in filter(pattern.fits, changed):
            name, term = _cover(pattern, quad, patterns.certain, chosen)
            chosen.setdefault(name, {})[str(term)] = None
    return chosen


def _cover(
    pattern: Pattern, quad: Quad, certain: frozenset[str], chosen: Mapping[str, object]
) -> tuple[str, NamedNode | Literal]:
    terms = (quad.subject, quad.object, quad.predicate, quad.graph_name)
    usable = [
        (name, term)
        for name, term in zip(pattern.ends, terms, strict=True)
        if name in pattern.visible and name in certain and pattern.path is None
    ]
    if not usable:
        raise UnknownPatternsError
    name, term = next((pair for pair in usable if pair[0] in chosen), usable[0])
    if not isinstance(term, NamedNode | Literal) or isinstance(term, BlankNode | Triple):
        raise UnknownPatternsError
    return name, term
