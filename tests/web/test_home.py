"""The start page: a map first, numbers that lead on, answers as pictures, what is new; and it is light."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from clustergraph.release.manifest import Release
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page
from tests.small_release import write_release

HTML = {"Accept": "text/html"}
MOST_BYTES = 100_000
"""How many bytes the page takes with all that it loads, as they are transferred."""


@pytest.fixture(scope="module")
def client(releases: Releases) -> Iterator[TestClient]:
    with TestClient(create_app(releases.root, Settings())) as client:
        yield client


@pytest.fixture(scope="module")
def page(client: TestClient) -> str:
    return client.get("/", headers=HTML).text


def test_the_map_is_the_first_thing_and_shows_clusters_and_regions(page: str) -> None:
    check_page(page)
    assert page.index("<h1>") < page.index('data-frame="europe"') < page.index('class="numbers"')
    drawn = page[page.index("<h1>") : page.index('class="numbers"')]
    assert 'href="/id/organisation/afil"' in drawn
    assert re.search(r'class="thing place"[^>]*><title>Catalonia', drawn)


def test_four_numbers_lead_to_what_they_count(client: TestClient, page: str) -> None:
    numbers = page[page.index('class="numbers"') :].partition("</ul>")[0]
    addresses = re.findall(r'href="([^"]+)"', numbers)
    assert len(addresses) == 4
    for address in addresses:
        assert client.get(address, headers=HTML).status_code == 200


def test_three_questions_stand_with_their_answers(page: str) -> None:
    pictures = page[page.index('class="pictures"') :].partition("</ul>")[0]
    assert len(re.findall(r'<h3><a href="/questions/', pictures)) == 3
    assert pictures.count("<svg xmlns") == pictures.count('<p class="summary">') == 3
    assert '<p class="summary"></p>' not in pictures


def test_what_is_for_developers_is_with_data_and_api(client: TestClient, page: str) -> None:
    assert "curl" not in page
    assert "statement element" not in page
    assert 'id="classes"' not in page
    described = client.get("/dataset", headers=HTML).text
    classes = described[described.index('id="classes"') :]
    assert classes.index(">cluster<") < classes.index(">statement<")


def test_the_foot_leads_to_no_page_that_is_empty(client: TestClient, page: str) -> None:
    foot = page.partition("<footer")[2]
    for path, reason in (("/audit", "imported data on projects"), ("/matches", "nothing has been compared")):
        assert f'href="{path}"' not in foot
        assert reason in client.get(path, headers=HTML).text


def test_nothing_moves_while_the_page_loads(page: str) -> None:
    for image in re.findall(r"<(?:img|svg)\b[^>]*>", page):
        assert re.search(r"width=.*height=", image), image


def test_the_page_is_light_with_all_that_it_loads(client: TestClient, page: str) -> None:
    loaded = {"/", *re.findall(r'(?:src|<link rel="(?:stylesheet|icon|modulepreload)" href)="([^"]+)"', page)}
    sizes = {address: _transferred(client, address) for address in loaded}
    assert sum(sizes.values()) < MOST_BYTES, sizes
    assert sizes["/"] < MOST_BYTES / 2


def _transferred(client: TestClient, address: str) -> int:
    response = client.get(address, headers=HTML | {"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    zipped = response.headers.get("content-encoding") == "gzip"
    return len(gzip.compress(response.content, 6)) if zipped else len(response.content)


def test_what_is_new_is_told_against_the_release_before(tmp_path: Path) -> None:
    before = write_release(tmp_path, "d0")
    replace(Release.read(before), created="2026-10-01T09:00:00+00:00").write(before)
    more = 'GRAPH w:s4 { organisation:new a cg:Cluster ; skos:prefLabel "A new one"@en }'
    write_release(tmp_path, "d1", extra=f'{more} GRAPH graph:reference {{ w:s4 a cg:Section ; cg:heading "News" }}')
    with TestClient(create_app(tmp_path, Settings())) as client:
        page = client.get("/", headers=HTML).text
    news = page[page.index('id="news"') :].partition("</section>")[0]
    assert "1 October 2026" in news
    assert re.search(r"\+1 <a [^>]*>cluster<", news)
    assert "/graph/wiintech-2020/s4" in news


def test_the_first_release_says_that_it_is_the_first(tmp_path: Path) -> None:
    write_release(tmp_path)
    with TestClient(create_app(tmp_path, Settings())) as client:
        assert "the first release that is kept here" in client.get("/", headers=HTML).text
