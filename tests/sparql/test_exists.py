"""Rewritten queries: the same answers as before, faster, and rules that are wrong are found out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from clustergraph.sparql.exists import rewrite
from tests.conftest import examples

NODES = [NamedNode(f"http://x.example/n{n}") for n in range(4)]
PREDICATES = [NamedNode(f"http://x.example/p{n}") for n in range(3)]
PATHS = [f"{PREDICATES[0]}/{PREDICATES[1]}", f"{PREDICATES[0]}*", f"^{PREDICATES[1]}", f"!{PREDICATES[2]}"]
VALUES = [Literal(n) for n in range(3)]
GRAPHS = [DefaultGraph(), NamedNode("http://x.example/g1"), NamedNode("http://x.example/g2")]
VARIABLES = ["?a", "?b", "?c", "?d", "?e"]

QUADS = [Quad(*terms) for terms in product(NODES, PREDICATES, [*NODES, *VALUES], GRAPHS)]


def patterns(variables, least, most):
    """Return lists of triple patterns; most of their terms are variables."""
    subject = st.one_of(st.sampled_from(variables), st.sampled_from(variables), st.sampled_from(NODES).map(str))
    predicate = st.one_of(st.sampled_from(PREDICATES).map(str), st.sampled_from(["?p", *variables[:1], *PATHS]))
    object_ = st.one_of(
        st.sampled_from(variables), st.sampled_from(variables), st.sampled_from([*NODES, *VALUES]), st.just("[]")
    )
    term = st.tuples(subject, predicate, object_).map(lambda terms: " ".join(map(_text, terms)))
    return st.lists(term, min_size=least, max_size=most)


def _text(term):
    # A bare number needs a space before the dot that follows.
    return term.value if isinstance(term, Literal) else str(term)


@dataclass(frozen=True)
class Case:
    """A graph, and a query with an EXISTS whose group is known in pieces."""

    quads: tuple[Quad, ...]
    frame: str
    outside: str
    negated: bool
    patterns: tuple[str, ...]
    filters: tuple[str, ...]

    @property
    def keyword(self):
        return "NOT EXISTS" if self.negated else "EXISTS"

    @property
    def group(self):
        return " . ".join([*self.patterns]) + " . " + " ".join(self.filters)

    def query(self, condition):
        return self.frame.replace("OUTSIDE", self.outside).replace("CONDITION", condition)

    @property
    def original(self):
        return self.query(f"{self.keyword} {{ {self.group} }}")


FRAMES = [
    "SELECT * { OUTSIDE FILTER CONDITION }",
    "SELECT * { FILTER CONDITION OUTSIDE }",
    "SELECT * { OUTSIDE FILTER (CONDITION || ?a = ?b) }",
    "SELECT * { OUTSIDE BIND (CONDITION AS ?found) }",
    "SELECT * { GRAPH ?g { OUTSIDE FILTER CONDITION } }",
    "SELECT * { GRAPH <http://x.example/g1> { OUTSIDE FILTER CONDITION } }",
    "SELECT * FROM <http://x.example/g1> FROM NAMED <http://x.example/g2> { OUTSIDE FILTER CONDITION }",
    "SELECT * { ?a ?q ?z OPTIONAL { OUTSIDE FILTER CONDITION } }",
    "SELECT * { OUTSIDE OPTIONAL { ?c ?q ?e } FILTER CONDITION }",
    "SELECT * { VALUES (?c ?d) { (<http://x.example/n1> UNDEF) (UNDEF 1) } OUTSIDE FILTER CONDITION }",
    "SELECT * { { OUTSIDE } UNION { ?c ?d ?e } FILTER CONDITION }",
    "SELECT * { ?c ?q ?d { SELECT ?a ?b { OUTSIDE FILTER CONDITION } } }",
    "SELECT ?a (COUNT(*) AS ?n) { OUTSIDE } GROUP BY ?a HAVING (CONDITION)",
    "SELECT ?a ?b (CONDITION AS ?found) { OUTSIDE }",
    "SELECT * { OUTSIDE MINUS { OUTSIDE FILTER CONDITION } }",
    "SELECT * { FILTER CONDITION }",
    "ASK { OUTSIDE FILTER CONDITION }",
]

FILTERS = [
    "FILTER (?c > ?b)",
    "FILTER (?a != ?d)",
    "FILTER (isIRI(?e) || ?c = 1)",
    "FILTER isLiteral(?d)",
    "FILTER (!BOUND(?e))",
    "FILTER (?zz = 1)",
    "FILTER NOT EXISTS { ?c ?b ?d . ?d ?p ?e }",
    "FILTER EXISTS { ?e ?p ?c . ?a ?r ?e }",
]

cases = st.builds(
    Case,
    quads=st.lists(st.sampled_from(QUADS), min_size=8, max_size=40).map(tuple),
    frame=st.sampled_from(FRAMES),
    outside=patterns(VARIABLES[:3], 1, 2).map(" . ".join),
    negated=st.booleans(),
    patterns=patterns(VARIABLES, 2, 3).map(tuple),
    filters=st.lists(st.sampled_from(FILTERS), max_size=1).map(tuple),
)


def answer(store, query):
    result = store.query(query)
    if not hasattr(result, "variables"):
        return bool(result)
    return Counter(tuple(sorted((v.value, str(row[v])) for v in result.variables)) for row in result)


def differs(case: Case, other: str) -> bool:
    """Whether another query has another answer than the original."""
    store = Store()
    store.extend(case.quads)
    return answer(store, case.original) != answer(store, other)


@settings(max_examples=examples(1500), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases)
def test_a_rewritten_query_has_the_same_answer(case):
    assert not differs(case, rewrite(case.original)), f"{case.original}\n{rewrite(case.original)}"


def test_most_of_the_random_queries_are_rewritten():
    rewritten = []

    @settings(
        max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
    )
    @given(cases)
    def look(case):
        rewritten.append(rewrite(case.original) != case.original)

    look()
    assert sum(rewritten) > examples(300) / 2


# Rules that look right and are not. Each must be found out by the same comparison.


def minus(case):
    if not case.negated or "FILTER CONDITION" not in case.frame:
        return case.original
    return case.query("CONDITION").replace("FILTER CONDITION", f"MINUS {{ {case.group} }}")


def split(case):
    first, *rest = case.patterns
    both = f"EXISTS {{ {first} }} && EXISTS {{ {' . '.join(rest)} . {' '.join(case.filters)} }}"
    return case.query(f"({'!' if case.negated else ''}({both}))")


def double_negation(case):
    first, *rest = case.patterns
    return case.query(
        f"{case.keyword} {{ {first} FILTER {case.keyword} {{ {' . '.join(rest)} . {' '.join(case.filters)} }} }}"
    )


def first_only(case):
    return case.query(f"{case.keyword} {{ {case.patterns[0]} . {' '.join(case.filters)} }}")


def early_filter(case):
    first, *rest = case.patterns
    return case.query(f"{case.keyword} {{ {first} {' '.join(case.filters)} FILTER EXISTS {{ {' . '.join(rest)} }} }}")


def sub_select(case):
    return case.query(f"{case.keyword} {{ {{ SELECT * {{ {case.group} }} LIMIT 1 }} }}")


def join_outside(case):
    if case.negated or "FILTER CONDITION" not in case.frame:
        return case.original
    return case.query("CONDITION").replace("FILTER CONDITION", f"{{ {case.group} }}")


WRONG = [minus, double_negation, first_only, early_filter, sub_select, join_outside]


def found_out(wrong: Callable[[Case], str], random: Random) -> bool:
    """Whether some of the random cases show that a rule is wrong."""
    try:
        find(
            cases,
            lambda case: differs(case, wrong(case)),
            random=random,
            settings=settings(
                max_examples=1500,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    except NoSuchExample:
        return False
    return True


@pytest.mark.parametrize("wrong", [*WRONG, pytest.param(split, marks=pytest.mark.slow)])
def test_a_wrong_rule_is_found_out(wrong: Callable[[Case], str]):
    assert any(found_out(wrong, Random(seed)) for seed in range(20)), "the random cases do not show that it is wrong"


@pytest.mark.parametrize(
    "group",
    [
        "_:x ?p ?a . _:x ?q ?c",
        "?a ?p [ ?q ?c ] . ?a ?q ?c",
        "?a <p> ( ?b ) . ?b <r> ?c",
        "?a <p> ?b . ?b <q> ?c FILTER (RAND() < 0.5)",
        "?a <p> ?b . ?b <q> ?c OPTIONAL { ?c <r> ?d }",
        "?a <p> ?b . ?b <q> ?c BIND (?c AS ?d)",
        "?a <p> ?b . VALUES ?b { 1 } ?b <q> ?c",
        "{ ?a <p> ?b } UNION { ?b <q> ?c }",
        "GRAPH ?g { ?a <p> ?b . ?b <q> ?c }",
        "SELECT ?a { ?a <p> ?b . ?b <q> ?c }",
        "?a <p> ?b , . ?b <q> ?c",
        "?x <p> ?y . ?y <q> ?z",
        "?a <p> ?b . ?y <q> ?z",
        "?a <p> ?b",
        " . ".join(f"?a <p{n}> ?b" for n in range(9)),
    ],
)
def test_what_the_rule_does_not_cover_stays_as_it_is(group):
    query = f"SELECT * {{ ?a <x> ?c FILTER NOT EXISTS {{ {group} }} }}"
    assert "{ ?a <p> ?b . }" in rewrite(query) if group == "?a <p> ?b" else rewrite(query) == query


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?a ?p ?b }",
        "SELECT * { ?a ?p 'NOT EXISTS { ?a ?b ?c . ?c ?d ?e }' }",
        "SELECT * { ?a ?p ?b # NOT EXISTS { ?a ?b ?c . ?c ?d ?e }\n }",
        "SELECT * { FILTER NOT EXISTS { ?a ?b ?c . ?c ?d ?e",
        "SELECT * { FILTER NOT EXISTS { 'open",
        "ASK {" + "?a ?b ?c FILTER EXISTS { ?a ?p ?c . ?c ?d ?e }" * 40 + "}",
        "EXISTS {",
        "",
    ],
)
def test_other_texts_stay_as_they_are(query):
    assert rewrite(query) == query


def test_lists_of_objects_strings_and_comments_are_read():
    query = """SELECT * { ?a a ex:A FILTER NOT EXISTS { # none
      ?a ex:p ?b , "x. }"@en-GB ; # with a dot.
         ex:q "3"^^ex:int . ?b a ex:B. ?b ex:r ?c FILTER(?c > (1 + 2)) } }"""
    prefix = "PREFIX ex: <http://x.example/>"
    new = rewrite(prefix + query)
    assert new.count("EXISTS") == 5
    assert new.count("ex:B") == 1
    store = Store()
    store.update(prefix + "INSERT DATA { ex:1 a ex:A . ex:2 a ex:A ; ex:p ex:b, 'x. }'@en-GB ; ex:q '3'^^ex:int . "
                 "ex:b a ex:B ; ex:r 4 }")  # fmt: skip
    rows = [row["a"].value for row in store.query(new)]
    assert rows == [row["a"].value for row in store.query(prefix + query)] == ["http://x.example/1"]


def test_what_follows_a_group_is_looked_up_from_it_and_not_for_every_row():
    # Every row would cost a pass over all 4,000 others: 16 million steps in place of some thousands.
    store = Store()
    links = [(NamedNode(f"http://x.example/{n}"), NamedNode(f"http://x.example/{n + 1}")) for n in range(4000)]
    store.bulk_extend(Quad(one, PREDICATES[0], two) for one, two in links)
    predicate = PREDICATES[0]
    query = f"SELECT ?a {{ ?a {predicate} ?b FILTER NOT EXISTS {{ ?b {predicate} ?c . ?c {predicate} ?d }} }}"
    assert len(list(store.query(rewrite(query)))) == 2
