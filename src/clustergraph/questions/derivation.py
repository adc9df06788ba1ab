"""Evidence as it is drawn: one derivation after another, each from premises by a rule to what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Step = Mapping[str, Any]
"""A step of an explanation, as JSON members; see `clustergraph.questions.explanation`."""


@dataclass(frozen=True)
class Premise:
    """A step from which another follows."""

    step: Step
    shown: bool
    """Whether it stands here for the first time; else an earlier derivation has it."""


@dataclass(frozen=True)
class Derivation:
    """What follows from premises."""

    premises: tuple[Premise, ...]
    conclusion: Step
    """A step, or just what it ``says`` where it only puts the premises together."""

    @property
    def alone(self) -> bool:
        """Whether a section says just this."""
        return not self.conclusion.get("rule") and [each.step["says"] for each in self.premises] == [
            self.conclusion["says"]
        ]


def derivations(found: Mapping[str, Any]) -> list[Derivation]:
    """Return what an explanation is drawn as; the last derivation ends with its statement.

    >>> said = {"number": 1, "says": "Ada leads X", "rule": "", "from": []}
    >>> so = {"number": 2, "says": "Ada takes part in X", "rule": "prp-spo1", "from": [1]}
    >>> [each.conclusion["says"] for each in derivations({"statement": "Ada takes part in X", "steps": [said, so]})]
    ['Ada takes part in X']
    """
    seen: set[int] = set()
    steps = {step["number"]: step for step in found["steps"]}
    drawn = [_drawn([steps[number] for number in step["from"]], step, seen) for step in steps.values() if step["rule"]]
    last = list(_unused(steps))
    if [(step["says"], bool(step["rule"])) for step in last] != [(found["statement"], True)]:
        drawn.append(_drawn(last, {"says": found["statement"]}, seen))
    return drawn


def _drawn(premises: list[Step], conclusion: Step, seen: set[int]) -> Derivation:
    told = tuple(Premise(step, step["number"] not in seen and not step["rule"]) for step in premises)
    seen.update(step["number"] for step in premises)
    return Derivation(told, conclusion)


def _unused(steps: Mapping[int, Step]) -> Iterator[Step]:
    """Yield the steps from which none of the others follows."""
    used = {number for step in steps.values() for number in step["from"]}
    return (step for number, step in steps.items() if number not in used)
