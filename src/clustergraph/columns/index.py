"""The statements of a release as arrays: of each predicate its subjects and objects, in both orders, and its graphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, RdfFormat, Store

from clustergraph.columns.dictionary import UNBOUND, Ids, Mask, Terms
from clustergraph.columns.solutions import Uncovered

Keys: TypeAlias = NDArray[np.uint64]
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


def keys(first: Ids, second: Ids) -> Keys:
    """Return pairs of numbers as one number each, in the order of the pairs."""
    return (first.astype(np.uint64) << _HALF) | second.astype(np.uint64)


def keyed(subjects: Ids, predicates: Ids, objects: Ids) -> dict[int, Keys]:
    """Return statements by their predicates: for each its subjects and objects as `keys`, in order, each pair once."""
    return {
        number: np.unique(keys(subjects[predicates == number], objects[predicates == number]))
        for number in np.unique(predicates).tolist()
    }


def pairs(numbers: Keys) -> tuple[Ids, Ids]:
    """Return the pairs that are in numbers."""
    return (numbers >> _HALF).astype(np.int64), (numbers & _LOW).astype(np.int64)


@dataclass(frozen=True)
class Predicate:
    """The statements with one predicate."""

    subjects: Keys
    """Each subject with each object once, in order."""
    objects: Keys
    """The same with the object first."""
    quads: Keys
    """Subjects and objects, once for each graph that says so."""
    graphs: NDArray[np.int32]
    """The graph of each of these."""
    fan_out: float
    """How many objects a subject has on the average."""
    fan_in: float
    """How many subjects an object has."""

    @classmethod
    def of(cls, subjects: Ids, objects: Ids, graphs: Ids) -> Predicate:
        """Order statements."""
        quads = keys(subjects, objects)
        order = np.lexsort((graphs, quads))
        quads, graphs = quads[order], graphs[order]
        new = np.ones(len(quads), np.bool_)
        new[1:] = (quads[1:] != quads[:-1]) | (graphs[1:] != graphs[:-1])
        quads, graphs = quads[new], graphs[new]
        told = np.ones(len(quads), np.bool_)
        told[:-1] = (graphs[:-1] != UNBOUND) | (quads[1:] != quads[:-1])
        quads, graphs = quads[told], graphs[told]
        first = np.ones(len(quads), np.bool_)
        first[1:] = quads[1:] != quads[:-1]
        once = quads if first.all() else quads[first]
        subject, object_ = pairs(once)
        reverse = np.sort(keys(object_, subject))
        return cls(once, reverse, quads, graphs.astype(np.int32), _fan(once), _fan(reverse))

    def __len__(self) -> int:
        """Return how many different statements there are."""
        return len(self.subjects)

    def of_first(self, wanted: Ids, *, reverse: bool = False) -> tuple[NDArray[np.intp], Ids]:
        """Return for subjects the objects that they have: places among what is wanted, and what stands there.

        In reverse it is the subjects that objects have.
        """
        index = self.objects if reverse else self.subjects
        place, found = spread(index, keys(wanted, np.zeros(len(wanted), np.int64)), _LOW)
        return place, (index[found] & _LOW).astype(np.int64)

    def count_of_first(self, wanted: Ids, *, reverse: bool = False) -> int:
        """Return how many rows `of_first` would give."""
        index = self.objects if reverse else self.subjects
        low = keys(wanted, np.zeros(len(wanted), np.int64))
        return int((np.searchsorted(index, low | _LOW, "right") - np.searchsorted(index, low)).sum())

    def has(self, subjects: Ids, objects: Ids) -> Mask:
        """Return which subjects have which objects."""
        if not len(self.subjects):
            return np.zeros(len(subjects), np.bool_)
        wanted = keys(subjects, objects)
        at = np.minimum(np.searchsorted(self.subjects, wanted), len(self.subjects) - 1)
        return self.subjects[at] == wanted  # type: ignore[no-any-return]

    def in_graphs(self, subjects: Ids, objects: Ids) -> tuple[NDArray[np.intp], Ids]:
        """Return for statements the graphs that say so: places among the statements, and the graphs."""
        place, found = spread(self.quads, keys(subjects, objects), np.uint64(0))
        graphs = self.graphs[found].astype(np.int64)
        named = graphs != UNBOUND
        return (place, graphs) if named.all() else (place[named], graphs[named])

    def lacking(self, statements: Keys) -> Keys:
        """Return those of ordered statements, each a subject and an object, that are not there."""
        at = np.searchsorted(self.subjects, statements)
        there = at < len(self.subjects)
        there[there] = self.subjects[at[there]] == statements[there]
        return statements[~there]

    def extended(self, statements: Keys, graph: int) -> Predicate:
        """Return this with ordered statements that are not there, all in one graph."""
        subject, object_ = pairs(statements)
        once, reverse = _inserted(self.subjects, statements), _inserted(self.objects, np.sort(keys(object_, subject)))
        at = np.searchsorted(self.quads, statements)
        quads = once if self.quads is self.subjects else np.insert(self.quads, at, statements)
        graphs = np.insert(self.graphs, at, np.int32(graph))
        return Predicate(once, reverse, quads, graphs, _fan(once), _fan(reverse))

    def renumbered(self, numbers: Ids) -> Predicate:
        """Return this with other numbers for the terms, in the same order."""
        once, reverse = _renumbered(self.subjects, numbers), _renumbered(self.objects, numbers)
        quads = once if self.quads is self.subjects else _renumbered(self.quads, numbers)
        named = self.graphs != UNBOUND
        graphs = np.where(named, numbers[self.graphs], UNBOUND).astype(np.int32)
        return Predicate(once, reverse, quads, graphs, self.fan_out, self.fan_in)


def _inserted(index: Keys, more: Keys) -> Keys:
    return np.insert(index, np.searchsorted(index, more), more)


def _renumbered(index: Keys, numbers: Ids) -> Keys:
    first, second = pairs(index)
    return keys(numbers[first], numbers[second])


def _fan(index: Keys) -> float:
    """Return how many pairs of an ordered index have the same first number on the average."""
    first = index >> _HALF
    return len(index) / (1 + int(np.count_nonzero(first[1:] != first[:-1]))) if len(index) else 0.0


def spread(index: Keys, low: Keys, span: np.uint64) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which places of an ordered index hold what is between some numbers and those so much higher."""
    start = np.searchsorted(index, low)
    many = np.searchsorted(index, low | span, "right") - start
    place = np.repeat(np.arange(len(low)), many)
    before = np.cumsum(many) - many
    found = np.arange(len(place)) - np.repeat(before - start, many)
    return place, found


