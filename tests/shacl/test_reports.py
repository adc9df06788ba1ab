"""Reports: text that points at the place, JSON for programs, a SHACL report as Turtle."""

import io
import json
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from clustergraph.errors import Where
from clustergraph.shacl import paths, reports
from clustergraph.shacl.findings import Finding, Named, Severity
from clustergraph.shacl.triples import Triples, sh
from clustergraph.shacl.validate import validate
from clustergraph.shacl.wording import Wording
from clustergraph.terms import VOCABULARIES

E = "http://example.org/"
SH = VOCABULARIES["sh"]
PREFIXES = f"@prefix ex: <{E}> . @prefix sh: <{SH}> . "


@pytest.fixture
def findings(tmp_path: Path) -> list[Finding]:
    path = tmp_path / "data.ttl"
    path.write_text(f"e:a\n\te:role e:boss .\n{'e:long ' * 40}e:b .\n")
    role = Named(NamedNode(E + "role"), "has role")
    shape = Named(NamedNode("https://w3id.org/clustergraph/shape/Role"), "role")
    node = Named(NamedNode(E + "a"), "Plastipolis")
    detail = Finding(
        Severity.VIOLATION, Named(None, "code"), "It is not in the list.", Named(NamedNode(E + "boss"), "boss")
    )
    return [
        Finding(
            Severity.VIOLATION,
            shape,
            "Take a role from the list.",
            node,
            role,
            Named(NamedNode(E + "boss"), "boss"),
            Where(path, 2, 9),
            (detail,),
        ),
        Finding(Severity.WARNING, shape, "Say which.", node, role, where=Where(path, 3, 281)),
        Finding(Severity.WARNING, shape, "Say so.", node, value=Named(Literal("x"), "“x”")),
    ]


def test_text_quotes_the_line_and_points_at_the_place(findings: list[Finding]) -> None:
    lines = reports.write(findings).split("\n")
    assert lines[0] == str(findings[0].where.path)
    assert lines[1:6] == [
        "  2:9 violation Plastipolis, has role boss: Take a role from the list.",
        "    because boss: It is not in the list.",
        "    2 |  e:role e:boss .",
        "      |         ^",
        "    shape:Role",
    ]


def test_text_cuts_long_lines_around_the_place(findings: list[Finding]) -> None:
    lines = reports.write(findings[1:2]).split("\n")
    assert len(lines[2]) < 120
    assert lines[2][lines[3].index("^") :].startswith("e:b .")


def test_text_groups_by_file_and_counts(findings: list[Finding]) -> None:
    text = reports.write(findings)
    assert text.count(str(findings[0].where.path)) == 1
    assert "no place in the files\n  warning Plastipolis, “x”: Say so." in text
    assert text.endswith("1 violation, 2 warnings in 1 file\n")


def test_text_is_good_without_the_file(findings: list[Finding]) -> None:
    findings[0].where.path.unlink()
    assert "  2:9 violation Plastipolis, has role boss: Take a role from the list." in reports.write(findings)


