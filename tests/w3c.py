"""The W3C test suite for SHACL, where it lies beside the project: its tests, and results in a form to compare."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, parse

from clustergraph.shacl import paths
from clustergraph.shacl.results import Result
from clustergraph.shacl.triples import Node, Triples, sh

SUITE = Path(__file__).parent.parent.parent / "shared" / "data" / "w3c-shacl-suite"
_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_SHT = "http://www.w3.org/ns/shacl-test#"


@dataclass(frozen=True)
class Case:
    """One test."""

    path: Path
    name: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(SUITE).parent}/{self.name}"


def _read(path: Path) -> list[Quad]:
    return list(parse(path.read_bytes(), format=RdfFormat.TURTLE, base_iri=path.as_uri()))


def cases(part: str) -> Iterator[Case]:
    """Every test of a part of the suite: of each file that holds one, whether a manifest names it or not."""
    for path in sorted((SUITE / part).rglob("*.ttl")):
        triples = Triples(_read(path)) if path.name != "manifest.ttl" else Triples([])
        for node in triples.instances(NamedNode(_SHT + "Validate")):
            yield Case(path, node.value.rpartition("/")[2])


@dataclass(frozen=True)
class Loaded:
    data: list[Quad]
    shapes: list[Quad]
    fails: bool
    expected: Counter


def load(case: Case) -> Loaded:
    triples = Triples(_read(case.path))
    [test] = [node for node in triples.instances(NamedNode(_SHT + "Validate"))
              if node.value.rpartition("/")[2] == case.name]  # fmt: skip
    action = triples.value(test, NamedNode(_MF + "action"))
    files = [triples.value(action, NamedNode(_SHT + name)).value for name in ("dataGraph", "shapesGraph")]
    data, shapes = (_read(Path(iri.removeprefix("file://"))) for iri in files)
    result = triples.value(test, NamedNode(_MF + "result"))
    fails = result == NamedNode(_SHT + "Failure")
    expected = Counter() if fails else Counter(_stated(triples, each) for each in triples.objects(result, sh("result")))
    return Loaded(data, shapes, fails, expected)


def _stated(triples: Triples, node: Node) -> tuple:
    path = triples.value(node, sh("resultPath"))
    return (
        name(triples.value(node, sh("focusNode"))),
        triples.value(node, sh("resultSeverity")).value,
        name(triples.value(node, sh("sourceShape"))),
        triples.value(node, sh("sourceConstraintComponent")).value,
        name(triples.value(node, sh("value"))),
        paths.sparql(paths.read(triples, path)) if path is not None else None,
    )


def found(result: Result, severity: str) -> tuple:
    """The parts of a result that the suite compares."""
    path = paths.sparql(result.path) if result.path else None
    return (name(result.focus), severity, name(result.shape), result.component.value, name(result.value), path)


def name(node: Node | None) -> str:
    """Blank nodes have other names in every reading of a file."""
    return "_:" if isinstance(node, BlankNode) else str(node)
