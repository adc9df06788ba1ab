"""The first draft of a profile: it imports at once where nothing is ambiguous, and else asks."""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from clustergraph.imports.ambiguity import Ambiguity
from clustergraph.imports.cells import Column
from clustergraph.imports.rows import Dialect
from clustergraph.imports.sketch import look
from clustergraph.imports.sketch import metadata as metadata_text
from tests.commands import run

LISTS = Path(__file__).parent / "lists"
LANGUAGES = ("en", "fr", "de", "it", "es", "pt", "pl", "da")
REMARKS = {
    "Remarks",
    "Remarques",
    "Bemerkungen",
    "Osservazioni",
    "Observaciones",
    "Observações",
    "Uwagi",
    "Bemærkninger",
}
LICENCE = "write who publishes the file, and its licence"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "clustergraph.toml").write_text("")
    return tmp_path


def sketched(project: Path, file: Path, *options: str) -> str:
    done = run(project, "import", "--sketch", str(file), "--name", "listed", *options)
    assert done.returncode == 0, done.stderr
    return done.stderr


def imported(project: Path, file: Path) -> list[str]:
    """Import a file with its draft, and return the statements, without the graph."""
    done = run(project, "import", "listed", str(file), "--processes", "1")
    assert done.returncode == 0, done.stderr
    lines = gzip.decompress((project / "data" / "imports" / "listed.nq.gz").read_bytes()).decode().splitlines()
    return [line.partition(" <https://w3id.org/clustergraph/graph/")[0] for line in lines]


def values(statements: list[str], name: str) -> list[str]:
    """Return the values of a property of ours, as they are written."""
    return sorted(line.partition(f"/{name}> ")[2].partition("^^")[0] for line in statements if f"/{name}> " in line)


def metadata(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / "imports" / "listed" / "metadata.json").read_text("utf-8"))
    return found["tables"][0]


def answered(project: Path, answer: str) -> None:
    path = project / "imports" / "listed" / "metadata.json"
    path.write_text(
        path.read_text("utf-8").replace('"schema:acceptedAnswer": ""', f'"schema:acceptedAnswer": "{answer}"')
    )


