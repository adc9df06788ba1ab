"""The table of a package is handed out and read back: what is not touched changes nothing, a changed cell just that."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import Workbook, load_workbook
from pyoxigraph import NamedNode, Quad

from clustergraph.cli.main import cli
from clustergraph.eccp import contents, intake
from clustergraph.eccp.package import Package
from clustergraph.eccp.recipe import Recipe
from clustergraph.graph import Graph
from clustergraph.pipeline.project import Project
from clustergraph.rdf import turtle
from clustergraph.rdf.places import cells_file, cells_text
from clustergraph.rdf.reading import read_all
from clustergraph.terms import GRAPH, ID
from tests.eccp.test_package import HEADER, ORIGIN, ROOT, SMALL, figure, on, small

AFIL, BWCON = (NamedNode(f"{ID}organisation/{name}") for name in ("afil", "bwcon"))


@pytest.fixture(scope="module")
def recipe(project: Project) -> Recipe:
    return Recipe(project.eccp, project.shapes.find("profiles/eccp.ttl"))


@pytest.fixture(scope="module")
def codes(project: Project) -> list[Quad]:
    return list(read_all((project.ontology / "schemes").glob("*.ttl")))


@pytest.fixture(scope="module")
def exported(graph: Graph, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    contents.write_files(Package(graph, recipe, ORIGIN), folder)
    return folder


def edited(table: Path, target: Path, cells: dict[tuple[str, str], object]) -> Path:
    """Open a workbook, fill in cells that are named by cluster and heading, and save it."""
    book = load_workbook(table)
    headings, *rows = book["Profiles"].iter_rows()
    for row in rows:
        for heading, cell in zip(headings, row, strict=True):
            cell.value = cells.get((row[1].value, heading.value), cell.value)
    book.save(target)
    return target


def rewritten(table: Path, target: Path) -> Path:
    """Save a workbook as another program might: numbers are fractions, lines end in another way, nothing is styled."""
    book = Workbook()
    book.remove(book.active)
    for sheet in load_workbook(table).worksheets:
        page = book.create_sheet(sheet.title)
        for line in sheet.values:
            cells = list(line)
            while cells and cells[-1] is None:
                cells.pop()
            page.append(
                [
                    float(c) if isinstance(c, int) else c.replace("\n", "\r\n") if isinstance(c, str) else c
                    for c in cells
                ]
            )
    book.save(target)
    return target


def about(quads: dict[Quad, Any]) -> set[tuple[str, str]]:
    """Property and value of what is said in the sections of profiles, without what describes the sections."""
    return {
        (q.predicate.value.rpartition("/")[2].rpartition("#")[2], q.object.value.rpartition("/")[2])
        for q in quads
        if not q.graph_name.value.endswith("/sections")
    }


# Nothing was touched


@pytest.mark.parametrize("name", ["profiles.csv", "profiles.xlsx"])
def test_an_untouched_table_says_nothing(graph: Graph, recipe: Recipe, exported: Path, name: str) -> None:
    read = intake.read(exported / name, graph, recipe, "2026-11")
    assert (read.profiles, read.said, read.gone) == (18, {}, {})


@pytest.mark.slow
def test_a_workbook_that_is_saved_again_says_nothing(
    graph: Graph, recipe: Recipe, exported: Path, tmp_path: Path
) -> None:
    for save in (lambda old, new: edited(old, new, {}), rewritten):
        table = save(exported / "profiles.xlsx", tmp_path / "again.xlsx")
        read = intake.read(table, graph, recipe)
        assert (read.profiles, read.said, read.gone) == (18, {}, {})


def test_a_workbook_says_what_is_new_since_it_was_exported(codes: list[Quad], recipe: Recipe, tmp_path: Path) -> None:
    contents.write_files(Package(small(codes, figure("a", "members", "20")), recipe, ORIGIN), tmp_path)
    later = small(codes, figure("a", "members", "30"))
    assert intake.read(tmp_path / "profiles.xlsx", later, recipe).said == {}, "it does not take back what came later"
    assert ("value", "20") in about(intake.read(tmp_path / "profiles.csv", later, recipe).said), "a CSV cannot tell"


def test_a_workbook_as_of_a_day_says_nothing_either(codes: list[Quad], recipe: Recipe, tmp_path: Path) -> None:
    graph = small(codes, figure("a", "members", "20", more='; cg:asOf "2018"^^xsd:gYear') + figure("b", "smes", "9"))
    contents.write_files(Package(graph, recipe, on("2016")), tmp_path)
    assert intake.read(tmp_path / "profiles.xlsx", graph, recipe).said == {}


# Cells are changed


def test_a_changed_cell_changes_just_that(graph: Graph, recipe: Recipe, exported: Path, tmp_path: Path) -> None:
    services = "accelerator programs\nidea factory workshops for students\nInnovation Forum; Training"
    cells = {("AFIL", "Members"): 150, ("AFIL", "Founded"): "2013", ("bwcon", "Services"): services}
    read = intake.read(edited(exported / "profiles.xlsx", tmp_path / "t.xlsx", cells), graph, recipe)
    assert about({q: None for q in read.said if q.graph_name.value.endswith("/afil")}) == {
        ("founded", "2013"), ("type", "Figure"), ("subject", "afil"), ("measure", "members"), ("value", "150"),
        ("unit", "count"), ("bound", "exactly"), ("certainty", "stated"),
    }, "a new number is stated, whatever the old one was"  # fmt: skip
    assert about({q: None for q in read.said if q.graph_name.value.endswith("/bwcon")}) == {("service", "training")}
    assert {q.graph_name.value for q in read.said} == {f"{GRAPH}eccp/{name}" for name in ("afil", "bwcon", "sections")}
    assert {q.object.value.rpartition("/")[2] for q in read.gone if q.subject == BWCON} == {
        "opportunity-recognition-workshops", "screening-of-business-ideas", "summer-academies",
        "virtual-business-incubator",
    }  # fmt: skip


def test_a_number_is_confirmed_by_its_date(graph: Graph, recipe: Recipe, exported: Path, tmp_path: Path) -> None:
    table = edited(exported / "profiles.xlsx", tmp_path / "t.xlsx", {("AFIL", "Members: as of"): "2026-11"})
    said = about(intake.read(table, graph, recipe).said)
    assert said >= {("value", "147"), ("asOf", "2026-11"), ("certainty", "stated")}


def test_a_table_with_few_columns_leaves_the_others(graph: Graph, recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Name,Founded\nAFIL,2013\n")
    read = intake.read(tmp_path / "t.csv", graph, recipe)
    assert (about(read.said), read.gone) == ({("founded", "2013")}, {})


def test_a_wrong_cell_is_refused_only_where_it_was_changed(codes: list[Quad], recipe: Recipe, tmp_path: Path) -> None:
    statement = "organisation:small cg:memberKind member-kind:smes ."
    contents.write_files(Package(small(codes, statement), recipe, ORIGIN), tmp_path)
    without = [quad for quad in codes if not quad.subject.value.endswith("member-kind/smes")]
    assert intake.read(tmp_path / "profiles.xlsx", small(without, statement), recipe).said == {}


IDENTIFIERS = """organisation:small adms:identifier identifier:pic-999999999, identifier:vat-fr12345678901 .
  identifier:pic-999999999 a adms:Identifier ; cg:identifierScheme identifier-scheme:pic ; skos:notation "999999999" .
  identifier:vat-fr12345678901 a adms:Identifier ; cg:identifierScheme identifier-scheme:vat ;
    skos:notation "FR12345678901" . organisation:small cg:eccpProfile "https://example.org/small"^^xsd:anyURI ."""


def test_identifiers_are_columns_and_read_back(codes: list[Quad], recipe: Recipe, tmp_path: Path) -> None:
    graph = small(codes, IDENTIFIERS)
    contents.write_files(Package(graph, recipe, ORIGIN), tmp_path)
    page = load_workbook(tmp_path / "profiles.xlsx")["Profiles"]
    row = dict(zip(*page.values, strict=True))
    names = ("PIC", "VAT number", "LEI", "ROR", "Wikidata", "ECCP profile")
    assert [row[name] for name in names] == [
        999999999, "FR12345678901", None, None, None, "https://example.org/small"
    ], "the identifier that follows from an address is no second value"  # fmt: skip
    assert intake.read(tmp_path / "profiles.xlsx", graph, recipe).said == {}
    cells: dict[tuple[str, str], object] = {
        ("Small", "PIC"): "999 999 999",
        ("Small", "VAT number"): "FR12345678901\nDE123456789",
        ("Small", "LEI"): "529900T8BM49AURSDO55",
        ("Small", "ROR"): "https://ror.org/05a28rw58",
        ("Small", "Wikidata"): "https://www.wikidata.org/wiki/Q42",
    }
    table = edited(tmp_path / "profiles.xlsx", tmp_path / "t.xlsx", cells)
    said = {q for q in intake.read(table, graph, recipe).said if q.graph_name.value == f"{GRAPH}eccp/small"}
    assert {q.object.value for q in said if q.predicate.value.endswith("notation")} == {
        "DE123456789", "529900T8BM49AURSDO55", "05a28rw58", "Q42"
    }  # fmt: skip
    again = small(codes, IDENTIFIERS, SMALL + turtle.write(said))
    contents.write_files(Package(again, recipe, ORIGIN), tmp_path)
    for name in ("profiles.csv", "profiles.xlsx"):
        assert intake.read(tmp_path / name, again, recipe).said == {}


# What was read before


@pytest.mark.slow
def test_what_was_read_before_stays(graph: Graph, recipe: Recipe, exported: Path, tmp_path: Path) -> None:
    target = tmp_path / "profiles.trig"

    def take(name: str, cells: dict[tuple[str, str], object], issued: str = "") -> set[tuple[str, str]]:
        table = edited(exported / "profiles.xlsx", tmp_path / name, cells)
        quads = intake.read(table, graph, recipe, issued).merged(target)
        target.write_text(turtle.write(quads))
        cells_file(target).write_text(cells_text(target, quads))
        return about(quads)

    assert ("value", "150") in take("one.xlsx", {("AFIL", "Members"): 150}, "2026-10")
    second = take("two.xlsx", {("bwcon", "Founded"): "1998"})
    assert second >= {("value", "150"), ("founded", "1998")}
    third = take("three.xlsx", {("AFIL", "Members"): 160})
    assert third >= {("value", "160"), ("founded", "1998")}
    assert ("value", "150") not in third, "a number that is given again replaces the one before"
    text = target.read_text()
    assert "2026-10" in text
    assert "two.xlsx" in cells_file(target).read_text(), "what stays still says which cell it comes from"


@pytest.mark.slow
def test_the_command_says_that_nothing_has_changed(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for folder in ("ontology", "shapes", "queries", "reference"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "data" / "one").mkdir(parents=True)
    (root / "data" / "one" / "small.trig").write_text(
        HEADER + SMALL.replace(" ; cg:locatedIn country:FRA", "").replace("a cg:Cluster", "a cg:Organisation")
    )
    out, data = tmp_path / "out", root / "data" / "eccp"

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, ["--project", str(root), *words])
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    run("build")
    run("export", "eccp", "--out", str(out))
    for name in ("profiles.xlsx", "profiles.csv"):
        assert "nothing has changed, and nothing is written" in run("import", "eccp", str(out / name))
        assert not data.exists()
    table = edited(out / "profiles.xlsx", tmp_path / "t.xlsx", {("Small", "Members"): 40, ("Small", "Founded"): "2013"})
    assert "new statements" in run("import", "eccp", str(table))
    first = {path.name: path.read_bytes() for path in data.iterdir()}
    run("build")
    run("export", "eccp", "--out", str(out))
    row = load_workbook(out / "profiles.xlsx")["Profiles"]
    shown = dict(zip(*row.values, strict=True))
    assert (shown["Members"], shown["Founded"]) == (40, 2013)
    assert "nothing has changed" in run("import", "eccp", str(out / "profiles.xlsx"))
    assert {path.name: path.read_bytes() for path in data.iterdir()} == first


# The workbook


def test_the_workbook_is_easy_to_fill_in(exported: Path) -> None:
    book = load_workbook(exported / "profiles.xlsx")
    page = book["Profiles"]
    headings = {cell.value: cell for cell in page[1]}
    assert not [name for name in headings if name.endswith((": source", ": certainty", ": counted as"))]
    assert page.column_dimensions["A"].hidden, "the IRI"
    assert (page.freeze_panes, page.auto_filter.ref) == ("C2", page.dimensions)
    assert all(headings[name].comment for name in headings if ":" not in name and name != "IRI")
    assert "Region | code" in headings["Region"].comment.text
    assert book["As exported"].sheet_state == "hidden"
    assert "several values" in str([*book["How to fill in"].values]).lower()
    assert "At least 15 committed members" in str([*book["Admission and gaps"].values])
    roles = page.cell(2, headings["S3 priorities"].column).value
    assert len(roles.splitlines()) == 11
    assert ";" not in roles


def test_code_lists_are_choices(exported: Path) -> None:
    book = load_workbook(exported / "profiles.xlsx")
    letters = {cell.column_letter: cell.value for cell in book["Profiles"][1]}
    rules = {
        letters[str(rule.sqref).partition("2:")[0]]: rule for rule in book["Profiles"].data_validations.dataValidation
    }

    def choices(heading: str) -> list[object]:
        first, last = rules[heading].formula1.partition("!")[2].replace("$", "").split(":")
        return [cell.value for (cell,) in book["Code lists"][first:last]]

    assert rules["Country"].showErrorMessage, "a country of the list, and nothing else"
    assert {"France", "Tunisia"} <= set(choices("Country"))
    assert set(choices("Members: how exact")) >= {"about", "at least", "at most", "exactly", "more than"}
    assert "universities" in choices("Kinds of member")
    assert not rules["Kinds of member"].showErrorMessage, "several, each on a line"
    assert "Emerging industries" not in letters.values(), "they follow from the fields"
