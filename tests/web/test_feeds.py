"""Releases and changes about a thing: as pages, JSON and Atom feeds, from what each release has changed."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from clustergraph.pipeline import publish, withdrawal
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page, words
from tests.small_project import make

HTML = {"Accept": "text/html"}
ATOM = "{http://www.w3.org/2005/Atom}"
AFIL = "https://w3id.org/clustergraph/id/organisation/afil"
FIGURE = """
m:figures {
    figure:one
        a cg:Figure ;
        cg:subject organisation:afil ;
        cg:value 48 .
}
"""


def publish_all(root: Path) -> Releases:
    """Publish a small project three times: as it is, with another name and a figure, and with the first name again."""
    project, releases = make(root / "project"), Releases(root / "releases")
    publish.publish(Project(project), releases)
    (data,) = (path for path in (project / "data").rglob("*.trig") if '"AFIL"' in path.read_text("utf-8"))
    before = data.read_text("utf-8")
    prefix = "@prefix figure: <https://w3id.org/clustergraph/id/figure/> .\n"
    data.write_text(prefix + before.replace('"AFIL"@en', '"AFIL \u0001 Lombardia"@en') + FIGURE, "utf-8")
    publish.publish(Project(project), releases)
    data.write_text(before.replace('skos:altLabel "Viameca"', 'skos:altLabel "Via Meca"'), "utf-8")
    publish.publish(Project(project), releases)
    return releases


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    return publish_all(tmp_path_factory.mktemp("feeds"))


@pytest.fixture(scope="module")
def client(releases: Releases):
    with TestClient(create_app(releases.root, Settings(), address="https://clusters.example")) as client:
        yield client


def check_feed(content: bytes) -> list[ET.Element]:
    """Fail where a feed is not as RFC 4287 wants it; return its entries."""
    feed = ET.fromstring(content)
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (found,) = element.findall(f"{ATOM}{name}")
            assert found.text
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "").tzinfo
        assert (element.findtext(f"{ATOM}id") or "").startswith("https://")
        for link in element.findall(f"{ATOM}link"):
            assert link.attrib["href"].startswith(("https://", "http://"))
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    assert "self" in [link.attrib["rel"] for link in feed.findall(f"{ATOM}link")]
    entries = feed.findall(f"{ATOM}entry")
    assert len({each.findtext(f"{ATOM}id") for each in entries}) == len(entries)
    assert all(each.findtext(f"{ATOM}summary") for each in entries)
    return entries


def test_the_feed_of_releases_has_the_newest_first_and_how_much_each_has_changed(client: TestClient) -> None:
    answer = client.get("/releases.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    entries = check_feed(answer.content)
    assert len(entries) == 3
    updated = [each.findtext(f"{ATOM}updated") for each in entries]
    assert updated == sorted(updated, reverse=True)
    summaries = [each.findtext(f"{ATOM}summary") or "" for each in entries]
    assert "4 statements are new" not in summaries[2]
    assert "Against the one before 4 statements are new and 1 are gone." in summaries[1]
    assert client.get("/releases.atom", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_the_page_and_the_data_tell_the_same(client: TestClient) -> None:
    page = client.get("/releases", headers=HTML).text
    check_page(page)
    told = client.get("/releases.json").json()["releases"]
    assert [each["against"]["new"] for each in told] == [2, 4, 0]
    assert [each["against"]["earlier"] for each in told] == [told[1]["release"], told[2]["release"], ""]
    assert all(f'href="/?release={each["release"]}"' in page for each in told)


def test_every_page_leads_to_the_feed(client: TestClient) -> None:
    head = client.get("/", headers=HTML).text.partition("</head>")[0]
    assert 'rel="alternate" type="application/atom+xml" title="Releases" href="/releases.atom"' in head


def test_changes_about_a_thing_are_told_with_what_is_said_of_its_figures(client: TestClient) -> None:
    page = client.get("/changes", params={"thing": AFIL}, headers=HTML).text
    check_page(page)
    told = client.get("/changes.json", params={"thing": AFIL}).json()
    assert (told["thing"], told["label"]) == (AFIL, "AFIL")
    newest, before = told["releases"]
    own, *others = before["changes"]
    assert own["subject"] == [AFIL, "AFIL"]
    assert (own["gone"], own["new"]) == ([["", "AFIL"]], [["", "AFIL \u0001 Lombardia"]])
    assert {each["predicate"][1]: each["new"] for each in others} == {
        "cg:subject": [[AFIL, "AFIL"]],
        "cg:value": [["", "48"]],
    }
    assert [each["gone"] for each in newest["changes"] if each["predicate"][1] == "cg:value"] == [[["", "48"]]]
    assert "3 changes skos:prefLabel : AFIL → AFIL \u2401 Lombardia" in words(page)


def test_the_feed_of_a_thing_is_found_from_its_page(client: TestClient) -> None:
    page = client.get("/changes", params={"thing": "AFIL"}, headers=HTML).text
    address = unescape(re.search(r'type="application/atom\+xml" title="Changes: AFIL" href="([^"]*)"', page)[1])
    entries = check_feed(client.get(address).content)
    assert [each.findtext(f"{ATOM}title") for each in entries] == ["AFIL: 3 changes", "AFIL: 3 changes"]
    assert "\ufffd Lombardia" in (entries[0].findtext(f"{ATOM}summary") or "")


def test_what_has_not_changed_has_an_empty_feed(client: TestClient) -> None:
    never = {"thing": "https://nothing.example/"}
    assert check_feed(client.get("/changes.atom", params=never).content) == []
    assert "Nothing about it has changed in the 3 releases" in words(
        client.get("/changes", params=never, headers=HTML).text
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [("/changes", 200), ("/changes.atom", 400), ("/changes.json", 400), ("/changes?thing=nobody-at-all", 400),
     ("/releases.csv", 406), ("/changes?thing=http://[b", 400)],
)  # fmt: skip
def test_what_does_not_fit_is_told(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == status
    check_page(answer.text)


def test_what_is_withdrawn_is_in_no_history(tmp_path: Path) -> None:
    releases = publish_all(tmp_path)
    project = Project(tmp_path / "project")
    found = withdrawal.withdrawals(project, releases, "organisation:viameca")
    withdrawal.withdraw(project, releases, found)
    with TestClient(create_app(releases.root, Settings())) as client:
        assert client.get("/changes", params={"thing": found[0].iri}, headers=HTML).status_code == 410
    kept = b"".join(path.read_bytes() for path in releases.root.rglob("*") if path.suffix == ".sqlite")
    assert b"Via Meca" not in kept


def test_the_page_of_a_thing_leads_to_its_changes_and_their_feed(client: TestClient) -> None:
    page = client.get("/id/organisation/afil", headers=HTML).text
    for address in re.findall(r'href="(/changes[^"]*)"', page):
        assert "AFIL" in client.get(unescape(address), headers=HTML).text
    assert page.count("/changes.atom?thing=") == 1


def test_the_foot_leads_to_sources_contact_and_reports(releases: Releases) -> None:
    with TestClient(create_app(releases.root, Settings(report="data@clusters.example"))) as client:
        foot = client.get("/releases", headers=HTML).text.partition("<footer")[2]
    assert 'href="/#documents"' in foot
    assert "mailto:data@clusters.example" in foot
