"""The named questions over HTTP: one file, and the same rows in every format."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import subprocess
import sys

import pytest
from starlette.testclient import TestClient

from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.terms import ID
from clustergraph.web import service
from clustergraph.web.app import create_app
from tests.small_project import QUESTION, make

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
CALLED = """#+ title: Which cluster has a name?
#+ tags: [clusters]
#+ parameters:
#+   cluster: {label: The cluster, type: iri, class: cg:Cluster}
#+   name: {label: The name, type: text}
#+ columns:
#+   cluster: The cluster
#+   said: What is no formula
SELECT ?cluster ?said WHERE {
  BIND ("=1+1" AS ?said)
  VALUES ?cluster { UNDEF }
  VALUES ?name { UNDEF }
  ?cluster a cg:Cluster ; skos:prefLabel ?label
  FILTER (!BOUND(?name) || STR(?label) = ?name)
} ORDER BY ?cluster ?said
"""
SLOW = """#+ title: How many triples of statements are there?
#+ parameters:
#+   most: {label: At most so many, type: number}
#+ columns:
#+   found: How many
SELECT (COUNT(*) AS ?found) WHERE {
  VALUES ?most { 1000000000 }
  ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (STR(?a) < STR(?d) || STR(?d) < STR(?g))
}
"""


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    folder = tmp_path_factory.mktemp("questions")
    found = Releases(folder / "releases")
    project = Project(make(folder / "project"))
    (project.queries.own / "called.rq").write_text(CALLED, "utf-8")
    (project.queries.own / "slow.rq").write_text(SLOW, "utf-8")
    publish.publish(project, found)
    return found


@pytest.fixture(scope="module")
def client(releases: Releases):
    with TestClient(create_app(releases.root, Settings())) as client:
        yield client


def rows(client: TestClient, address: str) -> list[dict[str, object]]:
    return client.get(address).json()["rows"]


def test_the_list_is_a_page_for_people_and_json_for_programs(client: TestClient) -> None:
    page = client.get("/questions", headers=BROWSER)
    assert "Which clusters are there?" in page.text
    for address, accept in (("/questions.json", "*/*"), ("/questions", "application/json")):
        _, question, _ = client.get(address, headers={"Accept": accept}).json()
        assert question["parameters"][0]["name"] == "cluster"
        assert question["columns"]["cluster"] == "The cluster"


def test_questions_are_searched_by_their_words(client: TestClient) -> None:
    assert [each["name"] for each in client.get("/questions.json?q=name+clust").json()] == ["called"]
    page = client.get("/questions?q=name", headers=BROWSER).text
    assert ("Which cluster has a name?" in page, "Which clusters are there?" in page) == (True, False)
    assert "No question has these words." in client.get("/questions?q=zzz", headers=BROWSER).text


def test_every_format_has_the_same_rows(client: TestClient) -> None:
    assert [row["cluster"]["label"] for row in rows(client, "/questions/clusters.json")] == ["AFIL", "ViaMéca"]
    for name, delimiter in (("csv", ","), ("tsv", "\t")):
        text = client.get(f"/questions/clusters.{name}").content.decode("utf-8-sig")
        assert [row["cluster"] for row in csv.DictReader(io.StringIO(text), delimiter=delimiter)] == ["AFIL", "ViaMéca"]
    assert "| ViaMéca |" in client.get("/questions/clusters.md").text
    assert "organisation/viameca" in client.get("/questions/clusters.xml").text
    assert "ViaMéca</a>" in client.get("/questions/clusters", headers=BROWSER).text


def test_the_query_of_a_question_is_given(client: TestClient) -> None:
    for name, accept in (("clusters.rq", "*/*"), ("clusters", "application/sparql-query")):
        response = client.get(f"/questions/{name}", headers={"Accept": accept})
        assert response.headers["content-type"] == "application/sparql-query"
        assert response.text == QUESTION
    bound = client.get("/questions/clusters.rq?cluster=AFIL").text
    assert bound == QUESTION.replace("UNDEF", f"<{ID}organisation/afil>")
    assert client.get("/questions/clusters.rq?cluster=Nobody").status_code == 400


def test_csv_begins_with_a_mark_only_where_the_link_says_that_it_is_for_excel(client: TestClient) -> None:
    plain = client.get("/questions/clusters.csv?cluster=AFIL").content
    assert plain.startswith(b"cluster")
    page = client.get("/questions/clusters?cluster=AFIL", headers=BROWSER).text
    link = re.search(r'href="([^"]+)"[^>]*>CSV for Excel</a>', page)
    assert link
    assert client.get(html.unescape(link[1])).content == b"\xef\xbb\xbf" + plain
    assert client.get("/questions/clusters.tsv?excel=true").content.startswith(b"cluster")


def test_tables_have_iris_where_they_are_asked_for(client: TestClient) -> None:
    row = f"AFIL{{0}}{ID}organisation/afil"
    for name, gap in (("csv", ","), ("tsv", "\t"), ("md", " | ")):
        assert row.format(gap) in client.get(f"/questions/clusters.{name}?iris=true").text
        assert ID not in client.get(f"/questions/clusters.{name}").text
    page = client.get("/questions/clusters", headers=BROWSER).text
    assert re.search(r'href="/questions/clusters.csv\?iris=true"[^>]*>CSV with IRIs</a>', page)


def test_no_cell_is_a_formula_for_a_spreadsheet(client: TestClient) -> None:
    for name, gap in (("csv", ","), ("tsv", "\t")):
        assert f"AFIL{gap}'=1+1" in client.get(f"/questions/called.{name}").text
    assert rows(client, "/questions/called.json")[0]["said"] == "=1+1"
    query = 'SELECT * { VALUES (?a ?b) { ("@x" -3) ("-1,+2" "say \\"=1\\"") } }'
    written = client.post("/sparql", data={"query": query, "format": "csv"}).text
    assert written == 'a,b\r\n\'@x,-3\r\n"\'-1,+2","say ""=1"""\r\n'


