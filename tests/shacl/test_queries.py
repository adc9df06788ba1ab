"""Queries in shapes: variables are bound beforehand as SHACL says, and what it forbids is refused."""

from __future__ import annotations

import re
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from clustergraph.shacl.data import Data
from clustergraph.shacl.evaluation import Engine
from clustergraph.shacl.findings import Finding
from clustergraph.shacl.shapes import Shapes
from clustergraph.shacl.validate import InvalidShapesError, validate
from tests.conftest import examples

E = "http://example.org/"
PREFIXES = f"""@prefix e: <{E}> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
e: sh:declare [ sh:prefix "e" ; sh:namespace "{E}"^^xsd:anyURI ] .
"""


def quads(text: str) -> list[Quad]:
    return list(parse((PREFIXES + text).encode(), format=RdfFormat.TURTLE))


def check(data: str, shapes: str) -> list[Finding]:
    return validate(quads(data), quads(shapes))


def number(form: str, kind: str) -> Literal:
    return Literal(form, datatype=NamedNode(f"http://www.w3.org/2001/XMLSchema#{kind}"))


def constraint(query: str, more: str = "") -> str:
    return f"e:S a sh:NodeShape ; sh:targetClass e:C ; sh:sparql [ sh:prefixes e: ; {more} sh:select '''{query}''' ] ."


NODES = [NamedNode(E + name) for name in "abcd"]
PREDICATES = [NamedNode(E + name) for name in "pq"]
graphs = st.lists(
    st.builds(Triple, st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from([*NODES, Literal(1)])),
    min_size=1, max_size=12,
)  # fmt: skip
VARIABLES = ["$this", "?value", "?x"]
terms = st.sampled_from([*VARIABLES, *(str(node) for node in NODES[:2]), "1"])
triple_patterns = st.builds(
    lambda s, p, o: f"{s} {p} {o} .",
    st.sampled_from([*VARIABLES, str(NODES[0])]),
    st.sampled_from(["e:p", "e:q", "e:p*", "e:p/e:q", "^e:q", "?any"]),
    terms,
)
conditions = st.one_of(
    st.builds(lambda a, b: f"{a} = {b}", st.sampled_from(VARIABLES), terms),
    st.sampled_from(["bound($this)", "bound(?value)", "isIRI($this)", "$this != ?value", "!bound(?x)"]),
)


def extended(groups: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(lambda a, b: f"{a} {b}", groups, groups),
        st.builds(lambda a: f"{{ {a} }}", groups),
        st.builds(lambda a, b: f"{{ {a} }} UNION {{ {b} }}", groups, groups),
        st.builds(lambda a, b: f"{a} OPTIONAL {{ {b} }}", groups, groups),
        st.builds(lambda a, b: f"{a} FILTER EXISTS {{ {b} }}", groups, groups),
        st.builds(lambda a, b: f"{a} FILTER NOT EXISTS {{ {b} }}", groups, groups),
        st.builds(lambda a: f"{{ SELECT $this ?value {{ {a} }} }}", groups),
        st.builds(lambda a: f"{{ SELECT $this (COUNT(?value) AS ?n) {{ {a} }} GROUP BY $this }}", groups),
    )


bodies = st.recursive(
    st.one_of(triple_patterns, triple_patterns, st.builds(lambda c: f"FILTER({c})", conditions)), extended, max_leaves=5
)


def substituted(store: Store, body: str, node: NamedNode) -> set[tuple[str, str | None]]:
    """The solutions for a node that is written into the query everywhere, as SHACL defines it."""
    numbers = count()
    text = re.sub(r"SELECT \$this", lambda _: f"SELECT ({node} AS ?this{next(numbers)})", body).replace(
        "GROUP BY $this", f"GROUP BY ({node})"
    )
    text = text.replace("bound($this)", "(true)").replace("$this", str(node))
    rows = store.query(f"PREFIX e: <{E}> SELECT ?value {{ {text} }}")
    return {(str(node), str(row["value"] or node)) for row in rows}


def ours(data: list[Triple], shapes: str) -> set[tuple[str, str]]:
    found = Engine(Data(data), Shapes(quads(shapes))).run()
    return {(str(result.focus), str(result.value)) for result in found}


@settings(max_examples=examples(500), deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs, bodies)
def test_a_variable_bound_beforehand_is_the_same_as_its_term_written_into_the_query(
    data: list[Triple], body: str
) -> None:
    shapes = (
        "e:S a sh:NodeShape ; sh:targetSubjectsOf e:p, e:q ; sh:sparql [ sh:prefixes e: ; sh:select "
        f"'''SELECT $this ?value WHERE {{ {body} }}''' ] ."
    )
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object) for t in data)
    expected = set().union(*(substituted(store, body, node) for node in {triple.subject for triple in data}))
    assert ours(data, shapes) == expected
    inside = shapes.replace("sh:sparql", "sh:node [ sh:sparql").replace("] .", "] ] .")
    assert {focus for focus, _ in ours(data, inside)} == {focus for focus, _ in expected}


