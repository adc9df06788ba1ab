"""What is suggested while a name is typed: things, what can be asked about them, and terms of the model."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final, Protocol

from pyoxigraph import NamedNode

from clustergraph.languages.messages import N_
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.question import Parameter, Question
from clustergraph.questions.related_questions import needing
from clustergraph.questions.search import Name
from clustergraph.terms import QUERY, address

_LOOKED_AT: Final = 60
"""So many names are looked at: terms, of which there are many, do not take the places of things."""
_MOST: Final = {N_("Things"): 6, N_("Questions"): 3, N_("Codes and terms"): 3}
_GROUPS: Final = {"thing": "Things", "question": "Questions"}
_GENERAL: Final = frozenset(
    {"cg:Activity", "cg:Party", "cg:Organisation", "cg:Place", "cg:PlanElement", "cg:Section", "owl:Class", "owl:Thing"}
)
"""Classes of so many kinds of things that a question with one of them is about none of these kinds in particular."""
_FITTING: Final = 76.0
"""How well the name of a thing must fit for a question about it to be suggested."""


@dataclass(frozen=True)
class Suggestion:
    """One line of what is suggested."""

    label: str
    class_: str
    """What it is; of a question, what it is asked about."""
    name: str
    """The name by which it is found, if that is another one."""
    address: str
    iri: str = ""
    """That of a thing."""


class Searchable(Protocol):
    """What suggestions need of a graph."""

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions that can be asked, by name."""
        ...

    def search(self, text: str, limit: int = ..., *, counted: bool = ...) -> list[Name]:
        """Return what has a name like a text."""
        ...

    def is_of(self, thing: NamedNode, classes: Iterable[str]) -> bool:
        """Return whether a thing is of one of some classes."""
        ...


def suggestions(
    graph: Searchable, text: str, last: Set[str] = frozenset(), of: Collection[str] = ()
) -> dict[str, list[Suggestion]]:
    """Return what is suggested for the beginning of a name, in groups; things of the classes called so come last.

    With the prefixed names of classes, it is only things ``of`` these.
    """
    names = graph.search(text, _LOOKED_AT, counted=False)
    if of:
        names = [each for each in names if each.kind == "thing" and graph.is_of(NamedNode(each.iri), of)]
        return {"Things": list(map(_suggestion, _clear(names)[: _MOST["Things"]]))} if names else {}
    grouped: dict[str, list[Name]] = {title: [] for title in _MOST}
    for name in names:
        grouped[_GROUPS.get(name.kind, "Codes and terms")].append(name)
    things = grouped["Things"] = sorted(_clear(grouped["Things"]), key=lambda name: name.class_ in last)
    found = {title: [_suggestion(each) for each in _clear(hits)] for title, hits in grouped.items()}
    asked = [question for each in (*things[:1], *grouped["Codes and terms"][:1]) for question in _asking(graph, each)][
        :1
    ]
    named = {each.label for each in asked}
    found["Questions"] = asked + [each for each in found["Questions"] if each.label not in named]
    return {title: hits[: _MOST[title]] for title, hits in found.items() if hits}


def _clear(names: Sequence[Name]) -> Sequence[Name]:
    """Return names without those that are only like the text, if there are others."""
    return [each for each in names if not each.is_similar] or names


def _suggestion(name: Name) -> Suggestion:
    if name.kind == "question":
        return Suggestion(name.label, "", "", f"/questions/{name.iri.removeprefix(QUERY)}")
    iri = name.iri if name.kind == "thing" else ""
    return Suggestion(name.label, name.class_, name.name if name.name != name.label else "", address(name.iri), iri)


def _asking(graph: Searchable, thing: Name) -> Iterator[Suggestion]:
    """Yield the first question about a thing or a code, with it filled in."""
    for question, parameter in _about(graph.questions.values()) if thing.score >= _FITTING else ():
        if _fits(graph, thing, parameter):
            call = QuestionCall(question.name, {parameter.name: [thing.iri]})
            yield Suggestion(question.title, thing.label, "", call.address())
            return


def _fits(graph: Searchable, thing: Name, parameter: Parameter) -> bool:
    if thing.kind == "code":
        return parameter.type == "code" and thing.class_ in parameter.of.split()
    return parameter.type == "iri" and graph.is_of(NamedNode(thing.iri), parameter.of.split())


def _about(questions: Collection[Question]) -> Iterator[tuple[Question, Parameter]]:
    """Yield questions with a parameter that they are about: the one they need, the first, or one of a special class."""
    yield from ((question, parameter) for question, parameter in needing(questions) if not parameter.many)
    for most in (1, None):
        for question in questions:
            for parameter in list(question.parameters.values())[:most]:
                if question.needs_only(parameter.name) and _GENERAL.isdisjoint(parameter.of.split()):
                    yield question, parameter
