"""The canonical writer of Turtle and TriG: the same graph always gives the same text.

Prefixes, graphs, subjects, predicates and objects are sorted. A blank node that one triple points to is written
where it is used; any other takes its label from RDF Dataset Canonicalization (RDFC-1.0,
https://www.w3.org/TR/rdf-canon/).
"""

import re
from collections import Counter, defaultdict
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

from clustergraph.errors import SourceError
from clustergraph.formats import Format
from clustergraph.terms import LOCAL_NAME, PREFIXES, VOCABULARIES, expand, prefixed

Node: TypeAlias = NamedNode | BlankNode
Value: TypeAlias = NamedNode | BlankNode | Literal | Triple
Subjects: TypeAlias = dict[Node, dict[NamedNode, list[Value]]]

_XSD: Final = VOCABULARIES["xsd"]
_TYPE: Final = expand("rdf:type")
_FIRST: Final = expand("rdf:first")
_REST: Final = expand("rdf:rest")
_NIL: Final = expand("rdf:nil")
_LEADING: Final = (_TYPE, expand("rdfs:label"), expand("skos:prefLabel"))
_SHARED: Final = 2
_DEEPEST: Final = 4 * 100
"""At this indentation, in characters, a blank node is no longer written where it is used."""
_BARE: Final = {
    _XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    _XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    _XSD + "boolean": re.compile(r"true|false"),
}
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def canonical(text: str, format_: Format[RdfFormat], prefixes: Mapping[str, str] = PREFIXES) -> str:
    """Return the canonical form of a Turtle or TriG text, without comments; raises `SyntaxError` if it is malformed."""
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
    names = Names(dict(sorted(prefixes.items())))
    blocks = []
    for graph in sorted(graphs, key=lambda graph: (not isinstance(graph, DefaultGraph), str(graph))):
        body = _Writer(names, graphs[graph], uses).body()
        if isinstance(graph, DefaultGraph):
            blocks.append(body)
        else:
            blocks.append(f"{names.node(graph)} {{\n{_indent(body)}}}\n")
    header = Names({prefix: prefixes[prefix] for prefix in names.used}).header()
    return (header and f"{header}\n") + "\n".join(blocks)


def _uses(dataset: Dataset) -> Mapping[Value | DefaultGraph, int]:
    """Return how often each blank node is pointed to; one that stands in several graphs counts as often used."""
    uses = Counter(quad.object for quad in dataset)
    homes: dict[Value, set[Node | DefaultGraph]] = defaultdict(set)
    for quad in dataset:
        uses[quad.graph_name] += _SHARED
        homes[quad.subject].add(quad.graph_name)
        homes[quad.object].add(quad.graph_name)
    return uses + Counter({node: _SHARED for node, graphs in homes.items() if len(graphs) > 1})


def _indent(body: str) -> str:
    """Indent lines, but not those inside a long string."""
    lines, inside = [], False
    for line in body.removesuffix("\n").split("\n"):
        lines.append(line if inside or not line else f"    {line}")
        inside ^= line.count('"""') % 2 == 1
    return "\n".join(lines) + "\n"


class Names:
    """Shortens IRIs by prefixes, and notes which it has used; of two for the same namespace the first one is used."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self.prefixes, self.used = dict(prefixes), set[str]()
        self._by_space = {space: prefix for prefix, space in reversed(self.prefixes.items()) if space}
        self._unusual = {prefix: space for prefix, space in prefixes.items() if not space.endswith(("/", "#"))}

    def short(self, iri: str) -> str | None:
        """Return the prefixed name of an IRI, or None if it has none that needs no escapes.

        >>> Names({"cg": "https://w3id.org/clustergraph/ontology/"}).short("https://w3id.org/clustergraph/ontology/Cluster")
        'cg:Cluster'
        """
        name = prefixed(iri, self._unusual)
        if name is None:
            # No local name has a slash or a hash.
            end = max(iri.rfind("/"), iri.rfind("#")) + 1
            prefix = self._by_space.get(iri[:end])
            if prefix is None or not LOCAL_NAME.fullmatch(iri, end):
                return None
            name = f"{prefix}:{iri[end:]}"
        self.used.add(name.partition(":")[0])
        return name

    def node(self, node: Node) -> str:
        """Return how Turtle writes a node."""
        return (isinstance(node, NamedNode) and self.short(node.value)) or str(node)

    def header(self) -> str:
        """Return the prefixes as Turtle declares them, sorted."""
        return "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in sorted(self.prefixes.items()))


def is_bare(text: str, datatype: str) -> bool:
    """Whether Turtle writes a literal without quotes."""
    return datatype in _BARE and _BARE[datatype].fullmatch(text) is not None


@dataclass
class _Writer:
    """Writes the triples of one graph."""

    names: Names
    subjects: Subjects
    uses: Mapping[Value | DefaultGraph, int]
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

    def _object(self, value: Value, indent: str) -> str:
        if isinstance(value, Literal):
            return self._literal(value)
        if isinstance(value, NamedNode):
            return "()" if value == _NIL else self.names.node(value)
        if isinstance(value, Triple):
            raise SourceError(f"something is said of a statement, which has no canonical form: {value}")
        if self._on_top(value) or value in self.written or len(indent) > _DEEPEST:
            return self.names.node(value)
        self.written.add(value)
        members = self._list(value)
        if members is not None:
            return f"( {' '.join(self._object(member, indent + '    ') for member in members)} )"
        if value not in self.subjects:
            return "[]"
        return f"[\n{self._predicates(value, indent + '    ')}\n{indent}]"

    def _literal(self, literal: Literal) -> str:
        datatype = literal.datatype
        if is_bare(literal.value, datatype.value):
            return literal.value
        escaped = "".join(_ESCAPES.get(character, character) for character in literal.value)
        quoted = f'"""{escaped}"""' if "\n" in escaped else f'"{escaped}"'
        if literal.language:
            return f"{quoted}@{literal.language}"
        return quoted if datatype.value == _XSD + "string" else f"{quoted}^^{self.names.node(datatype)}"

    def _list(self, head: BlankNode) -> list[Value] | None:
        """Return the members of a well-formed list that starts at a node, or None."""
        members: list[Value] = []
        cells: list[BlankNode] = []
        node: Value = head
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
