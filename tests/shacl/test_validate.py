"""Validation with pySHACL: findings with words and places, and errors for shapes that are wrong themselves."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from clustergraph.errors import Where
from clustergraph.rdf.places import Places
from clustergraph.shacl import reports
from clustergraph.shacl.findings import Finding, Named, Severity, in_order
from clustergraph.shacl.triples import rdf, sh
from clustergraph.shacl.validate import InvalidShapesError, Shapes, validate
from tests.conftest import broken, examples

E = "http://example.org/"
PREFIXES = f"""@prefix e: <{E}> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
SHAPES = """
e:Thing a sh:NodeShape ; sh:targetClass e:C ; sh:property e:Size, e:Near .
e:Size a sh:PropertyShape ; sh:path e:size ; sh:minCount 1 ; sh:datatype xsd:integer ; sh:node e:Small ;
    sh:name "size" ; sh:message "Give a small size." .
e:Small a sh:NodeShape ; sh:maxInclusive 3 ; sh:name "small" ; sh:message "Give 3 or less." .
e:Near a sh:PropertyShape ; sh:path [ sh:alternativePath ( e:near [ sh:inversePath e:far ] ( e:by e:to ) ) ] ;
    sh:nodeKind sh:IRI ; sh:name "near" ; sh:message "Name it." ; sh:severity sh:Warning .
"""


def quads(text: str) -> list[Quad]:
    return list(parse((PREFIXES + text).encode(), format=RdfFormat.TRIG))


def check(data: str, shapes: str = SHAPES, **options) -> list[Finding]:
    return validate(quads(data), quads(shapes), **options)


def test_what_conforms_has_no_findings() -> None:
    assert check("e:a a e:C ; e:size 2 ; e:near e:b .") == []


def test_a_finding_names_shape_node_path_and_value() -> None:
    [finding] = check('e:a a e:C ; e:size 2 ; e:near "there" .')
    assert finding.severity is Severity.WARNING
    assert finding.shape == Named(NamedNode(E + "Near"), "near")
    assert finding.focus.term == NamedNode(E + "a")
    assert finding.value == Named(Literal("there"), "“there”")
    assert finding.message == "Name it."


def test_a_path_of_several_steps_is_put_into_words() -> None:
    data = 'e:a a e:C ; e:size 2 ; e:by e:b . e:b e:to "there" .'
    [finding] = check(data, label=lambda node: node.value.removeprefix(E))
    assert finding.path == Named(None, "near | ^far | by / to")
    assert finding.reason() == "a, near | ^far | by / to “there”: Name it."


def test_of_several_properties_that_is_told_which_leads_to_the_value() -> None:
    [finding] = check('e:a a e:C ; e:size 2 ; e:near "there" .', label=lambda node: node.value.removeprefix(E))
    assert finding.path == Named(NamedNode(E + "near"), "near")
    assert finding.reason() == "a, near “there”: Name it."


def test_subclasses_are_followed_in_the_data() -> None:
    [finding] = check("e:a a e:D . e:D rdfs:subClassOf e:C .")
    assert finding.path == Named(NamedNode(E + "size"), "<http://example.org/size>")
    assert finding.value is None


def test_details_say_why_a_value_does_not_conform() -> None:
    [finding] = check("e:a a e:C ; e:size 7 .")
    assert broken(finding) == {E + "Size", E + "Small"}
    assert [detail.message for detail in finding.details] == ["Give 3 or less."]


def test_named_graphs_are_judged_together() -> None:
    assert check("e:g { e:a a e:C } e:h { e:a e:size 2 }") == []


def test_a_malformed_literal_is_a_finding_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    found = check('e:a a e:C ; e:size "many"^^xsd:integer .')
    assert {finding.shape.label for finding in found} == {"size"}
    assert capfd.readouterr() == ("", "")


def test_a_finding_says_where(tmp_path: Path) -> None:
    path = tmp_path / "data.ttl"
    path.write_text(PREFIXES + "e:b e:size 1 ;\n  a e:C .\ne:a a e:C ;\n  e:size 2 ,\n    7 .\n e:c a e:C .\n")
    found = validate(parse(path=path), quads(SHAPES), locate=Places([path]).find)
    assert [finding.where for finding in found] == [Where(path, 8, 5), Where(path, 9, 2)]


def test_a_target_on_shapes_that_are_also_used_elsewhere_stays_with_them() -> None:
    shapes = """
    e:Outer a sh:NodeShape ; sh:targetClass e:C ; sh:property e:Part .
    e:Part a sh:PropertyShape ; sh:path e:part ; sh:node e:Inner ; sh:message "Mend the part." .
    e:Inner a sh:NodeShape ; sh:targetClass e:D ; sh:property e:Size .
    e:Size a sh:PropertyShape ; sh:path e:size ; sh:minCount 1 ; sh:message "Give a size." .
    """
    found = check("e:a a e:C ; e:part e:b . e:d a e:D .", shapes)
    assert {(f.focus.term.value, f.shape.term.value) for f in found} == {(E + "a", E + "Part"), (E + "d", E + "Size")}


