"""How alike two organisations are: what speaks for and against their being one, weighed, and said in words.

Each piece of evidence has a weight in bits, as in record linkage after Fellegi and Sunter: one bit says that it is
twice as frequent among pairs that are the same as among others. The weights add up to the score.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise, product
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein, Prefix

from clustergraph.matching.folding import Words, country_of, fold, parts_of, site, sound, spelt, stem, words_of
from clustergraph.matching.words import EXACT, FILLERS, LIGHT, MEANINGS, PARTS

_NEARLY: Final = 0.8
"""From this likeness on, two words count as one word that is spelt in two ways."""
_LONG: Final = 5
"""A word of fewer letters has no second spelling."""
_RELATED: Final = 5
"""Words that begin with so many letters that are the same may be one word in two languages."""
_INITIALS: Final = range(2, 7)
"""So many letters may stand for as many words."""
_ADDED: Final = 1.0
"""What only one name has may say so little, if it is to be certain that they are one."""
_PART: Final = -1.5
"""What it costs that only a part of a name is like the other: in bits."""
_SPELLING: Final = 0.7
"""How surely two spellings are one word."""
_STEMS: Final = 0.5
"""How surely words are one that only begin alike, or of which one is the initials of others."""
_ALIKE: Final = 0.9
"""From this likeness on, two names are alike by their letters, whatever their words."""
_SHORT: Final = 14
"""A name of more letters is no acronym."""
_LITTLE: Final = 0.3
"""What a word costs that a name may have or not."""
_RARE: Final = 10.0
"""A name that says so much and is a part of another may be its short form, however long that is."""
_TELLING: Final = 4
"""An acronym of so many letters is borne by few."""


def _as_compared(words: Iterable[str]) -> frozenset[str]:
    """Return words in the form in which they are compared."""
    return frozenset(meant for word in words for meant in words_of(word).words)


_LIGHT: Final = _as_compared(LIGHT)
_EXACT: Final = _as_compared(EXACT)
_PARTS: Final = _as_compared(PARTS)
_EXPECTED: Final = -3.0
"""Without any evidence: one of eight pairs that are compared is the same."""


@dataclass(frozen=True)
class Body:
    """An organisation as one or several sources have it."""

    iri: str
    names: tuple[str, ...]
    acronyms: tuple[str, ...] = ()
    country: str = ""
    """Two letters."""
    places: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    websites: tuple[str, ...] = ()
    identifiers: frozenset[tuple[str, str]] = frozenset()
    """Schemes and numbers, such as ("PIC", "999997930")."""
    sources: tuple[str, ...] = ()
    """The IRIs of the graphs that name it."""
    projects: frozenset[str] = frozenset()
    """The IRIs of the projects that it takes part in."""


@dataclass(frozen=True)
class Reason:
    """A piece of evidence."""

    code: str
    weight: float
    """In bits; below zero where it speaks against."""
    text: str


@dataclass(frozen=True)
class Comparison:
    """What comparing two bodies gives."""

    one: str
    other: str
    reasons: tuple[Reason, ...]

    @property
    def bits(self) -> float:
        """The evidence in all, in bits, with what is to be expected of two bodies that are compared."""
        return _EXPECTED + sum(reason.weight for reason in self.reasons)

    @property
    def score(self) -> float:
        """How sure it is that they are one, from 0 to 1."""
        return 1 / (1 + 2 ** -max(-40.0, min(40.0, self.bits)))

    @property
    def speaks_for(self) -> tuple[str, ...]:
        """What speaks for their being one, in words."""
        return tuple(reason.text for reason in self.reasons if reason.weight > 0)

    @property
    def speaks_against(self) -> tuple[str, ...]:
        """What speaks against it, in words."""
        return tuple(reason.text for reason in self.reasons if reason.weight < 0)

    def has(self, *codes: str) -> bool:
        """Return whether one of some kinds of evidence is among the reasons."""
        return any(reason.code in codes for reason in self.reasons)


class Compared:
    """A body as it is compared, worked out once."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.names = tuple((name, words_of(name)) for name in body.names)
        parts = dict.fromkeys(part for name in body.names for part in parts_of(name) if part not in body.names)
        self.parts = tuple((part, words) for part in parts if len((words := words_of(part)).words) > 1)
        """What names have in brackets, or beside a dash; a single word there is mostly a town."""
        self.towns = frozenset(word for place in body.places for word in words_of(place).words)
        self.country = country_of(body.country)
        self.sites = frozenset(site(each) for each in body.websites) - {""}
        self.acronyms = frozenset(fold(text).replace(" ", "") for text in body.acronyms)
        short = (words.plain.replace(" ", "") for name, words in self.names if len(name) <= _SHORT)
        self.called = frozenset(name for name in short if len(name) > 1)
        """Its names that may be acronyms."""
        spelt = (fold(name).split() for name in body.names)
        self.initials = frozenset("".join(word[0] for word in words) for words in spelt if len(words) > 2)


