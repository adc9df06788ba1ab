"""What disagrees: the questions that find it, which are rules over the graph like any other question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Finder:
    """A question that finds conflicts of one kind."""

    title: str
    question: str
    parameters: Mapping[str, str] = field(default_factory=dict)


FINDERS: Final = (
    Finder("Rival figures", "rival-figures"),
    Finder("Rival dates", "rival-dates"),
    Finder("Claims that the graph contradicts", "claims-checked", {"holds": "false"}),
    Finder("Participants that only some sections name", "differing-participants"),
    Finder("Partners without a row in the partner table", "without-row"),
    Finder("Spellings", "spellings", {"variants": "true"}),
    Finder("Statements that are not firm", "unsure-statements"),
)
"""The kinds of conflict, in the order in which they are shown."""
