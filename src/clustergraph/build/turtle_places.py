"""Where subjects and triples are written in Turtle, TriG, N-Triples and N-Quads.

The triples come in the order in which the engine gives them, so that blank nodes can be told by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, RdfFormat

from clustergraph.build.place import GraphName, Node, Place, Term
from clustergraph.build.tokens import Token, Tokens, resolve, unescape
from clustergraph.terms import VOCABULARIES

_TYPE: Final = NamedNode(VOCABULARIES["rdf"] + "type")
_FIRST: Final = NamedNode(VOCABULARIES["rdf"] + "first")
_REST: Final = NamedNode(VOCABULARIES["rdf"] + "rest")
_NIL: Final = NamedNode(VOCABULARIES["rdf"] + "nil")
_XSD: Final = VOCABULARIES["xsd"]
_Link: TypeAlias = Callable[[Term], Place]
_Given: TypeAlias = tuple[int, Place]
"""A place, and the start of the token at which the engine knows the triple."""


def places(text: str, format_: RdfFormat, base: str = "", only: Set[Node] | None = None) -> Iterator[Place]:
    """Yield the place of every subject and triple of a well-formed text.

    Args:
        text: the text.
        format_: its format.
        base: what relative references begin with.
        only: the subjects that are asked for, if they are few; none of them is a blank node.

    Raises:
        SourceError: the text is not well formed, or uses quoted triples.
    """
    return _Reader(text, format_, base, only).document()


@dataclass
class _Reader:
    """Reads one text by descent; each method leaves the next token that it did not use in `token`."""

    text: str
    format_: RdfFormat
    base: str
    only: Set[Node] | None = None
    prefixes: dict[str, str] = field(default_factory=dict)
    iris: dict[str, NamedNode] = field(default_factory=dict)
    """What prefixed names and references stand for, until a prefix or the base changes."""
    graph: GraphName = field(default_factory=DefaultGraph)
    last: int = 0
    """Where the token starts that was used last."""

    def __post_init__(self) -> None:
        self.tokens = Tokens(self.text)
        self.error = self.tokens.error

    @property
    def token(self) -> Token:
        return self.tokens.token

    def advance(self) -> Token:
        """Move on, and return the token that was used."""
        used = self.tokens.advance()
        self.last = used.start
        return used

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

    def document(self) -> Iterator[Place]:
        while self.token.kind != "end":
            if self.format_ == RdfFormat.N_QUADS:
                yield from self.quad()
            elif not self.directive():
                yield from self.block()

    def quad(self) -> Iterator[Place]:
        opening, subject = self.token, self.node()
        if self.is_left_out(subject):
            self.tokens.pass_over()
            self.skip(".")
            return
        predicate = self.verb()
        at_object, object_ = self.token, self.simple()
        self.graph = DefaultGraph() if self.is_mark(".") else self.node()
        self.skip(".")
        yield self.place(opening, subject)
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
        self.iris.clear()
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
        given: list[_Given] = []
        if self.is_left_out(subject):
            self.tokens.pass_over()
            return
        if subject is None and self.is_mark("("):
            subject = self.collection(given) or _NIL
            given.extend(self.predicates(subject))
        elif subject is None:
            subject = BlankNode()
            given.extend(self.bracket(subject))
            if not self.is_mark(".", "}"):
                given.extend(self.predicates(subject))
        else:
            given.extend(self.predicates(subject))
        yield self.place(opening, subject)
        for _, group in groupby(given, key=lambda pair: pair[0]):
            # The engine gives what one token has made known from the last to the first.
            yield from (place for _, place in reversed([*group]))

    def is_left_out(self, subject: Node | None) -> bool:
        return self.only is not None and subject not in self.only

    def predicates(self, subject: Node) -> Iterator[_Given]:
        while True:
            predicate = self.verb()
            while True:
                yield from self.object(partial(self.place, self.token, subject, predicate))
                if not self.is_mark(","):
                    break
                self.advance()
            while self.is_mark(";"):
                self.advance()
            if self.is_mark(".", "}", "]") or self.token.kind == "end":
                return

    def object(self, link: _Link) -> Iterator[_Given]:
        """Read an object; the link makes the triple that leads to it."""
        if self.is_mark("["):
            node = BlankNode()
            yield from self.bracket(node)
            yield self.last, link(node)
        elif self.is_mark("("):
            cells: list[_Given] = []
            self.collection(cells, link)
            yield from cells
        else:
            opening = self.token
            plain = opening.kind in ("short", "long")
            term = self.simple()
            # A string may have a language or a datatype, which only the next token tells.
            known = self.token.start if plain and self.last == opening.start else self.last
            yield known, link(term)

    def bracket(self, node: Node) -> Iterator[_Given]:
        """Read ``[ … ]`` and what is said of the node that it stands for."""
        self.skip("[")
        if not self.is_mark("]"):
            yield from self.predicates(node)
        self.skip("]")

    def collection(self, cells: list[_Given], link: _Link | None = None) -> Node | None:
        """Read ``( … )``, add the triples of its cells and those that lead to them, and return the first cell."""
        self.skip("(")
        first: Node | None = None
        cell: Node | None = None
        while not self.is_mark(")"):
            cell, opening = BlankNode(), self.token
            first = first or cell
            if link:
                cells.append((opening.start, link(cell)))
            cells.extend(self.object(partial(self.place, opening, cell, _FIRST)))
            link = partial(self.place, opening, cell, _REST)
        if cell:
            cells.append((self.token.start, self.place(self.token, cell, _REST, _NIL)))
        elif link:
            cells.append((self.token.start, link(_NIL)))
        self.skip(")")
        return first

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
        if opening.text not in self.iris:
            try:
                self.iris[opening.text] = self.resolved(opening)
            except (KeyError, ValueError):
                raise self.error(opening.start) from None
        return self.iris[opening.text]

    def resolved(self, token: Token) -> NamedNode:
        if token.kind == "iri":
            return NamedNode(resolve(unescape(token.text[1:-1]), self.base))
        if token.kind == "pname":
            prefix, _, local = token.text.partition(":")
            return NamedNode(self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))
        raise ValueError(f"{token.text} is not an IRI")
