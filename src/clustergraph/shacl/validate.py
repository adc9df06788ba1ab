"""Validation: a graph and shapes in, findings out.

Nothing is inferred, imported or fetched: the data is judged as it is given.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from clustergraph.shacl.data import Data
from clustergraph.shacl.evaluation import Engine
from clustergraph.shacl.findings import Finding, Result
from clustergraph.shacl.shapes import Shapes
from clustergraph.shacl.triples import About, InvalidShapesError, Locate, Node, show
from clustergraph.shacl.wording import Label, Wording
from clustergraph.terms import compact

__all__ = ["ENGINES", "InvalidShapesError", "Shapes", "validate"]

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
) -> list[Finding]:
    """Return what is wrong with the data, in the order of the source files.

    Args:
        data: quads, which are judged as one graph whatever their graphs are, literals as they are written; or a
            store, whose default graph is judged. A store has already changed numbers and dates to their values.
        shapes: who validates often keeps them as `Shapes`, which are checked once.
        engine: one of the `ENGINES`.
        label: gives the words for an IRI.
        locate: finds where a triple is written.
        focus: the nodes that findings may be about; all if not given.
        progress: is told what is going on.
    """
    if engine not in ENGINES:
        raise ValueError(f"no engine {engine!r}; known engines: {', '.join(ENGINES)}")
    read = shapes if isinstance(shapes, Shapes) else Shapes(shapes)
    if not read.checked:
        _check(read)
    if engine == "pyshacl":
        from clustergraph.shacl import pyshacl  # slow to import

        quads = data.quads_for_pattern(None, None, None, DefaultGraph()) if isinstance(data, Store) else data
        found: Iterable[Result] = pyshacl.run(quads, read.triples, focus)
    else:
        found = Engine(Data(data), read, progress).run(focus)
    return Wording(read.triples, label).findings(found, locate)


def _check(shapes: Shapes) -> None:
    """Check shapes by the SHACL shapes for shapes; the `InvalidShapesError` names each that is not well formed."""
    rules = _rules()
    words = Wording(rules.triples, lambda node: compact(node.value))
    found = words.findings(Engine(Data(shapes.triples), rules).run(), lambda *_: None)
    faults = {finding.reason(): _about(finding.results[0]) for finding in found}
    # To SHACL a shape that nothing is said of is one that everything conforms to; to us it is a wrong name.
    for node in shapes.references():
        if isinstance(node, NamedNode) and node not in shapes.triples:
            faults[f"there is no shape {show(node)}"] = (node, None, None)
    if faults:
        raise InvalidShapesError("the shapes are not well formed", faults=dict(sorted(faults.items())))
    _ = shapes.targeted
    shapes.checked = True


def _about(result: Result) -> About:
    return BlankNode() if isinstance(result.focus, Literal) else result.focus, result.predicate, result.value


@cache
def _rules() -> Shapes:
    """Return the shapes for shapes, a file of pySHACL; the package itself is slow to load, and is not."""
    spec = find_spec("pyshacl")
    assert spec is not None
    assert spec.origin is not None
    return Shapes(parse(path=Path(spec.origin).parent / "assets" / "shacl-shacl.ttl", format=RdfFormat.TURTLE))
