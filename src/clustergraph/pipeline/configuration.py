"""What a project says of itself, and the settings it is served with: from options, environment, file, or as usual."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from clustergraph.errors import SourceError, Where
from clustergraph.pipeline.keys import AUTHORITY, KEYS, LANGUAGES, Key
from clustergraph.rdf.files import text_of, write_pieces
from clustergraph.release.imprint import Imprint
from clustergraph.settings import VARIABLE_PREFIX, Settings
from clustergraph.terms import SCHEME, SHARED_PREFIXES, slug

FILE: Final = "clustergraph.toml"
"""The file that makes a folder a project."""
_DIGITS: Final = 16


_SOURCES: Final = {
    "ontology": {
        "title": "clustergraph: ontology",
        "description": "The classes and properties of the graph, and how they relate to other vocabularies.",
    },
    "schemes": {
        "title": "clustergraph: code lists",
        "description": "The code lists of the graph (SKOS), such as kinds of organisation, roles, themes and units.",
    },
    "reference": {
        "title": "clustergraph: reference data",
        "description": "The names and codes of what any project needs, such as countries and funding programmes.",
    },
}
"""What the packaged sources are called."""


@dataclass(frozen=True)
class Configuration:
    """The values of all keys of a project, and what is said of prefixes and sources."""

    root: Path
    values: Mapping[str, Any]
    prefixes: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path, environment: Mapping[str, str] = os.environ) -> Configuration:
        """Return what is set: the environment comes before the file, and that before what is usual.

        Raises:
            SourceError: the file has a key that there is not, or it or a variable has a value that cannot be used.
        """
        return _Reading(root, environment).configuration()

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - each key has values of its own kind
        return self.values[name]

    @property
    def given(self) -> bool:
        """Whether the project has the file."""
        return (self.root / FILE).is_file()

    @property
    def digest(self) -> str:
        """A digest of what bears on the graph and its description."""
        values = sorted(item for item in self.values.items() if not item[0].startswith("service."))
        said = repr((values, self.prefixes, self.sources))
        return sha256(said.encode()).hexdigest()[:_DIGITS]

    @property
    def settings(self) -> Settings:
        """How much the service gives to a query, and to all of them."""
        prefix = "service."
        return Settings(**{name.removeprefix(prefix): self[name] for name in KEYS if name.startswith(prefix)})

    @property
    def base(self) -> str:
        """What the IRIs of the project's own things begin with."""
        return str(self["base"])

    @property
    def licence(self) -> str:
        """The IRI of the licence."""
        return self["licence"] if ":" in self["licence"] else f"{AUTHORITY}licence/{self['licence']}"

    @property
    def scope(self) -> tuple[str, ...]:
        """The IRIs of the fields that the project is about."""
        return tuple(each if ":" in each else f"{SCHEME}field/{each}" for each in self["scope"])

    @property
    def publisher(self) -> dict[str, str]:
        """Who publishes it: name, IRI, homepage and kind."""
        name = self["publisher.name"] or self["title"] or "clustergraph"
        iri = self["publisher.iri"] or f"{self.base}id/organisation/{slug(name) or 'publisher'}"
        homepage = self["publisher.homepage"] or self.base
        return {"name": name, "iri": iri, "homepage": homepage, "type": self["publisher.type"]}

    @property
    def about(self) -> dict[str, Any]:
        """What a catalogue says of the graph that the graph itself does not know."""
        names = ("issued", "keywords", "themes", "frequency", "availability")
        contact = {
            "name": self["contact.name"] or self.publisher["name"],
            "page": self["contact.page"] or self.publisher["homepage"],
            "email": self["contact.email"],
        }
        return {name: self[name] for name in names} | {
            "title": self["title"] or "clustergraph",
            "description": self["description"] or self["title"] or "Clusters and what they do, as linked data.",
            "languages": [LANGUAGES[each] for each in self["languages"]],
            "licence": self.licence,
            "publisher": self.publisher,
            "contact": contact,
            "sources": {**_SOURCES, **self.sources},
            "scope": self.scope,
            "base": self.base,
        }

    @property
    def imprint(self) -> Imprint:
        """What the graph says of itself."""
        return Imprint(
            base=self.base,
            title=self["title"],
            description=self["description"],
            publisher=self.publisher["iri"],
            publisher_name=self.publisher["name"],
            homepage=self.publisher["homepage"],
            licence=self.licence,
            languages=self["languages"],
            scope=self.scope,
            prefixes=self.prefixes,
        )

    def where(self, name: str) -> Where:
        """Return where in the file a key is."""
        file = self.root / FILE
        return Where(file, _line(text_of(file), name) if file.is_file() else None)


def pin(root: Path, version: str) -> None:
    """Set the version of the ontology in the file of a project, where it has one."""
    file = root / FILE
    if file.is_file() and (line := _line(text := text_of(file), "ontology.version")):
        lines = text.splitlines(keepends=True)
        lines[line - 1] = re.sub(r"""(["'])[\d.]+\1""", f'"{version}"', lines[line - 1], count=1)
        write_pieces(file, ["".join(lines).encode()])


