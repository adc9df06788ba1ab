"""One engine on one graph, in a process of its own: prints seconds, memory and what was found, as JSON.

It imports nothing of this project unless its engine is asked for, so that any Python that has an engine can run it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

Found = list[str]


def sparql(data: Path, shapes: Path) -> Iterator[Found]:
    """Run the engine of this project."""
    from pyoxigraph import RdfFormat, parse

    from clustergraph.shacl.shapes import Shapes
    from clustergraph.shacl.validate import validate

    read = Shapes(parse(shapes.read_bytes(), format=RdfFormat.TURTLE))
    for finding in validate(parse(path=str(data), format=RdfFormat.TURTLE), read):
        for found in finding.results:
            yield [str(found.focus), str(found.shape), str(found.component), str(found.value)]


def pyshacl(data: Path, shapes: Path) -> Iterator[Found]:
    """Run pySHACL as it comes."""
    import logging

    import rdflib
    from pyshacl import validate
    from rdflib import SH

    logging.getLogger("rdflib.term").disabled = True
    graph = rdflib.Graph().parse(data, format="turtle")
    demands = rdflib.Graph().parse(shapes, format="turtle")
    _, report, _ = validate(graph, shacl_graph=demands, inference="none", advanced=False)
    for result in report.subjects(SH.resultSeverity, None):
        if (None, SH.result, result) in report:
            parts = (SH.focusNode, SH.sourceShape, SH.sourceConstraintComponent, SH.value)
            values = [report.value(result, part) for part in parts]
            yield [_n3(value) for value in values]


def _n3(term: object) -> str:
    import rdflib

    if isinstance(term, rdflib.Literal) and term.datatype:
        return f'"{term}"^^<{term.datatype}>'
    return term.n3() if hasattr(term, "n3") else str(term)


def pyrudof(data: Path, shapes: Path) -> Iterator[Found]:
    """Run pyrudof."""
    import pyrudof

    rudof = pyrudof.Rudof(pyrudof.RudofConfig())
    rudof.read_data(data)
    rudof.read_shacl(shapes)
    report = rudof.validate_shacl()
    for entry in report:
        yield [str(entry.focus_node), str(entry.source_shape), str(entry.constraint_component), str(entry.value)]


ENGINES = {"sparql": sparql, "pyshacl": pyshacl, "pyrudof": pyrudof}


def main() -> None:
    """Run what the command line names: engine, data, shapes."""
    name, data, shapes = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    start = time.perf_counter()
    found = list(ENGINES[name](data, shapes))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"seconds": seconds, "megabytes": peak, "found": found}, sys.stdout)


if __name__ == "__main__":
    main()
