"""Profiles: folders that say what tables are, what their rows say, and whose they are; each mistake with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Quad

from clustergraph.errors import SourceError, Where
from clustergraph.imports.metadata import DescribedTable, described, line_of
from clustergraph.rdf.files import text_of
from clustergraph.rdf.reading import read_all
from clustergraph.shacl.shapes import Shapes

SETTINGS: Final = "profile.toml"
METADATA: Final = "metadata.json"
SHAPES: Final = "shapes.ttl"
_ADDRESS: Final = re.compile(r'https?://[^\s<>"{}|\\^`]+')
_TEXTS: Final = ("title", "description", "publisher", "licence", "attribution", "homepage", "program")
_NEEDED: Final = ("title", "publisher", "licence")
_MATCH: Final = ("class", "identifier", "name", "place", "website", "country")


@dataclass(frozen=True)
class ImportProfile:
    """A folder that says how tables of one kind become data."""

    folder: Path
    title: str
    description: str
    publisher: str
    licence: str
    attribution: str
    homepage: str
    program: str
    """The command that reads its tables, where no queries do."""
    matches: tuple[Mapping[str, str], ...]
    """How its things are matched: class, scheme of identifiers, name of the column."""
    tables: tuple[DescribedTable, ...]
    encoding: str = ""
    """That of the files, where it is said for an import; else it is as the dialects have it."""
    values: Mapping[str, str] = field(default_factory=dict)
    """By the name of a column what its empty or missing cells say, where that is said for an import."""

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @classmethod
    def read(cls, folder: Path) -> ImportProfile:
        """Return the profile in a folder; `SourceError` names file and line of what is wrong with it."""
        settings = _settings(folder / SETTINGS)
        tables = () if settings.get("program") else described(folder / METADATA)
        texts = {name: settings.get(name, "") for name in _TEXTS}
        return cls(folder, **texts, matches=tuple(settings.get("match", ())), tables=tables)

    @classmethod
    def find(cls, name: str, folders: Sequence[Path]) -> ImportProfile:
        """Return the profile of a name in the first of some folders that has it, or that in a folder of this path."""
        known = {path.name: path for path in profiles(folders)}
        path = known.get(name) or Path(name)
        if not is_profile(path):
            near = get_close_matches(name, known, 1)
            advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known)) or 'none'}"
            raise SourceError(f"there is no profile {name!r}", advice=advice)
        return cls.read(path)

    def told(self, texts: Mapping[str, str], values: Mapping[str, str], encoding: str = "") -> ImportProfile:
        """Return it with other texts (title, publisher, licence …), encoding, and values of cells that are empty.

        Raises:
            SourceError: no table has a column that a value is for, or the licence is no address.
        """
        given = {name: text for name, text in texts.items() if text}
        known = {column.name for table in self.tables for column in table.columns}
        if unknown := [name for name in values if name not in known]:
            advice = f"it has {', '.join(sorted(known))}"
            raise SourceError(f"the profile {self.name} has no column {unknown[0]!r}", advice=advice)
        if not _ADDRESS.fullmatch(given.get("licence", self.licence)):
            raise SourceError(f"the licence {given['licence']!r} is no address", advice="begin it with https://")
        tables = tuple(table.told(values) for table in self.tables)
        return replace(self, **given, tables=tables, encoding=encoding, values=values)  # type: ignore[arg-type]

    def shapes(self) -> Shapes | None:
        """Return the shapes of what comes out, if it has any."""
        quads = self.shape_quads()
        return Shapes(quads) if quads else None

    def shape_quads(self) -> list[Quad]:
        """Return the statements of its shapes."""
        path = self.folder / SHAPES
        return read_all([path]) if path.is_file() else []

    def check(self) -> None:
        """Read all of it; `SourceError` if something is wrong."""
        for table in self.tables:
            table.construct()
        self.shapes()


def is_profile(folder: Path) -> bool:
    """Whether a folder is one of a profile."""
    return (folder / SETTINGS).is_file()


def profiles(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the folders of profiles below some folders; of several with the same name the first."""
    seen: set[str] = set()
    for folder in folders:
        for path in sorted(folder.glob("*/")):
            if is_profile(path) and path.name not in seen:
                seen.add(path.name)
                yield path


# profile.toml


def _settings(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise SourceError(
            f"the profile has no {path.name}", where=Where(path), advice="write title, publisher, licence"
        )
    text = text_of(path)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        where = Where(path, int(place[1]), int(place[2])) if place else Where(path)
        raise SourceError(str(error).partition(" (at")[0], where=where, advice="mend the TOML there") from error
    _check_settings(found, path, text)
    return found


def _check_settings(found: Mapping[str, Any], path: Path, text: str) -> None:
    for name in _NEEDED:
        if not found.get(name) and not (name == "licence" and "program" in found):
            raise SourceError(f"it has no {name}", where=Where(path, 1), advice=f'write {name} = "…"')
    for name, value in found.items():
        where = Where(path, line_of(text, rf"^\s*(\[+\s*)?{re.escape(name)}\b"))
        if name not in (*_TEXTS, "match"):
            known = ", ".join((*_TEXTS, "match"))
            raise SourceError(f"{name!r} is no member of a profile", where=where, advice=f"it has {known}")
        if name in _TEXTS and not isinstance(value, str):
            raise SourceError(f"{name} is no text", where=where, advice="put it in quotes")
        if name in ("licence", "homepage") and value and not _ADDRESS.fullmatch(value):
            raise SourceError(f"{name} {value!r} is no address", where=where, advice="begin it with https://")
        if name == "match" and not (isinstance(value, list) and all(map(_is_match, value))):
            advice = f'each is [[match]] with class = "cg:…" and some of {", ".join(_MATCH[1:])}'
            raise SourceError("match does not say how things are matched", where=where, advice=advice)


def _is_match(found: object) -> bool:
    return (
        isinstance(found, dict)
        and "class" in found
        and found.keys() <= {*_MATCH}
        and all(isinstance(value, str) for value in found.values())
    )
