"""What is suggested while a name is typed, as a program asks for it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.small_release import write_release


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root)
    with TestClient(create_app(root, Settings())) as client:
        yield client


def groups(client, text):
    found = client.get("/search/suggest", params={"q": text}).json()["groups"]
    return {group["title"]: [hit["label"] for hit in group["hits"]] for group in found}


def test_things_come_before_terms(client):
    found = groups(client, "plasti")
    assert next(iter(found)) == "Things"
    assert found["Things"][0] == "Plastipolis cluster"
    assert groups(client, "") == groups(client, "  ") == {}


def test_a_hit_says_what_it_is_and_where(client):
    (group, *_) = client.get("/search/suggest?q=plastipoli").json()["groups"]
    hit = group["hits"][0]
    assert (hit["class"], hit["href"]) == ("cluster", "/id/organisation/plastipolis")


def test_what_a_client_has_is_not_sent_again(client):
    first = client.get("/search/suggest?q=afil")
    again = client.get("/search/suggest?q=afil", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/search/suggest", params={"q": "a" * 5000}).status_code == 200


def test_things_of_some_classes_alone_are_suggested_where_that_is_asked(client):
    found = client.get("/search/suggest", params={"q": "plasti", "of": ["Cluster", "Region"]}).json()["groups"]
    assert [group["title"] for group in found] == ["Things"]
    assert {hit["class"] for hit in found[0]["hits"]} == {"cluster"}
    assert client.get("/search/suggest?q=plasti&of=Region").json()["groups"] == []
    assert client.get("/search/suggest?q=plasti&of=Rumour").status_code == 400
