"""The view in W3C ORG: consistent with the ontology, and nothing in it that no source says."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store, parse

from clustergraph.graph import Graph
from clustergraph.rdf.reading import read_all
from clustergraph.shacl.validate import validate
from clustergraph.terms import PREFIXES
from tests import views
from tests.conftest import ROOT, broken, offered
from tests.views import STATED

SPACES = {**PREFIXES, "ex": "http://e/", "role": "http://r/", "vcard": "http://www.w3.org/2006/vcard/ns#"}
HEAD = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in SPACES.items())
UNSURE = STATED.replace(":stated", ":unconfirmed")
SMALL = f"""
ex:a a cg:Organisation ; skos:prefLabel "A"@en ; skos:altLabel "Old A", "A", "Alpha" ; cg:formerName "Old A" ;
  cg:place ex:here, ex:there ; cg:region ex:west ; cg:subOrganisationOf ex:b ; cg:founded "1990"^^xsd:gYear .
ex:b a cg:Organisation ; skos:prefLabel "B"@de ; cg:country country:FRA ;
  cg:founded "1990"^^xsd:gYear, "1991"^^xsd:gYear .
ex:here skos:prefLabel "Here"@en, "Ici"@fr . ex:there skos:prefLabel "There"@und .
ex:west skos:prefLabel "West"@en . country:FRA skos:prefLabel "France"@en .
ex:project a cg:Activity, cg:Project ; skos:prefLabel "P"@en ; cg:end "2017"^^xsd:gYear ;
  cg:start "2015"^^xsd:gYear, "2016-01-01"^^xsd:date .
