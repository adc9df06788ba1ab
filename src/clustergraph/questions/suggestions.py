"""What is suggested while a name is typed: things, what can be asked about them, and terms of the model."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Final, Protocol

from pyoxigraph import NamedNode

from clustergraph.languages.messages import N_
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.question import Question
from clustergraph.questions.related_questions import needing
from clustergraph.questions.search import Name
from clustergraph.terms import QUERY, address

_LOOKED_AT: Final = 60
"""So many names are looked at: terms, of which there are many, do not take the places of things."""
_MOST: Final = {N_("Things"): 6, N_("Questions"): 3, N_("Codes and terms"): 3}
_GROUPS: Final = {"thing": "Things", "question": "Questions"}
_FITTING: Final = 85.0
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
        return {"Things": list(map(_suggestion, names[: _MOST["Things"]]))} if names else {}
    things = sorted((each for each in names if each.kind == "thing"), key=lambda name: name.class_ in last)
    found: dict[str, list[Suggestion]] = {title: [] for title in _MOST}
    if things and things[0].score >= _FITTING:
        found["Questions"] += _asking(graph, things[0])
    for name in (*things, *(each for each in names if each.kind != "thing")):
        found[_GROUPS.get(name.kind, "Codes and terms")].append(_suggestion(name))
    return {title: hits[: _MOST[title]] for title, hits in found.items() if hits}


def _suggestion(name: Name) -> Suggestion:
    if name.kind == "question":
        return Suggestion(name.label, "", "", f"/questions/{name.iri.removeprefix(QUERY)}")
    iri = name.iri if name.kind == "thing" else ""
    return Suggestion(name.label, name.class_, name.name if name.name != name.label else "", address(name.iri), iri)


def _asking(graph: Searchable, thing: Name) -> Iterator[Suggestion]:
    """Yield the first question that needs just one thing, of a class of this one."""
    for question, parameter in needing(graph.questions.values()):
        if graph.is_of(NamedNode(thing.iri), parameter.of.split()):
            call = QuestionCall(question.name, {parameter.name: [thing.iri]})
            yield Suggestion(question.title, thing.label, "", call.address())
            return
