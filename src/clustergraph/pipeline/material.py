"""Validation of any RDF files against any shapes, without a project: those of a user, and what a stranger sends."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from clustergraph.engine.sandbox import opening_files
from clustergraph.errors import SourceError
from clustergraph.pipeline.project import Project
from clustergraph.rdf.labels import Labels
from clustergraph.rdf.places import Places
from clustergraph.rdf.reading import rdf_files, read, read_all
from clustergraph.rdf.turtle import Node
from clustergraph.release.changes import Changes
from clustergraph.shacl import reports
from clustergraph.shacl.findings import Finding, Named, in_order
from clustergraph.shacl.scope import affected
from clustergraph.shacl.shapes import Shapes
from clustergraph.shacl.triples import Triples
from clustergraph.shacl.validate import InvalidShapesError, validate
from clustergraph.shacl.wording import Wording
from clustergraph.terms import VOCABULARIES

Progress = Callable[[str], None]

_SHACL: Final = VOCABULARIES["sh"].encode()


@dataclass(frozen=True)
class Material:
    """Files of data, and the shapes that they are judged by."""

    files: tuple[Path, ...]
    shape_files: tuple[Path, ...]
    background: tuple[Path, ...]
    """Files that say what the terms of the data mean; they are not judged themselves."""
    shapes: tuple[Quad, ...]
    label: Labels
    words: Wording

    @classmethod
    def read(cls, data: Sequence[Path], shapes: Sequence[Path] = (), project: Project | None = None) -> Material:
        """Find the files, and read the shapes; `SourceError` if there are none, or they cannot be read.

        Without shapes, they are expected among the data; if there are none, those for the graph of a project are used,
        together with its ontology and reference data as the background.
        """
        shape_files = find(shapes)
        files = [path for path in find(data) if path not in shape_files] or find(data)
        known: list[Path] = []
        if not shapes and any(map(_has_shapes, files)):
            shape_files = files
        elif not shapes and project:
            described = rdf_files(*project.ontology.folders, *project.reference.folders)
            shape_files, known = project.shape_files(), [path for path in described if path not in files]
        label = Labels([*files, *shape_files])
        rules = tuple(label.noting(read_all(shape_files)))
        words = Wording(Triples(rules), label)
        if not words.shapes():
            deque(read_all(files), maxlen=0)  # a fault in them comes first
            where = ", ".join(map(str, shapes or data))
            raise SourceError(f"there are no shapes in {where}", advice="name files or folders with --shapes")
        return cls(tuple(files), tuple(shape_files), tuple(known), rules, label, words)

    def quads(self, progress: Progress = lambda _: None) -> Iterator[Quad]:
        """Yield the data; `SourceError` if a file cannot be read."""
        for path in (*self.files, *self.background):
            progress(f"reading {path}")
            yield from self.label.noting(read(path))

    def findings(
        self,
        progress: Progress = lambda _: None,
        *,
        engine: str = "sparql",
        difference: Changes | None = None,
        lenient: bool = False,
    ) -> list[Finding]:
        """Return what is wrong with the data, each thing with its place.

        If a difference is given, only that is checked, and what it can affect. Who is lenient uses shapes without a
        check whether they are well formed.

        Raises:
            SourceError: a file cannot be read.
            InvalidShapesError: the shapes are not well formed, or cannot be used.
        """
        try:
            focus = None if difference is None else self.affected(difference, progress)
            shapes = Shapes(self.shapes, checked=lenient)
            found = validate(
                self.quads(progress), shapes, engine=engine, label=self.label, focus=focus, progress=progress
            )
        except InvalidShapesError as error:
            raise error.placed(Places(self.shape_files, None).find) from error
        progress("finding the places in the files")
        return self.placed(found)

    def affected(self, difference: Changes, progress: Progress = lambda _: None) -> frozenset[Node | Literal] | None:
        """Return the nodes that a change can affect, or None if it can affect all."""
        if not difference:
            return frozenset()
        return affected(self.quads(progress), self.shapes, difference.added, difference.removed)

    def placed(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return findings about the data with their places and with names for shapes, in the order of the files."""
        found = [*findings]
        if self.background and found:
            nodes = {node for path in self.files for quad in read(path) for node in (quad.subject, quad.object)}
            found = [finding for finding in found if finding.focus.term in nodes]
        places = Places(self.files, None, frozenset(_subjects(found)))
        return in_order(self._placed(finding, places) for finding in found)

    @cached_property
    def _targeted(self) -> frozenset[NamedNode]:
        """The properties whose values are judged themselves."""
        target = NamedNode(VOCABULARIES["sh"] + "targetObjectsOf")
        found = (quad.object for quad in self.shapes if quad.predicate == target)
        return frozenset(node for node in found if isinstance(node, NamedNode))

    def _placed(self, finding: Finding, places: Places) -> Finding:
        shape, subject, where = finding.shape, finding.focus.term, None
        if isinstance(shape.term, BlankNode):
            shape = Named(shape.term, self.words.title(shape.term))
        if isinstance(subject, Literal):
            where = places.value(subject, self._targeted)
        elif isinstance(subject, NamedNode | BlankNode):
            predicate = finding.path.term if finding.path and isinstance(finding.path.term, NamedNode) else None
            value = finding.value.term if finding.path and finding.value else None
            where = places.find(subject, predicate, None if isinstance(value, Triple) else value)
        details = tuple(self._placed(detail, places) for detail in finding.details)
        return replace(finding, shape=shape, details=details, where=where)


