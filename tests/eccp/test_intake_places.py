"""Findings about what was imported from a table name its rows and columns."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook
from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.cli.main import cli
from clustergraph.errors import SheetCell, SourceError, Where
from clustergraph.rdf.places import Places, cells_file, cells_of, cells_text
from clustergraph.shacl.findings import Finding, Named, Severity
from clustergraph.shacl.reports import FORMATS, write

ROOT = Path(__file__).parents[2]
TABLE = """Name,Members,Members: as of,Website,City
New Cluster,40,2026-01,https://new.example,Lyon
"A name of
two lines",40,,https://two.example,Lyon

Plastipolis,400,2024-01,not an address,
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for folder in ("ontology", "shapes", "queries", "reference"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "data" / "reference").mkdir(parents=True)
    for name in ("organisations", "regions", "places", "activities"):
        shutil.copy(ROOT / "data" / "reference" / f"{name}.trig", root / "data" / "reference")
    assert run(root, "build").exit_code == 0
    return root


def run(root: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--project", str(root), *words])


def tables(folder: Path) -> tuple[Path, Path]:
    plain, excel = folder / "profiles.csv", folder / "profiles.xlsx"
    plain.write_text(TABLE)
    book = Workbook()
    book.active.title = "Profiles"
    for row in csv.reader(TABLE.splitlines(keepends=True)):
        book.active.append(row)
    book.save(excel)
    return plain, excel


@pytest.mark.slow
def test_an_import_says_in_which_cell_a_fault_is(built: Path, tmp_path: Path) -> None:
    plain, excel = tables(tmp_path)
    done = run(built, "import", "eccp", str(plain))
    assert done.exit_code == 1, done.output
    assert "row 5, column Website: violation Plastipolis" in done.output
    assert "    6 | Plastipolis,400" in done.output
    assert "row 2," not in done.output
    done = run(built, "import", "eccp", str(excel))
    assert done.exit_code == 1
    assert "sheet Profiles, row 5, column Website: violation Plastipolis" in done.output


@pytest.mark.slow
def test_later_findings_name_the_cell_too(built: Path, tmp_path: Path) -> None:
    plain, _ = tables(tmp_path)
    run(built, "import", "eccp", str(plain), "--no-validate")
    done = CliRunner().invoke(cli, ["--project", str(built), "validate", "--format", "json"])
    assert done.exit_code == 1
    (found,) = [each for each in json.loads(done.stdout)["findings"] if each["severity"] == "violation"]
    assert (found["cell"], found["line"]) == ({"row": 5, "column": "Website", "sheet": ""}, 6)
    assert found["file"].endswith("profiles.csv")


@pytest.mark.slow
def test_a_wrong_identifier_is_told_by_form_and_check_digits(built: Path, tmp_path: Path) -> None:
    table = tmp_path / "profiles.csv"
    table.write_text("Name,PIC,VAT number,LEI,ROR\nPlastipolis,99999,FR12345678901,529900T8BM49AURSDO56,05a82rw58\n")
    done = run(built, "import", "eccp", str(table))
    assert done.exit_code == 1, done.output
    assert "row 2, column PIC: violation" in done.output
    assert "This is no Participant Identification Code (PIC), whose form is [0-9]{9}" in done.output
    for column in ("LEI", "ROR"):
        assert f"row 2, column {column}: violation" in done.output
    assert done.output.count("The last two digits of this identifier do not fit what is before them") == 2
    assert "column VAT number" not in done.output


@pytest.mark.slow
def test_good_tables_are_taken(built: Path, tmp_path: Path) -> None:
    plain, _ = tables(tmp_path)
    plain.write_text(TABLE.replace("not an address", "https://plastipolis.example"))
    done = run(built, "import", "eccp", str(plain))
    assert (done.exit_code, "clustergraph build" in done.output) == (0, True), done.output


def test_what_has_been_edited_since_has_its_own_line(tmp_path: Path) -> None:
    data, table = tmp_path / "a.ttl", tmp_path / "t.csv"
    data.write_text("<e:a> <e:p> 1 .\n<e:a> <e:q> 2 .\n")
    subject, p, q = (NamedNode(f"e:{name}") for name in "apq")
    beside = cells_text(data, {Quad(subject, p, Literal(1)): Where(table, 3, cell=SheetCell(3, "P"))})
    cells_file(data).write_text(beside)
    places = Places([data], "")
    found = places.find(subject, p, Literal(1))
    assert (str(found.cell), found.path.resolve()) == ("row 3, column P", table.resolve())
    assert places.find(subject, q, Literal(2)) == Where(data, 2, 13)
    assert places.find(subject).cell == SheetCell(3, "P")


@pytest.mark.parametrize("text", ["", "statement\nnonsense\n", "table,row,column,sheet,line,statement\nt,x,,,,<e:a>\n"])
def test_a_file_of_cells_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    data = tmp_path / "a.ttl"
    cells_file(data).write_text(text)
    if not text:
        assert cells_of(data) == {}
        return
    with pytest.raises(SourceError, match=r"a\.ttl\.cells\.csv: .*import the table again"):
        cells_of(data)


@pytest.mark.parametrize("format_", FORMATS)
def test_every_report_names_the_cell(format_: str) -> None:
    named = Named(NamedNode("e:a"), "a")
    where = Where(Path("profiles.xlsx"), cell=SheetCell(12, "Members", "Profiles"))
    report = write([Finding(Severity.VIOLATION, named, "Mend it.", named, where=where)], format_)
    assert "12" in report
    assert "Members" in report
    assert "None" not in report
