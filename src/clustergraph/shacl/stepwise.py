"""Groups inside EXISTS, with their triple patterns in a row of LATERAL.

The engine joins the patterns of such a group for every solution outside without looking anything up, which takes
minutes where it could take milliseconds. A row of LATERAL has the same solutions, and looks each pattern up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from clustergraph.shacl.tokens import Token

_SPACE: Final = Token("space", " ")
_NEVER: Final = Token("iri", "<urn:x-clustergraph:never>")

Statement = tuple[list[Token], list[Token], list[Token]]
"""Subject, predicate or path, and object."""


class _NotSimpleError(Exception):
    """The group has more in it than triple patterns and filters."""


def rewrite(tokens: Sequence[Token], *, inside: bool = False) -> list[Token]:
    """Return a query with every group after EXISTS rewritten, and the outermost groups, too, if they are inside one."""
    written: list[Token] = []
    at, word, depth = 0, "", 0
    while at < len(tokens):
        token = tokens[at]
        if token.text == "{" and (word == "EXISTS" or (inside and depth == 0)):
            end = closing(tokens, at)
            written += _group(tokens[at + 1 : end])
            at = end + 1
            continue
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        word = token.word if token.kind != "space" else word
        written.append(token)
        at += 1
    return written


def closing(tokens: Sequence[Token], start: int) -> int:
    """Return where the bracket is that closes the one at the start."""
    depth = 0
    for number in range(start, len(tokens)):
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(tokens[number].text, 0)
        if depth == 0:
            return number
    raise ValueError("a bracket is not closed")


def _group(tokens: Sequence[Token]) -> list[Token]:
    reader = _Reader(tokens)
    try:
        statements, filters = reader.read()
    except (_NotSimpleError, IndexError):
        return [Token("other", "{"), _SPACE, *rewrite(tokens), _SPACE, Token("other", "}")]
    body: list[Token] = []
    for number, statement in enumerate(_in_order(statements)):
        body += [Token("word", "LATERAL"), _SPACE] * (number > 0)
        body += [Token("other", "{"), *_spaced(statement), Token("other", "}"), _SPACE]
    return [Token("other", "{"), _SPACE, *body, *rewrite(filters), Token("other", "}")]


def _spaced(statement: Statement) -> Iterator[Token]:
    subject, path, value = statement
    depth, signs = 0, set()
    for token in path:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        signs |= {token.text} if depth == 0 else set()
    if "/" in signs and "|" not in signs:
        # A bare sequence would become triple patterns again.
        path = [Token("other", "("), *path, Token("other", ")"), Token("other", "|"), _NEVER]
    for part in (subject, path, value):
        yield from part
        yield _SPACE


def _in_order(statements: list[Statement]) -> Iterator[Statement]:
    """Yield statements so that each shares a variable with those before it, if it can."""
    rest, known = list(statements), {"this", "value"}
    while rest:
        found = next((each for each in rest if _variables(each) & known), rest[0])
        rest.remove(found)
        known |= _variables(found)
        yield found


def _variables(statement: Statement) -> set[str]:
    return {token.variable for part in statement for token in part if token.variable}


class _Reader:
    """Reads the triple patterns and filters of a group."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._all = tokens
        self._places = [number for number, token in enumerate(tokens) if token.kind != "space"]
        self._tokens = [tokens[number] for number in self._places]
        self._at = 0

    def read(self) -> tuple[list[Statement], list[Token]]:
        statements: list[Statement] = []
        filters: list[Token] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.word == "FILTER":
                filters += self._filter()
            elif token.text == ".":
                self._at += 1
            else:
                statements += self._statements()
        return statements, filters

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _is(self, *texts: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at].text in texts

    def _filter(self) -> list[Token]:
        start = self._at
        while not self._is("(", "{"):
            self._take()
        self._at = closing(self._tokens, self._at) + 1
        return [*self._all[self._places[start] : self._places[self._at - 1] + 1], _SPACE]

    def _statements(self) -> Iterator[Statement]:
        subject = self._term()
        path = self._path()
        while True:
            yield subject, path, self._term()
            if self._is(","):
                self._take()
                continue
            while self._is(";"):
                self._take()
                if not self._is(";", ".") and self._at < len(self._tokens):
                    path = self._path()
                    break
            else:
                return
            if self._is(".") or self._at == len(self._tokens):
                return

    def _term(self) -> list[Token]:
        token = self._take()
        if token.text == "[" and self._is("]"):
            return [token, self._take()]
        if token.kind == "string" and self._at < len(self._tokens):
            if self._tokens[self._at].kind == "language":
                return [token, self._take()]
            if self._is("^"):
                return [token, self._take(), self._take(), self._take()]
        simple = token.kind in ("variable", "iri", "string", "number") or token.word in ("TRUE", "FALSE")
        if not simple or token.text.startswith("_:"):
            raise _NotSimpleError
        return [token]

    def _path(self) -> list[Token]:
        found: list[Token] = []
        while True:
            while self._is("^", "!"):
                found.append(self._take())
            start = self._at
            if self._is("("):
                self._at = closing(self._tokens, self._at) + 1
            elif self._tokens[self._at].kind in ("iri", "variable") or self._is("a"):
                self._at += 1
            else:
                raise _NotSimpleError
            found += self._tokens[start : self._at]
            if self._is("*", "+", "?"):
                found.append(self._take())
            if not self._is("/", "|"):
                return found
            found.append(self._take())
