"""The tree of a query: every part where it stands, and nothing read in another way than the engine reads it."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store

from clustergraph.errors import OverLimitError, QueryError
from clustergraph.sparql.parser import query_of, read_query, update_of
from clustergraph.sparql.tokens import QuerySyntaxError
from clustergraph.sparql.tree import Clause, Exists, Leaf, PathNode, TriplePattern, services, walk, written
from tests.conftest import examples

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("queries/**/*.rq"), *ROOT.glob("tests/**/*.rq"), *ROOT.glob("src/**/*.rq")])
HOST = "<http://127.0.0.1:1/>"
DECLARED = "".join(
    f"PREFIX {prefix}: <http://127.0.0.1:1/{prefix}> " for prefix in ("", "ex", "urn", "service", "trueSERVICE")
)


def nodes(node):
    """Yield a node of a tree and all below it."""
    if isinstance(node, tuple):
        for each in node:
            yield from nodes(each)
    elif dataclasses.is_dataclass(node):
        yield node
        for field in dataclasses.fields(node):
            yield from nodes(getattr(node, field.name))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_part_of_the_queries_of_the_project_is_where_the_tree_says(path):
    text = path.read_text()
    tree = query_of(text)
    for node in nodes(tree.selection):
        assert text[node.start : node.end].strip() == text[node.start : node.end]
        if isinstance(node, Leaf) and node.start < node.end and node.kind == "variable":
            assert text[node.start + 1 : node.end] == node.value
        if isinstance(node, Clause | Exists):
            assert text[node.end - 1] == "}"
            assert text[node.start :].upper().startswith(node.word if isinstance(node, Clause) else ("EXISTS", "NOT"))
    whole = written(text, tree.leaves, lambda leaf: leaf.text)
    assert [leaf.value for leaf in query_of(whole).leaves] == [leaf.value for leaf in tree.leaves]


def test_patterns_have_their_terms_and_paths():
    text = "BASE <http://b/> ASK { ?s a <c> ; ^ex:p/(ex:q|!(a|^ex:r))* ?o , 'x'@en . [ ex:p ( 1 -2 ) ] ex:q _:b }"
    tree = read_query(text, {"ex": "http://e/"})
    group = tree.selection.group
    assert group is not None
    first, second, third, *_, last = group.of(TriplePattern)
    assert (first.path.value, first.object.value) == ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://b/c")
    assert isinstance(second.path, PathNode)
    assert text[second.path.start : second.path.end] == "^ex:p/(ex:q|!(a|^ex:r))*"
    assert [leaf.value[-2:] for leaf in walk(second.path) if isinstance(leaf, Leaf)] == ["/p", "/q", "pe", "/r"]
    assert third.object.text == "'x'@en"
    assert (last.subject.kind, last.object.value) == ("blank", "b")
    listed = [triple.object.text for triple in group.of(TriplePattern)]
    assert [text for text in listed if text in ("1", "-2")] == ["1", "-2"]


PIECES = [
    "<",
    ">",
    "'",
    '"',
    "'''",
    '"""',
    "#",
    "\n",
    " ",
    "?a",
    "ex:a",
    "urn:b",
    "<http://x/>",
    "&&",
    "||",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "1",
    "1.",
    "1e5",
    ".5",
    "\\q",
    "\\u0041",
    "\\uD800",
    "\\",
    "SERVICE",
    "service",
    f"SERVICE {HOST} {{}}",
    f"SERVICE{HOST}{{}}",
    f"SERVICESILENT{HOST}{{}}",
    "SERVICE :x {}",
    "SERVICE:x {}",
    "trueSERVICE:x {}",
    "service:x {}",
    f"EXISTS {{SERVICE {HOST} {{}}}}",
    "FILTER",
    "FILTER(",
    "BIND(",
    "AS",
    ".",
    ";",
    ",",
    "a",
    "true",
    "VALUES ?v {",
    "OPTIONAL {",
    "UNION",
    "GRAPH ?g {",
    "SELECT * {",
    "ex:b.c.",
    "ex:b.",
    "_:b",
    "@en",
    "^^",
    "^",
    "!",
    "*",
    "-",
    "|",
    "/",
    "?",
    "<<",
    "<<(",
    ")>>",
    ">>",
    "{|",
    "|}",
    "~",
    "EXISTS",
    "NOT",
    "IN(",
    "STR(",
    "<a:b",
    "#x>",
    "\\'",
    "\\#",
    "ex:\\'",
    "%41",
    "é",
    "\u00b7",
    "\u0301",
    "\ufeff",
    "\u00a0",
    "\t",
    "=",
    "<=",
    "{}",
    "()",
    "ex:.SERVICE",
    "_:SERVICE",
]
FRAMES = [
    "ASK { %s }",
    "ASK { ?a ?b ?c %s }",
    "ASK { ?a ?b %s }",
    "ASK { ?a ?b ?c FILTER(?a %s) }",
    "ASK { VALUES ?x { %s } }",
    "%s",
    "SELECT * { ?a ?b ?c } ORDER BY %s",
    "ASK { %s",
    "SELECT (%s AS ?x) {}",
]
SOME = NamedNode("http://127.0.0.1:1/exa")
STORE = Store()
STORE.extend([Quad(SOME, SOME, SOME), Quad(SOME, SOME, Literal(1))])