def test_a_message_names_what_the_query_found() -> None:
    shapes = constraint(
        "SELECT $this ?value ?limit WHERE { $this e:p ?value . BIND(3 AS ?limit) FILTER(?value > ?limit) }",
        'sh:message "{?value} of {$this} is more than {?limit}, not {?other}." ;',
    )
    [finding] = check("e:a a e:C ; e:p 7, 2 .", shapes)
    assert finding.message == f"7 of <{E}a> is more than 3, not {{?other}}."
    assert finding.value.term == Literal(7)


def test_a_query_gives_path_and_message_itself() -> None:
    shapes = constraint('SELECT $this ?path ?message WHERE { $this ?path 7 BIND("No seven." AS ?message) }')
    [finding] = check("e:a a e:C ; e:p 7 .", shapes)
    assert (finding.path.term, finding.message) == (NamedNode(E + "p"), "No seven.")


def test_numbers_of_all_kinds_are_numbers_to_a_query() -> None:
    shapes = constraint("SELECT $this ?value WHERE { $this e:p ?value FILTER(?value > 3) }")
    found = check('e:a a e:C ; e:p "7"^^xsd:byte, 004, 2 .', shapes)
    assert {finding.value.term for finding in found} == {number("7", "byte"), number("004", "integer")}


NESTED = {
    "sh:node": "sh:node {}",
    "sh:not": "sh:not [ sh:not {} ]",
    "sh:and": "sh:and ( {} [ sh:nodeKind sh:Literal ] )",
    "sh:or": "sh:or ( {} [ sh:nodeKind sh:IRI ] )",
    "sh:xone": "sh:xone ( {} [ sh:nodeKind sh:IRI ] )",
    "sh:qualifiedValueShape": "sh:qualifiedValueShape [ sh:not {} ] ; sh:qualifiedMaxCount 0",
}
SMALL = {
    "sh:sparql": '[ sh:sparql [ sh:select "SELECT $this { FILTER(?this > 5) }" ] ]',
    "ASK": "[ e:most 5 ]",
    "SELECT": "[ e:below 6 ]",
}
LIMITS = """
e:Most a sh:ConstraintComponent ; sh:parameter [ sh:path e:most ] ;
  sh:validator [ sh:ask "ASK { FILTER($value <= $most) }" ] .
e:Below a sh:ConstraintComponent ; sh:parameter [ sh:path e:below ] ;
  sh:nodeValidator [ sh:select "SELECT $this { FILTER($this >= $below) }" ] .
"""


@pytest.mark.parametrize("query", SMALL)
@pytest.mark.parametrize("inside", NESTED)
def test_a_query_in_a_shape_within_a_shape_sees_values(inside: str, query: str) -> None:
    shapes = "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:p ; " + NESTED[inside] + " ] ."
    shapes = LIMITS + shapes.format(SMALL[query])
    large = ["7", "7.0", '"07"^^xsd:integer', '"7"^^xsd:byte', "7e0"]
    conforming = ["1", "1.0", '"01"^^xsd:integer', '"5"^^xsd:byte', "5.00"]
    if inside == "sh:qualifiedValueShape":
        found = [check(f"e:a a e:C ; e:p {each} .", shapes) for each in large]
        assert [len(each) for each in found] == [1] * len(large)
    else:
        terms = {quad.object for quad in quads(f"e:a e:p {', '.join(large)} .") if quad.predicate.value == E + "p"}
        assert {
            each.value.term for each in check(f"e:a a e:C ; e:p {', '.join([*large, *conforming])} .", shapes)
        } == terms
    assert check(f"e:a a e:C ; e:p {', '.join(conforming)} .", shapes) == []


def test_terms_that_are_equal_are_not_one_term_to_a_pattern() -> None:
    shapes = constraint(
        "SELECT $this ?value { $this e:p ?value . ?other e:q ?value . FILTER(DATATYPE(?value) = xsd:byte) }"
    )
    shapes = shapes.replace("SELECT", "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT", 1)
    data = 'e:a a e:C ; e:p 7, 07, "7"^^xsd:byte, "8"^^xsd:byte . e:b e:q 7, "7"^^xsd:byte, 8 .'
    assert [finding.value.term for finding in check(data, shapes)] == [number("7", "byte")]
    ill = constraint("SELECT $this ?value { $this e:p ?value FILTER(?value > 5) }")
    assert check('e:a a e:C ; e:p "x"^^xsd:integer, "300"^^xsd:byte, "7"@en .', ill) == []


def test_one_of_several_values_of_a_path_is_what_the_query_says() -> None:
    shapes = """e:S a sh:PropertyShape ; sh:targetClass e:C ; sh:path ( e:p e:q ) ; sh:sparql [ sh:prefixes e: ;
    sh:select "SELECT $this ?value WHERE { $this $PATH ?value FILTER(isLiteral(?value)) }" ] ."""
    found = check('e:a a e:C ; e:p e:b . e:b e:q "x", e:c .', shapes)
    assert [(finding.focus.term, finding.value.term) for finding in found] == [(NamedNode(E + "a"), Literal("x"))]