@contextmanager
def setting(given: Iterable[str]) -> Iterator[None]:
    """Set keys, each as ``key=value``, for this process and those that it starts: they come before anything else.

    Raises:
        SourceError: one is not ``key=value``, or not known, or has a value that cannot be used.
    """
    before = dict(os.environ)
    try:
        os.environ.update(dict(map(_read_option, given)))
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _read_option(text: str) -> tuple[str, str]:
    """Return the variable that an option sets, and its value."""
    name, equals, value = text.partition("=")
    if not equals or name not in KEYS:
        near = get_close_matches(name, KEYS, 1)
        advice = f"did you mean --set {near[0]}=…?" if near else "write it as key=value, such as title=Clusters"
        raise SourceError(f"--set {text!r} is no key with a value", advice=advice)
    used(f"--set {name}", value, KEYS[name])
    return _variable(name), value


def used(called: str, value: Any, key: Key, where: Where | None = None) -> Any:  # noqa: ANN401
    """Return what a value of a key is read as; raises `SourceError`, which names the key as it is called."""
    try:
        return key.read(value)
    except (ValueError, TypeError) as error:
        raise SourceError(f"{called} is {value!r}", where=where, advice=str(error)) from error


_SPACE: Final = re.compile(r'(https?://|(?!/|\w*:))[^\s<>"{}|\\^`]+[/#]')
"""What prefixes stand for: an IRI, or what follows the base."""


class _Reading:
    """Reads one project's configuration."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self._file, self._root, self._environment = root / FILE, root, environment
        self._text = text_of(self._file) if self._file.is_file() else ""
        self._told = dict(_flat(self._table()))

    def configuration(self) -> Configuration:
        prefixes = {name: self._prefix(name, str(value)) for name, value in self._below("prefixes.")}
        sources = self._sources()
        self._refuse_unknown()
        values = {name: self._value(name, key) for name, key in KEYS.items()}
        prefixes = {name: f"{'' if '://' in iri else values['base']}{iri}" for name, iri in prefixes.items()}
        return Configuration(self._root, values, prefixes, sources)

    def _table(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
            where = Where(self._file, *(map(int, found.groups()) if found else (len(self._text.splitlines()),)))
            message = str(error).partition(" (at ")[0]
            raise SourceError(f"this is not TOML: {message}", where=where, advice="mend the syntax there") from error

    def _value(self, name: str, key: Key) -> Any:  # noqa: ANN401
        """Return the value of a key, from the first that gives one."""
        if (variable := _variable(name)) in self._environment:
            return used(variable, self._environment[variable], key)
        return used(name, self._told[name], key, self._where(name)) if name in self._told else key.usual

    def _below(self, prefix: str) -> list[tuple[str, Any]]:
        return [(name.removeprefix(prefix), value) for name, value in self._told.items() if name.startswith(prefix)]

    def _prefix(self, name: str, value: str) -> str:
        """Return the IRI that a prefix stands for, which may be relative to the base."""
        advice = "give it a name of letters and digits, and an IRI that ends with / or #, or what follows the base"
        if name in SHARED_PREFIXES:
            advice = "it means the same in every project: take another name"
        elif re.fullmatch(r"[A-Za-z][\w-]*", name) and re.fullmatch(
            r'(https?://|(?!/|\w*:))[^\s<>"{}|\\^`]+[/#]', value
        ):
            return value
        name = f"prefixes.{name}"
        raise SourceError(f"{name} is {value!r}", where=self._where(name), advice=advice)

    def _sources(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for name, value in self._below("sources."):
            source, _, key = name.rpartition(".")
            found.setdefault(source, {})[key] = str(value)
        for source, words in found.items():
            if words.keys() != {"title", "description"}:
                where, advice = self._where(f"sources.{source}"), "give it a title and a description"
                raise SourceError(f"sources.{source} has {', '.join(words)}", where=where, advice=advice)
        return found

    def _refuse_unknown(self) -> None:
        for name in self._told:
            if name not in KEYS and not name.startswith(("prefixes.", "sources.")):
                near = get_close_matches(name, KEYS, 1)
                advice = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(KEYS)}"
                raise SourceError(f"there is no key {name}", where=self._where(name), advice=advice)

    def _where(self, name: str) -> Where:
        return Where(self._file, _line(self._text, name))


def _variable(name: str) -> str:
    """Return the variable of the environment that sets a key.

    >>> _variable("publisher.name"), _variable("service.workers")
    ('CLUSTERGRAPH_PUBLISHER_NAME', 'CLUSTERGRAPH_WORKERS')
    """
    return VARIABLE_PREFIX + name.removeprefix("service.").replace(".", "_").upper()


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the keys of a table with their values; those of tables in it have their names in front."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def _line(text: str, name: str) -> int | None:
    """Return the line of a key, or of the table that has it; None if neither is found.

    >>> _line("a = 1\\n[b]\\n\\nc = 2", "b.c"), _line("[b.d]", "b.d.e"), _line("b.c = 1", "b.c")
    (4, 1, 1)
    """
    table, head = "", None
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*\[+\s*([\w\s.\"'-]+?)\s*\]", line):
            table = re.sub(r"[\s\"']", "", found[1]) + "."
            head = number if name.startswith(table) or f"{name}." == table else head
        elif (found := re.match(r"\s*([\w.\"'-]+)\s*=", line)) and name == table + re.sub(r"[\"']", "", found[1]):
            return number
    return head
