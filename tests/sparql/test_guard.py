"""What the guard lets through, and what it refuses."""

from __future__ import annotations

import resource

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustergraph.errors import OverLimitError, QueryError, RefusedQueryError
from clustergraph.settings import Settings
from clustergraph.sparql.guard import check, check_update
from clustergraph.sparql.parser import explain
from clustergraph.sparql.tokens import QuerySyntaxError
from clustergraph.terms import PREFIXES

INFERRED = "https://w3id.org/clustergraph/graph/inferred"
GRAPHS = [INFERRED, "https://w3id.org/clustergraph/graph/wiintech-2020/3-1"]
SETTINGS = Settings()
HOST = "<http://127.0.0.1:1/>"


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("SELECT * { ?s ?p ?o }", "SELECT"),
        ("  # SERVICE INSERT\n ask {}", "ASK"),
        ("PREFIX select: <http://a.example/> CONSTRUCT WHERE { ?s select:ask ?o }", "CONSTRUCT"),
        ("BASE <http://a.example/> PREFIX : <b#> DESCRIBE :c", "DESCRIBE"),
        ("SELECT (1 AS ?x) FROM graph:inferred { FILTER(?a<3 && ?b>2) }", "SELECT"),
    ],
)
def test_the_form_is_read_behind_the_prologue(query, form):
    assert check(query, GRAPHS, SETTINGS).form == form


@pytest.mark.parametrize(
    "query",
    [
        'ASK { ?s cg:service "SERVICE" , """a "SERVICE" b""" , \'it\\\'s SERVICE\' }',
        "ASK { ?service ?p <http://a.example/SERVICE#x> } # SERVICE <http://b.example/>",
        "ASK { ?s ?p 'x'@service }",
        "ASK { ?s cg:insert ?delete }",
        "PREFIX service: <http://a.example/> ASK { ?s service:x service:service }",
        "ASK { ?s cg:offersService service:training ; cg:service ?myservice }",
        "PREFIX myservice: <http://a.example/> ASK { ?s ?p _:service . FILTER(myservice:f(?s)) }",
    ],
)
def test_words_in_strings_names_iris_and_comments_do_not_count(query):
    check(query, GRAPHS, SETTINGS)


@pytest.mark.parametrize(
    "pattern",
    [
        f"SERVICE {HOST} {{}}",
        f"service silent {HOST} {{}}",
        f"SERVICESILENT {HOST} {{}}",
        f"SeRvIcE# a comment\n{HOST}{{}}",
        f"?s ?p cg:a.b.SERVICE {HOST} {{}}",
        f"FILTER(1 = 1 && NOT EXISTS {{ SERVICE {HOST} {{}} }})",
        f"{{ SELECT (EXISTS {{ SERVICE {HOST} {{}} }} AS ?x) {{}} }}",
        f"?s ?p trueSERVICE {HOST} {{}}",
        f"?s ?p 1SERVICE {HOST} {{}}",
        "SERVICEcg:x {}",
        "SERVICE:x {}",
        "SERVICE ?g {}",
    ],
)
def test_no_other_host_is_asked(pattern):
    with pytest.raises(RefusedQueryError, match="SERVICE is refused"):
        check(f"PREFIX : <http://a.example/> SELECT * {{ {pattern} }}", GRAPHS, SETTINGS)


@pytest.mark.parametrize(
    "pattern",
    [
        f"FILTER(?a<'x>' && EXISTS {{ SERVICE {HOST} {{}} }} && 'y' = '')",
        f"FILTER(?a<?b#> '''\n && EXISTS {{ SERVICE {HOST} {{}} }}) # '''\n",
        f"FILTER(?a<urn:b#> '''\n && EXISTS {{ SERVICE {HOST} {{}} }}) # '''\n",
    ],
)
def test_nothing_hides_behind_a_comparison_that_looks_like_an_iri(pattern):
    with pytest.raises((QuerySyntaxError, RefusedQueryError)):
        check(f"SELECT * {{ ?s ?p ?a, ?b {pattern} }}", GRAPHS, SETTINGS)


PIECES = ["<", ">", "'", '"', "'''", "#", "\n", " ", "?a", "ex:a", "urn:b", "http://x/", "&&", "(", ")", "{", "}", "1"]


@given(st.lists(st.sampled_from([*PIECES, "\\", "SERVICE ?a {}", "EXISTS {SERVICE ?a {}}"]), max_size=14))
def test_what_the_guard_lets_through_has_no_service_for_the_engine(pieces):
    query = "PREFIX ex: <http://e.example/> PREFIX urn: <http://u.example/> ASK { ?a ?b ?c FILTER(?a " + "".join(pieces)
    query += " ) }"
    try:
        check(query, GRAPHS, SETTINGS)
        plan = pyoxigraph.Store().query(query)
    except (QueryError, RefusedQueryError, SyntaxError):
        return
    except OSError as error:
        pytest.fail(f"the engine tried to reach another host: {error} for {query!r}")
    assert bool(plan) is False


