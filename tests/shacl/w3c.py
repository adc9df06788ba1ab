"""The W3C test suite for SHACL, where it lies beside the project: its tests, and reports in a form to compare."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, parse

from clustergraph.shacl.triples import Node, Triples, rdf, sh
from clustergraph.terms import BASE
from tests.conftest import PUBLISHED

SUITE = PUBLISHED / "w3c-shacl-suite"
_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_SHT = "http://www.w3.org/ns/shacl-test#"
_COMPARED = ("focusNode", "value", "resultPath", "resultSeverity", "sourceConstraintComponent", "sourceShape")
"""The properties of a result that the suite compares."""


@dataclass(frozen=True)
class Case:
    """One test."""

    path: Path
    name: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(SUITE).parent}/{self.name}"


@dataclass(frozen=True)
class Loaded:
    data: Path
    shapes: Path
    expected: frozenset[Quad] | None
    """The report, as `compared` gives it, or nothing if the validation has to fail."""


def _read(path: Path) -> Triples:
    return Triples(parse(path.read_bytes(), format=RdfFormat.TURTLE, base_iri=BASE))


def cases(part: str) -> Iterator[Case]:
    """Every test of a part of the suite: of each file that holds one, whether a manifest names it or not."""
    for path in sorted((SUITE / part).rglob("*.ttl")):
        triples = _read(path) if path.name != "manifest.ttl" else Triples([])
        for node in triples.instances(NamedNode(_SHT + "Validate")):
            yield Case(path, node.value.rpartition("/")[2])


def load(case: Case) -> Loaded:
    triples = _read(case.path)
    [test] = [node for node in triples.instances(NamedNode(_SHT + "Validate"))
              if node.value.rpartition("/")[2] == case.name]  # fmt: skip
    action = triples.value(test, NamedNode(_MF + "action"))
    named = [triples.value(action, NamedNode(_SHT + name)).value for name in ("dataGraph", "shapesGraph")]
    data, shapes = (case.path.parent / iri.removeprefix(BASE) if iri != BASE else case.path for iri in named)
    result = triples.value(test, NamedNode(_MF + "result"))
    fails = result == NamedNode(_SHT + "Failure")
    return Loaded(data, shapes, None if fails else compared(triples, result))


def compared(triples: Triples, report: Node) -> frozenset[Quad]:
    """Return what the suite compares of a report, with blank nodes that have the same names in equal reports."""
    graph = Dataset(_report(triples, report))
    graph.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(graph)


def _report(triples: Triples, report: Node) -> Iterator[Quad]:
    top = BlankNode()
    yield Quad(top, sh("conforms"), triples.value(report, sh("conforms")))
    for result in triples.objects(report, sh("result")):
        yield Quad(top, sh("result"), result)
        for name in _COMPARED:
            for value in triples.objects(result, sh(name)):
                yield Quad(result, sh(name), value)
                if name == "resultPath":
                    yield from _below(triples, value)


def _below(triples: Triples, node: Node) -> Iterable[Quad]:
    """Yield what is said of a path and of those in it; of a list nothing but its members."""
    if isinstance(node, BlankNode):
        listed = rdf("first") in triples.predicates(node)
        for predicate in [rdf("first"), rdf("rest")] if listed else triples.predicates(node):
            for value in triples.objects(node, predicate):
                yield Quad(node, predicate, value)
                yield from _below(triples, value)
