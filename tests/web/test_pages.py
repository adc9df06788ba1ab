"""Pages and data of things, the home page, and what every page must have."""

from __future__ import annotations

import html
import re
import subprocess
import sys

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse
from starlette.testclient import TestClient

from clustergraph.errors import ReleaseError
from clustergraph.formats import RDF_FORMATS
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.terms import BASE, expand
from clustergraph.web.app import create_app
from clustergraph.web.responses import GRAPHS
from tests.accessible import check_page, words
from tests.small_project import make
from tests.small_release import write_release

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    many = "\n".join(f"figure:f{n} a cg:Figure ; cg:subject pilot:esm ." for n in range(600))
    names = 'GRAPH graph:reference { pilot:esm skos:altLabel "ZENIT"@und, "Zenit alpino"@it }'
    write_release(root, extra=f"GRAPH w:s3 {{ {many} }} {names}")
    with TestClient(create_app(root, Settings())) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    ["/", "/sparql", "/sparql?query=SELECT+*+{+%3Fs+a+%3Fo+}+LIMIT+3", "/sparql?query=nonsense",
     "/id/organisation/afil", "/id/organisation/plastipolis", "/graph/wiintech-2020/s3",
     "/ontology/Cluster", "/ontology",
     "/id/organisation/nobody", "/describe?iri=http://data.europa.eu/nuts/code/FRK", "/nothing"],
)  # fmt: skip
def test_pages_are_well_formed_and_accessible(client, path):
    page = client.get(path, headers=HTML)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    check_page(page.text)


def test_a_page_shows_names_sources_and_what_is_inferred(client):
    page = client.get("/id/organisation/plastipolis", headers=HTML).text
    text = words(page)
    assert "Plastipolis cluster" in text
    assert "participates in Efficient and Sustainable Manufacturing inferred why?" in text
    assert "is figure of figure:members-1 3 Partners , Concept note" in text
    assert "Annex 1: Figures, Plastipolis" in text
    assert "has value 400" in text
    assert 'href="/graph/wiintech-2020/annex-1#' in page
    assert 'href="/describe?iri=http%3A%2F%2Fdata.europa.eu%2Fnuts%2Fcode%2FFRK"' in page


def test_a_page_says_in_which_language_a_name_is_or_that_it_is_in_none(client):
    page = client.get("/id/pilot/esm", headers=HTML).text
    assert '<span lang="it">Zenit alpino</span> <span class="tag">it</span>' in page
    assert '<span lang="">ZENIT</span>' in page
    assert ">und<" not in page


def test_values_are_escaped_and_only_web_links_are_links(client):
    page = client.get("/id/organisation/afil", headers=HTML).text
    assert "AFIL &lt;b&gt;" in page
    assert 'href="javascript' not in page


def test_a_page_leads_to_the_questions_that_need_a_thing_of_its_class(tmp_path):
    question = """#+ title: Who works with it?
#+ parameters:
#+   who: {label: Who, type: iri, class: cg:Organisation, required: true}
#+ columns:
#+   who: Who
SELECT ?who { VALUES ?who { UNDEF } ?who a cg:Organisation }"""
    project = Project(make(tmp_path / "project"))
    (project.queries.own / "fellows.rq").write_text(question, "utf-8")
    releases = Releases(tmp_path / "releases")
    publish.publish(project, releases)
    with TestClient(create_app(releases.root, Settings())) as client:
        page = client.get("/id/organisation/afil", headers=HTML).text
        asked = re.search(r'Asked about it: <a href="([^"]*)">Who works with it\?</a>', page)
        assert asked, page
        assert "AFIL" in client.get(html.unescape(asked[1]), headers=HTML).text
        assert "Asked about it" not in client.get("/ontology/Cluster", headers=HTML).text


def test_long_lists_are_cut_and_say_so(client):
    page = client.get("/id/pilot/esm", headers=HTML).text
    assert "Only the first 500 statements are shown" in page
    assert page.count('href="/id/figure/') == 50
    assert "All of them" in page
    assert client.get("/id/pilot/esm.nt").text.count("/id/figure/") == 600


@pytest.mark.parametrize("name", RDF_FORMATS)
def test_the_same_thing_as_data(client, name):
    format_ = RDF_FORMATS[name]
    by_suffix = client.get(f"/id/organisation/plastipolis.{format_.extensions[0]}")
    by_header = client.get("/id/organisation/plastipolis", headers={"Accept": format_.media_type})
    assert by_suffix.status_code == 200
    assert by_suffix.headers["content-type"] == GRAPHS.content_type(name)
    assert by_suffix.content == by_header.content
    triples = {quad.triple for quad in parse(by_suffix.content, format=format_.engine)}
    iri = expand("organisation:plastipolis")
    assert {triple.subject for triple in triples if triple.object == iri} == {
        expand("figure:members-1"),
        expand("figure:members-2"),
    }
    assert sum(triple.subject == iri for triple in triples) == 7


