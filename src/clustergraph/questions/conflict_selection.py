"""Which disagreements a client wants: chosen, counted, in an order, in parts, and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final, Self

from clustergraph.errors import QuestionError
from clustergraph.languages.messages import N_
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.conflict import KINDS, NATURES, Conflict, Nature, written
from clustergraph.shacl.findings import Severity
from clustergraph.terms import compact

PAGE: Final = 25
"""How many a page shows, unless ``limit`` says otherwise."""
SEVERITIES: Final[Mapping[str, str]] = {
    Severity.VIOLATION: N_("violation"),
    Severity.WARNING: N_("warning"),
    Severity.INFO: N_("info"),
}
"""The severities by their codes, the gravest first."""
ORDERS: Final[Mapping[str, str]] = {
    "": N_("contradictions first"),
    "about": N_("by thing"),
    "kind": N_("by kind"),
    "severity": N_("the gravest first"),
}
"""In which orders they are given, by what is written for them."""
_OFFERED: Final = 40
"""So many things are offered to choose from; any other can be given by its name."""


@dataclass(frozen=True)
class Wanted:
    """Which disagreements are wanted."""

    rules: tuple[str, ...]
    """The names of the rules that find them."""
    least: Severity
    """How grave they are at least."""
    documents: frozenset[str] | None
    """The documents of which one says a side, if that matters."""
    things: frozenset[str] | None
    """The things of which they concern one, if that matters."""
    natures: frozenset[str] = frozenset(NATURES)
    """The natures that they can have."""

    def of(self, found: Iterable[Conflict], sort: str = "") -> list[Conflict]:
        """Return those of the conflicts that are wanted in one of the `ORDERS`.

        Raises:
            QuestionError: there is no such order.
        """
        if sort not in ORDERS:
            orders = ", ".join(filter(None, ORDERS))
            raise QuestionError(f"sort: {sort!r} is not known", advice=f"give {orders}, or nothing")
        return sorted(filter(self._has, found), key=_PLACES[sort])

    def _has(self, conflict: Conflict) -> bool:
        return (
            conflict.rule.name in self.rules
            and conflict.nature in self.natures
            and conflict.severity.reaches(self.least)
            and (self.documents is None or conflict.said_in(self.documents))
            and (self.things is None or conflict.concerns(self.things) or conflict.is_noted_on(self.things))
        )


def _of_kind(conflict: Conflict) -> tuple[Any, ...]:
    return list(KINDS).index(conflict.kind), _gravity(conflict), conflict.rule.title, conflict.subject


def _gravity(conflict: Conflict) -> int:
    return list(Severity).index(conflict.severity)


def _nature(conflict: Conflict) -> int:
    return list(Nature).index(conflict.nature)


_PLACES: Final[Mapping[str, Callable[[Conflict], tuple[Any, ...]]]] = {
    "": lambda each: (_nature(each), _gravity(each), *_of_kind(each)),
    "about": lambda each: (each.about.shown.casefold(), _nature(each), *_of_kind(each)),
    "kind": _of_kind,
    "severity": lambda each: (_gravity(each), _nature(each), *_of_kind(each)),
}


@dataclass(frozen=True)
class ConflictChoice:
    """A value by which disagreements can be chosen, with how many it leaves."""

    value: str
    text: str
    number: int
    chosen: bool


@dataclass(frozen=True)
class ConflictFacet:
    """What one of the filters can be."""

    name: str
    choices: tuple[ConflictChoice, ...]

    @property
    def chosen(self) -> list[ConflictChoice]:
        """The choices that are made."""
        return [each for each in self.choices if each.chosen]


@dataclass(frozen=True)
class ConflictExcerpt:
    """Some of what disagrees, and how much there is."""

    conflicts: tuple[Conflict, ...] = ()
    total: int = 0
    """How many there are in all."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many there are of each kind."""
    natures: Mapping[str, int] = field(default_factory=dict)
    """How many there would be of each nature, if none was chosen."""
    facets: tuple[ConflictFacet, ...] = ()

    @classmethod
    def of(cls, found: Sequence[Conflict], call: QuestionCall) -> Self:
        """Return those of the conflicts for which a client asks."""
        counts = Counter(each.kind for each in found)
        part = found[call.offset : call.offset + call.limit]
        return cls(tuple(part), len(found), {kind: counts[kind] for kind in KINDS if counts[kind]})

    @classmethod
    def faceted(cls, every: Sequence[Conflict], wanted: Wanted, call: QuestionCall) -> Self:
        """Return the same of all conflicts, with what they can be chosen by and how many that leaves."""
        counts = Counter(each.nature for each in replace(wanted, natures=frozenset(NATURES)).of(every))
        natures = {code.value: counts[code] for code in Nature if counts[code]}
        return replace(
            cls.of(wanted.of(every, call.sort), call), natures=natures, facets=_facets(every, wanted, call.given)
        )

    @property
    def groups(self) -> list[tuple[str, list[Conflict]]]:
        """The conflicts by nature."""
        return [(name, list(found)) for name, found in groupby(self.conflicts, key=lambda each: each.nature.value)]


