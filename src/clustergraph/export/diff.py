"""What has changed between two graphs: for people by section and thing, for programs as an RDF patch."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import IO, Final, NamedTuple

from clustergraph.export.lines import Line, Statement, ordered
from clustergraph.terms import VOCABULARIES, compact, expand

_LABELS: Final = {
    f"<{expand(name).value}>".encode(): rank
    for rank, name in enumerate(("skos:prefLabel", "rdfs:label", "dcterms:title", "cg:heading"))
}
_LANGUAGES: Final = {b"en": 0, b"": 1}
_KEPT: Final = 1_000_000
"""How many names are looked up at the most; in a change that is larger still, the rest is shown by IRI."""


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
    one, two = next(left, None), next(right, None)
    while one is not None or two is not None:
        if one == two:
            one, two = next(left, None), next(right, None)
        elif two is None or (one is not None and one < two):
            yield Change(False, Statement.of(one or b""))
            one = next(left, None)
        else:
            yield Change(True, Statement.of(two))
            two = next(right, None)


def patch(found: Iterable[Change], old: str, new: str) -> Iterator[bytes]:
    """Yield changes as an RDF patch, which turns the old graph into the new one.

    Args:
        found: the changes.
        old: the IRI of the old graph.
        new: the IRI of the new one.
    """
    yield f"H id <{new}> .\nH prev <{old}> .\nTX .\n".encode()
    for change in found:
        yield (b"A " if change.new else b"D ") + change.statement.line()
    yield b"TC .\n"


@dataclass
class Difference:
    """All changes, kept on disk in the order in which they are shown."""

    gone: int = 0
    new: int = 0
    sections: Counter[bytes] = field(default_factory=Counter)
    things: set[bytes] = field(default_factory=set)
    terms: set[bytes] = field(default_factory=set)
    """Everything that a report names."""
    _file: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    @classmethod
    def between(cls, old: Iterable[Line], new: Iterable[Line], *, by_thing: bool = False) -> Difference:
        """Return what differs between ordered lines.

        Args:
            old: the lines of the old graph.
            new: the lines of the new one.
            by_thing: keep the changes by thing and then by section, and not the other way round.
        """
        made = cls()
        made._file.writelines(ordered(made._keys(changes(old, new), by_thing)))
        return made

    def __len__(self) -> int:
        """Return the number of changes."""
        return self.gone + self.new

    def __iter__(self) -> Iterator[Change]:
        """Yield the changes, those of one section (or thing) together."""
        self._file.seek(0)
        for line in self._file:
            first, second, predicate, sign, object_ = line[:-1].split(b"\t", 4)
            by_thing, _, thing = first.partition(b" ")
            subject, graph = (thing, second) if by_thing == b"1" else (second, thing)
            yield Change(sign == b"1", Statement(subject, predicate, object_, graph))

    def _keys(self, found: Iterable[Change], by_thing: bool) -> Iterator[bytes]:
        for change in found:
            subject, predicate, object_, graph = change.statement
            self.gone += not change.new
            self.new += change.new
            self.sections[graph] += 1
            self.things.add(subject)
            if len(self.terms) < _KEPT:
                self.terms.update(term for term in change.statement if term.startswith(b"<"))
            first, second = (subject, graph) if by_thing else (graph, subject)
            # No term of N-Quads holds a tab.
            key = (b"%d %b" % (by_thing, first), second, predicate, b"%d" % change.new, object_)
            yield b"\t".join(key) + b"\n"


def labels(lines: Iterable[Line], wanted: set[bytes]) -> dict[bytes, str]:
    """Return the best label of each wanted term: English first, then no language, then any."""
    best: dict[bytes, tuple[tuple[int, int, bytes], str]] = {}
    for line in lines:
        if line[: line.find(b" ")] in wanted:
            subject, predicate, object_, _ = Statement.of(line)
            if predicate in _LABELS and object_.startswith(b'"'):
                text, _, language = object_.rpartition(b'"')
                rank = (_LABELS[predicate], _LANGUAGES.get(language.removeprefix(b"@"), 2), text)
                if subject not in best or rank < best[subject][0]:
                    best[subject] = rank, json.loads(text + b'"', strict=False)
    return {term: label for term, (_, label) in best.items()}


def summary(difference: Difference, old: str, new: str) -> str:
    """Return one line that says how much has changed."""
    if not difference:
        return f"{old} and {new} say the same"
    parts = (f"{difference.gone:,} statements gone", f"{difference.new:,} new")
    places = f"in {len(difference.sections):,} sections, about {len(difference.things):,} things"
    return f"from {old} to {new}: {', '.join(parts)}, {places}"


def report(difference: Difference, words: Mapping[bytes, str], *, by_thing: bool = False) -> Iterator[str]:
    """Yield the lines that tell people what has changed; a value that took another's place stands beside it."""
    show = _shower(words)

    def outer(change: Change) -> bytes:
        return change.statement.subject if by_thing else change.statement.graph

    def inner(change: Change) -> bytes:
        return change.statement.graph if by_thing else change.statement.subject

    for first, inside in groupby(difference, key=outer):
        yield ""
        yield _heading(first, words)
        for second, same in groupby(inside, key=inner):
            yield f"  {_heading(second, words)}"
            for predicate, values in groupby(same, key=lambda change: change.statement.predicate):
                found = list(values)
                gone = [show(change.statement.object) for change in found if not change.new]
                new = [show(change.statement.object) for change in found if change.new]
                name = show(predicate)
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


def _shower(words: Mapping[bytes, str]) -> Callable[[bytes], str]:
    def show(term: bytes) -> str:
        if term in words:
            return words[term]
        text = term.decode()
        if text.startswith("<"):
            return "is a" if text == f"<{VOCABULARIES['rdf']}type>" else compact(text[1:-1])
        if not text.startswith('"'):
            return text
        value, _, kind = text.rpartition('"')
        shown = json.loads(value + '"', strict=False)
        if kind.startswith("^^"):
            return str(shown)
        return f"“{shown}”" + (f" ({kind[1:]})" if kind else "")

    return show
