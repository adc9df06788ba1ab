"""What the rows of a table say: a CONSTRUCT that is run over many rows at a time, each statement with its row.

The query becomes a SELECT over a table of VALUES, and its template is filled here, since a CONSTRUCT of the engine
merges what several rows say. Tables of VALUES in it are kept in a store, so that a row finds its line by an index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from clustergraph.errors import ClustergraphError, SourceError, Where
from clustergraph.imports.functions import FUNCTION, FUNCTIONS
from clustergraph.rdf.files import text_of
from clustergraph.rdf.lines import Line
from clustergraph.sparql.parser import query_error, read_query
from clustergraph.sparql.tokens import place
from clustergraph.sparql.tree import (
    Bind,
    Clause,
    Expression,
    Leaf,
    Node,
    Query,
    Selection,
    TriplePattern,
    Values,
    every,
    variables,
    written,
)

ROW: Final = "_row"
OWN: Final = (ROW, "_table", "_graph", "_rest")
"""Variables that every row has: its number, its table, the graph of the import, and what stands in further columns."""
LEFT_OUT: Final = "left_out"
"""The variable that says why a row is left out: one for which it has a value says nothing."""
PART_LEFT_OUT: Final = "part_left_out"
"""The variable that says what of a row is left out, and why, where the rest is taken."""
NOTHING: Final = "nothing"
"""The variable that stands for no value."""
MOST_SOLUTIONS: Final = 10_000
"""How many combinations the cells with several values of one row may give."""
_VOLATILE: Final = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
_LOOKUP: Final = "urn:lookup:"
_KEY: Final = "_key_"
"""What the variable begins with that has the value of a column, or where its cell is empty what no table has."""
_FUNCTIONS: Final[dict[NamedNode, Callable[..., NamedNode | BlankNode | Literal | Triple | None]]] = {**FUNCTIONS}
Term: TypeAlias = str
"""A term as N-Quads writes it."""


@dataclass(frozen=True)
class TypedRow:
    """A row whose cells have been read."""

    number: int
    values: Mapping[str, Sequence[Term]]
    """By the name of the column, one or several; an empty cell is not there."""

    def solutions(self, names: Sequence[str]) -> Iterator[tuple[Term, ...]]:
        """Yield the values of some columns, in each combination if cells have several."""
        return product(*(self.values.get(name) or ("UNDEF",) for name in names))


@dataclass(frozen=True)
class _Part:
    """A triple of the template: a text, or the place of a variable, for each of its terms."""

    terms: tuple[str | int, str | int, str | int]

    def line(self, found: Sequence[Term | None], end: str) -> str | None:
        """Return the statement for a solution, if it is one."""
        subject, predicate, value = (found[each] if isinstance(each, int) else each for each in self.terms)
        if subject is None or predicate is None or value is None or subject[0] != "<" or predicate[0] != "<":
            return None
        return f"{subject} {predicate} {value}{end}"


class StatedByRows(NamedTuple):
    """What some rows give, by their numbers."""

    lines: dict[int, list[Line]]
    """Of every row, in order."""
    left_out: Mapping[int, str]
    """Why rows are left out, where the query says so."""
    parts: Mapping[int, set[str]]
    """What of rows is left out, and why."""


class Construct:
    """The query of a table, made ready to run."""

    def __init__(self, query: Query, path: Path, columns: Sequence[str]) -> None:
        self._query, self._path = query, path
        selection = query.selection
        assert selection.group is not None
        assert selection.template is not None
        used = variables(selection)
        self.columns = tuple(name for name in (*OWN, *columns) if name in used and name != ROW)
        """The columns that it reads."""
        self._shown = sorted(variables(selection.template))
        self._reasons: list[str] = [name for name in (LEFT_OUT, PART_LEFT_OUT) if name in used - {*columns}]
        self._store, body = _lookups(query, {*columns, *OWN})
        self._body = f"LATERAL {{ {body} }}"
        place_of = {name: number for number, name in enumerate(self._shown)}
        self._parts = [
            _Part(tuple(place_of[leaf.value] if leaf.kind == "variable" else leaf.text for leaf in _terms(each)))  # type: ignore[arg-type]  # three of them
            for each in selection.template.of(TriplePattern)
        ]
        sources = _sources(selection, {*columns})
        self.columns_of: dict[str, frozenset[str]] = defaultdict(frozenset)
        """For each property the columns that its values come from."""
        for each in selection.template.of(TriplePattern):
            if isinstance(each.path, Leaf) and each.path.kind == "iri":
                self.columns_of[each.path.value] |= sources.get(each.object.value, frozenset())

    @classmethod
    def read(cls, path: Path, columns: Sequence[str], base: str, prefixes: Mapping[str, str]) -> Construct:
        """Return the query in a file, for a table with some columns; `SourceError` if a profile cannot have it."""
        text = text_of(path)
        try:
            query = read_query(text, prefixes, base)
        except ClustergraphError as error:
            raise _told(path, error) from error
        _Rules(query, path, columns).check()
        made = cls(query, path, columns)
        made.statements([], "")
        return made

    def statements(self, rows: Sequence[TypedRow], graph: str) -> StatedByRows:
        """Return what each of some rows gives in a graph, and why rows are left out."""
        found: dict[int, set[str]] = defaultdict(set)
        left_out: dict[int, str] = {}
        parts: dict[int, set[str]] = defaultdict(set)
        end = f" <{graph}> .\n"
        for number, terms, reasons in self._solutions(rows):
            if LEFT_OUT in reasons:
                left_out[number] = reasons[LEFT_OUT]
            if PART_LEFT_OUT in reasons:
                parts[number].add(reasons[PART_LEFT_OUT])
            lines = found[number]
            for part in self._parts:
                if line := part.line(terms, end):
                    lines.add(line)
        said = {row.number: sorted(line.encode() for line in found[row.number]) for row in rows}
        return StatedByRows({n: [] if n in left_out else lines for n, lines in said.items()}, left_out, parts)

    def _solutions(self, rows: Sequence[TypedRow]) -> Iterator[tuple[int, list[Term | None], dict[str, str]]]:
        lines = [
            f"({row.number} {' '.join(self._keyed(values))})" for row in rows for values in row.solutions(self.columns)
        ]
        head = " ".join(f"?{name}" for name in (ROW, *self.columns, *(f"{_KEY}{name}" for name in self.columns)))
        shown = " ".join(f"?{name}" for name in dict.fromkeys((*self._shown, *self._reasons)) if name != ROW)
        query = f"SELECT ?{ROW} {shown} WHERE {{ VALUES ({head}) {{ {' '.join(lines)} }} {self._body} }}"
        try:
            results = self._store.query(query, base_iri=self._query.base, custom_functions=_FUNCTIONS)
        except SyntaxError as error:
            raise self._error(error) from error
        assert isinstance(results, QuerySolutions)
        for solution in results:
            terms = [None if (term := solution[name]) is None else str(term) for name in self._shown]
            told = {name: said.value for name in self._reasons if isinstance(said := solution[name], Literal)}
            yield int(solution[ROW].value), terms, told

    def _keyed(self, values: tuple[Term, ...]) -> tuple[Term, ...]:
        """Return the values of a row, and again as keys of tables of VALUES, in which an empty cell finds nothing."""
        return *values, *(f"<{_LOOKUP}none>" if value == "UNDEF" else value for value in values)

    def _error(self, error: SyntaxError) -> SourceError:
        """Return what the engine says of the query as its author wrote it."""
        try:
            Store().query(self._query.text, base_iri=self._query.base, custom_functions=_FUNCTIONS)
        except SyntaxError as own:
            return query_error(self._path, self._query.text, own)
        return SourceError(f"the engine cannot run it: {error}", where=Where(self._path), advice="make it simpler")


def _terms(pattern: TriplePattern) -> tuple[Leaf, ...]:
    assert isinstance(pattern.path, Leaf)
    return pattern.subject, pattern.path, pattern.object


def _told(path: Path, error: ClustergraphError) -> SourceError:
    line, column = getattr(error, "line", None), getattr(error, "column", None)
    return SourceError(getattr(error, "reason", error.message), where=Where(path, line, column), advice=error.advice)


# What a query may be


@dataclass(frozen=True)
class _Rules:
    """The rules for the query of a profile: it sees one row, and gives the same each time."""

    query: Query
    path: Path
    columns: Sequence[str]

    def check(self) -> None:
        """Raise `SourceError` for the first thing that is not as it should be."""
        selection = self.query.selection
        if selection.form != "CONSTRUCT" or selection.template is None or selection.group is None:
            raise self._error(selection, "this is no CONSTRUCT", "write CONSTRUCT { … } WHERE { … }")
        if self.query.dataset:
            raise self._error(selection, "FROM names graphs, and a row has none", "leave it out")
        for modifier in selection.modifiers:
            raise self._error(modifier, "nothing can follow WHERE { … }", "leave it out")
        self._check_template(selection)
        for node in every(Node, selection.group):
            self._check_node(node)
        self._check_variables(selection)

    def _check_template(self, selection: Selection) -> None:
        assert selection.template is not None
        for part in selection.template.parts:
            if not isinstance(part, TriplePattern) or not isinstance(part.path, Leaf):
                raise self._error(part, "a template has triples only", "write ?subject property ?value")
            if any(leaf.kind in ("blank", "triple") for leaf in _terms(part)):
                raise self._error(part, "a statement of an import has no blank nodes", "give each node an IRI")

    def _check_node(self, node: Node) -> None:
        if isinstance(node, Clause) and node.word in ("SERVICE", "GRAPH", "LATERAL"):
            raise self._error(node, f"{node.word} cannot be used here: the query sees one row", "leave it out")
        if isinstance(node, TriplePattern):
            raise self._error(node, "a row has no triples to be matched", "use BIND, VALUES, FILTER, OPTIONAL, UNION")
        if isinstance(node, Expression) and node.name in _VOLATILE:
            raise self._error(node, f"{node.name} gives another answer each time", "make it from the cells of the row")
        if isinstance(node, Expression) and node.name.startswith(f"<{FUNCTION}"):
            self._check_function(node)
        if isinstance(node, Values) and any(None in row for row in node.rows):
            raise self._error(node, "UNDEF stands in a table of VALUES", "give each line all its values")

    def _check_function(self, call: Expression) -> None:
        known = [name.value for name in FUNCTIONS]
        if (iri := call.name[1:-1]) not in known:
            near = get_close_matches(iri, known, 1) or sorted(known)
            names = " or ".join(each.removeprefix(FUNCTION) for each in near)
            raise self._error(call, f"there is no function {iri.removeprefix(FUNCTION)}", f"did you mean {names}?")

    def _check_variables(self, selection: Selection) -> None:
        given = {*self.columns, *OWN}
        bound = given | {NOTHING} | {bind.variable.value for bind in every(Bind, selection)}
        bound |= {leaf.value for values in every(Values, selection) for leaf in values.variables}
        for bind in every(Bind, selection):
            if bind.variable.value in given:
                message = f"BIND gives ?{bind.variable.value} a value, which is that of a column"
                raise self._error(bind.variable, message, "choose another name")
        for leaf in every(Leaf, selection):
            if leaf.kind == "variable" and leaf.value not in bound:
                near = get_close_matches(leaf.value, bound, 1)
                advice = f"did you mean ?{near[0]}?" if near else "describe the column, or bind it"
                raise self._error(leaf, f"there is no column ?{leaf.value}, and nothing binds it", advice)

    def _error(self, node: Node, message: str, advice: str) -> SourceError:
        return SourceError(message, where=Where(self.path, *place(self.query.text, node.start)), advice=advice)


def _sources(selection: Selection, columns: set[str]) -> dict[str, frozenset[str]]:
    """Return for each variable the columns that its values are made of."""
    found = {name: frozenset([name]) for name in columns}
    for bind in every(Bind, selection):
        used = variables(bind.expression)
        found[bind.variable.value] = frozenset().union(*(found.get(name, frozenset()) for name in used))
    for values in every(Values, selection):
        names = [leaf.value for leaf in values.variables]
        known = frozenset().union(*(found.get(name, frozenset()) for name in names))
        found |= {name: found.get(name, frozenset()) | known for name in names}
    return found


# Tables of VALUES


def _lookups(query: Query, given: set[str]) -> tuple[Store, str]:
    """Return a store with the tables of VALUES that a row finds lines in, and the body of the query that asks it."""
    store, group = Store(), query.selection.group
    assert group is not None
    tables = [each for each in every(Values, group) if len(each.variables) > 1]
    instead = {table.start: _lookup(table, number, given, store) for number, table in enumerate(tables)}
    nodes = sorted([*query.leaves, *tables], key=lambda node: (node.start, -node.end))

    def text(node: Node) -> str:
        return node.text if isinstance(node, Leaf) else instead[node.start]

    return store, written(query.text, nodes, text, group.start + 1, group.end - 1)


def _lookup(table: Values, number: int, given: set[str], store: Store) -> str:
    """Put a table into a store, and return the pattern that finds a line in it; an empty cell finds none."""
    line = f"?_line{number}"
    places = [f"<{_LOOKUP}{number}/{leaf.value}>" for leaf in table.variables]
    text = "".join(
        f"<{_LOOKUP}{number}/{count}> {place} {cell.text} .\n"
        for count, row in enumerate(table.rows)
        for place, cell in zip(places, row, strict=True)
        if cell is not None
    )
    store.extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in _triples(text))
    found = [f"?{_KEY}{leaf.value}" if leaf.value in given else leaf.text for leaf in table.variables]
    return " ".join(f"{line} {place} {each} ." for place, each in zip(places, found, strict=True))


def _triples(text: str) -> Iterable[Quad]:
    return parse(text, format=RdfFormat.TURTLE)
