"""Reports of findings: for people, for programs, and for the services that show what a check has found."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import click
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from clustergraph import __version__
from clustergraph.errors import Where
from clustergraph.rdf.turtle import write as write_turtle
from clustergraph.rdf.xml import for_xml
from clustergraph.shacl import paths
from clustergraph.shacl.findings import Finding, Named, Result, Severity
from clustergraph.shacl.triples import rdf, sh
from clustergraph.terms import VOCABULARIES, compact

FORMATS: Final = ("text", "json", "turtle", "junit", "sarif", "github")
"""The forms that a report can take."""
_COLOURS: Final = {Severity.VIOLATION: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_COMMANDS: Final = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_LEVELS: Final = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_WIDTH: Final = 100
"""How many characters of a source line are shown."""
_SOURCE: Final = NamedNode(VOCABULARIES["dcterms"] + "source")
_IN_MESSAGE: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY: Final = _IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def write(
    findings: Sequence[Finding],
    format_: str = "text",
    *,
    colour: bool = False,
    blocking: Severity = Severity.VIOLATION,
) -> str:
    """Return findings, which are in order, in one of the `FORMATS`; those below a severity are no failures."""
    match format_:
        case "text":
            text = _text(findings, blocking)
            return text if colour else click.unstyle(text)
        case "json":
            return _json(findings, blocking)
        case "turtle":
            return write_turtle(list(_validation_report(findings)))
        case "junit":
            return _junit(findings, blocking)
        case "sarif":
            return _sarif(findings)
        case "github":
            return _github(findings)
    raise ValueError(f"no report as {format_!r}; known formats: {', '.join(FORMATS)}")


def _shown(path: Path) -> str:
    """Return a path as seen from the current folder, if it is below it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def _place(where: Where) -> str:
    return str(replace(where, path=Path(_shown(where.path))))


def shape_name(finding: Finding) -> str:
    """Return the short name of the shape that a finding breaks."""
    shape = finding.shape.term
    return compact(shape.value) if isinstance(shape, NamedNode) else finding.shape.label


def summary(findings: Iterable[Finding]) -> str:
    """Return how many findings there are of each severity."""
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[level]} {level}{'s' * (counts[level] > 1)}" for level in Severity if counts[level]]
    return ", ".join(parts) or "no findings"


# For people: by file, each with its line quoted, and what would mend it.


