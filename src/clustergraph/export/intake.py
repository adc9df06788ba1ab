"""The way back: the table of a package, perhaps filled in by the clusters, becomes statements of the graph.

Every row is a section of its own, so that what a cluster says of itself stands beside what the documents say. The
columns with sources are not read: the row is the source.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.ask.resolve import nearest
from clustergraph.errors import Cell, SourceError, Where
from clustergraph.export import workbook
from clustergraph.export.eccp import Recipe
from clustergraph.export.form import Column, split
from clustergraph.export.register import HOME, CellError, Register, dated
from clustergraph.graph import Graph
from clustergraph.terms import ONTOLOGY, SCHEME, expand, thing

_DOCUMENT: Final = thing("document", "eccp-profiles")


@dataclass(frozen=True)
class Table:
    """A table that has been read."""

    path: Path
    rows: tuple[Mapping[str, str], ...]
    places: tuple[Where, ...] = ()
    """Where each row is; row after row from the second on if not given."""

    def placed(self) -> Iterator[tuple[Where, Mapping[str, str]]]:
        """Yield the rows, each with its place."""
        for number, row in enumerate(self.rows):
            yield (self.places[number] if self.places else Where(self.path, cell=Cell(number + 2))), row

    @classmethod
    def read(cls, path: Path, columns: Sequence[Column]) -> Table:
        """Return the table in a CSV file or a workbook.

        Raises:
            SourceError: it cannot be read, or its columns are not those of the form.
        """
        try:
            numbered = list(_rows(path))
        except (OSError, ValueError, csv.Error) as error:
            raise SourceError(f"the table cannot be read: {error}", where=Where(path)) from error
        headings = [heading.strip() for heading in numbered[0][1]] if numbered else []
        known = ["IRI", *(heading for column in columns for heading in column.headings)]
        if "Name" not in headings:
            raise SourceError("the table has no column Name", where=Where(path, 1), advice="begin with profiles.csv")
        if unknown := [heading for heading in headings if heading not in known]:
            near = nearest(unknown[0], known, 1)
            advice = f"did you mean {near[0]!r}?" if near else "remove it"
            raise SourceError(f"the form has no column {unknown[0]!r}", where=Where(path, 1), advice=advice)
        found = [
            (where, dict(zip(headings, (cell.strip() for cell in line), strict=False))) for where, line in numbered[1:]
        ]
        filled = [(where, row) for where, row in found if any(row.values())]
        return cls(path, tuple(row for _, row in filled), tuple(where for where, _ in filled))


def _rows(path: Path) -> Iterator[tuple[Where, list[str]]]:
    """Yield the rows of a table, each with its place."""
    data = path.read_bytes()
    if path.suffix == ".xlsx":
        sheet, rows = workbook.read(data)
        for number, row in enumerate(rows, 1):
            yield Where(path, cell=Cell(number, sheet=sheet)), row
        return
    reader, line = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")), 1
    for number, row in enumerate(reader, 1):
        yield Where(path, line, cell=Cell(number)), row
        line = reader.line_num + 1


def read(
    table: Table, graph: Graph, recipe: Recipe, issued: str = "", cells: dict[Quad, Where] | None = None
) -> list[Quad]:
    """Return what a table says, as quads of the graph.

    Args:
        table: the table.
        graph: the graph whose names and codes the table uses.
        recipe: the form that the table follows.
        issued: when it was filled in: a year, month or day.
        cells: takes up which cell each of the quads comes from.

    Raises:
        SourceError: cells do not say what their columns take; it names each.
    """
    register = Register(graph, recipe.lists)
    _describe(register, issued)
    problems = []
    for where, texts in table.placed():
        cell = where.cell or Cell(1)
        register.where = replace(where, cell=replace(cell, column="Name"))
        try:
            row = _Row(register, texts)
        except CellError as error:
            problems.append(f"row {cell.row}, Name: {error}")
            continue
        for column in recipe.columns:
            register.where = replace(where, cell=replace(cell, column=column.name))
            try:
                row.column(column)
            except ValueError as error:
                problems.append(f"row {cell.row} ({row.name}), {column.name}: {error}")
    if problems:
        listed = "\n  ".join(["the table has cells that cannot be read", *problems])
        raise SourceError(listed, where=Where(table.path), advice="mend them and import again")
    if cells is not None:
        cells.update(register.cells)
    return sorted(register.quads, key=str)


def _describe(register: Register, issued: str) -> None:
    sections = NamedNode(HOME + "sections")
    register.reference(sections, "Profiles of the cluster platform", "The rows of imported cluster profiles.")
    register.add(_DOCUMENT, "rdf:type", expand("cg:Document"), sections)
    register.add(_DOCUMENT, "skos:prefLabel", Literal("Cluster profiles, imported", language="en"), sections)
    if issued:
        register.add(_DOCUMENT, "cg:issued", dated(issued), sections)


@dataclass
class _Row:
    """One row: a cluster, and the section that its statements stand in."""

    register: Register
    cells: Mapping[str, str]

    def __post_init__(self) -> None:
        name = self.cells.get("Name", "")
        if not name:
            raise CellError("a row needs a name")
        self.name = name
        self.cluster = self.register.organisation(name, self.cells.get("IRI", ""))
        self.slug = self.cluster.value.rpartition("/")[2]
        self.section = NamedNode(HOME + self.slug)
        sections = NamedNode(HOME + "sections")
        add = self.register.add
        add(self.section, "rdf:type", expand("cg:Section"), sections)
        add(self.section, "skos:prefLabel", Literal(f"Profile of {name}", language="en"), sections)
        add(self.section, "cg:heading", Literal("Cluster profiles"), sections)
        add(self.section, "cg:table", Literal("Cluster profiles"), sections)
        add(self.section, "cg:row", Literal(name), sections)
        add(self.section, "cg:inDocument", _DOCUMENT, sections)
        self.say("cg:kind", NamedNode(SCHEME + "organisation-kind/cluster"))

    def say(self, predicate: str, value: NamedNode | Literal, subject: NamedNode | None = None) -> None:
        """State something in the section of the row."""
        self.register.add(subject or self.cluster, predicate, value, self.section)

    def column(self, column: Column) -> None:
        """Read the cells of one column."""
        cell = self.cells.get(column.name, "")
        if not cell:
            return
        kind = next(iter(column.becomes))
        reader: Callable[[Column, list[str]], None] = getattr(self, f"_{kind}")
        for value in split(cell) if column.many else [[cell, *self._parts(column)]]:
            reader(column, [*value, *[""] * (1 + len(column.parts) - len(value))])

    def _parts(self, column: Column) -> Iterator[str]:
        for part in column.parts:
            yield self.cells.get(f"{column.name}: {part}", "")

    def _name(self, column: Column, value: list[str]) -> None:
        if column.becomes["name"] == "other" or not self._is_preferred(value[0]):
            self.say("cg:spelling", Literal(value[0]))

    def _is_preferred(self, name: str) -> bool:
        query = f"SELECT * {{ {self.cluster} skos:prefLabel ?label FILTER (STR(?label) != {Literal(name)}) }}"
        return not list(self.register.graph.select(query))

    def _language(self, column: Column, value: list[str]) -> None:
        if not re.fullmatch(r"[a-z]{2,3}", value[0]):
            raise CellError(f"{value[0]!r} is not the code of a language; write en for English")
        self.say(column.becomes["language"], Literal(value[0], datatype=expand("xsd:language")))

    def _fact(self, column: Column, value: list[str]) -> None:
        becomes = column.becomes
        if "class" in becomes:
            # A code tells more surely than a name which region is meant.
            names = [text for text in (value[1] if len(value) > 1 else "", value[0]) if text]
            self.say(becomes["fact"], self.register.code(becomes["class"], names[0]))
        elif "list" in becomes:
            found = self.register.official(becomes["official"], value[0]) if "official" in becomes else None
            self.say(becomes["fact"], found or self.register.code(becomes["list"], value[0]))
        elif becomes["type"] == "date":
            self.say(becomes["fact"], dated(value[0]))
        elif becomes["type"] == "xsd:string":
            self.say(becomes["fact"], Literal(value[0]))
        else:
            self.say(becomes["fact"], Literal(value[0], datatype=expand(becomes["type"])))

    def _figure(self, column: Column, value: list[str]) -> None:
        parts = dict(zip(column.parts, value[1:], strict=False))
        if not re.fullmatch(r"\d+(\.\d+)?", value[0]):
            raise CellError(f"{value[0]!r} is not a number; write it in digits, with the rest in the next columns")
        counted = parts.get("counted as") or column.becomes["figure"]
        node = self._statement("figure", "Figure", [counted], parts.get("status", ""))
        kind = "decimal" if "." in value[0] else "integer"
        self.say("cg:subject", self.cluster, node)
        self.say("cg:measure", self.register.code("measure", counted), node)
        self.say("cg:value", Literal(value[0], datatype=expand(f"xsd:{kind}")), node)
        self.say("cg:unit", NamedNode(f"{SCHEME}unit/{column.becomes['unit']}"), node)
        self.say("cg:bound", self.register.code("bound", parts.get("how exact") or "exactly"), node)
        if parts.get("as of"):
            self.say("cg:asOf", dated(parts["as of"]), node)

    def _award(self, column: Column, value: list[str]) -> None:
        label = self.register.code(column.becomes["award"], value[0])
        node = self._statement("award", "LabelAward", [label.value.rpartition("/")[2], *value[1:2]])
        level, since, issuer = (dict(zip(column.parts, value[1:], strict=False)).get(part, "") for part in column.parts)
        self.say("cg:holder", self.cluster, node)
        self.say("cg:label", label, node)
        if level:
            self.say("cg:level", self.register.code("label-level", level), node)
        if since:
            self.say("cg:heldSince", dated(since), node)
        if issuer:
            self.say("cg:issuer", self.register.organisation(issuer), node)

    def _priority(self, column: Column, value: list[str]) -> None:
        theme = self.register.code(column.becomes["priority"], value[0])
        region = self.register.code("cg:Region", value[1])
        node = self._statement("priority", "Priority", [region.value.rpartition("/")[2], value[0]])
        self.say("cg:setBy", region, node)
        self.say("cg:theme", theme, node)

    def _participation(self, column: Column, value: list[str]) -> None:
        activity = self.register.activity(column.becomes["participation"], value[0])
        node = self._statement("participation", "Participation", [value[0], value[1]])
        self.say("cg:participant", self.cluster, node)
        self.say("cg:activity", activity, node)
        self.say("cg:role", self.register.code("participation-role", value[1] or "participant"), node)

    def _tie(self, column: Column, value: list[str]) -> None:
        partner = self.register.find("cg:Region", value[0])
        if partner is None:
            partner = self.register.organisation(value[0])
            if value[1]:
                self.say("cg:country", self.register.code("cg:Country", value[1]), partner)
        node = self._statement("relationship", "Relationship", [value[0], value[2]])
        self.say("cg:party", self.cluster, node)
        self.say("cg:counterparty", partner, node)
        self.say("cg:relationshipKind", self.register.code(column.becomes["tie"], value[2] or "cooperates-with"), node)

    def _statement(self, kind: str, class_: str, words: Sequence[str], status: str = "") -> NamedNode:
        node = self.register.statement(kind, [self.slug, *words])
        self.say("rdf:type", NamedNode(ONTOLOGY + class_), node)
        self.say("cg:status", self.register.code("status", status or "stated"), node)
        return node
