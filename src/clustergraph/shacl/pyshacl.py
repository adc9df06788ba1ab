"""The second engine: pySHACL, slow and proven, against which the first one is compared."""

import logging
import warnings
from collections.abc import Collection, Iterable

import pyshacl
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse
from rdflib import BNode, URIRef
from rdflib.term import Node as RdflibNode

from clustergraph.errors import SourceError
from clustergraph.shacl import paths
from clustergraph.shacl.findings import Result
from clustergraph.shacl.triples import InvalidShapesError, Node, Subject, Triples, sh
from clustergraph.terms import VOCABULARIES

# A malformed literal becomes a finding, and needs no stack trace of rdflib.
logging.getLogger("rdflib.term").disabled = True


def run(data: Iterable[Quad | Triple], shapes: Iterable[Triple], focus: Collection[Node] | None) -> list[Result]:
    """Return what is wrong with data, or only with some nodes of it; `InvalidShapesError` if shapes cannot be used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _, report, _ = pyshacl.validate(_graph(data), shacl_graph=_graph(shapes), inference="none", inplace=True)
        except Exception as error:  # whatever stops pySHACL, a person gets a sentence and no trace
            raise InvalidShapesError(f"pySHACL cannot use the shapes: {error}", advice="mend the shapes") from error
    if not isinstance(report, rdflib.Graph):
        raise InvalidShapesError(f"validation failed: {report}", advice="look for shapes that refer in a ring")
    triples = Triples(parse(report.serialize(format="nt11"), format=RdfFormat.N_TRIPLES))
    [top] = triples.instances(sh("ValidationReport"))
    found = [result(triples, node) for node in triples.objects(top, sh("result"))]
    return found if focus is None else [each for each in found if each.focus in focus]


def _graph(quads: Iterable[Quad | Triple]) -> rdflib.Graph:
    graph = rdflib.Graph(bind_namespaces="none")
    for quad in quads:
        graph.add((_to_rdflib(quad.subject), _to_rdflib(quad.predicate), _to_rdflib(quad.object)))
    return graph


def _to_rdflib(node: Node | Triple) -> RdflibNode:
    if isinstance(node, NamedNode):
        return URIRef(node.value)
    if isinstance(node, BlankNode):
        return BNode(node.value)
    if isinstance(node, Triple):
        raise SourceError("this engine knows no statements about statements", advice="use the other engine")
    plain = node.language or node.datatype.value == str(rdflib.XSD.string)
    datatype = None if plain else URIRef(node.datatype.value)
    return rdflib.Literal(node.value, lang=node.language, datatype=datatype, normalize=False)


def result(report: Triples, node: Node) -> Result:
    """Return a result that stands in a validation report."""
    path = report.value(node, sh("resultPath"))
    component, source = _subject(report, node, "sourceConstraintComponent"), report.value(node, sh("sourceConstraint"))
    # What is no query has the words of its shape, or ours.
    own = source is not None or not component.value.startswith(VOCABULARIES["sh"])
    said = report.objects(node, sh("resultMessage")) if own else []
    severity = report.value(node, sh("resultSeverity"))
    return Result(
        focus=report.value(node, sh("focusNode")) or NamedNode("urn:x-clustergraph:graph"),
        shape=_subject(report, node, "sourceShape"),
        component=component,
        path=paths.read(report, path) if path is not None else None,
        value=report.value(node, sh("value")),
        source=source,
        messages=tuple(text for text in said if isinstance(text, Literal)),
        details=tuple(result(report, detail) for detail in report.objects(node, sh("detail"))),
        severity=severity if isinstance(severity, NamedNode) else None,
    )


def _subject(report: Triples, node: Node, name: str) -> Subject:
    value = report.value(node, sh(name))
    return value if isinstance(value, NamedNode | BlankNode) else NamedNode("urn:x-clustergraph:unknown")
