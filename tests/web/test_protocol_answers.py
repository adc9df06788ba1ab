"""Answers over HTTP equal those of the engine itself on the same data."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import QueryResultsFormat, QuerySolutions, Store, parse_query_results
from starlette.testclient import TestClient

from clustergraph.settings import Settings
from clustergraph.terms import PREFIXES
from clustergraph.web.app import create_app
from tests.conftest import examples
from tests.small_release import write_release

VARIABLES = st.sampled_from(["?a", "?b", "?c", "?d"])
THINGS = st.sampled_from(
    [
        "organisation:plastipolis",
        "organisation:afil",
        "pilot:esm",
        "figure:members-1",
        "cg:Cluster",
        "cg:Figure",
        "nuts:FRK",
    ]
)
PREDICATES = st.sampled_from(
    ["a", "skos:prefLabel", "rdfs:label", "cg:subject", "cg:value", "cg:region", "cg:participatesIn", "cg:inDocument"]
)
PATHS = st.one_of(PREDICATES, st.builds("({}/{})".format, PREDICATES, PREDICATES), st.builds("^{}".format, PREDICATES),
                  st.builds("({}|{})".format, PREDICATES, PREDICATES), st.builds("{}?".format, PREDICATES))  # fmt: skip
TRIPLES = st.builds("{} {} {} .".format, VARIABLES | THINGS, PATHS | VARIABLES, VARIABLES | THINGS)
BLOCKS = st.lists(TRIPLES, min_size=1, max_size=3).map(" ".join)
FILTERS = st.one_of(
    st.builds("FILTER({} != {})".format, VARIABLES, VARIABLES),
    st.builds("FILTER(isIRI({}))".format, VARIABLES),
    st.builds("FILTER(BOUND({}))".format, VARIABLES),
    st.builds("FILTER EXISTS {{ {} }}".format, BLOCKS),
    st.builds("FILTER NOT EXISTS {{ {} }}".format, BLOCKS),
)


def grown(inner):
    return st.one_of(
        st.builds("{} OPTIONAL {{ {} }}".format, inner, inner),
        st.builds("{{ {} }} UNION {{ {} }}".format, inner, inner),
        st.builds("{} MINUS {{ {} }}".format, inner, inner),
        st.builds("{} {}".format, inner, FILTERS),
        st.builds("GRAPH ?g {{ {} }}".format, BLOCKS),
    )


GROUPS = st.recursive(BLOCKS, grown, max_leaves=3)
QUERIES = st.one_of(
    st.builds("SELECT * {{ {} }}".format, GROUPS),
    st.builds("SELECT DISTINCT ?a ?b {{ {} }}".format, GROUPS),
    st.builds("SELECT ?a (COUNT(*) AS ?n) {{ {} }} GROUP BY ?a".format, GROUPS),
    st.builds("ASK {{ {} }}".format, GROUPS),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Return a client of the service, and the engine on the same data."""
    root = tmp_path_factory.mktemp("root")
    path = write_release(root)
    with TestClient(create_app(root, Settings(query_seconds=60))) as client:
        yield client, Store.read_only(str(path / "store"))


def rows(results):
    if not isinstance(results, QuerySolutions):
        return bool(results)
    names = [variable.value for variable in results.variables]
    return sorted(names), Counter(frozenset((name, str(row[name])) for name in names if row[name]) for row in results)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(QUERIES, st.sampled_from(["json", "xml", "tsv"]))
def test_any_query_is_answered_as_the_engine_answers_it(service, query, name):
    client, engine = service
    response = client.get("/sparql", params={"query": query, "format": name})
    assert response.status_code == 200, response.text
    format_ = {"json": QueryResultsFormat.JSON, "xml": QueryResultsFormat.XML, "tsv": QueryResultsFormat.TSV}[name]
    if name == "tsv" and query.startswith("ASK"):
        format_, response = QueryResultsFormat.JSON, client.get("/sparql", params={"query": query, "format": "json"})
    assert rows(parse_query_results(response.content, format_)) == rows(engine.query(query, prefixes=PREFIXES))
