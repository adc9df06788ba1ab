"""The documents are read from the files whose checksums the graph states."""

from __future__ import annotations

from hashlib import sha256

import pytest

from clustergraph.graph import Graph
from tests.conftest import PUBLISHED

SOURCES = PUBLISHED.parent / "seeds"


@pytest.mark.skipif(not SOURCES.exists(), reason="the source documents are not on this machine")
def test_each_checksum_is_that_of_the_file(graph: Graph) -> None:
    rows = graph.select("SELECT ?document ?checksum { ?document cg:sha256 ?checksum }")
    stated = {row["document"].value.rpartition("/")[2]: row["checksum"].value for row in rows}
    assert stated == {path.stem: sha256(path.read_bytes()).hexdigest() for path in SOURCES.glob("*.txt")}
