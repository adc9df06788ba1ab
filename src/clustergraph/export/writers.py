"""Writers of Turtle, TriG and JSON-LD that read sorted statements once and hold one property at a time.

What they write is made to be compared: a statement has a line of its own, and neither a changed neighbour nor a prefix
that is no longer used touches it. (`clustergraph.turtle` writes files for people, and holds the whole graph.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final

from clustergraph.export.jsonld import PLAIN, Context
from clustergraph.export.lines import RUN_BYTES, Line, Statement, ordered
from clustergraph.export.names import Names
from clustergraph.terms import PREFIXES, VOCABULARIES

_TYPE: Final = f"<{VOCABULARIES['rdf']}type>".encode()
_XSD: Final = VOCABULARIES["xsd"]
_BARE: Final = re.compile(
    r'"([+-]?[0-9]+)"\^\^<' + re.escape(_XSD) + r"integer>|"
    r'"([+-]?[0-9]*\.[0-9]+)"\^\^<' + re.escape(_XSD) + r"decimal>|"
    r'"(true|false)"\^\^<' + re.escape(_XSD) + r"boolean>"
)
_KEPT: Final = 100_000


def nquads(lines: Iterable[Line]) -> Iterator[bytes]:
    """Yield the lines as they are."""
    yield from lines


def ntriples(lines: Iterable[Line]) -> Iterator[bytes]:
    """Yield the triples of all graphs, each once."""
    for subject, predicate, object_ in merged(lines):
        yield b" ".join((subject, predicate, object_)) + b" .\n"


def turtle(lines: Iterable[Line], prefixes: Names | None = None) -> Iterator[bytes]:
    r"""Yield Turtle with the triples of all graphs, each once.

    >>> lines = [b'<a:s> <a:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> <a:g> .\n']
    >>> print(b"".join(turtle(lines, Names({}))).decode())
    <BLANKLINE>
    <a:s>
        <a:p> 1 ;
        .
    <BLANKLINE>
    """
    names = prefixes or Names(PREFIXES)
    yield names.header().encode()
    yield from _Turtle(names).body(merged(lines))


def trig(lines: Iterable[Line], run_bytes: int = RUN_BYTES) -> Iterator[bytes]:
    """Yield TriG, graph by graph."""
    names = Names(PREFIXES)
    writer = _Turtle(names)
    yield names.header().encode()
    for graph, statements in groupby(_by_graph(lines, run_bytes), key=lambda each: each.graph):
        triples = ((each.subject, each.predicate, each.object) for each in statements)
        if graph:
            yield f"\n{writer.term(graph.decode())} {{\n".encode()
            yield from writer.body(triples)
            yield b"}\n"
        else:
            yield from writer.body(triples)


def jsonld(lines: Iterable[Line], context: Context = PLAIN, run_bytes: int = RUN_BYTES) -> Iterator[bytes]:
    """Yield JSON-LD, graph by graph, each with its nodes; the context is part of it."""
    yield b'{"@context": ' + json.dumps(context.document, ensure_ascii=False, indent=1).encode() + b',\n"@graph": ['
    first = True
    for graph, statements in groupby(_by_graph(lines, run_bytes), key=lambda each: each.graph):
        nodes = _nodes(statements, context)
        if graph:
            name = json.dumps(context.identifier(graph.decode()), ensure_ascii=False)
            head = f'\n{"" if first else ","}{{"{context.keyword("@id")}": {name}, "@graph": ['
            yield head.encode()
            yield from _joined(nodes)
            yield b"\n]}"
        else:
            yield from _joined(nodes)
        first = False
    yield b"\n]}\n"


WRITERS: Final = {"nquads": nquads, "trig": trig, "turtle": turtle, "jsonld": jsonld}
"""The writers of a whole graph by the name of their format; each takes lines in order."""


def merged(lines: Iterable[Line]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the triples of all graphs, each once."""
    # Lines of the same triple follow each other, since the graph stands at the end.
    for triple, _ in groupby(lines, key=lambda line: Statement.of(line)[:3]):
        yield triple


def _by_graph(lines: Iterable[Line], run_bytes: int) -> Iterator[Statement]:
    """Yield statements sorted by graph first; those of the default graph come before all others."""
    turned = (b" ".join((s.graph, s.subject, s.predicate, s.object)) + b"\n" for s in map(Statement.of, lines))
    for line in ordered(turned, run_bytes):
        graph, subject, predicate, object_ = line[:-1].split(b" ", 3)
        yield Statement(subject, predicate, object_, graph)


class _Turtle:
    def __init__(self, names: Names) -> None:
        self._names = names
        self.term = lru_cache(_KEPT)(self._term)

    def body(self, triples: Iterable[tuple[bytes, bytes, bytes]]) -> Iterator[bytes]:
        for subject, found in groupby(triples, key=lambda triple: triple[0]):
            yield f"\n{self.term(subject.decode())}\n".encode()
            for _, predicate, object_ in sorted(found, key=lambda triple: triple[1] != _TYPE):
                name = "a" if predicate == _TYPE else self.term(predicate.decode())
                yield f"    {name} {self.term(object_.decode())} ;\n".encode()
            yield b"    .\n"

    def _term(self, term: str) -> str:
        return shortened(term, self._names)


def shortened(term: str, names: Names) -> str:
    """Return a term of N-Triples as Turtle writes it.

    >>> shortened('"1"^^<http://www.w3.org/2001/XMLSchema#integer>', Names({}))
    '1'
    """
    if term.startswith("<"):
        return names.short(term[1:-1]) or term
    if not term.endswith(">"):
        return term
    if bare := _BARE.fullmatch(term):
        return next(text for text in bare.groups() if text is not None)
    text, _, datatype = term.rpartition("^^")
    return f"{text}^^{names.short(datatype[1:-1]) or datatype}"


def _nodes(statements: Iterable[Statement], context: Context) -> Iterator[str]:
    """Yield each node as JSON, a line for each name in it; the comma stands in front, where it touches no other."""
    for subject, found in groupby(statements, key=lambda each: each.subject):
        identifier = json.dumps(context.identifier(subject.decode()), ensure_ascii=False)
        lines = [f'{{"{context.keyword("@id")}": {identifier}']
        for predicate, same in groupby(found, key=lambda each: each.predicate):
            for name, value in context.pairs(predicate.decode(), [each.object.decode() for each in same]):
                lines.append(f",{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}")
        yield "\n".join(lines) + "\n}"


def _joined(nodes: Iterable[str]) -> Iterator[bytes]:
    for number, node in enumerate(nodes):
        yield f"\n{',' if number else ''}{node}".encode()
