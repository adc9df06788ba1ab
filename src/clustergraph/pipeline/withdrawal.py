"""Taking a source or a thing out of all that is kept: the data of the project, every release, what follows from them.

The list is written first: from then on no build and no import brings back what is on it, and the service answers that
it is gone. Each release is written anew and has its name before the old one goes, and the pointer moves in one step. So
whoever is interrupted does the same again, and it goes on from there.
"""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Store

from clustergraph.errors import ClustergraphError
from clustergraph.graph import Graph
from clustergraph.pipeline import exports
from clustergraph.pipeline.audit import audit
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.transaction import read
from clustergraph.questions.names import AmbiguousNameError
from clustergraph.questions.rules import RULES_QUERY, load
from clustergraph.rdf import lines, turtle
from clustergraph.rdf.files import whole
from clustergraph.rdf.reading import rdf_files, solutions
from clustergraph.release import history
from clustergraph.release.artefacts import Made, store_of
from clustergraph.release.manifest import Release
from clustergraph.release.releases import Releases
from clustergraph.release.withdrawn import Withdrawal, Withdrawn
from clustergraph.release.write import merge, write
from clustergraph.terms import INFERRED, QUERY, expand, own

Progress = Callable[[str], None]
_IN: Final = expand("cg:inDocument")
_LINKS: Final = "links.trig"


class NothingToWithdrawError(ClustergraphError):
    """Neither a release nor the data of the project have what is to be withdrawn."""


@dataclass(frozen=True)
class Extent:
    """What a withdrawal takes out, or has taken out."""

    withdrawn: Withdrawn
    """The whole list, with what is new."""
    releases: Mapping[str, int]
    """How many statements of each release go, what follows included, by its digest."""
    unread: Sequence[str]
    """The digests of releases that this version does not read, and that go whole."""
    files: Sequence[Path]
    """The files of imports and links that lose something."""
    sources: Sequence[Path]
    """Files that people write and that have it: a build leaves out what it reads of it there."""


def withdrawals(project: Project, releases: Releases, name: str, reason: str = "") -> list[Withdrawal]:
    """Return what a name stands for: a source with the documents that it is all of, or a thing; as withdrawn today.

    Raises:
        AmbiguousNameError: several things are called so.
        NothingToWithdrawError: nothing has this name.
    """
    iris = [_iri(name)] if ":" in name else [*_graphs(name), *_called(releases, name)]
    stores = [store_of(each.path) for each in releases.all() if each.has_store]
    known = [iri for iri in iris if any(_known(store, iri) for store in stores) or _import_of(project, iri).is_file()]
    known += [each.iri for each in project.withdrawn().listed if each.iri in iris]
    if not known:
        advice = "name a source by its folder or the name of its import, or a thing by its name, IRI or as in Turtle"
        raise NothingToWithdrawError(f"nothing here is called {name!r}", advice=advice)
    documents = {document for store in stores for document in _documents(store, known[0])}
    today = datetime.now(UTC).date().isoformat()
    return [Withdrawal(iri, today, reason) for iri in (known[0], *sorted(documents))]


def extent(project: Project, releases: Releases, more: Iterable[Withdrawal] = ()) -> Extent:
    """Return what goes if what is on the list, and some more, is withdrawn."""
    withdrawn = project.withdrawn().also(more)
    counts = {each.digest: _number(withdrawn, each) for each in releases.all() if each.has_store}
    made = [*sorted((project.data / "imports").glob("*")), project.data / _LINKS]
    made = [path for path in made if {*path.suffixes} & {".nq", ".trig"} and path.is_file()]
    written = [path for path in rdf_files(project.data) if path not in made]
    return Extent(
        withdrawn,
        {digest: number for digest, number in counts.items() if number},
        releases.unread(),
        [path for path in made if _has(path, withdrawn)],
        [path for path in written if _has(path, withdrawn)],
    )


def withdraw(
    project: Project, releases: Releases, more: Iterable[Withdrawal] = (), progress: Progress = lambda _: None
) -> Extent:
    """Take what is on the list, and some more, out of the project, of all releases and of what is made of them.

    Raises:
        ReleaseError: somebody else writes releases, or one cannot be written.
        NothingToWithdrawError: there is nothing on the list.
    """
    with releases.lock():
        releases.sweep()
        found = extent(project, releases, more)
        if not found.withdrawn:
            raise NothingToWithdrawError("nothing is withdrawn", advice="name what is to be: a source, or a thing")
        found.withdrawn.write(project.data)
        found.withdrawn.write(releases.root)
        for path in found.files:
            progress(f"clearing {path.name}")
            _clear(path, found.withdrawn)
        kept = sorted((releases.find(digest) for digest in found.releases), key=lambda each: each.created)
        anew = dict[str, Release]()
        for number, each in enumerate(kept, 1):
            told = _followed(progress, f" (release {number} of {len(kept)})")
            anew[each.digest] = _anew(each, found.withdrawn, project, releases, told)
        _replace(releases, anew, found.unread)
        history.forget(releases)
    return found