def wants_colour(stream: TextIO) -> bool:
    """Whether a report for a stream should have colours: it is a terminal, and ``NO_COLOR`` is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _text(findings: Sequence[Finding], blocking: Severity) -> str:
    blocks = []
    for path, group in groupby(findings, key=lambda finding: finding.where.path if finding.where else None):
        lines = _lines(path)
        blocks.append(click.style(_shown(path) if path else "no place in the files", bold=True))
        blocks.extend("\n".join(_block(finding, lines)) for finding in group)
    files = {finding.where.path for finding in findings if finding.where}
    within = f" in {len(files)} file{'s' * (len(files) > 1)}" if files else ""
    failed = any(finding.severity.reaches(blocking) for finding in findings)
    blocks.append(click.style(summary(findings) + within, fg="red" if failed else "green") + "\n")
    return "\n".join(blocks)


def _lines(path: Path | None) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace").split("\n") if path else []
    except OSError:
        return []


def _block(finding: Finding, lines: list[str]) -> Iterator[str]:
    where, place = finding.where, ""
    if where:
        place = f"{where.cell}:" if where.cell else ":".join(str(part) for part in (where.line, where.column) if part)
    severity = click.style(finding.severity.value, fg=_COLOURS[finding.severity])
    yield "  " + " ".join(part for part in (place, severity, finding.reason()) if part)
    for detail in finding.details:
        if detail.message != finding.message:
            yield f"    because {detail.reason()}"
    yield from _quote(where, lines)
    if finding.fix:
        yield f"    fix: {finding.fix}"
    yield f"    {click.style(shape_name(finding), dim=True)}"
    yield ""


def _quote(where: Where | None, lines: list[str]) -> Iterator[str]:
    if where is None or where.line is None or where.line > len(lines):
        return
    line = lines[where.line - 1].rstrip("\r").replace("\t", " ")
    start = (where.column or 1) - 1
    # A long line is cut so that the place stays in sight.
    cut = max(0, start - _WIDTH // 2) if len(line) > _WIDTH else 0
    margin = f"    {where.line} | "
    yield margin + line[cut : cut + _WIDTH]
    if where.column:
        yield " " * (len(margin) - 2) + "| " + " " * (start - cut) + click.style("^", fg="green")


# For programs: as JSON, and as a SHACL validation report.


def _json(findings: Sequence[Finding], blocking: Severity) -> str:
    """Return whether the data conforms, counts by severity, and every finding."""
    counts = Counter(finding.severity for finding in findings)
    found = {
        "conforms": not any(finding.severity.reaches(blocking) for finding in findings),
        "counts": {level.value: counts[level] for level in Severity},
        "findings": [*map(_record, findings)],
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _record(finding: Finding) -> dict[str, Any]:
    where = finding.where
    return {
        "severity": finding.severity.value,
        "reason": finding.reason(),
        "message": finding.message,
        "fix": finding.fix,
        "shape": _named(finding.shape),
        "focus": _named(finding.focus),
        "path": _named(finding.path),
        "value": _named(finding.value),
        "file": _shown(where.path) if where else None,
        "line": where.line if where else None,
        "column": where.column if where else None,
        **({"cell": asdict(where.cell)} if where and where.cell else {}),
        "details": [*map(_record, finding.details)],
    }


def _named(named: Named | None) -> dict[str, str | None] | None:
    if named is None:
        return None
    term = named.term.value if isinstance(named.term, NamedNode | BlankNode | Literal) else None
    return {"term": term, "label": named.label}


def _validation_report(findings: Iterable[Finding]) -> Iterator[Quad]:
    """Yield every result of findings; to SHACL nothing conforms that has a result of any severity."""
    report = BlankNode("report")
    results = [(finding, each) for finding in findings for each in finding.results or (_as_result(finding),)]
    yield Quad(report, rdf("type"), sh("ValidationReport"))
    yield Quad(report, sh("conforms"), Literal(not results))
    for number, (finding, result) in enumerate(results, 1):
        node = BlankNode(f"result{number}")
        yield Quad(report, sh("result"), node)
        yield from _result(result, node)
        if finding.where:
            yield Quad(node, _SOURCE, Literal(_place(finding.where)))


def _as_result(finding: Finding) -> Result:
    """Return the result for what a check query has found."""
    focus, value, shape = (part.term if part else None for part in (finding.focus, finding.value, finding.shape))
    path = finding.path.term if finding.path else None
    return Result(
        focus=focus if focus is not None and not isinstance(focus, Triple) else Literal(finding.focus.label),
        shape=shape if isinstance(shape, NamedNode | BlankNode) else BlankNode(),
        component=sh("SPARQLConstraintComponent"),
        path=paths.Step(path) if isinstance(path, NamedNode) else None,
        value=None if isinstance(value, Triple) else value,
        messages=(Literal(finding.message),),
        details=tuple(map(_as_result, finding.details)),
        severity=sh(finding.severity.value.capitalize()),
    )


def _result(result: Result, node: BlankNode) -> Iterator[Quad]:
    is_query = result.component == sh("SPARQLConstraintComponent")
    said = {
        "focusNode": result.focus,
        "resultSeverity": result.severity or sh("Violation"),
        "sourceShape": result.shape,
        "sourceConstraintComponent": result.component,
        "sourceConstraint": result.source if is_query else None,
        "value": result.value,
    }
    yield Quad(node, rdf("type"), sh("ValidationResult"))
    yield from (Quad(node, sh(name), value) for name, value in said.items() if value is not None)
    if result.path is not None:
        yield from parse(f"{node} {sh('resultPath')} {paths.turtle(result.path)} .", format=RdfFormat.TURTLE)
    yield from (Quad(node, sh("resultMessage"), message) for message in result.messages)
    for number, detail in enumerate(result.details):
        inner = BlankNode(f"{node.value}d{number}")
        yield Quad(node, sh("detail"), inner)
        yield from _result(detail, inner)


# For services: GitHub Actions, GitLab and others, code scanning.


def _github(findings: Sequence[Finding]) -> str:
    """Return one workflow command for each finding, and the summary as a last line."""
    lines = [annotation(_COMMANDS[each.severity], _said(each), each.where, title=shape_name(each)) for each in findings]
    return "\n".join([*lines, summary(findings)]) + "\n"


def _said(finding: Finding) -> str:
    """Return the cell of a table that a finding is about, what is wrong and what would mend it."""
    cell = f"{finding.where.cell}: " if finding.where and finding.where.cell else ""
    return cell + finding.reason() + (f"\nfix: {finding.fix}" if finding.fix else "")


def annotation(command: str, message: str, where: Where | None, **properties: str) -> str:
    """Return a workflow command of GitHub that shows a message beside a line."""
    if where:
        properties |= {"file": _shown(where.path), "line": str(where.start), "col": str(where.column or 1)}
    said = ",".join(f"{name}={value.translate(_IN_PROPERTY)}" for name, value in properties.items())
    return f"::{command} {said}::{message.translate(_IN_MESSAGE)}"


def _junit(findings: Sequence[Finding], blocking: Severity) -> str:
    """Return a suite for each file with a test for each finding: failed if it blocks, else passed with a remark."""
    root = Element("testsuites", {"name": "clustergraph validate", **_counted(findings, blocking)})
    for file, group in groupby(findings, key=lambda finding: _shown(finding.where.path) if finding.where else ""):
        found = [*group]
        suite = SubElement(root, "testsuite", {"name": for_xml(file or "the graph"), **_counted(found, blocking)})
        for finding in found:
            _case(suite, finding, fails=finding.severity.reaches(blocking))
    if not findings:
        suite = SubElement(root, "testsuite", name="the graph", tests="1", failures="0")
        SubElement(suite, "testcase", classname="clustergraph.validate", name="everything conforms to its shapes")
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _counted(findings: Sequence[Finding], blocking: Severity) -> dict[str, str]:
    failed = sum(finding.severity.reaches(blocking) for finding in findings)
    return {"tests": str(len(findings) or 1), "failures": str(failed)}


def _case(suite: Element, finding: Finding, *, fails: bool) -> None:
    case = SubElement(suite, "testcase", classname=for_xml(shape_name(finding)), name=for_xml(finding.reason()))
    lines = [finding.reason()] + [f"fix: {finding.fix}"] * bool(finding.fix)
    if finding.where:
        case.attrib |= {"file": for_xml(_shown(finding.where.path)), "line": str(finding.where.start)}
        lines.insert(0, _place(finding.where))
    body, severity = for_xml("\n".join(lines)), finding.severity.value
    if fails:
        SubElement(case, "failure", type=severity, message=for_xml(finding.message)).text = body
    else:
        SubElement(case, "system-out").text = f"{severity}: {body}"


def _sarif(findings: Sequence[Finding]) -> str:
    """Return a log with one run: a rule for each shape that is broken, a result for each finding."""
    rules: dict[str, tuple[int, dict[str, Any]]] = {}
    results = []
    for finding in findings:
        rule = _rule(finding)
        index, _ = rules.setdefault(rule["id"], (len(rules), rule))
        results.append(_sarif_result(finding, rule["id"], index))
    broken = [rule for _, rule in rules.values()]
    run = {
        "tool": {"driver": {"name": "clustergraph", "version": __version__, "rules": broken}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json.dumps({"version": "2.1.0", "$schema": _SCHEMA, "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    shape = finding.shape.term
    about = f" ({shape.value})" if isinstance(shape, NamedNode) else ""
    return {
        "id": shape_name(finding).strip("<>"),
        "shortDescription": {"text": finding.shape.label},
        "fullDescription": {"text": f"{finding.message}{about}"},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
    }


def _sarif_result(finding: Finding, rule: str, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _said(finding)},
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
    }
    if where := finding.where:
        region = {"startLine": where.start, "startColumn": where.column or 1}
        artifact = {"uri": quote(_shown(where.path))}
        location: dict[str, Any] = {"physicalLocation": {"artifactLocation": artifact, "region": region}}
        if where.cell:
            location["logicalLocations"] = [{"fullyQualifiedName": str(where.cell)}]
        result["locations"] = [location]
    return result


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same when lines move."""
    parts = (finding.shape, finding.focus, finding.path, finding.value)
    # A blank node has another name wherever it is written.
    named = [str(part.term) if part and isinstance(part.term, NamedNode) else str(part) for part in parts]
    return hashlib.sha256("\0".join([*named, finding.message]).encode()).hexdigest()[:32]
