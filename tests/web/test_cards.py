"""The page of a thing is a card: what people look for comes first, with its proof, and every statement after it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from pyoxigraph import Quad, Store
from starlette.testclient import TestClient

from clustergraph.release.manifest import Record
from clustergraph.release.releases import Releases
from clustergraph.release.write import merge, write
from clustergraph.settings import Settings
from clustergraph.terms import GRAPH, NamedNode, expand
from clustergraph.web.app import create_app
from tests.accessible import check_page, words

BROWSER = {"Accept": "text/html"}
PLASTIPOLIS = "/id/organisation/plastipolis"
LOMBARDY = "/describe?iri=http%3A%2F%2Fdata.europa.eu%2Fnuts%2Fcode%2FITC4"
KINDS = {
    "cluster": PLASTIPOLIS,
    "region": LOMBARDY,
    "organisation": "/id/organisation/politecnico-di-milano",
    "activity": "/id/partnership/4m4iof",
    "programme": "/id/funding/fp7",
    "concept": "/describe?iri=https%3A%2F%2Fw3id.org%2Fclustergraph%2Fscheme%2Ffield%2Fplastics",
    "document": "/id/document/4m4iof",
    "thing": "/id/strategy/agenda-digitale-lombarda",
}
MANY = 3000
"""In so many projects an organisation takes part that imports can bring."""


def busy() -> Iterator[Quad]:
    """Yield an organisation with very many projects, and one partner in each."""
    graph, who = NamedNode(f"{GRAPH}many"), expand("organisation:busy")
    for each in (who, expand("organisation:partner")):
        yield from (Quad(each, expand("rdf:type"), expand(kind), graph) for kind in ("cg:Organisation", "cg:Party"))
        for number in range(MANY):
            yield Quad(each, expand("cg:participatesIn"), expand(f"project:many-{number}"), graph)
    for number in range(MANY):
        yield Quad(expand(f"project:many-{number}"), expand("rdf:type"), expand("cg:Project"), graph)


@pytest.fixture(scope="module")
def root(catalogued: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example project, and beside it somebody who takes part in very much."""
    releases, whole = Releases(tmp_path_factory.mktemp("cards")), Store()
    whole.extend(catalogued)
    whole.extend(busy())
    merge(whole)
    with releases.lock():
        releases.activate(write(releases, whole, Record()).path)
    return releases.root


@pytest.fixture(scope="module")
def client(root: Path) -> Iterator[TestClient]:
    with TestClient(create_app(root, Settings())) as client:
        yield client


def part_of(page: str, name: str) -> str:
    """Return the part of a card under a title."""
    return page[page.index(f'aria-labelledby="{name}"') :].partition("</section>")[0]


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_a_card_for_each_kind_of_thing(client: TestClient, kind: str) -> None:
    page = client.get(KINDS[kind], headers=BROWSER)
    assert page.status_code == 200
    check_page(page.text)
    assert f'<article class="card {kind}">' in page.text


def test_the_member_counts_of_a_cluster_come_first_with_date_source_and_proof(client: TestClient) -> None:
    page = client.get(PLASTIPOLIS, headers=BROWSER).text
    main = page[page.index("<main") :]
    first = main[: main.index('id="statements"')]
    line = re.search(r"<dt>(?:(?!<dt>).)*>members<.*?</dd>", first, re.DOTALL)
    assert line
    assert re.search("changed over time.*400.*2017.*more than 350.*2017.*more than 320.*2015", words(line[0]))
    assert line[0].count('href="/graph/') == line[0].count('href="/explain?') == 3
    # The head of the page with its map is drawn before, so that little of the text may come ahead of it.
    assert len(words(main[: main.index(line[0])])) < 1000


def test_whatever_is_told_first_leads_to_its_proof(client: TestClient) -> None:
    for path in (PLASTIPOLIS, LOMBARDY, KINDS["activity"], KINDS["concept"]):
        page = client.get(path, headers=BROWSER).text
        first = page[: page.index('id="statements"')]
        parts = [re.search(r'href="(/explain\?[^"]*)"', part) for part in first.split("<section")[1:]]
        found = [html.unescape(each[1]) for each in parts if each]
        assert found, path
        for each in found:
            proof = client.get(each, headers=BROWSER)
            assert proof.status_code == 200, each


def test_why_is_asked_in_one_wording_and_says_of_what(client: TestClient) -> None:
    page = client.get(PLASTIPOLIS, headers=BROWSER).text
    asked = re.findall(r'<a class="why" href="[^"]*">(.*?)</a>', page)
    assert len(asked) > 20
    assert {each.partition("<")[0] for each in asked} == {"why?"}
    assert 'why?<span class="hidden"> Plastipolis: Fields, sport</span>' in asked
    assert page.count(">why?<") == page.count("/explain?")


