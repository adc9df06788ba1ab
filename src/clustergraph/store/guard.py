"""What a query may be, decided from its text before any engine sees it, and errors that show where they are.

The engine takes keywords without a space around them and reads ``<`` as an operator where an IRI does not parse, so this
module reads strictly: what it skips as string, comment or IRI, the engine can only skip too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final
from urllib.parse import urljoin

from clustergraph.config import Settings
from clustergraph.errors import QueryError, RefusedQueryError
from clustergraph.store import OverLimitError
from clustergraph.terms import PREFIXES

QUERY_FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATE_FORMS: Final = (
    "INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH",
)  # fmt: skip
VOLATILE: Final = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
"""Functions that give another answer every time."""

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
  | (?P<name>(?:[^\W\d][\w.\-\u00B7]*)?:(?:[\w.\-:%\u00B7]|\\.)*)
  | (?P<number>\d+)
  | (?P<word>[^\W\d]\w*)
  | (?P<other>[\s\S])
    """,
    re.VERBOSE,
)
_READ_ONE_WAY: Final = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://|<[^'#]*>\Z")
"""IRIs that cannot be read as a comparison with a string or comment after it."""


@dataclass(frozen=True)
class Token:
    """A piece of a query that is neither space nor comment."""

    kind: str
    text: str
    start: int

    @property
    def keyword(self) -> str:
        """The token in upper case if it is a bare word, else nothing."""
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True)
class Checked:
    """What there is to know about a query that may run."""

    form: str
    """One of the `QUERY_FORMS`."""
    volatile: bool
    """Whether the same query can have another answer next time."""

    @property
    def gives_graph(self) -> bool:
        """Whether the answer is a graph and not a table or a yes or no."""
        return self.form in ("CONSTRUCT", "DESCRIBE")


def check(query: str, graphs: Collection[str], settings: Settings) -> Checked:
    """Return what a query is, if this service answers such queries.

    >>> check("PREFIX ex: <http://example.org/> ASK { ?s a ex:Thing }", [], Settings()).form
    'ASK'

    Raises:
        RefusedQueryError: it would change the graph, or call another host.
        QueryError: it is no query, or names a graph that is not among the graphs.
        OverLimitError: it is too long or nested too deeply.
    """
    size = len(query.encode("utf-8", "surrogatepass"))
    if size > settings.query_bytes:
        raise OverLimitError(
            f"the query has {size:,} bytes, and {settings.query_bytes:,} are allowed",
            limit="query_bytes",
            value=settings.query_bytes,
            advice="make it shorter, for instance with fewer VALUES",
        )
    tokens = list(tokenise(query))
    _check_words(query, tokens)
    _check_nesting(query, tokens, settings.nesting)
    form = _form(query, tokens)
    for iri in _dataset(query, tokens):
        check_graph(iri, graphs)
    return Checked(form, volatile=any(token.keyword in VOLATILE for token in tokens))


def tokenise(query: str) -> Iterator[Token]:
    """Yield the tokens of a query, without space and comments.

    >>> [token.text for token in tokenise("ASK { ?s ex:p 'it''s' } # done")]
    ['ASK', '{', '?s', 'ex:p', "'it'", "'s'", '}']

    Raises:
        QueryError: a string is not closed, or an IRI could be read in two ways.
    """
    for match in _TOKEN.finditer(query):
        kind, text = str(match.lastgroup), match.group()
        if kind == "space":
            continue
        if text in ("'", '"') or (kind == "other" and text == "\\"):
            what = "a string is opened and not closed" if text != "\\" else "a backslash stands outside a name"
            raise problem_at(query, match.start(), what)
        if kind == "iri" and not _READ_ONE_WAY.match(text):
            raise problem_at(
                query, match.start(), "this IRI is relative or without '//' and holds a '#' or an apostrophe",
                advice="write the whole IRI (with %27 for an apostrophe), or put spaces around the operator '<'",
            )  # fmt: skip
        yield Token(kind, text, match.start())


