"""The record of an import: which source it is, whose and under which licence, and how many rows have been taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.imports.gathering import Taken
from clustergraph.imports.profile import ImportProfile
from clustergraph.questions.parameters import dated
from clustergraph.rdf.reading import read
from clustergraph.terms import expand, slug

_COUNTED: Final = {
    "read": "cg:rowsRead",
    "taken": "cg:rowsTaken",
    "refused": "cg:rowsRefused",
    "left_out": "cg:rowsLeftOut",
}
_TEXTS: Final = {
    "title": "skos:prefLabel",
    "publisher": "dcterms:publisher",
    "licence": "dcterms:license",
    "attribution": "cg:attribution",
}
_DESCRIPTION: Final = "Where imported tables come from, and how many of their rows have been taken."
_Said: TypeAlias = "tuple[NamedNode, str, NamedNode | Literal]"


@dataclass(frozen=True)
class ImportOrigin:
    """Where the tables of an import come from."""

    name: str
    base: str
    issued: str = ""
    retrieved: str = ""

    @property
    def graph(self) -> str:
        """The named graph of the import."""
        return f"{self.base}graph/import/{self.name}"

    @property
    def document(self) -> NamedNode:
        """What the tables are a part of: the data set that they were taken from."""
        return NamedNode(f"{self.base}id/document/import-{slug(self.name)}")


def record(
    origin: ImportOrigin, profile: ImportProfile, taken: Sequence[Taken], checksums: dict[Path, str]
) -> list[Quad]:
    """Return the record of an import, in a graph of its own."""
    graph = NamedNode(f"{origin.graph}/record")
    said = [*_about(graph, origin, profile), *_of_tables(origin, profile, taken, checksums)]
    return [Quad(subject, expand(predicate), value, graph) for subject, predicate, value in said]


def _about(graph: NamedNode, origin: ImportOrigin, profile: ImportProfile) -> Iterator[_Said]:
    source, document = NamedNode(origin.graph), origin.document
    yield graph, "rdf:type", expand("cg:ReferenceGraph")
    yield graph, "skos:prefLabel", Literal(f"Record of the import {origin.name}", language="en")
    yield (
        graph,
        "dcterms:description",
        Literal("Where imported tables come from, and how many rows have been taken.", language="en"),
    )
    yield source, "rdf:type", expand("cg:Source")
    title = profile.title if origin.name == profile.name else f"{profile.title} ({origin.name})"
    yield source, "skos:prefLabel", Literal(title, language="und")
    yield source, "cg:inDocument", document
    yield document, "rdf:type", expand("foaf:Document")
    yield document, "skos:prefLabel", Literal(title, language="und")
    yield document, "dcterms:license", NamedNode(profile.licence)
    yield document, "dcterms:publisher", Literal(profile.publisher)
    if profile.attribution:
        yield document, "cg:attribution", Literal(profile.attribution)
    if profile.homepage:
        yield document, "dcterms:source", NamedNode(profile.homepage)
    for predicate, text in (("cg:issued", origin.issued), ("cg:retrieved", origin.retrieved)):
        if found := dated(text):
            yield document, predicate, found


def _of_tables(
    origin: ImportOrigin, profile: ImportProfile, taken: Sequence[Taken], checksums: dict[Path, str]
) -> Iterator[_Said]:
    source = NamedNode(origin.graph)
    for each in taken:
        node = NamedNode(f"{origin.graph}/table/{slug(each.given.label)}")
        yield source, "cg:importedFrom", node
        yield node, "rdf:type", expand("cg:ImportedTable")
        yield node, "skos:prefLabel", Literal(each.given.label, language="und")
        path = each.given.table.file.path
        yield node, "cg:sha256", Literal(checksums[path], datatype=expand("xsd:hexBinary"))
        known = {column.name for column in each.given.described.columns}
        for name, text in profile.values.items():
            if name in known:
                yield node, "cg:givenValue", Literal(f"{name}={text}")
        for name, predicate in _COUNTED.items():
            yield node, predicate, Literal(getattr(each, name))
        texts = {"Rows that are left out by the profile": silent(each), "Parts of rows that are left out": parts(each)}
        found = [f"{what}: {text}" for what, listed in texts.items() if (text := "; ".join(listed))]
        if said := ". ".join([*found, *each.unread.told()]):
            yield node, "dcterms:description", Literal(said, language="en")


@dataclass
class SaidBefore:
    """What was said with an import, as its record has it."""

    texts: dict[str, str] = field(default_factory=dict)
    """Title, publisher, licence and attribution."""
    values: dict[str, str] = field(default_factory=dict)
    """By the name of a column what its empty or missing cells say."""
    issued: str = ""
    retrieved: str = ""

    @classmethod
    def recorded(cls, path: Path) -> SaidBefore:
        """Return what the record in a file has; nothing if there is none."""
        quads = list(read(path)) if path.is_file() else []
        documents = {quad.subject for quad in quads if quad.object == expand("foaf:Document")}
        found = {quad.predicate: quad.object.value for quad in quads if quad.subject in documents}  # type: ignore[union-attr]
        texts = {name: found[expand(predicate)] for name, predicate in _TEXTS.items() if expand(predicate) in found}
        given = (quad.object.value for quad in quads if quad.predicate == expand("cg:givenValue"))  # type: ignore[union-attr]
        values = {name: text for name, _, text in (each.partition("=") for each in given)}
        issued, retrieved = (found.get(expand(name), "") for name in ("cg:issued", "cg:retrieved"))
        return cls(texts, values, issued, retrieved)


def silent(taken: Taken, most: int | None = None) -> Iterator[str]:
    """Yield the numbers of the rows that a profile leaves out, or the first of them, with the reason that it gives."""
    some = sum(map(len, taken.silent.values())) < taken.left_out
    for reason, numbers in sorted(taken.silent.items()):
        yield _listed(numbers, most, reason, some=some)


def parts(taken: Taken, most: int | None = None) -> Iterator[str]:
    """Yield the numbers of the rows of which a profile leaves out a part, or the first of them, with what it is."""
    for part, numbers in sorted(taken.parts.items()):
        yield _listed(numbers, most, part)


def _listed(numbers: Sequence[int], most: int | None, reason: str, *, some: bool = False) -> str:
    more = ", …" if some or len(numbers[:most]) < len(numbers) else ""
    return ", ".join(map(str, numbers[:most])) + more + (f" ({reason})" if reason else "")


def retrieved_before(path: Path, checksums: Iterable[str]) -> str:
    """Return when the files were retrieved by the record in a file, if they are the same that it tells of."""
    if not path.is_file():
        return ""
    found: dict[NamedNode, set[str]] = defaultdict(set)
    for quad in read(path):
        if isinstance(quad.object, Literal):
            found[quad.predicate].add(quad.object.value)
    days = found[expand("cg:retrieved")]
    return min(days) if days and found[expand("cg:sha256")] == {*checksums} else ""
