"""The imprint: what a graph says of itself and of who publishes it, as statements of its catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from pyoxigraph import Literal, NamedNode, Quad, Store

from clustergraph.terms import BASE, CATALOGUE, declare, expand

_DATASET: Final = expand("void:Dataset")
_TEXTS: Final = {"title": "dcterms:title", "description": "dcterms:description"}
_LINKS: Final = {"licence": "dcterms:license", "publisher": "dcterms:publisher"}
_SPACE: Final = expand("void:uriSpace")
_LANGUAGE: Final = expand("dcterms:language")
_SUBJECT: Final = expand("dcterms:subject")
_NAME: Final = expand("foaf:name")
_HOMEPAGE: Final = expand("foaf:homepage")
_PREFIX: Final = expand("vann:preferredNamespacePrefix")


@dataclass(frozen=True)
class Imprint:
    """What a graph says of itself, as the file of its project has it."""

    base: str = BASE
    """What the IRIs of its own things begin with."""
    title: str = ""
    description: str = ""
    publisher: str = ""
    """The IRI of who publishes it."""
    publisher_name: str = ""
    homepage: str = ""
    licence: str = ""
    """The IRI of the licence."""
    languages: tuple[str, ...] = ("en",)
    """The languages of its names, the preferred one first."""
    scope: tuple[str, ...] = ()
    """The IRIs of the fields that it is about."""
    prefixes: Mapping[str, str] = field(default_factory=dict)

    def quads(self) -> Iterator[Quad]:
        """Yield it as statements about the dataset, which has the base for its IRI."""
        own = NamedNode(self.base)
        yield Quad(own, expand("rdf:type"), _DATASET, CATALOGUE)
        yield Quad(own, _SPACE, Literal(self.base), CATALOGUE)
        for name, property_ in _TEXTS.items():
            if text := getattr(self, name):
                yield Quad(own, expand(property_), Literal(text, language=self.languages[0]), CATALOGUE)
        for name, property_ in _LINKS.items():
            if iri := getattr(self, name):
                yield Quad(own, expand(property_), NamedNode(iri), CATALOGUE)
        if self.publisher:
            yield Quad(NamedNode(self.publisher), _NAME, Literal(self.publisher_name), CATALOGUE)
        if self.publisher and self.homepage:
            yield Quad(NamedNode(self.publisher), _HOMEPAGE, NamedNode(self.homepage), CATALOGUE)
        # A list has an order, which statements have not: the first language is that of the title.
        yield from (Quad(own, _LANGUAGE, Literal(each), CATALOGUE) for each in self.languages)
        yield from (Quad(own, _SUBJECT, NamedNode(each), CATALOGUE) for each in self.scope)
        for prefix, space in self.prefixes.items():
            yield Quad(NamedNode(space), _PREFIX, Literal(prefix), CATALOGUE)

    @classmethod
    def of(cls, store: Store) -> Self:
        """Return what a graph says of itself; where it says nothing, what is usual."""
        found = next(store.quads_for_pattern(None, _SPACE, None, CATALOGUE), None)
        if found is None or not isinstance(found.subject, NamedNode):
            return cls()
        said = {quad.predicate: quad.object for quad in store.quads_for_pattern(found.subject, None, None, CATALOGUE)}
        given: dict[str, Any] = {"base": found.subject.value}
        for name, property_ in (*_TEXTS.items(), *_LINKS.items()):
            if value := said.get(expand(property_)):
                given[name] = value.value  # type: ignore[union-attr]
        if "publisher" in given:
            given["homepage"] = "".join(_values(store, NamedNode(given["publisher"]), _HOMEPAGE))
            given["publisher_name"] = "".join(_values(store, NamedNode(given["publisher"]), _NAME))
        title = said.get(expand("dcterms:title"))
        first = title.language if isinstance(title, Literal) else None
        languages = sorted(_values(store, found.subject, _LANGUAGE), key=lambda each: (each != first, each))
        prefixes = store.quads_for_pattern(None, _PREFIX, None, CATALOGUE)
        return cls(
            **given,
            languages=tuple(languages) or ("en",),
            scope=tuple(sorted(_values(store, found.subject, _SUBJECT))),
            prefixes=dict(sorted((quad.object.value, quad.subject.value) for quad in prefixes)),  # type: ignore[union-attr]
        )

    @classmethod
    def told(cls, facts: Mapping[str, Any]) -> Self:
        """Return it from what a manifest has."""
        return cls(**{**facts, "languages": tuple(facts["languages"]), "scope": tuple(facts["scope"])})

    @property
    def licence_name(self) -> str:
        """The licence in short: the code of the EU's list, or its address.

        >>> Imprint(licence="http://publications.europa.eu/resource/authority/licence/CC_BY_4_0").licence_name
        'CC BY 4.0'
        """
        code = self.licence.rpartition("/resource/authority/licence/")[2]
        return code if ":" in code else re.sub(r" (\d+) (\d+)$", r" \1.\2", code.replace("_", " "))

    @property
    def facts(self) -> dict[str, Any]:
        """What it says, for a manifest."""
        return asdict(self)

    def declare(self) -> None:
        """Let its prefixes, its base and its languages be used in this process."""
        declare(self.prefixes, self.base, self.languages)


def _values(store: Store, subject: NamedNode, property_: NamedNode) -> Iterable[str]:
    return [quad.object.value for quad in store.quads_for_pattern(subject, property_, None, CATALOGUE)]  # type: ignore[union-attr]
