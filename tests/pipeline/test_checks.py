"""Every check query finds the failure it is for, in a small graph, and nothing in a good one."""

import re
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Quad, QuerySolutions, RdfFormat, Store, parse

from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.rdf.reading import read
from clustergraph.release.write import merge
from clustergraph.terms import PREFIXES

ROOT = Path(__file__).parents[2]
CHECKS = {path.stem: path for path in sorted((ROOT / "queries" / "checks").glob("*.rq"))}
GOOD = Path(__file__).parents[1] / "shapes" / "good.trig"
SCHEME = "https://w3id.org/clustergraph/scheme"
SECTION = "<https://w3id.org/clustergraph/graph/a/one>"
OTHER = "<https://w3id.org/clustergraph/graph/a/two>"
DATED = f"""{SECTION} a cg:Section ; cg:inDocument document:a ; cg:heading "One" .
    document:a cg:issued "2017-03"^^xsd:gYearMonth ; cg:issuedUntil "2017-03-31"^^xsd:date ."""
SHARE = f"""a cg:Figure ; cg:subject organisation:a ; cg:measure <{SCHEME}/measure/member-share> ;
    cg:unit <{SCHEME}/unit/percent> ; cg:value 60.3"""
REGION = 'cg:region rdfs:range cg:Region . cg:Region a owl:Class ; rdfs:label "region"@en .'

NOTE = "note:a cg:about project:a ; cg:noteKind note-kind:contradiction"


def rivals(document: str) -> str:
    """Two coordinators of one activity, in sections of one document or of two."""
    coordinator = (
        f"cg:role <{SCHEME}/participation-role/coordinator> ; cg:activity project:a ; cg:certainty certainty:stated"
    )
    return f"""{SECTION} cg:inDocument document:a . {OTHER} cg:inDocument {document} .
        participation:a {coordinator} ; cg:participant organisation:a ; cg:statedIn {SECTION} .
        participation:b {coordinator} ; cg:participant organisation:b ; cg:statedIn {OTHER} ."""


