"""Profiles: the graph in the terms of others, made by queries. A profile is a folder, and needs no Python.

``queries/exports/<name>/`` holds CONSTRUCT queries (``*.rq``), a JSON-LD context (``context.jsonld``) and title,
description, standard and the classes of its things (``profile.yaml``); ``shapes/profiles/<name>.ttl``, if it is there,
is what the result must satisfy.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml
from pyoxigraph import DefaultGraph, NamedNode, Quad, QueryTriples, RdfFormat, Store

from clustergraph.errors import SourceError, Where
from clustergraph.layers import Layers
from clustergraph.rdf.files import text_of
from clustergraph.rdf.jsonld import PLAIN, JsonLdContext
from clustergraph.rdf.lines import Line, batches, canonical, ordered, unique
from clustergraph.rdf.reading import read_all
from clustergraph.sparql.parser import explain
from clustergraph.terms import PREFIXES, expand

if TYPE_CHECKING:
    from clustergraph.shacl.findings import Finding

THING: Final = "VALUES ?thing { UNDEF }"
"""What every query of a profile says where it can be asked about some things alone."""
_PORTION: Final = 200
"""How many things a query is asked about at a time. The engine holds in memory what it groups and makes distinct; and
asked about thousands, it takes all things of a class to be fewer, and reads the whole graph each time."""
RUN_BYTES: Final = 8_000_000
"""How many bytes of lines are sorted in memory at a time."""
_PIECE: Final = 20_000
"""How many statements are loaded at a time, since the engine takes a kilobyte of memory for each of them."""
_TYPE: Final = expand("rdf:type")


@dataclass(frozen=True)
class Profile:
    """One way of seeing the graph."""

    name: str
    title: str
    description: str
    conforms_to: str
    """The IRI of the standard whose terms it uses."""
    queries: tuple[tuple[Path, str], ...]
    """Each with the file it is from."""
    context: JsonLdContext
    classes: tuple[NamedNode, ...]
    """The classes of the things that its queries are asked about; with none, whatever has a type."""
    shapes: Path | None
    """What its result must satisfy, if there is such a file."""

    @classmethod
    def read(cls, folder: Path, shapes: Path | None = None) -> Profile:
        """Return the profile in a folder; raises `SourceError` if a file of it is missing or not as it should be."""
        about = folder / "profile.yaml"
        try:
            told = yaml.safe_load(text_of(about))
            title, description, standard = (str(told[name]) for name in ("title", "description", "conforms_to"))
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            advice = "give it title, description and conforms_to"
            raise SourceError(f"cannot be read: {error}", where=Where(about), advice=advice) from error
        queries = tuple((path, text_of(path)) for path in sorted(folder.glob("*.rq")))
        if not queries:
            raise SourceError("a profile without queries", where=Where(folder), advice="add CONSTRUCT queries (*.rq)")
        file = folder / "context.jsonld"
        context = JsonLdContext.read(file) if file.is_file() else PLAIN
        classes = tuple(_classes(told.get("things"), about))
        return cls(folder.name, title, description, standard, queries, context, classes, shapes)

    def quads(self, store: Store) -> Iterator[Quad]:
        """Yield what the queries make of a graph, all in the default graph; the same triple may come twice.

        A query that says `THING` is asked about all things in portions, so that the engine never holds the whole; a
        thing is what has an IRI and one of the classes. Another query is asked once. One that is
        malformed, or no CONSTRUCT query, raises `SourceError`.
        """
        for path, text in self.queries:  # about no thing, where it can be: so all are known to be right, and soon
            yield from _asked(store, path, _about(text, ()))
        for things in batches(_things(store, self.classes), _PORTION):
            for path, text in self.queries:
                if THING in text:
                    yield from _asked(store, path, _about(text, things))

    def about(self, thing: NamedNode) -> Iterator[str]:
        """Yield the queries, each asking about one thing alone."""
        for _, text in self.queries:
            if THING in text:
                yield _about(text, (str(thing),))


def _classes(names: object, about: Path) -> Iterator[NamedNode]:
    for name in names if isinstance(names, list) else [names] if names else []:
        try:
            yield expand(str(name))
        except KeyError as error:
            advice = f"write the classes of the things as prefixed names; known prefixes: {', '.join(PREFIXES)}"
            raise SourceError(f"{name!r} is not a class", where=Where(about), advice=advice) from error


def _about(text: str, things: Sequence[str]) -> str:
    return text.replace(THING, f"VALUES ?thing {{ {' '.join(things)} }}")


def _asked(store: Store, path: Path, text: str) -> Iterator[Quad]:
    try:
        triples = store.query(text)
    except SyntaxError as error:
        raise SourceError(str(explain(text, str(error), {})), where=Where(path)) from error
    if not isinstance(triples, QueryTriples):
        raise SourceError("not a CONSTRUCT query", where=Where(path), advice="a profile is made of triples")
    for triple in triples:
        yield Quad(triple.subject, triple.predicate, triple.object, DefaultGraph())


def _things(store: Store, classes: Sequence[NamedNode]) -> Iterator[str]:
    """Yield the IRIs of all things of some classes, or of any, each once, as SPARQL writes them."""
    kinds = classes or (None,)
    typed = chain.from_iterable(store.quads_for_pattern(None, _TYPE, kind, DefaultGraph()) for kind in kinds)
    lines = (f"{quad.subject}\n".encode() for quad in typed if isinstance(quad.subject, NamedNode))
    return (line.decode().rstrip("\n") for line in unique(ordered(lines, RUN_BYTES)))


class Rendering:
    """What a profile makes of the graph in a store, kept on disk and validated there."""

    def __init__(self, profile: Profile, store: Store) -> None:
        """Ask the queries; see `Profile.quads`."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this
        self._shapes, self.statements = profile.shapes, 0
        for line in canonical(profile.quads(store), RUN_BYTES):
            self._file.write(line)
            self.statements += 1

    @property
    def lines(self) -> Iterator[Line]:
        """The statements in order."""
        self._file.seek(0)
        yield from self._file

    def violations(self) -> list[Finding]:
        """Return what breaks the shapes of the profile; raises `SourceError` if they cannot be read."""
        from clustergraph.shacl.findings import Severity  # slow to import, and often not needed
        from clustergraph.shacl.validate import validate

        if self._shapes is None or not self._shapes.is_file():
            return []
        with tempfile.TemporaryDirectory(prefix="clustergraph-") as scratch:
            store = Store(scratch)
            for piece in batches(self.lines, _PIECE):
                store.bulk_load(b"".join(piece), RdfFormat.N_QUADS)
            found = validate(store, read_all([self._shapes]))
            del store
        return [finding for finding in found if finding.severity is Severity.VIOLATION]


FORMATS: Final = ("turtle", "jsonld", "ntriples")
"""The names of the formats that a profile can have."""


def names(queries: Layers | Path) -> list[str]:
    """Return the names of the profiles below a folder of queries."""
    return sorted(path.parent.name for path in (Layers.of(queries) / "exports").glob("*/profile.yaml"))


def load(name: str, queries: Layers | Path, shapes: Layers | Path) -> Profile:
    """Return a profile by its name; see `Profile.read`."""
    folder, file = Path("exports") / name, Path("profiles") / f"{name}.ttl"
    return Profile.read(Layers.of(queries).find(folder), Layers.of(shapes).find(file))
