"""What disagrees over HTTP: a page with a form, and the same disagreements in every format."""

from __future__ import annotations

import csv
import gzip
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from clustergraph.graph import Graph
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.artefacts import CONFLICTS, folder_of
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page
from tests.small_project import make
from tests.web.test_questions import BROWSER

IMPORTED = """# list.csv 2
<https://w3id.org/clustergraph/id/organisation/afil> <http://www.w3.org/2004/02/skos/core#altLabel> \
"A F I L" <https://w3id.org/clustergraph/graph/import/list> .
"""
RULE = """#+ title: Two names
#+ description: A cluster has two names.
#+ kind: names
#+ severity: warning
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?about ("name" AS ?what) ?value ?section WHERE {
  GRAPH ?section { ?about skos:prefLabel|skos:altLabel ?value }
} ORDER BY ?about ?value
"""
LABEL = """
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix note: <https://w3id.org/clustergraph/id/note/> .
@prefix note-kind: <https://w3id.org/clustergraph/scheme/note-kind/> .
m:letter { organisation:afil skos:altLabel "A.F.I.L." . }
m:notes {
  note:two a cg:Note ; cg:noteKind note-kind:misspelling ; cg:about organisation:afil ; cg:concernsSection m:letter ;
    cg:foundBy <https://w3id.org/clustergraph/query/conflicts/two-names> ;
    dcterms:description "Two spellings stand here."@en .
}
m:sections { m:letter a cg:Section ; skos:prefLabel "The letter"@en . }
"""


def two_names(folder: Path) -> tuple[Project, Releases]:
    """Return a project with a body of two names and the rule that finds it, and where its releases will be."""
    project, releases = Project(make(folder / "project")), Releases(folder / "releases")
    (project.queries.own / "conflicts").mkdir()
    (project.queries.own / "conflicts" / "two-names.rq").write_text(RULE, "utf-8")
    path = project.data / "4m4iof" / "summary.trig"
    path.write_text(path.read_text("utf-8") + LABEL, "utf-8")
    return project, releases


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    project, releases = two_names(tmp_path_factory.mktemp("conflicts"))
    publish.publish(project, releases)
    with TestClient(create_app(releases.root, Settings())) as client:
        yield client


def test_each_disagreement_is_an_object_and_a_row(client: TestClient) -> None:
    found = client.get("/conflicts.json").json()
    assert [each["about"]["label"] for each in found] == ["AFIL", "ViaMéca"]
    assert [side["words"] for side in found[0]["values"]] == ["A.F.I.L.", "AFIL"]
    assert found[0]["values"][0]["said_by"][0]["section"]["label"] == "The letter"
    for name, delimiter in (("csv", ","), ("tsv", "\t")):
        text = client.get(f"/conflicts.{name}").content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
        assert [(row["about"], row["values"]) for row in rows] == [
            ("AFIL", "A.F.I.L. | AFIL"), ("ViaMéca", "ViaMéca | Viameca"),
        ]  # fmt: skip
    assert "| ViaMéca \\| Viameca |" in client.get("/conflicts.md").text
    assert client.get("/conflicts.xml").status_code == 406


def test_the_page_leads_to_things_sections_and_the_rule(client: TestClient) -> None:
    page = client.get("/conflicts", headers=BROWSER).text
    for address in ("/id/organisation/viameca", "/graph/4m4iof/letter", "/query/conflicts/two-names"):
        assert f'href="{address}"' in page
        assert client.get(address, headers=BROWSER).status_code == 200
    assert "Names and spellings" in page
    assert page.count("Two spellings stand here.") == 1


def test_a_note_stands_on_the_page_of_its_thing(client: TestClient) -> None:
    page = client.get("/id/organisation/afil", headers=BROWSER).text
    assert "Notes of the editors" in page
    assert page.index("Two spellings stand here.") < page.index("/query/conflicts/two-names")
    assert "Notes of the editors" not in client.get("/id/organisation/viameca", headers=BROWSER).text


def test_the_page_is_well_formed_and_accessible(client: TestClient) -> None:
    for address in (
        "/conflicts",
        "/conflicts?about=Viameca&kind=names&nature=wording&sort=severity",
        "/conflicts?kind=name",
        "/id/organisation/afil",
    ):
        check_page(client.get(f"/{address}", headers=BROWSER).text)


def test_filters_are_those_of_the_form(client: TestClient) -> None:
    page = client.get("/conflicts?kind=&about=Viameca&severity=warning", headers=BROWSER).text
    chosen = re.findall(r'<a class="chip" href="([^"]*)">.*?<strong>([^<]*)</strong>', page)
    assert chosen[-2:] == [("/conflicts?severity=warning", "ViaMéca"), ("/conflicts?about=Viameca", "warning")]
    assert "A.F.I.L." not in page
    assert len(client.get("/conflicts.json?kind=names&kind=dates&about=AFIL").json()) == 1
    assert client.get("/conflicts.json?kind=dates").json() == []
    assert "Nothing disagrees here" in client.get("/conflicts?kind=dates", headers=BROWSER).text


