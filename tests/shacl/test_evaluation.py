"""The engine: literals as they are written, stores, limits, many faults, and shapes that it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from clustergraph.shacl.data import keep, original
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.validate import ENGINES, InvalidShapesError, validate
from tests.conftest import broken

E = "http://example.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"
PREFIXES = f"""@prefix e: <{E}> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <{XSD}> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""


def quads(text: str) -> list[Quad]:
    return list(parse((PREFIXES + text).encode(), format=RdfFormat.TRIG))


def store_of(text: str) -> Store:
    store = Store()
    store.extend(quads(text))
    return store


def check(data: str, shapes: str, **options) -> list[Finding]:
    return validate(quads(data), quads(shapes), **options)


def values(found: list[Finding]) -> set[str]:
    return {str(finding.value.term) for finding in found if finding.value}


KINDS = [
    "integer", "byte", "int", "long", "unsignedLong", "nonNegativeInteger", "negativeInteger", "decimal", "float",
    "double", "boolean", "date", "dateTime", "dateTimeStamp", "time", "gYear", "gYearMonth", "gMonth", "gDay",
    "duration", "dayTimeDuration", "string", "anyURI", "hexBinary",
]  # fmt: skip
FORMS = st.one_of(
    st.from_regex(r"\A[+-]?[0-9]{1,20}(\.[0-9]{0,4})?([eE][+-]?[0-9]{1,2})?\Z"),
    st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?)?(Z|[+-]0[0-9]:00)?\Z"),
    st.sampled_from(["true", "1", "0", "INF", "-INF", "NaN", "P1Y", "P12M", "PT60S", "24:00:00", "--05", "---31", "x"]),
)  # fmt: skip


@given(FORMS, st.sampled_from(KINDS))
def test_a_literal_comes_out_of_the_store_as_it_is_written(form: str, kind: str) -> None:
    literal = Literal(form, datatype=NamedNode(XSD + kind))
    store = Store()
    store.add(Quad(NamedNode(E), NamedNode(E), keep(literal)))
    [quad] = store
    assert original(quad.object) == literal


def test_terms_that_stand_for_one_number_are_different_values() -> None:
    shape = "e:S sh:targetSubjectsOf e:p ; sh:property [ sh:path e:p ; sh:maxCount 2 ; sh:hasValue 1 ] ."
    assert check('e:a e:p 1, 01, "1"^^xsd:byte .', "e:S a sh:NodeShape ." + shape) != []
    assert check('e:a e:p 1, "1"^^xsd:byte .', "e:S a sh:NodeShape ." + shape) == []
    assert check('e:a e:p 01, "1"^^xsd:byte .', "e:S a sh:NodeShape ." + shape) != []


@pytest.mark.parametrize("datatype", ["byte", "nonNegativeInteger", "decimal", "dateTimeStamp", "boolean", "date"])
def test_a_datatype_is_that_of_the_literal_and_its_form_must_fit(datatype: str) -> None:
    good = {"decimal": "1.50", "dateTimeStamp": "2020-01-01T00:00:00Z", "boolean": "1", "date": "2020-02-29"}
    bad = {"byte": "128", "nonNegativeInteger": "-1", "decimal": "1e0", "dateTimeStamp": "2020-01-01T00:00:00",
           "boolean": "yes", "date": "2021-02-29"}  # fmt: skip
    shapes = f"e:S a sh:NodeShape ; sh:targetObjectsOf e:p ; sh:datatype xsd:{datatype} ."
    data = [good.get(datatype, "7"), bad[datatype]]
    found = check(" ".join(f'e:a e:p "{form}"^^xsd:{datatype} .' for form in data) + 'e:a e:p "7"^^xsd:short .', shapes)
    assert values(found) == {f'"{bad[datatype]}"^^<{XSD}{datatype}>', f'"7"^^<{XSD}short>'}


def test_a_literal_that_is_not_well_formed_cannot_be_compared() -> None:
    shapes = "e:S a sh:NodeShape ; sh:targetObjectsOf e:p ; sh:minInclusive 2 ."
    data = 'e:a e:p "300"^^xsd:byte, "30"^^xsd:byte, "x"^^xsd:integer, 003, 2.50 .'
    assert values(check(data, shapes)) == {f'"300"^^<{XSD}byte>', f'"x"^^<{XSD}integer>'}