_NONE: Final = Predicate.of(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int32))


@dataclass(frozen=True)
class Columns:
    """The statements of a graph."""

    terms: Terms
    predicates: dict[int, Predicate]

    @classmethod
    def of(cls, lines: Iterable[bytes]) -> Columns:
        """Return the statements in lines of N-Quads as a store writes them."""
        return cls._of(chain.from_iterable(map(split, lines)))

    @classmethod
    def of_store(cls, store: Store) -> Columns:
        """Return the statements of a store, whose default graph has those of all graphs and may have more.

        Raises:
            Uncovered: a statement has another one as a term.
        """
        named = [(graph, str(graph).encode()) for graph in store.named_graphs()]
        found = cls._of(chain.from_iterable(_dumped(store, graph, name) for graph, name in named))
        if sum(len(of.quads) for of in found.predicates.values()) + len(found) != len(store):
            both = [*named, (DefaultGraph(), b"")]
            found = cls._of(chain.from_iterable(_dumped(store, graph, name) for graph, name in both))
        if found.terms.has_triples:
            raise Uncovered("a triple as a term")
        return found

    @classmethod
    def _of(cls, terms: Iterable[bytes]) -> Columns:
        """Return statements of four terms each; a graph that is empty is none."""
        numbers: dict[bytes, int] = {}
        given = np.fromiter((numbers.setdefault(term, len(numbers)) for term in terms), np.int64).reshape(-1, 4)
        texts = [*numbers]
        order = sorted(range(len(texts)), key=texts.__getitem__)
        rank = np.empty(len(texts), np.int64)
        rank[order] = np.arange(len(texts))
        if b"" in numbers:
            rank, order = rank - 1, order[1:]
        quads = rank[given] if len(texts) else given
        return cls(Terms.of([texts[number] for number in order]), by_predicate(quads))

    def lacking(self, statements: Mapping[int, Keys]) -> dict[int, Keys]:
        """Return those of statements, ordered and by their predicates, that are not there."""
        found = {
            number: self.predicates[number].lacking(pairs_) if number in self.predicates else pairs_
            for number, pairs_ in statements.items()
        }
        return {number: pairs_ for number, pairs_ in found.items() if len(pairs_)}

    def extended(self, terms: Terms, statements: Mapping[int, Keys], graph: int) -> Columns:
        """Return this with statements that are not there, all in one graph; their terms may be such as a query made."""
        ids = [np.array([graph, *statements]), *(half for found in statements.values() for half in pairs(found))]
        made = np.concatenate(ids)
        made = made[made >= len(terms)]
        if not len(made):
            return self._with(statements, graph)
        grown, numbers = terms.grown(made)
        old = {int(numbers[number]): of.renumbered(numbers) for number, of in self.predicates.items()}
        new = {int(numbers[number]): np.sort(_renumbered(found, numbers)) for number, found in statements.items()}
        return Columns(grown, old)._with(new, int(numbers[graph]))

    def _with(self, statements: Mapping[int, Keys], graph: int) -> Columns:
        found = dict(self.predicates)
        for number, pairs_ in statements.items():
            found[number] = found.get(number, _NONE).extended(pairs_, graph)
        return Columns(self.terms, found)

    def __len__(self) -> int:
        """Return how many different statements there are, whatever their graphs."""
        return sum(map(len, self.predicates.values()))


def split(line: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    r"""Return the terms of a line of N-Quads.

    >>> split(b'<a:s> <a:p> "a b"@en <a:g> .\n')
    (b'<a:s>', b'<a:p>', b'"a b"@en', b'<a:g>')
    """
    subject, predicate, rest = line.split(b" ", 2)
    value, graph, _ = rest.rsplit(b" ", 2)
    return subject, predicate, value, graph


def _dumped(store: Store, graph: NamedNode | BlankNode | DefaultGraph, name: bytes) -> Iterator[bytes]:
    """Yield the terms of a graph, four for each statement."""
    text = store.dump(format=RdfFormat.N_TRIPLES, from_graph=graph)
    assert text is not None
    for line in text.splitlines():
        subject, predicate, value = line.split(b" ", 2)
        yield from (subject, predicate, value[:-2], name)


def by_predicate(quads: Ids) -> dict[int, Predicate]:
    """Return statements, one in a row, by their predicates."""
    if not len(quads):
        return {}
    quads = quads[np.argsort(quads[:, 1], kind="stable")]
    numbers, start = np.unique(quads[:, 1], return_index=True)
    parts = np.split(quads, start[1:])
    return {
        int(number): Predicate.of(part[:, 0], part[:, 2], part[:, 3])
        for number, part in zip(numbers, parts, strict=True)
    }
