"""Queries and updates as trees: what each part of the text is, and where it starts and ends, brackets included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

AGGREGATES: Final = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
QUERY_FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATE_FORMS: Final = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
_Element = TypeVar("_Element")
_Node = TypeVar("_Node", bound="Node")


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Leaf(Node):
    """A term of a pattern or expression."""

    kind: str
    """One of iri, variable, literal, blank, triple."""
    value: str
    """The IRI, resolved; the name of the variable; the literal as SPARQL and Turtle write it, with whole IRIs; the
    label of the blank node, which begins with a dot where it has none in the text."""

    @property
    def text(self) -> str:
        """The term as it can be written anywhere; a blank node as a label."""
        match self.kind:
            case "iri":
                return f"<{self.value}>"
            case "variable":
                return f"?{self.value}"
            case "blank":
                return f"_:{f'b{self.value[1:]}' if self.value[0] == '.' else self.value}"
            case _:
                return self.value


@dataclass(frozen=True, slots=True)
class PathNode(Node):
    """A property path that is more than one predicate."""

    sign: str
    """``/`` or ``|`` for several paths, ``^ * + ?`` for one, ``!`` for predicates, some of them with ``^``."""
    parts: tuple[PathNode | Leaf, ...]


@dataclass(frozen=True, slots=True)
class TriplePattern(Node):
    """A triple pattern; those of a list with ``;`` and ``,`` share their subject and predicate."""

    subject: Leaf
    path: Leaf | PathNode
    object: Leaf


@dataclass(frozen=True, slots=True)
class Expression(Node):
    """A call of a function, or operators between operands, without their precedence."""

    name: str
    """The function: a word in upper case or an IRI in brackets; nothing for operators and for brackets."""
    parts: tuple[Operand, ...]
    signs: tuple[str, ...] = ()
    """The operators between the parts, ``IN`` and ``NOT IN`` among them."""
    distinct: bool = False
    """Whether DISTINCT stands before the arguments of an aggregate."""


@dataclass(frozen=True, slots=True)
class Exists(Node):
    """``EXISTS`` or ``NOT EXISTS``."""

    negated: bool
    group: GroupPattern


Operand: TypeAlias = Leaf | Expression | Exists | TriplePattern


@dataclass(frozen=True, slots=True)
class Bind(Node):
    """An expression that gives a variable its value: BIND, or ``(… AS ?x)``."""

    expression: Operand
    variable: Leaf


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """A FILTER."""

    expression: Operand


@dataclass(frozen=True, slots=True)
class Values(Node):
    """A table of VALUES; None is UNDEF."""

    variables: tuple[Leaf, ...]
    rows: tuple[tuple[Leaf | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Clause(Node):
    """A group with a word before it: OPTIONAL, MINUS, LATERAL, GRAPH, SERVICE."""

    word: str
    group: GroupPattern
    name: Leaf | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Union(Node):
    """Groups with UNION between them."""

    groups: tuple[GroupPattern, ...]


@dataclass(frozen=True, slots=True)
class GroupPattern(Node):
    """A group in braces, with them."""

    parts: tuple[Element, ...]

    def of(self, kind: type[_Element]) -> Iterator[_Element]:
        """Yield the parts of one kind."""
        return (part for part in self.parts if isinstance(part, kind))


@dataclass(frozen=True, slots=True)
class Modifier(Node):
    """GROUP BY, HAVING, ORDER BY, LIMIT or OFFSET."""

    word: str
    parts: tuple[Operand | Bind, ...]
    descending: tuple[bool, ...] = ()
    """For each part of an ORDER BY whether it is DESC."""


@dataclass(frozen=True, slots=True)
class Selection(Node):
    """A query behind its prologue, or one inside a group."""

    form: str
    projection: tuple[Leaf | Bind, ...]
    """What SELECT and DESCRIBE name; nothing for ``*``."""
    group: GroupPattern | None
    modifiers: tuple[Modifier | Values, ...]
    template: GroupPattern | None = None
    reduction: str = ""
    """DISTINCT or REDUCED, if one of them stands before the projection."""

    @property
    def shown(self) -> tuple[str, ...]:
        """The names of the variables of the projection; nothing for ``*``."""
        return tuple((part.variable if isinstance(part, Bind) else part).value for part in self.projection)


Element: TypeAlias = TriplePattern | Filter | Bind | Values | Clause | Union | GroupPattern | Selection


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """One operation of an update."""

    word: str
    """One of the `UPDATE_FORMS`, ``INSERT DATA``, ``DELETE DATA`` or ``DELETE WHERE``."""
    names: tuple[Leaf, ...] = ()
    """The graphs that it names outside of its groups; for LOAD the address first."""
    silent: bool = False
    templates: tuple[GroupPattern, ...] = ()
    using: tuple[Leaf, ...] = ()
    where: int | None = None
    group: GroupPattern | None = None


@dataclass(frozen=True)
class Dataset:
    """Graphs to merge as the default graph, and graphs that ``GRAPH`` may name, by IRI."""

    default: tuple[str, ...]
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query."""

    text: str
    leaves: tuple[Leaf, ...]
    """Every IRI, variable, literal and labelled blank node behind the prologue, in the order of the text; no ``a``."""
    selection: Selection
    dataset: Dataset | None
    """What it describes with FROM and FROM NAMED; None if it leaves that to the store."""
    base: str
    """What its relative IRIs are relative to; nothing if nobody says that."""


@dataclass(frozen=True, slots=True)
class Update:
    """An update; its leaves are as those of a query."""

    text: str
    leaves: tuple[Leaf, ...]
    operations: tuple[Operation, ...]


def walk(node: object) -> Iterator[Node]:
    """Yield a node and all below it in the order of the text, or those of several nodes."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting += reversed(node)
        elif isinstance(node, Node):
            yield node
            waiting += [getattr(node, name) for name in reversed(node.__slots__)]


def outermost(nodes: Iterable[_Node]) -> Iterator[_Node]:
    """Yield those of some nodes, which are in the order of the text, that are not inside another one."""
    done = 0
    for node in nodes:
        if node.start >= done:
            yield node
            done = node.end


def every(kind: type[_Node], node: object) -> Iterator[_Node]:
    """Yield those of one kind among the nodes of `walk`."""
    return (each for each in walk(node) if isinstance(each, kind))


def services(tree: Query | Update) -> list[Clause]:
    """Return the SERVICE clauses; one inside another comes after it."""
    root = tree.selection if isinstance(tree, Query) else tree.operations
    return [clause for clause in every(Clause, root) if clause.word == "SERVICE"]


def variables(node: object) -> frozenset[str]:
    """Return the names of the variables in a node, or in several."""
    return frozenset(leaf.value for leaf in every(Leaf, node) if leaf.kind == "variable")


def written(
    text: str, nodes: Iterable[_Node], instead: Callable[[_Node], str], start: int = 0, end: int | None = None
) -> str:
    """Return a text, or a part of it, with something else in the place of nodes; of one in another only the outer."""
    pieces, done, end = [], start, len(text) if end is None else end
    for node in nodes:
        if done <= node.start and node.end <= end:
            pieces += [text[done : node.start], instead(node)]
            done = node.end
    return "".join([*pieces, text[done:end]])


def text_of(tree: Query | Update, node: Node) -> str:
    """Return what a part of a query or update says, with whole IRIs; a group without its braces."""
    inner = isinstance(node, GroupPattern)
    return written(tree.text, tree.leaves, lambda leaf: leaf.text, node.start + inner, node.end - inner)
