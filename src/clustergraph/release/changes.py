"""What differs between two graphs: for a writer in memory; for people by section and thing, for programs as a patch."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import IO, Final, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, parse

from clustergraph.rdf.labels import rank
from clustergraph.rdf.lines import Line, Statement, ordered
from clustergraph.terms import CATALOGUE, INFERRED, VOCABULARIES, compact, expand

_NAMES: Final = tuple(
    f"<{expand(name).value}>".encode() for name in ("skos:prefLabel", "rdfs:label", "dcterms:title", "cg:heading")
)
"""The properties whose values name things in a report."""
_COMPUTED: Final = (INFERRED, CATALOGUE)
"""The graphs that a build makes itself."""
_KEPT: Final = 1_000_000
"""How many names are looked up at the most; in a change that is larger still, the rest is shown by IRI."""
_END: Final = b"\xff"
"""What comes after every line."""


@dataclass(frozen=True)
class Changes:
    """Statements in named graphs, each list sorted."""

    removed: tuple[Quad, ...] = ()
    added: tuple[Quad, ...] = ()

    @classmethod
    def between(cls, before: Iterable[bytes], after: Iterable[bytes]) -> Changes:
        r"""Return what differs between two sets of N-Quads lines.

        >>> changes = Changes.between([b"<s:> <p:> <o:> <g:> .\n"], [])
        >>> len(changes.removed), len(changes.added)
        (1, 0)
        """
        old, new = set(before), set(after)
        return cls(_quads(old - new), _quads(new - old))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.removed) + len(self.added)

    @property
    def blank(self) -> bool:
        """Whether a blank node is among the subjects and objects."""
        quads = (*self.removed, *self.added)
        return any(isinstance(node, BlankNode) for quad in quads for node in (quad.subject, quad.object))

    def stated(self) -> Changes:
        """Return those that are not computed by a build."""
        removed = tuple(quad for quad in self.removed if quad.graph_name not in _COMPUTED)
        return Changes(removed, tuple(quad for quad in self.added if quad.graph_name not in _COMPUTED))

    def missing_in(self, store: Store) -> Changes:
        """Return those that a graph does not have: what it still holds of the removed, and lacks of the added."""
        held = tuple(quad for quad in self.removed if quad in store)
        return Changes(held, tuple(quad for quad in self.added if quad not in store))

    def text(self) -> str:
        """Return the changes graph by graph, as people read them; ``-`` is removed and ``+`` added."""
        marked = [(quad, "-") for quad in self.removed] + [(quad, "+") for quad in self.added]
        marked.sort(key=lambda pair: (_shown(pair[0].graph_name), str(pair[0].subject), str(pair[0].predicate)))
        lines = []
        for graph, group in groupby(marked, key=lambda pair: pair[0].graph_name):
            lines.append(f"{_shown(graph)}\n")
            for quad, mark in group:
                lines.append(f"  {mark} {_shown(quad.subject)} {_shown(quad.predicate)} {_shown(quad.object)} .\n")
        return "".join(lines)


def _quads(lines: set[bytes]) -> tuple[Quad, ...]:
    return tuple(parse(b"".join(sorted(lines)), format=RdfFormat.N_QUADS))


def _shown(term: object) -> str:
    return compact(term.value) if isinstance(term, NamedNode) else str(term)


class Change(NamedTuple):
    """A statement that is gone or new."""

    new: bool
    statement: Statement


def changes(old: Iterable[Line], new: Iterable[Line]) -> Iterator[Change]:
    r"""Yield what differs between ordered lines, in their order.

    >>> found = changes([b"<a:s> <a:p> <a:o> .\n"], [b"<a:s> <a:p> <a:x> .\n"])
    >>> [(change.new, change.statement.object) for change in found]
    [(False, b'<a:o>'), (True, b'<a:x>')]
    """
    left, right = iter(old), iter(new)
    one, two = next(left, _END), next(right, _END)
    while one != two or one != _END:
        if one == two:
            one, two = next(left, _END), next(right, _END)
        elif one < two:
            yield Change(False, Statement.of(one))
            one = next(left, _END)
        else:
            yield Change(True, Statement.of(two))
            two = next(right, _END)


def patch(found: Iterable[Change], old: str, new: str) -> Iterator[bytes]:
    """Yield changes as an RDF patch, which turns the old graph, named by its IRI, into the new one."""
    yield f"H id <{new}> .\nH prev <{old}> .\nTX .\n".encode()
    for change in found:
        yield (b"A " if change.new else b"D ") + change.statement.line()
    yield b"TC .\n"


@dataclass
class Difference:
    """All changes, kept on disk in the order in which they are shown."""

    by_thing: bool
    """Whether they are in the order of things and then of sections, and not the other way round."""
    gone: int = 0
    new: int = 0
    sections: Counter[bytes] = field(default_factory=Counter)
    things: set[bytes] = field(default_factory=set)
    terms: set[bytes] = field(default_factory=set)
    """Everything that a report names."""
    _file: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    @classmethod
    def between(cls, old: Iterable[Line], new: Iterable[Line], *, by_thing: bool = False) -> Difference:
        """Return what differs between ordered lines."""
        made = cls(by_thing)
        made._file.writelines(ordered(made._key(change) for change in changes(old, new)))
        return made

    def __len__(self) -> int:
        """Return the number of changes."""
        return self.gone + self.new

    def __iter__(self) -> Iterator[Change]:
        """Yield the changes, those of one section (or thing) together."""
        self._file.seek(0)
        for line in self._file:
            first, second, predicate, sign, object_ = line[:-1].split(b"\t", 4)
            subject, graph = (first, second) if self.by_thing else (second, first)
            yield Change(sign == b"1", Statement(subject, predicate, object_, graph))

    def _key(self, change: Change) -> bytes:
        """Take note of a change, and return the line that keeps it."""
        subject, predicate, object_, graph = change.statement
        self.gone += not change.new
        self.new += change.new
        self.sections[graph] += 1
        self.things.add(subject)
        if len(self.terms) < _KEPT:
            self.terms.update(term for term in change.statement if term.startswith(b"<"))
        first, second = (subject, graph) if self.by_thing else (graph, subject)
        # No term of N-Quads holds a tab.
        return b"\t".join((first, second, predicate, b"%d" % change.new, object_)) + b"\n"


def labels(lines: Iterable[Line], wanted: set[bytes]) -> dict[bytes, str]:
    """Return the best label of each wanted term, in the order of `clustergraph.rdf.labels.rank`."""
    best: dict[bytes, tuple[int, int, str]] = {}
    for line in lines:
        subject, _, rest = line.partition(b" ")
        if subject in wanted and rest.startswith(_NAMES):
            (quad,) = parse(line, format=RdfFormat.N_QUADS)
            if isinstance(quad.object, Literal):
                found = rank(quad.object, quad.predicate)
                best[subject] = min(best.get(subject, found), found)
    return {term: label for term, (_, _, label) in best.items()}


def summary(difference: Difference, old: str, new: str) -> str:
    """Return one line that says how much has changed."""
    if not difference:
        return f"{old} and {new} say the same"
    parts = (f"{difference.gone:,} statements gone", f"{difference.new:,} new")
    places = f"in {len(difference.sections):,} sections, about {len(difference.things):,} things"
    return f"from {old} to {new}: {', '.join(parts)}, {places}"


def report(difference: Difference, words: Mapping[bytes, str]) -> Iterator[str]:
    """Yield the lines that tell people what has changed; a value that took another's place stands beside it."""
    outer, inner = attrgetter("statement.graph"), attrgetter("statement.subject")
    if difference.by_thing:
        outer, inner = inner, outer
    for first, inside in groupby(difference, key=outer):
        yield ""
        yield _heading(first, words)
        for second, same in groupby(inside, key=inner):
            yield f"  {_heading(second, words)}"
            for predicate, values in groupby(same, key=attrgetter("statement.predicate")):
                found = list(values)
                gone = [_words(change.statement.object, words) for change in found if not change.new]
                new = [_words(change.statement.object, words) for change in found if change.new]
                name = _words(predicate, words)
                if len(gone) == len(new) == 1:
                    yield f"    ~ {name}: {gone[0]} → {new[0]}"
                else:
                    yield from (f"    - {name}: {value}" for value in gone)
                    yield from (f"    + {name}: {value}" for value in new)


