"""The package of cluster profiles: its forms agree, its gaps and verdicts are right, and its table can be read back."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import tempfile
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import rdflib
from click.testing import CliRunner
from openpyxl import load_workbook
from pyoxigraph import DefaultGraph, Quad, RdfFormat, Store, parse
from rdflib.compare import isomorphic

from clustergraph.cli.main import cli
from clustergraph.eccp import assessment, contents, form, intake, package
from clustergraph.eccp.assessment import Judgement, Kind, Verdict
from clustergraph.eccp.contents import BrokenPackageError, OccupiedFolderError
from clustergraph.eccp.form import FormColumn, Value
from clustergraph.eccp.package import Package
from clustergraph.eccp.recipe import NothingToExportError, PackageOrigin, Recipe
from clustergraph.errors import ClustergraphError, QuestionError, SourceError, XmlError
from clustergraph.formats import RDF_FORMATS
from clustergraph.graph import Graph
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions.parameters import last_day
from clustergraph.rdf import turtle
from clustergraph.rdf.files import UnwritableError
from clustergraph.rdf.jsonld import JsonLdContext, Tree
from clustergraph.rdf.reading import read_all
from clustergraph.release.write import merge
from clustergraph.shacl.findings import Severity
from clustergraph.terms import GRAPH, ID, PREFIXES, SCHEME
from tests.conftest import ROOT

PLASTIPOLIS = f"{ID}organisation/plastipolis"
ORIGIN = PackageOrigin("0123456789abcdef", "2026-11-22")
HEADER = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items()) + "".join(
    f"PREFIX {name}: <{SCHEME}{name}/>\n"
    for name in ("measure", "bound", "unit", "certainty", "member-kind", "label", "theme", "organisation-kind")
)
HEADER += f"PREFIX s: <{GRAPH}small/>\n"
SMALL = """
GRAPH s:reference {
  s:reference a cg:ReferenceGraph ; skos:prefLabel "Reference"@en ; dcterms:description "Identity."@en .
  organisation:small a cg:Cluster ; skos:prefLabel "Small"@en ; cg:locatedIn country:FRA .
  country:FRA a cg:Country ; skos:prefLabel "France"@en ; cg:isoCode "FR" .
  document:small a cg:Document ; skos:prefLabel "Small document"@en .
  s:one a cg:Section ; skos:prefLabel "One"@en ; cg:heading "One" ; cg:inDocument document:small .
}
GRAPH s:one { organisation:small cg:kind organisation-kind:cluster ; cg:country country:FRA . }
"""


@pytest.fixture(scope="module")
def recipe(project: Project) -> Recipe:
    return Recipe(project.eccp, project.shapes.find("profiles/eccp.ttl"))


@pytest.fixture(scope="module")
def whole(graph: Graph, recipe: Recipe) -> Package:
    """The package of all clusters."""
    return Package(graph, recipe, ORIGIN)


@pytest.fixture(scope="module")
def content(whole: Package) -> dict[str, bytes]:
    return files(whole)


@pytest.fixture(scope="module")
def codes(project: Project) -> list[Quad]:
    return list(read_all((project.ontology / "schemes").glob("*.ttl")))


def files(built: Package) -> dict[str, bytes]:
    """The files of a package by name."""
    with tempfile.TemporaryDirectory() as folder:
        contents.write_files(built, Path(folder))
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def small(codes: list[Quad], statements: str = "", header: str = SMALL) -> Graph:
    """A graph of one cluster, with the code lists of the project."""
    section = f"GRAPH s:one {{ {statements} }}" if statements else ""
    store = Store()
    store.extend([*codes, *parse(HEADER + header + section, format=RdfFormat.TRIG)])
    merge(store)
    infer(store, ROOT / "queries" / "rules")
    return Graph(store, {})


AWARD = "award:one a cg:LabelAward ; cg:holder organisation:small ; cg:label label:{} ; cg:certainty certainty:{} ."


def figure(name: str, measure: str, value: str, bound: str = "exactly", more: str = "") -> str:
    return f"""figure:{name} a cg:Figure ; cg:subject organisation:small ; cg:measure measure:{measure} ;
      cg:value {value} ; cg:bound bound:{bound} ; cg:unit unit:count ; cg:certainty certainty:stated {more} ."""


def on(text: str) -> PackageOrigin:
    return replace(ORIGIN, as_of=text, day=str(last_day(text))) if text else ORIGIN


def table(folder: Path, *rows: dict[str, str]) -> Path:
    """A table with such rows."""
    path = folder / "t.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def of(table: list[dict[str, str]], name: str) -> dict[str, str]:
    return next(row for row in table if row["Name"] == name)


def verdict(built: Package, rule: str) -> Judgement:
    return next(judgement for judgement in built.assessments[0].judgements if judgement.rule.name == rule)


def things(built: Package) -> list[str]:
    return [assessment.thing for assessment in built.assessments]


def triples_of(built: Package) -> set[str]:
    return triples(parse(b"".join(built.lines), format=RdfFormat.N_QUADS))


def triples(quads: object) -> set[str]:
    return {str(quad.triple) for quad in quads}


# What a package holds


def test_the_package_of_the_project_conforms(whole: Package) -> None:
    assert [finding.reason() for finding in whole.violations] == []


def test_all_forms_of_rdf_hold_the_same_triples(whole: Package, content: dict[str, bytes]) -> None:
    expected = triples_of(whole)
    assert len(expected) > 3000
    for name, format_ in (
        ("profiles.ttl", RdfFormat.TURTLE),
        ("profiles.rdf", RdfFormat.RDF_XML),
        ("profiles.nq", RdfFormat.N_QUADS),
        ("profiles.jsonld", RdfFormat.JSON_LD),
    ):
        assert triples(parse(content[name], format=format_)) == expected, name


def test_another_reader_takes_the_json_for_the_same_graph(graph: Graph, recipe: Recipe) -> None:
    built = files(Package(graph, recipe, replace(ORIGIN, clusters=("Plastipolis",))))
    ours = rdflib.Graph().parse(data=built["profiles.ttl"], format="turtle")
    theirs = rdflib.Graph().parse(data=built["profiles.jsonld"], format="json-ld")
    assert isomorphic(ours, theirs)


def test_the_json_is_plain_to_read(content: dict[str, bytes]) -> None:
    document = json.loads(content["profiles.jsonld"])
    assert set(document) == {"@context", "clusters"}
    cluster = next(entry for entry in document["clusters"] if entry["id"] == PLASTIPOLIS)
    assert cluster["type"] == "Cluster"
    assert cluster["name"] == "Plastipolis"
    assert cluster["country"]["name"] == "France"
    assert {figure["number"] for figure in cluster["figures"] if figure["counts"]["name"] == "members"} == {
        320,
        350,
        400,
    }
    assert {region.get("nutsCode") for region in cluster["region"]} == {"FRK"}
    assert all(figure["statedIn"]["name"] for figure in cluster["figures"])


def test_every_profile_has_a_graph_of_its_own(content: dict[str, bytes], whole: Package) -> None:
    quads = list(parse(content["profiles.nq"], format=RdfFormat.N_QUADS))
    graphs = {quad.graph_name.value.rpartition("/")[2] for quad in quads}
    assert graphs == {iri.rpartition("/")[2] for iri in things(whole)}
    mine = [quad for quad in quads if quad.graph_name.value.endswith("/plastipolis")]
    assert {"Pool-Net", "country/PRT"} == {
        "/".join(quad.object.value.split("/")[-2:]) for quad in mine if quad.subject.value.endswith("/pool-net")
    }, "of a partner, the graph has the name and the country only"


def test_a_profile_does_not_depend_on_the_others(graph: Graph, recipe: Recipe, content: dict[str, bytes]) -> None:
    alone = files(Package(graph, recipe, replace(ORIGIN, clusters=("Plastipolis",))))

    def branch(of_: dict[str, bytes]) -> object:
        return next(each for each in json.loads(of_["profiles.jsonld"])["clusters"] if each["id"] == PLASTIPOLIS)

    assert branch(alone) == branch(content)
    lines = content["profiles.nq"].splitlines()
    assert alone["profiles.nq"].splitlines() == [line for line in lines if b"/graph/eccp/plastipolis>" in line]


def test_how_many_are_validated_at_a_time_makes_no_difference(
    graph: Graph, recipe: Recipe, content: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "_PORTION", 1)
    assert files(Package(graph, recipe, ORIGIN)) == content


def test_a_profile_is_in_the_terms_of_org(content: dict[str, bytes]) -> None:
    store = Store()
    store.load(content["profiles.ttl"], format=RdfFormat.TURTLE)
    found = store.query(
        """SELECT ?kind ?partnership ?role { ?cluster a org:Organization ; org:classification/skos:prefLabel ?kind .
        ?membership a org:Membership ; org:member ?cluster ; org:organization/skos:prefLabel ?partnership ;
          org:role/skos:notation ?role FILTER (?cluster = organisation:plastipolis) }""",
        prefixes=PREFIXES,
    )
    assert ("cluster", "WIINTECH 2020", "coordinator") in {tuple(term.value for term in row) for row in found}


def test_the_table_has_a_row_for_each_cluster(content: dict[str, bytes], graph: Graph) -> None:
    table = rows(content["profiles.csv"])
    clusters = {row["c"].value for row in graph.select("SELECT ?c { ?c a cg:Cluster }")}
    assert [row["IRI"] for row in table] == sorted(clusters)
    row = of(table, "Plastipolis")
    assert (row["Country"], row["City"], row["Members"], row["SMEs"]) == ("France", "Oyonnax", "400", "220")
    assert row["Members: source"].endswith("Consortium partners in figures: Plastipolis")
    assert "Gold | 2013 | European Secretariat for Cluster Analysis" in row["Labels"]
    assert row["Labels"].count("Gold") == 1, "what says less about the same label is left out"
    assert "WIINTECH 2020 | coordinator" in row["Partnerships"]
    assert "Pool-Net | Portugal | cooperates with" in row["International cooperation"]
    assert "Auvergne-Rhône-Alpes | FRK" in row["Region"]
    assert of(table, "Cluj IT Cluster")["Founded"] == "2012"


def test_planned_labels_and_shares_stay_out_of_the_form(content: dict[str, bytes]) -> None:
    labels = of(rows(content["profiles.csv"]), "Pool-Net")["Labels"]
    assert "Gold | 2015" in labels
    assert "Gold;" not in labels, "the planned gold label"


def test_a_country_follows_from_the_region(content: dict[str, bytes]) -> None:
    assert of(rows(content["profiles.csv"]), "Flanders Make")["Country"] == "Belgium"


def test_the_workbook_has_the_table_the_code_lists_and_what_is_asked(content: dict[str, bytes]) -> None:
    book = load_workbook(io.BytesIO(content["profiles.xlsx"]))
    lines = [["" if cell is None else str(cell) for cell in line] for line in book["As exported"].values]
    assert lines == [*csv.reader(io.StringIO(content["profiles.csv"].decode("utf-8-sig")))]
    lists = {line[0]: line[4] for line in book["Code lists"].values}
    assert lists["Emerging industries"] is None
    assert "Aerospace & defence" in {line[2] for line in book["Code lists"].values}
    assert lists["Roles in an activity"] is None
    asked = {line[0] for line in book["Columns"].values}
    assert set(lines[0]) - {"IRI"} <= asked


def test_a_text_that_looks_like_a_formula_stays_a_text(
    codes: list[Quad], graph: Graph, recipe: Recipe, tmp_path: Path
) -> None:
    built = Package(small(codes, 'organisation:small cg:spelling "=1+1" .'), recipe, ORIGIN)
    written = files(built)
    book = load_workbook(io.BytesIO(written["profiles.xlsx"]))
    headings, row = [list(line) for line in book["Profiles"].iter_rows()]
    cell = row[[heading.value for heading in headings].index("Other names")]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    exported = rows(written["profiles.csv"])[0]["Other names"]
    assert exported == "'=1+1"
    read = intake.read(table(tmp_path, {"Name": "Small", "Other names": exported}), graph, recipe).said
    assert "=1+1" in {quad.object.value for quad in read}


def test_only_the_workbook_is_for_excel(content: dict[str, bytes]) -> None:
    assert not [name for name, data in content.items() if data.startswith(b"\xef\xbb\xbf")]


@pytest.mark.slow
def test_the_same_graph_gives_the_same_bytes(
    graph: Graph, recipe: Recipe, content: dict[str, bytes], tmp_path: Path
) -> None:
    again = Package(graph, recipe, ORIGIN)
    assert files(again) == content
    for folder in (tmp_path / "a", tmp_path / "b"):
        contents.write(again, folder)
    assert {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()
    }


# Nothing that no source says

STATED = re.compile(
    r"ontology/(region|place|founded|website|memberKind|service|\w*[fF]ocus|\w*Thematic|\w*Field|industry40Activity|targetMarket|strategicArea)>$"
)


def test_each_fact_of_a_profile_is_one_that_a_section_states(whole: Package, graph: Graph) -> None:
    facts = [
        q for line in whole.lines for q in parse(line, format=RdfFormat.N_QUADS) if STATED.search(str(q.predicate))
    ]
    assert len(facts) > 200
    said = "SELECT ?g { GRAPH ?g { %s %s %s } FILTER (?g != graph:inferred) } LIMIT 1"
    assert [str(q.triple) for q in facts if not list(graph.select(said % (q.subject, q.predicate, q.object)))] == []


def test_the_lists_of_the_platform_are_filled_from_matches_alone(
    codes: list[Quad], recipe: Recipe, content: dict[str, bytes]
) -> None:
    table = rows(content["profiles.csv"])
    assert {row[name] for row in table for name in ("Sectoral industries", "Technology fields")} == {""}, "not at hand"
    for name, short in (
        ("Emerging industries", "emerging-industry"),
        ("Industrial ecosystems", "industrial-ecosystem"),
    ):
        listed = {
            q.object.value for q in recipe.lists if f"/{short}/" in str(q.subject) and "prefLabel" in str(q.predicate)
        }
        assert len(listed) == {"emerging-industry": 10, "industrial-ecosystem": 14}[short]
        assert {text for row in table for (text,) in form.split(row[name])} <= listed
    assert of(table, "bwcon")["Markets as said"] == "energy; health; manufacturing; mobility"
    assert "Arena 42" not in str(of(table, "bwcon")), "an event is no technology"
    field = """PREFIX field: <https://w3id.org/clustergraph/scheme/field/>
      GRAPH s:reference { field:implants skos:prefLabel "implants"@en ; skos:broader field:medicine .
      field:medicine skos:closeMatch <https://w3id.org/clustergraph/scheme/emerging-industry/medical-devices> .
      <https://w3id.org/clustergraph/scheme/emerging-industry/medical-devices> skos:prefLabel "medical devices"@en ;
        skos:inScheme <https://w3id.org/clustergraph/scheme/emerging-industry> .
      <https://w3id.org/clustergraph/scheme/emerging-industry> skos:prefLabel "Emerging industries"@en . }"""
    active = "organisation:small cg:activeIn <https://w3id.org/clustergraph/scheme/field/implants> ."
    built = Package(small(codes, active, SMALL + field), recipe, ORIGIN)
    assert rows(files(built)["profiles.csv"])[0]["Emerging industries"] == "medical devices"
    assert built.violations == []
    assert "activeIn" not in str(triples_of(built)), "what is derived stays out"


def test_cooperation_counts_as_international_only_where_both_countries_are_known(content: dict[str, bytes]) -> None:
    table = rows(content["profiles.csv"])
    for row in table:
        assert not row["International cooperation"] or row["Country"]
        assert f"| {row['Country']} |" not in row["International cooperation"]
    cfi = of(table, "National Technology Cluster Fabbrica Intelligente (CFI)")
    assert (cfi["International cooperation"], cfi["Cooperation, country not known"]) == ("", "AFIL | connection")
    assert "FVEM | connection" in of(table, "ViaMéca")["Cooperation, country not known"]


def test_a_tie_that_is_not_mutual_is_told_of_its_party_alone(codes: list[Quad], recipe: Recipe) -> None:
    tie = """relationship:{} a cg:Relationship ; cg:party organisation:other ; cg:counterparty organisation:small ;
      cg:relationshipKind <https://w3id.org/clustergraph/scheme/relationship-kind/{}> ;
      cg:certainty certainty:stated ."""
    other = """organisation:other a cg:Organisation ; skos:prefLabel "Other"@en ; cg:country country:DEU .
      country:DEU a cg:Country ."""
    graph = small(codes, other + tie.format("one", "shareholder") + tie.format("two", "mou"))
    row = rows(files(Package(graph, recipe, ORIGIN))["profiles.csv"])[0]
    assert "shareholder" not in row["International cooperation"]
    assert row["International cooperation"].startswith("Other |")


def test_what_documents_note_by_the_way_is_no_description(codes: list[Quad], recipe: Recipe) -> None:
    own = """GRAPH s:reference { s:own a cg:Section ; skos:prefLabel "Own"@en ; cg:inDocument document:eccp-profiles . }
      GRAPH s:own { organisation:small dcterms:description "laser machining" . }"""
    graph = small(codes, 'organisation:small skos:note "pioneer of lasers" .', SMALL + own)
    assert rows(files(Package(graph, recipe, ORIGIN))["profiles.csv"])[0]["Description"] == "laser machining"


def test_two_profiles_of_one_cluster_name_each_other(whole: Package, content: dict[str, bytes]) -> None:
    table = rows(content["profiles.csv"])
    assert of(table, "Pool-Net")["Joint with"] == "Portuguese Engineering and Tooling Cluster"
    assert of(table, "Portuguese Engineering and Tooling Cluster")["Joint with"] == "Pool-Net"
    assert of(table, "microTEC Südwest")["Joint with"] == "microTEC Südwest (association)"
    for name in ("Pool-Net", "Portuguese Engineering and Tooling Cluster", "microTEC Südwest"):
        gaps = next(each for each in whole.assessments if each.name == name).gaps
        assert "Joint with" in {gap.column for gap in gaps if gap.kind is Kind.UNCERTAIN}, name


# Manifest and writing


def test_the_manifest_tells_counts_and_checksums(whole: Package, tmp_path: Path) -> None:
    contents.write(whole, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["release"] == ORIGIN.release
    assert manifest["conforms"] is True
    assert manifest["counts"]["profiles"] == len(whole.assessments)
    assert manifest["counts"]["triples"] == len(triples_of(whole))
    on_disk = {path.name for path in (tmp_path / "out").iterdir()} - {"manifest.json"}
    assert {entry["name"] for entry in manifest["files"]} == on_disk
    for entry in manifest["files"]:
        data = (tmp_path / "out" / entry["name"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["bytes"], entry["sha256"])


def test_the_report_is_one_of_shacl(content: dict[str, bytes], whole: Package) -> None:
    report = rdflib.Graph().parse(data=content["report.ttl"], format="turtle")
    results = list(report.subjects(rdflib.RDF.type, rdflib.SH.ValidationResult))
    assert len(results) >= len(whole.findings) > 0
    for result in results:
        for name in ("focusNode", "resultSeverity", "sourceShape", "sourceConstraintComponent", "resultMessage"):
            assert (result, rdflib.SH[name], None) in report, name
    # To SHACL nothing conforms that has any result; a package is held back by violations only.
    assert list(report.objects(None, rdflib.SH.conforms)) == [rdflib.Literal(False)]


@pytest.mark.parametrize(
    ("statements", "shape"),
    [
        ('organisation:small cg:website "no address" .', "address of a website in a profile"),
        ('organisation:small cg:eccpProfile "https://example.org/x"^^xsd:anyURI .', "address of a profile"),
        ('organisation:small cg:founded "long ago" .', "foundation in a profile"),
        ("organisation:small cg:thematicFocus theme:no-such-theme .", "field of a profile"),
        (figure("one", "members", "-3"), "figure of a profile"),
        ("organisation:small cg:region region:nowhere .", "region of a profile"),
        ("organisation:small cg:country country:DEU .", "country of a profile"),
        (AWARD.format("no", "stated"), "label of a profile"),
    ],
)
@pytest.mark.slow
def test_a_package_that_breaks_its_profile_is_not_written(
    codes: list[Quad], recipe: Recipe, statements: str, shape: str, tmp_path: Path
) -> None:
    built = Package(small(codes, statements), recipe, ORIGIN)
    assert shape in {finding.shape.label for finding in built.violations}
    with pytest.raises(BrokenPackageError, match="nothing is written"):
        contents.write(built, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    manifest = contents.write(built, tmp_path / "out", force=True)
    assert manifest["conforms"] is False
    assert manifest["findings"]["violation"] == len(list(built.violations))
    assert "Violation" in (tmp_path / "out" / "report.ttl").read_text()


def test_a_cluster_goes_by_one_name_without_a_tag_and_other_names_are_beside_it(
    codes: list[Quad], recipe: Recipe
) -> None:
    header = SMALL.replace('"Small"@en', '"Klein"@de, "SML"@und, "Petit"@fr')
    built = Package(small(codes, "organisation:small cg:spelling 'S.M.L.', 'SML' .", header), recipe, ORIGIN)
    of_it = [part.split(" ", 2)[1:] for part in triples_of(built) if "organisation/small> " in part.split("core#")[0]]
    names = sorted((predicate.rpartition("#")[2], name) for predicate, name in of_it if "Label>" in predicate)
    others = [("altLabel>", each) for each in ('"Klein"', '"Petit"', '"S.M.L."')]
    assert names == [*others, ("prefLabel>", '"SML"')]


@pytest.mark.parametrize("character", ["0001", "FFFE"])
def test_a_character_that_xml_cannot_hold_is_told_with_its_statement(
    codes: list[Quad], recipe: Recipe, character: str, tmp_path: Path
) -> None:
    odd = SMALL.replace('"Small"@en', f'"Sm\\u{character}all"@en')
    built = Package(small(codes, header=odd), recipe, ORIGIN)
    built.findings.clear()
    told = rf'organisation/small> .*"Sm\\u{character}all" holds the character U\+{character}.*; change the statement'
    with pytest.raises(XmlError, match=told):
        contents.write(built, tmp_path / "out")
    with pytest.raises(XmlError, match=told):
        contents.archive(built, tmp_path / "eccp.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_else_is_left_alone(whole: Package, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OccupiedFolderError, match="something else"):
        contents.write(whole, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "out", tmp_path / "file" / "below" / "out"):
        with pytest.raises(UnwritableError, match=f"cannot be made in {tmp_path / 'file'}; name another place"):
            contents.check_folder(folder)
    contents.check_folder(tmp_path / "new" / "below")


def test_an_older_package_is_replaced_whole_or_not_at_all(
    whole: Package, codes: list[Quad], recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    contents.write(whole, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    less = Package(small(codes), recipe, ORIGIN)
    monkeypatch.setattr(contents, "_triples", full_disk)
    with pytest.raises(OSError, match="no space"):
        contents.write(less, out)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    contents.write(less, out)
    assert json.loads((out / "manifest.json").read_text())["counts"]["profiles"] == 1


@pytest.mark.slow
def test_the_archive_holds_the_same_files_and_has_the_same_bytes(whole: Package, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        contents.archive(whole, tmp_path / name)
    data = (tmp_path / "one.zip").read_bytes()
    assert (tmp_path / "two.zip").read_bytes() == data
    contents.write(whole, tmp_path / "out")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        inside = {name.removeprefix("eccp/"): packed.read(name) for name in packed.namelist()}
    assert inside == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}


# What is asked for


def test_clusters_and_regions_are_found_by_name_and_code(graph: Graph, recipe: Recipe) -> None:
    def names(**asked: tuple[str, ...]) -> list[str]:
        built = Package(graph, recipe, replace(ORIGIN, **asked))
        return [assessment.name for assessment in built.assessments]

    assert names(clusters=("Poolnet", "bwcon")) == ["bwcon", "Pool-Net"]
    assert names(regions=("FRK",)) == ["Minalogic", "Plastipolis", "ViaMéca"]
    assert names(regions=("Germany",)) == ["bwcon", "microTEC Südwest"]
    assert names(regions=("FRK",), clusters=("Plastipolis",)) == ["Plastipolis"]


def test_who_is_not_known_is_told_the_nearest(graph: Graph, recipe: Recipe) -> None:
    with pytest.raises(QuestionError, match="Plastipolis"):
        Package(graph, recipe, replace(ORIGIN, clusters=("Plastipoli",)))
    with pytest.raises(NothingToExportError):
        Package(graph, recipe, replace(ORIGIN, clusters=("Plastipolis",), regions=("Germany",)))


@pytest.mark.slow
def test_what_is_later_than_the_day_is_left_out(codes: list[Quad], recipe: Recipe) -> None:
    new = """GRAPH s:reference { s:two a cg:Section ; skos:prefLabel "Two"@en ; cg:inDocument document:new .
      document:new a cg:Document ; skos:prefLabel "New"@en ; cg:issued "2020-05"^^xsd:gYearMonth . }"""
    statements = (
        figure("early", "members", "20", more='; cg:asOf "2015"^^xsd:gYear')
        + figure("late", "members", "30", more='; cg:asOf "2018"^^xsd:gYear')
        + "award:one a cg:LabelAward ; cg:holder organisation:small ; cg:label label:aei ;"
        ' cg:certainty certainty:stated ; cg:heldSince "2017"^^xsd:gYear .'
    )
    two = f"GRAPH s:two {{ organisation:small cg:spelling 'Tiny' . {figure('new', 'smes', '9')} }}"
    graph = small(codes, statements, SMALL + new + two)

    def row(as_of: str) -> dict[str, str]:
        return rows(files(Package(graph, recipe, on(as_of)))["profiles.csv"])[0]

    assert (row("")["Members"], row("")["SMEs"], row("")["Other names"]) == ("30", "9", "Tiny")
    assert (row("2016")["Members"], row("2016")["Labels"]) == ("20", "")
    assert (row("2018")["Members"], row("2018")["SMEs"], row("2018")["Other names"]) == ("30", "", "")
    assert "2017" in row("2017-06")["Labels"]
    assert row("2020-04")["SMEs"] == ""
    assert row("2020-05")["SMEs"] == "9"
    assert row("2020")["SMEs"] == "9", "a year ends with its last month"


@pytest.mark.slow
def test_a_package_as_of_a_day_says_what_it_leaves_out(graph: Graph, recipe: Recipe, tmp_path: Path) -> None:
    built = Package(graph, recipe, replace(ORIGIN, day="2016-01-01", as_of="2016-01-01"))
    then = {assessment.name for assessment in built.assessments}
    assert then >= {"Plastipolis", "Pool-Net"}
    assert "AFIL" not in then, "only the later document speaks of it"
    for name in ("gaps.md", "gaps.html"):
        text = files(built)[name].decode()
        assert "Used: WIINTECH 2020" in text, name
        assert "Left out, since later: 4 Motors" in text, name
        assert "Nothing was known then of: AFIL" in text, name
        assert "4M4IoF, " not in text, name
    manifest = contents.write(built, tmp_path / "out")
    assert [(each["issued"], each["left_out"]) for each in manifest["documents"]] == [("2015", False), ("2017", True)]
    assert "AFIL" in manifest["nothing_known_of"]
    assert b"graph/4m4iof" not in files(built)["profiles.nq"]


def test_a_day_before_all_documents_is_an_error_that_says_so(graph: Graph, recipe: Recipe) -> None:
    with pytest.raises(NothingToExportError, match=r"nothing was known of any cluster as of 2014.*earliest.*\(2015\)"):
        Package(graph, recipe, on("2014"))


@pytest.mark.slow
def test_a_day_after_all_documents_leaves_nothing_out(graph: Graph, recipe: Recipe, content: dict[str, bytes]) -> None:
    assert files(Package(graph, recipe, on("2030")))["profiles.nq"] == content["profiles.nq"]


@pytest.mark.parametrize(
    ("text", "day"), [("2016", date(2016, 12, 31)), ("2016-04", date(2016, 4, 30)), ("2016-04-02", date(2016, 4, 2))]
)
def test_a_day_by_which_to_judge(text: str, day: date) -> None:
    assert last_day(text) == day


# Gaps


def test_what_is_missing_undated_and_contradictory_is_a_gap(whole: Package) -> None:
    assessment = next(assessment for assessment in whole.assessments if assessment.thing == PLASTIPOLIS)
    found = {(gap.column, gap.kind) for gap in assessment.gaps}
    assert ("Website", Kind.MISSING) in found
    assert ("Members", Kind.UNDATED) in found
    assert ("Labels", Kind.OUTDATED) in found
    assert ("Notes of the editors", Kind.CONTRADICTION) in found
    members = next(gap for gap in assessment.gaps if (gap.column, gap.kind) == ("Members", Kind.CONTRADICTION))
    assert all(value in members.finding for value in ("400", "more than 320", "more than 350"))
    assert len(members.sources) == 3
    assert "Name" not in {gap.column for gap in assessment.gaps}


def test_what_is_not_known_is_nowhere_called_not_met(whole: Package, content: dict[str, bytes], tmp_path: Path) -> None:
    unmet = {
        (each.thing, str(rule))
        for each in whole.assessments
        for rule in each.judgements
        if rule.verdict is Verdict.NOT_MET
    }
    warned = {finding.focus.label for finding in whole.findings if finding.severity is Severity.WARNING}
    assert (unmet, warned) == (set(), set()), "no source says of any cluster that it does not meet a rule"
    assert b"warning" not in content["report.txt"].split(b"\n", 1)[1]
    for name in ("gaps.md", "gaps.csv", "gaps.html"):
        assert "rules waived" not in content[name].decode()
        assert "waived (by itself not known)" in content[name].decode()
    manifest = contents.write(whole, tmp_path / "out")
    afil = next(profile for profile in manifest["profiles"] if profile["name"] == "AFIL")
    assert afil["rules"]["At least 15 committed members"] == "not known"
    counted = manifest["counts"]["rules"]
    assert counted.keys() == {"met", "not known", "waived"}
    assert sum(counted.values()) == 4 * len(whole.assessments)


def test_too_few_members_are_warned_of(codes: list[Quad], recipe: Recipe) -> None:
    statements = figure("a", "members", "14") + 'organisation:small cg:websiteLanguage "fr"^^xsd:language .'
    found = Package(small(codes, statements), recipe, ORIGIN).findings
    assert {each.message for each in found if each.severity is Severity.WARNING} == {
        "At least 15 committed members are needed.", "The website needs an English version.",
    }  # fmt: skip


def test_contradictions_come_before_what_is_not_known(whole: Package, content: dict[str, bytes]) -> None:
    for each in whole.assessments:
        kinds = [list(Kind).index(gap.kind) for gap in each.gaps]
        assert kinds == sorted(kinds)
    assert (next(iter(Kind)), list(Kind)[-1]) == (Kind.CONTRADICTION, Kind.MISSING)
    of_one = content["gaps.md"].decode().partition("</a>Plastipolis")[2].partition("## <a")[0]
    table, _, unknown = of_one.partition("Not known:")
    assert "| contradiction |" in table
    assert "| not known |" not in table.partition("| column |")[2]
    assert "- Website: no source gives it." in unknown


def test_a_doubt_of_the_source_is_a_gap(whole: Package) -> None:
    assessment = next(assessment for assessment in whole.assessments if assessment.name == "AFIL")
    assert [gap.finding for gap in assessment.gaps if gap.kind is Kind.UNCERTAIN] == ["147 is ambiguous"]


def test_the_gap_reports_agree(whole: Package, content: dict[str, bytes]) -> None:
    table = rows(content["gaps.csv"])
    judged = whole.assessments
    assert sum(row["about"] == "profile" for row in table) == sum(len(assessment.gaps) for assessment in judged)
    assert sum(row["about"] == "admission" for row in table) == 5 * len(judged)
    for name in ("gaps.md", "gaps.html"):
        text = content[name].decode()
        assert all(assessment.thing in text for assessment in judged), name
        assert "Provisional: Sectoral industries" in text, name
    assert not re.search(r"(src|href)=\"(?!#|https://w3id\.org/)", content["gaps.html"].decode()), (
        "the page needs nothing else"
    )


def test_words_of_a_source_are_no_markup_in_the_reports(codes: list[Quad], recipe: Recipe) -> None:
    header = SMALL.replace('"Small"@en', '"<b>a|b</b>"@en')
    content = files(Package(small(codes, header=header), recipe, ORIGIN))
    assert "<b>" not in content["gaps.html"].decode()
    assert "a|b" not in content["gaps.md"].decode()


def value(text: str, sources: tuple[str, ...] = ("s",), **codes: str) -> Value:
    date_ = codes.pop("date", "")
    bound = codes.pop("bound", "exactly")
    parts = {"how exact": bound, "as of": date_, "certainty": codes.get("certainty", "stated")}
    return Value(text, parts, {"how exact": bound, "certainty": codes.get("certainty", "stated")}, sources)


MEMBERS = FormColumn("Members", "How many?", "", needed=True, fresh=2)


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ([value("10", certainty="ambiguous"), value("20")], "20"),
        ([value("10", date="2019"), value("20", date="2018-12")], "10"),
        ([value("10", date="2019"), value("20", date="2019-12")], "20"),
        ([value("10", date="2019"), value("20")], "10"),
        ([value("10", bound="more-than"), value("20")], "20"),
        ([value("10"), value("20", sources=("a", "b"))], "20"),
        ([value("100"), value("20")], "20"),
    ],
)
def test_one_of_several_values_is_given(values: list[Value], best: str) -> None:
    for order in (values, values[::-1]):
        assert form._in_order(order, MEMBERS)[0].text == best


def test_only_old_figures_are_out_of_date() -> None:
    def kinds(date_: str) -> set[Kind]:
        return {gap.kind for gap in assessment.find([MEMBERS], {"Members": [value("20", date=date_)]}, "2020-06-30")}

    assert kinds("2018") == set()
    assert kinds("2018-06-30") == set()
    assert kinds("2018-06-29") == {Kind.OUTDATED}
    assert kinds("2017") == {Kind.OUTDATED}
    assert kinds("") == {Kind.UNDATED}


# Admission


@pytest.mark.parametrize(
    ("statements", "judged"),
    [
        ("", Verdict.NOT_KNOWN),
        (figure("team", "management-team", "0.5"), Verdict.MET),
        (figure("team", "management-team", "0.4"), Verdict.NOT_MET),
        (figure("other", "members", "0.4"), Verdict.NOT_KNOWN),
    ],
)
def test_the_rule_on_the_management_team(codes: list[Quad], recipe: Recipe, statements: str, judged: Verdict) -> None:
    found = verdict(Package(small(codes, statements), recipe, ORIGIN), "team")
    assert found.verdict is judged
    assert bool(found.evidence) == (judged is not Verdict.NOT_KNOWN)


@pytest.mark.parametrize(
    ("statements", "judged"),
    [
        ("", Verdict.NOT_KNOWN),
        ('organisation:small cg:website "https://small.example"^^xsd:anyURI .', Verdict.NOT_KNOWN),
        ('organisation:small cg:websiteLanguage "de"^^xsd:language , "en"^^xsd:language .', Verdict.MET),
        ('organisation:small cg:websiteLanguage "de"^^xsd:language .', Verdict.NOT_MET),
    ],
)
def test_the_rule_on_the_website(codes: list[Quad], recipe: Recipe, statements: str, judged: Verdict) -> None:
    found = verdict(Package(small(codes, statements), recipe, ORIGIN), "website")
    assert found.verdict is judged
    assert all(evidence.source == "Small document, One" for evidence in found.evidence)
    assert bool(found.evidence) == bool(statements)


def test_the_language_of_a_website_is_judged_as_of_a_day(codes: list[Quad], recipe: Recipe) -> None:
    later = """GRAPH s:reference { s:two a cg:Section ; skos:prefLabel "Two"@en ; cg:inDocument document:new .
      document:new a cg:Document ; skos:prefLabel "New"@en ; cg:issued "2020"^^xsd:gYear . }
      GRAPH s:two { organisation:small cg:websiteLanguage "en"^^xsd:language }"""
    graph = small(codes, "", SMALL + later)
    for as_of, judged in (("2019", Verdict.NOT_KNOWN), ("2020", Verdict.MET)):
        assert verdict(Package(graph, recipe, on(as_of)), "website").verdict is judged


@pytest.mark.parametrize(
    ("statements", "judged"),
    [
        ("", Verdict.NOT_KNOWN),
        (figure("a", "members", "15"), Verdict.MET),
        (figure("a", "cluster-partners", "14", "more-than"), Verdict.NOT_KNOWN),
        (figure("a", "members", "14"), Verdict.NOT_MET),
        (figure("a", "members", "40", "less-or-equal"), Verdict.NOT_KNOWN),
        (figure("a", "members", "10", "less-or-equal"), Verdict.NOT_MET),
        (figure("a", "members", "20", "about-at-least"), Verdict.MET),
        (figure("a", "members", "40").replace("certainty:stated", "certainty:ambiguous"), Verdict.NOT_KNOWN),
        (figure("a", "smes", "40"), Verdict.NOT_KNOWN),
        (figure("a", "members", "14") + figure("b", "active-members", "16"), Verdict.MET),
    ],
)
def test_the_rule_on_members(codes: list[Quad], recipe: Recipe, statements: str, judged: Verdict) -> None:
    assert verdict(Package(small(codes, statements), recipe, ORIGIN), "members").verdict is judged


KINDS = "organisation:small cg:memberKind member-kind:{} ."
SHARE = "; cg:breakdown <https://w3id.org/clustergraph/scheme/member-kind/{}>"


@pytest.mark.parametrize(
    ("statements", "judged"),
    [
        ("", Verdict.NOT_KNOWN),
        (KINDS.format("smes") + KINDS.format("universities"), Verdict.MET),
        (KINDS.format("smes") + KINDS.format("big-companies"), Verdict.NOT_KNOWN),
        (KINDS.format("smes") + KINDS.format("other-organisations"), Verdict.NOT_KNOWN),
        (
            figure("a", "member-share", "70", more=SHARE.format("businesses"))
            + figure("b", "member-share", "30", more=SHARE.format("public-bodies")),
            Verdict.MET,
        ),
        (figure("a", "member-share", "100", more=SHARE.format("businesses")), Verdict.NOT_MET),
    ],
)
def test_the_rule_on_kinds_of_member(codes: list[Quad], recipe: Recipe, statements: str, judged: Verdict) -> None:
    assert verdict(Package(small(codes, statements), recipe, ORIGIN), "kinds").verdict is judged


@pytest.mark.parametrize(("end", "held"), [("2016", False), ("2017-02", False), ("2017-03", True), ("2017", True)])
def test_a_label_that_has_ended_waives_nothing(codes: list[Quad], recipe: Recipe, end: str, held: bool) -> None:
    kind = "gYear" if len(end) == 4 else "gYearMonth"
    graph = small(codes, AWARD.format("aei", f'stated ; cg:end "{end}"^^xsd:{kind}'))
    package = Package(graph, recipe, replace(ORIGIN, day="2017-03-28"))
    assert (package.assessments[0].admission == "waived by recognition") == held
    row = rows(files(package)["profiles.csv"])[0]
    assert bool(row["Labels"]) == held


def test_a_former_name_is_no_other_name(codes: list[Quad], recipe: Recipe) -> None:
    graph = small(codes, 'organisation:small cg:formerName "Old" ; cg:spelling "Old", "SMALL" .')
    assert rows(files(Package(graph, recipe, ORIGIN))["profiles.csv"])[0]["Other names"] == "SMALL"


def test_what_sources_say_is_not_called_after_lists_of_the_platform(recipe: Recipe) -> None:
    names = {name for name in recipe.context.document if name.endswith(("Industries", "Ecosystems"))}
    assert names == set(), "values of these lists are platformFields"


@pytest.mark.parametrize(
    ("statements", "waived"),
    [
        ("", False),
        (AWARD.format("aei", "stated"), True),
        (AWARD.format("catalonia-clusters-programme", "stated"), True),
        (AWARD.format("krajowy-klaster-kluczowy", "stated"), True),
        (AWARD.format("pole-de-competitivite", "stated"), True),
        (AWARD.format("aei", "ambiguous"), False),
        (AWARD.format("ecei-cluster-management-excellence", "stated"), False),
    ],
)
def test_the_rules_are_waived_for_recognised_clusters(
    codes: list[Quad], recipe: Recipe, statements: str, waived: bool
) -> None:
    built = Package(small(codes, statements), recipe, ORIGIN)
    assessment = built.assessments[0]
    assert {judgement.waived for judgement in assessment.rules} == {waived}
    assert (assessment.admission == "waived by recognition") == waived
    assert {judgement.verdict for judgement in assessment.rules} == {Verdict.NOT_KNOWN}, "the verdict itself stays"


def test_the_clusters_of_the_project_are_judged_with_evidence(whole: Package) -> None:
    judged = {
        assessment.name: {judgement.rule.name: judgement for judgement in assessment.judgements}
        for assessment in whole.assessments
    }
    assert judged["Plastipolis"]["members"].verdict is Verdict.MET
    assert {str(evidence).split(" [")[0] for evidence in judged["Plastipolis"]["members"].evidence} == {
        "exactly 400 members", "more than 320 members", "more than 350 members",
    }  # fmt: skip
    assert judged["AFIL"]["members"].verdict is Verdict.NOT_KNOWN, "147 has no unit"
    assert judged["bwcon"]["kinds"].verdict is Verdict.NOT_KNOWN, "all kinds named are companies"
    assert {name for name, rules in judged.items() if rules["team"].waived} == {
        "Centro Español de Plásticos", "Clúster Digital de Catalunya", "Portuguese Engineering and Tooling Cluster",
    }  # fmt: skip


# Code lists


def test_the_mapping_names_codes_that_there_are(recipe: Recipe, codes: list[Quad]) -> None:
    known = {quad.subject for quad in codes}
    assert {q.object for q in recipe.lists if q.predicate.value.endswith("narrowMatch")} - known == set()


def test_an_official_list_replaces_the_provisional_one_without_code(
    graph: Graph, recipe: Recipe, tmp_path: Path, project: Project
) -> None:
    folder = tmp_path / "eccp"
    shutil.copytree(project.eccp, folder)
    official = """
    @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
    @prefix s: <https://w3id.org/clustergraph/scheme/> .
    @prefix o: <https://w3id.org/clustergraph/scheme/eccp-sectoral-industry/> .
    @prefix t: <https://w3id.org/clustergraph/scheme/theme/> .
    o:plastics a skos:Concept ; skos:inScheme s:eccp-sectoral-industry ; skos:notation "38" ;
      skos:prefLabel "Plastics"@en ; skos:narrowMatch t:plastics-engineering , t:plastics-composites .
    o:wood a skos:Concept ; skos:inScheme s:eccp-sectoral-industry ; skos:notation "50" ; skos:prefLabel "Wood"@en .
    """
    text = (folder / "lists.ttl").read_text()
    block = re.compile(r"(s:eccp-sectoral-industry\n(?:    .*\n)*?    adms:status )state:UnderDevelopment")
    (folder / "lists.ttl").write_text(block.sub(r"\1state:Completed", text) + official)
    other = Recipe(folder, project.shapes.find("profiles/eccp.ttl"))
    built = Package(graph, other, replace(ORIGIN, clusters=("Plastipolis",)))
    content = files(built)
    row = rows(content["profiles.csv"])[0]
    assert row["Sectoral industries"] == "Plastics"
    assert built.violations == []
    left = [gap.finding for gap in built.assessments[0].gaps if gap.kind is Kind.UNLISTED]
    assert left == ["the source says: Polymer Industry"]
    assert "Sectoral industries" not in built.provisional
    lists = list(load_workbook(io.BytesIO(content["profiles.xlsx"]))["Code lists"].values)
    assert ("Sectoral industries", "50", "Wood", f"{SCHEME}eccp-sectoral-industry/wood", None) in lists
    # and the official value is read back as one of the values that it covers
    read = intake.read(table(tmp_path, {"Name": "AFIL", "Sectoral industries": "Plastics"}), graph, other).said
    assert {q.object.value for q in read if q.predicate.value.endswith("thematicFocus")} == {
        f"{SCHEME}theme/plastics-composites"
    }


# The way back


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project with the identity of things, but nothing that a document says."""
    root = tmp_path_factory.mktemp("empty")
    for folder in ("ontology", "shapes", "queries", "reference"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "data" / "reference").mkdir(parents=True)
    for name in ("organisations", "regions", "places", "activities"):
        shutil.copy(ROOT / "data" / "reference" / f"{name}.trig", root / "data" / "reference")
    run(root, "build")
    return root


def run(root: Path, *words: str) -> str:
    done = CliRunner().invoke(cli, ["--project", str(root), *words])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def facts(row: dict[str, str]) -> dict[str, str]:
    """A row without what is not read back."""
    apart = ("Joint with", "Emerging industries", "Industrial ecosystems")
    return {name: cell for name, cell in row.items() if not name.endswith("source") and name not in apart}


@pytest.mark.slow
def test_the_table_read_back_gives_the_same_facts(empty: Path, content: dict[str, bytes], tmp_path: Path) -> None:
    table = tmp_path / "profiles.csv"
    table.write_bytes(content["profiles.csv"])
    root = tmp_path / "project"
    shutil.copytree(empty, root, symlinks=True)
    run(root, "import", "eccp", str(table))
    run(root, "build")
    run(root, "export", "eccp", "--out", str(tmp_path / "out"))
    before, after = rows(content["profiles.csv"]), rows((tmp_path / "out" / "profiles.csv").read_bytes())
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        assert facts(old) == facts(new)
        assert not new["Members"] or new["Members: source"] == f"Cluster profiles, imported, Profile of {old['Name']}"


def test_the_workbook_is_read_as_the_csv(
    graph: Graph, recipe: Recipe, content: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands on its sheet of profiles, without the one of what was exported."""
    monkeypatch.setattr(intake._Register, "exported", lambda *_: {})
    (tmp_path / "profiles.xlsx").write_bytes(content["profiles.xlsx"])
    asked = [str(cell.value) for cell in load_workbook(tmp_path / "profiles.xlsx")["Profiles"][1]]
    with (tmp_path / "profiles.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, asked, extrasaction="ignore")
        table.writeheader()
        table.writerows(rows(content["profiles.csv"]))
    read = [set(intake.read(tmp_path / name, graph, recipe).said) for name in ("profiles.csv", "profiles.xlsx")]
    assert read[0] == read[1]
    assert len(read[0]) > 1000


def test_what_is_read_back_is_canonical_and_dated(graph: Graph, recipe: Recipe, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(
        "Name,Members,Members: as of,Members: how exact,Website,Website languages,Management team,Projects\n"
        "New Cluster,40,2026-01,at least,https://new.example,fr; en,2.5,Brand New | coordinator\n"
    )
    quads = intake.read(table, graph, recipe, "2026-11").said
    text = turtle.write(quads)
    assert list(parse(text.encode(), format=RdfFormat.TRIG))
    store = Store()
    store.extend([*read_all([*(ROOT / "ontology" / "schemes").glob("*.ttl")]), *quads])
    merge(store)
    store.update(
        "INSERT DATA { organisation:new-cluster a cg:Cluster . project:brand-new a cg:Project }", prefixes=PREFIXES
    )
    infer(store, ROOT / "queries" / "rules")
    built = Package(Graph(store, {}), recipe, ORIGIN)
    row = rows(files(built)["profiles.csv"])[0]
    assert row["IRI"] == f"{ID}organisation/new-cluster"
    assert (row["Members"], row["Members: as of"], row["Members: how exact"]) == ("40", "2026-01", "at least")
    assert (row["Website languages"], row["Management team"]) == ("en; fr", "2.5")
    assert row["Projects"] == "Brand New | coordinator"
    assert [verdict(built, name).verdict for name in ("team", "website", "members")] == [Verdict.MET] * 3
    assert [finding.reason() for finding in built.violations] == []


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"Country": "Frnce"}, "row 2 (X), Country: 'Frnce' is not known; did you mean 'France'"),
        ({"Members": "many"}, "row 2 (X), Members: 'many' is not a number"),
        ({"Founded": "May"}, "row 2 (X), Founded: 'May' is not a date"),
        ({"Website languages": "English"}, "row 2 (X), Website languages: 'English' is not the code of a language"),
        ({"Partnerships": "4M4IoF | bos"}, "row 2 (X), Partnerships: 'bos' is not known"),
        ({"Name": ""}, "row 2, Name: a row needs a name"),
        ({"IRI": f"{ID}project/x"}, "is not the IRI of an organisation"),
        ({"IRI": "example.org/x"}, "is not the IRI of an organisation"),
        ({"Name": "Иван"}, "gives no name for an IRI"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(
    graph: Graph, recipe: Recipe, cells: dict[str, str], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=re.escape(complaint)):
        intake.read(table(tmp_path, {"Name": "X", "City": "Lyon", **cells}), graph, recipe)


def test_all_wrong_cells_are_named_at_once(graph: Graph, recipe: Recipe, tmp_path: Path) -> None:
    path = table(tmp_path, {"Name": "X", "Founded": "May", "SMEs": "few"}, {"Name": "Y", "Country": "-"})
    with pytest.raises(SourceError, match=r"(?s)Founded.*SMEs.*row 3 \(Y\), Country"):
        intake.read(path, graph, recipe)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "no column Name"), ("Name,Membrs\nX,3\n", "no column 'Membrs'; did you mean 'Members'")],
)
def test_a_table_with_other_columns_is_refused(
    graph: Graph, recipe: Recipe, text: str, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=complaint):
        intake.read(path, graph, recipe)


def test_what_is_no_table_is_refused(graph: Graph, recipe: Recipe, tmp_path: Path) -> None:
    for name in ("t.csv", "t.xlsx"):
        (tmp_path / name).write_bytes(b"\xff\xfe\x00")
        with pytest.raises(SourceError, match="cannot be read"):
            intake.read(tmp_path / name, graph, recipe)
    (tmp_path / "t.csv").write_bytes(b"Name\nViam\xe9ca\n")
    with pytest.raises(SourceError, match=r"t\.csv:2: the table cannot be read: this is not UTF-8; save it as UTF-8"):
        intake.read(tmp_path / "t.csv", graph, recipe)


# The files that make a profile


def test_the_files_of_the_profile_are_canonical() -> None:
    for path in (ROOT / "queries/exports/eccp/lists.ttl", ROOT / "shapes/profiles/eccp.ttl"):
        text = path.read_text()
        assert turtle.canonical(text, RDF_FORMATS["turtle"]) == text, path.name


def test_every_shape_of_the_profile_is_named_and_says_what_to_do() -> None:
    shapes = Store()
    shapes.load((ROOT / "shapes/profiles/eccp.ttl").read_bytes(), format=RdfFormat.TURTLE)
    bare = shapes.query(
        """SELECT ?shape { VALUES ?kind { sh:NodeShape sh:PropertyShape } ?shape a ?kind
        FILTER (!isIRI(?shape)
          || NOT EXISTS { ?shape sh:name ?n ; sh:description ?d ; sh:message ?m ; sh:severity ?s }) }""",
        prefixes=PREFIXES,
    )
    assert [row["shape"].value for row in bare] == []
    names = [row["n"].value for row in shapes.query("SELECT ?n { ?s sh:name ?n }", prefixes=PREFIXES)]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_the_shapes_of_the_profile_find_nothing_in_the_graph_itself(store: Store, project: Project) -> None:
    kinds = store.query("ASK { ?x org:classification ?y }", prefixes=PREFIXES)
    assert not bool(kinds), "the shapes of the package have this property as their target"


def test_every_rule_has_a_query_for_its_evidence(recipe: Recipe, whole: Package) -> None:
    assert set(recipe.evidence) == {judgement.rule.name for judgement in whole.assessments[0].judgements}


def test_a_term_without_a_name_in_the_context_is_noticed() -> None:
    quad = Quad(*[parse("<a:s> <a:p> <a:o> .", format=RdfFormat.N_TRIPLES).__next__().triple][0], DefaultGraph())
    with pytest.raises(ClustergraphError, match="no name for a:p"):
        Tree([quad], JsonLdContext({"id": "@id", "type": "@type"}))


# The command


@pytest.mark.slow
def test_the_command_writes_a_package_and_says_what_is_wrong(empty: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(empty, root, symlinks=True)
    (root / "data" / "one").mkdir()
    text = HEADER + SMALL.replace(" ; cg:locatedIn country:FRA", "").replace("cg:Cluster", "cg:Organisation")
    (root / "data" / "one" / "small.trig").write_text(text)
    run(root, "build")
    told = run(root, "export", "eccp", "--out", str(tmp_path / "out"), "--cluster", "Small")
    assert "1 profiles" in told
    assert "rules: 4 not known\ngaps: " in told
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"profiles.ttl", "gaps.html", "manifest.json"}
    wrong = CliRunner().invoke(
        cli, ["--project", str(root), "export", "eccp", "--out", str(tmp_path / "x"), "--as-of", "May"]
    )
    assert wrong.exit_code == 2
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"@context": "x"}', '{"@context": [5]}', '{"@context": {"a": 5}}'])
def test_a_context_that_is_none_is_refused(project: Project, text: str, tmp_path: Path) -> None:
    folder = tmp_path / "eccp"
    shutil.copytree(project.eccp, folder)
    (folder / "context.jsonld").write_text(text)
    with pytest.raises(SourceError, match="the profile cannot be read"):
        Recipe(folder, project.shapes.find("profiles/eccp.ttl"))
