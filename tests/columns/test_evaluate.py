"""Answers from columns are those of the store, for random queries on random graphs, and wrong rules are found out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Quad, QueryBoolean, QuerySolutions, RdfFormat, Store, parse, serialize

from clustergraph.columns import answering as answers
from clustergraph.columns import expressions, file, grouping, index, joins, solutions
from clustergraph.columns.answering import answer
from clustergraph.columns.evaluate import Evaluator
from clustergraph.columns.index import Columns
from clustergraph.columns.solutions import Solutions, Uncovered
from clustergraph.engine.store import Embedded, Request
from clustergraph.errors import QueryError
from clustergraph.graph import Graph
from clustergraph.sparql.parser import query_of
from tests.columns import cases
from tests.columns.cases import Case, case
from tests.conftest import examples

SEEDS = st.integers(0, 2**40)


def merged(case: Case) -> Store:
    store = Store()
    store.extend(case.quads)
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    return store


def columns_of(case: Case) -> Columns:
    text = serialize(case.quads, format=RdfFormat.N_QUADS) if case.quads else b""
    return Columns.of(text.splitlines(keepends=True))


def expected(case: Case) -> Any:
    result = merged(case).query(case.query)
    match result:
        case QueryBoolean():
            return bool(result)
        case QuerySolutions():
            names = [variable.value for variable in result.variables]
            return Counter(
                frozenset((name, str(term)) for name, term in zip(names, row, strict=True) if term is not None)
                for row in result
            )


def found(case: Case) -> Any:
    evaluator = Evaluator(columns_of(case), query_of(case.query))
    form = query_of(case.query).selection.form
    result = evaluator.solutions()
    if form == "ASK":
        return result.length > 0
    texts = {name: [evaluator.terms.text(n) if n >= 0 else "" for n in column.tolist()]
             for name, column in result.columns.items()}  # fmt: skip
    return Counter(
        frozenset((name, column[place]) for name, column in texts.items() if column[place])
        for place in range(result.length)
    )


def differs(number: int) -> bool | None:
    """Return whether columns answer a case in another way than the store; None if they leave it to it."""
    one = case(number)
    try:
        return bool(found(one) != expected(one))
    except Uncovered:
        return None


@settings(max_examples=examples(3_000))
@given(SEEDS)
def test_columns_answer_as_the_store_does(number: int) -> None:
    assert not differs(number), case(number).query


def test_most_random_queries_are_answered_from_columns() -> None:
    answered = [differs(number) is not None for number in range(300)]
    assert sum(answered) > 150


# Wrong rules, each of which the comparison must find out.


def _no_merging(*args: Any) -> Any:
    one = _predicate(*args)
    return index.Predicate(
        one.quads, np.sort(index.keys(*index.pairs(one.quads)[::-1])), one.quads, one.graphs, 1.0, 1.0
    )


def _ends(pattern: joins.StatementPattern) -> tuple[str, str]:
    return pattern.subject.name, pattern.object.name


_predicate = index.Predicate.of
_join, _left, _without = Solutions.joined, Evaluator._optional, Solutions.without
WRONG: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a triple of two graphs counts twice": lambda patch: patch.setattr(index.Predicate, "of", _no_merging),
    "what is unbound fits to nothing": lambda patch: patch.setattr(
        Solutions, "split", lambda self, _: iter([(np.arange(self.length), self)])
    ),
    "OPTIONAL drops rows": lambda patch: patch.setattr(
        Evaluator, "_optional", lambda self, rows, group, scope: rows.joined(self._group(group, rows, scope))
    ),
    "MINUS takes away without a variable in common": lambda patch: patch.setattr(
        Evaluator, "_minus", lambda self, rows, group, scope: rows.take(
            np.full(rows.length, not self._group(group, rows, scope).length)
        ),
    ),
    "MINUS takes nothing away": lambda patch: patch.setattr(Solutions, "without", lambda self, _: self),
    "NOT EXISTS is EXISTS": lambda patch: patch.setattr(
        Evaluator, "_exists", (lambda exists: lambda self, *args: ~exists(self, *args))(Evaluator._exists)
    ),
    "DISTINCT does nothing": lambda patch: patch.setattr(Solutions, "distinct", lambda self, _=None: self),
    "an error is false": lambda patch: patch.setattr(
        expressions.Judge, "_judged",
        (lambda judged: lambda self, *args: np.abs(judged(self, *args)) * (judged(self, *args) > 0))(
            expressions.Judge._judged
        ),
    ),
    "a path of any length has at least one step": lambda patch: patch.setattr(
        joins.Matcher, "_reached",
        (lambda reached: lambda self, starts, path, reverse: (
            found := reached(self, starts, path, reverse)
        ).take(found.columns["start"] != found.columns["end"]))(joins.Matcher._reached),
    ),
    "a variable twice in a pattern is two": lambda patch: patch.setattr(
        joins.Matcher, "_open", lambda _, rows, pattern, of: rows.joined(
            Solutions(dict(zip(_ends(pattern), index.pairs(of.subjects), strict=True)), len(of))
        ),
    ),
    "graphs are not compared": lambda patch: patch.setattr(
        joins.Matcher, "_graphs", lambda _, rows, *more: rows.added(
            {more[-1].name: np.full(rows.length, 0, np.int64)} if more[-1].name else {}
        ),
    ),
    "COUNT(DISTINCT) counts all": lambda patch: patch.setattr(
        grouping._Aggregation, "_chosen", lambda _, number, values, __: (number, values)
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_rule_is_found_out(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    WRONG[wrong](monkeypatch)

    def is_wrong(number: int) -> bool:
        try:
            return bool(differs(number))
        except (AssertionError, IndexError, KeyError, ValueError):
            return True

    assert any(map(is_wrong, range(4_000)))


def test_columns_in_a_file_are_those_that_were_written(tmp_path: Path) -> None:
    for number in range(20):
        one = case(number)
        columns = columns_of(one)
        file.write(columns, tmp_path)
        again = file.open_(tmp_path)
        assert again is not None
        everything = query_of("SELECT * { GRAPH ?g { ?s ?p ?o } }")
        assert Evaluator(again, everything).solutions().length == len({*one.quads})
    assert file.open_(None) is None


def test_columns_of_another_form_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "FORM", "0")
    file.write(columns_of(case(1)), tmp_path)
    monkeypatch.undo()
    assert file.open_(tmp_path) is None


def test_an_engine_with_columns_answers_what_one_without_does(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    with_columns = Embedded(Path(), graph.store, Columns.of(_named_lines(graph.store)))
    without = Embedded(Path(), graph.store)
    used = []
    monkeypatch.setattr("clustergraph.engine.store.answer", lambda *args: used.append(1) or answers.answer(*args))
    queries = [question.query for question in graph.catalogue().values()]
    for query in queries:
        there, here = (
            [{str(term) for term in row} for row in engine.query(query)] for engine in (with_columns, without)
        )
        assert Counter(map(frozenset, there)) == Counter(map(frozenset, here)), query
    assert len(used) == len(queries)


def _named_lines(store: Store) -> list[bytes]:
    named = [quad for graph in store.named_graphs() for quad in store.quads_for_pattern(None, None, None, graph)]
    text = serialize(named, format=RdfFormat.N_QUADS)
    assert text is not None
    return text.splitlines(keepends=True)


@pytest.mark.parametrize("form", ["json", "csv", "tsv", "xml"])
def test_an_answer_from_columns_comes_in_every_format(graph: Graph, form: str) -> None:
    query = """SELECT ?class (COUNT(?x) AS ?n) { ?x a ?class } GROUP BY ?class ORDER BY DESC(?n) ?class LIMIT 5"""
    columns = Columns.of(_named_lines(graph.store))
    assert answer(columns, query_of(query))
    with_columns, without = Embedded(Path(), graph.store, columns), Embedded(Path(), graph.store)
    assert with_columns.answer(Request(query, form)) == without.answer(Request(query, form))


def test_too_many_rows_are_left_to_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solutions, "MOST_ROWS", 3)
    lines = [b'<a:s> <a:p> "%d" <a:g> .\n' % n for n in range(5)]
    with pytest.raises(Uncovered, match="too many"):
        Evaluator(Columns.of(lines), query_of("SELECT * { ?a <a:p> ?b . ?c <a:p> ?d }")).solutions()


MALFORMED = [
    "SELECT ?a { ?a <a:p> ?b } GROUP BY ?b",
    "SELECT (1 AS ?a) { ?a <a:p> ?b . ?c <a:p> ?b }",
    "SELECT * { { ?a <a:p> _:b } UNION { _:b <a:p> ?a } }",
    "SELECT * { ?a <a:none> ?b FILTER(<a:function>(?b)) }",
]


@pytest.mark.parametrize("query", MALFORMED)
def test_what_the_engine_refuses_columns_do_not_answer(query: str) -> None:
    lines = [b'<a:s%d> <a:p> "%d" <a:g> .\n' % (n, n) for n in range(500)]
    store = Store()
    store.load(b"".join(lines), RdfFormat.N_QUADS)
    for engine in (Embedded(Path(), store), Embedded(Path(), store, Columns.of(lines))):
        with pytest.raises(QueryError):
            engine.answer(Request(query, "json"))


def test_columns_that_fail_are_switched_off_and_the_store_answers(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Embedded(Path(), graph.store, Columns.of(_named_lines(graph.store)))

    def fail(*_: object) -> bytes:
        raise IndexError("planted")

    monkeypatch.setattr("clustergraph.engine.store.answer", fail)
    assert engine.query("ASK { ?x a cg:Cluster }")
    assert engine.columns is None
    assert "switched off" in caplog.text


XSD = "http://www.w3.org/2001/XMLSchema#"
ODD = {
    "braces": ['"{a}"@en', '"{0}"@en', '"b"@de'],
    "years of other lengths": [
        f'"{year}"^^<http://www.w3.org/2001/XMLSchema#gYear>' for year in ("12020", "2020", "-0044")
    ],
    "time zones": [f'"{day}"^^<http://www.w3.org/2001/XMLSchema#date>' for day in ("2020-01-02Z", "2020-01-01-09:00")],
}


@pytest.mark.parametrize("kind", ODD)
def test_terms_of_odd_forms_are_in_the_order_of_the_store(kind: str) -> None:
    text = "".join(f"<a:s{n}> <a:p> {term} <a:g> .\n" for n, term in enumerate(ODD[kind])).encode()
    store = Store()
    store.load(text, RdfFormat.N_QUADS)
    lines = serialize(store, format=RdfFormat.N_QUADS)
    assert lines is not None
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    query = "SELECT ?o { ?s <a:p> ?o } ORDER BY ?o"
    evaluator = Evaluator(Columns.of(lines.splitlines(keepends=True)), query_of(query))
    column = evaluator.solutions().column("o")
    assert evaluator.terms.texts(column) == [str(row["o"]) for row in store.query(query)]


def test_a_look_up_is_left_to_the_store() -> None:
    lines = [b'<a:s%d> <a:p> "%d" <a:g> .\n' % (n, n) for n in range(500)]
    with pytest.raises(Uncovered, match="look-up"):
        answer(Columns.of(lines), query_of("SELECT * { <a:s7> <a:p> ?b }"))
    assert answer(Columns.of(lines), query_of("ASK { ?a <a:p> ?b . FILTER NOT EXISTS { ?a <a:q> ?b } }"))


# Columns that grow


@settings(max_examples=examples(300))
@given(SEEDS)
def test_columns_that_grow_are_those_of_all_statements(number: int) -> None:
    """The terms of what comes later are made first as a query makes them, and then get their places."""
    one, chance = case(number), Random(number)
    graph = cases.GRAPHS[0]
    later = [quad for quad in one.quads if quad.graph_name == graph and chance.random() < 0.5]
    said = {quad.triple for quad in one.quads if quad not in later}
    first = columns_of(Case(tuple(quad for quad in one.quads if quad not in later), ""))
    terms, new = first.terms.own(), [quad for quad in later if quad.triple not in said]
    made = np.array([[terms.number(str(term)) for term in quad.triple] for quad in new], np.int64).reshape(-1, 3)
    statements = index.keyed(*made.T)
    assert first.lacking(statements).keys() == statements.keys()
    grown = first.extended(terms, statements, terms.number(str(graph)))
    assert rows_of(grown) == {*one.quads} - {quad for quad in later if quad.triple in said}
    again = [[grown.terms.find(str(term)) for term in quad.triple] for quad in new]
    assert grown.lacking(index.keyed(*np.array(again, np.int64).reshape(-1, 3).T)) == {}


def rows_of(columns: Columns) -> set[Quad]:
    lines = []
    for number, of in columns.predicates.items():
        assert (of.subjects[1:] > of.subjects[:-1]).all()
        assert np.array_equal(np.sort(index.keys(*reversed(index.pairs(of.subjects)))), of.objects)
        for (subject, value), graph in zip(zip(*index.pairs(of.quads), strict=True), of.graphs.tolist(), strict=True):
            lines.append(" ".join(columns.terms.text(int(n)) for n in (subject, number, value, graph)) + " .\n")
    return {*parse("".join(lines).encode(), RdfFormat.N_QUADS)}
