"""The catalogue: the named questions and the rules as RDF in the graph itself, in the manner of SIB's sparql-examples.

Each question is a ``sh:SPARQLSelectExecutable`` whose ``sh:select`` is the whole file, so that a release carries the
questions that were made for it, and any client can read them from the endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.questions import Question
from clustergraph.rules import Rule
from clustergraph.terms import CATALOGUE, QUERY, expand


def catalogue(questions: Iterable[Question], rules: Iterable[Rule]) -> Iterator[Quad]:
    """Yield the description of questions and rules, in the graph `CATALOGUE`."""
    yield Quad(CATALOGUE, expand("rdf:type"), expand("cg:ReferenceGraph"), CATALOGUE)
    yield Quad(CATALOGUE, expand("skos:prefLabel"), Literal("Catalogue of questions", language="en"), CATALOGUE)
    what = "The named questions that can be asked of this graph, each with its query."
    yield Quad(CATALOGUE, expand("dcterms:description"), Literal(what, language="en"), CATALOGUE)
    for question in questions:
        yield from _question(question)
    for rule in rules:
        yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[Quad]:
    node = NamedNode(f"{QUERY}rules/{rule.name}")
    for predicate, value in (
        ("rdf:type", expand("sh:SPARQLExecutable")),
        ("rdf:type", expand("sh:SPARQLConstructExecutable")),
        ("rdfs:label", Literal(rule.summary, language="en")),
        ("sh:construct", Literal(rule.query)),
    ):
        yield Quad(node, expand(predicate), value, CATALOGUE)


def _question(question: Question) -> Iterator[Quad]:
    node = NamedNode(QUERY + question.name)

    def quad(predicate: str, value: NamedNode | Literal) -> Quad:
        return Quad(node, expand(predicate), value, CATALOGUE)

    yield quad("rdf:type", expand("sh:SPARQLExecutable"))
    yield quad("rdf:type", expand("sh:SPARQLSelectExecutable"))
    yield quad("rdfs:label", Literal(question.title, language="en"))
    if question.description:
        yield quad("rdfs:comment", Literal(question.description, language="en"))
    yield quad("sh:select", Literal(question.query))
    for tag in question.tags:
        yield quad("schema:keywords", Literal(tag))
