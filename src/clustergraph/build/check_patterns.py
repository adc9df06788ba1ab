"""What a check query reads: its triple patterns, and which of its variables can be given in advance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, Quad

from clustergraph.shacl.tokens import Token, tokenise
from clustergraph.terms import PREFIXES, VOCABULARIES

_TYPE: Final = f"<{VOCABULARIES['rdf']}type>"
_LATER: Final = ("OPTIONAL", "MINUS")


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
        predicate = f"<{quad.predicate.value}>"
        if self.path is not None:
            return predicate in self.path
        if self.ends[2].startswith("<") and self.ends[2] != predicate:
            return False
        terms = (quad.subject, quad.object, quad.predicate, quad.graph_name)
        return all(
            not end.startswith("<") or (isinstance(term, NamedNode) and end == f"<{term.value}>")
            for end, term in zip(self.ends, terms, strict=True)
        )


@dataclass(frozen=True)
class Patterns:
    """A check query that has been read."""

    tokens: tuple[Token, ...]
    """The query with full IRIs."""
    found: tuple[Pattern, ...]
    certain: frozenset[str]
    """The variables that have a term in every solution, from the beginning of the query on."""
    starts: tuple[tuple[int, frozenset[str] | None], ...]
    """Where SELECTs have their groups, and which variables go through; None for all."""

    @classmethod
    def of(cls, query: str) -> Patterns:
        """Read a query.

        Raises:
            UnknownPatternsError: it has parts that this does not understand.
        """
        tokens = tuple(_resolved(token) for token in tokenise(query, "the check"))
        reader = _Reader(tokens)
        certain = reader.read()
        return cls(tokens, tuple(reader.patterns), frozenset(certain - reader.made), tuple(reader.starts))

    def given(self, variable: str, terms: str) -> str:
        """Return the query for some terms of one variable only, written as SPARQL writes them."""
        places = {at for at, through in self.starts if through is None or variable in through}
        values = f" VALUES {variable} {{ {terms} }} "
        return "".join(token.text + values * (number in places) for number, token in enumerate(self.tokens))


def _resolved(token: Token) -> Token:
    prefix, colon, local = token.text.partition(":")
    if token.kind == "name" and colon and prefix in PREFIXES:
        return Token("iri", f"<{PREFIXES[prefix]}{local}>")
    return Token("variable", f"?{token.variable}") if token.variable else token


class _Reader:
    """Reads a query from its tokens; a group gives the variables that are certain before anything is optional."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._places = [number for number, token in enumerate(tokens) if token.kind != "space"]
        self._tokens = [tokens[number] for number in self._places]
        self._at = 0
        self.patterns: list[Pattern] = []
        self.made: set[str] = set()
        self.starts: list[tuple[int, frozenset[str] | None]] = []

    def read(self) -> set[str]:
        found = self._select("", None)
        if any(token.word in ("GROUP", "HAVING", "LIMIT", "OFFSET", "VALUES") for token in self._tokens[self._at :]):
            raise UnknownPatternsError
        return found

    @property
    def _next(self) -> Token:
        if self._at == len(self._tokens):
            raise UnknownPatternsError
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _select(self, graph: str, outside: frozenset[str] | None) -> set[str]:
        """Read a SELECT up to the end of its group."""
        if self._take().word != "SELECT":
            raise UnknownPatternsError
        shown, depth = set[str](), 0
        while self._next.text != "{":
            token = self._take()
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if token.word == "AS":
                self.made.add(self._next.text)
            elif token.variable and depth == 0:
                shown.add(token.text)
        top = outside is None and not self.starts
        through = outside if top else frozenset(shown if outside is None else shown & outside)
        self.starts.append((self._places[self._at], through))
        certain = self._group(graph, through)
        return certain if through is None else certain & through

    def _inner_select(self, graph: str, outside: frozenset[str] | None) -> set[str]:
        """Read a SELECT in a group of its own, with what comes after it."""
        certain = self._select(graph, outside)
        while self._next.text != "}":
            if self._next.text == "{" or self._take().word in ("LIMIT", "OFFSET"):
                raise UnknownPatternsError
        return certain

    def _group(self, graph: str, visible: frozenset[str] | None) -> set[str]:
        self._take()
        if self._next.word == "SELECT":
            certain = self._inner_select(graph, visible)
            self._take()
            return certain
        certain, later = set[str](), False
        while self._next.text != "}":
            found = self._element(graph, visible)
            later = later or found is None
            certain |= set() if later or found is None else found
        self._take()
        return certain

    def _element(self, graph: str, visible: frozenset[str] | None) -> set[str] | None:
        """Read a part of a group and return the variables that it binds; None if it may leave them open."""
        token = self._next
        if token.text == "{":
            return self._union(graph, visible)
        if token.text == ".":
            self._take()
            return set()
        if token.word in ("FILTER", "BIND"):
            self._take()
            self._expression(graph, visible)
            return set()
        if token.word in _LATER:
            self._take()
            self._group(graph, visible)
            return None
        if token.word == "GRAPH":
            self._take()
            name = self._term()
            return self._group(name, visible) | ({name} if name.startswith("?") else set())
        if token.word == "VALUES":
            return self._values()
        return self._triples(graph, visible)

    def _union(self, graph: str, visible: frozenset[str] | None) -> set[str]:
        found = self._group(graph, visible)
        while self._next.word == "UNION":
            self._take()
            found &= self._group(graph, visible)
        return found

    def _values(self) -> set[str]:
        while self._take().text != "{":
            pass
        while self._take().text != "}":
            pass
        return set()

    def _expression(self, graph: str, visible: frozenset[str] | None) -> None:
        """Read an expression in brackets, a function call, or EXISTS."""
        while self._next.text not in ("(", "{"):
            self._take()
        depth = 0
        while True:
            if self._next.text == "{":
                self._group(graph, visible)
            else:
                token = self._take()
                depth += {"(": 1, ")": -1}.get(token.text, 0)
                if token.word == "AS":
                    self.made.add(self._next.text)
            if depth == 0:
                return

    def _triples(self, graph: str, visible: frozenset[str] | None) -> set[str]:
        subject, found = self._term(), set[str]()
        while True:
            predicate, path = self._predicate()
            found |= self._pattern((subject, self._term(), predicate, graph), path, visible)
            while self._next.text == ",":
                self._take()
                found |= self._pattern((subject, self._term(), predicate, graph), path, visible)
            if self._next.text != ";":
                return found
            while self._next.text == ";":
                self._take()
            if self._next.text in (".", "}"):
                return found

    def _pattern(
        self, ends: tuple[str, str, str, str], path: frozenset[str] | None, visible: frozenset[str] | None
    ) -> set[str]:
        variables = {end for end in ends if end.startswith("?")}
        shown = frozenset(variables if visible is None else variables & visible)
        self.patterns.append(Pattern(ends, path, shown))
        return variables

    def _term(self) -> str:
        token = self._take()
        if token.kind in ("variable", "iri"):
            return token.text
        if token.kind == "string":
            if self._next.kind == "language":
                self._take()
            elif self._next.text == "^":
                self._at += 3
            return ""
        if token.text == "[" and self._next.text == "]":
            self._take()
            return ""
        if token.kind == "number" or token.text.startswith("_:") or token.word in ("TRUE", "FALSE"):
            return ""
        raise UnknownPatternsError

    def _predicate(self) -> tuple[str, frozenset[str] | None]:
        if self._next.variable:
            return self._take().text, None
        start = self._at
        found = self._path()
        if self._at == start + 1:
            return found.pop(), None
        return "", frozenset(found)

    def _path(self) -> set[str]:
        found = set[str]()
        while True:
            while self._next.text == "^":
                self._take()
            token = self._take()
            if token.text == "(":
                found |= self._path()
                self._take()
            elif token.kind == "iri":
                found.add(token.text)
            elif token.text == "a":
                found.add(_TYPE)
            else:
                raise UnknownPatternsError
            if self._next.text in ("*", "+", "?"):
                self._take()
            if self._next.text not in ("/", "|"):
                return found
            self._take()
