"""The reader of SPARQL: from the text of a query or update to its tree, and what is wrong with it in words.

It reads SPARQL 1.1 with what the engine adds: LATERAL, triple terms, keywords without a space around them. It leaves to
the engine what has no bearing on the structure: which functions there are and how many arguments they take, where blank
nodes and variables may not stand, and the scope of variables. Where the first reading of its grammar fails, the engine
goes back and tries the next; here the first one counts, and a text for which it fails is refused.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from clustergraph.errors import ClustergraphError, QueryError, RefusedQueryError, SourceError, Where
from clustergraph.sparql.patterns import PatternReader, Source
from clustergraph.sparql.tokens import IRI, QuerySyntaxError, too_deep
from clustergraph.sparql.tree import QUERY_FORMS, UPDATE_FORMS, Dataset, GroupPattern, Leaf, Operation, Query, Update
from clustergraph.terms import PREFIXES

NESTING: Final = 1000
"""How many brackets may be open at a time if nobody says otherwise: more than Python can take is a limit, too."""
_LONG: Final = 8_000
"""The trees of longer texts, in characters, are not kept: a tree takes many times the memory of its text."""
_GRAPH_WORDS: Final = ("INTO", "GRAPH", "DEFAULT", "NAMED", "ALL", "TO", "SILENT")
_ENGINE_MESSAGE: Final = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_SENTENCE: Final = re.compile(r"(The|IRI|IRIs|Duplicated|BIND|SELECT|Already|An|Variables|Blank) [a-zA-Z* ]{8,}")


def query_of(text: str, base: str = "", nesting: int = NESTING) -> Query:
    """Return the tree of a query; those of the last queries are kept.

    Relative IRIs are relative to the base before any BASE; without, they stay as they are. It is a `QueryError` if it
    is empty or malformed, a `RefusedQueryError` if it is an update, an `OverLimitError` if it is nested too deeply.
    """
    return _kept(text, base, nesting) if len(text) <= _LONG else read_query(text, PREFIXES, base, nesting)


@lru_cache(maxsize=256)
def _kept(text: str, base: str, nesting: int) -> Query:
    return read_query(text, PREFIXES, base, nesting)


def read_query(text: str, prefixes: Mapping[str, str], base: str = "", nesting: int = NESTING) -> Query:
    """Return the tree of a query as `query_of` does, with other prefixes that need no declaration."""
    with _bounded(nesting):
        return _Parser(text, prefixes, base, nesting).query()


def update_of(text: str, nesting: int = NESTING) -> Update:
    """Return the tree of an update, with the errors of `query_of`."""
    with _bounded(nesting):
        return _Parser(text, PREFIXES, "", nesting).update()


def tree_of(text: str) -> Query | Update:
    """Return the tree of a query or an update, with the errors of `query_of`."""
    try:
        return query_of(text)
    except RefusedQueryError:
        return update_of(text)


@contextmanager
def _bounded(nesting: int) -> Iterator[None]:
    try:
        yield
    except RecursionError:  # more open brackets are allowed than Python can take
        raise too_deep("the brackets are nested too deeply", nesting) from None


def explain(text: str, message: str, prefixes: Mapping[str, str] = PREFIXES) -> ClustergraphError:
    """Return what the engine, which knew some prefixes, says about a malformed query or update, in words and where."""
    try:
        tree_of(text) if prefixes is PREFIXES else read_query(text, prefixes)
    except ClustergraphError as error:
        return error
    found = _ENGINE_MESSAGE.match(message)
    if found is None:
        return QueryError(message)
    line, column, expected = int(found[1]), int(found[2]), found[3]
    start = min(sum(map(len, text.splitlines(keepends=True)[: line - 1])) + column - 1, len(text))
    sentence = next((part for part in expected.split(", ") if _SENTENCE.match(part)), "")
    if sentence:
        return QuerySyntaxError(text, start, sentence.rstrip("., "))
    shown = re.compile(r"\w+|\S|$").search(text, start)
    return QuerySyntaxError(text, start, f"{shown[0][:40] if shown else ''!r} is not expected here")


def query_error(
    path: Path, query: str, error: SyntaxError, prefixes: Mapping[str, str] = MappingProxyType({})
) -> SourceError:
    """Return an error of the engine about the query of a file as one that names file, line and column.

    An update is explained with `PREFIXES`; see `explain`.
    """
    found = explain(query, str(error), prefixes)
    if not isinstance(found, QuerySyntaxError):
        return SourceError(found.message, where=Where(path), advice=found.advice)
    message = f"{found.reason}\n{found.excerpt}\n"
    return SourceError(message, where=Where(path, found.line, found.column), advice=found.advice)


class _Parser(PatternReader):
    """Reads whole queries and updates."""

    def query(self) -> Query:
        self._prologue()
        if self.kind == "end":
            raise QueryError("the query is empty", advice="try: SELECT * WHERE { ?s ?p ?o } LIMIT 10")
        if self.key in UPDATE_FORMS:
            raise RefusedQueryError(
                f"a query is read-only, so {self.key} is refused",
                advice="send an update to POST /update with a token, where the service takes writes; "
                "or change the files of the graph and build a new release",
            )
        if self.key not in QUERY_FORMS:
            raise self.error("a query starts with SELECT, ASK, CONSTRUCT or DESCRIBE")
        sources: list[Source] = []
        selection = self.selection(sources)
        if self.kind != "end":
            raise self.unexpected()
        default, named = (tuple(leaf.value for named, leaf in sources if named is kind) for kind in (False, True))
        dataset = Dataset(default, named) if sources else None
        return Query(self.text, tuple(self.leaves), selection, dataset, self.base)

    def update(self) -> Update:
        operations = []
        self._prologue()
        while self.kind != "end":
            operations.append(self._operation())
            if self.kind != "end":
                self.expect(";")
                self._prologue()
        if not operations:
            raise QueryError("the update is empty", advice="try: INSERT DATA { GRAPH <…> { … } }")
        return Update(self.text, tuple(self.leaves), tuple(operations))

    def _prologue(self) -> None:
        while self.key in ("PREFIX", "BASE", "VERSION"):
            word, prefix = self.key, ""
            self.advance(declaring=word == "PREFIX")
            if word == "PREFIX":
                prefix = self.written.removesuffix(":")
                if self.kind != "name" or ":" in prefix:
                    raise self.unexpected("write PREFIX name: <…>")
                self.advance()
            if self.kind != ("string" if word == "VERSION" else "iri"):
                raise self.unexpected()
            if word == "PREFIX":
                self.prefixes[prefix] = self.resolved()
            elif word == "BASE":
                self.base = self.resolved()
            self.advance()

    def _operation(self) -> Operation:
        start, word = self.start, self.key
        if word in QUERY_FORMS:
            raise self.error("this is a query", "send it as a query")
        if word not in UPDATE_FORMS:
            raise self.unexpected()
        self.advance()
        if word == "WITH":
            return self._modify(start, word, (self.leaf(*IRI),), ())
        if word not in ("INSERT", "DELETE"):
            return self._graphs(start, word)
        where = self.start
        if self.take("DATA"):
            group = self.group()
            return Operation(start, self.last, f"{word} DATA", templates=(group,))
        if word == "DELETE" and self.take("WHERE"):
            group = self.group()
            return Operation(start, self.last, "DELETE WHERE", templates=(group,), where=where, group=group)
        return self._modify(start, word, (), (self.group(),))

    def _modify(self, start: int, word: str, names: tuple[Leaf, ...], templates: tuple[GroupPattern, ...]) -> Operation:
        """Read the other templates, and what follows them."""
        while self.take("DELETE", "INSERT"):
            templates = (*templates, self.group())
        using: list[Leaf] = []
        while self.take("USING"):
            using.append(self.source()[1])
        where = self.start
        self.expect("WHERE")
        group = self.group()
        return Operation(start, self.last, word, names, False, templates, tuple(using), where, group)

    def _graphs(self, start: int, word: str) -> Operation:
        """Read what an operation on whole graphs says of them."""
        silent = self.take("SILENT")
        names: list[Leaf] = []
        while self.kind in IRI or self.key in _GRAPH_WORDS:
            if not self.take(*_GRAPH_WORDS):
                names.append(self.leaf())
        return Operation(start, self.last, word, tuple(names), silent)
