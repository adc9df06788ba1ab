"""The tokens of a query, and errors that show where in it they are.

The engine takes keywords without a space around them, and reads ``<`` as an operator where no IRI can stand. So
this module reads strictly: what it skips as string, comment or IRI, the engine can only skip too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from clustergraph.errors import QueryError
from clustergraph.terms import PREFIXES

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|\#[^\n\r]*)
  | (?P<iri><(?:[^\x00-\x20<>"{}|^`\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)
  | (?P<string>'''(?:'{0,2}(?:[^'\\]|\\[\s\S]))*'''
      | \"""(?:"{0,2}(?:[^"\\]|\\[\s\S]))*\"""
      | '(?!'')(?:[^'\\\n\r]|\\[^\n\r])*'
      | "(?!"")(?:[^"\\\n\r]|\\[^\n\r])*")
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<name>(?:[^\W\d][\w.\-\u00B7]{0,100}+)?:(?:[\w.\-:%\u00B7]|\\.)*)
  | (?P<number>\d+)
  | (?P<word>[^\W\d]\w*)
  | (?P<other>[\s\S])
    """,
    re.VERBOSE,
)
_READ_ONE_WAY: Final = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://|<[^'#]*>\Z")
"""IRIs that cannot be read as a comparison with a string or comment after it."""


class Token(NamedTuple):
    """A piece of a query that is neither space nor comment."""

    kind: str
    text: str
    start: int

    @property
    def keyword(self) -> str:
        """The token in upper case if it is a bare word, else nothing."""
        return self.text.upper() if self.kind == "word" else ""


@lru_cache(maxsize=64)
def tokens_of(query: str) -> tuple[Token, ...]:
    """Return the tokens of a query, as `tokenise` does; those of the last queries are kept."""
    return tuple(tokenise(query))


def tokenise(query: str) -> Iterator[Token]:
    """Yield the tokens of a query, without space and comments.

    >>> [token.text for token in tokenise("ASK { ?s ex:p 'it''s' } # done")]
    ['ASK', '{', '?s', 'ex:p', "'it'", "'s'", '}']

    Raises:
        QueryError: a string is not closed, or an IRI could be read in two ways.
    """
    before = last = ""
    for match in _TOKEN.finditer(query):
        kind, text = str(match.lastgroup), match.group()
        if kind == "space":
            continue
        if text in ("'", '"') or (kind == "other" and text == "\\"):
            stray = "a backslash stands outside a name" if text == "\\" else "a string is opened and not closed"
            raise problem_at(query, match.start(), stray)
        declares = last == "BASE" or before == "PREFIX"
        if kind == "iri" and not declares and not _READ_ONE_WAY.match(text):
            raise problem_at(
                query,
                match.start(),
                "this IRI is relative or without '//' and holds a '#' or an apostrophe",
                "write the whole IRI (with %27 for an apostrophe), or put spaces around the operator '<'",
            )
        before, last = last, text.upper()
        yield Token(kind, text, match.start())


class QuerySyntaxError(QueryError):
    """A query that does not follow the grammar, with the place."""

    def __init__(self, message: str, query: str, start: int, advice: str = "") -> None:
        """Show the line under the message, and a pointer under the line."""
        self.reason = message
        self.line, self.column = place(query, start)
        text = query.splitlines()[self.line - 1] if query.splitlines()[self.line - 1 :] else ""
        # A long line is cut to what surrounds the place.
        left = max(0, self.column - 60)
        shown = text[left : left + 110].replace("\t", " ")
        self.excerpt = f"{shown}\n{' ' * (self.column - 1 - left)}^"
        super().__init__(f"line {self.line}, column {self.column}: {message}", advice=advice)


def problem_at(query: str, start: int, message: str, advice: str = "") -> QuerySyntaxError:
    """Return an error that points to a character of the query."""
    return QuerySyntaxError(message, query, start, advice)


def place(query: str, start: int) -> tuple[int, int]:
    r"""Return line and column, from 1, of a character.

    >>> place("ASK {\n  ?s }", 8)
    (2, 3)
    """
    before = query[:start]
    return before.count("\n") + 1, start - before.rfind("\n")


_ENGINE_MESSAGE: Final = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_READABLE: Final = re.compile(r'"[^"]{1,3}"|[A-Z_]{2,}')


def explain(query: str, message: str) -> QueryError:
    r"""Return what the engine says about a malformed query, with the place and in words.

    >>> print(explain("ASK { ?s ?p }", 'error at 1:13: expected one of "(", [_]').message)
    line 1, column 13: '}' is not expected here
    """
    found = _ENGINE_MESSAGE.match(message)
    if found is None:
        try:
            list(tokenise(query))
        except QuerySyntaxError as error:  # It did not get as far as the engine.
            return error
        return QueryError(message)
    line, column, expected = int(found[1]), int(found[2]), found[3]
    start = sum(len(text) for text in query.splitlines(keepends=True)[: line - 1]) + column - 1
    if re.fullmatch(r"[A-Z_]{2,}", expected):
        # The engine points behind the keyword that it looked for, not to where it looked.
        start -= len(expected)
    tokens = [*tokenise(query), Token("end", "", len(query))]
    token = next((t for t in tokens if t.start + len(t.text) > start), tokens[-1])
    if "Prefix not found" in expected:
        return _unknown_prefix(query, tokens, token)
    sentence = next((s for s in expected.split(", ") if re.match(r"(The|IRI|IRIs) [a-zA-Z ]{8,}", s)), "")
    if sentence:
        return problem_at(query, min(start, len(query)), sentence.rstrip("., "))
    if token.kind == "end":
        return problem_at(query, len(query.rstrip()), "the query ends too early", "close every bracket")
    wanted = _READABLE.findall(expected) if "one of" in message else []
    advice = f"possible here: {' '.join(w.strip(chr(34)) for w in wanted[:12])}" if wanted else ""
    return problem_at(query, token.start, f"{token.text[:40]!r} is not expected here", advice)


def _unknown_prefix(query: str, tokens: Sequence[Token], near: Token) -> QueryError:
    declared = {
        following.text.removesuffix(":") for token, following in pairwise(tokens) if token.keyword == "PREFIX"
    } | set(PREFIXES)
    names = [t for t in tokens if t.kind == "name" and t.text.partition(":")[0] not in declared | {"_"}]
    token = names[0] if names else near
    prefix = token.text.partition(":")[0]
    close = get_close_matches(prefix, declared, n=2)
    guess = f"did you mean {' or '.join(name + ':' for name in close)}?"
    advice = guess if close else f"add: PREFIX {prefix}: <…>"
    return problem_at(query, token.start, f"the prefix '{prefix}:' is not declared", advice)
