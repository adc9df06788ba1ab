"""The page that shows documents beside imported data, and the same as tables."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page
from tests.audited import claims, release

BROWSER = {"accept": "text/html"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("audited")
    release(root)
    with TestClient(create_app(root, Settings(workers=1)), base_url="http://127.0.0.1:8123") as client:
        yield client


def test_the_page_shows_both_sides_with_their_evidence(client: TestClient) -> None:
    page = client.get("/audit", headers=BROWSER).text
    check_page(page)
    assert 'href="/audit"' in page.partition("<footer")[2]
    assert page.index('id="contradicted"') < page.index('id="not-covered"') < page.index('id="confirmed"')
    for address in (
        "/graph/4m4iof/one",
        "/id/participation/aurora-gamma-partner",
        "/id/participation/cordis-101000001-100000003-third-party",
    ):
        assert f'href="{address}"' in page
        assert client.get(address, headers=BROWSER).status_code == 200
    assert "takes part as a third party" in page


def test_it_is_filtered_and_given_in_parts(client: TestClient) -> None:
    number = sum(verdict == "contradicted" for _, _, verdict, *_ in claims())
    found = client.get("/audit.json?verdict=contradicted").json()
    assert (found["total"], len(found["rows"])) == (number, number)
    page = client.get("/audit?verdict=contradicted&limit=1", headers=BROWSER).text
    assert 'rel="next"' in page
    assert 'id="confirmed"' not in page
    assert '<option value="contradicted" selected>' in page
    assert client.get("/audit.csv?about=Boreas").text.count("BOREAS") >= 6


def test_what_is_not_known_is_told_on_the_page(client: TestClient) -> None:
    page = client.get("/audit?about=Borreas", headers=BROWSER)
    assert (page.status_code, '<form action="/audit"' in page.text, "BOREAS" in page.text) == (400, True, True)
    assert client.get("/audit.json?verdict=open").status_code == 400


def test_a_verdict_and_the_page_of_its_project_show_it(client: TestClient) -> None:
    verdict = "/id/verdict/participation-participation-aurora-gamma-partner"
    assert client.get(verdict, headers=BROWSER).status_code == 200, client.get(verdict).text
    assert verdict in client.get("/id/project/aurora", headers=BROWSER).text


def test_questions_draw_how_many_there_are(client: TestClient) -> None:
    assert "<svg" in client.get("/questions/verdicts-by-project.svg").text