def test_data_of_a_section_is_the_graph_and_what_is_said_of_it_is_linked(client):
    graph = client.get("/graph/wiintech-2020/annex-1.ttl")
    triples = [quad.triple for quad in parse(graph.content, format=RdfFormat.TURTLE)]
    assert {triple.subject for triple in triples} == {expand("figure:members-2")}
    about = re.fullmatch(r'<(.+)>; rel="describedby"', graph.headers["link"])[1]
    described = client.get(about, headers={"Accept": "text/turtle"})
    section = NamedNode(BASE + "graph/wiintech-2020/annex-1")
    assert section in {quad.subject for quad in parse(described.content, format=RdfFormat.TURTLE)}


def test_pages_and_data_know_each_other(client):
    page = client.get("/id/organisation/afil", headers=HTML)
    assert '</id/organisation/afil.ttl>; rel="alternate"; type="text/turtle"' in page.headers["link"]
    for address in re.findall(r'<link rel="alternate" href="([^"]+)"', page.text):
        assert client.get(address.replace("&amp;", "&")).status_code == 200
    data = client.get("/id/organisation/afil.ttl")
    assert data.headers["link"] == f'<{BASE}id/organisation/afil>; rel="describes"'
    again = client.get("/id/organisation/afil", headers={**HTML, "If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/id/organisation/afil.html").text == page.text


@pytest.mark.parametrize("accept", [None, "text/html", "text/turtle"])
def test_unknown_things_are_404_with_near_ones(client, accept):
    response = client.get("/id/organisation/plastipoli", headers={"Accept": accept} if accept else {})
    assert response.status_code == 404
    assert "/id/organisation/plastipolis" in response.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/id/organisation/a%3E%20%7D%20x", 404),
        ("/id/organisation/", 404),
        ("/ontology/", 200),
        ("/describe", 400),
        ("/describe?iri=not an iri", 400),
        ("/describe?iri=http://a.example/%3E%7D", 400),
        ("/describe?iri=http://[b", 400),
        ("/describe?iri=http://a.example/%25zz", 400),
        ("/id/organisation/%25zz", 404),
        ("/describe?iri=http://a.example/unknown", 404),
        ("/describe?iri=http://data.europa.eu/nuts/code/FRK", 200),
        ("/describe?iri=http://data.europa.eu/nuts/code/FRK&format=turtle", 200),
        ("/describe?iri=http://data.europa.eu/nuts/code/FRK&format=png", 406),
        ("/nothing", 404),
        ("/static/style.css", 200),
        ("/static/../app.py", 404),
        ("/docs", 200),
        ("/redoc", 404),
    ],
)
def test_addresses_and_their_status(client, path, status):
    response = client.get(path)
    assert response.status_code == status
    if status >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == status


def test_nothing_fits(client):
    assert client.get("/id/organisation/afil", headers={"Accept": "image/png"}).status_code == 406
    assert client.get("/dataset", headers={"Accept": "image/png"}).status_code == 406


def test_home_says_what_is_in_here(client):
    page = client.get("/", headers=HTML).text
    assert "Concept note" in page
    assert page.index("3 Partners") < page.index("Annex 1: Figures, Plastipolis")
    assert "2026-11-22" in page
    assert 'href="/questions"' in page


def test_the_query_page_begins_with_any_example(client):
    page = client.get("/sparql", headers=HTML).text
    names = re.findall(r'href="/sparql\?example=([a-z-]+)"[^>]*>[^<]+\((?:CONSTRUCT|DESCRIBE|ASK)\)', page)
    assert len(names) == 3
    for name in names:
        filled = client.get(f"/sparql?example={name}", headers=HTML)
        query = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", filled.text, re.DOTALL)[1])
        assert client.get("/sparql", params={"query": query}).status_code == 200, query
    assert client.get("/sparql?example=nothing", headers=HTML).status_code == 200


@pytest.mark.parametrize("path", ["/dataset", "/.well-known/void"])
def test_the_description_of_the_release(client, path):
    turtle = client.get(path)
    assert turtle.headers["content-type"].startswith("text/turtle")
    jsonld = client.get(path, headers={"Accept": "application/ld+json"})
    assert list(parse(jsonld.content, format=RdfFormat.JSON_LD)) == list(parse(turtle.content, format=RdfFormat.TURTLE))


def test_health(client):
    assert client.get("/health").json()["status"] == "ok"


def test_what_was_not_foreseen_is_told_without_details(client, monkeypatch):
    def broken(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr("clustergraph.web.home.served", broken)
    quiet = TestClient(client.app, raise_server_exceptions=False)
    response = quiet.get("/?lang=en", headers={"Accept": "application/json"})
    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.headers["content-type"] == "application/problem+json"


def test_without_a_release_there_is_no_service(tmp_path):
    with pytest.raises(ReleaseError, match="clustergraph build"):
        create_app(tmp_path, Settings())


def test_the_service_needs_no_library_of_the_build():
    program = "import sys, clustergraph.web.app; print([m for m in ('rdflib', 'pyshacl', 'owlrl') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
