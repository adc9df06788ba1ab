"""What was withdrawn goes from every graph, with all that is said of it, and nothing else does."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store, parse

from clustergraph.errors import SourceError
from clustergraph.release.withdrawn import Withdrawal, Withdrawn
from clustergraph.terms import PREFIXES
from tests.cli.test_main import run
from tests.small_project import make

GRAPH = """
m:annex {
  organisation:afil a cg:Cluster ; skos:prefLabel "AFIL" ; adms:identifier identifier:vat-1 , identifier:shared .
  identifier:vat-1 skos:notation "1" . identifier:shared skos:notation "2" .
  organisation:bwcon a cg:Cluster ; skos:prefLabel "bwcon" ; adms:identifier identifier:shared .
  participation:one a cg:Participation ; cg:certainty certainty:stated ; cg:participant organisation:afil .
  participation:two a cg:Participation ; cg:certainty certainty:stated ; cg:participant organisation:bwcon .
  dating:one cg:certainty certainty:stated ; cg:dated participation:one .
  note:one a cg:Note ; cg:about organisation:afil .
  organisation:bwcon cg:partOf organisation:afil .
}
m:other { organisation:bwcon cg:website "https://bwcon.example" }
"""


@pytest.fixture
def quads():
    header = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items())
    return list(parse(header + GRAPH, format=RdfFormat.TRIG))


def gone(*names: str) -> Withdrawn:
    spaces = (name.split(":") for name in names)
    return Withdrawn(tuple(Withdrawal(PREFIXES[prefix] + rest, "2026-12-01") for prefix, rest in spaces))


def subjects(quads):
    return {quad.subject.value.rpartition("id/")[2] for quad in quads}


def test_a_thing_goes_with_what_is_stated_of_it_and_what_is_its_alone(quads):
    left = gone("organisation:afil").left(quads)
    assert subjects(left) == {"organisation/bwcon", "participation/two", "identifier/shared"}
    assert not any(isinstance(quad.object, NamedNode) and quad.object.value.endswith("/afil") for quad in left)


def test_a_source_goes_with_all_its_graphs(quads):
    assert [quad.graph_name.value for quad in gone("m:annex").left(quads)] == [PREFIXES["m"] + "other"]
    source = PREFIXES["m"].rstrip("/")
    assert not Withdrawn((Withdrawal(source, "2026-12-01"),)).left(quads)


def test_where_nothing_is_withdrawn_all_stays_as_it_is(quads):
    assert gone("organisation:tecos").left(quads) is quads
    store = Store()
    store.extend(quads)
    assert gone("organisation:tecos").leave_out(store) == 0
    assert gone("organisation:afil").leave_out(store) == len(quads) - len(store) > 0


def test_the_list_is_read_as_it_was_written(tmp_path):
    listed = Withdrawn().also([Withdrawal("https://a.example/1", "2026-12-01", 'asked for, "at once"')])
    listed.write(tmp_path)
    assert Withdrawn.read(tmp_path) == listed == listed.also([Withdrawal("https://a.example/1", "2027-01-01")])
    (tmp_path / "withdrawn.csv").write_text("a,b\n")
    with pytest.raises(SourceError, match="its columns are iri, date, reason"):
        Withdrawn.read(tmp_path)


def test_a_build_leaves_out_what_is_withdrawn(tmp_path):
    folder = make(tmp_path)
    assert run(folder, "build").returncode == 0
    gone("organisation:afil").write(folder / "data")
    built = run(folder, "build")
    assert built.returncode == 0
    assert "up to date" not in built.stderr
    assert "AFIL" not in run(folder, "query", "SELECT ?name { ?cluster skos:prefLabel ?name }").stdout
