"""The verdicts on the claims of documents, as every door shows them: the answer to a question, by verdict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, Protocol, Self

from pyoxigraph import NamedNode, Store

from clustergraph.languages.messages import N_
from clustergraph.questions.answer import Answer, Cell, QuestionCall, WrittenAnswer
from clustergraph.questions.names import AmbiguousNameError
from clustergraph.questions.parameters import Known, resolve
from clustergraph.questions.question import Question, find
from clustergraph.questions.sections import Section, row_of
from clustergraph.rdf.origins import Origins

QUESTION: Final = "claims-against-data"
"""The question whose rows are the verdicts."""
KINDS: Final[Mapping[str, str]] = {
    "contradicted": N_("Contradicted"),
    "not-covered": N_("Not covered"),
    "confirmed": N_("Confirmed"),
}
"""The verdicts by their codes, in the order in which they are shown."""
_BY: Final[Mapping[str, str]] = {
    "participant": N_("who takes part and when"),
    "acronym": N_("acronym"),
    "identifier": N_("number"),
    "exactMatch": N_("link"),
}
"""What two projects have in common, by the end of the property that gives it."""
Given = Mapping[str, list[str]]
"""The values of parameters, by name."""
Row = Mapping[str, Cell]
"""A verdict: the cells of its row by the names of the columns."""


def meant(question: Question, given: Given, known: Known) -> Given:
    """Return what is asked for with all things that a name means: a project of a document, and that of imported data.

    Raises:
        QuestionError: a parameter is not known, or a value does not fit.
    """
    try:
        resolve(question, given, known)
    except AmbiguousNameError as error:
        if error.parameter != "about":
            raise
        iris = [choice.iri for choice in error.choices]
        others = [value for value in given["about"] if value != error.name]
        return meant(question, {**given, "about": [*others, *iris]}, known)
    return given


def paired_by(row: Row) -> str:
    """Return in words what the two projects of a row have in common."""
    name = re.split("[/#]", row["paired_by"].iri or "")[-1]
    return _BY.get(name, row["paired_by"].shown)


def kind_of(row: Row) -> str:
    """Return the code of the verdict of a row."""
    return (row["verdict"].iri or "").rpartition("/")[2]


@dataclass(frozen=True)
class TableRows:
    """Where in imported tables the other side of a claim stands."""

    store: Store
    sections: Mapping[str, Section]
    origins: Origins | None

    def of(self, row: Row) -> str:
        """Return the source and the row of its table that a verdict rests on; nothing if it rests on none."""
        statement, project = row["evidence"].iri, row["counterpart"].iri
        if statement:
            return self._place(NamedNode(statement), None)
        return (
            self._place(NamedNode(project), NamedNode(row["aspect"].iri or ""))
            if project and row["found"].value
            else ""
        )

    def _place(self, node: NamedNode, predicate: NamedNode | None) -> str:
        for quad in self.store.quads_for_pattern(node, predicate, None, None):
            section = isinstance(quad.graph_name, NamedNode) and self.sections.get(quad.graph_name.value)
            if section:
                return section.at(row_of(self.origins, quad, section.iri)).name
        return ""


@dataclass(frozen=True)
class Verdicts:
    """Verdicts in the order in which they are shown, and how many there are of each kind."""

    rows: tuple[Row, ...] = ()
    counts: Mapping[str, int] | None = None
    total: int = 0

    @classmethod
    def of(cls, answer: Answer, offset: int = 0, limit: int | None = None, places: TableRows | None = None) -> Self:
        """Return some of the verdicts that are the rows of an answer, with their places, and count them all."""
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        rows.sort(key=lambda row: list(KINDS).index(kind_of(row)))
        counts = Counter(map(kind_of, rows))
        end = None if limit is None else offset + limit
        shown = [{**row, "place": Cell(places.of(row) if places else "")} for row in rows[offset:end]]
        return cls(tuple(shown), {kind: counts[kind] for kind in KINDS if counts[kind]}, len(rows))

    @property
    def groups(self) -> Sequence[tuple[str, str, Sequence[tuple[Cell, Sequence[Row]]]]]:
        """The verdicts by kind: its code, its name, and by project those of it."""
        return [
            (kind, KINDS[kind], [(same[0]["project"], same) for same in _by_project(rows)])
            for kind, rows in groupby(self.rows, key=kind_of)
        ]


class Judged(Known, Protocol):
    """What is asked for verdicts."""

    store: Store

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions, by name."""

    @property
    def sections(self) -> Mapping[str, Section]:
        """The sections of documents, by IRI."""

    @property
    def origins(self) -> Origins | None:
        """From which rows of tables statements come."""

    def put(self, question: Question, given: Mapping[str, list[str]]) -> Answer:
        """Return the answer to a question."""

    def written(self, call: QuestionCall, max_bytes: int) -> WrittenAnswer:
        """Return some rows of an answer in a format."""


def verdicts(graph: Judged, call: VerdictCall) -> Verdicts:
    """Return the verdicts for which a client asks."""
    question = find(graph.questions, QUESTION)
    answer = graph.put(question, meant(question, call.given, graph))
    return Verdicts.of(answer, call.offset, call.limit, TableRows(graph.store, graph.sections, graph.origins))


def written(graph: Judged, call: VerdictCall, max_bytes: int) -> WrittenAnswer:
    """Return the verdicts for which a client asks, in its format."""
    given = meant(find(graph.questions, QUESTION), call.given, graph)
    return graph.written(replace(call, given=given), max_bytes)


def _by_project(rows: Iterable[Row]) -> list[list[Row]]:
    found: dict[str | None, list[Row]] = {}
    for row in rows:
        found.setdefault(row["project"].iri, []).append(row)
    return list(found.values())


class VerdictCall(QuestionCall):
    """Verdicts as a client of the service asks for them: some of them, in a format."""

    def of_kind(self, kind: str) -> str:
        """Return the address of those of one kind alone.

        >>> VerdictCall(QUESTION, {"about": ["AFIL"]}, offset=500).of_kind("confirmed")
        '/audit?about=AFIL&verdict=confirmed'
        """
        return replace(self, given={**self.given, "verdict": [kind]}, offset=0).address()

    @property
    def path(self) -> str:
        """Its address without parameters."""
        return "/audit"
