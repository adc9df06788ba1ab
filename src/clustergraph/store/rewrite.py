"""Queries put in another way that the engine answers faster, with exactly the same answer.

There is one rule. The engine evaluates the group of an ``EXISTS`` once for every row outside. It starts from the
values of that row, but joins the patterns of the group as if it had none, so a group of two patterns can cost a pass
over the graph per row. Nested, every pattern is a look-up::

    EXISTS { P1 . P2 FILTER (F) }    becomes    EXISTS { P1 FILTER EXISTS { P2 FILTER (F) } }

Why this is the same: ``EXISTS { G }`` is true of a row if some binding of the variables of G that the row leaves open
makes all of G true. "Some binding of P1 and P2" is "some binding of P1 such that some binding of what is then open in
P2". That holds for plain triple patterns and filters on their variables. It does not hold where a name has a scope
(blank node labels, sub-selects, BIND), where rows are added (OPTIONAL, UNION, VALUES) or where a function gives another
value every time; such a group is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from clustergraph.errors import QueryError
from clustergraph.store.syntax import Token, tokenise

_MAY_APPLY: Final = re.compile(r"\bEXISTS\s*\{", re.IGNORECASE)
_VOLATILE: Final = frozenset({"BNODE", "RAND", "STRUUID", "UUID"})
_MOST_GROUPS: Final = 32
_MOST_PATTERNS: Final = 8
"""Beyond these a query stays as it is: the engine can nest only so deep."""
_FUNCTION_KINDS: Final = ("word", "name", "iri")


class _OtherError(Exception):
    """The group holds something that the rule does not cover."""


@dataclass(frozen=True)
class Part:
    """A triple pattern or a filter: its text and its variables."""

    text: str
    variables: frozenset[str]
    ends: tuple[str, ...] = ()
    """Subject and object of a triple pattern as they are written, variables with a question mark."""


@dataclass(frozen=True)
class Group:
    """The content of the braces of an ``EXISTS``."""

    patterns: tuple[Part, ...]
    filters: tuple[Part, ...]


@lru_cache(maxsize=512)
def rewrite(query: str) -> str:
    """Return a query with the same answer that the engine answers at least as fast.

    >>> rewrite("ASK { ?a <p> ?b FILTER NOT EXISTS { ?a <q> ?c . ?c <r> ?b } }")
    'ASK { ?a <p> ?b FILTER NOT EXISTS { ?a <q> ?c . FILTER EXISTS { ?c <r> ?b . } } }'
    >>> rewrite("ASK { ?a <p> ?b FILTER EXISTS { ?a <q> ?b OPTIONAL { ?b <r> ?c } } }")
    'ASK { ?a <p> ?b FILTER EXISTS { ?a <q> ?b OPTIONAL { ?b <r> ?c } } }'
    """
    if not 0 < len(_MAY_APPLY.findall(query)) <= _MOST_GROUPS:
        return query
    try:
        tokens = list(tokenise(query))
    except QueryError:
        return query  # The engine explains it better.
    pieces, done = [], 0
    for first, last in _groups(tokens):
        if tokens[first].start < done:
            continue  # It is inside a group that has been put in another way as a whole.
        outside = _terms([*tokens[:first], *tokens[last:]])
        try:
            nested = _nest(_read(query, tokens[first:last], outside), outside)
        except _OtherError:
            continue
        pieces += [query[done : tokens[first].start], nested, " "]
        done = tokens[last].start
    return "".join([*pieces, query[done:]])


def _groups(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield where the content of each ``EXISTS { … }`` begins and ends, the outer before the inner."""
    for number, token in enumerate(tokens):
        if token.keyword == "EXISTS" and _is(tokens, number + 1, "{"):
            end = _closing(tokens, number + 2)
            if end is not None:
                yield number + 2, end


def _closing(tokens: Sequence[Token], begin: int) -> int | None:
    """Return the number of the brace that closes what was opened before a token."""
    depth = 1
    for number in range(begin, len(tokens)):
        depth += _is(tokens, number, "{")
        depth -= _is(tokens, number, "}")
        if not depth:
            return number
    return None


def _is(tokens: Sequence[Token], number: int, sign: str) -> bool:
    return number < len(tokens) and tokens[number].kind == "other" and tokens[number].text == sign


def _nest(group: Group, outside: AbstractSet[str]) -> str:
    """Return the patterns one inside the other, each connected to what is bound before it."""
    if not 0 < len(group.patterns) <= _MOST_PATTERNS:
        raise _OtherError
    bound, waiting, filters = set(outside), list(group.patterns), list(group.filters)
    levels: list[str] = []
    while waiting:
        chosen = max(waiting, key=lambda part: _narrow(part, bound))
        if not _narrow(chosen, bound):
            raise _OtherError
        waiting.remove(chosen)
        bound |= {f"?{name}" for name in chosen.variables}
        open_ = frozenset().union(*(part.variables for part in waiting))
        ready = [part for part in filters if not part.variables & open_]
        filters = [part for part in filters if part not in ready]
        levels.append(" ".join([f"{chosen.text} .", *(part.text for part in ready)]))
    return " FILTER EXISTS { ".join(levels) + " }" * (len(levels) - 1)


def _narrow(part: Part, bound: AbstractSet[str]) -> int:
    """Return how narrow a look-up of a pattern is likely to be, or 0 if it is connected to nothing.

    A constant that the query names outside of the group too is what the query is about; one that is only inside, such
    as a class or a code, has many subjects.
    """
    subject, object_ = part.ends
    if subject not in bound and object_ not in bound and subject[0] == "?":
        return 0
    return 4 * (subject in bound or subject[0] != "?") + 3 * (object_ in bound) + (object_[0] != "?")


