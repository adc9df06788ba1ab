"""Several clusters, regions or projects side by side: what they have in common, what only one has, what complements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from pyoxigraph import NamedNode

from clustergraph.errors import QuestionError
from clustergraph.languages.messages import N_
from clustergraph.questions.answer import Answer, Cell, QuestionCall, csv
from clustergraph.questions.key_figures import said
from clustergraph.questions.names import AmbiguousNameError, Choice, end_of
from clustergraph.questions.parameters import Known, iri_of, resolve
from clustergraph.questions.question import Question, find
from clustergraph.questions.sections import Section
from clustergraph.questions.xlsx import AnswerSheet, workbook
from clustergraph.terms import compact, expand

Dates = Mapping[str, str]
"""The days for which it is asked, by the names of the parameters ``valid_on`` and ``known_by``."""
MOST: Final = 5
"""So many things are compared at most."""
KINDS: Final = ("cg:Cluster", "cg:Region", "cg:Project")
"""The classes whose things are compared with each other."""
ASPECTS: Final = {
    ("cg:activeIn", ""): N_("Fields"),
    ("cg:hasPriority", ""): N_("Priorities"),
    ("cg:locatedIn", "of"): N_("Clusters"),
    ("cg:coversDomain", ""): N_("Domains"),
    ("cg:holdsLabel", ""): N_("Labels"),
    ("cg:participatesIn", "of"): N_("Participants"),
    ("cg:participatesIn", "cg:Project"): N_("Projects"),
    ("cg:participatesIn", ""): N_("Partnerships, initiatives and networks"),
    ("cg:sharesProjectWith", ""): N_("Partners in projects"),
    ("cg:fundedUnder", ""): N_("Programmes and calls"),
    ("cg:service", ""): N_("Services"),
    ("cg:sector", ""): N_("Sectors"),
}
"""What is compared, in the order in which it is shown: by property, and the class of the value or whether it has it."""
_MAY: Final = {
    "cg:activeIn": "cg:mayBeActiveIn",
    "cg:coversDomain": "cg:mayCoverDomain",
    "cg:fundedUnder": "cg:mayBeFundedUnder",
    "cg:hasPriority": "cg:mayHavePriority",
    "cg:holdsLabel": "cg:mayHoldLabel",
    "cg:participatesIn": "cg:mayParticipateIn",
    "cg:sharesProjectWith": "cg:mayShareProjectWith",
}
"""What is said where it is not certain."""
_PLAIN: Final = ("part", "relative_to", "period")
"""With one of these a figure is not of the whole thing."""


class Comparing(Known, Protocol):
    """What can be asked questions, and knows things and sections."""

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions, by name."""
        ...

    @property
    def sections(self) -> Mapping[str, Section]:
        """The sections of documents, by IRI."""
        ...

    def put(self, question: Question, given: Mapping[str, list[str]]) -> Answer:
        """Return the answer to a question."""
        ...

    def label(self, iri: str) -> str:
        """Return the label of a thing."""
        ...


@dataclass(frozen=True)
class Held:
    """That a thing has a value."""

    certain: bool
    why: str
    """The address of its proof."""


@dataclass(frozen=True)
class ComparedValue:
    """A value, and which of the things have it."""

    aspect: str
    value: Cell
    held: Mapping[str, Held]
    """By the IRI of the thing."""


@dataclass(frozen=True)
class ComparedFigure:
    """The numbers that are given for a measure, by the IRI of the thing."""

    measure: Cell
    numbers: Mapping[str, Sequence[str]]
    """In the order of their dates, with what is to be known of each."""
    why: Mapping[str, str]
    """The address of what they rest on."""


@dataclass(frozen=True)
class Complement:
    """What one thing has, and another lacks and asks for."""

    taker: Cell
    giver: Cell
    asked: Cell
    priorities: Sequence[str]
    """In the words of the source."""
    has: Sequence[Cell]
    through: Sequence[Cell]
    certain: bool
    why: str
    """The address of what the first of its rows rests on."""