ex:part a cg:Activity, cg:Network ; skos:prefLabel "N"@en ; cg:partOf ex:middle, ex:whole .
ex:middle a cg:Activity, cg:Platform ; skos:prefLabel "M"@en ; cg:partOf ex:whole .
ex:whole a cg:Activity, cg:Platform ; skos:prefLabel "W"@en .
ex:p1 cg:activity ex:project ; cg:participant ex:a ; cg:role role:partner ; {STATED} .
ex:p2 cg:activity ex:project ; cg:participant ex:b ; cg:role role:partner ; {UNSURE} .
ex:p3 cg:activity ex:part ; cg:participant ex:a ; cg:role role:supporter ; {STATED} .
role:partner skos:notation "partner" ; skos:prefLabel "partner"@en .
role:supporter skos:notation "supporter" ; skos:prefLabel "supporter"@en .
"""
DOMAINS_AND_RANGES = {
    "classification": ("Organization", "skos:Concept"), "hasMembership": ("Organization", "Membership"),
    "hasSite": ("Organization", "Site"), "hasRegisteredSite": ("Organization", "Site"),
    "identifier": ("Organization", None), "linkedTo": ("Organization", "Organization"),
    "member": ("Membership", "Organization"), "memberOf": ("Organization", "Organization"),
    "organization": ("Membership", "Organization"), "purpose": ("Organization", None), "role": ("Membership", "Role"),
    "siteAddress": ("Site", None), "siteOf": ("Site", "Organization"),
    "subOrganizationOf": ("Organization", "Organization"),
}  # fmt: skip
"""Of the properties of ORG that are used, by the Recommendation; an agent is always an organisation here."""
FUNCTIONAL = ("member", "organization")
DISJOINT = {"Organization": {"Membership", "Role", "Site"}, "Role": {"Membership", "Site"}, "Membership": {"Site"}}


@pytest.fixture(scope="module")
def small() -> Store:
    """The view of a few things, as the queries make it."""
    return views.view("org", HEAD + SMALL)


@pytest.fixture(scope="session")
def org(exported: Path) -> Store:
    store = Store()
    store.load(offered(exported, "org.ttl.gz"), RdfFormat.TURTLE)
    return store


told = partial(views.told, spaces=SPACES)


def test_a_site_is_where_a_source_names_a_town_and_registered_where_a_source_says_so(
    small: Store, org: Store, graph: Graph
) -> None:
    assert told(small, "?x ?town { ?site org:siteOf ?x ; org:siteAddress/vcard:locality ?town }") == [
        ("a", "Here"), ("a", "There")
    ]  # fmt: skip
    stated = "SELECT ?x ?town { ?x a cg:Organisation ; cg:place ?town }"
    towns = {(row["x"].value.rpartition("/")[2], row["town"].value.rpartition("/")[2]) for row in graph.select(stated)}
    assert set(told(org, "?x ?town { ?x org:hasSite/dcterms:spatial ?town }")) == towns != set()
    assert told(org, "?x { ?x org:hasPrimarySite ?site }") == []
    registered = "?x ?town ?code { ?x org:hasRegisteredSite ?site . ?site org:siteOf ?x ; dcterms:spatial ?town ; "
    registered += "org:siteAddress/vcard:postal-code ?code }"
    assert told(org, registered) == [("adr-nord-vest", "radaia", "407059")]
    assert ("Calea Dorobanților nr. 3",) in told(org, "?street { ?x vcard:street-address ?street }")
    assert told(org, "?x { ?x a org:Site ; dcterms:spatial ?one, ?other FILTER(?one != ?other) }") == []
    assert told(small, "?x ?place { ?x a org:Organization ; dcterms:spatial ?place }") == [("a", "west"), ("b", "FRA")]


def test_a_part_is_a_part_of_what_is_directly_above(small: Store, org: Store) -> None:
    parts = "?x ?whole { ?x org:subOrganizationOf ?whole }"
    assert told(small, parts) == [("a", "b"), ("middle", "whole"), ("part", "middle")]
    assert ("plastics-cluster", "business-upper-austria") in told(org, parts)


def test_projects_are_collaborations_with_their_participants(small: Store, org: Store, graph: Graph) -> None:
    members = (
        "?x ?y ?role { ?m org:member ?x ; org:organization ?y ; org:role/skos:notation ?role . ?y a foaf:Project }"
    )
    assert told(small, members) == [("a", "project", "partner")], "what is unconfirmed is not in it"
    stated = f"""SELECT DISTINCT ?x ?y ?role {{ ?p cg:participant ?x ; cg:activity ?y ; cg:role/skos:notation ?role ;
      {STATED} . ?x a cg:Organisation . ?y a cg:Project
      FILTER (?role != "beneficiary") }}"""
    rows = [tuple(row[name].value.rpartition("/")[2] for name in ("x", "y", "role")) for row in graph.select(stated)]
    assert told(org, members) == sorted(rows, key=str) != []
    for kind in ("foaf:Project", "org:OrganizationalCollaboration", "org:Organization", "dcterms:Location"):
        assert told(org, f"?x {{ ?x a {kind} FILTER NOT EXISTS {{ ?x skos:prefLabel ?name }} }}") == [], kind


def test_who_only_supports_is_no_member(small: Store) -> None:
    assert told(small, "?x ?y { ?x org:linkedTo ?y }") == [("a", "part")]
    assert told(small, "?x ?y { ?x org:memberOf ?y }") == [("a", "project")]
    assert told(small, "?role { ?role a org:Role }") == [("partner",)]


def test_where_sources_differ_there_is_no_date(small: Store) -> None:
    assert told(small, "?x ?day { ?x dcterms:created ?day }") == [("a", "1990")]
    assert told(small, "?start { ?x dcat:startDate ?start }") == []
    assert told(small, "?end { ?x dcat:endDate ?end }") == [("2017",)]


def test_a_name_that_is_borne_no_longer_is_no_other_name(small: Store) -> None:
    assert told(small, "?x ?name { ?x skos:altLabel ?name }") == [("a", "Alpha")]


def test_the_view_keeps_to_domains_ranges_and_disjointness(org: Store) -> None:
    space = PREFIXES["org"]
    used = {quad.predicate.value.removeprefix(space) for quad in org if quad.predicate.value.startswith(space)}
    assert used <= DOMAINS_AND_RANGES.keys()
    inside = "{ ?x a org:%s } UNION { ?x a org:OrganizationalCollaboration FILTER('%s' = 'Organization') }"
    for name, (domain, range_) in DOMAINS_AND_RANGES.items():
        found = told(org, f"?x {{ ?x org:{name} ?y FILTER NOT EXISTS {{ {inside % (domain, domain)} }} }}")
        assert found == [], f"{name} has another subject"
        if range_:
            value = inside.replace("?x", "?y") % (range_, range_) if ":" not in range_ else f"?y a {range_}"
            assert told(org, f"?y {{ ?x org:{name} ?y FILTER NOT EXISTS {{ {value} }} }}") == [], f"{name}: value"
    for name in FUNCTIONAL:
        assert told(org, f"?x {{ ?x org:{name} ?one, ?other FILTER(?one != ?other) }}") == []
    for one, others in DISJOINT.items():
        for other in others:
            assert told(org, f"?x {{ ?x a org:{one}, org:{other} }}") == []


@pytest.mark.parametrize(
    ("wrong", "shape"),
    [
        ('ex:a a org:Organization, org:Site ; skos:prefLabel "A" .', "Organization-type"),
        ('ex:a a foaf:Project ; skos:prefLabel "A" .', "Project-type"),
        ("ex:a a org:OrganizationalCollaboration .", "OrganizationalCollaboration-prefLabel"),
        ("ex:a a org:Site ; dcterms:spatial ex:b, ex:c . ex:b a dcterms:Location .", "Site-spatial"),
        ('ex:a a org:Organization ; org:subOrganizationOf ex:b .', "Organization-subOrganizationOf"),
        ('ex:a a dcterms:PeriodOfTime ; dcat:startDate "2015", "2016" .', "PeriodOfTime-startDate"),
    ],
)  # fmt: skip
def test_the_shapes_find_what_org_does_not_mean(wrong: str, shape: str) -> None:
    found = validate(parse(HEAD + wrong, RdfFormat.TURTLE), read_all([ROOT / "shapes" / "profiles" / "org.ttl"]))
    assert f"{PREFIXES['shape']}org-{shape}" in {name for finding in found for name in broken(finding)}
