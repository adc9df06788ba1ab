"""The tokens and terms of a query or update, read as the engine reads them, and errors that show where they are.

The engine has no tokens of its own: it takes keywords without a space around them, and whether ``<`` opens an IRI
depends on what may stand there. So a token is read when it is asked for. What the engine would read in one way if that
goes well, and in another if not (a string with an escape that does not exist, say), is an error here.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, Self

from pyoxigraph import NamedNode, RdfFormat, parse

from clustergraph.errors import OverLimitError, QueryError, RefusedQueryError
from clustergraph.sparql.tree import Leaf
from clustergraph.terms import PREFIXES

_LETTER: Final = (
    r"A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F\u2C00-\u2FEF"
    r"\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_SIGN: Final = rf"{_LETTER}_0-9\u00B7\u0300-\u036F\u203F\u2040"
_CODE: Final = r"u(?![dD][89a-fA-F])[0-9A-Fa-f]{4}|U(?!0000[dD][89a-fA-F])00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4}"
_ESCAPED: Final = rf"\\(?:[tbnrf\"'\\]|{_CODE})"
_LOCAL: Final = rf"(?:[{_SIGN}:-]|%[0-9A-Fa-f]{{2}}|\\[_~.\-!$&'()*+,;=/?#@%])"
_SPACE: Final = r"(?:[ \t\r\n]+|\#[^\r\n]*)*"
_TERM: Final = re.compile(
    rf"""{_SPACE}(?:
    (?P<variable>[?$][{_LETTER}_0-9][{_SIGN}]*)
  | (?P<name>(?:[{_LETTER}](?=[{_SIGN}.-]{{0,100}}:)(?:[{_SIGN}-]*(?:\.+[{_SIGN}-]+)*))?:
      (?:(?![-.\u00B7\u0300-\u036F\u203F\u2040]){_LOCAL}+(?:\.+{_LOCAL}+)?)?)
  | (?P<blank>_:[{_LETTER}_0-9][{_SIGN}-]*(?:\.+[{_SIGN}-]+)*)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<iri><(?:[^\x00-\x20<>"{{}}|^`\\]|\\(?:{_CODE}))*>)
  | (?P<string>'''[^'\\]*(?:(?:'{{1,2}}(?!')|{_ESCAPED})[^'\\]*)*'''
      | \"""[^"\\]*(?:(?:"{{1,2}}(?!")|{_ESCAPED})[^"\\]*)*\"""
      | '(?!'')[^'\\\n\r]*(?:{_ESCAPED}[^'\\\n\r]*)*' | "(?!"")[^"\\\n\r]*(?:{_ESCAPED}[^"\\\n\r]*)*")
  | (?P<number>[0-9]+\.[0-9]*[eE][+-]?[0-9]+ | \.?[0-9]+[eE][+-]?[0-9]+ | [0-9]*\.[0-9]+ | [0-9]+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)
  | (?P<sign><<|\^\^|\{{\||[\s\S])
  | (?P<end>\Z))""",
    re.VERBOSE,
)
_OPERATOR: Final = re.compile(r"&&|\|\||[!<>]=|[<>=&|!]")
_KEYWORDS: Final = (
    "ADD", "ALL", "ASC", "ASK", "AS", "BASE", "BIND", "BY", "CLEAR", "CONSTRUCT", "COPY", "CREATE", "DATA", "DEFAULT",
    "DELETE", "DESCRIBE", "DESC", "DISTINCT", "DROP", "EXISTS", "FILTER", "FROM", "GRAPH", "GROUP", "HAVING", "INSERT",
    "INTO", "IN", "LATERAL", "LIMIT", "LOAD", "MINUS", "MOVE", "NAMED", "NOT", "OFFSET", "OPTIONAL", "ORDER", "PREFIX",
    "REDUCED", "SELECT", "SERVICE", "SILENT", "TO", "UNDEF", "UNION", "USING", "VALUES", "VERSION", "WHERE", "WITH",
)  # fmt: skip
_GLUED: Final = re.compile("|".join(_KEYWORDS) + "|(?-i:true|false)", re.IGNORECASE)
"""Keywords that can have something right behind them; but for two, no function begins with one."""
_WHOLE: Final = frozenset({*_KEYWORDS, "DATATYPE", "GROUP_CONCAT"})
IRI: Final = ("iri", "name")
"""The tokens that stand for an IRI."""
_OPENING: Final = frozenset({"{", "(", "[", "<<", "{|"})
_CLOSING: Final = frozenset({"}", ")", "]"})
_BRACKETS: Final = _OPENING | _CLOSING
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!.*/\.)", re.DOTALL)
"""IRIs that are the same whatever the base."""


class QuerySyntaxError(QueryError):
    """A query that does not follow the grammar, with the line, and a pointer under the line to the place."""

    def __init__(self, query: str, start: int, message: str, advice: str = "") -> None:
        self.reason = message
        self.line, self.column = place(query, start)
        text = "".join(query.splitlines()[self.line - 1 : self.line])
        # A long line is cut to what surrounds the place.
        left = max(0, self.column - 60)
        shown = text[left : left + 110].replace("\t", " ")
        self.excerpt = f"{shown}\n{' ' * (self.column - 1 - left)}^"
        super().__init__(f"line {self.line}, column {self.column}: {message}", advice=advice)

    @classmethod
    def told(cls, message: str, advice: str, line: int, column: int, excerpt: str) -> Self:
        """Return the error that another process tells of."""
        error = cls("", 0, "", advice)
        error.args, error.message, error.reason = (message,), message, message
        error.line, error.column, error.excerpt = line, column, excerpt
        return error


def place(query: str, start: int) -> tuple[int, int]:
    """Return line and column, from 1, of a character."""
    before = query[:start]
    return before.count("\n") + 1, start - before.rfind("\n")


def refused(text: str, start: int, message: str, advice: str) -> RefusedQueryError:
    """Return the error that a part of a query or update is not allowed."""
    line, column = place(text, start)
    return RefusedQueryError(f"{message} (line {line}, column {column})", advice=advice)


def too_deep(message: str, nesting: int) -> OverLimitError:
    """Return the error that more brackets are open than may be."""
    advice = "nest groups and expressions less deeply"
    return OverLimitError(message, limit="nesting", value=nesting, advice=advice)


class Lexer:
    """Reads a text one token or term after the other; `kind`, `key`, `start` and `end` are of the present token."""

    def __init__(self, text: str, prefixes: Mapping[str, str], base: str, nesting: int) -> None:
        self.text = text
        self.prefixes = dict(prefixes)
        self.base = base
        self.leaves: list[Leaf] = []
        self.start = self.end = 0
        self.last = 0
        """Where the token before the present one ends."""
        self.kind = ""
        """One of variable, name, blank, word, iri, string, number, language, sign, end."""
        self.key = ""
        """A word in upper case, or a sign; nothing for other tokens."""
        self._nesting = nesting
        self._depth = 0
        self.advance()

    @property
    def written(self) -> str:
        """The present token as it is written."""
        return self.text[self.start : self.end]

    def advance(self, *, declaring: bool = False) -> None:
        """Read the next token, where a term, or a prefix that is declared, may stand."""
        match = _TERM.match(self.text, self.end)
        assert match is not None
        self.last = self.end
        self.kind = kind = str(match.lastgroup)
        self.start, self.end = match.span(kind)
        self.key = ""
        if kind == "sign":
            self.key = match[kind]
            if self.key in _BRACKETS:
                self._count()
        elif kind == "word":
            self.key = match[kind].upper()
            if self.key not in _WHOLE and (glued := _GLUED.match(self.text, self.start)):
                self.key, self.end = glued[0].upper(), glued.end()
        elif kind == "name" and not declaring:
            prefix = match[kind].partition(":")[0]
            if prefix not in self.prefixes:
                self._undeclared(prefix)

    def take(self, *keys: str) -> bool:
        """Read over one of some signs or words, if it is there."""
        found = self.key in keys
        if found:
            self.advance()
        return found

    def expect(self, key: str) -> None:
        """Read over a sign or word; `QuerySyntaxError` if it is not there."""
        if not self.take(key):
            raise self.unexpected()

    def operator(self) -> str:
        """Return the sign or word of the present token if an operator may stand there, read as one."""
        if self.kind == "iri" or self.key in ("<<", "<", ">", "=", "!", "&", "|"):
            match = _OPERATOR.match(self.text, self.start)
            assert match is not None
            self._depth -= self.key == "<<"
            self.kind, self.key, self.end = "sign", match[0], match.end()
        return self.key

    def error(self, message: str, advice: str = "") -> QuerySyntaxError:
        """Return an error about the present token."""
        return QuerySyntaxError(self.text, self.start, message, advice)

    def unexpected(self, advice: str = "") -> QuerySyntaxError:
        """Return the error that the present token is not expected."""
        if self.kind == "end":
            end = len(self.text.rstrip())
            return QuerySyntaxError(self.text, end, "the query ends too early", "close every bracket")
        if self.key in ("'", '"'):
            return self.error("a string is opened and not closed")
        whole = _TERM.match(self.text, self.start)
        assert whole is not None
        return self.error(f"{whole[0][:40]!r} is not expected here", advice)

    def leaf(self, *kinds: str) -> Leaf:
        """Read a term that is neither in brackets nor ``a``, of one of some kinds of tokens or of any."""
        start, kind = self.start, self.kind
        if kinds and kind not in kinds:
            raise self.unexpected()
        match kind:
            case "variable":
                value = self.written[1:]
            case "iri" | "name":
                kind, value = "iri", self.resolved()
            case "blank":
                value = self.written[2:]
            case _:
                kind, value = "literal", self._literal()
        if kind != "literal":
            self.advance()
        leaf = Leaf(start, self.last, kind, value)
        self.leaves.append(leaf)
        return leaf

    def resolved(self) -> str:
        """Return the IRI of the present token."""
        prefix, _, local = self.written.partition(":")
        try:
            if self.kind == "name":
                return NamedNode(self.prefixes[prefix] + local.replace("\\", "")).value
            iri = self.written[1:-1]
            if _ABSOLUTE.match(iri) and "\\" not in iri:
                return NamedNode(iri).value
            return _resolve(iri, self.base) if self.base else iri
        except (ValueError, SyntaxError) as error:
            raise self.error(f"{self.written[:60]!r} is no IRI") from error

    def _literal(self) -> str:
        start, sign = self.start, self.key if self.key in ("+", "-") else ""
        if sign:
            self.advance()
        string, written = self.kind == "string", sign + self.written
        if self.kind != "number" and (sign or (not string and written not in ("true", "false"))):
            raise self.unexpected()
        self.advance()
        if string and self.kind == "language":
            self.advance()
            return self.text[start : self.last]
        if string and self.take("^^"):
            return f"{written}^^{self.leaf(*IRI).text}"
        return written

    def _count(self) -> None:
        self._depth += (self.key in _OPENING) - (self.key in _CLOSING)
        if self._depth > self._nesting:
            line, column = place(self.text, self.start)
            message = f"more than {self._nesting} brackets are open at line {line}, column {column}"
            raise too_deep(message, self._nesting)

    def _undeclared(self, prefix: str) -> None:
        # The engine takes a keyword with a name right behind it, where the whole is no name.
        if match := re.match("SERVICE|LOAD", prefix, re.IGNORECASE):
            self.kind, self.key, self.end = "word", match[0].upper(), self.start + match.end()
            return
        close = get_close_matches(prefix, self.prefixes, n=2)
        guess = f"did you mean {' or '.join(each + ':' for each in close)}?"
        declaration = f"add: PREFIX {prefix}: <{PREFIXES.get(prefix, '…')}>"
        raise self.error(f"the prefix '{prefix}:' is not declared", guess if close else declaration)


@lru_cache(maxsize=256)
def _resolve(iri: str, base: str) -> str:
    """Return an IRI as the engine resolves it; `SyntaxError` if it is none, or the base is none."""
    subject = next(parse(f"<{iri}> <x:x> <x:x> .", format=RdfFormat.TURTLE, base_iri=base)).subject
    assert isinstance(subject, NamedNode)
    return subject.value
