"""The description of a release in DCAT-AP and VoID: what is in it, how much, who publishes it, and how to get it.

What it says is in ``templates/description.ttl``; here are the facts.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import yaml
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from clustergraph.errors import SourceError, Where
from clustergraph.layers import Layers
from clustergraph.rdf.files import text_of
from clustergraph.rdf.labels import best
from clustergraph.rdf.lines import Line, Statement
from clustergraph.rdf.reading import solutions
from clustergraph.release.artefacts import Download, lines_of
from clustergraph.release.manifest import Release
from clustergraph.terms import BASE, COUNTRY, GRAPH, HOME, ID, NUTS, PREFIXES, VOCABULARIES, compact

COMPUTED: Final = ("inferred", "catalogue")
"""Graphs that are no source: what the build adds itself."""
PUBLICATION: Final = Path("exports") / "dcat"
"""Where the file of boxes is below the folder of queries."""
_DOCUMENTS: Final = "SELECT ?x ?day { ?x a cg:Document OPTIONAL { ?x cg:issued|cg:issuedFrom|cg:issuedUntil ?day } }"
_ABOUT: Final = """SELECT DISTINCT ?x ?place {
  { SELECT DISTINCT ?x { { ?x a cg:Cluster } UNION { ?partnership a cg:Partnership ; cg:hasParticipant ?x } } }
  ?x cg:locatedIn|cg:within ?place . ?place a cg:Country FILTER STRSTARTS(STR(?place), "%s") }"""
_CLASSES: Final = "SELECT ?x (COUNT(?s) AS ?n) { ?s a ?x FILTER isIRI(?x) } GROUP BY ?x"
_PROPERTIES: Final = "SELECT ?x (COUNT(*) AS ?n) { ?s ?x ?o } GROUP BY ?x"
_NO_VOCABULARY: Final = ("nuts", "country")
_KINDS_OF_DAYS: Final = {4: "gYear", 7: "gYearMonth", 10: "date"}


def describe(store: Store, release: Release, downloads: Sequence[Download], about: Mapping[str, Any]) -> list[Quad]:
    """Return the description of a release and of its files, from its store and from what its project says of it."""
    parts = _parts(store, lines_of(release.path))
    own = {source_of(each.graph): each.licence for each in release.sources}
    for part in parts:
        part.licence = own.get(part.source, "")
    named = (*filter(None, (part.document for part in parts)), *parts[0].places)
    classes, properties = list(solutions(store, _CLASSES)), list(solutions(store, _PROPERTIES))
    terms = [row["x"].value for row in (*classes, *properties)]
    spaces = {space for prefix, space in VOCABULARIES.items() if prefix not in _NO_VOCABULARY} | {PREFIXES["cg"]}
    text = _template().render(
        select=partial(solutions, store),
        release=release,
        about=about,
        parts=[part for part in parts if part.source not in COMPUTED],
        files=sorted(downloads, key=lambda each: each.name),
        names={iri: name for iri in named if (name := best(store, NamedNode(iri)))},
        classes=classes,
        properties=properties,
        vocabularies=[space for space in spaces if any(term.startswith(space) for term in terms)],
        base=about["base"],
        model=BASE,
        graph_spaces=_graph_spaces(),
        nuts=NUTS,
        country=COUNTRY,
    )
    return list(parse(text, format=RdfFormat.TURTLE))


@dataclass
class Part:
    """A dataset: the whole, or what comes from one source."""

    source: str = ""
    """Its name; nothing for the whole."""
    document: str = ""
    """The IRI of the document that it is the content of, if it is one."""
    graphs: Counter[str] = field(default_factory=Counter)
    """Its named graphs, and how many statements are in each."""
    places: set[str] = field(default_factory=set)
    """IRIs (EU authority) of the countries of its clusters and of who takes part in its partnerships."""
    days: set[str] = field(default_factory=set)
    """When its documents were issued: the time that they tell of."""
    licence: str = ""
    """The IRI of its licence, where that is not the one of the whole."""

    @property
    def iri(self) -> str:
        """Its address, as the template writes it."""
        return f"<#source-{self.source}>" if self.source else "<>"

    @property
    def last(self) -> str:
        """The latest of the days; a year lasts longer than any day of it."""
        return max(self.days, key=lambda day: (day[:4], -len(day), day))


def source_of(graph: str) -> str | None:
    """Return the source that a named graph belongs to, or None if it is neither the project's own nor one of ours.

    >>> source_of("https://w3id.org/clustergraph/graph/report/annex-1")
    'report'
    >>> source_of("https://w3id.org/clustergraph/graph/import/cordis/record")
    'import-cordis'
    """
    found = (graph.removeprefix(space).split("/") for space in _graph_spaces() if graph.startswith(space))
    return next(("-".join(parts[:2]) if parts[0] == "import" else parts[0] for parts in found), None)


def _graph_spaces() -> tuple[str, ...]:
    return (f"{HOME.base}graph/", GRAPH)


def _parts(store: Store, lines: Iterable[Line]) -> list[Part]:
    """Return the whole, and then each source by its name."""
    found = {"": Part()}
    of: dict[bytes, list[Part]] = {}
    days, places = _by_thing(store, _DOCUMENTS, "day"), _by_thing(store, _ABOUT % COUNTRY, "place")
    for statement in map(Statement.of, lines):
        if statement.graph not in of:
            source = source_of(statement.graph[1:-1].decode()) or ""
            document = next((each for each in _documents(source) if each in days), "")
            part = found.setdefault(source, Part(source, document))
            of[statement.graph] = [found[""], *([part] if source else [])]
            for each in of[statement.graph]:
                each.days |= days.get(document, set())
        for part in of[statement.graph]:
            part.graphs[statement.graph[1:-1].decode()] += 1
            part.places |= places.get(statement.subject[1:-1].decode(), set())
    return [found[name] for name in sorted(found)]


def _documents(source: str) -> tuple[str, ...]:
    """Return the IRIs of documents that bear the name of a source."""
    return (f"{HOME.base}id/document/{source}", f"{ID}document/{source}")


def _by_thing(store: Store, query: str, name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in solutions(store, query):
        found.setdefault(row["x"].value, set()).update([row[name].value] if row[name] else [])
    return found


@cache
def _template() -> Any:  # noqa: ANN401 - jinja2 is imported where it is needed
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("clustergraph.release"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - it is Turtle, and its filters write it
    )
    environment.filters |= {
        "text": lambda text: str(Literal(text, language="en")),
        "plain": lambda text: str(Literal(text)),
        "iri": lambda iri: str(NamedNode(iri)),
        "day": lambda day: f'"{day}"^^xsd:{_KINDS_OF_DAYS[len(str(day))]}',
        "short": _short,
        "words": lambda name: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower(),
        "lookup": lambda key, table: table[key],
        "code": lambda code, space: str(NamedNode(space + code)),
        "source": source_of,
    }
    return environment.get_template("description.ttl")


def _short(term: NamedNode) -> str:
    """Return a fragment that stands for a term: its prefixed name, or else the start of a digest."""
    name = compact(term.value)
    if name.startswith("<"):
        return hashlib.sha256(term.value.encode()).hexdigest()[:12]
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name)


def boxes(queries: Layers | Path) -> dict[str, tuple[float, ...]]:
    """Return boxes around places (west, south, east and north, in degrees) by the code of the place.

    Raises:
        SourceError: the file below the folder of queries is not as it should be.
    """
    path = (Layers.of(queries) / PUBLICATION).find("places.yaml")
    try:
        return _boxes((yaml.safe_load(text_of(path)) if path.is_file() else None) or {})
    except (OSError, ValueError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise SourceError(str(error), where=Where(path), advice="give each code west, south, east and north") from error


def _boxes(found: dict[str, Any]) -> dict[str, tuple[float, ...]]:
    return {
        str(code): (float(west), float(south), float(east), float(north))
        for code, (west, south, east, north) in found.items()
    }