@dataclass(frozen=True)
class ThingComparison:
    """Things beside each other."""

    kind: str
    things: Mapping[str, str]
    """Their labels, by IRI."""
    values: Sequence[ComparedValue] = ()
    figures: Sequence[ComparedFigure] = ()
    complements: Sequence[Complement] = ()
    dates: Dates = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def common(self) -> list[ComparedValue]:
        """What all have."""
        return [each for each in self.values if len(each.held) == len(self.things)]

    @property
    def some(self) -> list[ComparedValue]:
        """What several have, but not all."""
        return [each for each in self.values if 1 < len(each.held) < len(self.things)]

    def only(self, thing: str) -> list[ComparedValue]:
        """Return what one has alone."""
        return [each for each in self.values if list(each.held) == [thing]]

    def aspect(self, name: str) -> list[ComparedValue]:
        """Return all values of an aspect, those that most have first."""
        return sorted((each for each in self.values if each.aspect == name), key=lambda each: -len(each.held))

    def document(self) -> dict[str, Any]:
        """Return it as JSON members."""
        return {
            "kind": self.kind,
            "things": [{"iri": iri, "label": label} for iri, label in self.things.items()],
            "dates": dict(self.dates),
            "notes": list(self.notes),
            "figures": [_members(each.measure, numbers=each.numbers, why=each.why) for each in self.figures],
            "common": [_told(each) for each in self.common],
            "some": [_told(each) for each in self.some],
            "only": {iri: [_told(each) for each in self.only(iri)] for iri in self.things},
            "complementary": [
                {
                    "taker": _members(each.taker),
                    "asked": _members(each.asked, priorities=each.priorities),
                    "giver": _members(each.giver),
                    "has": [_members(one) for one in each.has],
                    "through": [_members(one) for one in each.through],
                    "certain": each.certain,
                    "why": each.why,
                }
                for each in self.complements
            ],
        }

    def table(self) -> str:
        """Return it as CSV: a row for each measure and value, and a column for each thing."""
        return csv(self._columns, self._rows)

    def workbook(self, about: Sequence[tuple[str, str]]) -> bytes:
        """Return it as a workbook: the rows of the table, what complements, and pairs that say what it is."""
        cells = [
            [each.taker, each.asked, each.giver, _joined(each.has), _joined(each.through)] for each in self.complements
        ]
        complements = AnswerSheet("Complementary", ("taker", "asked", "giver", "has", "through"), cells)
        sheets = [AnswerSheet("Compared", self._columns, self._rows), *([complements] if cells else [])]
        return workbook(" · ".join(self.things.values()), sheets, about)

    @property
    def _columns(self) -> tuple[str, ...]:
        return "aspect", "value", *self.things.values()

    @property
    def _rows(self) -> list[list[Cell]]:
        figures = [
            [Cell("Figures"), each.measure, *(Cell("; ".join(each.numbers.get(iri, ()))) for iri in self.things)]
            for each in self.figures
        ]
        return figures + [
            [Cell(each.aspect), each.value, *(Cell(_mark(each, iri)) for iri in self.things)] for each in self.values
        ]


@dataclass(frozen=True)
class ChosenThing:
    """A thing as somebody gives it to be compared."""

    given: str
    iri: str = ""
    """What it is; nothing, if that is not known."""
    label: str = ""
    kind: str = ""
    """The class of the `KINDS` that it is of."""
    meant: Sequence[Choice] = ()
    """What it may mean, if it is not known."""
    other: str = ""
    """What kind of thing is called so that cannot be compared."""


def compared(graph: Comparing, things: Sequence[str], dates: Dates) -> ThingComparison:
    """Return two to five clusters, regions or projects beside each other; they are given by IRI or name.

    Raises:
        AmbiguousNameError: several things bear a name equally well.
        QuestionError: there are fewer or more, they are of several kinds, or no such thing is called so.
    """
    names = [name for name in dict.fromkeys(things) if name]
    if len(names) > MOST:
        raise QuestionError(f"up to {MOST} things are compared, {len(names)} were given")
    answer = _answer(graph, "compare", names, dates)
    found = [term.value for term in dict.fromkeys(answer.bound["thing"])]
    if len(found) < 2:
        raise QuestionError("two things are needed to compare", advice="give another one as 'thing'")
    kind, figures = _kind(graph, found), _figures(graph, found, dates)
    return ThingComparison(
        kind, {iri: graph.label(iri) for iri in found}, _values(answer, found, dates), figures,
        _complements(graph, found), dates, answer.notes,
    )  # fmt: skip


