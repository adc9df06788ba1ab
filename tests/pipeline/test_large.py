"""A graph with large imports: chunk by chunk comes out what comes out of it as a whole."""

from __future__ import annotations

import gzip
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import process_time

import pytest
from pyoxigraph import DefaultGraph, RdfFormat, Store, parse, serialize

from clustergraph.errors import SourceError
from clustergraph.pipeline.division import sort
from clustergraph.pipeline.large import Build
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.publish import draft
from clustergraph.rdf.lines import canonical
from clustergraph.rdf.reading import read_all
from clustergraph.release.artefacts import DUMP, DUMP_FILE
from clustergraph.release.releases import Releases
from clustergraph.release.write import Draft, named
from clustergraph.shacl.findings import Finding
from clustergraph.shacl.validate import Shapes, validate
from clustergraph.terms import BASE, PREFIXES
from tests.conftest import ROOT

GRAPH = f"{BASE}graph/import/sample"
RECORD = f"""@prefix cg: <{PREFIXES["cg"]}> . @prefix skos: <{PREFIXES["skos"]}> .
@prefix dcterms: <{PREFIXES["dcterms"]}> . @prefix xsd: <{PREFIXES["xsd"]}> .
<{GRAPH}/record> {{
    <{GRAPH}/record> a cg:ReferenceGraph ; skos:prefLabel "Record"@en ; dcterms:description "An import."@en .
    <{GRAPH}> a cg:Source ; skos:prefLabel "Sample"@en ; cg:inDocument <{BASE}id/document/sample> .
    <{BASE}id/document/sample> a cg:Document ; skos:prefLabel "Sample"@en ; cg:issued "2020-12-14"^^xsd:date .
}}
"""
HEAD = "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in PREFIXES.items())


def project(number: int) -> str:
    """Return a project with a grant, two figures and five participants, who take part in others, too."""
    name, parts = f"cordis-{900000 + number}", ""
    for place in range(5):
        body = f"pic-{(number * 3 + place * place) % 40 + 1000}"
        role = "coordinator" if place == 0 else "participant"
        parts += f"""
            <id/participation/{name}-{body}-{place}> a cg:Participation ; cg:certainty certainty:stated ;
                cg:participant <id/organisation/{body}> ; cg:activity <id/project/{name}> ;
                cg:role participation-role:{role} ; cg:contribution {1000 + place}.50 .
            <id/organisation/{body}> a cg:Organisation ; skos:prefLabel "Body {body}"@und ; cg:country country:FRA ;
                cg:kind organisation-kind:company ; cg:place <id/place/fr-town> ;
                adms:identifier <id/identifier/{body}> .
            <id/identifier/{body}> a adms:Identifier ; cg:identifierScheme identifier-scheme:pic ;
                skos:notation "999{body[4:]}99" .
            <id/place/fr-town> a cg:Place ; skos:prefLabel "Town"@und ; cg:within country:FRA ."""
    return f"""{parts}
        <id/project/{name}> a cg:Project ; skos:prefLabel "PROJECT {number}"@und ; cg:start "2019-01-01"^^xsd:date ;
            cg:end "2021-12-31"^^xsd:date ; adms:identifier <id/identifier/{name}> .
        <id/identifier/{name}> a adms:Identifier ; cg:identifierScheme identifier-scheme:cordis-project ;
            skos:notation "{900000 + number}" .
        <id/grant/{name}> a cg:Funding ; cg:certainty certainty:stated ; cg:activity <id/project/{name}> ;
            cg:scheme funding:h2020 ; cg:amount <id/figure/{name}> .
        <id/figure/{name}> a cg:Figure ; cg:subject <id/project/{name}> ; cg:measure measure:eu-contribution ;
            cg:value {100000 + number} ; cg:unit unit:eur ; cg:bound bound:exactly ; cg:certainty certainty:stated ."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the data of this one and an import of some thousand statements, a few of them wrong."""
    root = tmp_path_factory.mktemp("large")
    for name in ("ontology", "shapes", "queries", "reference", "imports"):
        (root / name).symlink_to(ROOT / name)
    (root / "data" / "imports").mkdir(parents=True)
    for folder in (ROOT / "data").iterdir():
        (root / "data" / folder.name).symlink_to(folder)
    wrong = """
        <id/participation/wrong> a cg:Participation ; cg:certainty certainty:stated ;
            cg:activity <id/project/cordis-900001> .
        <id/organisation/pic-1001> cg:founded "soon" .
        <id/organisation/afil> skos:note "It stands in the import, too."@en ."""
    text = HEAD + f"<{GRAPH}> {{ {''.join(map(project, range(60)))} {wrong} }}"
    quads = parse(text, format=RdfFormat.TRIG, base_iri=BASE)
    written = serialize(quads, format=RdfFormat.N_QUADS)
    assert written is not None
    (root / "data" / "imports" / "sample.nq.gz").write_bytes(gzip.compress(b"# project 2\n" + written))
    (root / "data" / "imports" / "sample.trig").write_text(RECORD, "utf-8")
    return root


def chunked(home: Path, tmp_path: Path, size: int) -> tuple[list[bytes], set[tuple[str, str, str]], Draft]:
    """Return the lines, the findings and the draft of a build in chunks."""
    releases, told = Releases(tmp_path), list[str]()
    with Draft.begun(releases) as made:
        files = [home / "data" / "imports" / "sample.nq.gz"]
        found = Build(Project(home), files, told.append, size).fill(made)
        lines = (made.folder / DUMP / DUMP_FILE).read_bytes().splitlines(keepends=True)
    assert any("statements" in text for text in told)
    return lines, {told_as(each) for each in found}, made


def told_as(finding: Finding) -> tuple[str, str, str]:
    return finding.shape.label, finding.reason(), str(finding.where)


def test_chunks_give_the_same_statements_and_findings_as_the_whole(home: Path, tmp_path: Path) -> None:
    store, found = draft(Project(home))
    lines, findings, made = chunked(home, tmp_path, 400)
    assert lines == list(canonical(named(store)))
    assert any("participation:wrong" in reason and where == "sample/project, row 2" for _, reason, where in findings)
    assert findings == {told_as(each) for each in found}
    assert (made.counts.quads, made.counts.triples) == (len(lines), len(store) - len(lines))


def test_identifiers_of_one_scheme_are_not_compared_each_with_each(store: Store) -> None:
    many, numbers = Store(), range(900_000_000, 900_005_000)
    many.bulk_extend(store.quads_for_pattern(None, None, None, DefaultGraph()))
    bodies = (
        f"""<id/organisation/pic-{number}> a cg:Organisation ; adms:identifier <id/identifier/pic-{number}> .
        <id/identifier/pic-{number}> a adms:Identifier ; cg:identifierScheme identifier-scheme:pic ;
            skos:notation "{number}" ."""
        for number in numbers
    )
    many.bulk_load(f"{HEAD}{''.join(bodies)}", RdfFormat.TURTLE, base_iri=BASE)
    shapes = Shapes(read_all([ROOT / "shapes" / name for name in ("prefixes.ttl", "register.ttl")]), checked=True)
    begun = process_time()
    assert validate(many, shapes) == []
    assert process_time() - begun < 15  # Each with each they take a minute.


def test_what_is_no_import_is_refused_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.nq.gz"
    path.write_bytes(gzip.compress(b"<a:s> <a:p> .\n"))
    with ProcessPoolExecutor(1, get_context("spawn")) as pool, pytest.raises(SourceError, match=r"broken\.nq\.gz"):
        sort([path], tmp_path, pool)
