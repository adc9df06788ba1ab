"""The description of a release in DCAT-AP and VoID: what is in it, how much, who publishes it, and how to get it.

What it says is in ``templates/description.ttl``; here are the facts.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import yaml
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from clustergraph.errors import SourceError, Where
from clustergraph.layers import Layers
from clustergraph.rdf.files import text_of
from clustergraph.rdf.labels import best
from clustergraph.rdf.lines import Line
from clustergraph.rdf.reading import solutions
from clustergraph.release.artefacts import Download, lines_of
from clustergraph.release.manifest import Release
from clustergraph.terms import BASE, COUNTRY, GRAPH, HOME, ID, NUTS, PREFIXES, SCHEME, VOCABULARIES, compact, expand

COMPUTED: Final = ("inferred", "catalogue")
"""Graphs that are no source: what the build adds itself."""
PUBLICATION: Final = Path("exports") / "dcat"
"""Where the file of boxes is below the folder of queries."""
_DOCUMENTS: Final = "SELECT ?x ?day { ?x a cg:Document OPTIONAL { ?x cg:issued|cg:issuedFrom|cg:issuedUntil ?day } }"
_ABOUT: Final = """SELECT DISTINCT ?x ?place {
  { SELECT DISTINCT ?x { { ?x a cg:Cluster } UNION { ?partnership a cg:Partnership ; cg:hasParticipant ?x } } }
  ?x cg:locatedIn|cg:within ?place . ?place a cg:Country FILTER STRSTARTS(STR(?place), "%s") }"""
_SPACES: Final = {space: f"<{space}".encode() for space in (NUTS, COUNTRY)}
_CODES: Final = f"<{SCHEME}".encode()
_TYPE: Final = str(expand("rdf:type")).encode()
_NO_VOCABULARY: Final = ("nuts", "country")
_KINDS_OF_DAYS: Final = {4: "gYear", 7: "gYearMonth", 10: "date"}


def describe(
    store: Store, release: Release, downloads: Sequence[Download], about: Mapping[str, Any], statistics: Statistics
) -> list[Quad]:
    """Return the description of a release and of its files, from its store and from what its project says of it."""
    parts = statistics.sorted_parts
    own = {source_of(each.graph): each.licence for each in release.sources}
    for part in parts:
        part.licence = own.get(part.source, "")
    named = (*filter(None, (part.document for part in parts)), *parts[0].places)
    terms = [term.value for term in (*statistics.by_class, *statistics.by_property)]
    spaces = {space for prefix, space in VOCABULARIES.items() if prefix not in _NO_VOCABULARY} | {PREFIXES["cg"]}
    text = _template().render(
        select=partial(solutions, store),
        release=release,
        about=about,
        parts=[part for part in parts if part.source not in COMPUTED],
        files=sorted(downloads, key=lambda each: each.name),
        names={iri: name for iri in named if (name := best(store, NamedNode(iri)))},
        statistics=statistics,
        vocabularies=[space for space in spaces if any(term.startswith(space) for term in terms)],
        base=about["base"],
        model=BASE,
        graph_spaces=_graph_spaces(),
        nuts=NUTS,
        country=COUNTRY,
        eccp_profile=expand("cg:eccpProfile").value,
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


@dataclass
class Statistics:
    """What a release holds, counted while its lines pass in their order."""

    days: Mapping[str, set[str]]
    """When documents were issued, by their IRIs."""
    places: Mapping[str, set[str]]
    """The countries of clusters, and of who takes part in partnerships, by their IRIs."""
    triples: int = 0
    entities: int = 0
    """How many IRIs have a class."""
    subjects: int = 0
    objects: int = 0
    parts: dict[str, Part] = field(default_factory=lambda: {"": Part()})
    """The whole, and each source by its name."""
    codes: Counter[str] = field(default_factory=Counter)
    """How many things have each code of our lists, by its IRI."""
    _classes: Counter[bytes] = field(default_factory=Counter)
    _properties: Counter[bytes] = field(default_factory=Counter)
    _links: dict[str, Counter[bytes]] = field(default_factory=lambda: {space: Counter() for space in _SPACES})
    _first: dict[bytes, bytes] = field(default_factory=dict)
    _typed: bytes = b""
    """The last subject that had a class."""
    _of: dict[bytes, list[Part]] = field(default_factory=dict)
    _had: dict[bytes, bytes] = field(default_factory=dict)
    """The last subject that had each code."""

    @classmethod
    def of(cls, store: Store, release: Release) -> Self:
        """Return what a release holds."""
        made = cls(_by_thing(store, _DOCUMENTS, "day"), _by_thing(store, _ABOUT % COUNTRY, "place"))
        made.read(lines_of(release.path))
        return made

    def read(self, lines: Iterable[Line]) -> None:
        """Count what ordered lines say."""
        graphs, objects = Counter[bytes](), array("q")
        placed = {f"<{iri}>".encode(): places for iri, places in self.places.items()}
        before = subject = b""
        for line in lines:
            triple, graph, _ = line.rsplit(b" ", 2)
            graphs[graph] += 1
            if triple != before:
                before, last = triple, subject
                subject, predicate, object_ = triple.split(b" ", 2)
                objects.append(hash(object_))
                self.subjects += subject != last
                self._properties[predicate] += 1
                self._count(subject, predicate, object_)
            if subject in placed:
                for part in self._parts_of(graph):
                    part.places |= placed[subject]
        self.triples, self.objects = self._properties.total(), len(np.unique(objects))
        for graph, number in graphs.items():
            for part in self._parts_of(graph):
                part.graphs[graph[1:-1].decode()] += number

    def _count(self, subject: bytes, predicate: bytes, object_: bytes) -> None:
        """Count a triple as one that gives a thing a class, or that leads into a space of IRIs."""
        if predicate == _TYPE and subject[:1] == b"<":
            self.entities += subject != self._typed
            self._typed = subject
            self._first[object_] = min(self._first.get(object_, subject), subject, key=lambda iri: iri[:-1])
        if predicate == _TYPE and object_[:1] == b"<":
            self._classes[object_] += 1
        if object_.startswith(_CODES) and not subject.startswith(_CODES) and self._had.get(object_) != subject:
            self._had[object_] = subject
            self.codes[object_[1:-1].decode()] += 1
        for space, start in _SPACES.items():
            if object_.startswith(start) and not subject.startswith(start):
                self._links[space][predicate] += 1

    def _parts_of(self, graph: bytes) -> list[Part]:
        """Return the parts that a graph belongs to: the whole, and its source if it has one."""
        if graph not in self._of:
            source = source_of(graph[1:-1].decode()) or ""
            document = next((each for each in _documents(source) if each in self.days), "")
            part = self.parts.setdefault(source, Part(source, document))
            self._of[graph] = [self.parts[""], *([part] if source else [])]
            for each in self._of[graph]:
                each.days |= self.days.get(document, set())
        return self._of[graph]

    @property
    def sorted_parts(self) -> list[Part]:
        """The whole, and then each source by its name."""
        return [self.parts[name] for name in sorted(self.parts)]

    @property
    def by_class(self) -> dict[NamedNode, int]:
        """How many things each class has."""
        return _named(self._classes)

    @property
    def by_property(self) -> dict[NamedNode, int]:
        """How many triples each property has."""
        return _named(self._properties)

    @property
    def uses(self) -> dict[str, dict[str, int]]:
        """How often properties and codes are used, by IRI, as it is kept beside the description."""
        return {
            "properties": {term.value: number for term, number in self.by_property.items()},
            "codes": dict(sorted(self.codes.items())),
        }

    def links(self, space: str) -> dict[NamedNode, int]:
        """Return by property how often what is outside of a space of IRIs is linked with what is in it."""
        return _named(self._links[space])

    def example(self, kind: str) -> str:
        """Return the first IRI of a class of ours as Turtle writes it, so that the same graph always has the same."""
        return self._first.get(str(expand(f"cg:{kind}")).encode(), b"").decode()


def _named(counts: Mapping[bytes, int]) -> dict[NamedNode, int]:
    return {NamedNode(term[1:-1].decode()): number for term, number in sorted(counts.items())}


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
