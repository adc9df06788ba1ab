"""Why an answer is empty: which parameter has no match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from clustergraph.questions import Question

Bound = Mapping[str, Sequence[NamedNode | Literal]]


@dataclass(frozen=True)
class Attempt:
    """A query that asks for less, and what to say if it has rows."""

    query: str
    because: str


def attempts(question: Question, given: Mapping[str, Sequence[str]], bound: Bound) -> Iterator[Attempt]:
    """Yield queries to try, one after the other, until one has rows: that says why the answer is empty.

    First each parameter is left out, then all of them.
    """
    for name in bound:
        rest = {other: terms for other, terms in bound.items() if other != name}
        said = " or ".join(repr(value) for value in given.get(name, ()))
        others = " with the other parameters as they are" if rest else ""
        yield Attempt(question.bound(rest), f"nothing has {name} {said}{others}; without it there are rows")
    if len(bound) > 1:
        yield Attempt(question.query, "the parameters have matches one by one, and none together")
