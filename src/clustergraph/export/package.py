"""A package for the European Cluster Collaboration Platform: its profiles, made and judged one after the other."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import IO, Final

from pyoxigraph import NamedNode, Quad, QuerySolutions, RdfFormat, Store, parse, serialize

from clustergraph.errors import SourceError, Where
from clustergraph.export import admission, eccp, form, gaps
from clustergraph.export.admission import Evidence
from clustergraph.export.eccp import UNMAPPED, Document, NothingToExportError, Profile, Recipe
from clustergraph.export.gap_reports import Card, Report
from clustergraph.export.lines import Line, ordered, unique
from clustergraph.export.spool import Spool
from clustergraph.export.tree import Tree, iri
from clustergraph.export.writers import merged
from clustergraph.graph import Graph
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.validate import Shapes, validate
from clustergraph.terms import GRAPH, PREFIXES, compact, slug

Progress = Callable[[str], None]

TITLE: Final = "Cluster profiles for the European Cluster Collaboration Platform"
_PORTION: Final = 20_000
"""About how many triples are validated at a time."""
_RUN_BYTES: Final = 8_000_000
_ADMS: Final = "http://www.w3.org/ns/adms#"
_CODES: Final = f"""SELECT DISTINCT ?list ?code ?label ?iri ?state {{
  ?iri skos:inScheme ?scheme ; skos:prefLabel ?label . ?scheme skos:prefLabel ?list
  OPTIONAL {{ ?iri skos:notation ?code }} OPTIONAL {{ ?scheme <{_ADMS}status> ?state }} }}"""


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


@dataclass
class Package:
    """A package that is made and judged, not yet written; what it holds waits on disk."""

    recipe: Recipe
    origin: Origin
    lists: Store
    """The code lists of the form."""
    documents: tuple[Document, ...] = ()
    """The documents that the graph is made from, the earliest first."""
    silent: list[str] = field(default_factory=list)
    """The names of the clusters of which nothing was known on the day that is asked for."""
    branches: Spool[object] = field(default_factory=Spool)
    """Each profile as JSON."""
    rows: Spool[list[str]] = field(default_factory=Spool)
    """Each profile as a row of the form."""
    cards: Spool[Card] = field(default_factory=Spool)
    """How each profile is judged."""
    codes: set[tuple[str, ...]] = field(default_factory=set)
    """The codes that profiles name, as `codes_of` gives them."""
    predicates: set[str] = field(default_factory=set)
    """The IRIs of the properties in the graph."""
    findings: Spool[Finding] = field(default_factory=Spool)
    """What the shapes found, the worst first."""
    statements: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    """The lines of the graph, in order; see `lines`."""

    @property
    def profiles(self) -> int:
        """How many profiles there are."""
        return len(self.cards)

    @cached_property
    def severities(self) -> Counter[Severity]:
        """How many findings there are of each severity."""
        return Counter(finding.severity for finding in self.findings)

    @property
    def conforms(self) -> bool:
        """Whether nothing breaks the profile."""
        return not self.severities[Severity.VIOLATION]

    @property
    def violations(self) -> Iterator[Finding]:
        """What breaks the profile."""
        return (finding for finding in self.findings if finding.severity is Severity.VIOLATION)

    @property
    def report(self) -> Report:
        """The report of the gaps."""
        rows = self.lists.query(
            f"SELECT DISTINCT ?title {{ ?list <{_ADMS}status> <http://purl.org/adms/status/UnderDevelopment> ; "
            "skos:prefLabel ?title } ORDER BY ?title",
            prefixes=PREFIXES,
        )
        assert isinstance(rows, QuerySolutions)
        provisional = tuple(row["title"].value for row in rows)
        as_of = self.origin.as_of
        return Report(
            TITLE,
            self.origin.release,
            self.origin.day,
            provisional,
            self.cards,
            as_of,
            used=tuple(map(str, (each for each in self.documents if not each.later_than(as_of)))),
            later=tuple(map(str, (each for each in self.documents if each.later_than(as_of)))),
            silent=tuple(self.silent),
        )

    @property
    def lines(self) -> Iterator[Line]:
        """The graph as N-Quads in order, each profile in a named graph of its own."""
        self.statements.seek(0)
        yield from self.statements

    @cached_property
    def triples(self) -> int:
        """How many different triples there are."""
        return sum(1 for _ in merged(self.lines))


def make(graph: Graph, recipe: Recipe, origin: Origin, progress: Progress = lambda _: None) -> Package:
    """Return the package of the clusters that an origin names.

    Raises:
        QuestionError: a cluster or region is not known.
        NothingToExportError: there is no such cluster.
        SourceError: the shapes cannot be read.
    """
    things = eccp.select(graph, recipe, clusters=origin.clusters, regions=origin.regions)
    lists = Store()
    lists.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in recipe.lists)
    package = Package(recipe, origin, lists, eccp.documents(graph, recipe))
    judge = _Judge(graph, package)
    statements: Spool[list[Line]] = Spool()
    found: Spool[Finding] = Spool()
    for portion in _portions(_gathered(graph, package, things, progress)):
        for profile in portion:
            _keep(package, profile)
            statements.append(_lines_of(profile))
        for finding in judge.portion(portion):
            found.append(finding)
    if not package.profiles:
        raise _nothing(package)
    progress("sorting the statements")
    package.findings = Spool.in_order((_rank(finding), finding) for finding in found)
    package.statements.writelines(unique(ordered((line for lines in statements for line in lines), _RUN_BYTES)))
    return package


def codes_of(store: Store) -> Iterator[tuple[str, ...]]:
    """Yield the codes in a graph: list, code, label, IRI, and whether the list is provisional."""
    rows = store.query(_CODES, prefixes=PREFIXES)
    assert isinstance(rows, QuerySolutions)
    for row in rows:
        cells = (row[name].value if row[name] else "" for name in ("list", "code", "label", "iri"))
        provisional = row["state"] is not None and row["state"].value.endswith("UnderDevelopment")
        yield *cells, "provisional" if provisional else ""


def _gathered(graph: Graph, package: Package, things: list[NamedNode], progress: Progress) -> Iterator[Profile]:
    as_of = package.origin.as_of
    for number, thing in enumerate(things, 1):
        progress(f"gathering profile {number:,} of {len(things):,}")
        profile = eccp.gather(graph, package.recipe, thing, as_of)
        if as_of and profile.silent:
            package.silent.append(profile.name)
        else:
            yield profile


def _nothing(package: Package) -> NothingToExportError:
    asked = "these clusters" if package.origin.clusters or package.origin.regions else "any cluster"
    first = next((each for each in package.documents if each.issued), None)
    advice = f"the earliest document with a date is {first}" if first else "leave out --as-of"
    return NothingToExportError(f"nothing was known of {asked} as of {package.origin.as_of}", advice=advice)


def _portions(profiles: Iterable[Profile]) -> Iterator[list[Profile]]:
    held: list[Profile] = []
    for profile in profiles:
        held.append(profile)
        if sum(len(each.quads) for each in held) >= _PORTION:
            yield held
            held = []
    if held:
        yield held


def _keep(package: Package, profile: Profile) -> None:
    recipe = package.recipe
    package.branches.append(Tree.of(profile.quads, recipe.context).branch(profile.thing))
    package.rows.append(form.row(recipe.columns, profile.thing, profile.answers))
    package.codes.update(codes_of(profile.store))
    package.predicates.update(quad.predicate.value for quad in profile.quads)


def _lines_of(profile: Profile) -> list[Line]:
    name = NamedNode(f"{GRAPH}eccp/{slug(profile.thing.rsplit('/', 1)[-1])}")
    quads = (Quad(quad.subject, quad.predicate, quad.object, name) for quad in profile.quads)
    content = serialize(quads, format=RdfFormat.N_QUADS)
    assert content is not None
    return content.splitlines(keepends=True)


def _rank(finding: Finding) -> str:
    return f"{list(Severity).index(finding.severity)} {finding.shape.label} {finding.reason()}"


class _Judge:
    """Judges profiles by the shapes, the admission rules and the columns of the form."""

    def __init__(self, graph: Graph, package: Package) -> None:
        self._graph, self._package, self._recipe = graph, package, package.recipe
        self._day = date.fromisoformat(package.origin.day)
        triples = _shapes(self._recipe.shapes)
        self._shapes, self._rules = Shapes(triples), admission.rules(triples)

    def portion(self, profiles: list[Profile]) -> list[Finding]:
        """Judge some profiles, and return what the shapes find in them."""
        words = {iri_: word for profile in profiles for iri_, word in profile.words.items()}
        findings = validate(
            (quad for profile in profiles for quad in profile.quads),
            self._shapes,
            label=lambda node: words.get(node.value, compact(node.value)),
        )
        judged = admission.judge(
            [profile.thing for profile in profiles], self._rules, findings, self._evidence(profiles)
        )
        for profile in profiles:
            found = tuple(self._gaps(profile))
            self._package.cards.append(Card(profile.thing, profile.name, tuple(judged[profile.thing]), found))
        return findings

    def _evidence(self, profiles: list[Profile]) -> Mapping[str, Mapping[str, list[Evidence]]]:
        known: dict[str, dict[str, list[Evidence]]] = {name: {} for name in self._recipe.evidence}
        for profile in profiles:
            for name, said in admission.evidence(profile.store, self._recipe.evidence, profile.words).items():
                known[name][profile.thing] = [*said.get(profile.thing, ())]
        return known

    def _gaps(self, profile: Profile) -> Iterator[gaps.Gap]:
        yield from gaps.find(profile.thing, self._recipe.columns, profile.answers, self._day)
        columns = {column.becomes.get("fact"): column.name for column in self._recipe.columns}
        left: dict[str, set[str]] = {}
        for quad in profile.store.quads_for_pattern(None, None, None, UNMAPPED):
            property_, value = compact(quad.predicate.value), iri(quad.object)
            left.setdefault(columns.get(property_) or property_, set()).add(profile.words.get(value, value))
        for column, words in sorted(left.items()):
            yield from gaps.unlisted(profile.thing, column, words)
        yield from gaps.noted(
            profile.thing,
            eccp.contradictions(self._graph, self._recipe, profile.thing, self._package.origin.as_of),
        )


def _shapes(path: Path) -> list[Quad]:
    try:
        return list(parse(path.read_bytes(), format=RdfFormat.TURTLE))
    except (OSError, SyntaxError) as error:
        raise SourceError(f"the shapes of the package cannot be read: {error}", where=Where(path)) from error
