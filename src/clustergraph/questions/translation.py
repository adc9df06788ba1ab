"""Questions in the language of whoever asks: their words are messages, as those of the program are."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from clustergraph.languages.messages import translated
from clustergraph.languages.reader import Label, chosen
from clustergraph.questions.question import Question

_HEADING: Final = "heading"
_SUBJECT: Final = "subject"
"""In which context the heading of a column and the tag of a question are translated: both are short."""


def told(question: Question) -> Question:
    """Return a question as it is told to a reader: titles, labels and meanings in the language of the reader."""
    if chosen() is None:
        return question
    labelled = {
        name: replace(each, label=translated(each.label), heading=translated(each.heading, _HEADING))
        for name, each in question.parameters.items()
    }
    return replace(
        question,
        title=translated(question.title),
        description=translated(question.description),
        columns={column: translated(meaning) for column, meaning in question.columns.items()},
        parameters=labelled,
        headings={column: _above(question, column) for column in question.columns},
        answer=translated(question.answer),
        evidence=translated(question.evidence),
    )


def _above(question: Question, column: str) -> Label:
    own = question.headings.get(column)
    return translated(own, _HEADING) if own else heading(column)


def heading(column: str) -> Label:
    """Return what stands above a column of an answer.

    >>> heading("cluster_country")
    'cluster country'
    """
    return translated(column.replace("_", " "), _HEADING)


def subject(tag: str) -> Label:
    """Return what the questions of a tag are about, as a title.

    >>> subject("layout of the texts")
    'Layout of the texts'
    """
    words = translated(tag, _SUBJECT)
    return Label(words[:1].upper() + words[1:], words.language)


def messages(question: Question) -> Iterator[tuple[str, str | None]]:
    """Yield what is to be translated of a question, each with its context, if it has one."""
    yield question.title, None
    yield question.description, None
    yield question.answer, None
    yield question.evidence, None
    for words in question.headings.values():
        yield words, _HEADING
    for column, meaning in question.columns.items():
        yield column.replace("_", " "), _HEADING
        yield meaning, None
    for parameter in question.parameters.values():
        yield parameter.label, None
        yield parameter.heading, _HEADING
    for tag in question.tags:
        yield tag, _SUBJECT
