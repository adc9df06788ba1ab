"""What shapes demand, and what has been found by them, in words."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode

from clustergraph.errors import ClustergraphError
from clustergraph.shacl import paths
from clustergraph.shacl.findings import Finding, Named, Result, Severity, in_order, unrepeated
from clustergraph.shacl.shapes import CLASSES
from clustergraph.shacl.triples import Locate, Node, Subject, Triples, in_english, rdf, sh, show
from clustergraph.terms import VOCABULARIES

Label: TypeAlias = Callable[[NamedNode], str]
"""Gives the words for an IRI."""

_SH: Final = VOCABULARIES["sh"]
_XSD: Final = VOCABULARIES["xsd"]
_OWN_TYPES: Final = (sh("NodeShape"), sh("PropertyShape"))
_REFERENCES: Final = (sh("property"), sh("node"))
_SEVERITIES: Final = {sh("Warning"): Severity.WARNING, sh("Info"): Severity.INFO}
_LONGEST_LIST: Final = 12
"""So many members of a list are named in the sentence about a value that breaks it."""
_IRI: Final = re.compile(r'<([a-zA-Z][a-zA-Z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*)>')
_KINDS: Final = {"IRI": "an IRI", "BlankNode": "a blank node", "Literal": "a literal"}
_PHRASES: Final[dict[str, tuple[str, str]]] = {
    "class": ("It must be an instance of {}.", "each is a {}"),
    "datatype": ("It must be a well-formed literal of the datatype {}.", "each is {}"),
    "minExclusive": ("It must be more than {}.", "each is more than {}"),
    "minInclusive": ("It must be {} or more.", "each is at least {}"),
    "maxExclusive": ("It must be less than {}.", "each is less than {}"),
    "maxInclusive": ("It must be {} or less.", "each is at most {}"),
    "minLength": ("It must have at least {} characters.", "each is at least {} long"),
    "maxLength": ("It must have at most {} characters.", "each is at most {} long"),
    "hasValue": ("One value must be {}.", "one of them is {}"),
    "equals": ("The values must be those of {}.", "the same values as {}"),
    "disjoint": ("It must not be a value of {} as well.", "no value that {} has"),
    "lessThan": ("It must come before every value of {}.", "each comes before every value of {}"),
    "lessThanOrEquals": ("It must not come after a value of {}.", "none comes after a value of {}"),
    "nodeKind": ("It must be {}.", "each is {}"),
    "pattern": ("It must match “{}”.", "each matches {}"),
    "in": ("It must be one of {}.", "each is one of {}"),
    "languageIn": ("It must be text in one of these languages: {}.", "each is in a language of {}"),
    "uniqueLang": ("There must be only one text in each language.", "at most one for each language"),
    "closed": ("This property is not allowed here.", "has no other properties than {}"),
    "node": ("It must conform to: {}.", "each fits: {}"),
    "not": ("It must not conform to: {}.", "each does not fit: {}"),
    "or": ("It must conform to one or more of: {}.", "each fits at least one of: {}"),
    "and": ("It must conform to all of: {}.", "each fits all of: {}"),
    "xone": ("It must conform to exactly one of: {}.", "each fits exactly one of: {}"),
    "minCount": ("There must be at least {} of it.", ""),
    "maxCount": ("There must be at most {} of it.", ""),
    "qualifiedMinCount": ("There must be at least {} of the kind that is asked for.", ""),
    "qualifiedMaxCount": ("There must be at most {} of the kind that is asked for.", ""),
    "sPARQL": ("A query of the shape finds this wrong.", ""),
}
"""For each constraint what is said of a value that breaks it, and what it demands of all; of counts together."""
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
_JOINS: Final = {"/": ", then ", "|": " or "}
_REPEATS: Final = {"*": "any number of steps of {}", "+": "one or more steps of {}", "?": "at most one step of {}"}
_TARGETS: Final = {
    "targetClass": "every {}",
    "targetNode": "{}",
    "targetSubjectsOf": "everything that has {}",
    "targetObjectsOf": "every value of {}",
}


class NoSuchShapeError(ClustergraphError):
    """There is no shape of that name."""


class Wording:
    """Tells what the shapes of a graph demand, and what results of them mean; the label gives the words for an IRI."""

    def __init__(self, shapes: Triples, label: Label) -> None:
        self._triples = shapes
        self._label = label
        # Many results are of one shape.
        self._sentence = cache(self._sentence_of)
        self._fix = cache(self._fix_of)

    # What shapes demand.

    def shapes(self) -> list[Subject]:
        """Return everything that is a shape by its type, its targets, its constraints or a reference."""
        found: set[Node] = {shape for kind in _OWN_TYPES for shape in self._triples.subjects(rdf("type"), kind)}
        targets = {each.predicate for each in self._triples if each.predicate.value.startswith(f"{_SH}target")}
        for predicate in (*targets, sh("path"), *_REFERENCES):
            for shape in self._triples.subjects(predicate):
                found.add(shape)
                found.update(self._triples.objects(shape, predicate) if predicate in _REFERENCES else ())
        return sorted((node for node in found if isinstance(node, NamedNode | BlankNode)), key=str)

    def find(self, name: str) -> NamedNode:
        """Return the one shape that is meant by an IRI, a prefixed or local name, or the words of its ``sh:name``."""
        named = [shape for shape in self.shapes() if isinstance(shape, NamedNode)]
        bare = name.strip("<>")
        local = bare.rpartition(":")[2]
        tests: tuple[Callable[[NamedNode], bool], ...] = (
            lambda shape: bare in (shape.value, self._label(shape)),
            lambda shape: shape.value.endswith(("/" + local, "#" + local)),
            lambda shape: name.casefold() in map(str.casefold, self.texts(shape, "name")),
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
        return "\n".join(self._explained(shape, frozenset())) + "\n"

    def title(self, shape: Node) -> str:
        """Return what a shape is called: its name, its path, and its IRI as far as it has them."""
        name = " / ".join(self.texts(shape, "name"))
        path = self.path(shape)
        parts = [name, f"about {path}" if path else "", self._label(shape) if isinstance(shape, NamedNode) else ""]
        return ", ".join(dict.fromkeys(part for part in parts if part)) or "a shape without a name"

    def demands(self, shape: Node, *, counts: bool = True) -> list[str]:
        """Return each demand that a shape makes itself, in a few words, with the numbers of values or without."""
        told = [*self._demands(shape), *self._queries(shape)]
        without = set() if counts else {*self._counts(shape, "minCount", "maxCount")}
        return [each for each in told if each not in without]

    def path(self, shape: Node) -> str:
        """Return the words for the path of a property shape, or nothing for a node shape."""
        path = self._triples.value(shape, sh("path"))
        return "" if path is None else self._steps(paths.read(self._triples, path))

    def texts(self, subject: Node, key: str) -> list[str]:
        """Return texts in English, or without a language, if there are any; else in any language."""
        return in_english(self._all(subject, key))

    def count(self, shape: Node, key: str) -> int | None:
        """Return the number that a parameter of a shape has, if any."""
        return next((int(each.value) for each in self._all(shape, key)[:1] if each.value.isdigit()), None)

    def _explained(self, shape: Node, seen: frozenset[Node]) -> Iterator[str]:
        if shape in seen:
            yield f"{self.title(shape)}: as above"
            return
        seen = seen | {shape}
        yield self.title(shape)
        yield from (f"  {text}" for text in self.texts(shape, "description"))
        if targets := [*self._targets(shape)]:
            yield f"  It is for {', '.join(targets)}."
        if self._triples.true(shape, sh("deactivated")):
            yield "  It is switched off."
        yield from (f"  - {text}" for text in (*self._demands(shape), *self._queries(shape)))
        yield from (f"  Its message: {text}" for text in self.texts(shape, "message"))
        if severity := self._severity(shape):
            yield f"  Severity: {severity.value.removeprefix(_SH).lower()}"
        for inner in self._all(shape, "property"):
            yield from (f"  {line}" for line in self._explained(inner, seen))

    def _targets(self, shape: Node) -> Iterator[str]:
        for key, text in _TARGETS.items():
            yield from (text.format(self._term(term)) for term in self._all(shape, key))
        if any(kind in CLASSES for kind in self._triples.objects(shape, rdf("type"))):
            yield f"every {self._term(shape)}"
        if self._all(shape, "target"):
            yield "what a query selects"

    def _demands(self, shape: Node) -> Iterator[str]:
        """Yield each demand that a shape makes itself, in a few words; but no queries."""
        yield from self._counts(shape, "minCount", "maxCount")
        is_property = bool(self._all(shape, "path"))
        for key, (_, text) in _PHRASES.items():
            if not is_property:
                text = "is {}" if key == "hasValue" else text.removeprefix("each ")
            yield from (text.format(words) for words in self._demanded(shape, key) if text)
        for other in self._all(shape, "qualifiedValueShape"):
            counts = self._counts(shape, "qualifiedMinCount", "qualifiedMaxCount")
            yield from (f"{count} that fits: {self._brief(other)}" for count in counts)

    def _demanded(self, shape: Node, key: str, most: int | None = None) -> Iterable[str]:
        """Return the words for each value of a parameter that a shape has, with so many members of a list at most."""
        found = self._all(shape, key)
        match key:
            case "datatype":
                return map(self._datatype, found)
            case "nodeKind":
                return map(_node_kind, found)
            case "pattern":
                return self.texts(shape, key)
            case "in" | "languageIn":
                return [self._list(self._triples.items(listed), most) for listed in found]
            case "and" | "or" | "xone":
                return [" | ".join(map(self._brief, self._triples.items(listed))) for listed in found]
            case "node" | "not":
                return map(self._brief, found)
            case "uniqueLang" | "closed":
                allowed = ", ".join(self._allowed(shape)) or "none"
                return [allowed] if Literal(value=True) in found else []
        return map(self._term, found)

    def _list(self, items: list[Node], most: int | None) -> str:
        shown = [self._term(item) for item in items[:most]]
        return ", ".join(shown + ["…"] * (len(shown) < len(items)))

    def _queries(self, shape: Node) -> Iterator[str]:
        for query in self._all(shape, "sparql"):
            said = " ".join(self.texts(query, "message"))
            yield "a query finds nothing wrong" + (f"; its message: {said}" if said else "")

    def _brief(self, shape: Node) -> str:
        """Return a shape in one phrase: its name, or else what it demands."""
        if names := self.texts(shape, "name"):
            return names[0]
        if isinstance(shape, NamedNode):
            return self._label(shape)
        path = self.path(shape)
        demands = ", ".join([*self._demands(shape), *self._queries(shape)])
        parts = [demands, *(self._brief(inner) for inner in self._all(shape, "property"))]
        text = " and ".join(part for part in parts if part)
        return f"{path}: {text}" if path and text else text or path or "anything"

    def _allowed(self, shape: Node) -> Iterator[str]:
        yield from filter(None, map(self.path, self._all(shape, "property")))
        for listed in self._all(shape, "ignoredProperties"):
            yield from map(self._term, self._triples.items(listed))

    def _counts(self, shape: Node, least_key: str, most_key: str) -> Iterator[str]:
        least, most = self.count(shape, least_key), self.count(shape, most_key)
        if most == 0:
            yield "no value"
        elif least is not None and least == most:
            yield f"exactly {_values(least)}"
        else:
            yield from [f"at least {_values(least)}"] if least else []
            yield from [f"at most {_values(most)}"] if most else []

    def _steps(self, path: paths.Path) -> str:
        if isinstance(path, paths.Step):
            return "inverse of " * path.inverse + self._label(path.predicate)
        parts = [*map(self._steps, path.parts)]
        return _JOINS[path.sign].join(parts) if path.sign in _JOINS else _REPEATS[path.sign].format(*parts)

    def _term(self, term: Node) -> str:
        if isinstance(term, NamedNode):
            return self._label(term)
        if isinstance(term, Literal) and not (term.datatype.value.endswith("string") or term.language):
            return term.value
        return show(term)

    def _datatype(self, term: Node) -> str:
        iri = term.value if isinstance(term, NamedNode) else ""
        words = _DATATYPES.get(iri.removeprefix(_XSD).removeprefix(VOCABULARIES["rdf"]))
        return f"{words} ({self._term(term)})" if words else f"a literal of type {self._term(term)}"

    def _severity(self, node: Node | None) -> NamedNode | None:
        found = self._triples.value(node, sh("severity")) if node is not None else None
        return found if isinstance(found, NamedNode) else None

    def _all(self, subject: Node, key: str) -> list[Node]:
        return sorted(self._triples.objects(subject, sh(key)), key=str)

    # What results mean.

    def findings(self, results: Iterable[Result], locate: Locate) -> list[Finding]:
        """Return results as findings, in the order of the files; those that say the same are one."""
        return in_order(unrepeated(self._finding(result, locate) for result in results))

    def _finding(self, result: Result, locate: Locate) -> Finding:
        name, path = self._triples.value(result.shape, sh("name")), None
        if result.path is not None:
            path = Named(result.predicate, paths.words(result.step or result.path, self._label))
        where = None
        if not isinstance(result.focus, Literal):
            where = locate(result.focus, result.predicate, result.value if path else None)
        whole = self._whole(result)
        return Finding(
            severity=_SEVERITIES.get(whole.severity, Severity.VIOLATION) if whole.severity else Severity.VIOLATION,
            shape=Named(result.shape, name.value if name is not None else show(result.shape)),
            message=self._message(whole),
            focus=self._named(result.focus),
            path=path,
            value=None if result.value is None else self._named(result.value),
            where=where,
            details=tuple(self.findings(result.details, locate)),
            results=(whole,),
            fix=self._fix(result.shape),
        )

    def _whole(self, result: Result) -> Result:
        """Return a result with what its shape says of it: the severity, and messages in all languages."""
        said = result.messages or tuple(
            text for text in self._triples.objects(result.shape, sh("message")) if isinstance(text, Literal)
        )
        return replace(
            result,
            messages=said or (Literal(self._sentence(result.shape, result.component)),),
            details=tuple(map(self._whole, result.details)),
            severity=result.severity or self._severity(result.source) or self._severity(result.shape),
        )

    def _message(self, result: Result) -> str:
        """Return what is to be done, with labels in the place of IRIs."""
        found = " ".join(sorted(set(in_english(result.messages))))
        return _IRI.sub(lambda match: self._label(NamedNode(match[1])), found)

    def _sentence_of(self, shape: Subject, component: Subject) -> str:
        name = component.value.removeprefix(_SH).removesuffix("ConstraintComponent")
        parameter = name[:1].lower() + name[1:]
        if parameter not in _PHRASES:
            return f"It must be as {self._named(component)} demands."
        if parameter == "datatype":
            words: Iterable[str] = map(self._term, self._all(shape, parameter))
        else:
            words = self._demanded(shape, parameter, _LONGEST_LIST)
        return _PHRASES[parameter][0].format(" and ".join(words))

    def _fix_of(self, shape: Subject) -> str:
        """Return what would mend what breaks a shape, unless it says so itself."""
        if self.texts(shape, "message"):
            return ""
        # What a query finds is in its message already.
        path, demands = self.path(shape), "; ".join(self._demands(shape))
        return f"{path}: {demands}" if path and demands else demands

    def _named(self, node: Node) -> Named:
        return Named(node, self._label(node) if isinstance(node, NamedNode) else show(node))


def _node_kind(node: Node) -> str:
    return " or ".join(_KINDS.get(kind, kind) for kind in node.value.removeprefix(_SH).split("Or"))


def _values(count: int) -> str:
    return f"{count} value" if count == 1 else f"{count} values"
