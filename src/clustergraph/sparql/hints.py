"""Hints for who writes a query: what in it can match nothing in this graph, and what may be meant.

Every hint is true of the store: what it says is not there has been looked for, and what it suggests is there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property
from itertools import islice
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Store, parse

from clustergraph.errors import ClustergraphError
from clustergraph.sparql.parser import query_of
from clustergraph.sparql.tree import (
    Bind,
    Clause,
    Expression,
    Leaf,
    Node,
    PathNode,
    Query,
    TriplePattern,
    Values,
    every,
    services,
    walk,
)
from clustergraph.terms import BASE, HOME, ID, PREFIXES, VOCABULARIES, compact, expand

_LONGEST: Final = 4_000
"""Queries that are longer were not typed by anybody."""
_MOST: Final = 5
_MOST_READ: Final = 30_000
"""So many statements are read at the most to find the languages of names, or things with a name like another."""
_MOST_UNKNOWN: Final = 3
"""More names than this are not misspelt but meant for another graph; to look for what is near takes time."""
_OF_TEXT: Final = frozenset({
    "GROUP_CONCAT", "CONCAT", "CONTAINS", "STRSTARTS", "STRENDS", "STRBEFORE", "STRAFTER", "STRLEN", "SUBSTR",
    "UCASE", "LCASE", "REPLACE", "REGEX",
})  # fmt: skip
"""Functions that take texts, and give an error for an IRI."""
_ALIKE: Final = 0.85
"""How like a name of another vocabulary must be to one in the graph, which has few of its terms."""
_COMMON: Final = tuple(PREFIXES[prefix] for prefix in ("rdfs", "skos", "cg", "rdf", "dcterms", "owl"))
"""The spaces of which one is easily taken for another."""
_KINDS: Final = tuple(map(expand, (
    "owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty", "rdf:Property", "rdfs:Class",
    "skos:Concept",
)))  # fmt: skip
_TYPE, _LINK = expand("rdf:type"), expand("owl:ObjectProperty")
_NAMES: Final = tuple(map(expand, ("skos:notation", "skos:prefLabel", "rdfs:label", "skos:altLabel", "cg:acronym")))
_LABELS: Final = tuple(map(expand, ("skos:prefLabel", "skos:altLabel")))
_DATATYPES: Final = tuple(
    expand(f"xsd:{name}") for name in ("integer", "decimal", "date", "gYear", "gYearMonth", "boolean", "anyURI")
)
_STRING: Final = expand("xsd:string")

_TEXT: Final = re.compile("[\"']|" + "|".join(sorted(_OF_TEXT)), re.IGNORECASE)
_DECLARED: Final = re.compile(r"PREFIX\s+([\w.-]*):\s*<([^<>\s]*)>", re.IGNORECASE)
_NAMED: Final = re.compile(r"([A-Za-z][\w-]*):([\w.%-]*[\w%-]|)")
_WHOLE: Final = re.compile(r"<([^<>\s]*)>")

Property = NamedNode | None
"""A predicate; None is any."""


@dataclass(frozen=True)
class Vocabulary:
    """The terms of a graph: its classes, properties and codes."""

    current: frozenset[str]
    """Those that are not deprecated."""
    successors: Mapping[str, tuple[str, ...]]
    """What stands for each that is deprecated."""
    links: frozenset[str]
    """The properties that lead to things and not to texts or numbers."""
    languages: tuple[str, ...]
    """The languages of its names."""

    @classmethod
    def of(cls, store: Store) -> "Vocabulary":
        """Read the vocabulary of a store."""

        def subjects(property_: NamedNode, value: NamedNode | Literal) -> set[str]:
            return {quad.subject.value for quad in store.quads_for_pattern(None, property_, value, DefaultGraph())
                    if isinstance(quad.subject, NamedNode)}  # fmt: skip

        gone = subjects(expand("owl:deprecated"), Literal(True))
        successor, merged = expand("dcterms:isReplacedBy"), DefaultGraph()
        successors = {
            iri: tuple(sorted(q.object.value for q in store.quads_for_pattern(NamedNode(iri), successor, None, merged)
                              if isinstance(q.object, NamedNode)))
            for iri in gone
        }  # fmt: skip
        labels = (store.quads_for_pattern(None, each, None, merged) for each in _LABELS)
        names = (quad.object for found in labels for quad in islice(found, _MOST_READ))
        languages = tuple(sorted({name.language for name in names if isinstance(name, Literal) and name.language}))
        declared = frozenset().union(*(subjects(_TYPE, kind) for kind in _KINDS))
        return cls(declared - gone, successors, frozenset(subjects(_TYPE, _LINK)) | {_TYPE.value}, languages)


def may_need(query: str, current: frozenset[str]) -> bool:
    """Return whether a query has to be read to know whether there is a hint: a good part of the time of its answer.

    That is so unless all its names are current terms, and no text stands in it and no function that takes texts.

    >>> known = frozenset([PREFIXES["cg"] + "Region"])
    >>> may_need("ASK { ?region a cg:Region. }", known), may_need("ASK { ?region a cg:Regoin }", known)
    (False, True)
    """
    if len(query) > _LONGEST:
        return False
    if _TEXT.search(query) or any(PREFIXES.get(prefix) != space for prefix, space in _DECLARED.findall(query)):
        return True
    rest = _DECLARED.sub("", query)
    named = (PREFIXES[prefix] + name for prefix, name in _NAMED.findall(rest) if prefix in PREFIXES)
    return not current.issuperset([*named, *_WHOLE.findall(rest)])


def hints(query: str, vocabulary: Vocabulary, store: Store) -> tuple[str, ...]:
    """Return a sentence for each mistake that is seen in a query; none if it is malformed, which others tell."""
    if not may_need(query, vocabulary.current):
        return ()
    try:
        tree = query_of(query)
    except ClustergraphError:
        return ()
    return tuple(islice(dict.fromkeys(_Reader(tree, vocabulary, store).hints()), _MOST))


class _Reader:
    """Reads a query beside the store that it is asked of."""

    def __init__(self, tree: Query, vocabulary: Vocabulary, store: Store) -> None:
        self._vocabulary = vocabulary
        self._store = store
        self._nodes = _asked(tree)
        self._patterns = [node for node in self._nodes if isinstance(node, TriplePattern)]
        self._leaves = [node for node in self._nodes if isinstance(node, Leaf)]
        self._computed = {node.variable.value for node in self._nodes if isinstance(node, Bind)}

    def hints(self) -> Iterator[str]:
        yield from islice(self._unknown(), _MOST_UNKNOWN)
        yield from self._deprecated()
        for properties, leaf in self._texts():
            yield from self._text(properties, leaf)
        yield from self._functions()

    # Names

    def _unknown(self) -> Iterator[str]:
        """Tell names that the graph does not have: any of ours, and such of others that are near to one that it has."""
        ours = {leaf.value for leaf in self._leaves if leaf.kind == "iri" and leaf.value.startswith(_ours())}
        for iri in dict.fromkeys(leaf.value for leaf in self._leaves if leaf.kind == "iri"):
            if iri not in ours | self._foreign or iri[-1] in "/#" or self._is_known(iri):
                continue
            meant = self._meant(iri)
            if meant or iri in ours:
                guess = f"; did you mean {' or '.join(map(compact, meant))}?" if meant else ""
                yield f"there is no {compact(iri)} in this graph{guess}"

    @cached_property
    def _foreign(self) -> frozenset[str]:
        """The properties and classes of other vocabularies that have a prefix; XSD's types need not be in the graph."""
        verbs = [leaf for pattern in self._patterns for leaf in every(Leaf, pattern.path)]
        classes = [pattern.object for pattern in self._patterns if _TYPE in _properties(pattern.path)]
        spaces = tuple(space for prefix, space in VOCABULARIES.items() if prefix != "xsd")
        return frozenset(
            leaf.value for leaf in (*verbs, *classes) if leaf.kind == "iri" and leaf.value.startswith(spaces)
        )

    def _is_known(self, iri: str) -> bool:
        node = NamedNode(iri)
        places = (
            (node, None, None, None),
            (None, node, None, None),
            (None, None, node, None),
            (None, None, None, node),
        )
        return any(next(self._store.quads_for_pattern(*place), None) is not None for place in places)

    def _meant(self, iri: str) -> list[str]:
        """Return what a name may stand for: what is very like it, is called so, has another prefix, or is like it."""
        name, gone = re.split("[/#]", iri)[-1], self._vocabulary.successors
        place = iri.removesuffix(name)
        like = [each for each in self._like(place, name) if each not in gone]
        very = [each for each in like if SequenceMatcher(None, each.removeprefix(place), name).ratio() >= _ALIKE]
        spaces = PREFIXES.values() if iri.startswith(_ours()) else _COMMON if iri.startswith(_COMMON) else ()
        same = [space + name for space in spaces if space + name not in gone and self._is_known(space + name)]
        called = self._bearing(name.replace("-", " ")) if iri.startswith(ID) else ()
        named = [each for each in dict.fromkeys(thing.value for thing in called) if each not in gone]
        return (very or named or same or (like if iri.startswith(_ours()) else []))[:2]

    def _like(self, place: str, name: str) -> list[str]:
        """Return what is most like a name, in the same place; of things of a large graph only some are looked at."""
        known = self._things if place.startswith(ID) else self._vocabulary.current
        names = sorted(each.removeprefix(place) for each in known if each.startswith(place))
        return [place + each for each in get_close_matches(name, names)]

    @cached_property
    def _things(self) -> set[str]:
        typed = islice(self._store.quads_for_pattern(None, _TYPE, None, DefaultGraph()), _MOST_READ)
        return {quad.subject.value for quad in typed if isinstance(quad.subject, NamedNode)}

    def _deprecated(self) -> Iterator[str]:
        for iri in dict.fromkeys(leaf.value for leaf in self._leaves if leaf.kind == "iri"):
            if iri in self._vocabulary.successors:
                meant = ", ".join(map(compact, self._vocabulary.successors[iri]))
                yield f"{compact(iri)} is deprecated" + (f"; use {meant}" if meant else "")

    # Texts

    def _texts(self) -> Iterator[tuple[set[Property], Leaf]]:
        """Yield the literals that values are compared with, each with the properties that have these values."""
        for pattern in self._patterns:
            if pattern.object.kind == "literal":
                yield _properties(pattern.path), pattern.object
        for variable, leaf in self._compared():
            if leaf.kind == "literal" and leaf.value[0] in "\"'":
                yield self._properties_of(variable), leaf

    def _compared(self) -> Iterator[tuple[Leaf, Leaf]]:
        """Yield the variables that are set beside a term, and the term."""
        for node in self._nodes:
            if isinstance(node, Values):
                pairs = ((name, term) for row in node.rows for name, term in zip(node.variables, row, strict=False))
                yield from ((name, term) for name, term in pairs if term)
            elif isinstance(node, Expression):
                for sign, left, right in zip(node.signs, node.parts, node.parts[1:], strict=False):
                    if sign in ("=", "!=", "IN", "NOT IN"):
                        yield from _sides(left, right)

    def _properties_of(self, variable: Leaf) -> set[Property]:
        """Return the properties whose values a variable stands for; none if they may be computed."""
        if variable.value in self._computed:
            return set()
        return set().union(*(_properties(pattern.path) for pattern in self._patterns if _is(pattern.object, variable)))

    def _text(self, properties: set[Property], leaf: Leaf) -> Iterator[str]:
        """Tell that no property has such a value, but the same text otherwise, or things that are called so."""
        literal = _literal(leaf)
        if not properties or any(self._has(each, literal) for each in properties):
            return
        known = sorted(self._heirs(properties), key=str)
        written = {_literal(each) for each in self._leaves if each.kind == "literal"}
        found = [(each, form) for each in known for form in self._forms(literal.value) if self._has(each, form)]
        if found and not written.intersection(form for _, form in found):
            forms = " or ".join(dict.fromkeys(_shown(form) for _, form in found))
            yield f"{_no(found[0][0])} {_shown(literal)}; write {forms}"
        elif not found and all(each and each.value in self._vocabulary.links for each in known):
            yield from self._thing([each for each in known if each], literal)

    def _thing(self, links: list[NamedNode], literal: Literal) -> Iterator[str]:
        called = [(link, thing) for link in links for thing in self._called(literal.value, link)]
        link, write = (called[0][0], f"for {_shown(literal)} write {compact(called[0][1].value)}") if called else (
            links[0], "give the IRI of one")  # fmt: skip
        yield f"the values of {compact(link.value)} are things, not texts; {write}"

    def _called(self, text: str, link: NamedNode) -> Iterator[NamedNode]:
        """Yield the values of a link that are called so."""
        return (thing for thing in self._bearing(text) if self._has(link, thing))

    def _bearing(self, text: str) -> Iterator[NamedNode]:
        """Yield what bears a name, in small or capital letters."""
        for name in dict.fromkeys((text, text.lower(), text.capitalize(), text.title())):
            for form in self._forms(name):
                for quad in self._store.quads_for_pattern(None, None, form, DefaultGraph()):
                    if quad.predicate in _NAMES and isinstance(quad.subject, NamedNode):
                        yield quad.subject

    def _heirs(self, properties: set[Property]) -> set[Property]:
        """Return properties, with successors that are properties in the place of those that are deprecated."""
        heirs: set[Property] = set()
        for each in properties:
            later = self._vocabulary.successors.get(each.value, ()) if each else ()
            used = {
                node for node in map(NamedNode, later) if next(self._store.quads_for_pattern(None, node, None), None)
            }
            heirs |= used or {each}
        return heirs

    def _forms(self, text: str) -> Iterator[Literal]:
        yield Literal(text)
        yield from (Literal(text, language=language) for language in self._vocabulary.languages)
        yield from (Literal(text, datatype=each) for each in _DATATYPES)

    def _has(self, property_: Property, value: NamedNode | Literal) -> bool:
        return next(self._store.quads_for_pattern(None, property_, value), None) is not None

    # Functions

    def _functions(self) -> Iterator[str]:
        for call in (node for node in self._nodes if isinstance(node, Expression) and node.name in _OF_TEXT):
            for part in map(_bare, call.parts):
                if isinstance(part, Leaf) and part.kind == "variable" and self._is_iri(part):
                    name = f"?{part.value}"
                    yield f"{call.name} takes texts, and {name} is an IRI: write STR({name}) in it, or take its label"

    def _is_iri(self, variable: Leaf) -> bool:
        """Whether a variable can stand for an IRI only."""
        valued = [_properties(each.path) for each in self._patterns if _is(each.object, variable)]
        if variable.value in self._computed or not all(map(self._are_links, valued)):
            return False
        graphs = [node.name for node in self._nodes if isinstance(node, Clause) and node.name]
        others = [leaf for pattern in self._patterns for leaf in (pattern.subject, pattern.path)]
        return bool(valued) or any(_is(each, variable) for each in (*graphs, *others))

    def _are_links(self, properties: set[Property]) -> bool:
        return bool(properties) and all(each and each.value in self._vocabulary.links for each in properties)


