"""The sections of documents: how each is called, and in which order they stand."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from pyoxigraph import NamedNode, Quad, QuerySolution, QuerySolutions

from clustergraph.engine.store import Embedded
from clustergraph.languages.reader import Label, language_of
from clustergraph.rdf.labels import rank
from clustergraph.rdf.origins import Origins, TableRow
from clustergraph.terms import INFERRED, compact

_SECTIONS: Final = """SELECT ?section ?document ?title ?name ?number ?heading ?table ?row ?order ?issued WHERE {
  ?section cg:inDocument ?document
  OPTIONAL { ?document skos:prefLabel|rdfs:label|dcterms:title ?title }
  OPTIONAL { ?section skos:prefLabel ?name }
  OPTIONAL { ?section cg:heading ?heading }
  OPTIONAL { ?section cg:sectionNumber ?number }
  OPTIONAL { ?section cg:table ?table }
  OPTIONAL { ?section cg:row ?row }
  OPTIONAL { ?section cg:order ?order }
  OPTIONAL { ?document cg:issued ?stated }
  OPTIONAL { ?document cg:issuedFrom ?from }
  BIND (COALESCE(STR(?stated), SUBSTR(STR(?from), 1, 4)) AS ?issued)
} ORDER BY ?section"""


@dataclass(frozen=True)
class Section:
    """A section of a document, which is a named graph."""

    iri: str
    document: str
    """The IRI of the document."""
    parts: Mapping[str, str]
    """Title of the document, and of the section name, number, heading, table, row, order and date, as far as known."""

    @property
    def title(self) -> str:
        """The title of the document."""
        return self.parts.get("title") or compact(self.document).strip("<>")

    @property
    def name(self) -> str:
        """How the section is called: by its name, or else by number, heading, and the row of a table."""
        if self.parts.get("name"):
            return self.parts["name"]
        place = [self.parts[part] for part in ("table", "row") if part in self.parts]
        called = ": ".join(filter(None, [self.place, ", ".join(dict.fromkeys(place))]))
        return Label(called or compact(self.iri).strip("<>"), language_of(self.place))

    @property
    def place(self) -> str:
        """The number and the heading, as far as it has them."""
        found = [self.parts[part] for part in ("number", "heading") if part in self.parts]
        return Label(" ".join(found), language_of(*found))

    @property
    def short_name(self) -> str:
        """The number where the name begins with one, or else the name.

        >>> Section("", "", {"name": "B.1 Partners", "number": "B.1"}).short_name
        'B.1'
        """
        number = self.parts.get("number", "")
        return number if number and self.name.startswith(number) else self.name

    @property
    def full_name(self) -> str:
        """The name, and the title of the document where it is another.

        >>> Section("", "", {"name": "Section 1", "title": "Plan"}).full_name
        'Section 1, Plan'
        >>> Section("", "", {"name": "List of clusters", "title": "List of clusters"}).full_name
        'List of clusters'
        """
        if self.name == self.title:
            return self.name
        return Label(f"{self.name}, {self.title}", language_of(self.name, self.title))

    def at(self, row: TableRow | None) -> Section:
        """Return the row of an imported table that makes a statement of this source; the source if there is none."""
        if row is None:
            return self
        told = f"{self.name}: {row}" if self.parts.get("title") != self.name else str(row)
        name = Label(told, language_of(self.name))
        return replace(self, parts={**self.parts, "name": name, "table": row.table, "row": str(row.row)})

    @property
    def inferred(self) -> bool:
        """Whether it is the graph of what was computed."""
        return self.iri == INFERRED.value

    @property
    def rank(self) -> tuple[float, list[tuple[int, str]], str]:
        """The place in the document, to sort by."""
        return float(self.parts.get("order", "inf")), natural(self.parts.get("number", "~")), self.name


def row_of(origins: Origins | None, statement: Quad | tuple[Any, Any, Any], graph: str) -> TableRow | None:
    """Return the row of an imported table that makes a triple in a graph, or None."""
    if origins is None:
        return None
    subject, predicate, value = statement.triple if isinstance(statement, Quad) else statement
    return origins.of(Quad(subject, predicate, value, NamedNode(graph)))


def sections(graph: Embedded) -> dict[str, Section]:
    """Return the sections of all documents by their IRIs."""
    rows = graph.query(_SECTIONS)
    assert isinstance(rows, QuerySolutions)
    return {iri: _section(iri, list(same)) for iri, same in groupby(rows, lambda row: row["section"].value)}


def _section(iri: str, rows: Sequence[QuerySolution]) -> Section:
    """Return a section from its rows, which differ in the language of its names."""
    parts = {}
    for part in ("title", "name", "number", "heading", "table", "row", "order", "issued"):
        values = [row[part] for row in rows if row[part]]
        if values:
            best = min(values, key=rank)
            parts[part] = Label(best.value, best.language)
    return Section(iri, rows[0]["document"].value, parts)


def documents(found: Iterable[Section]) -> list[tuple[str, str, list[Section]]]:
    """Return documents with IRI, title and sections in the order of the text, those with most sections first."""
    grouped: dict[str, list[Section]] = defaultdict(list)
    for section in found:
        grouped[section.document].append(section)
    ordered = sorted(grouped.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [(iri, own[0].title, sorted(own, key=lambda section: section.rank)) for iri, own in ordered]


def natural(text: str) -> list[tuple[int, str]]:
    """Return a key that sorts 3.10 behind 3.9.

    >>> sorted(["3.10", "3.9", "A.1"], key=natural)
    ['3.9', '3.10', 'A.1']
    """
    return [(int(part), "") if part.isdigit() else (1 << 30, part) for part in re.findall(r"\d+|[^\d.]+", text)]
