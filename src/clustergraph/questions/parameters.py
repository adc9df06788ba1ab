"""The parameters of questions: what the values that people give for them mean."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Final, Protocol

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from clustergraph.errors import QueryError, QuestionError, SourceError
from clustergraph.questions.names import NAMES_QUERY, AmbiguousNameError, Choice, Choices, nearest, with_article
from clustergraph.questions.question import Parameter, Question
from clustergraph.rdf import scan
from clustergraph.terms import PREFIXES, SCHEME, expand

_XSD = PREFIXES["xsd"]
_DATE = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?", re.ASCII)
_LISTED: Final = 8
"""How many choices an error lists."""
_SECTION: Final = "cg:Section"
_SECTION_NAMES: Final = """UNION { ?thing cg:sectionNumber ?name
    FILTER NOT EXISTS { ?thing cg:withinSection+ ?above . ?above cg:sectionNumber ?name } BIND (1 AS ?rank) }
  UNION { ?thing cg:heading ?name BIND (1 AS ?rank) }"""
"""The number and the heading that are printed; a number that a section shares with those inside it is that of all."""
_FULL_NAMES: Final = "UNION { ?thing cg:fullName ?name BIND (1 AS ?rank) BIND (true AS ?everywhere) }"
_OURS_FIRST: Final = "IF(STRSTARTS(STR(?thing), STR(cg:)), 0, 2)"
"""A term of another vocabulary that is called as one of ours is meant only by its IRI."""


class Known(Protocol):
    """Knows the things that parameters can be, and all others."""

    def choices(self, parameter: Parameter) -> Choices:
        """Return what a parameter can be."""

    def choice(self, iri: str) -> Choice:
        """Return a thing with what it is called and what kind of thing it is."""

    def called(self, name: str) -> list[Choice]:
        """Return the things of the whole graph that a name means best."""

    def is_of(self, thing: NamedNode, classes: Iterable[str]) -> bool:
        """Return whether a thing is of one of some classes, which are given as prefixed names."""


def resolve(
    question: Question, given: Mapping[str, list[str]], known: Known
) -> tuple[dict[str, list[NamedNode | Literal]], list[str]]:
    """Return the terms that the values given for parameters mean, and a note on each name that something else bears.

    Raises:
        AmbiguousNameError: several things bear a name equally well.
        QuestionError: a parameter is unknown, missing, given too often, or its value is not one of the choices.
    """
    for name in given:
        if name not in question.parameters:
            its = ", ".join(question.parameters) or "none"
            near = nearest(name, question.parameters, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise QuestionError(f"{question.name} has no parameter {name!r}", advice=f"{hint}its parameters: {its}")
    bound: dict[str, list[NamedNode | Literal]] = {}
    notes: list[str] = []
    for name, parameter in question.parameters.items():
        values = given.get(name, [])
        if parameter.required and not values:
            raise QuestionError(f"{question.name} needs the parameter {name!r}: {parameter.label}")
        if len(values) > 1 and not parameter.many:
            raise QuestionError(f"{name!r} takes one value, {len(values)} were given")
        if values:
            bound[name] = [_term(question, parameter, value, known, notes) for value in values]
    return bound, notes


def needs_choices(parameter: Parameter) -> bool:
    """Whether the values of a parameter are names of things."""
    return parameter.type in ("iri", "code")


def has_usual_names(parameter: Parameter) -> bool:
    """Whether the choices are the things of some classes, and have the names in the order that all things have."""
    return parameter.type == "iri" and parameter.of != _SECTION and not parameter.of.startswith("owl:")


def choices_query(parameter: Parameter) -> str:
    """Return the SELECT query whose rows are the names of the choices; see `NAMES_QUERY`.

    A code that is given up is none, unless its whole list is.
    """
    lists = " ".join(f"<{SCHEME}{name}>" for name in parameter.of.split())
    what = f"""VALUES ?list {{ {lists} }} ?thing skos:inScheme ?list
        FILTER (EXISTS {{ ?list owl:deprecated true }} || NOT EXISTS {{ ?thing owl:deprecated true }})"""
    if parameter.type == "iri":
        but = f"FILTER NOT EXISTS {{ ?thing a {parameter.but} }}" if parameter.but else ""
        what = f"{{ SELECT DISTINCT ?thing {{ VALUES ?class {{ {parameter.of} }} ?thing a ?class {but} }} }}"
    more = _SECTION_NAMES if parameter.of == _SECTION else ""
    first = _OURS_FIRST if parameter.of.startswith("owl:") else "0"
    return NAMES_QUERY.format(what=what, first=first, more=more)


def whole_query() -> str:
    """Return the SELECT query whose rows are the names of all things but questions and rules; see `NAMES_QUERY`."""
    what = "FILTER NOT EXISTS { ?thing a sh:SPARQLExecutable }"
    return NAMES_QUERY.format(what=what, first="0", more=_FULL_NAMES)


def iri_of(value: str) -> str:
    """Return the IRI that a value writes, in full or with a prefix; nothing if it writes none.

    >>> iri_of("organisation:afil"), iri_of("AFIL")
    ('https://w3id.org/clustergraph/id/organisation/afil', '')
    """
    prefix, colon, local = value.partition(":")
    if prefix in ("http", "https") and local.startswith("//"):
        return value
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else ""


def _term(question: Question, parameter: Parameter, value: str, known: Known, notes: list[str]) -> NamedNode | Literal:
    match parameter.type:
        case "iri" | "code":
            return _Naming(question, parameter, known).meant(value, notes)
        case "number":
            return _number(parameter, value)
        case "date":
            return day_of(parameter.name, value)
        case "boolean":
            if value.lower() not in ("true", "false"):
                raise QuestionError(f"{parameter.name} is true or false, not {value!r}")
            return Literal(value.lower() == "true")
        case _:
            return Literal(value)


class _Naming:
    """What names mean as values of a parameter."""

    def __init__(self, question: Question, parameter: Parameter, known: Known) -> None:
        self._question = question
        self._parameter = parameter
        self._known = known

    @cached_property
    def _choices(self) -> Choices:
        return self._known.choices(self._parameter)

    def meant(self, value: str, notes: list[str]) -> NamedNode:
        """Return what is meant; if other things have that name, too, a note says so."""
        if iri := iri_of(value):
            return self._iri(value, iri)
        best, others = self._choices.meant(value)
        others = [*others, *self._left_out(value)]
        if not best:
            raise self._unknown(value, value, self._known.called(value))
        choices = [self._known.choice(each) for each in best]
        if len(choices) > 1:
            raise AmbiguousNameError(value, choices, self._parameter.name)
        if others:
            notes.append(taken(value, choices[0], [self._known.choice(each) for each in others]))
        return NamedNode(best[0])

    def _left_out(self, value: str) -> list[str]:
        """Return the things of a name that the parameter leaves out, though they are of its class."""
        if not self._parameter.but:
            return []
        every = self._known.choices(replace(self._parameter, but=""))
        return [iri for iris in every.meant(value) for iri in iris if iri not in self._choices]

    def _iri(self, value: str, iri: str) -> NamedNode:
        try:
            node = NamedNode(iri)
        except ValueError as error:
            raise QuestionError(f"{self._parameter.name}: {iri!r} is not an IRI") from error
        if self._is_plain(node):
            return node
        if len(self._choices) and iri not in self._choices:
            thing = self._known.choice(iri)
            raise self._unknown(value, iri.rpartition("/")[2], [thing] if thing.kind.strip() else [])
        return node

    def _is_plain(self, node: NamedNode) -> bool:
        """Whether a thing is of a class that the parameter takes, which is told without the names of all others."""
        wanted = self._parameter
        return wanted.type == "iri" and not wanted.but and self._known.is_of(node, wanted.of.split())

    def _unknown(self, value: str, name: str, things: Sequence[Choice]) -> QuestionError:
        """Return the error that says what a value is, if it is something else, what is near, and what there is."""
        hints = [*self._several(value), *self._elsewhere(things), *self._near(name), _some(self._choices)]
        what = "is not known"
        if any(each.kind for each in things):
            kinds = " and ".join(
                dict.fromkeys(f"{with_article(each.kind)} ({each.short})" for each in things if each.kind)
            )
            what = f"is {kinds}, and this asks for {self._wanted()}"
        return QuestionError(f"{self._parameter.name}: {value!r} {what}", advice=" ".join(hints))

    def _wanted(self) -> str:
        """Return what the parameter can be, in words."""
        if self._parameter.type == "code":
            lists = (self._known.choice(SCHEME + name).label for name in self._parameter.of.split())
            return f"a code of {' or '.join(map(repr, lists))}"
        but = f" that is not {self._class(self._parameter.but)}" if self._parameter.but else ""
        return " or ".join(map(self._class, self._parameter.of.split())) + but

    def _class(self, name: str) -> str:
        return with_article(self._known.choice(expand(name).value).label)

    def _several(self, value: str) -> list[str]:
        """Return how to give several values, if a value with commas is that."""
        parts = [part.strip() for part in value.split(",")]
        name = self._parameter.name
        if len(parts) < 2 or not all(self._choices.meant(part)[0] for part in parts):
            return []
        if not self._parameter.many:
            return [f"{name!r} takes one value."]
        return [f"give {name!r} once for each value: {', '.join(f'{name}={part}' for part in parts)}."]

    def _elsewhere(self, things: Sequence[Choice]) -> list[str]:
        """Return the parameters of the question that take one of some things."""
        others = [each for each in self._question.parameters.values() if needs_choices(each)]
        fits = [each.name for each in others if any(thing.iri in self._known.choices(each) for thing in things)]
        return [f"you may mean the parameter {' or '.join(map(repr, fits))}."] if fits else []

    def _near(self, name: str) -> list[str]:
        near = self._choices.like(name)
        return [f"did you mean {' or '.join(map(repr, near))}?"] if near else []


def taken(name: str, choice: Choice, others: Sequence[Choice]) -> str:
    """Return the note that a name is taken for one thing, and that others bear it as well."""
    return f"{name!r} is taken for {choice}; it is also a name of {', '.join(map(str, others))}"


def _some(choices: Choices) -> str:
    """Return how many choices there are, and some of them, each by one name."""
    names = ", ".join(map(choices.offer, islice(choices, _LISTED)))
    more = " …" if len(choices) > _LISTED else ""
    return f"there are {len(choices)} choices: {names}{more}" if names else "there are no choices"


def _number(parameter: Parameter, value: str) -> Literal:
    if not _NUMBER.fullmatch(value):
        raise QuestionError(f"{parameter.name} is a number, not {value!r}", advice="write it as 12, -3 or 0.5")
    return Literal(value, datatype=NamedNode(_XSD + ("decimal" if "." in value else "integer")))


def day_of(name: str, value: str) -> Literal:
    """Return a day, or the last one of a month or year.

    Raises:
        QuestionError: it is none of these.
    """
    found = last_day(value)
    if found is None:
        raise QuestionError(f"{name} is a date, not {value!r}", advice="write 2016, 2016-05 or 2016-05-01")
    return Literal(found.isoformat(), datatype=NamedNode(_XSD + "date"))


def last_day(text: str) -> date | None:
    """Return the last day of a year, month or day; None if it is none of these.

    >>> last_day("2016"), last_day("2016-02")
    (datetime.date(2016, 12, 31), datetime.date(2016, 2, 29))
    """
    if _DATE.fullmatch(text):
        for rest in ("", "-12-31", "-31", "-30", "-29", "-28"):
            with suppress(ValueError):
                return date.fromisoformat(text + rest)
    return None


def dated(text: str) -> Literal | None:
    """Return a year, month or day as a literal of the right type; None if it is none of these.

    >>> dated("2010-12").datatype.value.rpartition("#")[2]
    'gYearMonth'
    """
    with suppress(ValueError):
        date.fromisoformat((text + "-01-01")[:10])
        if _DATE.fullmatch(text):
            return Literal(text, datatype=NamedNode(_XSD + {4: "gYear", 7: "gYearMonth", 10: "date"}[len(text)]))
    return None


def statement(text: str) -> tuple[NamedNode, NamedNode, NamedNode | Literal]:
    """Return the one triple that is written in Turtle.

    Raises:
        QueryError: it is anything else.
    """
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    try:
        scan.check(text.encode(), RdfFormat.TURTLE)
        (quad,) = parse(f"{prefixes}{text} .", format=RdfFormat.TURTLE)
    except (SyntaxError, ValueError, SourceError) as error:
        raise QueryError(
            f"this is not one statement: {text}", advice="write it as: organisation:afil cg:sharesPilotWith <IRI>"
        ) from error
    if not (isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal)):
        raise QueryError(f"this is about a node without a name: {text}", advice="write an IRI")
    return quad.subject, quad.predicate, quad.object
