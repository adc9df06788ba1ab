"""How long one change of the graph takes, step by step: ``python -m bench.writes [COPIES]``.

The graph is that of the project, with its data copied so many times under other names. The last two lines compare a new
store on disk that is derived from its parent with one that is made anew.
"""

from __future__ import annotations

import re
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from pyoxigraph import RdfFormat, Store, parse

from clustergraph.build import pipeline
from clustergraph.build.alter import alter
from clustergraph.build.changes import Changes
from clustergraph.build.derive import derive, dump, lines_as_they_are
from clustergraph.build.inference import infer
from clustergraph.build.positions import Index
from clustergraph.build.release import Releases, merge
from clustergraph.build.sources import Project
from clustergraph.build.writer import infer_again, read
from clustergraph.config import Settings
from clustergraph.store.writes import UPDATE, Write
from clustergraph.terms import CATALOGUE, GRAPH, INFERRED

Result = TypeVar("Result")
_OWN = re.compile(rb"(clustergraph/(?:id/[a-z-]+|scheme/theme)/[^>]+|graph/(?!reference)[^/>]+(?=/)|nuts/code/[^>]+)")
_INSERT = f'INSERT DATA {{ GRAPH <{GRAPH}reference/organisations> {{ organisation:x skos:altLabel "X" }} }}'


def timed(what: str, step: Callable[[], Result]) -> Result:
    """Run a step and print how long it took, and the most memory that was used so far."""
    started = time.perf_counter()
    result = step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{what:<32}{time.perf_counter() - started:8.2f} s {peak:8,} MB")
    return result


def copies(project: Project, number: int) -> Iterator[bytes]:
    """Yield the statements of a project, its data several times under other names, as N-Quads lines."""
    store, _ = pipeline.assemble(project)
    for line in lines_as_they_are(store):
        graph = line.rpartition(b"<")[2]
        if INFERRED.value.encode() in line or CATALOGUE.value.encode() in graph:
            continue
        yield line
        if b"graph/ontology" not in graph and b"graph/schemes" not in graph:
            for copy in range(1, number):
                yield _OWN.sub(rb"\g<0>-%d" % copy, line)


def run(number: int) -> None:
    """Measure one change of a graph with so many copies."""
    project = Project(Path(__file__).parent.parent)
    root = Path(tempfile.mkdtemp(prefix="bench-writes-"))
    try:
        store = Store()
        store.bulk_extend(parse(b"".join(copies(project, number)), format=RdfFormat.N_QUADS))
        merge(store)
        inferred = infer(store, project.rules)
        releases = Releases(root)
        releases.activate(releases.root / "releases" / releases.write(store, "", inferred, 0).digest)
        parent = releases.current()
        assert parent is not None
        print(f"{len(dump(parent)):,} quads, {len(store):,} with the merged graph")
        del store
        _change(project, releases, parent, root)
    finally:
        shutil.rmtree(root)


def _change(project: Project, releases: Releases, parent: Path, root: Path) -> None:
    store = timed("read the release", lambda: read(parent))
    timed("apply, and see what differs", lambda: alter(store, Write(UPDATE, _INSERT.encode()), Settings()))
    inferred = timed("infer again", lambda: infer_again(store, project))
    timed("check and validate", lambda: pipeline.judge(project, store, Index([])))
    timed("write the release", lambda: releases.write(store, "", inferred, 0, parent))
    changes = Changes.between(dump(parent), lines_as_they_are(store))
    timed("  its store, derived", lambda: derive(root / "derived", store, changes, parent))
    timed("  its store, made anew", lambda: _anew(root / "anew", store))


def _anew(path: Path, store: Store) -> None:
    made = Store(str(path))
    made.bulk_extend(store)
    made.flush()
    made.optimize()


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
