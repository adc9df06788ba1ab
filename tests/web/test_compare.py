"""Clusters, regions and projects beside each other, by the doors of the service: page, JSON and CSV."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openpyxl import load_workbook
from pyoxigraph import RdfFormat, Store, parse
from starlette.testclient import TestClient

from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions import question, rules
from clustergraph.questions.catalogue import catalogue
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.release.manifest import Record
from clustergraph.release.releases import Releases
from clustergraph.release.write import merge, write
from clustergraph.settings import Settings
from clustergraph.terms import NUTS, PREFIXES
from clustergraph.web.app import create_app
from tests.accessible import check_page

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
STATED = "cg:certainty certainty:stated"
SCENE = f"""
GRAPH m:sections {{
  m:old a cg:Section ; cg:inDocument document:old ; cg:sectionNumber "1" ; cg:heading "Old" .
  m:new a cg:Section ; cg:inDocument document:new ; cg:sectionNumber "2" ; cg:heading "New" .
  document:old a cg:Document ; cg:issued "2014"^^xsd:gYear ; skos:prefLabel "Old note"@en .
  document:new a cg:Document ; cg:issued "2017"^^xsd:gYear ; skos:prefLabel "New note"@en .
  organisation:a a cg:Cluster ; skos:prefLabel "Alpha"@en .
  organisation:b a cg:Cluster ; skos:prefLabel "Beta <b>"@en .
  organisation:c a cg:Cluster ; skos:prefLabel "Gamma"@en .
  nuts:ITC4 a cg:Region ; skos:prefLabel "Lombardy"@en .
  nuts:ES51 a cg:Region ; skos:prefLabel "Catalonia"@en .
  project:x a cg:Project ; skos:prefLabel "XPROJECT"@en .
  project:y a cg:Project ; skos:prefLabel "YPROJECT"@en .
}}
GRAPH m:old {{
  organisation:a cg:region nuts:ITC4 ; cg:thematicFocus field:composites , field:recycling-remanufacturing .
  organisation:b cg:region nuts:ES51 ; cg:thematicFocus field:recycling-remanufacturing .
  priority:p a cg:Priority ; {STATED} ; cg:setBy nuts:ES51 ; cg:theme field:composites .
  figure:f a cg:Figure ; {STATED} ; cg:subject organisation:a ; cg:measure measure:members ; cg:value 1500 ;
    cg:unit unit:count ; cg:bound bound:exactly ; cg:asOf "2012"^^xsd:gYear .
  participation:ax a cg:Participation ; {STATED} ; cg:participant organisation:a ; cg:activity project:x ;
    cg:role participation-role:partner .
}}
GRAPH m:new {{
  figure:g a cg:Figure ; {STATED} ; cg:subject organisation:a ; cg:measure measure:members ; cg:value 1700 ;
    cg:unit unit:count ; cg:bound bound:more-than .
  participation:bx a cg:Participation ; {STATED} ; cg:participant organisation:b ; cg:activity project:x ;
    cg:role participation-role:partner .
  participation:cx a cg:Participation ; cg:certainty certainty:unconfirmed ; cg:participant organisation:c ;
    cg:activity project:x ; cg:role participation-role:partner .
}}
"""


@pytest.fixture(scope="module")
def client(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    header = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items())
    store, questions = Store(), question.load(project.queries)
    store.extend(read_all(rdf_files(*project.ontology.folders)))
    store.extend(catalogue(questions.values(), rules.load(project.rules)))
    store.extend(parse((header + SCENE).encode(), format=RdfFormat.TRIG))
    merge(store)
    infer(store, project.rules)
    releases = Releases(tmp_path_factory.mktemp("compared"))
    with releases.lock():
        releases.activate(write(releases, store, Record()).path)
    with TestClient(create_app(releases.root, Settings())) as client:
        yield client


def compared(client: TestClient, *things: str, **dates: str) -> Any:
    return client.get("/compare.json", params={"thing": things, **dates}).json()


def page(client: TestClient, *things: str, **dates: str) -> str:
    """Return the page, which is as every page must be."""
    answer = client.get("/compare", params={"thing": things, **dates}, headers=BROWSER)
    check_page(answer.text)
    return answer.text


def labels(rows: list[dict[str, Any]]) -> set[str]:
    return {row["label"] for row in rows}


def test_what_all_have_what_one_has_and_what_complements(client: TestClient) -> None:
    found = compared(client, "Alpha", "organisation:b")
    assert labels(found["common"]) == {"recycling and remanufacturing", "XPROJECT", "Gamma"}
    alpha, beta = (thing["iri"] for thing in found["things"])
    assert labels(found["only"][alpha]) == {"composites", "Beta <b>"}
    assert labels(found["only"][beta]) == {"Alpha"}
    (complement,) = found["complementary"]
    assert (complement["taker"]["iri"], complement["asked"]["label"], complement["giver"]["iri"]) == (
        beta,
        "composites",
        alpha,
    )
    assert labels(complement["through"]) == {"Catalonia"}


def test_rival_figures_stand_in_the_order_of_their_dates(client: TestClient) -> None:
    (members,) = compared(client, "Alpha", "Beta <b>")["figures"]
    assert list(members["numbers"].values()) == [["1,500 (2012)", "more than 1,700 (2017)"]]
    text = html.unescape(page(client, "Alpha", "Beta <b>"))
    assert text.index("1,500 (2012)") < text.index("more than 1,700 (2017)")


def test_each_thing_that_is_told_leads_to_its_proof(client: TestClient) -> None:
    text = html.unescape(page(client, "Alpha", "organisation:b"))
    reasons = set(re.findall(r'href="(/explain[^"]*|/questions/(?:figures|complements)[^"]*evidence[^"]*)"', text))
    assert len({address.partition("?")[0] for address in reasons}) == 3
    for address in reasons:
        assert client.get(address, headers=BROWSER).status_code == 200


def test_what_may_be_is_told_from_what_is_certain(client: TestClient) -> None:
    (project,) = [each for each in compared(client, "Alpha", "Gamma")["common"] if each["label"] == "XPROJECT"]
    assert [held["certain"] for held in project["held"].values()] == [True, False]
    assert "perhaps" in re.sub("<span class=.hidden.>.*?</span>", "", page(client, "Alpha", "Gamma"))


def test_fields_are_in_common_as_all_else(client: TestClient) -> None:
    text = page(client, "Alpha", "organisation:b")
    common = text[text.index('id="common"') : text.index('id="fields"')]
    assert "recycling and remanufacturing" in common
    assert "composites" not in common[: common.index('id="figures"')]


def test_it_is_told_in_words_what_kind_of_statement_complements(client: TestClient) -> None:
    def words(*things: str) -> str:
        return " ".join(re.sub("<[^>]*>", "", html.unescape(page(client, *things))).split())

    said = words("Alpha", "organisation:b")
    assert "Alpha is active in composites. Catalonia, the region of Beta" in said
    assert "names composites as a priority; nothing says that Beta" in said
    assert "In Lombardy, Alpha is active in composites. Catalonia names" in words("Lombardy", "Catalonia")
    assert "nothing said in the sources" in said


def test_an_unknown_name_leaves_the_form_as_it_is_and_leads_to_what_is_meant(client: TestClient) -> None:
    answer = client.get("/compare", params={"thing": ["Alpha", "Gama", "organisation:b"]}, headers=BROWSER)
    assert answer.status_code == 400
    check_page(answer.text)
    assert 'name="thing" value="Gama"' in answer.text
    assert re.findall(r"<li>([^<]*) <a href=[^>]*>×", answer.text) == ["Alpha", "Beta &lt;b&gt;"]
    (address,) = re.findall(r'<a href="(/compare\?[^"]*)">Gamma \(cluster\)', answer.text)
    assert "Alpha · Gamma · Beta" in html.unescape(client.get(html.unescape(address), headers=BROWSER).text)


def test_things_of_several_kinds_lead_to_those_of_one(client: TestClient) -> None:
    answer = client.get("/compare", params={"thing": ["Alpha", "Lombardy", "Gamma"]}, headers=BROWSER)
    assert "clusters with clusters, regions with regions, or projects with projects" in answer.text
    (address,) = re.findall(r'<a href="(/compare\?[^"]*)">Alpha · Gamma<', answer.text)
    assert client.get(html.unescape(address), headers=BROWSER).status_code == 200


@pytest.mark.parametrize("name", ["clusters", "projects"])
def test_rows_of_a_list_are_ticked_to_be_compared(client: TestClient, name: str) -> None:
    answer = client.get(f"/questions/{name}", headers=BROWSER)
    check_page(answer.text)
    assert '<form id="ticked" action="/compare" method="get"' in answer.text
    assert 'role="rowheader" aria-labelledby="named-0"' in answer.text, "the header of a row is its name alone"
    assert answer.text.count("nothing said</span></td>") == len(re.findall(r'<td[^>]* class="empty"', answer.text))
    ticked = re.findall(
        r'<input type="checkbox" id="ticked-\d+" form="ticked" name="thing" value="([^"]*)"', answer.text
    )[:2]
    assert client.get("/compare", params={"thing": ticked}, headers=BROWSER).status_code == 200
    assert 'name="thing"' not in client.get("/questions/names", headers=BROWSER).text


def test_the_workbook_has_the_rows_of_the_table(client: TestClient) -> None:
    answer = client.get("/compare.xlsx", params={"thing": ["Alpha", "organisation:b"]})
    assert answer.headers["content-type"].endswith("sheet")
    book = load_workbook(io.BytesIO(answer.content), read_only=True)
    assert book.sheetnames == ["Compared", "Complementary", "About"]
    rows = [list(row) for row in book["Compared"].iter_rows(values_only=True)]
    assert rows[0] == ["aspect", "value", "Alpha", "Beta <b>"]
    assert ["Projects", "XPROJECT", "yes", "yes"] in rows
    refused = client.get("/compare.xlsx", params={"thing": ["Alpha", "Nobody"]})
    assert refused.status_code == 400


def test_three_things_have_what_some_of_them_share(client: TestClient) -> None:
    found = compared(client, "Alpha", "organisation:b", "Gamma")
    assert labels(found["common"]) == {"XPROJECT"}
    assert "recycling and remanufacturing" in labels(found["some"])
    assert "In common of some" in page(client, "Alpha", "organisation:b", "Gamma")


def test_regions_have_their_clusters_and_ask_for_what_theirs_lack(client: TestClient) -> None:
    found = compared(client, "Lombardy", "Catalonia")
    assert labels(found["only"][NUTS + "ITC4"]) == {"Alpha"}
    (complement,) = found["complementary"]
    assert (complement["asked"]["label"], labels(complement["through"])) == ("composites", {"Alpha"})


def test_projects_have_those_who_take_part(client: TestClient) -> None:
    found = compared(client, "XPROJECT", "YPROJECT")
    (only,) = [rows for rows in found["only"].values() if rows]
    assert labels(only) == {"Alpha", "Beta <b>", "Gamma"}


@pytest.mark.parametrize(
    ("dates", "common", "numbers"),
    [
        ({"known_by": "2016"}, set(), [["1,500 (2012)"]]),
        ({"known_by": "2017"}, {"XPROJECT"}, [["1,500 (2012)", "more than 1,700 (2017)"]]),
        ({"valid_on": "2013"}, set(), [["1,500 (2012)"]]),
        ({"valid_on": "2011"}, set(), []),
    ],
)
def test_two_dates_choose_what_holds_and_what_was_known(
    client: TestClient, dates: dict[str, str], common: set[str], numbers: list[list[str]]
) -> None:
    found = compared(client, "Alpha", "organisation:b", **dates)
    assert labels(found["common"]) - {"recycling and remanufacturing"} == common
    assert [next(iter(each["numbers"].values())) for each in found["figures"]] == numbers
    text = page(client, "Alpha", "organisation:b", **dates)
    assert all(f'value="{day}"' in text for day in dates.values())
    assert "The dates choose among figures" in text
    assert '<details class="dates" open>' in text


def test_the_page_leads_to_the_years_that_have_data(client: TestClient) -> None:
    text = html.unescape(page(client, "Alpha", "organisation:b"))
    assert re.search(r'href="/compare\?thing=[^"]*&valid_on=2012"', text)
    assert re.search(r'href="/compare\?thing=[^"]*&known_by=2014" title="Old note"', text)


def test_what_is_in_common_comes_first_and_the_days_are_folded(client: TestClient) -> None:
    text = page(client, "Alpha", "organisation:b")
    assert text.index('<details class="dates">') < text.index('id="common"') < text.index('id="figures"')


def test_a_thing_is_added_and_removed_by_address(client: TestClient) -> None:
    text = html.unescape(page(client, "Alpha", "organisation:b", "Gamma"))
    shorter = re.search(r'<li>Gamma <a href="([^"]+)"', text)
    assert shorter
    assert "Gamma ·" not in client.get(shorter[1], headers=BROWSER).text
    assert "Alpha · Beta" in client.get(shorter[1], headers=BROWSER).text
    assert 'type="hidden" name="thing"' in text


def test_the_first_visit_asks_what_to_compare(client: TestClient) -> None:
    for things in ([], ["Alpha"]):
        assert '<option value="Gamma">' in page(client, *things)


def test_the_table_has_a_column_for_each_thing(client: TestClient) -> None:
    answer = client.get("/compare.csv", params={"thing": ["Alpha", "Gamma"]})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["aspect", "value", "Alpha", "Gamma"]
    assert ["Projects", "XPROJECT", "yes", "perhaps"] in rows
    assert ["Figures", "members", "1,500 (2012); more than 1,700 (2017)", ""] in rows


@pytest.mark.parametrize(
    ("things", "said"),
    [
        (
            ["Alpha", "Lombardy"],
            "only things of one kind are compared, and these are of several: Alpha (cluster); Lombardy (region)",
        ),
        (["Alpha"], "two things are needed"),
        (list("abcdef"), "up to 5 things are compared, 6 were given"),
        (["Alpha", "Old note"], "asks for a cluster or a region or a project"),
        (["Alpha", "Nobody at all"], "is not known"),
    ],
)
def test_what_cannot_be_compared_is_told(client: TestClient, things: list[str], said: str) -> None:
    answer = client.get("/compare.json", params={"thing": things})
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    if len(things) > 1:
        shown = client.get("/compare", params={"thing": things}, headers=BROWSER)
        assert (shown.status_code, 'role="alert"' in shown.text) == (400, True)
        check_page(shown.text)


def test_a_day_that_is_none_is_told(client: TestClient) -> None:
    answer = client.get("/compare", params={"thing": ["Alpha", "Gamma"], "valid_on": "soon"}, headers=BROWSER)
    assert answer.status_code == 400
    check_page(answer.text)


def test_the_permanent_address_names_the_release(client: TestClient) -> None:
    found = compared(client, "Alpha", "Gamma")
    assert "release=" in found["permanent"]
    assert client.get(found["permanent"], headers=BROWSER).status_code == 200


def test_a_question_that_takes_two_dates_leads_to_the_days_that_have_data(client: TestClient) -> None:
    answer = client.get("/questions/figures", params={"subject": "Alpha", "valid_on": "2012"}, headers=BROWSER)
    check_page(answer.text)
    text = html.unescape(answer.text)
    assert re.search(r'href="/questions/figures\?subject=Alpha&valid_on=2012" aria-current="true">2012<', text)
    assert re.search(r'href="/questions/figures\?subject=Alpha&valid_on=2012&known_by=2017" title="New note"', text)
    assert 'class="timeline"' not in client.get("/questions/clusters", headers=BROWSER).text
