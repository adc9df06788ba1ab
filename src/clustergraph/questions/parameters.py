"""Names as people type them: without accents, case and punctuation."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from clustergraph.errors import QueryError, QuestionError, SourceError
from clustergraph.questions.question import Parameter, Question
from clustergraph.rdf import scan
from clustergraph.terms import PREFIXES, SCHEME, compact

_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "œ": "oe", "đ": "d"})


def plain(name: str) -> str:
    """Return a name in the form in which names are compared.

    >>> plain("Clúster Digital – BCN"), plain("Małopolska"), plain("長野県")
    ('cluster digital bcn', 'malopolska', '長野県')
    """
    bare = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    return re.sub(r"[\W_]+", " ", "".join(c for c in bare if not unicodedata.combining(c)).casefold()).strip()


_XSD = PREFIXES["xsd"]
_DATE = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?", re.ASCII)

_LISTED = 8
"""How many choices an error lists."""
Choices = Mapping[str, str]
"""What a parameter can be: the IRI of each choice by every name of it, the preferred names first."""


def resolve(
    question: Question, given: Mapping[str, list[str]], choices: Mapping[str, Choices]
) -> dict[str, list[NamedNode | Literal]]:
    """Return the terms that the values given for parameters mean, of those that have choices (see `needs_choices`).

    Raises:
        QuestionError: a parameter is unknown, missing, given too often, or its value is not one of the choices.
    """
    for name in given:
        if name not in question.parameters:
            known = ", ".join(question.parameters) or "none"
            near = nearest(name, question.parameters, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise QuestionError(f"{question.name} has no parameter {name!r}", advice=f"{hint}its parameters: {known}")
    bound: dict[str, list[NamedNode | Literal]] = {}
    for name, parameter in question.parameters.items():
        values = given.get(name, [])
        if parameter.required and not values:
            raise QuestionError(f"{question.name} needs the parameter {name!r}: {parameter.label}")
        if len(values) > 1 and not parameter.many:
            raise QuestionError(f"{name!r} takes one value, {len(values)} were given")
        if values:
            bound[name] = [_term(parameter, value, choices.get(name, {})) for value in values]
    return bound


def needs_choices(parameter: Parameter) -> bool:
    """Whether the values of a parameter are names of things."""
    return parameter.type in ("iri", "code")


def choices_query(parameter: Parameter) -> str:
    """Return the SELECT query whose rows (``thing``, ``name``) are the choices, preferred names first.

    A code that is given up is none, unless its whole list is.
    """
    lists = " ".join(f"<{SCHEME}{name}>" for name in parameter.of.split())
    what = f"""VALUES ?list {{ {lists} }} ?thing skos:inScheme ?list
        FILTER (EXISTS {{ ?list owl:deprecated true }} || NOT EXISTS {{ ?thing owl:deprecated true }})"""
    if parameter.type == "iri":
        what = f"{{ SELECT DISTINCT ?thing {{ VALUES ?class {{ {parameter.of} }} ?thing a ?class }} }}"
    return f"""SELECT ?thing ?name {{ {what} {{ ?thing skos:prefLabel|rdfs:label ?name BIND (0 AS ?rank) }}
        UNION {{ ?thing skos:altLabel|skos:notation|cg:acronym|cg:nutsCode|cg:isoCode ?name BIND (1 AS ?rank) }} }}
        ORDER BY ?rank (LANG(?name) != "en") (LANG(?name) NOT IN ("", "und")) ?name ?thing"""


def read_choices(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the choices in the rows of a `choices_query`, each thing also by the last segment of its IRI.

    What has no name of its own is there by its prefixed name:

    >>> list(read_choices([(PREFIXES["m"] + "summary", "Summary"), (PREFIXES["w"] + "summary", "Summary")]))
    ['Summary', 'summary', 'w:summary']
    """
    found: dict[str, str] = {}
    things: dict[str, None] = {}
    for iri, name in rows:
        things[iri] = None
        found.setdefault(name, iri)
        found.setdefault(iri.rsplit("/", 1)[-1], iri)
    led_to = set(found.values())
    return found | {compact(iri): iri for iri in things if iri not in led_to}