def _facets(every: Sequence[Conflict], wanted: Wanted, given: Mapping[str, Sequence[str]]) -> tuple[ConflictFacet, ...]:
    """Return what each filter can be, counted with the choices of the others as they are."""
    any_rule = tuple({each.rule.name for each in every})
    found = {
        "kind": _kinds(replace(wanted, rules=any_rule).of(every), given.get("kind", ())),
        "about": _things(replace(wanted, things=None).of(every), wanted.things or frozenset()),
        "document": _documents(replace(wanted, documents=None).of(every), wanted.documents or frozenset()),
        "severity": _severities(replace(wanted, least=Severity.INFO).of(every), given.get("severity", ())),
    }
    offered = {name: [*_left_out(choices, given.get(name, ())), *choices] for name, choices in found.items()}
    return tuple(ConflictFacet(name, tuple(choices)) for name, choices in offered.items() if choices)


def _kinds(found: Sequence[Conflict], chosen: Sequence[str]) -> list[ConflictChoice]:
    counts = Counter(each.kind for each in found)
    return [
        ConflictChoice(code, name, counts[code], code in chosen)
        for code, name in KINDS.items()
        if counts[code] or code in chosen
    ]


def _severities(found: Sequence[Conflict], chosen: Sequence[str]) -> list[ConflictChoice]:
    """Return the severities, each with how many are as grave or graver."""
    counts = {level: sum(each.severity.reaches(level) for each in found) for level in Severity}
    return [ConflictChoice(level, SEVERITIES[level], counts[level], level in chosen) for level in Severity]


def _left_out(choices: Sequence[ConflictChoice], given: Sequence[str]) -> list[ConflictChoice]:
    """Return what is chosen and leaves nothing, so that it can be taken back."""
    return [] if any(each.chosen for each in choices) else [ConflictChoice(each, each, 0, True) for each in given]


def _things(found: Sequence[Conflict], chosen: frozenset[str]) -> list[ConflictChoice]:
    """Return the things that most conflicts are about, with how many concern each."""
    labels = {each.about.iri: each.about.shown for each in found if each.about.iri}
    counts = Counter(iri for each in found for iri in each.things if iri in labels)
    listed = sorted(counts, key=lambda iri: (iri not in chosen, -counts[iri], labels[iri].casefold()))
    return [ConflictChoice(_short(iri), labels[iri], counts[iri], iri in chosen) for iri in listed[:_OFFERED] if iri]


def _documents(found: Sequence[Conflict], chosen: frozenset[str]) -> list[ConflictChoice]:
    """Return the documents, those first that most conflicts are in."""
    titles = {section.document: section.title for each in found for section in each.sections if section.document}
    counts = Counter(iri for each in found for iri in {section.document for section in each.sections} if iri in titles)
    listed = [ConflictChoice(_short(iri), titles[iri], number, iri in chosen) for iri, number in counts.items()]
    return sorted(listed, key=lambda each: (not each.chosen, -each.number, each.text))[:_OFFERED]


def _short(iri: str) -> str:
    return compact(iri).strip("<>")


def written_part(found: Sequence[Conflict], call: QuestionCall) -> bytes:
    """Return those of the conflicts for which a client asks, in its format."""
    text = written(found[call.offset : call.offset + call.limit], call.format, iris=call.iris)
    marked = call.excel and call.format == "csv"
    return text.encode("utf-8-sig" if marked else "utf-8")


class ConflictCall(QuestionCall):
    """What disagrees as a client of the service asks for it: some of it, in a format.

    >>> ConflictCall("conflicts", {"about": ["AFIL"]}, limit=25, offset=50).with_value("kind", "gap").address()
    '/conflicts?about=AFIL&kind=gap'
    """

    @property
    def path(self) -> str:
        """Its address without parameters."""
        return "/conflicts"

    @property
    def usual_limit(self) -> int:
        """How many there are, unless ``limit`` says otherwise."""
        return PAGE if self.format == "html" else super().usual_limit
