"""The canonical writer of Turtle and TriG: the same graph always gives the same text.

Prefixes, graphs, subjects, predicates and objects are sorted. A blank node that one triple points to is written
where it is used; any other takes its label from RDF Dataset Canonicalization (RDFC-1.0,
https://www.w3.org/TR/rdf-canon/).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

from clustergraph.formats import Format
from clustergraph.terms import LOCAL_NAME, PREFIXES, VOCABULARIES

Node: TypeAlias = NamedNode | BlankNode
Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
Subjects: TypeAlias = dict[Node, dict[NamedNode, list[Term]]]

_RDF: Final = VOCABULARIES["rdf"]
_XSD: Final = VOCABULARIES["xsd"]
_TYPE: Final = NamedNode(_RDF + "type")
_FIRST: Final = NamedNode(_RDF + "first")
_REST: Final = NamedNode(_RDF + "rest")
_NIL: Final = NamedNode(_RDF + "nil")
_LEADING: Final = (
    _TYPE,
    NamedNode(VOCABULARIES["rdfs"] + "label"),
    NamedNode(VOCABULARIES["skos"] + "prefLabel"),
)
_SHARED: Final = 2
_BARE: Final = {
    "integer": re.compile(r"[+-]?[0-9]+"),
    "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    "boolean": re.compile(r"true|false"),
}
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def canonical(text: str, format_: Format[RdfFormat], prefixes: Mapping[str, str] = PREFIXES) -> str:
    """Return the canonical form of a Turtle or TriG text; comments are not kept.

    >>> from clustergraph.formats import RDF_FORMATS
    >>> text = "@prefix cg: <https://w3id.org/clustergraph/ontology/> . cg:b a cg:C . cg:a cg:p 1, 0.5 ."
    >>> print(canonical(text, RDF_FORMATS["turtle"]))
    @prefix cg: <https://w3id.org/clustergraph/ontology/> .
    <BLANKLINE>
    cg:a
        cg:p 0.5, 1 .
    <BLANKLINE>
    cg:b
        a cg:C .
    <BLANKLINE>

    Raises:
        SyntaxError: the text is not well formed.
    """
    parser = parse(text.encode(), format=format_.engine)
    quads = list(parser)
    return write(quads, {**parser.prefixes, **prefixes})


def write(quads: Iterable[Quad], prefixes: Mapping[str, str] = PREFIXES) -> str:
    """Return quads as canonical TriG, which is Turtle where there is only a default graph."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    graphs: dict[Node | DefaultGraph, Subjects] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for quad in dataset:
        graphs[quad.graph_name][quad.subject][quad.predicate].append(quad.object)
    uses = _uses(dataset)
    names = _Names(prefixes)
    blocks = []
    for graph in sorted(graphs, key=_graph_key):
        body = _Writer(names, graphs[graph], uses).body()
        if isinstance(graph, DefaultGraph):
            blocks.append(body)
        else:
            blocks.append(f"{names.node(graph)} {{\n{_indent(body)}}}\n")
    return names.header() + "\n".join(blocks)


def _uses(dataset: Dataset) -> dict[BlankNode, int]:
    """Return how often each blank node is pointed to; one that stands in several graphs counts as often used."""
    uses: dict[BlankNode, int] = defaultdict(int)
    homes: dict[BlankNode, set[Node | DefaultGraph]] = defaultdict(set)
    for quad in dataset:
        for node in (quad.subject, quad.object):
            if isinstance(node, BlankNode):
                homes[node].add(quad.graph_name)
        if isinstance(quad.object, BlankNode):
            uses[quad.object] += 1
        if isinstance(quad.graph_name, BlankNode):
            uses[quad.graph_name] += _SHARED
    for node, graphs in homes.items():
        if len(graphs) > 1:
            uses[node] += _SHARED
    return uses


def _graph_key(graph: Node | DefaultGraph) -> tuple[bool, str]:
    return not isinstance(graph, DefaultGraph), str(graph)


def _indent(body: str) -> str:
    """Indent lines, but not those inside a long string."""
    lines, inside = [], False
    for line in body.removesuffix("\n").split("\n"):
        lines.append(line if inside or not line else f"    {line}")
        inside ^= line.count('"""') % 2 == 1
    return "\n".join(lines) + "\n"


