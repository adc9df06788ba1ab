"""The tokens of a query in shapes: read, and written again with other variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.shacl.triples import InvalidShapesError

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|\#[^\n\r]*)
  | (?P<iri><[^\x00-\x20<>"{}|^`\\]*>)
  | (?P<string>'''(?:'{0,2}(?:[^'\\]|\\[\s\S]))*''' | \"""(?:"{0,2}(?:[^"\\]|\\[\s\S]))*\"""
      | '(?!'')(?:[^'\\\n\r]|\\[^\n\r])*' | "(?!"")(?:[^"\\\n\r]|\\[^\n\r])*")
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<name>(?:[^\W\d][\w.\-\u00B7]*)?:(?:[\w.\-:%\u00B7]|\\.)*(?<!\.))
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d]\w*)
  | (?P<other>[\s\S])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A piece of a query."""

    kind: str
    text: str

    @property
    def word(self) -> str:
        """The keyword in upper case, if it is one."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def variable(self) -> str:
        """The name of the variable, if it is one."""
        return self.text[1:] if self.kind == "variable" else ""


def tokenise(text: str, title: str) -> list[Token]:
    """Return the tokens of a query, without comments.

    Raises:
        InvalidShapesError: a string is not closed.
    """
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind == "space":
            tokens.append(Token(kind, "\n" if "\n" in match.group() or "#" in match.group() else " "))
        elif kind == "other" and match.group() in "'\"":
            raise InvalidShapesError(f"{title}: a string is opened and not closed")
        else:
            tokens.append(Token(kind, match.group()))
    return tokens


def projected(tokens: Sequence[Token]) -> list[str]:
    """Return the variables that stand between SELECT and the group after it."""
    found, depth = [], 0
    for number, token in enumerate(tokens):
        if token.text == "{" or token.word == "WHERE":
            break
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        before = next((t for t in reversed(tokens[:number]) if t.kind != "space"), None)
        if token.variable and (depth == 0 or (before is not None and before.word == "AS")):
            found.append(token.variable)
    return found


def render(tokens: Sequence[Token], terms: Mapping[str, str], names: Mapping[str, str], suffix: str) -> Iterator[str]:
    """Yield the text of tokens, with terms in the place of some variables and other names for the rest."""
    depth, projecting = 0, False
    skip = 0
    for number, token in enumerate(tokens):
        if skip:
            skip -= 1
            continue
        if token.word == "SELECT":
            depth, projecting = 0, True
        elif token.text == "{" or token.word == "WHERE":
            projecting = False
        depth += {"(": 1, ")": -1}.get(token.text, 0) if projecting else 0
        if token.word == "BOUND":
            call = _bound_call(tokens[number:])
            if call and call[0] in terms:
                skip = call[1]
                yield "(true)"
                continue
        name = token.variable
        if token.text.startswith("_:"):
            yield token.text + suffix
        elif not name:
            yield token.text
        elif name in terms:
            yield f"({terms[name]} AS ?{name}{suffix})" if projecting and depth == 0 else terms[name]
        else:
            yield "?" + names.get(name, name + suffix)


def _bound_call(tokens: Sequence[Token]) -> tuple[str, int] | None:
    """Return the variable of BOUND(?x), and how many tokens follow the word."""
    seen = []
    for number, token in enumerate(tokens[1:], 1):
        if token.kind != "space":
            seen.append(token)
        if len(seen) == 3:
            return (seen[1].variable, number) if seen[1].variable else None
    return None
