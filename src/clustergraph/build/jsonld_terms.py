"""What the contexts of a JSON-LD document say about keys, as far as the places of triples depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from clustergraph.build.json_tokens import Array, Object, Scalar, Value


@dataclass
class Terms:
    """The keys that stand for keywords, and those whose values are not plain nodes."""

    aliases: dict[str, str] = field(default_factory=dict)
    containers: dict[str, set[str]] = field(default_factory=dict)
    literals: set[str] = field(default_factory=set)
    """Keys whose values are JSON literals."""
    reverse: set[str] = field(default_factory=set)
    """Keys whose values are subjects."""

    @classmethod
    def of(cls, document: Value) -> Terms:
        """Return what all contexts in a document say."""
        terms = cls()
        for context in _contexts(document):
            terms._read(context)
        return terms

    def keyword(self, key: str) -> str:
        """Return the keyword that a key is, or nothing."""
        return key if key.startswith("@") else self.aliases.get(key, "")

    def maps(self, key: str) -> set[str]:
        """Return by what the values of a key are kept apart, if they are; such an object is no node."""
        return self.containers.get(key, set()) & {"@language", "@index", "@id", "@type", "@graph"}

    def _read(self, context: Object) -> None:
        for key, value in context.members:
            definition = _members(value) if isinstance(value, Object) else {"@id": value}
            if (meant := _word(definition.get("@id"))).startswith("@"):
                self.aliases[key.string] = meant
            if _word(definition.get("@type")) == "@json":
                self.literals.add(key.string)
            if "@reverse" in definition:
                self.reverse.add(key.string)
            container = definition.get("@container")
            words = container.items if isinstance(container, Array) else (container,)
            self.containers.setdefault(key.string, set()).update(filter(None, map(_word, words)))


def _contexts(value: Value) -> Iterator[Object]:
    """Yield every context in a value, also those of single terms."""
    if isinstance(value, Array):
        for item in value.items:
            yield from _contexts(item)
    elif isinstance(value, Object):
        for key, inner in value.members:
            if key.string == "@context":
                yield from (part for part in _parts(inner) if isinstance(part, Object))
            yield from _contexts(inner)


def _parts(value: Value) -> tuple[Value, ...]:
    return value.items if isinstance(value, Array) else (value,)


def _members(value: Object) -> dict[str, Value]:
    return {key.string: inner for key, inner in value.members}


def _word(value: Value | None) -> str:
    return value.string if isinstance(value, Scalar) else ""