@dataclass
class _Names:
    """Prefixed names, and which prefixes were used."""

    prefixes: Mapping[str, str]
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._longest_first = sorted(self.prefixes.items(), key=lambda pair: (-len(pair[1]), pair[0]))

    def node(self, node: Node) -> str:
        if isinstance(node, BlankNode):
            return f"_:{node.value}"
        for prefix, space in self._longest_first:
            if node.value.startswith(space) and LOCAL_NAME.fullmatch(node.value[len(space) :]):
                self.used.add(prefix)
                return f"{prefix}:{node.value[len(space) :]}"
        return str(node)

    def header(self) -> str:
        lines = [f"@prefix {prefix}: <{self.prefixes[prefix]}> ." for prefix in sorted(self.used)]
        return "\n".join(lines) + "\n\n" if lines else ""

    def literal(self, literal: Literal) -> str:
        if literal.language:
            return f"{_quoted(literal.value)}@{literal.language}"
        datatype = literal.datatype
        local = datatype.value.removeprefix(_XSD)
        if local == "string":
            return _quoted(literal.value)
        if local in _BARE and _BARE[local].fullmatch(literal.value):
            return literal.value
        return f"{_quoted(literal.value)}^^{self.node(datatype)}"


def _quoted(value: str) -> str:
    escaped = "".join(_ESCAPES.get(character, character) for character in value)
    return f'"""{escaped}"""' if "\n" in escaped else f'"{escaped}"'


@dataclass
class _Writer:
    """Writes the triples of one graph."""

    names: _Names
    subjects: Subjects
    uses: Mapping[BlankNode, int]
    written: set[BlankNode] = field(default_factory=set)

    def body(self) -> str:
        blocks = [self._subject(node) for node in sorted(self.subjects, key=self._key) if self._on_top(node)]
        # What is left are blank nodes that only point to each other in a ring.
        rings = (node for node in sorted(self.subjects, key=self._key) if not self._on_top(node))
        blocks.extend(self._subject(node) for node in rings if node not in self.written)
        return "\n".join(blocks)

    def _key(self, node: Node) -> tuple[bool, str]:
        return isinstance(node, BlankNode), node.value

    def _on_top(self, node: Node) -> bool:
        return isinstance(node, NamedNode) or self.uses.get(node, 0) != 1

    def _subject(self, node: Node) -> str:
        if isinstance(node, BlankNode):
            self.written.add(node)
        name = "[]" if isinstance(node, BlankNode) and not self.uses.get(node, 0) else self.names.node(node)
        return f"{name}\n{self._predicates(node, '    ')} .\n"

    def _predicates(self, node: Node, indent: str) -> str:
        lines = []
        for predicate in sorted(self.subjects[node], key=self._predicate_key):
            objects = sorted(self._object(value, indent) for value in self.subjects[node][predicate])
            verb = "a" if predicate == _TYPE else self.names.node(predicate)
            line = f"{indent}{verb} {', '.join(objects)}"
            if len(line) > 110 and len(objects) > 1:
                line = f"{indent}{verb}\n" + ",\n".join(f"{indent}    {text}" for text in objects)
            lines.append(line)
        return " ;\n".join(lines)

    def _predicate_key(self, predicate: NamedNode) -> tuple[int, str]:
        rank = _LEADING.index(predicate) if predicate in _LEADING else len(_LEADING)
        return rank, "a" if predicate == _TYPE else self.names.node(predicate)

    def _object(self, value: Term, indent: str) -> str:
        if isinstance(value, Literal):
            return self.names.literal(value)
        if isinstance(value, NamedNode):
            return "()" if value == _NIL else self.names.node(value)
        if isinstance(value, Triple):
            raise TypeError("quoted triples are not used in this project")
        if self._on_top(value) or value in self.written:
            return self.names.node(value)
        self.written.add(value)
        members = self._list(value)
        if members is not None:
            return f"( {' '.join(self._object(member, indent + '    ') for member in members)} )"
        if value not in self.subjects:
            return "[]"
        return f"[\n{self._predicates(value, indent + '    ')}\n{indent}]"

    def _list(self, head: BlankNode) -> list[Term] | None:
        """Return the members of a well-formed list that starts at a node, or None."""
        members: list[Term] = []
        cells: list[BlankNode] = []
        node: Term = head
        while node != _NIL:
            if not isinstance(node, BlankNode) or self._on_top(node) or node in cells:
                return None
            cell = self.subjects.get(node, {})
            if set(cell) != {_FIRST, _REST} or len(cell[_FIRST]) != 1 or len(cell[_REST]) != 1:
                return None
            cells.append(node)
            members.append(cell[_FIRST][0])
            node = cell[_REST][0]
        self.written.update(cells)
        return members
