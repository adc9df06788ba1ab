"""The questions that can be asked about a thing, or about things of a class or with a code."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from clustergraph.questions.question import Parameter, Question


def needing(questions: Iterable[Question]) -> Iterator[tuple[Question, Parameter]]:
    """Yield the questions that need one parameter, with it: they are about one thing, and must be told which."""
    for question in questions:
        if len(question.needed) == 1:
            yield question, question.needed[0]


def askable(questions: Iterable[Question], classes: Mapping[str, bool]) -> list[tuple[Question, Parameter]]:
    """Return questions with the first parameter that takes a thing of some classes, those for the narrowest first."""
    found = []
    for question in questions:
        things = [each for each in question.parameters.values() if each.type == "iri"]
        fitting = [each for each in things if not classes.keys().isdisjoint(each.of.split())]
        if fitting and question.needs_only(fitting[0].name):
            wide = all(classes.get(name, True) for name in fitting[0].of.split())
            found.append((wide, question, fitting[0]))
    return [(question, parameter) for _, question, parameter in sorted(found, key=lambda each: each[0])]


def taking(questions: Iterable[Question], of: Collection[str], *, alone: bool) -> list[tuple[Question, Parameter]]:
    """Return questions with the first parameter that takes a thing of some classes or lists, the most special first.

    With ``alone``, that is all they need.
    """
    found = []
    for question in questions:
        for each in question.parameters.values():
            if not {*of}.isdisjoint(each.of.split()) and (not alone or question.needs_only(each.name)):
                found.append((not each.required, len(each.of.split()), question.name, question, each))
                break
    return [(question, parameter) for *_, question, parameter in sorted(found, key=lambda each: each[:3])]
