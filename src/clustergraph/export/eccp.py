"""Cluster profiles for the European Cluster Collaboration Platform: what the graph says, in the shape of its form.

A profile is a folder: ``select.rq`` picks the things, the other queries construct what a package says of them,
``lists.ru`` puts values into the code lists that ``lists.ttl`` maps, ``form.yaml`` has the columns of the form, and
``context.jsonld`` the names in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, QueryTriples, RdfFormat, Store, Triple, parse

from clustergraph import questions
from clustergraph.errors import ClustergraphError, SourceError, Where
from clustergraph.export import form
from clustergraph.graph import Graph
from clustergraph.questions import Question
from clustergraph.store.labels import labels
from clustergraph.terms import BASE, PREFIXES

_INTERNAL: Final = BASE + "export/eccp/"
MAPPING: Final = NamedNode(_INTERNAL + "mapping")
UNMAPPED: Final = NamedNode(_INTERNAL + "unmapped")
_INTERNAL_GRAPHS: Final = (MAPPING, UNMAPPED, NamedNode(_INTERNAL + "mapped"))
_NAMED: Final = "named"
_SELECT: Final = "select"


class NothingToExportError(ClustergraphError):
    """No thing of the graph fits what was asked for."""


@dataclass(frozen=True)
class Recipe:
    """The files that say how profiles are made."""

    folder: Path
    shapes: Path
    select: Question
    queries: Mapping[str, str]
    """The CONSTRUCT queries by name."""
    lists: tuple[Quad, ...]
    update: str
    columns: tuple[form.Column, ...]
    context: Mapping[str, Any]
    evidence: Mapping[str, str]
    """For each admission rule, the query for what the graph knows about it."""

    @classmethod
    def load(cls, folder: Path, shapes: Path) -> Recipe:
        """Return the recipe in a folder.

        Args:
            folder: the folder of queries.
            shapes: the file of shapes that a package must satisfy.

        Raises:
            SourceError: a file is missing or not as it should be.
        """
        try:
            lists = folder / "lists.ttl"
            return cls(
                folder=folder,
                shapes=shapes,
                select=questions.read(folder / f"{_SELECT}.rq"),
                queries={path.stem: path.read_text("utf-8") for path in _queries(folder)},
                lists=tuple(parse(lists.read_bytes(), format=RdfFormat.TURTLE)),
                update=(folder / "lists.ru").read_text("utf-8"),
                columns=form.load(folder / "form.yaml"),
                context=json.loads((folder / "context.jsonld").read_text("utf-8"))["@context"],
                evidence={path.stem: path.read_text("utf-8") for path in sorted((folder / "evidence").glob("*.rq"))},
            )
        except SyntaxError as error:
            raise SourceError(error.msg, where=Where(folder / "lists.ttl", error.lineno)) from error
        except (OSError, ValueError, KeyError) as error:
            raise SourceError(f"the profile cannot be read: {error}", where=Where(folder)) from error


def _queries(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.rq")) if path.stem != _SELECT]


@dataclass(frozen=True)
class Profiles:
    """The profiles of a package: their graph, and what it answers to the form."""

    things: tuple[str, ...]
    """The IRIs of the clusters, in order."""
    store: Store
    """The graph of the package in the default graph, and what no code list covers in `UNMAPPED`."""
    words: Mapping[str, str]
    """The labels of what the graph names."""
    answers: Mapping[str, form.Answers]

    def quads(self) -> list[Quad]:
        """Return the graph of the package, in order."""
        return sorted((quad for quad in self.store if quad.graph_name not in _INTERNAL_GRAPHS), key=str)


def gather(
    graph: Graph, recipe: Recipe, *, clusters: Sequence[str] = (), regions: Sequence[str] = (), as_of: str = ""
) -> Profiles:
    """Return the profiles of clusters.

    Args:
        graph: the graph to take them from.
        recipe: how they are made.
        clusters: labels or IRIs of the clusters; all where there are none.
        regions: labels, codes or IRIs of regions or countries to keep to.
        as_of: a year, month or day; what is known to be later is left out.

    Raises:
        QuestionError: a cluster or region is not known.
        NothingToExportError: there is no such cluster.
    """
    things = select(graph, recipe, clusters=clusters, regions=regions)
    store = Store()
    bound: dict[str, Sequence[NamedNode | Literal]] = {"thing": things, "asOf": [Literal(as_of)] if as_of else []}
    for name, query in recipe.queries.items():
        if name != _NAMED:
            store.extend(_constructed(graph, query, bound))
    described = {quad.object for quad in store if isinstance(quad.object, NamedNode)}
    named = sorted(described - set(things), key=str)
    store.extend(_constructed(graph, recipe.queries[_NAMED], {"named": named}))
    store.extend(Quad(quad.subject, quad.predicate, quad.object, MAPPING) for quad in recipe.lists)
    store.update(recipe.update, prefixes=PREFIXES)
    words = labels(store)
    answers = form.answers(store, recipe.columns, words)
    iris = tuple(thing.value for thing in things)
    return Profiles(iris, store, words, {iri: answers.get(iri, {}) for iri in iris})


def select(
    graph: Graph, recipe: Recipe, *, clusters: Sequence[str] = (), regions: Sequence[str] = ()
) -> list[NamedNode]:
    """Return the clusters that get a profile, in order; see `gather`."""
    asked = replace(graph, questions={_SELECT: recipe.select})
    given = {name: list(values) for name, values in (("cluster", clusters), ("region", regions)) if values}
    found = [cell.iri for row in asked.ask(_SELECT, **given).rows for cell in row if cell.iri]
    if not found:
        advice = "leave out --cluster or --region, or build the graph" if given else "build the graph"
        raise NothingToExportError("there is no such cluster", advice=advice)
    return [NamedNode(iri) for iri in found]


def _constructed(graph: Graph, query: str, bound: Mapping[str, Sequence[NamedNode | Literal]]) -> Iterator[Quad]:
    result = graph.query(bind(query, bound))
    assert isinstance(result, QueryTriples)
    for triple in result:
        yield _quad(triple)


def _quad(triple: Triple) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object)


def bind(query: str, bound: Mapping[str, Iterable[NamedNode | Literal]]) -> str:
    """Return a query with its blocks ``VALUES ?name { UNDEF }`` filled, where there is something to fill in.

    >>> bind("SELECT * { VALUES ?year { UNDEF } ?s ?p ?year }", {"year": [Literal("2016")], "other": []})
    'SELECT * { VALUES ?year { "2016" } ?s ?p ?year }'
    """
    for name, terms in bound.items():
        if block := " ".join(str(term) for term in terms):
            query = query.replace(f"VALUES ?{name} {{ UNDEF }}", f"VALUES ?{name} {{ {block} }}")
    return query


def notes(graph: Graph, recipe: Recipe, things: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield thing, text and section of what the editors note as contradictory about things."""
    query = bind((recipe.folder / "notes" / "contradictions.rq").read_text("utf-8"), {"thing": map(NamedNode, things)})
    result = graph.query(query)
    assert isinstance(result, QuerySolutions)
    for row in result:
        yield row["thing"].value, row["text"].value, row["section"].value if row["section"] else ""
