"""Validation: a graph and shapes in, findings out.

Nothing is inferred, imported or fetched: the data is judged as it is given.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from typing import Final

from pyoxigraph import DefaultGraph, Quad, Store, Triple

from clustergraph.shacl import wellformed
from clustergraph.shacl.data import Data
from clustergraph.shacl.engine import Engine
from clustergraph.shacl.findings import Finding
from clustergraph.shacl.model import Shapes
from clustergraph.shacl.results import Label, Result, Words
from clustergraph.shacl.scope import affected
from clustergraph.shacl.triples import InvalidShapesError, Locate, Node, Subject
from clustergraph.terms import compact

__all__ = [
    "ENGINES",
    "InvalidShapesError",
    "Label",
    "Locate",
    "Node",
    "Shapes",
    "Subject",
    "affected",
    "results",
    "validate",
]

ENGINES: Final = ("sparql", "pyshacl")
"""Shapes as queries over the store, or the slower second engine."""


def validate(
    data: Store | Iterable[Quad | Triple],
    shapes: Shapes | Iterable[Quad | Triple],
    *,
    engine: str = "sparql",
    label: Label = lambda node: compact(node.value),
    locate: Locate = lambda _subject, _predicate, _object: None,
    focus: Collection[Node] | None = None,
    progress: Callable[[str], None] = lambda _: None,
    seconds: float | None = None,
) -> list[Finding]:
    """Return what is wrong with the data, in the order of the source files.

    Args:
        data: quads, which are judged as one graph whatever their graphs are, literals as they are written; or a
            store, whose default graph is judged. A store has already changed numbers and dates to their values.
        shapes: the shapes; who validates often keeps them as `Shapes`, which are checked once.
        engine: one of the `ENGINES`.
        label: gives the words for an IRI.
        locate: finds where a triple is written.
        focus: the nodes that findings may be about; all if not given.
        progress: is told what is going on.
        seconds: after this time no further query is begun.

    Raises:
        InvalidShapesError: the shapes are not well formed.
        LimitError: the time is over.
    """
    read = shapes if isinstance(shapes, Shapes) else Shapes(shapes)
    found = results(data, read, engine=engine, focus=focus, progress=progress, seconds=seconds)
    return Words(read.triples, label, locate).findings(found)


def results(
    data: Store | Iterable[Quad | Triple],
    shapes: Shapes,
    *,
    engine: str = "sparql",
    focus: Collection[Node] | None = None,
    progress: Callable[[str], None] = lambda _: None,
    seconds: float | None = None,
) -> list[Result]:
    """Return what is wrong with the data as a validation report has it; see `validate`."""
    if engine not in ENGINES:
        raise ValueError(f"no engine {engine!r}; known engines: {', '.join(ENGINES)}")
    deadline = None if seconds is None else time.monotonic() + seconds
    if not shapes.checked:
        wellformed.check(shapes)
    if engine == "sparql":
        return list(Engine(Data(data, deadline), shapes, progress).run(focus))
    from clustergraph.shacl import oracle  # slow to import

    quads = data.quads_for_pattern(None, None, None, DefaultGraph()) if isinstance(data, Store) else data
    return oracle.run(quads, shapes.triples, focus)