def test_colour_only_where_it_is_asked_for(findings: list[Finding], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in reports.write(findings, "text")
    assert "\x1b[31mviolation" in reports.write(findings, "text", colour=True)
    terminal = io.StringIO()
    assert not reports.wants_colour(terminal)
    terminal.isatty = lambda: True
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert reports.wants_colour(terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not reports.wants_colour(terminal)


def test_json_has_all_that_a_program_needs(findings: list[Finding]) -> None:
    report = json.loads(reports.write(findings, "json"))
    assert report["conforms"] is False
    assert report["counts"] == {"violation": 1, "warning": 2, "info": 0}
    first = report["findings"][0]
    assert (first["file"], first["line"], first["column"]) == (str(findings[0].where.path), 2, 9)
    assert first["focus"] == {"term": E + "a", "label": "Plastipolis"}
    assert first["value"] == {"term": E + "boss", "label": "boss"}
    assert first["details"][0]["message"] == "It is not in the list."
    assert json.loads(reports.write(findings[1:], "json"))["conforms"] is True


def test_turtle_is_a_shacl_report(findings: list[Finding]) -> None:
    triples = list(parse(reports.write(findings, "turtle").encode(), format=RdfFormat.TURTLE))

    def values(name: str) -> list[str]:
        return sorted(triple.object.value for triple in triples if triple.predicate.value == name)

    assert values(SH + "conforms") == ["false"]
    assert len(values(SH + "result")) == 3
    assert len(values(SH + "detail")) == 1
    assert values(SH + "resultSeverity") == [SH + "Violation"] * 2 + [SH + "Warning"] * 2
    assert values(SH + "focusNode") == [E + "a"] * 3 + [E + "boss"]
    assert values(SH + "value") == [E + "boss", "x"]
    assert str(findings[0].where) in values(VOCABULARIES["dcterms"] + "source")


def test_a_shacl_report_says_all_that_the_recommendation_asks_for() -> None:
    shapes = """ex:S a sh:NodeShape ; sh:targetClass ex:C ;
      sh:property [ sh:path ( ex:p [ sh:zeroOrMorePath [ sh:alternativePath ( ex:q [ sh:inversePath ex:r ] ) ] ] ) ;
        sh:minCount 1 ; sh:severity sh:Warning ; sh:message "Einen Wert."@de ] ."""
    quads = [parse((PREFIXES + text).encode(), format=RdfFormat.TURTLE) for text in ("ex:a a ex:C .", shapes)]
    found = validate(quads[0], [*quads[1]])
    report = Triples(parse(reports.write(found, "turtle").encode(), format=RdfFormat.TURTLE))
    [result] = report.instances(sh("ValidationResult"))
    assert report.subjects(sh("conforms"), Literal(value=False)), "a result of any severity is one"
    assert report.objects(result, sh("sourceConstraintComponent")) == [sh("MinCountConstraintComponent")]
    path = report.value(result, sh("resultPath"))
    assert paths.sparql(paths.read(report, path)) == f"<{E}p>/(<{E}q>|^<{E}r>)*"
    assert report.objects(result, sh("resultMessage")) == [Literal("Einen Wert.", language="de")]


def stated(data: str, shapes: str) -> tuple[list[Finding], Triples]:
    """What people read, and the report that programs read."""
    quads = [[*parse((PREFIXES + text).encode(), format=RdfFormat.TURTLE)] for text in (data, shapes)]
    found = validate(*quads)
    return found, Triples(parse(reports.write(found, "turtle").encode(), format=RdfFormat.TURTLE))


ALIKE = {
    "two classes": "sh:class ex:D, ex:E",
    "two values that come too early": "sh:lessThan ex:q",
    "two texts in each of two languages": "sh:uniqueLang true",
}


@pytest.mark.parametrize("what", ALIKE)
def test_results_that_differ_by_their_constraint_only_are_all_in_the_report_and_one_finding(what: str) -> None:
    data = 'ex:a a ex:C ; ex:p "b"@en, "b"@de, "c"@en, "c"@de ; ex:q "a"@en, "a"@de .'
    data = data if "text" in what else "ex:a a ex:C ; ex:p 3 ; ex:q 1, 2 ."
    found, report = stated(
        data, f"ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property [ sh:path ex:p ; {ALIKE[what]} ] ."
    )
    results = report.instances(sh("ValidationResult"))
    assert (len(found), len(results)) == (1, 2)
    [top] = report.instances(sh("ValidationReport"))
    assert set(report.objects(top, sh("result"))) == set(results)


def test_a_report_keeps_severities_and_names_the_query_and_the_details() -> None:
    shapes = """ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:severity ex:Grave ;
      sh:nodeKind sh:Literal ; sh:sparql ex:Q ; sh:node ex:Other .
      ex:Q sh:message "No {?value}"@en, "Kein {?value}"@de ;
      sh:select "SELECT $this ?value { $this <http://example.org/p> ?value }" .
      ex:Other a sh:NodeShape ; sh:severity sh:Info ; sh:maxLength 3 ."""
    _, report = stated("ex:a a ex:C ; ex:p 07 .", shapes)
    [top] = report.instances(sh("ValidationReport"))
    by_component = {
        report.value(result, sh("sourceConstraintComponent")).value.removeprefix(SH): result
        for result in report.objects(top, sh("result"))
    }
    assert set(by_component) == {f"{name}ConstraintComponent" for name in ("NodeKind", "SPARQL", "Node")}
    assert {report.value(each, sh("resultSeverity")) for each in by_component.values()} == {NamedNode(E + "Grave")}
    query = by_component["SPARQLConstraintComponent"]
    assert report.objects(query, sh("sourceConstraint")) == [NamedNode(E + "Q")]
    assert set(report.objects(query, sh("resultMessage"))) == {
        Literal("No 07", language="en"),
        Literal("Kein 07", language="de"),
    }
    [detail] = report.objects(by_component["NodeConstraintComponent"], sh("detail"))
    assert report.value(detail, sh("resultSeverity")) == sh("Info")
    assert report.value(detail, sh("sourceConstraintComponent")) == sh("MaxLengthConstraintComponent")


def test_what_a_check_query_finds_is_a_result_of_a_query(findings: list[Finding]) -> None:
    report = Triples(parse(reports.write(findings[1:2], "turtle").encode(), format=RdfFormat.TURTLE))
    [result] = report.instances(sh("ValidationResult"))
    assert report.value(result, sh("sourceConstraintComponent")) == sh("SPARQLConstraintComponent")
    assert report.value(result, sh("resultSeverity")) == sh("Warning")


def test_a_message_has_labels_and_one_language_and_a_query_needs_no_advice() -> None:
    shapes = """ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:sparql [
        sh:message "{$this} knows {?value}"@en, "{$this} kennt {?value}"@de ;
        sh:select "SELECT $this ?value { $this <http://example.org/p> ?value }" ] ."""
    quads = [[*parse((PREFIXES + text).encode(), format=RdfFormat.TURTLE)]
             for text in ("ex:a a ex:C ; ex:p ex:b .", shapes)]  # fmt: skip
    label = {E + "a": "Anna", E + "b": "Bob"}
    [finding] = validate(*quads, label=lambda node: label.get(node.value, node.value))
    assert finding.message == "Anna knows Bob"
    words = Wording(Triples(quads[1]), lambda node: node.value)
    assert finding.fix == ""
    assert "a query finds nothing wrong; its message: {$this} knows {?value}" in words.explain(NamedNode(E + "S"))


def test_nothing_found_is_said() -> None:
    assert reports.write([]) == "no findings\n"
    assert json.loads(reports.write([], "json")) == {
        "conforms": True,
        "counts": {"violation": 0, "warning": 0, "info": 0},
        "findings": [],
    }


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="text, json, turtle, junit, sarif, github"):
        reports.write([], "xml")


def test_a_command_of_github_escapes_what_means_something_there() -> None:
    said = reports.annotation("error", "100 % of it", None, title="a:b")
    assert said == "::error title=a%3Ab::100 %25 of it"
