"""Why a statement is in the graph, as a page: each step leads on, and the whole can be cited."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from clustergraph import terms
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page
from tests.small_project import make

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
ONTOLOGY = """
cg:partOf a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:label "is part of"@en .
cg:sharesPlaceWith a owl:ObjectProperty ; rdfs:label "shares place with"@en .
"""
DATA = """@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix document: <https://w3id.org/clustergraph/id/document/> .
@prefix m: <https://w3id.org/clustergraph/graph/4m4iof/> .
@prefix organisation: <https://w3id.org/clustergraph/id/organisation/> .
@prefix place: <https://w3id.org/clustergraph/id/place/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

m:annex {
    document:note skos:prefLabel "A note"@en .
    m:annex cg:inDocument document:note ; cg:sectionNumber "2" .
    m:list cg:inDocument document:note ; cg:sectionNumber "1" .
    place:italy skos:prefLabel "Italy"@en .
    place:lombardy cg:partOf place:italy ; skos:prefLabel "Lombardy"@en .
}

m:list {
    organisation:afil cg:partOf place:lombardy .
    organisation:viameca cg:partOf place:italy .
}
"""
RULE = """#+ summary: Who is part of one place shares it.
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
CONSTRUCT { ?one cg:sharesPlaceWith ?other }
WHERE { ?one a cg:Cluster ; cg:partOf ?place . ?other a cg:Cluster ; cg:partOf ?place FILTER (?one != ?other) }
"""
SHARED = {"subject": "AFIL", "predicate": "shares place with", "object": "ViaMéca"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = make(tmp_path_factory.mktemp("proofs") / "project")
    ontology = root / "ontology" / "clustergraph.ttl"
    ontology.write_text(ontology.read_text("utf-8") + ONTOLOGY, "utf-8")
    (root / "data" / "4m4iof" / "annex.trig").write_text(DATA, "utf-8")
    (root / "queries" / "rules" / "shares-place.rq").write_text(RULE, "utf-8")
    publish.publish(Project(root), Releases(root / ".clustergraph"))
    with TestClient(create_app(root / ".clustergraph", Settings())) as client:
        yield client


def proof(client: TestClient, **given: str) -> str:
    """Return the page of a proof, which is as every page must be."""
    page = client.get("/explain", params=given, headers=BROWSER)
    assert page.status_code == 200
    check_page(page.text)
    return html.unescape(page.text)


def test_a_statement_is_explained(client: TestClient) -> None:
    given = {"subject": "organisation:afil", "predicate": "a", "object": "cg:Cluster"}
    found = client.get("/explain.json", params=given).json()
    assert "cluster" in " ".join(found["text"]).lower()
    page = client.get("/explain", params=given, headers=BROWSER)
    assert html.escape(found["steps"][0]["says"]) in page.text
    assert f"{html.escape(found['statement'])}, because" in page.text
    names = {"subject": "AFIL", "predicate": "is a", "object": "Cluster"}
    assert client.get("/explain.json", params={**names, "predicate": "a"}).json() == found
    check_page(page.text)
    assert client.get("/explain", headers=BROWSER).status_code == 200
    assert client.get("/explain.json").status_code == 400
    injected = {**given, "object": "cg:Cluster) } SERVICE <http://127.0.0.1:1/> { ?s ?p ?o"}
    answer = client.get("/explain.json", params=injected)
    assert (answer.status_code, "not one statement" in answer.text) == (400, True)
    assert client.get("/explain", params={**given, "object": "cg:Region"}, headers=BROWSER).status_code == 400


def test_a_proof_leads_from_sections_over_statements_and_rules_to_the_conclusion(client: TestClient) -> None:
    page = proof(client, **SHARED)
    order = ["AFIL is part of Lombardy", "/graph/4m4iof/list", "Lombardy is part of Italy", "/graph/4m4iof/annex",
             "is passed on over several steps", "AFIL is part of Italy", "ViaMéca is part of Italy",
             "Who is part of one place shares it", "AFIL shares place with ViaMéca"]  # fmt: skip
    drawn = page[page.index('<ol class="proof">') :]
    found = [drawn.index(each) for each in order]
    assert found == sorted(found)


def test_each_step_of_a_proof_is_a_link(client: TestClient) -> None:
    page = proof(client, **SHARED)
    assert 'href="/graph/4m4iof/list#' in page, "a section, at the place that says it"
    for address in ("/id/document/note", "/id/organisation/afil", "/id/place/lombardy",
                    "/ontology/partOf", "/query/rules/shares-place"):  # fmt: skip
        assert f'href="{address}"' in page
        assert client.get(address, headers=BROWSER).status_code == 200
    between = re.search(r'<a class="says" href="(/explain[^"]*)">AFIL is part of Italy</a>', page)
    assert between
    assert "AFIL is part of Italy, because" in client.get(between[1], headers=BROWSER).text


def test_what_followed_before_is_not_drawn_again(client: TestClient) -> None:
    page = proof(client, **SHARED)
    assert page.count('class="derivation') == 2
    (again,) = re.findall(r'<li class="premise above"><a href="#([^"]+)">', page)
    assert page.count(f'id="{again}"') == 1


def test_what_a_section_says_is_told_without_a_rule(client: TestClient) -> None:
    page = proof(client, subject="ViaMéca", predicate="is part of", object="Italy")
    assert "/graph/4m4iof/list" in page
    assert 'class="rule"' not in page


def test_a_proof_is_cited_by_an_address_that_stays(client: TestClient) -> None:
    found = client.get("/explain.json", params=SHARED).json()
    asked = parse_qs(urlsplit(found["permanent"]).query)
    assert asked["subject"] == ["organisation:afil"]
    page = proof(client, **SHARED)
    assert f'href="{found["permanent"]}"' in page
    again = client.get("/explain.json", params={name: value for name, (value,) in asked.items()}).json()
    assert again == found


def test_steps_as_json_tell_what_they_are_about_and_where_their_rule_is(client: TestClient) -> None:
    steps = client.get("/explain.json", params=SHARED).json()["steps"]
    rules = [step["rule_iri"] for step in steps if step["rule"]]
    assert rules == [terms.ONTOLOGY + "partOf", terms.QUERY + "rules/shares-place"]
    assert steps[-1]["about"].endswith("/organisation/afil")


def test_names_in_another_language_in_a_sentence_of_evidence_are_marked(client: TestClient) -> None:
    given = {"subject": "AFIL", "predicate": "is part of", "object": "Lombardy"}
    page = client.get("/explain", params={**given, "lang": "de"}, headers=BROWSER).text
    told = '<span lang="en">AFIL</span> ist Teil von <span lang="en">Lombardy</span>'
    assert f"<h1>{told}, weil …</h1>" in page
    assert page.count(told) >= 2
    assert 'lang="en">Lombardy' not in client.get("/explain", params={**given, "lang": "en"}, headers=BROWSER).text