def test_the_format_is_negotiated(client: TestClient) -> None:
    for accept, given in (("text/csv", "text/csv"), ("text/markdown;q=0.4, application/json", "application/json")):
        response = client.get("/questions/clusters", headers={"Accept": accept})
        assert response.headers["content-type"].startswith(given)
    assert client.get("/questions/clusters", headers={"Accept": "image/png"}).status_code == 406
    assert client.get("/questions/clusters.png").status_code == 406


@pytest.mark.parametrize("name", ["ViaMéca", "viameca", "Viameca", "organisation:viameca"])
def test_labels_and_spellings_do_for_iris(client: TestClient, name: str) -> None:
    response = client.get("/questions/clusters.json", params={"cluster": name})
    assert [row["cluster"]["label"] for row in response.json()["rows"]] == ["ViaMéca"]


def test_several_values_where_a_parameter_takes_them(client: TestClient) -> None:
    assert len(rows(client, "/questions/clusters.json?cluster=AFIL&cluster=Viameca")) == 2


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/questions/clusters.json?cluster=Viamca", 400, "did you mean 'ViaMéca'"),
        ("/questions/clusters.json?clustr=AFIL", 400, "did you mean 'cluster'"),
        ("/questions/clstrs.json", 404, "did you mean clusters"),
        ("/questions/clusters.json?limit=0", 400, "give a number"),
        ("/questions/clusters.json?offset=x", 400, "give a number"),
        ("/questions/clusters.json?release=nothing", 404, "not kept"),
        ("/questions/clusters.json?release=../x", 404, "not kept"),
    ],
)
def test_what_is_wrong_is_said_with_what_there_is(client: TestClient, address: str, status: int, said: str) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert said in response.text
    page = client.get(address.replace(".json", ""), headers=BROWSER)
    assert page.status_code == status


def test_a_parameter_is_a_term_and_never_text_of_the_query(client: TestClient) -> None:
    for value in ('"} ?x ?y ?z {"', "https://e.org/> } ?s ?p ?o #", "organisation:x> }"):
        response = client.get("/questions/clusters.json", params={"cluster": value})
        assert response.status_code == 400


def test_pages_of_rows_link_to_each_other(client: TestClient) -> None:
    first = client.get("/questions/clusters.json?limit=1")
    assert [row["cluster"]["label"] for row in first.json()["rows"]] == ["AFIL"]
    assert first.json()["total"] == 2
    following = first.links["next"]["url"]
    second = client.get(following)
    assert [row["cluster"]["label"] for row in second.json()["rows"]] == ["ViaMéca"]
    assert "next" not in second.links
    assert client.get(second.links["prev"]["url"]).json()["rows"] == first.json()["rows"]
    xml = client.get("/questions/clusters.xml?limit=1&offset=1")
    assert (xml.text.count("<result>"), "viameca" in xml.text) == (1, True)
    assert "offset" not in xml.links["prev"]["url"]


