"""The keys of a project's file: what is usual for each, and how its value is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

from clustergraph.settings import SettingError, Settings, of_text
from clustergraph.terms import BASE

AUTHORITY: Final = "http://publications.europa.eu/resource/authority/"
"""What the IRIs of the EU's authority lists begin with."""
LANGUAGES: Final = {
    "bg": "BUL", "ca": "CAT", "cs": "CES", "da": "DAN", "de": "DEU", "el": "ELL", "en": "ENG", "es": "SPA",
    "et": "EST", "eu": "EUS", "fi": "FIN", "fr": "FRA", "ga": "GLE", "gl": "GLG", "hr": "HRV", "hu": "HUN",
    "is": "ISL", "it": "ITA", "lt": "LIT", "lv": "LAV", "mk": "MKD", "mt": "MLT", "nl": "NLD", "no": "NOR",
    "pl": "POL", "pt": "POR", "ro": "RON", "sk": "SLK", "sl": "SLV", "sq": "SQI", "sr": "SRP", "sv": "SWE",
    "tr": "TUR", "uk": "UKR",
}  # fmt: skip
"""The codes of the EU's list of languages, by those of two letters."""


@dataclass(frozen=True)
class Key:
    """A key of the file: what is usual, and how a value is read; a text is what options and environment give."""

    usual: Any
    read: Callable[[Any], Any]


def _text(value: Any) -> str:  # noqa: ANN401 - as a file has it, here and below
    if not isinstance(value, str):
        raise TypeError("give it a text in quotes")
    return value


def _iri(value: Any) -> str:  # noqa: ANN401
    if not re.fullmatch(r'https?://[^\s<>"{}|\\^`/?#][^\s<>"{}|\\^`]*', text := _text(value)):
        raise ValueError("give it an address such as https://clusters.example.org/")
    return text


def _base(value: Any) -> str:  # noqa: ANN401
    if not (text := _iri(value)).endswith("/") or "#" in text or "?" in text:
        raise ValueError("give it an address that ends with a slash, such as https://clusters.example.org/")
    return text


def _optional(read: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: read(value) if value != "" else ""


def _words(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    given = [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise TypeError('give it a list of texts, such as ["one", "two"]')
    return tuple(given)


def _languages(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    found = _words(value)
    if unknown := [each for each in found if each not in LANGUAGES]:
        raise ValueError(f"{unknown[0]!r} is no language of this list: {', '.join(LANGUAGES)}")
    if not found:
        raise ValueError('give it one language at least, such as ["en"]')
    return found


def _code(value: Any) -> str:  # noqa: ANN401
    if not re.fullmatch(r"[A-Za-z0-9_]+", text := _text(value)):
        raise ValueError(f"give it a code of a list of the EU ({AUTHORITY})")
    return text


def _codes(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    return tuple(map(_code, _words(value)))


def _licence(value: Any) -> str:  # noqa: ANN401
    try:
        return _code(value)
    except ValueError:
        return _iri(value)


def _email(value: Any) -> str:  # noqa: ANN401
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+", text := _text(value)):
        raise ValueError("give it an address such as office@clusters.example.org")
    return text


def _day(value: Any) -> date:  # noqa: ANN401
    try:
        return value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("give it a day such as 2026-11-22") from None


def _flag(value: Any) -> bool:  # noqa: ANN401
    if (found := {True: True, False: False, "true": True, "false": False}.get(value)) is None:
        raise ValueError("give it true or false")
    return found


def _setting(name: str, value: Any) -> Any:  # noqa: ANN401
    found = of_text(value, Settings.usual()[name])
    try:
        Settings(**{name: found})
    except SettingError as error:
        raise ValueError(error.advice) from error
    return found


def _version(value: Any) -> str:  # noqa: ANN401
    if not re.fullmatch(r"\d+\.\d+\.\d+", text := _text(value)):
        raise ValueError('give it a version such as "0.2.0"')
    return text


KEYS: Final[dict[str, Key]] = {
    "title": Key("", _text),
    "description": Key("", _text),
    "base": Key(BASE, _base),
    "licence": Key("CC_BY_4_0", _licence),
    "languages": Key(("en",), _languages),
    "scope": Key((), _words),
    "issued": Key(date(2026, 1, 1), _day),
    "keywords": Key((), _words),
    "themes": Key(("ECON", "REGI"), _codes),
    "frequency": Key("IRREG", _code),
    "availability": Key("AVAILABLE", _code),
    "publisher.name": Key("", _text),
    "publisher.iri": Key("", _optional(_iri)),
    "publisher.homepage": Key("", _optional(_iri)),
    "publisher.type": Key("NonProfitOrganisation", _code),
    "contact.name": Key("", _text),
    "contact.page": Key("", _optional(_iri)),
    "contact.email": Key("", _optional(_email)),
    "ontology.version": Key("", _optional(_version)),
    "ontology.packaged": Key(True, _flag),
    **{f"service.{name}": Key(usual, partial(_setting, name)) for name, usual in Settings.usual().items()},
}
