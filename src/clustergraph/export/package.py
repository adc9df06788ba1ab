"""A package for the European Cluster Collaboration Platform: its profiles, and how they are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from pyoxigraph import Quad, QuerySolutions, RdfFormat, parse

from clustergraph.errors import SourceError, Where
from clustergraph.export import admission, eccp, gaps
from clustergraph.export.eccp import UNMAPPED, Profiles, Recipe
from clustergraph.export.gap_reports import Card, Report
from clustergraph.export.tree import iri
from clustergraph.graph import Graph
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.validate import validate
from clustergraph.terms import PREFIXES, compact

Progress = Callable[[str], None]

TITLE: Final = "Cluster profiles for the European Cluster Collaboration Platform"


@dataclass(frozen=True)
class Origin:
    """Where a package comes from."""

    release: str
    """The digest of the release."""
    day: str
    """The day by which answers are judged to be out of date, ISO 8601."""
    clusters: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    as_of: str = ""


@dataclass(frozen=True)
class Package:
    """A package that is made and judged, not yet written."""

    profiles: Profiles
    recipe: Recipe
    findings: tuple[Finding, ...]
    report: Report
    origin: Origin

    @property
    def violations(self) -> list[Finding]:
        """What breaks the profile."""
        return [finding for finding in self.findings if finding.severity is Severity.VIOLATION]


def make(graph: Graph, recipe: Recipe, origin: Origin, progress: Progress = lambda _: None) -> Package:
    """Return the package of the clusters that an origin names.

    Raises:
        QuestionError: a cluster or region is not known.
        NothingToExportError: there is no such cluster.
        SourceError: the shapes cannot be read.
    """
    progress("gathering the profiles")
    profiles = eccp.gather(graph, recipe, clusters=origin.clusters, regions=origin.regions, as_of=origin.as_of)
    progress("validating the package")
    shapes = _shapes(recipe.shapes)
    findings = validate(
        profiles.quads(), shapes, label=lambda node: profiles.words.get(node.value, compact(node.value))
    )
    progress("judging the answers")
    known = admission.evidence(profiles.store, recipe.evidence, profiles.words)
    judged = admission.judge(profiles.things, admission.rules(shapes), findings, known)
    found = gaps.by_thing(_gaps(graph, recipe, profiles, date.fromisoformat(origin.day)))
    cards = tuple(
        Card(thing, profiles.words.get(thing, compact(thing)), tuple(judged[thing]), tuple(found.get(thing, ())))
        for thing in profiles.things
    )
    report = Report(TITLE, origin.release, origin.day, tuple(sorted(_provisional(profiles))), cards)
    return Package(profiles, recipe, tuple(findings), report, origin)


def _shapes(path: Path) -> list[Quad]:
    try:
        return list(parse(path.read_bytes(), format=RdfFormat.TURTLE))
    except (OSError, SyntaxError) as error:
        raise SourceError(f"the shapes of the package cannot be read: {error}", where=Where(path)) from error


def _gaps(graph: Graph, recipe: Recipe, profiles: Profiles, day: date) -> Iterator[gaps.Gap]:
    for thing in profiles.things:
        yield from gaps.find(thing, recipe.columns, profiles.answers[thing], day)
    columns = {column.becomes.get("fact"): column.name for column in recipe.columns}
    left: dict[tuple[str, str], set[str]] = {}
    for quad in profiles.store.quads_for_pattern(None, None, None, UNMAPPED):
        property_ = compact(quad.predicate.value)
        value = iri(quad.object)
        place = (iri(quad.subject), columns.get(property_, property_))
        left.setdefault(place, set()).add(profiles.words.get(value, value))
    for (thing, column), words in sorted(left.items()):
        yield from gaps.unlisted(thing, column, words)
    yield from gaps.noted(eccp.notes(graph, recipe, profiles.things))


def _provisional(profiles: Profiles) -> Iterator[str]:
    rows = profiles.store.query(
        "SELECT ?title { GRAPH ?mapping { ?list <http://www.w3.org/ns/adms#status> "
        "<http://purl.org/adms/status/UnderDevelopment> ; skos:prefLabel ?title } }",
        prefixes=PREFIXES,
    )
    assert isinstance(rows, QuerySolutions)
    return (title for title in {row["title"].value for row in rows})