def _terms(tokens: Iterable[Token]) -> set[str]:
    """Return the variables and constants in a text."""
    return {
        f"?{token.text[1:]}" if token.kind == "variable" else token.text.rstrip(".")
        for token in tokens
        if token.kind in ("variable", "iri", "name", "string")
    }


def _read(query: str, tokens: Sequence[Token], outside: AbstractSet[str]) -> Group:
    """Return the patterns and filters of a group.

    Raises:
        _OtherError: there is anything else in it.
    """
    patterns: list[Part] = []
    filters: list[Part] = []
    known = outside | _terms(tokens)
    cursor = _Cursor(query, tokens)
    while not cursor.ended:
        if cursor.take("."):
            continue
        if cursor.keyword == "FILTER":
            filters.append(cursor.filter(known))
        else:
            patterns += cursor.triples()
    return Group(tuple(patterns), tuple(filters))


class _Cursor:
    """Reads the tokens of a group from left to right; whatever it does not know is an error."""

    def __init__(self, query: str, tokens: Sequence[Token]) -> None:
        self._query = query
        self._tokens = [part for token in tokens for part in _without_dot(token)]
        self._at = 0

    @property
    def ended(self) -> bool:
        return self._at >= len(self._tokens)

    @property
    def keyword(self) -> str:
        return "" if self.ended else self._tokens[self._at].keyword

    def take(self, sign: str) -> bool:
        found = _is(self._tokens, self._at, sign)
        self._at += found
        return found

    def filter(self, known: AbstractSet[str]) -> Part:
        begin = self._at
        self._at += 1
        if self.keyword in ("NOT", "EXISTS"):
            return self._exists(known)
        if not self.ended and self._tokens[self._at].kind in _FUNCTION_KINDS:
            self._at += 1
        if not self.take("("):
            raise _OtherError
        depth = 1
        while depth and not self.ended:
            depth += self._sign() == "("
            depth -= self._sign() == ")"
            self._at += 1
        tokens = self._tokens[begin : self._at]
        if depth or any(t.keyword in _VOLATILE for t in tokens):
            raise _OtherError
        return Part(self._text(begin), frozenset(t.text[1:] for t in tokens if t.kind == "variable"))

    def _exists(self, known: AbstractSet[str]) -> Part:
        words = "NOT EXISTS" if self.keyword == "NOT" else "EXISTS"
        self._at += len(words.split())
        if self._tokens[self._at - 1].keyword != "EXISTS" or not self.take("{"):
            raise _OtherError
        begin, end = self._at, _closing(self._tokens, self._at)
        if end is None:
            raise _OtherError
        self._at = end + 1
        inside = self._tokens[begin:end]
        nested = _nest(_read(self._query, inside, known), known)
        variables = frozenset(t.text[1:] for t in inside if t.kind == "variable")
        return Part(f"FILTER {words} {{ {nested} }}", variables)

    def triples(self) -> Iterator[Part]:
        subject = self._term()
        while True:
            predicate = self._term(predicate=True)
            while True:
                yield _pattern(subject, predicate, self._term())
                if not self.take(","):
                    break
            while self.take(";"):
                if self.ended or _is(self._tokens, self._at, "."):
                    return
                if not _is(self._tokens, self._at, ";"):
                    break
            else:
                # A pattern ends with a dot, before a filter, or with the group.
                if not self.ended and not self.take(".") and self.keyword != "FILTER":
                    raise _OtherError
                return

    def _term(self, *, predicate: bool = False) -> str:
        """Return a variable or a constant as it is written; not a blank node, a list or a path."""
        if self.ended:
            raise _OtherError
        begin, token = self._at, self._tokens[self._at]
        self._at += 1
        if token.kind in ("variable", "iri") or (token.kind == "name" and not token.text.startswith("_:")):
            pass
        elif predicate:
            if token.text != "a":
                raise _OtherError
        elif token.kind == "string":
            self._suffix()
        elif token.keyword not in ("TRUE", "FALSE") and not self._is_whole_number(token):
            raise _OtherError
        return self._text(begin)

    def _suffix(self) -> None:
        """Take the language or datatype of a string."""
        if not self.ended and self._tokens[self._at].kind == "language":
            self._at += 1
        elif self.take("^"):
            if not self.take("^") or self.ended or self._tokens[self._at].kind not in ("iri", "name"):
                raise _OtherError
            self._at += 1

    def _is_whole_number(self, token: Token) -> bool:
        # 1.5 and 1e3 are several tokens.
        after = self._query[token.start + len(token.text) :][:1]
        return token.kind == "number" and (after.isspace() or after in (";", ",", "}"))

    def _sign(self) -> str:
        token = self._tokens[self._at]
        return token.text if token.kind == "other" else ""

    def _text(self, begin: int) -> str:
        last = self._tokens[self._at - 1]
        return self._query[self._tokens[begin].start : last.start + len(last.text)]


def _without_dot(token: Token) -> Iterator[Token]:
    """Yield a name without the dot that ends its pattern, and the dot; a name cannot end with one."""
    if token.kind == "name" and token.text.endswith(".") and not token.text.endswith("\\."):
        text = token.text[:-1]
        yield from _without_dot(Token("name", text, token.start))
        yield Token("other", ".", token.start + len(text))
    else:
        yield token


def _pattern(*terms: str) -> Part:
    variables = frozenset(term[1:] for term in terms if term[0] in "?$")
    ends = tuple(f"?{term[1:]}" if term[0] == "$" else term for term in (terms[0], terms[-1]))
    return Part(" ".join(terms), variables, ends)
