"""The view in schema.org: its terms with their own domains and ranges, and nothing in it that no source says."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import RdfFormat, Store, parse

from clustergraph.rdf.reading import read_all
from clustergraph.shacl.validate import validate
from clustergraph.terms import PREFIXES
from tests import views
from tests.conftest import ROOT, broken, offered
from tests.views import STATED

SHAPES = ROOT / "shapes" / "profiles" / "schema.ttl"
SPACES = {**PREFIXES, "ex": "http://e/", "role": "http://r/"}
HEAD = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in SPACES.items())
SMALL = f"""
ex:a a cg:Organisation ; skos:prefLabel "A"@en ; skos:altLabel "Old A", "Alpha" ; cg:formerName "Old A" ;
  cg:fullName "A registered" ; cg:place ex:here, ex:there ; cg:region ex:west, ex:east ; cg:locatedIn country:FRA ;
  cg:participatesIn ex:network, ex:other .
ex:b a cg:Organisation ; skos:prefLabel "B"@en ;
  cg:fullName "B registered", "B of old" ; cg:country country:FRA ; cg:region ex:west .
ex:here skos:prefLabel "Here"@en ; cg:within country:FRA . ex:there skos:prefLabel "There"@en ; cg:within country:FRA .
ex:west skos:prefLabel "West"@en . ex:east skos:prefLabel "East"@en .
country:FRA a cg:Country ; skos:prefLabel "France"@en ; cg:isoCode "FR" .
ex:project a cg:Activity, cg:Project ; skos:prefLabel "P"@en ; cg:fullName "The first project" ;
  cg:end "2017"^^xsd:gYear ; cg:start "2015"^^xsd:gYear, "2016"^^xsd:gYear ; cg:hasParticipant ex:a, ex:b .
ex:network a cg:Activity, cg:Network ; skos:prefLabel "N"@en .
ex:other a cg:Activity, cg:Network ; skos:prefLabel "O"@en .
ex:p1 cg:activity ex:network ; cg:participant ex:a ; cg:role role:member ; {STATED} .
ex:p2 cg:activity ex:other ; cg:participant ex:a ; cg:role role:supporter ; {STATED} .
ex:p3 cg:activity ex:project ; cg:participant ex:a ; cg:role role:supporter ; {STATED} .
ex:p4 cg:activity ex:project ; cg:participant ex:b ; cg:role role:member ; {STATED} .
role:member skos:notation "member" . role:supporter skos:notation "supporter" .
ex:funding a cg:Funding ; cg:activity ex:project ; cg:scheme ex:scheme ; {STATED} .
ex:scheme skos:prefLabel "COSME"@en .
"""


@pytest.fixture(scope="module")
def small() -> Store:
    """The view of a few things, as the queries make it."""
    return views.view("schema", HEAD + SMALL)


told = partial(views.told, spaces=SPACES)


def test_a_title_of_a_project_is_no_legal_name(small: Store, exported: Path) -> None:
    assert told(small, "?x ?name { ?x schema:legalName ?name }") == [("a", "A registered")]
    assert told(small, "?name { ex:project schema:alternateName ?name }") == [("The first project",)]
    view = Store()
    view.load(offered(exported, "schema.ttl.gz"), RdfFormat.TURTLE)
    assert told(view, "?x { ?x a schema:Project ; schema:legalName ?name }") == []
    long = "Business Experiments in Cyber Physical Production Systems"
    assert (long,) in told(view, "?name { project:beincpps schema:alternateName ?name }")


def test_an_address_is_in_one_town(small: Store) -> None:
    town = "OPTIONAL { ?y schema:addressLocality ?town }"
    addresses = f"?x ?town ?code {{ ?x schema:address ?y . ?y schema:addressCountry ?code {town} }}"
    assert told(small, addresses) == [("a", "Here", "FR"), ("a", "There", "FR"), ("b", None, "FR")]
    assert told(small, "?x ?region { ?x schema:location ?region }") == [("b", "west")], "not in two regions at once"


def test_who_only_supports_is_no_member(small: Store) -> None:
    assert told(small, "?x ?y { ?x schema:memberOf ?y }") == [("a", "network")]
    assert told(small, "?x ?y { ?x schema:member ?y }") == [("project", "b")]


def test_where_sources_differ_there_is_no_date(small: Store) -> None:
    assert told(small, "?x ?day { ?x schema:foundingDate|schema:dissolutionDate ?day }") == [("project", "2017")]


def test_a_grant_has_not_the_name_of_its_scheme(small: Store) -> None:
    assert told(small, "?name { ?x a schema:Grant ; schema:name ?name }") == [("Funding under COSME",)]


def test_a_name_that_is_borne_no_longer_is_no_other_name(small: Store) -> None:
    assert told(small, "?name { ex:a schema:alternateName ?name }") == [("Alpha",)]


def test_each_property_and_class_has_a_shape_and_is_a_term_of_schema_org(exported: Path) -> None:
    space, shapes = PREFIXES["schema"], rdflib.Graph().parse(SHAPES)
    quads = list(parse(offered(exported, "schema.ttl.gz"), RdfFormat.TURTLE))
    used = {quad.predicate.value for quad in quads if quad.predicate.value.startswith(space)}
    classes = {quad.object.value for quad in quads if quad.predicate.value == PREFIXES["rdf"] + "type"}
    assert used <= {str(each) for each in shapes.objects(None, rdflib.SH.targetSubjectsOf)}
    assert classes <= {str(each) for each in shapes.objects(None, rdflib.SH.targetClass)}
    # rdflib knows the terms of 2021; funding came a little later.
    unknown = {term for term in used | classes if term.removeprefix(space) not in rdflib.SDO.__annotations__}
    assert unknown <= {f"{space}funding"}


@pytest.mark.parametrize(
    ("wrong", "shape"),
    [
        ('ex:a a schema:Project ; schema:name "A" ; schema:legalName "B" .', "Project-legalName"),
        ('ex:a a schema:Event ; schema:name "A" ; schema:legalName "B" .', "legalName"),
        ('ex:a a schema:Organization ; schema:name "A" ; schema:startDate "2015" .', "startDate"),
        ('ex:a a schema:Project ; schema:name "A" ; schema:foundingDate "2015", "2016" .', "foundingDate-value"),
        ('ex:a a schema:Project ; schema:name "A" ; schema:foundingDate "in 2015" .', "foundingDate-value"),
        ('ex:a a schema:Organization ; schema:name "A" ; schema:address "Lyon" .', "address-value"),
        ('ex:a a schema:PostalAddress ; schema:addressLocality "A", "B" .', "addressLocality-value"),
        ("ex:a a schema:PostalAddress .", "PostalAddress"),
        ('ex:a a schema:Organization ; schema:name "A" ; schema:url "www.a.eu"^^xsd:anyURI .', "url-value"),
        ('ex:a a schema:Organization ; schema:name "A" ; schema:memberOf ex:b .', "memberOf-value"),
        ('ex:a a schema:Country ; schema:name "A" ; schema:knowsAbout "B" .', "knowsAbout"),
        ("ex:a a schema:Event .", "Event-name"),
        ('ex:a a schema:Grant ; schema:name "A" .', "Grant-fundedItem"),
    ],
)
def test_the_shapes_find_what_schema_org_does_not_mean(wrong: str, shape: str) -> None:
    found = validate(parse(HEAD + wrong, RdfFormat.TURTLE), read_all([SHAPES]))
    assert f"{PREFIXES['shape']}schema-{shape}" in {name for finding in found for name in broken(finding)}