@settings(max_examples=examples(600), deadline=None)
@given(st.sampled_from(FRAMES), st.lists(st.sampled_from(PIECES), max_size=9), st.sampled_from(["", " "]))
@example("ASK { %s }", ["VALUES ?x { '''a' } ", f"SERVICE {HOST} {{}}", " # \\q'''\n"], "")
@example("ASK { %s }", ["VALUES ?x { '''a' } ", f"SERVICE {HOST} {{}}", " # \\uD800'''\n"], "")
@example("ASK { %s }", ["?a ?b ex:b.c.", f"SERVICE {HOST} {{}}"], "")
@example("ASK { %s }", ["service:x {}"], "")
@example("ASK { %s }", ["FILTER(?a<urn:b#> '''\n", f"&& EXISTS {{ SERVICE {HOST} {{}} }}", ") # '''\n"], "")
def test_the_engine_asks_no_host_that_the_tree_does_not_show(frame, pieces, between):
    query = DECLARED + frame % between.join(pieces)
    try:
        shown = bool(services(query_of(query)))
    except (QueryError, OverLimitError):
        return
    try:
        result = STORE.query(query)
        assert not hasattr(result, "variables") or list(result) is not None
    except OSError:
        assert shown, query
    except (SyntaxError, RuntimeError, ValueError):
        pass