def chosen_things(graph: Comparing, things: Sequence[str]) -> list[ChosenThing]:
    """Return what is given to be compared, by IRI or name, each with what it is or may mean."""
    return [_chosen(graph, each) for each in things]


def _chosen(graph: Comparing, thing: str) -> ChosenThing:
    question = find(graph.questions, "compare")
    try:
        bound, _ = resolve(question, {"thing": [thing]}, graph)
    except AmbiguousNameError as error:
        return ChosenThing(thing, meant=error.choices)
    except QuestionError:
        iri = iri_of(thing)
        called = [graph.choice(iri)] if iri else graph.called(thing)
        if other := next((each.kind.strip() for each in called if each.kind.strip()), ""):
            return ChosenThing(thing, other=other)
        choices = graph.choices(question.parameters["thing"])
        near = dict.fromkeys(iri for name in choices.like(end_of(thing)) for iri in choices.meant(name)[0])
        return ChosenThing(thing, meant=[graph.choice(each) for each in near])
    iri = bound["thing"][0].value
    return ChosenThing(thing, iri, graph.label(iri), _kind(graph, [iri]))


def _answer(graph: Comparing, name: str, things: Sequence[str], dates: Dates, parameter: str = "thing") -> Answer:
    question = find(graph.questions, name)
    return graph.put(question, {parameter: list(things), **{key: [day] for key, day in dates.items() if day}})


def _kind(graph: Comparing, things: Sequence[str]) -> str:
    """Return the class that all things are of."""
    kinds = [kind for kind in KINDS if all(graph.is_of(NamedNode(iri), (kind,)) for iri in things)]
    if not kinds:
        told = "; ".join(f"{graph.label(iri)} ({_kind_of(graph, iri)})" for iri in things)
        advice = "compare clusters with clusters, regions with regions, or projects with projects"
        raise QuestionError(f"only things of one kind are compared, and these are of several: {told}", advice=advice)
    return kinds[0]


def _kind_of(graph: Comparing, iri: str) -> str:
    return next(kind for kind in KINDS if graph.is_of(NamedNode(iri), (kind,))).partition(":")[2].lower()


def _values(answer: Answer, things: Sequence[str], dates: Dates) -> list[ComparedValue]:
    """Return what the things have, by aspect."""
    held: dict[tuple[str, str], dict[str, Held]] = defaultdict(dict)
    cells: dict[tuple[str, str], Cell] = {}
    for cells_of, terms in zip(answer.rows, answer.terms, strict=True):
        row = dict(zip(answer.columns, cells_of, strict=True))
        key = _aspect(row), str(terms["value"])
        cells.setdefault(key, row["value"])
        held[key][row["thing"].iri or ""] = _held(row, str(terms["value"]), dates)
    order = list(ASPECTS.values())
    found = [
        ComparedValue(key[0], cells[key], {iri: held[key][iri] for iri in things if iri in held[key]}) for key in cells
    ]
    return sorted(found, key=lambda each: (order.index(each.aspect), each.value.shown.casefold()))


def _held(row: Mapping[str, Cell], value: str, dates: Dates) -> Held:
    """Return how sure it is that a thing has a value, and why."""
    thing, name = row["thing"].iri or "", compact(row["property"].iri or "")
    certain = bool(row["certain"].value)
    if name == "cg:holdsLabel" and any(dates.values()):  # It may be held no more.
        return Held(certain, _why("labels", {"organisation": [thing], "label": [row["value"].iri or ""]}, dates))
    ends = (f"<{thing}>", value)
    subject, object_ = ends[::-1] if row["inverse"].value else ends
    said = {"subject": subject, "predicate": name if row["stated"].value else _MAY.get(name, name), "object": object_}
    return Held(certain, f"/explain?{urlencode(said)}")


