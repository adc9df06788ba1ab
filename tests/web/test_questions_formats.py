"""The formats of an answer that other programs take: each is read again by a library that we did not write it with."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import networkx
import pytest
from openpyxl import load_workbook
from pyoxigraph import DefaultGraph, Quad, Store
from starlette.testclient import TestClient

from clustergraph import formats
from clustergraph.pipeline.project import Project
from clustergraph.questions.catalogue import catalogue
from clustergraph.questions.question import load
from clustergraph.release.manifest import Record
from clustergraph.release.releases import Releases
from clustergraph.release.write import write
from clustergraph.settings import Settings
from clustergraph.terms import PREFIXES
from clustergraph.web.app import create_app
from tests.accessible import check_page

BROWSER = {"Accept": "text/html"}
EVIL = (
    """organisation:evil a cg:Cluster , cg:Organisation ; skos:prefLabel "=HYPERLINK(\\"http://x.example\\";1)"@en ."""
)


def released(folder: Path, project: Project, store: Store, extra: str = "") -> Path:
    """Write the graph of the project as a release, with its questions."""
    whole = Store()
    whole.extend(store)
    for quad in catalogue(load(project.queries).values(), []):
        whole.extend([quad, Quad(quad.subject, quad.predicate, quad.object, DefaultGraph())])
    if extra:
        whole.update(f"INSERT DATA {{ {extra} GRAPH graph:extra {{ {extra} }} }}", prefixes=PREFIXES)
    releases = Releases(folder)
    with releases.lock():
        releases.activate(write(releases, whole, Record()).path)
    return folder