def test_a_constraint_that_is_switched_off_is_not_used() -> None:
    shapes = constraint("SELECT $this WHERE { $this a e:C }", "sh:deactivated true ;")
    assert check("e:a a e:C .", shapes) == []


def test_a_query_that_fails_ends_the_validation() -> None:
    shapes = constraint("SELECT $this ?failure WHERE { $this a e:C BIND(true AS ?failure) }")
    with pytest.raises(InvalidShapesError, match="says that it failed"):
        check("e:a a e:C .", shapes)


def test_a_query_finds_the_shapes_in_a_graph_of_their_own() -> None:
    shapes = "e:S e:limit 3 ." + constraint(
        "SELECT $this ?value WHERE { $this e:p ?value . GRAPH $shapesGraph { $currentShape e:limit ?limit } "
        "FILTER(?value > ?limit) }"
    )
    assert [finding.value.term for finding in check("e:a a e:C ; e:p 2, 4 .", shapes)] == [Literal(4)]


COMPONENT = """
e:Between a sh:ConstraintComponent ; sh:parameter [ sh:path e:low ], [ sh:path e:high ; sh:optional true ] ;
  sh:validator [ sh:message "{$value} is not from {$low} to {$high}." ;
    sh:ask "ASK { FILTER($value >= $low && (!bound($high) || $value <= $high)) }" ] .
"""


def test_a_component_that_shapes_define_can_be_used_in_shapes_within_shapes() -> None:
    shapes = COMPONENT + """
    e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:p ; e:low 2 ; e:high 4 ] ;
      sh:property [ sh:path e:q ; sh:or ( [ e:low 10 ] [ sh:nodeKind sh:IRI ] ) ] ."""  # fmt: skip
    found = check("e:a a e:C ; e:p 1, 2, 5 ; e:q 9, 11, e:b .", shapes)
    assert {finding.value.term for finding in found} == {Literal(1), Literal(5), Literal(9)}
    assert "5 is not from 2 to 4." in {finding.message for finding in found}


def test_exists_with_many_patterns_means_what_it_says() -> None:
    shapes = constraint("""SELECT $this WHERE { $this a e:C FILTER NOT EXISTS {
        ?y e:q ?z ; e:r "x"@en, 1.5 . FILTER(?z != e:no && ?z != "no"^^<http://example.org/t>)
        $this e:p/^e:q ?y ; a ?any . FILTER EXISTS { ?z ^e:s [] . ?y a e:D } } }""")
    good = 'e:a a e:C ; e:p e:m . e:y e:q e:z ; e:r "x"@en, 1.5 ; a e:D . e:t e:s e:z . e:y e:q e:w . e:w e:q e:m .'
    good += "e:y e:q e:m ."
    assert check(good, shapes) == []
    assert len(check(good.replace("e:t e:s e:z", "e:t e:s e:no"), shapes)) == 1
    assert len(check(good.replace("1.5", "1.6"), shapes)) == 1


REFUSED = {
    "MINUS": "SELECT $this WHERE { $this a ?c MINUS { $this a e:D } }",
    "VALUES": "SELECT $this WHERE { VALUES ?x { 1 } $this e:p ?x }",
    "nothing is asked of another host": "SELECT $this WHERE { SERVICE <http://example.org/> { $this a ?c } }",
    "SERVICE": "SELECT $this WHERE { {SERVICE?x{ $this a ?c }} }",
    "FROM": "SELECT $this FROM <file:///etc/hostname> WHERE { $this a ?c }",
    "LATERAL": "SELECT $this WHERE { $this a ?c LATERAL { ?c a ?d } }",
    "another value to": "SELECT $this WHERE { BIND(1 AS $this) }",
    "does not return [$]this": "SELECT ?x WHERE { ?x a ?c }",
    "is not a SELECT": "CONSTRUCT { $this a ?c } WHERE { $this a ?c }",
    "prefix 'f:' is not declared": "SELECT $this WHERE { $this f:p ?c }",
    "not valid SPARQL": "SELECT $this WHERE { $this a }",
    "a BASE": "BASE <http://example.org/> SELECT $this WHERE { $this a <x> }",
    "opened and not closed": 'SELECT $this WHERE { $this e:p "x }',
}


@pytest.mark.parametrize("message", REFUSED)
def test_queries_that_shacl_does_not_allow_are_refused(message: str) -> None:
    with pytest.raises(InvalidShapesError, match=message):
        check("e:a a e:C .", constraint(REFUSED[message]))


@pytest.mark.parametrize("hidden", ['"MINUS SERVICE"', "<http://example.org/VALUES>", "e:FROM"])
def test_words_in_strings_and_names_are_no_reason_to_refuse(hidden: str) -> None:
    assert len(check(f"e:a a e:C ; e:p {hidden} .", constraint(f"SELECT $this {{ $this e:p {hidden} }} # MINUS"))) == 1