def test_the_permanent_link_names_the_release(client: TestClient) -> None:
    document = client.get("/questions/clusters.json?cluster=AFIL").json()
    again = client.get(document["permanent"])
    assert document["release"] in document["permanent"]
    assert again.json()["rows"] == document["rows"]
    assert again.headers["x-clustergraph-release"] == document["release"]


def test_an_unchanged_answer_is_not_sent_again(client: TestClient) -> None:
    etag = client.get("/questions/clusters.csv").headers["etag"]
    assert client.get("/questions/clusters.csv", headers={"If-None-Match": etag}).status_code == 304


def test_openapi_has_the_typed_parameters(client: TestClient) -> None:
    document = json.loads(client.get("/openapi.json").text)
    (parameter, *_) = document["paths"]["/questions/clusters"]["get"]["parameters"]
    assert (parameter["name"], parameter["schema"]["type"]) == ("cluster", "array")


def test_an_answer_comes_with_its_evidence(client: TestClient) -> None:
    document = client.get("/questions/clusters.json?cluster=Viameca&evidence=true").json()
    (evidence,) = document["evidence"]
    triples = [triple["triple"] for group in evidence["reference"] for triple in group["triples"]]
    assert any("id/organisation/viameca" in triple for triple in triples)
    assert "Evidence" in client.get("/questions/clusters?evidence=true", headers=BROWSER).text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("clusters.csv?evidence=true", 406),
        ("clusters.json?evidence=maybe", 400),
        ("clusters.json?evidence=true&limit=999", 400),
    ],
)
def test_evidence_has_its_limits(client: TestClient, address: str, status: int) -> None:
    assert client.get(f"/questions/{address}").status_code == status


def test_an_empty_answer_says_why(client: TestClient) -> None:
    address = "/questions/called.json?cluster=AFIL&name=Zoë"
    document = client.get(address).json()
    assert document["rows"] == []
    assert "no row has name 'Zoë'" in document["why_empty"]
    assert "Why:" in client.get(address.replace(".json", ""), headers=BROWSER).text
    for name in ("csv", "md", "tsv", "xml"):
        response = client.get(address.replace("json", name))
        assert "no row has name 'Zo?'" in response.headers["x-clustergraph-hint"]


def test_a_thing_of_another_name_is_not_known(client: TestClient) -> None:
    address = "/questions/clusters.json?cluster=https://w3id.org/clustergraph/id/organisation/viamca"
    problem = client.get(address).json()
    assert problem["status"] == 400
    assert problem["advice"] == "did you mean 'ViaMéca'? there are 2 choices: AFIL, ViaMéca"


def test_the_web_process_does_no_rdf_work() -> None:
    code = "import sys, clustergraph.web.app; print(sorted({'rdflib', 'pyshacl', 'owlready2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_page_about_all_of_a_large_release_does_not_wait_for_long(releases: Releases) -> None:
    settings = Settings(memory_quads=0, page_seconds=0.05, query_seconds=60.0)
    with TestClient(create_app(releases.root, settings)) as large:
        page = large.get("/questions/slow", headers=BROWSER)
        assert (page.status_code, "takes longer than a page waits for" in page.text) == (200, True)
        assert 'href="/questions/slow?limit=100"' in page.text
        asked = large.get("/questions/slow?limit=100", headers=BROWSER).text
        assert "takes longer" not in asked
        assert f">{int(rows(large, '/questions/slow.json')[0]['found']):,}<" in asked
        assert large.get("/", headers=BROWSER).status_code == 200


def test_the_form_of_a_large_release_has_no_list_that_would_be_too_long(
    releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def form(memory_quads: int) -> str:
        with TestClient(create_app(releases.root, Settings(memory_quads=memory_quads))) as client:
            return client.get("/questions/clusters?cluster=AFIL", headers=BROWSER).text

    lists = '<select id="p-cluster"'
    assert lists in form(0)
    monkeypatch.setattr(service, "SUGGESTED", 1)
    assert lists not in form(0)
    assert lists in form(300_000), "one in memory answers at once"
