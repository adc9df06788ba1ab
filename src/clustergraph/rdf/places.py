"""Where a subject or a statement of a graph is written: in its files, or in the cells that it was imported from.

The engine parses the files but keeps no places; they are read again, only to find them, when one is asked for. Which
cell of a table a statement comes from is kept in a file beside the data, and never in it.
"""

from __future__ import annotations

import csv
import io
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from clustergraph.errors import SheetCell, SourceError, Where
from clustergraph.formats import of_file
from clustergraph.rdf import positions
from clustergraph.rdf.origins import ImportedFile
from clustergraph.rdf.reading import Blanks, base_of, content, is_packed
from clustergraph.rdf.turtle import Node, Value
from clustergraph.terms import expand

_Key: TypeAlias = tuple[Node | Triple, NamedNode | None, Value | None]
"""A statement, or a subject if the other two are missing."""
_Found: TypeAlias = "tuple[_Text, int, _Key]"
_TYPE: Final = expand("rdf:type")
_HEADINGS: Final = ("table", "sheet", "row", "column", "line", "statement")


@dataclass
class Places:
    """Finds subjects and statements in files; the files are read when the first one is asked for.

    Blank nodes have the names that `clustergraph.rdf.reading.read` gives them.
    """

    paths: Iterable[Path]
    base: str | None = ""
    """What relative IRIs are relative to; None for what each file has, as it is read into a graph."""
    wanted: Set[Node] | None = None
    """The only subjects that will be asked for, if they are known."""
    _values: dict[frozenset[NamedNode], dict[Value, _Found]] = field(default_factory=dict, init=False, repr=False)
    """For properties that have been asked for, where their values are."""

    def find(self, subject: Node, predicate: NamedNode | None = None, object_: Value | None = None) -> Where | None:
        """Return where a statement is written, or else the nearest thing to it that is, or None.

        Without a predicate it is any statement with the object. Nearest is the first statement with the predicate, then
        the subject, then where the subject is named as an object.
        """
        described, mentions = self._found
        exact, *nearest = ((subject, predicate, object_), (subject, predicate, None), (subject, None, None))
        if exact not in described and (row := self._row(f"{subject} {predicate} {object_}")):
            return row
        found = next((described[key] for key in (exact, *nearest) if key in described), None)
        if found is None and (row := self._row(str(subject))):
            return row
        found = found or mentions.get(subject)
        return found and found[0].where(*found[1:])

    def _row(self, of: str) -> Where | None:
        """Return the row of an imported table that a triple or a subject comes from, or None."""
        for each in self._imports:
            found = each.origins.find(f"{of} {each.graph} .\n" if " " in of else of)
            if found:
                return Where(Path(each.name, found.table), cell=SheetCell(found.row))
        return None

    @cached_property
    def _imports(self) -> list[ImportedFile]:
        wanted = None if self.wanted is None else {str(node).encode() for node in self.wanted}
        return [ImportedFile(path, wanted) for path in self.paths if is_packed(path)]

    def value(self, value: Literal, predicates: Set[NamedNode]) -> Where | None:
        """Return where a literal is first written as the value of one of some properties, or None."""
        of_these = frozenset(predicates)
        if of_these not in self._values:
            found = self._values[of_these] = {}
            for text in self._texts():
                for subject, predicate, object_, _, start in text.statements():
                    if predicate in of_these:
                        found.setdefault(object_, (text, start, (subject, predicate, object_)))
        known = self._values[of_these].get(value)
        return known and known[0].where(*known[1:])

    @cached_property
    def _found(self) -> tuple[dict[_Key, _Found], dict[Value, _Found]]:
        """Where statements and subjects are, and where nodes are named as objects."""
        found: dict[_Key, _Found] = {}
        classes: dict[_Key, _Found] = {}
        mentions: dict[Value, _Found] = {}
        wanted = self.wanted
        for text in self._texts():
            for subject, predicate, object_, of_subject, start in text.statements():
                full = (subject, predicate, object_)
                if not isinstance(object_, Literal) and (wanted is None or object_ in wanted):
                    mentions.setdefault(object_, (text, start, full))
                if wanted is not None and subject not in wanted:
                    continue
                for key in (full, (subject, predicate, None), (subject, None, object_)):
                    found.setdefault(key, (text, start, full))
                # A subject is described where its class is given, and only mentioned elsewhere.
                alone = (subject, None, None)
                (classes if predicate == _TYPE else found).setdefault(alone, (text, of_subject, alone))
        return found | classes, mentions

    def _texts(self) -> Iterator[_Text]:
        for path in self.paths:
            if (format_ := of_file(path)) and not is_packed(path):
                yield _Text(path, format_.engine, base_of(path) if self.base is None else self.base)


class _Text:
    """The text of a file."""

    def __init__(self, path: Path, format_: RdfFormat, base: str) -> None:
        self._path, self._format, self._base = path, format_, base
        self._content = content(path)
        self._cells = cells_of(path)
        self._known = (0, 1)
        """A place whose column is known, and its column; a file may be one long line."""

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line starts."""
        starts = [0]
        while following := self._content.find(b"\n", starts[-1]) + 1:
            starts.append(following)
        return starts

    def where(self, start: int, key: _Key) -> Where:
        """Return the line and column of a place, or the cell from which a statement or a subject was imported."""
        if imported := self._cells.get(key):
            return imported
        line = bisect_right(self._lines, start)
        known, column = max((self._lines[line - 1], 1), self._known if self._known[0] <= start else (0, 1))
        column += len(self._content[known:start].decode(errors="ignore"))
        self._known = (start, column)
        return Where(self._path, line, column)

    def statements(self) -> Iterator[tuple[Node | Triple, NamedNode, Value, int, int]]:
        """Yield the terms of each statement, and the places of its subject and object, up to what cannot be read."""
        blanks = Blanks(self._path)
        try:
            for quad, of_subject, of_object in positions.located(self._content, self._format, self._base):
                named = blanks.quad(quad)
                yield named.subject, named.predicate, named.object, of_subject, of_object
        except (SyntaxError, UnicodeDecodeError):
            return


def cells_file(data: Path) -> Path:
    """Return the path of the file beside a file of data that says which cells its statements come from."""
    return data.with_name(f"{data.name}.cells.csv")


def cells_text(data: Path, cells: Mapping[Quad, Where | None]) -> str:
    """Return the file that belongs beside a file of data, from where each of its statements comes from."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(_HEADINGS)
    for quad, where in cells.items():
        if where and (cell := where.cell):
            table = Path(os.path.relpath(where.path.resolve(), data.resolve().parent)).as_posix()
            rows.writerow([table, cell.sheet, cell.row, cell.column, where.line or "", f"{quad.triple} ."])
    return written.getvalue()


def cells_of(data: Path) -> dict[_Key, Where]:
    """Return the cells that triples and subjects come from; raises `SourceError` if the file beside cannot be read."""
    path, found = cells_file(data), dict[_Key, Where]()
    if not path.is_file():
        return found
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
        triples = parse("\n".join(row["statement"] for row in rows), format=RdfFormat.N_TRIPLES)
        for row, quad in zip(rows, triples, strict=True):
            cell = SheetCell(int(row["row"]), row["column"], row["sheet"])
            where = Where(data.parent / row["table"], int(row["line"]) if row["line"] else None, cell=cell)
            found.setdefault((quad.subject, quad.predicate, quad.object), where)
            found.setdefault((quad.subject, None, None), where)
    except (OSError, ValueError, KeyError, SyntaxError, csv.Error) as error:
        advice = "import the table again"
        raise SourceError("this does not say which cells", where=Where(path), advice=advice) from error
    return found
