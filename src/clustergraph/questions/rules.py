"""OWL axioms as patterns: where the pattern of an axiom matches, a triple follows.

Those that are compiled are the axioms of OWL 2 RL (https://www.w3.org/TR/owl2-profiles/#OWL_2_RL) on subclasses,
subproperties, inverse, symmetric and transitive properties, property chains, and classes defined by a value. Domains
and ranges are left to the checks: a wrong subject is an error to be found, not a type to be inferred.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

from pyoxigraph import DefaultGraph, NamedNode, Store

from clustergraph.errors import SourceError, Where
from clustergraph.languages.messages import gettext
from clustergraph.layers import Layers
from clustergraph.rdf.files import text_of
from clustergraph.rdf.reading import solutions
from clustergraph.terms import CATALOGUE, PREFIXES

_IRI: Final = re.compile("<([^<>]*)>")


@dataclass(frozen=True)
class Axiom:
    """An axiom compiled to a pattern: where it matches, a triple follows."""

    name: str
    """The name of the OWL 2 RL rule, such as ``cax-sco``."""
    pattern: str
    triple: str

    def construct(self) -> str:
        """Return the query that gives what follows and is not yet there.

        >>> print(Axiom("prp-symp", "?x <p:knows> ?y", "?y <p:knows> ?x").construct())
        CONSTRUCT { ?y <p:knows> ?x } WHERE { ?x <p:knows> ?y FILTER NOT EXISTS { ?y <p:knows> ?x } }
        """
        return f"CONSTRUCT {{ {self.triple} }} WHERE {{ {self.pattern} FILTER NOT EXISTS {{ {self.triple} }} }}"

    def words(self, label: Callable[[NamedNode], str]) -> str:
        """Return in words why what it says follows.

        >>> axiom = Axiom("prp-spo1", "?x <p:leads> ?y", "?x <p:takesPart> ?y")
        >>> axiom.words(lambda node: node.value[2:])
        'What "leads" something also "takesPart" it.'
        """
        given, (last, *_) = (
            [label(NamedNode(iri)) for iri in _IRI.findall(text)] for text in (self.pattern, self.triple)
        )
        first = given[0] if given else ""
        match self.name:
            case "cax-sco" | "cls-int":
                return gettext("Each %(one)s is also a %(other)s.", one=first, other=last)
            case "prp-spo1":
                return gettext('What "%(one)s" something also "%(other)s" it.', one=first, other=last)
            case "prp-inv":
                return gettext('"%(one)s" the other way round is "%(other)s".', one=first, other=last)
            case "prp-symp":
                return gettext('"%(one)s" holds both ways.', one=first)
            case "prp-trp":
                return gettext('"%(one)s" is passed on over several steps.', one=first)
            case "prp-spo2":
                joined = gettext(" and then ").join(f'"{name}"' for name in given)
                return gettext('%(several)s together give "%(other)s".', several=joined, other=last)
            case "cls-hv1":
                value = label(NamedNode(_IRI.findall(self.triple)[1]))
                return gettext('Each %(one)s "%(other)s" %(value)s.', one=first, other=last, value=value)
            case _:
                return gettext("A %(one)s of this kind is a %(other)s.", one=first, other=last)


def axioms(store: Store) -> list[Axiom]:
    """Return the axioms in the default graph of a store."""
    return [*_classes(store), *_properties(store), *_chains(store), *_value_classes(store)]


def _pairs(store: Store, pattern: str) -> Iterator[tuple[str, str]]:
    """Yield the IRIs that ?a and ?b take in a pattern, sorted."""
    query = f"SELECT DISTINCT ?a ?b {{ {pattern} FILTER(isIRI(?a) && isIRI(?b) && ?a != ?b) }} ORDER BY ?a ?b"
    for row in solutions(store, query):
        yield str(row["a"]), str(row["b"])


def _classes(store: Store) -> Iterator[Axiom]:
    for sub, sup in _pairs(store, "?a rdfs:subClassOf|owl:equivalentClass|^owl:equivalentClass ?b"):
        yield Axiom("cax-sco", f"?x a {sub}", f"?x a {sup}")


def _properties(store: Store) -> Iterator[Axiom]:
    for sub, sup in _pairs(store, "?a rdfs:subPropertyOf ?b"):
        yield Axiom("prp-spo1", f"?x {sub} ?y", f"?x {sup} ?y")
    for left, right in _pairs(store, "?a owl:inverseOf|^owl:inverseOf ?b"):
        yield Axiom("prp-inv", f"?x {left} ?y", f"?y {right} ?x")
    for symmetric, _ in _pairs(store, "?a a owl:SymmetricProperty, ?b"):
        yield Axiom("prp-symp", f"?x {symmetric} ?y", f"?y {symmetric} ?x")
    for transitive, _ in _pairs(store, "?a a owl:TransitiveProperty, ?b"):
        yield Axiom("prp-trp", f"?x {transitive} ?y . ?y {transitive} ?z", f"?x {transitive} ?z")


def _chains(store: Store) -> Iterator[Axiom]:
    for quad in store.quads_for_pattern(None, NamedNode(PREFIXES["owl"] + "propertyChainAxiom"), None, DefaultGraph()):
        steps = [f"?x{place} {step} ?x{place + 1}" for place, step in enumerate(_members(store, quad.object))]
        yield Axiom("prp-spo2", " . ".join(steps), f"?x0 {quad.subject} ?x{len(steps)}")


def _members(store: Store, head: object) -> Iterator[str]:
    first, rest, nil = (NamedNode(PREFIXES["rdf"] + name) for name in ("first", "rest", "nil"))
    while head != nil:
        (cell,) = store.quads_for_pattern(head, first, None, DefaultGraph())  # type: ignore[arg-type]  # any RDF node
        yield str(cell.object)
        (link,) = store.quads_for_pattern(head, rest, None, DefaultGraph())  # type: ignore[arg-type]
        head = link.object


def _value_classes(store: Store) -> Iterator[Axiom]:
    """Compile classes that are a named class with a given value (cls-int, cls-hv1, cls-hv2)."""
    query = """SELECT ?class ?genus ?property ?value {
        ?class owl:equivalentClass/owl:intersectionOf ?parts . ?parts rdf:rest/rdf:rest rdf:nil .
        ?parts rdf:rest*/rdf:first ?genus, ?restriction . FILTER isIRI(?genus)
        ?restriction owl:onProperty ?property ; owl:hasValue ?value } ORDER BY ?class"""
    for row in solutions(store, query):
        class_, genus, property_, value = (str(row[name]) for name in ("class", "genus", "property", "value"))
        yield Axiom("cls-hv2", f"?x a {genus} ; {property_} {value}", f"?x a {class_}")
        yield Axiom("cls-hv1", f"?x a {class_}", f"?x {property_} {value}")
        yield Axiom("cls-int", f"?x a {class_}", f"?x a {genus}")


_SUMMARY: Final = re.compile(r"\A#\+ summary: (.+)$", re.MULTILINE)
_AFTER: Final = re.compile(r"^#\+ after: (.+)$", re.MULTILINE)

RULES_QUERY: Final = f"""SELECT ?rule ?construct {{
  GRAPH {CATALOGUE} {{ ?rule a sh:SPARQLConstructExecutable ; sh:construct ?construct }} }} ORDER BY ?rule"""
"""Gives the files of the rules that a release carries."""


@dataclass(frozen=True)
class Rule:
    """A CONSTRUCT query in a file that says in its first line what follows."""

    path: Path
    query: str
    summary: str
    after: tuple[str, ...] = ()
    """The names of the rules on which it builds with a negation or an aggregate, so that they come first."""

    @classmethod
    def read(cls, path: Path) -> Rule:
        """Return the rule of a file.

        Raises:
            SourceError: it does not begin with its summary.
        """
        text = text_of(path)
        found = _SUMMARY.match(text)
        if not found:
            raise SourceError("a rule begins with a line '#+ summary: …'", where=Where(path, 1))
        after = _AFTER.search(text)
        return cls(path, text, found[1].strip(), tuple(re.split(r",\s*", after[1].strip())) if after else ())


def load(folder: Layers | Path) -> list[Rule]:
    """Return the rules of a folder in the order of their names, but each after those that it names.

    Raises:
        SourceError: a file is not as it should be, or names a rule that there is not or that comes after it.
    """
    folder = Layers.of(folder)
    rules = {path.stem: Rule.read(path) for path in folder.glob("*.rq")}
    order = TopologicalSorter(dict.fromkeys(rules, ()))
    for name, rule in rules.items():
        if unknown := set(rule.after) - rules.keys():
            raise SourceError(f"there is no rule {min(unknown)} for this to come after", where=Where(rule.path))
        order.add(name, *rule.after)
    try:
        return [rules[name] for name in order.static_order()]
    except CycleError as error:
        raise SourceError(
            f"rules come after each other: {', '.join(error.args[1])}", where=Where(folder.own)
        ) from error
