"""The view in EURIO 2.4: consistent with the ontology itself, and nothing in it that no source says."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import owlready2
import pytest
from pyoxigraph import Quad, QuerySolutions, RdfFormat, Store, parse, serialize

from clustergraph.rdf.reading import read_all
from clustergraph.shacl.validate import validate
from clustergraph.terms import PREFIXES, SCHEME
from tests.conftest import PUBLISHED, ROOT, broken, offered
from tests.views import STATED, view, written

REFERENCE = PUBLISHED / "eurio" / "EURIO.ttl"
WORDS = {PREFIXES["rdfs"] + name for name in ("label", "comment", "isDefinedBy")}
"""What says nothing to a reasoner, and takes it time."""
SPACES = {**PREFIXES, "ex": "http://e/", "kind": "http://k/", "role": "http://r/", "level": "http://l/", "list": SCHEME}
HEAD = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in SPACES.items())
SMALL = f"""
ex:one a cg:Project ; skos:prefLabel "One"@en ; cg:fullName "The first project" ; cg:reference "680633" ;
  cg:start "2015-09-01"^^xsd:date ; cg:end "2017"^^xsd:gYear .
ex:two a cg:Project ; skos:prefLabel "Two"@en ; cg:reference "CE1452" ;
  cg:start "2015-09-01"^^xsd:date, "2016-09-01"^^xsd:date .
ex:a a cg:Organisation ; skos:prefLabel "A"@en ;
  cg:fullName "A registered", "A of old" ; cg:kind kind:company, kind:research ;
  cg:website "www.a.eu", "www.b.eu" ;
  cg:place ex:here, ex:there ; cg:locatedIn country:FRA .
ex:b a cg:Organisation ; skos:prefLabel "B"@de ; cg:fullName "B registered" ; cg:kind kind:company ;
  cg:locatedIn country:FRA, ex:west, ex:east .
kind:company skos:notation "company" . kind:research skos:notation "research-organisation" .
country:FRA a cg:Country ; skos:prefLabel "France"@en ; cg:isoCode "FR" .
ex:west a cg:Region ; skos:prefLabel "West"@en ; cg:nutsCode "FRX" ; cg:nutsLevel 1 ; cg:within country:FRA .
ex:east a cg:Region ; skos:prefLabel "East"@en ; cg:within country:FRA .
ex:here skos:prefLabel "Here"@en ; cg:within ex:west, country:FRA .
ex:there skos:prefLabel "There"@und ; cg:within ex:east, country:FRA .
ex:p1 cg:activity ex:one ; cg:participant ex:a ; cg:role role:coordinator ; {STATED} .
ex:p2 cg:activity ex:one ; cg:participant ex:a ; cg:role role:partner ; {STATED} .
ex:p3 cg:activity ex:one ; cg:participant ex:b ; cg:role role:partner ; {STATED} .
ex:p4 cg:activity ex:two ; cg:participant ex:b ; cg:role role:associated ; {STATED} .
ex:p5 cg:activity ex:two ; cg:participant ex:a ; cg:role role:abroad ; {STATED} .
role:coordinator skos:notation "coordinator" . role:partner skos:notation "partner" .
role:associated skos:notation "associated-partner" . role:abroad skos:notation "key-international-partner" .
ex:topic a cg:FundingScheme ; skos:prefLabel "T-01"@en ; cg:schemeLevel level:topic ;
  cg:withinScheme ex:call, ex:programme .
ex:call a cg:FundingScheme ; skos:prefLabel "C"@en ; cg:reference "C-2015" ; cg:schemeLevel level:call ;
  cg:withinScheme ex:programme .