def preferred(choices: Choices) -> dict[str, str]:
    """Return one name for each choice, by its IRI: the first, which is the preferred one."""
    names: dict[str, str] = {}
    for name, iri in choices.items():
        names.setdefault(iri, name)
    return names


def nearest(name: str, names: Iterable[str], limit: int = 3) -> list[str]:
    """Return the names that are most like a name, the most like it first.

    >>> nearest("plastipols", ["Plastival", "Plastipolis", "AFIL"], 1)
    ['Plastipolis']
    """
    from rapidfuzz import fuzz, process

    found = process.extract(name, list(names), scorer=fuzz.WRatio, processor=plain, limit=limit, score_cutoff=60)
    return [match[0] for match in found]


def iri_of(value: str) -> str:
    """Return the IRI that a value writes, in full or with a prefix; nothing if it writes none.

    >>> iri_of("organisation:afil"), iri_of("AFIL")
    ('https://w3id.org/clustergraph/id/organisation/afil', '')
    """
    prefix, colon, local = value.partition(":")
    if prefix in ("http", "https") and local.startswith("//"):
        return value
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else ""


def _term(parameter: Parameter, value: str, choices: Choices) -> NamedNode | Literal:
    match parameter.type:
        case "iri" | "code":
            return _choice(parameter, value, choices)
        case "number":
            return _number(parameter, value)
        case "date":
            return _date(parameter, value)
        case "boolean":
            if value.lower() not in ("true", "false"):
                raise QuestionError(f"{parameter.name} is true or false, not {value!r}")
            return Literal(value.lower() == "true")
        case _:
            return Literal(value)


def _choice(parameter: Parameter, value: str, choices: Choices) -> NamedNode:
    if iri := iri_of(value):
        return _iri(parameter, iri, choices)
    if value in choices:
        return NamedNode(choices[value])
    # Properties are called "has place", and people leave out the verb.
    same = {iri for name, iri in choices.items() if plain(name) in (plain(value), f"has {plain(value)}")}
    if len(same) == 1:
        return NamedNode(same.pop())
    if len(same) > 1:
        raise QuestionError(f"{value!r} can mean several things", advice=f"give one of: {', '.join(sorted(same))}")
    raise _unknown(parameter, value, value, choices)


def _iri(parameter: Parameter, iri: str, choices: Choices) -> NamedNode:
    try:
        node = NamedNode(iri)
    except ValueError as error:
        raise QuestionError(f"{parameter.name}: {iri!r} is not an IRI") from error
    if choices and iri not in choices.values():
        raise _unknown(parameter, iri, iri.rpartition("/")[2], choices)
    return node


def _unknown(parameter: Parameter, value: str, name: str, choices: Choices) -> QuestionError:
    """Return the error that says what is near the name of a value, and what there is."""
    # The same thing under three spellings is no choice.
    near = list({choices[other]: other for other in reversed(nearest(name, choices, 12))}.values())[::-1][:3]
    hint = f"did you mean {' or '.join(repr(other) for other in near)}? " if near else ""
    return QuestionError(f"{parameter.name}: {value!r} is not known", advice=f"{hint}{_some(choices)}")


def _some(choices: Choices) -> str:
    """Return how many choices there are, and some of them, each by one name."""
    names = list({iri: name for name, iri in reversed(list(choices.items()))}.values())[::-1]
    more = " …" if len(names) > _LISTED else ""
    return f"there are {len(names)} choices: {', '.join(names[:_LISTED])}{more}" if names else "there are no choices"


def _number(parameter: Parameter, value: str) -> Literal:
    if not _NUMBER.fullmatch(value):
        raise QuestionError(f"{parameter.name} is a number, not {value!r}", advice="write it as 12, -3 or 0.5")
    return Literal(value, datatype=NamedNode(_XSD + ("decimal" if "." in value else "integer")))


def _date(parameter: Parameter, value: str) -> Literal:
    found = last_day(value)
    if found is None:
        raise QuestionError(f"{parameter.name} is a date, not {value!r}", advice="write 2016, 2016-05 or 2016-05-01")
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
