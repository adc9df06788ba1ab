"""Migration: data made with an older version of the ontology is carried to a newer one, in the files where it stands.

What a version of the ontology changes is a folder of steps, each a SPARQL Update whose head says what it changes in
meaning. A step sees the data in named graphs, and the ontology in the default graph.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple, parse

from clustergraph.errors import SourceError, Where
from clustergraph.layers import Layers
from clustergraph.pipeline.material import find
from clustergraph.pipeline.project import Project
from clustergraph.questions.question import head_of
from clustergraph.rdf import scan, turtle
from clustergraph.rdf.files import text_of, write_pieces
from clustergraph.rdf.places import Places
from clustergraph.rdf.reading import (
    base_of,
    content,
    home_of,
    is_packed,
    parsed,
    rdf_files,
    rdf_format,
    read,
    read_all,
)
from clustergraph.settings import Settings
from clustergraph.sparql.guard import check_update
from clustergraph.sparql.parser import query_error
from clustergraph.terms import PREFIXES, compact, expand

_DEFAULT: Final = DefaultGraph()
_TURTLE: Final = (RdfFormat.TURTLE, RdfFormat.TRIG)
_LINES: Final = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)


@dataclass(frozen=True)
class MigrationStep:
    """A change of the ontology, and the update that carries data over it."""

    version: str
    """The version that has the change."""
    path: Path
    title: str
    meaning: str
    """What means something else than before."""
    terms: Mapping[NamedNode, tuple[NamedNode, ...]]
    """The terms that data has no longer, each with those that take its place."""
    update: str

    @property
    def name(self) -> str:
        """The version and the name of the file."""
        return f"{self.version}/{self.path.stem}"

    @classmethod
    def read(cls, path: Path) -> MigrationStep:
        """Return the step of a file.

        Raises:
            SourceError: the head is not as it should be, or the update is none that may run.
        """
        text = text_of(path)
        head = head_of(path, text, {"title", "meaning"}, {"terms"})
        check_update(text, Settings())
        try:
            terms = {_term(old): tuple(map(_term, new)) for old, new in (head.get("terms") or {}).items()}
        except (AttributeError, KeyError, TypeError) as error:
            raise SourceError(f"the terms are not as they should be: {error}", where=Where(path)) from error
        return cls(path.parent.name, path, str(head["title"]), str(head["meaning"]).strip(), terms, text)


def _term(name: str) -> NamedNode:
    """Return the term of a prefixed name, or of an IRI in angle brackets."""
    return NamedNode(name[1:-1]) if name.startswith("<") else expand(name)


def steps(folder: Layers | Path, to: str | None = None) -> list[MigrationStep]:
    """Return the steps to a version, or to the newest, in their order; `SourceError` if there is no such version."""
    files = Layers.of(folder).glob("*/*.ru")
    names = sorted({path.parent.name for path in files}, key=_number)
    if to is not None:
        if to not in names:
            known = ", ".join(names) or "none"
            raise SourceError(f"there are no steps to {to} in {folder}", advice=f"there are those to: {known}")
        names = names[: names.index(to) + 1]
    return [MigrationStep.read(path) for name in names for path in files if path.parent.name == name]


def _number(version: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in version.split(".")]


@dataclass
class Source:
    """A file of data, with the statements that it has, or will have."""

    path: Path
    quads: set[Quad]
    home: NamedNode | None
    """The graph to which the statements of the file belong that are in no named graph, if there are any."""
    _graphs: set[object] = field(init=False)
    _known: set[object] = field(init=False)
    """The nodes that something is said of, alone and with the graph."""

    def __post_init__(self) -> None:
        self.changed = False
        self._graphs, self._known = set(), set()
        for quad in self.quads:
            self._note(quad)

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read a file; raises `SourceError` if it is not well formed."""
        quads = list(parsed(path, content(path), rdf_format(path).engine))
        if any(isinstance(quad.graph_name, BlankNode) for quad in quads):
            raise SourceError("a graph has a blank node for a name", where=Where(path), advice="give it an IRI")
        home = home_of(path)
        plain = any(quad.graph_name == _DEFAULT for quad in quads)
        return cls(path, {_moved(quad, _DEFAULT, home) for quad in quads}, home if plain else None)

    def nearness(self, quad: Quad) -> tuple[bool, bool, bool]:
        """Return how much in this file speaks for having a statement here."""
        own = (quad.graph_name, quad.subject) in self._known
        return quad.graph_name in self._graphs, own, quad.subject in self._known or quad.object in self._known

    def add(self, quad: Quad) -> None:
        """Put a statement into this file."""
        self.quads.add(quad)
        self.changed = True
        self._note(quad)

    def discard(self, quads: Collection[Quad]) -> None:
        """Take statements out of this file."""
        gone = self.quads.intersection(quads)
        self.quads -= gone
        self.changed = self.changed or bool(gone)

    def text(self) -> str:
        """Return the new content of the file; raises `SourceError` if something would be lost."""
        if is_packed(self.path):
            raise SourceError("imported data is not migrated", where=Where(self.path), advice="import its tables again")
        engine, old = rdf_format(self.path).engine, text_of(self.path)
        quads = [quad if self.home is None else _moved(quad, self.home, _DEFAULT) for quad in self.quads]
        elsewhere = any(quad.graph_name != _DEFAULT for quad in quads)
        if engine not in (*_TURTLE, *_LINES) or (elsewhere and not engine.supports_datasets):
            raise SourceError("this is not written by a migration", where=Where(self.path), advice="save it as .trig")
        if comment := scan.first_comment(old):
            where = Where(self.path, comment)
            raise SourceError("comments are not kept", where=where, advice="say it in an rdfs:comment, or remove it")
        if engine in _LINES:
            return "".join(sorted({f"{quad} .\n" for quad in quads}))
        parser = parse(old.encode(), format=engine, base_iri=base_of(self.path))
        for _ in parser:
            pass  # its prefixes are known at the end
        return turtle.write(quads, {**parser.prefixes, **PREFIXES})

    def _note(self, quad: Quad) -> None:
        self._graphs.add(quad.graph_name)
        self._known.update((quad.subject, (quad.graph_name, quad.subject)))