def _iri(name: str) -> str:
    return name.strip("<>") if "://" in name else expand(name).value


def _graphs(name: str) -> list[str]:
    """Return the IRIs of the graphs that a source of a name may have."""
    return [own(f"{path}{name}").value for path in ("graph/import/", "graph/") if re.fullmatch(r"[\w./-]+", name)]


def _called(releases: Releases, name: str) -> list[str]:
    """Return the IRI of the thing that is called so in the current release, if it is one and no other."""
    current = releases.current()
    found = Graph.open(current).called(name) if current else []
    if len(found) > 1:
        raise AmbiguousNameError(name, found)
    return [each.iri for each in found]


def _known(store: Store, iri: str) -> bool:
    node, graphs = NamedNode(iri), (graph.value for graph in store.named_graphs() if isinstance(graph, NamedNode))
    named = (store.quads_for_pattern(node, None, None, None), store.quads_for_pattern(None, None, node, None))
    return any(map(any, named)) or any(graph == iri or graph.startswith(f"{iri}/") for graph in graphs)


def _import_of(project: Project, iri: str) -> Path:
    return project.data / "imports" / f"{iri.removeprefix(own('graph/import/').value).replace('/', '-')}.nq.gz"


def _documents(store: Store, iri: str) -> Iterator[str]:
    """Yield the documents all of whose parts are of a source."""
    within = Withdrawn((Withdrawal(iri, ""),))
    for quad in store.quads_for_pattern(None, _IN, None, None):
        if isinstance(quad.subject, NamedNode) and within.find(quad.subject.value):
            parts = [each.subject for each in store.quads_for_pattern(None, _IN, quad.object, None)]
            if all(isinstance(part, NamedNode) and within.find(part.value) for part in parts):
                assert isinstance(quad.object, NamedNode)
                yield quad.object.value


def _number(withdrawn: Withdrawn, release: Release) -> int:
    quads = withdrawn.gone(store_of(release.path)) if withdrawn else iter(())
    return sum(isinstance(quad.graph_name, NamedNode) for quad in quads)


def _has(path: Path, withdrawn: Withdrawn) -> bool:
    """Whether a file names what is withdrawn, as a thing or in a statement."""
    return any(True for quad in lines.read(path) if withdrawn.names(quad))


def _clear(path: Path, withdrawn: Withdrawn) -> None:
    """Take out of a file of an import, or of links, what goes; the files of a source that goes whole are removed."""
    graphs = {quad.graph_name.value for quad in lines.read(path) if isinstance(quad.graph_name, NamedNode)}
    if all(map(withdrawn.find, graphs)):
        path.unlink()
    elif ".nq" in path.suffixes:
        blocks = list(_blocks(path))
        with whole(path, compress=path.suffix == ".gz") as file:
            for block in blocks:
                file.writelines(withdrawn.left_lines(block))
    else:
        with whole(path) as file:
            file.write(turtle.write(withdrawn.left(list(lines.read(path)))).encode())


def _blocks(path: Path) -> Iterator[list[bytes]]:
    """Yield the lines of each row of an import, with the comment that names the row."""
    block: list[bytes] = []
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for line in file:
            if line.startswith(b"#") and block:
                yield block
                block = []
            block.append(line)
    yield block


def _followed(progress: Progress, words: str) -> Progress:
    return lambda text: progress(text + words)


def _anew(old: Release, withdrawn: Withdrawn, project: Project, releases: Releases, progress: Progress) -> Release:
    """Write a release again without what is withdrawn, and what follows then by the rules that it carries."""
    progress(f"reading {old.digest}")
    store = read(old.path)
    withdrawn.leave_out(store)
    store.remove_graph(INFERRED)
    store.update("CLEAR DEFAULT")
    merge(store)
    with tempfile.TemporaryDirectory(prefix="clustergraph-") as folder:
        for row in list(solutions(store, RULES_QUERY)):
            path = Path(folder) / f"{row['rule'].value.removeprefix(QUERY)}.rq"
            path.parent.mkdir(exist_ok=True)
            path.write_text(row["construct"].value, "utf-8")
        infer(store, Path(folder) / "rules", lambda rule: progress(f"inferring {rule}"))
        audit(store, load(Path(folder) / "audit"))
    withdrawn.leave_out(store)
    progress("writing it anew")
    made = write(releases, store, releases.record(old.digest))
    replace(made, created=old.created).write(made.path)
    exports.prepare(made.path, project, progress, files=bool(Made.of(old.path).downloads), history=False)
    return made


def _replace(releases: Releases, anew: Mapping[str, Release], unread: Iterable[str]) -> None:
    """Let new releases take the place of old ones, and remove these."""
    names = {old: made.digest for old, made in anew.items()}
    for old in names:
        record = releases.record(old)
        parent, base = (names.get(digest, digest) for digest in (record.parent, record.base))
        releases.note(names[old], replace(record, parent=parent, base=base))
    current = releases.current()
    if current is not None and current.name in anew:
        releases.activate(anew[current.name].path)
    releases.drop([*(old for old, new in names.items() if old != new), *unread])
