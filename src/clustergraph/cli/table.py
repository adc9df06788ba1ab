"""Tables for people: as wide as the terminal, or where a table does not fit, each row as a list."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from clustergraph.questions.answer import Rows

_WIDE: Final = 200
"""How many characters a line has where no terminal says."""
_NARROW: Final = 16
"""A column of texts has so many characters at least, """
_WIDE_ENOUGH: Final = 60
"""and no more are needed, """
_LINES: Final = 8
"""if by then no cell has more lines than this."""
_GAP: Final = "  "


def columns_of_terminal() -> int:
    """Return how many characters a line has: as ``COLUMNS`` says, or the terminal."""
    return shutil.get_terminal_size((_WIDE, 24)).columns


def wrapped(text: str, indent: str) -> list[str]:
    """Return lines of 80 characters at most, the further ones a little deeper; no word is broken."""
    width, more = min(columns_of_terminal(), 80), indent + "  "
    return wrap(text, width, initial_indent=indent, subsequent_indent=more, break_on_hyphens=False)


def table(columns: Sequence[str], rows: Rows) -> str:
    """Return a table with the number of its rows, or lists where it would be too narrow to read, saying so."""
    cells, width = [[cell.shown for cell in row] for row in rows], columns_of_terminal()
    texts = list(zip(columns, *cells, strict=True))
    least = [_least(column) for column in texts]
    count = f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
    if (needed := _whole(least)) <= width:
        widths = _widths(least, [_longest(column) for column in texts], width)
        right = [all(isinstance(row[place].value, int | float | None) for row in rows) for place in range(len(columns))]
        lines = [*_line(columns, widths, right), _GAP.join("─" * width for width in widths)]
        lines += [line for row in cells for line in _line(row, widths, right)]
    else:
        lines = [line for row in cells for line in [*_list(columns, row, width), ""]]
        count += f" as lists, without empty cells; the table would be {needed} columns wide"
    return "\n".join([*lines, count, ""])


def _widths(least: Sequence[int], most: Sequence[int], width: int) -> list[int]:
    """Return how wide each column is: what it needs, and all as much more as there is room for."""
    widths = list(least)
    for level in range(max(most, default=0), 0, -1):
        widths = [max(low, min(level, high)) for low, high in zip(least, most, strict=True)]
        if _whole(widths) <= width:
            break
    return widths


def _whole(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _least(texts: Sequence[str]) -> int:
    """Return how wide a column must be to be read, with no word broken."""
    longest = _longest(texts)
    return max(_longest([word for text in texts for word in text.split()]), min(longest, _NARROW),
               min(longest // _LINES, _WIDE_ENOUGH))  # fmt: skip


def _longest(texts: Sequence[str]) -> int:
    from rich.cells import cell_len

    return max((cell_len(line) for text in texts for line in text.splitlines()), default=0)


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    """Yield the lines of a row of a table."""
    wrapped = [list(_wrapped(text, width)) for text, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*wrapped, fillvalue=""):
        padded = (_padded(*each) for each in zip(parts, widths, right, strict=True))
        yield _GAP.join(padded).rstrip()


def _list(columns: Sequence[str], row: Sequence[str], width: int) -> Iterator[str]:
    """Yield the cells of a row that are not empty, each behind the name of its column."""
    names = _longest(columns)
    for column, text in zip(columns, row, strict=True):
        for number, line in enumerate(_wrapped(text, max(width - names - len(_GAP), 1)) if text else ()):
            yield f"{'' if number else column:{names}}{_GAP}{line}"


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text; only words that are longer than a line are broken."""
    from rich.cells import cell_len, chop_cells

    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in chain.from_iterable(chop_cells(word, width) for word in paragraph.split()):
            if line and cell_len(line) + 1 + cell_len(word) > width:
                yield line
                line = word
            else:
                line = f"{line} {word}" if line else word
        yield line


def _padded(text: str, width: int, right: bool) -> str:
    from rich.cells import cell_len

    space = " " * (width - cell_len(text))
    return space + text if right else text + space
