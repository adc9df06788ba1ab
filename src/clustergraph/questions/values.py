"""What can be given for a parameter: values that have answers, with the number of rows, where the answer tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from clustergraph.questions.answer import Answer, QuestionCall
from clustergraph.questions.names import Choices, ListedChoices
from clustergraph.questions.parameters import needs_choices
from clustergraph.questions.question import Parameter, Question
from clustergraph.sparql.parser import query_of
from clustergraph.sparql.tree import AGGREGATES, Bind, Expression, every, variables

if TYPE_CHECKING:
    from clustergraph.questions.facets import Facet

SUGGESTED: Final = 2_000
"""Up to how many are suggested: more would make a page of megabytes, and each is found by its name all the same."""


@dataclass(frozen=True)
class CountedValue:
    """A value that a parameter can be given."""

    value: str
    iri: str
    rows: int | None = None
    """In how many rows of the answer it stands; None where that is not counted."""


Values = Mapping[str, list[CountedValue]]
"""What the parameters of a question can be given, by their names."""


class Askable(Protocol):
    """What can be asked questions."""

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions, by name."""
        ...

    def choices(self, parameter: Parameter) -> Choices:
        """Return what a parameter can be."""
        ...

    def facets(self, call: QuestionCall) -> tuple[Facet, ...]:
        """Return what can be chosen of an answer, with the number of rows that each value leaves."""
        ...

    def put(self, question: Question, given: Mapping[str, list[str]]) -> Answer:
        """Return the answer to a question."""
        ...


def values_of(graph: Askable, name: str) -> Values:
    """Return what the parameters of a question can be given: what stands in its whole answer, or all their choices."""
    question = graph.questions[name]
    parameters = [each for each in question.parameters.values() if needs_choices(each)]
    counted = [each for each in parameters if not each.facet and _is_counted(question, each)]
    answer = graph.put(question, {}) if counted else None
    facets = (
        graph.facets(QuestionCall(name)) if question.needs_only() and any(each.facet for each in parameters) else ()
    )
    of_facets = {each.parameter.name: list(each.values) for each in facets}
    return of_facets | {
        each.name: _counted(each, graph.choices(each), answer) if answer and each in counted else
        every_value(graph.choices(each))
        for each in parameters
        if each.name not in of_facets
    }  # fmt: skip


def suggested(graph: Askable, parameter: Parameter) -> ListedChoices:
    """Return what a parameter can be, with all names; nothing where that is too much to be suggested."""
    choices = graph.choices(parameter)
    if isinstance(choices, ListedChoices) and (parameter.type == "code" or len(choices) <= SUGGESTED):
        return choices
    return ListedChoices()


def every_value(choices: Choices) -> list[CountedValue]:
    """Return all choices, in the order of the alphabet, without a number of rows."""
    found = [CountedValue(value, iri) for iri, value in choices.offered.items()]
    return sorted(found, key=lambda each: each.value.casefold())


def _is_counted(question: Question, parameter: Parameter) -> bool:
    """Whether a parameter is a column whose values choose the rows: it has no default, and is no condition.

    A column that is an aggregate tells what is left after the choice.
    """
    selection = query_of(question.query).selection
    conditions = (each for each in every(Expression, selection) if each.name == "BOUND")
    is_condition = any(parameter.name in variables(each) for each in conditions)
    own = (each for each in selection.projection if isinstance(each, Bind) and each.variable.value == parameter.name)
    is_aggregate = any(each.name in AGGREGATES for each in every(Expression, tuple(own)))
    is_open = not parameter.default and question.needs_only()
    return parameter.name in question.columns and is_open and not (is_condition or is_aggregate)


def _counted(parameter: Parameter, choices: Choices, answer: Answer) -> list[CountedValue]:
    """Return the choices that stand in the column of a parameter, those in most rows first."""
    rows = Counter(term.value for row in answer.terms if (term := row[parameter.name]))
    found = [CountedValue(choices.offer(iri), iri, number) for iri, number in rows.items() if iri in choices]
    return sorted(found, key=lambda each: (-(each.rows or 0), each.value.casefold()))