class Comparer:
    """Compares bodies; how much a word says depends on how many of all bodies have it."""

    def __init__(self, bodies: Iterable[Body], partners: Callable[[Body], frozenset[str]] | None = None) -> None:
        """Count words; ``partners`` gives the names of those who take part in the projects of a body."""
        counts: Counter[str] = Counter()
        total = 0
        for body in bodies:
            total += 1
            counts.update({word for name in body.names for word in words_of(name).words})
        self._total = max(total, 1000)
        self._counts: Mapping[str, int] = counts
        self._sides: dict[str, Compared] = {}
        self._partners = partners

    def weight(self, word: str) -> float:
        """Return how much a word says: bits, by how rare it is."""
        return math.log2(self._total / (self._counts.get(word, 0) + 1)) + 0.5

    def compare(self, one: Body, other: Body) -> Comparison:
        """Weigh what speaks for and against two bodies being one."""
        a, b = self._side(one), self._side(other)
        found = [*_identifiers(one, other), *self._names(a, b), *_place(a, b), *_website(a, b)]
        found += [*_kind(one, other), *self._neighbours(one, other)]
        return Comparison(one.iri, other.iri, tuple(found))

    def _side(self, body: Body) -> Compared:
        side = self._sides.get(body.iri)
        if side is None or side.body is not body:
            side = self._sides[body.iri] = Compared(body)
        return side

    def _names(self, a: Compared, b: Compared) -> list[Reason]:
        towns = a.towns, b.towns
        likeness = [self._likeness(left, right, towns) for left in a.names for right in b.names]
        best = max(likeness, key=lambda each: each.bits, default=Likeness())
        if best.bits < 0 and (a.parts or b.parts):
            beside = [*product(a.parts, b.names), *product(a.names, b.parts), *product(a.parts, b.parts)]
            partly = [self._likeness(left, right, towns).partly() for left, right in beside]
            best = max([best, *partly], key=lambda each: each.bits)
        short = _acronym(a, b)
        if short is None:
            return list(best.reasons)
        if short.code == "acronyms":  # Both have a longer name, and it is more than an acronym that many have.
            return [*best.reasons, short]
        if short.weight > best.bits:
            return [short, *(reason for reason in best.reasons if reason.code in ("legal", "forms"))]
        return [*best.reasons, short]

    def _likeness(
        self, one: tuple[str, Words], other: tuple[str, Words], towns: tuple[frozenset[str], frozenset[str]]
    ) -> Likeness:
        (a, left), (b, right) = one, other
        pairs, alone, others = _aligned(left, right)
        shared = sum(likeness * min(self.weight(x), self.weight(y)) for x, y, likeness in pairs)
        near = sum(likeness < 1 for _, _, likeness in pairs)
        mine, theirs = towns
        light = _LIGHT | ((theirs or mine) & {*alone}) | ((mine or theirs) & {*others})
        elsewhere = not light.isdisjoint({*alone} - _LIGHT - theirs) or not light.isdisjoint({*others} - _LIGHT - mine)
        related = elsewhere or any(likeness < _SPELLING for _, _, likeness in pairs)
        cost = {word: _LITTLE if word in light else self.weight(word) for word in (*alone, *others)}
        exact = not _EXACT.isdisjoint(left.words) or not _EXACT.isdisjoint(right.words)
        return Likeness.of(
            Alignment(a, b, left, right, min(shared, 14.0), near, tuple(alone), tuple(others), cost, exact, related)
        )

    def _neighbours(self, one: Body, other: Body) -> list[Reason]:
        if together := sorted(one.projects & other.projects):
            return [Reason("beside", -5.0, f"both take part in one project, each for itself: {together[0]}")]
        if self._partners is None or not one.projects or not other.projects:
            return []
        shared = self._partners(one) & self._partners(other)
        if not shared:
            return []
        told = ", ".join(sorted(shared)[:3])
        weight = min(4.0, 0.6 + 0.6 * len(shared))
        return [Reason("neighbours", weight, f"both work in projects with {told}")]


