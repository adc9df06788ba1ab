"""The W3C test suite for SHACL, Core and SHACL-SPARQL, through the report that the command line gives."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import pytest
from pyoxigraph import RdfFormat, parse

from clustergraph.cli.main import run as run_command
from clustergraph.shacl.triples import Triples, sh

from . import w3c

pytestmark = pytest.mark.skipif(not w3c.SUITE.exists(), reason="the W3C suite is not there: CLUSTERGRAPH_TEST_DATA")
CASES = [case for part in ("core", "sparql") for case in w3c.cases(part)] if w3c.SUITE.exists() else []
ILL_FORMED = {"path-strange-002"}
"""Shapes that the SHACL shapes for shapes refuse, as we do; the suite wants to know what an engine makes of them."""


def command(test: w3c.Loaded, *options: str) -> list[str]:
    return ["validate", str(test.data), "--shapes", str(test.shapes), "--format", "turtle", *options]


def read(report: str) -> frozenset:
    triples = Triples(parse(report.encode(), format=RdfFormat.TURTLE))
    [node] = triples.instances(sh("ValidationReport"))
    return w3c.compared(triples, node)


def test_the_suite_is_whole() -> None:
    """Its manifests name 98 tests of Core and 22 of SHACL-SPARQL; one more file is there that none of them names."""
    assert Counter(str(case).partition("/")[0] for case in CASES) == {"core": 98, "sparql": 23}


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Gives a command's exit code, and what it prints to both streams."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clustergraph", *words])
        return run_command(), *capsys.readouterr()

    return run


@pytest.mark.parametrize("case", CASES, ids=str)
def test_of_the_suite(case: w3c.Case, run: Run) -> None:
    test = w3c.load(case)
    code, report, said = run(*command(test))
    if case.name in ILL_FORMED:
        assert (code, report) == (2, "")
        assert "not well formed" in said
        code, report, said = run(*command(test, "--lenient"))
    if test.expected is None:
        assert (code, report) == (2, ""), said
    else:
        assert code in (0, 1), said
        assert read(report) == test.expected


def test_a_test_of_the_suite_in_a_process_of_its_own() -> None:
    [case] = [each for each in CASES if each.name == "severity-002"]
    test = w3c.load(case)
    program = [sys.executable, "-m", "clustergraph", *command(test)]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (ran.returncode, read(ran.stdout)) == (1, test.expected), ran.stderr
