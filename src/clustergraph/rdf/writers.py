"""Writers of Turtle, TriG and JSON-LD that read sorted statements once and hold one node at a time.

What they write is made to be compared: a statement has a line of its own, and neither a changed neighbour nor a prefix
that is no longer used touches it. (`clustergraph.rdf.turtle` writes files for people, and holds the whole graph.)
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Final

from pyoxigraph import DefaultGraph

from clustergraph.rdf.jsonld import PLAIN, Json, JsonLdContext
from clustergraph.rdf.lines import Line, Statement, ordered, quads_of
from clustergraph.rdf.turtle import Names, is_bare
from clustergraph.terms import PREFIXES, VOCABULARIES

_TYPE: Final = f"<{VOCABULARIES['rdf']}type>".encode()
_KEPT: Final = 100_000


def write(lines: Iterable[Line], format_: str, context: JsonLdContext = PLAIN) -> Iterator[bytes]:
    """Yield ordered lines in a format, by its name; a context gives JSON-LD its names, and Turtle further prefixes."""
    match format_:
        case "trig":
            return _trig(lines)
        case "turtle":
            return turtle(lines, {**PREFIXES, **context.prefixes})
        case "jsonld":
            return _jsonld(lines, context)
        case "ntriples":
            return ntriples(lines)
        case "nquads":
            return iter(lines)
    raise ValueError(f"no such format: {format_}")


def ntriples(lines: Iterable[Line]) -> Iterator[bytes]:
    """Yield the triples of all graphs, each once."""
    for subject, predicate, object_ in merged(lines):
        yield b" ".join((subject, predicate, object_)) + b" .\n"


def turtle(lines: Iterable[Line], prefixes: Mapping[str, str]) -> Iterator[bytes]:
    r"""Yield Turtle with the triples of all graphs, each once.

    >>> lines = [b'<a:s> <a:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> <a:g> .\n']
    >>> print(b"".join(turtle(lines, {})).decode())
    <BLANKLINE>
    <a:s>
        <a:p> 1 ;
        .
    <BLANKLINE>
    """
    writer = _Turtle(prefixes)
    yield writer.header
    yield from writer.body(merged(lines))


def _trig(lines: Iterable[Line]) -> Iterator[bytes]:
    writer = _Turtle(PREFIXES)
    yield writer.header
    for graph, statements in groupby(_by_graph(lines), key=lambda each: each.graph):
        body = writer.body(each[:3] for each in statements)
        if graph:
            yield f"\n{writer.term(graph)} {{\n".encode()
            yield from body
            yield b"}\n"
        else:
            yield from body


def _jsonld(lines: Iterable[Line], context: JsonLdContext) -> Iterator[bytes]:
    yield b'{"@context": ' + json.dumps(context.document, ensure_ascii=False, indent=1).encode() + b',\n"@graph": ['
    comma, identifier = "", json.dumps(context.keyword("@id"))
    quads = quads_of(each.line() for each in _by_graph(lines))
    for graph, same in groupby(quads, key=lambda quad: quad.graph_name):
        nodes = (context.node(subject, found) for subject, found in groupby(same, key=lambda quad: quad.subject))
        if isinstance(graph, DefaultGraph):
            yield from _objects(nodes)
        else:
            yield f'\n{comma}{{{identifier}: {_json(context.identifier(graph))}, "@graph": ['.encode()
            yield from _objects(nodes)
            yield b"\n]}"
        comma = ","
    yield b"\n]}\n"


def _objects(nodes: Iterable[Mapping[str, Json]]) -> Iterator[bytes]:
    """Yield each node as JSON, a line for each name in it; the comma stands in front, where it touches no other."""
    for number, node in enumerate(nodes):
        members = "\n,".join(f"{_json(name)}: {_json(value)}" for name, value in node.items())
        yield f"\n{',' if number else ''}{{{members}\n}}".encode()


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def merged(lines: Iterable[Line]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the triples of all graphs, each once."""
    # Lines of the same triple follow each other, since the graph stands at the end.
    for triple, _ in groupby(lines, key=lambda line: Statement.of(line)[:3]):
        yield triple


def _by_graph(lines: Iterable[Line]) -> Iterator[Statement]:
    """Yield statements sorted by graph first; those of the default graph come before all others."""
    turned = (b" ".join((s.graph, s.subject, s.predicate, s.object)) + b"\n" for s in map(Statement.of, lines))
    for line in ordered(turned):
        graph, subject, predicate, object_ = line[:-1].split(b" ", 3)
        yield Statement(subject, predicate, object_, graph)


class _Turtle:
    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._names = Names(prefixes)
        self.header = self._names.header().encode()
        self.term = lru_cache(_KEPT)(self._term)

    def body(self, triples: Iterable[tuple[bytes, bytes, bytes]]) -> Iterator[bytes]:
        for subject, found in groupby(triples, key=lambda triple: triple[0]):
            yield f"\n{self.term(subject)}\n".encode()
            for _, predicate, object_ in sorted(found, key=lambda triple: triple[1] != _TYPE):
                name = "a" if predicate == _TYPE else self.term(predicate)
                yield f"    {name} {self.term(object_)} ;\n".encode()
            yield b"    .\n"

    def _term(self, term: bytes) -> str:
        """Return a term of N-Quads as Turtle writes it."""
        before, _, iri = term.decode().rpartition("<")
        if not iri.endswith(">"):
            return term.decode()
        if before and is_bare(before[1:-3], iri[:-1]):
            return before[1:-3]
        return before + (self._names.short(iri[:-1]) or f"<{iri}")
