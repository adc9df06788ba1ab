"""The tokens of Turtle and of the formats that are like it, each with its place in the text."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pyoxigraph import RdfFormat, parse

from clustergraph.build.lines import Lines
from clustergraph.errors import SourceError

_BASE: Final = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_CHARS: Final = _BASE + "_0-9\u00b7\u0300-\u036f\u203f-\u2040-"
_ESCAPED: Final = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_PREFIX: Final = rf"(?:[{_BASE}](?:[{_CHARS}]|\.+(?=[{_CHARS}]))*+)?"
_LOCAL: Final = rf"(?:(?:[{_BASE}_0-9:]|{_ESCAPED})(?:[{_CHARS}:]|{_ESCAPED}|\.+(?=[{_CHARS}:%\\]))*+)?"
_KINDS: Final = {
    "iri": r"""< (?:[^\x00-\x20<>"{}|^`\\] | \\u[0-9A-Fa-f]{4} | \\U[0-9A-Fa-f]{8})*+ >""",
    "long": r"""\"{3} (?:"{0,2}(?:[^"\\]|\\.))*+ "{3} | '{3} (?:'{0,2}(?:[^'\\]|\\.))*+ '{3}""",
    "short": r"""" (?:[^"\\\n\r]|\\.)*+ " | ' (?:[^'\\\n\r]|\\.)*+ '""",
    "blank": rf"_:[{_BASE}_0-9](?:[{_CHARS}]|\.+(?=[{_CHARS}]))*+",
    "pname": rf"{_PREFIX}:{_LOCAL}",
    "at": r"@[A-Za-z]+(?:-[A-Za-z0-9]+)*",
    "double": r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+",
    "decimal": r"[+-]?[0-9]*\.[0-9]+",
    "integer": r"[+-]?[0-9]+",
    "word": r"[A-Za-z]+",
}
"""The patterns of all kinds of tokens but marks, in the order in which they are tried."""
_MARK: Final = r"\^\^ | [.;,\[\](){}]"
_TOKEN: Final = re.compile(
    "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in {**_KINDS, "mark": _MARK}.items()), re.VERBOSE | re.DOTALL
)
_BLANK: Final = r"[ \t\r\n] | \#[^\r\n]*"
_INSIDE: Final = re.compile(
    "(?:" + "|".join(f"(?:{pattern})" for pattern in (_BLANK, *_KINDS.values(), r"\^\^ | [;,\[\]()]")) + ")*+",
    re.VERBOSE | re.DOTALL,
)
"""What is inside a statement: anything but a dot, or the brace of a graph."""
_BLANKS: Final = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*+")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROL: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


class Token(NamedTuple):
    """A token: its kind, its characters, and where in the text it starts."""

    kind: str
    text: str
    start: int


class Tokens:
    """The tokens of a text, one after the other; `token` is the next one.

    >>> tokens = Tokens("e:a  'b'@en")
    >>> tokens.advance(), tokens.token
    (Token(kind='pname', text='e:a', start=0), Token(kind='short', text="'b'", start=5))
    """

    def __init__(self, text: str) -> None:
        """Start before the first token.

        Raises:
            SourceError: the text does not start with a token.
        """
        self._text = text
        self.line_column = Lines(text).line_column
        self._at = 0
        self.token = Token("end", "", 0)
        self.advance()

    def advance(self) -> Token:
        """Move to the next token and return the one before it.

        Raises:
            SourceError: what follows is not a token.
        """
        used = self.token
        blanks = _BLANKS.match(self._text, self._at)
        start = blanks.end() if blanks else self._at
        match = _TOKEN.match(self._text, start)
        if match:
            self.token = Token(match.lastgroup or "", match.group(), start)
            self._at = match.end()
        elif start == len(self._text):
            self.token = Token("end", "", start)
        else:
            raise self.error(start)
        return used

    def pass_over(self) -> None:
        """Move to the dot or brace that ends a statement, or to what is no token.

        >>> tokens = Tokens("e:p 'a. b', [ e:q 1.5 ] . e:c")
        >>> tokens.pass_over()
        >>> tokens.token.start
        24
        """
        inside = _INSIDE.match(self._text, self.token.start)
        self._at = inside.end() if inside else self.token.start
        self.advance()

    def error(self, start: int) -> SourceError:
        """Return an error that says what stands where something else should."""
        line, column = self.line_column(start)
        near = self._text[start : start + 20].splitlines() or ["the end"]
        return SourceError(f"cannot read line {line}, column {column}, near {near[0]!r}")


def unescape(text: str) -> str:
    r"""Return a string or an IRI with its escapes resolved.

    >>> unescape(r"\u00e9t\u00e9\t\"")
    'été\t"'
    """
    if "\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda match: _CONTROL.get(match[3], match[3]) if match[3] else chr(int(match[1] or match[2], 16)),
        text,
    )


def resolve(reference: str, base: str) -> str:
    """Return the IRI that a reference means; one that is whole stays as it is.

    >>> resolve("../c#", "http://example.org/a/b")
    'http://example.org/c#'

    Raises:
        ValueError: it is not a reference.
    """
    if _ABSOLUTE.match(reference) or not base:
        return reference
    try:
        (quad,) = parse(f"<{reference}> a <{base}> .", format=RdfFormat.TURTLE, base_iri=base)
    except SyntaxError as error:
        raise ValueError(error.msg) from error
    return str(quad.subject.value)