@dataclass(frozen=True)
class Alignment:
    """Two names, word by word."""

    a: str
    b: str
    left: Words
    right: Words
    shared: float
    """How much the words say that both have."""
    near: int
    """How many of these are spelt in two ways."""
    alone: tuple[str, ...]
    """The words that only the first has."""
    others: tuple[str, ...]
    """The words that only the second has."""
    cost: Mapping[str, float]
    """How much each of those says."""
    exact: bool
    """Whether each further word tells such bodies apart."""
    related: bool = False
    """Whether words that both have are the same only by their stems or initials, or only one tells its town."""

    @property
    def lost(self) -> float:
        """How much the words say that only one has."""
        return sum(self.cost.values())

    def told(self, words: tuple[str, ...]) -> str:
        """Return the weightiest of some words."""
        return ", ".join(spelt(word) for word in sorted(words, key=lambda word: -self.cost[word])[:3])

    def reason(self) -> Reason:
        """Weigh the two names; what is alike only by stems or initials is no certain name."""
        found = self._weighed()
        return replace(found, code="related") if self.related and found.code in ("spelling", "contained") else found

    def _written_alike(self) -> bool:
        """Return whether both have a word beside institutions that is written alike, and not only translated.

        The Vrije Universiteit Brussel is not the Université libre de Bruxelles.
        """
        left, right = ({sound(word) for word in each.plain.split() if word not in MEANINGS and word not in FILLERS}
                       for each in (self.left, self.right))  # fmt: skip
        return not left.isdisjoint(right)

    def _weighed(self) -> Reason:
        a, b, shared = self.a, self.b, self.shared
        if self.left.plain == self.right.plain:
            text = f"the names are the same: {a}" if a == b else f"“{a}” is “{b}”"
            return Reason("name", 3.0 + 0.55 * shared, text)
        if not shared:
            return Reason("different", -12.0, f"“{a}” and “{b}” share no word")
        if not self.cost and not self.near:
            code = "name" if self._written_alike() else "related"
            return Reason(code, 2.5 + 0.5 * shared, f"“{a}” and “{b}” are the same words")
        if not self.cost:
            return Reason("spelling", 0.5 + 0.5 * shared - 1.0 * self.near, f"“{a}” is nearly “{b}”")
        if not self.alone or not self.others:
            text = f"“{a}” and “{b}” differ by {self.told(self.alone or self.others)}"
            weight = 1.0 + 0.5 * shared - self.near - (1.2 if self.exact else 0.45) * self.lost
            code = "contained" if self.lost <= _ADDED else "related"
            return Reason(code, max(weight, -2.0 if shared >= _RARE and not self.exact else -3.0), text)
        alike = fuzz.ratio(self.left.plain, self.right.plain) / 100
        weight = 0.4 * shared - 0.7 * self.lost + (2.5 if alike > _ALIKE else 0.0)
        text = f"only “{a}” has {self.told(self.alone)}, only “{b}” {self.told(self.others)}"
        return Reason("different", max(weight, -14.0), text)


@dataclass(frozen=True)
class Likeness:
    """How alike two names are."""

    reasons: tuple[Reason, ...] = ()
    bits: float = field(default=-14.0)

    @classmethod
    def of(cls, names: Alignment) -> Likeness:
        """Weigh two names by the words that they share, and those that only one of them has."""
        reasons = (names.reason(), *_legal(names.left, names.right), *_parts((*names.alone, *names.others)))
        return cls(reasons, sum(reason.weight for reason in reasons))

    def partly(self) -> Likeness:
        """Return the same of names of which one or both are a part of a longer one: nothing is certain of these."""
        first, *rest = self.reasons
        weaker = Reason("related", min(first.weight, 6.0) + _PART, first.text)
        return Likeness((weaker, *rest), self.bits - first.weight + weaker.weight)


def _legal(left: Words, right: Words) -> list[Reason]:
    if not left.legal or not right.legal:
        return []
    if left.legal & right.legal:
        return [Reason("legal", 0.7, f"both are {', '.join(sorted(left.legal & right.legal))}")]
    told = f"{', '.join(sorted(left.legal))} is another legal form than {', '.join(sorted(right.legal))}"
    # "Ltd." is also what a company of another country is called in an English text.
    return [Reason("forms", -1.0 if "limited" in left.legal | right.legal else -4.0, told)]


def _parts(words: tuple[str, ...]) -> list[Reason]:
    """Return what tells that one name is that of a part, or of a body beside the other."""
    found = [word for word in words if word in _PARTS]
    return [Reason("part", -2.0, f"only one has “{found[0]}”: it may be a part, or a body beside it")] if found else []


def _aligned(left: Words, right: Words) -> tuple[list[tuple[str, str, float]], list[str], list[str]]:
    """Return the words that two names share, each with how surely it is the same, and those that only one has."""
    pairs = [(word, word, 1.0) for word in left.words if word in right.words]
    alone = [word for word in left.words if word not in right.words]
    others = [word for word in right.words if word not in left.words]
    if alone and others:
        pairs += [*_joined(alone, others), *((a, b, sure) for b, a, sure in _joined(others, alone))]
        pairs += _abbreviated(alone, others, right)
        pairs += ((a, b, sure) for b, a, sure in _abbreviated(others, alone, left))
        pairs += _nearly(alone, others)
    return pairs, alone, others


