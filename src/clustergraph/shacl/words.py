"""What shapes demand, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from clustergraph.errors import ClustergraphError
from clustergraph.shacl.findings import Finding
from clustergraph.shacl.triples import InvalidShapesError, Node, Subject, Triples, in_english, rdf, sh
from clustergraph.terms import VOCABULARIES

_SH: Final = VOCABULARIES["sh"]
_XSD: Final = VOCABULARIES["xsd"]
_OWN_TYPES: Final = (NamedNode(_SH + "NodeShape"), NamedNode(_SH + "PropertyShape"))
_CLASSES: Final = (NamedNode(VOCABULARIES["rdfs"] + "Class"), NamedNode(VOCABULARIES["owl"] + "Class"))
_KINDS: Final = {
    "IRI": "an IRI",
    "BlankNode": "a blank node",
    "Literal": "a literal",
    "BlankNodeOrIRI": "a blank node or an IRI",
    "BlankNodeOrLiteral": "a blank node or a literal",
    "IRIOrLiteral": "an IRI or a literal",
}
_OF_VALUES: Final = {
    "class": "each is a {}",
    "datatype": "each is {}",
    "minExclusive": "each is more than {}",
    "minInclusive": "each is at least {}",
    "maxExclusive": "each is less than {}",
    "maxInclusive": "each is at most {}",
    "minLength": "each is at least {} long",
    "maxLength": "each is at most {} long",
    "hasValue": "one of them is {}",
    "equals": "the same values as {}",
    "disjoint": "no value that {} has",
    "lessThan": "each comes before every value of {}",
    "lessThanOrEquals": "none comes after a value of {}",
}
_OF_NODE: Final = {key: text.removeprefix("each ") for key, text in _OF_VALUES.items()} | {"hasValue": "is {}"}
_DATATYPES: Final = {
    "string": "a text",
    "langString": "a text with a language",
    "boolean": "true or false",
    "integer": "a whole number",
    "int": "a whole number",
    "nonNegativeInteger": "a whole number, not below 0",
    "positiveInteger": "a whole number above 0",
    "decimal": "a decimal number",
    "double": "a number",
    "float": "a number",
    "date": "a date such as 2024-12-31",
    "dateTime": "a time such as 2024-12-31T23:59:00Z",
    "gYear": "a year",
    "gYearMonth": "a month such as 2024-12",
    "anyURI": "an address on the web",
}
_TARGETS: Final = {
    "targetClass": "every {}",
    "targetNode": "{}",
    "targetSubjectsOf": "everything that has {}",
    "targetObjectsOf": "every value of {}",
}
_STEPS: Final = {
    "inversePath": "inverse of {}",
    "zeroOrMorePath": "any number of steps of {}",
    "oneOrMorePath": "one or more steps of {}",
    "zeroOrOnePath": "at most one step of {}",
}


class NoSuchShapeError(ClustergraphError):
    """There is no shape of that name."""


class Words:
    """Tells what the shapes of a graph demand."""

    def __init__(self, shapes: Iterable[Quad], label: Callable[[NamedNode], str]) -> None:
        """Read shapes; the label gives the words for an IRI."""
        self._triples = Triples(shapes)
        self._label = label

    def shapes(self) -> list[Subject]:
        """Return everything that is a shape by its type, its targets, its constraints or a reference."""
        found: dict[Subject, None] = {}
        for triple in self._triples:
            predicate = triple.predicate.value
            typed = triple.predicate == rdf("type") and triple.object in _OWN_TYPES
            if typed or predicate.startswith(_SH + "target") or predicate == _SH + "path":
                found[_subject(triple.subject)] = None
            elif predicate in (_SH + "property", _SH + "node"):
                found[_subject(triple.subject)] = found[_subject(triple.object)] = None
        return sorted(found, key=str)

    def find(self, name: str) -> NamedNode:
        """Return the shape that is meant by an IRI, a prefixed or local name, or the words of its ``sh:name``.

        Raises:
            NoSuchShapeError: there is none, or there are several.
        """
        named = [shape for shape in self.shapes() if isinstance(shape, NamedNode)]
        bare = name.strip("<>")
        tests: tuple[Callable[[NamedNode], bool], ...] = (
            lambda shape: bare in (shape.value, self._label(shape)),
            lambda shape: (
                shape.value.endswith(("/" + bare.partition(":")[2], "#" + bare.partition(":")[2])) and ":" in bare
            ),
            lambda shape: shape.value.endswith(("/" + bare, "#" + bare)),
            lambda shape: any(text.casefold() == name.casefold() for text in self._texts(shape, "name")),
        )
        for test in tests:
            found = [shape for shape in named if test(shape)]
            if len(found) == 1:
                return found[0]
            if found:
                several = ", ".join(shape.value for shape in found)
                raise NoSuchShapeError(f"{name!r} may mean {several}", advice="give the whole IRI")
        known = ", ".join(self._label(shape) for shape in named[:12]) + (" …" if len(named) > 12 else "")
        raise NoSuchShapeError(f"there is no shape {name!r}", advice=f"the shapes are: {known}" if named else "")

    def explain(self, shape: Node) -> str:
        """Return what a shape demands, for a person to read."""
        return "\n".join([*self._explained(shape, set())]) + "\n"

    def demands(self, shape: Node, *, queries: bool = True) -> list[str]:
        """Return each demand that a shape makes itself, in a few words; those of queries only if they are wanted."""
        is_property = bool(self._one(shape, "path"))
        return (
            [*_counts(self._number(shape, "minCount"), self._number(shape, "maxCount"))]
            + [text for text in self._constraints(shape, is_property) if text]
            + [*(self._queries(shape) if queries else ())]
        )

    def path(self, shape: Node) -> str:
        """Return the words for the path of a property shape, or nothing for a node shape."""
        path = self._one(shape, "path")
        return self._path(path) if path else ""

    def fix(self, finding: Finding) -> str:
        """Return what would mend a finding, unless its shape says so itself."""
        shape = finding.shape.term
        if not isinstance(shape, NamedNode | BlankNode) or self._texts(shape, "message"):
            return ""
        # What a query finds is in its message already.
        path, demands = self.path(shape), "; ".join(self.demands(shape, queries=False))
        return f"{path}: {demands}" if path and demands else demands

    def _explained(self, shape: Node, seen: set[Node]) -> Iterator[str]:
        if shape in seen:
            yield f"{self.title(shape)}: as above"
            return
        seen = seen | {shape}
        yield self.title(shape)
        yield from (f"  {text}" for text in self._texts(shape, "description"))
        if targets := [*self._targets(shape)]:
            yield f"  It is for {', '.join(targets)}."
        if self._one(shape, "deactivated") == Literal(value=True):
            yield "  It is switched off."
        yield from (f"  - {text}" for text in self.demands(shape))
        yield from (f"  Its message: {text}" for text in self._texts(shape, "message"))
        severity = self._one(shape, "severity")
        if isinstance(severity, NamedNode):
            yield f"  Severity: {severity.value.removeprefix(_SH).lower()}"
        for inner in self._all(shape, "property"):
            yield from (f"  {line}" for line in self._explained(inner, seen))

    def title(self, shape: Node) -> str:
        """Return what a shape is called: its name, its path, and its IRI as far as it has them."""
        name = " / ".join(self._texts(shape, "name"))
        path = self.path(shape)
        parts = [name, f"about {path}" if path else "", self._label(shape) if isinstance(shape, NamedNode) else ""]
        return ", ".join(dict.fromkeys(part for part in parts if part)) or "a shape without a name"

    def _targets(self, shape: Node) -> Iterator[str]:
        for key, text in _TARGETS.items():
            yield from (text.format(self._term(term)) for term in self._all(shape, key))
        if any(kind in _CLASSES for kind in self._triples.objects(shape, rdf("type"))):
            yield f"every {self._term(shape)}"
        if self._one(shape, "target"):
            yield "what a query selects"

    def _constraints(self, shape: Node, is_property: bool) -> Iterator[str]:
        """Yield the words for all constraints but counts."""
        texts = _OF_VALUES if is_property else _OF_NODE
        each = "each " if is_property else ""
        for key, text in texts.items():
            word = self._datatype if key == "datatype" else self._term
            yield from (text.format(word(term)) for term in self._all(shape, key))
        for kind in self._all(shape, "nodeKind"):
            name = kind.value.removeprefix(_SH) if isinstance(kind, NamedNode) else ""
            yield f"{each}is {_KINDS.get(name, name)}"
        for pattern in self._texts(shape, "pattern"):
            yield f"{each}matches {pattern}"
        for listed in self._all(shape, "in"):
            yield f"{each}is one of {', '.join(map(self._term, self._triples.items(listed)))}"
        for listed in self._all(shape, "languageIn"):
            yield f"{each}is in a language of {', '.join(map(self._term, self._triples.items(listed)))}"
        if self._one(shape, "uniqueLang") == Literal(value=True):
            yield "at most one for each language"
        if self._one(shape, "closed") == Literal(value=True):
            yield f"has no other properties than {', '.join(self._allowed(shape)) or 'none'}"
        yield from self._of_shapes(shape, each)

    def _queries(self, shape: Node) -> Iterator[str]:
        for query in self._all(shape, "sparql"):
            said = " ".join(self._texts(query, "message"))
            yield "a query finds nothing wrong" + (f"; its message: {said}" if said else "")

    def _of_shapes(self, shape: Node, each: str) -> Iterator[str]:
        for other in self._all(shape, "node"):
            yield f"{each}fits: {self._brief(other)}"
        for other in self._all(shape, "not"):
            yield f"{each}does not fit: {self._brief(other)}"
        for key, word in (("or", "at least one"), ("and", "all"), ("xone", "exactly one")):
            for listed in self._all(shape, key):
                options = " | ".join(self._brief(other) for other in self._triples.items(listed))
                yield f"{each}fits {word} of: {options}"
        for other in self._all(shape, "qualifiedValueShape"):
            least, most = self._number(shape, "qualifiedMinCount"), self._number(shape, "qualifiedMaxCount")
            for count in _counts(least, most):
                yield f"{count} that fits: {self._brief(other)}"

    def _brief(self, shape: Node) -> str:
        """Return a shape in one phrase: its name, or else what it demands."""
        if names := self._texts(shape, "name"):
            return names[0]
        if isinstance(shape, NamedNode):
            return self._label(shape)
        path = self.path(shape)
        parts = [", ".join(self.demands(shape))]
        parts += [self._brief(inner) for inner in self._all(shape, "property")]
        text = " and ".join(part for part in parts if part)
        return f"{path}: {text}" if path and text else text or path or "anything"

    def _allowed(self, shape: Node) -> Iterator[str]:
        for inner in self._all(shape, "property"):
            if path := self.path(inner):
                yield path
        for listed in self._all(shape, "ignoredProperties"):
            yield from map(self._term, self._triples.items(listed))

    def _path(self, path: Node) -> str:
        if isinstance(path, NamedNode):
            return self._label(path)
        for key, text in _STEPS.items():
            if inner := self._one(path, key):
                return text.format(self._path(inner))
        if options := self._one(path, "alternativePath"):
            return " or ".join(map(self._path, self._triples.items(options)))
        return ", then ".join(map(self._path, self._triples.items(path)))

    def _term(self, term: Node) -> str:
        if isinstance(term, NamedNode):
            return self._label(term)
        if isinstance(term, Literal):
            return f"“{term.value}”" if term.datatype.value.endswith("string") or term.language else term.value
        return "a node without a name"

    def _datatype(self, term: Node) -> str:
        iri = term.value if isinstance(term, NamedNode) else ""
        words = _DATATYPES.get(iri.removeprefix(_XSD).removeprefix(VOCABULARIES["rdf"]))
        return f"{words} ({self._term(term)})" if words else f"a literal of type {self._term(term)}"

    def _all(self, subject: Node, key: str) -> list[Node]:
        return sorted(self._triples.objects(subject, sh(key)), key=str)

    def _one(self, subject: Node, key: str) -> Node | None:
        return next(iter(self._all(subject, key)), None)

    def _number(self, subject: Node, key: str) -> int | None:
        value = self._one(subject, key)
        return int(value.value) if isinstance(value, Literal) and value.value.isdigit() else None

    def _texts(self, subject: Node, key: str) -> list[str]:
        """Return texts in English, or without a language, if there are any; else in any language."""
        return in_english(self._all(subject, key))


def _subject(node: Node | Triple) -> Subject:
    if not isinstance(node, NamedNode | BlankNode):
        raise InvalidShapesError("a shape is an IRI or a blank node, not a literal")
    return node


def _counts(least: int | None, most: int | None) -> Iterator[str]:
    if least is not None and least == most:
        yield f"exactly {least} {_values(least)}" if least else "no value"
        return
    if least:
        yield f"at least {least} {_values(least)}"
    if most is not None:
        yield f"at most {most} {_values(most)}" if most else "no value"


def _values(count: int) -> str:
    return "value" if count == 1 else "values"