ex:programme a cg:FundingScheme ; skos:prefLabel "P"@en ; cg:schemeLevel level:programme .
level:topic skos:notation "topic" ; skos:prefLabel "topic"@en ; skos:inScheme list:funding-level .
level:call skos:notation "call" ; skos:prefLabel "call"@en ; skos:inScheme list:funding-level .
level:programme skos:notation "programme" ; skos:prefLabel "programme"@en ; skos:inScheme list:funding-level .
"""

MONEY = f"""
ex:one a cg:Project ; skos:prefLabel "One"@en . ex:two a cg:Project ; skos:prefLabel "Two"@en .
ex:three a cg:Project ; skos:prefLabel "Three"@en .
ex:call a cg:FundingScheme ; skos:prefLabel "C"@en ; cg:schemeLevel level:call . level:call skos:notation "call" .
ex:f1 a cg:Funding ; cg:activity ex:one ; cg:scheme ex:call ; {STATED} .
ex:f2 a cg:Funding ; cg:activity ex:two ; cg:scheme ex:call ; cg:amount ex:m1 ; {STATED} .
ex:m1 a cg:Figure ; cg:subject ex:two ; cg:measure measure:grant ; cg:value 3000 ; cg:unit unit:ron ; {STATED} .
unit:eur skos:notation "eur" . unit:ron skos:notation "ron" .
"""
COST = "ex:{} a cg:{} ; cg:subject ex:{} ; cg:measure measure:{} ; cg:value {} ; cg:unit unit:eur ; {} ."


@pytest.fixture(scope="module")
def small() -> Store:
    """The view of a few things, as the queries make it."""
    return view("eurio", HEAD + SMALL)


@pytest.fixture(scope="session")
def eurio(exported: Path) -> Store:
    store = Store()
    store.load(offered(exported, "eurio.ttl.gz"), RdfFormat.TURTLE)
    return store


def told(store: Store, pattern: str) -> list[tuple[str | None, ...]]:
    """The rows of a pattern in order: its variables as they come, of an IRI the last part."""
    names = list(dict.fromkeys(re.findall(r"\?(\w+)", pattern)))
    rows = store.query(f"SELECT * {{ {pattern} }}", prefixes=SPACES)
    assert isinstance(rows, QuerySolutions)
    found = [tuple(written(row[name]) for name in names) for row in rows]
    return sorted(found, key=str)


def test_an_identifier_is_one_of_corda_or_none(small: Store, eurio: Store) -> None:
    assert told(small, "?x eurio:identifier ?id") == [("one", "680633")], "a slug and a reference of others are none"
    assert told(eurio, "?x eurio:identifier ?id") == [], "no source gives one"
    assert told(small, "?x eurio:code ?code") == [("call", "C-2015")]


def test_a_label_is_no_legal_name_and_no_title(small: Store, eurio: Store) -> None:
    assert told(small, "?x eurio:legalName ?name") == [("b", "B registered")]
    assert told(small, "?x a eurio:Project ; eurio:title ?name") == [("one", "The first project")]
    assert told(small, "?x a eurio:FundingScheme ; eurio:title ?name") == [("programme", "P")]
    assert told(small, "?x a eurio:Organisation ; rdfs:label ?name") == [("a", "A"), ("b", "B")]
    printed = {
        quad.object.value
        for quad in read_all(sorted((*(ROOT / "data").rglob("*.trig"), *(ROOT / "reference").rglob("*.trig"))))
    }
    for word in ("legalName", "title"):
        for _, name in told(eurio, f"?x eurio:{word} ?name"):
            assert name in printed, name


def test_a_scheme_is_linked_to_the_one_above_it_alone(small: Store, eurio: Store) -> None:
    assert told(small, "?x eurio:isSubSchemeOf ?y") == [("call", "programme"), ("topic", "call")]
    assert told(small, "?y eurio:hasSubScheme ?x") == [("call", "topic"), ("programme", "call")]
    assert told(eurio, "?x eurio:isSubSchemeOf ?y, ?z . ?y eurio:isSubSchemeOf+ ?z") == []
    assert told(eurio, "<https://w3id.org/clustergraph/id/funding/fof-09-2015> eurio:isSubSchemeOf ?y") == [
        ("h2020-fof",)
    ]


def test_who_coordinates_is_no_participant_beside_it(small: Store, eurio: Store) -> None:
    roles = "?role eurio:isRoleOf ?who ; eurio:isInvolvedIn ?what OPTIONAL { ?role eurio:roleLabel ?label }"
    assert [row[1:] for row in told(small, roles)] == [
        ("a", "one", "coordinator"), ("b", "one", "participant"), ("a", "two", "international partner"),
        ("b", "two", None),
    ]  # fmt: skip
    assert told(small, "?role eurio:isRoleOf ex:b ; eurio:isInvolvedIn ex:two ; rdfs:label ?words")[0][1] == (
        "B as associated partner"
    )
    two = "?one eurio:isRoleOf ?who ; eurio:isInvolvedIn ?what . ?other eurio:isRoleOf ?who ; eurio:isInvolvedIn ?what"
    assert told(eurio, two + " FILTER(STR(?one) < STR(?other))") == []


def test_a_site_is_in_one_place(small: Store, eurio: Store) -> None:
    sites = "?site eurio:isSiteOf ?who ; eurio:hasGeographicalLocation ?area"
    assert told(small, sites) == [
        ("a#site-here", "a", "FRA"), ("a#site-here", "a", "west"), ("a#site-there", "a", "FRA"),
        ("a#site-there", "a", "east"), ("b#site", "b", "FRA"),
    ]  # fmt: skip
    assert told(small, "?address eurio:addressLocality ?town ; eurio:addressCountry ?code") == [
        ("a#address-here", "Here", "FR"), ("a#address-there", "There", "FR")
    ]  # fmt: skip
    assert told(eurio, "?address eurio:addressLocality ?one, ?other FILTER(?one < ?other)") == []
    assert ("plastipolis#site-oyonnax", "FRK2") in told(eurio, "?site eurio:hasGeographicalLocation ?area")
    assert "FRC2" not in {row[1] for row in told(eurio, "?site eurio:hasGeographicalLocation ?area")}


def test_of_kinds_that_exclude_each_other_there_is_none(small: Store) -> None:
    assert told(small, "?x a eurio:Organisation, ?kind FILTER(?kind != eurio:Organisation)") == [
        ("b", "s66#ForProfitOrganisation")
    ]


def test_a_date_is_a_day_on_which_all_agree(small: Store) -> None:
    assert told(small, "?x eurio:startDate|eurio:endDate ?day") == [("one", "2015-09-01")]
    assert told(small, "ex:a eurio:url ?url") == [("http://www.a.eu",)]


@pytest.mark.parametrize(
    ("figures", "amounts"),
    [
        ([("total-cost", "9000000.5", "one", "")], [("one#total-cost", "EUR 9000000.5")]),
        ([("eu-contribution", "5000000", "one", "")], [("one#funding-amount", "EUR 5000000")]),
        ([("eu-contribution", "5000000", "three", "")], []),
        ([("total-cost", "9", "one", ""), ("total-cost", "9", "one", "")], [("one#total-cost", "EUR 9")]),
        ([("total-cost", "9", "one", ""), ("total-cost", "8", "one", "")], []),
        ([("total-cost", "9", "one", "cg:bound bound:more-than")], []),
        ([("total-cost", "9", "one", "cg:bound bound:exactly")], [("one#total-cost", "EUR 9")]),
        ([("eu-contribution", "9", "one", "cg:breakdown ex:partner")], []),
        ([("total-cost", "9", "one", "cg:period ex:year")], []),
        ([("eu-contribution", "3000", "two", "")], None),
    ],
)
def test_an_amount_is_one_on_which_all_agree(
    figures: list[tuple[str, str, str, str]], amounts: list[tuple[str, str]] | None
) -> None:
    said = [
        COST.format(f"c{number}", "Figure", of, measure, value, f"{more} ; {STATED}" if more else STATED)
        for number, (measure, value, of, more) in enumerate(figures)
    ]
    made = view("eurio", HEAD + MONEY + "\n".join(said))
    given = [("two#funding-amount", "RON 3000")] if amounts is not None else []
    assert told(made, "?money a eurio:MonetaryAmount ; rdfs:label ?words") == sorted([*(amounts or []), *given])
    assert told(made, "?x eurio:hasTotalCost ?money") == [
        (name.partition("#")[0], name) for name, _ in amounts or [] if name.endswith("cost")
    ]
    assert not told(made, "?money a eurio:MonetaryAmount FILTER NOT EXISTS { ?x ?of ?money }")


@pytest.mark.parametrize("kind", ["Figure", "Target"])
def test_what_is_planned_or_unsure_is_no_amount(kind: str) -> None:
    unsure = STATED.replace(":stated", ":unconfirmed") if kind == "Figure" else STATED.replace(":done", ":planned")
    cost = COST.format("c", kind, "one", "total-cost", "9", unsure)
    assert told(view("eurio", HEAD + MONEY + cost), "?x eurio:hasTotalCost ?money") == []


def test_no_iri_is_made_up_in_the_name_space_of_others(eurio: Store) -> None:
    for quad in eurio:
        made_up = quad.subject.value.startswith("http://") and "#" in quad.subject.value
        assert not made_up, quad


@pytest.mark.parametrize(
    ("wrong", "shape"),
    [
        ('ex:a a eurio:Organisation ; rdfs:label "A" ; eurio:identifier "afil" .', "Organisation-identifier"),
        ('ex:a a eurio:Project ; rdfs:label "A" ; eurio:identifier "beincpps" .', "Project-identifier"),
        ('ex:a a eurio:OrganisationRole ; eurio:roleLabel "internationalPartner" .', "OrganisationRole-roleLabel"),
        ("ex:a a eurio:Organisation, eurio:ResearchOrganisation, eurio:PublicBody .", "Organisation-type"),
        ('ex:a a eurio:Organisation ; eurio:url "http://a", "http://b" .', "Organisation-url"),
        ("ex:a a eurio:Project ; eurio:hasTotalCost ex:b, ex:c .", "Project-hasTotalCost"),
        ("ex:a a eurio:Grant ; eurio:hasFundingAmount ex:b .", "Grant-hasFundingAmount"),
        ('ex:a a eurio:MonetaryAmount ; eurio:value 3 ; eurio:currency "euro" .', "MonetaryAmount-currency"),
        ('ex:a a eurio:PostalAddress ; eurio:addressLocality "A", "B" .', "PostalAddress-addressLocality"),
        (
            "ex:a a eurio:FundingScheme ; eurio:isSubSchemeOf ex:b, ex:c . ex:b eurio:isSubSchemeOf ex:c .",
            "FundingScheme-isSubSchemeOf",
        ),
    ],
)
def test_the_shapes_find_what_eurio_takes_for_a_contradiction(wrong: str, shape: str) -> None:
    head = (
        "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in ("eurio", "rdfs")) + "PREFIX ex: <http://e/>\n"
    )
    quads = list(parse(head + wrong, RdfFormat.TURTLE))
    found = validate(quads, read_all([ROOT / "shapes" / "profiles" / "eurio.ttl"]))
    assert f"{PREFIXES['shape']}eurio-{shape}" in {name for finding in found for name in broken(finding)}


def reasoned(quads: list[Quad], folder: Path) -> owlready2.World:
    """What HermiT makes of EURIO 2.4 and a view; raises if they contradict each other."""
    if not REFERENCE.exists():
        pytest.skip("EURIO 2.4 is not beside the project (CLUSTERGRAPH_TEST_DATA)")
    if shutil.which("java") is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Java, for HermiT")
        pytest.skip("HermiT needs Java, which is not on this machine")
    ontology = parse(REFERENCE.read_bytes(), RdfFormat.TURTLE)
    lines = [quad.triple for quad in (*ontology, *quads) if quad.predicate.value not in WORDS]
    path = folder / "eurio.nt"
    path.write_bytes(serialize(lines, format=RdfFormat.N_TRIPLES) or b"")
    world = owlready2.World()
    world.get_ontology(path.as_uri()).load()
    # Days (xsd:date) are not in the OWL 2 datatype map; EURIO has them as ranges.
    owlready2.sync_reasoner_hermit(world, debug=0, ignore_unsupported_datatypes=True)
    return world


@pytest.mark.slow
def test_hermit_finds_the_view_consistent_with_eurio(eurio: Store, tmp_path: Path) -> None:
    cost = COST.format("c", "Figure", "one", "total-cost", "9000000.5", STATED)
    world = reasoned([*eurio, *view("eurio", HEAD + MONEY + cost)], tmp_path)
    # A role of a person cannot be in EURIO 2.4 itself: the label of a role makes it a role of an organisation.
    assert [name for each in world.inconsistent_classes() if (name := each.name) not in ("Nothing", "PersonRole")] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [
        'ex:a eurio:roleLabel "internationalPartner" .',
        "ex:a a eurio:ResearchOrganisation, eurio:HigherOrSecondaryEducation .",
        'ex:a a eurio:PostalAddress ; eurio:addressLocality "A", "B" .',
    ],
    ids=["role", "kinds", "towns"],
)
def test_hermit_would_find_each_contradiction(wrong: str, tmp_path: Path) -> None:
    head = f"PREFIX eurio: <{PREFIXES['eurio']}>\nPREFIX ex: <http://e/>\n"
    with pytest.raises(owlready2.OwlReadyInconsistentOntologyError):
        reasoned(list(parse(head + wrong, RdfFormat.TURTLE)), tmp_path)
