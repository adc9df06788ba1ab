"""A disagreement with its sides, and the rule that finds it.

A rule is one file: a SELECT query with a head of ``#+`` comment lines, as a question has. Its rows are one for each
section that says a value; those with the same ``about``, ``what`` and ``detail`` are one disagreement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, groupby, starmap
from pathlib import Path
from typing import Final

from pyoxigraph import QuerySolutions

from clustergraph.engine.store import Embedded
from clustergraph.errors import SourceError, Where
from clustergraph.languages.messages import N_
from clustergraph.layers import Layers
from clustergraph.questions.answer import WRITERS, Cell, Rows, with_iris
from clustergraph.questions.key_figures import agree
from clustergraph.questions.notes import Note
from clustergraph.questions.question import head_of
from clustergraph.questions.sections import Section
from clustergraph.rdf.files import text_of
from clustergraph.shacl.findings import Severity
from clustergraph.terms import CATALOGUE, QUERY, SCHEME, named_after

FOLDER: Final = "conflicts"
"""The folder of the rules below that of the questions, and the path to their IRIs."""
SPACE: Final = f"{QUERY}{FOLDER}/"
KINDS: Final[Mapping[str, str]] = {
    "figures": N_("Figures"),
    "dates": N_("Dates"),
    "labels": N_("Labels over time"),
    "lists": N_("Lists"),
    "names": N_("Names and spellings"),
    "claim-computed": N_("Claims against what is computed"),
    "claim-claim": N_("Claims against claims"),
    "gap": N_("Gaps"),
    "damaged": N_("Damaged spots"),
    "unconfirmed": N_("Unconfirmed statements"),
}
"""The kinds of disagreement by their codes, in the order in which they are shown."""


class Nature(StrEnum):
    """Whether what is told beside each other can be true together."""

    CONTRADICTION = "contradiction"
    CHANGE = "change"
    COMPATIBLE = "compatible"
    WORDING = "wording"
    AMBIGUOUS = "ambiguous"
    MISSING = "missing"


NATURES: Final[Mapping[str, str]] = {
    Nature.CONTRADICTION: N_("Contradictions"),
    Nature.CHANGE: N_("Changed over time"),
    Nature.COMPATIBLE: N_("May both be true"),
    Nature.WORDING: N_("Named differently"),
    Nature.AMBIGUOUS: N_("Ambiguous in the source"),
    Nature.MISSING: N_("Missing or damaged in the source"),
}
"""The natures of disagreements by their codes, in the order in which they are shown."""
_OF_KIND: Final = {
    "lists": Nature.COMPATIBLE,
    "names": Nature.WORDING,
    "gap": Nature.MISSING,
    "damaged": Nature.MISSING,
    "unconfirmed": Nature.AMBIGUOUS,
}
"""The nature of what is of some kinds; that of the others follows from what is said."""
Days = tuple[str, str]
"""The first and the last day that a date can mean."""
_UNSAID: Final = (f"{SCHEME}bound/exactly", f"{SCHEME}unit/count")
"""The bound and the unit that go without saying."""
_NEEDED: Final = {"title", "description", "kind", "severity"}
COLUMNS: Final = ("nature", "kind", "severity", "about", "what", "detail", "values", "said_by", "newest",
                  "newest_certain", "notes", "rule")  # fmt: skip
"""The columns of the table of conflicts."""

RULES_QUERY: Final = f"""SELECT ?rule ?select WHERE {{
  GRAPH {CATALOGUE} {{ ?rule a sh:SPARQLSelectExecutable ; sh:select ?select }}
  FILTER STRSTARTS(STR(?rule), "{SPACE}") }} ORDER BY ?rule"""


@dataclass(frozen=True)
class ConflictRule:
    """A query that finds disagreements of one kind."""

    name: str
    title: str
    description: str
    kind: str
    """One of `KINDS`."""
    severity: Severity
    """How grave they are, where a row does not say it."""
    query: str

    @property
    def iri(self) -> str:
        """Its IRI in the catalogue."""
        return named_after(SPACE, self.name).value


def load_rules(folder: Layers | Path) -> dict[str, ConflictRule]:
    """Return the rules by name that are beside the questions in a folder; there may be none.

    Raises:
        SourceError: a file is not as it should be.
    """
    return {path.stem: read_rule(path, text_of(path)) for path in (Layers.of(folder) / FOLDER).glob("*.rq")}


def read_rule(path: Path, text: str) -> ConflictRule:
    """Return the rule in the text of a file.

    Raises:
        SourceError: the head lacks a key or has too many, or there is no such kind or severity.
    """
    head = head_of(path, text, _NEEDED)
    for key, known in (("kind", list(KINDS)), ("severity", [level.value for level in Severity])):
        if head[key] not in known:
            advice = f"give one of: {', '.join(known)}"
            raise SourceError(f"the {key} of a conflict rule is not {head[key]!r}", where=Where(path, 1), advice=advice)
    title, description = str(head["title"]), str(head["description"])
    return ConflictRule(path.stem, title, description, head["kind"], Severity(head["severity"]), text)


def rules_of(graph: Embedded) -> dict[str, ConflictRule]:
    """Return the rules that a release carries, by name."""
    rows = graph.query(RULES_QUERY)
    assert isinstance(rows, QuerySolutions)
    found = {row["rule"].value.removeprefix(SPACE): row["select"].value for row in rows}
    return {name: read_rule(Path(f"{name}.rq"), text) for name, text in found.items()}


@dataclass(frozen=True)
class Side:
    """One of the values that disagree, and who says it."""

    value: Cell
    bound: Cell
    unit: Cell
    sections: tuple[Section, ...] = ()
    """The sections that say it, in the order of the text; none where the graph computes it."""
    newest: bool = False
    """Whether another is older, and none is newer."""
    notes: tuple[str, ...] = ()
    """What the rule remarks on it, such as what was added."""
    said_on: tuple[Days, ...] = ()
    """When it was said: on its own dates, or else when the sections that say it were written."""

    @property
    def computed(self) -> bool:
        """Whether no section says it."""
        return not self.sections

    @property
    def words(self) -> str:
        """The value with its bound and unit.

        >>> bound, unit = Cell("more than", "x:b"), Cell("per cent", "x:u")
        >>> Side(Cell(40), bound, unit).words
        'more than 40 per cent'
        """
        parts = [part.shown for part in (self.bound, self.value, self.unit) if part.iri not in _UNSAID]
        return " ".join(filter(None, parts))

    @property
    def said_by(self) -> str:
        """The sections that say it, each with its document."""
        grouped = groupby(self.sections, key=lambda each: each.title)
        return (
            "; ".join(f"{title}, {' and '.join(each.name for each in found)}" for title, found in grouped) or "computed"
        )

    def document(self) -> dict[str, object]:
        """Return it as JSON members."""
        return {
            "value": _named(self.value),
            "words": self.words,
            "bound": _named(self.bound),
            "unit": _named(self.unit),
            "computed": self.computed,
            "said_by": [
                {
                    "document": {"label": each.title, "iri": each.document},
                    "section": {"label": each.name, "iri": each.iri},
                }
                for each in self.sections
            ],
            "newest": self.newest,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Conflict:
    """One disagreement."""

    rule: ConflictRule
    severity: Severity
    about: Cell
    """The thing."""
    what: Cell
    """The property or measure of it, or words for that."""
    detail: Cell
    """The part, period or other party that it is about, if any."""
    sides: tuple[Side, ...]
    newest_certain: bool | None = None
    """Whether it is certain which are the newest; None where none is newer than the others."""
    notes: tuple[Note, ...] = ()
    """The notes that tell this very disagreement."""
    beside: tuple[Note, ...] = ()
    """Other notes on the statements behind, or on the thing in the sections that say something of it here."""

    @property
    def kind(self) -> str:
        """The code of its kind."""
        return self.rule.kind

    @property
    def nature(self) -> Nature:
        """Whether its sides can be true together.

        Numbers of several years can, and so can those whose bounds one number fits; what differs less gravely can, too.
        """
        if any(f"{side.value.iri}".startswith(f"{SCHEME}certainty/") for side in self.sides):
            return Nature.AMBIGUOUS
        if self.kind in _OF_KIND:
            return _OF_KIND[self.kind]
        if self.kind == "labels" and self.newest:
            return Nature.CHANGE
        if self.kind == "figures" and not any(starmap(_exclude, combinations(self.sides, 2))):
            return Nature.CHANGE if self.newest else Nature.COMPATIBLE
        return Nature.COMPATIBLE if self.severity == Severity.INFO else Nature.CONTRADICTION

    @property
    def subject(self) -> str:
        """What it is about, in words."""
        detail = f" ({self.detail.shown})" if self.detail.value is not None else ""
        return f"{self.about.shown}: {self.what.shown}{detail}"

    @property
    def newest(self) -> tuple[Side, ...]:
        """The sides that are newer than others."""
        return tuple(side for side in self.sides if side.newest)

    @property
    def things(self) -> frozenset[str | None]:
        """What it concerns: what it is about, and what it has as detail or value."""
        return frozenset([self.about.iri, self.detail.iri, *(side.value.iri for side in self.sides)])

    @property
    def sections(self) -> list[Section]:
        """The sections that say one of its sides."""
        return [section for side in self.sides for section in side.sections]

    def concerns(self, things: Iterable[str]) -> bool:
        """Whether it is about one of these things, or has it as detail or value."""
        return not self.things.isdisjoint(things)

    def is_noted_on(self, things: Iterable[str]) -> bool:
        """Whether a note that tells it is about one of these things, such as a member of a list that differs."""
        return not frozenset().union(*(note.about for note in self.notes)).isdisjoint(things)

    def said_in(self, documents: Iterable[str]) -> bool:
        """Whether one of these documents says a side of it."""
        return not {section.document for section in self.sections}.isdisjoint(documents)

    def document(self) -> dict[str, object]:
        """Return it as JSON members."""
        return {
            "nature": self.nature.value,
            "kind": self.kind,
            "severity": self.severity.value,
            "title": self.rule.title,
            "about": _named(self.about),
            "what": _named(self.what),
            "detail": _named(self.detail),
            "values": [side.document() for side in self.sides],
            "newest_certain": self.newest_certain,
            "notes": [note.document() for note in self.notes],
            "beside": [note.document() for note in self.beside],
            "rule": self.rule.iri,
        }

    def row(self) -> tuple[Cell, ...]:
        """Return its cells in the `COLUMNS`."""
        said = " | ".join(f"{side.words}: {side.said_by}" for side in self.sides)
        values = " | ".join(side.words for side in self.sides)
        newest = " | ".join(side.words for side in self.newest) or None
        remarks = " | ".join([*(text for side in self.sides for text in side.notes), *(n.text for n in self.notes)])
        return (
            Cell(self.nature.value), Cell(self.kind), Cell(self.severity.value), self.about, self.what, self.detail,
            Cell(values), Cell(said), Cell(newest), Cell(self.newest_certain), Cell(remarks or None),
            Cell(self.rule.name),
        )  # fmt: skip


def _exclude(one: Side, other: Side) -> bool:
    """Whether two numbers cannot both be true: no number fits both, and they are not of several years."""
    if agree([(one.value, one.bound), (other.value, other.bound)]):
        return False
    if not all(isinstance(side.value.value, int | float) and side.said_on for side in (one, other)):
        return True
    return any(_of_one_year(first, second) for first in one.said_on for second in other.said_on)


def _of_one_year(one: Days, other: Days) -> bool:
    """Whether two times can be of one year.

    >>> _of_one_year(("2015-01-01", "2015-12-31"), ("2017-03-28", "2017-03-28"))
    False
    """
    return one[0][:4] <= other[1][:4] and other[0][:4] <= one[1][:4]


def _named(value: Cell) -> object:
    return {"label": value.value, "iri": value.iri} if value.iri else value.value


def table(found: Sequence[Conflict], *, iris: bool = False) -> tuple[tuple[str, ...], Rows]:
    """Return conflicts as columns and rows; with ``iris``, behind each column of things is one of their IRIs."""
    rows = [conflict.row() for conflict in found]
    things = [column in ("about", "what", "detail") for column in COLUMNS]
    return with_iris(COLUMNS, rows, things) if iris else (COLUMNS, rows)


def written(found: Sequence[Conflict], format_: str, *, iris: bool = False) -> str:
    """Return conflicts in json, or as a table in csv, tsv or md; see `table`."""
    if format_ == "json":
        return json.dumps([each.document() for each in found], ensure_ascii=False, indent=1) + "\n"
    return WRITERS[format_](*table(found, iris=iris))
