"""The page of matches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clustergraph.matching.links import statements
from clustergraph.matching.matches import Match
from clustergraph.terms import ID
from tests.live_server import Live, serve
from tests.small_release import write_release

A, B = ID + "organisation/afil", ID + "organisation/plastipolis"
FOUND = Match(A, B, "candidate", 0.75, ("both are in <FR>",), ("Paris is not Lyon",))
LINKS = "".join(f"GRAPH {q.graph_name} {{ {q.subject} {q.predicate} {q.object} . }}\n" for q in statements(FOUND))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    root: Path = tmp_path_factory.mktemp("matches")
    (root / "data").mkdir()
    write_release(root, extra=LINKS)
    with serve(root) as live:
        yield live


def test_a_pair_is_shown_with_both_sides_and_the_reasons(service: Live) -> None:
    page = httpx.get(f"{service.url}/matches", headers={"Accept": "text/html"}, timeout=120).text
    for text in ("both are in &lt;FR&gt;", "Paris is not Lyon", "Plastipolis", "/id/organisation/plastipolis", "0.750"):
        assert text in page
    assert 'href="/matches"' in page.partition("<footer")[2]


def test_the_same_is_given_as_json_by_state(service: Live) -> None:
    [shown] = httpx.get(f"{service.url}/matches.json", params={"state": "candidate"}, timeout=120).json()["matches"]
    assert shown["match"]["score"] == 0.75
    assert {side["iri"] for side in shown["sides"]} == {A, B}
    assert httpx.get(f"{service.url}/matches.json", params={"state": "same"}, timeout=120).json()["matches"] == []


def test_a_service_that_is_read_only_takes_no_decision(service: Live) -> None:
    sent = {"match": FOUND.iri, "decision": "same"}
    refused = httpx.post(f"{service.url}/matches", data=sent, timeout=120)
    assert refused.status_code == 403
    assert "read-only" in refused.json()["detail"]
