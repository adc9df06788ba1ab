"""Where in a text of RDF each statement is written.

The engine is given Turtle, TriG, N-Triples, N-Quads and RDF/XML piece by piece, a term or a tag at a time: what it says
after a piece was written there. In JSON-LD, nodes with a name are found by it and those without by what leads to them;
a statement is at the next value of its node that its object can be written as.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import IO, Final, NamedTuple, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from clustergraph.rdf.turtle import Value
from clustergraph.terms import VOCABULARIES, expand

_RDF: Final = VOCABULARIES["rdf"]
_FIRST: Final = expand("rdf:first")
_REST: Final = expand("rdf:rest")
_TYPE: Final = expand("rdf:type")
_PLAIN: Final = NamedNode(VOCABULARIES["xsd"] + "string")
_STRING: Final = (
    # A mark ends a string unless an odd number of backslashes is before it; a repeated group would take much memory.
    rb'"""(?:|.*?[^\\])(?:\\\\)*"""'
    rb"|'''(?:|.*?[^\\])(?:\\\\)*'''"
    rb'|"[^"\\\r\n]*"|"(?:|[^\r\n]*?[^\\\r\n])(?:\\\\)*"'
    rb"|'[^'\\\r\n]*'|'(?:|[^\r\n]*?[^\\\r\n])(?:\\\\)*'"
)
_IRI: Final = rb"<[^\x00-\x20<>\"{}|^`]*>"
_WORD: Final = rb"(?:[^\s\"'#<>;,.\[\](){}\\]|\\.|\.(?=[^\s\"'#<>;,\[\](){}]))+"
_TERM: Final = re.compile(
    rb"(?P<term>" + _IRI + rb"|(?:" + _STRING + rb")(?:@[A-Za-z0-9-]+|\^\^(?:" + _IRI + rb"|" + _WORD + rb"))?"
    rb"|" + _WORD + rb"|[\[({]|<<|\A(?=[\s#])|.)(?P<tail>(?:[\s;,\])}>]|\.(?![0-9])|\#[^\r\n]*)*)",
    re.DOTALL,
)
"""A term, or a bracket that opens, with what is behind it: marks, brackets that close, blanks and comments."""
_COMMENT: Final = re.compile(rb"#[^\r\n]*")
_DIRECTIVES: Final = {b"prefix": 2, b"base": 1, b"version": 1}
"""How many terms follow each word that no full stop ends."""
_XML: Final = re.compile(
    rb"""
      <!--.*?--> | <\?.*?\?> | <!\[CDATA\[.*?\]\]>
    | <!DOCTYPE (?: [^\[>"'] | "[^"]*" | '[^']*' )* (?: \[ .*? \] \s* )? >
    | < (?P<end>/)? (?P<name>[^\s/>!?]+) (?: [^>"'] | "[^"]*" | '[^']*' )*? (?P<empty>/)? >
    | [^<]+ | .
    """,
    re.VERBOSE | re.DOTALL,
)
_TOKEN: Final = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|([{}\[\]])|[^\s"{}\[\]:,]+', re.DOTALL)
_UNLINKED: Final = ("", "@graph", "@included")
"""No statement leads to a node that stands below these."""
_AHEAD: Final = 500
"""A statement is looked for in so many objects, and among so many values of each; some values give none."""
_MARKS: Final = 50
"""So many places of a name are tried as the end of a prefix."""


class Located(NamedTuple):
    """A statement, and where its subject and its object start, counted in bytes from 0."""

    quad: Quad
    subject: int
    object: int


def located(text: bytes, format_: RdfFormat, base: str) -> Iterator[Located]:
    r"""Yield the statements of a text as the engine gives them, each with its place.

    In RDF/XML the place of a statement is the element of its property, in JSON-LD at least the object of its subject.

    >>> text = b"<e:a> <e:p> 1 ,\n '2' ."
    >>> [(found.subject, found.object) for found in located(text, RdfFormat.TURTLE, "")]
    [(0, 12), (0, 17)]

    Raises `SyntaxError` if the text is not well formed.
    """
    if format_ == RdfFormat.JSON_LD:
        yield from _located_json(text, base)
        return
    pieces: _Elements | _Terms = _Elements(text) if format_ == RdfFormat.RDF_XML else _Terms(text)
    # The engine needs nothing of a stream but that it can be read.
    for quad in parse(cast("IO[bytes]", _Stream(pieces)), format=format_, base_iri=base or None):
        yield pieces.place(quad)


class _Stream:
    """A stream that never gives more than one piece at a time."""

    def __init__(self, pieces: _Elements | _Terms) -> None:
        self._pieces, self._left = pieces, b""

    def read(self, size: int) -> bytes:
        given = self._left or self._pieces.next()
        self._left = given[size:]
        return given[:size]


class _At(NamedTuple):
    """Where a term is."""

    start: int
    statement: int
    """Where the statement starts that it is in."""
    bracket: int
    """Where the innermost bracket opens that it is in, or -1."""
    is_list: bool = False
    """Whether that is the bracket of a list."""


class _Terms:
    """The terms of a text that is like Turtle."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._matches = _TERM.finditer(text)
        self._at = self._before = _At(0, 0, -1)
        self._waits = False
        """Whether the engine knows the term before this one only now, as it does with a string in a list."""
        self._open: list[int] = []
        self._starts = True
        """Whether the next term starts a statement."""
        self._directive = 0
        self._outer: dict[int, int] = {}
        """The bracket around each bracket."""
        self._brackets: dict[BlankNode, int] = {}
        """Where the brackets of nodes and lists open."""
        self._items: dict[BlankNode, int] = {}
        """Where the items of lists start."""
        self._is_plain = False

    def next(self) -> bytes:
        match = next(self._matches, None)
        if match is None:
            return b""
        start, (term, tail) = match.start(), match.groups()
        if not term:
            return tail
        self._before, self._waits = self._at, self._is_plain
        bracket = self._open[-1] if self._open else -1
        statement = start if self._starts else self._at.statement
        self._at = _At(start, statement, bracket, self._text[bracket : bracket + 1] == b"(")
        self._advance(term, start)
        closing = tail.strip()
        if closing:
            self._close(_COMMENT.sub(b"", closing) if b"#" in closing else closing)
        self._is_plain = not closing and term[-1:] in (b'"', b"'")
        return match.group()

    def _advance(self, term: bytes, start: int) -> None:
        if self._starts and term.lower() in _DIRECTIVES:
            self._directive = _DIRECTIVES[term.lower()] + 1
        self._starts = term == b"{" or self._directive == 1
        self._directive = max(self._directive - 1, 0)
        if term in (b"[", b"("):
            self._outer[start] = self._open[-1] if self._open else -1
            self._open.append(start)

    def _close(self, marks: bytes) -> None:
        for mark in marks:
            if mark in b"])" and self._open:
                self._open.pop()
            elif mark in b".}":
                self._starts = True

    def place(self, quad: Quad) -> Located:
        """Return the place of what the engine says after this piece."""
        at, subject, value = self._at, quad.subject, quad.object
        if self._waits and isinstance(value, Literal) and value.datatype == _PLAIN:
            # It is the term before, since only the first one can be.
            at, self._waits = self._before, False
        start = at.start
        bracket = at.bracket
        if isinstance(subject, BlankNode) and quad.predicate == _REST:
            start = self._items.get(subject, self._before.start if self._waits else start)
        elif isinstance(value, BlankNode):
            known = self._brackets.get(value)
            if known is not None:
                start, bracket = known, self._outer.get(known, -1)
            elif bracket >= 0 and not self._is_itself(at, quad.predicate):
                start, bracket = bracket, self._outer[bracket]
        if bracket < 0 or not isinstance(subject, BlankNode):
            return Located(quad, at.statement, start)
        if quad.predicate == _FIRST:
            self._items.setdefault(subject, start)
        return Located(quad, self._brackets.setdefault(subject, bracket), start)

    def _is_itself(self, at: _At, predicate: NamedNode) -> bool:
        """Whether a term is the node that a statement leads to, and not something in the brackets of that node."""
        if self._text.startswith(b"[", at.start):
            return not at.is_list or predicate == _FIRST
        return self._text.startswith(b"_:", at.start)


class _Elements:
    """The tags of a text of RDF/XML, and what is between them."""

    def __init__(self, text: bytes) -> None:
        self._matches = _XML.finditer(text)
        self._open: list[tuple[str, int]] = []
        """The local names of the elements around, and where they start."""
        self._innermost: list[tuple[str, int]] = []
        """The last two of them, with the one of the last piece."""

    def next(self) -> bytes:
        match = next(self._matches, None)
        if match is None:
            return b""
        if match["name"] and not match["end"]:
            self._open.append((match["name"].decode().rpartition(":")[2], match.start()))
        self._innermost = self._open[-2:]
        if match["end"] or match["empty"]:
            del self._open[-1:]
        return match.group()

    def place(self, quad: Quad) -> Located:
        """Return the place of what the engine says after this piece."""
        name, start = self._innermost[-1]
        predicate = quad.predicate.value
        is_property = predicate.endswith(name) or (name == "li" and predicate.startswith(_RDF + "_"))
        return Located(quad, self._innermost[0][1] if is_property else start, start)


@dataclass(eq=False)
class _Written:
    """A string, number or truth value, or an object."""

    start: int
    """Where it is written; for an object with an identifier, where that is."""
    text: str | None
    """The string or number; the identifier of an object, if it has one."""
    key: str = ""
    is_object: bool = False
    container: str = ""
    """What an object only wraps values in: @list or @set."""
    inner: deque[_Written] = field(default_factory=deque)

    def can_be(self, term: Value) -> bool:
        """Whether a term can be written like this."""
        if isinstance(term, Literal):
            return not self.is_object and (term.value == self.text or _number(term.value) == _number(self.text))
        if self.text is None:
            return isinstance(term, BlankNode)
        iri = term.value if isinstance(term, NamedNode) else str(term)
        return iri == self.text or (bool(self.text) and iri.endswith(_left(self.text)))

    def take(self, quad: Quad) -> _Written | None:
        """Return the next value that the object of a statement can be, which no other one is then."""
        for place, each in enumerate(islice(self.inner, _AHEAD)):
            if each.can_be(quad.object) and each.may_follow(quad.predicate):
                del self.inner[place]
                return each
        near = islice(self.inner, _AHEAD)
        nameless = (each.take(quad) for each in near if each.is_object and each.text is None)
        return next((found for found in nameless if found), None)

    def may_follow(self, predicate: NamedNode) -> bool:
        """Whether it can be a value of a property."""
        if self.is_object and self.text is None:
            return predicate == _FIRST or predicate.value.endswith(self.key.rpartition(":")[2])
        return (self.key == "@type") == (predicate == _TYPE)


def _located_json(text: bytes, base: str) -> Iterator[Located]:
    quads = list(parse(text, format=RdfFormat.JSON_LD, base_iri=base or None))
    nodes = _Nodes(text)
    lists = {quad.subject for quad in quads if quad.predicate == _FIRST}
    for quad in quads:
        known = nodes.of(quad.subject)
        while len(known) > 1 and not known[0].inner:
            known.popleft()
        near = () if quad.object in lists else islice(known, _AHEAD)
        taken = ((node, found) for node in near if (found := node.take(quad)))
        holder, value = next(iter(taken), (known[0], None))
        if isinstance(quad.object, BlankNode):
            # The items of a list are in an object of the subject.
            nodes.blank.setdefault(quad.object, deque([value]) if value else known)
        yield Located(quad, holder.start, (value or holder).start)


class _Nodes:
    """The objects of a well-formed text that describe nodes."""

    def __init__(self, text: bytes) -> None:
        self.blank: dict[Value, deque[_Written]] = {}
        """Those of nodes without a name that are known."""
        self._named: dict[str, list[_Written]] = defaultdict(list)
        """Those of nodes with a name, by what a context leaves of it."""
        self._described: dict[Value, deque[_Written]] = {}
        self._top = _Written(0, None, is_object=True)
        self._keywords: dict[str, str] = {}
        around, keys = [self._top], [""]
        for match in _TOKEN.finditer(text):
            string, colon, mark = match.groups()
            if colon:
                name = _string(string)
                keys[-1] = self._keywords.get(name, name)
                if keys[-1] in ("@list", "@set"):
                    around[-1].container = keys[-1]
            elif mark == b"{":
                around.append(_Written(match.start(), None, keys[-1], is_object=True))
                keys.append("")
            elif mark == b"[":
                keys.append(keys[-1])
            elif mark:
                keys.pop()
                if mark == b"}":
                    around[-2].inner += self._closed(around.pop())
            else:
                around[-1].inner.append(_Written(match.start(), _string(match.group()), keys[-1]))
        self._nameless = self._unlinked(self._top)

    def of(self, subject: Value) -> deque[_Written]:
        """Return the objects that describe a node."""
        if subject not in self._described:
            name = subject.value if isinstance(subject, NamedNode) else str(subject)
            marks = [match.start() for match in re.finditer("[/#:]", name)][-_MARKS:]
            places = {0, *marks, *(mark + 1 for mark in marks)}
            found = [each for place in places for each in self._named.get(name[place:], ())]
            self._described[subject] = deque(sorted(found, key=lambda each: each.start))
        described = self._described[subject]
        if not described and subject not in self.blank:
            self.blank[subject] = deque([next(self._nameless, self._top)])
        return described or self.blank[subject]

    def _closed(self, found: _Written) -> Iterable[_Written]:
        """Return what an object adds to the one around it."""
        inner = found.inner
        if found.key == "@context":
            self._keywords |= {each.key: each.text for each in inner if each.text and each.text.startswith("@")}
            return []
        if found.key == "@reverse":
            return inner
        if found.container and not inner:
            # An empty list is a node with a name; an empty set says nothing.
            return [replace(found, text=_RDF + "nil")] if found.container == "@list" else []
        if any(each.key in ("@value", "@set", "@list") for each in inner):
            return [replace(each, key=found.key) for each in inner if each.key != "@type"]
        for each in inner:
            if each.key == "@id" and each.text is not None:
                found.text, found.start = each.text, each.start
                self._named[_left(each.text)].append(found)
        found.inner = deque(each for each in inner if each.key != "@id")
        return [found]

    def _unlinked(self, found: _Written) -> Iterator[_Written]:
        """Yield the objects without a name that no statement leads to."""
        for each in found.inner:
            if each.is_object and each.key in _UNLINKED:
                if each.text is None and any(member.key not in _UNLINKED for member in each.inner):
                    yield each
                yield from self._unlinked(each)


def _left(name: str) -> str:
    """Return what is written of an IRI whatever the context: what is behind a prefix, or all."""
    _, colon, local = name.partition(":")
    return local if colon and local[:2] != "//" else name


def _string(token: bytes) -> str:
    if not token.startswith(b'"'):
        return token.decode()
    return str(json.loads(token)) if b"\\" in token else token[1:-1].decode()


def _number(text: str | None) -> float | str | None:
    """Return the number that a text is, or the text."""
    try:
        return float(text or "")
    except ValueError:
        return text
