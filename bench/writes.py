"""How long one change of the graph takes, step by step: ``python -m bench.writes [COPIES]``.

The graph is that of the project, with its data copied so many times under other names (38 make a million statements),
and the change is one of a single project. It is examined as far as it bears on the graph and, to compare, as a whole.
The last two lines compare a new store on disk that is derived from its parent with one that is made anew.
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

from clustergraph.pipeline import publish
from clustergraph.pipeline.checks import Constraints
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.transaction import UPDATE, Write, alter, examine, infer_again, read
from clustergraph.release.manifest import Record, Release
from clustergraph.release.releases import Releases
from clustergraph.release.write import Content, derive, lines_as_they_are, merge
from clustergraph.release.write import write as write_release
from clustergraph.settings import Settings
from clustergraph.terms import CATALOGUE, GRAPH, INFERRED, SCHEME, VOCABULARIES

Result = TypeVar("Result")
_OWN = re.compile(
    rb"clustergraph/(?:(?:id/[a-z-]+|scheme/(?:theme|effra-domain))/[^>]+|graph/(?!reference/|schemes/)[^/>]+(?=/))"
)
_SHARED = (f"<{GRAPH}reference/".encode(), f"<{VOCABULARIES['country']}".encode())
_CODES = (f"<{SCHEME}theme/".encode(), f"<{SCHEME}effra-domain/".encode())
_NUTS = re.compile(rb"http://data\.europa\.eu/nuts/code/(\w+)")
_NUTS_FACTS = re.compile(rb"ontology/nuts(Code|Level|Version)>")
_NAME = re.compile(rb'(?:core#(?:pref|alt)Label|ontology/(?:spelling|acronym))> ".*(?="(?:@[\w-]+)? <)')
_NAME_ONLY = 'INSERT DATA { GRAPH graph:reference\\/activities { project:bifocalps skos:altLabel "BIFO" } }'
"""A project gets another name."""
_NAME_AND_STATUS = f"""DELETE {{ GRAPH ?g {{ ?p cg:status ?s }} }}
  INSERT {{ GRAPH ?g {{ ?p cg:status status:unconfirmed }} }}
  WHERE {{ GRAPH ?g {{ ?p cg:activity project:bifocalps ; cg:status ?s }} }} ;
{_NAME_ONLY}"""
"""And all who take part in it get another status."""


def timed(what: str, step: Callable[[], Result]) -> Result:
    """Run a step and print how long it took, and the most memory that was used so far."""
    started = time.perf_counter()
    result = step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{what:<32}{time.perf_counter() - started:8.2f} s {peak:8,} MB")
    return result


def copies(project: Project, number: int) -> Iterator[bytes]:
    """Yield the statements of a project, its data several times under other names, as N-Quads lines."""
    store = publish.assemble(project)
    for line in lines_as_they_are(store):
        graph = line.rpartition(b"<")[2]
        if INFERRED.value.encode() in graph or CATALOGUE.value.encode() in graph:
            continue
        yield line
        ours = b"graph/ontology" not in graph and not line.startswith(_SHARED)
        if ours and (b"graph/schemes" not in graph or line.startswith(_CODES)):
            for copy in range(1, number):
                yield _copy(line, b"-copy-%d" % copy)


def _copy(line: bytes, ending: bytes) -> bytes:
    """Return a statement with other names for what is the project's own, and for its regions and labels."""
    if _NUTS_FACTS.search(line):
        line = _NUTS_FACTS.sub(b"ontology/isoCode>", re.sub(rb'"[^"]*"\S*', b'"XX-1"', line))
    line = _NUTS.sub(lambda found: b"https://w3id.org/clustergraph/id/region/" + found[1].lower(), line)
    return _NAME.sub(rb"\g<0>" + ending, _OWN.sub(rb"\g<0>" + ending, line))


def run(number: int) -> None:
    """Measure one change of a graph with so many copies."""
    project = Project(Path(__file__).parent.parent)
    root = Path(tempfile.mkdtemp(prefix="bench-writes-"))
    try:
        store = Store()
        store.bulk_extend(parse(b"".join(copies(project, number)), format=RdfFormat.N_QUADS))
        merge(store)
        infer(store, project.rules)
        warnings = len(Constraints.of(project).findings(store))
        releases = Releases(root)
        record = Record(warnings=warnings, checks=project.checks_fingerprint())
        parent = write_release(releases, store, record)
        print(f"{parent.quads:,} quads, {len(store):,} with the merged graph")
        del store
        print("\na project gets another name")
        _change(project, parent, record, _NAME_ONLY)
        print("\nand all who take part in it another status")
        store, content = _change(project, parent, record, _NAME_AND_STATUS)
        timed("  everything, as a build does", lambda: Constraints.of(project).findings(store))
        _write(releases, parent, root, store, content)
    finally:
        shutil.rmtree(root)


def _change(project: Project, parent: Release, record: Record, update: str) -> tuple[Store, Content]:
    """Measure a change up to its validation, and return the graph and its content."""
    store = timed("read the release", lambda: read(parent.path))
    timed("apply, and see what differs", lambda: alter(store, Write(UPDATE, update.encode()), Settings()))
    timed("infer again", lambda: infer_again(store, project))
    content = timed("  and see what differs", lambda: Content.of(store, parent.path))
    changes = content.changes
    assert changes is not None
    print(f"{len(changes.added):,} statements added, {len(changes.removed):,} removed, with what follows")
    timed("check and validate", lambda: examine(project, store, parent.path, record, changes))
    return store, content


def _write(releases: Releases, parent: Release, root: Path, store: Store, content: Content) -> None:
    changes = content.changes
    assert changes is not None
    timed("write the release", lambda: write_release(releases, store, Record(), parent, content))
    timed("  its store, derived", lambda: derive(root / "derived", store, changes, parent.path))
    timed("  its store, made anew", lambda: _anew(root / "anew", store))


def _anew(path: Path, store: Store) -> None:
    made = Store(str(path))
    made.bulk_extend(store)
    made.flush()
    made.optimize()


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
