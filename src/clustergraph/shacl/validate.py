"""Validation with pySHACL: quads and shapes in, findings out.

Nothing is inferred, imported or fetched: the data is judged as it is given.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, TypeAlias

import pyshacl
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse
from pyshacl.errors import ReportableRuntimeError
from rdflib import OWL, RDF, RDFS, SH, BNode, URIRef
from rdflib.term import Node as RdflibNode

from clustergraph.errors import ClustergraphError, Where
from clustergraph.shacl.findings import Finding, Named, Severity, Term, in_order
from clustergraph.terms import compact

Subject: TypeAlias = NamedNode | BlankNode
Object: TypeAlias = NamedNode | BlankNode | Literal
Label: TypeAlias = Callable[[NamedNode], str]
"""Gives the words for an IRI."""
Locate: TypeAlias = Callable[[Subject, NamedNode | None, Object | None], Where | None]
"""Finds where a triple, or what is nearest to it, is written."""

_SEVERITIES: Final = {
    SH.Violation: Severity.VIOLATION,
    SH.Warning: Severity.WARNING,
    SH.Info: Severity.INFO,
}
_TARGETS: Final = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
_REFERENCES: Final = (SH.node, SH.property, SH["not"], SH.qualifiedValueShape)
_WORDS: Final = (SH.name, SH.description, SH.message, SH.order, SH.group)
_STEPS: Final = {
    SH.inversePath: "^{}",
    SH.zeroOrMorePath: "{}*",
    SH.oneOrMorePath: "{}+",
    SH.zeroOrOnePath: "{}?",
}


class InvalidShapesError(ClustergraphError):
    """The shapes themselves are not well formed, so nothing can be validated with them."""


def validate(
    data: Iterable[Quad | Triple],
    shapes: Iterable[Quad | Triple],
    *,
    label: Label = lambda node: compact(node.value),
    locate: Locate = lambda _subject, _predicate, _object: None,
) -> list[Finding]:
    """Return what is wrong with the data, in the order of the source files.

    The names of graphs are ignored: all quads are judged as one graph.

    Raises:
        InvalidShapesError: the shapes are not well formed.
    """
    with _quiet():
        data_graph, shape_graph = _graph(data), _graph(shapes)
        check_shapes(shape_graph)
        report = _report(data_graph, shape_graph)
    reader = _Reader(report, shape_graph, label, locate)
    return in_order({reader.finding(result) for result in report.objects(None, SH.result)})


def check_shapes(shapes: rdflib.Graph) -> None:
    """Check shapes against the SHACL shapes for shapes.

    Raises:
        InvalidShapesError: they are not well formed; it names each shape that is not.
    """
    text = files("pyshacl").joinpath("assets", "shacl-shacl.ttl").read_bytes()
    rules = _graph(parse(text, format=RdfFormat.TURTLE))
    report = _report(shapes, rules)
    reader = _Reader(report, rules, lambda node: compact(node.value), lambda *_: None)
    faults = {reader.finding(result).reason() for result in report.objects(None, SH.result)}
    named = {node for predicate in _REFERENCES for node in shapes.objects(None, predicate)}
    # To SHACL a shape that nothing is said of is one that everything conforms to; to us it is a wrong name.
    faults |= {f"there is no shape {compact(str(node))}" for node in named if (node, None, None) not in shapes}
    if faults:
        raise InvalidShapesError(
            "the shapes are not well formed: " + "; ".join(sorted(faults)),
            advice="mend the shapes; nothing can be validated with them",
        )


def _report(data: rdflib.Graph, shapes: rdflib.Graph) -> rdflib.Graph:
    try:
        _, report, _ = pyshacl.validate(data, shacl_graph=_flat(shapes), inference="none", inplace=True)
    except (ReportableRuntimeError, re.error) as error:
        raise InvalidShapesError(f"the shapes cannot be used: {error.args[0]}", advice="mend the shapes") from error
    if not isinstance(report, rdflib.Graph):
        raise InvalidShapesError(f"validation failed: {report}", advice="look for shapes that refer in a ring")
    return report


def _flat(shapes: rdflib.Graph) -> rdflib.Graph:
    """Return shapes that mean the same and that pySHACL judges several times faster.

    A property shape with targets is judged once for all of its nodes, one inside a node shape once for each node; so
    property shapes take over the targets of the node shapes they are in. Words would be read for each node anew.
    """
    flat = rdflib.Graph(bind_namespaces="none")
    for triple in shapes:
        if triple[1] not in _WORDS:
            flat.add(triple)
    for node in set(shapes.subjects(SH.property, None)):
        targets = [(p, o) for p, o in shapes.predicate_objects(node) if p in _TARGETS]
        is_class = (node, RDF.type, RDFS.Class) in shapes or (node, RDF.type, OWL.Class) in shapes
        is_used = (None, None, node) in shapes
        if is_class or is_used or any((node, kept, None) in shapes for kept in (SH.path, SH.deactivated)):
            continue
        for inner in shapes.objects(node, SH.property):
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
        yield
    finally:
        logger.disabled = before


def _graph(quads: Iterable[Quad | Triple]) -> rdflib.Graph:
    graph = rdflib.Graph(bind_namespaces="none")
    known: dict[Term, RdflibNode] = {}

    def term(node: Term) -> RdflibNode:
        if node not in known:
            known[node] = _to_rdflib(node)
        return known[node]

    graph.addN((term(quad.subject), term(quad.predicate), term(quad.object), graph) for quad in quads)
    return graph


def _to_rdflib(node: Term) -> RdflibNode:
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


def _from_rdflib(node: RdflibNode) -> Object:
    if isinstance(node, BNode):
        return BlankNode(str(node))
    if not isinstance(node, rdflib.Literal):
        return NamedNode(str(node))
    if node.language:
        return Literal(str(node), language=node.language)
    return Literal(str(node), datatype=NamedNode(str(node.datatype))) if node.datatype else Literal(str(node))


@dataclass(frozen=True)
class _Reader:
    """Reads findings from a validation report."""

    report: rdflib.Graph
    shapes: rdflib.Graph
    label: Label
    locate: Locate

    def finding(self, result: RdflibNode) -> Finding:
        shape = self.report.value(result, SH.sourceShape)
        focus = self.named(self.report.value(result, SH.focusNode))
        path = self.path(self.report.value(result, SH.resultPath))
        value = self.named(self.report.value(result, SH.value))
        severity = self.report.value(result, SH.resultSeverity)
        own = self.shapes.objects(shape, SH.message) if shape else ()
        messages = sorted({str(text) for text in own or ()} or map(str, self.report.objects(result, SH.resultMessage)))
        return Finding(
            severity=_SEVERITIES.get(severity, Severity.VIOLATION),  # type: ignore[call-overload]  # None, too
            shape=self.shape(shape),
            message=" ".join(messages),
            focus=focus or Named(None, "the graph"),
            path=path,
            value=value,
            where=self.where(focus, path, value),
            details=tuple(in_order(self.finding(detail) for detail in self.report.objects(result, SH.detail))),
        )

    def where(self, focus: Named | None, path: Named | None, value: Named | None) -> Where | None:
        if focus is None or not isinstance(focus.term, NamedNode | BlankNode):
            return None
        predicate = path.term if path and isinstance(path.term, NamedNode) else None
        object_ = value.term if path and value and not isinstance(value.term, Triple) else None
        return self.locate(focus.term, predicate, object_)

    def named(self, node: RdflibNode | None) -> Named | None:
        if node is None:
            return None
        term = _from_rdflib(node)
        return Named(term, self.label(term) if isinstance(term, NamedNode) else _words(term))

    def shape(self, node: RdflibNode | None) -> Named:
        name = self.shapes.value(node, SH.name) if node else None
        if node is None:
            return Named(None, "a shape")
        term = _from_rdflib(node)
        return Named(term, str(name) if name else compact(term.value))

    def path(self, node: RdflibNode | None) -> Named | None:
        if node is None or isinstance(node, URIRef):
            return self.named(node)
        return Named(None, self.steps(node))

    def steps(self, node: RdflibNode | None) -> str:
        """Return the words for a property path, with the signs of SPARQL between them."""
        if isinstance(node, URIRef):
            return self.label(NamedNode(str(node)))
        for predicate, pattern in _STEPS.items():
            if (inner := self.report.value(node, predicate)) is not None:
                return pattern.format(self.steps(inner))
        alternatives = self.report.value(node, SH.alternativePath)
        members = self.report.items(alternatives if alternatives is not None else node)  # type: ignore[arg-type]  # a list
        return (" | " if alternatives is not None else " / ").join(self.steps(member) for member in members)


def _words(term: Object) -> str:
    if isinstance(term, Literal):
        return f"“{term.value}”"
    return "a node without a name" if isinstance(term, BlankNode) else compact(term.value)
