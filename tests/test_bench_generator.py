"""The generated graphs of the benchmark: always the same, as large as asked for, and built like the real one."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from bench import cordis
from bench.graphs import SCHEMES, Size, lines, write_release
from bench.load import Outcome
from bench.queries import QUERIES
from pyoxigraph import NamedNode, RdfFormat, Store

from clustergraph.engine.store import Embedded
from clustergraph.release.manifest import Release
from clustergraph.sparql.exists import rewrite
from clustergraph.terms import NUTS, ONTOLOGY, PREFIXES, SCHEME

QUADS = 20_000


@pytest.fixture(scope="module")
def graph():
    return list(lines(QUADS))


@pytest.fixture(scope="module")
def store(graph):
    store = Store()
    store.bulk_load("\n".join(graph).encode(), format=RdfFormat.N_QUADS)
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    return store


def count(store, pattern):
    return int(next(iter(store.query(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}", prefixes=PREFIXES)))["n"].value)


def test_a_size_and_a_seed_always_give_the_same_graph(graph):
    assert list(lines(QUADS)) == graph
    assert list(lines(QUADS, seed=2)) != graph


@pytest.mark.parametrize("quads", [20_000, 100_000, 300_000])
def test_a_graph_is_about_as_large_as_asked_for(quads):
    assert abs(len(set(lines(quads))) - quads) < 0.1 * quads


def test_regions_stand_in_levels_down_from_a_country(store):
    assert count(store, "?r a cg:Region FILTER NOT EXISTS { ?r cg:within ?above }") == 0
    for level in (1, 2, 3):
        above = "?above a cg:Country" if level == 1 else f"?above cg:nutsLevel {level - 1}"
        of_level = count(store, f"?r cg:nutsLevel {level}")
        assert of_level == count(store, f"?r cg:nutsLevel {level} ; cg:within ?above . {above}") > 0
    codes = [node.value.removeprefix(NUTS) for node, *_ in store.quads_for_pattern(None, None, None, None)
             if isinstance(node, NamedNode) and node.value.startswith(NUTS)]  # fmt: skip
    assert all(re.fullmatch("X[A-X][A-Z]+[0-9]{0,2}", code) for code in codes)
    assert count(store, "?o cg:region ?r FILTER NOT EXISTS { ?r a cg:Region ; cg:nutsLevel 3 }") == 0


def test_participations_and_figures_are_nodes_with_everything_that_belongs_to_them(store):
    for kind, properties in {
        "Participation": ("participant", "activity", "role", "status", "statedIn"),
        "Figure": ("subject", "measure", "value", "unit", "bound", "asOf", "status", "statedIn"),
        "Priority": ("setBy", "theme", "status"),
    }.items():
        things = count(store, f"?x a cg:{kind}")
        assert things > 0
        assert things == count(store, f"?x a cg:{kind} ; " + " ; ".join(f"cg:{name} ?{name}" for name in properties))


def test_codes_are_those_of_lists(store):
    used = {
        quad.object.value
        for quad in store
        if isinstance(quad.object, NamedNode)
        and quad.object.value.startswith(SCHEME)
        and quad.object.value.count("/") > 5
    }
    listed = {f"{SCHEME}{scheme}/{name}" for scheme, names in SCHEMES.items() for name in names}
    assert used <= listed
    assert count(store, "?code a skos:Concept ; skos:inScheme ?scheme ; skos:prefLabel ?label") == len(listed)


def test_every_source_has_a_graph_and_says_where_it_is(store):
    stated = {quad.graph_name.value for quad in store.quads_for_pattern(None, NamedNode(f"{ONTOLOGY}subject"), None)
              if isinstance(quad.graph_name, NamedNode)}  # fmt: skip
    assert len(stated) == Size.of(QUADS).sections
    assert count(store, "?s a cg:Section ; cg:inDocument/skos:prefLabel ?title ; cg:heading ?h") == len(stated)


def test_some_figures_are_rivals(store):
    rival = "?f cg:subject ?s ; cg:measure ?m ; cg:value ?v . ?g cg:subject ?s ; cg:measure ?m ; cg:value ?w"
    assert count(store, f"{rival} FILTER(?v < ?w)") > 0.5 * Size.of(QUADS).organisations


def test_terms_are_those_of_the_ontology(store):
    text = "".join(path.read_text() for path in Path("ontology").glob("*.ttl"))
    names = {term.value.removeprefix(ONTOLOGY) for quad in store for term in (quad.predicate, quad.object)
             if isinstance(term, NamedNode) and term.value.startswith(ONTOLOGY)}  # fmt: skip
    assert {name for name in names if not re.search(rf"^cg:{name}$|^cg:{name} ", text, re.MULTILINE)} == set()


def test_a_release_can_be_made_of_it(tmp_path):
    path = write_release(tmp_path, 4000)
    release = Release.read(path)
    assert (tmp_path / "current").resolve() == path
    assert release.quads == len(set(lines(4000)))
    Embedded.in_memory(path)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_every_query_has_answers_and_keeps_them_when_it_is_rewritten(store, query):
    found = 0
    for number in range(12):
        text = query.of(Size.of(QUADS), number)
        assert text != query.of(Size.of(QUADS), number + 100)
        plain, rewritten = (rows(store.query(each)) for each in (text, rewrite(text)))
        assert plain == rewritten
        found += sum(plain.values())
    assert found > 0 or query.text.startswith("ASK")


def rows(result):
    if not hasattr(result, "variables"):
        return Counter([bool(result)])
    return Counter(tuple(str(row[variable]) for variable in result.variables) for row in result)


def test_the_queries_about_what_is_not_there_are_rewritten():
    rewritten = defaultdict(int)
    for query in QUERIES:
        text = query.of(Size.of(QUADS), 1)
        rewritten[query.kind] += rewrite(text) != text
    assert rewritten["two"] == sum(query.kind == "two" for query in QUERIES)
    assert rewritten["three"] == sum(query.kind == "three" for query in QUERIES)


def test_latencies_are_summed_up():
    outcome = Outcome(seconds=2, done=4, latencies=[0.001, 0.002, 0.003, 0.010])
    assert (outcome.rate, outcome.percentile(0.5), outcome.percentile(0.99)) == (2, 3, 10)
    assert Outcome().rate == Outcome().percentile(0.5) == 0


def test_tables_of_cordis_are_the_same_for_the_same_seed_and_as_uneven_as_the_real_ones(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    first, second = (cordis.write(tmp_path / name, 2000) for name in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    with first[1].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    alone = Counter(Counter(row["projectID"] for row in rows).values())[1]
    assert 4 < len(rows) / 2000 < 6
    assert 0.55 < alone / 2000 < 0.7
    assert max(Counter(row["organisationID"] for row in rows).values()) > 50