def _nearly(alone: list[str], others: list[str]) -> Iterator[tuple[str, str, float]]:
    """Take out of two lists the words that are one in two spellings, or that begin or sound alike."""
    for word in list(alone):
        likeness, near = max(((_alike(word, each), each) for each in others), default=(0.0, ""))
        if likeness:
            yield word, near, likeness
            alone.remove(word)
            others.remove(near)


@lru_cache(500_000)
def _alike(one: str, other: str) -> float:
    """Return how surely two words are one: in two spellings, or by their stems; 0 if they are not."""
    if min(len(one), len(other)) < _LONG:
        return 0.0
    if Levenshtein.normalized_similarity(one, other, score_cutoff=_NEARLY):
        return _SPELLING
    begin = Prefix.similarity(one, other)
    if stem(one) == stem(other) or begin >= max(_RELATED, 0.6 * max(len(one), len(other))):
        return _STEMS
    return 0.0


def _joined(alone: list[str], others: list[str]) -> Iterator[tuple[str, str, float]]:
    """Take out of two lists what one writes as one word and the other as two."""
    for first, second in list(pairwise(others)):
        if (joined := first + second) in alone and first in others and second in others:
            alone.remove(joined)
            others.remove(first)
            others.remove(second)
            yield joined, min(first, second), _SPELLING


def _abbreviated(alone: list[str], others: list[str], whole: Words) -> Iterator[tuple[str, str, float]]:
    """Take out of two lists what one writes in initials and the other, a ``whole`` name, in words."""
    spelt = whole.plain.split()
    for short in [word for word in alone if len(word) in _INITIALS]:
        for at in range(len(spelt) - len(short) + 1):
            span = spelt[at : at + len(short)]
            if "".join(word[0] for word in span) != short:
                continue
            meant = [word for part in span for word in words_of(part).words]
            if any(word in others for word in meant):
                alone.remove(short)
                yield short, short, _STEMS
                others[:] = [word for word in others if word not in meant]
                break


def _acronym(one: Compared, other: Compared) -> Reason | None:
    """Return that one is called by the acronym or the initials of the other, or that both have the same acronym."""
    for a, b in ((one, other), (other, one)):
        if short := min(a.called & b.acronyms, default=""):
            return Reason(
                "acronym", 4.5 if len(short) >= _TELLING else 2.5, f"{short.upper()} is the short name of both"
            )
    for a, b in ((one, other), (other, one)):
        if short := min((a.called | a.acronyms) & b.initials, default=""):
            return Reason(
                "initials", 3.0 if len(short) >= _TELLING else 1.5, f"{short.upper()} are the initials of the other"
            )
    if short := min(one.acronyms & other.acronyms, default=""):
        return Reason("acronyms", 2.0 if len(short) >= _TELLING else 1.0, f"both have the acronym {short.upper()}")
    return None


def _identifiers(one: Body, other: Body) -> list[Reason]:
    same = sorted(one.identifiers & other.identifiers)
    if same:
        scheme, number = same[0]
        return [Reason("identifier", 30.0, f"both have the {scheme} {number}")]
    mine, theirs = dict(one.identifiers), dict(other.identifiers)
    for scheme in sorted(mine.keys() & theirs.keys()):
        return [Reason("identifiers", -6.0, f"{scheme} {mine[scheme]} is not {theirs[scheme]}")]
    return []


def _place(one: Compared, other: Compared) -> list[Reason]:
    found = []
    if one.country and other.country:
        if one.country == other.country:
            found.append(Reason("country", 2.0, f"both are in {one.country}"))
        else:
            found.append(Reason("countries", -9.0, f"{one.country} is not {other.country}"))
    if one.towns and other.towns:
        if shared := min(one.towns & other.towns, default=""):
            found.append(Reason("place", 3.0, f"both are in {spelt(shared).capitalize()}"))
        else:
            found.append(Reason("places", -2.0, f"{one.body.places[0]} is not {other.body.places[0]}"))
    return found


def _website(one: Compared, other: Compared) -> list[Reason]:
    if not one.sites or not other.sites:
        return []
    if shared := min(one.sites & other.sites, default=""):
        return [Reason("website", 7.0, f"both have the website {shared}")]
    return [Reason("websites", -1.5, f"{min(one.sites)} is not {min(other.sites)}")]


def _kind(one: Body, other: Body) -> list[Reason]:
    if not one.kinds or not other.kinds:
        return []
    if shared := sorted(one.kinds & other.kinds):
        return [Reason("kind", 0.7, f"both are of the kind {shared[0]}")]
    return [Reason("kinds", -1.0, f"{min(one.kinds)} is not {min(other.kinds)}")]
