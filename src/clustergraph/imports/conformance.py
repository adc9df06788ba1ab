"""Whether what comes out of tables conforms to the shapes of their profile, told with row and column."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Store

from clustergraph.errors import SheetCell, Where
from clustergraph.imports.gathering import Given, Making
from clustergraph.imports.statements import Problem
from clustergraph.rdf.lines import Line, batches
from clustergraph.rdf.origins import ImportedFile
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.shapes import Shapes
from clustergraph.shacl.triples import Node, Subject
from clustergraph.shacl.validate import validate
from clustergraph.terms import expand

_IN_MEMORY: Final = 300_000
"""So many statements are judged in memory, more of them on disk."""
_PIECE: Final = 200_000
_CLASSES: Final = (expand("rdf:type"), expand("rdfs:subClassOf"))
_ANY: Final = {expand("sh:closed"), expand("sh:sparql"), expand("sh:target")}
"""With one of these, shapes can look at any property."""


class Conformance:
    """What is wrong with the data of an import."""

    def __init__(self, data: Path, statements: int, folder: Path, shapes: Sequence[Quad]) -> None:
        self._file = ImportedFile(data)
        store = Store() if statements < _IN_MEMORY else Store(str(folder / "store"))
        end = len(f" {self._file.graph} .\n".encode())
        with gzip.open(data) as file:
            for piece in batches(_looked_at(file, shapes), _PIECE):
                store.bulk_load(b"".join(line[:-end] + b" .\n" for line in piece), RdfFormat.N_TRIPLES)
        self._found = validate(store, Shapes(shapes), locate=self._locate)

    def _locate(self, subject: Subject, predicate: NamedNode | None, value: Node | None) -> Where | None:
        origins, graph = self._file.origins, self._file.graph
        row = origins.find(f"{subject} {predicate} {value} {graph} .\n") or origins.find(str(subject))
        return Where(Path(row.table), cell=SheetCell(row.row)) if row else None

    def problems(self, given: Sequence[Given], making: Making) -> Iterator[tuple[str, Problem]]:
        """Yield the violations, each with the label of its table."""
        tables = {each.label: _Columns(each, making) for each in given}
        for finding in self._found:
            if finding.severity is not Severity.VIOLATION:
                continue
            label = finding.where.path.name if finding.where else ""
            row = finding.where.cell.row if finding.where and finding.where.cell else 0
            column = tables[label].of(finding) if label in tables else ""
            value = str(finding.value) if finding.value and finding.value != finding.focus else ""
            yield label, Problem(row, column, value, "", finding.reason())

    def remarks(self) -> list[str]:
        """Return what is not wrong but worth a look."""
        others = [each for each in self._found if each.severity is not Severity.VIOLATION]
        return [f"{each.where}: {each.reason()}" for each in others]


def _looked_at(lines: Iterable[Line], shapes: Sequence[Quad]) -> Iterator[Line]:
    """Yield the statements that shapes can look at: their properties, and classes."""
    terms = {term for quad in shapes for term in (quad.predicate, quad.object)}
    every = not terms.isdisjoint(_ANY)
    named = {str(term).encode() for term in (*terms, *_CLASSES) if isinstance(term, NamedNode)}
    for line in lines:
        if not line.startswith(b"#") and (every or line.split(b" ", 2)[1] in named):
            yield line


class _Columns:
    """Which columns of a table the values of properties come from."""

    def __init__(self, given: Given, making: Making) -> None:
        construct = given.described.construct(making.base, making.prefixes)
        pairs = zip(given.heads.columns, given.heads.headings, strict=True)
        self._headings = {column.name: heading for column, heading in pairs if column}
        self._sources = construct.columns_of

    def of(self, finding: Finding) -> str:
        """Return the headings of the columns that a finding is about."""
        path = finding.path.term if finding.path else None
        names = self._sources.get(path.value, frozenset()) if isinstance(path, NamedNode) else frozenset()
        return " | ".join(heading for name, heading in self._headings.items() if name in names)