def test_a_cluster_is_shown_beside_its_region(client: TestClient) -> None:
    page = client.get(PLASTIPOLIS, headers=BROWSER).text
    assert '<svg class="frame' in page
    for each in ("Oyonnax", "Priorities of its region", "Advanced Manufacturing", "Works most with", "coordinates"):
        assert each in page
    assert re.search(r'<li class="shared"><a href="/scheme/field/additive-manufacturing">', page)
    assert re.search(r'<li><a href="/scheme/field/sport">', page)
    assert f"/compare?thing={quote('https://w3id.org/clustergraph/id/organisation/plastipolis', safe='/')}" in page


def test_the_days_choose_among_figures_labels_and_participations(client: TestClient) -> None:
    """Of 2015 is the plan that says 320 and 210; all else that is said of the cluster came with the later one."""
    early = client.get(PLASTIPOLIS, params={"known_by": "2016"}, headers=BROWSER).text
    told = part_of(early, "figures")
    assert "more than 320" in words(told)
    assert "400" not in words(told)
    assert "differ" not in words(told)
    assert "4M4IoF" not in words(part_of(early, "activities"))
    form = early[early.index('<details class="dates" open') :].partition("</details>")[0]
    assert 'name="known_by" value="2016"' in form
    assert 'name="valid_on" data-range="1995/' in form
    data = client.get(f"{PLASTIPOLIS}.json", params={"known_by": "2016"}).json()
    assert {value["value"] for each in data["figures"] for value in each["values"]} == {320, 210}


def test_what_is_no_day_is_told(client: TestClient) -> None:
    answer = client.get(PLASTIPOLIS, params={"valid_on": "soon"}, headers=BROWSER)
    assert answer.status_code == 400
    assert "is a date, not" in words(answer.text)


def test_a_section_says_sentences_about_things_each_at_its_own_address(client: TestClient) -> None:
    page = client.get("/graph/wiintech-2020/b-1", headers=BROWSER).text
    check_page(page)
    says = page[page.index('<section class="says"') : page.index('<section class="everything"')]
    line = says[says.index('id="figure:w-b-1-plastipolis-members"') :].partition("</li>")[0]
    assert "members: more than 320" in words(line)
    assert "stated" in words(line)
    assert "/explain?" in line
    holds = says[says.index('id="award:w-b-1-plastipolis-ecei') :].partition("</li>")[0]
    assert "Plastipolis holds label Cluster management excellence" in words(holds)
    assert "as partner" in words(says)
    assert "participation:" not in words(says)
    assert "award:" not in words(says)


def test_a_chip_leads_to_the_very_statement_of_its_section(client: TestClient) -> None:
    page = client.get(PLASTIPOLIS, headers=BROWSER).text
    first = page[: page.index('id="disagrees"')] + part_of(page, "said-in")
    chips = {urlsplit(html.unescape(each)) for each in re.findall(r'class="source" href="([^"]*)"', first)}
    leading = {each for each in chips if each.path.startswith("/graph/")}
    assert {each.fragment.partition("%3A")[0] for each in leading} == {"figure", "award", "organisation"}
    for chip in leading:
        section = client.get(chip.path, headers=BROWSER).text
        assert f'id="{unquote(chip.fragment)}"' in section, chip


@pytest.mark.parametrize("section", ["4m4iof/a-3-2", "4m4iof/b-2-2", "4m4iof/summary"])
def test_a_section_with_years_numbers_and_things_as_values_has_its_page(client: TestClient, section: str) -> None:
    page = client.get(f"/graph/{section}", headers=BROWSER)
    assert page.status_code == 200
    check_page(page.text)


def test_what_a_section_says_is_there_as_json(client: TestClient) -> None:
    says = client.get("/graph/wiintech-2020/b-1.json").json()["says"]
    assert says[0]["thing"]["label"] == "Plastipolis"
    assert "members: more than 320" in " ".join(each["says"] for each in says[0]["statements"])


def test_what_disagrees_is_on_the_card_and_leads_on(client: TestClient) -> None:
    page = client.get(PLASTIPOLIS, headers=BROWSER).text
    told = re.search(r'href="(/conflicts\?about=[^"]*)">(\d+) contradictions', page)
    assert told
    all_of_them = client.get(html.unescape(told[1]), headers=BROWSER)
    assert f"{told[2]} contradictions: statements that do not agree with each other" in all_of_them.text


