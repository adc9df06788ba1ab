"""The things of a release as they are compared: which come from different sources, and how these are called."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from clustergraph.graph import Graph
from clustergraph.matching.bodies import bodies, partners
from clustergraph.matching.compare import Body
from clustergraph.matching.matches import Match, find
from clustergraph.terms import GRAPH, INFERRED, compact

_NO_SOURCE = frozenset({INFERRED.value, GRAPH + "links"})


class Population:
    """The organisations of a graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @cached_property
    def bodies(self) -> list[Body]:
        """The organisations that have a name."""
        return bodies(self._graph.store)

    @cached_property
    def known(self) -> dict[str, Body]:
        """The same by their IRIs."""
        return {body.iri: body for body in self.bodies}

    def origins(self, body: Body) -> frozenset[str]:
        """Return the documents and imports that a thing comes from."""
        sections = self._graph.sections
        graphs = (source for source in body.sources if source not in _NO_SOURCE)
        return frozenset(sections[each].document if each in sections else each for each in graphs)

    def source(self, iri: str) -> str:
        """Return how a source is called."""
        section = self._graph.sections.get(iri)
        return section.full_name if section else self._graph.name(iri) or compact(iri).strip("<>")

    def matches(self, tell: Callable[[str], None], *, within: bool = False) -> list[Match]:
        """Return the matches among the organisations: of different sources, or also ``within`` one."""
        origins = {body.iri: self.origins(body) for body in self.bodies}

        def apart(one: Body, other: Body) -> bool:
            return not within and bool(origins[one.iri] & origins[other.iri])

        return find(self.bodies, apart, tell, partners(self.bodies))
