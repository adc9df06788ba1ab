"""The catalogues of messages: what templates, modules and questions say, and what of it is translated.

``python -m tests.messages`` brings the catalogues up to date, and tells how much each of them lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po

from clustergraph.languages.messages import FOLDER
from clustergraph.languages.reader import INTERFACE
from clustergraph.questions.question import load
from clustergraph.questions.translation import messages as messages_of
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "clustergraph"
TEMPLATES = SOURCE / "web" / "templates"
TRANSLATED = sorted(set(INTERFACE) - {"en"})
_OPTIONS = {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}
HEADER = """\
# What clustergraph tells in {name}, in the order of the messages: `make messages` brings it up to date.
msgid ""
msgstr ""
"Language: {code}\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: {plural}\\n\""""


def found() -> Catalog:
    """Return all messages of the sources."""
    catalogue = Catalog()
    for path in sorted(TEMPLATES.glob("*.html")):
        _add(catalogue, path, "jinja2", _OPTIONS)
    for path in sorted(SOURCE.rglob("*.py")):
        _add(catalogue, path, "python", {})
    for question in load(ROOT / "queries").values():
        for message, context in messages_of(question):
            if message:
                catalogue.add(message, context=context)
    return catalogue


def _add(catalogue: Catalog, path: Path, method: str, options: dict[str, str]) -> None:
    messages = extract(method, BytesIO(path.read_bytes()), DEFAULT_KEYWORDS, ("Translators:",), options)
    for _, message, comments, context in messages:
        catalogue.add(message, auto_comments=comments, context=context)


def kept(language: str) -> Catalog:
    """Return the catalogue of a language as it is kept."""
    path = FOLDER / f"{language}.po"
    text = path.read_text("utf-8") if path.exists() else _header(language)
    return read_po(BytesIO(text.encode()), locale=language)


def renewed(language: str, messages: Catalog) -> Catalog:
    """Return the catalogue of a language with just the messages of the sources, and what is translated of them."""
    catalogue = kept(language)
    catalogue.update(deepcopy(messages), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def written(catalogue: Catalog) -> str:
    """Return the text of a catalogue, the same for the same messages."""
    to = BytesIO()
    write_po(to, catalogue, width=0, no_location=True, omit_header=True, sort_output=True)
    return f"{_header(str(catalogue.locale))}\n\n{to.getvalue().decode().strip()}\n"


def _header(language: str) -> str:
    plural = f"nplurals=2; plural={'(n > 1)' if language == 'fr' else '(n != 1)'};"
    return HEADER.format(name=INTERFACE[language], code=language, plural=plural)


def untranslated(catalogue: Catalog) -> Iterator[str]:
    """Yield the messages without a translation."""
    for message in catalogue:
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and not all(forms):
            yield message.id if isinstance(message.id, str) else message.id[0]


def main() -> None:
    """Bring the catalogues up to date."""
    messages = found()
    for language in TRANSLATED:
        catalogue = renewed(language, messages)
        (FOLDER / f"{language}.po").write_text(written(catalogue), "utf-8")
        print(f"{language}: {len(list(untranslated(catalogue)))} of {len(catalogue)} messages lack a translation")  # noqa: T201


PLACE = re.compile(r"%\((\w+)\)[sd]")
"""A place for a value in a message."""

if __name__ == "__main__":
    main()