def _moved(quad: Quad, graph: object, other: NamedNode | DefaultGraph) -> Quad:
    if quad.graph_name != graph:
        return quad
    return Quad(quad.subject, quad.predicate, quad.object, other)


@dataclass(frozen=True)
class Effect:
    """What a step has done."""

    step: MigrationStep
    went: int
    """How many statements are no longer there."""
    came: int


@dataclass(frozen=True)
class Remains:
    """A statement with a term that no step could carry over."""

    term: NamedNode
    instead: tuple[NamedNode, ...]
    where: Where | None

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        names = " or ".join(compact(term.value) for term in self.instead) or "nothing"
        return f"{place}{compact(self.term.value)} is deprecated, and {names} takes its place; say it anew by hand"


class Migration:
    """Files of data on their way to a newer version of the ontology; nothing is written until `write`."""

    def __init__(self, project: Project, files: Sequence[Path], to: str | None = None) -> None:
        """Read the steps and the files; raises `SourceError` if that cannot be done, or there are no steps."""
        if not project.migrations.is_dir():
            advice = "name a project with its ontology: clustergraph --project … migrate"
            raise SourceError(f"there is no folder {project.migrations}", advice=advice)
        self._steps = steps(project.migrations, to)
        self._sources = [Source.read(path) for path in find(files)]
        self._store = Store()
        for quad in read_all(rdf_files(*project.ontology.folders)):
            self._store.add(Quad(quad.subject, quad.predicate, quad.object))
        for source in self._sources:
            self._store.extend(source.quads)

    def run(self) -> Iterator[Effect]:
        """Apply the steps, and yield what those have done that have done something.

        Raises:
            SourceError: an update is not well formed.
        """
        before = self._data()
        for step in self._steps:
            try:
                self._store.update(step.update)
            except SyntaxError as error:
                raise query_error(step.path, step.update, error, PREFIXES) from error
            after = self._data()
            went, came = before - after, after - before
            if went or came:
                self._settle(went, came)
                yield Effect(step, len(went), len(came))
            before = after

    @cached_property
    def texts(self) -> dict[Path, str]:
        """The new contents of the files that have changed; raises `SourceError` if one cannot be written."""
        return {source.path: source.text() for source in self._sources if source.changed}

    def write(self) -> None:
        """Write the files that have changed, each whole or not at all."""
        for path, text in self.texts.items():
            write_pieces(path, [text.encode()])

    def remains(self, *, written: bool) -> list[Remains]:
        """Return the statements whose terms no step could carry over, with their places in the files as they are."""
        terms = {old: new for step in self._steps for old, new in step.terms.items()}
        places = Places([source.path for source in self._sources], None)
        found = []
        for source in self._sources:
            for quad in read(source.path) if written else source.quads:
                for term in terms.keys() & {quad.predicate, quad.object}:
                    assert not isinstance(quad.subject, Triple)
                    where = places.find(quad.subject, quad.predicate, quad.object)
                    found.append(Remains(term, terms[term], where))
        return sorted(found, key=lambda each: (str(each.where and each.where.path), each.where and each.where.start))

    def _data(self) -> set[Quad]:
        return {quad for quad in self._store if quad.graph_name != _DEFAULT}

    def _settle(self, went: set[Quad], came: set[Quad]) -> None:
        """Put new statements into the files where their graphs are, near to what they are about."""
        for quad in sorted(came, key=str):
            max(self._sources, key=lambda source, quad=quad: source.nearness(quad)).add(quad)  # type: ignore[misc]
        for source in self._sources:
            source.discard(went)
