"""The way back: what has been changed in the table of a package becomes statements of the graph.

Every row is a section of its own, so that what a cluster says of itself stands beside what the documents say. The
columns with sources are not read: the row is the source. A row is read twice, as it is and as it was exported, and what
is said in both has not been changed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.eccp.form import EXPORTED, PROFILES, FormColumn, headings
from clustergraph.eccp.form import row as form_row
from clustergraph.eccp.recipe import ClusterProfile, PackageOrigin, Recipe
from clustergraph.errors import SheetCell, SourceError, Where
from clustergraph.graph import Graph
from clustergraph.questions.names import Choices, nearest
from clustergraph.questions.parameters import dated
from clustergraph.questions.question import Parameter
from clustergraph.rdf.files import decoded
from clustergraph.rdf.places import cells_of
from clustergraph.rdf.reading import content, solutions
from clustergraph.rdf.reading import read as read_file
from clustergraph.spreadsheet import unguarded
from clustergraph.terms import HOME, ONTOLOGY, SCHEME, compact, expand, own, slug, slug_of

_HOME: Final = "graph/eccp/"
"""Where the graphs of imported profiles are."""
_DOCUMENT: Final = expand("document:eccp-profiles")
_TYPE: Final = expand("rdf:type")
_ISSUED: Final = expand("cg:issued")
_Cells: TypeAlias = dict[str, str]
"""The cells of a row by heading."""
_NEW: Final = {
    "cg:Organisation": ("organisation", "organisations"),
    "cg:Partnership": ("partnership", "activities"),
    "cg:Project": ("project", "activities"),
    "cg:Network": ("network", "activities"),
}
"""How a new thing of a class is called in its IRI, and the graph that it is introduced in."""
_BESIDES: Final = {"cg:Network": "cg:Activity"}
"""What a column names besides the things of a class: pilots and platforms stand with the networks."""
_LONGEST: Final = 100


class Reading(NamedTuple):
    """What a table says: statements, each with the first cell that it comes from."""

    profiles: int
    said: dict[Quad, Where | None]
    """What is new in the table, with the sections that it stands in."""
    gone: dict[Quad, Where | None]
    """What the table said as it was exported, and says no more."""

    def merged(self, target: Path) -> dict[Quad, Where | None]:
        """Return what a file of earlier imports says once the table has been read."""
        earlier = list(read_file(target)) if target.is_file() else []
        dated = any(quad.predicate == _ISSUED for quad in self.said)
        fresh = {each for each in _typed(self.said) if dated or each[0] != _DOCUMENT}
        cells = cells_of(target)
        kept = [quad for quad in earlier if quad not in self.gone and _node(quad) not in fresh]
        quads = {quad: cells.get((quad.subject, quad.predicate, quad.object)) for quad in kept} | self.said
        homes = {quad.graph_name for quad in quads} | {_DOCUMENT}
        return {quad: at for quad, at in quads.items() if quad.graph_name != _sections() or quad.subject in homes}


def _sections() -> NamedNode:
    """Return the graph that describes the sections."""
    return own(_HOME + "sections")


def _node(quad: Quad) -> tuple[object, object]:
    """Return what a statement is about, with its graph."""
    return quad.subject, quad.graph_name


def _typed(quads: Iterable[Quad]) -> set[tuple[object, object]]:
    """Return what is described as a whole."""
    return {_node(quad) for quad in quads if quad.predicate == _TYPE}


def read(path: Path, graph: Graph, recipe: Recipe, issued: str = "") -> Reading:
    """Return what is new in a table: a CSV file or workbook that follows the form of a recipe, with names of a graph.

    It was issued, that is filled in, in a year or month or on a day. A workbook holds what was exported; for a CSV file
    that is what the graph says now.

    Raises:
        SourceError: it cannot be read, its columns are not those of the form, or cells do not say what their columns
            take; it names each of these.
    """
    rows, exported = _table(path, recipe.columns)
    now, before = (_Register(graph, recipe, issued) for _ in range(2))
    problems = [problem for where, cells in rows for problem in _problems(now, before, where, cells, exported)]
    if problems:
        listed = "\n  ".join(["the table has cells that cannot be read", *problems])
        raise SourceError(listed, where=Where(path), advice="mend them and import again")
    changed = {_node(quad) for quad in now.quads.keys() ^ before.quads.keys()} & _typed(now.quads)
    new = {quad for quad in now.quads if quad not in before.quads or _node(quad) in changed}
    homes = {quad.graph_name for quad in new} | {_sections(), _DOCUMENT} if new else set()
    said = {q: at for q, at in now.quads.items() if q in new or (q.graph_name == _sections() and q.subject in homes)}
    return Reading(len(rows), said, {quad: at for quad, at in before.quads.items() if quad not in now.quads})


def _table(path: Path, columns: Sequence[FormColumn]) -> tuple[list[tuple[Where, _Cells]], dict[str, _Cells]]:
    """Return the rows of a table that say anything, each with its place, and those that were exported, by IRI."""
    try:
        (_, first), *lines = list(_rows(path)) or [(Where(path), [])]
        exported = list(_rows(path, EXPORTED)) if path.suffix == ".xlsx" else []
    except (OSError, ValueError, csv.Error) as error:
        raise SourceError(f"the table cannot be read: {error}", where=Where(path)) from error
    found, known = [heading.strip() for heading in first], headings(columns)
    if "Name" not in found:
        raise SourceError("the table has no column Name", where=Where(path, 1), advice="begin with profiles.csv")
    if unknown := [heading for heading in found if heading not in known]:
        near = nearest(unknown[0], known, 1)
        advice = f"did you mean {near[0]!r}?" if near else "remove it"
        raise SourceError(f"the form has no column {unknown[0]!r}", where=Where(path, 1), advice=advice)
    rows = [(where, _cells(found, line)) for where, line in lines if any(cell.strip() for cell in line)]
    before = [_cells(exported[0][1], line) for _, line in exported[1:]]
    return rows, {cells.get("IRI", ""): cells for cells in before}


def _cells(headings: Sequence[str], line: Sequence[str]) -> _Cells:
    return {heading: cell.strip() for heading, cell in zip_longest(headings, line[: len(headings)], fillvalue="")}


def _rows(path: Path, name: str = "") -> Iterator[tuple[Where, list[str]]]:
    """Yield the rows of a file, each with its place; those of the profiles in a workbook, or of the sheet of a name."""
    data = content(path)
    if path.suffix == ".xlsx":
        from clustergraph.eccp import workbook  # slow to import

        sheets = workbook.read(data)
        sheet = name or (PROFILES if PROFILES in sheets else next(iter(sheets)))
        for number, row in enumerate(sheets.get(sheet, ()), 1):
            yield Where(path, cell=SheetCell(number, sheet=sheet)), row
        return
    text = decoded(data, path, "the table cannot be read: this is not UTF-8")
    reader, line = csv.reader(io.StringIO(text, newline="")), 1
    for number, row in enumerate(reader, 1):
        yield Where(path, line, cell=SheetCell(number)), list(map(unguarded, row))
        line = reader.line_num + 1


def _problems(
    now: _Register, before: _Register, where: Where, cells: _Cells, exported: Mapping[str, _Cells]
) -> Iterator[str]:
    """Take up the statements of a row, as it is and as it was exported, and yield what is wrong with its cells."""
    assert where.cell is not None
    number, sheet = where.cell.row, where.cell.sheet
    now.where = Where(where.path, where.line, cell=SheetCell(number, "Name", sheet))
    try:
        row = _Row(now, cells)
    except (SourceError, ValueError) as error:
        yield f"row {number}, Name: {error}"
        return
    old = now.exported(row.cluster, exported)
    was = _Row(before, old) if old else None
    for column in now.recipe.columns:
        now.where = before.where = Where(where.path, where.line, cell=SheetCell(number, column.name, sheet))
        if all(cells.get(heading, same) == same for heading in column.headings for same in [old.get(heading, "")]):
            cells |= {heading: old.get(heading, "") for heading in column.headings}  # also what nobody is asked for
        if was:
            with suppress(SourceError, ValueError):
                was.column(column)
        try:
            row.column(column)
        except (SourceError, ValueError) as error:
            if column.values(cells) != column.values(old):
                yield f"row {number} ({cells['Name']}), {column.name}: {error}"


@dataclass
class _Register:
    """What the statements of a table are made of: things that a graph knows, and new ones."""

    graph: Graph
    recipe: Recipe
    issued: str = ""
    where: Where | None = None
    """The cell that statements come from."""
    quads: dict[Quad, Where | None] = field(default_factory=dict)
    _given: set[NamedNode] = field(default_factory=set)
    """For each class or list the IRIs by name without accents, case and punctuation."""

    def __post_init__(self) -> None:
        """Describe the document that the sections are in."""
        self.reference(_sections(), "Profiles of the cluster platform", "The rows of imported cluster profiles.")
        self.add(_DOCUMENT, "rdf:type", expand("cg:Document"), _sections())
        self.add(_DOCUMENT, "skos:prefLabel", Literal("Cluster profiles, imported", language="en"), _sections())
        if self.issued:
            self.add(_DOCUMENT, "cg:issued", _dated(self.issued), _sections())

    def exported(self, cluster: NamedNode, rows: Mapping[str, _Cells]) -> _Cells:
        """Return the row of a cluster as it was exported, or as it would be now; nothing for who is no cluster yet."""
        if cluster.value not in self.choices("cg:Cluster"):
            return {}
        if cluster.value in rows:
            return rows[cluster.value]
        profile = ClusterProfile(self.graph, self.recipe, PackageOrigin("", str(date.today())), cluster)
        columns = self.recipe.columns
        return dict(zip(headings(columns), form_row(columns, cluster.value, profile.answers), strict=True))

    def reference(self, graph: NamedNode, title: str, description: str) -> None:
        """Describe a graph of identities."""
        self.add(graph, "rdf:type", expand("cg:ReferenceGraph"), graph)
        self.add(graph, "skos:prefLabel", Literal(title, language="en"), graph)
        self.add(graph, "dcterms:description", Literal(description, language="en"), graph)

    def add(self, subject: NamedNode, predicate: str, value: NamedNode | Literal, graph: NamedNode) -> None:
        """Add a statement to a graph."""
        self.quads.setdefault(Quad(subject, expand(predicate), value, graph), self.where)

    def statement(self, kind: str, words: Sequence[str]) -> NamedNode:
        """Return a new IRI for a statement."""
        stem = slug("-".join(["eccp", *words]))[:_LONGEST].strip("-")
        node, number = own(f"id/{kind}/{stem}"), 1
        while node in self._given:
            number += 1
            node = own(f"id/{kind}/{stem}-{number}")
        self._given.add(node)
        return node

    def find(self, of: str, name: str) -> NamedNode | None:
        """Return what a name means among the things of a class (a prefixed name) or a code list, or None.

        It is none where several things bear the name equally well.
        """
        same, _ = self.choices(of).meant(name)
        return NamedNode(same[0]) if len(same) == 1 else None

    def choices(self, of: str) -> Choices:
        """Return the things of a class, or the codes of a list, by their names."""
        return self.graph.choices(Parameter("name", "", "iri" if ":" in of else "code", of))

    def code(self, of: str, name: str) -> NamedNode:
        """Return what a name means; see `find`.

        Raises:
            SourceError: nothing has that name; it names the nearest.
        """
        found = self.find(of, name)
        if found is None:
            if several := self.choices(of).meant(name)[0]:
                advice = f"give one of: {', '.join(compact(iri).strip('<>') for iri in several)}"
                raise SourceError(f"{name!r} is a name of {len(several)} things", advice=advice)
            near = self.choices(of).like(name)
            hint = f"did you mean {' or '.join(repr(other) for other in near)}?" if near else f"see the list {of}"
            raise SourceError(f"{name!r} is not known", advice=hint)
        return found

    def official(self, scheme: str, name: str) -> NamedNode | None:
        """Return a value of the sources that a value of an official list covers, or None."""
        rows = solutions(
            self.recipe.lists,
            f"""SELECT ?covered {{ ?code skos:inScheme <{SCHEME}{scheme}> ; skos:prefLabel|skos:notation ?label ;
              skos:exactMatch|skos:closeMatch|skos:narrowMatch ?covered FILTER (STR(?label) = {Literal(name)}) }}
              ORDER BY ?covered LIMIT 1""",
        )
        return next((row["covered"] for row in rows), None)

    def known(self, of: str, name: str, iri: str = "") -> NamedNode:
        """Return what a name means, or an IRI if it is given; what nothing knows is new.

        Raises:
            SourceError: there is no IRI for it.
        """
        kind, home = _NEW[of]
        if iri and not iri.startswith(
            f"{HOME.base}id/{kind}/" if iri.startswith(HOME.base) else ("https://", "http://")
        ):
            raise SourceError(f"{iri} is not the IRI of an {kind}")
        node = NamedNode(iri) if iri else self.find(of, name) or self.find(_BESIDES.get(of, of), name)
        if node and (not iri or self.graph.name(iri)):
            return node
        if not node and not slug(name):
            raise SourceError(f"{name!r} gives no name for an IRI", advice="write it in Latin letters, or give the IRI")
        node, graph = node or own(f"id/{kind}/{slug(name)}"), own(_HOME + home)
        self.reference(graph, f"New {home} of the cluster platform", f"The identity of {home} that a profile names.")
        self.add(node, "rdf:type", NamedNode(ONTOLOGY + kind.capitalize()), graph)
        self.add(node, "skos:prefLabel", Literal(name, language="und"), graph)
        return node


class _Row:
    """One row: a cluster, and the section that its statements stand in."""

    def __init__(self, register: _Register, cells: Mapping[str, str]) -> None:
        name = cells.get("Name", "")
        if not name:
            raise SourceError("a row needs a name")
        self.register, self.cells = register, cells
        self.cluster = register.known("cg:Organisation", name, cells.get("IRI", ""))
        self.slug = slug_of(self.cluster.value)
        self.section = own(_HOME + self.slug)
        described: dict[str, NamedNode | Literal] = {
            "rdf:type": expand("cg:Section"),
            "skos:prefLabel": Literal(f"Profile of {name}", language="en"),
            "cg:heading": Literal("Cluster profiles"),
            "cg:table": Literal("Cluster profiles"),
            "cg:row": Literal(name),
            "cg:inDocument": _DOCUMENT,
        }
        for predicate, value in described.items():
            register.add(self.section, predicate, value, _sections())
        self.say("cg:kind", NamedNode(SCHEME + "organisation-kind/cluster"))

    def say(self, predicate: str, value: NamedNode | Literal, subject: NamedNode | None = None) -> None:
        """State something in the section of the row."""
        self.register.add(subject or self.cluster, predicate, value, self.section)

    def column(self, column: FormColumn) -> None:
        """Read the cells of one column."""
        becomes = column.becomes
        for value in column.values(self.cells) if becomes else ():
            parts = {"cluster": self.cluster.value, **dict(zip(("value", *column.parts), value, strict=False))}
            if "says" in becomes:
                self._statement(becomes, parts)
            elif "fact" in becomes:
                found = self.register.official(becomes["official"], value[0]) if "official" in becomes else None
                # A code tells more surely than a name which region is meant.
                self.say(becomes["fact"], found or self._term(becomes["as"], parts.get("code") or value[0]))
            elif "identifier" in becomes:
                self._identifier(becomes["identifier"], value[0])
            elif becomes["name"] == "other" or self.register.graph.name(self.cluster.value) not in ("", value[0]):
                self.say("cg:spelling", Literal(value[0]))

    def _identifier(self, scheme: str, text: str) -> None:
        """Say what a register calls the cluster; people write the address of a page, or spaces, in its place."""
        notation = re.sub(r".*/|\s", "", text)
        node = own(f"id/identifier/{scheme}-{slug(notation)}")
        self.say("adms:identifier", node)
        self.say("rdf:type", expand("adms:Identifier"), node)
        self.say("cg:identifierScheme", expand(f"identifier-scheme:{scheme}"), node)
        self.say("skos:notation", Literal(notation), node)

    def _statement(self, becomes: Mapping[str, Any], parts: Mapping[str, str]) -> None:
        """Say what a statement of a kind in ``form.yaml`` says."""
        given = {path: parts.get(part) or "".join(becomes.get(it, it) for it in default)
                 for path, (part, _, *default) in becomes["says"].items()}  # fmt: skip
        node = self.register.statement(becomes["kind"], [self.slug, *(given[path] for path in becomes["words"])])
        self.say("rdf:type", expand(becomes["class"]), node)
        about = {"": node}
        for path, (_, kind, *_) in becomes["says"].items():
            whole, _, predicate = path.rpartition(" ")
            if given[path] and (not whole or about[whole].value not in self.register.choices("cg:Region")):
                value = self._term(becomes.get(kind, kind), given[path])
                self.say(predicate, value, about[whole])
                about |= {path: value} if isinstance(value, NamedNode) else {}

    def _term(self, kind: str, text: str) -> NamedNode | Literal:
        """Return what a text means as a value of some kind: a code, a thing of a class, a new one after a plus."""
        if kind == "iri":
            return NamedNode(text)
        if kind == "partner":
            return self.register.find("cg:Region", text) or self.register.known("cg:Organisation", text)
        if kind.startswith("+"):
            return self.register.known(kind[1:], text)
        if kind == "date":
            return _dated(text)
        if kind == "number":
            if not re.fullmatch(r"\d+(\.\d+)?", text):
                advice = "write it in digits, with the rest in the next columns"
                raise SourceError(f"{text!r} is not a number", advice=advice)
            return Literal(text, datatype=expand(f"xsd:{'decimal' if '.' in text else 'integer'}"))
        if kind == "xsd:language" and not re.fullmatch(r"[a-z]{2,3}", text):
            raise SourceError(f"{text!r} is not the code of a language", advice="write en for English")
        return Literal(text, datatype=expand(kind)) if kind.startswith("xsd:") else self.register.code(kind, text)


def _dated(text: str) -> Literal:
    found = dated(text)
    if found is None:
        raise SourceError(f"{text!r} is not a date", advice="write 2016, 2016-05 or 2016-05-01")
    return found