def test_values_are_judged_by_the_properties_inside_a_property() -> None:
    shapes = """
    e:Outer a sh:NodeShape ; sh:targetClass e:C ; sh:property e:Part .
    e:Part a sh:PropertyShape ; sh:path e:part ; sh:property e:Size ; sh:message "Mend the part." .
    e:Size a sh:PropertyShape ; sh:path e:size ; sh:minCount 1 ; sh:message "Give a size." .
    """
    assert [(f.focus.term.value, f.message) for f in check("e:a a e:C ; e:part e:b .", shapes)] == [
        (E + "b", "Give a size.")
    ]


def test_a_deactivated_shape_is_not_used() -> None:
    assert check("e:a a e:C .", SHAPES + "e:Thing sh:deactivated true .") == []


def test_a_shape_without_a_message_takes_that_of_the_engine() -> None:
    [finding] = check("e:a a e:C .", "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:nodeKind sh:Literal .")
    assert finding.message == "It must be a literal."
    assert finding.shape.label == "<http://example.org/S>"


@pytest.mark.parametrize(
    "shapes",
    [
        "e:P a sh:PropertyShape ; sh:minCount 1 .",
        'e:P a sh:PropertyShape ; sh:path e:p ; sh:minCount "one" .',
        "e:P a sh:PropertyShape ; sh:path e:p, e:q .",
        "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:node e:Nowhere .",
        "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:nodeKind e:Nothing .",
        'e:S a sh:NodeShape ; sh:targetClass e:C ; sh:pattern "(" .',
    ],
)
def test_wrong_shapes_are_an_error_that_says_what_to_do(shapes: str) -> None:
    with pytest.raises(InvalidShapesError, match="mend the shapes"):
        check("e:a a e:C .", shapes)


NAMES = [NamedNode(E + name) for name in "abp"]
ANY = [*NAMES, BlankNode("x"), BlankNode("y"), rdf("nil"), sh("IRI"), Literal(1), Literal("x"), Literal("-1"),
       Literal("("), Literal(value=True), Literal("SELECT $this { $this ?p ?o }")]  # fmt: skip
SAID = [sh(name) for name in (
    "class", "datatype", "nodeKind", "minInclusive", "maxLength", "pattern", "flags", "equals", "lessThan", "minCount",
    "hasValue", "not", "node", "property", "languageIn", "in", "and", "xone", "uniqueLang", "closed", "sparql",
    "select", "qualifiedValueShape", "qualifiedMinCount", "targetNode", "targetClass", "path", "inversePath",
    "alternativePath", "ignoredProperties", "deactivated", "severity", "message", "name",
)] + [rdf("first"), rdf("rest"), rdf("type")]  # fmt: skip


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.builds(Triple, st.sampled_from(ANY[:5]), st.sampled_from(SAID), st.sampled_from(ANY)), max_size=12))
def test_shapes_that_nobody_has_checked_are_used_or_refused_in_words(shapes: list[Triple]) -> None:
    data = [Triple(NAMES[0], NAMES[2], value) for value in ANY]
    target = Triple(NAMES[0], sh("targetSubjectsOf"), NAMES[2])
    with contextlib.suppress(InvalidShapesError):
        reports.write(validate(data, Shapes([target, *shapes], checked=True)), "turtle")


def test_findings_come_in_the_order_of_the_files() -> None:
    def finding(line: int | None, severity: Severity = Severity.VIOLATION) -> Finding:
        where = Where(Path("a.ttl"), line) if line else None
        return Finding(severity, Named(None, "s"), "Mend it.", Named(None, "x"), where=where)

    first, second, third, last = (
        finding(2),
        finding(10, Severity.VIOLATION),
        finding(10, Severity.WARNING),
        finding(None),
    )
    assert in_order([last, third, second, first]) == [first, second, third, last]


def test_only_violations_count_unless_something_else_is_said() -> None:
    warning, violation = check('e:a a e:C ; e:near "x" .')[::-1]
    assert {warning.severity, violation.severity} == {Severity.WARNING, Severity.VIOLATION}
    (least,) = {warning, violation} - {finding for finding in (warning, violation) if finding.severity == "violation"}
    assert json.loads(reports.write([least], "json"))["conforms"]
    assert not json.loads(reports.write([warning, violation], "json"))["conforms"]
    assert not json.loads(reports.write([least], "json", blocking=Severity.WARNING))["conforms"]


def test_it_knows_nothing_of_the_rest_of_the_house() -> None:
    program = "import sys, clustergraph.shacl.validate, clustergraph.shacl.reports; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in loaded if name.startswith("clustergraph.")}
    assert not [
        name for name in ours if name.split(".")[1] not in ("shacl", "sparql", "rdf", "errors", "formats", "terms")
    ]
