"""Short links: made by a form or as JSON, followed on this host only, kept through restarts, by several processes."""

from __future__ import annotations

import html
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from clustergraph.release.short_links import FILE, MOST_BYTES, ShortLinks
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page
from tests.small_release import write_release

HOST = "https://clusters.example.org"
BROWSER = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
ASKED = "/questions/clusters?cluster=AFIL&cluster=ViaM%C3%A9ca"


@pytest.fixture
def root(small_built: Path, tmp_path: Path) -> Path:
    shutil.copytree(small_built / ".clustergraph", tmp_path / "kept", symlinks=True)
    return tmp_path / "kept"


def app(root: Path, **settings: int) -> TestClient:
    return TestClient(create_app(root, Settings(base_url=HOST, **settings)), base_url=HOST, follow_redirects=False)


@pytest.fixture
def client(root: Path) -> Iterator[TestClient]:
    with app(root) as client:
        yield client


def make(client: TestClient, address: object, headers: dict[str, str] = JSON):
    return client.post("/q", json={"address": address}, headers=headers)


@pytest.mark.parametrize(
    "address",
    [ASKED, "/sparql?" + urlencode({"query": "ASK { ?s a cg:Cluster }"}), "/conflicts?kind=figure", "/conflicts.csv",
     "/compare?thing=https%3A%2F%2Fa.example%2F", "/questions/clusters.csv", "/id/organisation/afil"],
)  # fmt: skip
def test_what_is_shortened_is_found_again(client: TestClient, address: str) -> None:
    made = make(client, address)
    assert made.status_code == 201
    short = made.json()["short"]
    assert made.headers["location"] == short
    assert re.fullmatch(rf"{HOST}/q/[a-z2-7]{{10}}", short)
    followed = client.get(short)
    assert (followed.status_code, followed.headers["location"]) == (302, address)
    again = make(client, f"{HOST}{address}#row-3")
    assert (again.status_code, again.json()["short"]) == (200, short)


def test_the_button_below_an_answer_gives_a_page_with_the_short_link(client: TestClient) -> None:
    shown = client.get(ASKED, headers=BROWSER).text
    (offered,) = re.findall(r'<form action="/q" method="post".*?name="address" value="([^"]+)"', shown)
    assert html.unescape(offered) == ASKED
    made = client.post("/q", data={"address": html.unescape(offered)}, headers=BROWSER)
    assert made.status_code == 201
    check_page(made.text)
    (short,) = re.findall(r'<p class="link"><a href="([^"]+)"', made.text)
    assert client.get(client.get(short).headers["location"], headers=BROWSER).text == shown
    (permanent,) = re.findall(r'name="address" value="([^"]+release=[^"]+)"', made.text)
    pinned = client.post("/q", data={"address": html.unescape(permanent)}, headers=JSON).json()
    target = client.get(pinned["short"]).headers["location"]
    assert "immutable" in client.get(target, headers=BROWSER).headers["cache-control"]


def test_a_form_for_any_address(client: TestClient) -> None:
    for address in ("/q", f"/q?{urlencode({'address': ASKED})}"):
        shown = client.get(address, headers=BROWSER)
        assert shown.status_code == 200
        check_page(shown.text)


def test_pages_with_a_request_offer_a_short_link(client: TestClient) -> None:
    query = urlencode({"query": "SELECT * { ?s a cg:Cluster }"})
    for address in ("/conflicts", f"/sparql?{query}", "/questions/clusters"):
        shown = client.get(address, headers=BROWSER).text
        (offered,) = re.findall(r'<form action="/q".*?name="address" value="([^"]+)"', shown)
        assert html.unescape(offered) == address


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/questions/x", "//evil.example/questions", "/\\evil.example", "\\\\evil.example/questions",
     "/questions\r\nX: y", "javascript:alert(1)", "questions/clusters", "/", "/q/abc", "/static/style.css", "/update",
     "/questions/../..//evil.example", "/questions//evil.example", f"{HOST}.evil.example/questions/x", "/download/x",
     "https:/questions/x", f"{HOST}@evil.example/questions"],
)  # fmt: skip
def test_no_address_leads_elsewhere(client: TestClient, address: str) -> None:
    refused = make(client, address)
    assert (refused.status_code, "no short link" in refused.json()["detail"]) == (400, True)
    assert client.post("/q", data={"address": address}, headers=JSON).status_code == 400


