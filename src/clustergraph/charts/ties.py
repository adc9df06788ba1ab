"""Who is tied to whom, how much and how certainly; and whether a matrix shows it better than a network."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from clustergraph.charts.certainty import firmest, known, words_of
from clustergraph.charts.chart import Chart, spoken
from clustergraph.languages.messages import gettext, ngettext
from clustergraph.questions.answer import Cell

Pair = tuple[str, str]

_APART: Final = 0.2
"""Up to which share of the fewer things on one side may stand on the other, too, for these to be two kinds."""
_FEW: Final = 3
"""How many times more things are on one side where few meet many."""
_DENSE: Final = 1 / 3
"""From which share of all pairs on a network is dense."""
_LEAST: Final = 5
"""How many things a dense network has at least."""


@dataclass
class Tie:
    """A pair, in the order in which it comes first."""

    value: float
    level: int | None
    rows: int = 1


@dataclass
class Ties:
    """The pairs of an answer."""

    found: dict[Pair, Tie] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    iris: dict[str, str] = field(default_factory=dict)
    ones: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    incomplete: int = 0
    """How many rows are no pair."""
    weighed: bool = False
    """Whether a column gives the weight of a tie; else it is the number of its rows."""

    @classmethod
    def of(cls, chart: Chart) -> "Ties":
        """Return the ties of an answer."""
        made = cls(weighed="value" in chart.view.columns)
        for row in chart.rows:
            one, other = (made._thing(chart.cells(part, row)[0]) for part in ("one", "other"))
            value = chart.number("value", row) if made.weighed else 1.0
            if not one or not other or one == other or value is None:
                made.incomplete += 1
            else:
                made._add(one, other, value, chart.level(row))
        return made

    def _thing(self, cell: Cell) -> str:
        key = cell.iri or cell.shown
        self.names[key] = cell.shown
        if cell.iri:
            self.iris[key] = cell.iri
        return key

    def _add(self, one: str, other: str, value: float, level: int | None) -> None:
        """Add a row: the firmest level counts, and the largest weight, or else the number of rows."""
        self.ones.add(one)
        self.others.add(other)
        tie = self.found.get((one, other)) or self.found.get((other, one))
        if tie is None:
            self.found[one, other] = Tie(value, level)
            return
        tie.rows += 1
        tie.value = max(tie.value, value) if self.weighed else tie.value + value
        tie.level = firmest([tie.level, level])

    @property
    def counts(self) -> Counter[str]:
        """How many ties each thing has."""
        return Counter(thing for pair in self.found for thing in pair)

    @property
    def levels(self) -> frozenset[int]:
        """The levels of certainty of the ties."""
        return known(tie.level for tie in self.found.values())

    @property
    def notes(self) -> list[str]:
        """What is said of rows that are no pair."""
        number = self.incomplete
        said = ngettext(
            "%(num)d row without a second side not drawn.",
            "%(num)d rows without a second side not drawn.",
            number,
            num=number,
        )
        return [said] * bool(number)

    def told(self, pair: Pair, tie: Tie) -> str:
        """Return a tie in words."""
        said = f"{self.names[pair[0]]} – {self.names[pair[1]]}"
        return ": ".join(filter(None, (said, self.weight(tie))))

    def weight(self, tie: Tie) -> str:
        """Return how strong and how certain a tie is, in words; nothing of one that is simply stated."""
        weight = spoken(tie.value) if self.weighed or tie.value != 1 else ""
        return ", ".join(filter(None, (weight, words_of(tie.level))))

    def tie(self, one: str, other: str) -> tuple[Pair, Tie] | None:
        """Return the pair of two things, and their tie, in either order."""
        for pair in ((one, other), (other, one)):
            if pair in self.found:
                return pair, self.found[pair]
        return None

    @property
    def sides(self) -> tuple[set[str], set[str]] | None:
        """The many and the few where two kinds of thing meet, or few meet many; none where things of one kind do."""
        few, many = sorted((self.ones, self.others), key=len)
        if len(few) <= 1:
            return None
        apart = len(few & many) <= _APART * len(few)
        return (many, few) if apart or len(few) * _FEW <= len(many) else None

    @property
    def dense(self) -> bool:
        """Whether so many are tied to so many that lines would hide each other."""
        things = len(self.ones | self.others)
        return things >= _LEAST and len(self.found) >= _DENSE * things * (things - 1) / 2

    def left_out(self, drawn: int) -> list[str]:
        """Return a note where fewer things are drawn than there are."""
        every = len(self.counts)
        words = gettext("%(drawn)d of %(all)d things drawn, those with most ties.", drawn=drawn, all=every)
        return [words] * (drawn < every)

    @property
    def summary(self) -> str:
        """What ties there are, in a sentence."""
        if not self.found:
            return ""
        counts = self.counts
        first = min(counts, key=lambda thing: (-counts[thing], self.names[thing]))
        pairs = ngettext("%(num)d tie", "%(num)d ties", len(self.found), num=len(self.found))
        told = {"ties": pairs, "things": len(counts), "first": self.names[first], "n": counts[first]}
        if len(set(counts.values())) == 1:
            return gettext("%(ties)s among %(things)d; each has %(n)d.", **told)
        return gettext("%(ties)s among %(things)d; %(first)s has most, %(n)d.", **told)


def most_tied(counts: Mapping[str, int], names: Mapping[str, str], most: int) -> list[str]:
    """Return the things with most ties, by their names where they have as many."""
    return sorted(counts, key=lambda thing: (-counts[thing], names[thing], thing))[:most]
