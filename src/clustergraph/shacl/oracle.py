"""The second engine: pySHACL, slow and proven, against which the first one is compared."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import pyshacl
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple
from rdflib import OWL, RDF, RDFS, SH, BNode, URIRef
from rdflib.term import Node as RdflibNode

from clustergraph.shacl import paths
from clustergraph.shacl.results import Result
from clustergraph.shacl.triples import InvalidShapesError, Node, Subject, Triples

_TARGETS: Final = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
_WORDS: Final = (SH.name, SH.description, SH.message, SH.order, SH.group)


def run(data: Iterable[Quad | Triple], shapes: Iterable[Triple], focus: Collection[Node] | None) -> list[Result]:
    """Return what is wrong with data, or only with some nodes of it.

    Raises:
        InvalidShapesError: the shapes cannot be used.
    """
    with _quiet():
        report = _report(_graph(data), _graph(shapes))
    triples = Triples(
        Triple(_from_rdflib(s), _from_rdflib(p), _from_rdflib(o))  # type: ignore[arg-type]  # a graph has no others
        for s, p, o in report
    )
    reader = _Reader(report, triples)
    results = [reader.result(result) for result in report.objects(None, SH.result)]
    return results if focus is None else [result for result in results if result.focus in focus]


def _report(data: rdflib.Graph, shapes: rdflib.Graph) -> rdflib.Graph:
    try:
        _, report, _ = pyshacl.validate(data, shacl_graph=_flat(shapes), inference="none", inplace=True)
    except Exception as error:  # whatever stops pySHACL, a person gets a sentence and no trace
        raise InvalidShapesError(f"pySHACL cannot use the shapes: {error}", advice="mend the shapes") from error
    if not isinstance(report, rdflib.Graph):
        raise InvalidShapesError(f"validation failed: {report}", advice="look for shapes that refer in a ring")
    return report


def _flat(shapes: rdflib.Graph) -> rdflib.Graph:
    """Return shapes that mean the same and that pySHACL judges several times faster.

    A property shape with targets is judged once for all of its nodes, one inside a node shape once for each node; so
    property shapes take over the targets of the node shapes they are in. Words would be read for each node anew.
    """
    flat = rdflib.Graph(bind_namespaces="none")
    queries = set(shapes.subjects(SH.select, None)) | set(shapes.subjects(SH.ask, None))
    for triple in shapes:
        if triple[1] not in _WORDS or triple[0] in queries:
            flat.add(triple)
    for node in set(shapes.subjects(SH.property, None)):
        targets = [(p, o) for p, o in shapes.predicate_objects(node) if p in _TARGETS]
        is_class = (node, RDF.type, RDFS.Class) in shapes or (node, RDF.type, OWL.Class) in shapes
        is_used = (None, None, node) in shapes
        inside = list(shapes.objects(node, SH.property))
        # Siblings are found through the shape that they are in.
        bound = any((inner, SH.qualifiedValueShape, None) in shapes for inner in inside)
        kept = (SH.path, SH.deactivated, SH.closed)
        if is_class or is_used or bound or any((node, each, None) in shapes for each in kept):
            continue
        for inner in inside:
            for predicate, target in targets:
                flat.add((inner, predicate, target))
        flat.remove((node, SH.property, None))
    return flat


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep rdflib from printing a stack trace for a malformed literal, which becomes a finding."""
    logger = logging.getLogger("rdflib.term")
    before, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


def _graph(quads: Iterable[Quad | Triple]) -> rdflib.Graph:
    graph = rdflib.Graph(bind_namespaces="none")
    known: dict[Node | Triple, RdflibNode] = {}

    def term(node: Node | Triple) -> RdflibNode:
        if node not in known:
            known[node] = _to_rdflib(node)
        return known[node]

    graph.addN((term(quad.subject), term(quad.predicate), term(quad.object), graph) for quad in quads)
    return graph


def _to_rdflib(node: Node | Triple) -> RdflibNode:
    if isinstance(node, NamedNode):
        return URIRef(node.value)
    if isinstance(node, BlankNode):
        return BNode(node.value)
    if isinstance(node, Triple):
        raise TypeError("quoted triples are not used in this project")
    if node.language:
        return rdflib.Literal(node.value, lang=node.language)
    datatype = node.datatype.value
    if datatype == str(rdflib.XSD.string):
        return rdflib.Literal(node.value)
    return rdflib.Literal(node.value, datatype=URIRef(datatype), normalize=False)


def _from_rdflib(node: RdflibNode) -> Node:
    if isinstance(node, BNode):
        return BlankNode(str(node))
    if not isinstance(node, rdflib.Literal):
        return NamedNode(str(node))
    if node.language:
        return Literal(str(node), language=node.language)
    return Literal(str(node), datatype=NamedNode(str(node.datatype))) if node.datatype else Literal(str(node))


class _Reader:
    """Reads results from a validation report."""

    def __init__(self, report: rdflib.Graph, triples: Triples) -> None:
        self._report = report
        self._triples = triples

    def result(self, node: RdflibNode) -> Result:
        path = self._value(node, SH.resultPath)
        return Result(
            focus=self._value(node, SH.focusNode) or NamedNode("urn:x-clustergraph:graph"),
            shape=self._subject(node, SH.sourceShape),
            component=self._subject(node, SH.sourceConstraintComponent),
            path=paths.read(self._triples, path) if path is not None else None,
            value=self._value(node, SH.value),
            source=self._value(node, SH.sourceConstraint),
            messages=self._messages(node),
            details=tuple(self.result(detail) for detail in self._report.objects(node, SH.detail)),
        )

    def _messages(self, node: RdflibNode) -> tuple[Literal, ...]:
        """Return what queries say; in all other cases the shapes have the words."""
        if str(self._report.value(node, SH.sourceConstraintComponent)).startswith(str(SH)) and not self._report.value(
            node, SH.sourceConstraint
        ):
            return ()
        texts = (_from_rdflib(text) for text in self._report.objects(node, SH.resultMessage))
        return tuple(text for text in texts if isinstance(text, Literal))

    def _value(self, node: RdflibNode, predicate: URIRef) -> Node | None:
        value = self._report.value(node, predicate)
        return None if value is None else _from_rdflib(value)

    def _subject(self, node: RdflibNode, predicate: URIRef) -> Subject:
        value = self._value(node, predicate)
        return value if isinstance(value, NamedNode | BlankNode) else NamedNode("urn:x-clustergraph:unknown")
