"""What a query may be, decided from its text before any engine sees it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from clustergraph.config import Settings
from clustergraph.errors import QueryError, RefusedQueryError
from clustergraph.store import OverLimitError
from clustergraph.store.dataset import Dataset
from clustergraph.store.federation import Clauses
from clustergraph.store.hosts import Allowed
from clustergraph.store.syntax import Token, place, problem_at, tokens_of

QUERY_FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATE_FORMS: Final = (
    "INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH",
)  # fmt: skip
VOLATILE: Final = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
"""Functions that give another answer every time."""


_PLAIN: Final = re.compile(
    r"""\s*(?:PREFIX\s+[A-Za-z0-9]*:\s*<[^\s<>"{}|^`\\]*>\s*)*(SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w.:-])""",
    re.IGNORECASE,
)
"""How most queries begin."""
_MATTERS: Final = re.compile("SERVICE|FROM|" + "|".join(sorted(VOLATILE)), re.IGNORECASE)
"""A query that has none of these anywhere, not even in a string, need not be read to know what it may be."""


@dataclass(frozen=True)
class Checked:
    """What there is to know about a query that may run."""

    form: str
    """One of the `QUERY_FORMS`."""
    volatile: bool
    """Whether the same query can have another answer next time."""
    elsewhere: bool = False
    """Whether other hosts are to be asked for it."""

    @property
    def gives_graph(self) -> bool:
        """Whether the answer is a graph and not a table or a yes or no."""
        return self.form in ("CONSTRUCT", "DESCRIBE")


def check(query: str, graphs: Collection[str], settings: Settings) -> Checked:
    """Return what a query is, if this service answers such queries.

    >>> check("PREFIX ex: <http://example.org/> ASK { ?s a ex:Thing }", [], Settings()).form
    'ASK'

    Raises:
        RefusedQueryError: it would change the graph, or call a host that is not on the list.
        QueryError: it is no query, or names a graph that is not among the graphs.
        OverLimitError: it is too long or nested too deeply.
    """
    size = len(query.encode("utf-8", "surrogatepass"))
    if size > settings.query_bytes:
        raise OverLimitError(
            f"the query has {size:,} bytes, and {settings.query_bytes:,} are allowed",
            limit="query_bytes",
            value=settings.query_bytes,
            advice="make it shorter, for instance with fewer VALUES",
        )
    plain = _PLAIN.match(query)
    if plain and not _MATTERS.search(query) and sum(map(query.count, "{([")) <= settings.nesting:
        return Checked(plain[1].upper(), volatile=False)
    tokens = tokens_of(query)
    elsewhere = bool(settings.allowed_hosts) and any(token.keyword == "SERVICE" for token in tokens)
    check_words(query, tokens, settings.allowed_hosts)
    check_nesting(query, tokens, settings.nesting)
    form = _form(query, tokens)
    dataset = Dataset.of(query, tokens)
    for iri in (*dataset.default, *dataset.named) if dataset else ():
        check_graph(iri, graphs)
    if elsewhere:
        for clause in Clauses.of(query).found:
            Allowed.of(settings.allowed_hosts).address(clause.iri)
    return Checked(form, elsewhere or any(token.keyword in VOLATILE for token in tokens), elsewhere)


def check_words(query: str, tokens: Sequence[Token], allowed_hosts: str = "") -> None:
    """Check that no word of a query or update asks another host, or does so plainly if some may be asked.

    Raises:
        RefusedQueryError: one does.
    """
    for token in tokens:
        if allowed_hosts and token.keyword == "SERVICE":
            continue
        prefix = token.text.partition(":")[0] if token.kind == "name" else token.keyword
        if "SERVICE" in prefix.upper():
            line, column = place(query, token.start)
            raise RefusedQueryError(
                f"this endpoint asks no other host, so SERVICE is refused (line {line}, column {column})",
                advice="ask the other endpoint yourself, and bring its rows in with VALUES"
                + ("; a prefix cannot have this word in its name" if token.kind == "name" else ""),
            )


def check_nesting(query: str, tokens: Sequence[Token], limit: int) -> None:
    """Check that no more than so many brackets are open at a time.

    Raises:
        OverLimitError: there are.
    """
    depth = 0
    for token in tokens:
        if token.kind == "other" and token.text in "{([":
            depth += 1
        elif token.kind == "other" and token.text in "})]":
            depth -= 1
        if depth > limit:
            line, column = place(query, token.start)
            raise OverLimitError(
                f"more than {limit} brackets are open at line {line}, column {column}",
                limit="nesting",
                value=limit,
                advice="nest groups and expressions less deeply",
            )


def _form(query: str, tokens: Sequence[Token]) -> str:
    """Return the keyword behind the prologue."""
    rest = iter(tokens)
    for token in rest:
        if token.keyword in ("PREFIX", "BASE", "VERSION"):
            for _ in range(2 if token.keyword == "PREFIX" else 1):
                next(rest, None)
        elif token.keyword in QUERY_FORMS:
            return token.keyword
        elif any(token.keyword.startswith(update) for update in UPDATE_FORMS):
            raise RefusedQueryError(
                f"this endpoint is read-only, so {token.keyword} is refused",
                advice="change the files of the graph and build a new release",
            )
        else:
            raise problem_at(query, token.start, "a query starts with " + ", ".join(QUERY_FORMS[:-1]) + " or DESCRIBE")
    raise QueryError("the query is empty", advice="try: SELECT * WHERE { ?s ?p ?o } LIMIT 10")


def check_graph(iri: str, graphs: Collection[str]) -> None:
    """Check that a graph is in the release.

    Raises:
        QueryError: it is not; graphs with a similar name are suggested.
    """
    if iri not in graphs:
        near = get_close_matches(iri, graphs, n=3, cutoff=0.6)
        advice = f"did you mean {' or '.join(f'<{graph}>' for graph in near)}?" if near else ""
        raise QueryError(
            f"there is no graph <{iri}> in this release, and none is fetched from elsewhere",
            advice=advice or "list the graphs with: SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }",
        )