def test_a_store_has_values_so_an_integer_type_is_judged_by_its_range() -> None:
    shapes = quads("e:S a sh:NodeShape ; sh:targetObjectsOf e:p ; sh:datatype xsd:byte .")
    found = validate(store_of('e:a e:p "7"^^xsd:byte, 300, "x"^^xsd:byte, 7.5 .'), shapes)
    assert values(found) == {f'"300"^^<{XSD}integer>', f'"x"^^<{XSD}byte>', f'"7.5"^^<{XSD}decimal>'}


def test_only_the_default_graph_of_a_store_is_judged_and_nothing_is_changed_in_it() -> None:
    store = store_of("e:a a e:C . e:g { e:b a e:C }")
    before = set(store)
    [finding] = validate(store, quads("e:S a sh:NodeShape ; sh:targetClass e:C ; sh:nodeKind sh:Literal ."))
    assert finding.focus.term == NamedNode(E + "a")
    assert set(store) == before


def test_a_class_of_owl_is_a_target_as_well() -> None:
    [finding] = check("e:a a e:C .", "e:C a owl:Class, sh:NodeShape ; sh:nodeKind sh:Literal .")
    assert finding.focus.term == NamedNode(E + "a")


def test_what_says_what_is_wrong_with_a_value_is_found_for_nodes_without_names() -> None:
    shapes = """e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property e:P .
    e:P sh:path e:p ; sh:node e:Inner . e:Inner a sh:NodeShape ; sh:property e:Q ; sh:nodeKind sh:IRI .
    e:Q a sh:PropertyShape ; sh:path e:q ; sh:node e:Deep . e:Deep a sh:NodeShape ; sh:minLength 2 ."""
    [finding] = check('e:a a e:C ; e:p [ e:q "x" ], e:b . e:b e:q "xx" .', shapes)
    assert {detail.shape.label for detail in finding.details} == {f"<{E}Q>", f"<{E}Inner>"}
    assert broken(finding) == {E + name for name in ("P", "Q", "Inner", "Deep")}


def test_more_faults_than_fit_into_a_query_are_all_found() -> None:
    data = "".join(f"e:n{number} a e:C ; e:p e:m{number} . " for number in range(2500))
    shapes = """e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property e:P ; sh:nodeKind sh:IRI .
    e:P a sh:PropertyShape ; sh:path e:p ; sh:node e:Named ; sh:minCount 2 .
    e:Named a sh:NodeShape ; sh:property [ sh:path e:name ; sh:minCount 1 ] ."""
    found = [each for finding in validate(quads(data), quads(shapes)) for each in finding.results]
    assert len(found) == 5000
    assert {len(result.details) for result in found} == {0, 1}


def test_the_same_value_reached_in_two_ways_is_two_results_and_one_finding() -> None:
    shapes = """e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:p ; sh:property e:Q ] .
    e:Q a sh:PropertyShape ; sh:path e:q ; sh:minCount 1 ."""
    data = "e:a a e:C ; e:p e:x . e:b a e:C ; e:p e:x ."
    [finding] = check(data, shapes)
    assert len(finding.results) == 2


def test_a_severity_of_its_own_is_a_violation_and_known_ones_are_kept() -> None:
    shapes = "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:nodeKind sh:Literal ; sh:severity {} ."
    for severity, expected in (("sh:Info", Severity.INFO), ("e:Terrible", Severity.VIOLATION)):
        [finding] = check("e:a a e:C .", shapes.format(severity))
        assert finding.severity is expected


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_say_the_same_in_the_same_words(engine: str) -> None:
    shapes = """e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property e:P .
    e:P a sh:PropertyShape ; sh:path ( e:p [ sh:inversePath e:q ] ) ; sh:in ( e:x "y" 1 ) ; sh:maxCount 1 ."""
    found = check("e:a a e:C ; e:p e:b . e:x e:q e:b . e:z e:q e:b .", shapes, engine=engine)
    assert [finding.reason() for finding in found] == [
        f"<{E}a>, <{E}p> / ^<{E}q> <{E}z>: It must be one of <{E}x>, “y”, 1.",
        f"<{E}a>, <{E}p> / ^<{E}q>: There must be at most 1 of it.",
    ]


def test_an_engine_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="known engines: sparql, pyshacl"):
        check("", "", engine="magic")


def test_progress_names_every_shape() -> None:
    told: list[str] = []
    check("e:a a e:C .", "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:nodeKind sh:IRI .", progress=told.append)
    assert told == [f"shape 1 of 1: <{E}S>"]