BAD = {
    "class-cycle": "cg:A rdfs:subClassOf cg:B . cg:B rdfs:subClassOf cg:C . cg:C rdfs:subClassOf cg:A .",
    "code-of-list": f"<{SCHEME}/unit/one> a skos:Concept ; skos:inScheme <{SCHEME}/bound> .",
    "cycles": "region:a cg:within region:b . region:b cg:within region:a .",
    "date-after-document": f'{DATED} award:a cg:heldSince "2018"^^xsd:gYear .',
    "date-order": 'project:a cg:start "2016-05"^^xsd:gYearMonth ; cg:end "2016-04-30"^^xsd:date .',
    "derived-without-basis": f"participation:a cg:origin <{SCHEME}/origin/derived> .",
    "duplicate-code-label": f"""
        <{SCHEME}/unit/a> a skos:Concept ; skos:inScheme <{SCHEME}/unit> ; skos:prefLabel "A"@en .
        <{SCHEME}/unit/b> a skos:Concept ; skos:prefLabel "A"@en ; skos:inScheme <{SCHEME}/unit> .""",
    "duplicate-label": """organisation:a a cg:Organisation ; skos:prefLabel "A"@en .
        organisation:b a cg:Organisation ; skos:prefLabel "A"@en .""",
    "duplicate-nuts-code": 'nuts:FRK cg:nutsCode "FRK" . region:b cg:nutsCode "FRK" .',
    "duplicate-term-label": """cg:a a owl:ObjectProperty ; rdfs:label "a"@en ; rdfs:isDefinedBy cg:m .
        cg:b a owl:ObjectProperty ; rdfs:label "a"@en .""",
    "figure-as-printed": 'figure:a cg:value 2500000 ; cg:printed "2.5 billion" ; cg:certainty certainty:stated .',
    "figure-bound": 'figure:a cg:bound bound:exactly ; cg:printed "more than 40" ; cg:certainty certainty:stated .',
    "figure-in-words": 'figure:a cg:value 6 ; cg:printed "five" ; cg:certainty certainty:stated .',
    "missing-disjointness": "cg:Lonely a owl:Class .",
    "missing-label": "organisation:a a cg:Organisation .",
    "nuts-code-of-region": 'nuts:FRK a cg:Region ; cg:nutsCode "FRK2" ; cg:nutsLevel 1 .',
    "quantity-kind": f"<{SCHEME}/measure/a> skos:inScheme <{SCHEME}/measure> .",
    "scheme-levels": f"""funding:a cg:schemeLevel <{SCHEME}/funding-level/programme> ; cg:withinScheme funding:b .
        funding:b cg:schemeLevel <{SCHEME}/funding-level/topic> .""",
    "shares-over-100": f"""figure:a {SHARE} ; cg:breakdown <{SCHEME}/breakdown/a> .
        figure:b {SHARE} ; cg:breakdown <{SCHEME}/breakdown/b> .""",
    "statement-in-two-sections": f"""{SECTION} a cg:Section . {OTHER} a cg:Section .
        figure:a cg:certainty <{SCHEME}/certainty/stated> .
        }} {OTHER} {{ figure:a cg:value 1 .""",
    "statement-outside-source": """cg:Figure rdfs:subClassOf cg:Statement .
        figure:a a cg:Figure .""",
    "term-and-module": "cg:region a owl:ObjectProperty, owl:Ontology .",
    "undeclared-term": "organisation:a cg:websight 'x' .",
    "undescribed-thing": "figure:a cg:subject organisation:nobody .",
    "unknown-graph": "cg:ReferenceGraph a owl:Class . figure:a cg:value 1 .",
    "unit-of-other-kind": f"""<{SCHEME}/measure/a> cg:quantityKind <{SCHEME}/quantity-kind/money> ;
            cg:countedIn <{SCHEME}/unit/km> . <{SCHEME}/unit/km> cg:quantityKind <{SCHEME}/quantity-kind/length> .""",
    "unmatched-term": f"<{SCHEME}/theme/a> skos:inScheme <{SCHEME}/theme> .",
    "unused-term": "cg:lonely a owl:ObjectProperty .",
    "all-values": """cg:Task rdfs:subClassOf [ owl:onProperty cg:of ; owl:allValuesFrom cg:Project ] .
        cg:Task rdfs:label "task"@en .
        cg:Project a owl:Class ; rdfs:label "project"@en .
        plan:a a cg:Task ; cg:of organisation:a .""",
    "asserted-and-stated": """organisation:a cg:region nuts:FRK .
        assertion:a rdf:subject organisation:a ; rdf:predicate cg:region ; rdf:object nuts:FRK .""",
    "assertion-fits": f"""{REGION}
        assertion:a rdf:subject organisation:a ; rdf:predicate cg:region ; rdf:object organisation:b .""",
    "cardinality": """cg:Task rdfs:subClassOf [ owl:onProperty cg:code ; owl:maxCardinality 1 ] ; rdfs:label "task"@en .
        plan:a a cg:Task ; cg:code "1", "2" .""",
    "datatype": 'cg:page a owl:DatatypeProperty ; rdfs:range xsd:integer . w:a cg:page "7" .',
    "disjoint-classes": """cg:Organisation a owl:Class ; rdfs:label "organisation"@en ; owl:disjointWith cg:Place .
        cg:Place a owl:Class ; rdfs:label "place"@en . organisation:a a cg:Organisation, cg:Place .""",
    "domain": """cg:holder rdfs:domain cg:Award . cg:Award rdfs:label "award"@en .
        organisation:a cg:holder organisation:b .""",
    "fact-in-reference": f'{SECTION} a cg:ReferenceGraph . organisation:a cg:spelling "A" .',
    "functional": "cg:holder a owl:FunctionalProperty . award:a cg:holder organisation:a, organisation:b .",
    "key": 'cg:Place owl:hasKey ( cg:isoCode ) . place:a cg:isoCode "FR" . place:b cg:isoCode "FR" .',
    "mention-in-other-section": f"{OTHER} a cg:Section . mention:a cg:mentionedIn {OTHER} .",
    "range": f"{REGION} organisation:a cg:region organisation:b .",
    "rival-coordinator": f"{rivals('document:b')}",
    "role-fits": f"""<{SCHEME}/participation-role/leader> cg:roleIn cg:WorkPackage .
        cg:WorkPackage rdfs:label "work package"@en .
        participation:a cg:role <{SCHEME}/participation-role/leader> ; cg:activity project:a .""",
    "same-address": """organisation:a cg:website "www.example.org"^^xsd:anyURI .
        organisation:b cg:website "https://example.org/"^^xsd:anyURI .""",
    "same-code-name": f"""<{SCHEME}/unit/a> skos:inScheme <{SCHEME}/unit> ; skos:prefLabel "per cent"@en .
        <{SCHEME}/unit/b> skos:inScheme <{SCHEME}/unit> ; skos:prefLabel "Percent"@en .""",
    "same-name": """organisation:a a cg:Organisation ; skos:prefLabel "ViaMéca"@fr .
        organisation:b a cg:Organisation ; skos:prefLabel "Via-Meca"@en .""",
    "same-notation": f"""<{SCHEME}/unit/a> skos:inScheme <{SCHEME}/unit> ; skos:notation "a" .
        <{SCHEME}/unit/b> skos:inScheme <{SCHEME}/unit> ; skos:notation "a" .""",
    "same-number": """work-package:a a cg:WorkPackage ; cg:partOf project:a ; cg:code "1" .
        work-package:b a cg:WorkPackage ; cg:partOf project:a ; cg:code "1" .""",
    "same-statement": """award:a a cg:LabelAward ; cg:holder organisation:a ; cg:label label:a .
        award:b a cg:LabelAward ; cg:holder organisation:a ; cg:label label:a .""",
    "second-coordinator": f"{rivals('document:a')}",
    "self": "organisation:a cg:subOrganisationOf organisation:a .",
    "thing-in-section": f"{SECTION} a cg:Section . organisation:a a cg:Organisation .",
    "typed-shortcut": """cg:leads skos:scopeNote "Inferred."@en ; rdfs:isDefinedBy cg:module-cooperation .
        organisation:a cg:leads project:a .""",
    "white-space": 'organisation:a skos:prefLabel "A  cluster"@en .',
}
FINE = {
    "domain": """cg:holder rdfs:domain [ owl:unionOf ( cg:Award cg:Letter ) ] .
        letter:a a cg:Letter ; cg:holder organisation:b .""",
    "range": f"{REGION} organisation:a cg:region nuts:FRK . nuts:FRK a cg:Region .",
    "same-statement": """participation:a a cg:Participation ; cg:participant organisation:a ; cg:activity project:a ;
            cg:role participation-role:partner ; cg:onBehalfOf nuts:FRK .
        participation:b a cg:Participation ; cg:participant organisation:a ; cg:activity project:a ;
            cg:role participation-role:partner ; cg:onBehalfOf nuts:ITC4 .""",
    "second-coordinator": f"{rivals('document:a')} {NOTE} ; cg:concernsSection {SECTION} .",
    "rival-coordinator": f"{rivals('document:b')} {NOTE} .",
    "date-order": 'project:a cg:start "2016"^^xsd:gYear ; cg:end "2016-04-30"^^xsd:date .',
    "date-after-document": f'{DATED} award:a cg:heldSince "2017"^^xsd:gYear .',
    "duplicate-label": """organisation:a a cg:Organisation ; skos:prefLabel "A"@en .
        region:b a cg:Region ; skos:prefLabel "A"@en .""",
    "nuts-code-of-region": 'nuts:FRK a cg:Region ; cg:nutsCode "FRK" ; cg:nutsLevel 1 .',
    "scheme-levels": f"""funding:a cg:schemeLevel <{SCHEME}/funding-level/topic> ; cg:withinScheme funding:b .
        funding:b cg:schemeLevel <{SCHEME}/funding-level/programme> .""",
    "shares-over-100": f"figure:a {SHARE} ; cg:breakdown <{SCHEME}/breakdown/a> . figure:b {SHARE} .",
    "missing-disjointness": "cg:A a owl:Class . cg:B rdfs:subClassOf cg:A ; owl:disjointWith cg:C .",
    "derived-without-basis": f"participation:a cg:origin <{SCHEME}/origin/derived> ; cg:derivedFrom participation:b .",
    "unmatched-term": f"""<{SCHEME}/theme/a> skos:inScheme <{SCHEME}/theme> ; skos:broadMatch <{SCHEME}/field/b> .
        <{SCHEME}/field/b> skos:inScheme <{SCHEME}/field> .
        <{SCHEME}/theme/c> skos:inScheme <{SCHEME}/theme> ; owl:deprecated true .""",
}


