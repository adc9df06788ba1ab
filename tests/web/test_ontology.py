"""The ontology in the browser: a page for each term with rules in words, lists as trees, all of it as data."""

from __future__ import annotations

import re
from html import unescape

import pytest
from pyoxigraph import RdfFormat, parse
from starlette.testclient import TestClient

from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page, words
from tests.small_release import write_release

HTML = {"Accept": "text/html"}
MODEL = """
GRAPH graph:model {
  cg:module-organisation a owl:Ontology ; dcterms:title "Organisations"@en ; dcterms:description "Bodies."@en .
  cg:Organisation a owl:Class ; rdfs:label "organisation"@en ; rdfs:subClassOf foaf:Organization ;
    rdfs:isDefinedBy cg:module-organisation ; skos:definition "A body; see cg:kind and cg:nothing <b>."@en .
  cg:Cluster rdfs:subClassOf cg:Organisation ; skos:example "Plastipolis"@en ; rdfs:isDefinedBy cg:module-organisation .
  cg:kind a owl:ObjectProperty ; rdfs:label "has kind"@en ; rdfs:domain cg:Organisation ; rdfs:range skos:Concept ;
    rdfs:isDefinedBy cg:module-organisation ; skos:definition "Says what kind of body it is."@en .
  cg:founded a owl:DatatypeProperty ; rdfs:label "founded"@en ; skos:definition "The year."@en ;
    rdfs:domain [ a owl:Class ; owl:unionOf ( cg:Organisation cg:Event ) ] .
  cg:characteristic a owl:DatatypeProperty ; rdfs:label "characteristic"@en ; owl:deprecated true ;
    dcterms:isReplacedBy cg:kind ; skos:definition "A feature."@en .
}
GRAPH graph:catalogue {
  shape:Organisation a sh:NodeShape ; sh:targetClass cg:Organisation ; sh:property shape:kind , shape:label ;
    sh:nodeKind sh:IRI ; sh:message "Give it an IRI of your own."@en .
  shape:kind sh:path cg:kind ; sh:minCount 1 ; sh:severity sh:Warning ;
    sh:description "An organisation has at least one kind."@en .
  shape:label sh:path skos:prefLabel ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:string .
  shape:founded sh:targetSubjectsOf cg:founded ; sh:class cg:Organisation ;
    sh:description "Only bodies are founded."@en .
}
GRAPH graph:lists {
  <https://w3id.org/clustergraph/scheme/field> a skos:ConceptScheme ; skos:prefLabel "Fields"@en ;
    dcterms:description "What bodies work on. In two trees."@en .
  field:materials a skos:Concept ; skos:inScheme <https://w3id.org/clustergraph/scheme/field> ;
    skos:prefLabel "materials"@en ; skos:notation "materials" .
  field:plastics a skos:Concept ; skos:inScheme <https://w3id.org/clustergraph/scheme/field> ;
    skos:broader field:materials ; skos:prefLabel "plastics"@en , "Kunststoffe"@de ; skos:altLabel "Plastik"@de ;
    skos:notation "plastics" ; skos:definition "Mouldable materials."@en ; skos:exactMatch <https://example.org/p> .
  field:polymers a skos:Concept ; skos:inScheme <https://w3id.org/clustergraph/scheme/field> ;
    skos:broader field:plastics ; skos:prefLabel "polymers"@en .
  <https://w3id.org/clustergraph/scheme/unit> a skos:ConceptScheme ; skos:prefLabel "Units"@en .
  unit:person a skos:Concept ; skos:inScheme <https://w3id.org/clustergraph/scheme/unit> ;
    skos:prefLabel "person"@en ; skos:notation "person" .
}
GRAPH w:s3 { organisation:afil cg:activeIn field:plastics ; cg:kind field:plastics . }
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root, extra=MODEL)
    with TestClient(create_app(root, Settings())) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    ["/ontology", "/ontology/", "/ontology/Cluster", "/ontology/kind", "/ontology/founded", "/ontology/characteristic",
     "/ontology/Cluster.html", "/scheme", "/scheme/field", "/scheme/unit", "/scheme/field/plastics"],
)  # fmt: skip
def test_pages_are_well_formed_and_accessible(client, path):
    page = client.get(path, headers=HTML)
    assert page.status_code == 200
    check_page(page.text)


def test_the_index_has_every_term_with_its_number_and_classes_as_a_tree(client):
    page = client.get("/ontology", headers=HTML).text
    for name in ("Organisation", "Cluster", "kind", "founded", "characteristic", "participatesIn"):
        assert f'href="/ontology/{name}"' in page
    text = words(page)
    assert "Organisation 1 Cluster 2" in text  # one below the other, each with the number of its things
    assert "has kind cg:kind Says what kind of body it is. 1" in text
    assert "Fields" in text


def test_a_class_says_what_it_must_have_also_by_the_class_above(client):
    text = words(client.get("/ontology/Cluster", headers=HTML).text)
    must, should, may = (text.index(each) for each in ("Must be there", "Should be there", "May be there"))
    assert must < text.index("skos:prefLabel exactly one") < should
    assert should < text.index("has kind cg:kind one or more skos:Concept An organisation has at least one kind.") < may
    assert may < text.index("founded cg:founded any number")
    assert "Other rules Give it an IRI of your own." in text
    assert "2 things of this class" in text
    assert "A few of them" in text
    assert "Plastipolis cluster" in text


def test_names_of_terms_in_a_definition_lead_to_them_and_the_rest_is_text(client):
    page = client.get("/ontology/Organisation", headers=HTML).text
    assert 'see <a href="/ontology/kind" title="cg:kind">has kind</a> and cg:nothing &lt;b&gt;.' in page


def test_a_property_says_of_what_it_is_and_what_is_demanded_of_all_that_have_it(client):
    text = words(client.get("/ontology/founded", headers=HTML).text)
    assert "Is said of cg:Event organisation" in text
    assert "Only bodies are founded." in text
    assert "In its place: has kind" in words(client.get("/ontology/characteristic", headers=HTML).text)


def test_a_list_is_a_tree_with_the_number_of_things(client):
    page = client.get("/scheme/field", headers=HTML).text
    assert "materials 2 narrower materials plastics 1 one narrower plastics polymers" in words(page)
    assert page.count("<details") == 3  # the two that have narrower ones, and more about the list
    assert "person person 0" in words(client.get("/scheme/unit", headers=HTML).text)


def test_a_concept_has_its_names_in_all_languages_and_who_has_it(client):
    page = client.get("/scheme/field/plastics", headers=HTML).text
    text = words(page)
    assert "Code lists › Fields › materials Plastics" in text
    assert "de Kunststoffe Plastik" in text
    assert '<td lang="de">Kunststoffe</td>' in page
    assert "One thing has it" in text
    assert "AFIL" in text
    assert 'href="/describe?iri=https%3A%2F%2Fexample.org%2Fp"' in page


def test_the_query_for_all_of_a_class_gives_them(client):
    page = client.get("/ontology/Cluster", headers=HTML).text
    address = unescape(re.search(r'href="(/sparql\?query=[^"]*)"', page)[1])
    assert client.get(f"{address}&format=csv").text.count("/id/organisation/") == 3  # one of them has two names


@pytest.mark.parametrize("path", ["/ontology", "/ontology/Cluster", "/scheme/field", "/scheme/field/plastics"])
@pytest.mark.parametrize(("suffix", "accept"), [("", "text/turtle"), (".ttl", "text/html")])
def test_who_asks_for_rdf_gets_it_as_before(client, path, suffix, accept):
    answer = client.get(path + suffix, headers={"Accept": accept})
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    assert list(parse(answer.content, format=RdfFormat.TURTLE))


def test_all_of_it_is_json(client):
    terms = {each["iri"].rpartition("/")[2]: each for each in client.get("/ontology?format=json").json()["terms"]}
    assert terms["Cluster"]["count"] == 2
    assert terms["kind"]["count"] == 1
    cluster = client.get("/ontology/Cluster?format=json").json()
    assert [each["many"] for each in cluster["demands"] if each["path"] == "has kind"] == ["one or more"]
    assert len(client.get("/scheme?format=json").json()["lists"]) == 2
    concepts = client.get("/scheme/field?format=json").json()["concepts"]
    assert {each["notation"]: each["count"] for each in concepts if each["notation"]} == {"materials": 0, "plastics": 1}
    assert client.get("/scheme/field/plastics?format=json").json()["labels"] == {"en": "plastics", "de": "Kunststoffe"}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/ontology/nothing", 404), ("/scheme/nothing", 404), ("/scheme/field/nothing", 404),
     ("/ontology?format=png", 406), ("/ontology/Cluster?release=nothing", 404), ("/ontology/%22%3E", 404)],
)  # fmt: skip
def test_what_is_not_there_is_told(client, path, status):
    assert client.get(path, headers=HTML).status_code == status


def test_a_list_can_be_shown_with_names_in_all_languages_and_terms_in_that_of_the_reader(client):
    assert 'href="/scheme/field?names=all"' in client.get("/scheme/field", headers=HTML).text
    page = client.get("/scheme/field?names=all", headers=HTML).text
    check_page(page)
    assert '<span lang="de">Kunststoffe</span>' in page
    german = client.get("/scheme/field?lang=de", headers=HTML).text
    assert '<a href="/scheme/field/plastics">Kunststoffe</a>' in german
