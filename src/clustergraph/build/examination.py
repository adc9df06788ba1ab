"""Validation of any RDF files against any shapes, without a project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from clustergraph.build.labels import Labels
from clustergraph.build.positions import Index, Node
from clustergraph.build.revisions import Difference
from clustergraph.build.sources import rdf_files, read, read_all
from clustergraph.errors import SourceError
from clustergraph.shacl.findings import Finding, Named, in_order
from clustergraph.shacl.scope import affected
from clustergraph.shacl.validate import InvalidShapesError, validate
from clustergraph.shacl.words import Words
from clustergraph.terms import BASE, VOCABULARIES

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
    words: Words

    @classmethod
    def read(
        cls,
        data: Sequence[Path],
        shapes: Sequence[Path] = (),
        others: Sequence[Path] = (),
        background: Sequence[Path] = (),
    ) -> Material:
        """Find the files, and read the shapes.

        Args:
            data: files and folders of data.
            shapes: files and folders of shapes; without them, the data files are expected to have shapes in them.
            others: shapes to use if they have none.
            background: files and folders that belong to the other shapes, with the classes that these are about.

        Raises:
            SourceError: a file cannot be read, or there are no files, or no shapes in them.
        """
        shape_files = find(shapes)
        files = [path for path in find(data) if path not in shape_files] or find(data)
        known: list[Path] = []
        if not shapes and any(map(_has_shapes, files)):
            shape_files = files
        elif not shapes:
            shape_files, known = find(others), [path for path in find(background) if path not in files]
        label = Labels([*files, *shape_files])
        rules = tuple(label.noting(read_all(shape_files)))
        words = Words(rules, label)
        if not words.shapes():
            where = ", ".join(map(str, shapes or data))
            raise SourceError(f"there are no shapes in {where}", advice="name files or folders with --shapes")
        return cls(tuple(files), tuple(shape_files), tuple(known), rules, label, words)

    def quads(self, progress: Progress = lambda _: None) -> Iterator[Quad]:
        """Yield the data.

        Raises:
            SourceError: a file cannot be read.
        """
        for path in (*self.files, *self.background):
            progress(f"reading {path}")
            yield from self.label.noting(read(path))

    def findings(
        self,
        progress: Progress = lambda _: None,
        *,
        engine: str = "sparql",
        difference: Difference | None = None,
    ) -> list[Finding]:
        """Return what is wrong with the data, each thing with its place.

        Args:
            progress: is told what is going on.
            engine: which of the `clustergraph.shacl.validate.ENGINES` validates.
            difference: what has changed; if given, only that is checked, and what it can affect.

        Raises:
            SourceError: a file cannot be read.
            InvalidShapesError: the shapes are not well formed.
        """
        try:
            focus = None if difference is None else self.affected(difference, progress)
            found = validate(
                self.quads(progress), self.shapes, engine=engine, label=self.label, focus=focus, progress=progress
            )
        except InvalidShapesError as error:
            raise error.placed(Index(self.shape_files, BASE).find) from error
        progress("finding the places in the files")
        return self.placed(found)

    def affected(self, difference: Difference, progress: Progress = lambda _: None) -> frozenset[Node | Literal] | None:
        """Return the nodes that a change can affect, or nothing if it can affect all; see `affected`."""
        if not difference:
            return frozenset()
        return affected(self.quads(progress), self.shapes, difference.added, difference.removed)

    def placed(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return findings with their places and with names for shapes that have none, in the order of the files."""
        found = self._about_the_data(findings)
        index = Index(self.files, BASE, frozenset(_subjects(found)))
        return in_order(self._placed(finding, index) for finding in found)

    @cached_property
    def _targeted(self) -> frozenset[NamedNode]:
        """The properties whose values are judged themselves."""
        target = NamedNode(VOCABULARIES["sh"] + "targetObjectsOf")
        found = (quad.object for quad in self.shapes if quad.predicate == target)
        return frozenset(node for node in found if isinstance(node, NamedNode))

    def _about_the_data(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return findings without those about what the background says."""
        found = [*findings]
        if not (self.background and found):
            return found
        nodes = {node for path in self.files for quad in read(path) for node in (quad.subject, quad.object)}
        return [finding for finding in found if finding.focus.term in nodes]

    def _placed(self, finding: Finding, index: Index) -> Finding:
        shape = finding.shape
        if isinstance(shape.term, BlankNode):
            shape = Named(shape.term, self.words.title(shape.term))
        details = tuple(self._placed(detail, index) for detail in finding.details)
        subject = finding.focus.term
        if isinstance(subject, Literal):
            return replace(finding, shape=shape, details=details, where=index.value(subject, self._targeted))
        if not isinstance(subject, NamedNode | BlankNode):
            return replace(finding, shape=shape, details=details)
        predicate = finding.path.term if finding.path and isinstance(finding.path.term, NamedNode) else None
        value = finding.value.term if finding.path and finding.value else None
        object_ = value if isinstance(value, NamedNode | BlankNode | Literal) else None
        return replace(finding, shape=shape, details=details, where=index.find(subject, predicate, object_))


def _subjects(findings: Iterable[Finding]) -> Iterator[Node]:
    """Yield the nodes whose places are needed."""
    for finding in findings:
        if isinstance(finding.focus.term, NamedNode | BlankNode):
            yield finding.focus.term
        if finding.value and isinstance(finding.value.term, BlankNode):
            yield finding.value.term
        yield from _subjects(finding.details)


def find(paths: Sequence[Path]) -> list[Path]:
    """Return the RDF files below paths, without those in hidden folders.

    Raises:
        SourceError: a path does not exist or names a file that is not RDF, or a folder has no RDF in it.
    """
    found: list[Path] = []
    for path in paths:
        files = rdf_files(path)
        if path.is_dir():
            files = [file for file in files if not any(part[0] == "." for part in file.relative_to(path).parts)]
        if not files:
            raise SourceError(f"there is no RDF in {path}", advice="use .ttl, .trig, .nt, .nq, .rdf or .jsonld")
        found += files
    return [*dict.fromkeys(found)]


def read_shapes(paths: Sequence[Path]) -> Words:
    """Return the words for the shapes in files and folders.

    Raises:
        SourceError: a file cannot be read, or there are none.
    """
    files = find(paths)
    label = Labels(files)
    return Words([*label.noting(read_all(files))], label)


def _has_shapes(path: Path) -> bool:
    content = path.read_bytes()
    # Only a file that names the vocabulary somewhere is worth reading.
    return _SHACL in content and any(quad.predicate.value.startswith(_SHACL.decode()) for quad in read(path))
