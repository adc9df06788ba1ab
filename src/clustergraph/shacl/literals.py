"""Literals as they are written, kept so in a store that keeps values only.

The store reads ``"01"^^xsd:integer`` and ``"1"^^xsd:byte`` as the number 1 and gives back ``"1"^^xsd:integer``. To
SHACL these are three different terms. So a literal that the store would change goes in under a datatype of ours, which
the store does not know, and comes out as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, TypeVar

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from clustergraph.shacl.triples import Node
from clustergraph.terms import VOCABULARIES

KEPT: Final = "urn:x-clustergraph:as-written:"
"""The beginning of the datatypes under which literals are kept as they are written."""
BROKEN: Final = "urn:x-clustergraph:ill-formed:"
"""The beginning of the datatypes of those that are not well formed, and have no value."""

T = TypeVar("T", bound=Node | Triple)

_XSD: Final = VOCABULARIES["xsd"]
_ZONE: Final = r"(Z|[+-](0[1-9]|1[0-3]):[0-5]\d)?"
_DATE: Final = r"[1-9]\d{3}-\d\d-\d\d"
_TIME: Final = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{0,5}[1-9])?"
_SURE: Final = {
    "integer": r"0|-?[1-9]\d{0,17}",
    "decimal": r"0|-?[1-9]\d{0,14}|-?(0|[1-9]\d{0,14})\.\d{0,8}[1-9]",
    "double": r"0|-?[1-9]\d{0,5}|-?(0|[1-9]\d{0,5})\.\d{0,4}[1-9]",
    "float": r"0|-?[1-9]\d{0,2}|-?(0|[1-9]\d{0,2})\.\d{0,1}[1-9]",
    "boolean": "true|false",
    "dateTime": f"{_DATE}T{_TIME}{_ZONE}",
    "date": _DATE + _ZONE,
    "time": _TIME + _ZONE,
    "gYear": r"[1-9]\d{3}",
    "gYearMonth": r"[1-9]\d{3}-\d\d",
}
"""For each datatype the forms that the store surely gives back as they are."""

_RANGES: Final = {
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
}
_WHOLE: Final = {
    "integer": r"[+-]?[0-9]+",
    "nonNegativeInteger": r"\+?[0-9]+|-0+",
    "positiveInteger": r"\+?0*[1-9][0-9]*",
    "nonPositiveInteger": r"-[0-9]+|\+?0+",
    "negativeInteger": r"-0*[1-9][0-9]*",
}
_FORMS: Final = _WHOLE | {
    "decimal": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    "double": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN",
    "float": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN",
    "boolean": r"true|false|1|0",
    "hexBinary": r"([0-9a-fA-F]{2})*",
}
_CALENDAR: Final = {
    "dateTime", "date", "time", "gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay",
    "duration", "yearMonthDuration", "dayTimeDuration",
}  # fmt: skip
"""Datatypes whose forms the engine judges itself."""

_CHANGED: Final = {*_SURE, *_RANGES, *_WHOLE, *_CALENDAR, "dateTimeStamp"}
"""Datatypes of which the store changes at least some forms."""


@cache
def _form(datatype: str) -> tuple[re.Pattern[str], re.Pattern[str] | None, tuple[int, int] | None] | None:
    """Return what the store leaves as it is, and what is well formed, for a datatype of which it changes literals."""
    name = datatype.removeprefix(_XSD)
    if name == datatype or name not in _CHANGED:
        return None
    form = _FORMS.get(name, _FORMS["integer"] if name in _RANGES else "")
    sure = re.compile(_SURE.get(name, r"(?!)"), re.ASCII)
    return sure, re.compile(form, re.ASCII) if form else None, _RANGES.get(name)


def keep(term: T) -> T | Literal:
    """Return what goes into the store for a term of the data.

    >>> keep(Literal("7", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#byte"))).datatype.value
    'urn:x-clustergraph:as-written:http://www.w3.org/2001/XMLSchema#byte'
    >>> keep(Literal(7)).datatype.value
    'http://www.w3.org/2001/XMLSchema#integer'
    """
    if not isinstance(term, Literal):
        return term
    datatype, text = term.datatype.value, term.value
    known = _form(datatype)
    if known is None:
        return term
    sure, form, limits = known
    if sure.fullmatch(text):
        return term
    well = form is None or (form.fullmatch(text) and (limits is None or limits[0] <= int(text) <= limits[1]))
    return Literal(text, datatype=NamedNode((KEPT if well else BROKEN) + datatype))


def original(term: T) -> T | Literal:
    """Return the term of the data for one from the store."""
    if isinstance(term, Literal):
        datatype = term.datatype.value
        for prefix in (KEPT, BROKEN):
            if datatype.startswith(prefix):
                return Literal(term.value, datatype=NamedNode(datatype.removeprefix(prefix)))
    return term


def write(term: Node) -> str:
    """Return a term as SPARQL writes it; a blank node of the shapes is in no data."""
    if isinstance(term, BlankNode):
        return f"<urn:x-clustergraph:blank:{term.value}>"
    return str(term)


def value(variable: str, kept: bool) -> str:
    """Return the expression for the value of a literal, for comparisons.

    Args:
        variable: the variable that holds it.
        kept: whether the store holds literals as they are written.
    """
    if not kept:
        return variable
    datatype = f"STR(DATATYPE({variable}))"
    own = f"STRDT(STR({variable}), IRI(SUBSTR({datatype}, {len(KEPT) + 1})))"
    return f'IF(STRSTARTS({datatype}, "{KEPT}"), {own}, {variable})'


def has_datatype(variable: str, datatype: NamedNode, exact: bool) -> str:
    """Return the expression for a literal being of a datatype, and well-formed.

    Args:
        variable: the variable that holds it.
        datatype: the datatype.
        exact: whether the store holds literals as they are written; if not, it holds integers of all kinds as plain
            integers, and the kind is judged by the value.
    """
    iri = datatype.value
    name = iri.removeprefix(_XSD) if iri.startswith(_XSD) else ""
    text = f"STR({variable})"
    same = {f"<{iri}>"}
    if exact and name in _CHANGED:
        same.add(f"<{KEPT}{iri}>")
    elif name in _RANGES or name in _WHOLE:
        same.add(f"<{_XSD}integer>")
    elif name == "dateTimeStamp":
        same.add(f"<{_XSD}dateTime>")
    tests = [f"DATATYPE({variable}) IN ({', '.join(sorted(same))})"]
    if not exact:
        tests += _by_value(variable, name)
    if name in _CALENDAR or name == "dateTimeStamp":
        tests.append(f"ISLITERAL(<{_XSD}{name.removesuffix('Stamp')}>({text}))")
    if name == "dateTimeStamp":
        tests.append(f'REGEX({text}, "(Z|[+-][0-9]{{2}}:[0-9]{{2}})$")')
    if name == "hexBinary":
        tests.append(f'REGEX({text}, "^({_FORMS[name]})$")')
    return " && ".join(tests)


def _by_value(variable: str, name: str) -> Iterator[str]:
    """Yield tests for the form of a literal in a store that has its value only."""
    text = f"STR({variable})"
    if name in _FORMS or name in _RANGES:
        form = _FORMS.get(name, _FORMS["integer"]).replace("\\", "\\\\")
        yield f'REGEX({text}, "^({form})$")'
    if name in _RANGES:
        low, high = _RANGES[name]
        yield f"<{_XSD}decimal>({text}) >= {low}.0 && <{_XSD}decimal>({text}) <= {high}.0"
