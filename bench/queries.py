"""What an analyst asks, as templates: each asks of another organisation, region or theme every time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from bench.graphs import SCHEMES, Size, activity, code, country, organisation, region
from clustergraph.terms import ONTOLOGY, SCHEME, VOCABULARIES

PROLOGUE: Final = f"""PREFIX cg: <{ONTOLOGY}>
PREFIX skos: <{VOCABULARIES["skos"]}>
PREFIX measure: <{SCHEME}measure/>
PREFIX status: <{SCHEME}status/>
PREFIX role: <{SCHEME}participation-role/>
PREFIX theme: <{SCHEME}theme/>
"""


@dataclass(frozen=True)
class Query:
    """A query with places for things to ask about."""

    name: str
    kind: str
    """``small``, ``sum`` (over the whole graph), ``large``; for NOT EXISTS ``two`` or ``three``, by its patterns."""
    text: str
    light: bool = True
    """Whether an engine in Python answers it in seconds."""

    def of(self, size: Size, number: int) -> str:
        """Return the query about other things for each number, which also makes its text a new one."""
        chance = random.Random(number)
        filled = self.text
        for place, thing in {
            "ORGANISATION": organisation(chance.randrange(size.organisations)),
            "ACTIVITY": activity(chance.randrange(size.activities // 2, size.activities)),
            "REGION": region(chance.randrange(size.regions)),
            "COUNTRY": country(chance.randrange(24)),
            "THEME": code("theme", chance.choice(SCHEMES["theme"])),
            "FIELD": code("field", chance.choice(SCHEMES["field"])),
        }.items():
            filled = filled.replace(place, thing)
        return f"{PROLOGUE}{filled} # {number}"


QUERIES: Final = (
    Query("facts of an organisation", "small", "SELECT ?p ?o { ORGANISATION ?p ?o }"),
    Query(
        "what it takes part in",
        "small",
        """SELECT ?activity ?name ?role ?status {
  ?x cg:participant ORGANISATION ; cg:activity ?activity ; cg:role ?role ; cg:status ?status .
  ?activity skos:prefLabel ?name }""",
    ),
    Query(
        "its figures",
        "small",
        """SELECT ?measure ?value ?unit ?date {
  ?f cg:subject ORGANISATION ; cg:measure ?measure ; cg:value ?value ; cg:unit ?unit ; cg:asOf ?date }
ORDER BY ?measure ?date ?value ?unit""",
    ),
    Query(
        "rival figures, and where they stand",
        "small",
        """SELECT ?measure ?one ?other ?here ?there {
  GRAPH ?here { ?f cg:subject ORGANISATION ; cg:measure ?measure ; cg:value ?one }
  GRAPH ?there { ?g cg:subject ORGANISATION ; cg:measure ?measure ; cg:value ?other }
  FILTER(?one < ?other) }""",
    ),
    Query(
        "newest figures",
        "small",
        """SELECT ?measure ?value ?date {
  ?f cg:subject ORGANISATION ; cg:measure ?measure ; cg:value ?value ; cg:asOf ?date
  FILTER NOT EXISTS { ?g cg:subject ORGANISATION ; cg:measure ?measure ; cg:asOf ?later FILTER(?later > ?date) } }""",
    ),
    Query(
        "evidence for an organisation",
        "small",
        """SELECT ?section ?number ?heading ?title ?p ?o {
  GRAPH ?section { ORGANISATION ?p ?o }
  ?section cg:sectionNumber ?number ; cg:heading ?heading ; cg:inDocument ?document .
  ?document skos:prefLabel ?title }""",
    ),
    Query(
        "participants of an activity",
        "small",
        """SELECT ?organisation ?name ?role ?country {
  ?x cg:activity ACTIVITY ; cg:participant ?organisation ; cg:role ?role .
  ?organisation skos:prefLabel ?name ; cg:country ?country } ORDER BY ?name ?role""",
    ),
    Query(
        "organisations of a region",
        "small",
        """SELECT ?organisation ?name ?kind {
  ?organisation cg:region REGION ; a ?kind ; skos:prefLabel ?name FILTER(?kind != cg:Organisation) } ORDER BY ?name""",
    ),
    Query(
        "neighbours in a field",
        "small",
        """SELECT DISTINCT ?organisation ?name {
  ?organisation cg:country COUNTRY ; cg:technologyField FIELD ; skos:prefLabel ?name } ORDER BY ?name""",
    ),
    Query(
        "partners that share an activity",
        "small",
        """SELECT DISTINCT ?partner ?activity {
  ACTIVITY cg:hasParticipant ?one . ?one cg:participatesIn ?activity . ?activity cg:hasParticipant ?partner
  FILTER(?partner != ?one) }""",
    ),
    Query(
        "priorities that a region shares",
        "small",
        """SELECT DISTINCT ?theme ?other {
  ?p cg:setBy REGION ; cg:theme ?theme . ?q cg:theme ?theme ; cg:setBy ?other FILTER(?other != REGION) }