def store(trig: str) -> Store:
    """A store as checks see it: named graphs, and all of their triples in the default graph."""
    head = "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in PREFIXES.items())
    return merged(list(parse((head + trig).encode(), format=RdfFormat.TRIG)))


def merged(quads: list[Quad]) -> Store:
    found = Store()
    found.extend(quads)
    found.extend(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in quads)
    return found


def rows(check: str, graph: Store) -> list[str]:
    results = graph.query(CHECKS[check].read_text("utf-8"), prefixes=PREFIXES)
    assert isinstance(results, QuerySolutions)
    return [str(row[0]) for row in results]


def test_every_graph_that_fails_is_for_a_check() -> None:
    """And every check has one, or a slip: tests/test_slips.py."""
    assert set(BAD) <= set(CHECKS)


@pytest.mark.parametrize("check", BAD)
def test_a_check_finds_what_it_is_for(check: str) -> None:
    found = rows(check, store(f"{SECTION} {{ {BAD[check]} }}"))
    assert found
    assert all(found)


@pytest.mark.parametrize("check", FINE)
def test_a_check_leaves_alone_what_is_nearly_the_same(check: str) -> None:
    assert rows(check, store(f"{SECTION} {{ {FINE[check]} }}")) == []


ZOO = """PREFIX zoo: <http://zoo.example/>
<http://zoo.example/> { zoo:Animal a owl:Class ; rdfs:label "animal" . zoo:Cage a owl:Class ; rdfs:label "cage" ;
    owl:disjointWith zoo:Animal .
    zoo:livesIn a owl:FunctionalProperty ; rdfs:domain zoo:Animal ; rdfs:range zoo:Cage }"""


