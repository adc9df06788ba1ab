"""The lists of a release as files for who has no RDF."""

from __future__ import annotations

import json
from pathlib import Path

import networkx
import pytest
from openpyxl import load_workbook

from clustergraph.export.lists import write_lists
from clustergraph.graph import Graph
from clustergraph.release.artefacts import Made
from tests.conftest import offered_file


@pytest.fixture(scope="module")
def made(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("lists")
    return {each.name: folder / each.name for each in write_lists(graph, folder)}


def test_a_workbook_has_a_sheet_for_each_list(graph: Graph, made: dict[str, Path]) -> None:
    book = load_workbook(made["tables.xlsx"])
    assert book.sheetnames[:3] == ["Clusters", "Regions", "Projects"]
    clusters = [row[0] for row in book["Clusters"].iter_rows(min_row=2, values_only=True)]
    assert clusters == [row["cluster"] for row in graph.ask("clusters")]


def test_places_and_ties_are_read_by_others(graph: Graph, made: dict[str, Path]) -> None:
    features = json.loads(made["clusters.geojson"].read_text("utf-8"))["features"]
    assert len(features) == len(graph.ask("clusters"))
    network = networkx.read_graphml(made["ties.graphml"])
    assert network.number_of_edges() > 20
    assert any("certainty" in data for *_, data in network.edges(data=True))


def test_columns_are_read_by_pandas(graph: Graph, made: dict[str, Path]) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(made["projects.parquet"])
    assert len(frame) == len(graph.ask("projects"))
    assert any(column.endswith("_iri") for column in frame.columns)


def test_a_release_has_them_among_its_files(small_built: Path) -> None:
    release = small_built / ".clustergraph" / "current"
    names = {each.name: each.media_type for each in Made.of(release.resolve()).downloads}
    assert names["tables.xlsx"].endswith("sheet")
    assert load_workbook(offered_file(release.resolve(), "tables.xlsx")).sheetnames == ["Clusters", "About"]
    assert "ties.graphml" not in names
