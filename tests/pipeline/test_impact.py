"""What a change can bear on: looking at that alone finds what a look at everything finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from clustergraph.pipeline import checks, publish
from clustergraph.pipeline.checks import Constraints, Impact
from clustergraph.pipeline.impact import Patterns, Rows, UnknownPatternsError
from clustergraph.pipeline.project import Project
from clustergraph.release.changes import Changes
from clustergraph.shacl.findings import Finding
from clustergraph.terms import INFERRED, PREFIXES
from tests.conftest import examples
from tests.pipeline.test_checks import BAD, FINE
from tests.pipeline.test_transaction import INSERT, Place

ROOT = Path(__file__).parents[2]
CHECKS = checks.load(ROOT / "queries" / "checks")
SAMPLED = {"undeclared-term": 3}
"""Checks that name any one thing in the first columns, and what they say of it, with the column that counts."""
HEAD = "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in PREFIXES.items())


def quads_of(samples: list[str]) -> list[Quad]:
    texts = [f"{HEAD} <https://w3id.org/clustergraph/graph/a/{number}> {{ {each} }}" for number, each in
             enumerate(samples)]  # fmt: skip
    return [quad for text in texts for quad in parse(text.encode(), format=RdfFormat.TRIG)]


SMALL = quads_of([each for samples in (BAD, FINE) for each in samples.values()])


def graph(quads: set[Quad]) -> Store:
    store = Store()
    store.extend(quads)
    store.extend(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in quads)
    return store


def mixed(draw, quads: list[Quad]) -> Quad:
    """A statement made of parts of others."""
    one, two, three, four = (draw(st.sampled_from(quads)) for _ in range(4))
    return Quad(one.subject, two.predicate, draw(st.sampled_from([two.object, three.object, three.subject])),
                four.graph_name)  # fmt: skip


@st.composite
def changes(draw, quads: list[Quad]) -> tuple[set[Quad], set[Quad]]:
    """What a change adds and removes."""
    removed = draw(st.sets(st.sampled_from(quads), max_size=4))
    added = {mixed(draw, quads) for _ in range(draw(st.integers(0, 4)))} - set(quads)
    return added, removed


def of_check(check: checks.Check, rows: Rows, store: Store) -> Counter[object]:
    found = rows.select(store)[1]
    first = SAMPLED.get(check.path.stem, 0)
    return Counter({row[first:] for row in found} if first else found)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
@pytest.mark.slow
def test_the_rows_of_checks_that_a_change_bears_on_are_all_that_differ(data) -> None:
    kept = data.draw(st.lists(st.sampled_from(SMALL), min_size=1, max_size=60))
    added, removed = data.draw(changes(kept))
    before, after = graph(set(kept)), graph({*kept, *added} - removed)
    for check in CHECKS:
        everything = Rows(check.query)
        part = Rows.of(check.query, [*added, *removed]).counted(before, after)
        gone, come = of_check(check, part, before), of_check(check, part, after)
        expected = of_check(check, everything, before) - gone + come
        assert of_check(check, everything, after) == expected, check.path.stem


@pytest.fixture(scope="module")
def whole() -> tuple[Constraints, Store, Counter[object]]:
    project = Project(ROOT)
    store = publish.assemble(project)
    constraints = Constraints.of(project)
    return constraints, store, keys(constraints.findings(store))


def keys(findings: list[Finding]) -> Counter[object]:
    sampled = {(each.severity, each.shape.term, each.message) for each in findings if each.shape.label in SAMPLED}
    others = (
        (each.severity, each.shape.term, each.path and each.path.label, each.value and each.value.term, each.focus.term)
        for each in findings
        if each.shape.label not in SAMPLED
    )
    return Counter([*sampled, *others])


@pytest.mark.slow
@settings(max_examples=examples(6), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_a_change_bears_on_is_all_that_differs_in_the_graph_of_the_project(whole, data) -> None:
    constraints, store, known = whole
    stated = [q for q in store if q.graph_name not in (DefaultGraph(), INFERRED)
              and not isinstance(q.subject, BlankNode) and not isinstance(q.object, BlankNode)]  # fmt: skip
    ours = sorted((quad for quad in stated if "/4m4iof/" in quad.graph_name.value), key=str)
    added, removed = data.draw(changes(ours))
    everything = {quad for quad in store if quad.graph_name != DefaultGraph()}
    changed = graph({*everything, *added} - removed)
    impact = constraints.impact(changed, Changes(tuple(removed), tuple(added)))
    if impact is None:
        return
    impact = replace(impact, rows={check: rows.counted(store, changed) for check, rows in impact.rows.items()})
    gone, come = (keys(constraints.findings(each, impact)) for each in (store, changed))
    assert keys(constraints.findings(changed)) == known - gone + come


def test_most_checks_can_be_limited() -> None:
    """A new check that cannot be limited costs every write a pass over the graph; then this list grows."""
    x = NamedNode(PREFIXES["organisation"] + "x")
    section = NamedNode(PREFIXES["m"] + "summary")
    label = Quad(x, NamedNode(PREFIXES["skos"] + "prefLabel"), Literal("X", language="en"), section)
    class_ = Quad(x, NamedNode(PREFIXES["rdf"] + "type"), NamedNode(PREFIXES["cg"] + "Cluster"), section)
    assert [check.path.stem for check in CHECKS if Rows.of(check.query, [label, class_]).limited is None] == []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?x { ?x ?p [ ?q ?r ] }",
        "SELECT ?x { ?x a ?c } LIMIT 3",
        "SELECT ?x (COUNT(?y) AS ?value) { ?x a ?y } GROUP BY ?x",
        "SELECT ?x { { SELECT ?x { ?x a ?c } LIMIT 3 } }",
        "ASK { ?x a ?c }",
        "SELECT ?x { SERVICE <a:b> { ?x a ?c } }",
    ],
)
def test_a_query_that_cannot_be_read_runs_as_it_is(query: str) -> None:
    with pytest.raises(UnknownPatternsError):
        Patterns.of(query)
    assert Rows.of(query, []).limited is None


def test_a_path_runs_as_it_is_if_a_change_touches_it() -> None:
    query = "SELECT ?x { ?x cg:within+ ?x }"
    within = Quad(NamedNode("a:b"), NamedNode(PREFIXES["cg"] + "within"), NamedNode("a:c"), NamedNode("g:g"))
    other = Quad(NamedNode("a:b"), NamedNode("p:p"), NamedNode("a:c"), NamedNode("g:g"))
    assert Rows.of(query, [within]).limited is None
    assert Rows.of(query, [other]).limited == ()


LABEL = "INSERT DATA { GRAPH m:summary { organisation:viameca skos:prefLabel 'Second'@en } }"
SEVERITY = ("    sh:minCount 1 ;", "    sh:minCount 1 ;\n    sh:severity sh:Warning ;")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[Impact | None]:
    """What is looked at from here on."""
    seen: list[Impact | None] = []
    whole = Constraints.findings

    def findings(self, store, impact=None, **more):
        seen.append(impact)
        return whole(self, store, impact, **more)

    monkeypatch.setattr(Constraints, "findings", findings)
    return seen


def test_a_write_is_examined_only_as_far_as_it_bears_on_the_graph(tmp_path: Path, looked_at) -> None:
    place = Place(tmp_path)
    looked_at.clear()
    refused = place.update(LABEL)
    assert (refused.kind, len(refused.facts["findings"])) == ("invalid", 1)
    assert place.update(INSERT).kind == "written"
    assert len(looked_at) == 2
    assert all(impact is not None and len(impact.focus) == 1 for impact in looked_at)


def test_warnings_are_counted_as_if_all_had_been_looked_at(tmp_path: Path, looked_at) -> None:
    place = Place(tmp_path)
    shapes = place.project.shapes.own / "organisation.ttl"
    shapes.write_text(shapes.read_text().replace(*SEVERITY))
    assert place.update(LABEL).kind == "written"
    assert (looked_at[-1], place.releases.record(place.current.name).warnings) == (None, 1), "other shapes than before"
    assert place.update(INSERT).kind == "written"
    assert place.releases.record(place.current.name).warnings == 1
    assert place.update(LABEL.replace("INSERT", "DELETE")).kind == "written"
    assert place.releases.record(place.current.name).warnings == 0
    assert None not in looked_at[-3:]


def test_a_release_that_nobody_has_examined_is_examined_as_a_whole(tmp_path: Path, looked_at) -> None:
    place = Place(tmp_path)
    digest = place.current.name
    place.releases.note(digest, replace(place.releases.record(digest), checks=""))
    assert place.update(INSERT).kind == "written"
    assert looked_at[-1] is None
