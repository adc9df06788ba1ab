"""`clustergraph match`, as its users meet it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustergraph.matching.links import load
from tests.commands import run
from tests.small_release import write_release

TWO = """
GRAPH graph:register {
  graph:register a cg:Source ; cg:inDocument document:register .
  organisation:pic-1 a cg:Organisation ; skos:prefLabel "PLASTIPOLIS CLUSTER" ; cg:country country:FRA .
}
GRAPH graph:reference {
  organisation:plastipolis a cg:Organisation ; cg:country country:FRA .
  country:FRA a cg:Country ; cg:isoCode "FR" .
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ontology", "data", ".clustergraph/data"):
        (tmp_path / name).mkdir(parents=True)
    write_release(tmp_path / ".clustergraph", extra=TWO)
    return tmp_path


def test_pairs_are_found_decided_in_a_table_and_stay_decided(folder: Path) -> None:
    first = run(folder, "match", "--out", "pairs.csv")
    assert first.returncode == 0, first.stderr
    [match] = load(folder / "data" / "links.trig")
    assert {iri.rpartition("/")[2] for iri in match.pair} == {"plastipolis", "pic-1"}
    table = (folder / "pairs.csv").read_text("utf-8-sig").replace(f"{match.iri},,", f"{match.iri},different,")
    (folder / "pairs.csv").write_text(table, "utf-8")
    assert "1 decisions read" in run(folder, "match", "--decisions", "pairs.csv", "--role", "editor").stdout
    assert run(folder, "match").returncode == 0
    [decided] = load(folder / "data" / "links.trig")
    assert (decided.state, decided.decided_by) == ("different", "editor")


def test_a_pair_is_decided_in_the_terminal(folder: Path) -> None:
    (folder / "data" / "links.trig").write_text("")
    run(folder, "match")
    done = run(folder, "match", "--review", stdin="s\n")
    assert done.returncode == 0, done.stderr
    assert {match.state for match in load(folder / "data" / "links.trig")} == {"same"}


def test_a_table_that_is_none_is_refused(folder: Path) -> None:
    run(folder, "match")
    (folder / "other.csv").write_text("a,b\n1,2\n")
    refused = run(folder, "match", "--decisions", "other.csv")
    assert refused.returncode == 2
    assert "there is no column match and no column decision" in refused.stderr


@pytest.mark.slow
def test_a_graph_with_links_is_valid_and_says_what_matches_exactly(tmp_path: Path) -> None:
    assert run(tmp_path, "init", "own", "--base", "https://own.example/").returncode == 0
    home = tmp_path / "own"
    for name, town in (("members", "Gdańsk"), ("network", "GDAŃSK")):
        (home / f"{name}.csv").write_text(f"name;town;country\nKlaster Alfa Sp. z o.o.;{town};PL\n", "utf-8")
        done = run(home, "import", "clusters", f"{name}.csv", "--name", name)
        assert done.returncode == 0, done.stderr
    assert run(home, "build").returncode == 0
    assert run(home, "match").returncode == 0
    assert [match.state for match in load(home / "data" / "links.trig")] == ["same"]
    built = run(home, "build")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "w3id.org/clustergraph/graph/links" not in (home / "data" / "links.trig").read_text("utf-8")
    count = "SELECT (COUNT(*) AS ?n) { ?one skos:exactMatch ?other . ?one a cg:Cluster . ?other a cg:Cluster }"
    assert run(home, "query", count, "--format", "csv").stdout.split() == ["n", "2"]
