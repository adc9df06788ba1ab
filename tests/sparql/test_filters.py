"""Conditions on parameters: decided from the text where that changes no answer, and left alone where it would."""

from __future__ import annotations

from collections import Counter
from itertools import product
from random import Random

import pytest
from pyoxigraph import NamedNode, Quad, Store

from clustergraph.questions.question import load
from clustergraph.sparql.filters import simplified
from tests.conftest import ROOT

NODES = [NamedNode(f"http://x.example/n{n}") for n in range(4)]
P, Q, R = (f"<http://x.example/p{n}>" for n in range(3))
TRIPLES = [Quad(s, NamedNode(p[1:-1]), o) for s, p, o in product(NODES, (P, Q, R), NODES)]

TABLES = ["UNDEF", f"{NODES[0]}", f"{NODES[1]} {NODES[2]}", f"UNDEF {NODES[0]}", '"text"']
CONDITIONS = [
    f"EXISTS {{ ?a {Q} ?v }}",
    f"EXISTS {{ ?v {Q} ?b }}",
    f"EXISTS {{ ?a {Q}|{R} ?v }}",
    f"EXISTS {{ ?a {Q} ?open . ?open {R} ?v }}",
    f"EXISTS {{ ?c {Q} ?v }}",
    f"NOT EXISTS {{ ?a {Q} ?v }}",
    "?b = ?v",
    "?v = ?c",
    f"?b = ?v && EXISTS {{ ?a {R} ?b }}",
    "?a = ?b || ?b = ?v",
    "?b != ?v",
]
FRAMES = [
    f"SELECT * {{ TABLE ?a {P} ?b CONDITION }}",
    f"SELECT * {{ CONDITION ?a {P} ?b TABLE }}",
    f"SELECT * {{ TABLE ?a {P} ?b OPTIONAL {{ ?b {R} ?c }} CONDITION }}",
    f"SELECT * {{ TABLE OPTIONAL {{ ?a {R} ?c }} ?a {P} ?b CONDITION }}",
    f"SELECT * {{ TABLE ?a {P} ?b MINUS {{ ?a {R} ?v }} CONDITION }}",
    f"SELECT * {{ TABLE {{ ?a {P} ?b }} UNION {{ ?a {R} ?c }} CONDITION }}",
    f"SELECT * {{ ?v {R} ?c OPTIONAL {{ TABLE ?a {P} ?b CONDITION }} }}",
    f"SELECT * {{ ?v {R} ?c {{ SELECT ?a ?v {{ TABLE ?a {P} ?b CONDITION }} }} }}",
    f"SELECT * {{ ?a {P} ?b FILTER EXISTS {{ TABLE ?b {R} ?c CONDITION }} }}",
    f"SELECT * {{ TABLE ?a {P} ?b . ?b {R} ?v CONDITION }}",
    f"SELECT * {{ TABLE OPTIONAL {{ ?v {P} ?a }} ?a {P} ?b CONDITION }}",
    f"SELECT ?a (COUNT(*) AS ?n) {{ TABLE ?a {P} ?b CONDITION }} GROUP BY ?a",
    f"ASK {{ TABLE ?a {P} ?b CONDITION }}",
]


def asked(frame: str, table: str, condition: str) -> str:
    return frame.replace("TABLE", f"VALUES ?v {{ {table} }}").replace(
        "CONDITION", f"FILTER (!BOUND(?v) || {condition})"
    )


def answer(store, query):
    result = store.query(query)
    if not hasattr(result, "variables"):
        return bool(result)
    return Counter(tuple(sorted((v.value, str(row[v])) for v in result.variables)) for row in result)


@pytest.mark.parametrize("frame", FRAMES)
def test_a_query_with_its_conditions_decided_has_the_same_answer(frame):
    random = Random(frame)
    for table, condition in product(TABLES, CONDITIONS):
        query = asked(frame, table, condition)
        for _ in range(8):
            store = Store()
            store.extend(random.sample(TRIPLES, 16))
            assert answer(store, simplified(query)) == answer(store, query), simplified(query)


def test_a_parameter_that_is_not_given_has_no_condition():
    query = asked(FRAMES[0], "UNDEF", CONDITIONS[0])
    assert simplified(query) == f"SELECT * {{ VALUES ?v {{ UNDEF }} ?a {P} ?b  }}"


def test_what_is_given_is_where_the_engine_can_begin():
    query = asked(FRAMES[0], "<http://x.example/n0>", CONDITIONS[0])
    assert simplified(query).startswith(f"SELECT * {{ {{ ?a {Q} ?v }} VALUES")
    same = asked(FRAMES[0], "<http://x.example/n0>", "?b = ?v")
    assert "VALUES (?b ?v) { (<http://x.example/n0> <http://x.example/n0>) }" in simplified(same)
    path = asked(FRAMES[0], "<http://x.example/n0>", CONDITIONS[2])
    assert "SELECT DISTINCT ?a ?v" in simplified(path)


def test_most_conditions_of_the_questions_are_decided():
    texts = [each.query for each in load(ROOT / "queries").values()]
    before, after = (sum(text.count("(!BOUND(") for text in some) for some in (texts, map(simplified, texts)))
    assert before > 200
    assert after < before / 4
