"""How texts are read as values of a datatype, in the formats of CSVW; what is none is an error, never a guess.

Beyond CSVW: `decimalChar: "either"` for columns where comma and point both come (neither can part thousands then);
`¤` in the pattern of a number for the sign or code of a currency; several formats for dates and truth values, as a
list; a date in a format without day or month is a `gYearMonth` or `gYear`. Cells that their file says to be numbers
or dates (`Canonical`) are read as XML Schema writes them, whatever the format.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from pyoxigraph import Literal, NamedNode

from clustergraph.errors import SourceError
from clustergraph.imports.dates import DATES, date_reading
from clustergraph.imports.rows import Canonical
from clustergraph.terms import VOCABULARIES

Reading: TypeAlias = Callable[[str], Literal]
"""What turns a text into a value, or raises a ValueError that may say why it can't."""

_INTEGERS: Final = {
    "integer": (None, None), "long": (-(2**63), 2**63 - 1), "int": (-(2**31), 2**31 - 1), "short": (-32_768, 32_767),
    "byte": (-128, 127), "nonNegativeInteger": (0, None), "positiveInteger": (1, None), "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1), "unsignedShort": (0, 65_535), "unsignedByte": (0, 255),
    "nonPositiveInteger": (None, 0), "negativeInteger": (None, -1),
}  # fmt: skip
_OTHER_NAMES: Final = {"number": "double", "datetime": "dateTime", "any": "string", "anyAtomicType": "string"}
_TEXTS: Final = ("string", "normalizedString", "token", "language", "Name", "NMTOKEN")
_KEYS: Final = {"@id", "@type", "base", "format", "minimum", "maximum", "minLength", "maxLength", "length"}
DATATYPES: Final = (*_TEXTS, "anyURI", "boolean", "decimal", "double", "float", *_INTEGERS, *DATES)


def reading(datatype: object, language: str = "") -> tuple[str, str, Reading]:
    """Return the name of a datatype of CSVW, what its texts are in words, and what reads them.

    Raises:
        SourceError: there is no such datatype, or its format cannot be used.
    """
    described = datatype if isinstance(datatype, Mapping) else {"base": datatype}
    if unknown := sorted(key for key in set(described) - _KEYS if ":" not in key):
        raise SourceError(f"a datatype has no {unknown[0]!r}", advice=f"it has {', '.join(sorted(_KEYS))}")
    base = str(described.get("base", "string"))
    base = _OTHER_NAMES.get(base, base)
    if base not in DATATYPES:
        raise SourceError(f"there is no datatype {base!r}", advice=f"there are {', '.join(DATATYPES)}")
    expected, value = _reading(base, described.get("format"), language)
    return base, *_bounded(described, expected, value)


def _reading(base: str, pattern: Any, language: str) -> tuple[str, Reading]:  # noqa: ANN401 - as JSON has it
    if base in DATES:
        return date_reading(base, pattern)
    if base in _INTEGERS or base in ("decimal", "double", "float"):
        return _number(base, pattern)
    if base == "boolean":
        return _boolean(pattern)
    if base == "anyURI":
        return _address(pattern)
    return _text(base, pattern, language)


def _text(base: str, pattern: str | None, language: str) -> tuple[str, Reading]:
    matches = _regex(pattern)
    known: dict[str, Any] = {"language": language} if language and language != "und" else {}
    if base != "string" and not known:
        known = {"datatype": xsd(base)}

    def value(text: str) -> Literal:
        text = spaced(text)
        if matches and not matches(text):
            raise ValueError
        return Literal(text, **known)

    if not matches and not known:
        return "a text", lambda text: Literal(spaced(text))
    return (f"a text as {pattern}" if matches else "a text"), value


def spaced(text: str) -> str:
    """Return a text with one blank for any white space, none around it, and letters and accents in one piece.

    >>> spaced("  Pôle\\u00a0 SCS\\n")
    'Pôle SCS'
    """
    text = " ".join(text.split())
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _regex(pattern: object) -> Callable[[str], object] | None:
    if pattern is None:
        return None
    try:
        return re.compile(str(pattern)).fullmatch
    except re.error as error:
        raise SourceError(f"the format {pattern!r} is no regular expression: {error}") from error


