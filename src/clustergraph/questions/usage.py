"""Where the words of the graph are used: its terms and questions as names to be found, with what uses them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from functools import cached_property
from itertools import product
from sys import intern
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, QuerySolutions

from clustergraph.engine.store import Embedded
from clustergraph.languages.messages import N_
from clustergraph.questions.question import ON_LAYOUT, Question
from clustergraph.questions.search import COUNTED, Name
from clustergraph.rdf.labels import labels
from clustergraph.sparql.parser import query_of
from clustergraph.terms import ONTOLOGY, QUERY, SCHEME, VOCABULARIES, expand

_KINDS: Final = {
    expand("owl:Class"): "class",
    expand("owl:ObjectProperty"): "property",
    expand("owl:DatatypeProperty"): "property",
    expand("skos:Concept"): "code",
}
_NAMES: Final = tuple(map(expand, ("rdfs:label", "skos:prefLabel", "skos:altLabel", "skos:notation")))
_NAMES_OF_THINGS: Final = (
    *_NAMES,
    *map(expand, ("cg:acronym", "cg:fullName", "cg:nutsCode", "cg:isoCode")),
)
_TYPE, _DEPRECATED, _IN_LIST = expand("rdf:type"), expand("owl:deprecated"), expand("skos:inScheme")
_ELSEWHERE: Final = tuple(VOCABULARIES.values())
_COUNTS: Final = {
    "property": "SELECT (COUNT(*) AS ?n) { ?thing <IRI> ?value }",
    "class": "SELECT (COUNT(DISTINCT ?thing) AS ?n) { ?thing a <IRI> }",
    "code": """SELECT (COUNT(DISTINCT ?thing) AS ?n) {
      ?thing ?property <IRI> MINUS { VALUES ?type { skos:Concept skos:ConceptScheme } ?thing a ?type }
    }""",
}
_LEADING: Final = {
    "property": "SELECT DISTINCT ?property { <IRI> rdfs:subPropertyOf+ ?property }",
    "code": """SELECT DISTINCT ?property {
      ?thing ?property <IRI> MINUS { VALUES ?type { skos:Concept skos:ConceptScheme } ?thing a ?type }
    }""",
}
"""Gives the properties by which a question finds a property too, or a code."""
_META: Final = {"property": "owl:ObjectProperty", "class": "owl:Class", "code": ""}
"""The class of a parameter that takes any term of a kind."""
_USING, _LAYOUT = (2, 3), 6
"""The places of questions that use a term, and how far behind the others those on the layout of the texts come."""
_MOST: Final = 5


class Usage:
    """Tells of terms which questions use them, and how much there is of them."""

    def __init__(self, graph: Embedded, questions: Mapping[str, Question]) -> None:
        """Take the graph and the questions that can be asked of it."""
        self._graph = graph
        self._questions = questions
        self._told: dict[str, Name] = {}
        self._classes: dict[str, frozenset[str]] = {}
        self._wider: dict[str, frozenset[str]] = {}

    def names(self) -> Iterator[Name]:
        """Yield the names of terms, questions and things that have a label, always in the same order."""
        words = labels(self._graph.store)
        terms = list(self._terms_and_questions(words))
        yield from terms
        names = self._names_of_things(words.keys() - {name.iri for name in terms})
        for iri in sorted(names):
            for name, type_ in product(sorted(names[iri]), sorted(self._finest(iri) & words.keys())):
                yield Name(iri, name, words[iri], words[type_])

    def _names_of_things(self, things: Set[str]) -> Mapping[str, set[str]]:
        """Return every name of some things, but for those that are given up."""
        store, names = self._graph.store, defaultdict[str, set[str]](set)
        given_up = store.quads_for_pattern(None, _DEPRECATED, Literal(value=True), DefaultGraph())
        left = things - {quad.subject.value for quad in given_up if isinstance(quad.subject, NamedNode)}
        for property_ in _NAMES_OF_THINGS:
            for thing, _, name, _ in store.quads_for_pattern(None, property_, None, DefaultGraph()):
                if isinstance(thing, NamedNode) and isinstance(name, Literal) and thing.value in left:
                    names[thing.value].add(name.value)
        return names

    def classes(self, iri: str) -> frozenset[str]:
        """Return the classes of a thing."""
        if iri not in self._classes:
            self._classes[iri] = frozenset(intern(each.value) for each in self._values(NamedNode(iri), _TYPE))
        return self._classes[iri]

    def _finest(self, iri: str) -> Set[str]:
        """Return the classes of a thing of which it is in none that is below."""
        types = self.classes(iri)
        return types.difference(*map(self._above, types))

    def _above(self, class_: str) -> frozenset[str]:
        """Return the classes above one."""
        if class_ not in self._wider:
            rows = self._graph.query(f"SELECT ?wider {{ <{class_}> rdfs:subClassOf+ ?wider }}")
            assert isinstance(rows, QuerySolutions)
            self._wider[class_] = frozenset(row["wider"].value for row in rows) - {class_}
        return self._wider[class_]

    def _terms_and_questions(self, words: Mapping[str, str]) -> Iterator[Name]:
        """Yield the names of terms that have a label, and of questions: of their titles, parameters and columns."""
        for type_, kind in _KINDS.items():
            for term in sorted(self._subjects(type_), key=str):
                if term.value in words and not term.value.startswith(_ELSEWHERE):
                    yield from self._names_of(term, kind, words[term.value])
        for question in self._questions.values():
            parameters = (text for each in question.parameters.values() for text in (each.name, each.label))
            for name in dict.fromkeys((question.title, question.name, *parameters, *question.columns)):
                yield Name(QUERY + question.name, name, question.title, N_("question"), kind="question")

    def _names_of(self, term: NamedNode, kind: str, label: str) -> Iterator[Name]:
        """Yield the names of a term; of a class or property of ours also the last part of its IRI."""
        if any(self._values(term, _DEPRECATED)):
            return
        names = [name for property_ in _NAMES for name in sorted(each.value for each in self._values(term, property_))]
        if kind != "code" and term.value.startswith(ONTOLOGY):
            names.append(term.value.removeprefix(ONTOLOGY))
        lists = [value.value.removeprefix(SCHEME).replace("-", " ") for value in self._values(term, _IN_LIST)]
        for name in {name.casefold(): name for name in reversed(names)}.values():
            yield Name(term.value, name, label, lists[0] if lists else kind, kind=kind)

    def _subjects(self, type_: NamedNode) -> Iterator[NamedNode]:
        found = self._graph.store.quads_for_pattern(None, _TYPE, type_, DefaultGraph())
        return (quad.subject for quad in found if isinstance(quad.subject, NamedNode))

    def _values(self, term: NamedNode, property_: NamedNode) -> Iterator[NamedNode | Literal]:
        found = self._graph.store.quads_for_pattern(term, property_, None, DefaultGraph())
        return (quad.object for quad in found if isinstance(quad.object, NamedNode | Literal))

    def told(self, found: Name) -> Name:
        """Return a name with what there is to tell if it is one of a term."""
        if found.kind not in COUNTED:
            return found
        if found.iri not in self._told:
            asked = {name: self._questions[name].title for name in self._asking(found)[:_MOST]}
            self._told[found.iri] = replace(found, count=self._count(found), questions=asked)
        known = self._told[found.iri]
        return replace(found, count=known.count, questions=known.questions)

    def _count(self, term: Name) -> int:
        return int(next(self._rows(_COUNTS[term.kind], term))["n"].value)

    def _asking(self, term: Name) -> list[str]:
        """Return the questions that take a term as a parameter or use it, the most particular first.

        Of those that take it the one with the shortest name comes first, of those that use it the one of fewest terms.
        """
        leading = self._rows(_LEADING[term.kind], term) if term.kind in _LEADING else ()
        others = {row["property"].value for row in leading}
        places = {name: self._place(name, term, others) for name in self._terms}
        sizes = {name: len(self._terms[name] if place % _LAYOUT in _USING else name) for name, place in places.items()}
        return sorted((name for name in places if places[name]), key=lambda name: (places[name], sizes[name], name))

    def _place(self, name: str, term: Name, others: Set[str]) -> int:
        """Return how far a question is from a term, or from others that lead to it; 0 has nothing to do with it."""
        question, terms = self._questions[name], self._terms[name]
        every = [each.of.split() for each in question.parameters.values()]
        taking = min((len(of) for of in every if any(_is_of(term, each) for each in of)), default=0)
        any_term = any(_META[term.kind] in of for of in every)
        near = (taking == 1, term.iri in terms, not terms.isdisjoint(others), bool(taking), any_term)
        place = near.index(True) + 1 if any(near) else 0
        return place + _LAYOUT if place and ON_LAYOUT in question.tags else place

    def _rows(self, query: str, term: Name) -> QuerySolutions:
        rows = self._graph.query(query.replace("<IRI>", str(NamedNode(term.iri))))
        assert isinstance(rows, QuerySolutions)
        return rows

    @cached_property
    def _terms(self) -> dict[str, frozenset[str]]:
        """The IRIs that each question names."""
        return {
            name: frozenset(leaf.value for leaf in query_of(question.query).leaves if leaf.kind == "iri")
            for name, question in self._questions.items()
        }


def _is_of(term: Name, name: str) -> bool:
    """Whether the name of a class or list, as a parameter gives it, stands for a term or for the list that it is in."""
    if term.kind == "code":
        return term.iri.startswith(f"{SCHEME}{name}/")
    return term.iri == ONTOLOGY + name.removeprefix("cg:")