def _asked(tree: Query) -> list[Node]:
    """Return the nodes of a query that are matched in this graph: none of a template, and none for another host."""
    selection = tree.selection
    apart: list[Node] = [*services(tree)]
    if selection.template and selection.template is not selection.group:
        apart.append(selection.template)
    return [node for node in walk(selection) if not any(each.start <= node.start < each.end for each in apart)]


def _properties(path: Leaf | PathNode) -> set[Property]:
    """Return the properties that the last step of a path can be; none where it leads from values to things.

    >>> [pattern] = every(TriplePattern, query_of("ASK { ?s <p:a>/(<p:b>|<p:c>) ?o }").selection)
    >>> sorted(each.value for each in _properties(pattern.path))
    ['p:b', 'p:c']
    """
    if isinstance(path, Leaf):
        return {NamedNode(path.value) if path.kind == "iri" else None}
    if path.sign in "^!":
        return set()
    return set().union(*map(_properties, path.parts[-1:] if path.sign == "/" else path.parts))


def _sides(left: Node, right: Node) -> Iterator[tuple[Leaf, Leaf]]:
    """Yield the variable and each term of a comparison, on whatever side they stand."""
    left, right = _bare(left), _bare(right)
    terms = right.parts if isinstance(right, Expression) and not right.name else (right,)
    for one, other in [(left, term) for term in terms] + [(right, left)]:
        if isinstance(one, Leaf) and isinstance(other, Leaf) and one.kind == "variable" and other.kind != "variable":
            yield one, other


