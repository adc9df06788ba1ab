"""Lines and columns of a text."""

from __future__ import annotations

import re
from bisect import bisect_right


class Lines:
    r"""The lines of a text.

    >>> Lines("ab\ncd").line_column(4)
    (2, 2)
    """

    def __init__(self, text: str) -> None:
        """Find where each line starts."""
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def line_column(self, start: int) -> tuple[int, int]:
        """Return the line and column of a place in the text, both counted from 1."""
        line = bisect_right(self._starts, start)
        return line, start - self._starts[line - 1] + 1
