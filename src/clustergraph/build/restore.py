"""A release made from a dump, in flat memory: the same statements give the same digest."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from pyoxigraph import Quad, QuerySolutions, RdfFormat, Store, parse

from clustergraph import __version__, turtle
from clustergraph.build import pipeline
from clustergraph.build.describe import describe
from clustergraph.build.exports import Exports
from clustergraph.build.manifest import Manifest
from clustergraph.build.positions import Index
from clustergraph.build.release import Releases
from clustergraph.build.sources import Project
from clustergraph.errors import SourceError, Where
from clustergraph.export.dump import Progress, counted
from clustergraph.export.files import flush, told
from clustergraph.export.lines import Statement, canonical, opened, read, stored
from clustergraph.export.writers import ntriples
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.terms import BASE, INFERRED

_DIGITS: Final = 16
_PIECE: Final = 200_000
"""How many statements are loaded into the store at a time."""
_CLASSES: Final = "SELECT ?class (COUNT(?x) AS ?n) { ?x a ?class FILTER isIRI(?class) } GROUP BY ?class ORDER BY ?class"


def restore(
    path: Path,
    project: Project,
    releases: Releases,
    progress: Progress = lambda _: None,
    *,
    validate: bool = True,
    exports: bool = True,
    force: bool = False,
) -> tuple[Manifest, list[Finding]]:
    """Make a release of a dump, make it current, and return it with what was found in it.

    Args:
        path: N-Quads, TriG or JSON-LD, compressed (``.gz``) or not; every statement must stand in a named graph.
        project: whose checks and shapes it must satisfy.
        releases: where it goes.
        progress: is told what is going on.
        validate: examine it; otherwise nothing is found.
        exports: make the files for download too; otherwise that is left to whoever asks for them first.
        force: publish it whatever is found, and even if writes to the current release are lost.

    Raises:
        SourceError: the file is not well formed or empty, or has statements outside named graphs.
        RejectedError: the graph has violations.
        LostWritesError: the current release was written to.
        ReleaseError: the release cannot be written.
    """
    with releases.lock(), told(releases.root):
        written = releases.written()
        if len(written.added) + len(written.removed) and not force:
            raise pipeline.LostWritesError(written)
        releases.sweep()
        home = releases.root / "releases"
        home.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=home))
        draft.chmod(0o755)
        try:
            taken = _take(path, draft / "dump.nq", progress)
            if not taken.quads:
                raise SourceError("it holds no statements", where=Where(path), advice="name the file of a dump")
            final = home / taken.digest
            findings: list[Finding] = []
            if not final.is_dir():
                store = _load(draft, progress)
                findings = pipeline.judge(project, store, Index([], BASE), progress) if validate else []
                if not force and any(each.severity is Severity.VIOLATION for each in findings):
                    raise pipeline.RejectedError(findings)
                _complete(draft, store, taken, len(findings))
                del store
                draft.rename(final)
                flush(home)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        if exports:
            Exports(project.queries, project.shapes).prepare(final, progress)
        releases.activate(final)
        return Manifest.read(final), findings


@dataclass
class _Taken:
    """What is known of a dump when it has been read."""

    digest: str = ""
    quads: int = 0
    triples: int = 0
    inferred: int = 0
    graphs: set[bytes] = field(default_factory=set)


def _take(path: Path, target: Path, progress: Progress) -> _Taken:
    """Write the canonical lines of a dump to a file."""
    taken, digest, last = _Taken(), hashlib.sha256(), None
    inferred = str(INFERRED).encode()
    with target.open("wb") as file:
        for line in canonical(stored(counted(read(path), progress, f"reading {path.name}"))):
            statement = Statement.of(line)
            if not statement.graph:
                raise SourceError(
                    f"a statement stands in no named graph: {line.decode().strip()[:200]}",
                    where=Where(path),
                    advice="import N-Quads, TriG or JSON-LD: a Turtle dump has lost the sections",
                )
            taken.quads += 1
            taken.triples += statement[:3] != last
            last = statement[:3]
            taken.inferred += statement.graph == inferred
            taken.graphs.add(statement.graph)
            digest.update(line)
            file.write(line)
    taken.digest = digest.hexdigest()[:_DIGITS]
    return taken


def _load(draft: Path, progress: Progress) -> Store:
    """Return the store of a draft, with the merged graph as its default graph.

    It is loaded in pieces, since the engine takes a kilobyte of memory for each statement of what it loads at once.
    """
    store = Store(str(draft / "store"))
    with opened(draft / "dump.nq") as file:
        lines = counted(file, progress, "loading")
        while piece := list(islice(lines, _PIECE)):
            # What is loaded gets new labels for its blank nodes, each time other ones.
            blank = [line for line in piece if b"_:" in line]
            plain = [line for line in piece if b"_:" not in line] if blank else piece
            store.bulk_load(b"".join(plain), RdfFormat.N_QUADS)
            store.bulk_load(b"".join(ntriples(plain)), RdfFormat.N_TRIPLES)
            quads = list(parse(b"".join(blank), format=RdfFormat.N_QUADS))
            store.extend([*quads, *(Quad(quad.subject, quad.predicate, quad.object) for quad in quads)])
    store.flush()
    progress("tidying the store")
    store.optimize()
    return store


def _complete(draft: Path, store: Store, taken: _Taken, findings: int) -> None:
    made = Manifest(
        digest=taken.digest,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        fingerprint=f"import of {taken.digest}",
        quads=taken.quads,
        triples=taken.triples,
        inferred=taken.inferred,
        warnings=findings,
        graphs=sorted(graph[1:-1].decode() for graph in taken.graphs),
        classes=_classes(store),
    )
    (draft / "description.ttl").write_text(turtle.write(describe(store, made.digest, made.version)), "utf-8")
    (draft / "manifest.json").write_text(json.dumps(asdict(made), indent=1) + "\n", "utf-8")
    for each in [draft, *draft.rglob("*")]:
        flush(each)


def _classes(store: Store) -> dict[str, int]:
    rows = store.query(_CLASSES)
    assert isinstance(rows, QuerySolutions)
    return {row["class"].value: int(row["n"].value) for row in rows}
