"""The catalogues of messages: what templates, modules and questions say, and what of it is translated.

``python -m tests.messages`` brings the catalogues up to date, and tells how much each of them lacks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from pyoxigraph import NamedNode, parse

from clustergraph.languages.composition import TERM
from clustergraph.languages.messages import FOLDER
from clustergraph.languages.reader import INTERFACE
from clustergraph.questions.card import load_cards
from clustergraph.questions.question import load
from clustergraph.questions.rules import load as load_rules
from clustergraph.questions.translation import messages as messages_of
from clustergraph.terms import BASE, expand
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "clustergraph"
TEMPLATES = SOURCE / "web" / "templates"
OF_SOURCES = {
    *("theme", "service", "other-term", "term-kind", "breakdown", "member-kind", "target-group", "action", "label"),
    *("action-type", "effra-domain", "s3-platform", "emerging-industry", "industrial-ecosystem"),
    "key-enabling-technology",
}
"""The lists whose codes are words of sources."""
TOLD = (BASE, "http://publications.europa.eu/resource/authority/country/", "http://www.w3.org/", "http://xmlns.com/",
        "http://purl.org/")  # fmt: skip
"""What the IRIs begin with of what is told in the languages of the interface."""
LABELS = (expand("rdfs:label"), expand("skos:prefLabel"))
IN_SCHEME = expand("skos:inScheme")
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
    for rule in (*load_rules(ROOT / "queries" / "rules"), *load_rules(ROOT / "queries" / "audit")):
        catalogue.add(rule.summary)
    for part in load_cards(ROOT / "queries").values():
        catalogue.add(part.title)
    for label in terms():
        catalogue.add(label, context=TERM)
    return catalogue


def terms() -> dict[str, dict[str, str]]:
    """Return the labels of classes, properties, codes and countries in English, each with those in other languages.

    The words of sources, as in the list of themes, are told in the language of the source.
    """
    named: dict[str, dict[str, str]] = defaultdict(dict)
    scheme: dict[str, str] = {}
    for path in (*(ROOT / "ontology").rglob("*.ttl"), ROOT / "reference" / "countries.trig"):
        if "migrations" in path.parts:
            continue
        for quad in parse(path=path):
            if quad.predicate == IN_SCHEME:
                scheme[quad.subject.value] = quad.object.value.rpartition("/")[2]
            if quad.predicate in LABELS and quad.object.language and isinstance(quad.subject, NamedNode):
                named[quad.subject.value].setdefault(quad.object.language, quad.object.value)
    told: dict[str, dict[str, str]] = {}
    for iri, labels in named.items():
        if "en" in labels and scheme.get(iri) not in OF_SOURCES and iri.startswith(TOLD):
            told.setdefault(labels["en"], {}).update(labels)
    return told


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
    for label, known in terms().items():
        message = catalogue.get(label, TERM)
        message.string = message.string or known.get(language, "")
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
