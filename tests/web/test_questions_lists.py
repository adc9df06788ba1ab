"""The page of a question as a list: facets with counts, sorting, text, columns, pages, and their data twins."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.questions.question import load
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from clustergraph.web.questions import RESERVED
from tests.accessible import check_page
from tests.conftest import ROOT
from tests.small_project import make

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
HOSTILE = "</td><script>alert(1)</script>"
ARABIC = "عنقود البلاستيك"
LONG = "Cluster of " + "very " * 60 + "long names"
LIST = """#+ title: Which clusters are in a list?
#+ description: Made for tests. It has facets.
#+ tags: [clusters]
#+ parameters:
#+   country: {label: Only in this country, heading: Country, type: iri, class: cg:Country, many: true,
#+     facet: country_of}
#+   size: {label: Only of this size, heading: Size, type: text, many: true,
#+     facet: "?cluster cg:members ?counted BIND (IF(?counted < 100, '1-99', '100+') AS ?size)"}
#+   named: {label: Only with this name, type: text}
#+ columns:
#+   cluster: The cluster
#+   country_of: Its country
#+   members: How many members it has
#+   code: A code
#+   nothing: Empty in every row
#+ headings: {country_of: Country}
#+ answer: "{rows} clusters in {different:country} countries[, the most in {first:country}]."
SELECT ?cluster ?country_of ?members ?code ?nothing WHERE {
  VALUES ?country { UNDEF }
  VALUES ?size { UNDEF }
  VALUES ?named { UNDEF }
  ?cluster a cg:Cluster ; skos:prefLabel ?label
  OPTIONAL { ?cluster cg:locatedIn ?country_of }
  OPTIONAL { ?cluster cg:members ?members }
  OPTIONAL { ?cluster cg:code ?code }
  FILTER (!BOUND(?country) || (BOUND(?country_of) && ?country_of = ?country))
  FILTER (!BOUND(?size) || EXISTS {
    ?cluster cg:members ?counted FILTER (STR(?size) = IF(?counted < 100, "1-99", "100+"))
  })
  FILTER (!BOUND(?named) || STR(?label) = ?named)
  OPTIONAL { ?cluster cg:none ?nothing }
} ORDER BY ?cluster ?country_of ?members ?code ?nothing
"""
CLUSTERS = [
    ("a", "Alpha 10", "spain", 9, "Annex 10"),
    ("b", "alpha 9", "spain", 100, "Annex 9"),
    ("c", "Émile", "italy", 20, ""),
    ("d", HOSTILE, "italy", None, "Annex 11"),
    ("e", ARABIC, "spain", 1000, ""),
    ("f", LONG, "", 7, ""),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("lists")
    root = make(folder / "project")
    (root / "queries" / "list.rq").write_text(LIST, "utf-8")
    text = "@prefix cg: <https://w3id.org/clustergraph/ontology/> .\n@prefix t: <http://t.example/> .\n"
    text += "@prefix m: <https://w3id.org/clustergraph/graph/4m4iof/> .\n"
    text += "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n\nm:summary {\n"
    for country in ("spain", "italy"):
        text += f'    t:{country} a cg:Country ; skos:prefLabel "{country.title()}"@en .\n'
    for name, label, country, members, code in CLUSTERS:
        text += f'    t:{name} a cg:Cluster ; skos:prefLabel "{label}"@en'
        text += f" ; cg:locatedIn t:{country}" if country else ""
        text += f" ; cg:members {members}" if members is not None else ""
        text += f' ; cg:code "{code}"' if code else ""
        text += " .\n"
    (root / "data/4m4iof/summary.trig").write_text(text + "}\n", "utf-8")
    country = 'cg:Country a owl:Class ; rdfs:label "country"@en ; skos:altLabel "Land"@de .\n'
    ontology = root / "ontology/clustergraph.ttl"
    prefix = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
    ontology.write_text(prefix + ontology.read_text("utf-8") + country, "utf-8")
    for path in (root / "queries" / "checks").iterdir():
        path.unlink()
    releases = Releases(folder / "releases")
    publish.publish(Project(root), releases)
    with TestClient(create_app(releases.root, Settings())) as client:
        yield client


def page(client: TestClient, query: str = "", status: int = 200) -> str:
    response = client.get(f"/questions/list{query}", headers=BROWSER)
    assert response.status_code == status, response.text
    check_page(response.text)
    return response.text


def labels(client: TestClient, query: str = "") -> list[str]:
    return [row["cluster"]["label"] for row in client.get(f"/questions/list.json{query}").json()["rows"]]


def facet(text: str, heading: str) -> dict[str, tuple[str, str]]:
    """Return by value the number of rows and the address of a facet on a page."""
    part = text.partition(f"<h2>{heading}</h2>")[2].partition("</ul>")[0]
    found = re.findall(r'<a[^>]* href="([^"]+)"><span>(.*?)</span> <span class="number-of-rows">(.*?)</span>', part)
    return {html.unescape(value): (number, html.unescape(href)) for href, value, number in found}


def test_a_facet_has_the_rows_of_each_value_and_leads_to_them(client: TestClient) -> None:
    text = page(client)
    assert {value: number for value, (number, _) in facet(text, "Country").items()} == {"Spain": "3", "Italy": "2"}
    assert list(facet(text, "Size")) == ["1-99", "100+"]
    for heading in ("Country", "Size"):
        for number, address in facet(text, heading).values():
            assert len(labels(client, "?" + urlsplit(address).query)) == int(number)


def test_the_other_choices_are_kept_in_counts_and_addresses(client: TestClient) -> None:
    text = page(client, "?size=100%2B")
    assert facet(text, "Country") == {"Spain": ("2", "/questions/list?size=100%2B&country=Spain")}
    assert {value: number for value, (number, _) in facet(text, "Size").items()} == {"1-99": "3", "100+": "2"}
    both = page(client, "?country=Spain&country=Italy&size=1-99")
    assert sorted(labels(client, "?country=Spain&country=Italy&size=1-99")) == ["Alpha 10", "Émile"]
    assert 'href="/questions/list?country=Italy&amp;size=1-99"' in both, "a chip removes its choice"
    assert client.get("/questions/list/choices?size=100%2B").json()["country"] == [
        {"value": "Spain", "iri": "http://t.example/spain", "rows": 2}
    ]


def test_every_door_has_the_same_rows_of_a_facet(client: TestClient) -> None:
    asked = client.get("/questions/list.rq?country=Italy&size=1-99").text
    rows = client.post("/sparql", data={"query": asked, "format": "json"}).json()["results"]["bindings"]
    assert [row["cluster"]["value"] for row in rows] == ["http://t.example/c"]
    assert labels(client, "?country=Italy&size=1-99") == ["Émile"]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("?sort=members", [LONG, "Alpha 10", "Émile", "alpha 9", ARABIC]),
        ("?sort=-members", [ARABIC, "alpha 9", "Émile", "Alpha 10", LONG]),
        ("?sort=cluster", ["alpha 9", "Alpha 10", LONG]),
        ("?sort=code", ["alpha 9", "Alpha 10", HOSTILE]),
        ("?sort=-code", [HOSTILE, "Alpha 10", "alpha 9"]),
    ],
)
def test_rows_are_sorted_with_numbers_by_their_size_and_empty_cells_last(
    client: TestClient, query: str, first: list[str]
) -> None:
    assert labels(client, query)[: len(first)] == first
    assert [row["cluster"] for row in csv.DictReader(io.StringIO(client.get(f"/questions/list.csv{query}").text))][
        : len(first)
    ] == first


def test_a_heading_sorts_upwards_then_downwards_then_not(client: TestClient) -> None:
    for query, following, sorted_ in (
        ("", "?sort=members", None),
        ("?sort=members", "?sort=-members", "ascending"),
        ("?sort=-members", "", "descending"),
    ):
        head = page(client, query).partition("<thead")[2].partition("</thead>")[0]
        assert f'href="/questions/list{following}">Members' in head
        assert re.findall(r'aria-sort="(\w+)"', head) == ([sorted_] if sorted_ else [])


def test_only_rows_with_a_text_whatever_its_accents(client: TestClient) -> None:
    assert labels(client, "?contains=emile") == ["Émile"]
    assert labels(client, "?contains=ANNEX+1") == ["Alpha 10", HOSTILE]
    assert labels(client, f"?contains={ARABIC.split()[0]}") == [ARABIC]
    assert facet(page(client, "?contains=alpha"), "Country")["Spain"][0] == "2"
    empty = page(client, "?contains=zzz")
    assert "No rows." in empty
    assert "no row has &#39;zzz&#39;" in empty
    assert 'value="zzz"' in empty, "the box to change it is still there"
    assert labels(client, "?contains=annex&columns=cluster") == [], "of the columns that are shown"


def test_columns_are_chosen_and_those_that_are_empty_are_left_out(client: TestClient) -> None:
    head = page(client).partition("<thead")[2].partition("</thead>")[0]
    assert re.findall(r">(Cluster|Country|Members|Code|Nothing)<", head) == ["Cluster", "Country", "Members", "Code"]
    head = page(client, "?columns=nothing&columns=cluster").partition("<thead")[2].partition("</thead>")[0]
    assert re.findall(r">(Cluster|Country|Members|Code|Nothing)<", head) == ["Cluster", "Nothing"]
    assert client.get("/questions/list.csv").text.splitlines()[0] == "cluster,country_of,members,code,nothing"
    assert client.get("/questions/list.csv?columns=members+cluster").text.splitlines()[0] == "cluster,members"
    document = client.get("/questions/list.json?columns=cluster,code&sort=-code&limit=1").json()
    assert document["rows"][0] == {"cluster": {"label": HOSTILE, "iri": "http://t.example/d"}, "code": "Annex 11"}
    assert client.get(document["permanent"]).json()["rows"] == document["rows"]


def test_what_is_no_column_or_view_is_said(client: TestClient) -> None:
    for query, said in (
        ("sort=member", "did you mean 'members'"),
        ("columns=clustr", "did you mean 'cluster'"),
        ("view=film", "give picture or table"),
    ):
        response = client.get(f"/questions/list.json?{query}")
        assert (response.status_code, said in response.text) == (400, True)
    assert "did you mean" in page(client, "?sort=member", 400)
    for name in ("xml", "rq"):
        response = client.get(f"/questions/list.{name}?sort=members")
        assert (response.status_code, "does not take sort" in response.text) == (406, True)
        assert client.get(f"/questions/list.{name}").status_code == 200


def test_pages_lead_to_each_other_with_all_choices(client: TestClient) -> None:
    text = page(client, "?sort=-members&limit=2&offset=2")
    assert "Rows 3–4 of 6" in text
    for rel, place in (("first", None), ("prev", None), ("next", "4"), ("last", "4")):
        (address,) = re.findall(rf'<a rel="{rel}" href="([^"]+)"', text)
        query = parse_qs(urlsplit(html.unescape(address)).query)
        assert (query["sort"], query["limit"], query.get("offset", [None])) == (["-members"], ["2"], [place])
    assert "Next" not in page(client, "?limit=6")
    response = client.get("/questions/list.csv?country=Spain&limit=1&sort=members")
    assert response.headers["x-clustergraph-total"] == "3"
    assert "sort=members" in response.links["next"]["url"]


def test_the_answer_comes_first_in_a_sentence(client: TestClient) -> None:
    sentence = re.compile(r'<p class="answer-sentence">(.*?)</p>')
    assert sentence.findall(page(client)) == ["6 clusters in 2 countries, the most in Spain (3), Italy (2)."]
    assert sentence.findall(page(client, "?country=Italy&size=1-99")) == ["One row: Émile · Italy · 20."]
    assert client.get("/questions/list.json").json()["summary"].startswith("6 clusters in 2 countries")


def test_each_row_says_why_it_is_there(client: TestClient) -> None:
    text = page(client, "?sort=-members")
    address = html.unescape(re.findall(r'<a class="row-why" href="([^"]+)"', text)[1])
    proof = client.get(address, headers=BROWSER).text
    check_page(proof)
    assert '<details open><summary><h3 id="row-2-evidence">Evidence: alpha 9' in proof
    assert re.search(
        r"<title>Evidence: alpha 9[^<]* · Which clusters are in a list\?[^<]* sorted by Members, downwards", proof
    )
    numbers = re.findall(r'id="row-2-step-(\d+)"', proof)
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)], "as they are shown"


def test_a_choice_that_is_given_by_its_iri_is_shown_by_its_name(client: TestClient) -> None:
    chosen = re.compile(r'<a class="chip" href="([^"]*)">.*?<strong>(.*?)</strong>')
    text = page(client, "?country=http://t.example/spain&country=Italy&named=Alpha+10")
    assert [name for _, name in chosen.findall(text)] == ["Spain", "Italy", "Alpha 10"]
    assert "http" not in chosen.findall(text)[0][0], "without it"


def test_labels_of_any_kind_are_shown_as_they_are(client: TestClient) -> None:
    text = page(client)
    assert "<script>" not in text
    assert html.escape(HOSTILE) in text
    assert f">{ARABIC}</a></bdi>" in text, "a name from right to left turns nothing around"
    assert LONG in text


def test_a_form_keeps_what_else_is_chosen(client: TestClient) -> None:
    text = page(client, "?country=Spain&sort=members&columns=cluster&columns=members&contains=a")
    form = text.partition('<div class="toolbar">')[2].partition("</form>")[0]
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    assert hidden == [("country", "Spain"), ("sort", "members"), ("columns", "cluster"), ("columns", "members")]


def test_the_catalogue_is_searched_also_by_other_words(client: TestClient) -> None:
    def names(query: str) -> list[str]:
        return [each["name"] for each in client.get(f"/questions.json?{query}").json()]

    assert names("q=made+for+tests") == ["list"], "words of the description"
    assert names("q=land") == ["list"], "another name of the class of a parameter"
    assert names("picture=map") == []
    found = client.get("/questions?q=clustres", headers=BROWSER).text
    check_page(found)
    assert "These come near:" in found
    assert 'href="/questions/list"' in found


def test_the_catalogue_shows_by_a_sign_what_is_drawn(drawing: TestClient) -> None:
    text = drawing.get("/questions", headers=BROWSER).text
    check_page(text)
    assert re.search(r'href="/questions/pictured">[^<]*</a> <span class="sign"><svg', text)
    assert 'href="/questions?picture=bar"' in text
    of_kind = drawing.get("/questions?picture=bar", headers=BROWSER).text
    assert ("/questions/pictured" in of_kind, '/questions/clusters"' in of_kind.partition("<main")[2]) == (True, False)


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("drawing")
    root = make(folder / "project")
    pictured = """#+ title: How long are names?
