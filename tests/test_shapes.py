"""Every shape is named, documented and caught breaking: tests/shapes/ has one violating file for each."""

from functools import cache
from itertools import chain
from pathlib import Path

import pyshacl
import pytest
import rdflib
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, parse, serialize
from rdflib import SH as SHACL

from clustergraph.shacl.findings import Finding
from clustergraph.shacl.validate import validate
from clustergraph.terms import SHAPE, VOCABULARIES
from tests.conftest import broken

ROOT = Path(__file__).parent.parent
SAMPLES = Path(__file__).parent / "shapes"
SH, RDF = VOCABULARIES["sh"], VOCABULARIES["rdf"]
WORDS = ("name", "description", "message")


def read(*paths: Path) -> list[Quad]:
    return [
        quad
        for path in paths
        for quad in parse(path.read_bytes(), format=RdfFormat.from_extension(path.suffix[1:]), rename_blank_nodes=True)
    ]


@cache
def shapes() -> tuple[Quad, ...]:
    return tuple(read(*sorted((ROOT / "shapes").glob("*.ttl"))))


def named(kind: str) -> set[str]:
    return {q.subject.value for q in shapes() if q.predicate.value == RDF + "type" and q.object.value == SH + kind}


ALL = sorted(named("NodeShape") | named("PropertyShape"))


@cache
def sample(shape: str) -> tuple[list[Quad], list[Quad]]:
    """The data of a sample, and the targets that its default graph gives to a shape without any."""
    quads = read(SAMPLES / f"{shape.removeprefix(SHAPE)}.trig")
    targets = [quad for quad in quads if quad.graph_name == DefaultGraph()]
    return [quad for quad in quads if quad not in targets], targets


@cache
def findings() -> list[Finding]:
    """What is wrong with the ontology, the good file and all samples together, which takes one run instead of many."""
    samples = [sample(shape) for shape in ALL]
    base = read(*sorted((ROOT / "ontology").rglob("*.ttl")), SAMPLES / "good.trig")
    data = chain(base, *(quads for quads, _ in samples))
    return validate(data, chain(shapes(), *(targets for _, targets in samples)))


def about(shape: str) -> list[Finding]:
    data, targets = sample(shape)
    nodes = {quad.subject for quad in data} | {quad.object for quad in targets}
    direct = {target.subject.value for target in targets}
    return [f for f in findings() if f.focus.term in nodes and (not direct or f.shape.term.value in direct)]


def users(shape: str) -> set[str]:
    """The shapes that refer to a shape, at any distance, and itself."""
    found, new = set(), {shape}
    while new:
        found |= new
        new = {
            q.subject.value for q in _references() if q.object.value in new and isinstance(q.subject, NamedNode)
        } - found
    return found


@cache
def _references() -> tuple[Quad, ...]:
    kinds = {SH + name for name in ("node", "property", "not")}
    return tuple(quad for quad in shapes() if quad.predicate.value in kinds)


@pytest.mark.parametrize("shape", ALL, ids=lambda iri: iri.removeprefix(SHAPE))
def test_the_sample_of_a_shape_breaks_it_and_no_other(shape: str) -> None:
    found = about(shape)
    assert shape in set().union(*map(broken, found))
    assert {finding.shape.term.value for finding in found} <= users(shape)


def test_the_shapes_of_fields_list_every_property_that_names_one() -> None:
    graph = rdflib.Graph()
    for path in chain((ROOT / "ontology").glob("*.ttl"), (ROOT / "shapes").glob("*.ttl")):
        graph.parse(path)
    listed = """SELECT ?property { VALUES ?shape { shape:Organisation-field shape:Organisation-columnField }
      ?shape sh:path/sh:alternativePath/rdf:rest*/rdf:first ?property }"""
    fields = set(graph.query("SELECT ?property { ?property rdfs:subPropertyOf cg:namedField }"))
    assert fields
    assert fields <= set(graph.query(listed))


def test_every_sample_belongs_to_a_shape() -> None:
    assert {path.stem for path in SAMPLES.glob("*.trig")} == {"good", *(iri.removeprefix(SHAPE) for iri in ALL)}


def test_the_ontology_and_the_good_file_conform() -> None:
    blamed = {id(finding) for shape in ALL for finding in about(shape)}
    assert [finding.reason() for finding in findings() if id(finding) not in blamed] == []


def test_every_shape_is_named_and_says_what_it_is_and_what_to_do() -> None:
    said = {(quad.subject.value, quad.predicate.value): quad.object.value for quad in shapes()}
    assert [iri for iri in ALL if not iri.startswith(SHAPE)] == []
    for iri in ALL:
        assert all(said.get((iri, SH + word), "").strip() for word in WORDS), iri
        assert said[iri, SH + "severity"] in (SH + "Violation", SH + "Warning"), iri
        assert said[iri, SH + "message"].endswith("."), iri
    names = [said[iri, SH + "name"] for iri in ALL]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_shapes_refer_to_named_shapes_only() -> None:
    assert [quad for quad in _references() if quad.object.value not in ALL] == []


@pytest.mark.slow
def test_the_shapes_mean_the_same_as_the_engine_takes_them() -> None:
    """`validate` hands shapes to the engine in another form; as they are written they find the same, only slower."""
    data = read(*sorted(SAMPLES.glob("*.trig")))
    ours = {(str(f.focus.term), str(f.shape.term), f.severity.value) for f in validate(data, shapes())}
    graphs = [rdflib.Graph().parse(data=serialize({q.triple for q in quads}, format=RdfFormat.N_TRIPLES), format="nt")
              for quads in (data, shapes())]  # fmt: skip
    _, report, _ = pyshacl.validate(graphs[0], shacl_graph=graphs[1])
    theirs = {
        (f"<{focus}>", f"<{report.value(result, SHACL.sourceShape)}>", str(severity).removeprefix(SH).lower())
        for result in report.objects(None, SHACL.result)
        for focus in report.objects(result, SHACL.focusNode)
        for severity in report.objects(result, SHACL.resultSeverity)
        if isinstance(focus, rdflib.URIRef)
    }
    assert {finding for finding in ours if finding[0].startswith("<")} == theirs
