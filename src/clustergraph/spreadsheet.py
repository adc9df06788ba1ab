"""CSV whose cells no spreadsheet takes for formulas: an apostrophe stands before what would be one."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n]")
"""How a formula begins, or what has been guarded from being one."""
_NUMBER: Final = re.compile(r"-(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PERHAPS: Final = re.compile(rb"""[,"\n]'*[=+\-@\t]|"'*[\r\n]""")
"""What CSV has somewhere if one of its cells begins as a formula does."""
_FIELD: Final = re.compile(r'"((?:[^"]|"")*)"|[^,\r\n"]+')


def guarded(text: str) -> str:
    """Return the text of a cell in which no spreadsheet sees a formula; numbers stay as they are.

    >>> [guarded(text) for text in ("=1+1", "-3", "-3+1", "'=1", "'t Hooft", "a=b")]
    ["'=1+1", '-3', "'-3+1", "''=1", "'t Hooft", 'a=b']
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """Return the text that has been guarded; see `guarded`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def separated(rows: Iterable[Iterable[str]], delimiter: str = ",") -> str:
    r"""Return CSV (RFC 4180) with guarded cells, or TSV.

    >>> separated([["who", "n"], ["=AFIL", "-3"]])
    "who,n\r\n'=AFIL,-3\r\n"
    """
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows([guarded(text) for text in row] for row in rows)
    return buffer.getvalue()


def guarded_csv(content: bytes) -> bytes:
    r"""Return CSV, such as an engine writes it, with its cells guarded and nothing else changed.

    >>> guarded_csv(b'a,b\r\n-3,"=f(1,2)"\r\n"say ""=""!",=g\r\n')
    b'a,b\r\n-3,"\'=f(1,2)"\r\n"say ""=""!",\'=g\r\n'
    """

    def field(match: re.Match[str]) -> str:
        quoted = match[1] is not None
        return f'"{guarded(match[1])}"' if quoted else guarded(match[0])

    if not _PERHAPS.search(content):
        return content
    return _FIELD.sub(field, content.decode(errors="surrogateescape")).encode(errors="surrogateescape")