@pytest.mark.parametrize(
    ("given", "told"),
    [("kind=name", "names"), ("severity=bad", "violation"), ("about=Viamecca", "ViaMéca"), ("document=x", "x"),
     ("a=b", "kind")],
)  # fmt: skip
def test_what_is_not_known_is_told_as_a_problem_and_on_the_page(client: TestClient, given: str, told: str) -> None:
    refused = client.get(f"/conflicts.json?{given}")
    assert refused.status_code == 400
    assert told in refused.text
    page = client.get(f"/conflicts?{given}", headers=BROWSER)
    assert (page.status_code, '<form action="/conflicts"' in page.text) == (400, True)


def test_filters_are_offered_with_how_many_each_leaves(client: TestClient) -> None:
    page = client.get("/conflicts", headers=BROWSER).text
    offered = re.findall(r'<a href="(/conflicts[^"]*)"><span>([^<]*)</span> <span class="number-of-rows">(\d+)', page)
    assert ("/conflicts?kind=names", "Names and spellings", "2") in offered
    assert ("/conflicts?about=organisation%3Aafil", "AFIL", "1") in offered
    assert ("/conflicts?severity=violation", "violation", "0") in offered
    for address, _, number in offered:
        told = client.get(html.unescape(address), headers=BROWSER).text
        assert told.count('<article class="conflict">') == int(number)


def test_what_is_chosen_can_be_taken_back_where_it_leaves_nothing(client: TestClient) -> None:
    page = client.get("/conflicts?kind=dates&about=Viameca", headers=BROWSER).text
    check_page(page)
    chosen = re.findall(r'<a class="chip" href="([^"]*)">.*?<strong>([^<]*)</strong>', page)
    assert chosen == [("/conflicts?about=Viameca", "Dates"), ("/conflicts?kind=dates", "Viameca")]


def test_the_first_number_counts_what_cannot_both_be_true(client: TestClient) -> None:
    page = client.get("/conflicts", headers=BROWSER).text
    assert "0 contradictions" in page
    assert re.search(r'href="/conflicts\?nature=wording">Named differently <strong>2</strong>', page)
    assert {each["nature"] for each in client.get("/conflicts.json?nature=wording").json()} == {"wording"}
    assert "nothing disagrees here" in client.get("/conflicts?nature=change", headers=BROWSER).text.lower()


def test_the_order_is_chosen_and_what_is_none_is_told(client: TestClient) -> None:
    page = client.get("/conflicts?sort=about", headers=BROWSER).text
    assert page.index("A.F.I.L.") < page.index(">Viameca<")
    assert "/conflicts.csv?sort=about" in page
    refused = client.get("/conflicts.json?sort=rumour")
    assert (refused.status_code, "severity" in refused.json()["advice"]) == (400, True)


def test_parts_follow_each_other(client: TestClient) -> None:
    first = client.get("/conflicts.json?limit=1")
    assert [each["about"]["label"] for each in first.json()] == ["AFIL"]
    assert '</conflicts.json?limit=1&offset=1>; rel="next"' in first.headers["link"]
    page = client.get("/conflicts?limit=1", headers=BROWSER).text
    assert 'rel="next" href="/conflicts?limit=1&amp;offset=1"' in page
    assert "ViaMéca" in client.get("/conflicts.json?limit=1&offset=1").text


def test_with_an_import_what_disagrees_is_found_when_the_release_is_published(tmp_path: Path) -> None:
    project, releases = two_names(tmp_path)
    (project.data / "imports").mkdir()
    (project.data / "imports" / "list.nq.gz").write_bytes(gzip.compress(IMPORTED.encode()))
    release, _ = publish.publish(project, releases)
    (found,) = Graph.open(release.path).conflicts(about="AFIL")
    assert [side.words for side in found.sides] == ["A F I L", "A.F.I.L.", "AFIL"]
    assert [found] == Graph.open(release.path, project.queries.own).conflicts(about="AFIL"), "as in the graph"
    folder = folder_of(release.path, CONFLICTS)
    assert folder is not None
    nothing = b'{"head":{"vars":["about","what","value","section"]},"results":{"bindings":[]}}'
    (folder / "two-names.srj.gz").write_bytes(gzip.compress(nothing))
    for memory_quads in (0, 300_000):
        with TestClient(create_app(releases.root, Settings(memory_quads=memory_quads))) as client:
            assert client.get("/conflicts.json").json() == [], "no rule runs again"
