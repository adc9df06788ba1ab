"""What a change can bear on: the nodes whose findings may differ after it, and the rows of check queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Store

from clustergraph.errors import ClustergraphError
from clustergraph.shacl.findings import Term
from clustergraph.sparql import tree
from clustergraph.sparql.exists import rewrite
from clustergraph.sparql.parser import query_of

Row = tuple[Term | None, ...]
_MANY: Final = 2000
"""For more terms than this a check is run over everything."""


class UnknownPatternsError(Exception):
    """The query has parts that this does not understand."""


@dataclass(frozen=True)
class Pattern:
    """A triple pattern of a query."""

    ends: tuple[str, str, str, str]
    """Subject, object, predicate and graph: a variable, an IRI in brackets, or nothing for what is not looked at."""
    path: frozenset[str] | None
    """The predicates of a path, each in brackets."""
    visible: frozenset[str]
    """The variables in it that are the same outside of the SELECT that it stands in."""

    def fits(self, quad: Quad) -> bool:
        """Whether a statement may match the pattern, or lie on its path."""
        if self.path is not None:
            return str(quad.predicate) in self.path
        ends = zip(self.ends, _terms(quad), strict=True)
        return all(not end.startswith("<") or end == str(term) for end, term in ends)


@dataclass(frozen=True)
class Rows:
    """The rows of a check that a change can bear on; a row is a failure."""

    query: str
    limited: tuple[str, ...] | None = None
    """The check for some terms of one variable, for one variable after the other; None if it must run as it is."""
    key: str = ""
    """The variable of a column, where another one is limited that no column shows; with a question mark."""

    @classmethod
    def of(cls, query: str, changed: Sequence[Quad]) -> Rows:
        """Return the rows of a check that can be others than before.

        A solution that was none before has a changed statement at one of its triple patterns, positive or negative. So
        for each pattern that a changed statement fits, the check is run for the terms that one variable then has.
        """
        try:
            patterns = Patterns.of(query)
            chosen = patterns.chosen(changed)
        except UnknownPatternsError:
            return cls(query)
        hidden = patterns.shown and chosen.keys() - patterns.shown
        key = next((name for name in patterns.shown if name in patterns.certain), "") if hidden else ""
        if (hidden and not key) or any(len(terms) > _MANY for terms in chosen.values()):
            return cls(query)
        return cls(query, tuple(patterns.given(name, terms) for name, terms in chosen.items()), key)

    def counted(self, *stores: Store) -> Rows:
        """Return all rows that these are among, so that they can be counted before and after the change.

        Where no column shows what a solution is limited by, a row that has lost or got a solution may have another one.
        So the rows are asked for that have the same key as one of these, in any of the stores.
        """
        if not (self.limited and self.key):
            return self
        terms: dict[str, None] = {}
        for store in stores:
            names, rows = self.select(store)
            keys = [row[names.index(self.key[1:])] for row in rows]
            if not all(isinstance(key, NamedNode | Literal) for key in keys):
                return Rows(self.query)
            terms |= dict.fromkeys(map(str, keys))
        if len(terms) > _MANY:
            return Rows(self.query)
        return Rows(self.query, (Patterns.of(self.query).given(self.key, terms),))

    def select(self, store: Store) -> tuple[list[str], list[Row]]:
        """Return the names of the columns, and the rows; `SyntaxError`, `TypeError` if it is no SELECT query."""
        names: list[str] = []
        rows: dict[Row, None] = {}
        for query in [self.query] if self.limited is None else self.limited:
            solutions = store.query(rewrite(query))
            if not isinstance(solutions, QuerySolutions):
                raise TypeError("a check must be a SELECT query")
            names = [variable.value for variable in solutions.variables]
            rows |= dict.fromkeys(map(tuple, solutions))
        return names, list(rows)


@dataclass
class Patterns:
    """What a check query reads: its triple patterns, and which of its variables can be given in advance."""

    query: str
    found: list[Pattern] = field(default_factory=list)
    shown: tuple[str, ...] = ()
    """The columns, if they are named."""
    certain: frozenset[str] = frozenset()
    """The variables that have a term in every solution, from the beginning of the query on."""
    starts: list[tuple[int, frozenset[str] | None]] = field(default_factory=list)
    """Where SELECTs have their groups, and which variables go through; None for all."""

    @classmethod
    def of(cls, query: str) -> Patterns:
        """Read a query; `UnknownPatternsError` if it has parts that this does not understand."""
        try:
            selection = query_of(query).selection
        except ClustergraphError as error:
            raise UnknownPatternsError from error
        if selection.form != "SELECT" or any(getattr(each, "word", "") != "ORDER BY" for each in selection.modifiers):
            raise UnknownPatternsError
        read = cls(query, shown=tuple(f"?{name}" for name in selection.shown))
        made = {f"?{node.variable.value}" for node in tree.every(tree.Bind, selection)}
        read.certain = frozenset(read._select(selection, "", None) - made)
        return read

    def chosen(self, changed: Sequence[Quad]) -> dict[str, dict[str, None]]:
        """Return variables that cover all patterns which changed statements fit, with the terms that they have there.

        `UnknownPatternsError` says that there are none, or that a term has no name.
        """
        chosen: dict[str, dict[str, None]] = {}
        for pattern in self.found:
            names = pattern.visible & self.certain if pattern.path is None else ()
            for quad in filter(pattern.fits, changed):
                usable = {name: term for name, term in zip(pattern.ends, _terms(quad), strict=True) if name in names}
                name = next((each for each in usable if each in chosen), next(iter(usable), ""))
                term = usable.get(name)
                if not isinstance(term, NamedNode | Literal):
                    raise UnknownPatternsError
                chosen.setdefault(name, {})[str(term)] = None
        return chosen

    def given(self, variable: str, terms: Iterable[str]) -> str:
        """Return the query for some terms of one variable only, written as SPARQL writes them."""
        places = [at + 1 for at, through in self.starts if through is None or variable in through]
        ends = zip([0, *places], [*places, len(self.query)], strict=True)
        return f" VALUES {variable} {{ {' '.join(terms)} }} ".join(self.query[start:end] for start, end in ends)

    def _select(self, selection: tree.Selection, graph: str, outside: frozenset[str] | None) -> set[str]:
        parts = list(tree.walk((selection.projection, selection.modifiers)))
        cut = any(isinstance(node, tree.Modifier) and node.word in ("LIMIT", "OFFSET") for node in parts)
        if cut or selection.group is None or any(isinstance(node, tree.Exists | tree.Values) for node in parts):
            raise UnknownPatternsError
        through = None
        if self.starts:
            shown = frozenset(leaf.text for leaf in selection.projection if isinstance(leaf, tree.Leaf))
            through = shown if outside is None else shown & outside
        self.starts.append((selection.group.start, through))
        certain = self._group(selection.group, graph, through)
        return certain if through is None else certain & through

    def _group(self, group: tree.GroupPattern, graph: str, visible: frozenset[str] | None) -> set[str]:
        """Return the variables that a group binds before anything is optional."""
        certain, later = set[str](), False
        for part in group.parts:
            found = self._part(part, graph, visible)
            later = later or found is None
            certain |= set() if later or found is None else found
        return certain

    def _part(self, part: tree.Node, graph: str, visible: frozenset[str] | None) -> set[str] | None:
        """Return the variables that a part of a group binds; None if it may leave them open."""
        match part:
            case tree.TriplePattern():
                return self._triple(part, graph, visible)
            case tree.Filter() | tree.Bind():
                for exists in tree.outermost(tree.every(tree.Exists, part)):
                    self._group(exists.group, graph, visible)
                return set()
            case tree.Clause(word="OPTIONAL" | "MINUS"):
                self._group(part.group, graph, visible)
                return None
            case tree.Clause(word="GRAPH", name=tree.Leaf() as name):
                return self._group(part.group, _end(name), visible) | _variables(name.text)
            case tree.Values():
                return set()
            case tree.Union():
                return set.intersection(*(self._group(each, graph, visible) for each in part.groups))
            case tree.GroupPattern():
                return self._group(part, graph, visible)
            case tree.Selection():
                return self._select(part, graph, visible)
        raise UnknownPatternsError

    def _triple(self, triple: tree.TriplePattern, graph: str, visible: frozenset[str] | None) -> set[str]:
        nodes = list(tree.walk(triple.path))
        unknown = any(isinstance(node, tree.PathNode) and node.sign == "!" for node in nodes)
        if unknown or triple.subject.value[:1] == "." or "triple" in (triple.subject.kind, triple.object.kind):
            raise UnknownPatternsError
        path = None
        if isinstance(triple.path, tree.PathNode):
            path = frozenset(leaf.text for leaf in nodes if isinstance(leaf, tree.Leaf))
        predicate = _end(triple.path) if isinstance(triple.path, tree.Leaf) else ""
        ends = (_end(triple.subject), _end(triple.object), predicate, graph)
        variables = _variables(*ends)
        self.found.append(Pattern(ends, path, frozenset(variables if visible is None else variables & visible)))
        return variables


def _terms(quad: Quad) -> tuple[Term | DefaultGraph, ...]:
    return quad.subject, quad.object, quad.predicate, quad.graph_name


def _end(leaf: tree.Leaf) -> str:
    return leaf.text if leaf.kind in ("variable", "iri") else ""


def _variables(*ends: str) -> set[str]:
    return {end for end in ends if end.startswith("?")}
