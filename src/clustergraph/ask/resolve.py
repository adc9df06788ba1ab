"""From what a person types to the RDF term that is meant: labels, spellings, codes, numbers, dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

from pyoxigraph import Literal, NamedNode, QuerySolutions
from rapidfuzz import fuzz, process

from clustergraph.ask.questions import Parameter, Question
from clustergraph.errors import QuestionError
from clustergraph.terms import PREFIXES, SCHEME

Select = Callable[[str], QuerySolutions]
_XSD = PREFIXES["xsd"]
_DATE = {r"\d{4}-\d\d-\d\d": "date", r"\d{4}-\d\d": "gYearMonth", r"\d{4}": "gYear"}


def resolve(question: Question, given: dict[str, list[str]], select: Select) -> dict[str, list[NamedNode | Literal]]:
    """Return the terms that the given parameters mean.

    Args:
        question: the question that is asked.
        given: the values of each parameter, as typed.
        select: runs a SELECT query on the graph.

    Raises:
        QuestionError: a parameter is unknown, missing, given too often, or its value is not one of the choices.
    """
    for name in given:
        if name not in question.parameters:
            known = ", ".join(question.parameters) or "none"
            raise QuestionError(f"{question.name} has no parameter {name!r}", advice=f"its parameters: {known}")
    bound: dict[str, list[NamedNode | Literal]] = {}
    for name, parameter in question.parameters.items():
        values = given.get(name, [])
        if parameter.required and not values:
            raise QuestionError(f"{question.name} needs the parameter {name!r}: {parameter.label}")
        if len(values) > 1 and not parameter.many:
            raise QuestionError(f"{name!r} takes one value, {len(values)} were given")
        if values:
            bound[name] = [_term(parameter, value, select) for value in values]
    return bound


def choices(parameter: Parameter, select: Select) -> dict[str, NamedNode]:
    """Return what an ``iri`` or ``code`` parameter can be, by every name of each choice; labels come first."""
    if parameter.type == "iri":
        pattern = f"?thing a {parameter.of}"
    else:
        pattern = f"?thing skos:inScheme <{SCHEME}{parameter.of}>"
    rows = select(
        f"""SELECT ?thing ?name {{ {pattern} {{ ?thing skos:prefLabel|rdfs:label ?name BIND (0 AS ?rank) }}
        UNION {{ ?thing skos:altLabel|skos:notation|cg:acronym|cg:nutsCode|cg:isoCode ?name BIND (1 AS ?rank) }} }}
        ORDER BY ?rank ?name ?thing"""
    )
    found: dict[str, NamedNode] = {}
    for row in rows:
        thing = row["thing"]
        if isinstance(thing, NamedNode):
            found.setdefault(row["name"].value, thing)
            found.setdefault(thing.value.rsplit("/", 1)[-1], thing)
    return found


def plain(name: str) -> str:
    """Return a name without accents, case and punctuation, for comparison.

    >>> plain("Clúster Digital – BCN")
    'cluster digital bcn'
    """
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", bare.casefold()).strip()


def nearest(name: str, names: Iterable[str], limit: int = 3) -> list[str]:
    """Return the names that are most like a name, the most like it first.

    >>> nearest("plastipols", ["Plastival", "Plastipolis", "AFIL"], 1)
    ['Plastipolis']
    """
    found = process.extract(name, list(names), scorer=fuzz.WRatio, processor=plain, limit=limit, score_cutoff=60)
    return [match[0] for match in found]


def _term(parameter: Parameter, value: str, select: Select) -> NamedNode | Literal:
    match parameter.type:
        case "iri" | "code":
            return _choice(parameter, value, select)
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


def _choice(parameter: Parameter, value: str, select: Select) -> NamedNode:
    if re.match(r"https?://", value):
        return _iri(parameter, value)
    prefix, colon, local = value.partition(":")
    if colon and prefix in PREFIXES:
        return _iri(parameter, PREFIXES[prefix] + local)
    names = choices(parameter, select)
    if value in names:
        return names[value]
    same = {thing for name, thing in names.items() if plain(name) == plain(value)}
    if len(same) == 1:
        return same.pop()
    if len(same) > 1:
        listed = ", ".join(sorted(thing.value for thing in same))
        raise QuestionError(f"{value!r} can mean several things", advice=f"give one of: {listed}")
    near = nearest(value, names)
    advice = f"did you mean {' or '.join(repr(name) for name in near)}?" if near else _some(names)
    raise QuestionError(f"{parameter.name}: {value!r} is not known", advice=advice)


def _iri(parameter: Parameter, iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise QuestionError(f"{parameter.name}: {iri!r} is not an IRI") from error


def _some(names: dict[str, NamedNode]) -> str:
    listed = ", ".join(list(names)[:8])
    return f"there are {len(set(names.values()))} choices: {listed} …" if names else "there are no choices"


def _number(parameter: Parameter, value: str) -> Literal:
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise QuestionError(f"{parameter.name} is a number, not {value!r}") from error
    return Literal(
        value,
        datatype=NamedNode(_XSD + ("integer" if number == int(number) and "." not in value else "decimal")),
    )


def _date(parameter: Parameter, value: str) -> Literal:
    for pattern, datatype in _DATE.items():
        if re.fullmatch(pattern, value):
            return Literal(value, datatype=NamedNode(_XSD + datatype))
    raise QuestionError(f"{parameter.name} is a date, not {value!r}", advice="write 2016, 2016-05 or 2016-05-01")
