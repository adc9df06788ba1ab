"""Reconciliation for OpenRefine and others: the jobs of the Reconciliation Service API 0.2 on a graph.

A query is compared as a body of a list would be: its name, and what its properties say of country, place, website, kind
and identifiers. What is found has a score from 0 to 100, and is a match where it would be linked without asking.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final
from weakref import WeakKeyDictionary

from pyoxigraph import Literal, NamedNode

from clustergraph.errors import QueryError
from clustergraph.graph import Graph
from clustergraph.matching.bodies import bodies
from clustergraph.matching.candidates import Candidates
from clustergraph.matching.compare import Body, Comparer, Comparison
from clustergraph.matching.matches import CERTAIN
from clustergraph.terms import ID, ONTOLOGY, PREFIXES, VOCABULARIES, compact, expand

Json = dict[str, Any]

DEFAULT: Final = "cg:Organisation"
"""The type of things that a query without a type is about."""
PROPERTIES: Final = {
    "cg:country": "country", "cg:place": "place", "cg:website": "website", "cg:kind": "kind",
    "adms:identifier": "identifier", "cg:acronym": "acronym",
}  # fmt: skip
"""The properties that a comparison takes; others of a query count for nothing."""
_EXTENDED: Final = (
    "cg:country", "cg:place", "cg:region", "cg:website", "cg:kind", "cg:founded", "cg:acronym", "cg:fullName",
)  # fmt: skip
_MOST: Final = 50
_LIMIT: Final = 5
_SUGGESTED: Final = 10
_SCHEMES: Final = ("PIC", "VAT", "ROR", "EUID")
_MARGIN: Final = 4.0


class Reconciler:
    """The things of a class, ready to be compared with queries."""

    def __init__(self, graph: Graph, class_: str) -> None:
        self.bodies = bodies(graph.store, class_)
        self._candidates, self._comparer = Candidates(self.bodies), Comparer(self.bodies)

    def best(self, query: Body, limit: int) -> list[tuple[Body, Comparison]]:
        """Return the things that are most like a query, the best first."""
        near = (self.bodies[place] for _, place in self._candidates.like(query, max(limit, _MOST)))
        found = [(body, self._comparer.compare(query, body)) for body in near]
        return sorted(found, key=lambda each: (-each[1].bits, each[0].iri))[:limit]


_KNOWN: Final[WeakKeyDictionary[Graph, dict[str, Reconciler]]] = WeakKeyDictionary()


def reconciler(graph: Graph, type_: str) -> Reconciler:
    """Return what reconciles with the things of a class; it is made once for a graph."""
    known = _KNOWN.setdefault(graph, {})
    class_ = iri_of(type_)
    if class_ not in known:
        known[class_] = Reconciler(graph, class_)
    return known[class_]


def iri_of(id_: str) -> str:
    """Return the IRI for an id: a path below our own IRIs, a prefixed name, or an IRI."""
    if id_.startswith(("http://", "https://")):
        return id_
    if ":" not in id_:
        return ID + id_
    if id_.partition(":")[0] not in PREFIXES:
        raise QueryError(f"{id_} has no prefix that is known", advice="give a path, a prefixed name, or an IRI")
    return expand(id_).value


def id_of(iri: str) -> str:
    """Return the id of a thing: the path of one of ours, or else its IRI."""
    return iri.removeprefix(ID)


def reconciled(graph: Graph, queries: Mapping[str, Json]) -> Json:
    """Return the answers to a batch of queries."""
    return {key: {"result": _answer(graph, query)} for key, query in queries.items()}


def _answer(graph: Graph, query: Json) -> list[Json]:
    types = query.get("type") or DEFAULT
    types = [types] if isinstance(types, str) else [each["id"] if isinstance(each, dict) else each for each in types]
    wanted = _body(graph, query)
    limit = max(1, min(int(query.get("limit") or _LIMIT), _MOST))
    if not wanted.names and not wanted.identifiers:
        return []
    found = {body.iri: (body, how) for type_ in types for body, how in reconciler(graph, type_).best(wanted, limit)}
    ranked = sorted(found.values(), key=lambda each: (-each[1].bits, each[0].iri))[:limit]
    return [
        _candidate(graph, body, how, certain=not place and _alone(ranked)) for place, (body, how) in enumerate(ranked)
    ]


def _alone(ranked: Sequence[tuple[Body, Comparison]]) -> bool:
    """Whether the first is sure enough to be taken, and the second not about as like."""
    return ranked[0][1].score >= CERTAIN and (len(ranked) == 1 or ranked[1][1].bits < ranked[0][1].bits - _MARGIN)


def _candidate(graph: Graph, body: Body, how: Comparison, *, certain: bool) -> Json:
    return {
        "id": id_of(body.iri),
        "name": graph.label(body.iri),
        "description": "; ".join([*how.speaks_for, *how.speaks_against]),
        "type": _types(graph, body.iri),
        "score": round(100 * how.score, 1),
        "match": certain,
        "features": [{"id": reason.code, "value": round(reason.weight, 2)} for reason in how.reasons],
    }


def _types(graph: Graph, iri: str) -> list[Json]:
    a = NamedNode(VOCABULARIES["rdf"] + "type")
    found = {quad.object.value for quad in graph.store.quads_for_pattern(NamedNode(iri), a, None)
             if isinstance(quad.object, NamedNode) and quad.object.value.startswith(ONTOLOGY)}  # fmt: skip
    return [{"id": compact(each), "name": graph.label(each)} for each in sorted(found)]


def _body(graph: Graph, query: Json) -> Body:
    said: dict[str, list[str]] = {}
    for each in query.get("properties") or []:
        name = PROPERTIES.get(str(each.get("pid")), str(each.get("pid")))
        said.setdefault(name, []).extend(_values(graph, each.get("v")))
    name = str(query.get("query") or "").strip()
    country = next((_country(graph, value) for value in said.get("country", [])), "")
    numbers = {(scheme, value) for scheme in _SCHEMES for value in [*said.get("identifier", []), *said.get(scheme, [])]}
    return Body(
        "",
        tuple(filter(None, [name])),
        tuple(said.get("acronym", ())),
        country,
        tuple(said.get("place", ())),
        websites=tuple(said.get("website", ())),
        identifiers=frozenset(numbers),
    )


def _values(graph: Graph, given: object) -> list[str]:
    """Return the texts of a value: a text, a number, a thing with an id, or several."""
    if isinstance(given, list):
        return [text for each in given for text in _values(graph, each)]
    if isinstance(given, dict):
        return [str(given.get("name") or graph.label(iri_of(str(given.get("id")))))]
    return [] if given is None else [str(given)]


def _country(graph: Graph, name: str) -> str:
    """Return the code of a country by its code or one of its names."""
    if len(name) == 2:
        return name
    code = NamedNode(ONTOLOGY + "isoCode")
    for choice in graph.called(name):
        for quad in graph.store.quads_for_pattern(NamedNode(choice.iri), code, None):
            return str(quad.object.value) if isinstance(quad.object, Literal) else ""
    return ""


def suggested(graph: Graph, kind: str, prefix: str, cursor: int) -> Json:
    """Return things, classes or properties whose names begin with, or are like, a text."""
    wanted = {"entity": "thing", "type": "class", "property": "property"}[kind]
    hits = [hit for hit in graph.search(prefix, 10 * _SUGGESTED) if hit.kind == wanted]
    name = id_of if kind == "entity" else compact
    part = hits[cursor : cursor + _SUGGESTED]
    return {"result": [{"id": name(hit.iri), "name": hit.label, "description": hit.class_} for hit in part]}


def shown(graph: Graph, id_: str) -> str:
    """Return a piece of HTML that says what a thing is."""
    iri = iri_of(id_)
    name = graph.name(iri)
    if not name:
        raise QueryError(f"there is no {id_}", advice="take an id that reconciliation or suggestions gave")
    rows = [(graph.label(iri_of(pid)), ", ".join(_texts(graph, iri, pid))) for pid in _EXTENDED]
    types = ", ".join(each["name"] for each in _types(graph, iri))
    lines = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in rows if text)
    return f"<h1>{escape(name)}</h1><p>{escape(types)}</p><dl>{lines}</dl>"


def extended(graph: Graph, request: Json) -> Json:
    """Return the values of properties of things."""
    wanted = [str(each["id"]) for each in request.get("properties", [])]
    meta = [{"id": pid, "name": graph.label(iri_of(pid))} for pid in wanted]
    rows = {id_: {pid: _cells(graph, iri_of(id_), pid) for pid in wanted} for id_ in map(str, request.get("ids", []))}
    return {"meta": meta, "rows": rows}


def _cells(graph: Graph, iri: str, pid: str) -> list[Json]:
    cells: list[Json] = []
    for value in _objects(graph, iri, pid):
        if isinstance(value, NamedNode):
            name = graph.name(value.value)
            cells.append({"id": id_of(value.value), "name": name} if name else {"str": value.value})
        else:
            cells.append(_cell(value))
    return cells


def _cell(value: Literal) -> Json:
    kind = value.datatype.value.rpartition("#")[2]
    if kind == "boolean":
        return {"bool": value.value in ("true", "1")}
    if kind in ("integer", "nonNegativeInteger", "int"):
        return {"int": int(value.value)}
    if kind in ("decimal", "double", "float") and math.isfinite(float(value.value)):
        return {"float": float(value.value)}
    return {"date": value.value} if kind in ("date", "dateTime") else {"str": value.value}


def _texts(graph: Graph, iri: str, pid: str) -> list[str]:
    return [str(next(iter(cell.values())) if "name" not in cell else cell["name"]) for cell in _cells(graph, iri, pid)]


def _objects(graph: Graph, iri: str, pid: str) -> list[NamedNode | Literal]:
    if not iri or any(sign in iri + pid for sign in ' <>"{}|\\^`'):
        return []
    found = {quad.object for quad in graph.store.quads_for_pattern(NamedNode(iri), NamedNode(iri_of(pid)), None)}
    return sorted((each for each in found if isinstance(each, NamedNode | Literal)), key=str)


def proposed(graph: Graph, type_: str, limit: int) -> Json:
    """Return properties that things of a type can be extended with."""
    properties = [{"id": pid, "name": graph.label(iri_of(pid))} for pid in _EXTENDED]
    return {"type": type_, "limit": limit, "properties": properties[:limit]}


def types(graph: Graph, ids: Iterable[str]) -> list[Json]:
    """Return types with their names."""
    return [{"id": each, "name": graph.label(iri_of(each))} for each in ids]