def written(project: Path, text: str, encoding: str = "utf-8") -> Path:
    (project / "listed.csv").write_bytes(text.encode(encoding))
    return project / "listed.csv"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_of_clusters_is_imported_with_its_draft(project: Path, language: str) -> None:
    file = LISTS / f"clusters-{language}.csv"
    said = sketched(project, file)
    assert [line for line in said.splitlines() if line.startswith("to do") and LICENCE not in line] == []
    (table,) = look(file, {})
    assert {column.heading for column in table.columns if not column.means} <= REMARKS
    statements = imported(project, file)
    assert (
        len(values(statements, "website"))
        == len(values(statements, "founded"))
        == len(values(statements, "place"))
        == 3
    )
    assert sum("organisation-kind/cluster>" in line for line in statements) == 3
    assert len(values(statements, "value")) == 6
    assert max(int(value.strip('"')) for value in values(statements, "value")) > 100
    assert not any(name in line for line in statements for name in ("Beispiel", "Example", "Exemple", "Ejemplo"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_of_operations_is_imported_with_its_draft(project: Path, language: str) -> None:
    file = LISTS / f"operations-{language}.csv"
    said = sketched(project, file)
    assert [line for line in said.splitlines() if line.startswith("to do") and LICENCE not in line] == []
    (table,) = look(file, {})
    assert [column.heading for column in table.columns if not column.means] == []
    statements = imported(project, file)
    assert values(statements, "value") == ['"120000.5"', '"40"', '"50"', '"88000"']
    assert len(values(statements, "start")) == len(values(statements, "participant")) == 2
    assert '"2019-09-30"' in values(statements, "end")


def test_what_a_cell_says_that_fits_nothing_is_kept_as_a_note(project: Path) -> None:
    sketched(project, file := LISTS / "clusters-de.csv")
    notes = [line for line in imported(project, file) if "/terms/description>" in line]
    assert any('"Bemerkungen: Tagt jährlich"' in line for line in notes)


def test_thousands_that_look_like_decimals_are_a_question_that_the_import_waits_for(project: Path) -> None:
    file = written(project, "Projekttitel;Gesamtkosten (EUR)\nSäge;1.234\nKai;5.678\n")
    assert "column 'Gesamtkosten (EUR)': what is '1.234'?" in sketched(project, file)
    done = run(project, "import", "listed", str(file))
    assert done.returncode == 2
    assert "a question is open: column 'Gesamtkosten (EUR)': what is '1.234'?" in done.stderr
    assert 'write "1.234" or "1234" as "schema:acceptedAnswer" there' in done.stderr
    answered(project, "1234")
    assert values(imported(project, file), "value") == ['"1234"', '"5678"']


def test_the_order_of_day_and_month_is_a_question(project: Path) -> None:
    file = written(project, "Project title,Start date\nSaw,01/02/2014\nQuay,03/04/2015\n")
    assert "what is '01/02/2014'?" in sketched(project, file)
    answered(project, "2014-01-02 (M/d/yyyy)")
    assert values(imported(project, file), "start") == ['"2014-01-02"', '"2015-03-04"']


def test_the_encoding_is_a_question_where_several_give_words(project: Path) -> None:
    file = written(project, "Klyngens navn;Land\nVækst;Danmark\n", "windows-1252")
    assert r"the file is not in UTF-8: which word is V\xe6kst?" in sketched(project, file)
    assert run(project, "import", "listed", str(file)).returncode == 2
    answered(project, "Vækst (windows-1252)")
    assert any('"Vækst"' in line for line in imported(project, file))


def test_the_currency_is_a_question_where_nothing_tells_it(project: Path) -> None:
    file = written(project, "Projekttitel;Budget\nSav;1.000,50\n")
    assert "in which currency are the amounts of 'Budget'?" in sketched(project, file)
    answered(project, "Danish krone")
    assert any("unit/dkk>" in line for line in imported(project, file))


def test_the_currency_in_a_heading_is_that_of_amounts(project: Path) -> None:
    file = written(project, "Tytuł projektu;Wartość ogółem (PLN)\nHala;1 000,50\nMost;2 500,00\n")
    assert "in which currency" not in sketched(project, file)
    amounts = [line for line in imported(project, file) if "/ontology/unit>" in line]
    assert amounts
    assert all("unit/pln>" in line for line in amounts)


def test_a_separator_that_is_not_clear_has_to_be_given(project: Path) -> None:
    file = written(project, "Name,Land;Ort\nA,B;C\n")
    done = run(project, "import", "--sketch", str(file))
    assert (done.returncode, "the separator is not clear" in done.stderr) == (2, True)
    sketched(project, file, "--delimiter", ";")
    assert metadata(project)["dialect"]["delimiter"] == ";"


def test_the_country_of_all_rows_can_be_given(project: Path) -> None:
    file = written(project, "Nom du pôle;Ville\nPôle Imaginaire;Pau\n")
    assert "no column tells the country" in sketched(project, file)
    shutil.rmtree(project / "imports")
    sketched(project, file, "--country", "France")
    assert values(imported(project, file), "country") == [
        "<http://publications.europa.eu/resource/authority/country/FRA>"
    ]


def test_headings_below_a_title_and_in_two_rows_are_found(project: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (
        ["Clusters of Nowhere", None, None],
        [],
        ["Cluster name", "Seat", None],
        [None, "Town", "Country"],
        ["Invented Cluster", "Dublin", "Ireland"],
    ):
        sheet.append(cells)
    sheet.merge_cells("B3:C3")
    book.save(project / "listed.xlsx")
    sketched(project, project / "listed.xlsx")
    assert metadata(project)["dialect"] == {"headerRowCount": 2, "skipRows": 2}
    statements = imported(project, project / "listed.xlsx")
    assert any('"Invented Cluster"' in line for line in statements)
    assert len(values(statements, "place")) == 1


def test_a_file_without_headings_is_asked_about(project: Path) -> None:
    file = written(project, "Invented Cluster;https://one.example.org;2004\nOther Cluster;www.two.example.org;2010\n")
    assert "are these headings, or is it a row of data?" in sketched(project, file)
    answered(project, "yes")
    path = project / "imports" / "listed" / "metadata.json"
    text = path.read_text("utf-8").replace('"schema:acceptedAnswer": "yes"', '"schema:acceptedAnswer": "data"', 1)
    path.write_text(text)
    assert any('"Other Cluster"' in line for line in imported(project, file))


def test_who_is_asked_gives_the_answer() -> None:
    asked: list[Ambiguity] = []

    def answer(question: Ambiguity) -> str:
        asked.append(question)
        return list(question.answers)[-1]

    (table,) = look(LISTS / "ambiguous.csv", {}, answer)
    assert [each.text for each in asked] == ["column 'Total cost (EUR)': what is '1.234'?"]
    assert table.means["total_cost"].found.members["datatype"]["format"] == {"decimalChar": ",", "groupChar": "."}
    assert table.means["total_cost"].found.questions == []


def test_a_profile_that_is_there_is_never_written_over(project: Path) -> None:
    sketched(project, LISTS / "clusters-de.csv")
    done = run(project, "import", "--sketch", str(LISTS / "clusters-fr.csv"), "--name", "listed")
    assert (done.returncode, "there is a profile already" in done.stderr) == (2, True)


def test_rows_without_a_name_are_told_and_do_not_stop_an_import(project: Path) -> None:
    file = written(project, "Cluster name,Remarks\nInvented Cluster,\n,Sources: none\n")
    assert "1 of 2 rows have no 'Cluster name', and say nothing" in sketched(project, file)
    statements = imported(project, file)
    assert len({line.partition(" ")[0] for line in statements if not line.startswith("#")}) == 1


def test_the_words_of_a_row_are_no_headings_because_one_of_them_is_known(project: Path) -> None:
    file = written(project, "code,label\nFIN,Finland\nEND,Endland\n")
    assert "are they organisations with the names in" in sketched(project, file)
    assert [column["titles"] for column in metadata(project)["tableSchema"]["columns"]] == ["code", "label"]


def plain_value(value: Any) -> list[str]:
    """Return what another reader of CSVW has read, as we write it."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [text for each in value for text in plain_value(each)]
    if isinstance(value, Decimal):
        return [f"{value.normalize():f}"]
    if isinstance(value, datetime):
        return [value.date().isoformat()]
    return [value.unsplit() if hasattr(value, "unsplit") else str(value)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["clusters", "operations"])
def test_another_reader_of_csvw_reads_the_same_with_a_draft(tmp_path: Path, kind: str, language: str) -> None:
    csvw = pytest.importorskip("csvw")
    file = LISTS / f"{kind}-{language}.csv"
    (table,) = look(file, {})
    (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "metadata.json").write_text(metadata_text("Listed", [table]), "utf-8")
    theirs = list(csvw.TableGroup.from_file(tmp_path / "metadata.json").tables[0].iterdicts(strict=False))
    columns = [Column.from_csvw(column.member()) for column in table.columns if not column.found.members.get("virtual")]
    rows = list(table.table.read_as(Dialect.from_csvw(table.dialect)).rows())
    assert len(rows) == len(theirs)
    for row, read in zip(rows, theirs, strict=True):
        cells = zip(columns, row.cells, strict=True)
        ours = {column.name: [each.value for each in column.read(text)] for column, text in cells}
        ours["website"] = [each.removeprefix("http://") for each in ours.get("website", [])]
        assert ours == {"website": [], **{name: plain_value(value) for name, value in read.items() if name in ours}}
