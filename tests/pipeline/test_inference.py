"""Inference: equal to owlrl on the axioms that both cover, and each rule does what its summary says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import owlrl
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse, serialize

from clustergraph.columns.evaluate import Evaluator
from clustergraph.errors import SourceError
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.stated import stated
from clustergraph.questions.rules import axioms, load
from clustergraph.rdf.reading import read_all, solutions
from clustergraph.release.write import merge
from clustergraph.terms import INFERRED, ONTOLOGY, PREFIXES
from tests.conftest import ROOT, examples

RDFS = PREFIXES["rdfs"]
OWL = PREFIXES["owl"]
RDF = PREFIXES["rdf"]
AXIOMS = {RDFS + "subClassOf", RDFS + "subPropertyOf", RDF + "first", RDF + "rest"} | {
    OWL + name
    for name in ("inverseOf", "propertyChainAxiom", "equivalentClass", "intersectionOf", "onProperty", "hasValue")
}
"""What both engines are given; the build leaves domains and ranges to the shapes."""
TYPES = {OWL + name for name in ("SymmetricProperty", "TransitiveProperty", "Restriction")}
HEADER = "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in PREFIXES.items())


def ontology() -> list[Quad]:
    return [quad for quad in read_all(Project(ROOT).graph_files()) if _is_axiom(quad)]


def _is_axiom(quad: Quad) -> bool:
    if not quad.graph_name.value.startswith("https://w3id.org/clustergraph/graph/ontology/"):
        return False
    return quad.predicate.value in AXIOMS or quad.object.value in TYPES


def inferred(quads: list[Quad], rules: Path) -> set[tuple[str, str, str]]:
    store = Store()
    store.extend(quads)
    merge(store)
    infer(store, rules)
    return {
        (str(q.subject), str(q.predicate), str(q.object)) for q in store.quads_for_pattern(None, None, None, INFERRED)
    }


def by_owlrl(quads: list[Quad]) -> set[tuple[str, str, str]]:
    """Return what owlrl adds about the things of the data, in terms of the ontology."""
    triples = {q.triple for q in quads}
    graph = rdflib.Graph().parse(data=serialize(triples, format=RdfFormat.N_TRIPLES), format="nt")
    before = set(graph)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    things = {node.value for q in quads if q.graph_name == DATA for node in (q.subject, q.object)}
    return {
        (s.n3(), p.n3(), o.n3())
        for s, p, o in set(graph) - before
        if str(s) in things and (str(p).startswith(ONTOLOGY) or (str(p) == PREFIXES["rdf"] + "type" and not blank(o)))
        and str(o) != PREFIXES["owl"] + "Thing"
    }  # fmt: skip


def blank(node: object) -> bool:
    return isinstance(node, rdflib.BNode)


DATA = NamedNode("https://example.org/data")
THINGS = ["organisation:a", "organisation:b", "region:c", "place:d", "project:e", "funding:f", "funding:g", "place:h"]
FACTS = st.sampled_from(
    [
        f"{s} {p} {o} ."
        for p in ("cg:within", "cg:region", "cg:place", "cg:withinScheme", "cg:fundedUnder", "cg:participatesIn",
                  "cg:sharesPilotWith", "cg:coordinates", "cg:partOf", "cg:contains")
        for s in THINGS for o in THINGS if s != o
    ]
    + [f"{s} a {c} ." for s in THINGS for c in ("cg:Cluster", "cg:Letter", "cg:Target", "cg:Organisation")]
    + [f"{s} cg:kind <https://w3id.org/clustergraph/scheme/organisation-kind/{k}> ." for s in THINGS
       for k in ("cluster", "company")]
)  # fmt: skip


def data(*facts: str) -> list[Quad]:
    text = HEADER + "\n".join(facts)
    return [Quad(q.subject, q.predicate, q.object, DATA) for q in parse(text.encode(), format=RdfFormat.TURTLE)]


@pytest.mark.slow
@settings(max_examples=examples(12), deadline=None)
@given(st.lists(FACTS, min_size=3, max_size=8))
def test_axioms_give_what_owlrl_gives(tmp_path_factory: pytest.TempPathFactory, facts: list[str]) -> None:
    quads = ontology() + data(*facts)
    ours = {t for t in inferred(quads, tmp_path_factory.getbasetemp() / "none") if t[0] not in _schema()}
    ours = {t for t in ours if t[1].startswith(f"<{ONTOLOGY}") or t[1].endswith("#type>")}
    assert ours == by_owlrl(quads)


def _schema() -> set[str]:
    return {str(quad.subject) for quad in ontology()}


def test_every_kind_of_axiom_is_compiled() -> None:
    store = Store()
    store.extend(Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in ontology())
    assert {axiom.name for axiom in axioms(store)} == {
        "cax-sco", "prp-spo1", "prp-inv", "prp-symp", "prp-trp", "prp-spo2", "cls-hv1", "cls-hv2", "cls-int",
    }  # fmt: skip


@cache
def said_of_links() -> list[Quad]:
    """The axioms, and the annotations of links and roles that rules read."""
    names = {"shortcutOf", "shortcutFrom", "shortcutTo", "shortcutRole", "mayTwin", "takesPart"}
    wanted = {ONTOLOGY + name for name in names}
    return ontology() + [quad for quad in read_all(Project(ROOT).graph_files()) if quad.predicate.value in wanted]


def graph_of(*facts: str, **sections: str) -> Store:
    store = Store()
    store.extend(said_of_links() + data(*facts))
    for name, said in sections.items():
        store.extend(Quad(q.subject, q.predicate, q.object, NamedNode(f"s:{name}")) for q in data(said))
    merge(store)
    infer(store, ROOT / "queries" / "rules")
    return store


def holds(store: Store, pattern: str) -> bool:
    return bool(store.query(f"ASK {{ {pattern} }}", prefixes=PREFIXES))


STATED = "cg:certainty certainty:stated"
COLLECTIVE = f"{STATED} ; cg:scope scope:collective"
MEMBERSHIP = """
participation:p{n} a cg:Participation ; cg:participant {who} ; cg:activity {what} ; {how} ;
  cg:role <https://w3id.org/clustergraph/scheme/participation-role/{role}> .
