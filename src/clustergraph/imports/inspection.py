"""What the values of a column may be: the datatypes and formats that read them all, and the question if several do."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pyoxigraph import Literal

from clustergraph.errors import SourceError
from clustergraph.imports.ambiguity import Ambiguity
from clustergraph.imports.datatypes import Reading, reading
from clustergraph.imports.rows import Canonical, shown

NULLS: Final = (
    "-", "–", "—", ".", "?", "./.", "n/a", "#n/a", "na", "n.a.", "n.a", "k.a.", "k. a.", "null", "none", "nan", "nc",
    "n.c.", "n.d.", "s/d", "b.d.", "brak", "tbc", "tbd", "keine angabe",
)  # fmt: skip
"""What stands in cells that are empty, in small letters."""
_MOST: Final = 0.8
"""The share of values that a datatype must read for the others to be thought mistakes."""
_NUMBERS: Final[tuple[Mapping[str, str], ...]] = (
    {},
    {"decimalChar": ","},
    {"groupChar": ","},
    {"decimalChar": ",", "groupChar": "."},
    {"groupChar": " "},
    {"decimalChar": ",", "groupChar": " "},
    {"groupChar": "'"},
    {"decimalChar": ",", "groupChar": "'"},
)
_EITHER: Final = {"decimalChar": "either"}
_DAYS: Final = (
    "yyyy-MM-dd", "d.M.yyyy", "d/M/yyyy", "M/d/yyyy", "d-M-yyyy", "M-d-yyyy", "yyyy/MM/dd", "yyyy.MM.dd", "d.M.yy",
    "d/M/yy", "M/d/yy", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss", "d.M.yyyy HH:mm", "d/M/yyyy HH:mm",
)  # fmt: skip
_PERIODS: Final = ("yyyy", "MM/yyyy", "MM.yyyy", "yyyy-MM")
"""Formats of years and months, which are tried only where a column is known to hold dates."""
_TRUTHS: Final = (
    "true|false", "yes|no", "y|n", "oui|non", "ja|nein", "j|n", "sì|no", "si|no", "sí|no", "sim|não", "s|n", "tak|nie",
    "t|n", "ja|nej", "vrai|faux", "wahr|falsch",
)  # fmt: skip
_CURRENCY: Final = re.compile(r"[€$£¥]|\b[A-Z]{3}\b|\bkr\b|zł|Kč|Ft")
_SEPARATORS: Final = (";", "|", "\n")


@dataclass
class Inspected:
    """What a column may be: members of its description in CSVW, and what has to be asked."""

    members: dict[str, Any] = field(default_factory=dict)
    questions: list[Ambiguity] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The datatype, as far as it is known; if it is asked for, that of the first answer."""
        found = self.members
        for question in self.questions:
            first = next(iter(question.answers.values()))
            found = {**found, **first}
        datatype = found.get("datatype", "string")
        return str(datatype["base"] if isinstance(datatype, dict) else datatype)


@dataclass(frozen=True)
class _Way:
    """A way to read values: the datatype, the values that it gives for texts in their order."""

    datatype: Mapping[str, Any]
    values: tuple[Literal | None, ...]

    @property
    def read(self) -> int:
        """How many texts it reads."""
        return sum(value is not None for value in self.values)


def inspect(texts: Iterable[str], kind: str = "") -> Inspected:
    """Return what a column may be that has these texts; the kind, if it is known, is one of `KINDS`."""
    distinct = list({(type(text), text.strip()): text for text in texts if text.strip()}.values())
    values = [text for text in distinct if text.strip().lower() not in NULLS]
    found = Inspected()
    if nulls := sorted({text.strip() for text in distinct} - {text.strip() for text in values}):
        found.members["null"] = ["", *nulls]
    if values:
        KINDS[kind](values, found)
    return found


def _text(texts: Sequence[str], found: Inspected) -> None:
    """Leave a text as it stands."""


def _list(texts: Sequence[str], found: Inspected) -> None:
    """Look for what stands between several texts."""
    used = [each for each in _SEPARATORS if any(each in text for text in texts)]
    if len(used) == 1:
        found.members["separator"] = used[0]
    elif used or (with_comma := next((text for text in texts if "," in text), "")):
        example = next(text for text in texts if used and used[0] in text) if used else with_comma
        answers: dict[str, dict[str, str]] = {
            f"parted at {_named(each)}": {"separator": each} for each in used or [","]
        }
        found.questions.append(Ambiguity(f"is {shown(example)!r} one thing or several?", {**answers, "one": {}}))


def _named(separator: str) -> str:
    return "line ends" if separator == "\n" else separator


def _numbers(texts: Sequence[str], found: Inspected, bases: Sequence[str] = ("integer", "decimal")) -> None:
    money = "#,##0 ¤" if any(_CURRENCY.search(text) for text in texts) else ""
    ways = [_way(texts, _number(base, each, money)) for each in _NUMBERS for base in bases]
    ways += [] if "decimal" not in bases or _whole(ways) else [_way(texts, _number("decimal", _EITHER, money))]
    _choose(texts, ways, found)


def _number(base: str, given: Mapping[str, str], money: str) -> dict[str, Any]:
    form = {**given, **({"pattern": money} if money else {})}
    return {"base": base, **({"format": form} if form else {})}


def _counts(texts: Sequence[str], found: Inspected) -> None:
    """Look for counts: they have no decimals, so a sign before three digits parts thousands."""
    _numbers(texts, found, ["integer"])


