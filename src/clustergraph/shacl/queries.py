"""Queries in shapes (SHACL-SPARQL): read, checked against what SHACL allows, and put into queries of ours.

Variables that SHACL binds beforehand come from the group around the query; the engine hands them in with LATERAL, or
with EXISTS, before the query is evaluated. Parameters of a component are written in as terms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Store

from clustergraph.shacl.literals import write
from clustergraph.shacl.stepwise import rewrite
from clustergraph.shacl.tokens import Token, projected, render, tokenise
from clustergraph.shacl.triples import InvalidShapesError, Node, Triples, blaming, sh, show

_FORBIDDEN: Final = {
    "MINUS": "MINUS", "VALUES": "VALUES", "SERVICE": "SERVICE, for nothing is asked of another host",
    "FROM": "FROM", "LATERAL": "LATERAL",
}  # fmt: skip
_TEMPLATE: Final = re.compile(r"\{[?$](\w+)\}")


@dataclass(frozen=True)
class Query:
    """A query of a shape, ready to be put into another."""

    form: str
    """SELECT or ASK."""
    tokens: tuple[Token, ...]
    """The query without prologue; names are full IRIs."""
    messages: tuple[Literal, ...]
    parameters: Mapping[str, Node]
    """The values of the parameters of a component, by the name of the variable."""
    title: str
    """What an error calls it."""

    @property
    def projection(self) -> list[str]:
        """The variables that a SELECT returns."""
        start = next(n for n, token in enumerate(self.tokens) if token.word == "SELECT")
        return projected(self.tokens[start + 1 :])

    @property
    def asks_shapes(self) -> bool:
        """Whether it looks into the shapes graph."""
        return any(token.variable == "shapesGraph" for token in self.tokens)

    def text(self, terms: Mapping[str, str]) -> str:
        """Return the query for a place outside of EXISTS, with terms in the place of some variables."""
        return self._write(rewrite(self.tokens), terms, {}, "")

    def inner(self, terms: Mapping[str, str], names: Mapping[str, str], suffix: str) -> str:
        """Return the query as a group after EXISTS.

        Args:
            terms: what SPARQL writes in the place of a variable, by its name.
            names: new names of variables.
            suffix: what is added to the names of all others.
        """
        if self.form == "SELECT":
            return f"{{ {self._write(rewrite(self.tokens, inside=True), terms, names, suffix)} }}"
        start = next(number for number, token in enumerate(self.tokens) if token.text == "{")
        return self._write(rewrite(self.tokens[start:], inside=True), terms, names, suffix)

    def _write(self, tokens: Sequence[Token], terms: Mapping[str, str], names: Mapping[str, str], suffix: str) -> str:
        terms = {name: write(node) for name, node in self.parameters.items()} | dict(terms)
        return "".join(render(tokens, terms, names, suffix))


def read_constraint_query(triples: Triples, node: Node) -> Query:
    """Return the query of an ``sh:sparql``.

    Raises:
        InvalidShapesError: there is none, or SHACL does not allow it.
    """
    return _read(triples, node, ("select",), {})


def read_component_query(triples: Triples, node: Node, parameters: Mapping[NamedNode, Node]) -> Query:
    """Return the query of a validator of a constraint component.

    Raises:
        InvalidShapesError: there is none, or SHACL does not allow it.
    """
    named = {re.split(r"[/#:]", parameter.value)[-1]: value for parameter, value in parameters.items()}
    return _read(triples, node, ("ask", "select"), named)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return a message with values in the place of ``{$name}`` and ``{?name}``.

    >>> fill("{?value} is not {$lang}", {"value": "Chat", "lang": "fr"})
    'Chat is not fr'
    """
    return _TEMPLATE.sub(lambda match: values.get(match[1], match[0]), template)


def _read(triples: Triples, node: Node, forms: tuple[str, ...], parameters: Mapping[str, Node]) -> Query:
    title = f"the query of {show(node)}"
    found = [(form, text) for form in forms for text in triples.objects(node, sh(form))]
    if len(found) != 1 or not isinstance(found[0][1], Literal):
        raise InvalidShapesError(f"{title}: there must be one sh:{' or sh:'.join(forms)}")
    form, text = found[0][0].upper(), found[0][1].value
    prefixes = dict(_prefixes(triples, node))
    messages = tuple(text for text in triples.objects(node, sh("message")) if isinstance(text, Literal))
    with blaming(node):
        query = Query(form, tuple(_resolve(tokenise(text, title), prefixes, title)), messages, parameters, title)
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


def _resolve(tokens: list[Token], prefixes: dict[str, str], title: str) -> Iterator[Token]:
    """Yield the tokens without the prologue, with whole IRIs."""
    rest = iter(tokens)
    for token in rest:
        if token.word == "PREFIX":
            name = next((t for t in rest if t.kind != "space"), token)
            iri = next((t for t in rest if t.kind != "space"), token)
            prefixes[name.text.removesuffix(":")] = iri.text[1:-1]
        elif token.word == "BASE":
            raise InvalidShapesError(f"{title} has a BASE; write whole IRIs")
        elif token.kind == "name" and not token.text.startswith("_:"):
            prefix, _, local = token.text.partition(":")
            if prefix not in prefixes:
                raise InvalidShapesError(f"{title}: the prefix '{prefix}:' is not declared with sh:prefixes")
            yield Token("iri", f"<{prefixes[prefix]}{local.replace(chr(92), '')}>")
        else:
            yield token


def _check(query: Query) -> None:
    """Check what SHACL says about queries with variables that are bound beforehand."""
    bound = {"this", "shapesGraph", "currentShape", *query.parameters} | ({"value"} if query.form == "ASK" else set())
    tokens = [token for token in query.tokens if token.kind != "space"]
    if not tokens or tokens[0].word != query.form:
        raise InvalidShapesError(f"{query.title} is not a {query.form}")
    for number, token in enumerate(tokens):
        if token.word in _FORBIDDEN:
            raise InvalidShapesError(f"{query.title} uses {_FORBIDDEN[token.word]}, which SHACL does not allow")
        if token.word == "AS" and number + 1 < len(tokens) and tokens[number + 1].variable in bound:
            raise InvalidShapesError(f"{query.title} gives another value to {tokens[number + 1].text}")
        if "SERVICE" in token.word:
            # The engine takes keywords without a space around them.
            raise InvalidShapesError(f"{query.title} uses {_FORBIDDEN['SERVICE']}, which SHACL does not allow")
        if token.word == "SELECT":
            shown = projected(tokens[number + 1 :])
            needed = {"this", "value"} & bound if query.form == "ASK" else {"this"}
            if number == 0 and _returns_all(tokens):
                continue
            if missing := needed - set(shown):
                raise InvalidShapesError(f"{query.title}: a SELECT does not return ${min(missing)}")
    _parse(query)


def _returns_all(tokens: list[Token]) -> bool:
    return next((token.text for token in tokens[1:] if token.word not in ("DISTINCT", "REDUCED")), "") == "*"


def _parse(query: Query) -> None:
    """Have the engine read the query."""
    terms = {"PATH": "<urn:x-clustergraph:path>"}
    text = query.text(terms) if query.form == "SELECT" else f"ASK {query.inner(terms, {}, '')}"
    try:
        Store().query(text)
    except SyntaxError as error:
        raise InvalidShapesError(f"{query.title} is not valid SPARQL: {error}") from error
