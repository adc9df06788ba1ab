"""Queries and updates that ask other hosts, with what those say put in their place.

The processes that answer have no network. So ``SERVICE <iri> { P }`` becomes a ``VALUES`` with the rows that the other
endpoint gives for ``SELECT * { P }``, which is what the service clause means; and ``LOAD <iri> INTO GRAPH <g>`` becomes
an ``INSERT DATA`` with the triples that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urljoin

from pyoxigraph import BlankNode, Literal, NamedNode, QueryResultsFormat, QuerySolutions, RdfFormat, parse
from pyoxigraph import parse_query_results as parse_results

from clustergraph.errors import RefusedQueryError
from clustergraph.store import OverLimitError
from clustergraph.store.hosts import Asking, HostError, Reply
from clustergraph.store.syntax import Token, place, tokens_of
from clustergraph.terms import PREFIXES

MOST: Final = 8
"""How many other addresses one query or update may ask."""
_RESULTS: Final = "application/sparql-results+json, application/sparql-results+xml;q=0.9"
_GRAPHS: Final = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
}
_END: Final = Token("end", "", 0)


@dataclass(frozen=True)
class Clause:
    """A part of a query or update that asks another host."""

    start: int
    end: int
    iri: str
    silent: bool
    pattern: str = ""
    """The group of a SERVICE without its braces."""
    graph: str = ""
    """Where LOAD loads into, as it is written."""
    declared: str = ""
    """The declarations before it, and those of the prefixes that this service knows by itself."""


@dataclass(frozen=True)
class Clauses:
    """What a query or update asks of other hosts."""

    text: str
    found: tuple[Clause, ...]

    @classmethod
    def of(cls, text: str) -> Clauses:
        """Return the clauses of a text.

        >>> [clause.iri for clause in Clauses.of("ASK { SERVICE SILENT <http://a.example/> { ?s ?p ?o } }").found]
        ['http://a.example/']

        Raises:
            QueryError: a string is not closed, or an IRI could be read in two ways.
            RefusedQueryError: a clause names no address, or is not written plainly.
            OverLimitError: there are too many.
        """
        found = tuple(_Reader(text).clauses())
        if len(found) > MOST:
            raise OverLimitError(
                f"{len(found)} other addresses are asked, and {MOST} are allowed",
                limit="fetches in one query",
                value=MOST,
                advice="ask fewer, or one after the other",
            )
        return cls(text, found)

    def blank(self) -> str:
        """Return a text of the same length and grammar that asks nobody, to see whether it is well formed."""

        def instead(clause: Clause) -> str:
            written = self.text[clause.start : clause.end]
            if clause.graph:
                return f"CREATE SILENT GRAPH {clause.graph}".rjust(len(written))
            return written[written.index("{") :].rjust(len(written))

        return self._with(instead)

    def filled(self, asking: Asking) -> str:
        """Return the text with what the hosts say.

        Raises:
            RefusedQueryError: a host is not on the list.
            HostError: a host does not answer as it should, and the clause is not silent.
            OverLimitError: a host is too slow, or sends too much.
        """
        for clause in self.found:
            asking.allowed.address(clause.iri)
        return self._with(lambda clause: self._loaded(clause, asking) if clause.graph else self._rows(clause, asking))

    def _with(self, instead: Callable[[Clause], str]) -> str:
        pieces, done = [], 0
        for clause in self.found:
            pieces += [self.text[done : clause.start], instead(clause)]
            done = clause.end
        return "".join([*pieces, self.text[done:]])

    def _rows(self, clause: Clause, asking: Asking) -> str:
        query = f"{clause.declared}SELECT * WHERE {{{clause.pattern}}}"
        try:
            reply = asking.post(clause.iri, urlencode({"query": query}).encode(), _RESULTS)
            return _values(reply)
        except (HostError, OverLimitError) as error:
            if not clause.silent or getattr(error, "limit", "") == "fetch_bytes":
                raise
            # One row that binds nothing, and the variables of the pattern are known all the same.
            return f"{{ OPTIONAL {{ {{{clause.pattern}}} FILTER(false) }} }}"

    @staticmethod
    def _loaded(clause: Clause, asking: Asking) -> str:
        try:
            reply = asking.get(clause.iri, ", ".join(_GRAPHS))
            return f"INSERT DATA {{ GRAPH {clause.graph} {{\n{_triples(reply)}}} }}"
        except (HostError, OverLimitError) as error:
            if not clause.silent or getattr(error, "limit", "") == "fetch_bytes":
                raise
            return "INSERT DATA {}"


class _Reader:
    """Finds clauses from left to right; one inside another is the other host's to ask."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._base = ""
        self._prefixes: dict[str, str] = dict(PREFIXES)
        self._declared: list[str] = []

    def clauses(self) -> Iterator[Clause]:
        number = 0
        while number < len(self._tokens):
            token, following = self._tokens[number], self._at(number + 1)
            if token.keyword == "BASE":
                self._base = urljoin(self._base, following.text[1:-1])
                self._declared.append(f"BASE {following.text}\n")
            elif token.keyword == "PREFIX":
                space = self._at(number + 2)
                self._prefixes[following.text.removesuffix(":")] = urljoin(self._base, space.text[1:-1])
                self._declared.append(f"PREFIX {following.text} {space.text}\n")
                number += 2
            elif token.keyword in ("SERVICE", "LOAD"):
                clause, number = self._clause(number)
                yield clause
                continue
            number += 1

    def _at(self, number: int) -> Token:
        return self._tokens[number] if number < len(self._tokens) else _END

    def _clause(self, number: int) -> tuple[Clause, int]:
        """Return a clause and the number of the token behind it."""
        first = self._tokens[number]
        silent = self._at(number + 1).keyword == "SILENT"
        number += 2 if silent else 1
        iri = self._iri(first, self._at(number))
        if first.keyword == "LOAD":
            into, graph, name = (self._at(number + n) for n in (1, 2, 3))
            if (into.keyword, graph.keyword) != ("INTO", "GRAPH") or name.kind not in ("iri", "name"):
                raise self._refused(first, "say which graph it is for: LOAD <…> INTO GRAPH <…>")
            return Clause(first.start, name.start + len(name.text), iri, silent, graph=name.text), number + 4
        end = self._closing(number + 1)
        if end is None:
            raise self._refused(first, "put a group in braces behind its address")
        opened, closed = self._tokens[number + 1].start, self._tokens[end].start
        pattern = self._text[opened + 1 : closed]
        known = (f"PREFIX {name}: <{space}>\n" for name, space in PREFIXES.items() if f"{name}:" in pattern)
        declared = "".join([*known, *self._declared])  # a later declaration of the same prefix counts
        return Clause(first.start, closed + 1, iri, silent, pattern, declared=declared), end + 1

    def _iri(self, first: Token, name: Token) -> str:
        prefix, _, local = name.text.partition(":")
        if name.kind == "iri":
            return urljoin(self._base, name.text[1:-1])
        if name.kind == "name" and prefix in self._prefixes:
            return self._prefixes[prefix] + local
        raise self._refused(first, "name one address, not a variable")

    def _closing(self, begin: int) -> int | None:
        depth = 0
        for number in range(begin, len(self._tokens)):
            token = self._tokens[number]
            if token.kind == "other":
                depth += (token.text == "{") - (token.text == "}")
            if not depth:
                return number if number > begin else None
        return None

    def _refused(self, token: Token, advice: str) -> RefusedQueryError:
        line, column = place(self._text, token.start)
        return RefusedQueryError(f"{token.keyword} at line {line}, column {column} is refused", advice=advice)


