from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from csvw import TableGroup

from clustergraph.errors import SourceError
from clustergraph.imports.profile import ImportProfile, profiles
from tests.conftest import ROOT
from tests.imports.sample import CLUSTERS_QUERY, METADATA, SETTINGS, profile

PACKAGED = [path for path in profiles([ROOT / "imports"]) if (path / "metadata.json").is_file()]


def changed(change: Any) -> Any:
    metadata = copy.deepcopy(METADATA)
    change(metadata)
    return metadata


def schema(metadata: Any, table: int = 0) -> Any:
    return metadata["tables"][table]["tableSchema"]


def single(metadata: Any) -> Any:
    """Return metadata with one format for each column: that there may be a list of them is ours and not of CSVW."""
    if isinstance(metadata, list):
        return [single(each) for each in metadata]
    if not isinstance(metadata, dict):
        return metadata
    return {
        name: value[0] if name == "format" and isinstance(value, list) else single(value)
        for name, value in metadata.items()
    }


@pytest.mark.filterwarnings("ignore:Invalid date format")  # dd.MM.yy, which the library does not know
@pytest.mark.parametrize("folder", PACKAGED, ids=lambda path: path.name)
def test_a_packaged_profile_is_as_it_should_be_to_us_and_to_others(folder: Path, tmp_path: Path) -> None:
    ours = ImportProfile.read(folder)
    ours.check()
    (tmp_path / "metadata.json").write_text(
        json.dumps(single(json.loads((folder / "metadata.json").read_text("utf-8"))))
    )
    theirs = TableGroup.from_file(tmp_path / "metadata.json")
    named = [[column.name for column in table.tableSchema.columns] for table in theirs.tables]
    assert named == [[column.name for column in table.columns] for table in ours.tables]
    assert (folder / "README.md").is_file()


def test_the_csvw_library_reads_what_ours_reads(tmp_path: Path) -> None:
    folder = profile(tmp_path / "north")
    theirs = TableGroup.from_file(folder / "metadata.json")
    ours = ImportProfile.read(folder)
    assert [str(table.url) for table in theirs.tables] == [table.names[0] for table in ours.tables]
    assert theirs.tables[0].tableSchema.primaryKey == list(ours.tables[0].key)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("", r"profile.toml:1: it has no title"),
        (SETTINGS.replace("publisher", "publicher"), r"it has no publisher"),
        (SETTINGS + "colour = 'red'\n", r"profile.toml:6: 'colour' is no member of a profile"),
        (SETTINGS.replace("https://creative", "creative"), r"profile.toml:3: licence .* is no address"),
        ("title = 1\n" + SETTINGS.partition("\n")[2], r"profile.toml:1: title is no text"),
        ("title = \n", r"profile.toml:1:9: Invalid value"),
        (SETTINGS + "[[match]]\nkind = 'x'\n", r"profile.toml:6: match does not say"),
    ],
)
def test_a_mistake_in_the_settings_is_told_with_its_line(tmp_path: Path, settings: str, told: str) -> None:
    folder = profile(tmp_path / "north")
    (folder / "profile.toml").write_text(settings, "utf-8")
    with pytest.raises(SourceError, match=told):
        ImportProfile.read(folder)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda m: m.pop("@context"), "metadata.json:1: the metadata are not CSVW"),
        (lambda m: m["tables"].clear(), "it describes no table"),
        (lambda m: m["tables"][0].pop("url"), "a table has no url"),
        (lambda m: m["tables"][0].pop("tableSchema"), "the table clusters.csv has no tableSchema"),
        (lambda m: schema(m)["columns"].clear(), "the table clusters.csv has no columns"),
        (lambda m: schema(m)["columns"][1].pop("name"), "a column has no name"),
        (lambda m: schema(m)["columns"][1].update(name="a b"), "'a b' cannot be the name of a column"),
        (lambda m: schema(m)["columns"][2].update(datatype="number of things"), "members"),
        (lambda m: schema(m)["columns"][2].update(requierd=True), "requierd"),
        (lambda m: schema(m)["columns"][1].update(titles="Members"), "name and members have the same heading"),
        (lambda m: schema(m).update(primaryKey="number"), "primaryKey names no column: number"),
        (lambda m: schema(m, 1)["foreignKeys"][0]["reference"].update(resource="x.csv"), "there is no table x.csv"),
        (
            lambda m: schema(m, 1)["foreignKeys"][0]["reference"].update(columnReference="name"),
            "is not the primary key",
        ),
        (lambda m: m["tables"].reverse(), "there is no table clusters.csv before this one"),
        (lambda m: m["tables"][0].update(url="others.csv"), "there is no query others.rq"),
    ],
)
def test_a_mistake_in_the_metadata_is_told_with_its_line(tmp_path: Path, change: Any, told: str) -> None:
    folder = profile(tmp_path / "north", changed(change))
    with pytest.raises(SourceError, match=told) as caught:
        ImportProfile.read(folder)
    assert caught.value.where
    assert caught.value.where.line
    assert caught.value.advice