def _check_words(query: str, tokens: Sequence[Token]) -> None:
    for token in tokens:
        prefix = token.text.partition(":")[0] if token.kind == "name" else token.keyword
        if "SERVICE" in prefix.upper():
            line, column = place(query, token.start)
            raise RefusedQueryError(
                f"this endpoint asks no other host, so SERVICE is refused (line {line}, column {column})",
                advice="ask the other endpoint yourself, and bring its rows in with VALUES"
                + ("; a prefix cannot have this word in its name" if token.kind == "name" else ""),
            )


def _check_nesting(query: str, tokens: Sequence[Token], limit: int) -> None:
    depth = 0
    for token in tokens:
        if token.kind == "other" and token.text in "{([":
            depth += 1
        elif token.kind == "other" and token.text in "})]":
            depth -= 1
        if depth > limit:
            line, column = place(query, token.start)
            raise OverLimitError(
                f"more than {limit} brackets are open at line {line}, column {column}",
                limit="nesting",
                value=limit,
                advice="nest groups and expressions less deeply",
            )


def _form(query: str, tokens: Sequence[Token]) -> str:
    """Return the keyword behind the prologue."""
    rest = iter(tokens)
    for token in rest:
        if token.keyword in ("PREFIX", "BASE", "VERSION"):
            for _ in range(2 if token.keyword == "PREFIX" else 1):
                next(rest, None)
        elif token.keyword in QUERY_FORMS:
            return token.keyword
        elif any(token.keyword.startswith(update) for update in UPDATE_FORMS):
            raise RefusedQueryError(
                f"this endpoint is read-only, so {token.keyword} is refused",
                advice="change the files of the graph and build a new release",
            )
        else:
            raise problem_at(query, token.start, "a query starts with " + ", ".join(QUERY_FORMS[:-1]) + " or DESCRIBE")
    raise QueryError("the query is empty", advice="try: SELECT * WHERE { ?s ?p ?o } LIMIT 10")


def _dataset(query: str, tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the IRIs of the graphs in FROM and FROM NAMED."""
    base, prefixes = "", dict(PREFIXES)
    for number, token in enumerate(tokens):
        following = [*tokens[number + 1 : number + 3], *[Token("end", "", len(query))] * 2]
        if token.keyword == "BASE":
            base = urljoin(base, following[0].text[1:-1])
        elif token.keyword == "PREFIX":
            prefixes[following[0].text.removesuffix(":")] = urljoin(base, following[1].text[1:-1])
        elif token.keyword.startswith("FROM"):
            name = following[1] if following[0].keyword == "NAMED" else following[0]
            prefix, _, local = name.text.partition(":")
            if name.kind == "iri":
                yield urljoin(base, name.text[1:-1])
            elif name.kind == "name" and prefix in prefixes:
                yield prefixes[prefix] + local


def check_graph(iri: str, graphs: Collection[str]) -> None:
    """Check that a graph is in the release.

    Raises:
        QueryError: it is not; graphs with a similar name are suggested.
    """
    if iri not in graphs:
        near = get_close_matches(iri, graphs, n=3, cutoff=0.6)
        advice = f"did you mean {' or '.join(f'<{graph}>' for graph in near)}?" if near else ""
        raise QueryError(
            f"there is no graph <{iri}> in this release, and none is fetched from elsewhere",
            advice=advice or "list the graphs with: SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }",
        )


class QuerySyntaxError(QueryError):
    """A query that does not follow the grammar, with the place."""

    def __init__(self, message: str, query: str, start: int, advice: str = "") -> None:
        """Show the line under the message, and a pointer under the line."""
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
        following.text.removesuffix(":")
        for token, following in zip(tokens, tokens[1:], strict=False)
        if token.keyword == "PREFIX"
    } | set(PREFIXES)
    names = [t for t in tokens if t.kind == "name" and t.text.partition(":")[0] not in declared | {"_"}]
    token = names[0] if names else near
    prefix = token.text.partition(":")[0]
    close = get_close_matches(prefix, declared, n=2)
    advice = f"did you mean {' or '.join(name + ':' for name in close)}?" if close else f"add: PREFIX {prefix}: <…>"
    return problem_at(query, token.start, f"the prefix '{prefix}:' is not declared", advice)
