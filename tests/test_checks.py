"""Every check query finds the failure it is for, in a small graph, and nothing in a good one."""

import re
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Quad, QuerySolutions, RdfFormat, Store, parse

from clustergraph.build.inference import infer
from clustergraph.build.release import merge
from clustergraph.build.sources import Project, read
from clustergraph.terms import PREFIXES

ROOT = Path(__file__).parent.parent
CHECKS = {path.stem: path for path in sorted((ROOT / "queries" / "checks").glob("*.rq"))}
GOOD = Path(__file__).parent / "shapes" / "good.trig"
SCHEME = "https://w3id.org/clustergraph/scheme"
SECTION = "<https://w3id.org/clustergraph/graph/a/one>"
OTHER = "<https://w3id.org/clustergraph/graph/a/two>"
DATED = f"""{SECTION} a cg:Section ; cg:inDocument document:a ; cg:heading "One" .
    document:a cg:issued "2017-03"^^xsd:gYearMonth ."""
SHARE = f"""a cg:Figure ; cg:subject organisation:a ; cg:measure <{SCHEME}/measure/member-share> ;
    cg:unit <{SCHEME}/unit/percent> ; cg:value 60.3"""

BAD = {
    "class-cycle": "cg:A rdfs:subClassOf cg:B . cg:B rdfs:subClassOf cg:C . cg:C rdfs:subClassOf cg:A .",
    "code-of-list": f"<{SCHEME}/unit/one> a skos:Concept ; skos:inScheme <{SCHEME}/bound> .",
    "cycles": "region:a cg:within region:b . region:b cg:within region:a .",
    "date-after-document": f'{DATED} award:a cg:heldSince "2018"^^xsd:gYear .',
    "date-order": 'project:a cg:start "2016-05"^^xsd:gYearMonth ; cg:end "2016-04-30"^^xsd:date .',
    "derived-without-basis": f"participation:a cg:status <{SCHEME}/status/derived> .",
    "duplicate-code-label": f"""
        <{SCHEME}/unit/a> a skos:Concept ; skos:inScheme <{SCHEME}/unit> ; skos:prefLabel "A"@en .
        <{SCHEME}/unit/b> a skos:Concept ; skos:prefLabel "A"@en ; skos:inScheme <{SCHEME}/unit> .""",
    "duplicate-label": """organisation:a a cg:Organisation ; skos:prefLabel "A"@en .
        organisation:b a cg:Organisation ; skos:prefLabel "A"@en .""",
    "duplicate-nuts-code": 'nuts:FRK cg:nutsCode "FRK" . region:b cg:nutsCode "FRK" .',
    "duplicate-term-label": """cg:a a owl:ObjectProperty ; rdfs:label "a"@en ; rdfs:isDefinedBy cg:m .
        cg:b a owl:ObjectProperty ; rdfs:label "a"@en .""",
    "missing-disjointness": "cg:Lonely a owl:Class .",
    "missing-label": "organisation:a a cg:Organisation .",
    "nuts-code-of-region": 'nuts:FRK a cg:Region ; cg:nutsCode "FRK2" ; cg:nutsLevel 1 .',
    "scheme-levels": f"""funding:a cg:schemeLevel <{SCHEME}/funding-level/programme> ; cg:withinScheme funding:b .
        funding:b cg:schemeLevel <{SCHEME}/funding-level/topic> .""",
    "shares-over-100": f"""figure:a {SHARE} ; cg:breakdown <{SCHEME}/breakdown/a> .
        figure:b {SHARE} ; cg:breakdown <{SCHEME}/breakdown/b> .""",
    "statement-in-two-sections": f"""{SECTION} a cg:Section . {OTHER} a cg:Section .
        figure:a cg:status <{SCHEME}/status/stated> .
        }} {OTHER} {{ figure:a cg:value 1 .""",
    "statement-outside-section": "cg:Figure rdfs:subClassOf cg:Statement . figure:a a cg:Figure .",
    "term-and-module": "cg:region a owl:ObjectProperty, owl:Ontology .",
    "undeclared-term": "organisation:a cg:websight 'x' .",
    "undescribed-thing": "figure:a cg:subject organisation:nobody .",
    "unknown-graph": "figure:a cg:value 1 .",
    "unused-term": "cg:lonely a owl:ObjectProperty .",
    "white-space": 'organisation:a skos:prefLabel "A  cluster"@en .',
}
FINE = {
    "date-order": 'project:a cg:start "2016"^^xsd:gYear ; cg:end "2016-04-30"^^xsd:date .',
    "date-after-document": f'{DATED} award:a cg:heldSince "2017"^^xsd:gYear .',
    "duplicate-label": """organisation:a a cg:Organisation ; skos:prefLabel "A"@en .
        region:b a cg:Region ; skos:prefLabel "A"@en .""",
    "nuts-code-of-region": 'nuts:FRK a cg:Region ; cg:nutsCode "FRK" ; cg:nutsLevel 1 .',
    "scheme-levels": f"""funding:a cg:schemeLevel <{SCHEME}/funding-level/topic> ; cg:withinScheme funding:b .
        funding:b cg:schemeLevel <{SCHEME}/funding-level/programme> .""",
    "shares-over-100": f"figure:a {SHARE} ; cg:breakdown <{SCHEME}/breakdown/a> . figure:b {SHARE} .",
    "missing-disjointness": "cg:A a owl:Class . cg:B rdfs:subClassOf cg:A ; owl:disjointWith cg:C .",
    "derived-without-basis": f"participation:a cg:status <{SCHEME}/status/derived> ; cg:derivedFrom participation:b .",
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


def test_every_check_has_a_graph_that_fails_it() -> None:
    assert set(BAD) == set(CHECKS)


@pytest.mark.parametrize("check", BAD)
def test_a_check_finds_what_it_is_for(check: str) -> None:
    found = rows(check, store(f"{SECTION} {{ {BAD[check]} }}"))
    assert found
    assert all(found)


@pytest.mark.parametrize("check", FINE)
def test_a_check_leaves_alone_what_is_nearly_the_same(check: str) -> None:
    assert rows(check, store(f"{SECTION} {{ {FINE[check]} }}")) == []


def test_a_check_begins_with_a_sentence_that_says_what_to_do() -> None:
    for path in CHECKS.values():
        first = path.read_text("utf-8").partition("\n")[0]
        assert first.startswith("# "), path
        assert first.endswith("."), path
        assert ";" in first, f"{path}: what is wrong; what to do"


@pytest.fixture(scope="module")
def good() -> Store:
    """The ontology with its code lists, and the good file, each in the graph that the build puts it in."""
    quads = []
    for path in sorted((ROOT / "ontology").rglob("*.ttl")):
        graph = f"{PREFIXES['graph']}{path.parent.name}/{path.stem}"
        text = parse(path.read_bytes(), format=RdfFormat.TURTLE, rename_blank_nodes=True)
        quads += [Quad(q.subject, q.predicate, q.object, _graph(graph)) for q in text]
    quads += list(parse(GOOD.read_bytes(), format=RdfFormat.TRIG))
    return merged(quads)


def _graph(iri: str):
    return next(parse(f"<{iri}> <{iri}> <{iri}> .".encode(), format=RdfFormat.N_TRIPLES)).subject


# The good file is one graph for all kinds of things, and has no data for most terms and codes.
GENERAL = sorted(set(CHECKS) - {"unused-term", "unknown-graph", "statement-outside-section"})


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
    asking = [*project.queries.glob("*.rq"), *project.queries.glob("exports/**/*.rq")]
    questions = "\n".join(path.read_text("utf-8") for path in asking)
    unused = {term.strip("<>").removeprefix(PREFIXES["cg"]) for term in rows("unused-term", graph)}
    assert sorted(term for term in unused if not re.search(rf"\bcg:{term}\b", questions)) == []