def test_the_line_is_that_of_the_member(tmp_path: Path) -> None:
    folder = profile(tmp_path / "north", changed(lambda m: schema(m).update(primaryKey="number")))
    with pytest.raises(SourceError) as caught:
        ImportProfile.read(folder)
    assert caught.value.where
    text = (folder / "metadata.json").read_text("utf-8").splitlines()
    assert '"primaryKey": "number"' in text[(caught.value.where.line or 0) - 1]


def test_metadata_that_are_no_json_are_told_with_the_place(tmp_path: Path) -> None:
    folder = profile(tmp_path / "north")
    (folder / "metadata.json").write_text(json.dumps(METADATA)[:-1], "utf-8")
    with pytest.raises(SourceError, match=r"metadata.json:1:\d+: this is no JSON"):
        ImportProfile.read(folder)


HEAD = "CONSTRUCT { ?c a cg:Organisation } WHERE { "


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT * WHERE { BIND(?id AS ?x) }", "clusters.rq:1:1: this is no CONSTRUCT"),
        (f"{HEAD}BIND(IRI(?id) AS ?c) }} LIMIT 1", "clusters.rq:1:.*nothing can follow WHERE"),
        ("CONSTRUCT { ?c a cg:X } FROM <x:y> WHERE { BIND(IRI(?id) AS ?c) }", "FROM names graphs"),
        (f"{HEAD}SERVICE <http://x.example/> {{ ?c ?p ?o }} }}", "SERVICE cannot be used here"),
        (f"{HEAD}GRAPH ?g {{ ?c ?p ?o }} }}", "GRAPH cannot be used here"),
        (f"{HEAD}?c ?p ?o }}", "a row has no triples to be matched"),
        (f"{HEAD}BIND(UUID() AS ?c) }}", "UUID gives another answer each time"),
        (f"{HEAD}BIND(NOW() AS ?c) }}", "NOW gives another answer"),
        (f"{HEAD}\n  BIND(IRI(?idd) AS ?c) }}", r"clusters.rq:2:12: there is no column \?idd.*did you mean \?id"),
        (f"{HEAD}BIND(IRI(?id) AS ?d) }}", r"there is no column \?c, and nothing binds it"),
        (f"{HEAD}BIND(IRI(?id) AS ?c) BIND(1 AS ?name) }}", r"BIND gives \?name a value"),
        ("CONSTRUCT { [] a cg:X ; cg:y ?id } WHERE { }", "no blank nodes"),
        (f"{HEAD}VALUES (?id ?c) {{ (UNDEF cg:X) }} }}", "UNDEF stands in a table"),
        (
            f"{HEAD}BIND(<https://w3id.org/clustergraph/function/slog>(?id) AS ?c) }}",
            "no function slog; did you mean slug",
        ),
        (f"{HEAD}BIND(IRI(?id) AS ?c }}", "clusters.rq:1:"),
        (f"{HEAD}BIND(NOSUCH(?id) AS ?c) }}", "clusters.rq:1:"),
    ],
)
def test_a_query_that_a_profile_cannot_have_is_told_with_its_place(tmp_path: Path, query: str, told: str) -> None:
    folder = profile(tmp_path / "north", clusters=query)
    with pytest.raises(SourceError, match=told) as caught:
        ImportProfile.read(folder).check()
    assert caught.value.where
    assert caught.value.where.line


def test_shapes_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    folder = profile(tmp_path / "north")
    (folder / "shapes.ttl").write_text("shape:x a", "utf-8")
    with pytest.raises(SourceError, match=r"shapes\.ttl:1:"):
        ImportProfile.read(folder).check()


def test_a_profile_of_the_project_comes_before_a_packaged_one(tmp_path: Path) -> None:
    own, other = (profile(tmp_path / layer / "north", clusters=CLUSTERS_QUERY) for layer in ("own", "packaged"))
    assert [*profiles([own.parent, other.parent])] == [own]
    assert ImportProfile.find("north", [own.parent, other.parent]).folder == own
