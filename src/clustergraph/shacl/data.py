"""The graph to be judged, in a store that queries can be put to, with literals as they are written.

A store reads ``"01"^^xsd:integer`` and ``"1"^^xsd:byte`` as the number 1 and gives back ``"1"^^xsd:integer``. To SHACL
these are three different terms. So a literal that a store would change goes in under a datatype of ours, which the
store does not know, and comes out as it was.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import inf
from typing import Final, TypeVar

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Store, Triple, Variable

from clustergraph.shacl.triples import InvalidShapesError, Node, rdfs
from clustergraph.terms import VOCABULARIES

SHAPES_GRAPH: Final = NamedNode("urn:x-clustergraph:shapes")
"""The graph in which queries of shapes find the shapes."""
_KEPT: Final = "urn:x-clustergraph:as-written:"
"""The beginning of the datatypes under which literals are kept as they are written."""
_BROKEN: Final = "urn:x-clustergraph:ill-formed:"
"""The beginning, as long as the other, of the datatypes of those that are not well formed, and have no value."""

T = TypeVar("T", bound=Node | Triple)

_XSD: Final = VOCABULARIES["xsd"]
_BITS: Final = {"long": 64, "int": 32, "short": 16, "byte": 8}
_RANGES: Final = {
    **{name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in _BITS.items()},
    **{f"unsigned{name.capitalize()}": (0, 2**bits - 1) for name, bits in _BITS.items()},
}
_WHOLE: Final = {
    **dict.fromkeys(("integer", *_RANGES), r"[+-]?[0-9]+"),
    "nonNegativeInteger": r"\+?[0-9]+|-0+",
    "positiveInteger": r"\+?0*[1-9][0-9]*",
    "nonPositiveInteger": r"-[0-9]+|\+?0+",
    "negativeInteger": r"-0*[1-9][0-9]*",
}
_FORMS: Final = _WHOLE | {
    "decimal": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    **dict.fromkeys(("double", "float"), r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN"),
    "boolean": r"true|false|1|0",
    "hexBinary": r"([0-9a-fA-F]{2})*",
    "dateTimeStamp": r".*(Z|[+-][0-9]{2}:[0-9]{2})",
}
_CALENDAR: Final = {
    "dateTime", "dateTimeStamp", "date", "time", "gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay",
    "duration", "yearMonthDuration", "dayTimeDuration",
}  # fmt: skip
"""Datatypes whose forms the engine judges itself."""
_KNOWN: Final = frozenset(_XSD + name for name in (*_FORMS, *_CALENDAR))


def keep(term: T) -> T | Literal:
    """Return what goes into the store for a term of the data.

    >>> keep(Literal("7", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#byte"))).datatype.value
    'urn:x-clustergraph:as-written:http://www.w3.org/2001/XMLSchema#byte'
    >>> keep(Literal(7)).datatype.value
    'http://www.w3.org/2001/XMLSchema#integer'
    """
    return _kept(term) if isinstance(term, Literal) and term.datatype.value in _KNOWN else term


@lru_cache(maxsize=50_000)
def _kept(literal: Literal) -> Literal:
    text, name = literal.value, literal.datatype.value.removeprefix(_XSD)
    low, high = _RANGES.get(name, (-inf, inf))
    fits = re.fullmatch(_FORMS.get(name, ".*"), text, re.ASCII | re.DOTALL)
    if not fits or (name in _RANGES and not low <= Decimal(text) <= high):
        return Literal(text, datatype=NamedNode(_BROKEN + literal.datatype.value))
    store = Store()
    store.add(Quad(literal.datatype, literal.datatype, literal))
    [quad] = store
    return literal if quad.object == literal else Literal(text, datatype=NamedNode(_KEPT + literal.datatype.value))


def original(term: T) -> T | Literal:
    """Return the term of the data for one from the store."""
    if isinstance(term, Literal) and term.datatype.value.startswith((_KEPT, _BROKEN)):
        return Literal(term.value, datatype=NamedNode(term.datatype.value[len(_KEPT) :]))
    return term


def write(term: Node) -> str:
    """Return a term as SPARQL writes it; a blank node of the shapes is in no data."""
    if isinstance(term, BlankNode):
        return f"<urn:x-clustergraph:blank:{term.value}>"
    return str(term)


@dataclass(frozen=True)
class Encoding:
    """How a store has literals, and so how queries write them."""

    exact: bool
    """Whether it holds them as they are written; if not, it has values only, and integers of all kinds are plain."""

    def stored(self, term: T) -> T | Literal:
        """Return what the store has for a term."""
        return keep(term) if self.exact else term

    def term(self, term: Node) -> str:
        """Return a term as the store has it."""
        return write(self.stored(term))

    def value(self, variable: str) -> str:
        """Return the expression for the value of a term: of a literal that is kept, the one that it was."""
        if not self.exact:
            return variable
        name = f"STR(DATATYPE({variable}))"
        own = f"STRDT(STR({variable}), IRI(SUBSTR({name}, {len(_KEPT) + 1})))"
        return f'IF(ISLITERAL({variable}) && STRSTARTS({name}, "{_KEPT}"), {own}, {variable})'

    def datatype(self, variable: str) -> str:
        """Return the expression for the datatype of a literal as it is written."""
        return f'IRI(REPLACE(STR(DATATYPE({variable})), "^({_KEPT}|{_BROKEN})", ""))'

    def has_datatype(self, variable: str, datatype: NamedNode) -> str:
        """Return the expression for a literal being of a datatype, and well-formed.

        >>> Encoding(exact=False).has_datatype("?x", NamedNode("http://www.w3.org/2001/XMLSchema#string"))
        'DATATYPE(?x) IN (<http://www.w3.org/2001/XMLSchema#string>)'
        """
        iri, text = datatype.value, f"STR({variable})"
        name = iri.removeprefix(_XSD) if iri in _KNOWN else ""
        same, tests = [iri], []
        if name and self.exact:
            same.append(_KEPT + iri)
        elif name in _WHOLE:
            same.append(f"{_XSD}integer")
        elif name == "dateTimeStamp":
            same.append(f"{_XSD}dateTime")
        if name in _FORMS and not self.exact:
            form = _FORMS[name].replace("\\", "\\\\")
            tests.append(f'REGEX({text}, "^({form})$")')
        if name in _RANGES and not self.exact:
            low, high = _RANGES[name]
            tests.append(f"<{_XSD}decimal>({text}) >= {low}.0 && <{_XSD}decimal>({text}) <= {high}.0")
        if name in _CALENDAR:
            tests.append(f"ISLITERAL(<{_XSD}{name.removesuffix('Stamp')}>({text}))")
        return " && ".join([f"DATATYPE({variable}) IN ({', '.join(f'<{each}>' for each in same)})", *tests])


class Data:
    """The default graph of a store."""

    def __init__(self, data: Store | Iterable[Quad | Triple]) -> None:
        """Take a store as it is, or load quads into a new one, whatever their graphs are.

        A store has changed numbers and dates to their values when it was loaded; quads are kept as they are written.
        """
        self.encoding = Encoding(exact=not isinstance(data, Store))
        self.store = data if isinstance(data, Store) else Store()
        self._below: dict[Node, Sequence[Node]] = {}
        if not isinstance(data, Store):
            self.store.bulk_extend(Quad(each.subject, each.predicate, keep(each.object)) for each in data)

    def show_shapes(self, shapes: Iterable[Triple]) -> None:
        """Let the queries of shapes look into the shapes, as a graph of its own; a store that was given is copied."""
        if not self.encoding.exact:
            given, self.store = self.store, Store()
            self.store.bulk_extend(given.quads_for_pattern(None, None, None, DefaultGraph()))
        stored = self.encoding.stored
        self.store.bulk_extend(Quad(each.subject, each.predicate, stored(each.object), SHAPES_GRAPH) for each in shapes)

    def classes(self, class_: Node) -> Sequence[Node]:
        """Return a class and its subclasses in the data."""
        if class_ not in self._below:
            query = f"SELECT DISTINCT ?c {{ ?c {rdfs('subClassOf')}* {write(class_)} }}"
            found = [] if isinstance(class_, BlankNode) else [row["c"] for row in self.rows(query)]
            self._below[class_] = [class_, *sorted((node for node in found if node != class_), key=str)]
        return self._below[class_]

    def rows(self, query: str, given: Mapping[str, Node] | None = None) -> Iterator[dict[str, Node]]:
        """Yield the solutions of a SELECT, some variables given; raises `InvalidShapesError` if it is malformed."""
        stored = self.encoding.stored
        terms: dict[Variable, Node | Triple] = {Variable(name): stored(node) for name, node in (given or {}).items()}
        try:
            solutions = self.store.query(query, substitutions=terms)
        except SyntaxError as error:
            raise InvalidShapesError(f"the shapes make a query that cannot be run: {error}") from error
        assert isinstance(solutions, QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        for solution in solutions:
            yield {
                name: original(term)
                for name, term in zip(names, solution, strict=True)
                if term is not None and not isinstance(term, Triple)
            }
