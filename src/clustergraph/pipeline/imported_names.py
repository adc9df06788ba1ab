"""Labels that imports give one thing: that of the newest one stays, the others become further names in their graphs.

So a thing has one label in each language, and each name is still said by the source that has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Final, Self, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from clustergraph.questions.names import plain
from clustergraph.rdf.lines import Line
from clustergraph.rdf.turtle import Node
from clustergraph.terms import expand

_Key: TypeAlias = tuple[Node | Triple, str | None]
_LABEL: Final = expand("skos:prefLabel")
_FURTHER: Final = expand("skos:altLabel")
_IN_LINE: Final = f"> {_LABEL} ".encode()
_IMPORTED, _DOCUMENT = expand("cg:importedFrom"), expand("cg:inDocument")
_DATES: Final = (expand("cg:issued"), expand("cg:retrieved"))


@dataclass(frozen=True)
class ImportedNames:
    """Which labels of imports stay."""

    imports: Mapping[Node | DefaultGraph, int] = field(default_factory=dict)
    """The graphs of imports with their places, the newest first."""
    own: Mapping[_Key, str] = field(default_factory=dict)
    """By thing and language the labels that the project's own files give; these stay before those of imports."""

    @classmethod
    def of(cls, store: Store) -> Self:
        """Return those of a graph, which holds the records of all imports."""
        found = {quad.subject for quad in store.quads_for_pattern(None, _IMPORTED, None, None)}
        graphs = sorted((_age(store, each), each.value) for each in found if isinstance(each, NamedNode))
        imports: dict[Node | DefaultGraph, int]
        imports = {NamedNode(name): place for place, (_, name) in enumerate(reversed(graphs))}
        labels = store.quads_for_pattern(None, _LABEL, None, None) if imports else ()
        return cls(imports, {_key(quad): quad.object.value for quad in labels if quad.graph_name not in imports})  # type: ignore[union-attr]

    def settle(self, store: Store) -> None:
        """Let the things of a graph have one label in each language."""
        found: dict[object, list[Quad]] = defaultdict(list)
        for graph in self.imports:
            for quad in store.quads_for_pattern(None, _LABEL, None, graph):
                found[quad.subject].append(quad)
        for quad in [each for quads in found.values() for each in self._further(quads)]:
            store.remove(quad)
            store.add(_as_further(quad))

    def settled(self, lines: Sequence[Line]) -> Sequence[Line]:
        """Return the ordered lines of imports about one thing, so that it has one label in each language."""
        named = [line for line in lines if _IN_LINE in line]
        if not named or (len(named) == 1 and lines[0][: lines[0].index(b" ")] not in self._owned):
            return lines
        further = [*self._further(chain.from_iterable(parse(each, format=RdfFormat.N_QUADS) for each in named))]
        if not further:
            return lines
        return sorted({*lines} - {*_lines(further)} | {*_lines(map(_as_further, further))})

    @cached_property
    def _owned(self) -> frozenset[bytes]:
        """The things that the project's own files label, as lines name them."""
        return frozenset(str(subject).encode() for subject, _ in self.own)

    def _further(self, labels: Iterable[Quad]) -> Iterator[Quad]:
        """Yield those of some labels of one thing that do not stay; of one import the first in the alphabet does."""
        found: dict[_Key, list[Quad]] = defaultdict(list)
        for quad in sorted(labels, key=self._rank):
            found[_key(quad)].append(quad)
        for key, quads in found.items():
            best = self.own.get(key) or _readable([quad.object.value for quad in quads])  # type: ignore[union-attr]
            yield from (quad for quad in quads if quad.object.value != best)  # type: ignore[union-attr]

    def _rank(self, label: Quad) -> tuple[int, str]:
        return self.imports.get(label.graph_name, len(self.imports)), str(label.object)


def _readable(names: Sequence[str]) -> str:
    """Return the first of some names, or where it is in capitals the same as another one writes it.

    >>> _readable(["KRAKOW", "Kraków"]), _readable(["CSIC", "Consejo Superior"])
    ('Kraków', 'CSIC')
    """
    first = names[0]
    return next(
        (each for each in names if first.isupper() and not each.isupper() and plain(each) == plain(first)), first
    )


def _age(store: Store, graph: NamedNode | BlankNode) -> str:
    """Return the date of the document of an import."""
    documents = [quad.object for quad in store.quads_for_pattern(graph, _DOCUMENT, None, None)]
    dates = (
        quad.object.value
        for date in _DATES
        for document in documents
        for quad in store.quads_for_pattern(document, date, None, None)  # type: ignore[arg-type]
        if isinstance(quad.object, Literal)
    )
    return next(dates, "")


def _key(label: Quad) -> _Key:
    return label.subject, label.object.language if isinstance(label.object, Literal) else None


def _as_further(label: Quad) -> Quad:
    return Quad(label.subject, _FURTHER, label.object, label.graph_name)


def _lines(quads: Iterable[Quad]) -> list[Line]:
    text = serialize(quads, format=RdfFormat.N_QUADS)
    assert text is not None
    return text.splitlines(keepends=True)