_HOST: Final = re.compile(r"(?!\d+(\.\d+)*$)([\w-]+\.)+[^\W\d]{2,}(:\d+)?([/?#]\S*)?")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def _address(pattern: str | None) -> tuple[str, Reading]:
    matches, datatype = _regex(pattern), xsd("anyURI")

    def value(text: str) -> Literal:
        text = text.strip()
        if not _SCHEME.match(text) and _HOST.fullmatch(text):
            text = f"http://{text}"  # as a browser reads it
        node = NamedNode(text)
        if matches and not matches(text):
            raise ValueError
        if text.lower().startswith(("http:", "https:")) and not _HOST.fullmatch(text.partition("://")[2]):
            raise ValueError
        return Literal(node.value, datatype=datatype)

    return "an address such as https://example.org/", value


def _boolean(patterns: object) -> tuple[str, Reading]:
    said = patterns if isinstance(patterns, list) else [patterns or "true|false"]
    pairs = [str(each).split("|") for each in said]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise SourceError(f"{patterns!r} is no format of truth values", advice="write it as Y|N")
    words = {"true": True, "false": False} if not patterns else {}
    words |= {"1": True, "0": False} if not patterns else {}
    words |= {word.lower(): place == 0 for pair in pairs for place, word in enumerate(pair)}
    literals = {word: Literal(truth) for word, truth in words.items()}

    def value(text: str) -> Literal:
        if type(text) is Canonical and text in ("true", "false"):
            return Literal(text == "true")
        found = literals.get(text.strip().lower())
        if found is None:
            raise ValueError
        return found

    return " or ".join(dict.fromkeys(word for pair in pairs for word in pair)), value


_SPACES: Final = " \u00a0\u2007\u2009\u202f"
_QUOTES: Final = "'\u2019"
_CURRENCY: Final = r"(?:[€$£¥]|[A-Z]{3}|kr\.?|zł|Kč|Ft|lei|лв\.?)"
_PATTERN: Final = re.compile(r"(¤?)\s*[#,]*(0?[0,]*)(?:\.(0*)(#*))?\s*([%‰]?)\s*(¤?)")


def _number(base: str, given: Any) -> tuple[str, Reading]:  # noqa: ANN401
    """Return how numbers are read: with the decimal sign and the sign between thousands that the format says."""
    said = given if isinstance(given, Mapping) else {"pattern": given}
    if unknown := sorted(set(said) - {"pattern", "decimalChar", "groupChar"}):
        raise SourceError(f"the format of a number has no {unknown[0]!r}")
    decimal, group, pattern = (said.get(key) or "" for key in ("decimalChar", "groupChar", "pattern"))
    decimal = decimal or "."
    shape = _PATTERN.fullmatch(pattern)
    if not shape or (decimal != "either" and len(decimal) != 1) or len(group) > 1 or decimal == group:
        raise SourceError(
            f"{given!r} is no format of numbers", advice='write it as {"decimalChar": ",", "groupChar": "."}'
        )
    if decimal == "either" and group in (".", ","):
        raise SourceError("where comma or point is the decimal sign, neither parts thousands")
    plain = _matcher(base, ".", "", _PATTERN.fullmatch("") or shape)
    matcher = _matcher(base, decimal, group, shape)
    low, high = _INTEGERS.get(base, (None, None))
    datatype = xsd(base)

    def value(text: str) -> Literal:
        found = (plain if type(text) is Canonical else matcher)(text.strip())
        if not found:
            raise ValueError
        lexical = _lexical(found)
        if base in ("double", "float"):
            return Literal(repr(float(lexical)), datatype=datatype)
        if (low is not None and int(lexical) < low) or (high is not None and int(lexical) > high):
            raise ValueError
        return Literal(lexical, datatype=datatype)

    return _in_words(base, decimal, group), value