"""


def takes_part(n: int, who: str, what: str, how: str = STATED, role: str = "partner") -> str:
    return MEMBERSHIP.format(n=n, who=who, what=what, how=how, role=role)


PARTNERS = [
    "pilot:x a cg:Pilot ; cg:partOf initiative:v . partnership:y a cg:Partnership .",
    "organisation:a a cg:Organisation ; cg:region region:c . organisation:b a cg:Organisation ; cg:region region:d .",
    "region:c a cg:Region . region:d a cg:Region .",
    takes_part(1, "organisation:a", "partnership:y"),
    takes_part(2, "organisation:b", "partnership:y"),
    takes_part(3, "region:c", "pilot:x", COLLECTIVE),
    takes_part(4, "region:d", "pilot:x", COLLECTIVE),
    takes_part(5, "region:c", "initiative:v"),
]


@pytest.mark.parametrize(
    ("evidence", "certainty", "shared"),
    [
        (takes_part(6, "region:d", "initiative:v"), "stated", "sharesPilotWith"),
        (
            takes_part(6, "region:d", "initiative:v", "cg:certainty certainty:unconfirmed"),
            "unconfirmed",
            "maySharePilotWith",
        ),
        ("", "ambiguous", "maySharePilotWith"),
    ],
)
def test_a_pilot_through_the_region_is_as_firm_as_the_region(evidence: str, certainty: str, shared: str) -> None:
    store = graph_of(*PARTNERS, evidence)
    said = f"cg:certainty certainty:{certainty} ; cg:origin origin:computed"
    assert holds(store, f"?p cg:participant organisation:b ; cg:activity pilot:x ; {said}")
    assert holds(store, f"organisation:a cg:{shared} organisation:b")
    assert holds(store, "organisation:a cg:sharesPilotWith organisation:b") is (certainty == "stated")
    for party in ("organisation:b", "region:d"):
        link = f"?p cg:participant {party} ; cg:activity pilot:x ; cg:linkCertainty"
        assert holds(store, f"{link} certainty:{certainty}")
        assert not holds(store, f"{link} ?other FILTER (?other != certainty:{certainty})")


@pytest.mark.parametrize(
    ("how", "role", "certainty"),
    [
        (STATED, "member", "stated"),
        (COLLECTIVE, "member", "ambiguous"),
        ("cg:certainty certainty:unconfirmed", "member", "unconfirmed"),
        (STATED, "associated-region", ""),
        (f"{STATED} ; cg:phase phase:planned", "member", ""),
    ],
)
def test_a_link_to_an_initiative_has_one_certainty(how: str, role: str, certainty: str) -> None:
    store = graph_of(
        "initiative:v a cg:Initiative . region:d a cg:Region .", takes_part(1, "region:d", "initiative:v", how, role)
    )
    assert holds(store, "participation:p1 cg:linkCertainty ?any") is bool(certainty)
    assert not certainty or holds(store, f"participation:p1 cg:linkCertainty certainty:{certainty}")


def test_a_region_takes_part_where_a_party_acts_on_its_behalf() -> None:
    acting = takes_part(6, "organisation:a", "pilot:x") + "participation:p6 cg:onBehalfOf region:d ."
    store = graph_of(*PARTNERS, acting)
    assert holds(store, "participation:p4 cg:linkCertainty certainty:stated")


def test_a_statement_about_the_partner_itself_needs_no_region() -> None:
    store = graph_of(*PARTNERS, takes_part(7, "organisation:b", "pilot:x"))
    assert not holds(store, "?p cg:participant organisation:b ; cg:activity pilot:x ; cg:derivedFrom ?source")
    assert holds(store, "organisation:a cg:sharesPilotWith organisation:b")


def test_unconfirmed_participation_gives_no_shortcut() -> None:
    store = graph_of(
        "project:e a cg:Project .", takes_part(1, "organisation:a", "project:e", "cg:certainty certainty:unconfirmed")
    )
    assert not holds(store, "organisation:a cg:participatesIn project:e")


def members(n: int, value: int, known: str = "2017-03-01", bound: str = "exactly", more: str = "") -> str:
    return f"""figure:f{n} a cg:Figure ; cg:certainty certainty:stated ; cg:subject organisation:a ; cg:value {value} ;
        cg:measure measure:members ; cg:unit unit:count ; cg:bound bound:{bound} {more} ;
        cg:validFrom "{known}"^^xsd:date ."""


@pytest.mark.parametrize(
    "facts",
    [
        (members(1, 73, "2015-01-01"), members(2, 91)),
        (members(1, 73, more='; cg:asOf "2016"^^xsd:gYear'), members(2, 91)),
        (members(1, 90, bound="more-than"), members(2, 91)),
        (members(1, 90, more="; cg:breakdown member-kind:smes"), members(2, 91)),
        (members(1, 90, more="; cg:period period:since-2005"), members(2, 91)),
        (members(1, 90, more="; cg:scope scope:collective"), members(2, 91)),
        (members(1, 90).replace("certainty:stated", "certainty:ambiguous"), members(2, 91)),
        (members(1, 90).replace("cg:Figure", "cg:Target"), members(2, 91)),
    ],
)
def test_the_newest_certain_figure_of_the_whole_is_the_plain_number(facts: tuple[str, ...]) -> None:
    store = graph_of(*facts)
    assert holds(store, "organisation:a cg:members 91 ; cg:newestFigure figure:f2")
    assert not holds(store, "organisation:a cg:members ?n FILTER (?n != 91)")


def test_newest_figures_that_differ_stand_side_by_side_and_others_are_rivals() -> None:
    store = graph_of(members(1, 91), members(2, 92), members(3, 73, "2015-01-01"))
    assert holds(store, "organisation:a cg:members 91, 92 . figure:f1 cg:rival figure:f2, figure:f3")
    assert not holds(store, "organisation:a cg:members 73")
    assert not holds(store, "figure:f3 cg:rival ?other")


def test_coordinators_coordinate_and_participate() -> None:
    store = graph_of(takes_part(1, "organisation:a", "project:e", role="coordinator"))
    assert holds(store, "organisation:a cg:coordinates project:e ; cg:participatesIn project:e")


def test_a_narrower_role_does_what_the_broader_one_does() -> None:
    lead = "participation-role:deputy skos:broader participation-role:coordinator ."
    store = graph_of(takes_part(1, "organisation:a", "project:e", role="deputy"), lead)
    assert holds(store, "organisation:a cg:coordinates project:e ; cg:participatesIn project:e")
    passive = "participation-role:patron skos:broader participation-role:supporter ."
    store = graph_of(takes_part(1, "organisation:a", "project:e", role="patron"), passive)
    assert not holds(store, "organisation:a cg:mayParticipateIn project:e")


def test_schemes_roll_up_and_are_shared() -> None:
    level = "<https://w3id.org/clustergraph/scheme/funding-level/programme>"
    store = graph_of(
        "funding:t cg:withinScheme funding:s . funding:s cg:withinScheme funding:p .",
        f"funding:p cg:schemeLevel {level} .",
        f"grant:one a cg:Funding ; {STATED} ; cg:activity project:e ; cg:scheme funding:t .",
        f"grant:two a cg:Funding ; {STATED} ; cg:activity project:f ; cg:scheme funding:s .",
        "project:e a cg:Project . project:f a cg:Project .",
        "organisation:a a cg:Organisation . organisation:b a cg:Organisation .",
        takes_part(1, "organisation:a", "project:e"),
        takes_part(2, "organisation:b", "project:f"),
    )
    assert holds(store, "project:e cg:fundedUnder funding:t, funding:s, funding:p")
    assert holds(store, "organisation:a cg:sharesProgrammeWith organisation:b")


def test_what_an_organisation_is_given_for_itself_is_no_programme_of_its_members() -> None:
    level = "<https://w3id.org/clustergraph/scheme/funding-level/programme>"
    store = graph_of(
        f"funding:t cg:withinScheme funding:p . funding:p cg:schemeLevel {level} .",
        f"grant:one a cg:Funding ; {STATED} ; cg:recipient organisation:c ; cg:scheme funding:t .",
        "organisation:a a cg:Organisation . organisation:b a cg:Organisation . organisation:c a cg:Organisation .",
        takes_part(1, "organisation:a", "organisation:c"),
        takes_part(2, "organisation:b", "organisation:c"),
    )
    assert holds(store, "organisation:c cg:fundedUnder funding:t, funding:p")
    assert not holds(store, "organisation:a cg:mayShareProgrammeWith organisation:b")


def test_spellings_become_alternative_labels_unless_preferred() -> None:
    store = graph_of('organisation:a skos:prefLabel "ViaMéca"@en ; cg:spelling "Viameca", "ViaMéca" .')
    assert holds(store, 'organisation:a skos:altLabel "Viameca"')
    assert not holds(store, 'organisation:a skos:altLabel "ViaMéca"')


def priorities(how: str) -> list[str]:
    theme = "<https://w3id.org/clustergraph/scheme/theme/ict>"
    return [
        f"priority:x a cg:Priority ; cg:setBy region:c ; cg:theme {theme} ; {STATED} .",
        f"priority:y a cg:Priority ; cg:setBy region:d ; cg:theme {theme} ; {how} .",
    ]


def test_regions_with_the_same_theme_share_a_priority() -> None:
    store = graph_of(*priorities(STATED), *PARTNERS)
    assert holds(store, "region:c cg:sharesPriorityWith region:d")
    assert holds(store, "organisation:a cg:sharesPriorityWith organisation:b")


LESS = [
    "cg:certainty certainty:unconfirmed",
    "cg:certainty certainty:ambiguous",
    COLLECTIVE,
    "cg:certainty certainty:ambiguous ; cg:scope scope:list",
    f"{STATED} ; cg:phase phase:planned",
    f"{STATED} ; cg:phase phase:under-way",
    f"{STATED} ; cg:origin origin:computed",
    "cg:certainty certainty:unconfirmed ; cg:phase phase:planned",
]
"""How a statement is that gives no link but the one that may be."""


@pytest.mark.parametrize("how", LESS)
def test_what_is_not_certain_of_itself_and_so_already_may_be_shared(how: str) -> None:
    store = graph_of(*priorities(how), *PARTNERS)
    for shares in ("region:c cg:{} region:d", "organisation:a cg:{} organisation:b"):
        assert not holds(store, shares.format("sharesPriorityWith"))
        assert holds(store, shares.format("maySharePriorityWith"))


LINKS = {
    (
        "participatesIn",
        "mayParticipateIn",
    ): "a cg:Participation ; cg:participant {} ; cg:activity {} ; cg:role <a:role>",
    ("holdsLabel", "mayHoldLabel"): "a cg:LabelAward ; cg:holder {} ; cg:label {}",
    ("hasPriority", "mayHavePriority"): "a cg:Priority ; cg:setBy {} ; cg:theme {}",
    ("fundedUnder", "mayBeFundedUnder"): "a cg:Funding ; cg:activity {} ; cg:scheme {}",
    ("coversDomain", "mayCoverDomain"): "a cg:DomainCoverage ; cg:organisation {} ; cg:domain {}",
}


def joined(statement: str, how: str) -> Store:
    return graph_of(f"<a:statement> {statement.format('<a:one>', '<a:other>')} ; {how} .")


@pytest.mark.parametrize("names", LINKS)
def test_a_statement_gives_a_link_or_the_one_that_may_be(names: tuple[str, str]) -> None:
    firm, may = (f"<a:one> cg:{name} <a:other>" for name in names)
    for how in (STATED, f"{STATED} ; cg:origin origin:derived", f"{STATED} ; cg:phase phase:done"):
        assert holds(joined(LINKS[names], how), f"{firm} . {may}")
    for how in LESS:
        store = joined(LINKS[names], how)
        assert holds(store, may)
        assert not holds(store, firm)


@pytest.mark.parametrize(
    ("end", "held"), [("2014", False), ("2017-02", False), ("2017-03", True), ("2017", True), ("2018", True)]
)
def test_a_label_that_ended_before_the_newest_document_is_held_no_more(end: str, held: bool) -> None:
    kind = {4: "gYear", 7: "gYearMonth"}[len(end)]
    store = graph_of(
        'document:a a cg:Document ; cg:issued "2015"^^xsd:gYear .',
        'document:b a cg:Document ; cg:issued "2017-03-28"^^xsd:date .',
        f"<a:award> {LINKS['holdsLabel', 'mayHoldLabel'].format('<a:one>', '<a:label>')} ; {STATED} ;",
        f'cg:end "{end}"^^xsd:{kind} .',
    )
    assert holds(store, "<a:one> cg:holdsLabel <a:label>") is held
    assert holds(store, "<a:one> cg:mayHoldLabel <a:label>") is held


@pytest.mark.parametrize(("end", "until"), [("2015", "2017-03-27"), ("2018", "2018-12-31")])
def test_an_end_that_another_document_tells_is_known_from_that_document_on(end: str, until: str) -> None:
    store = graph_of(
        'document:a a cg:Document ; cg:issued "2015"^^xsd:gYear .',
        'document:b a cg:Document ; cg:issued "2017-03-28"^^xsd:date .',
        "<s:a> a cg:Section ; cg:inDocument document:a . <s:b> a cg:Section ; cg:inDocument document:b .",
        a=f"<a:award> {LINKS['holdsLabel', 'mayHoldLabel'].format('<a:one>', '<a:label>')} ; {STATED} .",
        b=f'<b:end> a cg:Dating ; cg:dated <a:award> ; cg:dateProperty cg:end ; cg:latest "{end}"^^xsd:gYear .',
    )
    assert holds(store, f"<a:award> cg:validUntil '{until}'^^xsd:date")
    assert holds(store, "<a:one> cg:holdsLabel <a:label>") is (end == "2018")


def test_a_dating_bounds_what_it_dates() -> None:
    store = graph_of(
        "<a:early> cg:dated document:a ; cg:dateProperty cg:issued ; cg:earliest '2016-02'^^xsd:gYearMonth .",
        "<a:late> cg:dated document:a ; cg:dateProperty cg:issued ; cg:latest '2016-02'^^xsd:gYearMonth .",
    )
    assert holds(store, "document:a cg:issuedFrom '2016-02-01'^^xsd:date ; cg:issuedUntil '2016-02-29'^^xsd:date")


@pytest.mark.parametrize(("year", "last"), [("1900", "28"), ("2000", "29"), ("2015", "28"), ("2016", "29")])
def test_february_has_29_days_in_leap_years(year: str, last: str) -> None:
    store = graph_of(f"document:a cg:issued '{year}-02'^^xsd:gYearMonth .")
    assert holds(store, f"document:a cg:issuedUntil '{year}-02-{last}'^^xsd:date")


@pytest.mark.parametrize("role", ["associated-region", "associated-partner", "connected", "supporter"])
def test_a_role_that_takes_no_part_gives_no_link(role: str) -> None:
    store = graph_of(takes_part(1, "organisation:a", "project:e", role=role))
    assert not holds(store, "organisation:a cg:mayParticipateIn project:e")


def test_who_is_to_coordinate_may_coordinate() -> None:
    store = graph_of(takes_part(1, "organisation:a", "project:e", f"{STATED} ; cg:phase phase:planned", "coordinator"))
    assert holds(store, "organisation:a cg:mayCoordinate project:e ; cg:mayParticipateIn project:e")
    assert not holds(store, "organisation:a cg:participatesIn project:e")
    assert not holds(
        graph_of(takes_part(1, "organisation:a", "project:e")), "organisation:a cg:mayCoordinate project:e"
    )


def test_every_link_of_a_statement_has_a_wider_twin(store: Store) -> None:
    links = "?link cg:shortcutOf ?class FILTER NOT EXISTS { ?link cg:mayTwin ?twin ; rdfs:subPropertyOf ?twin }"
    assert list(solutions(store, f"SELECT ?link {{ {links} }}")) == []


def test_inferred_statements_stand_in_their_own_graph_and_in_no_other(store: Store) -> None:
    for quad in store.quads_for_pattern(None, None, None, INFERRED):
        homes = {q.graph_name for q in store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)}
        assert homes == {INFERRED, DefaultGraph()}


def test_an_organisation_without_a_region_is_in_that_of_its_town() -> None:
    facts = """nuts:ES511 cg:nutsLevel 3 ; cg:within country:ESP ; skos:hiddenLabel 'BARCELONA'@und .
        country:ESP a cg:Country .
        nuts:ES300 cg:nutsLevel 3 . nuts:ES301 cg:nutsLevel 3 .
        place:es-barcelona skos:prefLabel 'BARCELONA'@und ; cg:within country:ESP .
        organisation:a a cg:Organisation ; cg:place place:es-barcelona .
        organisation:b a cg:Organisation ; cg:place place:es-alcala .
        organisation:c cg:place place:es-alcala ; cg:region nuts:ES300 .
        organisation:d a cg:Organisation ; cg:place place:es-alba .
        organisation:e cg:place place:es-alba ; cg:region nuts:ES300 .
        organisation:f cg:place place:es-alba ; cg:region nuts:ES301 ."""
    store = graph_of(facts)
    assert holds(store, "organisation:a cg:region nuts:ES511")
    assert holds(store, "organisation:b cg:region nuts:ES300")
    assert not holds(store, "organisation:d cg:region ?any")


def test_every_rule_says_what_it_does_and_adds_something(project: Project, store: Store) -> None:
    for path in project.rules.glob("*.rq"):
        text = path.read_text()
        assert re.match(r"#\+ summary: [A-Z].*\.\n", text), path.name
        if path.stem in ("region-of-town", "exact-match"):
            continue  # they need NUTS regions of level 3, and things that were matched, which come with imports
        graph = store.query(text, prefixes=PREFIXES)
        assert any(Quad(t.subject, t.predicate, t.object, INFERRED) in store for t in graph), path.name


def test_a_rule_that_lacks_a_prefix_is_told_which_to_add(tmp_path: Path) -> None:
    (tmp_path / "bad.rq").write_text("#+ summary: Bad.\nCONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o ; a cg:Cluster }")
    with pytest.raises(SourceError, match="'cg:' is not declared") as error:
        infer(Store(), tmp_path)
    assert error.value.advice == f"add: PREFIX cg: <{ONTOLOGY}>"
    assert (error.value.where.line, error.value.where.column) == (2, 45)  # type: ignore[union-attr]


def test_a_rule_with_a_syntax_error_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.rq").write_text("#+ summary: Bad.\nCONSTRUCT { ?s ?p ?o } WHERE { ?s ?p }")
    with pytest.raises(SourceError) as error:
        infer(Store(), tmp_path)
    assert error.value.where is not None
    assert (error.value.where.path.name, error.value.where.line) == ("bad.rq", 2)


def test_a_rule_must_be_a_construct_query(tmp_path: Path) -> None:
    (tmp_path / "select.rq").write_text("#+ summary: Everything.\nSELECT * WHERE { ?s ?p ?o }")
    with pytest.raises(SourceError, match="CONSTRUCT"):
        infer(Store(), tmp_path)


def rules_of(folder: Path, **after: str) -> list[str]:
    for name, line in after.items():
        text = f"#+ summary: S.\n{line}CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o FILTER (false) }}\n"
        (folder / f"{name}.rq").write_text(text, "utf-8")
    return [rule.path.stem for rule in load(folder)]


def test_a_rule_comes_after_those_that_it_names(tmp_path: Path) -> None:
    assert rules_of(tmp_path, a="#+ after: d, b\n", b="", c="", d="#+ after: c\n") == ["b", "c", "d", "a"]


@pytest.mark.parametrize(
    ("name", "told"), [("nobody", "there is no rule nobody"), ("b", "rules come after each other")]
)
def test_an_order_of_rules_that_cannot_be_is_told(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        rules_of(tmp_path, a=f"#+ after: {name}\n", b="#+ after: a\n")


def test_a_rule_runs_again_only_after_what_it_reads_has_changed(tmp_path: Path) -> None:
    (tmp_path / "a.rq").write_text("#+ summary: A.\nCONSTRUCT { ?x <p:b> ?y } WHERE { ?x <p:a> ?y }")
    (tmp_path / "b.rq").write_text("#+ summary: B.\nCONSTRUCT { ?x <p:a> ?y } WHERE { ?y <p:c>/<p:b> ?x }")
    (tmp_path / "c.rq").write_text("#+ summary: C.\nCONSTRUCT { ?x a ?y } WHERE { ?x <p:d> ?y }")
    store, ran = Store(), list[str]()
    store.load(b"<n:1> <p:a> <n:2> ; <p:d> <n:3> . <n:4> <p:c> <n:1> .", RdfFormat.TURTLE)
    infer(store, tmp_path, ran.append)
    assert ran == ["a", "b", "c", "a", "b"]
    assert Quad(NamedNode("n:2"), NamedNode("p:b"), NamedNode("n:4")) in store


def test_pairs_of_an_imported_project_are_left_to_questions() -> None:
    home = "<https://w3id.org/clustergraph/graph/{}> {{ {} }}"
    parts = "organisation:a a cg:Organisation . organisation:b a cg:Organisation ."
    shares = {}
    for graph in ("reference/activities", "import/cordis"):
        store = Store()
        both = "project:p a cg:Project . " + "".join(f"organisation:{x} cg:participatesIn project:p . " for x in "ab")
        store.load((HEADER + home.format(graph, both + parts)).encode(), RdfFormat.TRIG)
        merge(store)
        infer(store, ROOT / "queries" / "rules")
        shares[graph] = holds(store, "organisation:a cg:sharesProjectWith organisation:b")
    assert shares == {"reference/activities": True, "import/cordis": False}


# Over columns and in the store the same follows

CHAINED: Final = (
    "CONSTRUCT { ?a <p:3> ?c } WHERE { ?a <p:0> ?b . ?b <p:0>|<p:1> ?c }",
    "CONSTRUCT { ?a <p:2> ?c . ?c ?p ?a } WHERE { ?a <p:3> ?c ; ?p ?b FILTER (?p != <p:3>) }",
    "CONSTRUCT { ?a <p:1> ?long } WHERE { ?a <p:2> ?b BIND (STRLEN(STR(?b)) AS ?long) }",
    """CONSTRUCT { ?a <p:4> ?new } WHERE { ?a <p:1> ?b FILTER (STRLEN(STR(?a)) < 5)
    BIND (IRI(CONCAT(STR(?a), "0")) AS ?new) }""",
    "CONSTRUCT { ?a a ?g } WHERE { GRAPH ?g { ?a <p:1> ?b } OPTIONAL { ?b <p:0> ?c } FILTER (!BOUND(?c)) }",
    "CONSTRUCT { ?a <p:5> ?many } WHERE { SELECT ?a (COUNT(?b) AS ?many) { ?a <p:0> ?b } GROUP BY ?a }",
    "CONSTRUCT { ?a <p:6> ?b } WHERE { ?a <p:0>* ?b FILTER NOT EXISTS { ?b <p:1> ?a } MINUS { ?a a <s:1> } }",
    "CONSTRUCT { ?b <p:7> ?unbound . <n:1> <p:7> ?b } WHERE { ?a <p:0> ?b OPTIONAL { ?b <p:1> ?unbound } }",
)
"""Rules that build on each other, make terms that are new, and read graphs."""
ENDS: Final = ["<n:1>", "<n:2>", "<n:3>", "_:a", "_:b", '"a"', '"a b"@en', "1", '"_:x <n:1>"']
SAID: Final = st.tuples(
    st.sampled_from(ENDS[:5]), st.sampled_from(["<p:0>", "<p:1>", "<p:2>"]), st.sampled_from(ENDS),
    st.sampled_from(["", "s:1", "s:2"]),
)  # fmt: skip


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(SAID, max_size=20), st.sets(st.integers(0, len(CHAINED) - 1), min_size=1))
def test_over_columns_and_in_the_store_the_same_follows(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str, str, str]], chosen: set[int]
) -> None:
    rules = tmp_path_factory.mktemp("rules")
    for number in chosen:
        (rules / f"{number}.rq").write_text(f"#+ summary: S.\n{CHAINED[number]}\n", "utf-8")
    text = "".join(f"GRAPH <{g}> {{ {s} {p} {o} }}" if g else f"{s} {p} {o} ." for s, p, o, g in said)
    quads = [*parse(text.encode(), RdfFormat.TRIG)]
    both = [Store(), Store()]
    for store, columns in zip(both, (True, False), strict=True):
        store.extend(quads)
        merge(store)
        assert len(infer(store, rules, columns=columns)) == sum(
            1 for _ in store.quads_for_pattern(None, None, None, INFERRED)
        )
    assert {*both[0]} == {*both[1]}


@pytest.mark.slow
def test_over_columns_the_same_follows_from_the_whole_project() -> None:
    both = [stated(Project(ROOT), Project(ROOT).graph_files()) for _ in range(2)]
    for store, columns in zip(both, (True, False), strict=True):
        merge(store)
        infer(store, Project(ROOT).rules, columns=columns)
    assert sorted(map(str, both[0].quads_for_pattern(None, None, None, INFERRED))) == sorted(
        map(str, both[1].quads_for_pattern(None, None, None, INFERRED))
    )


def test_a_rule_that_columns_fail_at_is_left_to_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.rq").write_text("#+ summary: A.\nCONSTRUCT { ?x <p:b> ?y } WHERE { ?x <p:a> ?y }")
    store = Store()
    store.load(b"<n:1> <p:a> _:b .", RdfFormat.TURTLE)
    monkeypatch.setattr(Evaluator, "triples", lambda _: [][0])
    assert len(infer(store, tmp_path)) == 1
    assert "rules are left to the store: a could not be run over columns" in caplog.text
