"""What the tools for language models give: structures with a schema, as short as can be, and how they are made."""

from collections.abc import Sequence
from typing import NotRequired

from pyoxigraph import Literal, NamedNode
from typing_extensions import TypedDict

from clustergraph.questions.answer import Cell, Rows, Value
from clustergraph.questions.conflict import Conflict
from clustergraph.questions.search import Name
from clustergraph.questions.thing import Part, Property, Thing
from clustergraph.terms import compact

Shown = Value | dict[str, str]
"""A value, or of a thing its ``label`` and its ``iri``, with a prefix where there is one."""
Row = dict[str, Shown]


class ListedQuestion(TypedDict):
    """A question, as it is listed."""

    name: str
    question: str
    parameters: NotRequired[dict[str, str]]


class Questions(TypedDict):
    """The questions that fit."""

    questions: list[ListedQuestion]
    note: NotRequired[str]


class ParameterNote(TypedDict):
    """What there is to know of a parameter."""

    label: str
    type: str
    required: bool
    several: bool
    default: list[str]
    values: dict[str, int | None]


class QuestionNote(TypedDict):
    """What a question is for."""

    name: str
    question: str
    description: str
    parameters: dict[str, ParameterNote]
    columns: dict[str, str]
    note: NotRequired[str]


class RowEvidence(TypedDict):
    """The numbers of the steps that a row rests on, what nothing says, and how many other proofs there are."""

    because: list[int]
    absent: NotRequired[list[str]]
    others: NotRequired[int]


class RowsEvidence(TypedDict):
    """What the rows rest on, one by one: steps with their sections, or with what they follow from, by which rule."""

    rows: list[RowEvidence]
    steps: list[str]
    rules: list[str]


class QuestionAnswer(TypedDict):
    """Rows of the answer to a question."""

    question: str
    rows: list[Row]
    rows_in_all: int
    release: str
    note: NotRequired[str]
    notes: NotRequired[list[str]]
    sources: NotRequired[list[str]]
    why_empty: NotRequired[str]
    evidence: NotRequired[RowsEvidence]


Hit = TypedDict(
    "Hit",
    {"label": str, "class": str, "iri": str, "name": str, "score": float, "count": NotRequired[str],
     "questions": NotRequired[dict[str, str]]},
)  # fmt: skip
"""A thing, term or question that is found by a name of it; of a term how much there is, and what asks for it."""


class Hits(TypedDict):
    """What is found, the best first."""

    found: list[Hit]


class Said(TypedDict):
    """What is said with one property, and by whom."""

    property: str
    value: Shown
    said_by: list[str]


class ThingNote(TypedDict):
    """What is said of a thing, and with it of others."""

    iri: str
    label: str
    classes: list[str]
    says: list[Said]
    said_of_it: list[Said]
    note: NotRequired[str]
    more: NotRequired[str]


class Explanation(TypedDict):
    """Why a statement is in the graph."""

    because: list[str]


class ListedConflict(TypedDict):
    """A disagreement: what it is about, and each value with who says it."""

    nature: str
    kind: str
    severity: str
    about: str
    values: list[str]
    newest: NotRequired[str]
    notes: NotRequired[list[str]]


class ListedConflicts(TypedDict):
    """What disagrees."""

    conflicts: list[ListedConflict]
    in_all: int
    by_kind: dict[str, int]


class Schema(TypedDict):
    """The terms for SPARQL."""

    terms: list[str]
    prefixes: dict[str, str]


class QueryResult(TypedDict):
    """What a query gives: rows, a truth value, or a graph as Turtle."""

    columns: NotRequired[list[str]]
    rows: NotRequired[list[Row]]
    more: NotRequired[str]
    turtle: NotRequired[str]
    notes: NotRequired[list[str]]


def rows_of(columns: Sequence[str], rows: Rows) -> list[Row]:
    """Return an object for each row, with what is not empty."""
    return [
        {column: _shown(cell) for column, cell in zip(columns, row, strict=True) if cell.value not in (None, "")}
        for row in rows
    ]


def _shown(cell: Cell) -> Shown:
    if not cell.iri:
        return cell.value
    return {"iri": compact(cell.iri), **({"label": cell.shown} if cell.shown != cell.iri else {})}


def term_of(term: Cell, kind: Cell, definition: Cell, start: Cell, end: Cell, *, defined: bool) -> str:
    """Return a term in one line, such as ``cg:region (link: cg:Organisation → cg:Region)``."""
    joined = " → ".join(compact(each.iri) if each.iri else "anything" for each in (start, end))
    told = compact(term.iri or "") + ("" if kind.value == "class" else f" ({kind.shown}: {joined})")
    return f"{told}: {definition.shown}" if defined else told


def hit_of(name: Name) -> Hit:
    """Return a name that was found."""
    hit: Hit = {"label": name.label, "class": name.class_, "iri": compact(name.iri), "name": name.name,
                "score": name.score}  # fmt: skip
    if name.counted:
        hit |= {"count": name.counted, "questions": dict(name.questions)}
    return hit


def conflict_of(found: Conflict) -> ListedConflict:
    """Return a disagreement in words."""
    told: ListedConflict = {
        "nature": found.nature.value,
        "kind": found.kind,
        "severity": found.severity.value,
        "about": found.subject,
        "values": [f"{side.words}: {side.said_by}" for side in found.sides],
    }
    if found.newest:
        doubt = "" if found.newest_certain else " (perhaps)"
        told["newest"] = " | ".join(side.words for side in found.newest) + doubt
    if notes := [*(text for side in found.sides for text in side.notes), *(each.text for each in found.notes)]:
        told["notes"] = notes
    return told


def said_of(thing: Thing, group: Property) -> list[Said]:
    """Return what is said with one property of a thing, each with the sections that say so."""
    return [
        {"property": thing.name(group.property), "value": _value(thing, line.term),
         "said_by": [f"{each.title}: {each.name}" if each.document else each.name for each in line.sources]}
        for line in group.lines
    ]  # fmt: skip


def _value(thing: Thing, term: Part) -> Shown:
    if isinstance(term, NamedNode):
        details = {thing.name(name): _text(thing, value) for name, value in thing.details.get(term.value, ())}
        return {"label": thing.name(term.value), "iri": compact(term.value), **details}
    return _text(thing, term)


def _text(thing: Thing, term: Part) -> str:
    if isinstance(term, NamedNode):
        return thing.name(term.value)
    return term.value if isinstance(term, Literal) else str(term)
