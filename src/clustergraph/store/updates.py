"""What an update may be, decided from its text before any engine sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from clustergraph.config import Settings
from clustergraph.errors import QueryError, RefusedQueryError
from clustergraph.store import OverLimitError
from clustergraph.store.guard import QUERY_FORMS, check_nesting, check_words
from clustergraph.store.syntax import Token, place, problem_at, tokenise

IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\\x7f]+")
"""An absolute IRI."""
_OUTSIDE: Final = frozenset({
    "PREFIX", "BASE", "VERSION", "INSERT", "DELETE", "DATA", "WHERE", "USING", "NAMED", "WITH", "GRAPH", "CREATE",
    "DROP", "CLEAR", "ADD", "MOVE", "COPY", "TO", "DEFAULT", "ALL", "SILENT",
})  # fmt: skip
"""The keywords that can stand outside all brackets."""


def check(update: str, settings: Settings) -> None:
    """Check that an update is one that this service carries out; its grammar is left to the engine.

    >>> check("INSERT DATA { GRAPH <g:a> { <s:a> <p:a> 1 } }", Settings())

    Raises:
        RefusedQueryError: it would call another host.
        QueryError: it is no update.
        OverLimitError: it is too long or nested too deeply.
    """
    size = len(update.encode("utf-8", "surrogatepass"))
    if size > settings.write_bytes:
        raise OverLimitError(
            f"the update has {size:,} bytes, and {settings.write_bytes:,} are allowed",
            limit="write_bytes",
            value=settings.write_bytes,
            advice="send it in several parts",
        )
    tokens = list(tokenise(update))
    check_words(update, tokens)
    for token in tokens:
        word = token.text.partition(":")[0].upper() if token.kind == "name" else token.keyword
        if word.startswith("LOAD"):
            line, column = place(update, token.start)
            raise RefusedQueryError(
                f"this endpoint fetches nothing from elsewhere, so LOAD is refused (line {line}, column {column})",
                advice="fetch the file yourself and send its statements with INSERT DATA or PUT"
                + ("; a prefix cannot begin with this word" if token.kind == "name" else ""),
            )
    check_nesting(update, tokens, settings.nesting)
    if not tokens:
        raise QueryError("the update is empty", advice="try: INSERT DATA { GRAPH <…> { … } }")
    for token in _outside(tokens):
        if token.keyword in QUERY_FORMS:
            raise problem_at(update, token.start, "this is a query", "send it as a query")


def with_dataset(update: str, default: Sequence[str], named: Sequence[str]) -> str:
    """Return an update whose patterns are matched in the given graphs, as the protocol's parameters ask.

    >>> with_dataset("DELETE WHERE { ?s ?p ?o }", ["g:a"], [])
    'DELETE { ?s ?p ?o } USING <g:a> WHERE { ?s ?p ?o }'

    Raises:
        QueryError: the update names graphs of its own, or an IRI is not one.
    """
    if not default and not named:
        return update
    for iri in (*default, *named):
        if not IRI.fullmatch(iri):
            raise QueryError(f"{iri!r} is not an IRI", advice="give a whole IRI as using-graph-uri")
    tokens = list(tokenise(update))
    outside = list(_outside(tokens))
    for token in outside:
        if token.keyword in ("USING", "WITH"):
            message = f"{token.keyword} cannot be used together with using-graph-uri or using-named-graph-uri"
            raise problem_at(update, token.start, message, "leave one of them out")
        if token.kind == "word" and token.keyword not in _OUTSIDE:
            raise problem_at(
                update, token.start, f"{token.text[:40]!r} is not expected here", "put space between words"
            )
    clauses = [f"USING <{iri}> " for iri in default] + [f"USING NAMED <{iri}> " for iri in named]
    pieces, done = [], 0
    for token in outside:
        if token.keyword == "WHERE":
            # DELETE WHERE { … } has no place for a clause; DELETE { … } WHERE { … } means the same.
            short = tokens[tokens.index(token) - 1].keyword == "DELETE"
            pieces += [update[done : token.start], _group(update, tokens, token) if short else "", *clauses]
            done = token.start
    return "".join(pieces) + update[done:]


def _outside(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens outside all brackets."""
    depth = 0
    for token in tokens:
        if token.kind == "other" and token.text in "{([":
            depth += 1
        elif token.kind == "other" and token.text in "})]":
            depth -= 1
        elif depth == 0:
            yield token


def _group(update: str, tokens: Sequence[Token], where: Token) -> str:
    """Return the group behind WHERE, with its brackets and a space."""
    depth, start = 0, None
    for token in tokens[tokens.index(where) + 1 :]:
        if token.text == "{" and token.kind == "other":
            start = token.start if start is None else start
            depth += 1
        elif token.text == "}" and token.kind == "other":
            depth -= 1
            if depth == 0 and start is not None:
                return update[start : token.start + 1] + " "
    raise problem_at(update, where.start, "the pattern behind WHERE is not closed", "close every bracket")
