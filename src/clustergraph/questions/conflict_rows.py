"""The rows that the conflict rules of a release find, kept beside it: over a large graph they take long to find."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from clustergraph.engine.store import Embedded
from clustergraph.questions.conflict import ConflictRule
from clustergraph.release.artefacts import CONFLICTS, folder_of

_END: Final = ".srj.gz"
"""How the names of the files end, one for each rule: SPARQL results in JSON, packed."""


def rows_of(rule: ConflictRule, graph: Embedded) -> QuerySolutions:
    """Return what a rule finds in a graph."""
    rows = graph.query(rule.query)
    assert isinstance(rows, QuerySolutions)
    return rows


def write(rules: Mapping[str, ConflictRule], graph: Embedded, folder: Path) -> None:
    """Write what each rule finds into a folder."""
    for name, rule in rules.items():
        content = rows_of(rule, graph).serialize(format=QueryResultsFormat.JSON)
        (folder / f"{name}{_END}").write_bytes(gzip.compress(content or b"", mtime=0))


def kept(release: Path) -> dict[str, bytes]:
    """Return what is kept of the release in a directory, by the names of the rules; see `unpacked`."""
    folder = folder_of(release, CONFLICTS)
    return {path.name.removesuffix(_END): path.read_bytes() for path in folder.glob(f"*{_END}")} if folder else {}


def unpacked(content: bytes) -> QuerySolutions:
    """Return the rows that are kept of a rule."""
    rows = parse_query_results(gzip.decompress(content), QueryResultsFormat.JSON)
    assert isinstance(rows, QuerySolutions)
    return rows