@pytest.fixture(scope="module")
def client(project: Project, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with TestClient(create_app(released(tmp_path_factory.mktemp("formats"), project, store), Settings())) as client:
        yield client


def rows(client: TestClient, address: str) -> list[dict]:
    return client.get(address).json()["rows"]


def test_excel_has_numbers_days_and_links(client: TestClient) -> None:
    answer = client.get("/questions/clusters.xlsx")
    assert answer.headers["content-type"] == formats.answer_formats()["xlsx"].media_types[0]
    book = load_workbook(io.BytesIO(answer.content))
    expected = client.get("/questions/clusters.json").json()
    sheet = book["Answer"]
    head, *found = sheet.iter_rows()
    assert [cell.value for cell in head] == list(expected["columns"])
    assert len(found) == expected["total"]
    assert {cell.data_type for row in found for cell in row} <= {"s", "n", "b", "d"}
    things = [row["cluster"]["iri"] for row in expected["rows"]]
    assert [row[0].hyperlink.target for row in found] == things
    about = dict(book["About"].iter_rows(values_only=True))
    assert about["Question"] == expected["title"]


def test_numbers_and_days_are_typed(client: TestClient) -> None:
    found = set()
    for name in ("how-many", "documents"):
        answer = client.get(f"/questions/{name}.xlsx")
        if answer.status_code == 200:
            sheet = load_workbook(io.BytesIO(answer.content))["Answer"]
            found |= {type(cell) for row in sheet.iter_rows(min_row=2, values_only=True) for cell in row}
    assert {int, datetime} <= found


def test_the_same_answer_has_the_same_bytes(client: TestClient) -> None:
    first = client.get("/questions/regions.xlsx").content
    assert client.get("/questions/regions.xlsx", headers={"Cache-Control": "no-cache"}).content == first
    with zipfile.ZipFile(io.BytesIO(first)) as packed:
        assert {each.date_time[0] for each in packed.infolist()} == {1980}


def test_no_cell_is_a_formula(tmp_path: Path, project: Project, store: Store) -> None:
    with TestClient(create_app(released(tmp_path, project, store, EVIL), Settings())) as client:
        book = load_workbook(io.BytesIO(client.get("/questions/clusters.xlsx").content))
        cells = [cell for row in book["Answer"].iter_rows() for cell in row if cell.value]
        assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
        assert {cell.data_type for cell in cells} <= {"s", "n", "b"}


def test_parquet_is_read_by_pandas(client: TestClient) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(io.BytesIO(client.get("/questions/clusters.parquet?iris=true").content))
    expected = rows(client, "/questions/clusters.json")
    assert list(frame["cluster"]) == [row["cluster"]["label"] for row in expected]
    assert list(frame["cluster_iri"]) == [row["cluster"]["iri"] for row in expected]


def test_places_are_features(client: TestClient) -> None:
    name = map_of(client)
    answer = client.get(f"/questions/{name}.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    found = json.loads(answer.content)
    assert (found["type"], len(found["features"])) == (
        "FeatureCollection",
        len(rows(client, f"/questions/{name}.json")),
    )
    points = [each["geometry"]["coordinates"] for each in found["features"] if each["geometry"]]
    assert points
    assert all(-30 < longitude < 45 and 27 < latitude < 72 for longitude, latitude in points)


def of_kind(client: TestClient, kind: str) -> str:
    listed = client.get("/questions.json").json()
    return next(each["name"] for each in listed if each["view"]["kind"] == kind)


def map_of(client: TestClient) -> str:
    return of_kind(client, "map")


def test_ties_are_a_network(client: TestClient, tmp_path: Path) -> None:
    answer = client.get("/questions/partners-sharing-pilots.graphml")
    assert answer.headers["content-type"] == "application/graphml+xml"
    path = tmp_path / "ties.graphml"
    path.write_bytes(answer.content)
    network = networkx.read_graphml(path)
    expected = rows(client, "/questions/partners-sharing-pilots.json")
    assert network.number_of_edges() == len(expected)
    labels = {value["label"] for row in expected for value in list(row.values())[:2]}
    assert {data["label"] for _, data in network.nodes(data=True)} == labels


def test_a_picture_is_svg_and_png(client: TestClient) -> None:
    svg = client.get("/questions/partners-sharing-pilots.svg")
    assert ET.fromstring(svg.text).tag.endswith("svg")
    png = client.get("/questions/partners-sharing-pilots.png")
    assert png.headers["content-type"] == "image/png"
    assert png.content.startswith(b"\x89PNG\r\n")
    assert len(png.content) > 10_000


@pytest.mark.parametrize("extension", ["xlsx", "parquet", "geojson", "graphml", "png", "svg"])
def test_the_accept_header_does_for_the_extension(client: TestClient, extension: str) -> None:
    name = map_of(client) if extension == "geojson" else "partners-sharing-pilots"
    media_type = formats.answer_formats()[extension].media_types[0]
    asked = client.get(f"/questions/{name}", headers={"Accept": media_type})
    assert asked.headers["content-type"] == media_type
    assert asked.content == client.get(f"/questions/{name}.{extension}").content


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/questions/work-packages.png", "shown as a table"),
        ("/questions/work-packages.svg", "shown as a table"),
        ("/questions/verdicts-by-project.graphml", "no two columns"),
        ("/questions/calls.geojson", "has a place"),
    ],
)
def test_what_an_answer_has_not_is_refused_in_words(client: TestClient, address: str, says: str) -> None:
    refused = client.get(address, headers={"Accept": "application/json"})
    assert (refused.status_code, says in refused.json()["detail"]) == (406, True), refused.text


def test_what_is_not_installed_is_not_offered_and_says_what_to_install(small_built: Path) -> None:
    program = (
        "import importlib.util, sys; find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name in ('pyarrow', 'resvg_py') else find(name)\n"
        "from pathlib import Path; from starlette.testclient import TestClient\n"
        "from clustergraph.settings import Settings; from clustergraph.web.app import create_app\n"
        "with TestClient(create_app(Path(sys.argv[1]), Settings())) as client:\n"
        "    refused = client.get('/questions/clusters.parquet', headers={'Accept': 'application/json'})\n"
        "    shown = client.get('/questions/clusters', headers={'Accept': 'text/html'}).text\n"
        "    print(refused.status_code, refused.json()['detail'], '.parquet' in shown, '.xlsx' in shown)\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", program, str(small_built / ".clustergraph")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    needed = "this service has not installed 'clustergraph[parquet]', which that format needs"
    assert said == f"406 {needed} False True"


def test_the_page_offers_what_its_answer_has(client: TestClient) -> None:
    def offered(name: str) -> str:
        shown = client.get(f"/questions/{name}", headers=BROWSER).text
        check_page(shown)
        return shown

    network, places = offered("partners-sharing-pilots"), offered(map_of(client))
    assert 'href="/questions/partners-sharing-pilots.graphml"' in network
    assert 'href="/questions/partners-sharing-pilots.png"' in network
    assert ".geojson" not in network
    assert f'href="/questions/{map_of(client)}.geojson"' in places
    assert ".graphml" not in places
