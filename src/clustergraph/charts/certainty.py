"""How certain a row is, as a style of lines and outlines that means the same in every picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.languages.messages import N_, gettext
from clustergraph.questions.answer import Cell


@dataclass(frozen=True)
class CertaintyLevel:
    """A level of certainty."""

    name: str
    """The class that its marks have."""
    words: str
    dash: str
    """The lengths of strokes and gaps; a line without gaps has none."""
    fill: float = 1.0
    """How strongly its marks are filled."""


LEVELS: Final = (
    CertaintyLevel("stated", N_("stated"), ""),
    CertaintyLevel("computed", N_("derived or computed"), "8 3", 0.7),
    CertaintyLevel("planned", N_("planned or under way"), "9 3 2 3", 0.4),
    CertaintyLevel("unconfirmed", N_("unconfirmed"), "4 3", 0.18),
    CertaintyLevel("ambiguous", N_("ambiguous"), "1.5 3", 0.0),
)
"""From the firmest to the weakest."""

_WEAKER: Final = {
    "origin/derived": 1,
    "origin/computed": 1,
    "field-basis/matched": 1,
    "field-basis/event": 1,
    "field-basis/project": 1,
    "field-basis/service": 1,
    "field-basis/region": 1,
    "phase/planned": 2,
    "phase/under-way": 2,
    "certainty/unconfirmed": 3,
    "certainty/ambiguous": 4,
}
"""The codes that make a row less than stated, each with its level."""
_COLUMNS: Final = ("certainty", "phase", "origin", "basis")
"""The columns that say how certain a row is, which have the same names in all questions."""


def firmest(levels: Iterable[int | None]) -> int | None:
    """Return the firmest of some levels; none where none is known.

    >>> firmest([3, None, 1]), firmest([None])
    (1, None)
    """
    return min(known(levels), default=None)


def known(levels: Iterable[int | None]) -> frozenset[int]:
    """Return which levels there are among some of which not all need be known."""
    return frozenset(level for level in levels if level is not None)


def words_of(level: int | None) -> str:
    """Return a level in words; nothing where a row is simply stated, or does not say how certain it is.

    >>> words_of(3), words_of(0), words_of(None)
    ('unconfirmed', '', '')
    """
    return gettext(LEVELS[level].words) if level else ""


def level_of(columns: Sequence[str], row: Sequence[Cell]) -> int | None:
    """Return the level of a row, the weakest that one of its codes gives it; none where the answer does not say.

    >>> said = Cell("unconfirmed", "https://w3id.org/clustergraph/scheme/certainty/unconfirmed")
    >>> LEVELS[level_of(["certainty"], [said])].words, level_of(["colour"], [said])
    ('unconfirmed', None)
    """
    codes = [row[columns.index(column)].iri or "" for column in _COLUMNS if column in columns]
    if not codes:
        return None
    return max(_WEAKER.get("/".join(code.rsplit("/", 2)[-2:]), 0) for code in codes)