ORDER BY ?theme ?other""",
    ),
    Query(
        "regions in regions",
        "small",
        "SELECT ?region ?name { ?region cg:within+ COUNTRY ; skos:prefLabel ?name } ORDER BY ?region",
    ),
    Query("a pilot in a theme", "small", "ASK { ?a a cg:Pilot ; cg:theme THEME . ORGANISATION cg:participatesIn ?a }"),
    Query(
        "participants by country",
        "sum",
        """SELECT ?country (COUNT(DISTINCT ?o) AS ?n) {
  ?x cg:participant ?o ; cg:status status:stated . ?o cg:country ?country } GROUP BY ?country ORDER BY ?country""",
        light=False,
    ),
    Query(
        "activities with most participants",
        "sum",
        """SELECT ?activity (COUNT(?o) AS ?n) { ?activity cg:hasParticipant ?o }
GROUP BY ?activity ORDER BY DESC(?n) ?activity LIMIT 20""",
        light=False,
    ),
    Query(
        "mean of each measure",
        "sum",
        """SELECT ?measure (SUM(?v) AS ?sum) (COUNT(?v) AS ?n) { ?f cg:measure ?measure ; cg:value ?v }
GROUP BY ?measure ORDER BY ?measure""",
        light=False,
    ),
    Query(
        "clusters without a turnover",
        "two",
        """SELECT (COUNT(?o) AS ?n) { ?o a cg:Cluster
  FILTER NOT EXISTS { ?f cg:subject ?o ; cg:measure measure:turnover } }""",
        light=False,
    ),
    Query(
        "regions without a priority in a theme",
        "two",
        """SELECT ?region ?o { ?o cg:region ?region
  FILTER NOT EXISTS { ?p cg:setBy ?region . ?p cg:theme theme:theme-1 } } ORDER BY ?region ?o""",
        light=False,
    ),
    Query(
        "organisations that coordinate nothing",
        "two",
        """SELECT (COUNT(?o) AS ?n) { ?o a cg:Organisation
  FILTER NOT EXISTS { ?x cg:participant ?o ; cg:role role:coordinator } }""",
        light=False,
    ),
    Query(
        "organisations with no stated participation",
        "two",
        """SELECT ?o { ?o a cg:Organisation
  FILTER NOT EXISTS { ?x cg:participant ?o ; cg:status status:stated } } ORDER BY ?o""",
        light=False,
    ),
    Query(
        "clusters without a role in anything",
        "two",
        """SELECT (COUNT(?o) AS ?n) { ?o a cg:Cluster FILTER NOT EXISTS { ?x cg:participant ?o ; cg:role ?role } }""",
        light=False,
    ),
    Query(
        "regions without figures",
        "two",
        """SELECT ?region { ?region a cg:Region
  FILTER NOT EXISTS { ?o cg:region ?region . ?f cg:subject ?o } } ORDER BY ?region""",
        light=False,
    ),
    Query(
        "regions whose organisations take part in nothing",
        "two",
        """SELECT ?region { ?region a cg:Region
  FILTER NOT EXISTS { ?o cg:region ?region . ?x cg:participant ?o } } ORDER BY ?region""",
        light=False,
    ),
    Query(
        "pilots whose participants have no site",
        "two",
        """SELECT ?a { ?a a cg:Pilot
  FILTER NOT EXISTS { ?a cg:hasParticipant ?o . ?o cg:website ?site } } ORDER BY ?a""",
        light=False,
    ),
    Query(
        "regions whose organisations lead nothing",
        "three",
        """SELECT ?region { ?region a cg:Region
  FILTER NOT EXISTS { ?o cg:region ?region . ?x cg:participant ?o . ?x cg:role role:coordinator } } ORDER BY ?region""",
        light=False,
    ),
    Query(
        "clusters that take part in no pilot",
        "three",
        """SELECT ?o { ?o a cg:Cluster FILTER NOT EXISTS { ?x cg:participant ?o . ?x cg:activity ?a . ?a a cg:Pilot } }
ORDER BY ?o""",
        light=False,
    ),
    Query(
        "all participations",
        "large",
        """SELECT ?x ?organisation ?activity ?role ?status {
  ?x cg:participant ?organisation ; cg:activity ?activity ; cg:role ?role ; cg:status ?status }""",
        light=False,
    ),
    Query(
        "all figures with their section",
        "large",
        """SELECT ?section ?subject ?measure ?value ?date { GRAPH ?section {
  ?f cg:subject ?subject ; cg:measure ?measure ; cg:value ?value ; cg:asOf ?date } }""",
        light=False,
    ),
    Query(
        "all organisations by name",
        "large",
        """SELECT ?organisation ?name ?region ?country ?site { ?organisation skos:prefLabel ?name ;
  cg:region ?region ; cg:country ?country ; cg:website ?site } ORDER BY ?name""",
        light=False,
    ),
)

LOOK_UPS: Final = frozenset(
    {
        "facts of an organisation",
        "what it takes part in",
        "its figures",
        "evidence for an organisation",
        "participants of an activity",
        "organisations of a region",
    }
)
"""Small queries that the engine answers in a fraction of a millisecond."""