@pytest.mark.parametrize(
    "query",
    [
        "SELECTDISTINCT*{}",
        "SELECT?s FROMNAMED<a:b>{?s ?p ?o}GROUPBY?s HAVING(COUNT(*)>1)ORDERBYDESC(?s)LIMIT1OFFSET2",
        "ASK{?s ?p 1.SERVICE <a:b>{}FILTERNOT EXISTS{}FILTER(?x NOTIN(1,2)&&!bound(?s)||-?x*2<=+3)}",
        "ASK{FILTER(?a<3&&?b>=2)}",
        "ASK{?s ?p?o;;}",
        "ASK { ?s ?p ?o ~ ?r {| ?a ?b ; ?c 'd' |} . <<?s ?p ?o>> ?q ?z }",
        "ASK { BIND(<<( ?s ?p ?o )>> AS ?t) LATERAL { SELECT ?x { ?x ?y ?t } LIMIT 1 } }",
        "DESCRIBE ?x <a:b>",
        "CONSTRUCT { ?s ?p [] . } FROM <a:b> WHERE { ?s ?p ?o } LIMIT 1",
        "CONSTRUCT WHERE { ?s ?p ?o }",
        "SELECT (GROUP_CONCAT(DISTINCT ?x ; SEPARATOR=',') AS ?y) (COUNT(DISTINCT*) AS ?n) {} VALUES ?x { UNDEF 1 }",
        "ASK { VALUES (?x ?y) { (1 UNDEF) (<a:b> true) } VALUES () { () } }",
        "VERSION '1.2' BASE <a:b> ASK { ?s ?p <c:d> }",
        "SELECT ?x { ?s ^(a|!(a|^<a:b>))+/<a:c>? ?x } GROUP BY ?x (str(?x) AS ?z) lang(?x)",
        "ASK { ( 1 ) . [ ?p ( ) ] }",
        "SELECT * { { SELECT ?x {} VALUES ?x { 1 } } UNION {} MINUS {} GRAPH ?g {} }",
        "ASK { ?s ?p 'x'@en--ltr, '''y''z''' }",
        "ASK { ?s ?p <a:#x>, <a:o'b> }",
    ],
)
def test_what_the_engine_reads_is_read(query):
    assert query_of(query)
    with suppress(OSError, RuntimeError):
        Store().query(query)


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ("INSERTDATA{}", ["INSERT DATA"]),
        ("LOADSILENT<a:b>INTOGRAPH<a:c>;CLEARALL", ["LOAD", "CLEAR"]),
        ("DELETE WHERE { GRAPH ?g { ?s ?p ?o } };", ["DELETE WHERE"]),
        ("WITH <a:b> DELETE { ?s ?p ?o } INSERT {} USING <a:c> USING NAMED <a:d> WHERE {}", ["WITH"]),
        ("ADD <a:b> TO DEFAULT; MOVE SILENT DEFAULT TO GRAPH <a:c>; CREATE GRAPH <a:b>", ["ADD", "MOVE", "CREATE"]),
    ],
)
def test_updates_are_read_into_their_operations(update, words):
    assert [operation.word for operation in update_of(update).operations] == words


@pytest.mark.parametrize(
    ("query", "place", "words"),
    [
        ("SELECT * WHERE {\n  ?s ?p ?o\n  FILTR(?o > 3)\n}", (3, 3), "'FILTR' is not expected here"),
        ("SELECT * WHERE {\n  ?s skoss:prefLabel ?o\n}", (2, 6), "the prefix 'skoss:' is not declared"),
        ("SELECT * WHERE { ?s ?p ?o", (1, 26), "the query ends too early"),
        ("ASK { ?s ?p 'x }", (1, 13), "a string is opened and not closed"),
        ("ASK { ?s ?p <http://a:b> }", (1, 13), "is no IRI"),
        ("SELCT * {}", (1, 1), "a query starts with SELECT, ASK, CONSTRUCT or DESCRIBE"),
    ],
)
def test_errors_have_a_place_and_words(query, place, words):
    with pytest.raises(QuerySyntaxError) as caught:
        query_of(query)
    assert (caught.value.line, caught.value.column) == place
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{", "}"),
        ("FILTER EXISTS {", "}"),
        ("FILTER(", ")"),
        ("?a (", ")"),
        ("FILTER(!STR(", "))"),
        ("?s ?p (", ")"),
        ("?s ?p [ ?q ", "]"),
        ("FILTER(?x IN (", "))"),
        ("{ SELECT * {", "} }"),
        ("?s ?p <<( ?a ?b ", ")>>"),
        ("GRAPH ?g {", "}"),
        ("?s ?p ?o {| ?q ?r ", "|}"),
        ("BIND(EXISTS { FILTER(", ") } AS ?x)"),
    ],
)
@pytest.mark.parametrize("depth", [190, 60_000])
def test_deep_nesting_is_a_limit_and_never_too_much_for_python(before, after, depth):
    query = "ASK { " + before * depth + after * depth + " }"
    try:
        query_of(query)
    except (QuerySyntaxError, OverLimitError):
        return
    assert depth < 200


@pytest.mark.parametrize(
    "piece",
    ["a.", "a-", "<a", "''", "''''", "?s ?p true.", "a.a ", "\\", "''' '", "(", "[]", "?s ?p 'x' . ", "#", "! "],
)
def test_long_texts_are_read_to_their_end_or_to_an_error(piece):
    for frame in ("%s", "ASK { %s }", "ASK { FILTER(%s) }"):
        with suppress(QueryError, OverLimitError):
            query_of(frame % (piece * (200_000 // len(piece))))
