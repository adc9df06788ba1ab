"""Validation over HTTP: data and shapes in, a report out; limits that hold, and a page for people."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from starlette.testclient import TestClient

from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page, words
from tests.conftest import ROOT
from tests.live_server import serve
from tests.small_project import make
from tests.small_release import write_release

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix zoo: <http://zoo.example/ns#> .
zoo:AnimalShape a sh:NodeShape ; sh:targetClass zoo:Animal ; sh:property zoo:NameShape .
zoo:NameShape sh:path zoo:name ; sh:minCount 1 ; sh:message "Name it." .
"""
GOOD = "@prefix zoo: <http://zoo.example/ns#> .\nzoo:rex a zoo:Animal ; zoo:name 'Rex' .\n"
BAD = "@prefix zoo: <http://zoo.example/ns#> .\n\n   zoo:rex a zoo:Animal .\n"
PART = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n'
LONG_CHAIN = "".join(f"<urn:n{n}> <urn:next> <urn:n{n + 1}> ; a <urn:N> .\n" for n in range(600))
HEAVY = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<urn:s> a sh:NodeShape ; sh:targetClass <urn:N> ; sh:sparql [
  sh:message "x" ; sh:select
  "SELECT $this WHERE { ?a a <urn:N> . ?b a <urn:N> . ?c a <urn:N> FILTER(CONCAT(STR(?a), STR(?b), STR(?c)) = '') }" ] .