#+ columns: {cluster: The cluster, length: How long its name is}
#+ view: {kind: bar, label: cluster, value: length}
SELECT ?cluster (STRLEN(STR(?name)) AS ?length) { ?cluster a cg:Cluster ; skos:prefLabel ?name }
ORDER BY ?cluster ?length
"""
    (root / "queries" / "pictured.rq").write_text(pictured, "utf-8")
    releases = Releases(folder / "releases")
    publish.publish(Project(root), releases)
    with TestClient(create_app(releases.root, Settings())) as client:
        yield client


def test_an_answer_of_bars_begins_with_the_largest(drawing: TestClient) -> None:
    page = drawing.get("/questions/pictured", headers=BROWSER).text
    assert "2 rows; the largest number of “Length” is 7: ViaMéca." in page
    picture = drawing.get("/questions/pictured?view=picture", headers=BROWSER).text
    table = drawing.get("/questions/pictured?view=table", headers=BROWSER).text
    assert [("<svg" in each.partition("<main")[2], "<thead" in each) for each in (picture, table)] == [
        (True, False),
        (False, True),
    ]


def test_no_parameter_of_a_question_has_a_name_that_every_question_takes() -> None:
    taken = {*RESERVED, "lang"}
    assert {
        name: found
        for name, question in load(ROOT / "queries").items()
        if (found := taken & question.parameters.keys())
    } == {}


def test_each_row_is_called_by_its_first_cell_and_each_cell_knows_its_heading(client: TestClient) -> None:
    text = page(client, "?columns=cluster,country_of,members")
    assert re.search(r'<caption class="hidden">[^<]+ Rows 1–6 of 6</caption>', text)
    rows = re.findall(r'<tr role="row">(?=<th scope="row").*?</tr>', text)
    assert len(rows) == 6
    assert all(re.findall(r'data-label="([^"]+)"', row) == ["Country", "Members"] for row in rows)
    assert all(re.search(r'why\?<span class="hidden"> [^<]+</span>', row) for row in rows)
    assert 'class="stacked"' in text
    assert 'class="stacked"' not in page(client, "?columns=cluster,members"), "two columns fit a phone"
