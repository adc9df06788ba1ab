"""The graph that a service serves, as the object that `clustergraph.graph.Graph` is: `Graph.connect` makes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener
from urllib.request import Request as Message

from pyoxigraph import (
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    parse_query_results,
)

from clustergraph import errors
from clustergraph.engine.store import Embedded, Request
from clustergraph.errors import ClustergraphError, QueryError, QuestionError, ReleaseError
from clustergraph.graph import Graph
from clustergraph.languages.reader import Label, chosen
from clustergraph.questions.answer import MOST_ROWS, Answer, Cell
from clustergraph.questions.catalogue import Catalogue
from clustergraph.questions.names import AmbiguousNameError, Choice
from clustergraph.questions.question import Question
from clustergraph.questions.thing import SHOWN, Thing, Things
from clustergraph.rdf.labels import NAMING, best
from clustergraph.sparql.tokens import QuerySyntaxError

if TYPE_CHECKING:
    from clustergraph.questions.search import Name

_SECONDS: Final = 60
_GRAPH: Final = "application/n-triples"
_RESULTS: Final = "application/sparql-results+json"
_ABOUT: Final = """SELECT ?s ?p ?o ?g {{
  {{ VALUES ?s {{ {node} }} ?s ?p ?o }} UNION {{ VALUES ?o {{ {node} }} ?s ?p ?o }}
  UNION {{ GRAPH {node} {{ ?s ?p ?o }} }}
  OPTIONAL {{ GRAPH ?g {{ ?s ?p ?o }} }}
}} LIMIT {limit}"""
_NODES: Final = "SELECT ?s ?p ?o {{ VALUES ?s {{ {nodes} }} ?s ?p ?o }}"
_NAMED: Final = "SELECT ?s ?p ?o {{ VALUES ?s {{ {nodes} }} VALUES ?p {{ {names} }} ?s ?p ?o }}"
_KINDS: Final[Mapping[int, type[ClustergraphError]]] = {
    403: errors.RefusedQueryError,
    404: QuestionError,
    406: errors.XmlError,
    500: errors.WorkerError,
    503: ReleaseError,
}


class _OneHost(HTTPRedirectHandler):
    """Follows no redirect to another host."""

    def redirect_request(self, req: Message, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Message | None:  # noqa: ANN401 - as in the base class
        """Return what is asked instead."""
        if urlsplit(newurl).netloc != req.host:
            message = f"{req.full_url} leads to another host, {newurl}"
            raise ReleaseError(message, advice="connect to that, if it is meant")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class RemoteGraph(Graph):
    """A graph that is asked over HTTP; what needs its store cannot be asked, and says so."""

    def __init__(self, address: str) -> None:
        """Connect to a service.

        Raises:
            ReleaseError: nothing is served there.
        """
        self.address = address.rstrip("/")
        if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
            raise ReleaseError(
                f"{address!r} is not the address of a service", advice="it begins with http:// or https://"
            )
        self._opener = build_opener(_OneHost)
        self.engine = cast("Embedded", self)  # It answers queries as an engine does.
        self._given = None
        self._labels: dict[tuple[str | None, str], Label] = {}
        self.digest = str(self._json("/ready")["release"])

    @property
    def store(self) -> Store:  # type: ignore[override]  # which this graph has not
        """Say that there is no store here."""
        advice = "use query, ask, search, thing, explained and proofs, or open a release with Graph.open"
        raise ReleaseError(f"{self.address} is a service, and its store is not here", advice=advice)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """The questions that can be asked, by name."""
        return Catalogue(self.engine)

    def query(self, text: str, *_: object) -> QuerySolutions | QueryBoolean | QueryTriples:
        """Return what a SPARQL query gives."""
        body = urlencode({"query": text}).encode()
        content, sent = self._fetch("/sparql", body, f"{_RESULTS}, {_GRAPH}", QueryError)
        if sent != _GRAPH:
            return parse_query_results(content, format=QueryResultsFormat.JSON)
        found = Store()
        found.load(content, format=RdfFormat.N_TRIPLES)
        return found.query("CONSTRUCT WHERE { ?s ?p ?o }")

    def answer(self, request: Request) -> bytes:
        """Return the answer to a query, serialised."""
        graphs = request.dataset
        pairs = [("query", request.query), ("format", request.format)]
        pairs += [("default-graph-uri", iri) for iri in graphs.default] if graphs else []
        pairs += [("named-graph-uri", iri) for iri in graphs.named] if graphs else []
        return self._fetch("/sparql", urlencode(pairs).encode(), "*/*", QueryError)[0]

    def table(self, text: str, limit: int | None = None) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
        """Return the columns and rows of a SELECT query, at most so many, or the one value of an ASK."""
        found = self.query(text)
        if isinstance(found, QuerySolutions):
            self.names({term.value for row in found for term in row if isinstance(term, NamedNode)})
        return super().table(text, limit)

    def put(self, question: Question, given: Mapping[str, list[str]]) -> Answer:
        """Return the answer to a question with its notes."""
        path, asked = f"/questions/{question.name}", dict(given)
        part = self._json(f"{path}.json", asked, limit=MOST_ROWS)
        columns, rows = tuple(part["columns"]), part["rows"]
        while rows and len(rows) < part["total"]:
            place = {"limit": MOST_ROWS, "offset": len(rows), "release": part["release"]}
            rows += self._json(f"{path}.json", asked, **place)["rows"]
        things = [value for row in rows for value in row.values() if isinstance(value, dict)]
        self._labels |= {
            (chosen(), each["iri"]): Label(each["label"]) for each in things if each["label"] != each["iri"]
        }
        terms = tuple({name: _term(row[name]) for name in columns} for row in rows)
        query = self._get(f"{path}.rq", asked).decode()
        return Answer(question, columns, terms, query, given, {}, self.label, tuple(part.get("notes", ())))

    def why_empty(self, answer: Answer) -> str:
        """Say why an answer has no rows."""
        found = self._json(f"/questions/{answer.question.name}.json", dict(answer.given), limit=1)
        return str(found.get("why_empty", ""))

    def proofs(self, answer: Answer, rows: Iterable[int]) -> list[dict[str, Any]]:
        """Return for some rows of an answer what they state and what they rest on, as JSON members and as text."""
        path, given = f"/questions/{answer.question.name}.json", dict(answer.given)
        parts = (self._json(path, given, evidence="true", limit=1, offset=row) for row in rows)
        return [part["evidence"][0] for part in parts]

    def explained(self, subject: str, predicate: str, value: str) -> dict[str, Any]:
        """Return why a triple is in the graph, as JSON members and as text."""
        given = {"subject": [subject], "predicate": [predicate], "object": [value]}
        found = self._json("/explain.json", given, QueryError)
        return {name: told for name, told in found.items() if name != "permanent"}

    def name(self, iri: str) -> str:
        """Return the label of a thing, or nothing."""
        return self.names([iri]).get(iri, "")

    def names(self, iris: Iterable[str]) -> dict[str, str]:
        """Return the labels of those things that have one."""
        wanted = list(dict.fromkeys(iris))
        if missing := [iri for iri in wanted if (chosen(), iri) not in self._labels]:
            found = self._copied(_NAMED, missing, names=" ".join(map(str, NAMING)))
            self._labels |= {(chosen(), iri): best(found, NamedNode(iri)) for iri in missing}
        return {iri: name for iri in wanted if (name := self._labels[chosen(), iri])}

    def search(self, text: str, limit: int = 10, *, counted: bool = True) -> list[Name]:  # noqa: ARG002
        """Return the things whose names are most like a text, the best first; a service gives so many at the most."""
        from clustergraph.questions.search import Name

        return [Name(**hit) for hit in self._json("/search.json", {"q": [text]})[:limit]]

    def thing(self, iri: str) -> Thing:
        """Return what is said of a thing, with names and the sections that say so."""
        copy, nodes = Store(), {iri}
        for row in self.select(_ABOUT.format(node=NamedNode(iri), limit=8 * SHOWN)):
            triple = (row["s"], row["p"], row["o"])
            copy.extend([Quad(*triple), Quad(*triple, row["g"] or DefaultGraph())])
            nodes |= {term.value for term in (*triple, row["g"]) if isinstance(term, NamedNode)}
        named = self.names(nodes)
        copy.extend(self._copied(_NODES, sorted(nodes - named.keys() - {iri})))
        self.names(term.value for quad in copy for term in quad.triple if isinstance(term, NamedNode))
        return Things(Embedded(Path(), copy), self.name, self.sections).about(iri)

    def _copied(self, query: str, iris: Sequence[str], **more: str) -> Store:
        """Return the statements that a query gives for some things."""
        copy = Store()
        nodes = " ".join(str(NamedNode(iri)) for iri in iris)
        if nodes:
            copy.extend(Quad(row["s"], row["p"], row["o"]) for row in self.select(query.format(nodes=nodes, **more)))
        return copy

    def _json(
        self,
        path: str,
        given: Mapping[str, list[str]] | None = None,
        kind: type[ClustergraphError] = QuestionError,
        **more: object,
    ) -> Any:  # noqa: ANN401 - JSON
        """Return what is in a JSON document of the service."""
        try:
            return json.loads(self._get(path, given, kind, **more))
        except ValueError as error:
            raise ReleaseError(f"{self.address} is no service of clustergraph: {path} is not JSON") from error

    def _get(
        self,
        path: str,
        given: Mapping[str, list[str]] | None = None,
        kind: type[ClustergraphError] = QuestionError,
        **more: object,
    ) -> bytes:
        pairs = {**(given or {}), **more}
        return self._fetch(f"{path}?{urlencode(pairs, doseq=True)}" if pairs else path, None, "*/*", kind)[0]

    def _fetch(self, path: str, body: bytes | None, accept: str, kind: type[ClustergraphError]) -> tuple[bytes, str]:
        """Return what is at an address of the service, and its media type; its errors are raised as they were there."""
        message = Message(self.address + path, body, {"Accept": accept})  # noqa: S310 - it is http or https
        try:
            with self._opener.open(message, timeout=_SECONDS) as response:
                return response.read(), response.headers.get_content_type()
        except HTTPError as error:
            raise _error(error, kind) from error
        except (OSError, HTTPException, ValueError) as error:
            raise ReleaseError(f"{self.address} did not answer: {error}") from error


def _term(value: Any) -> NamedNode | Literal | None:  # noqa: ANN401 - a value of JSON
    """Return the term for a value of a row."""
    match value:
        case None:
            return None
        case {"iri": iri}:
            return NamedNode(iri)
    return Literal(value)


def _error(answer: HTTPError, kind: type[ClustergraphError]) -> ClustergraphError:
    """Return the error that a problem document tells; one of a kind, if nothing else says which."""
    try:
        told = json.loads(answer.read())
        message, advice = told["detail"], told.get("advice", "")
    except (ValueError, LookupError, TypeError, OSError):
        return ReleaseError(f"{answer.url} answered with {answer.code} {answer.reason}")
    match told:
        case {"limit": {"name": name, "value": value}}:
            limited = errors.BusyError if name == "waiting" else errors.OverLimitError
            return limited(message, limit=name, value=value, advice=advice)
        case {"choices": [*found], "value": name}:
            choices = [Choice(each["iri"], each["label"], each["class"]) for each in found]
            return AmbiguousNameError(name, choices, told.get("parameter", ""))
        case {"excerpt": excerpt, "line": line, "column": column}:
            return QuerySyntaxError.told(message, advice, line, column, excerpt)
    return _KINDS.get(answer.code, kind)(message, advice=advice)
