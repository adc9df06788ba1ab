"""The structure of a query: its groups, and the triple patterns in them.

Evidence needs to know which triples a solution of a query rests on. This reads the text of a query into its groups, so
that each part can be asked again by itself; the triple patterns are parsed by rdflib.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from rdflib.paths import Path as RdflibPath
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

from clustergraph.store.syntax import Token, tokenise
from clustergraph.terms import PREFIXES

Pattern: TypeAlias = tuple[Node, Node | RdflibPath, Node]

_BLOCKS: Final = ("OPTIONAL", "MINUS", "GRAPH")
_EXPRESSIONS: Final = ("FILTER", "BIND")


@dataclass
class Group:
    """A group in braces: its text without them, and its parts."""

    text: str
    patterns: list[Pattern] = field(default_factory=list)
    optional: list[Group] = field(default_factory=list)
    nested: list[Group] = field(default_factory=list)
    unions: list[list[Group]] = field(default_factory=list)
    graphs: list[tuple[Node, Group]] = field(default_factory=list)
    exists: list[Group] = field(default_factory=list)
    """Groups of EXISTS, where the answer may rest on a solution."""
    absent: list[Group] = field(default_factory=list)
    """Groups of NOT EXISTS and MINUS, where it rests on there being none."""
    selects: list[Select] = field(default_factory=list)


@dataclass
class Select:
    """A SELECT or CONSTRUCT: what it gives, and its group."""

    gives: str
    """The text before the group."""
    group: Group


@lru_cache(maxsize=512)
def select(query: str) -> Select:
    """Return the structure of a SELECT or CONSTRUCT query.

    >>> [len(part.patterns) for part in (select("SELECT ?s { ?s a ?c ; ?p ?o OPTIONAL { ?o ?q ?r } }").group,)]
    [2]
    """
    reader = _Reader(query)
    if reader.form == "CONSTRUCT":
        reader.skip_to("{")
        reader.skip_braces()
    reader.skip_to("{")
    return Select(query[: reader.token.start], reader.group())


def template(rule: str) -> list[Pattern]:
    """Return the triple patterns that a CONSTRUCT query gives."""
    reader = _Reader(rule)
    reader.skip_to("{")
    start = reader.token.start + 1
    reader.skip_braces()
    return reader.patterns(start, reader.tokens[reader.at - 1].start)


@lru_cache(maxsize=2048)
def _parsed(prologue: str, text: str) -> tuple[Pattern, ...]:
    algebra = translateQuery(parseQuery(f"{prologue} SELECT * {{ {text} }}"), initNs=PREFIXES).algebra
    return tuple(triple for found in _bgps(algebra) for triple in found)


def asked_alone(query: str) -> Iterator[tuple[str, str]]:
    """Yield each triple pattern of the main group of a query: an ASK for it alone, and its text."""
    for subject, path, value in select(query).group.patterns:
        text = " ".join(part.n3() for part in (subject, path, value))
        yield f"ASK {{ {text} }}", text


def _bgps(node: object) -> Iterator[list[Pattern]]:
    if isinstance(node, CompValue):
        if node.name == "BGP":
            yield node.triples
        for value in node.values():
            yield from _bgps(value)


class _Reader:
    """Reads groups by their braces and keywords."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [*tokenise(text), Token("end", "", len(text))]
        self.at = 0
        while self.token.keyword not in ("SELECT", "CONSTRUCT"):
            self.at += 1
        self.form = self.token.keyword
        self._prologue = " ".join(token.text for token in self.tokens[: self.at])

    def patterns(self, start: int, end: int) -> list[Pattern]:
        """Return the triple patterns in a block of triples of the text."""
        if all(token.text == "." for token in self.tokens if start <= token.start < end):
            return []
        return list(_parsed(self._prologue, self.text[start:end] + "\n"))

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def skip_to(self, text: str) -> None:
        while self.token.text != text:
            self.at += 1

    def skip_braces(self) -> None:
        """Move behind the group that starts here."""
        self._skip_pair("{", "}")

    def _skip_pair(self, opening: str, closing: str) -> None:
        depth = 0
        while True:
            text = self.next().text
            depth += (text == opening) - (text == closing)
            if depth == 0:
                return

    def group(self) -> Group:
        """Return the group that starts here, and move behind it."""
        start = self.next().start + 1
        if self.token.keyword == "SELECT":
            inner = self._subselect()
            end = self.next().start
            return Group(self.text[start:end], selects=[inner])
        group, block = Group(""), self.token.start
        while self.token.text != "}":
            if self.token.text == "{" or self.token.keyword in (*_BLOCKS, *_EXPRESSIONS, "VALUES"):
                group.patterns += self.patterns(block, self.token.start)
                self._part(group)
                block = self.token.start
            else:
                self.at += 1
        group.patterns += self.patterns(block, self.token.start)
        group.text = self.text[start : self.next().start]
        return group

    def _subselect(self) -> Select:
        start = self.token.start
        self.skip_to("{")
        gives = self.text[start : self.token.start]
        inner = self.group()
        depth = 0
        while depth or self.token.text != "}":
            depth += (self.token.text == "{") - (self.token.text == "}")
            self.at += 1
        return Select(gives, inner)

    def _part(self, group: Group) -> None:
        match self.token.keyword:
            case "OPTIONAL":
                self.at += 1
                group.optional.append(self.group())
            case "MINUS":
                self.at += 1
                group.absent.append(self.group())
            case "GRAPH":
                self.at += 1
                ((name, _, _),) = _parsed(self._prologue, f"{self.next().text} a ?anything")
                group.graphs.append((name, self.group()))
            case "VALUES":
                self.skip_to("{")
                self.skip_braces()
            case "FILTER" | "BIND":
                self._expression(group)
            case _:
                self._braces(group)
        if self.token.text == ".":
            self.at += 1

    def _braces(self, group: Group) -> None:
        branches = [self.group()]
        while self.token.keyword == "UNION":
            self.at += 1
            branches.append(self.group())
        if len(branches) > 1:
            group.unions.append(branches)
        else:
            group.nested += branches

    def _expression(self, group: Group) -> None:
        """Move behind FILTER or BIND, and keep the groups of EXISTS in it."""
        self.at += 1
        depth = 0
        while True:
            if self.token.text == "{":
                negated = self.tokens[self.at - 2].keyword == "NOT"
                (group.absent if negated else group.exists).append(self.group())
            else:
                depth += (self.token.text == "(") - (self.token.text == ")")
                self.at += 1
            behind = self.tokens[self.at - 1].text
            if depth == 0 and behind in (")", "}"):
                return
