"""Profiles: the graph in the terms of others, made by queries. A profile is a folder, and needs no Python.

``queries/exports/<name>/`` holds CONSTRUCT queries (``*.rq``), a JSON-LD context (``context.jsonld``) and title,
description, standard and the classes of its things (``profile.yaml``); ``shapes/profiles/<name>.ttl``, if it is there,
is what the result must satisfy.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final

import yaml
from pyoxigraph import DefaultGraph, NamedNode, Quad, QueryTriples, Store

from clustergraph.errors import ClustergraphError, SourceError, Where
from clustergraph.export import writers
from clustergraph.export.files import Written, whole
from clustergraph.export.jsonld import PLAIN, Context
from clustergraph.export.lines import Line, ordered, unique
from clustergraph.export.names import Names
from clustergraph.store.syntax import explain
from clustergraph.terms import PREFIXES, expand

THING: Final = "VALUES ?thing { UNDEF }"
"""What every query of a profile says where it can be asked about some things alone."""
_PORTION: Final = 200
"""How many things a query is asked about at a time. The engine holds in memory what it groups and makes distinct; and
asked about thousands, it takes all things of a class to be fewer, and reads the whole graph each time."""
RUN_BYTES: Final = 8_000_000
"""How many bytes of lines are sorted in memory at a time."""
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
    context: Context
    shapes: Path | None = None
    classes: tuple[NamedNode, ...] = ()
    """The classes of the things that its queries are asked about; with none, whatever has a type."""

    @classmethod
    def read(cls, folder: Path, shapes: Path | None = None) -> Profile:
        """Return the profile in a folder.

        Raises:
            SourceError: a file of it is missing or not as it should be.
        """
        about = folder / "profile.yaml"
        try:
            told = yaml.safe_load(about.read_text("utf-8"))
            title, description, standard = (str(told[name]) for name in ("title", "description", "conforms_to"))
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            advice = "give it title, description and conforms_to"
            raise SourceError(f"cannot be read: {error}", where=Where(about), advice=advice) from error
        queries = tuple((path, path.read_text("utf-8")) for path in sorted(folder.glob("*.rq")))
        if not queries:
            raise SourceError("a profile without queries", where=Where(folder), advice="add CONSTRUCT queries (*.rq)")
        context = folder / "context.jsonld"
        return cls(
            name=folder.name,
            title=title,
            description=description,
            conforms_to=standard,
            queries=queries,
            context=Context.read(context) if context.is_file() else PLAIN,
            shapes=shapes if shapes and shapes.is_file() else None,
            classes=tuple(_classes(told.get("things"), about)),
        )

    def quads(self, store: Store) -> Iterator[Quad]:
        """Yield what the queries make of a graph, all in the default graph; the same triple may come twice.

        A query that says `THING` is asked about all things in portions, so that the engine never holds the whole; a
        thing is what has an IRI and one of the classes. Another query is asked once.

        Raises:
            SourceError: a query is malformed, or is not a CONSTRUCT query.
        """
        for path, text in self.queries:  # about no thing, where it can be: so all are known to be right, and soon
            yield from _asked(store, path, _about(text, ()))
        for things in _portions(_things(store, self.classes)):
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
        triples = store.query(text, prefixes=PREFIXES)
    except SyntaxError as error:
        raise SourceError(str(explain(text, str(error))), where=Where(path)) from error
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


def _portions(things: Iterator[str]) -> Iterator[list[str]]:
    while portion := list(islice(things, _PORTION)):
        yield portion


FORMATS: Final = ("turtle", "jsonld", "ntriples")
"""The names of the formats that a profile can have."""


def write(profile: Profile, lines: Iterable[Line], format_: str, path: Path, *, compress: bool = False) -> Written:
    """Write what a profile makes of a graph: whole, or not at all.

    Args:
        profile: the profile, whose context JSON-LD uses.
        lines: the canonical lines of its quads.
        format_: one of `FORMATS`.
        path: the file; one that is there is replaced.
        compress: pack it (gzip).

    Raises:
        ClustergraphError: there is no such format.
    """
    pieces = {
        "turtle": lambda: writers.turtle(lines, Names({**PREFIXES, **profile.context.prefixes})),
        "jsonld": lambda: writers.jsonld(lines, profile.context),
        "ntriples": lambda: writers.ntriples(lines),
    }
    if format_ not in pieces:
        raise ClustergraphError(f"a profile cannot be {format_!r}", advice=f"choose from {', '.join(FORMATS)}")
    with whole(path, compress=compress) as file:
        for piece in pieces[format_]():
            file.write(piece)
    return Written.of(path)


def names(queries: Path) -> list[str]:
    """Return the names of the profiles below a folder of queries."""
    return sorted(path.parent.name for path in (queries / "exports").glob("*/profile.yaml"))


def load(name: str, queries: Path, shapes: Path) -> Profile:
    """Return a profile by its name.

    Raises:
        ClustergraphError: there is none of that name.
        SourceError: a file of it is not as it should be.
    """
    known = names(queries)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        advice = f"did you mean {close[0]!r}?" if close else f"known profiles: {', '.join(known) or 'none'}"
        raise ClustergraphError(f"there is no profile {name!r}", advice=advice)
    return Profile.read(queries / "exports" / name, shapes / "profiles" / f"{name}.ttl")
