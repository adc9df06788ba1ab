"""Matches of a graph as pages show them: both sides with their places and sources, and what speaks for and against."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pyoxigraph import NamedNode

from clustergraph.graph import Graph
from clustergraph.matching.links import contradictions, graph_of_links, matches_of
from clustergraph.matching.matches import Match
from clustergraph.terms import INFERRED, ONTOLOGY, compact

_PLACES = ("place", "country")
_SOURCES = 8


@dataclass(frozen=True)
class MatchSide:
    """One of the two things of a match."""

    iri: str
    name: str
    places: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    """IRI and name of each section or import that says something of it."""


@dataclass(frozen=True)
class ShownMatch:
    """A match with both its sides."""

    match: Match
    sides: tuple[MatchSide, ...]


@dataclass(frozen=True)
class MatchExcerpt:
    """Some matches, and how many there are."""

    matches: tuple[ShownMatch, ...]
    total: int
    counts: dict[str, int]
    """How many there are in each state."""
    contradictions: tuple[tuple[str, str, str], ...]
    """The names of a thing that is linked with two that are said to be different, and of these."""


def prepare() -> None:
    """Import whatever a job on matches needs: a worker that does it itself is a slow one each time."""
    from clustergraph.matching import reconcile  # noqa: F401


def excerpt(graph: Graph, state: str, offset: int, limit: int) -> MatchExcerpt:
    """Return some matches of a graph, open ones first, the surest first; of one state, if any is given."""
    every = list(matches_of(graph.store.quads_for_pattern(None, None, None, graph_of_links())))
    counts: Counter[str] = Counter(match.state for match in every)
    wanted = [match for match in every if state in ("", match.state)]
    wanted.sort(key=lambda match: (match.state != "candidate", -match.score, match.iri))
    part = tuple(_shown(graph, match) for match in wanted[offset : offset + limit])
    clash = tuple((graph.label(a), graph.label(b), graph.label(c)) for a, b, c in contradictions(every))
    return MatchExcerpt(part, len(wanted), dict(counts), clash)


def _shown(graph: Graph, match: Match) -> ShownMatch:
    return ShownMatch(match, tuple(_side(graph, iri) for iri in match.pair))


def _side(graph: Graph, iri: str) -> MatchSide:
    node, places, sources = NamedNode(iri), {}, {}
    for quad in graph.store.quads_for_pattern(node, None, None, None):
        source = quad.graph_name
        if isinstance(source, NamedNode) and source not in (graph_of_links(), INFERRED):
            sources[source.value] = _source(graph, source.value)
        name = quad.predicate.value.removeprefix(ONTOLOGY)
        if name in _PLACES and isinstance(quad.object, NamedNode):
            places[graph.label(quad.object.value)] = name
    ordered = tuple(sorted(places, key=lambda place: (_PLACES.index(places[place]), place)))
    return MatchSide(iri, graph.label(iri), ordered, tuple(sorted(sources.items()))[:_SOURCES])


def _source(graph: Graph, iri: str) -> str:
    section = graph.sections.get(iri)
    return section.full_name if section else graph.name(iri) or compact(iri).strip("<>")
