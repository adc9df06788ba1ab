"""Cluster profiles for the European Cluster Collaboration Platform: what the graph says, in the shape of its form.

A profile is a folder: ``select.rq`` picks the things, the other queries construct what a package says of them,
``lists.ru`` puts values into the code lists that ``lists.ttl`` maps, ``form.yaml`` has the columns of the form, and
``context.jsonld`` the names in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Quad, QueryTriples, RdfFormat, Store, Triple, parse

from clustergraph import questions
from clustergraph.ask.resolve import resolve
from clustergraph.errors import ClustergraphError, SourceError, Where
from clustergraph.export import form
from clustergraph.graph import Graph
from clustergraph.questions import Question
from clustergraph.store.labels import labels
from clustergraph.terms import BASE, PREFIXES, compact

_INTERNAL: Final = BASE + "export/eccp/"
MAPPING: Final = NamedNode(_INTERNAL + "mapping")
UNMAPPED: Final = NamedNode(_INTERNAL + "unmapped")
_INTERNAL_GRAPHS: Final = (MAPPING, UNMAPPED, NamedNode(_INTERNAL + "mapped"))
_NAMED: Final = "named"
_SOURCE: Final = NamedNode(PREFIXES["prov"] + "wasDerivedFrom")
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
    notes: Mapping[str, str]
    """Queries for what is beside the profiles: the documents, and contradictions that editors note."""

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
                queries={name: text for name, text in _texts(folder).items() if name != _SELECT},
                lists=tuple(parse(lists.read_bytes(), format=RdfFormat.TURTLE)),
                update=(folder / "lists.ru").read_text("utf-8"),
                columns=form.load(folder / "form.yaml"),
                context=json.loads((folder / "context.jsonld").read_text("utf-8"))["@context"],
                evidence=_texts(folder / "evidence"),
                notes=_texts(folder / "notes"),
            )
        except SyntaxError as error:
            raise SourceError(error.msg, where=Where(folder / "lists.ttl", error.lineno)) from error
        except (OSError, ValueError, KeyError) as error:
            raise SourceError(f"the profile cannot be read: {error}", where=Where(folder)) from error


def _texts(folder: Path) -> dict[str, str]:
    """Return the queries in a folder by name."""
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.rq"))}


@dataclass(frozen=True)
class Profile:
    """The profile of one cluster: its graph, and what it answers to the form. It does not depend on any other."""

    thing: str
    """The IRI of the cluster."""
    store: Store
    """The graph in the default graph, and what no code list covers in `UNMAPPED`."""
    quads: tuple[Quad, ...]
    """The same graph, in order."""
    words: Mapping[str, str]
    """The labels of what the graph names."""
    answers: form.Answers

    @property
    def name(self) -> str:
        """The name of the cluster."""
        return self.words.get(self.thing, compact(self.thing))

    @property
    def silent(self) -> bool:
        """Whether no section says anything of the cluster."""
        return not any(quad.predicate == _SOURCE for quad in self.quads)


def gather(graph: Graph, recipe: Recipe, thing: NamedNode, as_of: str = "") -> Profile:
    """Return the profile of a cluster.

    Args:
        graph: the graph to take it from.
        recipe: how it is made.
        thing: the cluster.
        as_of: a year, month or day; what is known to be later is left out.
    """
    store = Store()
    bound: dict[str, Sequence[NamedNode | Literal]] = {
        "thing": [thing],
        "asOf": [Literal(last(as_of))] if as_of else [],
    }
    for name, query in recipe.queries.items():
        if name != _NAMED:
            store.extend(_constructed(graph, query, bound))
    named = sorted({quad.object for quad in store if isinstance(quad.object, NamedNode)} - {thing}, key=str)
    store.extend(_constructed(graph, recipe.queries[_NAMED], {"named": named}))
    store.extend(Quad(quad.subject, quad.predicate, quad.object, MAPPING) for quad in recipe.lists)
    store.update(recipe.update, prefixes=PREFIXES)
    quads = sorted((quad for quad in store if quad.graph_name not in _INTERNAL_GRAPHS), key=str)
    words = labels(store)
    answers = form.answers(store, recipe.columns, words)
    return Profile(thing.value, store, tuple(quads), words, answers.get(thing.value, {}))


def select(
    graph: Graph, recipe: Recipe, *, clusters: Sequence[str] = (), regions: Sequence[str] = ()
) -> list[NamedNode]:
    """Return the clusters that get a profile, in order.

    Args:
        graph: the graph to take them from.
        recipe: whose question picks them.
        clusters: labels or IRIs of the clusters; all where there are none.
        regions: labels, codes or IRIs of regions or countries to keep to.

    Raises:
        QuestionError: a cluster or region is not known.
        NothingToExportError: there is no such cluster.
    """
    given = {name: list(values) for name, values in (("cluster", clusters), ("region", regions)) if values}
    choices = {name: graph.choices(recipe.select.parameters[name]) for name in given}
    rows = graph.select(recipe.select.bound(resolve(recipe.select, given, choices)))
    found = [row["thing"] for row in rows]
    if not found:
        advice = "leave out --cluster or --region, or build the graph" if given else "build the graph"
        raise NothingToExportError("there is no such cluster", advice=advice)
    return found


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


@dataclass(frozen=True)
class Document:
    """A document that profiles are made from."""

    iri: str
    name: str
    issued: str = ""
    """A year, a month or a day, where that is known."""

    def __str__(self) -> str:
        """Return the name and the date."""
        return f"{self.name} ({self.issued or 'no date'})"

    def later_than(self, as_of: str) -> bool:
        """Whether it was issued after a year, month or day; what has no date is not later.

        >>> Document("x", "X", "2016-05").later_than("2016"), Document("x", "X", "2016").later_than("2015-12-31")
        (False, True)
        """
        return bool(as_of) and self.issued > last(as_of)[: len(self.issued)]


def last(as_of: str) -> str:
    """Return a day that no day of a year or month comes after, for dates that are compared as texts.

    >>> last("2016"), last("2016-02"), last("2016-02-03")
    ('2016-12-31', '2016-02-31', '2016-02-03')
    """
    return as_of + "-12-31"[len(as_of) - 4 :]


def documents(graph: Graph, recipe: Recipe) -> tuple[Document, ...]:
    """Return the documents that the sections of a graph stand in, the earliest first."""
    rows = graph.select(recipe.notes["documents"])
    found = {
        row["document"].value: Document(
            row["document"].value, row["title"].value, row["issued"].value if row["issued"] else ""
        )
        for row in rows
    }
    return tuple(found.values())


def contradictions(graph: Graph, recipe: Recipe, thing: str, as_of: str = "") -> Iterator[tuple[str, str]]:
    """Yield text and section of what the editors note as contradictory about a thing."""
    query = recipe.notes["contradictions"]
    for row in graph.select(
        bind(query, {"thing": [NamedNode(thing)], "asOf": [Literal(last(as_of))] if as_of else []})
    ):
        yield row["text"].value, row["section"].value if row["section"] else ""
