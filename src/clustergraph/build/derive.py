"""A release made as a small change of another one, which takes a fraction of the time of making it anew.

The store of the parent is taken over by hard links, and only what differs is written; a change of a statement with a
blank node could rename others, so that such releases are made anew.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Store

from clustergraph.build.changes import Changes
from clustergraph.errors import ReleaseError

_OPENED: Final = 16
"""How many files of a store the engine opens at once; it opens others when it needs them, which no worker may do."""


def dump(release: Path) -> list[bytes]:
    """Return the N-Quads lines of a release, sorted.

    Raises:
        ReleaseError: they cannot be read.
    """
    try:
        return (release / "dump.nq").read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise ReleaseError(f"the dump of {release} cannot be read: {error}", advice="build again") from error


def lines_as_they_are(store: Store) -> list[bytes]:
    """Return the quads of the named graphs as sorted N-Quads lines, with the blank nodes that the store has."""
    lines: list[bytes] = []
    for graph in store.named_graphs():
        assert isinstance(graph, NamedNode)
        text = store.dump(format=RdfFormat.N_TRIPLES, from_graph=graph)
        assert text is not None
        end = f"<{graph.value}> .\n".encode()
        lines += [line[:-2] + end for line in text.splitlines(keepends=True)]
    return sorted(lines)


def derive(target: Path, store: Store, changes: Changes, parent: Path) -> bool:
    """Make a store on disk from that of the parent release; return whether that was possible.

    Args:
        target: where to make it.
        store: the graph that it is to hold, with the merged graph as its default graph.
        changes: what differs from the parent, without blank nodes.
        parent: the directory of the parent.

    Raises:
        ReleaseError: the store of the parent does not hold what its dump says.
    """
    Store.read_only(str(parent / "store")).backup(str(target))
    made = Store(str(target))
    for quad in changes.removed:
        made.remove(quad)
        bare = Quad(quad.subject, quad.predicate, quad.object)
        if bare not in store:
            made.remove(bare)
    made.extend(changes.added)
    made.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in changes.added)
    made.flush()
    made.optimize()
    whole = len(made) == len(store)
    # While it is open the engine may still write files, also while they are being removed.
    del made
    if not whole:
        raise ReleaseError(f"the store of {parent} is not what its dump says", advice="build again with --force")
    if len([*target.glob("*.sst")]) > _OPENED:
        shutil.rmtree(target)
        return False
    return True