def document(difference: Difference, words: Mapping[bytes, str], old: str, new: str) -> Iterator[str]:
    """Yield a JSON document with every change, a line for each."""
    head = {"old": old, "new": new, "gone": difference.gone, "added": difference.new}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "changes": ['
    comma = ""
    for change in difference:
        terms = {
            name: {"term": term.decode(), **({"label": words[term]} if term in words else {})}
            for name, term in zip(("thing", "property", "value", "section"), change.statement, strict=True)
            if term
        }
        yield comma + json.dumps({"change": "+" if change.new else "-", **terms}, ensure_ascii=False)
        comma = ","
    yield "]}"


def _heading(term: bytes, words: Mapping[bytes, str]) -> str:
    if not term:
        return "in no named graph"
    short = compact(term[1:-1].decode()) if term.startswith(b"<") else term.decode()
    return f"{words[term]}  ({short})" if term in words else short


def _words(term: bytes, words: Mapping[bytes, str]) -> str:
    if term in words:
        return words[term]
    text = term.decode()
    if text.startswith("_:"):
        return text
    if text.startswith("<"):
        return "is a" if text == f"<{VOCABULARIES['rdf']}type>" else compact(text[1:-1])
    value, _, kind = text.rpartition('"')
    shown = json.loads(value + '"', strict=False)
    if kind.startswith("^^"):
        return str(shown)
    return f"“{shown}”" + (f" ({kind[1:]})" if kind else "")