"""


def app(folder: Path, **settings: float) -> TestClient:
    write_release(folder / "releases")
    return TestClient(create_app(folder / "releases", Settings(**settings), project=make(folder / "project")))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory):
    with app(tmp_path_factory.mktemp("validation"), validation_bytes=100_000, validation_seconds=60) as client:
        yield client


def test_the_form_of_a_release_that_is_not_kept_is_not_there(client: TestClient) -> None:
    assert client.get("/validate", params={"release": "0" * 16}).status_code == 404
    assert "immutable" not in client.get("/validate").headers["cache-control"]
    assert client.get("/validate", params={"release": "d1"}).status_code == 200


def test_data_with_shapes_beside_it_gets_a_report_with_line_and_column(client: TestClient) -> None:
    answer = client.post("/validate", data={"data": BAD, "shapes": SHAPES})
    assert answer.status_code == 200
    report = answer.json()
    assert report["conforms"] is False
    (finding,) = report["findings"]
    assert (finding["file"], finding["line"], finding["column"]) == ("data.ttl", 3, 4)
    assert finding["message"] == "Name it."
    assert client.post("/validate", data={"data": GOOD, "shapes": SHAPES}).json()["conforms"] is True


@pytest.mark.parametrize(
    ("format_", "data"),
    [
        ("turtle", "<e:a> <e:p> " + "[" * 20_000),
        ("jsonld", "[" * 90_000),
        ("rdfxml", "<a>" * 20_000),
    ],
)
def test_data_that_is_nested_too_deeply_is_refused_with_its_place(client: TestClient, format_: str, data: str) -> None:
    answer = client.post("/validate", data={"data": data, "data_format": format_, "shapes": SHAPES})
    assert answer.status_code == 400
    assert "nested more than 1,000 levels deep" in answer.json()["detail"]
    assert answer.json()["line"] == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.slow
def test_curl_sends_files(tmp_path: Path) -> None:
    write_release(tmp_path / "releases")
    for name, text in (("data.ttl", BAD), ("shapes.ttl", SHAPES)):
        (tmp_path / name).write_text(text)
    with serve(tmp_path / "releases") as live:
        command = ["curl", "-s", "-F", "data=@data.ttl", "-F", "shapes=@shapes.ttl", f"{live.url}/validate"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["file"], finding["line"], finding["column"]) == ("data.ttl", 3, 4)


def test_files_say_their_format_by_name_or_media_type(client: TestClient) -> None:
    data = json.dumps({"@id": "http://zoo.example/ns#rex", "@type": "http://zoo.example/ns#Animal"})
    for part in (("a.jsonld", data), ("a", data, "application/ld+json")):
        answer = client.post("/validate", files={"data": part, "shapes": ("shapes.ttl", SHAPES, "text/plain")})
        assert [finding["message"] for finding in answer.json()["findings"]] == ["Name it."]
    told = client.post("/validate", files={"data": ("a.ttl", data)}, data={"data_format": "jsonld", "shapes": SHAPES})
    assert [finding["message"] for finding in told.json()["findings"]] == ["Name it."]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"data=%ff"),
        ("application/x-www-form-urlencoded", b"data=\xff"),
        ("text/turtle", b"\xff"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n\xff\r\n--x--\r\n',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\na\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="data"\r\n\r\na'),
        ("multipart/form-data", b"--x"),
    ],
)
def test_a_form_that_is_not_utf8_or_not_whole_is_refused(client: TestClient, media_type: str, body: bytes) -> None:
    answer = client.post("/validate", content=body, headers={"Content-Type": media_type})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_data_as_the_body_may_have_its_shapes_in_it(client: TestClient) -> None:
    answer = client.post("/validate", content=SHAPES + BAD, headers={"Content-Type": "text/turtle"})
    assert [finding["line"] for finding in answer.json()["findings"]] == [7]


def test_data_without_shapes_is_checked_by_those_of_the_service(client: TestClient) -> None:
    data = {
        "@id": "https://e.org/a",
        "@type": "https://w3id.org/clustergraph/ontology/Cluster",
    }
    answer = client.post("/validate", content=json.dumps(data), headers={"Content-Type": "application/ld+json"})
    # The shape is for organisations; that a cluster is one, the ontology says.
    assert [finding["message"] for finding in answer.json()["findings"]] == ["Give it one label."]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("json", "application/json"),
        ("turtle", "text/turtle; charset=utf-8"),
        ("text", "text/plain; charset=utf-8"),
        ("sarif", "application/sarif+json"),
        ("junit", "application/xml"),
    ],
)
def test_reports_come_in_every_form(client: TestClient, name: str, media_type: str) -> None:
    sent = {"data": BAD, "shapes": SHAPES}
    by_name = client.post("/validate", data={**sent, "format": name})
    by_type = client.post("/validate", data=sent, headers={"Accept": media_type.partition(";")[0]})
    assert by_name.headers["content-type"] == by_type.headers["content-type"] == media_type
    assert by_name.text == by_type.text or name == "turtle"
    assert "Name it." in by_name.text
    if name == "junit":
        assert ET.fromstring(by_name.content).get("failures") == "1"
    if name == "turtle":
        assert list(parse(by_name.content, format=RdfFormat.TURTLE))


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"data": "<a> <b>", "shapes": SHAPES}, {"file": "data.ttl", "line": 1}),
        ({"data": GOOD, "shapes": "\n\n%"}, {"file": "shapes.ttl", "line": 3}),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_place(client: TestClient, sent: dict, place: dict) -> None:
    answer = client.post("/validate", data=sent)
    assert answer.status_code == 400
    assert place.items() <= answer.json().items()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"data": " "}, "there is no data"),
        ({"data": BAD, "data_format": "word"}, "'data_format' is 'word'"),
        ({"data": BAD, "shapes": GOOD}, "there are no shapes"),
        ({"data": BAD, "shapes": SHAPES.replace("minCount 1", "minCount 'one'")}, "shapes are not well formed"),
    ],
)
def test_what_makes_no_sense_is_an_error_in_words(client: TestClient, sent: dict, said: str) -> None:
    answer = client.post("/validate", data=sent)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_formats_that_are_not_known_are_refused(client: TestClient) -> None:
    assert client.post("/validate", data={"data": BAD, "format": "pdf"}).status_code == 406
    assert client.post("/validate", content=b"x", headers={"Content-Type": "image/png"}).status_code == 415


def test_more_than_the_limit_is_refused(client: TestClient) -> None:
    answer = client.post("/validate", content=b"#" * 200_000, headers={"Content-Type": "text/turtle"})
    assert answer.status_code == 413
    assert answer.json()["limit"] == {"name": "validation_bytes", "value": 100_000}


def test_a_page_for_people_shows_the_form_and_the_findings(client: TestClient) -> None:
    assert '<textarea id="data"' in client.get("/validate", headers=BROWSER).text
    page = client.post("/validate", data={"data": BAD + "<b> # <script>", "shapes": SHAPES, "format": "html"})
    assert page.status_code == 400
    page = client.post("/validate", data={"data": BAD + "# <script>", "shapes": SHAPES}, headers=BROWSER)
    assert "The data has faults." in page.text
    assert "<code>   zoo:rex a zoo:Animal .</code>" in page.text
    assert "<script>" not in page.text


def test_shapes_reach_no_other_host_and_no_file(client: TestClient) -> None:
    for inside in ("SERVICE <http://127.0.0.1:9/> { ?s ?p ?o }", "GRAPH <file:///etc/passwd> { ?s ?p ?o }"):
        shapes = f"""@prefix sh: <http://www.w3.org/ns/shacl#> .
            <urn:s> a sh:NodeShape ; sh:targetNode <urn:x> ;
              sh:sparql [ sh:message "found" ; sh:select "SELECT $this WHERE {{ {inside} }}" ] ."""
        answer = client.post("/validate", data={"data": GOOD, "shapes": shapes})
        assert answer.status_code in (400, 503) or answer.json()["findings"] == []


@pytest.mark.slow
def test_a_validation_that_takes_too_long_is_ended_and_the_next_one_runs(tmp_path: Path) -> None:
    with app(tmp_path, validation_seconds=3.0) as client:
        answer = client.post("/validate", data={"data": LONG_CHAIN, "shapes": HEAVY})
        assert answer.status_code == 503
        assert answer.json()["limit"]["name"] == "validation_seconds"


def test_a_validation_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    with app(tmp_path, validation_memory_mb=1, validation_seconds=60) as client:
        answer = client.post("/validate", data={"data": LONG_CHAIN, "shapes": SHAPES + LONG_CHAIN})
        assert answer.status_code == 503
        assert answer.json()["limit"]["name"] == "validation_memory_mb"


@pytest.mark.parametrize("depth", [20_000, 100_000])
@pytest.mark.parametrize("media_type", ["text/turtle", "application/ld+json", "application/rdf+xml"])
def test_data_that_is_nested_deeply_is_refused_at_once(client: TestClient, media_type: str, depth: int) -> None:
    text = {
        "text/turtle": "<a> <b> " + "[ <b> " * depth + "1" + "]" * depth + " .",
        "application/ld+json": '{"http://a.example/b":' * depth + "1" + "}" * depth,
        "application/rdf+xml": '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:b="http://b.example/">'
        + "<b:a><b:b>" * depth,
    }[media_type]
    answer = client.post("/validate", content=text[:99_000], headers={"Content-Type": media_type})
    assert 400 <= answer.status_code < 500
    assert "nested" in answer.json()["detail"]


def test_findings_stand_below_their_lines(client: TestClient) -> None:
    page = client.post("/validate", data={"data": BAD, "shapes": SHAPES, "format": "html"}).text
    check_page(page)
    lines = re.findall(r'<th scope="row" id="line-(\d+)-data-ttl">', page)
    assert lines == ["1", "2", "3", "4"]
    assert "3 zoo:rex a zoo:Animal . To be mended zoo:rex · zoo:name Name it." in words(page)
    assert "one to be mended" in words(page)


def test_of_a_long_text_only_the_lines_around_findings_are_shown(client: TestClient) -> None:
    data = BAD + "# more\n" * 100 + "zoo:tom a zoo:Animal .\n" + "# end\n" * 50
    page = client.post("/validate", data={"data": data, "shapes": SHAPES, "format": "html"}).text
    lines = [int(each) for each in re.findall(r'id="line-(\d+)-', page)]
    assert lines == [1, 2, 3, 4, 5, 102, 103, 104, 105, 106]
    assert "96 lines without findings" in words(page)
    assert "49 lines without findings" in words(page)


def test_a_long_line_is_cut_around_its_finding(client: TestClient) -> None:
    data = "@prefix zoo: <http://zoo.example/ns#> . " + "zoo:a zoo:name 'A' . " * 100 + "zoo:rex a zoo:Animal ."
    page = client.post("/validate", data={"data": data, "shapes": SHAPES, "format": "html"}).text
    (line,) = re.findall(r"<td><code>(…[^<]*)</code>", page)
    assert "zoo:rex" in line
    assert len(unescape(line)) < 420


def test_what_one_shape_finds_twice_in_one_value_is_one_finding(client: TestClient) -> None:
    shapes = SHAPES.replace("sh:minCount 1", "sh:datatype <urn:number> ; sh:node [ sh:datatype <urn:other> ]")
    answer = client.post("/validate", data={"data": GOOD, "shapes": shapes})
    (finding,) = answer.json()["findings"]
    assert len(finding["details"]) == 1
    report = client.post("/validate", data={"data": GOOD, "shapes": shapes, "format": "turtle"}).text
    assert report.count("a sh:ValidationResult") == 3  # for programs all that shapes find, and why


def test_what_cannot_be_read_stands_at_its_line_too(client: TestClient) -> None:
    page = client.post("/validate", data={"data": "<a:b>\n<a:c> oops .\n", "shapes": SHAPES, "format": "html"})
    assert page.status_code == 400
    check_page(page.text)
    assert re.search(r'class="marked"><th scope="row" id="line-2-', page.text)


def test_a_file_goes_before_an_empty_field_and_says_its_format(client: TestClient) -> None:
    trig = "@prefix zoo: <http://zoo.example/ns#> .\nGRAPH <e:g> { zoo:rex a zoo:Animal }\n"
    fields = {"data": "", "data_format": "", "shapes": SHAPES, "shapes_format": ""}
    answer = client.post("/validate", files={"data": ("zoo.trig", trig)}, data=fields)
    assert [(each["file"], each["line"]) for each in answer.json()["findings"]] == [("data.trig", 2)]


def test_a_field_for_a_file_that_is_not_used_is_as_if_it_were_not_there(client: TestClient) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    parts = [(b"data", b'; filename=""', b""), (b"data", b"", BAD.encode()), (b"shapes", b"", SHAPES.encode())]
    body = b"".join(part % each for each in parts) + b"--x--\r\n"
    unused = client.post("/validate", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert [each["line"] for each in unused.json()["findings"]] == [3]


def test_the_page_tells_its_limits_and_offers_examples(client: TestClient) -> None:
    page = client.get("/validate").text
    check_page(page)
    assert "Up to 100 kB together, and 60 seconds of work." in words(page)
    assert 'href="/validate?example=faults"' in page
    assert client.get("/validate", params={"example": "none"}).status_code == 400


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("whole")
    write_release(root)
    with TestClient(create_app(root, Settings(validation_seconds=120), project=ROOT)) as client:
        yield client


def test_the_examples_are_what_they_say(whole: TestClient) -> None:
    fine, faults = (whole.get(f"/validate?example={name}&format=json").json() for name in ("fine", "faults"))
    assert fine["findings"] == []
    assert faults["counts"]["violation"] >= 8
    said = [(each["reason"], each["line"]) for each in faults["findings"]]
    assert len(said) == len(set(said))
    check_page(whole.get("/validate?example=faults", headers=BROWSER).text)


def test_terms_in_what_is_to_be_done_lead_to_their_pages(client: TestClient) -> None:
    shapes = SHAPES.replace('"Name it."', '"Name the cg:Cluster, with zoo:name <b>."')
    page = client.post("/validate", data={"data": BAD, "shapes": shapes, "format": "html"}).text
    check_page(page)
    assert 'Name the <a href="/ontology/Cluster" title="cluster">cg:Cluster</a>, with zoo:name &lt;b&gt;.' in page
