"""Why an answer has no rows: what leaves none, what the thing asked for is, and which questions know it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Protocol

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, QueryTriples

from clustergraph.questions.answer import Answer, Bound
from clustergraph.questions.names import with_article
from clustergraph.questions.question import Question
from clustergraph.questions.related_questions import askable
from clustergraph.sparql.parser import query_of
from clustergraph.sparql.tree import Selection, TriplePattern, text_of
from clustergraph.terms import ONTOLOGY, compact


class Answering(Protocol):
    """What answers queries and questions."""

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions that can be asked, by name."""

    def query(self, text: str) -> QuerySolutions | QueryBoolean | QueryTriples:
        """Return what a query gives."""

    def select(self, text: str) -> QuerySolutions:
        """Return the solutions of a SELECT query."""

    def label(self, iri: str) -> str:
        """Return the label of a thing."""


_TOLD: Final = 3
"""So many other questions are named that know a thing, of so many that are asked."""
_ASKED: Final = 5

_CLASSES: Final = f"""SELECT DISTINCT ?class (EXISTS {{
  THING a ?below . ?below rdfs:subClassOf ?class FILTER (?below != ?class)
}} AS ?wide) {{ THING a ?class FILTER (STRSTARTS(STR(?class), "{ONTOLOGY}")) }} ORDER BY ?wide ?class"""


def why(graph: Answering, answer: Answer) -> str:
    """Say why an answer has no rows: which parameter, or which pattern of the query, has no match."""
    for name, query, reason in attempts(answer.question, answer.given, answer.bound):
        if _has_rows(graph, query):
            things = [term for term in answer.bound.get(name, ()) if isinstance(term, NamedNode)]
            told = [reason, *(known(graph, answer.question, thing) for thing in things[:1]), usual(answer)]
            return "; ".join(filter(None, told))
    for query, pattern in asked_alone(answer.query):
        if not graph.query(query):
            return f"nothing in the graph matches {pattern}"
    return "each part of the question has matches, and none of them together"


def usual(answer: Answer) -> str:
    """Say what the parameters are that were not given and have a value nevertheless."""
    parameters = answer.question.parameters.values()
    left = [each for each in parameters if each.default and each.type != "boolean" and each.name not in answer.bound]
    values = (f"{each.name} is {' or '.join(map(repr, each.default))}" for each in left)
    return f"unless given, {' and '.join(values)}" if left else ""


def attempts(question: Question, given: Mapping[str, Sequence[str]], bound: Bound) -> Iterator[tuple[str, str, str]]:
    """Yield queries that ask for less, with the parameter left out, and why the answer is empty if this one has rows.

    First each parameter is left out, then all of them.
    """
    for name in bound:
        rest = {other: terms for other, terms in bound.items() if other != name}
        said = " or ".join(repr(value) for value in given.get(name, ()))
        others = " with the other parameters as they are" if rest else ""
        yield name, question.bound(rest), f"no row has {name} {said}{others}; without it there are rows"
    if len(bound) > 1:
        yield "", question.query, "the parameters have matches one by one, and none together"


def known(graph: Answering, question: Question, thing: NamedNode) -> str:
    """Say what a thing is and which other questions have rows about it; nothing of a code or property."""
    classes = {compact(row["class"].value): row["wide"].value == "true"
               for row in graph.select(_CLASSES.replace("THING", str(thing)))}  # fmt: skip
    if not classes:
        return ""
    kinds = [graph.label(ONTOLOGY + name.partition(":")[2]) for name, wide in classes.items() if not wide]
    others = sorted(graph.questions.values(), key=lambda each: set(each.tags).isdisjoint(question.tags))
    rows = (
        each.name
        for each, parameter in islice(askable(others, classes), _ASKED)
        if each.name != question.name and _has_rows(graph, each.bound({parameter.name: [thing]}))
    )
    telling = ", ".join(islice(rows, _TOLD))
    is_one = f"{graph.label(thing.value)} is {' and '.join(map(with_article, kinds))}"
    return f"{is_one}, and has rows in {telling}" if telling else is_one


def _has_rows(graph: Answering, query: str) -> bool:
    return next(graph.select(query), None) is not None


def asked_alone(query: str) -> Iterator[tuple[str, str]]:
    """Yield each triple pattern of the main group of a query, or of the one sub-select in it: an ASK, and its text.

    >>> list(asked_alone("SELECT * { ?s <p:a> 'x' ; <p:b>* ?o }"))[1]
    ('ASK { ?s <p:b>* ?o }', '?s <p:b>* ?o')
    """
    tree = query_of(query)
    group = tree.selection.group
    while group and (inner := next(group.of(Selection), None)):
        group = inner.group
    for triple in group.of(TriplePattern) if group else ():
        text = f"{triple.subject.text} {text_of(tree, triple.path)} {triple.object.text}"
        yield f"ASK {{ {text} }}", text
