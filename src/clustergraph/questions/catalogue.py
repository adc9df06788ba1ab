"""The catalogue: the named questions and the rules as RDF in the graph itself, in the manner of SIB's sparql-examples.

Each question is a ``sh:SPARQLSelectExecutable`` whose ``sh:select`` is the whole file, so that a release carries the
questions that were made for it, and any client can read them from the endpoint. Its ``sh:prefixes`` are those of the
ontology, its ``schema:target`` is the endpoint.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Store

from clustergraph.engine.store import Embedded
from clustergraph.questions import card, conflict
from clustergraph.questions.card import CardQuery
from clustergraph.questions.conflict import ConflictRule
from clustergraph.questions.names import plain
from clustergraph.questions.question import FIRST, ON_LAYOUT, Question, parse
from clustergraph.questions.rules import Rule
from clustergraph.questions.successors import Successor
from clustergraph.terms import BASE, CATALOGUE, ONTOLOGY, QUERY, expand, named_after


def catalogue(
    questions: Iterable[Question],
    rules: Iterable[Rule],
    conflict_rules: Iterable[ConflictRule] = (),
    cards: Iterable[CardQuery] = (),
) -> Iterator[Quad]:
    """Yield the description of questions, rules and what makes cards, in the graph `CATALOGUE`."""
    yield Quad(CATALOGUE, expand("rdf:type"), expand("cg:ReferenceGraph"), CATALOGUE)
    yield Quad(CATALOGUE, expand("skos:prefLabel"), Literal("Catalogue", language="en"), CATALOGUE)
    what = "The questions that can be asked of this graph and its rules, each with its query, and its shapes."
    yield Quad(CATALOGUE, expand("dcterms:description"), Literal(what, language="en"), CATALOGUE)
    for question in questions:
        yield from _question(question)
    for rule in rules:
        yield from _rule(rule)
    for conflict_rule in conflict_rules:
        yield from _conflict_rule(conflict_rule)
    for query in cards:
        yield from _executable(name := query.iri.removeprefix(QUERY), "Select", query.title)
        yield _quad(name, "sh:select", Literal(query.query))


def _rule(rule: Rule) -> Iterator[Quad]:
    name = f"{rule.path.parent.name}/{rule.path.stem}"
    yield from _executable(name, "Construct", rule.summary)
    yield _quad(name, "sh:construct", Literal(rule.query))


def _conflict_rule(rule: ConflictRule) -> Iterator[Quad]:
    name = rule.iri.removeprefix(QUERY)
    yield from _executable(name, "Select", rule.title)
    yield _quad(name, "rdfs:comment", Literal(rule.description, language="en"))
    yield _quad(name, "sh:select", Literal(rule.query))


def _question(question: Question) -> Iterator[Quad]:
    yield from _executable(question.name, "Select", question.title)
    if question.description:
        yield _quad(question.name, "rdfs:comment", Literal(question.description, language="en"))
    yield _quad(question.name, "sh:select", Literal(question.query))
    for tag in question.tags:
        yield _quad(question.name, "schema:keywords", Literal(tag))
    for entry in question.replaces:
        yield from _old(entry)


def _old(entry: Successor) -> Iterator[Quad]:
    """Yield that a question is deprecated, if it is gone, and how it is asked now, for `Catalogue`."""
    yield _quad(entry.old, "rdf:value", Literal(json.dumps(asdict(entry))))
    if entry.old != entry.question:
        yield _quad(entry.old, "owl:deprecated", Literal(True))
        yield _quad(entry.old, "dcterms:isReplacedBy", named_after(QUERY, entry.question))
        yield _quad(entry.old, "rdfs:label", Literal(f"{entry.old} (an old question)", language="en"))
        yield _quad(entry.old, "rdfs:comment", Literal(entry.reason, language="en"))


def _executable(name: str, form: str, label: str) -> Iterator[Quad]:
    yield _quad(name, "rdf:type", expand("sh:SPARQLExecutable"))
    yield _quad(name, "rdf:type", expand(f"sh:SPARQL{form}Executable"))
    yield _quad(name, "rdfs:label", Literal(label, language="en"))
    yield _quad(name, "sh:prefixes", NamedNode(ONTOLOGY.rstrip("/")))
    yield _quad(name, "schema:target", NamedNode(BASE + "sparql"))


def _quad(name: str, predicate: str, value: NamedNode | Literal) -> Quad:
    return Quad(named_after(QUERY, name), expand(predicate), value, CATALOGUE)


CATALOGUE_QUERY: Final = f"""SELECT ?question ?select {{
  GRAPH {CATALOGUE} {{ ?question a sh:SPARQLSelectExecutable ; sh:select ?select }}
  FILTER (!STRSTARTS(STR(?question), "{conflict.SPACE}") && !STRSTARTS(STR(?question), "{card.SPACE}"))
}} ORDER BY EXISTS {{ ?question schema:keywords "{ON_LAYOUT}" }} (?question != query:{FIRST}) ?question"""


SUCCESSORS_QUERY: Final = f"SELECT ?entry {{ GRAPH {CATALOGUE} {{ ?old rdf:value ?entry }} }} ORDER BY ?old"


class Catalogue(Mapping[str, Question]):
    """The questions that a release carries, by name; each is read when it is asked for."""

    def __init__(self, graph: Embedded) -> None:
        """Read the texts of the questions, and what they replace."""
        rows, entries = graph.query(CATALOGUE_QUERY), graph.query(SUCCESSORS_QUERY)
        assert isinstance(rows, QuerySolutions)
        assert isinstance(entries, QuerySolutions)
        self._texts = {row["question"].value.removeprefix(QUERY): row["select"].value for row in rows}
        self._successors = [Successor(**json.loads(row["entry"].value)) for row in entries]
        self._read: dict[str, Question] = {}

    def __getitem__(self, name: str) -> Question:
        """Return the question of a name."""
        if name not in self._read:
            replaced = tuple(entry for entry in self._successors if entry.question == name)
            self._read[name] = replace(parse(Path(f"{name}.rq"), self._texts[name]), replaces=replaced)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._texts)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._texts)


_NEAR: Final = 5
_LIKE: Final = 65
"""So many questions are named that are as like as this, of 100, to what is sought."""
_NAMED_BY: Final = tuple(map(expand, ("rdfs:label", "skos:prefLabel", "skos:altLabel")))


class Catalogued(Protocol):
    """A graph with its questions."""

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions, by name."""

    @property
    def store(self) -> Store:
        """The store with the ontology."""


