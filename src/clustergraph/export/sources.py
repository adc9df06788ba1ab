"""What a dump holds, source by source: counted, and taken apart, in one pass over its lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from clustergraph.export.lines import Line, Statement
from clustergraph.terms import COUNTRY, GRAPH, NUTS, ONTOLOGY

COMPUTED: Final = ("inferred", "catalogue")
"""Graphs that are no source: what the build adds itself."""

_DATE: Final = re.compile(rb'"(\d{4}(?:-\d\d){0,2})"\^\^<http://www\.w3\.org/2001/XMLSchema#(?:date|gYear|gYearMonth)>')
_PLACES: Final = (f"<{NUTS}".encode(), f"<{COUNTRY}".encode())
_OWN: Final = f"<{ONTOLOGY}".encode()
_NO_DATE: Final = f"<{ONTOLOGY}nutsVersion>".encode()


@dataclass
class Facts:
    """What is known of the statements of a source, or of a whole dump."""

    statements: int = 0
    graphs: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    """IRIs of countries (EU authority) and NUTS regions that it speaks of."""
    first: str = ""
    """The earliest date, as a year, a month or a day."""
    last: str = ""

    def add(self, statement: Statement) -> None:
        """Take note of a statement."""
        self.statements += 1
        self.graphs.add(statement.graph[1:-1].decode())
        for term in (statement.subject, statement.object):
            if term.startswith(_PLACES):
                self.places.add(term[1:-1].decode())
        if statement.predicate.startswith(_OWN) and statement.predicate != _NO_DATE:
            self._date(statement.object)

    def _date(self, term: bytes) -> None:
        if found := _DATE.fullmatch(term):
            day = found[1].decode()
            self.first = min(self.first or day, day)
            # A year lasts longer than any day of it.
            self.last = max(self.last or day, day, key=lambda each: (each[:4], -len(each), each))


def source_of(graph: str) -> str | None:
    """Return the source that a named graph belongs to, or None if it is not one of ours.

    >>> source_of("https://w3id.org/clustergraph/graph/4m4iof/annex-1")
    '4m4iof'
    """
    if not graph.startswith(GRAPH):
        return None
    return graph[len(GRAPH) :].partition("/")[0]


def count(lines: Iterable[Line]) -> dict[str, Facts]:
    """Return the facts of each source of some lines, and under the empty name those of all together."""
    facts: dict[str, Facts] = {"": Facts()}
    for _ in _counted(lines, facts):
        pass
    return dict(sorted(facts.items()))


def split(lines: Iterable[Line], folder: Path) -> dict[str, Facts]:
    """Write the lines of each source to ``<source>.nq`` in a folder, in their order; see `count`."""
    facts: dict[str, Facts] = {"": Facts()}
    with ExitStack() as stack:
        files: dict[str, IO[bytes]] = {}
        for source, line in _counted(lines, facts):
            if source not in COMPUTED:
                if source not in files:
                    files[source] = stack.enter_context((folder / f"{source}.nq").open("wb"))
                files[source].write(line)
    return dict(sorted(facts.items()))


def _counted(lines: Iterable[Line], facts: dict[str, Facts]) -> Iterator[tuple[str, Line]]:
    names: dict[bytes, str | None] = {}
    for line in lines:
        statement = Statement.of(line)
        facts[""].add(statement)
        if statement.graph not in names:
            names[statement.graph] = source_of(statement.graph[1:-1].decode())
        source = names[statement.graph]
        if source is not None:
            facts.setdefault(source, Facts()).add(statement)
            yield source, line
