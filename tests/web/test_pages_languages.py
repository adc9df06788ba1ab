"""Pages in another language: what they say in English is marked as such (WCAG 3.1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from pyoxigraph import DefaultGraph, Literal
from starlette.testclient import TestClient

from clustergraph.languages.messages import catalogue
from clustergraph.rdf.labels import NAMING
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import words

READER = "fr"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
NOT_SAID = {"code", "pre", "script", "style", "textarea", "svg"}
"""What is in these is code, or drawn."""
PATHS = (
    "/",
    "/questions",
    "/questions?q=pilot",
    "/questions/clusters",
    "/questions/clusters?country=Italy&sort=-cluster",
    "/questions/clusters?evidence=true&limit=1",
    "/questions/clusters?size=1000",
    "/questions/figures?subject=Plastipolis",
    "/questions/who-works-on?field=robotics",
    "/questions/pilot-links",
    "/explain?subject=AFIL&predicate=cg:sharesPilotWith&object=Eurecat",
    "/explain?subject=x&predicate=y&object=z",
    "/compare",
    "/compare?thing=AFIL&thing=Plastipolis",
    "/compare?thing=Lombardy&thing=Catalonia",
    "/conflicts",
    "/sparql",
    "/sparql?query=nonsense",
    "/search?q=pilot",
    "/ontology",
    "/ontology/Cluster",
    "/ontology/sharesPilotWith",
    "/scheme",
    "/scheme/measure",
    "/scheme/field",
    "/scheme/field/robotics",
    "/validate",
    "/download",
    "/dataset",
    "/docs",
    "/docs/model",
    "/releases",
    "/nothing",
    "/id/organisation/afil",
    "/id/organisation/eurecat",
    "/id/initiative/vanguard",
    "/id/partnership/4m4iof",
    "/describe?iri=http://data.europa.eu/nuts/code/ITC4",
    "/changes?thing=https://w3id.org/clustergraph/id/organisation/afil",
)


class Said(HTMLParser):
    """Collects the texts of a page that a person reads as being in the language of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("lang")))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        language = next((language for _, language in reversed(self.open) if language is not None), None)
        if data.strip() and language == READER and not NOT_SAID.intersection(tag for tag, _ in self.open):
            self.found.append(" ".join(data.split()))


@pytest.fixture(scope="module")
def client(releases) -> Iterator[TestClient]:
    with TestClient(create_app(releases.root, Settings(query_seconds=600))) as client:
        yield client


@pytest.fixture(scope="module")
def english(store) -> set[str]:
    """What is said in English alone: messages, and names of things that have none in the language of the reader."""
    told = {message.rpartition("\x04")[2]: text for message, (text, *_) in catalogue(READER).items()}
    found = {message for message, text in told.items() if text != message} - set(told.values())
    names: dict[str, dict[str, str]] = {}
    for name in NAMING:
        for quad in store.quads_for_pattern(None, name, None, DefaultGraph()):
            if isinstance(quad.object, Literal):
                names.setdefault(str(quad.subject), {})[quad.object.language or "und"] = quad.object.value
    own = {text[:1].upper() + text[1:] for text in told.values()} | set(told.values())
    own |= {each[language] for each in names.values() for language in {READER, "und"} & each.keys()}
    found |= {each["en"] for each in names.values() if "en" in each and not each["en"].istitle()}
    return {each for each in found - own if len(each) > len("one")}


@pytest.mark.parametrize("path", PATHS)
def test_what_a_page_says_in_english_is_marked(client, english, path):
    page = client.get(path, headers={"Accept": "text/html", "Accept-Language": READER})
    said = Said()
    said.feed(page.text)
    assert sorted({each for each in said.found if each in english}) == []


def test_a_proof_is_told_in_the_language_of_the_reader(client):
    asked = {"subject": "AFIL", "predicate": "cg:sharesPilotWith", "object": "Eurecat", "lang": "de"}
    text = words(client.get("/explain", params=asked, headers={"Accept": "text/html"}).text)
    assert "AFIL teilt ein Pilotvorhaben mit Eurecat, weil …" in text
    assert "Ein Partner ist über seine Region mit einem Pilotvorhaben verknüpft" in text
    plain = client.get("/explain.json", params={**asked, "lang": "en"}).json()
    assert plain["statement"] == "AFIL shares pilot with Eurecat"


def test_what_queries_join_is_told_in_the_language_of_the_reader(client):
    asked = {"country": "Italy", "lang": "fr"}
    page = client.get("/questions/clusters", params=asked, headers={"Accept": "text/html"}).text
    assert "fabrication additive, fabrication avancée, usine numérique" in page
    assert "147 (2017, ambigu)" in page


def test_title_and_heading_of_an_answer_say_what_is_chosen(client):
    asked = {"country": "Italy", "sort": "-cluster", "lang": "de"}
    page = client.get("/questions/clusters", params=asked, headers={"Accept": "text/html"}).text
    title, _, rest = page.partition("<title>")[2].partition("</title>")
    assert title.startswith("Welche Cluster gibt es? Italien · 3 Zeilen · absteigend sortiert nach Cluster")
    assert "Italien" in words(rest.split("<h1>")[1].split("</h1>")[0])