def by_subject(questions: Iterable[Question]) -> list[tuple[str, list[Question]]]:
    """Return questions grouped by their first tag, in the order of the alphabet but for the first and the last."""
    known = list(questions)
    first = {_subject(question) for question in known if question.name == FIRST}

    def place(question: Question) -> tuple[bool, bool, str, bool, str]:
        tag = _subject(question)
        return tag == ON_LAYOUT, tag not in first, tag, question.name != FIRST, question.title

    ordered = sorted(known, key=place)
    return [(subject, list(found)) for subject, found in groupby(ordered, key=_subject)]


def _subject(question: Question) -> str:
    return question.tags[0] if question.tags else "other"


def matching(questions: Iterable[Question], text: str, synonyms: Mapping[str, str] | None = None) -> list[Question]:
    """Return the questions that have all words of a text, or words that begin so, in name, title, tags or description.

    Those of their parameters and columns count, too, and their synonyms, if there are any.
    """
    wanted = [f" {word}" for word in plain(text).split()]
    also = synonyms or {}
    return [each for each in questions if all(word in _words(each, also.get(each.name, "")) for word in wanted)]


def near(questions: Iterable[Question], text: str) -> list[Question]:
    """Return the questions with words that are most like those of a text, for one that is written otherwise."""
    from rapidfuzz import fuzz

    def likeness(question: Question) -> float:
        words = plain(f"{question.title} {' '.join(question.tags)}").split()
        return min((max(fuzz.ratio(wanted, word) for word in words) for wanted in plain(text).split()), default=0)

    likest = sorted(((likeness(each), each) for each in questions), key=lambda pair: -pair[0])
    return [question for like, question in likest[:_NEAR] if like >= _LIKE]


def synonyms(graph: Catalogued) -> dict[str, str]:
    """Return for each question other words by which it may be sought, in all languages.

    They are its own in English, its old names, and the names of the classes of what it can be asked about.
    """
    return {name: " ".join(_synonyms(graph, question)) for name, question in graph.questions.items()}


def _synonyms(graph: Catalogued, question: Question) -> Iterator[str]:
    yield _words(question)
    yield from (entry.old for entry in question.replaces)
    for kind in {kind for each in question.parameters.values() if each.type == "iri" for kind in each.of.split()}:
        for name in _NAMED_BY:
            for quad in graph.store.quads_for_pattern(expand(kind), name, None, DefaultGraph()):
                yield getattr(quad.object, "value", "")


def _words(question: Question, also: str = "") -> str:
    parameters = (f"{each.name} {each.label}" for each in question.parameters.values())
    columns = (f"{name} {meaning}" for name, meaning in question.columns.items())
    texts = (question.name, question.title, question.description, *question.tags, *parameters, *columns, also)
    return f" {plain(' '.join(texts))}"


def description(question: Question) -> dict[str, object]:
    """Return a question as JSON members."""
    return {
        "name": question.name,
        "title": question.title,
        "description": question.description,
        "tags": list(question.tags),
        "parameters": [asdict(parameter) for parameter in question.parameters.values()],
        "columns": dict(question.columns),
        "view": {"kind": question.view.kind, **{part: list(names) for part, names in question.view.columns.items()}},
        "address": f"/questions/{question.name}",
    }
