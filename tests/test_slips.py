"""Slips of a maintainer: each is found, with a message that says what is wrong, on the line where it is.

A slip is a file in tests/slips/: a fragment of TriG, without prefixes, that a maintainer adds to the data. Its head is

    # What the maintainer did.
    # expect: violation "words of the message"
    # instead of: organisation:afil cg:country country:ITA

with the severity, and words that the finding has. The last line is there only where the slip takes the place of a
triple, which is then left out of the data; it may be repeated. The line on which the finding must be ends with
``# here``. New things have ``slip`` in their IRIs and names: all slips are made at once, and no two touch one triple.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from clustergraph.pipeline.checks import Constraints
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.rdf.places import Places
from clustergraph.rdf.reading import read_all
from clustergraph.release.changes import Changes
from clustergraph.release.write import merge
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.terms import PREFIXES
from tests.pipeline.test_checks import BAD

FOLDER = Path(__file__).parent / "slips"
FILES = sorted(FOLDER.glob("*.trig"))
HEADER = " ".join(f"@prefix {prefix}: <{space}> ." for prefix, space in PREFIXES.items())
EXPECTED = re.compile(r'^# expect: (violation|warning|info) "(.+)"$', re.MULTILINE)
REPLACED = re.compile(r"^# instead of: (.+?)(?: \.)?$", re.MULTILINE)
HERE = re.compile(r"# here$", re.MULTILINE)
KNOWN = {"kind of organisation is known", "unused-term"}
"""What the project is warned of as it is."""


@dataclass(frozen=True)
class Slip:
    """What is in a file of a slip."""

    path: Path

    @cached_property
    def text(self) -> str:
        """The file with all prefixes on its first line, so that the others keep their numbers."""
        return f"{HEADER} {self.path.read_text('utf-8')}"

    @cached_property
    def quads(self) -> list[Quad]:
        return list(parse(self.text, format=RdfFormat.TRIG))

    @cached_property
    def replaced(self) -> list[Quad]:
        triples = " ".join(f"{triple} ." for triple in REPLACED.findall(self.text))
        return list(parse(f"{HEADER} {triples}", format=RdfFormat.TURTLE))

    @property
    def line(self) -> int:
        (here,) = HERE.finditer(self.text)
        return self.text.count("\n", 0, here.start()) + 1

    def make(self, store: Store) -> None:
        """Make the slip in a store of what is stated."""
        stated = [quad for one in self.replaced for quad in store.quads_for_pattern(*one.triple)]
        assert len({quad.triple for quad in stated}) == len(self.replaced), "what the slip replaces is in the data"
        for quad in stated:
            store.remove(quad)
        store.extend(self.quads)

    def found(self, findings: list[Finding]) -> bool:
        (expected,) = EXPECTED.findall(self.text)
        return any(
            finding.severity == expected[0]
            and expected[1] in finding.reason()
            and finding.where is not None
            and (finding.where.path.name, finding.where.line) == (self.path.name, self.line)
            for finding in findings
        )

    def said(self, findings: list[Finding]) -> str:
        """What was found in the file of the slip, or else about what it names."""
        terms = {term for quad in self.quads for term in (quad.subject, quad.object)}
        of_slip = [f for f in findings if f.where and f.where.path.name == self.path.name]
        about = of_slip or [f for f in findings if f.focus.term in terms]
        lines = [f"{f.where and f.where.line}: {f.severity} {f.reason()}" for f in about if f.shape.label not in KNOWN]
        return f"expected at line {self.line}; found: " + "\n".join(lines)


SLIPS = [Slip(path) for path in FILES]


@pytest.fixture(scope="module")
def constraints(project: Project) -> Constraints:
    return Constraints.of(project)


@pytest.fixture(scope="module")
def places(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Where statements are, of the project and of all slips."""
    folder = tmp_path_factory.mktemp("slips")
    for slip in SLIPS:
        (folder / slip.path.name).write_text(slip.text, "utf-8")
    return Places([*sorted(folder.glob("*.trig")), *project.graph_files()])


def finished(store: Store, project: Project) -> Store:
    merge(store)
    infer(store, project.rules)
    return store


@pytest.fixture(scope="module")
def together(project: Project, constraints: Constraints, places: Places) -> list[Finding]:
    """What is found with all slips made at once."""
    store = Store()
    store.extend(read_all(project.graph_files()))
    for slip in SLIPS:
        slip.make(store)
    return constraints.findings(finished(store, project), places=places)


def test_nothing_is_found_in_the_project_as_it_is(constraints: Constraints, store: Store) -> None:
    findings = constraints.findings(store)
    assert [each.reason() for each in findings if each.severity is Severity.VIOLATION] == []
    assert {each.shape.label for each in findings} <= KNOWN


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.path.stem)
def test_a_slip_is_found_on_its_line(slip: Slip, together: list[Finding]) -> None:
    assert slip.found(together), slip.said(together)


def test_every_check_finds_a_slip_or_has_a_graph_that_fails_it(together: list[Finding], project: Project) -> None:
    names = {slip.path.name for slip in SLIPS}
    found = {finding.shape.label for finding in together if finding.where and finding.where.path.name in names}
    assert sorted({path.stem for path in project.checks.glob("*.rq")} - found - set(BAD)) == []


def test_a_slip_changes_what_no_other_changes() -> None:
    changed = Counter(quad.triple for slip in SLIPS for quad in {*slip.replaced, *slip.quads})
    assert [str(triple) for triple, number in changed.items() if number > 1] == []


@pytest.mark.slow
@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.path.stem)
def test_a_slip_is_found_alone_by_looking_at_what_it_bears_on(
    slip: Slip, project: Project, constraints: Constraints, store: Store, places: Places
) -> None:
    """As a write finds it."""
    changed = Store()
    changed.extend(read_all(project.graph_files()))
    slip.make(changed)
    finished(changed, project)
    before, after = ({quad for quad in each if isinstance(quad.graph_name, NamedNode)} for each in (store, changed))
    impact = constraints.impact(changed, Changes(removed=tuple(before - after), added=tuple(after - before)))
    assert impact is not None
    findings = constraints.findings(changed, impact, places=places)
    assert slip.found(findings), slip.said(findings)
