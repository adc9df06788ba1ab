"""A package for the European Cluster Collaboration Platform: its profiles, made and judged one after the other."""

import json
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Final

from pyoxigraph import Quad, RdfFormat, serialize

from clustergraph.eccp import assessment, form
from clustergraph.eccp import recipe as eccp
from clustergraph.eccp.assessment import Assessment
from clustergraph.eccp.recipe import ClusterProfile, NothingToExportError, PackageOrigin, Recipe
from clustergraph.graph import Graph
from clustergraph.rdf.jsonld import Tree
from clustergraph.rdf.lines import Line, batches, ordered, unique
from clustergraph.rdf.reading import solutions
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.validate import Shapes, validate
from clustergraph.terms import compact, own, slug_of

TITLE: Final = "Cluster profiles for the European Cluster Collaboration Platform"
_PORTION: Final = 100
"""How many profiles are validated at a time."""
_RUN_BYTES: Final = 8_000_000
_STATE: Final = "<http://www.w3.org/ns/adms#status> <http://purl.org/adms/status/UnderDevelopment>"
_PROVISIONAL: Final = f"SELECT DISTINCT ?title {{ ?list {_STATE} ; skos:prefLabel ?title }} ORDER BY ?title"


class Package:
    """A package that is made and judged, not yet written; its profiles wait on disk."""

    def __init__(
        self, graph: Graph, recipe: Recipe, origin: PackageOrigin, progress: Callable[[str], None] = lambda _: None
    ) -> None:
        """Make the package of the clusters that an origin names.

        Raises:
            QuestionError: a cluster or region is not known.
            NothingToExportError: there is no such cluster.
        """
        self.recipe, self.origin = recipe, origin
        self.documents = eccp.documents(graph, recipe, origin.latest)
        """The documents that the graph is made from, the earliest first."""
        self.silent: list[str] = []
        """The names of the clusters of which nothing was known on the day that is asked for."""
        self.rows: list[list[str]] = []
        """Each profile as a row of the form."""
        self.assessments: list[Assessment] = []
        """How each profile is judged."""
        self.codes = eccp.codes(graph, recipe)
        """What the code lists hold: list, code, label, IRI, and whether the list is provisional."""
        self._statements, self._branches = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115 - kept open
        found: list[Finding] = []
        shapes, rules = Shapes(recipe.shapes), assessment.rules(recipe.shapes)
        with tempfile.TemporaryFile() as unsorted:
            for portion in batches(self._gathered(graph, progress), _PORTION):
                broken = _validated(portion, shapes)
                for profile in portion:
                    self._keep(profile)
                    unsorted.write(_lines_of(profile))
                    self.assessments.append(assessment.judge(profile, rules, broken))
                found += broken
            if not self.assessments:
                raise self._nothing()
            progress("sorting the statements")
            self._statements.writelines(unique(ordered(_again(unsorted), _RUN_BYTES)))
        found.sort(key=lambda each: f"{list(Severity).index(each.severity)} {each.shape.label} {each.reason()}")
        self.findings = list(dict.fromkeys(found))
        """What the shapes found, the worst first."""

    def _gathered(self, graph: Graph, progress: Callable[[str], None]) -> Iterator[ClusterProfile]:
        things = eccp.select(graph, self.recipe, self.origin)
        for number, thing in enumerate(things, 1):
            progress(f"gathering profile {number:,} of {len(things):,}")
            profile = ClusterProfile(graph, self.recipe, self.origin, thing)
            if self.origin.latest and profile.silent:
                self.silent.append(profile.name)
            else:
                yield profile

    def _keep(self, profile: ClusterProfile) -> None:
        branch = Tree(profile.quads, self.recipe.context).branch(profile.thing)
        text = json.dumps(branch, ensure_ascii=False, indent=1).replace("\n", "\n  ")
        self._branches.write(f"{',' if self.rows else ''}\n  {text}".encode())
        self.rows.append(form.row(self.recipe.columns, profile.thing.value, profile.answers))

    def _nothing(self) -> NothingToExportError:
        asked = "these clusters" if self.origin.clusters or self.origin.regions else "any cluster"
        first = next((each for each in self.documents if each.issued), None)
        advice = f"the earliest document with a date is {first}" if first else "leave out --as-of"
        return NothingToExportError(f"nothing was known of {asked} as of {self.origin.as_of}", advice=advice)

    @property
    def violations(self) -> list[Finding]:
        """What breaks the profile."""
        return [finding for finding in self.findings if finding.severity is Severity.VIOLATION]

    @property
    def provisional(self) -> list[str]:
        """The names of the lists that hold the values of the sources, for want of an official list."""
        return [row["title"].value for row in solutions(self.recipe.lists, _PROVISIONAL)]

    @property
    def lines(self) -> Iterator[Line]:
        """The graph as N-Quads in order, each profile in a named graph of its own."""
        return _again(self._statements)

    @property
    def branches(self) -> Iterator[bytes]:
        """The profiles as JSON, line by line, with commas between them."""
        return _again(self._branches)


def _validated(profiles: list[ClusterProfile], shapes: Shapes) -> list[Finding]:
    words = {iri: word for profile in profiles for iri, word in profile.words.items()}
    quads = (quad for profile in profiles for quad in profile.quads)
    return validate(quads, shapes, label=lambda node: words.get(node.value, compact(node.value)))


def _lines_of(profile: ClusterProfile) -> bytes:
    name = own(f"graph/eccp/{slug_of(profile.thing.value)}")
    quads = (Quad(quad.subject, quad.predicate, quad.object, name) for quad in profile.quads)
    content = serialize(quads, format=RdfFormat.N_QUADS)
    assert content is not None
    return content


def _again(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file from its beginning."""
    file.seek(0)
    yield from iter(file.readline, b"")  # and not from the file, which a reader who stops early would close
