"""A text that was checked, with what was found beside its lines; of a long one only what stands around them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Told = Mapping[str, Any]
"""A finding, as the report in JSON has it."""
_WHOLE: Final = 60
"""A text of so many lines is shown whole."""
_AROUND: Final = 2
"""So many lines before and after a finding are shown of a longer one."""
_WIDTH: Final = 400
"""So many letters of a line are shown, those around the finding."""
_MOST: Final = 300
"""So many findings are shown; a report for programs has all."""


@dataclass(frozen=True)
class CheckedLine:
    """A line of a text, with its number and what was found there."""

    number: int
    text: str
    findings: Sequence[Told] = ()
    gap: int = 0
    """How many lines are left out before it."""


@dataclass(frozen=True)
class CheckedText:
    """The lines of a file that are shown, and what was found in no line of it."""

    file: str
    lines: Sequence[CheckedLine] = ()
    after: int = 0
    """How many lines are left out after them."""
    elsewhere: Sequence[Told] = field(default_factory=list)


def checked_texts(report: Told, texts: Mapping[str, str]) -> tuple[list[CheckedText], int]:
    """Return for each file that has findings its text, and how many findings are left out because of their number.

    >>> found, left_out = checked_texts({"findings": [{"file": "a", "line": 2, "column": 1}]}, {"a": "x\\ny\\nz"})
    >>> [(line.number, line.text, len(line.findings)) for line in found[0].lines], left_out
    ([(1, 'x', 0), (2, 'y', 1), (3, 'z', 0)], 0)
    """
    shown = report["findings"][:_MOST]
    files = dict.fromkeys(finding["file"] for finding in shown)
    found = [_checked_text(name or "", [each for each in shown if each["file"] == name], texts) for name in files]
    return found, len(report["findings"]) - len(shown)


def _checked_text(name: str, findings: Sequence[Told], texts: Mapping[str, str]) -> CheckedText:
    lines = texts.get(name, "").split("\n")
    placed, elsewhere = defaultdict[int, list[Told]](list), []
    for each in findings:
        if each["line"] and each["line"] <= len(lines) and name in texts:
            placed[each["line"]].append(each)
        else:
            elsewhere.append(each)
    if not placed:
        return CheckedText(name, elsewhere=elsewhere)
    wanted = sorted(_wanted(placed, len(lines)))
    return CheckedText(name, list(_listed(wanted, lines, placed)), len(lines) - wanted[-1], elsewhere)


def _wanted(placed: Iterable[int], count: int) -> set[int]:
    """Return the numbers of the lines that are shown."""
    if count <= _WHOLE:
        return {*range(1, count + 1)}
    return {near for line in placed for near in range(line - _AROUND, line + _AROUND + 1) if 1 <= near <= count}


def _listed(wanted: Sequence[int], lines: Sequence[str], placed: Mapping[int, Sequence[Told]]) -> Iterator[CheckedLine]:
    before = 0
    for number in wanted:
        findings = placed.get(number, ())
        text = _cut(lines[number - 1].rstrip("\r"), findings[0]["column"] or 1 if findings else 1)
        yield CheckedLine(number, text, findings, number - before - 1)
        before = number


def _cut(text: str, column: int) -> str:
    """Return the part of a long line that has a column in it."""
    if len(text) <= _WIDTH:
        return text
    start = max(0, min(column - _WIDTH // 2, len(text) - _WIDTH))
    return f"{'…' if start else ''}{text[start : start + _WIDTH]}{'…' if start + _WIDTH < len(text) else ''}"
