"""Where in a Turtle, TriG, N-Triples or N-Quads file a subject or a triple is written.

The engine parses the files but keeps no places; this reads well-formed text again, only to find them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urljoin

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, RdfFormat

from clustergraph.build.tokens import Token, Tokens, unescape
from clustergraph.errors import Where
from clustergraph.formats import of_file
from clustergraph.terms import VOCABULARIES

Node: TypeAlias = NamedNode | BlankNode
Term: TypeAlias = NamedNode | BlankNode | Literal
GraphName: TypeAlias = NamedNode | BlankNode | DefaultGraph

TEXT_FORMATS: Final = (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
"""The formats whose places can be found."""

_TYPE: Final = NamedNode(VOCABULARIES["rdf"] + "type")
_FIRST: Final = NamedNode(VOCABULARIES["rdf"] + "first")
_REST: Final = NamedNode(VOCABULARIES["rdf"] + "rest")
_NIL: Final = NamedNode(VOCABULARIES["rdf"] + "nil")
_XSD: Final = VOCABULARIES["xsd"]


class Place(NamedTuple):
    """A subject or a triple of a file, and where it is written; line and column count from 1.

    A place without predicate and object is where the subject stands; any other is the object's.
    """

    graph: GraphName
    subject: Node
    predicate: NamedNode | None
    object: Term | None
    line: int
    column: int


def places(text: str, format_: RdfFormat, base: str = "") -> Iterator[Place]:
    r"""Yield the place of every subject and triple of a well-formed text, in the order of the text.

    >>> text = "@prefix e: <http://e.org/> .\ne:a e:p 1 ,\n    e:b ."
    >>> for place in places(text, RdfFormat.TURTLE):
    ...     print(place.line, place.column, place.subject, place.object)
    2 1 <http://e.org/a> None
    2 9 <http://e.org/a> "1"^^<http://www.w3.org/2001/XMLSchema#integer>
    3 5 <http://e.org/a> <http://e.org/b>

    Raises:
        ValueError: the format is not one of `TEXT_FORMATS`.
        SourceError: the text is not well formed, or uses quoted triples.
    """
    if format_ not in TEXT_FORMATS:
        raise ValueError(f"places in {format_.name} cannot be found")
    return _Reader(text, format_, base).document()


@dataclass
class Index:
    """Finds subjects and triples in files; the files are read when the first one is asked for."""

    paths: Iterable[Path]
    base: str = ""

    def find(self, subject: Node, predicate: NamedNode | None = None, object_: Term | None = None) -> Where | None:
        """Return where a triple is written, or else the nearest thing to it that is, or None.

        Without a predicate it is any triple with the object. Nearest is the first triple with the predicate,
        then the subject.
        """
        return next(
            (
                self._places[key]
                for key in ((subject, predicate, object_), (subject, predicate, None), (subject, None, None))
                if key in self._places
            ),
            None,
        )

    @cached_property
    def _places(self) -> dict[tuple[Node, NamedNode | None, Term | None], Where]:
        found: dict[tuple[Node, NamedNode | None, Term | None], Where] = {}
        for path in self.paths:
            format_ = of_file(path)
            if format_ is None or format_.engine not in TEXT_FORMATS:
                continue
            for place in places(path.read_bytes().decode(), format_.engine, self.base):
                where = Where(path, place.line, place.column)
                found.setdefault((place.subject, place.predicate, place.object), where)
                found.setdefault((place.subject, place.predicate, None), where)
                found.setdefault((place.subject, None, place.object), where)
        return found


@dataclass
class _Reader:
    """Reads one text by descent; each method leaves the next token that it did not use in `token`."""

    text: str
    format_: RdfFormat
    base: str
    prefixes: dict[str, str] = field(default_factory=dict)
    graph: GraphName = field(default_factory=DefaultGraph)
    anonymous: int = 0

    def __post_init__(self) -> None:
        self.tokens = Tokens(self.text)
        self.advance = self.tokens.advance
        self.error = self.tokens.error

    @property
    def token(self) -> Token:
        return self.tokens.token

    def place(
        self, token: Token, subject: Node, predicate: NamedNode | None = None, object_: Term | None = None
    ) -> Place:
        return Place(self.graph, subject, predicate, object_, *self.tokens.line_column(token.start))

    def is_mark(self, *marks: str) -> bool:
        return self.token.kind == "mark" and self.token.text in marks

    def skip(self, mark: str) -> None:
        if not self.is_mark(mark):
            raise self.error(self.token.start)
        self.advance()

    def fresh(self) -> BlankNode:
        self.anonymous += 1
        return BlankNode(f"anonymous{self.anonymous}")

    def document(self) -> Iterator[Place]:
        while self.token.kind != "end":
            if self.format_ == RdfFormat.N_QUADS:
                yield from self.quad()
            elif not self.directive():
                yield from self.block()

    def quad(self) -> Iterator[Place]:
        at_subject, subject = self.token, self.node()
        predicate, at_object = self.verb(), self.token
        object_ = self.simple()
        self.graph = DefaultGraph() if self.is_mark(".") else self.node()
        self.skip(".")
        yield self.place(at_subject, subject)
        yield self.place(at_object, subject, predicate, object_)

    def directive(self) -> bool:
        name = self.token.text.lower()
        if self.token.kind not in ("at", "word") or name.lstrip("@") not in ("prefix", "base", "version"):
            return False
        self.advance()
        if name.endswith("prefix"):
            prefix = self.advance().text.removesuffix(":")
            self.prefixes[prefix] = self.iri().value
        elif name.endswith("base"):
            self.base = self.iri().value
        else:
            self.advance()
        if name.startswith("@"):
            self.skip(".")
        return True

    def block(self) -> Iterator[Place]:
        """Read a graph, or triples of the default graph."""
        if self.is_mark("{"):
            yield from self.braces(DefaultGraph())
        elif self.token.kind == "word" and self.token.text.lower() == "graph":
            self.advance()
            yield from self.braces(self.node())
        else:
            opening = self.token
            named = opening.kind in ("iri", "pname", "blank")
            node = self.node() if named else None
            if node and self.is_mark("{"):
                yield from self.braces(node)
            else:
                yield from self.triples(opening, node)
                self.skip(".")

    def braces(self, graph: GraphName) -> Iterator[Place]:
        self.skip("{")
        self.graph = graph
        while not self.is_mark("}"):
            opening = self.token
            node = self.node() if opening.kind in ("iri", "pname", "blank") else None
            yield from self.triples(opening, node)
            if not self.is_mark("}"):
                self.skip(".")
        self.skip("}")
        self.graph = DefaultGraph()

    def triples(self, opening: Token, subject: Node | None) -> Iterator[Place]:
        """Read a subject, unless it has been, and what is said of it."""
        if subject is None:
            inner: list[Place] = []
            bracket = self.is_mark("[")
            subject = self.nested(inner)
            yield self.place(opening, subject)
            yield from inner
            if bracket and self.is_mark(".", "}"):
                return
        else:
            yield self.place(opening, subject)
        yield from self.predicates(subject)

    def predicates(self, subject: Node) -> Iterator[Place]:
        while True:
            predicate = self.verb()
            yield from self.objects(subject, predicate)
            while self.is_mark(";"):
                self.advance()
            if self.is_mark(".", "}", "]") or self.token.kind == "end":
                return

    def objects(self, subject: Node, predicate: NamedNode) -> Iterator[Place]:
        while True:
            opening, inner = self.token, list[Place]()
            object_ = self.nested(inner) if self.is_mark("[", "(") else self.simple()
            yield self.place(opening, subject, predicate, object_)
            yield from inner
            if not self.is_mark(","):
                return
            self.advance()

    def nested(self, inner: list[Place]) -> Node:
        """Read ``[ … ]`` or ``( … )``, add the triples inside, and return the node that stands for it."""
        opening = self.advance()
        if opening.text == "[":
            node = self.fresh()
            if not self.is_mark("]"):
                inner.extend(self.predicates(node))
            self.skip("]")
            return node
        if opening.text == "(":
            return self.collection(inner)
        raise self.error(opening.start)

    def collection(self, inner: list[Place]) -> Node:
        cells: list[tuple[Token, BlankNode, Term, list[Place]]] = []
        while not self.is_mark(")"):
            opening, members = self.token, list[Place]()
            member = self.nested(members) if self.is_mark("[", "(") else self.simple()
            cells.append((opening, self.fresh(), member, members))
        closing = self.advance()
        ends: list[Node] = [*(cell for _, cell, _, _ in cells[1:]), _NIL]
        for (opening, cell, member, members), rest in zip(cells, ends, strict=False):
            inner.append(self.place(opening, cell, _FIRST, member))
            inner.extend(members)
            inner.append(self.place(closing if rest == _NIL else opening, cell, _REST, rest))
        return cells[0][1] if cells else _NIL

    def verb(self) -> NamedNode:
        if self.token == ("word", "a", self.token.start):
            self.advance()
            return _TYPE
        return self.iri()

    def node(self) -> Node:
        if self.token.kind == "blank":
            return BlankNode(self.advance().text.removeprefix("_:"))
        return self.iri()

    def simple(self) -> Term:
        """Read an IRI, a labelled blank node or a literal."""
        kind = self.token.kind
        if kind in ("integer", "decimal", "double"):
            return Literal(self.advance().text, datatype=NamedNode(_XSD + kind))
        if kind == "word" and self.token.text in ("true", "false"):
            return Literal(self.advance().text, datatype=NamedNode(_XSD + "boolean"))
        if kind not in ("short", "long"):
            return self.node()
        quotes = 3 if kind == "long" else 1
        value = unescape(self.advance().text[quotes:-quotes])
        if self.token.kind == "at":
            return Literal(value, language=self.advance().text[1:])
        if self.is_mark("^^"):
            self.advance()
            return Literal(value, datatype=self.iri())
        return Literal(value)

    def iri(self) -> NamedNode:
        opening = self.advance()
        try:
            if opening.kind == "iri":
                return NamedNode(urljoin(self.base, unescape(opening.text[1:-1])))
            if opening.kind == "pname":
                prefix, _, local = opening.text.partition(":")
                return NamedNode(self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))
        except (KeyError, ValueError):
            raise self.error(opening.start) from None
        raise self.error(opening.start)
