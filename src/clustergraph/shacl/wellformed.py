"""Whether shapes are well formed: they are judged by the SHACL shapes for shapes before they judge anything."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Triple, parse

from clustergraph.shacl.data import Data
from clustergraph.shacl.engine import Engine
from clustergraph.shacl.findings import Finding
from clustergraph.shacl.model import Shapes
from clustergraph.shacl.results import Words
from clustergraph.shacl.triples import Fault, InvalidShapesError, show
from clustergraph.terms import compact

_PACKAGE: Final = "pyshacl"


def check(shapes: Shapes) -> None:
    """Check shapes.

    Raises:
        InvalidShapesError: they are not well formed; it names each shape that is not.
    """
    rules = Shapes(_rules())
    words = Words(rules.triples, lambda node: compact(node.value), lambda *_: None)
    faults = {_fault(finding) for finding in words.findings(Engine(Data(shapes.triples), rules).run())}
    # To SHACL a shape that nothing is said of is one that everything conforms to; to us it is a wrong name.
    for node in shapes.references():
        if isinstance(node, NamedNode) and node not in shapes.triples:
            faults.add(Fault(f"there is no shape {show(node)}", (node, None, None)))
    if faults:
        raise InvalidShapesError("the shapes are not well formed", faults=sorted(faults))
    _ = shapes.targeted
    shapes.checked = True


def _fault(finding: Finding) -> Fault:
    focus, path, value = (part.term if part else None for part in (finding.focus, finding.path, finding.value))
    return Fault(
        finding.reason(),
        (
            focus if isinstance(focus, NamedNode | BlankNode) else BlankNode(),
            path if isinstance(path, NamedNode) else None,
            None if isinstance(value, Triple) else value,
        ),
    )


@cache
def _rules() -> tuple[Quad, ...]:
    """Return the shapes for shapes, a file of pySHACL; the package itself is slow to load, and is not."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise InvalidShapesError(f"the package {_PACKAGE} is not installed", advice="install the project again")
    return tuple(parse(path=Path(spec.origin).parent / "assets" / "shacl-shacl.ttl", format=RdfFormat.TURTLE))