def test_what_is_only_ambiguous_is_no_contradiction_on_the_card(client: TestClient) -> None:
    page = client.get(LOMBARDY, headers=BROWSER).text
    assert not re.search(r'href="/conflicts\?about=[^"]*">[^<]*contradiction', page)
    assert "What is not clear about it" in page


def test_a_region_has_on_one_page_what_its_director_asks(client: TestClient) -> None:
    said = words(client.get(LOMBARDY, headers=BROWSER).text)
    for each in (
        "Priorities of smart specialisation", "mechatronics for advanced manufacturing systems", "AFIL",
        "Vanguard pilot: 3D Printing", "Regions with the same priorities", "Baden-Württemberg", "Horizon 2020",
        "active companies 814,000",
    ):  # fmt: skip
        assert each in said


def test_the_card_as_json_has_what_the_page_has(client: TestClient) -> None:
    by_suffix, by_header = (
        client.get(f"{PLASTIPOLIS}.json"),
        client.get(PLASTIPOLIS, headers={"Accept": "application/json"}),
    )
    assert by_suffix.headers["content-type"] == "application/json"
    assert by_suffix.content == by_header.content
    told = by_suffix.json()
    members = told["figures"][0]
    assert members["measure"]["label"] == "members"
    assert [(each["bound"], each["value"]) for each in members["values"]] == [
        (None, 400), ("more than", 350), ("more than", 320)
    ]  # fmt: skip
    assert told["kind"] == "cluster"
    assert [row["place"]["label"] for row in told["places"]["rows"]] == ["Oyonnax", "Auvergne-Rhône-Alpes", "France"]
    assert told["disagreements"]
    assert client.get(f"{PLASTIPOLIS}.jsonld").headers["content-type"] == "application/ld+json"
    assert client.get("/id/organisation/nobody.json").status_code == 404


def test_long_lists_are_short_on_a_card_and_lead_to_all(client: TestClient) -> None:
    told = client.get("/id/organisation/busy.json").json()
    activities = told["activities"]
    assert len(activities["rows"]) + activities["more"] == MANY
    assert len(activities["rows"]) < 20
    page = client.get("/id/organisation/busy", headers=BROWSER)
    assert f"and {activities['more']} more" in page.text
    assert f'href="{activities["all"]}"' in html.unescape(page.text)
    assert client.get(activities["all"], headers=BROWSER).status_code == 200


def test_every_statement_is_there_folded_in_groups(client: TestClient) -> None:
    page = client.get(PLASTIPOLIS, headers=BROWSER).text
    every = page[page.index('id="statements"') :]
    groups = re.findall(r"<details>\s*<summary><h3>(.*?)</h3>", every)
    assert groups[:3] == ["Who or what it is", "Where it is", "What it does"]
    assert groups[-1] == "Technical statements"
    assert "support of small and medium companies in new developments" in every
    assert every.count(">shares project with<") == 1, "a tie that holds both ways is told once"


def test_of_a_large_release_a_page_comes_without_what_takes_long(root: Path) -> None:
    with TestClient(create_app(root, Settings(memory_quads=1, page_seconds=0.001))) as client:
        page = client.get(PLASTIPOLIS, headers=BROWSER)
    assert page.status_code == 200
    check_page(page.text)
    assert "Key figures" not in page.text
    assert "Every statement" in page.text
    assert "What disagrees about it" in page.text


@pytest.mark.parametrize(
    ("report", "begins"),
    [
        ("data@example.org", "mailto:data@example.org?subject="),
        ("https://example.org/new?summary={subject}&text={body}", "https://example.org/new?summary="),
    ],
)
def test_a_fault_is_reported_to_the_operator_with_statement_and_page(root: Path, report: str, begins: str) -> None:
    with TestClient(create_app(root, Settings(report=report, base_url="https://clusters.example"))) as client:
        page = client.get(PLASTIPOLIS, headers=BROWSER).text
        check_page(page)
    found = [html.unescape(each) for each in re.findall(r'<a class="report" href="([^"]*)"', page)]
    assert found
    assert all(each.startswith(begins) for each in found)
    said = [" ".join(chain.from_iterable(parse_qs(urlsplit(each).query).values())) for each in found]
    assert any("organisation:plastipolis cg:founded" in each or "cg:place place:oyonnax" in each for each in said)
    assert all(f"https://clusters.example{PLASTIPOLIS}" in each for each in said)


def test_no_fault_is_reported_where_nobody_takes_reports(client: TestClient) -> None:
    assert "Report a fault" not in client.get(PLASTIPOLIS, headers=BROWSER).text
