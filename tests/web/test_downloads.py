"""The exports as downloads: ranges, tags, names, and a list for people and programs."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.writes import Writer
from clustergraph.release.artefacts import Made, home_of
from clustergraph.release.manifest import Release
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from clustergraph.web.authorisation import Token, Writing
from tests.accessible import check_page
from tests.conftest import offered
from tests.live_server import until
from tests.small_project import make
from tests.small_release import write_release


def wait_until(so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    assert until(so), "it took too long"


@pytest.fixture(scope="module")
def client(exported: Path):
    with TestClient(create_app(exported.parents[1], Settings())) as client:
        yield client


@pytest.mark.slow
def test_every_file_is_given_whole_under_a_name_that_tells_releases_apart(client: TestClient, exported: Path) -> None:
    made = Made.of(exported)
    assert len(made.downloads) > 15
    for each in made.downloads:
        answer = client.get(f"/download/{each.name}")
        assert answer.status_code == 200
        assert answer.content == made.path(each).read_bytes()
        assert hashlib.sha256(answer.content).hexdigest() == each.sha256
        assert answer.headers["content-type"] == ("application/gzip" if each.packed else each.media_type)
        assert answer.headers["content-length"] == str(each.bytes)
        assert answer.headers["accept-ranges"] == "bytes"
        assert exported.name in answer.headers["content-disposition"]
        assert client.get(f"/download/{each.dated(exported.name)}").content == answer.content


def test_parts_make_the_whole(client: TestClient) -> None:
    whole = client.get("/download/clustergraph.nq.gz")
    first = client.get("/download/clustergraph.nq.gz", headers={"Range": "bytes=0-999"})
    rest = client.get(
        "/download/clustergraph.nq.gz", headers={"Range": "bytes=1000-", "If-Range": whole.headers["etag"]}
    )
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.headers["content-range"] == f"bytes 0-999/{len(whole.content)}"
    assert first.content + rest.content == whole.content
    digest = base64.b64encode(hashlib.sha256(whole.content).digest()).decode()
    assert first.headers["repr-digest"] == f"sha-256=:{digest}:"


def test_a_part_of_another_release_is_not_mixed_in(client: TestClient) -> None:
    answer = client.get("/download/clustergraph.nq.gz", headers={"Range": "bytes=1000-", "If-Range": '"another"'})
    assert answer.status_code == 200
    beyond = client.get("/download/clustergraph.nq.gz", headers={"Range": "bytes=999999999-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("bytes=0-0,5-6", 206),
        ("bytes=0-9,999999999-", 206),
        ("bytes=-5", 206),
        ("bytes=-0", 416),
        ("bytes=999999999-", 416),
        ("bytes=9-1", 200),
        ("bytes=soon", 200),
        ("items=0-1", 200),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(0, 400, 4)), 200),
    ],
)
def test_ranges_of_every_kind(client: TestClient, wanted: str, status: int) -> None:
    answer = client.get("/download/clustergraph.nq.gz", headers={"Range": wanted})
    assert answer.status_code == status
    whole = client.get("/download/clustergraph.nq.gz").content
    if status == 200:
        assert answer.content == whole
    if status == 416:
        assert answer.headers["content-range"] == f"bytes */{len(whole)}"
    multipart = answer.headers["content-type"].startswith("multipart/byteranges")
    assert multipart == (wanted == "bytes=0-0,5-6")
    assert client.head("/download/clustergraph.nq.gz", headers={"Range": wanted}).status_code == 200


def test_what_a_client_goes_by_is_looked_at(client: TestClient) -> None:
    head = client.head("/download/org.ttl.gz").headers

    def status(**conditions: str) -> int:
        named = {name.replace("_", "-"): value for name, value in conditions.items()}
        return client.get("/download/org.ttl.gz", headers={"Accept": "application/json", **named}).status_code

    assert status(If_Match=head["etag"]) == 200
    assert status(If_Match='"another"') == 412
    assert status(If_Modified_Since=head["last-modified"]) == 304
    assert status(If_Modified_Since="Sat, 01 Jan 2000 00:00:00 GMT") == 200
    assert status(If_Modified_Since="soon") == 200
    assert status(If_Modified_Since=head["last-modified"], If_None_Match='"another"') == 200


def test_what_a_client_has_is_not_sent_again(client: TestClient) -> None:
    tag = client.head("/download/org.ttl.gz").headers["etag"]
    answer = client.get("/download/org.ttl.gz", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert client.get("/download/schema.ttl.gz", headers={"If-None-Match": tag}).status_code == 200


def test_the_list_is_for_programs_and_for_people(client: TestClient) -> None:
    listed = client.get("/download", headers={"Accept": "application/json"}).json()
    for each in listed["files"]:
        assert client.head(each["url"]).headers["content-length"] == str(each["bytes"])
    page = client.get("/download", headers={"Accept": "text/html"})
    assert 'href="/download/eurio.ttl.gz"' in page.text
    assert 'href="/download"' in client.get("/", headers={"Accept": "text/html"}).text


def test_sizes_can_be_read_and_checksums_are_apart(client: TestClient) -> None:
    page = client.get("/download", headers={"Accept": "text/html"}).text
    assert "curl http" in page[page.index('id="api"') :]
    check_page(page)
    assert re.search(r"clustergraph<wbr>\.nq<wbr>\.gz</a></th>\s*<td class=\"number\">[\d.]+ [kM]B</td>", page)
    table, checksums = page.index("clustergraph.nq.gz"), page.index("Checksums")
    digests = [each["sha256"] for each in client.get("/download?format=json").json()["files"]]
    assert table < checksums < min(page.index(each) for each in digests)


def test_the_description_is_a_page_in_a_browser(client: TestClient, exported: Path) -> None:
    page = client.get("/dataset", headers={"Accept": "text/html,application/xml;q=0.9,*/*;q=0.8"})
    check_page(page.text)
    assert exported.name in page.text
    assert re.search(r'<a href="/ontology/Cluster">cluster</a></th><td class="number">\d+</td>', page.text)
    assert 'href="/dataset?format=turtle"' in page.text
    assert client.get("/dataset").headers["content-type"].startswith("text/turtle")


def test_limits_are_those_of_the_running_service(exported: Path) -> None:
    settings = Settings(query_seconds=7.5, validation_bytes=1_230_000)
    with TestClient(create_app(exported.parents[1], settings)) as client:
        page = client.get("/download", headers={"Accept": "text/html"}).text
    assert re.search(r"7\.5 s</td><td><code>CLUSTERGRAPH_QUERY_SECONDS</code>", page)
    assert re.search(r"1\.23 MB</td><td><code>CLUSTERGRAPH_VALIDATION_BYTES</code>", page)


def test_a_release_is_cited_in_words_and_as_bibtex(client: TestClient, exported: Path) -> None:
    told = client.get("/download?format=json").json()["cite"]
    for address in ("/download", "/dataset"):
        page = html.unescape(client.get(address, headers={"Accept": "text/html"}).text)
        assert told["text"] in page
        assert told["bibtex"] in page
    created = Release.read(exported).created
    assert f"?release={exported.name}" in told["text"]
    assert created[:10] in told["text"]
    assert re.fullmatch(r"@misc\{[\w-]+,\n(  \w+ = \{.*\},?\n)+\}", told["bibtex"])
    assert f"  year = {{{created[:4]}}}," in told["bibtex"]


@pytest.mark.parametrize("name", ["nothing.nq", "downloads.json", "..%2fdescription.ttl", "profiles"])
def test_only_what_is_listed_is_given(client: TestClient, name: str) -> None:
    answer = client.get(f"/download/{name}", headers={"Accept": "application/json"})
    assert answer.status_code == 404


def test_a_release_without_files_says_how_to_make_them(tmp_path: Path) -> None:
    write_release(tmp_path)
    with TestClient(create_app(tmp_path, Settings())) as client:
        answer = client.get("/download", headers={"Accept": "application/json"})
        assert answer.status_code == 404
        assert "clustergraph export all" in answer.json()["advice"]


def test_the_description_lists_the_files_by_negotiation(client: TestClient) -> None:
    for media in ("text/turtle", "application/ld+json", "application/rdf+xml"):
        answer = client.get("/dataset", headers={"Accept": media})
        assert answer.headers["content-type"].startswith(media)
        assert "download/clustergraph.nq.gz" in answer.text


def structured(client: TestClient, address: str) -> dict | None:
    page = client.get(address, headers={"Accept": "text/html"})
    assert page.status_code == 200
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)
    return json.loads(found[0]) if found else None


def test_pages_carry_schema_org(client: TestClient) -> None:
    found = structured(client, "/id/organisation/plastipolis")
    assert found is not None
    assert found["@context"] == "https://schema.org/"
    assert (found["@type"], found["name"]) == ("Organization", "Plastipolis")
    assert found["address"]["addressCountry"] == "FR"
    project = structured(client, "/id/project/beincpps")
    assert project is not None
    assert project["@type"] == "Project"
    assert "Plastipolis" in {each["name"] for each in project["member"] if isinstance(each["name"], str)}
    region = structured(client, "/describe?iri=http://data.europa.eu/nuts/code/ITC4")
    assert region is not None
    assert region["identifier"] == "ITC4"
    assert structured(client, "/scheme/status/stated") is None


def test_what_a_page_carries_is_what_the_export_says(client: TestClient, exported: Path) -> None:
    document = json.loads(offered(exported, "schema.jsonld.gz"))
    (whole,) = [node for node in document["@graph"] if node["@id"].endswith("id/organisation/plastipolis")]
    page = structured(client, "/id/organisation/plastipolis")
    assert page is not None
    assert {key for key in page if key != "@context"} == set(whole)


def test_a_text_cannot_end_the_script_element(tmp_path: Path, exported: Path) -> None:
    extra = (
        'GRAPH graph:x { organisation:evil a cg:Organisation ; skos:prefLabel "</script><script>alert(1)</script>"@en }'
    )
    release = write_release(tmp_path, extra=extra)
    shutil.rmtree(home_of(release))
    home_of(release).symlink_to(home_of(exported))
    with TestClient(create_app(tmp_path, Settings())) as client:
        page = client.get("/id/organisation/evil", headers={"Accept": "text/html"}).text
        assert "<script>alert" not in page
        assert structured(client, "/id/organisation/evil")["name"]["@value"] == "</script><script>alert(1)</script>"


@pytest.mark.slow
def test_a_release_that_was_made_by_a_write_gets_its_files_after_it(tmp_path: Path) -> None:
    project, releases = make(tmp_path / "project"), tmp_path / "releases"
    publish.publish(Project(project), Releases(releases))
    writing = Writing(Token("0123456789abcdef0123456789abcdef"), Writer(project, releases, Settings()))
    change = "INSERT DATA { GRAPH m:summary { organisation:x a cg:Cluster ; skos:prefLabel 'X'@en } }"
    with TestClient(create_app(releases, Settings(), writing)) as client:
        before = client.get("/dataset").content
        bearer = {"Authorization": "Bearer 0123456789abcdef0123456789abcdef"}
        assert client.post("/update", data={"update": change}, headers=bearer).json()["outcome"] == "written"
        first = client.get("/download", headers={"Accept": "application/json"})
        assert (first.status_code, first.headers["retry-after"]) == (503, "10")
        assert client.get("/dataset", headers={"Accept": "text/turtle"}).status_code == 503
        wait_until(lambda: client.get("/download", headers={"Accept": "application/json"}).status_code == 200)
        assert "clustergraph.nq.gz" in client.get("/dataset").text
        assert client.get("/dataset").content != before


def test_no_download_changes_anything(tmp_path: Path) -> None:
    project, releases = make(tmp_path / "project"), Releases(tmp_path / "releases")
    made, _ = publish.publish(Project(project), releases)
    shutil.rmtree(home_of(made.path))
    writing = Writing(Token("0123456789abcdef0123456789abcdef"), Writer(project, releases.root, Settings()))
    before = sorted(releases.root.rglob("*"))
    with TestClient(create_app(releases.root, Settings(), writing)) as client:
        writing.writer.stop()
        for address in ("/download", "/download/clustergraph.nq.gz", "/dataset", "/dataset?format=jsonld"):
            assert client.get(address, headers={"Accept": "application/json, text/turtle;q=0.5"}).status_code == 503
        assert sorted(releases.root.rglob("*")) == before


def test_what_is_made_anew_of_the_same_release_is_seen_at_once(tmp_path: Path) -> None:
    file, releases = make(tmp_path / "project") / "clustergraph.toml", Releases(tmp_path / "releases")
    before, _ = publish.publish(Project(file.parent), releases)
    with TestClient(create_app(releases.root, Settings())) as client:
        for address in ("/dataset", "/download", "/download/clustergraph.nq.gz"):
            assert client.get(address).status_code == 200
        assert "Words of our own" not in client.get("/dataset").text
        file.write_text('keywords = ["Words of our own"]\n' + file.read_text())
        assert publish.publish(Project(file.parent), releases)[0] == before
        assert "Words of our own" in client.get("/dataset").text
