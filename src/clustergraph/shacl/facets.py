"""What can be said of a value by itself, as expressions of SPARQL, and how expressions are put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pyoxigraph import Literal, QuerySolutions, Store

from clustergraph.shacl.literals import write
from clustergraph.shacl.model import Constraint, Shape
from clustergraph.shacl.triples import InvalidShapesError, show
from clustergraph.terms import VOCABULARIES

_KINDS: Final = {
    "IRI": "ISIRI({0})",
    "BlankNode": "ISBLANK({0})",
    "Literal": "ISLITERAL({0})",
    "BlankNodeOrIRI": "!ISLITERAL({0})",
    "BlankNodeOrLiteral": "!ISIRI({0})",
    "IRIOrLiteral": "!ISBLANK({0})",
}


def both(tests: Iterable[str]) -> str:
    """Return whether all tests hold.

    >>> both(["true", "?a", "?b", "?a"])
    '(?a && ?b)'
    """
    found = list(dict.fromkeys(test for test in tests if test != "true"))
    return found[0] if len(found) == 1 else f"({' && '.join(found)})" if found else "true"


def either(tests: Iterable[str]) -> str:
    """Return whether one test or more hold.

    >>> either([])
    'false'
    """
    found = list(dict.fromkeys(test for test in tests if test != "false"))
    return found[0] if len(found) == 1 else f"({' || '.join(found)})" if found else "false"


def negate(test: str) -> str:
    """Return whether a test does not hold."""
    return {"true": "false", "false": "true"}.get(test) or f"!({test})"


def sure(test: str) -> str:
    """Return a test that is false where it would be an error."""
    return f"COALESCE({test}, false)"


def number(constraint: Constraint) -> int:
    """Return the number that a constraint has.

    Raises:
        InvalidShapesError: it has none.
    """
    try:
        return int(constraint.value.value)
    except ValueError:
        raise InvalidShapesError(f"{show(constraint.value)} is not a whole number") from None


def node_kind(constraint: Constraint, value: str) -> str:
    """Return whether a value is an IRI, a literal or a blank node, as demanded."""
    kind = constraint.value.value.removeprefix(VOCABULARIES["sh"])
    return _KINDS[kind].format(value) if kind in _KINDS else "false"


def length(constraint: Constraint, value: str) -> str:
    """Return whether a value has as many characters as demanded."""
    sign = ">=" if constraint.kind == "minLength" else "<="
    return sure(f"!ISBLANK({value}) && STRLEN(STR({value})) {sign} {number(constraint)}")


def pattern(constraint: Constraint, shape: Shape, value: str) -> str:
    """Return whether a value matches a regular expression.

    Raises:
        InvalidShapesError: the engine cannot read the expression.
    """
    flags = "".join(flag.value for flag in constraint.items)
    written = f"{write(Literal(constraint.value.value))}, {write(Literal(flags))}"
    tried = Store().query(f'SELECT (REGEX("", {written}) AS ?ok) {{}}')
    if isinstance(tried, QuerySolutions) and any(row["ok"] is None for row in tried):
        raise InvalidShapesError(
            f"the pattern of {show(shape.node)} cannot be used: {constraint.value.value}",
            advice="mend the shapes: write it without look-around and references back",
            about=shape.node,
        )
    return sure(f"!ISBLANK({value}) && REGEX(STR({value}), {written})")


def language_in(constraint: Constraint, value: str) -> str:
    """Return whether a value is text in one of the languages."""
    tags = (write(Literal(tag.value)) for tag in constraint.items)
    return sure(f'LANG({value}) != "" && {either(f"LANGMATCHES(LANG({value}), {tag})" for tag in tags)}')
