"""JSON-LD contexts: which short names a writer may use, and how a value is written under each.

A context is the part of JSON-LD 1.1 that keeps a file readable without knowing RDF: prefixes, terms for properties and
classes, ``@type`` and ``@language`` of values, and ``@container: @set``.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias

from clustergraph.errors import SourceError, Where
from clustergraph.export.names import Names
from clustergraph.terms import PREFIXES, VOCABULARIES

Json: TypeAlias = object

_XSD: Final = VOCABULARIES["xsd"]
_TYPE: Final = VOCABULARIES["rdf"] + "type"
_LITERAL: Final = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?', re.DOTALL)
_LONG_ESCAPE: Final = re.compile(r"\\U([0-9A-Fa-f]{8})")


@dataclass(frozen=True)
class Term:
    """A short name for a property."""

    name: str
    coercion: str = ""
    """``@id`` or the IRI of a datatype, where values are written without it."""
    language: str | None = None
    always_list: bool = False


class Context:
    """The short names of one JSON-LD file."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        """Read the value of ``@context``.

        Raises:
            ValueError: it uses a feature beyond what is described above.
        """
        self.document = dict(document)
        prefixes = {k: v for k, v in document.items() if isinstance(v, str) and v.endswith(("/", "#", ":"))}
        self.prefixes = {name: str(space) for name, space in prefixes.items()}
        self._names = Names(prefixes)
        self._properties: dict[str, list[Term]] = defaultdict(list)
        self._aliases: dict[str, str] = {}
        for name, definition in document.items():
            if name.startswith("@"):
                raise ValueError(f"{name} is not supported")
            if name in prefixes:
                continue
            if isinstance(definition, str) and definition.startswith("@"):
                self._aliases[definition] = name
            else:
                iri, term = _definition(name, definition, prefixes)
                self._properties[iri].append(term)
        self._iri = lru_cache(100_000)(self._compact)

    @classmethod
    def read(cls, path: Path) -> Context:
        """Return the context of a JSON file.

        Raises:
            SourceError: there is none that can be used.
        """
        try:
            document = json.loads(path.read_text("utf-8"))["@context"]
            return cls(document)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(f"not a JSON-LD context: {error}", where=Where(path)) from error

    def keyword(self, name: str) -> str:
        """Return how a keyword is written, such as ``id`` for ``@id``."""
        return self._aliases.get(name, name)

    def identifier(self, term: str) -> str:
        """Return how the subject of a node is written, from its N-Quads form."""
        return term if term.startswith("_:") else self._iri(term[1:-1])

    def pairs(self, predicate: str, objects: Sequence[str]) -> list[tuple[str, Json]]:
        """Return the names and values that a property with some objects gives, all from their N-Quads forms."""
        iri = predicate[1:-1]
        found: list[tuple[str, Json]] = []
        # A literal is no class, and is written like any other value.
        classes = [self._class(each) for each in objects if iri == _TYPE and not each.startswith('"')]
        if classes:
            found.append((self.keyword("@type"), _few(classes)))
        values: dict[Term, list[Json]] = defaultdict(list)
        for each in objects if not classes else [each for each in objects if each.startswith('"')]:
            term = self._term(iri, each)
            values[term].append(self._value(term, each))
        return found + [(term.name, each if term.always_list else _few(each)) for term, each in values.items()]

    def _class(self, term: str) -> str:
        if term.startswith("_:"):
            return term
        short = [each.name for each in self._properties.get(term[1:-1], []) if not each.coercion]
        return short[0] if short else self._iri(term[1:-1])

    def _term(self, iri: str, value: str) -> Term:
        """Return the name to use, the most special one that fits the value."""
        terms = self._properties.get(iri, [])
        plain = next((each for each in terms if not each.coercion and each.language is None), None)
        if value.startswith('"'):
            _, language, datatype = _parts(value)
            for each in terms:
                if (each.coercion and each.coercion == datatype) or (language and each.language == language):
                    return each
        else:
            for each in terms:
                if each.coercion == "@id":
                    return each
        return plain or Term(self._iri(iri))

    def _value(self, term: Term, value: str) -> Json:
        if not value.startswith('"'):
            name = self.identifier(value)
            return name if term.coercion == "@id" else {self.keyword("@id"): name}
        text, language, datatype = _parts(value)
        if language:
            return text if term.language == language else {"@value": text, "@language": language}
        if not datatype or term.coercion == datatype:
            return _native(text, datatype) if term.coercion else text
        return {"@value": text, "@type": self._iri(datatype)}

    def _compact(self, iri: str) -> str:
        name = self._names.short(iri)
        if name is None and iri.partition(":")[0] in self._names.prefixes and "://" not in iri:
            raise SourceError(f"<{iri}> would be read as a prefixed name", advice="use another format")
        return name or iri


def _definition(name: str, definition: Json, prefixes: Mapping[str, Json]) -> tuple[str, Term]:
    if isinstance(definition, str):
        return _expand(definition, prefixes), Term(name)
    if not isinstance(definition, dict) or not set(definition) <= {"@id", "@type", "@language", "@container"}:
        raise ValueError(f"{name!r} has a definition that is not supported")
    if definition.get("@container", "@set") != "@set" or not isinstance(definition.get("@id"), str):
        raise ValueError(f"{name!r} needs an @id, and @set is the only container")
    coercion = definition.get("@type", "")
    if coercion not in ("", "@id"):
        coercion = _expand(coercion, prefixes)
    term = Term(name, coercion, definition.get("@language"), "@container" in definition)
    return _expand(definition["@id"], prefixes), term


def _expand(name: str, prefixes: Mapping[str, Json]) -> str:
    prefix, _, local = name.partition(":")
    return f"{prefixes[prefix]}{local}" if prefix in prefixes and not local.startswith("//") else name


def _parts(literal: str) -> tuple[str, str, str]:
    """Return text, language and datatype of a literal as N-Quads writes it."""
    found = _LITERAL.fullmatch(literal)
    assert found is not None, literal
    text, language, datatype = found.groups("")
    # The escapes of N-Quads are those of JSON, but for the long one.
    text = _LONG_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return json.loads(f'"{text}"', strict=False), language, datatype


def _native(text: str, datatype: str) -> Json:
    """Return a number or truth value where JSON has the same one, written the same."""
    if datatype == f"{_XSD}integer" and re.fullmatch(r"0|-?[1-9][0-9]{0,14}", text):
        return int(text)
    if datatype == f"{_XSD}boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _few(values: list[Json] | list[str]) -> Json:
    return values[0] if len(values) == 1 else values


PLAIN: Final = Context({**PREFIXES})
"""The prefixes of the project and nothing else: what dumps are written with."""
