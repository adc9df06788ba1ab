"""Reconciliation, asked by a client that is not ours and by requests written from the specification (version 0.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from tests.live_server import Live, serve
from tests.small_release import write_release

MORE = """
GRAPH graph:reference {
  organisation:plastipolis a cg:Organisation ; cg:country country:FRA ; cg:founded 2005 .
  organisation:minalogic a cg:Organisation, cg:Cluster ;
    skos:prefLabel "Minalogic Partenaires"@fr ; cg:country country:FRA .
  country:FRA a cg:Country ; skos:prefLabel "France"@en ; cg:isoCode "FR" .
  cg:country rdfs:label "has country"@en . cg:Organisation a owl:Class ; rdfs:label "organisation"@en .
}
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    root: Path = tmp_path_factory.mktemp("reconcile")
    (root / "data").mkdir()
    write_release(root, extra=MORE)
    with serve(root) as live:
        yield live


def get(service: Live, path: str, **parameters: Any) -> httpx.Response:
    return httpx.get(f"{service.url}/reconcile{path}", params=parameters, timeout=120)


def test_a_client_that_is_not_ours_reconciles_a_column(service: Live) -> None:
    from reconciler import reconcile

    found = reconcile(
        pd.Series(["Minalogic Partenaires", "PLASTIPOLIS"]),
        type_id="cg:Organisation",
        property_mapping={"cg:country": pd.Series(["FR", "France"])},
        reconciliation_endpoint=f"{service.url}/reconcile",
    )
    assert dict(zip(found["input_value"], found["id"], strict=True)) == {
        "Minalogic Partenaires": "organisation/minalogic",
        "PLASTIPOLIS": "organisation/plastipolis",
    }


def test_the_manifest_says_what_there_is(service: Live) -> None:
    answer = get(service, "")
    manifest = answer.json()
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "0.2" in manifest["versions"]
    assert manifest["defaultTypes"][0] == {"id": "cg:Organisation", "name": "organisation"}
    assert set(manifest["suggest"]) == {"entity", "type", "property"}
    for template in (manifest["view"]["url"], manifest["preview"]["url"]):
        assert "{{id}}" in template


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_batch_of_queries_is_answered_in_the_address_and_in_a_form(service: Live, method: str) -> None:
    queries = {"q0": {"query": "Minalogic", "limit": 1}, "q1": {"query": "nothing like it at all"}}
    sent = {"queries": json.dumps(queries)}
    where = f"{service.url}/reconcile"
    answer = (
        httpx.get(where, params=sent, timeout=120) if method == "GET" else httpx.post(where, data=sent, timeout=120)
    )
    found = answer.json()
    [first] = found["q0"]["result"]
    assert first["id"] == "organisation/minalogic"
    assert {"id": "cg:Cluster", "name": "cluster"} in first["type"]
    assert 0 <= first["score"] <= 100
    assert first["match"] in (True, False)
    assert found["q1"] == {"result": []}


def test_a_single_query_and_a_callback_are_answered_as_old_clients_ask(service: Live) -> None:
    assert get(service, "", query="Plastipolis").json()["result"][0]["id"] == "organisation/plastipolis"
    script = get(service, "", query="Plastipolis", callback="jsonp1").text
    assert re.fullmatch(r"/\*\*/jsonp1\(\{.*\}\);", script)
    assert get(service, "", callback="alert(1)//").status_code == 400


@pytest.mark.parametrize(
    ("kind", "prefix", "id_"),
    [
        ("entity", "Minal", "organisation/minalogic"),
        ("type", "clust", "cg:Cluster"),
        ("property", "participates", "cg:participatesIn"),
    ],
)
def test_suggestions_have_an_id_that_the_flyout_takes(service: Live, kind: str, prefix: str, id_: str) -> None:
    found = get(service, f"/suggest/{kind}", prefix=prefix).json()["result"]
    assert id_ in [each["id"] for each in found]
    flyout = get(service, f"/flyout/{kind}", id=id_).json()
    assert flyout["id"] == id_
    assert flyout["html"].startswith("<h1>")


def test_a_thing_is_previewed_and_viewed(service: Live) -> None:
    preview = get(service, "/preview", id="organisation/afil")
    assert preview.headers["content-type"].startswith("text/html")
    assert "AFIL &lt;b&gt;" in preview.text
    assert get(service, "/view", id="organisation/afil").headers["location"] == "/id/organisation/afil"


def test_a_table_is_extended_with_properties_that_are_proposed(service: Live) -> None:
    proposed = get(service, "/extend/propose", type="cg:Organisation", limit=2).json()
    assert proposed["properties"][0] == {"id": "cg:country", "name": "has country"}
    assert len(proposed["properties"]) == 2
    ids, properties = ["organisation/plastipolis", "organisation/none"], [{"id": "cg:country"}, {"id": "cg:founded"}]
    sent = {"extend": json.dumps({"ids": ids, "properties": properties})}
    found = httpx.post(f"{service.url}/reconcile", data=sent, timeout=120).json()
    assert found["meta"][0] == {"id": "cg:country", "name": "has country"}
    assert [cell["name"] for cell in found["rows"]["organisation/plastipolis"]["cg:country"]] == ["France"]
    assert found["rows"]["organisation/plastipolis"]["cg:founded"] == [{"int": 2005}]
    assert found["rows"]["organisation/none"] == {"cg:country": [], "cg:founded": []}


@pytest.mark.parametrize(
    "sent",
    [
        {"queries": "{"},
        {"queries": "[]"},
        {"queries": '{"q": 1}'},
        {"extend": "[]"},
        {"queries": '{"q": {"query": "a", "type": "no:Type"}}'},
    ],
)
def test_what_is_no_request_is_refused_with_a_reason(service: Live, sent: dict[str, str]) -> None:
    answer = get(service, "", **sent)
    assert answer.status_code == 400
    assert answer.json()["detail"]
