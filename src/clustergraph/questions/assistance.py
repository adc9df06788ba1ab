"""What helps a person to write a query: the vocabulary to complete it from, and what is wrong without running it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any, Final, Protocol

from pyoxigraph import Store

from clustergraph.engine.store import Embedded
from clustergraph.questions.answer import Cell
from clustergraph.terms import PREFIXES, compact

_MOST_CODES: Final = 10_000
_CLASSES: Final = """SELECT ?class ?above {
  ?class a owl:Class FILTER(isIRI(?class))
  OPTIONAL { ?class rdfs:subClassOf ?above FILTER(isIRI(?above)) }
}"""
_PROPERTIES: Final = """SELECT DISTINCT ?property ?part ?class {
  VALUES ?kind { owl:ObjectProperty owl:DatatypeProperty owl:AnnotationProperty rdf:Property } ?property a ?kind
  OPTIONAL {
    VALUES ?part { rdfs:domain rdfs:range }
    ?property ?part ?of . ?of (owl:unionOf/rdf:rest*/rdf:first)? ?class FILTER(isIRI(?class))
  }
}"""
_SHAPES: Final = """SELECT ?class ?property (MAX(?least) AS ?needed) {
  ?shape sh:targetClass ?class ; sh:property ?of . ?of sh:path ?property FILTER(isIRI(?property))
  OPTIONAL {
    ?of sh:minCount ?count FILTER NOT EXISTS { ?of sh:severity ?severity FILTER(?severity IN (sh:Warning, sh:Info)) }
  }
  BIND(COALESCE(?count, 0) AS ?least)
} GROUP BY ?class ?property"""
_LISTS: Final = """SELECT DISTINCT ?property ?list {
  ?of sh:path ?property ; sh:node/sh:property ?in FILTER(isIRI(?property))
  ?in sh:path skos:inScheme ; sh:hasValue ?list
}"""
_CODES: Final = f"SELECT ?code ?list {{ ?code a skos:Concept ; skos:inScheme ?list }} LIMIT {_MOST_CODES}"

_Row = tuple[Cell, ...]


class Assisting(Protocol):
    """What is needed of a graph."""

    def table(self, text: str) -> tuple[tuple[str, ...], tuple[_Row, ...]]:
        """Return columns and rows of a query."""
        ...

    def terms(self) -> frozenset[str]:
        """Return the terms that are not deprecated."""
        ...

    def hints(self, text: str) -> tuple[str, ...]:
        """Return what in a query can match nothing."""
        ...


def mistakes(graph: Assisting, query: str) -> tuple[str, ...]:
    """Return the hints on a query, which is read and not run.

    Raises:
        QueryError: it is malformed, or calls a function that there is not.
    """
    Embedded(Path(), Store()).query(query)
    return graph.hints(query)


def completions(graph: Assisting, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return prefixes, classes, properties, what shapes ask of each class, and codes, by their short names."""
    current = graph.terms()
    return {
        "prefixes": dict(PREFIXES),
        "classes": list(_classes(graph, current, counts)),
        "properties": list(_properties(graph, current)),
        "shapes": _shapes(graph, current),
        "codes": [{**_term(code), "list": _last(in_list)} for code, in_list in _rows(graph, _CODES)],
    }


def _rows(graph: Assisting, query: str) -> tuple[_Row, ...]:
    return graph.table(query)[1]


def _short(cell: Cell) -> str:
    return compact(cell.iri or "")


def _last(cell: Cell) -> str:
    return (cell.iri or "").rpartition("/")[2]


def _term(cell: Cell) -> dict[str, Any]:
    return {"name": _short(cell), "label": cell.shown if cell.shown != cell.iri else ""}


def _classes(graph: Assisting, current: Set[str], counts: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    above, cells = defaultdict[str, set[str]](set), dict[str, Cell]()
    for class_, wider in _rows(graph, _CLASSES):
        if class_.iri and class_.iri in current:
            cells[class_.iri] = class_
            above[class_.iri] |= {_short(wider)} if wider.iri else set()
    for iri in sorted(cells):
        yield {**_term(cells[iri]), "count": counts.get(iri, 0), "above": sorted(above[iri])}


def _properties(graph: Assisting, current: Set[str]) -> Iterator[dict[str, Any]]:
    parts, cells = defaultdict[str, dict[str, list[str]]](lambda: {"domain": [], "range": []}), dict[str, Cell]()
    for property_, part, class_ in _rows(graph, _PROPERTIES):
        if property_.iri and property_.iri in current:
            cells[property_.iri] = property_
            if part.iri:
                parts[property_.iri][part.iri.rpartition("#")[2]].append(_short(class_))
    lists = {property_.iri: _last(in_list) for property_, in_list in _rows(graph, _LISTS)}
    for iri in sorted(cells):
        yield {**_term(cells[iri]), **parts[iri], "list": lists.get(iri, "")}


def _shapes(graph: Assisting, current: Set[str]) -> dict[str, dict[str, bool]]:
    """Return which properties shapes know of each class, and whether they ask for them."""
    found = defaultdict[str, dict[str, bool]](dict)
    for class_, property_, needed in _rows(graph, _SHAPES):
        if class_.iri in current:
            found[_short(class_)][_short(property_)] = bool(needed.value)
    return dict(found)
