"""The licence and the words of a source go with every answer, page and file that has something of it."""

from __future__ import annotations

import json

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store
from starlette.testclient import TestClient

from clustergraph.errors import Exit
from clustergraph.settings import Settings
from clustergraph.terms import BASE, ID
from clustergraph.web.app import create_app
from tests.commands import run
from tests.small_project import make

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
IMPORTED = f"""@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix organisation: <{ID}organisation/> .
<{BASE}graph/import/list> {{ organisation:tecos a cg:Cluster ; skos:prefLabel "Tecos"@en . }}
<{BASE}graph/import/list/record> {{
  <{BASE}graph/import/list> cg:inDocument <{ID}document/import-list> .
  <{ID}document/import-list> skos:prefLabel "List of clusters"@en ; dcterms:license <{LICENCE}> ;
    cg:attribution "© Ministry" .
}}
"""
WORDS = f"List of clusters, © Ministry, {LICENCE}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = make(tmp_path_factory.mktemp("licensed"))
    (folder / "data/list.trig").write_text(IMPORTED)
    built = run(folder, "build")
    assert built.returncode == Exit.FINE, built.stderr
    return folder


@pytest.fixture(scope="module")
def client(folder):
    with TestClient(
        create_app(folder / ".clustergraph", Settings(workers=1)), base_url="http://127.0.0.1:8123"
    ) as client:
        yield client


def test_every_answer_links_to_the_licences(client):
    for address in (
        "/questions/clusters.csv",
        "/questions/clusters.json?limit=1",
        "/id/organisation/afil.ttl",
        "/conflicts.csv",
        "/sparql?query=ASK%7B%7D",
        "/graph/import/list.nq",
    ):
        links = client.get(address).headers["link"]
        assert f'<{LICENCE}>; rel="license"' in links, address
        assert '</dataset>; rel="describedby"' in links
    assert 'rel="next"' in client.get("/questions/clusters.json?limit=1").headers["link"]


def test_json_says_which_sources_are_in_the_answer(client):
    found = client.get("/questions/clusters.json").json()
    assert found["sources"] == [
        {
            "graph": f"{BASE}graph/import/list",
            "title": "List of clusters",
            "licence": LICENCE,
            "attribution": "© Ministry",
        }
    ]
    assert "sources" not in client.get("/questions/clusters.json?cluster=AFIL").json()


def test_pages_and_the_terminal_name_the_sources(client, folder):
    for address in ("/questions/clusters", "/id/organisation/tecos", "/"):
        page = client.get(address, headers={"accept": "text/html"}).text
        assert "List of clusters, © Ministry" in page
        assert f'rel="license" href="{LICENCE}"' in page
    asked = run(folder, "ask", "clusters", "--format", "csv")
    assert (f"with data of: {WORDS}\n" in asked.stderr, "Tecos" in asked.stdout) == (True, True)
    assert "with data of" not in run(folder, "ask", "clusters", "--cluster", "AFIL").stderr


def test_the_description_gives_each_part_its_licence_and_the_whole_all_words(client):
    store = Store()
    store.load(
        client.get("/dataset", headers={"accept": "text/turtle"}).content, RdfFormat.TURTLE, base_iri=f"{BASE}dataset"
    )
    part, terms = NamedNode(f"{BASE}dataset#source-import-list"), "http://purl.org/dc/terms/"
    licences = [quad.object.value for quad in store.quads_for_pattern(part, NamedNode(f"{terms}license"), None)]
    assert licences == [LICENCE]
    for dataset in (part, NamedNode(f"{BASE}dataset")):
        (rights,) = (quad.object for quad in store.quads_for_pattern(dataset, NamedNode(f"{terms}rights"), None))
        (label,) = (
            quad.object.value for quad in store.quads_for_pattern(rights, None, None) if "label" in str(quad.predicate)
        )
        assert label == f"With data of: {WORDS}"


def test_the_manifest_keeps_them(folder):
    manifest = json.loads((folder / ".clustergraph/current/manifest.json").read_text())
    assert [each["attribution"] for each in manifest["sources"]] == ["© Ministry"]
