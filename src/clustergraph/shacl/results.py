"""Results of a validation, whichever engine found them, and what they are called as findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from pyoxigraph import Literal, NamedNode

from clustergraph.errors import Where
from clustergraph.shacl import paths
from clustergraph.shacl.findings import Finding, Named, Severity, in_order
from clustergraph.shacl.triples import Locate, Node, Subject, Triples, in_english, sh, show
from clustergraph.terms import VOCABULARIES

Label: TypeAlias = Callable[[NamedNode], str]
"""Gives the words for an IRI."""

_SEVERITIES: Final = {sh("Warning"): Severity.WARNING, sh("Info"): Severity.INFO}
_KINDS: Final = {
    "IRI": "an IRI",
    "BlankNode": "a blank node",
    "Literal": "a Literal",
    "BlankNodeOrIRI": "a blank node or an IRI",
    "BlankNodeOrLiteral": "a blank node or a literal",
    "IRIOrLiteral": "an IRI or a literal",
}
_SENTENCES: Final = {
    "Class": "It must be an instance of {}.",
    "Datatype": "It must be a well-formed literal of the datatype {}.",
    "NodeKind": "It must be {}.",
    "MinCount": "There must be at least {} of it.",
    "MaxCount": "There must be at most {} of it.",
    "MinExclusive": "It must be more than {}.",
    "MinInclusive": "It must be {} or more.",
    "MaxExclusive": "It must be less than {}.",
    "MaxInclusive": "It must be {} or less.",
    "MinLength": "It must have at least {} characters.",
    "MaxLength": "It must have at most {} characters.",
    "Pattern": "It must match {}.",
    "LanguageIn": "It must be text in one of these languages: {}.",
    "UniqueLang": "There must be only one text in each language.",
    "Equals": "The values must be those of {}.",
    "Disjoint": "It must not be a value of {} as well.",
    "LessThan": "It must come before every value of {}.",
    "LessThanOrEquals": "It must not come after a value of {}.",
    "Not": "It must not conform to {}.",
    "And": "It must conform to all of {}.",
    "Or": "It must conform to one or more of {}.",
    "Xone": "It must conform to exactly one of {}.",
    "Node": "It must conform to {}.",
    "QualifiedMinCount": "There must be at least {} of the kind that is asked for.",
    "QualifiedMaxCount": "There must be at most {} of the kind that is asked for.",
    "Closed": "This property is not allowed here.",
    "HasValue": "One value must be {}.",
    "In": "It must be one of {}.",
    "SPARQL": "A query of the shape finds this wrong.",
}
_LONGEST_LIST: Final = 12
_IRI: Final = re.compile(r'<([a-zA-Z][a-zA-Z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*)>')


@dataclass(frozen=True)
class Result:
    """What a validation report says of one fault."""

    focus: Node
    shape: Subject
    component: Subject
    path: paths.Path | None = None
    value: Node | None = None
    source: Node | None = None
    """The constraint, if it is a query."""
    messages: tuple[Literal, ...] = ()
    """What the constraint says itself."""
    details: tuple[Result, ...] = ()


@dataclass(frozen=True)
class Words:
    """Puts results into words."""

    shapes: Triples
    label: Label
    locate: Locate

    def findings(self, results: Iterable[Result]) -> list[Finding]:
        """Return results as findings, in the order of the files; two that say the same are one."""
        return in_order(dict.fromkeys(map(self.finding, results)))

    def finding(self, result: Result) -> Finding:
        """Return a result as a finding."""
        name = self.shapes.value(result.shape, sh("name"))
        severity = self.severity(result)
        return Finding(
            severity=_SEVERITIES.get(severity, Severity.VIOLATION) if severity else Severity.VIOLATION,
            shape=Named(result.shape, name.value if name is not None else show(result.shape)),
            message=self.message(result),
            focus=self.named(result.focus),
            path=self.path(result.path),
            value=None if result.value is None else self.named(result.value),
            where=self.where(result),
            details=tuple(self.findings(result.details)),
            component=result.component,
            steps=result.path,
        )

    def severity(self, result: Result) -> NamedNode | None:
        """Return the severity that the shape has, or its constraint."""
        for node in (result.source, result.shape):
            if node is not None and isinstance(found := self.shapes.value(node, sh("severity")), NamedNode):
                return found
        return None

    def message(self, result: Result) -> str:
        """Return what is to be done: in the words of the constraint or the shape, or else in ours."""
        texts = result.messages or self.shapes.objects(result.shape, sh("message"))
        found = " ".join(sorted(set(in_english(texts))))
        return _IRI.sub(lambda match: self.label(NamedNode(match[1])), found) or self._sentence(result)

    def _sentence(self, result: Result) -> str:
        name = result.component.value.removeprefix(VOCABULARIES["sh"]).removesuffix("ConstraintComponent")
        if name not in _SENTENCES:
            return f"It must be as {self.named(result.component)} demands."
        parameter = name[0].lower() + name[1:]
        return _SENTENCES[name].format(" and ".join(self._parameters(result.shape, parameter)))

    def _parameters(self, shape: Subject, parameter: str) -> list[str]:
        values = self.shapes.objects(shape, sh(parameter))
        if parameter == "nodeKind":
            return [_KINDS.get(value.value.removeprefix(VOCABULARIES["sh"]), value.value) for value in values]
        if parameter in ("in", "languageIn", "and", "or", "xone"):
            return [self._list(self.shapes.items(value)) for value in values]
        return sorted(map(self._term, values))

    def _term(self, node: Node) -> str:
        is_number = isinstance(node, Literal) and node.value.lstrip("-").replace(".", "", 1).isdigit()
        return node.value if is_number else self.named(node).label

    def _list(self, items: list[Node]) -> str:
        shown = [self._term(item) for item in items[:_LONGEST_LIST]]
        return ", ".join(shown + ["…"] * (len(items) > _LONGEST_LIST))

    def where(self, result: Result) -> Where | None:
        """Return where the fault is written."""
        if isinstance(result.focus, Literal):
            return None
        simple = isinstance(result.path, paths.Step) and not result.path.inverse
        predicate = result.path.predicate if simple and isinstance(result.path, paths.Step) else None
        return self.locate(result.focus, predicate, result.value if result.path else None)

    def named(self, node: Node) -> Named:
        """Return a node with the words for it."""
        if isinstance(node, NamedNode):
            return Named(node, self.label(node))
        return Named(node, show(node))

    def path(self, path: paths.Path | None) -> Named | None:
        """Return a path with the words for it."""
        if path is None:
            return None
        if isinstance(path, paths.Step) and not path.inverse:
            return self.named(path.predicate)
        return Named(None, paths.words(path, self.label))


def by_name(result: Result) -> tuple[str, ...]:
    """Return a key by which results can be put into a fixed order.

    >>> node = NamedNode("a:b")
    >>> by_name(Result(node, node, NamedNode("a:c")))
    ('<a:b>', '<a:b>', '<a:c>', '', '')
    """
    path = paths.sparql(result.path) if result.path else ""
    value = str(result.value) if result.value is not None else ""
    return str(result.focus), str(result.shape), str(result.component), path, value
