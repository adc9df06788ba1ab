"""The W3C test suite for SHACL: Core and SHACL-SPARQL."""

from collections import Counter

import pytest

from clustergraph.shacl.data import Data
from clustergraph.shacl.engine import Engine
from clustergraph.shacl.model import Shapes
from clustergraph.shacl.results import Words
from clustergraph.shacl.triples import sh
from clustergraph.shacl.validate import InvalidShapesError, results

from . import w3c

pytestmark = pytest.mark.skipif(not w3c.SUITE.exists(), reason="the W3C suite is not there: ../shared/data")
CASES = [case for part in ("core", "sparql") for case in w3c.cases(part)] if w3c.SUITE.exists() else []


ILL_FORMED = {"path-strange-002"}
"""Shapes that the SHACL shapes for shapes refuse, as we do; the suite wants to know what an engine makes of them."""


def test_the_suite_is_whole() -> None:
    """Its manifests name 98 tests of Core and 22 of SHACL-SPARQL; one more file is there that none of them names."""
    assert Counter(str(case).partition("/")[0] for case in CASES) == {"core": 98, "sparql": 23}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_of_the_suite(case: w3c.Case) -> None:
    test = w3c.load(case)
    shapes = Shapes(test.shapes)
    if test.fails:
        with pytest.raises(InvalidShapesError):
            results(test.data, shapes)
        return
    if case.name in ILL_FORMED:
        with pytest.raises(InvalidShapesError, match="not well formed"):
            results(test.data, shapes)
        report = list(Engine(Data(test.data), shapes).run())
    else:
        report = results(test.data, shapes)
    words = Words(shapes.triples, lambda node: node.value, lambda *_: None)
    found = [(each, words.severity(each) or sh("Violation")) for each in report]
    assert Counter(w3c.found(each, severity.value) for each, severity in found) == test.expected
