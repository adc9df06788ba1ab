"""Findings as JUnit XML, which GitLab and most other services show as tests."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from clustergraph.shacl.findings import Finding
from clustergraph.shacl.reports.common import Report, place, shape_name, shown

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report) -> str:
    """Return a suite for each file with a test for each finding: failed if it blocks, else passed with a remark."""
    root = Element("testsuites", name="clustergraph validate")
    for file, group in groupby(report.findings, key=lambda finding: shown(finding.where.path) if finding.where else ""):
        found = [*group]
        failed = sum(report.blocks(finding) for finding in found)
        suite = SubElement(root, "testsuite", name=_clean(file or "the graph"), tests=str(len(found)))
        suite.set("failures", str(failed))
        for finding in found:
            _case(suite, file, finding, report)
    if not report.findings:
        suite = SubElement(root, "testsuite", name="the graph", tests="1", failures="0")
        SubElement(suite, "testcase", classname="clustergraph.validate", name="everything conforms to its shapes")
    root.set("tests", str(max(1, len(report.findings))))
    root.set("failures", str(sum(report.blocks(finding) for finding in report.findings)))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _case(suite: Element, file: str, finding: Finding, report: Report) -> None:
    case = SubElement(suite, "testcase", classname=_clean(shape_name(finding)), name=_clean(finding.reason()))
    where = finding.where
    if where:
        case.set("file", _clean(file))
        case.set("line", str(where.start))
    fix = report.fix(finding)
    body = _clean(
        "\n".join(
            part for part in (place(where) if where else "", finding.reason(), f"fix: {fix}" if fix else "") if part
        )
    )
    if report.blocks(finding):
        SubElement(case, "failure", type=finding.severity.value, message=_clean(finding.message)).text = body
    else:
        SubElement(case, "system-out").text = f"{finding.severity.value}: {body}"


def _clean(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
