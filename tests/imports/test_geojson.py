"""GeoJSON as tables: outlines in the layout of GISCO, and files that are wrong in many ways."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from clustergraph.imports import geojson
from tests.commands import run
from tests.conftest import PUBLISHED
from tests.imports.imported import found, project, said

OUTLINES = PUBLISHED / "nuts"
RING = [[9.5, 47.0], [9.6, 47], [9.6, 47.2, 430.5], [9.5, 47.0]]
CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}


def feature(code: str, geometry: Any, **more: Any) -> dict[str, Any]:
    level = {"NUTS_ID": code, "LEVL_CODE": len(code) - 2, "CNTR_CODE": code[:2], "NAME_LATN": code, "NUTS_NAME": code}
    return {"type": "Feature", "geometry": geometry, "properties": level | {"URBN_TYPE": None} | more, "id": code}


LIECHTENSTEIN = [
    feature("LI", {"type": "Polygon", "coordinates": [RING]}),
    feature("LI0", {"type": "MultiPolygon", "coordinates": [[RING], [RING]]}),
    feature("LI00", None),
    feature("LI000", {"type": "Polygon", "coordinates": [[[1e-05, 47], [9.6, 47], [9.6, 47.2], [1e-05, 47]]]}),
]


def written(path: Path, features: Any, more: Mapping[str, Any] | None = None) -> Path:
    found = {"type": "FeatureCollection", "crs": CRS, "features": features} | {**(more or {})}
    path.write_text(json.dumps(found), "utf-8")
    return path


def told(folder: Path, file: Path, *options: str) -> tuple[int, str]:
    done = run(folder, "import", "nuts", str(file), *options)
    return done.returncode, done.stderr


def outlines(folder: Path) -> list[tuple[str, ...]]:
    return found(said(folder, "nuts"), "?p geo:hasGeometry ?g . ?g geo:asWKT ?w", "p", "g", "w")


def test_features_give_regions_and_countries_their_outlines(tmp_path: Path) -> None:
    code, text = told(project(tmp_path), written(tmp_path / "NUTS_RG_2021.geojson", LIECHTENSTEIN))
    assert (code, "4 rows, 4 taken" in text) == (0, True), text
    ring = "(9.5 47, 9.6 47, 9.6 47.2, 9.5 47)"
    assert outlines(tmp_path) == [
        ("LI0", "nuts-li0-2021", f"MULTIPOLYGON (({ring}), ({ring}))"),
        ("LI000", "nuts-li000-2021", "POLYGON ((0.00001 47, 9.6 47, 9.6 47.2, 0.00001 47))"),
        ("LIE", "nuts-li-2021", f"POLYGON ({ring})"),
    ]
    assert found(said(tmp_path, "nuts"), "?r cg:nutsLevel ?l", "r", "l") == [
        ("LI0", "1"),
        ("LI00", "2"),
        ("LI000", "3"),
    ]


def test_a_new_project_with_outlines_is_valid(tmp_path: Path) -> None:
    assert run(tmp_path, "init", "mine").returncode == 0
    assert told(tmp_path / "mine", written(tmp_path / "NUTS_RG_2021.geojson", LIECHTENSTEIN))[0] == 0
    done = run(tmp_path / "mine", "validate")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_read_in_a_zip_and_with_a_mark_at_its_beginning(tmp_path: Path) -> None:
    file = written(tmp_path / "NUTS_RG_2021.geojson", LIECHTENSTEIN)
    with zipfile.ZipFile(tmp_path / "outlines.zip", "w") as archive:
        archive.writestr(file.name, b"\xef\xbb\xbf" + file.read_bytes())
    assert told(project(tmp_path), tmp_path / "outlines.zip")[0] == 0
    assert len(outlines(tmp_path)) == 3


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3035"}}}, "EPSG:4326"),
        ({"type": "Topology"}, "it is JSON and no table"),
        ({"features": None}, "its features are not as GeoJSON has them"),
        ({"features": [1]}, "its features are not as GeoJSON has them"),
        ({"features": [{"type": "Feature", "properties": [], "geometry": None}]}, "not as GeoJSON has them"),
        ({"features": [{"type": "Feature", "geometry": None}]}, "not as GeoJSON has them"),
        ({"features": []}, "no column CNTR_CODE"),
        ({"features": [feature("LI0", None, wkt="POINT (9 47)")]}, "the column wkt is there twice"),
        ({"features": [feature("LI0", {"type": "Point", "coordinates": [float("nan"), 1]})]}, "NaN is no number"),
        ({"features": [feature("LI0", {"type": "Point", "coordinates": [5_300_000, 2_900_000]})]}, "row 2, column wkt"),
        ({"features": [feature("LI0", {"type": "Point", "coordinates": [True, 1]})]}, "longitude first"),
        ({"features": [feature("LI0", {"type": "Point", "coordinates": "9 47"})]}, "without coordinates"),
        ({"features": [feature("LI0", {"type": "Polygon", "coordinates": RING})]}, "without coordinates"),
        ({"features": [feature("LI0", {"type": "GeometryCollection", "geometries": []})]}, "GeometryCollection"),
        ({"features": [feature("LI0", {})]}, "row 2, column wkt"),
        ({"features": [feature("LI0", None, names={"de": "a"})]}, "row 2, column names: the cell holds a dict"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(tmp_path: Path, content: dict[str, Any], expected: str) -> None:
    code, text = told(project(tmp_path), written(tmp_path / "regions.geojson", LIECHTENSTEIN, content))
    assert code in (1, 2)
    assert expected in text
    assert [path for path in (tmp_path / "data").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("content", "expected"), [(b'{"type": "Feature', "it is no JSON"), (b'{"a": ' + b"[" * 200_000, "it is no JSON")]
)
def test_what_is_no_json_is_told(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "regions.geojson"
    path.write_bytes(content)
    assert expected in told(project(tmp_path), path)[1]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path / "regions.geojson", LIECHTENSTEIN)
    with file.open("ab") as more:
        more.truncate(geojson.LIMIT + 1)
    assert "GeoJSON of more than 64 MB is not read; take one of a coarser scale" in told(project(tmp_path), file)[1]


def test_a_geometry_that_cannot_be_taken_is_a_row_that_is_skipped(tmp_path: Path) -> None:
    bad = feature("LI0", {"type": "Point", "coordinates": []})
    file = written(tmp_path / "regions.geojson", [*LIECHTENSTEIN[2:], bad])
    code, text = told(project(tmp_path), file, "--on-error", "skip")
    assert code == 0
    assert "3 rows, 2 taken, 1 refused" in text
    assert "without coordinates" in (tmp_path / "data" / "imports" / "nuts.nuts.refused.csv").read_text("utf-8")


@pytest.mark.skipif(
    not OUTLINES.is_dir(), reason="outlines of NUTS are not beside the project (CLUSTERGRAPH_TEST_DATA)"
)
@pytest.mark.parametrize(("level", "count"), [(0, 37), (1, 125), (2, 334)])
def test_the_outlines_of_gisco_are_taken_whole(tmp_path: Path, level: int, count: int) -> None:
    code, text = told(project(tmp_path), OUTLINES / f"NUTS_RG_60M_2021_4326_LEVL_{level}.geojson")
    assert code == 0
    assert f"{count} rows, {count} taken" in text
    assert len(outlines(tmp_path)) == count
