"""The documentation in the browser: every file is a page, whose links lead to pages and whose anchors are there."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page
from tests.conftest import ROOT
from tests.small_release import write_release

HTML = {"Accept": "text/html"}
NAMES = sorted(path.stem for path in (ROOT / "docs").glob("*.md") if path.stem != "README")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root)
    with TestClient(create_app(root, Settings())) as client:
        yield client


@pytest.fixture(scope="module")
def texts(client):
    addresses = ["/docs", *(f"/docs/{name}" for name in NAMES), "/docs/imports/nuts", "/docs/queries", "/docs/example"]
    return {address: client.get(address, headers=HTML).text for address in addresses}


def test_every_page_is_well_formed_and_accessible(texts):
    for text in texts.values():
        check_page(text)
    assert '<h1 lang="en">The service</h1>' in texts["/docs/service"]


def test_the_index_leads_to_every_page(texts):
    assert [name for name in NAMES if f'href="/docs/{name}"' not in texts["/docs"]] == []


def test_links_lead_to_pages_and_anchors_that_are_there(client, texts):
    astray = []
    for address, text in texts.items():
        for link in re.findall(r'href="([^"]*)"', text.partition("<main")[2].partition("</main>")[0]):
            path, _, anchor = urljoin(address, link).partition("#")
            if not path.startswith("/docs") or path.endswith(".md"):
                continue
            page = texts.get(path) or client.get(path, headers=HTML).text
            if "<h1>Not Found" in page or (anchor and f'id="{anchor}"' not in page):
                astray.append((address, link))
    assert astray == []


def test_a_link_to_what_does_not_come_with_the_program_is_text(texts):
    assert "CHANGELOG.md" not in "".join(re.findall(r'href="([^"]*)"', texts["/docs/stability"]))


def test_code_and_tables_scroll_by_keyboard(texts):
    page = texts["/docs/service"]
    assert '<div class="scroll" tabindex="0" role="region" aria-label="Limits' in page
    assert re.findall(r"<pre(?! tabindex)", "".join(texts.values())) == []


def test_a_page_is_there_as_markdown(client):
    answer = client.get("/docs/model.md")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text == (ROOT / "docs/model.md").read_text("utf-8")
    assert client.get("/docs/model.md", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/docs/none", "/docs/../pyproject.toml", "/docs/..%2Fpyproject.toml"])
def test_there_is_nothing_else(client, path):
    assert client.get(path, headers=HTML).status_code == 404


def test_every_page_leads_to_the_documentation(client):
    foot = client.get("/", headers=HTML).text.partition("<footer")[2]
    for address in ("/docs", "/docs/accessibility", "/docs/questions#for-a-language-model", "/openapi.json"):
        assert f'href="{address}"' in foot


def test_a_drawing_in_another_language_is_that_of_the_ontology(texts):
    assert "classDiagram" not in texts["/docs/model"]
    assert '<a href="/ontology#diagram">' in texts["/docs/model"]
