"""What the pages show besides a table: pictures, names in place of IRIs, examples, search, and why there is nothing."""

from __future__ import annotations

import html
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from clustergraph.cli.main import cli
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page
from tests.small_project import make

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
NAMES = """#+ title: How many names has each cluster?
#+ tags: [names]
#+ parameters:
#+   least: {label: At least so many, type: number}
#+   cluster: {label: Only these, type: iri, class: cg:Cluster, many: true}
#+ columns:
#+   cluster: The cluster
#+   names: How many names it has
#+ view: {kind: bar, label: cluster, value: names}
#+ evidence: "{cluster} has {names} names"
SELECT ?cluster (COUNT(?name) AS ?names) WHERE {
  VALUES ?least { 1 }
  VALUES ?cluster { UNDEF }
  ?cluster a cg:Cluster ; skos:prefLabel|skos:altLabel ?name
} GROUP BY ?cluster ?least HAVING (COUNT(?name) >= ?least) ORDER BY ?cluster ?names
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(tmp_path_factory.mktemp("views") / "project")
    (root / "queries" / "names.rq").write_text(NAMES, "utf-8")
    publish.publish(Project(root), Releases(root / ".clustergraph"))
    return root


@pytest.fixture(scope="module")
def client(folder: Path):
    with TestClient(create_app(folder / ".clustergraph", Settings())) as client:
        yield client


def test_an_answer_comes_before_how_it_is_made_and_what_is_chosen_is_told_above_it(client: TestClient) -> None:
    page = client.get("/questions/names", params={"least": "1"}, headers=BROWSER).text
    chosen = page.index("At least so many:</span> <strong>1</strong>")
    assert page.index('class="answer-sentence"') < chosen < page.index('<details class="filters">') < page.index("<svg")
    assert page.index("<table") < page.index("/questions/names.csv")


def test_every_page_leads_to_the_main_lists_and_says_where_it_is(client: TestClient) -> None:
    doors = {"/questions", "/compare", "/conflicts", "/download"} | {
        f"/questions/{name}" for name in ("clusters", "regions", "projects")
    }
    for path in ("/", "/questions", "/conflicts", "/search?q=afil", "/id/organisation/afil", "/id/nothing"):
        page = client.get(path, headers=BROWSER).text
        head = page[page.index("<nav") : page.index("</nav>")]
        assert set(re.findall('href="([^"]*)"', head)) == doors
        assert head.count('aria-current="page"') == (path in doors)


def test_the_list_of_questions_says_which_pictures_they_draw(client: TestClient) -> None:
    page = client.get("/questions", headers=BROWSER).text
    assert re.search(
        r'How many names has each cluster\?</a> <span class="sign"><svg.*?</svg> bars</span>', page, re.DOTALL
    )


def test_the_answer_to_a_query_comes_into_view(client: TestClient) -> None:
    page = client.get("/sparql", params={"query": "ASK { }"}, headers=BROWSER).text
    assert 'action="/sparql#result"' in page
    assert page.index('id="result"') < page.index("Answer</h2>")
    refused = client.get("/sparql", params={"query": "ASK {"}, headers=BROWSER).text
    assert refused.index('id="result"') < refused.index('role="alert"')


def test_things_are_found_before_questions_and_terms(client: TestClient) -> None:
    page = client.get("/search", params={"q": "cluster"}, headers=BROWSER).text
    assert page.index("<h2>Questions</h2>") < page.index("<h2>Codes and terms</h2>")


def test_the_picture_stands_above_the_table_and_is_a_file(client: TestClient) -> None:
    page = client.get("/questions/names", headers=BROWSER).text
    assert page.index("<svg") < page.index("<table")
    assert 'href="/questions/names.svg"' in page
    assert 'href="/id/organisation/viameca"' in page
    picture = client.get("/questions/names.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "".join(ElementTree.fromstring(picture.text).itertext()).count("ViaMéca") >= 1
    assert client.get("/questions/names", headers={"Accept": "image/svg+xml"}).text == picture.text


@pytest.mark.parametrize(
    "address",
    ["questions", "questions/names", "questions/names?cluster=AFIL&cluster=Viameca&evidence=true", "search?q=viamca",
     "questions/names?least=x", "questions/names?least=9", "conflicts", "sparql?example=names", "search"],
)  # fmt: skip
def test_pages_are_well_formed_and_accessible(client: TestClient, address: str) -> None:
    check_page(client.get(f"/{address}", headers=BROWSER).text)


def test_a_question_without_a_picture_says_so(client: TestClient) -> None:
    response = client.get("/questions/clusters.svg")
    assert response.status_code == 406
    assert "shown as a table" in response.json()["detail"]
    assert "clusters.svg" not in client.get("/questions/clusters", headers=BROWSER).text
    assert client.get("/questions/names.svg?least=9").status_code == 406


def test_the_picture_of_what_is_asked(client: TestClient) -> None:
    assert "AFIL" not in client.get("/questions/names.svg?least=2").text


def test_the_command_writes_the_picture(folder: Path) -> None:
    from click.testing import CliRunner

    words = ["--project", str(folder), "ask", "names", "--format", "svg"]
    assert ElementTree.fromstring(CliRunner().invoke(cli, words).stdout).tag.endswith("svg")
    assert CliRunner().invoke(cli, [*words[:3], "clusters", *words[4:]]).exit_code != 0


def test_the_form_keeps_what_is_given_and_shows_what_is_usual(client: TestClient) -> None:
    page = client.get("/questions/names?cluster=AFIL&cluster=Viameca", headers=BROWSER).text
    assert '<option value="AFIL" selected>AFIL' in page
    assert '<option value="ViaMéca" selected>ViaMéca' in page
    assert 'placeholder="1"' in page


def test_the_query_that_is_opened_has_the_values(client: TestClient) -> None:
    page = html.unescape(client.get("/questions/names?least=2", headers=BROWSER).text)
    address = re.search(r'href="(/sparql\?query=[^"]+)"', page)
    assert address
    assert "ViaMéca</a>" in client.get(address[1], headers=BROWSER).text
    assert "AFIL</a>" not in client.get(address[1], headers=BROWSER).text


def test_every_question_is_an_example_of_the_editor(client: TestClient) -> None:
    page = client.get("/sparql", headers=BROWSER).text
    for name in ("clusters", "names"):
        assert f'href="/sparql?example={name}"' in page
        filled = html.unescape(client.get(f"/sparql?example={name}", headers=BROWSER).text)
        assert "VALUES ?cluster { UNDEF }" in filled
        assert "#+" not in filled
    chosen = client.get("/sparql?example=names", headers=BROWSER).text
    assert 'href="/sparql?example=names" aria-current="true"' in chosen


def test_an_answer_in_sparql_shows_names_with_their_iris(client: TestClient) -> None:
    page = client.get("/sparql", params={"query": "SELECT ?c { ?c a cg:Cluster }"}, headers=BROWSER).text
    assert 'title="https://w3id.org/clustergraph/id/organisation/viameca">ViaMéca</a>' in page
    assert "organisation:viameca" in page


@pytest.mark.parametrize("typed", ["ViaMéca", "viamca", "VIAMECA", "Viameca"])
def test_things_are_found_by_name(client: TestClient, typed: str) -> None:
    hits = client.get("/search.json", params={"q": typed}).json()
    assert [hit["label"] for hit in hits] == ["ViaMéca"]
    page = client.get("/search", params={"q": typed}, headers=BROWSER).text
    assert 'href="/id/organisation/viameca"' in page


def test_a_term_is_found_with_its_count_and_links_to_the_questions_that_use_it(client: TestClient) -> None:
    (hit,) = (each for each in client.get("/search.json?q=cluster").json() if each["kind"] == "class")
    assert (hit["label"], hit["count"]) == ("cluster", 2)
    assert hit["questions"]["clusters"] == "Which clusters are there?"
    page = client.get("/search?q=cluster", headers=BROWSER).text
    assert 'data-label="Count">2 things</td>' in page
    assert '<a href="/questions/clusters" title="Which clusters are there?" lang="en">clusters</a>' in page


def test_search_has_its_limits(client: TestClient) -> None:
    assert client.get("/search", params={"q": "a" * 300}).status_code == 400
    assert client.get("/search.csv", params={"q": "a"}).status_code == 406
    assert client.get("/search.json").json() == []
    assert "Nothing here has a name like" in client.get("/search?q=zzzzqqqq", headers=BROWSER).text
    page = client.get("/search", params={"q": "<script>alert(1)</script>"}, headers=BROWSER).text
    assert "<script>alert" not in page


def test_evidence_begins_with_what_it_proves(client: TestClient) -> None:
    (first, second) = client.get("/questions/names.json?evidence=true").json()["evidence"]
    assert first["statement"] == "AFIL has 1 names"
    assert second["statement"] == "ViaMéca has 2 names"
    page = client.get("/questions/names?evidence=true", headers=BROWSER).text
    assert "ViaMéca has 2 names, because" in page


def test_every_door_says_why_there_is_nothing(client: TestClient, folder: Path) -> None:
    from click.testing import CliRunner

    said = client.get("/questions/names.json?least=9").json()["why_empty"]
    assert "no row has least '9'" in said
    command = CliRunner().invoke(cli, ["--project", str(folder), "ask", "names", "--least", "9"])
    assert said in command.output
