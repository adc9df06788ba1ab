"""How dates and times are read, in the formats of CSVW (the letters of Unicode's date patterns)."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from itertools import permutations
from typing import Any, Final, NamedTuple

from pyoxigraph import Literal, NamedNode

from clustergraph.errors import SourceError
from clustergraph.imports.rows import Canonical
from clustergraph.terms import VOCABULARIES

DATES: Final[dict[str, tuple[str, ...]]] = {
    "date": ("yyyy-MM-dd",),
    "dateTime": ("yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssX", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS",
                 "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSX", "yyyy-MM-dd'T'HH:mm"),
    "time": ("HH:mm:ss", "HH:mm"),
    "gYear": ("yyyy",),
    "gYearMonth": ("yyyy-MM",),
}  # fmt: skip
"""The datatypes of dates and times, each with the formats that it has where none is said."""
_CENTURY: Final = 70
"""Years of two digits below this are of the 21st century, the others of the 20th."""
_TOKEN: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']")
_FIELDS: Final = {
    "yyyy": r"(?P<y>\d{4})", "yy": r"(?P<yy>\d\d)", "MM": r"(?P<M>\d\d)", "M": r"(?P<M>\d\d?)",
    "dd": r"(?P<d>\d\d)", "d": r"(?P<d>\d\d?)", "HH": r"(?P<H>\d\d)", "H": r"(?P<H>\d\d?)",
    "mm": r"(?P<m>\d\d)", "ss": r"(?P<s>\d\d)", "T": "T",
    "X": r"(?P<z>Z|[+-]\d\d(?::?\d\d)?)", "x": r"(?P<z>[+-]\d\d(?::?\d\d)?)",
}  # fmt: skip
_PROBE: Final = {"yyyy": "2003", "yy": "03", "MM": "02", "M": "2", "dd": "01", "d": "1"}


class _Format(NamedTuple):
    pattern: str
    match: Callable[[str], re.Match[str] | None]


def date_reading(base: str, patterns: Any) -> tuple[str, Callable[[str], Literal]]:  # noqa: ANN401 - as JSON has it
    """Return what the texts of a date or time are, in words, and what reads them.

    Raises:
        SourceError: a format is none, or two of them would read a text as different dates.
    """
    given = patterns if isinstance(patterns, list) else [patterns] if patterns else list(DATES[base])
    formats = [_format(base, each) for each in given]
    plain = [_format(base, each) for each in DATES[base]]
    if clash := _clash(base, formats):
        raise SourceError(clash, advice="give one of them")

    def value(text: str) -> Literal:
        stripped = text.strip()
        for each in (*plain, *formats) if type(text) is Canonical else formats:
            if found := each.match(stripped):
                return _literal(base, found)
        raise ValueError

    shown = list(dict.fromkeys(given)) if patterns else given[:1]
    what = {"time": "a time", "dateTime": "a date with a time", "gYear": "a year", "gYearMonth": "a month"}
    return f"{what.get(base, 'a date')} as {' or '.join(shown)}", value


def _format(base: str, pattern: object) -> _Format:
    regex, seen = "", set()
    for token in _TOKEN.finditer(pattern) if isinstance(pattern, str) else ():
        text, quoted, letter = token[0], token[1], token[2]
        if quoted is not None:
            regex += re.escape(quoted)
        elif letter and set(text) == {"S"}:
            regex += rf"(?P<S>\d{{1,{len(text)}}})"
        elif letter:
            field = _FIELDS.get(text) or (_FIELDS.get(letter) if letter in "Xx" else None)
            if field is None:
                raise SourceError(f"{text!r} in {pattern!r} is no part of a date", advice="write it as dd.MM.yyyy")
            regex += field
            seen.add(letter)
        else:
            regex += r"\s+" if text == " " else re.escape(text)
    _complete(base, pattern, seen)
    return _Format(str(pattern), re.compile(regex, re.ASCII).fullmatch)


def _complete(base: str, pattern: object, seen: set[str]) -> None:
    needed = {"date": {"y"}, "dateTime": set("yMdHm"), "time": set("Hm"), "gYear": {"y"}, "gYearMonth": set("yM")}[base]
    if needed - seen or ("d" in seen and "M" not in seen):
        raise SourceError(f"{pattern!r} is no format of a {base}", advice=f"write it as {DATES[base][0]}")


def _literal(base: str, found: re.Match[str]) -> Literal:
    """Return the value that a match has, of the datatype of what it holds.

    Raises:
        ValueError: there is no such day.
    """
    parts = {key: text for key, text in found.groupdict().items() if text}
    clock = _clock(parts)
    if base == "time":
        return _typed("time", clock)
    two = int(parts.get("yy", 0))
    year = int(parts["y"]) if "y" in parts else two + (2000 if two < _CENTURY else 1900)
    if "M" not in parts or base == "gYear":
        return _typed("gYear", f"{year:04}")
    day = date(year, int(parts["M"]), int(parts.get("d", 1)))
    if "d" not in parts or base == "gYearMonth":
        return _typed("gYearMonth", day.isoformat()[:7])
    return _typed("date", day.isoformat()) if base == "date" else _typed("dateTime", f"{day.isoformat()}T{clock}")


def _clock(parts: dict[str, str]) -> str:
    if "H" not in parts:
        return ""
    text = time(int(parts["H"]), int(parts.get("m", 0)), int(parts.get("s", 0))).isoformat()
    fraction = parts.get("S", "").rstrip("0")
    zone = parts.get("z", "")
    if zone and zone != "Z":
        zone = f"{zone[:3]}:{zone[3:].lstrip(':') or '00'}"
        datetime.fromisoformat(f"2000-01-01T{text}{zone}")
    return text + (f".{fraction}" if fraction else "") + zone


def _typed(name: str, text: str) -> Literal:
    return Literal(text, datatype=NamedNode(VOCABULARIES["xsd"] + name))


def _clash(base: str, formats: Sequence[_Format]) -> str:
    """Return which two formats read a text as different dates, if two do."""
    for one, other in permutations(formats, 2):
        text = _TOKEN.sub(lambda token: token[1] or _PROBE.get(token[0], token[0].strip("'")), one.pattern)
        mine, theirs = one.match(text), other.match(text)
        if mine and theirs and _literal(base, mine) != _literal(base, theirs):
            return f"{text} is one date as {one.pattern} and another as {other.pattern}"
    return ""
