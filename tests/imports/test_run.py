from __future__ import annotations

import gzip
import hashlib
import os
from itertools import groupby
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from clustergraph.errors import SourceError
from clustergraph.imports.gathering import BadRowsError
from clustergraph.rdf.reading import rdf_files, read
from clustergraph.release.withdrawn import Withdrawal, Withdrawn
from clustergraph.terms import BASE, expand
from tests.imports.sample import ROWS, imported, profile, table

GRAPH = f"{BASE}graph/import/north"
MANY = [ROWS[0], *([str(n), f"Cluster {n}", str(n % 50), "wood;steel"] for n in range(5000))]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    profile(tmp_path / "north")
    return tmp_path


def lines(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_rows_become_statements_in_a_graph_of_the_import(home: Path) -> None:
    done = imported(home, table(home / "clusters.csv", ROWS))
    quads = [*parse(gzip.decompress(done.target.read_bytes()), format=RdfFormat.N_QUADS)]
    assert {quad.graph_name for quad in quads} == {NamedNode(GRAPH)}
    of_alpha = {quad.object for quad in quads if quad.subject == expand("organisation:north-a")}
    assert {Literal("Alpha", language="und"), Literal("wood"), Literal("steel")} <= of_alpha
    assert not [quad for quad in quads if quad.subject == expand("figure:north-b-members")]
    assert done.statements == len(quads)


def test_what_was_withdrawn_does_not_come_back(home: Path) -> None:
    path, kept = table(home / "clusters.csv", ROWS), expand("organisation:north-b").value
    (home / "data").mkdir()
    Withdrawn((Withdrawal(expand("organisation:north-a").value, "2026-12-01"),)).write(home / "data")
    found = lines(imported(home, path).target)
    assert any(kept in line for line in found)
    assert not any("organisation/north-a>" in line or "Alpha" in line for line in found)


def test_every_statement_stands_below_its_table_and_row(home: Path) -> None:
    rows = lines(imported(home, table(home / "clusters.csv", ROWS)).target)
    heads = [line for line in rows if line.startswith("#")]
    assert heads == ["# clusters.csv 2", "# clusters.csv 3"]
    below = rows[rows.index(heads[1]) :]
    assert all("north-b>" in line for line in below[1:])


def test_an_empty_cell_finds_no_line_of_a_table_of_values(home: Path) -> None:
    table_of_values = 'VALUES (?fields ?kind) { ("wood" organisation-kind:company) ("steel" organisation-kind:other) }'
    where = f'BIND(IRI(CONCAT("id/organisation/", ?id)) AS ?c) OPTIONAL {{ {table_of_values} }}'
    profile(home / "north", clusters=f"CONSTRUCT {{ ?c a cg:Organisation ; cg:kind ?kind }} WHERE {{ {where} }}")
    rows = [ROWS[0], ["a", "Alpha", "", "wood"], ["b", "Beta", "", ""]]
    found = [line for line in lines(imported(home, table(home / "clusters.csv", rows)).target) if "/kind>" in line]
    assert len(found) == 1
    assert "organisation/a>" in found[0]


def test_a_statement_of_two_rows_is_that_of_the_first(home: Path) -> None:
    query = "CONSTRUCT { organisation:north a cg:Organisation . ?c a cg:Organisation } WHERE { %s }"
    profile(home / "north", clusters=query % 'BIND(IRI(CONCAT("id/organisation/", ?id)) AS ?c)')
    found = lines(imported(home, table(home / "clusters.csv", ROWS)).target)
    assert sum("organisation/north>" in line for line in found) == 1
    assert found[0] == "# clusters.csv 2"
    assert found.index(next(line for line in found if "organisation/north>" in line)) < found.index("# clusters.csv 3")


def test_the_record_says_whose_the_tables_are_and_how_many_rows_have_been_taken(home: Path) -> None:
    path = table(home / "clusters.csv", ROWS)
    imported(home, path, issued="2026-05", retrieved="2026-11-30")
    said = {(quad.predicate, quad.object) for quad in read(home / "data" / "imports" / "north.trig")}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for predicate, value in {
        "dcterms:license": NamedNode("https://creativecommons.org/licenses/by/4.0/"),
        "dcterms:publisher": Literal("Ministry of the North"),
        "cg:attribution": Literal("© Ministry of the North"),
        "cg:issued": Literal("2026-05", datatype=expand("xsd:gYearMonth")),
        "cg:retrieved": Literal("2026-11-30", datatype=expand("xsd:date")),
        "cg:sha256": Literal(digest, datatype=expand("xsd:hexBinary")),
        "cg:rowsRead": Literal(2),
        "cg:rowsTaken": Literal(2),
        "cg:rowsRefused": Literal(0),
    }.items():
        assert (expand(predicate), value) in said, predicate


def test_the_same_file_again_changes_nothing(home: Path) -> None:
    path = table(home / "clusters.csv", ROWS)
    imported(home, path)
    before = content(home / "data" / "imports")
    os.utime(path, (0, 0))
    done = imported(home, path)
    assert not done.written
    assert content(home / "data" / "imports") == before


def test_a_newer_file_gives_a_difference(home: Path) -> None:
    imported(home, table(home / "clusters.csv", ROWS))
    newer = table(home / "clusters.csv", [*ROWS[:2], ["c", "Gamma", "3", ""], ["d", "Delta", "", ""]])
    done = imported(home, newer, dry=True)
    assert done.comparison is not None
    counted = {name: (each.new, each.gone, each.changed) for name, each in done.comparison.classes.items()}
    assert counted == {"cg:Figure": (1, 0, 0), "cg:Organisation": (2, 1, 0)}
    assert [str(each) for each in done.comparison.classes["cg:Organisation"].named["new"]] == [
        "Gamma (row 3)",
        "Delta (row 4)",
    ]
    assert (done.comparison.added, done.comparison.removed) == (11, 3)
    assert not done.written
    assert "north-b>" in "".join(lines(done.target))
    assert imported(home, newer).written
    assert "north-b>" not in "".join(lines(done.target))


@pytest.mark.parametrize("processes", [1, 2])
def test_several_processes_write_the_same_bytes(home: Path, processes: int) -> None:
    path = table(home / "clusters.csv", MANY)
    done = imported(home, path, processes=processes, retrieved="2026-11-30")
    rows = [line for line in lines(done.target) if line.startswith("#")]
    assert rows == [f"# clusters.csv {number}" for number in range(2, 5002)]
    other = home / "other"
    profile(other / "north")
    assert imported(other, path, retrieved="2026-11-30").target.read_bytes() == done.target.read_bytes()


def test_a_bad_cell_stops_the_import_with_file_row_column_value_and_what_was_expected(home: Path) -> None:
    path = table(home / "clusters.csv", [*ROWS, ["c", "Gamma", "many", ""]])
    with pytest.raises(BadRowsError, match=r"(?s)clusters.csv, row 4, column Members: .*'many'.*whole number"):
        imported(home, path)
    assert content(home / "data" / "imports") == {}


def test_rows_that_are_skipped_can_be_mended_and_imported_alone(home: Path) -> None:
    path = table(home / "clusters.csv", [*ROWS, ["c", "=Gamma", "many", ""], ["d", "Delta", "4", ""]])
    done = imported(home, path, skip=True)
    assert [(each.read, each.taken, each.refused) for each in done.taken] == [(4, 3, 1)]
    (refused,) = done.refused
    assert refused == home / "data" / "imports" / "north.clusters.refused.csv"
    text = refused.read_text("utf-8")
    assert text.splitlines()[0] == "ID,Name,Members,Fields,row,column,value,expected"
    assert "c,'=Gamma,many,,4,Members,many" in text
    refused.write_text(text.replace(",many,,", ",5,,"), "utf-8")
    mended = imported(home, refused)
    assert mended.target.name == "north-mended.nq.gz"
    assert '"=Gamma"@und' in "".join(lines(mended.target))
    assert sum(line.startswith("#") for line in lines(mended.target)) == 1
    assert '"Delta"' in "".join(lines(done.target))


def test_rows_that_are_no_longer_refused_leave_no_file(home: Path) -> None:
    imported(home, table(home / "clusters.csv", [*ROWS, ["c", "Gamma", "many", ""]]), skip=True)
    imported(home, table(home / "clusters.csv", ROWS), skip=True)
    assert sorted(content(home / "data" / "imports")) == ["north.nq.gz", "north.trig"]


def test_keys_are_checked(home: Path) -> None:
    clusters = table(home / "clusters.csv", [*ROWS, ["a", "Again", "", ""]])
    projects = table(home / "projects.csv", [["Number", "Cluster"], ["1", "a"], ["2", "z"], ["3", ""]])
    done = imported(home, clusters, projects, skip=True)
    told = {str(problem) for each in done.taken for problem in each.problems}
    assert told == {
        "row 4, column ID: an earlier row has the same key, ID a",
        "row 3, column Cluster: Cluster z is in no row of clusters",
    }


def test_rows_that_say_nothing_are_counted_as_left_out(home: Path) -> None:
    query = 'CONSTRUCT { ?c a cg:Organisation } WHERE { BIND(IRI(CONCAT("id/organisation/", ?id)) AS ?c) %s }'
    profile(home / "north", clusters=query % 'FILTER(?id != "a")')
    (taken,) = imported(home, table(home / "clusters.csv", ROWS)).taken
    assert (taken.read, taken.taken, taken.left_out, taken.silent) == (2, 1, 1, {"": [2]})


def test_a_row_that_is_left_out_for_a_reason_says_nothing_and_is_listed_with_it(home: Path) -> None:
    query = 'CONSTRUCT { ?c a cg:Organisation } WHERE { BIND(IRI(CONCAT("id/organisation/", ?id)) AS ?c) %s }'
    profile(home / "north", clusters=query % 'BIND(IF(?id = "a", "it is none of ours", ?nothing) AS ?left_out)')
    done = imported(home, table(home / "clusters.csv", ROWS))
    assert done.taken[0].silent == {"it is none of ours": [2]}
    assert not any("organisation/a>" in line for line in lines(done.target))
    record = done.target.with_name("north.trig").read_text("utf-8")
    assert '"Rows that are left out by the profile: 2 (it is none of ours)"' in record


def test_columns_that_nobody_knows_come_one_by_one_as_rest(home: Path) -> None:
    query = 'CONSTRUCT { ?c skos:note ?_rest } WHERE { BIND(IRI(CONCAT("id/organisation/", ?id)) AS ?c) }'
    profile(home / "north", clusters=query)
    rows = [["ID", "Colour", "Shape"], ["a", "red", "round"], ["b", "", ""]]
    found = [line for line in lines(imported(home, table(home / "clusters.csv", rows)).target) if line[0] != "#"]
    assert [line.split('"')[1] for line in found] == ["Colour: red", "Shape: round"]


def test_an_import_is_among_the_files_of_a_graph(home: Path) -> None:
    done = imported(home, table(home / "clusters.csv", ROWS))
    assert done.target in rdf_files(home / "data")
    assert len([*read(done.target)]) == done.statements


def test_rows_stand_in_the_order_of_tables_and_rows(home: Path) -> None:
    clusters = table(home / "clusters.csv", ROWS)
    projects = table(home / "projects.csv", [["Number", "Cluster"], ["1", "a"]])
    heads = [line for line in lines(imported(home, projects, clusters).target) if line.startswith("#")]
    assert [name for name, _ in groupby(head.split()[1] for head in heads)] == ["clusters.csv", "projects.csv"]


@pytest.mark.parametrize(
    ("files", "options", "told"),
    [
        ([[["Colour"], ["red"]]], {}, "no table of it is one of the profile"),
        ([[["Name"], ["Alpha"]]], {}, "no table of it"),
        ([ROWS], {"name": "../x"}, "cannot be the name of an import"),
        ([ROWS], {"issued": "soon"}, "'soon' is not a date"),
        ([ROWS], {"retrieved": "2026"}, "'2026' is not a day"),
    ],
)
def test_what_cannot_be_imported_is_told(home: Path, files: list, options: dict, told: str) -> None:
    paths = [table(home / f"t{number}.csv", rows) for number, rows in enumerate(files)]
    with pytest.raises(SourceError, match=told):
        imported(home, *paths, **options)


SHAPES = """@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<urn:shape> a sh:NodeShape ; sh:targetClass cg:Organisation ; sh:property <urn:shape-name> .
<urn:shape-name> a sh:PropertyShape ; sh:path skos:prefLabel ; sh:name "name" ; sh:maxLength 6 ;
  sh:message "Give it a short name." ; sh:severity sh:%s .
"""
LONG = [*ROWS, ["c", "Gamma with a long name", "", ""]]


def test_what_breaks_a_shape_of_the_profile_stops_the_import_with_row_and_column(home: Path) -> None:
    (home / "north" / "shapes.ttl").write_text(SHAPES % "Violation", "utf-8")
    with pytest.raises(BadRowsError, match=r"clusters.csv, row 4, column ID \| Name: .*Give it a short name"):
        imported(home, table(home / "clusters.csv", LONG))
    assert content(home / "data" / "imports") == {}


def test_rows_that_break_a_shape_are_skipped_like_others(home: Path) -> None:
    (home / "north" / "shapes.ttl").write_text(SHAPES % "Violation", "utf-8")
    projects = table(home / "projects.csv", [["Number", "Cluster"], ["1", "c"]])
    done = imported(home, table(home / "clusters.csv", LONG), projects, skip=True)
    assert [(each.read, each.taken, each.refused) for each in done.taken] == [(3, 2, 1), (1, 0, 1)]
    assert "Gamma" in (home / "data" / "imports" / "north.clusters.refused.csv").read_text("utf-8")
    assert "Gamma" not in "".join(lines(done.target))


def test_what_a_shape_only_warns_of_is_a_remark(home: Path) -> None:
    (home / "north" / "shapes.ttl").write_text(SHAPES % "Warning", "utf-8")
    done = imported(home, table(home / "clusters.csv", LONG))
    assert done.written
    (remark,) = done.remarks
    assert remark.startswith("clusters.csv, row 4: ")


def test_what_a_killed_import_has_left_is_removed_by_the_next(home: Path) -> None:
    imported(home, table(home / "clusters.csv", ROWS))
    before = content(home / "data" / "imports")
    (home / "data" / "imports" / ".north.left").mkdir()
    (home / "data" / "imports" / ".north.left" / "north.nq.gz").write_bytes(b"half")
    assert home / "data" / "imports" / ".north.left" / "north.nq.gz" not in rdf_files(home / "data")
    imported(home, table(home / "clusters.csv", ROWS))
    assert content(home / "data" / "imports") == before


def test_an_interrupted_import_leaves_what_was_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(home, table(home / "clusters.csv", ROWS))
    before = content(home / "data" / "imports")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    for place in ("gathering.Gathering._write", "run.record", "commit.flush", "run.compare"):
        with monkeypatch.context() as patched:
            patched.setattr(f"clustergraph.imports.{place}", interrupted)
            with pytest.raises(KeyboardInterrupt):
                imported(home, table(home / "clusters.csv", LONG))
        assert content(home / "data" / "imports") == before, place