def test_an_address_that_was_put_into_the_file_leads_nowhere_else(client: TestClient, root: Path) -> None:
    short = make(client, ASKED).json()["short"]
    with sqlite3.connect(root / FILE) as links:
        links.execute("UPDATE link SET address = '//evil.example/questions'")
    assert client.get(short).status_code == 400


@pytest.mark.parametrize("address", [None, "", " ", 7, ["/questions/clusters"]])
def test_what_is_no_address_is_refused(client: TestClient, address: object) -> None:
    assert make(client, address).status_code == 400


def test_bodies_that_are_none_are_refused_in_words(client: TestClient) -> None:
    for content, media_type, status in (
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("/questions/clusters", "text/plain", 415),
        ("address=" + "x" * 40_000, "application/x-www-form-urlencoded", 413),
    ):
        refused = client.post("/q", content=content, headers={**JSON, "Content-Type": media_type})
        assert (refused.status_code, bool(refused.json()["advice"])) == (status, True)


def test_a_long_address_is_kept_up_to_the_limit(client: TestClient) -> None:
    longest = "/sparql?query=" + "a" * (MOST_BYTES - len("/sparql?query="))
    assert make(client, longest).status_code == 201
    refused = make(client, longest + "a")
    assert (refused.status_code, refused.json()["limit"]["value"]) == (413, MOST_BYTES)


@pytest.mark.parametrize("key", ["aaaaaaaaaa", "x", "..%2f", "a" * 60, "AAAAAAAAAA"])
def test_a_link_that_is_not_kept_is_not_there(client: TestClient, key: str) -> None:
    assert client.get(f"/q/{key}", headers=JSON).status_code == 404
    make(client, ASKED)
    assert client.get(f"/q/{key}", headers=JSON).status_code == 404


def test_links_outlive_the_service(root: Path) -> None:
    with app(root) as client:
        short = make(client, ASKED).json()["short"]
    with app(root, short_links=0) as client:
        assert client.get(short).headers["location"] == ASKED
        assert make(client, ASKED).json()["short"] == short


def test_where_none_are_kept_the_long_address_is_offered(root: Path) -> None:
    with app(root, short_links=0) as client:
        refused = make(client, ASKED)
        assert (refused.status_code, refused.json()["long"]) == (403, HOST + ASKED)
        shown = client.post("/q", data={"address": ASKED}, headers=BROWSER)
        assert shown.status_code == 403
        check_page(shown.text)
        assert html.escape(HOST + ASKED) in shown.text
    assert not (root / FILE).exists()


def test_a_folder_that_cannot_be_written_keeps_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clustergraph.release.short_links.os.access", lambda *_: False)
    with app(root) as client:
        assert make(client, ASKED).status_code == 403


def test_a_file_that_is_damaged_is_told(root: Path) -> None:
    (root / FILE).write_bytes(b"no database at all" * 100)
    with app(root) as client:
        refused = make(client, ASKED)
        assert (refused.status_code, refused.json()["long"]) == (503, HOST + ASKED)
        assert str(root) not in refused.text


def test_a_client_may_have_so_many_in_an_hour(root: Path) -> None:
    with app(root, short_links_hourly=2) as client:
        for number in (1, 2):
            assert make(client, f"/questions/clusters?limit={number}").status_code == 201
        refused = make(client, "/questions/clusters?limit=3")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")
        assert refused.json()["limit"] == {"name": "short_links_hourly", "value": 2}
        assert make(client, "/questions/clusters?limit=1").status_code == 200


def test_there_are_so_many_at_the_most(root: Path) -> None:
    with app(root, short_links=2) as client:
        made = [make(client, f"/questions/clusters?limit={number}").status_code for number in (1, 2, 3, 2)]
        assert made == [201, 201, 503, 200]


def test_several_processes_keep_links_at_a_time(tmp_path: Path) -> None:
    write_release(tmp_path)
    program = (
        "import sys, json; from pathlib import Path; from clustergraph.release.short_links import ShortLinks\n"
        "links = ShortLinks(Path(sys.argv[1]), 1000)\n"
        "print(json.dumps([links.keep(f'/questions/q?n={n}') for n in range(int(sys.argv[2]), 60)]))"
    )

    def keep(first: int) -> list[str]:
        command = [sys.executable, "-c", program, str(tmp_path), str(first)]
        return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    with ThreadPoolExecutor(3) as pool:
        one, two, three = pool.map(keep, (0, 20, 40))
    assert one[20:] == two
    assert one[40:] == three
    links = ShortLinks(tmp_path, 1000)
    assert [links.address(key) for key in one] == [f"/questions/q?n={n}" for n in range(60)]
