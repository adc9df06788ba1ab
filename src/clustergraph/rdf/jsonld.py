"""JSON-LD: which short names a context gives, how values are written under each, and graphs as trees.

A context is the part of JSON-LD 1.1 that keeps a file readable without knowing RDF: prefixes, terms for properties and
classes, ``@type`` and ``@language`` of values, ``@container: @set``, and for trees ``@reverse``.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeAlias

from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.errors import ClustergraphError, SourceError, Where
from clustergraph.rdf.files import text_of
from clustergraph.rdf.turtle import Names, Node, Value
from clustergraph.terms import PREFIXES, VOCABULARIES

Json: TypeAlias = Any

_XSD: Final = VOCABULARIES["xsd"]
_NATIVE: Final = {_XSD + "integer": re.compile(r"0|-?[1-9][0-9]{0,14}"), _XSD + "boolean": re.compile("true|false")}
"""The numbers and truth values that JSON has, too, and writes the same."""
_PREF_LABEL: Final = VOCABULARIES["skos"] + "prefLabel"
_TYPE: Final = VOCABULARIES["rdf"] + "type"
_DEFINED: Final = {"@id", "@type", "@language", "@container", "@reverse"}


@dataclass(frozen=True)
class Term:
    """A short name for a property."""

    name: str
    iri: str
    coercion: str = ""
    """``@id``, ``@vocab`` for classes, or the IRI of a datatype, where values are written without it."""
    language: str | None = None
    always_list: bool = False
    reverse: bool = False
    """Whether it leads from an object to its subjects."""

    @classmethod
    def of(cls, name: str, definition: Json, prefixes: Mapping[str, str]) -> Term:
        """Read the definition of a name; raises `ValueError` for a feature that is not described above."""
        if isinstance(definition, str):
            return cls(name, _expand(definition, prefixes))
        if not isinstance(definition, dict) or not set(definition) <= _DEFINED:
            raise ValueError(f"{name!r} has a definition that is not supported")
        meant = definition.get("@reverse", definition.get("@id"))
        if definition.get("@container", "@set") != "@set" or not isinstance(meant, str):
            raise ValueError(f"{name!r} needs an @id, and @set is the only container")
        coercion, language = _expand(definition.get("@type", ""), prefixes), definition.get("@language")
        several = "@container" in definition
        return cls(name, _expand(meant, prefixes), coercion, language, several, "@reverse" in definition)

    def written(self, values: list[Json]) -> Json:
        """Return values as they stand behind the name."""
        return values[0] if len(values) == 1 and not self.always_list else values


class JsonLdContext:
    """The short names of one JSON-LD file."""

    def __init__(self, document: Mapping[str, Json], *, shortens: bool = True) -> None:
        """Read the value of ``@context``, whose prefixes may shorten IRIs; see `Term.of`."""
        self.document = dict(document)
        self.prefixes = {k: v for k, v in document.items() if isinstance(v, str) and v.endswith(("/", "#", ":"))}
        self._names = Names(self.prefixes if shortens else {})
        self._keywords: dict[str, str] = {}
        terms: list[Term] = []
        for name, definition in document.items():
            if name.startswith("@"):
                raise ValueError(f"{name} is not supported")
            if isinstance(definition, str) and definition.startswith("@"):
                self._keywords[definition] = name
            elif name not in self.prefixes:
                terms.append(Term.of(name, definition, self.prefixes))
        self.terms = (Term(self.keyword("@type"), _TYPE, "@vocab"), *terms)
        """The names of properties and classes, those of the classes of a thing first."""
        self._properties: dict[str, list[Term]] = defaultdict(list)
        for term in self.terms:
            self._properties[term.iri].append(term)
        self.iri = lru_cache(100_000)(self._iri)

    @classmethod
    def read(cls, path: Path) -> JsonLdContext:
        """Return the context of a JSON file for a graph written node by node; raises `SourceError` if it has none."""
        try:
            context = cls(json.loads(text_of(path))["@context"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(f"not a JSON-LD context: {error}", where=Where(path)) from error
        if any(term.reverse for term in context.terms):
            raise SourceError("not a JSON-LD context: @reverse is not supported", where=Where(path))
        return context

    def keyword(self, name: str) -> str:
        """Return how a keyword is written, such as ``id`` for ``@id``."""
        return self._keywords.get(name, name)

    def identifier(self, node: Value) -> str:
        """Return how a node is named."""
        return self.iri(node.value) if isinstance(node, NamedNode) else str(node)

    def node(self, subject: Node, quads: Iterable[Quad]) -> dict[str, Json]:
        """Return the object of a node, from the statements about it, which are sorted."""
        found = {self.keyword("@id"): self.identifier(subject)}
        for predicate, same in groupby(quads, key=lambda quad: quad.predicate):
            values: dict[Term, list[Json]] = defaultdict(list)
            for quad in same:
                term = self._term(predicate.value, quad.object)
                values[term].append(self.value(term, quad.object))
            found |= {term.name: term.written(each) for term, each in values.items()}
        return found

    def _term(self, iri: str, value: Value) -> Term:
        """Return the name to use, the most special one that fits the value."""
        terms = self._properties.get(iri, ())
        for each in terms:
            if not isinstance(value, Literal):
                if each.coercion in ("@id", "@vocab"):
                    return each
            elif each.coercion == value.datatype.value or (value.language and each.language == value.language):
                return each
        plain = (each for each in terms if not each.coercion and each.language is None)
        return next(plain, None) or Term(self.iri(iri), iri)

    def value(self, term: Term, value: Value) -> Json:
        """Return how a value of a property is written."""
        if isinstance(value, Literal):
            return self._literal(term, value)
        name = self.identifier(value)
        if term.coercion == "@vocab" and isinstance(value, NamedNode):
            return next((each.name for each in self._properties.get(value.value, ()) if not each.coercion), name)
        return name if term.coercion else {self.keyword("@id"): name}

    def _literal(self, term: Term, literal: Literal) -> Json:
        text, datatype = literal.value, literal.datatype.value
        if literal.language:
            return text if literal.language == term.language else {"@value": text, "@language": literal.language}
        if datatype in _NATIVE and term.coercion in ("", datatype) and _NATIVE[datatype].fullmatch(text):
            return json.loads(text)
        if datatype == (term.coercion or _XSD + "string"):
            return {"@value": text} if term.language else text
        return {"@value": text} if datatype == _XSD + "string" else {"@value": text, "@type": self.iri(datatype)}

    def _iri(self, iri: str) -> str:
        name = self._names.short(iri)
        if name is None and iri.partition(":")[0] in self.prefixes and "://" not in iri:
            raise SourceError(f"<{iri}> would be read as a prefixed name", advice="use another format")
        return name or iri


def _expand(name: str, prefixes: Mapping[str, str]) -> str:
    prefix, _, local = name.partition(":")
    return f"{prefixes[prefix]}{local}" if prefix in prefixes and not local.startswith("//") else name


PLAIN: Final = JsonLdContext({**PREFIXES})
"""The prefixes of the project and nothing else: what dumps are written with."""


class Tree:
    """A graph that is read from a root downwards, with what belongs to a node inside it.

    A reader who knows no RDF sees plain objects with names and values; a reader who does gets the same triples back.
    """

    def __init__(self, quads: Iterable[Quad], context: JsonLdContext) -> None:
        """Take a graph without blank nodes; raises `ClustergraphError` for a predicate that the context has not."""
        self._context = context
        self._outward: dict[tuple[Value, str], list[Value]] = defaultdict(list)
        self._inward: dict[tuple[Value, str], list[Value]] = defaultdict(list)
        ordered = sorted(set(quads), key=str)
        for quad in ordered:
            self._outward[quad.subject, quad.predicate.value].append(quad.object)
            self._inward[quad.object, quad.predicate.value].append(quad.subject)
        self._subjects = {quad.subject for quad in ordered}
        self._told: set[Value] = set()
        if unnamed := {quad.predicate.value for quad in ordered} - {term.iri for term in context.terms}:
            advice = "name it in context.jsonld, beside the queries"
            raise ClustergraphError(f"the context has no name for {', '.join(sorted(unnamed))}", advice=advice)

    def branch(self, node: NamedNode) -> dict[str, Json]:
        """Return the object of a node, with what belongs to it inside; what has been told has its name only."""
        found: dict[str, Json] = {self._context.keyword("@id"): node.value}
        short = node in self._told
        self._told.add(node)
        for term in self._context.terms:
            values = (self._inward if term.reverse else self._outward).get((node, term.iri))
            if values and (not short or term.iri == _PREF_LABEL):
                found[term.name] = term.written([self._value(term, each) for each in values])
        return found

    def _value(self, term: Term, value: Value) -> Json:
        if isinstance(value, NamedNode) and (term.reverse or (value in self._subjects and term.coercion != "@vocab")):
            return self.branch(value)
        return self._context.value(term, value)