def _in_words(base: str, decimal: str, group: str) -> str:
    thousands = f"1{group}234"
    if base in _INTEGERS:
        least = {"nonNegativeInteger": "a whole number from 0", "positiveInteger": "a whole number from 1"}
        return f"{least.get(base, 'a whole number')} such as {thousands}"
    if decimal == "either":
        return f"a number such as {thousands}.5 or {thousands},5"
    return f"a number such as {thousands}{decimal}5"


def _matcher(base: str, decimal: str, group: str, shape: re.Match[str]) -> Callable[[str], re.Match[str] | None]:
    """Return what matches a number: its sign, whole part, fraction, exponent and per cent in groups of those names."""
    sign = _SPACES if group in _SPACES and group else _QUOTES if group in _QUOTES and group else group
    whole = rf"\d+|\d{{1,3}}(?:[{re.escape(sign)}]\d{{3}})+" if group else r"\d+"
    point = "[.,]" if decimal == "either" else re.escape(decimal)
    fraction = "" if base in _INTEGERS else rf"(?:{point}(?P<fraction>{_places(shape)}))?"
    exponent = r"(?:[eE](?P<exponent>[+-]?\d{1,3}))?" if base in ("double", "float") else ""
    money = rf"(?:{_CURRENCY}\s*)?" if shape[1] or shape[6] else ""
    after = rf"(?:\s*{_CURRENCY})?" if money else ""
    per = r"\s*(?P<per>[%‰])?" if base not in _INTEGERS else ""
    text = rf"{money}(?P<sign>[+\-−]?)(?P<whole>{whole}){fraction}{exponent}{per}{after}"
    return re.compile(text, re.ASCII).fullmatch


def _places(shape: re.Match[str]) -> str:
    """Return how many digits there may be behind the decimal sign, as a pattern of CSVW says."""
    least, more = shape[3], shape[4]
    if least is None:
        return r"\d+"
    return rf"\d{{{len(least)},{len(least) + len(more)}}}"


def _lexical(found: re.Match[str]) -> str:
    """Return a number as XML Schema writes it, in one way only.

    >>> _lexical(_matcher("decimal", ",", ".", _PATTERN.fullmatch(""))("-1.234,50"))
    '-1234.5'
    """
    parts = found.groupdict()
    whole = re.sub(r"\D", "", parts["whole"]).lstrip("0") or "0"
    fraction = (parts.get("fraction") or "").rstrip("0")
    text = f"{whole}.{fraction}" if fraction else whole
    if parts.get("per"):
        shifted = format(Decimal(text).scaleb(-2 if parts["per"] == "%" else -3), "f")
        text = shifted.rstrip("0").rstrip(".") if "." in shifted else shifted
    if parts.get("exponent"):
        text += f"e{parts['exponent']}"
    return f"-{text}" if parts["sign"] in ("-", "−") and text.strip("0.") else text


def _bounded(described: Mapping[str, Any], expected: str, value: Reading) -> tuple[str, Reading]:
    """Return a reading that keeps to the bounds that a datatype has."""
    low, high = described.get("minimum"), described.get("maximum")
    exactly = described.get("length")
    shortest, longest = described.get("minLength", exactly), described.get("maxLength", exactly)
    if low is None and high is None and shortest is None and longest is None:
        return expected, value
    key: Callable[[str], Any] = str if isinstance(low if low is not None else high, str) else Decimal

    def bounded(text: str) -> Literal:
        found = value(text)
        length = len(found.value)
        if (shortest is not None and length < shortest) or (longest is not None and length > longest):
            raise ValueError(f"it has {length} characters")
        if (low is not None and key(found.value) < key(low)) or (high is not None and key(found.value) > key(high)):
            raise ValueError
        return found

    said = {"from": low, "to": high, "of at least": shortest, "of at most": longest}
    return f"{expected}, " + " ".join(f"{word} {bound}" for word, bound in said.items() if bound is not None), bounded


def xsd(name: str) -> NamedNode:
    """Return the IRI of a datatype of XML Schema."""
    return NamedNode(VOCABULARIES["xsd"] + name)
