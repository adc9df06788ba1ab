"""What can be read in two ways: a question with its answers, which stands in metadata until somebody answers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from clustergraph.errors import SourceError

KEY: Final = "schema:Question"
"""The member of CSVW metadata that holds questions: an annotation, which other programs pass over."""
_TEXT, _ANSWERS, _ANSWER = "schema:text", "schema:suggestedAnswer", "schema:acceptedAnswer"


@dataclass(frozen=True)
class Ambiguity:
    """A question about a column, a dialect or a table, and what each answer adds to its description."""

    text: str
    answers: Mapping[str, Mapping[str, Any]]

    def member(self) -> dict[str, Any]:
        """Return it as metadata hold it, without an answer."""
        return {_TEXT: self.text, _ANSWERS: {key: dict(value) for key, value in self.answers.items()}, _ANSWER: ""}


def settled(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description with what the answers to its questions add.

    >>> settled({"name": "x", KEY: [Ambiguity("What?", {"a": {"lang": "en"}}).member() | {_ANSWER: "a"}]})
    {'name': 'x', 'lang': 'en'}

    Raises:
        SourceError: a question is not answered.
    """
    found = {key: value for key, value in described.items() if key != KEY}
    for question in described.get(KEY, ()):
        answers, answer = question[_ANSWERS], question.get(_ANSWER, "")
        if answer not in answers:
            listed = " or ".join(f'"{each}"' for each in answers)
            raise SourceError(f"a question is open: {question[_TEXT]}", advice=f'write {listed} as "{_ANSWER}" there')
        found |= answers[answer]
    return found