def chain(length: int) -> str:
    links = (f"e:S{n} a sh:NodeShape ; sh:node e:S{n + 1} ." for n in range(length))
    return f"e:S0 sh:targetClass e:C . e:S{length} a sh:NodeShape ; sh:nodeKind sh:IRI ." + " ".join(links)


def doubling(levels: int) -> str:
    text = "".join(f"e:S{n} a sh:NodeShape ; sh:and ( e:S{n + 1} [ sh:not e:S{n + 1} ] ) ." for n in range(levels))
    return f"e:S0 sh:targetClass e:C . e:S{levels} a sh:NodeShape ; sh:nodeKind sh:IRI ." + text


REFUSED = {
    "refers to itself: .*S0> → .*S1> → .*S0>": "e:S0 a sh:NodeShape ; sh:targetClass e:C ; sh:node e:S1 ."
    "e:S1 a sh:NodeShape ; sh:property [ sh:path e:p ; sh:node e:S0 ] .",
    "more than 50 deep": chain(80),
    "refers to other shapes too often": doubling(20),
    "would run a script": 'e:S a sh:NodeShape ; sh:targetClass e:C ; sh:js [ sh:jsFunctionName "f" ] .',
    "not part of SHACL Core": 'e:S a sh:NodeShape ; sh:target [ sh:select "SELECT ?this { ?this ?p ?o }" ] .',
    "without look-around": 'e:S a sh:NodeShape ; sh:targetClass e:C ; sh:pattern "^(?!x)" .',
    "not well formed: .*ListShape": "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:in e:List . e:List e:p e:q .",
}


@pytest.mark.parametrize("message", REFUSED)
def test_shapes_that_cannot_be_used_are_refused_with_the_reason(message: str) -> None:
    with pytest.raises(InvalidShapesError, match=message):
        check("e:a a e:C .", REFUSED[message])


def test_shapes_that_are_just_deep_enough_are_used() -> None:
    assert check("e:a a e:C .", chain(45)) == []


@pytest.mark.slow
def test_a_long_list_of_values_is_no_trouble() -> None:
    listed = " ".join(f'"v{number}"' for number in range(500))
    shapes = f"e:S a sh:NodeShape ; sh:targetObjectsOf e:p ; sh:in ( {listed} e:x ) ."
    assert values(check('e:a e:p "v499", "w", e:x, e:y, "v1"@en .', shapes)) == {'"w"', f"<{E}y>", '"v1"@en'}


@pytest.mark.slow
def test_many_targets_are_judged_together() -> None:
    targets = ", ".join(f"e:t{number}" for number in range(500))
    shapes = f"""e:S a sh:NodeShape ; sh:targetNode {targets} ; sh:targetClass e:C, e:D ; sh:property e:P .
    e:P a sh:PropertyShape ; sh:path e:p ; sh:minCount 1 ."""
    data = "e:a a e:C, e:D . e:b a e:D ; e:p 1 . " + " ".join(f"e:t{n} e:p 1 ." for n in range(499))
    assert {finding.focus.term for finding in check(data, shapes)} == {NamedNode(E + "a"), NamedNode(E + "t499")}


def test_a_term_that_is_in_no_triple_is_a_value_of_a_path_that_may_be_empty() -> None:
    shapes = (
        'e:S a sh:PropertyShape ; sh:targetNode "x", e:x ; sh:path [ sh:zeroOrMorePath e:p ] ; sh:nodeKind sh:Literal .'
    )
    assert values(check("e:a e:p e:b .", shapes)) == {f"<{E}x>"}


def test_triples_about_triples_are_in_no_ones_way() -> None:
    about = Triple(NamedNode(E + "a"), NamedNode(E + "says"), Triple(NamedNode(E), NamedNode(E), BlankNode()))
    data = [about, *quads("e:a a e:C .")]
    shapes = quads("e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:says ; sh:minCount 1 ] .")
    assert validate(data, shapes) == []


def test_a_subclass_may_have_no_name() -> None:
    shapes = """e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:p ; sh:class e:C ] ."""
    data = "e:a a [ rdfs:subClassOf e:C ] ; e:p e:a, e:b . e:c a e:C ; e:p e:b ."
    assert {(f.focus.term.value, f.value.term.value) for f in check(data, shapes)} == {
        (E + "a", E + "b"),
        (E + "c", E + "b"),
    }
