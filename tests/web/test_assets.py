"""The files that pages load."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.small_release import write_release

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root)
    with TestClient(create_app(root, Settings())) as client:
        yield client


def test_what_a_page_loads_is_kept_for_ever_and_compressed(client):
    page = client.get("/", headers=HTML).text
    loaded = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert {path.partition("?")[0] for path in loaded} >= {"/static/style.css", "/static/page.js"}
    for path in loaded:
        answer = client.get(path)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", path
        assert answer.headers["content-encoding"] == "gzip"
        again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_without_its_version_it_is_asked_for_again(client):
    plain = client.get("/static/page.js", headers={"Accept-Encoding": "identity"})
    assert plain.headers["cache-control"] == "no-cache"
    assert "content-encoding" not in plain.headers
    assert plain.headers["content-type"].startswith("text/javascript")
    assert client.get("/static/page.js?v=other").headers["cache-control"] == "no-cache"
    assert client.get("/static/nothing.js").status_code == 404


def test_the_licences_of_what_is_bundled_are_there(client):
    assert "licences of their own" in client.get("/static/licences.txt").text
