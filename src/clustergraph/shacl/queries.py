"""Queries in shapes (SHACL-SPARQL): read, checked against what SHACL allows, and put into queries of ours.

Variables that SHACL binds beforehand come from the group around the query; the engine hands them in with LATERAL, or
with EXISTS, before the query is evaluated. Parameters of a component are written in as terms, and where an expression
uses the value of a literal, it is that of the literal as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, parse

from clustergraph.errors import ClustergraphError
from clustergraph.shacl.data import Encoding, write
from clustergraph.shacl.triples import InvalidShapesError, Node, Triples, blaming, sh, show
from clustergraph.sparql import tree as sparql
from clustergraph.sparql.exists import nested, outside
from clustergraph.sparql.parser import read_query

_FORBIDDEN: Final = {
    "MINUS": "MINUS", "VALUES": "VALUES", "SERVICE": "SERVICE, for nothing is asked of another host",
    "FROM": "FROM", "LATERAL": "LATERAL",
}  # fmt: skip
_TEMPLATE: Final = re.compile(r"\{[?$](\w+)\}")
_TERMS_ONLY: Final = frozenset(
    {"BOUND", "SAMETERM", "ISIRI", "ISURI", "ISBLANK", "ISLITERAL", "STR", "LANG", "COUNT", "SAMPLE", "GROUP_CONCAT",
     "REGEX", "CONTAINS", "STRSTARTS", "STRENDS", "STRLEN", "UCASE", "LCASE"}
)  # fmt: skip
"""Functions that give the same for a literal under whichever datatype of a number or date."""


@dataclass(frozen=True)
class ShapeQuery:
    """A query of a shape, ready to be put into another."""

    tree: sparql.Query
    messages: tuple[Literal, ...]
    parameters: Mapping[str, Node]
    """The values of the parameters of a component, by the name of the variable."""
    title: str
    """What an error calls it."""

    @property
    def form(self) -> str:
        """SELECT or ASK."""
        return self.tree.selection.form

    @property
    def group(self) -> sparql.GroupPattern:
        """The pattern."""
        assert self.tree.selection.group is not None
        return self.tree.selection.group

    def text(self, terms: Mapping[str, str], encoding: Encoding) -> str:
        """Return the query for a place outside of EXISTS, with terms in the place of some variables."""
        writer = _Writer(self, {**self.parameters, **terms}, encoding, {}, "")
        return writer.part(self.tree.selection.start, self.tree.selection.end)

    def inner(self, terms: Mapping[str, str], encoding: Encoding, names: Mapping[str, str], suffix: str) -> str:
        """Return the query as a group after EXISTS, with new names of variables, and a suffix to all others."""
        writer, selection = _Writer(self, {**self.parameters, **terms}, encoding, names, suffix), self.tree.selection
        if selection.modifiers or any(isinstance(each, sparql.Bind) for each in selection.projection):
            return f"{{ {writer.part(selection.start, selection.end)} }}"
        return writer.nested(self.group)

    def said(self, row: Mapping[str, Node], value: Node | None) -> tuple[Literal, ...]:
        """Return the messages with the terms of a row of the query in them."""
        message = row.get("message")
        if isinstance(message, Literal) and "message" in self.tree.selection.shown:
            return (message,)
        terms = {**self.parameters, **({"value": value} if value is not None else {}), **row}
        # An IRI is whole, so that whoever shows it can give its label.
        texts = {name: show(node) if isinstance(node, BlankNode) else str(node) for name, node in terms.items()}
        texts |= {name: node.value for name, node in terms.items() if isinstance(node, Literal)}
        return tuple(
            Literal(_TEMPLATE.sub(lambda match: texts.get(match[1], match[0]), text.value), language=text.language)
            for text in self.messages
        )

    @cached_property
    def marks(self) -> tuple[_Mark, ...]:
        """What is to be written in another way, in the order of the text, the outer before the inner."""
        found = {leaf.start: _mark(leaf, "constant" if leaf.kind == "literal" else "term") for leaf in self.tree.leaves}
        for node in sparql.walk(self.tree.selection):
            marks: list[_Mark] = []
            if isinstance(node, sparql.Selection):
                marks = [_mark(leaf, "projected") for leaf in node.projection if isinstance(leaf, sparql.Leaf)]
            elif isinstance(node, sparql.Modifier):
                marks = [_mark(leaf, "term") for leaf in node.parts if isinstance(leaf, sparql.Leaf)]
                marks += _uses(node.parts, "")
            elif isinstance(node, sparql.Filter):
                marks = [*_uses((node.expression,), "")]
            elif isinstance(node, sparql.Bind) and not isinstance(node.expression, sparql.Leaf):
                marks = [*_uses((node.expression,), "BIND")]
            found |= {mark.start: mark for mark in marks}
        groups = (each.group for each in sparql.every(sparql.Exists, self.tree.selection))
        marks = [_Mark(group.start, group.end, "group", group) for group in groups]
        return tuple(sorted([*found.values(), *marks], key=lambda mark: (mark.start, -mark.end)))


@dataclass(frozen=True)
class _Mark(sparql.Node):
    """A part of a query that is written in another way."""

    kind: str
    """One of term, constant, value, datatype, bound, projected, group.

    A variable whose value an expression uses is a ``value``, and ``DATATYPE(?x)`` is a ``datatype``; a literal of a
    triple pattern is a ``constant``.
    """
    node: sparql.Leaf | sparql.GroupPattern


def _mark(leaf: sparql.Leaf, kind: str) -> _Mark:
    return _Mark(leaf.start, leaf.end, kind, leaf)


def _uses(parts: tuple[object, ...], function: str) -> Iterator[_Mark]:
    """Yield the marks of operands, directly in the brackets of a function."""
    for part in parts:
        if isinstance(part, sparql.Leaf):
            if function and function not in _TERMS_ONLY:
                yield _mark(part, "value" if part.kind == "variable" else "term")
        elif isinstance(part, sparql.Expression):
            [only] = part.parts if len(part.parts) == 1 else [None]
            if part.name in ("DATATYPE", "BOUND") and isinstance(only, sparql.Leaf) and only.kind == "variable":
                yield _Mark(part.start, part.end, part.name.lower(), only)
            elif part.signs or part.name in ("!", "+", "-"):
                yield from _uses(part.parts, function)
            else:
                yield from _uses(part.parts, part.name or "(")


@dataclass(frozen=True)
class _Writer:
    """Writes parts of a query."""

    query: ShapeQuery
    terms: Mapping[str, str | Node]
    """What is written in the place of a variable, by its name."""
    encoding: Encoding
    names: Mapping[str, str]
    """New names of variables."""
    suffix: str
    """What is added to the names of all others."""

    def part(self, start: int, end: int) -> str:
        return sparql.written(self.query.tree.text, self.query.marks, self._instead, start, end)

    def nested(self, group: sparql.GroupPattern, known: frozenset[str] = frozenset()) -> str:
        """Return a group after EXISTS, with terms that are known outside of it beside those bound beforehand."""
        return nested(group, self.part, known | {f"?{name}" for name in ("this", "value", *self.terms)})

    def _instead(self, mark: _Mark) -> str:
        node = mark.node
        if isinstance(node, sparql.GroupPattern):
            return self.nested(node, outside(self.query.tree, node))
        if node.kind == "variable":
            return self._variable(mark.kind, node.value)
        if mark.kind == "constant":
            [quad] = parse(f"<urn:x> <urn:x> {node.text} .", RdfFormat.TURTLE)
            assert isinstance(quad.object, Literal)
            return self.encoding.term(quad.object)
        return node.text + self.suffix * (node.kind == "blank")

    def _variable(self, kind: str, name: str) -> str:
        term, variable = self.terms.get(name), "?" + self.names.get(name, name + self.suffix)
        if term is None:
            written_as = {"datatype": self.encoding.datatype, "value": self.encoding.value, "bound": "BOUND({})".format}
            return written_as[kind](variable) if kind in written_as else variable
        if not isinstance(term, str):
            term = write(term) if kind in ("value", "datatype") else self.encoding.term(term)
        given = {"datatype": f"DATATYPE({term})", "bound": "(true)", "projected": f"({term} AS ?{name}{self.suffix})"}
        return given.get(kind, term)


def read(
    triples: Triples, node: Node, forms: tuple[str, ...], parameters: Mapping[NamedNode, Node] | None = None
) -> ShapeQuery:
    """Return the query of a constraint or validator; raises `InvalidShapesError` if it has none that fits."""
    title = f"the query of {show(node)}"
    found = [(form, text) for form in forms for text in triples.objects(node, sh(form))]
    if len(found) != 1 or not isinstance(found[0][1], Literal):
        raise InvalidShapesError(f"{title}: there must be one sh:{' or sh:'.join(forms)}")
    form, text = found[0][0].upper(), found[0][1].value
    messages = tuple(text for text in triples.objects(node, sh("message")) if isinstance(text, Literal))
    named = {re.split(r"[/#:]", parameter.value)[-1]: value for parameter, value in (parameters or {}).items()}
    with blaming(node):
        try:
            tree = read_query(text, dict(_prefixes(triples, node)))
        except ClustergraphError as error:
            raise InvalidShapesError(f"{title} is not valid SPARQL: {error.message}") from error
        if tree.selection.form != form:
            raise InvalidShapesError(f"{title} is not a {form}")
        query = ShapeQuery(tree, messages, named, title)
        _check(query)
    return query


def _prefixes(triples: Triples, node: Node) -> Iterator[tuple[str, str]]:
    ontologies = triples.objects(node, sh("prefixes"))
    for ontology in ontologies:
        imported = triples.objects(ontology, NamedNode("http://www.w3.org/2002/07/owl#imports"))
        ontologies.extend(each for each in imported if each not in ontologies)
        for declared in triples.objects(ontology, sh("declare")):
            prefix, namespace = triples.value(declared, sh("prefix")), triples.value(declared, sh("namespace"))
            if isinstance(prefix, Literal) and isinstance(namespace, Literal):
                yield prefix.value, namespace.value


def _check(query: ShapeQuery) -> None:
    """Check what SHACL says about queries with variables that are bound beforehand, and have the engine read it."""
    tree, top = query.tree, query.tree.selection
    if tree.base:
        raise InvalidShapesError(f"{query.title} has a BASE; write whole IRIs")
    words = ["FROM"] * bool(tree.dataset) + [clause.word for clause in sparql.every(sparql.Clause, top)]
    for word in words + ["VALUES" for _ in sparql.every(sparql.Values, top)]:
        if word in _FORBIDDEN:
            raise InvalidShapesError(f"{query.title} uses {_FORBIDDEN[word]}, which SHACL does not allow")
    needed = {"this", "value"} if query.form == "ASK" else {"this"}
    bound = {"shapesGraph", "currentShape", *needed, *query.parameters}
    for node in sparql.walk(top):
        if isinstance(node, sparql.Bind) and node.variable.value in bound:
            name = tree.text[node.variable.start : node.variable.end]
            raise InvalidShapesError(f"{query.title} gives another value to {name}")
        if not isinstance(node, sparql.Selection) or (node is top and (node.form == "ASK" or not node.shown)):
            continue
        if missing := needed - set(node.shown):
            raise InvalidShapesError(f"{query.title}: a SELECT does not return ${min(missing)}")
    terms, plain = {"PATH": "<urn:x-clustergraph:path>"}, Encoding(exact=False)
    text = query.text(terms, plain) if query.form == "SELECT" else f"ASK {query.inner(terms, plain, {}, '')}"
    try:
        Store().query(text)
    except SyntaxError as error:
        raise InvalidShapesError(f"{query.title} is not valid SPARQL: {error}") from error
