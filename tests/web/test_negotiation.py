"""In which language pages and data are answered."""

import re

import pytest
from starlette.testclient import TestClient

from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page
from tests.small_project import make

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
QUESTION = "/questions/pilots"
PILOTS = """#+ title: Which pilots are there?
#+ parameters:
#+   pilot: {label: Only this pilot, type: iri, class: cg:Pilot}
#+ columns:
#+   pilot: The pilot
SELECT ?pilot { VALUES ?pilot { UNDEF } ?pilot a cg:Pilot }
"""
CLASS = """@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

cg:Pilot
    a owl:Class ;
    rdfs:label "pilot"@en , "projet pilote"@fr .
"""
NAMES = """
@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix m: <https://w3id.org/clustergraph/graph/4m4iof/> .
@prefix pilot: <https://w3id.org/clustergraph/id/pilot/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

m:summary {
    pilot:esm
        a cg:Pilot ;
        skos:prefLabel "Fabrication durable"@fr , "Nachhaltige Fertigung"@de , "Sustainable Manufacturing"@en .
}
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    project = Project(make(root / "project"))
    (project.queries.own / "pilots.rq").write_text(PILOTS, "utf-8")
    (project.root / "data" / "pilots.trig").write_text(NAMES, "utf-8")
    (project.root / "ontology" / "pilot.ttl").write_text(CLASS, "utf-8")
    releases = Releases(root / "releases")
    publish.publish(project, releases)
    with TestClient(create_app(releases.root, Settings())) as client:
        yield client


@pytest.fixture(autouse=True)
def without_cookies(client):
    client.cookies.clear()


def language(response):
    """Return the language of a page, which its head and its headers tell alike."""
    told = re.search(r'<html lang="(\w+)">', response.text)[1]
    assert response.headers["content-language"] == told
    return told


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("de-AT, en;q=0.5", "de"),
        ("pl, it;q=0.4, es;q=0.6", "es"),
        ("ca;q=0, tlh", "en"),
        ("*", "en"),
        ("pt-BR, fr;q=0.9", "en"),
        ("%$&§;q=x,,;".encode("latin-1").decode("ascii", "ignore"), "en"),
    ],
)
def test_a_page_is_in_the_language_that_the_browser_likes(client, header, expected):
    page = client.get("/", headers={"Accept": BROWSER, "Accept-Language": header})
    assert language(page) == expected
    assert {"accept", "accept-encoding", "accept-language", "cookie"} == {
        each.strip().lower() for each in page.headers["vary"].split(",")
    }
    check_page(page.text)


def test_the_address_says_more_than_the_cookie_and_that_more_than_the_browser(client):
    headers = {"Accept": BROWSER, "Accept-Language": "fr"}
    assert language(client.get("/", headers=headers)) == "fr"
    assert language(client.get("/", headers={**headers, "Cookie": "lang=de"})) == "de"
    assert language(client.get("/?lang=it", headers={**headers, "Cookie": "lang=de"})) == "it"
    assert language(client.get("/", headers={**headers, "Cookie": "lang=nonsense; other=1"})) == "fr"


def test_a_language_that_the_address_names_is_kept_from_page_to_page(client):
    page = client.get("/?lang=ca", headers={"Accept": BROWSER})
    assert page.headers["set-cookie"] == "lang=ca; Path=/; HttpOnly; SameSite=Lax"
    assert language(client.get("/questions", headers={"Accept": BROWSER, "Accept-Language": "fr"})) == "ca"


def test_every_page_leads_to_itself_in_each_language_with_all_that_was_asked(client):
    page = client.get(f"{QUESTION}?pilot=esm&lang=de", headers={"Accept": BROWSER}).text
    foot = page[page.index("<footer") :]
    links = re.findall(r'<a href="([^"]*)" hreflang="(\w+)" lang="(\w+)" rel="nofollow"( aria-current="true")?>', foot)
    assert [code for _, code, *_ in links] == ["en", "fr", "de", "it", "es", "ca", "pt", "ro"]
    assert [code for _, code, _, current in links if current] == ["de"]
    assert links[1][0] == f"{QUESTION}?pilot=esm&amp;lang=fr"
    assert client.get(links[1][0].replace("&amp;", "&"), headers={"Accept": BROWSER}).status_code == 200


def test_no_address_makes_the_switch_lead_to_another_host(client):
    page = client.get("http://testserver//evil.example/x", headers={"Accept": BROWSER}).text
    assert 'href="/evil.example/x?lang=fr"' in page
    assert 'href="//' not in page


@pytest.mark.parametrize("path", ["/", QUESTION, "/conflicts", "/audit", "/matches", "/search"])
def test_a_language_that_there_is_not_is_refused(client, path):
    page = client.get(f"{path}?lang=tlh", headers={"Accept": BROWSER, "Accept-Language": "de"})
    assert page.status_code == 400
    assert language(page) == "de"
    problem = client.get(f"{path}?lang=tlh").json()
    assert problem["detail"] == "lang is 'tlh', which is not a language of this service"
    assert problem["advice"] == "give one of: ca, de, en, es, fr, it, pt, ro"


def test_names_are_in_the_language_of_the_reader_on_pages_and_where_data_are_asked_for_in_it(client):
    address = f"{QUESTION}?pilot=esm"
    page = client.get(address, headers={"Accept": BROWSER, "Accept-Language": "fr"}).text
    assert "Fabrication durable" in page
    assert "Nachhaltige Fertigung" in client.get("/id/pilot/esm", headers={"Accept": BROWSER, "Cookie": "lang=de"}).text
    plain = client.get(address.replace("?", ".csv?"))
    for headers in ({"Accept-Language": "fr"}, {"Cookie": "lang=fr"}):
        data = client.get(address.replace("?", ".csv?"), headers=headers)
        assert data.text == plain.text
        assert data.headers["etag"] == plain.headers["etag"]
        assert "content-language" not in data.headers
        assert "Accept-Language" not in data.headers["vary"]
    french = client.get(address.replace("?", ".csv?") + "&lang=fr")
    assert "Fabrication durable" in french.text
    assert "Fabrication durable" not in plain.text
    assert french.headers["content-language"] == "fr"
    assert "set-cookie" not in french.headers


def test_a_page_that_a_browser_has_is_not_taken_for_that_of_another_language(client):
    german = client.get("/", headers={"Accept": BROWSER, "Accept-Language": "de"})
    again = {"Accept": BROWSER, "If-None-Match": german.headers["etag"]}
    same = client.get("/", headers={**again, "Accept-Language": "de"})
    assert same.status_code == 304
    assert "Accept-Language" in same.headers["vary"]
    assert client.get("/", headers={**again, "Accept-Language": "fr"}).status_code == 200


def test_an_answer_that_is_kept_is_given_to_readers_of_its_language_alone(client):
    for _ in range(2):
        for code in ("fr", "de", "en"):
            assert language(client.get("/search?q=a", headers={"Accept": BROWSER, "Accept-Language": code})) == code
            assert language(client.get("/search?q=a", headers={"Accept": BROWSER, "Cookie": f"lang={code}"})) == code


def test_what_is_found_and_what_disagrees_is_told_to_each_reader_in_their_language(client):
    for code, name in (
        ("fr", "Fabrication durable"),
        ("de", "Nachhaltige Fertigung"),
        ("en", "Sustainable Manufacturing"),
    ):
        page = client.get("/search?q=Sustainable", headers={"Accept": BROWSER, "Cookie": f"lang={code}"}).text
        assert f'href="/id/pilot/esm" title="https://w3id.org/clustergraph/id/pilot/esm">{name}</a>' in page
        assert client.get(f"/search.json?q=Sustainable&lang={code}").json()[0]["label"] == name
    assert client.get("/search.json?q=Sustainable", headers={"Accept-Language": "de"}).json()[0]["label"] == name


def test_a_name_in_another_language_than_the_page_says_so(client):
    italian = client.get(QUESTION, headers={"Accept": BROWSER, "Accept-Language": "it"}).text
    assert '<span lang="en" class="foreign">Sustainable Manufacturing</span>' in italian
    english = client.get(QUESTION, headers={"Accept": BROWSER}).text
    assert 'class="foreign"' not in english


def test_the_addresses_of_the_same_answer_keep_its_language(client):
    page = client.get(f"{QUESTION}?lang=ca", headers={"Accept": BROWSER}).text
    assert f'href="{QUESTION}.csv?lang=ca"' in page
    assert "lang=" not in client.get(f"{QUESTION}.json").headers["link"]
    assert "lang=de" in client.get(f"{QUESTION}.json?lang=de").headers["link"]