@pytest.mark.parametrize(
    "update",
    ["INSERT DATA {}", "delete where { ?s ?p ?o }", "LOAD <http://a.example/>", "PREFIX a: <b:c> CLEAR ALL",
     "DROP ALL", "CREATE GRAPH <a:b>", "ADD <a:b> TO <a:c>", "MOVE <a:b> TO <a:c>", "COPY <a:b> TO <a:c>",
     "WITH <a:b> DELETE {} WHERE {}"],
)  # fmt: skip
def test_updates_are_refused_with_a_reason(update):
    with pytest.raises(RefusedQueryError, match="read-only") as caught:
        check(update, GRAPHS, SETTINGS)
    assert "POST /update" in caught.value.advice
    assert "build" in caught.value.advice


@pytest.mark.parametrize(
    "clause",
    ["FROM <https://w3id.org/clustergraph/graph/infered>", "FROM NAMED graph:infered",
     "BASE-PLACE FROM <graph/infered>", "FROMNAMED<https://w3id.org/clustergraph/graph/infered>"],
)  # fmt: skip
def test_an_unknown_graph_is_named_and_a_near_one_suggested(clause):
    base = "BASE <https://w3id.org/clustergraph/> " if clause.startswith("BASE-PLACE") else ""
    with pytest.raises(QueryError, match=r"no graph <.*infered>") as caught:
        check(f"{base}SELECT * {clause.removeprefix('BASE-PLACE ')} {{ ?s ?p ?o }}", GRAPHS, SETTINGS)
    assert INFERRED in caught.value.advice


def test_known_graphs_may_be_named_in_every_way():
    check(f"SELECT * FROM <{INFERRED}> FROM NAMED graph:inferred {{}}", GRAPHS, SETTINGS)
    check("BASE <https://w3id.org/> PREFIX g: <clustergraph/graph/> SELECT * FROM g:inferred {}", GRAPHS, SETTINGS)


def test_length_and_nesting_have_limits():
    with pytest.raises(OverLimitError) as caught:
        check("ASK {} #" + "é" * 50_000, GRAPHS, SETTINGS)
    assert (caught.value.limit, caught.value.value) == ("query_bytes", 100_000)
    check("ASK " + "{" * 200 + "}" * 200, GRAPHS, SETTINGS)
    with pytest.raises(OverLimitError) as caught:
        check("ASK " + "{" * 201 + "}" * 201, GRAPHS, SETTINGS)
    assert caught.value.limit == "nesting"
    check("ASK { ?s ?p '" + "(" * 300 + "' }", GRAPHS, SETTINGS)


@pytest.mark.parametrize(
    ("function", "volatile"), [("rand()", True), ("NOW()", True), ("abs(1)", False), ("'NOW()'", False)]
)
def test_queries_that_change_by_themselves_are_known(function, volatile):
    assert check(f"SELECT ({function} AS ?x) {{}}", GRAPHS, SETTINGS).volatile is volatile


@pytest.mark.parametrize(
    ("query", "place", "words"),
    [
        ("SELECT * WHERE {\n  ?s ?p ?o\n  FILTR(?o > 3)\n}", (3, 3), "'FILTR' is not expected here"),
        ("SELECT * WHERE {\n  ?s skoss:prefLabel ?o\n}", (2, 6), "the prefix 'skoss:' is not declared"),
        ("SELECT * WHERE { ?s ?p ?o", (1, 26), "the query ends too early"),
        ("SELECT ?s (COUNT(*) AS ?n)\n{ ?s ?p ?o }", (2, 13), "variable that is unbound"),
    ],
)
def test_errors_of_the_engine_get_a_place_and_words(query, place, words):
    with pytest.raises(SyntaxError) as caught:
        pyoxigraph.Store().query(query, prefixes=PREFIXES)
    error = explain(query, str(caught.value))
    assert isinstance(error, QuerySyntaxError)
    assert (error.line, error.column) == place
    assert words in error.message
    line, pointer = error.excerpt.split("\n")
    assert query.splitlines()[place[0] - 1] == line
    assert pointer.index("^") == place[1] - 1


def test_a_near_prefix_is_suggested():
    error = explain("ASK { ?s skoss:x 1 }", "error at 1:16: expected one of Prefix not found, ['%']")
    assert error.advice == "did you mean skos:?"


PIECES = [
    "PREFIX a: <http://a.example/#>", "PREFIX : <b>", "BASE <http://b.example/>", "#SELECT\n", "SELECT", "ask", "*",
    "{", "}", "(", ")", "[", "?s", "'x'", '"""', "'", "<", ">", "a:b", "NOW()", "SERVICE", "FROM", "INSERT", "\n",
    "<http://c.example/>", "\\", "DESCRIBE",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_a_quick_look_sees_what_reading_sees(pieces):
    query = " ".join(pieces)
    whole = seen(f"{query} # FROM")
    # What is malformed may be left to the engine, which says so too.
    assert whole == "malformed" or seen(query) == whole


def seen(query):
    """Return what a query is; a comment with a word that matters has it read as a whole."""
    try:
        found = check(query, [], SETTINGS)
    except RefusedQueryError:
        return "refused"
    except QueryError:
        return "malformed"
    return found.form, found.volatile


@pytest.mark.parametrize("quotes", ['"', '"""'])
def test_a_long_string_takes_little_memory_to_read(quotes: str) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check_update(f"INSERT DATA {{ <e:a> <e:p> {quotes}LOAD {'x' * 5_000_000}{quotes} }}", Settings())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 300_000
