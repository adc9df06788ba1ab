"""Queries from columns against the same from the store, in one process, in turns: milliseconds, and whether rows agree.

    python -m bench.columns [QUADS]

The store is in memory, where it is fastest; each query is another text every time, and its time includes its parsing
and the whole answer as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from pyoxigraph import RdfFormat, Store, serialize

from bench.graphs import Size, lines
from bench.queries import QUERIES, Query
from clustergraph.columns import file
from clustergraph.columns.answering import answer
from clustergraph.columns.index import Columns
from clustergraph.columns.solutions import Uncovered
from clustergraph.engine.store import Embedded, Request
from clustergraph.release.write import merge
from clustergraph.sparql.filters import simplified
from clustergraph.sparql.parser import query_of

_ROUNDS: Final = 7


def graph(quads: int) -> Store:
    """Return a store with a graph of about a size."""
    store = Store()
    store.bulk_load("\n".join(lines(quads)).encode(), RdfFormat.N_QUADS)
    return store


def columns_of(store: Store, folder: Path) -> Columns:
    """Return the columns of a store, from a file, and print what they cost."""
    text = serialize(store, format=RdfFormat.N_QUADS)
    assert text is not None
    ordered = sorted(text.splitlines(keepends=True))
    begun = time.process_time()
    file.write(Columns.of(ordered), folder)
    written = time.process_time() - begun
    begun = time.perf_counter()
    found = file.open_(folder)
    assert found is not None
    opened, size = (time.perf_counter() - begun) * 1000, (folder / file.NAME).stat().st_size
    print(f"{len(found):,} statements, {len(found.terms):,} terms: {size / 1e6:.0f} MB", end="; ")
    print(f"{written:.1f} s of CPU to write, {opened:.1f} ms to open")
    return found


def _rows(content: bytes) -> Counter[str]:
    document = json.loads(content)
    found = document["results"]["bindings"] if "results" in document else [document["boolean"]]
    return Counter(json.dumps(row, sort_keys=True) for row in found)


def compared(query: Query, size: Size, columns: Columns, store: Embedded) -> str:
    """Return a line of the table: the query from columns and from the store."""
    here, there, same = list[float](), list[float](), True
    for number in range(_ROUNDS):
        text = query.of(size, number)
        try:
            taken, mine = _timed(lambda text=text: answer(columns, query_of(simplified(text))))  # type: ignore[misc]
        except Uncovered as reason:
            return f"| {query.kind} | {query.name} | | | left to the store: {reason} |"
        spent, theirs = _timed(lambda text=text: store.answer(Request(text, "json")))  # type: ignore[misc]
        here.append(taken)
        there.append(spent)
        same &= _rows(mine) == _rows(theirs)
    ratio = f"{median(there) / median(here):.1f}{'' if same else ' DIFFERS'}"
    return f"| {query.kind} | {query.name} | {median(here):.1f} | {median(there):.1f} | {ratio} |"


def _timed(work: Callable[[], bytes]) -> tuple[float, bytes]:
    begun = time.perf_counter()
    result = work()
    return (time.perf_counter() - begun) * 1000, result


def main() -> None:
    """Measure."""
    quads = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    store = graph(quads)
    with tempfile.TemporaryDirectory() as folder:
        columns = columns_of(store, Path(folder))
        merge(store)
        print("| kind | query | columns ms | store ms | times |\n| --- | --- | --- | --- | --- |")
        for query in QUERIES:
            print(compared(query, Size.of(quads), columns, Embedded(Path(), store)), flush=True)


if __name__ == "__main__":
    main()