def _values(reply: Reply) -> str:
    """Return the rows of a result as a group of SPARQL."""
    format_ = QueryResultsFormat.from_media_type(reply.media_type)
    if format_ is None:
        raise HostError(f"<{reply.address}> answers with {reply.media_type}, which is no table")
    try:
        solutions = parse_results(reply.content, format_)
        if not isinstance(solutions, QuerySolutions):
            raise HostError(f"<{reply.address}> answers with yes or no, and not with a table")
        names = [variable.value for variable in solutions.variables]
        rows = [" ".join(_term(row[name], reply) for name in names) for row in solutions]
    except (SyntaxError, ValueError) as error:
        raise HostError(f"<{reply.address}> sends a table that cannot be read ({error})") from error
    lines = "".join(f"({row})\n" for row in rows)
    return f"{{ VALUES ({' '.join(f'?{name}' for name in names)}) {{\n{lines}}} }}"


def _term(term: object, reply: Reply) -> str:
    if term is None:
        return "UNDEF"
    if isinstance(term, NamedNode | Literal):
        return str(term)
    kind = "a blank node" if isinstance(term, BlankNode) else "a triple"
    raise HostError(f"<{reply.address}> sends {kind}, which has no name here", advice="ask for other variables")


def _triples(reply: Reply) -> str:
    """Return the triples of a file, one in a line."""
    format_: RdfFormat | None = _media_types().get(reply.media_type)
    if format_ is None:
        raise HostError(f"<{reply.address}> sends {reply.media_type}, which is no graph")
    try:
        quads = parse(reply.content, format=format_, base_iri=reply.address, rename_blank_nodes=True)
        return "".join(f"{quad.triple} .\n" for quad in quads)
    except (SyntaxError, ValueError) as error:
        raise HostError(f"<{reply.address}> sends a graph that cannot be read ({error})") from error


def _media_types() -> Mapping[str, RdfFormat]:
    return {**_GRAPHS, "application/xml": RdfFormat.RDF_XML, "text/xml": RdfFormat.RDF_XML}
