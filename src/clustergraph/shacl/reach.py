"""What a query of a shape reads: its triple patterns, and how they hang together with the focus node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from pyoxigraph import NamedNode

from clustergraph.shacl import paths
from clustergraph.shacl.literals import write
from clustergraph.shacl.model import Shape
from clustergraph.shacl.paths import Alternative, Path, Repeat, Sequence, Step
from clustergraph.shacl.queries import Query
from clustergraph.shacl.tokens import Token, projected
from clustergraph.shacl.triples import rdf


class UnknownReachError(Exception):
    """It cannot be said from the text of a query what it reads."""


@dataclass(frozen=True)
class Pattern:
    """A triple pattern of a query."""

    group: tuple[int, ...]
    """Where it stands: the numbers of the groups around it, from the outermost."""
    subject: str
    path: Path | None
    """The predicate or path; nothing if any predicate will do."""
    object: str

    @property
    def ends(self) -> tuple[str, str]:
        """Subject and object."""
        return self.subject, self.object

    def write(self, number: int) -> str:
        """Return the pattern as SPARQL writes it."""
        predicate = f"?any{number}" if self.path is None else paths.sparql(self.path)
        return f"{self.subject} {predicate} {self.object} ."


def patterns(query: Query, shape: Shape) -> list[Pattern]:
    """Return the triple patterns of a query; the focus node is ``?this`` in them.

    Raises:
        UnknownReachError: it has parts that this does not understand.
    """
    found = list(_Reader(query, shape).read())
    if query.form == "ASK" and shape.path is not None:
        found.append(Pattern((), "?this", shape.path, "?value"))
    return found


def chain(found: Iterable[Pattern], pattern: Pattern, end: str) -> list[Pattern]:
    """Return patterns that lead from the focus node to a variable of a pattern, all of which must match if it matters.

    Raises:
        UnknownReachError: they do not hang together.
    """
    above = [each for each in found if each is not pattern and pattern.group[: len(each.group)] == each.group]
    ways: dict[str, list[Pattern]] = {"?this": []}
    new = ["?this"]
    while new and end not in ways:
        here = new.pop(0)
        for each in above:
            if here in each.ends:
                there = each.ends[1 - each.ends.index(here)]
                if there.startswith("?") and there not in ways:
                    ways[there] = [*ways[here], each]
                    new.append(there)
    if end not in ways or any(each.path and paths.can_be_empty(each.path) for each in ways[end]):
        raise UnknownReachError
    return ways[end]


class _Reader:
    """Reads a query from its tokens."""

    def __init__(self, query: Query, shape: Shape) -> None:
        self._tokens = [token for token in query.tokens if token.kind != "space"]
        self._parameters = query.parameters
        self._shape = shape
        self._at = 0
        self._groups = count()
        self._blanks = count()

    def read(self) -> Iterator[Pattern]:
        while self._next.text != "{":
            self._take()
        yield from self._group(())

    @property
    def _next(self) -> Token:
        if self._at == len(self._tokens):
            raise UnknownReachError
        return self._tokens[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _group(self, above: tuple[int, ...]) -> Iterator[Pattern]:
        self._take()
        group = (*above, next(self._groups))
        if self._next.word == "SELECT":
            yield from self._select(group)
        while self._next.text != "}":
            token = self._next
            if token.text == "{":
                yield from self._group(group)
            elif token.word in ("FILTER", "BIND"):
                self._take()
                yield from self._expression(group)
            elif token.word in ("OPTIONAL", "UNION") or token.text == ".":
                self._take()
            elif token.kind == "word" and token.word not in ("TRUE", "FALSE"):
                raise UnknownReachError
            else:
                yield from self._triples(group)
        self._take()

    def _select(self, group: tuple[int, ...]) -> Iterator[Pattern]:
        """Yield what a SELECT inside reads; variables that it does not return are others than those outside."""
        start = self._at
        while self._next.text != "{":
            self._take()
        shown = {f"?{name}" for name in projected(self._tokens[start + 1 : self._at + 1])}
        for found in self._group(group):
            ends = [f"{end}_{group[-1]}" if end.startswith("?") and end not in shown else end for end in found.ends]
            yield Pattern(found.group, ends[0], found.path, ends[1])
        while self._next.text != "}":
            if self._take().text == "{":
                raise UnknownReachError

    def _expression(self, group: tuple[int, ...]) -> Iterator[Pattern]:
        """Yield what EXISTS in an expression reads: one in brackets, a function call, or EXISTS itself."""
        while self._next.text not in ("(", "{"):
            self._take()
        if self._next.text == "{":
            yield from self._group(group)
            return
        depth = 0
        while True:
            if self._next.text == "{":
                yield from self._group(group)
                continue
            depth += {"(": 1, ")": -1}.get(self._take().text, 0)
            if depth == 0:
                return

    def _triples(self, group: tuple[int, ...]) -> Iterator[Pattern]:
        subject = self._term()
        while True:
            path = self._predicate()
            yield Pattern(group, subject, path, self._term())
            while self._next.text == ",":
                self._take()
                yield Pattern(group, subject, path, self._term())
            if self._next.text != ";":
                return
            while self._next.text == ";":
                self._take()
            if self._next.text in (".", "}"):
                return

    def _term(self) -> str:
        token = self._take()
        name = token.variable
        if name in self._parameters:
            return write(self._parameters[name])
        if name == "value" and self._shape.path is None:
            return "?this"
        if name:
            return f"?{name}"
        if token.text == "[" and self._next.text == "]":
            self._take()
            return f"?blank{next(self._blanks)}_"
        if token.text.startswith("_:"):
            return f"?blank_{token.text[2:]}"
        if token.kind == "string":
            return token.text + self._tag()
        if token.kind in ("iri", "number") or token.word in ("TRUE", "FALSE"):
            return token.text
        raise UnknownReachError

    def _tag(self) -> str:
        """Return the language or datatype behind a string."""
        if self._next.kind == "language":
            return self._take().text
        if self._next.text != "^":
            return ""
        return "".join(self._take().text for _ in range(3))

    def _predicate(self) -> Path | None:
        name = self._next.variable
        if name == "PATH" and self._shape.path is not None:
            self._take()
            return self._shape.path
        if name:
            self._take()
            return None
        return self._alternative()

    def _alternative(self) -> Path:
        options = [self._sequence()]
        while self._next.text == "|":
            self._take()
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Alternative(tuple(options))

    def _sequence(self) -> Path:
        steps = [self._element()]
        while self._next.text == "/":
            self._take()
            steps.append(self._element())
        return steps[0] if len(steps) == 1 else Sequence(tuple(steps))

    def _element(self) -> Path:
        if self._next.text == "^":
            self._take()
            return paths.reverse(self._element())
        token = self._take()
        path: Path
        if token.text == "(":
            path = self._alternative()
            self._take()
        elif token.kind == "iri":
            path = Step(NamedNode(token.text[1:-1]))
        elif token.text == "a":
            path = Step(rdf("type"))
        else:
            raise UnknownReachError
        sign = self._next.text
        if sign not in ("*", "+", "?"):
            return path
        self._take()
        return Repeat(path, optional=sign != "+", many=sign != "?")
