"""What a query or update may be, told from its text before any engine sees it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from pyoxigraph import NamedNode

from clustergraph.errors import OverLimitError, QueryError
from clustergraph.settings import Settings
from clustergraph.sparql.federation import Allowed, Calls
from clustergraph.sparql.parser import query_of, update_of
from clustergraph.sparql.tokens import QuerySyntaxError, refused
from clustergraph.sparql.tree import Expression, Operation, every, services, written
from clustergraph.terms import BASE

_VOLATILE: Final = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
"""Functions that give another answer every time."""
IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\\x7f]+")
"""An absolute IRI."""
_BEGINNING: Final = r"""(?:[ \t\r\n]|#[^\r\n]*[\r\n])*(?:PREFIX\s+[A-Za-z0-9]*:\s*<[^\s<>"{}|^`\\]*>\s*)*"""
_PLAIN: Final = re.compile(rf"{_BEGINNING}(SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w.:-])", re.IGNORECASE)
"""How most queries begin: with comments, prefixes, the form."""
_MATTERS: Final = re.compile("SERVICE|FROM|" + "|".join(sorted(_VOLATILE)), re.IGNORECASE)
"""A query that has none of these behind its form, not even in a string, need not be read to know what it may be."""
_PLAIN_UPDATE: Final = re.compile(
    rf"{_BEGINNING}(INSERT|DELETE|WITH|CLEAR|DROP|CREATE|ADD|MOVE|COPY)(?![\w.:-])", re.IGNORECASE
)
_MATTERS_TO_UPDATES: Final = re.compile("SERVICE|LOAD", re.IGNORECASE)
_NO_SERVICE: Final = (
    "this endpoint asks no other host, so SERVICE is refused",
    "ask the other endpoint yourself, and bring its rows in with VALUES",
)
_NO_LOAD: Final = (
    "this endpoint fetches nothing from elsewhere, so LOAD is refused",
    "fetch the file yourself and send its statements with INSERT DATA or PUT",
)


@dataclass(frozen=True)
class Checked:
    """What there is to know about a query that may run."""

    form: str
    """SELECT, ASK, CONSTRUCT or DESCRIBE."""
    volatile: bool
    """Whether the same query can have another answer next time."""
    elsewhere: bool = False
    """Whether other hosts are to be asked for it."""

    @property
    def gives_graph(self) -> bool:
        """Whether the answer is a graph and not a table or a yes or no."""
        return self.form in ("CONSTRUCT", "DESCRIBE")


def check(query: str, graphs: Collection[str], settings: Settings, base: str = BASE) -> Checked:
    """Return what a query is, if this service answers such queries.

    It is a `QueryError` if it is none or names another graph, a `RefusedQueryError` if it would change the graph or ask
    a host that is not on the list, an `OverLimitError` if it is too long or nested too deeply.
    """
    _check_size("query", query, "query_bytes", settings.query_bytes, "make it shorter, for instance with fewer VALUES")
    plain = _PLAIN.match(query)
    if plain and not _MATTERS.search(query, plain.end()) and _is_flat(query, settings):
        return Checked(plain[1].upper(), volatile=False)
    tree = query_of(query, base, settings.nesting)
    asked = services(tree)
    if asked and not settings.allowed_hosts:
        raise refused(query, asked[0].start, *_NO_SERVICE)
    for graph in (*tree.dataset.default, *tree.dataset.named) if tree.dataset else ():
        check_graph(graph, graphs)
    for call in Calls.of(query).found if asked else ():
        Allowed.of(settings.allowed_hosts).address(call.iri)
    volatile = any(call.name in _VOLATILE for call in every(Expression, tree.selection))
    return Checked(tree.selection.form, bool(asked) or volatile, bool(asked))


def check_update(update: str, settings: Settings) -> None:
    """Check that an update is one that this service carries out: it calls no other host, and is not too large."""
    _check_size("update", update, "write_bytes", settings.write_bytes, "send it in several parts")
    plain = _PLAIN_UPDATE.match(update)
    if plain and not _MATTERS_TO_UPDATES.search(update, plain.end()) and _is_flat(update, settings):
        return  # the engine says whether it is well formed
    tree = update_of(update, nesting=settings.nesting)
    for clause in services(tree):
        raise refused(update, clause.start, *_NO_SERVICE)
    for operation in tree.operations:
        if operation.word == "LOAD":
            raise refused(update, operation.start, *_NO_LOAD)


def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI, for us and for the engine.

    >>> [is_iri(text) for text in ("http://a.example/b", "http://[b", "http://a.example/%zz", "b")]
    [True, False, False, False]
    """
    try:
        return bool(IRI.fullmatch(text) and NamedNode(text))
    except ValueError:
        return False


def with_dataset(update: str, default: Sequence[str], named: Sequence[str]) -> str:
    """Return an update whose patterns are matched in the given graphs, as the protocol's parameters ask.

    It is a `QueryError` if the update names graphs of its own, or an IRI is not one.
    """
    if not default and not named:
        return update
    for iri in (*default, *named):
        if not IRI.fullmatch(iri):
            raise QueryError(f"{iri!r} is not an IRI", advice="give a whole IRI as using-graph-uri")
    clauses = "".join([f"USING <{iri}> " for iri in default] + [f"USING NAMED <{iri}> " for iri in named])
    operations = update_of(update).operations
    for operation in operations:
        for node in (*operation.using, *([operation] if operation.word == "WITH" else [])):
            word = "USING" if node in operation.using else "WITH"
            message = f"{word} cannot be used together with using-graph-uri or using-named-graph-uri"
            raise QuerySyntaxError(update, node.start, message, "leave one of them out")

    def before_where(operation: Operation) -> str:
        # DELETE WHERE { … } has no place for a clause; DELETE { … } WHERE { … } means the same.
        short = [f"{update[each.start : each.end]} " for each in operation.templates if each is operation.group]
        return "".join([*short, clauses])

    matching = [replace(each, start=each.where, end=each.where) for each in operations if each.where is not None]
    return written(update, matching, before_where)


def check_graph(iri: str, graphs: Collection[str]) -> None:
    """Check that a graph is in the release; if not, the `QueryError` suggests graphs with a similar name."""
    if iri not in graphs:
        near = get_close_matches(iri, graphs, n=3, cutoff=0.6)
        advice = f"did you mean {' or '.join(f'<{graph}>' for graph in near)}?" if near else ""
        raise QueryError(
            f"there is no graph <{iri}> in this release, and none is fetched from elsewhere",
            advice=advice or "list the graphs with: SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }",
        )


def _check_size(kind: str, text: str, limit: str, most: int, advice: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most:
        message = f"the {kind} has {size:,} bytes, and {most:,} are allowed"
        raise OverLimitError(message, limit=limit, value=most, advice=advice)


def _is_flat(text: str, settings: Settings) -> bool:
    """Whether a text has so few brackets that they cannot be nested too deeply."""
    return sum(map(text.count, "{([")) <= settings.nesting
