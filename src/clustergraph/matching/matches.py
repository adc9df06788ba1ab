"""From bodies to matches: which pairs are certain, which are open, and which can be left alone."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from clustergraph.matching.candidates import Candidates
from clustergraph.matching.compare import Body, Comparer, Comparison, Reason
from clustergraph.terms import own

State = Literal["same", "candidate", "different"]

CERTAIN: Final = 0.996
"""From this score on a pair is linked without asking, where nothing speaks against it."""
OPEN: Final = 0.1
"""From this score on a pair waits for a decision."""
_FAINT: Final = -7.0
"""A pair of different sources is a candidate from so many bits on, where neither side has a better one."""
_RIVAL: Final = 4.0
"""A second body of the same source that is as like, but for so many bits, makes a pair open."""
_DOUBTS: Final = ("countries", "places", "forms", "part", "identifiers", "beside", "kinds", "rival")
"""What may not speak against a pair that is linked without asking."""
_SURE: Final = ("name", "spelling", "identifier", "website", "contained")
"""One of these must speak for it."""


@dataclass(frozen=True)
class Match:
    """Two things, and whether they are one."""

    one: str
    other: str
    state: State
    score: float
    speaks_for: tuple[str, ...] = ()
    speaks_against: tuple[str, ...] = ()
    decided_by: str = "rule"
    """The role of who decided; of what waits, of what proposed it."""
    decided: str = ""
    """The day of the decision."""

    @property
    def iri(self) -> str:
        """The IRI of the match, the same whenever the two are compared."""
        return iri_of(self.one, self.other)

    @property
    def pair(self) -> tuple[str, str]:
        """The two things."""
        return self.one, self.other


def iri_of(one: str, other: str) -> str:
    """Return the IRI of the match of two things."""
    both = "\n".join(sorted((one, other)))
    return own(f"id/match/{hashlib.sha256(both.encode()).hexdigest()[:16]}").value


def find(
    bodies: Sequence[Body],
    apart: Callable[[Body, Body], bool],
    tell: Callable[[str], None] = lambda _: None,
    partners: Callable[[Body], frozenset[str]] | None = None,
) -> list[Match]:
    """Return the matches among bodies, the surest first; those that are ``apart`` are not compared."""
    tell(f"compare {len(bodies):,} things")
    comparer, candidates = Comparer(bodies, partners), Candidates(bodies)
    compared: dict[tuple[int, int], Comparison] = {}
    for place, other in candidates.pairs(range(len(bodies))):
        pair = min(place, other), max(place, other)
        if pair not in compared and not apart(bodies[pair[0]], bodies[pair[1]]):
            compared[pair] = comparer.compare(bodies[pair[0]], bodies[pair[1]])
        if place % 1000 == 0:
            tell(f"compare {place:,} of {len(bodies):,} things")
    known = {body.iri: body for body in bodies}
    return sorted(settled(compared.values(), known), key=lambda match: (-match.score, match.pair))


def settled(comparisons: Iterable[Comparison], known: dict[str, Body]) -> Iterator[Match]:
    """Yield the matches that comparisons give: what is certain, and what is open."""
    compared = list(comparisons)
    best = _best(compared, known)
    kept = [each for each in compared if each.score >= OPEN or _only(each, best)]
    by_side: dict[str, list[Comparison]] = defaultdict(list)
    for each in kept:
        by_side[each.one].append(each)
        by_side[each.other].append(each)
    for each in kept:
        weighed = _with_rivals(each, by_side, known)
        state: State = "same" if _certain(weighed) else "candidate"
        yield Match(each.one, each.other, state, round(each.score, 3), weighed.speaks_for, weighed.speaks_against)


def _best(comparisons: Iterable[Comparison], known: dict[str, Body]) -> dict[str, Comparison]:
    """Return for each body what is most like it in another source."""
    found: dict[str, Comparison] = {}
    for each in comparisons:
        if {*known[each.one].sources} & {*known[each.other].sources}:
            continue
        for side in (each.one, each.other):
            if side not in found or each.bits > found[side].bits:
                found[side] = each
    return found


def _only(comparison: Comparison, best: dict[str, Comparison]) -> bool:
    """Return whether both sides have no better candidate, and nothing certain speaks against this one."""
    each_the_best = best.get(comparison.one) is best.get(comparison.other) is comparison
    return each_the_best and comparison.bits >= _FAINT and not comparison.has("countries", "identifiers", "beside")


def _certain(comparison: Comparison) -> bool:
    if comparison.has("identifier"):
        return not comparison.has("countries")
    placed = comparison.has("country", "website", "neighbours")
    return comparison.score >= CERTAIN and placed and comparison.has(*_SURE) and not comparison.has(*_DOUBTS)


def _with_rivals(comparison: Comparison, by_side: dict[str, list[Comparison]], known: dict[str, Body]) -> Comparison:
    """Add to a comparison that a third body of the same source is about as like to one of the two."""
    for side, other in ((comparison.one, comparison.other), (comparison.other, comparison.one)):
        for rival in by_side[side]:
            third = rival.other if rival.one == side else rival.one
            if third == other or not {*known[third].sources} & {*known[other].sources}:
                continue
            if rival.bits >= comparison.bits - _RIVAL:
                text = f"“{known[third].names[0]}” is about as like “{known[side].names[0]}”"
                return replace(comparison, reasons=(*comparison.reasons, Reason("rival", -0.1, text)))
    return comparison
