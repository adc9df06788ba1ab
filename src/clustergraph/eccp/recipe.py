"""Cluster profiles for the European Cluster Collaboration Platform: what the graph says, in the shape of its form.

A profile is a folder: ``select.rq`` picks the things, the other queries construct what a package says of them,
``lists.ru`` puts values into the code lists that ``lists.ttl`` maps, ``form.yaml`` has the columns of the form, and
``context.jsonld`` the names in JSON.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, QueryTriples, RdfFormat, Store

from clustergraph.eccp import form
from clustergraph.errors import ClustergraphError, SourceError, Where
from clustergraph.graph import Graph
from clustergraph.questions import question
from clustergraph.questions.parameters import resolve
from clustergraph.rdf.files import text_of
from clustergraph.rdf.jsonld import JsonLdContext
from clustergraph.rdf.labels import labels
from clustergraph.rdf.reading import content, parsed, solutions
from clustergraph.terms import BASE, PREFIXES, SCHEME, compact

_INTERNAL: Final = BASE + "export/eccp/"
_MAPPING: Final = NamedNode(_INTERNAL + "mapping")
_INTERNAL_GRAPHS: Final = (_MAPPING, *(NamedNode(_INTERNAL + name) for name in ("mapped", "unmapped")))
_SOURCE: Final = NamedNode(PREFIXES["prov"] + "wasDerivedFrom")
_DAY: Final = NamedNode(PREFIXES["xsd"] + "date")


class NothingToExportError(ClustergraphError):
    """No thing of the graph fits what was asked for."""


@dataclass(frozen=True)
class PackageOrigin:
    """Where a package comes from, and what is asked for."""

    release: str
    """The digest of the release."""
    day: str
    """The day by which answers are judged to be out of date, ISO 8601."""
    clusters: tuple[str, ...] = ()
    """Labels or IRIs of the clusters; all where there are none."""
    regions: tuple[str, ...] = ()
    """Labels, codes or IRIs of regions or countries to keep to."""
    as_of: str = ""
    """The year, month or day whose last is `day`; what is known to be later is left out."""

    @property
    def latest(self) -> str:
        """The day after which nothing is taken, if there is one."""
        return self.day if self.as_of else ""


class Recipe:
    """The files that say how profiles are made."""

    def __init__(self, folder: Path, shapes: Path) -> None:
        """Read the files of a folder; the shapes are those that a package must satisfy.

        Raises:
            SourceError: a file is missing or not as it should be.
        """
        try:
            self.select = question.read(folder / "select.rq")
            self.queries = _texts(folder)
            self.evidence = _texts(folder / "evidence")
            """For each admission rule, the query for what the graph knows about it."""
            self.notes = _texts(folder / "notes")
            """Queries for what is beside the profiles: the documents, and contradictions that editors note."""
            self.gaps = _texts(folder / "gaps")
            """Queries for gaps that are seen in a profile."""
            self.lists = Store()
            """The code lists of the form, with what each of their values covers."""
            self.lists.extend(_turtle(folder / "lists.ttl"))
            self.guide = list(csv.reader(io.StringIO(text_of(folder / "guide.csv"))))
            """How the workbook is filled in, for a sheet of its own."""
            self.shapes = list(_turtle(shapes))
            self.update = (folder / "lists.ru").read_text("utf-8")
            self.columns = form.load(folder / "form.yaml")
            document = json.loads(text_of(folder / "context.jsonld"))["@context"]
            self.context = JsonLdContext(document, shortens=False)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(f"the profile cannot be read: {error}", where=Where(folder)) from error


def _turtle(path: Path) -> Iterator[Quad]:
    return parsed(path, content(path), RdfFormat.TURTLE)


def _texts(folder: Path) -> dict[str, str]:
    """Return the queries in a folder by name."""
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.rq"))}


class ClusterProfile:
    """The profile of one cluster: its graph, and what it answers to the form. It does not depend on any other."""

    def __init__(self, graph: Graph, recipe: Recipe, origin: PackageOrigin, thing: NamedNode) -> None:
        """Gather it, without what is known to be later than is asked for."""
        self.recipe, self.origin, self.thing = recipe, origin, thing
        self.store = Store()
        """The graph in the default graph."""
        for name, query in recipe.queries.items():
            if name not in ("select", "named"):
                self.store.extend(_constructed(graph, _bound(query, thing, origin)))
        named = sorted({quad.object for quad in self.store if isinstance(quad.object, NamedNode)} - {thing}, key=str)
        self.store.extend(_constructed(graph, _filled(recipe.queries["named"], "named", named)))
        self.store.extend(Quad(quad.subject, quad.predicate, quad.object, _MAPPING) for quad in recipe.lists)
        self.store.update(recipe.update)
        self.quads = sorted((quad for quad in self.store if quad.graph_name not in _INTERNAL_GRAPHS), key=str)
        """The graph, in order."""
        self.words = labels(self.store)
        """The labels of what the graph names."""
        self.answers = form.answers(thing, self.store, recipe.columns, self.words)
        self.name = self.words.get(thing.value, compact(thing.value))
        self.notes = list(graph.select(_bound(recipe.notes["contradictions"], thing, origin)))
        """What the editors of the graph note as contradictory."""

    @property
    def silent(self) -> bool:
        """Whether no section says anything of the cluster."""
        return not any(quad.predicate == _SOURCE for quad in self.quads)


def select(graph: Graph, recipe: Recipe, origin: PackageOrigin) -> list[NamedNode]:
    """Return the clusters that get a profile, in order.

    Raises:
        QuestionError: a cluster or region is not known.
        NothingToExportError: there is no such cluster.
    """
    asked = {"cluster": [*origin.clusters], "region": [*origin.regions]}
    given = {name: values for name, values in asked.items() if values}
    bound, _ = resolve(recipe.select, given, graph)
    found = [row["thing"] for row in graph.select(recipe.select.bound(bound))]
    if not found:
        advice = "leave out --cluster or --region, or build the graph" if given else "build the graph"
        raise NothingToExportError("there is no such cluster", advice=advice)
    return found


def codes(graph: Graph, recipe: Recipe) -> list[tuple[str, ...]]:
    """Return what code lists hold, in order: list, code, label, IRI, and whether the list is provisional."""
    lists = {name for column in recipe.columns for name in (column.list, *column.lists.values()) if name}
    query = _filled(recipe.notes["codes"], "scheme", [NamedNode(SCHEME + name) for name in sorted(lists)])
    rows = [*graph.select(query), *solutions(recipe.lists, recipe.notes["codes"])]
    names = ("list", "code", "label", "iri", "state")
    found = {tuple(row[name].value if row[name] else "" for name in names) for row in rows}
    return sorted(found, key=lambda row: (row[0], row[2].casefold(), row))


def _constructed(graph: Graph, query: str) -> Iterator[Quad]:
    result = graph.query(query)
    assert isinstance(result, QueryTriples)
    for triple in result:
        yield Quad(triple.subject, triple.predicate, triple.object)


def _bound(query: str, thing: NamedNode, origin: PackageOrigin) -> str:
    """Return a query about a thing as of a day, without what is known to be later, if that is asked for."""
    for name, day in (("asOf", origin.latest), ("day", origin.day)):
        query = _filled(query, name, [Literal(day, datatype=_DAY)] if day else [])
    return _filled(query, "thing", [thing])


def _filled(query: str, name: str, terms: Iterable[NamedNode | Literal]) -> str:
    """Return a query with a block ``VALUES ?name { UNDEF }`` filled, if there is something to fill in.

    >>> _filled("SELECT * { VALUES ?year { UNDEF } ?s ?p ?year }", "year", [Literal("2016")])
    'SELECT * { VALUES ?year { "2016" } ?s ?p ?year }'
    """
    block = " ".join(map(str, terms)) or "UNDEF"
    return query.replace(f"VALUES ?{name} {{ UNDEF }}", f"VALUES ?{name} {{ {block} }}")


@dataclass(frozen=True)
class Document:
    """A document that profiles are made from."""

    iri: str
    name: str
    issued: str
    """A year, a month or a day, where that is known; a year where it follows from other dates."""
    left_out: bool
    """Whether it is known to be later than the day that is asked for."""

    def __str__(self) -> str:
        """Return the name and the date."""
        return f"{self.name} ({self.issued or 'no date'})"


def documents(graph: Graph, recipe: Recipe, latest: str) -> list[Document]:
    """Return the documents that the sections of a graph stand in, the earliest first."""
    found = {}
    for row in graph.select(recipe.notes["documents"]):
        issued = row["issued"].value if row["issued"] else ""
        left_out = bool(latest and row["from"]) and row["from"].value > latest
        found[row["document"]] = Document(row["document"].value, row["title"].value, issued, left_out)
    return list(found.values())
