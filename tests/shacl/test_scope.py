"""What a change can affect: a run over these nodes finds what a run over everything finds about them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from clustergraph.shacl.data import Data
from clustergraph.shacl.evaluation import Engine
from clustergraph.shacl.scope import affected
from clustergraph.shacl.shapes import Shapes
from clustergraph.shacl.validate import validate
from tests.conftest import examples
from tests.shacl.engines import by_name
from tests.shacl.generator import cases

E = "http://example.org/"
PREFIXES = f"""@prefix e: <{E}> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""


def quads(text: str) -> list[Quad]:
    return list(parse((PREFIXES + text).encode(), format=RdfFormat.TRIG))


def run(data: Store | list[Triple], shapes: list[Triple], focus=None) -> set[tuple[str, ...]]:
    return {by_name(result) for result in Engine(Data(data), Shapes(shapes)).run(focus)}


def store_of(triples) -> Store:
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object) for t in triples)
    return store


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), st.data())
def test_a_scoped_run_is_the_full_run_restricted(case: tuple[list[Triple], list[Triple]], data) -> None:
    triples, shapes = case
    triples = list(dict.fromkeys(triples))
    changed = data.draw(st.sets(st.sampled_from(triples), max_size=4)) if triples else set()
    removed = [triple for triple in triples if triple in changed and data.draw(st.booleans())]
    added = [triple for triple in triples if triple in changed and triple not in removed]
    make = data.draw(st.sampled_from([store_of, list]))
    before, after = make(t for t in triples if t not in added), make(t for t in triples if t not in removed)
    nodes = affected(after, shapes, added, removed)
    full = run(after, shapes)
    if nodes is None:
        return
    names = {str(node) for node in nodes}
    assert run(after, shapes, nodes) == {result for result in full if result[0] in names}
    assert {r for r in full if r[0] not in names} == {r for r in run(before, shapes) if r[0] not in names}


SHAPES = """
e:Project a sh:NodeShape ; sh:targetClass e:Project ; sh:property e:Partner .
e:Partner a sh:PropertyShape ; sh:path e:partner ; sh:node e:Good ; sh:message "Mend the partner." .
e:Good a sh:NodeShape ; sh:property [ sh:path ( e:in e:country ) ; sh:minCount 1 ] .
"""
DATA = "e:p a e:Project ; e:partner e:o . e:q a e:Project ; e:partner e:r . e:o e:in e:x . e:x e:country e:c ."


def test_a_node_at_the_end_of_a_long_path_affects_the_one_at_its_beginning() -> None:
    store = Store()
    store.extend(quads(DATA))
    [gone] = quads("e:x e:country e:c .")
    store.remove(gone)
    nodes = affected(store, quads(SHAPES), [], [gone])
    assert nodes == {NamedNode(E + "p")}
    [finding] = validate(store, quads(SHAPES), focus=nodes)
    assert (finding.focus.term, finding.message) == (NamedNode(E + "p"), "Mend the partner.")


def test_a_target_that_is_gone_has_no_findings() -> None:
    store = Store()
    store.extend(quads("e:p e:partner e:o ."))
    nodes = affected(store, quads(SHAPES), [], quads("e:p a e:Project ."))
    assert validate(store, quads(SHAPES), focus=nodes or []) == []


def test_a_new_target_is_examined() -> None:
    store = Store()
    store.extend(quads("e:n a e:Project ; e:partner e:o ."))
    nodes = affected(store, quads(SHAPES), quads("e:n a e:Project ."), [])
    assert [finding.focus.term for finding in validate(store, quads(SHAPES), focus=nodes)] == [NamedNode(E + "n")]


def test_a_triple_that_no_shape_reads_affects_nothing() -> None:
    assert affected(Store(), quads(SHAPES), quads('e:p e:note "x" .'), []) == frozenset()


def test_a_class_hierarchy_that_changes_affects_everything() -> None:
    assert affected(Store(), quads(SHAPES), quads("e:D rdfs:subClassOf e:Project ."), []) is None


def test_focus_nodes_without_a_name_are_found_again() -> None:
    store = Store()
    store.extend(quads('_:b a e:Project ; e:partner "nobody" .'))
    [subject] = {quad.subject for quad in store}
    assert isinstance(subject, BlankNode)
    [finding] = validate(store, quads(SHAPES), focus=[subject])
    assert finding.focus.term == subject
    assert finding.value.term == Literal("nobody")


QUERY = """
e:S a sh:NodeShape ; sh:targetClass e:Project ; sh:sparql [ sh:select '''
SELECT $this ?x WHERE {{ {body} }}''' ] .
"""


@pytest.mark.parametrize(
    ("body", "nodes"),
    [
        ("$this <http://example.org/p> ?x FILTER(?x > 1)", {"x"}),
        ("$this <http://example.org/q> ?x FILTER NOT EXISTS { ?x <http://example.org/r> [] }", set()),
        ("$this <http://example.org/q> ?y . ?y <http://example.org/p> ?x", {"a"}),
        ("?y <http://example.org/p> ?x ; <http://example.org/r>/^<http://example.org/r> $this .", {"x", "b"}),
        ("FILTER NOT EXISTS { $this <http://example.org/q> ?y . OPTIONAL { ?y <http://example.org/p> ?x } }", {"a"}),
        ("$this ?any ?x", {"x"}),
        ("$this <http://example.org/q>/<http://example.org/p> 1", {"a"}),
        ("$this <http://example.org/q>/<http://example.org/p> <http://example.org/c>", set()),
        ("$this <http://example.org/q>* ?y . ?y <http://example.org/p> ?x", {"a", "x"}),
        ("$this (<http://example.org/q>/<http://example.org/p>)+ ?x", {"a"}),
        ("{ SELECT $this (COUNT(?y) AS ?x) { $this <http://example.org/q> ?y } GROUP BY $this }", set()),
        ("{ SELECT $this { $this <http://example.org/q> ?y . ?y <http://example.org/p> ?x } } ?y ?z ?x", None),
        ("?y <http://example.org/p> ?x", None),
        ("?y <http://example.org/q> ?x", set()),
        ("$this <http://example.org/q>/!<http://example.org/r> ?x", None),
        ("$this <http://example.org/q> [ ?any 1 ]", None),
        ("{ $this <http://example.org/q> ?y . { ?y <http://example.org/p> ?x } UNION { $this a ?y } }", {"a"}),
        ("{ $this <http://example.org/q> ?y } ?y <http://example.org/p> ?x", {"a"}),
    ],
)  # fmt: skip
def test_a_query_says_by_its_patterns_which_nodes_a_change_affects(body: str, nodes: set[str] | None) -> None:
    store = Store()
    store.extend(quads("e:a e:q e:x . e:b e:r e:s . e:x e:r e:s ; e:p 1 ."))
    expected = None if nodes is None else {NamedNode(E + name) for name in nodes}
    assert affected(store, quads(QUERY.format(body=body)), quads("e:x e:p 1 ."), []) == expected
