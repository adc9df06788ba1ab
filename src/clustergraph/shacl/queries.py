"""Queries in shapes (SHACL-SPARQL): read, checked against what SHACL allows, and put into queries of ours.

Variables that SHACL binds beforehand come from the group around the query; the engine hands them in with LATERAL, or
with EXISTS, before the query is evaluated. Parameters of a component are written in as terms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import Literal, NamedNode, Store

from clustergraph.shacl.literals import write
from clustergraph.shacl.triples import InvalidShapesError, Node, Triples, sh, show

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|\#[^\n\r]*)
  | (?P<iri><[^\x00-\x20<>"{}|^`\\]*>)
  | (?P<string>'''(?:'{0,2}(?:[^'\\]|\\[\s\S]))*''' | \"""(?:"{0,2}(?:[^"\\]|\\[\s\S]))*\"""
      | '(?!'')(?:[^'\\\n\r]|\\[^\n\r])*' | "(?!"")(?:[^"\\\n\r]|\\[^\n\r])*")
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<name>(?:[^\W\d][\w.\-\u00B7]*)?:(?:[\w.\-:%\u00B7]|\\.)*(?<!\.))
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d]\w*)
  | (?P<other>[\s\S])
    """,
    re.VERBOSE,
)
_FORBIDDEN: Final = {
    "MINUS": "MINUS", "VALUES": "VALUES", "SERVICE": "SERVICE, for nothing is asked of another host",
    "FROM": "FROM", "LATERAL": "LATERAL",
}  # fmt: skip
_TEMPLATE: Final = re.compile(r"\{[?$](\w+)\}")


@dataclass(frozen=True)
class Token:
    """A piece of a query."""

    kind: str
    text: str

    @property
    def word(self) -> str:
        """The keyword in upper case, if it is one."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def variable(self) -> str:
        """The name of the variable, if it is one."""
        return self.text[1:] if self.kind == "variable" else ""


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

    def text(self, terms: Mapping[str, str], names: Mapping[str, str], suffix: str = "") -> str:
        """Return the query with terms in the place of some variables, and others renamed.

        Args:
            terms: what SPARQL writes in the place of a variable, by its name.
            names: new names of variables.
            suffix: what is added to the names of all others.
        """
        terms = {name: write(node) for name, node in self.parameters.items()} | dict(terms)
        return "".join(_render([*self.tokens], terms, names, suffix))

    def body(self, terms: Mapping[str, str], names: Mapping[str, str], suffix: str = "") -> str:
        """Return what stands between the braces of an ASK."""
        start = next(n for n, token in enumerate(self.tokens) if token.text == "{")
        inner = replace(self, tokens=self.tokens[start:])
        return inner.text(terms, names, suffix)


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
    tokens = tuple(_resolve(_tokenise(text, title), prefixes, title))
    messages = tuple(text for text in triples.objects(node, sh("message")) if isinstance(text, Literal))
    query = Query(form, tokens, messages, parameters, title)
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


def _tokenise(text: str, title: str) -> list[Token]:
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind == "space":
            tokens.append(Token(kind, "\n" if "\n" in match.group() or "#" in match.group() else " "))
        elif kind == "other" and match.group() in "'\"":
            raise InvalidShapesError(f"{title}: a string is opened and not closed")
        else:
            tokens.append(Token(kind, match.group()))
    return tokens


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
    text = query.text(terms, {}) if query.form == "SELECT" else f"ASK {query.body(terms, {})}"
    try:
        Store().query(text)
    except SyntaxError as error:
        raise InvalidShapesError(f"{query.title} is not valid SPARQL: {error}") from error


def projected(tokens: list[Token] | tuple[Token, ...]) -> list[str]:
    """Return the variables that stand between SELECT and the group after it."""
    found, depth = [], 0
    for number, token in enumerate(tokens):
        if token.text == "{" or token.word == "WHERE":
            break
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        before = next((t for t in reversed(tokens[:number]) if t.kind != "space"), None)
        if token.variable and (depth == 0 or (before is not None and before.word == "AS")):
            found.append(token.variable)
    return found


def _render(tokens: list[Token], terms: Mapping[str, str], names: Mapping[str, str], suffix: str) -> Iterator[str]:
    depth, projecting = 0, False
    skip = 0
    for number, token in enumerate(tokens):
        if skip:
            skip -= 1
            continue
        if token.word == "SELECT":
            depth, projecting = 0, True
        elif token.text == "{" or token.word == "WHERE":
            projecting = False
        depth += {"(": 1, ")": -1}.get(token.text, 0) if projecting else 0
        if token.word == "BOUND":
            call = _bound_call(tokens[number:])
            if call and call[0] in terms:
                skip = call[1]
                yield "(true)"
                continue
        name = token.variable
        if token.text.startswith("_:"):
            yield token.text + suffix
        elif not name:
            yield token.text
        elif name in terms:
            yield f"({terms[name]} AS ?{name}{suffix})" if projecting and depth == 0 else terms[name]
        else:
            yield "?" + names.get(name, name + suffix)


def _bound_call(tokens: list[Token]) -> tuple[str, int] | None:
    """Return the variable of BOUND(?x), and how many tokens follow the word."""
    seen = []
    for number, token in enumerate(tokens[1:], 1):
        if token.kind != "space":
            seen.append(token)
        if len(seen) == 3:
            return (seen[1].variable, number) if seen[1].variable else None
    return None
