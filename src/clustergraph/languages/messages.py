"""What the program tells, in the languages of the interface; English is the key.

A catalogue is a file of gettext beside this module, which is read as it stands. `make messages` brings all of them up
to date with the templates, the modules and the questions; whoever translates fills in what is empty.

>>> from clustergraph.languages.reader import reading
>>> gettext("Clusters"), ngettext("%(num)d row", "%(num)d rows", 2)
('Clusters', '%(num)d rows')
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from clustergraph.languages.reader import INTERFACE, Label, interface, usual

FOLDER: Final = Path(__file__).parent
Catalogue = Mapping[str, tuple[str, ...]]
_LINE: Final = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) )?(".*")', re.ASCII)
_CONTEXT: Final = "\x04"
_ONE: Final = {"fr": (0, 1)}
"""The numbers that take the singular, where it is not one alone."""


def gettext(message: str, /, **values: object) -> str:
    """Return a message in the language of the reader, with values in the places that it names as ``%(name)s``."""
    return _filled(_forms(message, message)[0], values)


def pgettext(context: str, message: str, /, **values: object) -> str:
    """Return a message as `gettext` does, where the same words mean something else in another context."""
    return _filled(_forms(context + _CONTEXT + message, message)[0], values)


def ngettext(one: str, many: str, number: float, /, **values: object) -> str:
    """Return the form of a message that fits a number, in the language of the reader."""
    forms = _forms(one, one, many)
    at = 0 if number in _ONE.get(interface(), (1,)) else 1
    return _filled(forms[min(at, len(forms) - 1)], {**values, "num": number} if values else values)


def translated(message: str, context: str = "") -> Label:
    """Return a message of a project, such as the title of a question, with the language that it is told in.

    One without a translation is in the first language of the project.
    """
    found = catalogue(interface()).get(context + _CONTEXT + message if context else message)
    return Label(found[0], interface()) if found else Label(message, usual())


def N_(message: str) -> str:  # noqa: N802 - as every tool of gettext calls it
    """Mark a message that is translated where it is shown."""
    return message


def _forms(key: str, *english: str) -> tuple[str, ...]:
    return catalogue(interface()).get(key) or english


def _filled(message: str, values: Mapping[str, object]) -> str:
    return message % values if values else message


@lru_cache(maxsize=len(INTERFACE))
def catalogue(language: str) -> Catalogue:
    """Return the messages of a language: for each in English, with its context before it, its forms."""
    path = FOLDER / f"{language}.po"
    return parse(path.read_text("utf-8")) if language in INTERFACE and path.exists() else {}


def load() -> None:
    """Read all catalogues, for a process that can open no file later."""
    for language in INTERFACE:
        catalogue(language)


def parse(text: str) -> Catalogue:
    """Return the messages in the text of a file of gettext that are translated, and not in doubt.

    >>> parse('msgid "Search"\\nmsgstr "Suchen"\\n\\n#, fuzzy\\nmsgid "Find"\\nmsgstr "Finden"')
    {'Search': ('Suchen',)}
    """
    found = {}
    for block in text.split("\n\n"):
        entry = _entry(block)
        forms = tuple(words for name, words in entry.items() if name.startswith("msgstr"))
        if entry.get("msgid") and forms and all(forms) and "#, fuzzy" not in block:
            context = entry["msgctxt"] + _CONTEXT if "msgctxt" in entry else ""
            found[context + entry["msgid"]] = forms
    return found


def _entry(block: str) -> dict[str, str]:
    entry: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if match := _LINE.fullmatch(line):
            name = match[1] or name
            entry[name] = entry.get(name, "") + json.loads(match[2])
    return entry