def _amounts(texts: Sequence[str], found: Inspected) -> None:
    """Look for amounts: they may have decimals in the next file, if not in this one."""
    _numbers(texts, found, ["decimal"])


def _dates(texts: Sequence[str], found: Inspected, periods: Sequence[str] = _PERIODS) -> None:
    ways = [_way(texts, {"base": "date", "format": each}) for each in (*_DAYS, *periods)]
    if not _whole(ways):
        ways += _mixed([way for way in ways if way.read])
    _choose(texts, ways, found)


def _mixed(ways: Sequence[_Way]) -> list[_Way]:
    """Return the ways to read dates in two formats or three that read them all, for each order of day and month."""
    found = []
    for first in sorted(ways, key=lambda way: -way.read):
        formats, values = [first.datatype["format"]], list(first.values)
        for way in sorted(ways, key=lambda way: -way.read):
            both = [
                (one, other)
                for one, other in zip(values, way.values, strict=True)
                if one is not None and other is not None
            ]
            adds = any(one is None and other is not None for one, other in zip(values, way.values, strict=True))
            if adds and all(one == other for one, other in both) and _together([*formats, way.datatype["format"]]):
                formats.append(way.datatype["format"])
                values = [one or other for one, other in zip(values, way.values, strict=True)]
        if len(formats) > 1 and None not in values:
            found.append(_Way({"base": "date", "format": formats}, tuple(values)))
    return found


def _together(formats: list[str]) -> bool:
    """Whether no two formats read a text differently."""
    try:
        reading({"base": "date", "format": formats})
    except SourceError:
        return False
    return True


def _addresses(texts: Sequence[str], found: Inspected) -> None:
    _choose(texts, [_way(texts, {"base": "anyURI"})], found)


def _anything(texts: Sequence[str], found: Inspected) -> None:
    """Look for truth values, numbers, dates or addresses; what are none of these are texts."""
    truths = [_way(texts, {"base": "boolean", "format": each}) for each in _TRUTHS]
    if any(way.read == len(texts) for way in truths) and len(texts) > 1:
        _choose(texts, truths, found)
        return
    for look in (_numbers, lambda texts, found: _dates(texts, found, ()), _addresses):
        look(texts, found)
        if found.questions or "datatype" in found.members:
            return


KINDS: Final = {
    "": _anything,
    "text": _text,
    "list": _list,
    "amount": _amounts,
    "count": _counts,
    "date": _dates,
    "address": _addresses,
}
"""What can be known of a column beforehand, each with what looks at its values."""


def _way(texts: Sequence[str], datatype: Mapping[str, Any]) -> _Way:
    _, _, value = reading(datatype)
    return _Way(datatype, tuple(_value(text, value, datatype["base"]) for text in texts))


def _value(text: str, value: Reading, base: str) -> Literal | None:
    stripped = text.strip()
    if base in ("integer", "decimal") and type(text) is not Canonical and re.match(r"0\d|\d{16}", stripped):
        return None  # a code: it would lose its noughts or digits
    try:
        return value(text)
    except ValueError:
        return None


def _whole(ways: Sequence[_Way]) -> list[_Way]:
    """Return the ways that read every text."""
    return [way for way in ways if None not in way.values]


def _choose(texts: Sequence[str], ways: Sequence[_Way], found: Inspected) -> None:
    """Take the simplest way that reads all, ask if others give other values, or if nearly all are read."""
    best = max((way.read for way in ways), default=0)
    if best < max(1, _MOST * len(texts)) or (best < len(texts) and best < 4):
        return
    different: dict[tuple[str, ...], _Way] = {}
    for way in ways:
        if way.read == best:
            different.setdefault(tuple(value.value if value else "" for value in way.values), way)
    chosen = list(different.values())
    if best == len(texts) and len(chosen) == 1:
        found.members["datatype"] = _short(chosen[0].datatype)
        return
    found.questions.append(_question(texts, chosen, partial=best < len(texts)))


def _short(datatype: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as JSON has it
    return datatype["base"] if set(datatype) == {"base"} else dict(datatype)


def _question(texts: Sequence[str], ways: Sequence[_Way], *, partial: bool) -> Ambiguity:
    columns = list(zip(*(way.values for way in ways), strict=True))
    place = max(range(len(texts)), key=lambda place: (len(set(columns[place])), columns[place][0] is not None))
    answers = {_answer(way, place): {"datatype": _short(way.datatype)} for way in ways}
    if not partial:
        return Ambiguity(f"what is {shown(texts[place].strip())!r}?", answers)
    lost = [shown(text.strip()) for text, value in zip(texts, ways[0].values, strict=True) if value is None]
    what = f"{len(lost)} of {len(texts)} values cannot be read as the others, {lost[0]!r} for one: are they mistakes?"
    answers = {f"mistakes, and the others are as {key}" if key else key: value for key, value in answers.items()}
    return Ambiguity(what, {**answers, "no, all are texts": {}})


def _answer(way: _Way, place: int) -> str:
    """Return a way in words: the value that it gives for the text that is asked about, and its format."""
    value, form = way.values[place], way.datatype.get("format")
    form = form if isinstance(form, str) else " or ".join(form) if isinstance(form, list) else ""
    shown_value = value.value if value else ""
    return f"{shown_value} ({form})" if form else shown_value