def _bare(node: Node) -> Node:
    """Return what is in brackets."""
    while (
        isinstance(node, Expression)
        and not node.name
        and len(node.parts) == 1
        and isinstance(node.parts[0], Expression | Leaf)
    ):
        node = node.parts[0]
    return node


def _is(leaf: Node, variable: Leaf) -> bool:
    return isinstance(leaf, Leaf) and (leaf.kind, leaf.value) == (variable.kind, variable.value)


def _literal(leaf: Leaf) -> Literal:
    """Return the literal that a leaf writes, as the store has it."""
    [quad] = parse(f"<x:s> <x:p> {leaf.value} .", RdfFormat.TURTLE)
    assert isinstance(quad.object, Literal)
    return quad.object


def _no(property_: Property) -> str:
    return f"no {compact(property_.value)} is" if property_ else "nothing has the value"


def _shown(literal: Literal) -> str:
    """Return a literal as a query writes it.

    >>> _shown(Literal("Lyon", language="fr")), _shown(Literal("2016", datatype=expand("xsd:gYear")))
    ('"Lyon"@fr', '"2016"^^xsd:gYear')
    """
    if literal.language or literal.datatype == _STRING:
        return str(literal)
    return f"{Literal(literal.value)}^^{compact(literal.datatype.value)}"


def _ours() -> tuple[str, ...]:
    """Return the spaces of our terms and things, and those of the project: whatever they do not have is misspelt."""
    return tuple(space for space in PREFIXES.values() if space.startswith((BASE, HOME.base)))