def _aspect(row: Mapping[str, Cell]) -> str:
    name = compact(row["property"].iri or "")
    class_ = compact(row["class"].iri) if row["class"].iri else ""
    more = "of" if row["inverse"].value else class_
    return ASPECTS.get((name, more)) or ASPECTS[name, ""]


def _figures(graph: Comparing, things: Sequence[str], dates: Dates) -> list[ComparedFigure]:
    """Return the numbers that are given of the things as a whole."""
    answer = _answer(graph, "figures", things, dates, "subject")
    numbers: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    cells: dict[str, Cell] = {}
    for cells_of, terms in zip(answer.rows, answer.terms, strict=True):
        row = dict(zip(answer.columns, cells_of, strict=True))
        if terms["kind"] != expand("cg:Figure") or any(row[name].value is not None for name in _PLAIN):
            continue
        measure, thing = row["measure"].iri or "", row["subject"].iri or ""
        cells.setdefault(measure, row["measure"])
        date = _date(graph, row)
        numbers[measure][thing][_number(row, date)] = date
    return [
        ComparedFigure(
            cells[measure],
            {iri: sorted(found, key=lambda text: found[text]) for iri, found in of.items()},
            {iri: _why("figures", {"subject": [iri], "measure": [measure]}, dates) for iri in of},
        )
        for measure, of in sorted(numbers.items(), key=lambda pair: (-len(pair[1]), cells[pair[0]].shown))
    ]


def _date(graph: Comparing, row: Mapping[str, Cell]) -> str:
    """Return the date of a figure, or else the year of its document."""
    section = graph.sections.get(row["section"].iri or "")
    return row["dated"].shown or (section.parts.get("issued", "") if section else "")


def _number(row: Mapping[str, Cell], date: str) -> str:
    """Return a number with its unit, date and what is not plain of it."""
    text = " ".join(filter(None, (said(row["bound"]), f"{row['value'].value:,}", said(row["unit"]))))
    more = ", ".join(filter(None, (date, said(row["certainty"]))))
    return f"{text} ({more})" if more else text


def _complements(graph: Comparing, things: Sequence[str]) -> list[Complement]:
    """Return what complements, by who asks for what from whom."""
    given = {name: list(things) for name in ("taker", "giver")}
    answer = graph.put(find(graph.questions, "complements"), given)
    rows: dict[tuple[str | None, ...], list[tuple[int, dict[str, Cell]]]] = defaultdict(list)
    for number, cells in enumerate(answer.rows):
        row = dict(zip(answer.columns, cells, strict=True))
        rows[row["taker"].iri, row["giver"].iri, row["asked"].iri].append((number, row))
    return [_complement(found, given) for found in rows.values()]


def _complement(found: Sequence[tuple[int, dict[str, Cell]]], given: Mapping[str, list[str]]) -> Complement:
    (number, first), rows = found[0], [row for _, row in found]
    call = QuestionCall("complements", given)
    return Complement(
        first["taker"], first["giver"], first["asked"],
        list(dict.fromkeys(row["priority"].shown for row in rows if row["priority"].shown)),
        list(dict.fromkeys(row["has"] for row in rows)),
        list(dict.fromkeys(row["through"] for row in rows)),
        any(row["certain"].value for row in rows),
        call.address(evidence="true", limit=1, offset=number),
    )  # fmt: skip


def _why(question: str, given: Mapping[str, list[str]], dates: Dates) -> str:
    days = {name: [day] for name, day in dates.items() if day}
    return QuestionCall(question, {**given, **days}).address(evidence="true", limit=50)


def _joined(cells: Sequence[Cell]) -> Cell:
    return Cell("; ".join(each.shown for each in cells))


def _members(cell: Cell, **more: object) -> dict[str, object]:
    return {"iri": cell.iri, "label": cell.shown, **more}


def _told(value: ComparedValue) -> dict[str, object]:
    held = {iri: {"certain": each.certain, "why": each.why} for iri, each in value.held.items()}
    return _members(value.value, aspect=value.aspect, held=held)


def _mark(value: ComparedValue, thing: str) -> str:
    found = value.held.get(thing)
    return "" if found is None else "yes" if found.certain else "perhaps"