def _subjects(findings: Iterable[Finding]) -> Iterator[Node]:
    """Yield the nodes whose places are needed."""
    for finding in findings:
        if isinstance(finding.focus.term, NamedNode | BlankNode):
            yield finding.focus.term
        if finding.value and isinstance(finding.value.term, BlankNode):
            yield finding.value.term
        yield from _subjects(finding.details)


def find(paths: Sequence[Path]) -> list[Path]:
    """Return the RDF files below paths, without those in hidden folders; `SourceError` if one has none."""
    found: list[Path] = []
    for path in paths:
        files = rdf_files(path)
        if path.is_dir():
            files = [file for file in files if not any(part[0] == "." for part in file.relative_to(path).parts)]
        if not files:
            raise SourceError(f"there is no RDF in {path}", advice="use .ttl, .trig, .nt, .nq, .rdf or .jsonld")
        found += files
    return [*dict.fromkeys(found)]


def read_shapes(paths: Sequence[Path]) -> Wording:
    """Return the words for the shapes in files and folders; `SourceError` if they cannot be read."""
    files = find(paths)
    label = Labels(files)
    return Wording(Triples(label.noting(read_all(files))), label)


def _has_shapes(path: Path) -> bool:
    content = path.read_bytes()
    # Only a file that names the vocabulary somewhere is worth reading.
    return _SHACL in content and any(quad.predicate.value.startswith(_SHACL.decode()) for quad in read(path))


def prepare() -> None:
    """Load what validation needs, such as the shapes of shapes, as long as files can be opened."""
    validate([], [])


def report(folder: Path, data: str, shapes: str, project: Path | None, format_: str) -> str:
    """Return a report on what a stranger sends; a job for `clustergraph.engine.pool.Pool.run`.

    While the queries of the shapes run, the process can open no file and no connection. The files are in a folder of
    their own, and told of by their names in it; without one of shapes, its name is empty: see `Material.read`.

    Raises:
        SourceError: data or shapes cannot be read.
        InvalidShapesError: the shapes are not well formed.
    """
    os.chdir(folder)
    given = [Path(shapes)] if shapes else []
    material = Material.read([Path(data)], given, Project(project) if project else None)
    quads = list(material.quads())
    prepare()
    with opening_files(allowed=False):
        found = validate(quads, material.shapes, label=material.label)
    return reports.write(material.placed(found), format_)