@pytest.mark.parametrize(
    ("check", "slip"),
    [
        ("domain", "zoo:cage a zoo:Cage ; zoo:livesIn zoo:other ."),
        ("range", "zoo:rex a zoo:Animal ; zoo:livesIn zoo:tom . zoo:tom a zoo:Animal ."),
        ("disjoint-classes", "zoo:rex a zoo:Animal, zoo:Cage ."),
        ("functional", "zoo:rex zoo:livesIn zoo:cage, zoo:other ."),
    ],
)
def test_the_axioms_of_any_ontology_are_checked(check: str, slip: str) -> None:
    assert rows(check, store(f"{ZOO} {SECTION} {{ {slip} }}"))


def test_a_check_begins_with_a_sentence_that_says_what_to_do() -> None:
    for path in CHECKS.values():
        first = path.read_text("utf-8").partition("\n")[0]
        assert first.startswith("# "), path
        assert first.endswith("."), path
        assert ";" in first, f"{path}: what is wrong; what to do"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The ontology with its code lists, and the good file, each in the graph of a build, with what its axioms infer."""
    quads = []
    for path in sorted((ROOT / "ontology").rglob("*.ttl")):
        graph = f"{PREFIXES['graph']}{path.parent.name}/{path.stem}"
        text = parse(path.read_bytes(), format=RdfFormat.TURTLE, rename_blank_nodes=True)
        quads += [Quad(q.subject, q.predicate, q.object, _graph(graph)) for q in text]
    quads += list(parse(GOOD.read_bytes(), format=RdfFormat.TRIG))
    found = merged(quads)
    infer(found, tmp_path_factory.mktemp("no-rules"))
    return found


def _graph(iri: str):
    return next(parse(f"<{iri}> <{iri}> <{iri}> .".encode(), format=RdfFormat.N_TRIPLES)).subject


# The good file is one graph for all kinds of things, and has no data for most terms and codes.
# Its derived statement is written out.
GENERAL = sorted(
    set(CHECKS) - {"unused-term", "unknown-graph", "statement-outside-source", "typed-shortcut", "unmatched-term"}
)


@pytest.mark.parametrize("check", GENERAL)
def test_a_check_finds_nothing_in_a_good_graph(check: str, good: Store) -> None:
    assert rows(check, good) == []


def test_every_term_of_the_ontology_is_used_by_the_data_or_a_question() -> None:
    graph = Store()
    project = Project(ROOT)
    for path in project.graph_files():
        graph.bulk_extend(read(path))
    merge(graph)
    infer(graph, project.rules)
    asking = [*project.root.glob("[iq]*/**/*.rq"), *project.root.glob("src/**/*.py")]
    questions = "\n".join(path.read_text("utf-8") for path in asking)
    unused = {term.strip("<>").removeprefix(PREFIXES["cg"]) for term in rows("unused-term", graph)}
    assert sorted(term for term in unused if not re.search(rf"\bcg:{term}\b", questions)) == []
