"""How an import differs from the one before: statements added and removed, things new, gone and changed."""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from clustergraph.imports.digests import DigestSet
from clustergraph.rdf.lines import Line, Statement, batches
from clustergraph.rdf.origins import Digests, digests
from clustergraph.terms import VOCABULARIES, compact, expand

_TYPE: Final = f" <{VOCABULARIES['rdf']}type> ".encode()
_LABEL: Final = f" {expand('skos:prefLabel')} ".encode()
_BATCH: Final = 20_000
_MOST: Final = 50_000
"""Of how many things with differences it is looked up what they are called."""
_BACKGROUND: Final = frozenset(["cg:Place", "cg:Region", "cg:FundingScheme", "skos:Concept"])
"""Classes of things that do not change when something that names them does."""


class NamedThing(NamedTuple):
    """A thing by its label, and the row that gives it."""

    row: int
    label: str

    def __str__(self) -> str:
        return f"{self.label} (row {self.row})"


@dataclass
class ClassDifference:
    """How the things of a class differ: how many there are, and those that have labels."""

    new: int = 0
    gone: int = 0
    changed: int = 0
    named: dict[str, list[NamedThing]] = field(default_factory=lambda: {"new": [], "gone": [], "changed": []})


@dataclass(frozen=True)
class ImportDifference:
    """What a newer import has more and less."""

    added: int
    removed: int
    classes: dict[str, ClassDifference]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


@dataclass
class _Side:
    """What one of two imports has and the other has not."""

    path: Path
    count: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    typed: set[bytes] = field(default_factory=set)
    """Things whose class only this one gives."""
    touched: set[bytes] = field(default_factory=set)
    """Things of which it says something else."""

    def add(self, lines: list[Line], chosen: np.typing.NDArray[np.bool_]) -> None:
        """Take in the lines that the other has not."""
        self.count += int(chosen.sum())
        for place in np.flatnonzero(chosen):
            line = lines[place]
            subject = line.split(b" ", 1)[0]
            if _TYPE in line:
                self.classes[_class(line)] += 1
            if len(self.touched) <= _MOST:
                self.touched.add(subject)
                self.typed.update([subject] if _TYPE in line else [])


def compare(old: Path, new: Path, seen: DigestSet, progress: Callable[[str], None]) -> ImportDifference:
    """Compare the data of two imports, of which the newer has the statements that have been seen."""
    progress("comparing with the import before")
    known, before = len(seen.sorted()), DigestSet()
    lost, fresh = _Side(old), _Side(new)
    for lines, found in _read(old):
        before.add(found)
        lost.add(lines, ~seen.has(found))
    if known > len(before) - lost.count:
        for lines, found in _read(new):
            fresh.add(lines, ~before.has(found))
    return ImportDifference(fresh.count, lost.count, _classes(lost, fresh))


def _classes(lost: _Side, fresh: _Side) -> dict[str, ClassDifference]:
    """Return how the things of each class differ."""
    found: dict[str, ClassDifference] = defaultdict(ClassDifference)
    for name in {*lost.classes, *fresh.classes}:
        found[name] = ClassDifference(fresh.classes[name], lost.classes[name])
    touched = lost.touched | fresh.touched
    if 0 < len(touched) <= _MOST:
        _name(found, "gone", _labelled(lost.path, lost.typed - fresh.typed))
        _name(found, "new", _labelled(fresh.path, fresh.typed - lost.typed))
        _name(found, "changed", _changed(lost, fresh, touched))
    return dict(sorted(found.items()))


def _name(found: dict[str, ClassDifference], how: str, things: Iterator[tuple[str, NamedThing]]) -> None:
    for name, thing in things:
        found[name].named[how].append(thing)
        if how == "changed":
            found[name].changed += 1


def _changed(lost: _Side, fresh: _Side, touched: set[bytes]) -> Iterator[tuple[str, NamedThing]]:
    """Yield the things in both imports of which, or by whose figures and the like, something else is said."""
    foreground = {subject for path in (lost.path, fresh.path) for subject in _named_by(path, touched)}
    ours = lost.typed | fresh.typed
    for name, thing in _labelled(fresh.path, touched - ours):
        yield name, thing
    for name, thing in _labelled(fresh.path, foreground - touched - ours):
        if name not in _BACKGROUND:
            yield name, thing


def _named_by(path: Path, touched: Collection[bytes]) -> Iterator[bytes]:
    """Yield what things without a label name, of some in an import."""
    labelled: set[bytes] = set()
    objects: dict[bytes, set[bytes]] = defaultdict(set)
    for _, line in _lines(path):
        subject = line.split(b" ", 1)[0]
        if subject not in touched:
            continue
        if _LABEL in line:
            labelled.add(subject)
        elif (value := Statement.of(line).object).startswith(b"<") and _TYPE not in line:
            objects[subject].add(value)
    for subject, values in objects.items():
        if subject not in labelled:
            yield from values


def _labelled(path: Path, things: Collection[bytes]) -> Iterator[tuple[str, NamedThing]]:
    """Yield the class, the row and the label of those of some things that have a label in an import."""
    labels: dict[bytes, NamedThing] = {}
    classes: dict[bytes, str] = {}
    for row, line in _lines(path) if things else ():
        if _LABEL in line and (subject := line.split(b" ", 1)[0]) in things:
            labels.setdefault(subject, NamedThing(row, _text(Statement.of(line).object)))
        elif _TYPE in line and (subject := line.split(b" ", 1)[0]) in things:
            classes.setdefault(subject, _class(line))
    for subject, thing in sorted(labels.items(), key=lambda pair: pair[1]):
        if subject in classes:
            yield classes[subject], thing


def _class(line: Line) -> str:
    return compact(Statement.of(line).object.decode()[1:-1])


def _text(literal: bytes) -> str:
    """Return the text of a literal as N-Quads writes it."""
    text = literal.decode().rpartition('"')[0][1:]
    return text.replace('\\"', '"').replace("\\\\", "\\")


def _lines(path: Path) -> Iterator[tuple[int, Line]]:
    """Yield the statements of a file, each with its row."""
    row = 0
    with gzip.open(path) as file:
        for line in file:
            if line.startswith(b"#"):
                row = int(line.rsplit(b" ", 1)[1])
            else:
                yield row, line


def _read(path: Path) -> Iterator[tuple[list[Line], Digests]]:
    """Yield the statements of a file with their digests."""
    with gzip.open(path) as file:
        for lines in batches((line for line in file if not line.startswith(b"#")), _BATCH):
            yield lines, digests(lines)
